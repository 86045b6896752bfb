"""Back the store up while people work and vote, and put a backup back.

Two copies of the store tell, by their difference, which codes voted in between and which ballots were cast: of one
voter everything, of three a good deal. So no two backups differ by fewer than ten ballots (screen and paper each for
itself, because a code tells whether it was given paper):

* While a poll is open, a backup waits until ten ballots more lie in the ledger, and says for how many; one with nothing
  new, and the first one of all, are always made. What the copy holds is counted, not what was there before copying.
* Once it has closed, nobody knows whether ten will ever come, so a backup is always made; the earlier one from which it
  differs by too little is removed in its stead as soon as the new one stands, and the screen says so, because copies of
  it may lie elsewhere. Nothing is lost: the new one holds all that the earlier one held. That codes and ballots have
  forgotten day, channel and venue by then does not help here: a code that was unused and is spent is enough.

What is kept of the store before a restore obeys the same: it is not kept where it would lie too close to the backup put
back or to the last one made, and whoever restores reads that before, and how many ballots are lost with it. A store
that was moved elsewhere is a copy as well, and counts as the last one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from renovation.errors import ConflictError, ImportRefusedError, InvalidError, RenovationError, UnavailableError
from renovation.model.accounts import Action, Actor, require
from renovation.model.clock import now
from renovation.services.acts import ActingUnit, acting
from renovation.services.doors import reading
from renovation.services.house import verification
from renovation.services.polls.reports import LEAST_NEW_BALLOTS
from renovation.services.staff import installation
from renovation.services.staff.second_person import require_second, second_login
from renovation.services.typed import reason_of
from renovation.store import Connection, Store, audit, heads, settings
from renovation.store.house import backups, borders
from renovation.store.house.backups import BallotsHeld, Examined
from renovation.store.house.borders import BorderDifference
from renovation.store.polls import running
from renovation.store.staff import accounts

_COUNTED = "backup.ballots"
_NAME = re.compile(r"renovation-(\d{8}T\d{12})Z(-[a-z]+)?\.sqlite")


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A backup in the folder. ``at`` is UTC; ``size`` in bytes; ``instead_of`` names one that was removed for it."""

    name: str
    at: datetime
    size: int
    instead_of: str = ""


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


#: ``told(rows copied, rows in all)``; what it raises breaks the copy off.
Told = Callable[[int, int], None]


def make_backup(store: Store, actor: Actor | None, folder: Path, *, told: Told | None = None) -> Backup:
    """Copy the store while everybody goes on working, and look through the copy.

    Parameters
    ----------
    told
        How far it has come, on PostgreSQL alone: a file is copied in one step.

    Raises
    ------
    ConflictError
        ``backup.too_few_ballots``: with the last backup beside it, this one would give single ballots away;
        ``poll`` and ``missing`` tell what it waits for.
    UnavailableError
        ``backup.not_written``, ``store.full``.
    InvalidError
        The copy does not stand up to :func:`examine`.
    """
    with acting(store, actor, Action.BACK_UP) as unit:
        before: dict[str, Any] | None = settings.get(unit.connection, _COUNTED)
        held = backups.ledgers(unit.connection)
        _stands_apart(before, held)
        name = f"renovation-{unit.at:%Y%m%dT%H%M%S%f}Z.sqlite"
        # Before there is a file: a copy that nobody counted would be worse than one that others wait for.
        settings.put(unit.connection, _COUNTED, _counts(name, held))
        installation.name_installation(unit.connection)
        unit.log("backup.make", "backup", name)
        unit.commit()
    try:
        backups.copy_to(store, folder / name, told)
        examine_backup(store, actor, folder / name)
        with backups.reading_file(folder / name) as copy:
            held = backups.ledgers(copy)
        too_close = not _stands_apart(before, held)
    except RenovationError as error:
        # What does not stand up to a look is not listed as if it did.
        (folder / name).unlink(missing_ok=True)
        _count(store, before)
        _note_failure(store, unit.actor, "backup.failed", name, error)
        raise
    _count(store, _counts(name, held))
    instead_of = str(before["name"]) if too_close and before else ""
    if instead_of:
        (folder / instead_of).unlink(missing_ok=True)
        with acting(store, actor, Action.BACK_UP) as unit:
            unit.log("backup.replace", "backup", instead_of, by=name)
            unit.commit()
    return Backup(name=name, at=unit.at, size=(folder / name).stat().st_size, instead_of=instead_of)


def _counts(name: str, held: Mapping[str, BallotsHeld]) -> dict[str, Any]:
    return {"name": name, "polls": {poll_id: [one.screen, one.paper] for poll_id, one in held.items()}}


def _count(store: Store, counts: Mapping[str, Any] | None) -> None:
    with suppress(UnavailableError), store.write() as unit:
        settings.put(unit.connection, _COUNTED, counts)
        unit.commit()


def _stands_apart(before: Mapping[str, Any] | None, held: Mapping[str, BallotsHeld]) -> bool:
    """Tell whether a copy may lie beside the last one; the first may in any case.

    Raises
    ------
    ConflictError
        ``backup.too_few_ballots``: it may not, and an open poll's ballots may still come.
    """
    close = _too_close(before, held)
    for poll, missing in close:
        if poll.is_open:
            raise ConflictError("backup.too_few_ballots", least=LEAST_NEW_BALLOTS, poll=poll.title, missing=missing)
    return not close


def count_left(connection: Connection) -> None:
    """Count a store that is about to be left as the last copy: it stays where it is, and backups of the new one follow.

    Raises
    ------
    ConflictError
        ``backup.too_few_ballots``, or ``move.backup_first``: with the last backup it would give single ballots away.
    """
    held = backups.ledgers(connection)
    if not _stands_apart(settings.get(connection, _COUNTED), held):
        raise ConflictError("move.backup_first")
    settings.put(connection, _COUNTED, _counts("", held))


def _too_close(
    before: Mapping[str, Any] | None, held: Mapping[str, BallotsHeld]
) -> tuple[tuple[BallotsHeld, int], ...]:
    """Return the polls of which few ballots lie between two copies, each with how many are missing to enough."""
    close = []
    for poll_id, now_held in held.items() if before else ():
        screen, paper = before["polls"].get(poll_id, (0, 0)) if before else (0, 0)
        new = (now_held.screen - screen, now_held.paper - paper)
        if new[1] < 0:
            # Sealed meanwhile: which ballots came on paper is forgotten, so all of them are alike.
            new = (sum(new), 0)
        if missing := max((LEAST_NEW_BALLOTS - count for count in new if 0 < count < LEAST_NEW_BALLOTS), default=0):
            close.append((now_held, missing))
    return tuple(close)


def _may_be_kept(connection: Connection, backup: Connection) -> bool:
    """Tell whether the store as it is may lie beside a backup that is about to be put back, and beside the last one."""
    held = backups.ledgers(connection)
    last = settings.get(connection, _COUNTED)
    if _too_close(last, held) or _too_close(_counts("", backups.ledgers(backup)), held):
        return False
    # What grew apart since an earlier restore holds as many ballots, and others.
    here, there = backups.codes_spent(connection), backups.codes_spent(backup)
    apart = [
        len(one.get(poll_id, frozenset()) - other.get(poll_id, frozenset()))
        for one, other in ((here, there), (there, here))
        for poll_id in one
    ]
    return not any(0 < count < LEAST_NEW_BALLOTS for count in apart)


def _note_failure(store: Store, actor: Actor, act: str, name: str, error: RenovationError) -> None:
    with suppress(UnavailableError), store.write() as opened:
        unit = ActingUnit(opened, actor)
        unit.log(act, "backup", name[:60], reason=error.code)
        unit.commit()


def examine_backup(store: Store, actor: Actor | None, file: Path) -> Examined:
    """Look through a backup: format, integrity, whose it is, schema, and the chain of its log.

    Raises
    ------
    InvalidError
        It is damaged, foreign, of a newer program, or its log was changed; ``backup.missing``.
    """
    require(actor, Action.BACK_UP)
    if not file.is_file():
        raise InvalidError("backup.missing", name=file.name)
    return backups.examine(file, store.keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What restoring a backup would bring: what it holds, and which accounts and settings it changes.

    ``lost`` names each poll with the ballots that the store holds more than the backup; ``is_kept`` tells whether what
    there is now can be kept beside it.
    """

    examined: Examined
    differences: tuple[BorderDifference, ...]
    other_installation: bool
    lost: tuple[tuple[str, int], ...] = ()
    is_kept: bool = True


def compare_backup(store: Store, actor: Actor | None, file: Path) -> Outlook:
    """Look through a backup and tell what it would change of accounts, roles and settings.

    Raises
    ------
    InvalidError
        As :func:`examine_backup`; it stands in the log; ``backup.missing``.
    ImportRefusedError
        Rows of its polls were changed past the services: every table that does not fit its digest.
    """
    allowed = require(actor, Action.BACK_UP)
    if not file.is_file():
        raise InvalidError("backup.missing", name=file.name)
    try:
        examined = backups.examine(file, store.keys, look=verification.faults)
    except RenovationError as error:
        _note_failure(store, allowed, "backup.refused", file.name, error)
        raise
    with store.read() as connection, backups.reading_file(file) as backup:
        here, staff = installation.identity(connection), borders.staff_state(connection)
        held, then = backups.ledgers(connection), backups.ledgers(backup)
        is_kept = _may_be_kept(connection, backup)
    other = bool(here and examined.installation and here != examined.installation)
    found = borders.differences(staff, examined.staff)
    lost = tuple(
        (one.title, fewer)
        for poll_id, one in held.items()
        if (fewer := one.count - (then[poll_id].count if poll_id in then else 0)) > 0
    )
    return Outlook(examined=examined, differences=found, other_installation=other, lost=lost, is_kept=is_kept)


def takes_two(store: Store, actor: Actor) -> bool:
    """Tell whether somebody else is there to confirm a restore: another account that is switched on."""
    with reading(store, actor, Action.BACK_UP) as door:
        return any(one.active and one.login != actor.login for one in accounts.everyone(door.connection))


def restore_backup(
    store: Store, actor: Actor | None, file: Path, folder: Path, *, second: Actor | None = None, moved: bool = False
) -> Examined:
    """Put a backup in the store's place, after keeping what is there now where :class:`Outlook` says so.

    Parameters
    ----------
    second
        Who else confirms; needed where :func:`takes_two`.
    moved
        Whether another installation's store is to move here on purpose.

    Raises
    ------
    InvalidError
        The backup does not stand up to :func:`examine_backup`; nothing was changed.
    ImportRefusedError
        Rows of its polls were changed past the services: every table that does not fit its digest.
    ConflictError
        ``backup.other_installation``: it is another community's.
    DeniedError
        ``poll.second_person``, ``account.prove_again``.
    UnavailableError
        ``backup.not_restored``, ``backup.not_written``, ``store.full``; nothing was changed.
    """
    allowed = require(actor, Action.BACK_UP)
    found = compare_backup(store, actor, file)
    if found.other_installation and not moved:
        error = ConflictError("backup.other_installation", name=file.name)
        _note_failure(store, allowed, "backup.refused", file.name, error)
        raise error
    with acting(store, actor, Action.BACK_UP) as unit:
        unit.require_proof()
        require_second(unit, second, needed=takes_two(store, allowed))
        doors = borders.open_doors(unit.connection)
    kept = folder / f"renovation-{now():%Y%m%dT%H%M%S%f}Z-before.sqlite"
    backups.copy_to(store, kept)
    try:
        # Counted in the copy: ballots came while people read what they confirm.
        with backups.reading_file(kept) as copy, backups.reading_file(file) as backup:
            is_kept = _may_be_kept(copy, backup)
        backups.copy_from(store, file)
    except RenovationError:
        kept.unlink()
        raise
    if not is_kept:
        kept.unlink()
    # What was put back is what the next backup must stand apart from.
    with store.read() as connection:
        held = backups.ledgers(connection)
    _count(store, _counts(file.name, held))
    with store.write() as opened:
        unit = ActingUnit(opened, allowed)
        borders.close_doors(unit.connection, doors, unit.at)
        _move_heads(store, unit, "backup.restore", file.name, second=second_login(second), moved=moved, kept=is_kept)
    return found.examined


def _move_heads(store: Store, unit: ActingUnit, act: str, name: str, /, **detail: object) -> None:
    """Let the log and the polls as they stand now be the right ones, with an entry that tells where the log stood."""
    held = heads.log_head(store.keys)
    audit.move_heads(unit.connection)
    unit.log(act, "backup", name, **detail, entries=held.held[0] if held else None, head=held.held[1] if held else "")
    turns = running.turns(unit.connection)
    unit.commit()
    heads.note_turns(store.keys, turns)


def accept_store(store: Store, actor: Actor | None, reason: str, *, second: Actor | None = None) -> None:
    """Let a store that was put back by other means (``pg_restore``, a copied file) be the right one from now on.

    Parameters
    ----------
    second
        Who else confirms; needed where :func:`takes_two`.

    Raises
    ------
    InvalidError
        ``backup.reason_missing``.
    ImportRefusedError
        The log is broken, or rows of polls were changed past the services: every table that does not fit.
    DeniedError
        ``poll.second_person``.
    """
    reason = reason_of(reason, "backup.reason_missing")
    two = takes_two(store, require(actor, Action.BACK_UP))
    with acting(store, actor, Action.BACK_UP) as unit:
        require_second(unit, second, needed=two)
        if faults := verification.faults(unit.connection):
            raise ImportRefusedError(faults)
        _move_heads(store, unit, "backup.accept", "", reason=reason, second=second_login(second))
