"""Where demands come from, and whether they grow: kept counters for what there is, one walk over the last year."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

import sqlalchemy as sa

from renovation.model.demands import DemandFilter, DemandStatus
from renovation.model.places import Scope
from renovation.model.trends import Grouping
from renovation.store.demands import conditions
from renovation.store.schema.demands import demand, demand_count
from renovation.store.schema.places import area, estate
from renovation.store.scoping import within

_COLUMN_OF = {
    Grouping.STREET: estate.c.street_id,
    Grouping.COMMUNITY: estate.c.community_id,
    # A large estate lies in several grids; a demand lies in that of its pin.
    Grouping.GRID: demand.c.grid_id,
    Grouping.ESTATE: estate.c.id,
}


def _key(by: Grouping, table: sa.Table) -> sa.ColumnElement[Any]:
    if by is Grouping.CATEGORY:
        column: sa.ColumnElement[Any] = table.c.category
        return column
    return _COLUMN_OF[by]


def counts(
    connection: sa.Connection, wanted: DemandFilter, by: Grouping, *, scopes: Iterable[Scope] = ()
) -> dict[Any, tuple[int, int]]:
    """Return group → (demands, residents behind them) of a filter; merged demands count with the one they went into.

    Read from the kept counters unless the filter or the grouping asks for something that they do not know.
    """
    only_kept = DemandFilter(
        scope=wanted.scope, categories=wanted.categories, statuses=wanted.statuses, kind=wanted.kind
    )
    counted = (
        by is not Grouping.GRID
        and wanted.scope.grid_id is None
        and replace(wanted, query=wanted.query.strip()) == only_kept
    )
    table = demand_count if counted else demand
    key = _key(by, table)
    sums = (
        (sa.func.sum(demand_count.c.demands), sa.func.sum(demand_count.c.supporters))
        if counted
        else (sa.func.count(), sa.func.sum(demand.c.supporters))
    )
    asked = (
        [
            *within([wanted.scope, *scopes]),
            *_members(demand_count.c.category, wanted.categories),
            *_members(demand_count.c.status, wanted.statuses),
            *_members(demand_count.c.kind, [wanted.kind] if wanted.kind else ()),
        ]
        if counted
        else conditions(wanted, scopes)
    )
    query = (
        sa.select(key, *sums)
        .select_from(table.join(estate, estate.c.id == table.c.estate_id))
        .where(*asked, table.c.status != DemandStatus.MERGED.value, key.is_not(None))
        .group_by(key)
    )
    return {row[0]: (int(row[1]), int(row[2])) for row in connection.execute(query) if row[1]}


def _members(column: sa.ColumnElement[Any], members: Iterable[Any]) -> list[sa.ColumnElement[bool]]:
    values = [member.value for member in members]
    return [column.in_(values)] if values else []


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
    key, month = _key(by, demand), sa.func.substr(demand.c.received_on, 1, 7)
    day = demand.c.received_on
    earlier = sa.and_(day >= before.isoformat(), day < recent.isoformat())
    query = (
        sa.select(
            key,
            month,
            sa.func.count(),
            sa.func.sum(sa.case((earlier, 1), else_=0)),
            sa.func.sum(sa.case((day >= recent.isoformat(), 1), else_=0)),
        )
        .select_from(demand.join(estate, estate.c.id == demand.c.estate_id))
        .where(
            *conditions(wanted, scopes),
            day >= since.isoformat(),
            demand.c.status != DemandStatus.MERGED.value,
            key.is_not(None),
        )
        .group_by(key, month)
    )
    return [(row[0], row[1], int(row[2]), int(row[3]), int(row[4])) for row in connection.execute(query)]


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
    query = sa.select(demand.c.lon, demand.c.lat).where(demand.c.status != DemandStatus.MERGED.value)
    if asked := conditions(wanted, scopes):
        query = query.join(estate, estate.c.id == demand.c.estate_id).where(*asked)
    result: Any = connection.execute(query)
    rows = result.cursor.fetchall()
    return [row[0] for row in rows], [row[1] for row in rows]
