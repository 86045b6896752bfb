"""Estates as columns, for maps, exports and joins over the whole city."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
import sqlalchemy as sa

from renovation.model.places import EstateFilter, Scope
from renovation.store.estates import Window, conditions
from renovation.store.schema.base import STORE_SRID, Geometry, Share
from renovation.store.schema.places import estate
from renovation.store.spatial import in_window

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

_LEFT_OUT = {"min_lon", "min_lat", "max_lon", "max_lat", "import_id"}


def read_columns(
    connection: sa.Connection,
    wanted: EstateFilter,
    *,
    allowed: Scope | None = None,
    window: Window | None = None,
    only: tuple[str, ...] | None = None,
) -> GeoDataFrame:
    """Return the estates of a filter as a GeoDataFrame in EPSG:4490, indexed by estate id and in its order.

    Shares come as floats and codes of enums as text: this is for drawing, joining and writing files, not for deciding.

    Parameters
    ----------
    only
        Names of the columns wanted besides id and geometry; all of them when left out.
    """
    # Half a second to import; only maps and exports need it.
    import geopandas
    import pandas

    columns = [
        column
        for column in estate.columns
        if column.name not in _LEFT_OUT and (only is None or column.name in only or column.name in ("id", "geometry"))
    ]
    query = sa.select(*columns).where(*conditions(wanted, allowed=allowed)).order_by(estate.c.id)
    if window is not None:
        query = query.where(in_window(connection, estate, window))
    result: Any = connection.execute(query)
    # The driver's own rows: building a Row per estate would cost more than reading it.
    rows = result.cursor.fetchall()
    values = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    by_name = dict(zip((column.name for column in columns), values, strict=True))
    index = pandas.Index(np.array(by_name["id"], dtype=np.int64), name="id")
    series: dict[str, Any] = {}
    for column, cells in zip(columns, values, strict=True):
        if isinstance(column.type, Geometry):
            series["geometry"] = shapely.from_wkb(np.array(cells, dtype=object))
        elif isinstance(column.type, Share):
            series[column.name] = np.array([_as_float(cell) for cell in cells], dtype=float)
        elif isinstance(column.type, sa.Boolean):
            series[column.name] = np.array(cells, dtype=bool)
        elif isinstance(column.type, sa.Integer | sa.Float) and column.nullable:
            series[column.name] = np.array(cells, dtype=float)
        else:
            # Left as they are: packing every text into Arrow would cost as much again as reading it.
            series[column.name] = pandas.Series(cells, index=index, dtype=object)
    series.pop("id")
    geometry = series.pop("geometry")
    return geopandas.GeoDataFrame(series, index=index, geometry=geometry, crs=f"EPSG:{STORE_SRID}")


@lru_cache(maxsize=4096)
def _as_float(share: str | None) -> float:
    if share is None:
        return float("nan")
    over, _, under = share.partition("/")
    return int(over) / int(under or 1)
