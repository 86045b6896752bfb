"""Open the store and write to it, one act at a time.

SQLite has one writer: every write takes one lock (``files.py``) and ``BEGIN IMMEDIATE``, so nobody starves and the WAL
is never written and checkpointed at once (a corruption in SQLite before 3.51.3), whatever processes use the file.
PostgreSQL needs neither.
"""

from __future__ import annotations

import os
import re
import select
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, NoResultFound, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from renovation.config import ProcessRole
from renovation.config import settings as outside
from renovation.errors import ConflictError, InvalidError, NotFoundError, UnavailableError
from renovation.store.files import BUSY_TIMEOUT_S, WriterLock, lock_of
from renovation.store.register_state import drop_changes, write_changes
from renovation.text.hidden import half_sign

#: Execution option that names the folder of copies in columns; whoever empties it loses nothing but time.
CACHE_DIR = "renovation_cache_dir"
#: Execution option that names the folder of the keys, which never lie in the database.
KEY_DIR = "renovation_key_dir"

#: What repositories take; services pass it on without looking inside.
Connection = sa.Connection

_HOOKS = "renovation_at_commit"

#: Connections that a process keeps to a server, as many as the pages that a town's web process draws at once.
POOL = 16
#: What asks for one within another waits for no other page.
_POOL_BESIDE = 4
#: So long a page waits for a connection, for the server and for what another one holds; then it says so.
PATIENCE_S = 3
#: What a resident's page asks is answered in a moment, or something is wrong with it.
_STATEMENT_S = 10
#: A server that went without a word (a cable, a power cut) is noticed after so long.
_NOTICED = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3, "tcp_user_timeout": 10_000}


class Hook:
    """What a unit of work has to do around its commit."""

    def before(self, connection: sa.Connection) -> None:
        """Write the last statements of the transaction."""

    def after(self, connection: sa.Connection) -> None:
        """Do what must only happen once everything is durable."""


def at_commit(connection: sa.Connection, name: str, make: Callable[[], Hook]) -> Hook:
    """Return this unit of work's hook of a name, made at first need; outside of one it is dropped unused."""
    hooks: dict[str, Hook] = connection.info.setdefault(_HOOKS, {})
    if name not in hooks:
        hooks[name] = make()
    return hooks[name]


class Unit:
    """A unit of work: leaving it without :meth:`commit` rolls back."""

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        self.committed = False

    def commit(self) -> None:
        """Make everything done in this unit durable, all or nothing."""
        write_changes(self.connection)
        hooks = list(self.connection.info.get(_HOOKS, {}).values())
        for hook in hooks:
            hook.before(self.connection)
        self.connection.commit()
        self.committed = True
        for hook in hooks:
            hook.after(self.connection)


@dataclass(frozen=True, slots=True)
class Store:
    """An opened store. ``keys`` is the folder of the keys, which never lie in the database."""

    engine: sa.Engine
    keys: Path
    lock: WriterLock | None

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded store."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Yield a connection that sees one consistent state.

        Raises
        ------
        UnavailableError
            The store cannot be read.
        """
        with _translated(), self.engine.connect() as connection:
            if not (self.is_sqlite or connection.in_transaction()):
                # Otherwise each statement would see a state of its own.
                connection.execution_options(isolation_level="REPEATABLE READ")
            # A connection that the server has dropped gives it out no more, and would hide what happened.
            info = connection.info
            try:
                yield connection
            finally:
                info.pop(_HOOKS, None)

    @contextmanager
    def write(self) -> Iterator[Unit]:
        """Yield a unit of work; only ``unit.commit()`` keeps it.

        Raises
        ------
        UnavailableError
            ``store.full``, ``store.read_only``, ``store.busy`` or ``store.lost``; nothing was changed.
        InvalidError
            ``typed.unstorable``: something given fits into no store; ``typed.too_long``: or not into its column.
        NotFoundError
            ``typed.not_there``: something named is not there, or others still name it.
        ConflictError
            ``typed.there_already``: something of which there is one is there already.
        """
        gate: AbstractContextManager[Any] = self.lock if self.lock is not None else nullcontext()
        with gate, _translated(), self.engine.connect() as connection:
            info = connection.info
            if self.is_sqlite:
                info["immediate"] = True
            try:
                connection.begin()
                yield Unit(connection)
            finally:
                info.pop("immediate", None)
                info.pop(_HOOKS, None)
                drop_changes(info)
                if connection.in_transaction():
                    connection.rollback()

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()


def damage(store: Store) -> str:
    """Return the first thing SQLite finds wrong with its file; nothing if it is whole (or another server's task)."""
    if not store.is_sqlite:
        return ""
    with store.engine.connect() as connection:
        # Not the quick one: it holds no index against its table, and a row that does not fit its index is there for one
        # question and not for the next.
        found = str(connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one())
    return "" if found == "ok" else " ".join(found.split())


def empty_wal(store: Store) -> bool:
    """Write SQLite's log into its file and empty it; tell whether all of it could be done.

    What was deleted or written over lies there still, though ``secure_delete`` has taken it from the file.
    """
    if not store.is_sqlite:
        return True
    with store.lock or nullcontext(), _translated():
        # SQLAlchemy would begin a transaction, and no log can be emptied in one.
        raw = store.engine.raw_connection()
        try:
            cursor: Any = raw.cursor()
            for _ in range(10):
                busy, *_rest = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                if not busy:
                    return True
                time.sleep(0.2)
            return False
        finally:
            raw.close()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        said = str(error.orig).lower()
        if "full" in said or "no space" in said:
            raise UnavailableError("store.full") from error
        if "readonly" in said or "read-only" in said:
            raise UnavailableError("store.read_only") from error
        if "locked" in said or "busy" in said or "canceling" in said or "too many" in said:
            # PostgreSQL cancels what waits for too long "due to lock timeout", and has so many places for clients.
            raise UnavailableError("store.busy") from error
        raise UnavailableError("store.lost") from error
    except PoolTimeoutError as error:
        raise UnavailableError("store.busy") from error
    except (DataError, UnicodeEncodeError) as error:
        raise InvalidError("typed.unstorable") from error
    except NoResultFound as error:
        raise NotFoundError("typed.not_there") from error
    except IntegrityError as error:
        # What a service can foresee it says better; what is left is somebody who named what is not there (any more).
        if "foreign key" in str(error.orig).lower():
            raise NotFoundError("typed.not_there") from error
        if "unique" in str(error.orig).lower():
            raise ConflictError("typed.there_already") from error
        raise InvalidError("typed.unstorable") from error
    except DBAPIError as error:
        if "no space" in str(error.orig).lower():
            raise UnavailableError("store.full") from error
        if "read-only" in str(error.orig).lower():
            raise UnavailableError("store.read_only") from error
        if "permission denied" in str(error.orig).lower():
            raise UnavailableError("store.denied") from error
        raise


#: What JSON makes of NUL and of half a sign.
_ESCAPED = re.compile(
    r"(?<!\\)\\u(?:0000|d[89ab][0-9a-f]{2}(?!\\ud[c-f]))|(?<!\\ud[89ab][0-9a-f]{2})(?<!\\)\\ud[c-f][0-9a-f]{2}"
)
_MOST = 2**63


_LARGEST_INTEGER = 2**31 - 1


def _refuse_unfit(context: Any) -> None:
    """Refuse texts and numbers that a column has no room for, which one engine says in its own words and one keeps."""
    # One statement for many rows comes in parts, and each part brings all the rows.
    if not (context and (context.isinsert or context.isupdate) and context.compiled) or hasattr(context, "has_fitted"):
        return
    context.has_fitted = True
    binds = context.compiled.bind_names.items()
    texts = [(name, one.type.length) for one, name in binds if isinstance(one.type, sa.String) and one.type.length]
    numbers = [name for one, name in binds if type(one.type) is sa.Integer]
    for row in context.compiled_parameters:
        for name, limit in texts:
            value = row.get(name)
            if isinstance(value, str) and len(value) > limit:
                raise InvalidError("typed.too_long", limit=limit, length=len(value))
        for name in numbers:
            value = row.get(name)
            if isinstance(value, int) and not -_LARGEST_INTEGER <= value <= _LARGEST_INTEGER:
                raise InvalidError("typed.unstorable")


def _refuse_unstorable(_connection: Any, _cursor: Any, _statement: str, given: Any, context: Any, _many: bool) -> None:
    """Refuse what one engine would store and the other not: NUL, half signs, what is longer than its column."""
    _refuse_unfit(context)
    # Rows that one statement inserts come as many, and as one long row.
    rows = given if isinstance(given, list) and given and isinstance(given[0], tuple | list | Mapping) else (given,)
    for row in rows:
        for value in row.values() if isinstance(row, Mapping) else row or ():
            if isinstance(value, str):
                good = "\0" not in value and (value.isascii() or not half_sign(value))
                if good and not (value[:1] in ("{", "[", '"') and "\\u" in value and _ESCAPED.search(value)):
                    continue
            elif not isinstance(value, int) or -_MOST <= value < _MOST:
                continue
            raise InvalidError("typed.unstorable")


def _prepare_sqlite(engine: sa.Engine, *, alone: bool) -> None:
    @sa.event.listens_for(engine, "connect")
    def on_connect(dbapi_connection: Any, _record: Any) -> None:
        # SQLAlchemy emits BEGIN itself (below); the driver must not start transactions of its own.
        dbapi_connection.isolation_level = None
        cursor = dbapi_connection.cursor()
        for pragma in (
            *(("PRAGMA locking_mode=EXCLUSIVE",) if alone else ()),
            "PRAGMA journal_mode=WAL",
            "PRAGMA synchronous=FULL",
            "PRAGMA foreign_keys=ON",
            "PRAGMA secure_delete=ON",
            f"PRAGMA busy_timeout={int(BUSY_TIMEOUT_S * 1000)}",
        ):
            cursor.execute(pragma)
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def on_begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.info.get("immediate") else "BEGIN")


def _refuse_ended(dbapi_connection: Any, _record: Any, _proxy: Any) -> None:
    """Have a kept connection made anew that the server has ended: only then is there anything to read on it.

    Asking the server each time would cost a page as much as most of its statements do.
    """
    socket = dbapi_connection.fileno()
    if hasattr(select, "poll"):
        watched = select.poll()
        watched.register(socket, select.POLLIN)
        is_ended = bool(watched.poll(0))
    else:
        is_ended = bool(select.select([socket], [], [], 0)[0])
    if is_ended:
        raise sa.exc.InvalidatePoolError


def _close_to_others(keys: Path, *files: Path) -> None:
    """Take from other accounts of this machine what an earlier version or an unpacked archive gave them.

    The home folder around the keys too, and the store's files; what belongs to somebody else is theirs to close, and
    a folder where everybody may put things (``/tmp``), or the root of all, is nobody's home whatever was set.
    """
    for path in (keys.parent, keys, *keys.iterdir(), *(file for file in files if file.exists())):
        held = path.stat()
        is_everybodys = held.st_mode & stat.S_ISVTX or path.resolve().parent == path.resolve()
        if os.name != "nt" and held.st_mode & 0o077 and held.st_uid == os.geteuid() and not is_everybodys:
            path.chmod(0o700 if path.is_dir() else 0o600)


def _patience() -> dict[str, Any]:
    """Return how long this process waits for a server: residents do not wait for each other, staff and jobs may."""
    waits = {"connect_timeout": PATIENCE_S, **_NOTICED}
    if outside().role is not ProcessRole.WEB:
        return waits
    limits = {"lock_timeout": PATIENCE_S, "statement_timeout": _STATEMENT_S}
    limits["idle_in_transaction_session_timeout"] = 2 * _STATEMENT_S
    return {**waits, "options": " ".join(f"-c {name}={seconds}s" for name, seconds in limits.items())}


def open_store(database_url: str, keys: Path, *, alone: bool = False) -> Store:
    """Open a store by URL; SQLite files and their folder are made when absent.

    Parameters
    ----------
    database_url
        ``sqlite:///path`` or ``postgresql+psycopg://…`` (PostGIS needed).
    keys
        Folder of the keys, outside the database; made with mode 700.
    alone
        Whether no other process may have a SQLite file open; one that has it makes every use ``store.busy``.

    Raises
    ------
    InvalidError
        ``store.url``: no address of a database that this program knows.
    """
    try:
        url = sa.make_url(database_url)
        url.get_dialect().import_dbapi()
    except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError, ImportError):
        raise InvalidError("store.url", url=database_url.split("@")[-1][:80]) from None
    keys.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Beside the keys, not in the database: what can be read anew at any time has no place in a backup.
    kept = {CACHE_DIR: keys.parent / "cache", KEY_DIR: keys}
    if url.get_backend_name() == "sqlite":
        if url.database and url.database != ":memory:":
            file = Path(url.database)
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            # SQLite gives the write-ahead log the rights of the file.
            file.touch(mode=0o600)
            _close_to_others(keys, file, Path(f"{file}-wal"), Path(f"{file}-shm"))
        # Alone, a second connection of this process would be one too many as well.
        pool: dict[str, Any] = {"pool_size": 1, "max_overflow": 0} if alone else {}
        engine = sa.create_engine(url, connect_args={"check_same_thread": False}, execution_options=kept, **pool)
        _prepare_sqlite(engine, alone=alone)
        sa.event.listen(engine, "before_cursor_execute", _refuse_unstorable)
        return Store(engine=engine, keys=keys, lock=lock_of(str(url), url.database))
    _close_to_others(keys)
    engine = sa.create_engine(
        url,
        pool_size=POOL,
        max_overflow=_POOL_BESIDE,
        pool_timeout=PATIENCE_S,
        connect_args=_patience() | {name: value for name, value in url.query.items() if name == "connect_timeout"},
        execution_options=kept,
        hide_parameters=True,
    )
    sa.event.listen(engine, "checkout", _refuse_ended)
    sa.event.listen(engine, "before_cursor_execute", _refuse_unstorable)
    return Store(engine=engine, keys=keys, lock=None)
