"""Copy a store while it is in use, look into a copy, and put one back. A copy is one SQLite file, whatever the engine.

A SQLite store goes through SQLite's backup API: copying the file itself while people vote loses confirmed ballots
without a word, the newest ones standing in the write-ahead log beside it. A PostgreSQL store is read row by row in one
snapshot.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError

from renovation.errors import Fault, ImportRefusedError, InvalidError, UnavailableError
from renovation.model.polls import Channel, CodeState, PollStage
from renovation.store import audit, settings
from renovation.store.engine import Store, open_store
from renovation.store.files import flush_folder
from renovation.store.house import borders
from renovation.store.house.copies import replace_all
from renovation.store.house.moving import Sums, count_rows, sums
from renovation.store.migrate import known_versions, migrate, newest_version
from renovation.store.schema.polls import ballot, code_batch, poll, voter_code

_MAGIC = b"SQLite format 3\x00"


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What a backup holds: schema, the log's length, ballots, whose it is, and its staff and settings."""

    schema: str
    log_entries: int
    ballots: int
    installation: str
    staff: borders.States


def copy_to(store: Store, target: Path, told: Callable[[int, int], None] | None = None) -> None:
    """Write a consistent copy beside voting, all in one step, and make it durable before it gets its name.

    Raises
    ------
    UnavailableError
        ``backup.not_written`` or ``store.full`` when the disk does not take it.
    """
    unfinished = target.with_suffix(".unfinished")
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Copied elsewhere with its rights, it is still its owner's alone.
        unfinished.touch(mode=0o600)
        if not store.is_sqlite:
            unfinished.write_bytes(_empty())
            with store.read() as connection, _opened(unfinished, store.keys) as made:
                _replace(made, connection, told)
        with closing(sqlite3.connect(unfinished)) as copy:
            if store.is_sqlite:
                with store.read() as connection:
                    source = connection.connection.dbapi_connection
                    assert isinstance(source, sqlite3.Connection)
                    source.backup(copy)
            # A copy is one file: no write-ahead log of its own beside it.
            copy.execute("PRAGMA journal_mode=DELETE")
        with unfinished.open("rb+") as file:
            os.fsync(file.fileno())
        unfinished.replace(target)
        flush_folder(target.parent)
    except (OSError, sqlite3.Error) as error:
        raise UnavailableError("backup.not_written", folder=str(target.parent)) from error
    finally:
        unfinished.unlink(missing_ok=True)


@cache
def _empty() -> bytes:
    """Return an empty store as its file holds it; laying out the schema takes longer than filling it for a town."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "empty.sqlite"
        with _opened(file, Path(folder) / "keys") as made:
            migrate(made)
        return file.read_bytes()


def _replace(store: Store, source: sa.Connection, told: Callable[[int, int], None] | None = None) -> None:
    whole, copied = count_rows(source) if told else 0, 0

    def add(_table: str, rows: int) -> None:
        nonlocal copied
        copied += rows
        if told:
            told(copied, whole)

    with store.write() as unit:
        replace_all(source, unit.connection, add)
        unit.commit()


@contextmanager
def _opened(file: Path, keys: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{file}", keys)
    try:
        yield store
    finally:
        store.close()


def _tables(copy: Path, name: str) -> set[str]:
    try:
        with closing(sqlite3.connect(copy)) as raw:
            # Whatever the file defines is data until it has been compared with what this program defines.
            raw.execute("PRAGMA trusted_schema=OFF")
            raw.execute("PRAGMA cell_size_check=ON")
            verdict = raw.execute("PRAGMA integrity_check(1)").fetchone()[0]
            tables = {row[0] for row in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.Error:
        raise InvalidError("backup.damaged", name=name) from None
    if verdict != "ok":
        raise InvalidError("backup.damaged", name=name)
    return tables


def _version(copy: Path, name: str) -> str:
    try:
        with closing(sqlite3.connect(copy)) as raw:
            found = [str(row[0]) for row in raw.execute("SELECT version_num FROM alembic_version")]
    except sqlite3.Error:
        raise InvalidError("backup.damaged", name=name) from None
    if len(found) != 1 or found[0] not in known_versions():
        raise InvalidError("backup.newer", name=name, version=tuple(found) or "?")
    return found[0]


def examine(file: Path, keys: Path, *, look: Callable[[sa.Connection], Sequence[Fault]] | None = None) -> Examined:
    """Look through a whole backup.

    Parameters
    ----------
    look
        Returns what was changed past the services; asked only of a backup in this program's own schema.

    Raises
    ------
    InvalidError
        ``backup.not_sqlite``, ``backup.damaged``, ``backup.foreign``, ``backup.newer``, ``backup.schema`` or
        ``backup.log_broken``.
    ImportRefusedError
        With everything that ``look`` found.
    """
    with file.open("rb") as head:
        if head.read(len(_MAGIC)) != _MAGIC:
            raise InvalidError("backup.not_sqlite", name=file.name)
    # Opening a store writes to its file, and a backup stays as it is; so a copy is looked into.
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy.sqlite"
        shutil.copyfile(file, copy)
        names = _tables(copy, file.name)
        if not {"alembic_version", "audit", "account"} <= names:
            raise InvalidError("backup.foreign", name=file.name)
        version = _version(copy, file.name)
        if foreign := borders.first_foreign(copy, version):
            raise InvalidError("backup.schema", name=file.name, object=foreign)
        try:
            with _opened(copy, keys) as backup, backup.read() as connection:
                broken = audit.first_broken(connection)
                count, _ = audit.head(connection)
                ballots = connection.execute(sa.select(sa.func.count()).select_from(ballot)).scalar_one()
                named = str(settings.get(connection, "installation", ""))
                staff = borders.staff_state(connection)
                ours = broken is None and look is not None and version == newest_version()
                changed = look(connection) if ours and look is not None else ()
        except (DatabaseError, UnavailableError, ValueError, TypeError):
            raise InvalidError("backup.damaged", name=file.name) from None
    if broken is not None:
        raise InvalidError("backup.log_broken", name=file.name, entry=broken)
    if changed:
        raise ImportRefusedError(changed)
    return Examined(
        schema=version,
        log_entries=count,
        ballots=ballots,
        installation=named,
        staff=staff,
    )


def copy_from(store: Store, file: Path) -> None:
    """Put a backup in the store's place, under the lock that every write takes, and bring it to the newest schema.

    Raises
    ------
    UnavailableError
        ``backup.not_restored`` or ``store.…``, and the store is as it was.
    """
    try:
        if store.lock is None:
            with tempfile.TemporaryDirectory() as folder:
                copy = Path(folder) / "copy.sqlite"
                shutil.copyfile(file, copy)
                with _opened(copy, store.keys) as backup:
                    migrate(backup)
                    with backup.read() as connection:
                        _replace(store, connection)
            return
        with store.lock, closing(sqlite3.connect(file)) as backup, store.engine.connect() as connection:
            live = connection.connection.dbapi_connection
            assert isinstance(live, sqlite3.Connection)
            backup.backup(live)
            live.execute("PRAGMA journal_mode=WAL")
        migrate(store)
    except (OSError, sqlite3.Error) as error:
        raise UnavailableError("backup.not_restored") from error


def sums_of_file(file: Path, keys: Path) -> Sums:
    """Return table → what a backup holds, brought to the newest schema."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy.sqlite"
        shutil.copyfile(file, copy)
        with _opened(copy, keys) as backup:
            migrate(backup)
            with backup.read() as connection:
                return sums(connection)


def codes_spent(connection: sa.Connection) -> dict[str, frozenset[str]]:
    """Return poll → the codes that have voted on a screen, as far as that is still known: what a thief compares."""
    found: dict[str, set[str]] = {}
    query = (
        sa.select(voter_code.c.poll_id, voter_code.c.code_hmac)
        .join(code_batch, code_batch.c.id == voter_code.c.batch_id)
        .where(
            voter_code.c.state == CodeState.SPENT.value,
            ~code_batch.c.test,
            sa.func.coalesce(voter_code.c.channel, "") != Channel.PAPER.value,
        )
    )
    for poll_id, code in connection.execute(query):
        found.setdefault(poll_id, set()).add(code)
    return {poll_id: frozenset(codes) for poll_id, codes in found.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class BallotsHeld:
    """How many ballots of a poll came by screen and by paper, as far as that is still known, and whether it is open."""

    title: str
    is_open: bool
    screen: int
    paper: int

    @property
    def count(self) -> int:
        """How many ballots there are."""
        return self.screen + self.paper


def ledgers(connection: sa.Connection) -> dict[str, BallotsHeld]:
    """Return poll → its ledger, of polls held here that have begun; test ballots and imported ones are nobody's."""
    on_paper = sa.case((ballot.c.paper_batch_id.is_not(None), 1), else_=0)
    held = sa.and_(
        ballot.c.poll_id == poll.c.id,
        ~ballot.c.test,
        sa.func.coalesce(ballot.c.channel, "") != Channel.IMPORTED.value,
    )
    query = (
        sa.select(
            poll.c.id,
            poll.c.title,
            poll.c.stage,
            sa.func.count(ballot.c.id),
            sa.func.coalesce(sa.func.sum(on_paper), 0),
        )
        .select_from(poll.outerjoin(ballot, held))
        .where(poll.c.stage != PollStage.DRAFT.value)
        .group_by(poll.c.id, poll.c.title, poll.c.stage)
    )
    return {
        row[0]: BallotsHeld(
            title=row[1],
            is_open=row[2] == PollStage.OPEN.value,
            screen=row[3] - int(row[4]),
            paper=int(row[4]),
        )
        for row in connection.execute(query)
    }


@contextmanager
def reading_file(file: Path) -> Iterator[sa.Connection]:
    """Read a backup without opening it for writing.

    Raises
    ------
    UnavailableError
        ``backup.not_written``: it cannot be read.
    """
    engine = sa.create_engine(f"sqlite:///file:{file.resolve().as_posix()}?mode=ro&uri=true")
    try:
        with engine.connect() as connection:
            yield connection
    except DatabaseError as error:
        raise UnavailableError("backup.not_written", folder=str(file.parent)) from error
    finally:
        engine.dispose()
