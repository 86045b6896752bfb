"""Estates as columns, for maps, lists, exports and joins over the whole city.

Handing 20,000 estates over row by row costs several times what a file of columns does. So whoever asks for the whole
register gets it from a copy in columns, kept in memory and as one file, under the token of ``register_state``: a copy
answers only while the store still shows its token, or after the rows changed since have been read again. Nothing but
the store decides what is true; losing the copy loses time only.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
import sqlalchemy as sa

from renovation.model.places import EstateFilter
from renovation.model.scope import Scope
from renovation.store.column_files import read_copy, write_copy
from renovation.store.engine import CACHE_DIR
from renovation.store.register.estates import Window, conditions
from renovation.store.register_state import Register, changed_since
from renovation.store.schema.base import STORE_SRID, Geometry, Share
from renovation.store.schema.places import estate
from renovation.store.spatial import in_window

if TYPE_CHECKING:
    import pyarrow as pa
    from geopandas import GeoDataFrame

_LEFT_OUT = {"min_lon", "min_lat", "max_lon", "max_lat", "import_id"}
_COLUMNS = {column.name: column for column in estate.columns if column.name not in _LEFT_OUT and not column.info}
#: Below it, reading rows costs no more than a file would.
_WORTH_A_FILE = 1_000


class _Copy:
    """The register in columns, by id, as it was under a token."""

    def __init__(self, token: str, table: pa.Table) -> None:
        self.token = token
        self.table = table
        self._cells: dict[str, Any] = {}

    def cells(self, name: str) -> Any:
        """Return a column as an array (not to be changed): numbers with NaN, texts as objects, outlines as shapes."""
        if name not in self._cells:
            cells = self.table[name].to_numpy()
            self._cells[name] = shapely.from_wkb(cells) if name == "geometry" else cells
        return self._cells[name]

    def frame(self, names: Iterable[str]) -> GeoDataFrame:
        """Return some columns beside id and geometry."""
        # Half a second to import; only maps and exports need it.
        import geopandas
        import pandas

        index = pandas.Index(self.cells("id"), name="id")
        series = {}
        for name in names:
            cells = self.cells(name)
            # Texts stay as they are: packing every one of them into pandas' own strings would cost as much again.
            series[name] = pandas.Series(cells, index=index, dtype=object) if cells.dtype == object else cells
        outlines = self.cells("geometry").copy()
        return geopandas.GeoDataFrame(series, index=index, geometry=outlines, crs=f"EPSG:{STORE_SRID}")

    def mended(self, token: str, gone: set[int], anew: pa.Table) -> _Copy:
        """Return the copy with some estates read anew, or gone."""
        import pyarrow as pa

        keep = ~np.isin(self.cells("id"), list(gone))
        table = pa.concat_tables([self.table.filter(pa.array(keep)), anew])
        order = np.argsort(table["id"].to_numpy())
        made = _Copy(token, table.take(pa.array(order)))
        # What is changed is changed by the row: every other outline need not be read again.
        outlines = np.concatenate([self.cells("geometry")[keep], shapely.from_wkb(anew["geometry"].to_numpy())])
        made._cells["geometry"] = outlines[order]
        return made


_held: dict[str, _Copy] = {}
_gate = threading.Lock()


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
    names = [name for name in _COLUMNS if name not in ("id", "geometry") and (only is None or name in only)]
    asked = conditions(wanted, allowed=allowed)
    if window is not None:
        asked.append(in_window(connection, estate, window))
    copy = _whole(connection, whether_anew=not asked)
    if copy is None:
        return _Copy("", _from_rows(connection, asked, ["id", *names, "geometry"])).frame(names)
    frame = copy.frame(names)
    if asked:
        frame = frame[frame.index.isin(connection.scalars(sa.select(estate.c.id).where(*asked)).all())]
    return frame


def forget_copies() -> None:
    """Drop every copy held in memory, as a process that has just started."""
    with _gate:
        _held.clear()


def _whole(connection: sa.Connection, *, whether_anew: bool) -> _Copy | None:
    """Return a copy that is good now; ``None`` if there is none and it should not be (or cannot be) made."""
    folder = connection.get_execution_options().get(CACHE_DIR)
    key = str(connection.engine.url)
    with _gate:
        held = _held.get(key)
        if held is None and whether_anew and folder is not None:
            found = read_copy(folder, list(_COLUMNS))
            held = _Copy(*found) if found else None
        token, changed = changed_since(connection, Register.ESTATES, held.token if held else "-")
        if held is not None and changed is not None:
            if changed:
                anew = _from_rows(connection, [estate.c.id.in_(changed)], list(_COLUMNS))
                held = held.mended(token, changed, anew)
        elif token and whether_anew:
            held = _Copy(token, _from_rows(connection, [], list(_COLUMNS)))
            if folder is not None and held.table.num_rows >= _WORTH_A_FILE:
                write_copy(folder, token, held.table)
        else:
            return None
        _held[key] = held
        return held


def _from_rows(connection: sa.Connection, asked: list[sa.ColumnElement[bool]], names: list[str]) -> pa.Table:
    """Read columns of some estates, by id, row by row."""
    import pyarrow as pa

    columns = [_COLUMNS[name] for name in names]
    result: Any = connection.execute(sa.select(*columns).where(*asked).order_by(estate.c.id))
    # The driver's own rows: building a Row per estate would cost more than reading it.
    rows = result.cursor.fetchall()
    values = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    return pa.table(
        {column.name: _arrow(column, cells) for column, cells in zip(columns, values, strict=True)},
    )


def _arrow(column: sa.Column[Any], cells: Any) -> pa.Array:
    """Pack a column's cells, as the driver hands them over."""
    import pyarrow as pa

    kind = column.type
    if isinstance(kind, Geometry):
        if any(isinstance(cell, str) for cell in cells):  # PostGIS: hexadecimal, with the datum in every one
            cells = shapely.to_wkb(shapely.from_wkb(np.array(cells, dtype=object)))
        return pa.array(cells, pa.large_binary())
    if isinstance(kind, Share):
        return pa.array([_as_float(cell) for cell in cells], pa.float64())
    if isinstance(kind, sa.Boolean):
        return pa.array([bool(cell) for cell in cells], pa.bool_())
    if isinstance(kind, sa.Integer):
        return pa.array(cells, pa.float64() if column.nullable else pa.int64())
    if isinstance(kind, sa.Float):
        return pa.array(cells, pa.float64())
    return pa.array(cells, pa.large_string())


@lru_cache(maxsize=4096)
def _as_float(share: str | None) -> float | None:
    if share is None:
        return None
    over, _, under = share.partition("/")
    return int(over) / int(under or 1)
