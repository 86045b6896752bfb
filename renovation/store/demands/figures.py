"""The figures a district is judged by, counted in the store; what dashboards read comes from kept counters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from renovation.model.demands import DemandFilter, DemandKind, DemandStatus
from renovation.model.intake import DemandFigures, GroupFigures
from renovation.model.places import AreaLevel
from renovation.model.scope import EVERYWHERE, Scope
from renovation.store.demands.columns import CATEGORIES, CHANNELS, KINDS, STATUSES, DemandColumns, late, read_columns
from renovation.store.register_state import Register, state
from renovation.store.schema.demands import demand, demand_count
from renovation.store.schema.places import area, estate
from renovation.store.scoping import within


def figures(
    connection: sa.Connection, wanted: DemandFilter, *, today: date, scopes: Iterable[Scope] = ()
) -> DemandFigures:
    """Return the figures of what a filter keeps; merged demands count with the one they went into.

    Parameters
    ----------
    today
        The day in China against which deadlines are held.
    """
    kept = read_columns(connection, wanted, scopes=scopes).unmerged()
    judged = kept.where(kept.kind == KINDS.index(DemandKind.DEMAND))
    measures = _measures(judged, today)
    months, month = np.unique(judged.received_on.astype("datetime64[M]"), return_inverse=True)
    streets, street = _streets(connection, judged.estate_id)
    by_category = _groups(judged.category, [category.value for category in CATEGORIES], measures)
    return DemandFigures(
        total=sum(by_category, GroupFigures(name="")),
        record_only=len(kept) - len(judged),
        by_department=_groups(judged.department, judged.departments, measures),
        by_street=_groups(street, streets, measures),
        by_channel=_groups(judged.channel, [channel.value for channel in CHANNELS], measures),
        by_category=by_category,
        by_month=_groups(month, np.datetime_as_string(months).tolist(), measures),
    )


def _measures(found: DemandColumns, today: date) -> dict[str, NDArray[np.float64]]:
    """Return what each demand adds to the figures of its group; sums stay far below 2**53, so they are exact."""
    closed = found.status == STATUSES.index(DemandStatus.CLOSED)
    answered = closed | (found.status == STATUSES.index(DemandStatus.ANSWERED))
    measures = {
        "received": np.ones(len(found)),
        "answered": answered,
        "closed": closed,
        "not_solved": found.status == STATUSES.index(DemandStatus.NOT_SOLVED),
        "on_time": answered & (found.in_time == 1),
        "with_deadline": answered & (found.in_time >= 0),
        "overdue": late(found, today),
        "rating_sum": found.rating,
        "rated": found.rating > 0,
        "supporters": found.supporters,
    }
    return {name: values.astype(np.float64) for name, values in measures.items()}


def _groups(
    code: NDArray[Any], names: Sequence[str], measures: dict[str, NDArray[np.float64]]
) -> tuple[GroupFigures, ...]:
    """Add up the measures of each group that has demands, by name."""
    sums = {name: np.bincount(code, weights=values, minlength=len(names)) for name, values in measures.items()}
    return tuple(
        GroupFigures(name=names[at], **{name: int(totals[at]) for name, totals in sums.items()})
        for at in sorted(np.flatnonzero(sums["received"]).tolist(), key=lambda at: names[at])
    )


def _streets(connection: sa.Connection, estate_ids: NDArray[np.int64]) -> tuple[list[str], NDArray[np.int64]]:
    """Return the names of streets, and the place in it of each estate's; streets of one name count together."""
    estates = connection.execute(sa.select(estate.c.id, estate.c.street_id))
    street_of = {row.id: row.street_id for row in estates}
    streets = connection.execute(sa.select(area.c.id, area.c.name).where(area.c.level == AreaLevel.STREET.value))
    name_of = {row.id: row.name for row in streets}
    names = sorted({"", *name_of.values()})
    place = {name: at for at, name in enumerate(names)}
    found, inverse = np.unique(estate_ids, return_inverse=True)
    codes = [place[name_of.get(street_of.get(one) or 0, "")] for one in found.tolist()]
    return names, np.array(codes, dtype=np.int64)[inverse]


def counts_by_estate(connection: sa.Connection, *, scopes: Iterable[Scope] = ()) -> dict[int, int]:
    """Return estate → demands from the kept counters: the cost grows with estates, not with demands."""
    query = (
        sa.select(demand_count.c.estate_id, sa.func.sum(demand_count.c.demands))
        .where(demand_count.c.kind == DemandKind.DEMAND.value)
        .group_by(demand_count.c.estate_id)
    )
    if narrowed := within(scopes):
        query = query.join(estate, estate.c.id == demand_count.c.estate_id).where(*narrowed)
    query = query.where(demand_count.c.status != DemandStatus.MERGED.value)
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
    wanted = DemandFilter(scope=EVERYWHERE, kind=DemandKind.DEMAND, overdue_on=today)
    return len(read_columns(connection, wanted, scopes=scopes))


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
        cells = [
            dict(zip(keys, cell, strict=True)) | {"demands": demands, "supporters": supporters}
            for cell, (demands, supporters) in counted.items()
        ]
        if cells:
            connection.execute(demand_count.insert(), cells)
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
    found = read_columns(connection, wanted, scopes=scopes).unmerged()
    ids, numbers = np.unique(found.grid_id[found.grid_id >= 0], return_counts=True)
    counts = dict(zip(ids.tolist(), numbers.tolist(), strict=True))
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


def stamp(connection: sa.Connection) -> str:
    """Return what changes whenever any demand does, to tell whether figures are still good."""
    return state(connection, Register.DEMANDS)
