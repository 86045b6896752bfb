"""Long work: who asked for it, how far it is, how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from renovation.model.jobs import JobKind, JobState, LongWork
from renovation.store.engine import Connection
from renovation.store.schema.staff import job

#: What is over for so long is forgotten; the log keeps what was done.
_KEPT = timedelta(days=30)


def _job(row: sa.Row[Any]) -> LongWork:
    held = dict(row._mapping)
    return LongWork(**{**held, "kind": JobKind(held["kind"]), "state": JobState(held["state"])})


def add(connection: Connection, kind: JobKind, *, account_id: int | None, login: str, at: datetime) -> LongWork:
    """Note that something is to be done, and forget what was done long ago."""
    connection.execute(job.delete().where(job.c.ended_at < at - _KEPT))
    first = {"state": JobState.WAITING, "done": 0, "whole": 0, "is_cancelled": False, "result": {}}
    row = {"kind": kind, "account_id": account_id, "login": login, "asked_at": at, **first}
    number = connection.execute(job.insert().values(row)).inserted_primary_key
    return LongWork(id=int(number[0]), ended_at=None, **row)  # type: ignore[arg-type, index]


def find(connection: Connection, number: int) -> LongWork | None:
    """Return a piece of work by its number."""
    row = connection.execute(sa.select(job).where(job.c.id == number)).one_or_none()
    return None if row is None else _job(row)


def lately(connection: Connection, count: int) -> list[LongWork]:
    """Return the last pieces of work, the newest first."""
    return [_job(row) for row in connection.execute(sa.select(job).order_by(job.c.id.desc()).limit(count))]


def take_up(connection: Connection, number: int) -> bool:
    """Begin with it, unless somebody has, or has called it off."""
    waits = sa.and_(job.c.id == number, job.c.state == JobState.WAITING)
    return connection.execute(job.update().where(waits).values(state=JobState.RUNNING)).rowcount == 1


def note(connection: Connection, number: int, done: int, whole: int) -> bool:
    """Note how far it is; tell whether it goes on, which it does unless it was called off."""
    connection.execute(job.update().where(job.c.id == number).values(done=done, whole=whole))
    return not connection.execute(sa.select(job.c.is_cancelled).where(job.c.id == number)).scalar_one()


def end(connection: Connection, number: int, state: JobState, result: Mapping[str, Any], at: datetime) -> None:
    """Note how it ended."""
    connection.execute(job.update().where(job.c.id == number).values(state=state, result=dict(result), ended_at=at))


def call_off(connection: Connection, number: int, at: datetime) -> bool:
    """Call it off: what waits is over at once, what runs stops soon. Tell whether there was anything to call off."""
    here = job.c.id == number
    waits = sa.and_(here, job.c.state == JobState.WAITING)
    over = {"state": JobState.CANCELLED, "ended_at": at, "is_cancelled": True}
    if connection.execute(job.update().where(waits).values(over)).rowcount:
        return True
    runs = sa.and_(here, job.c.state == JobState.RUNNING)
    return connection.execute(job.update().where(runs).values(is_cancelled=True)).rowcount == 1


def end_broken_off(connection: Connection, result: Mapping[str, Any], at: datetime) -> int:
    """Note of what a process left unfinished that it failed; return how many that were."""
    runs = job.update().where(job.c.state == JobState.RUNNING)
    return connection.execute(runs.values(state=JobState.FAILED, result=dict(result), ended_at=at)).rowcount
