"""Long work in a town: asked for on a screen, done by a process of its own, watched and called off from anywhere.

On one laptop there is no queue, and the same calls are made on the spot. Whoever asked is looked up anew when the work
begins: somebody who was switched off, or has another role by then, has nothing done.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from renovation.errors import ConflictError, DeniedError, NotFoundError, RenovationError
from renovation.model.accounts import Action, Actor, Role, require
from renovation.model.clock import now
from renovation.model.jobs import JobKind, JobState, LongWork
from renovation.services.acts import acting
from renovation.services.house import backups
from renovation.services.staff.accounts import as_actor
from renovation.store import Store
from renovation.store.house import jobs, queue
from renovation.store.staff import accounts

#: Which permission each kind takes.
_ALLOWED = {JobKind.BACKUP: Action.BACK_UP}
_SHOWN = 20
#: Whoever does what comes every night.
NIGHTLY = Actor(role=Role.ADMIN, login="jobs")
#: How far it is, is told no more often than this.
_TOLD_EVERY = timedelta(milliseconds=500)


def has_queue(store: Store) -> bool:
    """Tell whether long work is done by a process of its own here."""
    return queue.is_there(store)


def ask_backup(store: Store, actor: Actor | None) -> LongWork:
    """Ask for a backup.

    Raises
    ------
    ConflictError
        ``job.no_queue``: on one laptop it is made at once; ``job.asked``: another one is asked for already.
    UnavailableError
        The queue does not answer; nothing was asked for.
    """
    return _ask(store, actor, JobKind.BACKUP)


def _ask(store: Store, actor: Actor | None, kind: JobKind) -> LongWork:
    if not has_queue(store):
        require(actor, _ALLOWED[kind])
        raise ConflictError("job.no_queue")
    with acting(store, actor, _ALLOWED[kind]) as unit:
        if any(one.kind is kind and not one.state.is_over for one in jobs.lately(unit.connection, _SHOWN)):
            raise ConflictError("job.asked")
        who = unit.actor
        asked = jobs.add(
            unit.connection, kind, account_id=who.account_id, login=who.login or who.role.value, at=unit.at
        )
        unit.commit()
    try:
        queue.put(store, asked.id)
    except RenovationError as error:
        _end(store, asked.id, JobState.FAILED, error)
        raise
    return asked


def list_jobs(store: Store, actor: Actor | None) -> tuple[LongWork, ...]:
    """Return the last pieces of long work, the newest first."""
    require(actor, Action.BACK_UP)
    with store.read() as connection:
        return tuple(jobs.lately(connection, _SHOWN))


def cancel_job(store: Store, actor: Actor | None, number: int) -> None:
    """Call a piece of work off: nothing is left of it, as if it had not begun.

    Raises
    ------
    NotFoundError
        ``job.unknown``: there is none of this number, or it is over.
    """
    with acting(store, actor, Action.BACK_UP) as unit:
        if not jobs.call_off(unit.connection, number, unit.at):
            raise NotFoundError("job.unknown", number=number)
        unit.log("backup.cancel", "backup", number)
        unit.commit()


def end_broken_off(store: Store) -> int:
    """Say of what a process that died left unfinished that it failed; return how many that were."""
    with store.write() as unit:
        count = jobs.end_broken_off(unit.connection, {"code": "job.broken_off", "fields": {}}, now())
        unit.commit()
    return count


def ask_nightly(store: Store) -> LongWork:
    """Ask for what is done every night."""
    return _ask(store, NIGHTLY, JobKind.BACKUP)


def do_job(store: Store, number: int, folder: Path) -> JobState:
    """Do a piece of work and note how it ended; nothing is done twice, nor once it was called off.

    Parameters
    ----------
    folder
        Where backups lie.
    """
    with store.write() as unit:
        taken, held = jobs.take_up(unit.connection, number), jobs.find(unit.connection, number)
        unit.commit()
    if held is None or not taken:
        return JobState.CANCELLED
    try:
        made = backups.make_backup(store, _asker(store, held), folder, told=_teller(store, number))
    except RenovationError as error:
        state = JobState.CANCELLED if error.code == "job.cancelled" else JobState.FAILED
        _end(store, number, state, error)
        return state
    with store.write() as unit:
        result = {"name": made.name, "instead_of": made.instead_of}
        jobs.end(unit.connection, number, JobState.DONE, result, now())
        unit.commit()
    return JobState.DONE


def _teller(store: Store, number: int) -> backups.Told:
    """Return who notes how far it is, now and then, and breaks it off once it was called off."""
    last = now() - _TOLD_EVERY

    def told(done: int, whole: int) -> None:
        nonlocal last
        if (at := now()) - last < _TOLD_EVERY:
            return
        last = at
        with store.write() as unit:
            goes_on = jobs.note(unit.connection, number, done, whole)
            unit.commit()
        if not goes_on:
            raise ConflictError("job.cancelled")

    return told


def _asker(store: Store, held: LongWork) -> Actor:
    if held.account_id is None:
        return NIGHTLY
    with store.read() as connection:
        found = [one for one in accounts.everyone(connection) if one.id == held.account_id and one.active]
    if not found:
        raise DeniedError("account.sign_in_first")
    return as_actor(found[0])


def _end(store: Store, number: int, state: JobState, error: RenovationError) -> None:
    with store.write() as unit:
        jobs.end(unit.connection, number, state, {"code": error.code, "fields": dict(error.fields)}, now())
        unit.commit()
