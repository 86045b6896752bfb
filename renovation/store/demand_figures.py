"""The figures a district is judged by, counted in the store; what dashboards read comes from kept counters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from renovation.model.demands import (
    DemandCategory,
    DemandFilter,
    DemandKind,
    DemandStatus,
)
from renovation.model.imports import ImportKind
from renovation.model.intake import DemandFigures, GroupFigures
from renovation.model.places import AreaLevel, Scope
from renovation.store import imports
from renovation.store.demands import conditions, overdue_on
from renovation.store.schema.demands import demand, demand_count, demand_event
from renovation.store.schema.places import area, estate
from renovation.store.scoping import within

_ANSWERED = (DemandStatus.ANSWERED.value, DemandStatus.CLOSED.value)


def _sum_of(condition: sa.ColumnElement[bool], value: Any = 1) -> sa.ColumnElement[int]:
    return sa.func.coalesce(sa.func.sum(sa.case((condition, value), else_=0)), 0)


def _measures(today: date) -> list[sa.ColumnElement[Any]]:
    answered = demand.c.status.in_(_ANSWERED)
    return [
        sa.func.count().label("received"),
        _sum_of(answered).label("answered"),
        _sum_of(demand.c.status == DemandStatus.CLOSED.value).label("closed"),
        _sum_of(demand.c.status == DemandStatus.NOT_SOLVED.value).label("not_solved"),
        _sum_of(answered & demand.c.in_time.is_(True)).label("on_time"),
        _sum_of(answered & demand.c.in_time.is_not(None)).label("with_deadline"),
        _sum_of(overdue_on(today)).label("overdue"),
        sa.func.coalesce(sa.func.sum(demand.c.rating), 0).label("rating_sum"),
        sa.func.count(demand.c.rating).label("rated"),
        sa.func.coalesce(sa.func.sum(demand.c.supporters), 0).label("supporters"),
    ]


def figures(
    connection: sa.Connection, wanted: DemandFilter, *, today: date, scopes: Iterable[Scope] = ()
) -> DemandFigures:
    """Return the figures of what a filter keeps; merged demands count with the one they went into.

    Parameters
    ----------
    today
        The day in China against which deadlines are held.
    """
    asked = conditions(wanted, scopes)
    kept = [*asked, demand.c.status != DemandStatus.MERGED.value]
    judged = [*kept, demand.c.kind == DemandKind.DEMAND.value]
    # Estates carry their outlines; joining them in when nothing asks for them would double the time.
    table: sa.FromClause = demand.join(estate, estate.c.id == demand.c.estate_id) if asked else demand

    def groups(name: sa.ColumnElement[Any]) -> list[GroupFigures]:
        query = sa.select(name.label("name"), *_measures(today)).select_from(table).where(*judged)
        rows = connection.execute(query.group_by(name).order_by(name))
        return [GroupFigures(**row._mapping) for row in rows]

    by_category = groups(demand.c.category)
    record_only = connection.execute(
        sa.select(sa.func.count()).select_from(table).where(*kept, demand.c.kind == DemandKind.RECORD_ONLY.value)
    ).scalar_one()
    return DemandFigures(
        total=sum(by_category, GroupFigures(name="")),
        record_only=int(record_only),
        by_department=tuple(groups(demand.c.department)),
        by_street=_by_street(connection, groups(demand.c.estate_id)),
        by_channel=tuple(groups(demand.c.channel)),
        by_category=tuple(by_category),
        by_month=tuple(groups(sa.func.substr(demand.c.received_on, 1, 7))),
    )


def _by_street(connection: sa.Connection, by_estate: list[GroupFigures]) -> tuple[GroupFigures, ...]:
    """Add up the figures of each street's estates, by street name."""
    street = area.alias("street")
    query = sa.select(estate.c.id, street.c.name).join(street, street.c.id == estate.c.street_id)
    street_of = {row.id: row.name for row in connection.execute(query)}
    totals: dict[str, GroupFigures] = {}
    for group in by_estate:
        name = street_of.get(int(group.name), "")
        totals[name] = totals.get(name, GroupFigures(name=name)) + group
    return tuple(totals[name] for name in sorted(totals))


def counts_by_estate(
    connection: sa.Connection,
    *,
    scopes: Iterable[Scope] = (),
    categories: Iterable[DemandCategory] = (),
    open_only: bool = False,
) -> dict[int, int]:
    """Return estate → demands from the kept counters: the cost grows with estates, not with demands."""
    query = (
        sa.select(demand_count.c.estate_id, sa.func.sum(demand_count.c.demands))
        .where(demand_count.c.kind == DemandKind.DEMAND.value)
        .group_by(demand_count.c.estate_id)
    )
    if narrowed := within(scopes):
        query = query.join(estate, estate.c.id == demand_count.c.estate_id).where(*narrowed)
    if members := [category.value for category in categories]:
        query = query.where(demand_count.c.category.in_(members))
    left_out = [DemandStatus.MERGED.value]
    if open_only:
        left_out += [DemandStatus.ANSWERED.value, DemandStatus.CLOSED.value]
    query = query.where(demand_count.c.status.not_in(left_out))
    return {row[0]: int(row[1]) for row in connection.execute(query) if row[1]}


def counts_by_status(connection: sa.Connection, *, scopes: Iterable[Scope] = ()) -> dict[DemandStatus, int]:
    """Return status → demands from the kept counters, for a to-do list."""
    query = (
        sa.select(demand_count.c.status, sa.func.sum(demand_count.c.demands))
        .where(demand_count.c.kind == DemandKind.DEMAND.value)
        .group_by(demand_count.c.status)
    )
    if narrowed := within(scopes):
        query = query.join(estate, estate.c.id == demand_count.c.estate_id).where(*narrowed)
    return {DemandStatus(row[0]): int(row[1]) for row in connection.execute(query) if row[1]}


def overdue(connection: sa.Connection, *, today: date, scopes: Iterable[Scope] = ()) -> int:
    """Return how many demands wait past their deadline."""
    query = (
        sa.select(sa.func.count())
        .select_from(demand.join(estate, estate.c.id == demand.c.estate_id))
        .where(
            overdue_on(today),
            demand.c.kind == DemandKind.DEMAND.value,
            *within(scopes),
        )
    )
    return int(connection.execute(query).scalar_one())


def recount(connection: sa.Connection) -> int:
    """Rebuild every counter from the demands; return how many cells were wrong. For ``doctor`` and tests."""
    keys = ("estate_id", "category", "status", "kind")
    counted = {
        tuple(row[:4]): (int(row[4]), int(row[5]))
        for row in connection.execute(
            sa.select(*(demand.c[key] for key in keys), sa.func.count(), sa.func.sum(demand.c.supporters)).group_by(
                *(demand.c[key] for key in keys)
            )
        )
    }
    kept = {
        tuple(row[:4]): (row.demands, row.supporters)
        for row in connection.execute(sa.select(demand_count))
        if (row.demands, row.supporters) != (0, 0)
    }
    wrong = {cell for cell in counted.keys() | kept.keys() if counted.get(cell) != kept.get(cell)}
    if wrong:
        connection.execute(demand_count.delete())
        for cell, (demands, supporters) in counted.items():
            values = dict(zip(keys, cell, strict=True))
            connection.execute(demand_count.insert().values(**values, demands=demands, supporters=supporters))
    return len(wrong)


@dataclass(frozen=True, slots=True)
class GridCount:
    """A grid 网格 with its outline (WKB, EPSG:4490) and its demands."""

    id: int
    name: str
    outline: bytes
    demands: int


def grids_with_counts(
    connection: sa.Connection, wanted: DemandFilter, *, scopes: Iterable[Scope] = ()
) -> list[GridCount]:
    """Return every outlined grid of a filter's area with the demands the filter keeps, none left out for having none.

    A scope below the city keeps the grids in which its estates or demands lie.
    """
    scopes = list(scopes)
    asked = conditions(wanted, scopes)
    counted = (
        sa.select(demand.c.grid_id, sa.func.count())
        .join(estate, estate.c.id == demand.c.estate_id)
        .where(*asked, demand.c.status != DemandStatus.MERGED.value, demand.c.grid_id.is_not(None))
        .group_by(demand.c.grid_id)
    )
    counts = {row[0]: int(row[1]) for row in connection.execute(counted)}
    query = sa.select(area.c.id, area.c.name, area.c.geometry).where(
        area.c.level == AreaLevel.GRID.value, area.c.geometry.is_not(None)
    )
    if narrowed := within([wanted.scope, *scopes]):
        own = {row.grid_id for row in connection.execute(sa.select(estate.c.grid_id).where(*narrowed).distinct())}
        query = query.where(area.c.id.in_([grid for grid in own | set(counts) if grid is not None]))
    return [
        GridCount(row.id, row.name, row.geometry, counts.get(row.id, 0))
        for row in connection.execute(query.order_by(area.c.id))
    ]


def stamp(connection: sa.Connection) -> int:
    """Return a number that grows with every change of any demand, to tell whether figures are still good."""
    newest = connection.execute(sa.select(sa.func.coalesce(sa.func.max(demand_event.c.id), 0))).scalar_one()
    # Undoing an import takes the newest events away; their numbers come again.
    return (imports.undone(connection, ImportKind.DEMANDS) << 40) + int(newest)
