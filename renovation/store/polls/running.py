"""A running digest per poll, from its first row on: whatever is written past the services no longer fits it.

Every table of a poll has a multiset hash, MSet-Add-Hash of D. Clarke, S. Devadas, M. van Dijk, B. Gassend and G. E.
Suh, "Incremental Multiset Hash Functions and Their Application to Memory Integrity Checking" (ASIACRYPT 2003, LNCS
2894, pp. 188–207): the sum, modulo 2²⁵⁶, of a keyed hash of every row. A sum knows no order and no time, so it
joins nobody to a ballot, and a row more or less costs one addition. It is kept behind a mask that is drawn anew at each
turn (the paper's nonce), so that two states side by side do not give away what one row adds. The key lies outside the
database; ``docs/trust.md`` says what is left to somebody who has both.

Repositories say what they write; the sums are written once, as the last statements before the commit, and in a row that
no other transaction holds: on PostgreSQL a sum lies in as many rows as ever voted at the same moment, until
:func:`gather`. Tables choose their rows by chance and apart from each other, so that no two of them are split alike.
"""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import sqlalchemy as sa

from renovation.model.canonical import to_json
from renovation.store.engine import KEY_DIR, Connection, Hook, at_commit
from renovation.store.heads import note_turns
from renovation.store.keys import keyed
from renovation.store.polls import codekeys
from renovation.store.rows import in_parts
from renovation.store.schema.polls import (
    ballot,
    box,
    code_batch,
    paper_batch,
    paper_reading,
    poll,
    poll_project,
    receipt,
    running_digest,
    venue,
    vote_count,
    voter_code,
)

#: Every table with rows of one poll.
TABLES = (
    poll, poll_project, venue, code_batch, voter_code, ballot, vote_count, receipt, box, paper_batch, paper_reading,
)  # fmt: skip
#: A household's link to its code is deleted after the appeal period.
_LEFT_OUT = {"voter_code": {"household_id"}}
#: A row, or what is about to become one.
Row = Mapping[str, Any] | sa.RowMapping
_MODULUS = 1 << 256
_NAME = "running_digest"

# Built once: these run for every voter.
_HELD = sa.select(running_digest).where(
    running_digest.c.poll_id == sa.bindparam("poll"), running_digest.c.about == sa.bindparam("table")
)
_FREE = _HELD.order_by(sa.func.random()).limit(1).with_for_update(skip_locked=True)
_TURNS = sa.select(sa.func.sum(running_digest.c.turns)).where(running_digest.c.poll_id == sa.bindparam("poll"))
_TURN = (
    running_digest.update()
    .where(
        running_digest.c.poll_id == sa.bindparam("poll"),
        running_digest.c.about == sa.bindparam("table"),
        running_digest.c.shard == sa.bindparam("at"),
    )
    .values(turns=sa.bindparam("turn"), nonce=sa.bindparam("drawn"), digest=sa.bindparam("sum"))
)
_BEGIN = running_digest.insert()


def _columns(table: sa.Table) -> list[sa.Column[Any]]:
    left_out = _LEFT_OUT.get(table.name, set())
    return [column for column in table.columns if column.name not in left_out]


_COVERED = {table.name: tuple(column.name for column in _columns(table)) for table in TABLES}


def rows_of(table: sa.Table, *conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """Return the query of a poll's rows in a table: what is covered of them, the key, and ``of_poll``."""
    source: Any = table
    if table is paper_reading:
        source = table.join(paper_batch, paper_batch.c.id == table.c.batch_id)
    return sa.select(*_columns(table), _poll_of(table).label("of_poll")).select_from(source).where(*conditions)


def poll_rows(table: sa.Table, poll_id: str) -> sa.Select[Any]:
    """Return the query of all rows of one poll in a table."""
    return rows_of(table, _poll_of(table) == poll_id)


def _poll_of(table: sa.Table) -> sa.Column[Any]:
    if table is poll:
        return table.c.id
    return paper_batch.c.poll_id if table is paper_reading else table.c.poll_id


class _Pending(Hook):
    """What a unit of work adds to the sums of each poll and table."""

    def __init__(self, connection: Connection, *, writes: bool) -> None:
        ring = codekeys.key_ring(connection)
        make = writes and not ring.knows_master
        self.key = keyed(codekeys.make_master(connection) if make else ring.master(), "running")
        self.added: dict[tuple[str, str], int] = defaultdict(int)
        self.turns: dict[str, int] = {}

    def element(self, table: sa.Table, poll_id: str, row: Row) -> int:
        """Return what a row adds."""
        values = [row[name] for name in _COVERED[table.name]]
        return int.from_bytes(keyed(self.key, to_json([poll_id, table.name, values])))

    def _mask(self, poll_id: str, table: str, nonce: str) -> int:
        return int.from_bytes(keyed(self.key, f"mask|{poll_id}|{table}|{nonce}"))

    def masked(self, poll_id: str, table: str, total: int) -> tuple[str, str]:
        """Return a new nonce, and a sum as it is written with it."""
        nonce = os.urandom(16).hex()
        return nonce, f"{(total + self._mask(poll_id, table, nonce)) % _MODULUS:064x}"

    def unmasked(self, held: sa.Row[Any]) -> int:
        """Return the sum that a row holds."""
        return int(held.digest, 16) - self._mask(held.poll_id, held.about, held.nonce)

    def sums(self, connection: Connection, poll_id: str) -> dict[str, int]:
        """Return what the rows of every table of a poll should add up to, with what this unit of work wrote."""
        found: dict[str, int] = defaultdict(int)
        for row in connection.execute(sa.select(running_digest).where(running_digest.c.poll_id == poll_id)):
            found[row.about] += self.unmasked(row)
        # Looking is no turn: a sum that is asked for must not appear among those to be written.
        added = (self.added.get((poll_id, table.name), 0) for table in TABLES)
        return {table.name: (found[table.name] + one) % _MODULUS for table, one in zip(TABLES, added, strict=True)}

    def before(self, connection: Connection) -> None:
        """Write the sums."""
        free = _HELD if connection.dialect.name == "sqlite" else _FREE
        begun, turned = [], []
        for (poll_id, table), delta in sorted(self.added.items()):
            held = connection.execute(free, {"poll": poll_id, "table": table}).first()
            nonce, masked = self.masked(poll_id, table, delta + (0 if held is None else self.unmasked(held)))
            if held is None:
                begun.append(_begun(poll_id, table, os.urandom(4).hex(), 1, nonce, masked))
            else:
                turn = {"turn": held.turns + 1, "drawn": nonce, "sum": masked}
                turned.append({"poll": poll_id, "table": table, "at": held.shard, **turn})
        if begun:
            connection.execute(_BEGIN, begun)
        if turned:
            connection.execute(_TURN, turned)
        for poll_id in {poll_id for poll_id, _table in self.added}:
            self.turns[poll_id] = int(connection.execute(_TURNS, {"poll": poll_id}).scalar_one() or 0)

    def after(self, connection: Connection) -> None:
        """Note outside the database how far each poll has come."""
        note_turns(connection.get_execution_options()[KEY_DIR], self.turns)


def _begun(poll_id: str, table: str, shard: str, turns: int, nonce: str, masked: str) -> dict[str, Any]:
    return {"poll_id": poll_id, "about": table, "shard": shard, "turns": turns, "nonce": nonce, "digest": masked}


def _pending(connection: Connection, *, writes: bool = False) -> _Pending:
    found = at_commit(connection, _NAME, lambda: _Pending(connection, writes=writes))
    assert isinstance(found, _Pending)
    return found


def changed(
    connection: Connection,
    table: sa.Table,
    before: Iterable[Row] = (),
    after: Iterable[Row] = (),
) -> None:
    """Note rows that this unit of work writes (``after``) and those it writes over or deletes (``before``).

    Rows hold every covered column; those of a table without a poll's id also ``of_poll``.
    """
    pending = _pending(connection, writes=True)
    for sign, rows in ((-1, before), (1, after)):
        for row in rows:
            poll_id = str(row["of_poll"] if "of_poll" in row else row["poll_id"])
            pending.added[poll_id, table.name] += sign * pending.element(table, poll_id, row)


def added(connection: Connection, table: sa.Table, *conditions: sa.ColumnElement[bool]) -> None:
    """Note rows that were just inserted, as the store gives them back."""
    changed(connection, table, after=[row._mapping for row in connection.execute(rows_of(table, *conditions))])


@contextmanager
def changing(
    connection: Connection, table: sa.Table, *conditions: sa.ColumnElement[bool], replacing: bool = False
) -> Iterator[None]:
    """Note what the statements inside make of the rows that match; held, so that nobody changes them meanwhile.

    Parameters
    ----------
    replacing
        The rows are deleted and others of the same conditions inserted.
    """
    query = rows_of(table, *conditions)
    before = connection.execute(query.with_for_update(of=table)).all()
    yield
    if replacing:
        after = connection.execute(query).all()
    else:
        after = []
        (key,) = table.primary_key.columns
        for part in in_parts(getattr(row, key.name) for row in before):
            after += connection.execute(rows_of(table, key.in_(part or ()))).all()
    changed(connection, table, [row._mapping for row in before], [row._mapping for row in after])


@contextmanager
def rewriting(connection: Connection, poll_id: str) -> Iterator[None]:
    """Note what the statements inside make of all rows of a poll on which votes leave a trace."""
    traces = (ballot, voter_code, vote_count, code_batch, paper_batch, paper_reading)
    with ExitStack() as held:
        for table in traces:
            held.enter_context(changing(connection, table, _poll_of(table) == poll_id, replacing=True))
        yield


def gather(connection: Connection, poll_id: str) -> None:
    """Write each sum into one row, so that nothing tells which rows came through the same hands."""
    pending = _pending(connection)
    query = sa.select(running_digest).where(running_digest.c.poll_id == poll_id)
    held = connection.execute(query.order_by(*running_digest.primary_key.columns).with_for_update()).all()
    connection.execute(running_digest.delete().where(running_digest.c.poll_id == poll_id))
    for table in sorted({row.about for row in held}):
        parts = [row for row in held if row.about == table]
        nonce, masked = pending.masked(poll_id, table, sum(map(pending.unmasked, parts)))
        turns = sum(row.turns for row in parts)
        connection.execute(_BEGIN, _begun(poll_id, table, "", turns, nonce, masked))


def differing(connection: Connection, poll_id: str) -> tuple[str, ...]:
    """Return the tables of a poll whose rows are not those that the services wrote.

    Raises
    ------
    UnavailableError
        ``code.key_missing``, ``code.key_cut`` or ``code.key_foreign``: without the key nobody can tell.
    """
    pending = _pending(connection)
    kept = pending.sums(connection, poll_id)
    found = []
    for table in TABLES:
        rows = connection.execute(poll_rows(table, poll_id)).mappings()
        total = sum(pending.element(table, poll_id, row) for row in rows)
        if total % _MODULUS != kept[table.name]:
            found.append(table.name)
    return tuple(found)


def head(connection: Connection, poll_id: str) -> str:
    """Return the head of a poll's running digest: one SHA-256 for all its rows, the same for the same rows.

    Raises
    ------
    UnavailableError
        As :func:`differing`.
    """
    sums = _pending(connection).sums(connection, poll_id)
    return hashlib.sha256(to_json({name: f"{value:064x}" for name, value in sums.items()}).encode()).hexdigest()


def turns(connection: Connection) -> dict[str, int]:
    """Return how often each poll was written to."""
    query = sa.select(running_digest.c.poll_id, sa.func.sum(running_digest.c.turns)).group_by(running_digest.c.poll_id)
    return {row[0]: int(row[1]) for row in connection.execute(query)}
