"""What is drawn of a project: sound or refused, and the quantity it gives."""

from __future__ import annotations

from decimal import Decimal

import shapely

from renovation.errors import InvalidError
from renovation.geo.checks import check
from renovation.geo.crs import area_m2, length_m
from renovation.model.items import Item
from renovation.rules.money.pricing import measured_quantity

#: A drawing made by hand has no more shapes, nor a shape more corners.
_MOST_SHAPES, _MOST_CORNERS = 500, 2_000


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


def drawn_quantity(item: Item, geometry: bytes | None) -> Decimal | None:
    """Return the quantity of an item that a drawing (WKB, EPSG:4490) gives, in the item's unit.

    Square metres and metres are measured in the projected system of the place. ``None`` without a drawing, or where
    the drawing cannot tell (a path priced by the square metre lacks its width).
    """
    if geometry is None:
        return None
    parts = shapely.get_parts(shapely.from_wkb(geometry))
    dimensions = shapely.get_dimensions(parts)
    return measured_quantity(
        item,
        area_m2=float(area_m2(parts[dimensions == 2]).sum()),
        length_m=float(length_m(parts[dimensions == 1]).sum()),
        shapes=len(parts),
    )
