"""Where demands come from, and whether they grow."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from renovation.model.demands import DemandFilter
from renovation.model.places import Scope
from renovation.model.trends import Grouping
from renovation.store.demand_columns import CATEGORIES, DemandColumns, read_columns
from renovation.store.schema.places import area, estate


def counts(
    connection: sa.Connection, wanted: DemandFilter, by: Grouping, *, scopes: Iterable[Scope] = ()
) -> dict[Any, tuple[int, int]]:
    """Return group → (demands, residents behind them) of a filter; merged demands count with the one they went into."""
    found = read_columns(connection, wanted, scopes=scopes).unmerged()
    keys, place = _groups(connection, found, by)
    demands = np.bincount(place[place >= 0], minlength=len(keys))
    supporters = np.bincount(place[place >= 0], weights=found.supporters[place >= 0], minlength=len(keys))
    pairs = zip(keys, zip(demands.tolist(), supporters.astype(np.int64).tolist(), strict=True), strict=True)
    return {key: pair for key, pair in pairs if pair[0]}


def _groups(connection: sa.Connection, found: DemandColumns, by: Grouping) -> tuple[list[Any], NDArray[np.int64]]:
    """Return the groups, and the place in them of each demand's (-1 where it lies in none)."""
    if by is Grouping.CATEGORY:
        return [category.value for category in CATEGORIES], found.category.astype(np.int64)
    if by is Grouping.GRID:
        # A large estate lies in several grids; a demand lies in that of its pin.
        keys = found.grid_id
    elif by is Grouping.ESTATE:
        keys = found.estate_id
    else:
        column = estate.c.street_id if by is Grouping.STREET else estate.c.community_id
        rows = connection.execute(sa.select(estate.c.id, column).where(column.is_not(None))).all()
        area_of = np.full(max(int(found.estate_id.max(initial=0)), *(row[0] for row in rows), 0) + 1, -1)
        for estate_id, area_id in rows:
            area_of[estate_id] = area_id
        keys = area_of[found.estate_id]
    unique, place = np.unique(keys, return_inverse=True)
    if len(unique) and unique[0] < 0:
        unique, place = unique[1:], place - 1
    return unique.tolist(), place


def by_month(
    connection: sa.Connection,
    wanted: DemandFilter,
    by: Grouping,
    *,
    since: date,
    before: date,
    recent: date,
    scopes: Iterable[Scope] = (),
) -> list[tuple[Any, str, int, int, int]]:
    """Return (group, month, received, of them from ``before`` to ``recent``, from ``recent`` on) since a day in China.

    Demands of both kinds but the merged ones count, under the filter.
    """
    found = read_columns(connection, wanted, scopes=scopes).unmerged()
    found = found.where(found.received_on >= np.datetime64(since, "D"))
    keys, place = _groups(connection, found, by)
    found, place = found.where(place >= 0), place[place >= 0]
    months, month = np.unique(found.received_on.astype("datetime64[M]"), return_inverse=True)
    cells, cell = np.unique(place * len(months) + month, return_inverse=True)
    lately = found.received_on >= np.datetime64(recent, "D")
    earlier = (found.received_on >= np.datetime64(before, "D")) & ~lately
    sums = (
        np.bincount(cell, weights=weights, minlength=len(cells)).astype(np.int64).tolist()
        for weights in (None, earlier, lately)
    )
    words = np.datetime_as_string(months).tolist()
    return [
        (keys[at // len(months)], words[at % len(months)], *amounts)
        for at, *amounts in zip(cells.tolist(), *sums, strict=True)
    ]


def names(connection: sa.Connection, by: Grouping) -> dict[Any, str]:
    """Return group → name of estates or areas; categories are named by the catalogue of texts."""
    if by is Grouping.CATEGORY:
        return {}
    table = estate if by is Grouping.ESTATE else area
    query = sa.select(table.c.id, table.c.name)
    if by is not Grouping.ESTATE:
        query = query.where(area.c.level == by.value)
    return {row.id: row.name for row in connection.execute(query)}


def positions(
    connection: sa.Connection, wanted: DemandFilter, *, scopes: Iterable[Scope] = ()
) -> tuple[list[float], list[float]]:
    """Return longitudes and latitudes of a filter's demands (EPSG:4490), without the merged ones."""
    found = read_columns(connection, wanted, scopes=scopes).unmerged()
    return found.lon.tolist(), found.lat.tolist()
