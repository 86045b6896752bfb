"""What a map's colours tell of an estate, in four bands from mild to grave."""

from __future__ import annotations

from enum import StrEnum


class Colouring(StrEnum):
    """What of an estate is told by colour."""

    DEFICITS = "deficits"
    YEAR = "year"
    WILLINGNESS = "willingness"


#: Where a graver band begins: with so many deficits; built before; fewer willing (two thirds is 民法典 第278条).
_MORE_THAN = {Colouring.DEFICITS: (3, 6, 9)}
_LESS_THAN = {Colouring.YEAR: (2001, 1990, 1980), Colouring.WILLINGNESS: (0.9, 2 / 3, 0.5)}


def band_of(by: Colouring, value: float) -> int | None:
    """Return an estate's band, 0 for the mildest, 3 for the gravest; ``None`` where the value is not known (NaN)."""
    if value != value:
        return None
    return sum(value > limit for limit in _MORE_THAN.get(by, ())) + sum(
        value < limit for limit in _LESS_THAN.get(by, ())
    )
