"""Long work: asked for on a screen, done beside it, watched and called off from anywhere.

On one laptop a thread of the same process does it, and what is known of it goes with the process. In a town a process
of its own takes it from the queue; who asked and how far it is are rows there, and what it is about lies sealed beside
them until it is over. Whoever asked is looked up anew when it begins: who was switched off, or has another role by
then, has nothing done. Whoever asked may call it off, and so may who makes backups.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from renovation.errors import ConflictError, DeniedError, NotFoundError
from renovation.model.accounts import STAFF_ROLES, Action, Actor, may, require
from renovation.model.jobs import JobKind, LongWork
from renovation.model.scenarios import ProgrammeInput
from renovation.services.acts import ActingUnit
from renovation.services.house.files import KINDS, FileTask
from renovation.services.house.work import runners
from renovation.services.house.work.kinds import BackupTask, PaperTask
from renovation.services.programme.solving import Solved
from renovation.store import Store


def ask_backup(store: Store, actor: Actor | None, folder: Path) -> LongWork:
    """Ask for a backup.

    Raises
    ------
    ConflictError
        ``job.asked``: another one is asked for already.
    UnavailableError
        The queue does not answer; nothing was asked for.
    """
    return _ask(store, require(actor, Action.BACK_UP), JobKind.BACKUP, BackupTask(folder=str(folder)))


def ask_import(store: Store, actor: Actor | None, task: FileTask) -> LongWork:
    """Ask for a file to be taken in.

    Raises
    ------
    ConflictError
        ``job.asked``: this account's last one is not over.
    UnavailableError
        The queue does not answer; nothing was asked for.
    """
    allowed = require(actor, KINDS[task.kind].needs if task.kind else Action.IMPORT_PLACES)
    return _ask(store, allowed, JobKind.IMPORT, task)


def ask_programme(store: Store, actor: Actor | None, basis: ProgrammeInput) -> LongWork:
    """Ask for a programme to be chosen.

    Raises
    ------
    ConflictError
        ``job.asked``: this account's last one is not over.
    UnavailableError
        The queue does not answer; nothing was asked for.
    """
    return _ask(store, require(actor, Action.RANK), JobKind.PROGRAMME, basis)


def ask_advice(store: Store, actor: Actor | None, solved: Solved) -> LongWork:
    """Ask what a programme's rules cost and what more money would buy.

    Raises
    ------
    ConflictError
        ``job.asked``: this account's last one is not over.
    UnavailableError
        The queue does not answer; nothing was asked for.
    """
    return _ask(store, require(actor, Action.RANK), JobKind.ADVICE, solved)


def ask_documents(store: Store, actor: Actor | None, task: PaperTask) -> LongWork:
    """Ask for a document of a scenario to be written.

    Raises
    ------
    ConflictError
        ``job.asked``: this account's last one is not over.
    UnavailableError
        The queue does not answer; nothing was asked for.
    """
    return _ask(store, require(actor, Action.PUBLISH), JobKind.DOCUMENTS, task)


def ask_nightly(store: Store, folder: Path) -> LongWork:
    """Ask for what is done every night."""
    return _ask(store, runners.NIGHTLY, JobKind.BACKUP, BackupTask(folder=str(folder)))


def _ask(store: Store, actor: Actor, kind: JobKind, task: Any) -> LongWork:
    runner = runners.runner_of(store)
    found = runner.last(store, kind, None if kind is JobKind.BACKUP else actor)
    if found is not None and not found.state.is_over:
        raise ConflictError("job.asked")
    return runner.begin(store, actor, kind, task)


def _signed_in(actor: Actor | None) -> Actor:
    if actor is None or actor.role not in STAFF_ROLES:
        raise DeniedError("account.sign_in_first")
    return actor


def last_job(store: Store, actor: Actor | None, kind: JobKind) -> LongWork | None:
    """Return the last piece of work of a kind that somebody asked for; of backups anybody's, the nightly one's too."""
    allowed = _signed_in(actor)
    everybodys = kind is JobKind.BACKUP and may(allowed, Action.BACK_UP)
    return runners.runner_of(store).last(store, kind, None if everybodys else allowed)


def watch_job(store: Store, actor: Actor | None, number: int) -> LongWork:
    """Return how far a piece of work is; of what a process that died left unfinished, that it failed.

    Raises
    ------
    NotFoundError
        ``job.unknown``: there is none of this number, or it is somebody else's.
    """
    allowed = _signed_in(actor)
    found = runners.runner_of(store).find(store, number)
    if found is None or not (found.account_id == allowed.account_id or may(allowed, Action.BACK_UP)):
        raise NotFoundError("job.unknown", number=number)
    return found


def answer_of(store: Store, actor: Actor | None, number: int) -> Any:
    """Return what came of a piece of work, or raise what it ended with.

    Raises
    ------
    NotFoundError
        ``job.unknown``: there is none of this number, it is somebody else's, it is not over, or it is long ago.
    RenovationError
        What the work itself was refused with; ``job.cancelled``, ``job.broken_off`` or ``job.failed``.
    """
    held, allowed = watch_job(store, actor, number), _signed_in(actor)
    if held.kind is not JobKind.BACKUP and held.account_id != allowed.account_id:
        # Who makes backups may call off what others have asked for, and reads nothing of it.
        raise NotFoundError("job.unknown", number=number)
    return runners.runner_of(store).answer(store, held)


def cancel_job(store: Store, actor: Actor | None, number: int) -> None:
    """Call a piece of work off: nothing is left of it, as if it had not begun; a search stops with what it has found.

    Raises
    ------
    NotFoundError
        ``job.unknown``: there is none of this number, it is somebody else's, or it is over.
    """
    held, allowed = watch_job(store, actor, number), _signed_in(actor)
    if not runners.runner_of(store).call_off(store, number):
        raise NotFoundError("job.unknown", number=number)
    if held.kind is JobKind.BACKUP:
        with store.write() as opened:
            unit = ActingUnit(opened, allowed)
            unit.log("backup.cancel", "backup", number)
            unit.commit()
