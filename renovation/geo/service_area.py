"""Coverage of a kind of facility from places in degrees: the present share, and what each candidate would add."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from renovation.errors import InvalidError
from renovation.geo import coverage
from renovation.geo.crs import Floats, Geometries, from_store, metric_coordinates, metric_crs
from renovation.geo.streets import StreetNetwork

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Way(StrEnum):
    """How far is measured; every screen and file says which. A straight line flatters."""

    STRAIGHT = "straight"
    NETWORK = "network"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceArea:
    """Coverage now and what candidates would change, in the order they were given.

    Attributes
    ----------
    households
        All households looked at; ``covered`` of them have a facility in reach now.
    gains
        Households each candidate, built alone, would newly bring into reach.
    is_covered
        Per home, now.
    choices
        The same candidates, to be chosen one after the other with gains kept current.
    """

    metres: float
    way: Way
    households: int
    covered: int
    gains: Ints
    is_covered: Flags
    choices: coverage.Choices

    @property
    def share(self) -> Fraction | None:
        """Return the exact share covered now, ``None`` without households."""
        return Fraction(self.covered, self.households) if self.households else None

    def share_with(self, candidate: int) -> Fraction | None:
        """Return the exact share if one candidate were built."""
        return Fraction(self.covered + int(self.gains[candidate]), self.households) if self.households else None


def service_area(
    homes: Floats,
    households: ArrayLike,
    facilities: Floats,
    candidates: Floats,
    *,
    metres: float,
    streets: Geometries | None = None,
) -> ServiceArea:
    """Measure who has a facility within ``metres``, and who would.

    Parameters
    ----------
    homes, facilities, candidates
        One row each: longitude, latitude (EPSG:4490).
    households
        Per home.
    streets
        Lines people can walk along (shapely, EPSG:4490); without them straight lines are measured.

    Raises
    ------
    InvalidError
        ``geo.metres``: not a positive distance below 100 km. ``geo.no_streets``.
    """
    if not 0 < metres < 100_000:
        raise InvalidError("geo.metres", value=str(metres))
    everything = np.vstack([np.asarray(p, dtype=float).reshape(-1, 2) for p in (homes, facilities, candidates)])
    middle = (everything.min(axis=0) + everything.max(axis=0)) / 2.0 if len(everything) else np.array([114.0, 23.0])
    crs = metric_crs(float(middle[0]), float(middle[1]))
    home, built, planned = (_in_metres(places, crs) for places in (homes, facilities, candidates))
    weight = np.asarray(households, dtype=np.int64)
    if streets is None:
        city = coverage.Homes(home, weight)
        is_covered = city.covered(built, metres)
        pairs = city.reach(planned, metres)
    else:
        network = StreetNetwork.from_lines(from_store(streets, datum=crs))
        placed = network.placed(home)
        is_covered = network.covered(placed, built, metres)
        pairs = network.reach(planned, placed, metres)
    choices = coverage.Choices(*pairs, weights=weight, is_covered=is_covered, count=len(planned))
    return ServiceArea(
        metres=metres,
        way=Way.STRAIGHT if streets is None else Way.NETWORK,
        households=int(weight.sum()),
        covered=int(weight[is_covered].sum()),
        gains=choices.gains.copy(),
        is_covered=is_covered,
        choices=choices,
    )


def spread(households: Ints, owner: Ints) -> Ints:
    """Spread each estate's households evenly over its homes, the first ones taking what does not divide.

    Parameters
    ----------
    households
        Per estate.
    owner
        The place of each home's estate among them, in rising order.
    """
    count = np.bincount(owner, minlength=len(households))
    place = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    whole, rest = np.divmod(households[owner], count[owner])
    return np.asarray(whole + (place < rest), dtype=np.int64)


def _in_metres(places: Floats, crs: str) -> Floats:
    given = np.asarray(places, dtype=float).reshape(-1, 2)
    return np.column_stack(metric_coordinates(given[:, 0], given[:, 1], crs=crs))
