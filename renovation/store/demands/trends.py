"""Where demands come from, and whether they grow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from renovation.model.demands import DemandFilter, Grouping
from renovation.model.scope import Scope
from renovation.store.demands.columns import CATEGORIES, DemandColumns, read_columns
from renovation.store.schema.places import area, estate


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCounts:
    """What each group of a filter's demands comes to: one entry per group that has any, in the order of the keys.

    Attributes
    ----------
    keys
        Ids of estates or areas, or categories.
    demands, supporters
        Demands, and the residents behind them.
    months
        Groups × months asked for: received in each.
    before, recent
        Received in the earlier and in the latest period.
    """

    keys: list[Any]
    demands: NDArray[np.int64]
    supporters: NDArray[np.int64]
    months: NDArray[np.int64]
    before: NDArray[np.int64]
    recent: NDArray[np.int64]


def counts(
    connection: sa.Connection,
    wanted: DemandFilter,
    by: Grouping,
    *,
    months: int,
    today: date,
    days: int,
    scopes: Iterable[Scope] = (),
) -> GroupCounts:
    """Count a filter's demands by group; of both kinds, merged ones with the one they went into.

    Parameters
    ----------
    months
        How many calendar months, the last of them that of ``today`` (a day in China).
    days
        Length of the latest period, which ends today, and of the one before it.
    """
    found = read_columns(connection, wanted, scopes=scopes).unmerged()
    keys, place = _groups(connection, found, by)
    found, place = found.where(place >= 0), place[place >= 0]
    received = found.received_on.astype("datetime64[D]")
    ago = (np.datetime64(today, "D") - received).astype(np.int64)
    month = months - 1 - (np.datetime64(today, "M") - received.astype("datetime64[M]")).astype(np.int64)
    charted = (month >= 0) & (month < months)

    def sums(kept: NDArray[np.bool_] | None = None, weights: NDArray[Any] | None = None) -> NDArray[np.int64]:
        chosen = place if kept is None else place[kept]
        return np.bincount(chosen, weights=weights, minlength=len(keys)).astype(np.int64)

    demands = sums()
    any_there = np.flatnonzero(demands)
    cells = np.bincount(place[charted] * months + month[charted], minlength=len(keys) * months)
    return GroupCounts(
        keys=[keys[at] for at in any_there.tolist()],
        demands=demands[any_there],
        supporters=sums(weights=found.supporters)[any_there],
        months=cells.astype(np.int64).reshape(len(keys), months)[any_there],
        before=sums((ago >= days) & (ago < 2 * days))[any_there],
        recent=sums(ago < days)[any_there],
    )


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


def names(connection: sa.Connection, by: Grouping) -> dict[Any, str]:
    """Return group → name of estates or areas; categories are named by the catalogue of texts."""
    if by is Grouping.CATEGORY:
        return {}
    table = estate if by is Grouping.ESTATE else area
    query = sa.select(table.c.id, table.c.name)
    if by is not Grouping.ESTATE:
        query = query.where(area.c.level == by.value)
    return dict(connection.execute(query).all())


def positions(
    connection: sa.Connection, wanted: DemandFilter, *, scopes: Iterable[Scope] = ()
) -> tuple[list[float], list[float]]:
    """Return longitudes and latitudes of a filter's demands (EPSG:4490), without the merged ones."""
    found = read_columns(connection, wanted, scopes=scopes).unmerged()
    return found.lon.tolist(), found.lat.tolist()
