"""Who gains: households within a distance of a facility, now and with candidate projects.

Everything here works on arrays in one projected CRS (metres, see :func:`renovation.geo.crs.metric_crs`) and on
integer weights (households), so that shares are exact fractions. A distance counts when it is **at most** the limit.
The gain of a candidate is evaluated around the candidate only; the city is never recomputed.
Straight lines here, walking distance along streets in :mod:`renovation.geo.streets`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from copy import copy
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from renovation.geo.crs import Floats

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

#: The distances planners ask for first, in metres.
DISTANCES_M = (300, 500, 1000)
#: Side of the squares homes are sorted into, and how many squares a city may have.
_SQUARE_M = 100.0
_MAX_SQUARES = 1_000_000


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


class Homes:
    """Homes sorted into squares of the city, ready to be asked who lies around a place.

    Built once per city; asking for 2,000 candidates then costs a few thousandths of a second.

    Parameters
    ----------
    positions
        One row each: easting, northing in metres.
    weights
        Households per home.
    """

    def __init__(self, positions: Floats, weights: ArrayLike) -> None:
        positions = _positions(positions)
        self.weights = np.asarray(weights, dtype=np.int64)
        self._low = positions.min(axis=0) if len(positions) else np.zeros(2)
        span = positions.max(axis=0) - self._low if len(positions) else np.zeros(2)
        self._side = max(_SQUARE_M, float(np.sqrt(max(span[0], 1.0) * max(span[1], 1.0) / _MAX_SQUARES)))
        self._columns, self._rows = (int(extent / self._side) + 1 for extent in span)
        column, row = ((positions - self._low) / self._side).astype(np.int64).T
        square = row * self._columns + column
        self._order = np.argsort(square, kind="stable")
        self._weights = self.weights[self._order].astype(np.float64)
        self._x, self._y = np.ascontiguousarray(positions[self._order].T)
        self._starts = np.concatenate([[0], np.cumsum(np.bincount(square, minlength=self._rows * self._columns))])

    def reach(self, candidates: Floats, metres: float, *, only: Flags | None = None) -> tuple[Ints, Ints]:
        """Return the pairs (candidate, home) no further apart than ``metres``, straight line, ordered by candidate.

        ``only`` limits the homes that are looked at.
        """
        candidate, place, kept = self._near(_positions(candidates), metres, only)
        return candidate, self._order[place if kept is None else kept[place]]

    def _near(self, candidates: Floats, metres: float, only: Flags | None) -> tuple[Ints, Ints, Ints | None]:
        """Return the pairs (candidate, place), and what stands at those places in the sorted homes (all of them)."""
        x, y, starts, kept = self._x, self._y, self._starts, None
        if only is not None:
            flags = only[self._order]
            kept = np.flatnonzero(flags)
            starts = np.concatenate([[0], np.cumsum(flags)])[starts]
            x, y = x[kept], y[kept]
        if not len(x) or not len(candidates):
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), kept
        # The squares a circle may touch lie side by side in each row of squares: one slice of the sorted homes per row.
        # Half a square of slack on every side costs little and makes rounding harmless.
        slack = self._side / 2.0
        at_x, at_y = candidates[:, 0] - self._low[0], candidates[:, 1] - self._low[1]
        steps = int(np.ceil(metres / self._side)) + 1
        row = np.floor(at_y / self._side).astype(np.int64)[:, None] + np.arange(-steps, steps + 1)
        away = np.maximum(row * self._side - at_y[:, None], at_y[:, None] - (row + 1) * self._side)
        away = np.maximum(away - slack, 0.0)
        half = np.sqrt(np.maximum(metres * metres - away * away, 0.0)) + slack
        first = np.floor((at_x[:, None] - half) / self._side).astype(np.int64)
        last = np.floor((at_x[:, None] + half) / self._side).astype(np.int64)
        touched = (away <= metres) & (row >= 0) & (row < self._rows) & (last >= 0) & (first < self._columns)
        owner, _ = np.nonzero(touched)
        left = row[touched] * self._columns
        begin = starts[left + np.maximum(first[touched], 0)]
        count = starts[left + np.minimum(last[touched], self._columns - 1) + 1] - begin
        candidate = np.repeat(owner, count)
        place = np.arange(len(candidate))
        place += np.repeat(begin - (np.cumsum(count) - count), count)
        # Slices are long and candidates few: laying a candidate's position out is cheaper than looking it up.
        dx = x[place]
        dx -= np.repeat(candidates[owner, 0], count)
        dy = y[place]
        dy -= np.repeat(candidates[owner, 1], count)
        dx *= dx
        dy *= dy
        dx += dy
        near = np.flatnonzero(dx <= _largest_square(metres))
        return candidate[near], place[near], kept

    def covered(self, facilities: Floats, metres: float) -> Flags:
        """Tell which homes have a facility within ``metres``, straight line."""
        facilities = _positions(facilities)
        result = np.zeros(len(self.weights), dtype=bool)
        # A few hundred at a time: the pairs of a dense city must not all stand in memory at once.
        for start in range(0, len(facilities), 500):
            result[self.reach(facilities[start : start + 500], metres)[1]] = True
        return result

    def gains(self, candidates: Floats, is_covered: Flags, metres: float) -> Ints:
        """Return how many households each candidate, built alone, would bring within ``metres`` (straight line)."""
        candidates = _positions(candidates)
        open_homes = ~np.asarray(is_covered, dtype=bool)
        if 3 * int(open_homes.sum()) > len(open_homes):
            # Where many are open, passing over the others costs more than giving them no weight.
            candidate, place, _ = self._near(candidates, metres, None)
            weights = np.where(open_homes[self._order], self._weights, 0.0)
        else:
            candidate, place, kept = self._near(candidates, metres, open_homes)
            weights = self._weights if kept is None else self._weights[kept]
        # Sums of integers below 2^53 are exact in the doubles bincount adds in.
        return np.bincount(candidate, weights=weights[place], minlength=len(candidates)).astype(np.int64)


def _largest_square(metres: float) -> float:
    """Return the largest number whose root is at most ``metres``: comparing squares then decides as distances would."""
    square = metres * metres
    while math.sqrt(square) > metres:
        square = math.nextafter(square, 0.0)
    while math.sqrt(further := math.nextafter(square, math.inf)) <= metres:
        square = further
    return square


class Choices:
    """Candidates whose gains stay current while some are chosen.

    Choosing one takes only the newly covered homes away from the other candidates that reach them.

    Parameters
    ----------
    candidate, home
        Pairs from :meth:`Homes.reach` or :meth:`renovation.geo.streets.StreetNetwork.reach`.
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

    def after(self, chosen: Iterable[int]) -> Choices:
        """Return what stands once some candidates are built, leaving this as it is."""
        later = copy(self)
        later.is_covered, later.gains, later.chosen = self.is_covered.copy(), self.gains.copy(), list(self.chosen)
        for candidate in chosen:
            later.choose(candidate)
        return later


def _positions(given: Floats) -> Floats:
    return np.asarray(given, dtype=float).reshape(-1, 2)
