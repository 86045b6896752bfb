"""What is drawn of a project by hand: sound or refused, and how large it is."""

from __future__ import annotations

from dataclasses import dataclass

import shapely

from renovation.errors import InvalidError
from renovation.geo.checks import check
from renovation.geo.crs import area_m2, length_m

#: A drawing made by hand has no more shapes, nor a shape more corners.
_MOST_SHAPES, _MOST_CORNERS = 500, 2_000


@dataclass(frozen=True, slots=True)
class DrawnSize:
    """How large a drawing is: measured in the projected system of the place."""

    area_m2: float
    length_m: float
    shapes: int


def check_drawing(geometry: bytes | None) -> None:
    """Refuse a drawing that is no sound point, line or area in degrees.

    Raises
    ------
    InvalidError
        ``project.drawing``.
    """
    if geometry is None:
        return
    try:
        parts = shapely.get_parts(shapely.from_wkb(geometry))
    except shapely.errors.ShapelyError:
        raise InvalidError("project.drawing") from None
    if not 0 < len(parts) <= _MOST_SHAPES:
        raise InvalidError("project.drawing")
    if any(check(part, kinds=("point", "line", "polygon"), max_vertices=_MOST_CORNERS) for part in parts):
        raise InvalidError("project.drawing")


def size_of(geometry: bytes) -> DrawnSize:
    """Measure a drawing (WKB, EPSG:4490)."""
    parts = shapely.get_parts(shapely.from_wkb(geometry))
    dimensions = shapely.get_dimensions(parts)
    return DrawnSize(
        area_m2=float(area_m2(parts[dimensions == 2]).sum()),
        length_m=float(length_m(parts[dimensions == 1]).sum()),
        shapes=len(parts),
    )
