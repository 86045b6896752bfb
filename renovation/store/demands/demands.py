"""Demands in the store: taking them in, moving them on, listing them; counters stay current in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from renovation.errors import ConflictError, NotFoundError, StageError
from renovation.model.demands import (
    AT_WORK_STATUSES,
    OPEN_STATUSES,
    WAITING_STATUSES,
    Demand,
    DemandCategory,
    DemandDraft,
    DemandEvent,
    DemandFilter,
    DemandStatus,
)
from renovation.model.intake import DemandRow
from renovation.model.lives import DEMAND_LIFE
from renovation.model.names import search_words
from renovation.model.scope import Scope
from renovation.store.register_state import Register, mark_changed
from renovation.store.rows import change_row, in_parts, keys_of, read_row, the_row
from renovation.store.schema.demands import demand, demand_count, demand_event, demand_follower, demand_task
from renovation.store.schema.places import area, building, estate
from renovation.store.scoping import within

_COLUMNS = [demand.c[name] for name in Demand.__slots__]
# Every demand taken in writes these; building the statements would cost more than running them.
_INSERT = demand.insert()
_INSERT_EVENT = demand_event.insert()


def _demand(row: Any) -> Demand:
    return read_row(Demand, row)


@cache
def _counting(dialect: str) -> Any:
    """Return the statement that adds to a counter cell; building it costs more than running it."""
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement: Any = insert(demand_count)
    return statement.on_conflict_do_update(
        index_elements=[column.name for column in demand_count.primary_key],
        set_={
            "demands": demand_count.c.demands + statement.excluded.demands,
            "supporters": demand_count.c.supporters + statement.excluded.supporters,
        },
    )


def _count(connection: sa.Connection, one: Demand, demands: int, supporters: int) -> None:
    """Add to the counter cell a demand stands in; the cell is made when it is the first."""
    cell = {name: getattr(one, name) for name in ("estate_id", "category", "status", "kind")}
    values = cell | {"demands": demands, "supporters": supporters}
    connection.execute(_counting(connection.dialect.name), values)


def remove_import(connection: sa.Connection, import_id: int) -> int:
    """Delete the demands of an import and take them out of the counters; return how many.

    Only for demands nobody has dealt with: each then stands in the cell it was counted into.
    """
    cells = sa.select(
        demand.c.estate_id,
        demand.c.category,
        demand.c.status,
        demand.c.kind,
        (-sa.func.count()).label("demands"),
        (-sa.func.sum(demand.c.supporters)).label("supporters"),
    )
    query = cells.where(demand.c.import_id == import_id).group_by(*list(cells.selected_columns)[:4])
    taken = [dict(row._mapping) for row in connection.execute(query)]
    if taken:
        connection.execute(_counting(connection.dialect.name), taken)
    mark_changed(connection, Register.DEMANDS, None)
    return connection.execute(demand.delete().where(demand.c.import_id == import_id)).rowcount


def note_event(
    connection: sa.Connection,
    demand_id: int,
    *,
    step: str,
    login: str,
    at: datetime,
    note: str = "",
    parts: Sequence[tuple[str, str]] = (),
) -> None:
    """Write one line of a demand's history; see :class:`~renovation.model.demands.DemandEvent`."""
    values = {"demand_id": demand_id, "at": at, "login": login, "step": step, "note": note[:2000], "parts": list(parts)}
    connection.execute(_INSERT_EVENT, values)


def add(
    connection: sa.Connection,
    draft: DemandDraft,
    *,
    receipt: str,
    login: str,
    at: datetime,
    day: date,
    building_id: int | None,
    grid_id: int | None,
    due_on: date | None,
    synthetic: bool = False,
    import_id: int | None = None,
) -> Demand:
    """Keep a new demand, its first event and its counter.

    Parameters
    ----------
    at, day
        The moment (UTC) and the day in China.

    Raises
    ------
    ConflictError
        ``demand.number_taken``: the channel's list gave this number to another demand.
    """
    values: dict[str, Any] = {name: getattr(draft, name) for name in DemandDraft.__slots__}
    values |= {name: values[name].value for name in ("category", "channel", "kind")} | {"building_id": building_id}
    kept: dict[str, Any] = {
        "receipt": receipt,
        "status": DemandStatus.RECEIVED,
        "grid_id": grid_id,
        "due_on": due_on.isoformat() if due_on else None,
        "received_at": at,
    }
    written = values | kept | {"received_on": day.isoformat(), "synthetic": synthetic, "import_id": import_id}
    try:
        made = connection.execute(_INSERT, written)
    except IntegrityError:
        if not draft.source_number:
            raise
        raise ConflictError("demand.number_taken", number=draft.source_number) from None
    given: dict[str, Any] = {name: getattr(draft, name) for name in DemandDraft.__slots__} | {
        "building_id": building_id
    }
    one = Demand(id=int(made.inserted_primary_key[0]), **given, **kept)  # type: ignore[index]
    _count(connection, one, 1, one.supporters)
    mark_changed(connection, Register.DEMANDS, [one.id])
    note_event(connection, one.id, step=DemandStatus.RECEIVED.value, login=login, at=at)
    return one


def get(connection: sa.Connection, demand_id: int, *, scopes: Iterable[Scope] = ()) -> Demand:
    """Return a demand.

    Raises
    ------
    NotFoundError
        ``demand.not_found``: none under this id, or it lies outside the scopes.
    """
    query = sa.select(*_COLUMNS).join(estate, estate.c.id == demand.c.estate_id)
    row = the_row(connection, query.where(demand.c.id == demand_id, *within(scopes)), "demand.not_found", id=demand_id)
    return _demand(row)


def by_receipt(connection: sa.Connection, receipt: str) -> Demand:
    """Return the demand a receipt belongs to.

    Raises
    ------
    NotFoundError
        ``demand.receipt_unknown``.
    """
    found = kept(connection, receipt)
    if found is None:
        raise NotFoundError("demand.receipt_unknown", receipt=receipt)
    return found


def kept(connection: sa.Connection, receipt: str) -> Demand | None:
    """Return the demand a receipt belongs to, if there is one."""
    row = connection.execute(sa.select(*_COLUMNS).where(demand.c.receipt == receipt)).first()
    return _demand(row) if row else None


def add_follower(connection: sa.Connection, demand_id: int, receipt: str, joiner: str | None) -> None:
    """Give somebody who joins a demand a receipt.

    Raises
    ------
    ConflictError
        ``demand.joined_already``: the same person has joined it.
    """
    if joiner is not None and has_joined(connection, demand_id, joiner):
        raise ConflictError("demand.joined_already")
    connection.execute(demand_follower.insert().values(receipt=receipt, demand_id=demand_id, joiner=joiner))


def has_joined(connection: sa.Connection, demand_id: int, joiner: str) -> bool:
    """Tell whether somebody has joined a demand."""
    found = demand_follower.c.demand_id == demand_id, demand_follower.c.joiner == joiner
    return connection.execute(sa.select(demand_follower.c.receipt).where(*found)).first() is not None


def remove_follower(connection: sa.Connection, receipt: str) -> str | None:
    """Take back that somebody joined, and return who it was, as far as that is kept."""
    found = demand_follower.c.receipt == receipt
    joiner = connection.execute(sa.select(demand_follower.c.joiner).where(found)).scalar()
    connection.execute(demand_follower.delete().where(found))
    return joiner


def followed(connection: sa.Connection, receipt: str) -> int | None:
    """Return the demand that a joiner's receipt follows; ``None`` where it is none."""
    return all_followed(connection, [receipt]).get(receipt)


def all_followed(connection: sa.Connection, receipts: Iterable[str]) -> dict[str, int]:
    """Return the demands that joiners' receipts follow; others are left out."""
    columns = demand_follower.c.receipt, demand_follower.c.demand_id
    queries = (sa.select(*columns).where(demand_follower.c.receipt.in_(part or ())) for part in in_parts(receipts))
    return {row.receipt: row.demand_id for query in queries for row in connection.execute(query)}


def require_version(one: Demand, seen: int | None) -> None:
    """Refuse to act on a demand that has changed since the person looked at it; ``None`` does not ask.

    Raises
    ------
    ConflictError
        ``demand.changed``.
    """
    if seen is not None and seen != one.version:
        raise ConflictError("demand.changed", receipt=one.receipt)


def change(connection: sa.Connection, one: Demand, **values: Any) -> Demand:
    """Write fields of a demand if nobody else has changed it meanwhile, and keep the counters.

    Raises
    ------
    ConflictError
        ``demand.changed``.
    """
    written = {name: getattr(value, "value", value) for name, value in values.items()}
    if not written.keys().isdisjoint({"text", "source_number"}):
        written |= keys_of(demand, {"text": one.text, "source_number": one.source_number} | written)
    change_row(connection, demand, one.id, one.version, "demand.changed", values=written, receipt=one.receipt)
    mark_changed(connection, Register.DEMANDS, [one.id])
    known = {name: value for name, value in values.items() if name in Demand.__slots__}
    changed = replace(one, version=one.version + 1, **known)
    if (changed.status, changed.kind, changed.category, changed.supporters, changed.estate_id) != (
        one.status,
        one.kind,
        one.category,
        one.supporters,
        one.estate_id,
    ):
        _count(connection, one, -1, -one.supporters)
        _count(connection, changed, 1, changed.supporters)
    return changed


def step(
    connection: sa.Connection,
    one: Demand,
    to: DemandStatus,
    *,
    login: str,
    at: datetime,
    note: str = "",
    parts: Sequence[tuple[str, str]] = (),
    line: str = "",
    **values: Any,
) -> Demand:
    """Move a demand on, with its history.

    Parameters
    ----------
    line
        What the history says of it, where that is not the new status.

    Raises
    ------
    StageError
        ``demand.step``: this status does not follow the demand's.
    ConflictError
        ``demand.changed``.
    """
    if to not in DEMAND_LIFE.follows(one.status):
        raise StageError("demand.step", receipt=one.receipt, status=one.status.value, to=to.value)
    moved = change(connection, one, status=to, **values)
    note_event(connection, one.id, step=line or to.value, login=login, at=at, note=note, parts=parts)
    return moved


def events(connection: sa.Connection, demand_id: int) -> tuple[DemandEvent, ...]:
    """Return a demand's history, oldest first."""
    query = sa.select(demand_event).where(demand_event.c.demand_id == demand_id).order_by(demand_event.c.id)
    return tuple(read_row(DemandEvent, row, by=row.login) for row in connection.execute(query))


def overdue_on(day: date) -> sa.ColumnElement[bool]:
    """Return the condition that keeps demands waiting past their deadline on a day in China."""
    return demand.c.status.in_([status.value for status in sorted(WAITING_STATUSES)]) & (
        demand.c.due_on < day.isoformat()
    )


def part_refused() -> sa.ColumnElement[bool]:
    """Return the condition that keeps demands with departments of which one has refused its part."""
    refused = sa.select(demand_task.c.demand_id).where(
        demand_task.c.is_current, demand_task.c.status == DemandStatus.REFUSED.value
    )
    return demand.c.status.in_([status.value for status in sorted(AT_WORK_STATUSES)]) & demand.c.id.in_(refused)


def conditions(wanted: DemandFilter, scopes: Iterable[Scope]) -> list[sa.ColumnElement[bool]]:
    """Return what a filter and the scopes ask of ``demand`` joined with ``estate``.

    A large estate lies in several grids, so the filter's grid is that of the pin; ``scopes``, what an account may see,
    follow the estates.
    """
    asked = within([replace(wanted.scope, grid_id=None), *scopes])
    if wanted.scope.grid_id is not None:
        asked.append(demand.c.grid_id == wanted.scope.grid_id)
    for column, members in (
        (demand.c.category, wanted.categories),
        (demand.c.status, wanted.statuses),
        (demand.c.channel, wanted.channels),
        (demand.c.department, wanted.departments),
    ):
        if members:
            asked.append(column.in_([str(member) for member in members]))
    if wanted.kind is not None:
        asked.append(demand.c.kind == wanted.kind.value)
    if wanted.received_from is not None:
        asked.append(demand.c.received_on >= wanted.received_from.isoformat())
    if wanted.received_to is not None:
        asked.append(demand.c.received_on <= wanted.received_to.isoformat())
    if wanted.overdue_on is not None:
        asked.append(overdue_on(wanted.overdue_on))
    if wanted.part_refused:
        asked.append(part_refused())
    for word in search_words(wanted.query):
        looked_through = [demand.c.text_key.contains(word, autoescape=True)]
        looked_through.append(demand.c.receipt.contains(word.upper(), autoescape=True))
        asked.append(sa.or_(*looked_through, estate.c.name_key.contains(word, autoescape=True)))
    return asked


def listed(
    connection: sa.Connection,
    wanted: DemandFilter,
    *,
    scopes: Iterable[Scope] = (),
    limit: int | None = None,
    offset: int = 0,
) -> tuple[DemandRow, ...]:
    """Return the demands a filter keeps, newest first, with the names of their places."""
    street = area.alias("street")
    newest_first = (demand.c.received_at.desc(), demand.c.id.desc())
    # Which ones first, from the index alone; joining everything that is skipped would cost the more the later the page.
    page = sa.select(demand.c.id).order_by(*newest_first).limit(limit).offset(offset or None)
    if asked := conditions(wanted, scopes):
        page = page.join(estate, estate.c.id == demand.c.estate_id).where(*asked)
    query = (
        sa.select(
            *_COLUMNS,
            estate.c.name.label("estate_name"),
            sa.func.coalesce(street.c.name, "").label("street_name"),
            sa.func.coalesce(building.c.name, "").label("building_name"),
        )
        .join(estate, estate.c.id == demand.c.estate_id)
        .outerjoin(street, street.c.id == estate.c.street_id)
        .outerjoin(building, building.c.id == demand.c.building_id)
        .where(demand.c.id.in_(page))
        .order_by(*newest_first)
    )
    return tuple(
        DemandRow(
            demand=_demand(row),
            estate_name=row.estate_name,
            street_name=row.street_name,
            building_name=row.building_name,
        )
        for row in connection.execute(query)
    )


def count(connection: sa.Connection, wanted: DemandFilter, *, scopes: Iterable[Scope] = ()) -> int:
    """Return how many demands a filter keeps."""
    query = sa.select(sa.func.count()).select_from(demand.join(estate, estate.c.id == demand.c.estate_id))
    return int(connection.execute(query.where(*conditions(wanted, scopes))).scalar_one())


@dataclass(frozen=True, slots=True)
class OpenText:
    """What an open demand says, for finding the same wish."""

    id: int
    category: DemandCategory
    text: str


def open_texts(
    connection: sa.Connection, estate_id: int, category: DemandCategory | None, *, limit: int
) -> list[OpenText]:
    """Return what an estate's open demands say, newest first; of one category or of all."""
    kept = [demand.c.estate_id == estate_id, demand.c.status.in_([status.value for status in OPEN_STATUSES])]
    if category is not None:
        kept.append(demand.c.category == category.value)
    query = (
        sa.select(demand.c.id, demand.c.category, demand.c.text).where(*kept).order_by(demand.c.id.desc()).limit(limit)
    )
    return [OpenText(row.id, DemandCategory(row.category), row.text) for row in connection.execute(query)]


def some(connection: sa.Connection, ids: Iterable[int]) -> dict[int, Demand]:
    """Return the demands of these ids that exist, by id."""
    query = sa.select(*_COLUMNS).where(demand.c.id.in_(list(ids)))
    return {row.id: _demand(row) for row in connection.execute(query)}


def in_estate(connection: sa.Connection, estate_id: int) -> tuple[Demand, ...]:
    """Return every demand of an estate, oldest first."""
    query = sa.select(*_COLUMNS).where(demand.c.estate_id == estate_id)
    return tuple(_demand(row) for row in connection.execute(query.order_by(demand.c.received_at, demand.c.id)))
