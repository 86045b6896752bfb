"""The quantity that a drawing of a project gives."""

from __future__ import annotations

from decimal import Decimal

from renovation.geo.drawings import size_of
from renovation.model.items import Item
from renovation.rules.money.pricing import measured_quantity


def drawn_quantity(item: Item, geometry: bytes | None) -> Decimal | None:
    """Return the quantity of an item that a drawing (WKB, EPSG:4490) gives, in the item's unit.

    ``None`` without a drawing, or where the drawing cannot tell (a path priced by the square metre lacks its width).
    """
    if geometry is None:
        return None
    size = size_of(geometry)
    return measured_quantity(item, area_m2=size.area_m2, length_m=size.length_m, shapes=size.shapes)
