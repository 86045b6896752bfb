"""What a move asks of two stores: to open the new one, and to sum up what lies in each, whichever engines they have."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from renovation.errors import InvalidError
from renovation.model.canonical import digest_of, to_json
from renovation.store.engine import Store, open_store
from renovation.store.schema import carried
from renovation.store.schema.staff import setting
from renovation.store.starting import ARRIVING, MOVED

_AT_ONCE = 2000
_WORDS = 2**256


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
    except InvalidError:
        raise InvalidError("move.url", url=database_url.split("@")[-1]) from None
    if target.engine.url == store.engine.url:
        target.close()
        raise InvalidError("move.same")
    return target


def count_rows(connection: sa.Connection) -> int:
    """Return how many rows all tables hold."""
    count = sa.select(sa.func.count())
    return sum(connection.execute(count.select_from(table)).scalar_one() for table in carried())


def sums(connection: sa.Connection) -> Sums:
    """Return table → what it holds; what belongs to a move itself is left out."""
    found = {}
    for table in carried():
        summed = _Sum()
        for row in _rows(connection, table):
            summed.add(row)
        found[table.name] = summed.ended()
    return found


def digest_of_sums(found: Sums) -> str:
    """Return one digest for all that two stores hold, equal where they hold the same."""
    return digest_of({name: [one.rows, one.digest] for name, one in found.items()})


def _rows(connection: sa.Connection, table: sa.Table) -> Iterator[sa.Row[Any]]:
    query = sa.select(table)
    if table is setting:
        query = query.where(setting.c.key.not_in((MOVED, ARRIVING)))
    yield from connection.execute(query, execution_options={"yield_per": _AT_ONCE})
