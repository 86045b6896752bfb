"""What each kind of long work does, and how its task and its answer are written down for another process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa

from renovation.errors import ConflictError
from renovation.exports.programme.source import PaperDetails
from renovation.model.accounts import Actor
from renovation.model.canonical import from_json, to_json
from renovation.model.jobs import JobKind
from renovation.model.scenarios import ProgrammeInput
from renovation.services.house.backups import Backup, make_backup
from renovation.services.house.files import FileTask, TakenIn, take_file
from renovation.services.programme.documents import ProgrammeDocument, export_programme
from renovation.services.programme.solving import Advice, Solved, advise, solve
from renovation.store import Store, Unit
from renovation.store.engine import Hook, at_commit


class Desk(Protocol):
    """Whom work tells how far it is, and asks whether it still is to be done."""

    def tell(self, done: int, whole: int) -> None:
        """Tell how far it is."""
        ...

    def is_cancelled(self, *, anew: bool = False) -> bool:
        """Tell whether somebody has called it off; asked anew, by this moment."""
        ...


def go_on(desk: Desk) -> None:
    """Break work off that was called off.

    Raises
    ------
    ConflictError
        ``job.cancelled``.
    """
    if desk.is_cancelled():
        raise ConflictError("job.cancelled")


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupTask:
    """A backup that is to be made in a folder."""

    folder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperTask:
    """A document of a scenario that is to be written."""

    scenario_id: str
    document: ProgrammeDocument
    details: PaperDetails
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A file that was written."""

    name: str
    mime: str
    data: bytes = field(default=b"")


@dataclass(frozen=True, slots=True)
class _Watched(Store):
    """A store each of whose statements may be the last: whoever calls the work off leaves nothing of it."""

    statement: Callable[..., None]
    desk: Desk

    @contextmanager
    def write(self) -> Iterator[Unit]:
        """Yield a unit of work that is dropped once the work was called off."""
        with Store.write(self) as unit:
            sa.event.listen(unit.connection, "before_cursor_execute", self.statement)
            at_commit(unit.connection, "job", lambda: _LastLook(self.desk))
            yield unit


class _LastLook(Hook):
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def before(self, _connection: sa.Connection) -> None:
        if self._desk.is_cancelled(anew=True):
            raise ConflictError("job.cancelled")


def _take(store: Store, actor: Actor, task: FileTask, desk: Desk) -> TakenIn:
    written: Counter[str] = Counter()
    whole = sum(one.rows for one in _parts(task))

    def statement(_connection: Any, _cursor: Any, said: str, given: Any, _context: Any, _many: bool) -> None:
        go_on(desk)
        verb, *words = said.split(maxsplit=3)
        if verb in ("INSERT", "UPDATE"):
            written[words[verb == "INSERT"]] += len(given) if isinstance(given, list) else 1
            # The list's own table grows by a row a line, others by fewer or by more.
            desk.tell(min(whole, max(written.values())), whole)

    watched = _Watched(engine=store.engine, keys=store.keys, lock=store.lock, statement=statement, desk=desk)
    return take_file(watched, actor, task)


def _parts(task: FileTask) -> list[Any]:
    held = task.parsed
    return [] if held is None else list(held.values()) if isinstance(held, Mapping) else [held]


def _telling(desk: Desk) -> Callable[[int, int], None]:
    """Return what tells how far work is, and breaks it off once it was called off."""

    def told(done: int, whole: int) -> None:
        desk.tell(done, whole)
        go_on(desk)

    return told


def _back_up(store: Store, actor: Actor, task: BackupTask, desk: Desk) -> Backup:
    return make_backup(store, actor, Path(task.folder), told=_telling(desk))


def _solve(_store: Store, _actor: Actor, task: ProgrammeInput, desk: Desk) -> Solved:
    return solve(task, desk.tell, desk.is_cancelled)


def _advise(_store: Store, _actor: Actor, task: Solved, desk: Desk) -> Advice:
    return advise(task, desk.tell, desk.is_cancelled)


def _write(store: Store, actor: Actor, task: PaperTask, desk: Desk) -> Written:
    name, mime, data = export_programme(
        store,
        actor,
        task.scenario_id,
        task.document,
        details=task.details,
        language=task.language,
        told=_telling(desk),
    )
    return Written(name=name, mime=mime, data=data)


@dataclass(frozen=True, slots=True)
class _Work:
    """How work of a kind is done, and what its task and its answer are."""

    do: Callable[[Store, Actor, Any, Desk], Any]
    task: type[Any]
    answer: type[Any]


_WORK: Mapping[JobKind, _Work] = {
    JobKind.BACKUP: _Work(_back_up, BackupTask, Backup),
    JobKind.IMPORT: _Work(_take, FileTask, TakenIn),
    JobKind.PROGRAMME: _Work(_solve, ProgrammeInput, Solved),
    JobKind.ADVICE: _Work(_advise, Solved, Advice),
    JobKind.DOCUMENTS: _Work(_write, PaperTask, Written),
}


def do(store: Store, who: Actor, kind: JobKind, task: Any, desk: Desk) -> Any:
    """Do a piece of work and return what came of it."""
    return _WORK[kind].do(store, who, task, desk)


def written(value: Any) -> bytes:
    """Write a task or an answer down: JSON, and behind it the file that it carries."""
    data: bytes = getattr(value, "data", b"")
    stripped = {name: empty for name, empty in (("data", b""), ("parsed", None)) if hasattr(value, name)}
    return to_json(replace(value, **stripped) if stripped else value).encode() + b"\0" + data


def task_of(kind: JobKind, held: bytes) -> Any:
    """Return the task that :func:`written` wrote down."""
    return _read(_WORK[kind].task, held)


def answer_of(kind: JobKind, held: bytes) -> Any:
    """Return the answer that :func:`written` wrote down."""
    return _read(_WORK[kind].answer, held)


def _read(kind: type[Any], held: bytes) -> Any:
    # No NUL stands in JSON.
    said, _, data = held.partition(b"\0")
    value = from_json(kind, said.decode())
    return replace(value, data=data) if data else value
