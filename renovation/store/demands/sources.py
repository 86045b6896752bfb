"""Demands as the lists know them that brought them: by number, by receipt, by what they say."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from renovation.model.demands import Demand, DemandCategory, DemandChannel, DemandKind
from renovation.model.names import name_key, name_keys
from renovation.store.demands import demands
from renovation.store.rows import in_parts, read_row
from renovation.store.schema.demands import demand, demand_event
from renovation.store.schema.places import photo

#: The step of a demand that a list had changed and that was put back.
LIST_UNDONE = "list_undone"
_COLUMNS = [demand.c[name] for name in Demand.__slots__]
_TYPES = {"category": DemandCategory, "kind": DemandKind}


def by_numbers(connection: sa.Connection, numbers: Collection[str]) -> dict[tuple[DemandChannel, str], Demand]:
    """Return the demands with these numbers, however written, by the channel whose list has it and the number's key."""
    found = _where(connection, demand.c.number_key, name_keys(numbers))
    return {(one.channel, name_key(one.source_number)): one for one in found}


def by_receipts(connection: sa.Connection, receipts: Collection[str]) -> dict[str, Demand]:
    """Return the demands with these receipts."""
    return {one.receipt: one for one in _where(connection, demand.c.receipt, receipts)}


def without_number(connection: sa.Connection, estate_ids: Collection[int]) -> tuple[Demand, ...]:
    """Return the demands of estates that no list has numbered, oldest first."""
    found = [one for one in _where(connection, demand.c.estate_id, estate_ids) if not one.source_number]
    return tuple(sorted(found, key=lambda one: one.id))


def _where(connection: sa.Connection, column: sa.Column[Any], values: Collection[Any]) -> Iterator[Demand]:
    for part in in_parts(values):
        query = sa.select(*_COLUMNS).where(column.in_(part or []))
        yield from (read_row(Demand, row) for row in connection.execute(query))


def cleaned(connection: sa.Connection, ids: Collection[int]) -> set[int]:
    """Return which demands have had their words masked, the term of keeping them being over."""
    found: set[int] = set()
    for part in in_parts(ids):
        query = sa.select(demand.c.id).where(demand.c.id.in_(part or []), demand.c.cleaned_at.is_not(None))
        found |= set(connection.scalars(query))
    return found


def _own_version() -> sa.ColumnElement[int]:
    """Return a demand's version without what lists have written and taken back again, two versions each time."""
    undone = sa.select(sa.func.count()).where(
        demand_event.c.demand_id == demand.c.id, demand_event.c.step == LIST_UNDONE
    )
    return demand.c.version - 2 * undone.correlate(demand).scalar_subquery()


def own_versions(connection: sa.Connection, ids: Collection[int]) -> dict[int, int]:
    """Return the versions that demands would have without the lists taken back again; 1 for what nobody dealt with."""
    found: dict[int, int] = {}
    for part in in_parts(ids):
        query = sa.select(demand.c.id, _own_version()).where(demand.c.id.in_(part or []))
        found |= {row[0]: row[1] for row in connection.execute(query)}
    return found


def dealt_with(connection: sa.Connection, import_id: int) -> list[str]:
    """Return receipts of an import's demands that somebody has dealt with since."""
    query = sa.select(demand.c.receipt).where(demand.c.import_id == import_id, _own_version() > 1)
    photographed = sa.select(photo.c.demand_id).where(photo.c.demand_id.is_not(None))
    more = sa.select(demand.c.receipt).where(demand.c.import_id == import_id, demand.c.id.in_(photographed))
    return sorted(connection.execute(query.union(more)).scalars())


def put_back(connection: sa.Connection, one: Demand, columns: Mapping[str, Any], *, login: str, at: datetime) -> None:
    """Give a demand the values back that it had before a list changed it, as one more version and step."""
    values = {name: _TYPES[name](value) if name in _TYPES else value for name, value in columns.items()}
    demands.change(connection, one, **values)
    demands.note_event(connection, one.id, step=LIST_UNDONE, login=login, at=at)
