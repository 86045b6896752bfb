"""Back the store up while people work and vote, and put a backup back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from renovation.errors import ConflictError, InvalidError
from renovation.model.accounts import Action, Actor, require
from renovation.model.clock import now
from renovation.services.acts import ActingUnit, acting
from renovation.services.house import verification
from renovation.store import Store, migrate, settings
from renovation.store.house import backups
from renovation.store.house.backups import Examined

#: Two backups that differ by a few ballots would tell what those few people chose.
LEAST_NEW_BALLOTS = 10

_COUNTED = "backup.ballots"
_NAME = re.compile(r"renovation-(\d{8}T\d{12})Z(-[a-z]+)?\.sqlite")


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A backup in the folder. ``at`` is UTC; ``size`` in bytes."""

    name: str
    at: datetime
    size: int


def list_backups(store: Store, actor: Actor | None, folder: Path) -> list[Backup]:
    """Return the backups of a folder, newest first."""
    del store
    require(actor, Action.BACK_UP)
    found = []
    for file in folder.glob("renovation-*.sqlite"):
        if named := _NAME.fullmatch(file.name):
            at = datetime.strptime(named[1], "%Y%m%dT%H%M%S%f").replace(tzinfo=UTC)
            found.append(Backup(name=file.name, at=at, size=file.stat().st_size))
    return sorted(found, key=lambda backup: backup.name, reverse=True)


def make_backup(store: Store, actor: Actor | None, folder: Path) -> Backup:
    """Copy the store while everybody goes on working, and look through the copy.

    Raises
    ------
    ConflictError
        ``backup.too_few_ballots``: with the last backup beside it, this one would give single ballots away.
    UnavailableError
        ``backup.use_pg_dump`` or ``backup.not_written``.
    InvalidError
        The copy does not stand up to :func:`examine`.
    """
    with acting(store, actor, Action.BACK_UP) as unit:
        ballots = backups.ballots_of_open_polls(unit.connection)
        before: dict[str, int] = settings.get(unit.connection, _COUNTED, {})
        for poll_id, count in ballots.items():
            if 0 < count - before.get(poll_id, 0) < LEAST_NEW_BALLOTS:
                raise ConflictError("backup.too_few_ballots", least=LEAST_NEW_BALLOTS)
        settings.put(unit.connection, _COUNTED, ballots)
        name = f"renovation-{unit.at:%Y%m%dT%H%M%S%f}Z.sqlite"
        unit.log("backup.make", "backup", name)
        unit.commit()
    backups.copy_to(store, folder / name)
    examine_backup(store, actor, folder / name)
    return Backup(name=name, at=unit.at, size=(folder / name).stat().st_size)


def examine_backup(store: Store, actor: Actor | None, file: Path) -> Examined:
    """Look through a backup: format, integrity, whose it is, schema, and the chain of its log.

    Raises
    ------
    InvalidError
        It is damaged, foreign, of a newer program, or its log was changed.
    """
    require(actor, Action.BACK_UP)
    if not file.is_file():
        raise InvalidError("backup.missing", name=file.name)
    return backups.examine(file, store.keys)


def restore_backup(store: Store, actor: Actor | None, file: Path, folder: Path) -> Examined:
    """Put a backup in the store's place, after keeping what is there now.

    Raises
    ------
    InvalidError
        The backup does not stand up to :func:`examine_backup`; nothing was changed.
    ImportRefusedError
        Rows of its polls were changed past the services: every table that does not fit its digest.
    UnavailableError
        ``backup.not_restored``; nothing was changed.
    """
    allowed = require(actor, Action.BACK_UP)
    if not file.is_file():
        raise InvalidError("backup.missing", name=file.name)
    examined = backups.examine(file, store.keys, look=verification.faults)
    backups.copy_to(store, folder / f"renovation-{now():%Y%m%dT%H%M%S%f}Z-before.sqlite")
    backups.copy_from(store, file)
    migrate(store)
    with store.write() as opened:
        unit = ActingUnit(opened, allowed)
        unit.log("backup.restore", "backup", file.name)
        unit.commit()
    return examined
