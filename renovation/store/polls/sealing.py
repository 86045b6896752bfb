"""Seal a poll: take away what lies below SQL (row order, hidden row versions, the write-ahead log), and hash the rest.

After :func:`rewrite` and :func:`squeeze`, neither the order of rows nor the number of the transaction that wrote them
joins a ballot to a code. What this does not reach: copies of the disk taken while people voted, PostgreSQL's own
archived log, and sectors a solid-state disk has set aside.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Container, Iterable
from contextlib import nullcontext

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from renovation.errors import UnavailableError
from renovation.model.canonical import to_json
from renovation.store.engine import Connection, Store, empty_wal
from renovation.store.polls import running
from renovation.store.schema.polls import (
    ballot,
    code_batch,
    fresh_slip,
    paper_batch,
    paper_reading,
    receipt,
    running_digest,
    vote_count,
    voter_code,
)
from renovation.store.schema.stations import under_way

_TABLES = (ballot, receipt, voter_code)
#: What holds votes a while; also swept of old row versions.
_SWEPT = (*_TABLES, vote_count, code_batch, fresh_slip, paper_batch, paper_reading, running_digest, under_way)

_PATIENCE_SECONDS = 15


def rewrite(connection: Connection, poll_id: str) -> None:
    """Write a poll's ballots, receipts and codes anew, each sorted by its random key, in one transaction."""
    for table in _TABLES:
        (key,) = table.primary_key.columns
        rows = [
            dict(row._mapping)
            for row in connection.execute(sa.select(table).where(table.c.poll_id == poll_id).order_by(key))
        ]
        connection.execute(table.delete().where(table.c.poll_id == poll_id))
        if rows:
            connection.execute(table.insert(), rows)
    running.gather(connection, poll_id)


def squeeze(store: Store, tables: Iterable[sa.Table] = _SWEPT) -> bool:
    """Drop old row versions of tables and empty the write-ahead log; tell whether all of it could be done.

    Waits a little for readers, then gives up (as it does without room on the disk, or without the right to); nothing
    is lost by trying again later.
    """
    try:
        if store.is_sqlite:
            return _squeeze_sqlite(store) and empty_wal(store)
        return _squeeze_postgres(store, tables)
    except (sqlite3.Error, DBAPIError, UnavailableError):
        return False


def _squeeze_postgres(store: Store, tables: Iterable[sa.Table]) -> bool:
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not _nobody_sees_old_rows(connection):
            return False
        for table in tables:
            connection.execute(sa.text(f"VACUUM (FULL, ANALYZE) {table.name}"))
    return True


def _nobody_sees_old_rows(connection: Connection) -> bool:
    """Wait for transactions begun before this moment: ``VACUUM`` keeps every row version one of them may still see.

    A snapshot names the oldest transaction running anywhere on the server, so one in another database counts too.
    """
    (mark,) = connection.execute(sa.text("SELECT pg_current_xact_id()::text")).one()
    clear = sa.text(
        "SELECT pg_snapshot_xmin(pg_current_snapshot()) > CAST(:mark AS xid8) AND NOT EXISTS ("
        " SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND age(backend_xmin) >= age(CAST(CAST(:mark AS xid8) AS xid)))"
    )
    patience = time.monotonic() + _PATIENCE_SECONDS
    while not connection.execute(clear, {"mark": mark}).scalar_one():
        if time.monotonic() > patience:
            return False
        time.sleep(0.1)
    return True


def _squeeze_sqlite(store: Store) -> bool:
    # SQLAlchemy would begin a transaction, and VACUUM refuses to run in one.
    with store.lock or nullcontext():
        raw = store.engine.raw_connection()
        try:
            raw.cursor().execute("VACUUM")
        finally:
            raw.close()
    return True


#: A household's link to its code is deleted after the appeal period, and a sealed poll moves on to be published; what
#: was counted, and under what, stays as it was.
_LEFT_OUT = {"voter_code": {"household_id"}, "poll": {"stage", "meta", "version"}}


def table_digests(connection: Connection, poll_id: str, only: Container[str] | None = None) -> dict[str, str]:
    """Return table name → SHA-256 over the poll's rows in it, whatever the order they lie in.

    Parameters
    ----------
    only
        The tables wanted, all when not given: an earlier program may have sealed fewer.
    """
    found = {}
    for table in running.TABLES:
        if only is not None and table.name not in only:
            continue
        left_out = _LEFT_OUT.get(table.name, set())
        columns = [column for column in table.columns if column.name not in left_out]
        query = running.poll_rows(table, poll_id).with_only_columns(*columns, maintain_column_froms=True)
        rows = sorted(to_json(list(row)) for row in connection.execute(query))
        found[table.name] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return found
