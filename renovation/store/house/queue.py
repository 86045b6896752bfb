"""The queue of long work in PostgreSQL (Procrastinate): its numbers alone stand in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import sqlalchemy as sa

from renovation.errors import UnavailableError
from renovation.store.engine import Store

if TYPE_CHECKING:
    from procrastinate import App
    from procrastinate.connector import BaseConnector

#: The queue, and the one task in it.
QUEUE, TASK = "renovation", "renovation.work"
#: Any number, the same for all programs that lay the queue's tables, and for all that hold a piece of work.
_PG_LOCK = 0x72656E71


def conninfo(store: Store) -> str:
    """Return where a store's server is, as libpq takes it."""
    url = store.engine.url.set(drivername="postgresql")
    return url.render_as_string(hide_password=False)


def lay(store: Store) -> None:
    """Make the queue's tables where there are none."""
    from procrastinate.schema import SchemaManager

    with store.write() as unit:
        unit.connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_PG_LOCK)))
        if not _is_laid(unit.connection):
            # Many statements in one text, which the driver takes without parameters alone.
            raw = unit.connection.connection.dbapi_connection
            assert raw is not None
            raw.cursor().execute(SchemaManager.get_schema())
            unit.commit()


def _is_laid(connection: sa.Connection) -> bool:
    return connection.execute(sa.select(sa.func.to_regclass("procrastinate_jobs"))).scalar_one() is not None


def is_there(store: Store) -> bool:
    """Tell whether this store has a queue: a town's process for long work has laid one."""
    if store.is_sqlite:
        return False
    with store.read() as connection:
        return _is_laid(connection)


def app(connector: BaseConnector) -> App:
    """Return the queue's app over a connection."""
    from procrastinate import App

    return App(connector=connector)


def put(store: Store, number: int) -> None:
    """Put a piece of work into the queue.

    Raises
    ------
    UnavailableError
        ``store.lost``: the server does not answer.
    """
    from procrastinate import SyncPsycopgConnector
    from procrastinate.exceptions import ConnectorException

    try:
        with app(SyncPsycopgConnector(conninfo=conninfo(store))).open() as queue:
            queue.configure_task(TASK, queue=QUEUE, allow_unknown=True).defer(number=number)
    except ConnectorException as error:
        raise UnavailableError("store.lost") from error


def drop(store: Store, number: int) -> None:
    """Take out of the queue what a process that died has in hand: nobody else will."""
    words = "DELETE FROM procrastinate_jobs WHERE task_name = :task AND status = 'doing' AND args->>'number' = :number"
    with store.write() as unit:
        unit.connection.execute(sa.text(words), {"task": TASK, "number": str(number)})
        unit.commit()


@contextmanager
def holding(store: Store, number: int) -> Iterator[None]:
    """Hold a piece of work as long as it is in hand: the server lets go of it the moment this process dies."""
    lock, unlock = (sa.select(one(_PG_LOCK, number)) for one in (sa.func.pg_advisory_lock, sa.func.pg_advisory_unlock))
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(lock)
        try:
            yield
        finally:
            connection.execute(unlock)


def is_held(store: Store, number: int) -> bool:
    """Tell whether some process has a piece of work in hand."""
    with store.read() as connection:
        free = connection.execute(sa.select(sa.func.pg_try_advisory_xact_lock(_PG_LOCK, number))).scalar_one()
        connection.rollback()
    return not free
