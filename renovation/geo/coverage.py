"""Who gains: households within a distance of a facility, now and with candidate projects.

Everything here works on arrays in one projected CRS (metres, see :func:`renovation.geo.crs.metric_crs`) and on
integer weights (households), so that shares are exact fractions. A distance counts when it is **at most** the limit.
The gain of a candidate is evaluated around the candidate only; the city is never recomputed.
Straight lines here, walking distance along streets in :mod:`renovation.geo.streets`.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from renovation.geo.crs import Floats

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

#: The distances planners ask for first, in metres.
DISTANCES_M = (300, 500, 1000)


def covered(homes: Floats, facilities: Floats, metres: float) -> Flags:
    """Tell which homes have a facility within ``metres``, straight line.

    Parameters
    ----------
    homes, facilities
        Positions, one row each: easting, northing in metres.
    """
    from scipy.spatial import cKDTree

    homes, facilities = _positions(homes), _positions(facilities)
    if not len(homes) or not len(facilities):
        return np.zeros(len(homes), dtype=bool)
    # The bound of the tree is exclusive; the next number above makes it "at most".
    distance, _ = cKDTree(facilities).query(homes, distance_upper_bound=np.nextafter(metres, np.inf))
    return np.asarray(distance <= metres)


def covered_share(is_covered: Flags, weights: ArrayLike) -> Fraction | None:
    """Return the exact share of households covered; ``None`` where there are no households."""
    weight = np.asarray(weights, dtype=np.int64)
    total = int(weight.sum())
    return Fraction(int(weight[is_covered].sum()), total) if total else None


def covered_share_by(is_covered: Flags, weights: ArrayLike, groups: ArrayLike) -> dict[int, Fraction]:
    """Return the share of every group (a street's number per home), the least served first.

    Homes with a negative group belong to none and are left out; so are groups without households.
    """
    weight, group = np.asarray(weights, dtype=np.int64), np.asarray(groups, dtype=np.int64)
    known = group >= 0
    size = int(group[known].max()) + 1 if known.any() else 0
    total = np.zeros(size, dtype=np.int64)
    served = np.zeros(size, dtype=np.int64)
    np.add.at(total, group[known], weight[known])
    np.add.at(served, group[known & is_covered], weight[known & is_covered])
    shares = {int(g): Fraction(int(served[g]), int(total[g])) for g in np.flatnonzero(total)}
    return dict(sorted(shares.items(), key=lambda pair: (pair[1], pair[0])))


def reach(candidates: Floats, homes: Floats, metres: float) -> tuple[Ints, Ints]:
    """Return the pairs (candidate, home) no further apart than ``metres``, straight line, ordered by candidate."""
    from scipy.spatial import cKDTree

    candidates, homes = _positions(candidates), _positions(homes)
    if not len(homes) or not len(candidates):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    found = cKDTree(candidates).sparse_distance_matrix(cKDTree(homes), metres, output_type="ndarray")
    order = np.argsort(found["i"], kind="stable")
    return found["i"][order].astype(np.int64), found["j"][order].astype(np.int64)


def gains(candidates: Floats, homes: Floats, weights: ArrayLike, is_covered: Flags, metres: float) -> Ints:
    """Return how many households each candidate, built alone, would bring within ``metres`` (straight line)."""
    from scipy.spatial import cKDTree

    candidates, homes = _positions(candidates), _positions(homes)
    open_homes = np.flatnonzero(~np.asarray(is_covered, dtype=bool))
    result = np.zeros(len(candidates), dtype=np.int64)
    if not len(open_homes) or not len(candidates):
        return result
    found = cKDTree(candidates).sparse_distance_matrix(cKDTree(homes[open_homes]), metres, output_type="ndarray")
    weight = np.asarray(weights, dtype=np.int64)[open_homes]
    # Sums of integers below 2^53 are exact in the doubles bincount adds in.
    return np.bincount(found["i"], weights=weight[found["j"]], minlength=len(candidates)).astype(np.int64)


class Choices:
    """Candidates whose gains stay current while some are chosen.

    Choosing one takes only the newly covered homes away from the other candidates that reach them.

    Parameters
    ----------
    candidate, home
        Pairs from :func:`reach` or from :meth:`renovation.geo.streets.StreetNetwork.reach`.
    weights
        Households per home.
    is_covered
        What existing facilities cover already.
    count
        Number of candidates.
    """

    def __init__(self, candidate: Ints, home: Ints, *, weights: ArrayLike, is_covered: Flags, count: int) -> None:
        self._weights = np.asarray(weights, dtype=np.int64)
        self.is_covered: Flags = np.array(is_covered, dtype=bool)
        self.chosen: list[int] = []
        useful = ~self.is_covered[home]
        candidate, home = candidate[useful], home[useful]
        by_candidate = np.argsort(candidate, kind="stable")
        self._homes = home[by_candidate]
        self._homes_start = np.concatenate([[0], np.cumsum(np.bincount(candidate, minlength=count))])
        by_home = np.argsort(home, kind="stable")
        self._candidates = candidate[by_home]
        self._candidates_start = np.concatenate([[0], np.cumsum(np.bincount(home, minlength=len(self._weights)))])
        #: Households each candidate would add to what is covered now.
        self.gains: Ints = np.bincount(candidate, weights=self._weights[home], minlength=count).astype(np.int64)

    def ranking(self) -> Ints:
        """Return the candidates not chosen yet, most gain first, ties in the order they were given."""
        order = np.argsort(-self.gains, kind="stable")
        return order[~np.isin(order, self.chosen)]

    def choose(self, candidate: int) -> int:
        """Take a candidate as built and return the households it added; all other gains follow."""
        homes = self._homes[self._homes_start[candidate] : self._homes_start[candidate + 1]]
        new = homes[~self.is_covered[homes]]
        gained = int(self._weights[new].sum())
        self.is_covered[new] = True
        self.chosen.append(candidate)
        counts = self._candidates_start[new + 1] - self._candidates_start[new]
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        losers = self._candidates[np.repeat(self._candidates_start[new], counts) + within]
        lost = np.bincount(losers, weights=np.repeat(self._weights[new], counts), minlength=len(self.gains))
        self.gains -= lost.astype(np.int64)
        return gained


def _positions(given: Floats) -> Floats:
    return np.asarray(given, dtype=float).reshape(-1, 2)
