"""Long work in a town: who asked for it and how far it is; what it is about lies sealed beside it until it is over."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from renovation.model.jobs import JobKind, JobState, LongWork
from renovation.store.engine import Connection
from renovation.store.keys import key_folder, keyed, sealed, signs_key, unsealed
from renovation.store.schema.staff import job, job_paper

#: What is over for so long is forgotten, and what came of it after a day; the log keeps what was done.
_KEPT, _ANSWER_KEPT = timedelta(days=30), timedelta(days=1)
_OVER = tuple(state.value for state in JobState if state.is_over)


def _job(row: sa.Row[Any]) -> LongWork:
    held = dict(row._mapping)
    return LongWork(**{**held, "kind": JobKind(held["kind"]), "state": JobState(held["state"])})


def add(connection: Connection, kind: JobKind, asked: bytes, *, account_id: int | None, at: datetime) -> LongWork:
    """Note that something is to be done and with what, and forget what was done long ago."""
    old = sa.select(job.c.id).where(job.c.ended_at < at - _ANSWER_KEPT)
    connection.execute(job_paper.delete().where(job_paper.c.job_id.in_(old)))
    connection.execute(job.delete().where(job.c.ended_at < at - _KEPT))
    row = {"kind": kind, "account_id": account_id, "state": JobState.WAITING, "is_cancelled": False, "asked_at": at}
    key = connection.execute(job.insert().values(row)).inserted_primary_key
    assert key is not None
    _put(connection, int(key[0]), asked)
    return LongWork(id=int(key[0]), kind=kind, account_id=account_id, asked_at=at)


def find(connection: Connection, number: int) -> LongWork | None:
    """Return a piece of work by its number."""
    row = connection.execute(sa.select(job).where(job.c.id == number)).one_or_none()
    return None if row is None else _job(row)


def last(connection: Connection, kind: JobKind, account_id: int | None = None) -> LongWork | None:
    """Return the last piece of work of a kind, of everybody's or of an account's own."""
    query = sa.select(job).where(job.c.kind == kind).order_by(job.c.id.desc()).limit(1)
    if account_id is not None:
        query = query.where(job.c.account_id == account_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else _job(row)


def running(connection: Connection) -> list[int]:
    """Return the numbers of what is under way."""
    return list(connection.execute(sa.select(job.c.id).where(job.c.state == JobState.RUNNING)).scalars())


def take_up(connection: Connection, number: int) -> bool:
    """Begin with it, unless somebody has, or has called it off."""
    waits = sa.and_(job.c.id == number, job.c.state == JobState.WAITING)
    return connection.execute(job.update().where(waits).values(state=JobState.RUNNING)).rowcount == 1


def note(connection: Connection, number: int, done: int, whole: int) -> bool:
    """Note how far it is; tell whether it goes on, which it does unless it was called off or given up for dead."""
    goes_on = sa.and_(job.c.id == number, job.c.state == JobState.RUNNING, ~job.c.is_cancelled)
    return connection.execute(job.update().where(goes_on).values(done=done, whole=whole)).rowcount == 1


def end(connection: Connection, number: int, state: JobState, answer: bytes, at: datetime) -> bool:
    """Note how it ended, and keep what came of it in the place of what was asked; tell whether it was not over."""
    goes_on = sa.and_(job.c.id == number, job.c.state.not_in(_OVER))
    if connection.execute(job.update().where(goes_on).values(state=state, ended_at=at)).rowcount == 0:
        return False
    connection.execute(job_paper.delete().where(job_paper.c.job_id == number))
    if answer:
        _put(connection, number, answer)
    return True


def paper(connection: Connection, number: int) -> bytes | None:
    """Return what is to be done, or what came of it; nothing where that is not kept (any more)."""
    held = connection.execute(sa.select(job_paper.c.sealed).where(job_paper.c.job_id == number)).scalar_one_or_none()
    return None if held is None else unsealed(_key(connection), held)


def _put(connection: Connection, number: int, plain: bytes) -> None:
    connection.execute(job_paper.insert().values(job_id=number, sealed=sealed(_key(connection), plain)))


def _key(connection: Connection) -> bytes:
    return keyed(signs_key(key_folder(connection)), "long work")


def call_off(connection: Connection, number: int, at: datetime) -> bool:
    """Call it off: what waits is over at once, what runs stops soon. Tell whether there was anything to call off."""
    waits = sa.and_(job.c.id == number, job.c.state == JobState.WAITING)
    over = {"state": JobState.CANCELLED, "ended_at": at, "is_cancelled": True}
    if connection.execute(job.update().where(waits).values(over)).rowcount:
        connection.execute(job_paper.delete().where(job_paper.c.job_id == number))
        return True
    runs = sa.and_(job.c.id == number, job.c.state == JobState.RUNNING)
    return connection.execute(job.update().where(runs).values(is_cancelled=True)).rowcount == 1
