"""Copy everything that a store holds into another one, of either engine, and sum up what lies in each."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from renovation.errors import InvalidError
from renovation.model.canonical import to_json
from renovation.store import wipe
from renovation.store.engine import Store, open_store
from renovation.store.schema import metadata
from renovation.store.schema.staff import setting
from renovation.store.starting import ARRIVING, MOVED

_AT_ONCE = 2000
_WORDS = 2**256

#: ``told(table, rows copied, rows in all)``.
Told = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class TableSum:
    """What a table holds: its rows, and the sum of their digests (in whatever order they lie)."""

    rows: int
    digest: str


#: Table → what it holds.
Sums = Mapping[str, TableSum]


class _Sum:
    def __init__(self) -> None:
        self.rows = self._total = 0

    def add(self, values: Sequence[Any]) -> None:
        digest = hashlib.sha256(to_json([_plain(value) for value in values]).encode())
        self.rows += 1
        self._total = (self._total + int.from_bytes(digest.digest())) % _WORDS

    def ended(self) -> TableSum:
        return TableSum(self.rows, f"{self._total:064x}")


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    return value if isinstance(value, str | int | float | dict | list | None) else str(value)


def open_new(store: Store, database_url: str) -> Store:
    """Open the store that everything is to go to, with the same keys.

    Raises
    ------
    InvalidError
        ``move.url``: no database's address; ``move.same``: the store that would be left.
    """
    try:
        target = open_store(database_url, store.keys)
    except (ArgumentError, NoSuchModuleError, ImportError):
        raise InvalidError("move.url", url=database_url.split("@")[-1]) from None
    if target.engine.url == store.engine.url:
        target.close()
        raise InvalidError("move.same")
    return target


def count_rows(connection: sa.Connection) -> int:
    """Return how many rows all tables hold."""
    count = sa.select(sa.func.count())
    return sum(connection.execute(count.select_from(table)).scalar_one() for table in metadata.sorted_tables)


def sums(connection: sa.Connection) -> Sums:
    """Return table → what it holds; what belongs to a move itself is left out."""
    found = {}
    for table in metadata.sorted_tables:
        summed = _Sum()
        for row in _rows(connection, table):
            summed.add(row)
        found[table.name] = summed.ended()
    return found


def copy_all(source: sa.Connection, target: sa.Connection, told: Told) -> Sums:
    """Put the rows of all tables into an emptied store, and return what was read.

    Everything stands in the transactions of the two connections, so that a copy that breaks off has never been there.
    """
    wipe.empty(target)
    whole, copied, found = count_rows(source), 0, {}
    for table in metadata.sorted_tables:
        summed = _Sum()
        names = [column.name for column in table.columns]
        ordered = _parents_first(table, _rows(source, table))
        while rows := list(islice(ordered, _AT_ONCE)):
            for row in rows:
                summed.add(row)
            target.execute(table.insert(), [dict(zip(names, row, strict=True)) for row in rows])
            copied += len(rows)
            told(table.name, copied, whole)
        found[table.name] = summed.ended()
        _go_on_numbering(source, target, table)
    return found


def _rows(connection: sa.Connection, table: sa.Table) -> Iterator[sa.Row[Any]]:
    query = sa.select(table)
    if table is setting:
        query = query.where(setting.c.key.not_in((MOVED, ARRIVING)))
    yield from connection.execute(query, execution_options={"yield_per": _AT_ONCE})


def _parents_first(table: sa.Table, rows: Iterator[sa.Row[Any]]) -> Iterator[sa.Row[Any]]:
    """Yield rows that name others of the same table only after those."""
    pairs = [
        (key.parent.name, key.column.name)
        for constraint in table.foreign_key_constraints
        if constraint.referred_table is table
        for key in constraint.elements
    ]
    if not pairs:
        yield from rows
        return
    known: dict[str, set[Any]] = {to: set() for _, to in pairs}
    waiting = list(rows)
    while waiting:
        later = []
        for row in waiting:
            named = row._mapping
            if all(named[child] is None or named[child] in known[to] for child, to in pairs):
                for to, seen in known.items():
                    seen.add(named[to])
                yield row
            else:
                later.append(row)
        if len(later) == len(waiting):
            # Each waits for another: the target says what is wrong with them.
            yield from later
            return
        waiting = later


def _go_on_numbering(source: sa.Connection, target: sa.Connection, table: sa.Table) -> None:
    """Let PostgreSQL number new rows from where the copied ones end."""
    column = table.autoincrement_column
    if target.dialect.name != "postgresql" or column is None or column.autoincrement is False:
        return
    highest = source.execute(sa.select(sa.func.max(column))).scalar()
    if highest is not None:
        sequence = sa.func.pg_get_serial_sequence(table.name, column.name)
        target.execute(sa.select(sa.func.setval(sequence, highest)))
