"""Demands as the lists know them that brought them: by number, by receipt, by what they say."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from renovation.model.demands import Demand, DemandCategory, DemandChannel, DemandKind
from renovation.model.names import name_key, name_keys
from renovation.store.demands import demands
from renovation.store.rows import in_parts, read_row
from renovation.store.schema.demands import demand

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


def put_back(connection: sa.Connection, one: Demand, columns: Mapping[str, Any], version: int) -> None:
    """Give a demand the values and the version back that it had before a list changed it."""
    values = {name: _TYPES[name](value) if name in _TYPES else value for name, value in columns.items()}
    demands.change(connection, one, **values)
    connection.execute(demand.update().where(demand.c.id == one.id).values(version=version))
