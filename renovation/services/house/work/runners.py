"""Who does long work: a thread of this process or, where there is a queue, a process of its own that takes it there."""

from __future__ import annotations

import itertools
import logging
import threading
import time
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Protocol

from renovation.errors import (
    ConflictError,
    DeniedError,
    Fault,
    ImportRefusedError,
    NotFoundError,
    RenovationError,
    UnavailableError,
)
from renovation.model.accounts import Actor, Role
from renovation.model.canonical import from_json, to_json
from renovation.model.clock import now
from renovation.model.jobs import JobKind, JobState, LongWork
from renovation.services.house.work import kinds
from renovation.services.staff.accounts import as_actor
from renovation.store import Store
from renovation.store.house import jobs, queue
from renovation.store.staff import accounts

#: Whoever does what comes every night.
NIGHTLY = Actor(role=Role.ADMIN, login="jobs")
#: How far it is, is told no more often than this.
_TOLD_EVERY_NS = 500_000_000
#: What ended so long ago is forgotten by the process that did it.
_KEPT = timedelta(hours=1)


class Runner(Protocol):
    """Who does long work, and knows how far it is."""

    def begin(self, store: Store, actor: Actor, kind: JobKind, task: Any) -> LongWork:
        """Have something done on somebody's behalf."""
        ...

    def find(self, store: Store, number: int) -> LongWork | None:
        """Return a piece of work by its number."""
        ...

    def last(self, store: Store, kind: JobKind, actor: Actor | None) -> LongWork | None:
        """Return the last piece of work of a kind, of everybody's or of somebody's own."""
        ...

    def answer(self, store: Store, held: LongWork) -> Any:
        """Return what came of it, or raise what it ended with."""
        ...

    def call_off(self, store: Store, number: int) -> bool:
        """Call it off; tell whether there was anything to call off."""
        ...


def runner_of(store: Store) -> Runner:
    """Return who does long work here."""
    return _QUEUED if queue.is_there(store) else _HERE


@dataclass(slots=True)
class _Piece:
    """A piece of work of this process."""

    store: Store
    known: LongWork
    answer: Any = None
    error: Exception | None = None
    _stop: threading.Event = field(default_factory=threading.Event)

    def do(self, actor: Actor, task: Any) -> None:
        self.known = replace(self.known, state=JobState.RUNNING)
        state = JobState.DONE
        try:
            self.answer = kinds.do(self.store, actor, self.known.kind, task, self)
        except RenovationError as error:
            self.error, state = error, _state_of(error)
        except Exception as error:
            # Kept for the page's thread, which raises it where a person sees it.
            self.error, state = error, JobState.FAILED
        self.known = replace(self.known, state=state, ended_at=now())

    def tell(self, done: int, whole: int) -> None:
        self.known = replace(self.known, done=done, whole=whole)

    def is_cancelled(self, *, anew: bool = False) -> bool:
        del anew
        return self._stop.is_set()

    def call_off(self) -> bool:
        goes = not self.known.state.is_over
        self._stop.set()
        self.known = replace(self.known, is_cancelled=True)
        return goes


class _Here:
    """Threads of this process; what is known of them goes with it."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._numbers = itertools.count(1)
        self._pieces: dict[int, _Piece] = {}

    def begin(self, store: Store, actor: Actor, kind: JobKind, task: Any) -> LongWork:
        at = now()
        with self._guard:
            ended = {number: one.known.ended_at for number, one in self._pieces.items()}
            for number, when in ended.items():
                if when is not None and when < at - _KEPT:
                    del self._pieces[number]
            asked = LongWork(id=next(self._numbers), kind=kind, account_id=actor.account_id, asked_at=at)
            piece = self._pieces[asked.id] = _Piece(store, asked)
        threading.Thread(target=piece.do, args=(actor, task), name=f"{kind.value} {asked.id}", daemon=True).start()
        return asked

    def _piece(self, store: Store, number: int) -> _Piece | None:
        found = self._pieces.get(number)
        return found if found is not None and found.store is store else None

    def find(self, store: Store, number: int) -> LongWork | None:
        found = self._piece(store, number)
        return None if found is None else found.known

    def last(self, store: Store, kind: JobKind, actor: Actor | None) -> LongWork | None:
        with self._guard:
            pieces = [one.known for one in self._pieces.values() if one.store is store and one.known.kind is kind]
        own = [one for one in pieces if actor is None or one.account_id == actor.account_id]
        return own[-1] if own else None

    def answer(self, store: Store, held: LongWork) -> Any:
        found = self._piece(store, held.id)
        if found is None or not found.known.state.is_over:
            raise NotFoundError("job.unknown", number=held.id)
        if found.error is not None:
            raise found.error
        return found.answer

    def call_off(self, store: Store, number: int) -> bool:
        found = self._piece(store, number)
        return found is not None and found.call_off()


class _Queued:
    """A town's process for long work, which may be on another machine; what is known of it are rows."""

    def begin(self, store: Store, actor: Actor, kind: JobKind, task: Any) -> LongWork:
        if actor.account_id is None and actor != NIGHTLY:
            # Whoever does it later looks the account up.
            raise DeniedError("account.sign_in_first")
        with store.write() as unit:
            asked = jobs.add(unit.connection, kind, kinds.written(task), account_id=actor.account_id, at=now())
            unit.commit()
        try:
            queue.put(store, asked.id)
        except RenovationError as error:
            _end(store, asked.id, error)
            raise
        return asked

    def find(self, store: Store, number: int) -> LongWork | None:
        with store.read() as connection:
            return _alive(store, jobs.find(connection, number))

    def last(self, store: Store, kind: JobKind, actor: Actor | None) -> LongWork | None:
        if actor is not None and actor.account_id is None:
            return None
        with store.read() as connection:
            return _alive(store, jobs.last(connection, kind, None if actor is None else actor.account_id))

    def answer(self, store: Store, held: LongWork) -> Any:
        with store.read() as connection:
            kept = jobs.paper(connection, held.id) if held.state.is_over else None
        if held.state is JobState.CANCELLED:
            raise ConflictError("job.cancelled")
        if kept is None:
            raise NotFoundError("job.unknown", number=held.id)
        if held.state is JobState.FAILED:
            raise _read_error(kept)
        return kinds.answer_of(held.kind, kept)

    def call_off(self, store: Store, number: int) -> bool:
        with store.write() as unit:
            goes = jobs.call_off(unit.connection, number, now())
            unit.commit()
        return goes


_HERE, _QUEUED = _Here(), _Queued()


def do_job(store: Store, number: int) -> JobState:
    """Do a piece of work of the queue and note how it ended; nothing is done twice, nor once it was called off."""
    with queue.holding(store, number):
        with store.write() as unit:
            taken, held = jobs.take_up(unit.connection, number), jobs.find(unit.connection, number)
            asked = jobs.paper(unit.connection, number) if taken else None
            unit.commit()
        if held is None or not taken:
            return JobState.CANCELLED
        if asked is None:
            # The server itself died meanwhile, and kept nothing of what passes.
            return _end(store, number, UnavailableError("job.broken_off"))
        try:
            task = kinds.task_of(held.kind, asked)
            answer = kinds.do(store, _asker(store, held), held.kind, task, _QueuedOverseer(store, number))
        except RenovationError as error:
            return _end(store, number, error)
        except Exception:
            logging.getLogger("renovation").exception("Job %d", number)
            return _end(store, number, UnavailableError("job.failed"))
        with store.write() as unit:
            jobs.end(unit.connection, number, JobState.DONE, kinds.written(answer), now())
            unit.commit()
        return JobState.DONE


def end_broken_off(store: Store) -> int:
    """Say of what a process that died left unfinished that it failed; return how many that were."""
    with store.read() as connection:
        numbers = jobs.running(connection)
    return sum(_end_if_dead(store, number) for number in numbers)


def _end_if_dead(store: Store, number: int) -> bool:
    if queue.is_held(store, number):
        return False
    error = UnavailableError("job.broken_off")
    with store.write() as unit:
        ended = jobs.end(unit.connection, number, JobState.FAILED, _write_error(error), now())
        unit.commit()
    queue.drop(store, number)
    return ended


def _alive(store: Store, found: LongWork | None) -> LongWork | None:
    """Return a piece of work as it is, of which its process may have died."""
    if found is None or found.state is not JobState.RUNNING or not _end_if_dead(store, found.id):
        return found
    return replace(found, state=JobState.FAILED, ended_at=now())


class _QueuedOverseer:
    """Who notes how far a piece of work is, now and then, and learns whether it was called off."""

    def __init__(self, store: Store, number: int) -> None:
        self._store, self._number = store, number
        self._next, self._done, self._goes_on = 0, (0, 0), True

    def tell(self, done: int, whole: int) -> None:
        self._done = done, whole
        self.is_cancelled()

    def is_cancelled(self, *, anew: bool = False) -> bool:
        if self._goes_on and (anew or time.monotonic_ns() >= self._next):
            self._next = time.monotonic_ns() + _TOLD_EVERY_NS
            with self._store.write() as unit:
                self._goes_on = jobs.note(unit.connection, self._number, *self._done)
                unit.commit()
        return not self._goes_on


def _asker(store: Store, held: LongWork) -> Actor:
    if held.account_id is None and held.kind is JobKind.BACKUP:
        return NIGHTLY
    with store.read() as connection:
        found = accounts.still_active(connection, held.account_id or 0)
    if found is None:
        raise DeniedError("account.sign_in_first")
    return as_actor(found)


def _state_of(error: RenovationError) -> JobState:
    return JobState.CANCELLED if error.code == "job.cancelled" else JobState.FAILED


def _end(store: Store, number: int, error: RenovationError) -> JobState:
    state = _state_of(error)
    with store.write() as unit:
        answer = b"" if state is JobState.CANCELLED else _write_error(error)
        jobs.end(unit.connection, number, state, answer, now())
        unit.commit()
    return state


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refusal:
    """An error as it is written down."""

    kind: str
    code: str
    fields: dict[str, Any]
    faults: tuple[Fault, ...] = ()


_ERRORS = {one.__name__: one for one in (*RenovationError.__subclasses__(), RenovationError)}


def _write_error(error: RenovationError) -> bytes:
    faults = error.faults if isinstance(error, ImportRefusedError) else ()
    said = _Refusal(kind=type(error).__name__, code=error.code, fields=dict(error.fields), faults=faults)
    return to_json(said).encode()


def _read_error(kept: bytes) -> RenovationError:
    said = from_json(_Refusal, kept.decode())
    if said.faults:
        return ImportRefusedError(said.faults)
    return _ERRORS.get(said.kind, RenovationError)(said.code, **said.fields)
