"""Windows on geometries: bounding-box columns on SQLite, PostGIS's ``&&`` with its GiST index on PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
import sqlalchemy as sa

from renovation.store.schema.base import STORE_SRID

_NAMES = ("min_lon", "min_lat", "max_lon", "max_lat")


def bounds_of(geometries: Sequence[bytes | None]) -> list[dict[str, float | None]]:
    """Return the values of the bounding-box columns of each WKB (all ``None`` where there is none)."""
    if not len(geometries):
        return []
    boxes = shapely.bounds(shapely.from_wkb(np.array(list(geometries), dtype=object)))
    return [
        dict(zip(_NAMES, (None,) * 4 if np.isnan(box[0]) else map(float, box), strict=True)) for box in np.array(boxes)
    ]


def in_window(
    connection: sa.Connection, table: sa.Table, window: tuple[float, float, float, float]
) -> sa.ColumnElement[bool]:
    """Return the condition that a row's bounding box meets ``window`` (west, south, east, north in degrees)."""
    west, south, east, north = window
    if connection.dialect.name == "postgresql":
        return table.c.geometry.op("&&")(sa.func.ST_MakeEnvelope(west, south, east, north, STORE_SRID, type_=sa.Text()))
    return sa.and_(table.c.min_lon <= east, table.c.max_lon >= west, table.c.min_lat <= north, table.c.max_lat >= south)
