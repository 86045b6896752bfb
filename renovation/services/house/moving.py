"""Move everything to another database, the laptop's to a town's server above all, and leave the old one for good.

What is copied is read back and compared before anything is kept: the rows and their digests table by table, the log's
chain, the running digests of polls that are open and the seals of those that are over. Only then is the new store
filled, the old one marked as left, and the new one released, in this order; each step is durable before the next, so
that a move that breaks off is simply begun again. Two stores are never in use at once. The keys stay in their folder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from renovation.errors import ConflictError, ImportRefusedError, InvalidError, UnavailableError
from renovation.model.accounts import Action, Actor, require
from renovation.model.clock import day_of
from renovation.services.acts import ActingUnit
from renovation.services.house import backups, verification
from renovation.services.staff import installation
from renovation.store import ARRIVING, MOVED, Connection, Store, migrate, open_store, settings
from renovation.store.house import copies, moving

#: ``told(table, rows copied, rows in all)``.
Told = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What was copied and found equal: tables, rows, polls; ``to`` shows no password. ``kept`` unless rehearsed."""

    to: str
    tables: int
    rows: int
    polls: int
    kept: bool


@contextmanager
def opened_alone(database_url: str, keys: Path) -> Iterator[Store]:
    """Open the store that is to be left, at the newest schema, so that no other process has it meanwhile.

    Raises
    ------
    UnavailableError
        ``move.in_use``: a server or a command has it open.
    """
    store = open_store(database_url, keys, alone=True)
    try:
        try:
            migrate(store)
        except UnavailableError as error:
            raise UnavailableError("move.in_use") if error.code == "store.busy" else error from None
        yield store
    finally:
        store.close()


def move_store(
    store: Store, actor: Actor | None, database_url: str, *, rehearse: bool = False, told: Told | None = None
) -> Moved:
    """Copy the store into an empty one, compare both, and leave the old one.

    Parameters
    ----------
    store
        The embedded store; see :func:`opened_alone`.
    database_url
        SQLAlchemy URL of the new store.
    rehearse
        Do and compare everything, and keep nothing of it but empty tables.
    told
        How far it has come: table, rows copied, rows in all.

    Raises
    ------
    InvalidError
        ``move.from_server``: the store is no file; ``move.url``: no database's address; ``move.same``.
    ConflictError
        ``move.not_empty``: the new store is somebody's; ``move.elsewhere``: this one was moved to another;
        ``backup.too_few_ballots``, ``move.backup_first``: with the last backup, what is left would give ballots away.
    ImportRefusedError
        Rows were changed past the services: every table that does not fit.
    UnavailableError
        ``move.differs``: what was read back is not what was copied, and nothing was kept; the new store cannot be
        reached, is in use, or was written by a newer program.
    """
    allowed = require(actor, Action.BACK_UP)
    if not store.is_sqlite:
        raise InvalidError("move.from_server")
    target = moving.open_new(store, database_url)
    try:
        migrate(target)
        to = target.engine.url.render_as_string(hide_password=True)
        # By itself: what a move that breaks off leaves in the new store is known by this name.
        with store.write() as unnamed:
            installation.name_installation(unnamed.connection)
            unnamed.commit()
        with store.write() as leaving:
            left = settings.get(leaving.connection, MOVED)
            _require_room(target, installation.identity(leaving.connection), left, to)
            if left is None:
                copied = _copy(ActingUnit(leaving, allowed), target, to, rehearse, told or _silent)
                if rehearse:
                    return copied
                leaving.commit()
            else:
                # An earlier try had copied everything before it broke off at the very end.
                with target.read() as arrived:
                    copied = _require_equal(leaving.connection, arrived, to, kept=True)
        _release(target)
        return copied
    finally:
        target.close()


def _silent(_table: str, _copied: int, _whole: int) -> None:
    return


def _require_room(target: Store, identity: str, left: dict[str, Any] | None, to: str) -> None:
    """Refuse a new store that is not empty, save for what a move of this very store brought there before it broke off.

    Raises
    ------
    ConflictError
        ``move.not_empty``, ``move.elsewhere``.
    """
    with target.read() as connection:
        arriving = settings.get(connection, ARRIVING)
        if arriving != identity and (moving.count_rows(connection) > 0 or arriving is not None):
            raise ConflictError("move.not_empty", to=to)
    if left is not None and (left["to"] != to or arriving is None):
        raise ConflictError("move.elsewhere", to=left["to"], day=left["day"])


def _copy(unit: ActingUnit, target: Store, to: str, rehearse: bool, told: Told) -> Moved:
    """Copy and compare; what the new store holds is kept unless rehearsed, and not yet released."""
    if faults := verification.faults(unit.connection):
        raise ImportRefusedError(faults)
    backups.count_left(unit.connection)
    unit.log("installation.move", "installation", "store", to=to)
    with target.write() as filling:
        copies.replace_all(unit.connection, filling.connection, _counted(told, moving.count_rows(unit.connection)))
        result = _require_equal(unit.connection, filling.connection, to, kept=not rehearse)
        if faults := verification.faults(filling.connection):
            raise ImportRefusedError(faults)
        if not rehearse:
            settings.put(filling.connection, ARRIVING, installation.identity(unit.connection))
            settings.put(unit.connection, MOVED, {"to": to, "day": day_of(unit.at).isoformat()})
            filling.commit()
    return result


def _counted(told: Told, whole: int) -> copies.Told:
    """Add up what is told of parts."""
    copied = 0

    def add(table: str, rows: int) -> None:
        nonlocal copied
        copied += rows
        told(table, copied, whole)

    return add


def _require_equal(source: Connection, target: Connection, to: str, *, kept: bool) -> Moved:
    copied, found = moving.sums(source), moving.sums(target)
    differing = [name for name, one in copied.items() if found[name] != one]
    if differing:
        raise UnavailableError("move.differs", tables=tuple(differing))
    rows = sum(one.rows for one in copied.values())
    return Moved(to=to, tables=len(copied), rows=rows, polls=copied["poll"].rows, kept=kept)


def _release(target: Store) -> None:
    with target.write() as unit:
        settings.drop(unit.connection, ARRIVING)
        unit.commit()
