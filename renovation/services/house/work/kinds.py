"""What each kind of long work does, and how its task and its answer are written down for another process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

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
from renovation.store import Store
from renovation.store.house.watched import watched


class Overseer(Protocol):
    """Whom work tells how far it is, and asks whether it still is to be done."""

    def tell(self, done: int, whole: int) -> None:
        """Tell how far it is."""
        ...

    def is_cancelled(self, *, anew: bool = False) -> bool:
        """Tell whether somebody has called it off; asked anew, by this moment."""
        ...


def go_on(desk: Overseer, *, anew: bool = False) -> None:
    """Break work off that was called off.

    Raises
    ------
    ConflictError
        ``job.cancelled``.
    """
    if desk.is_cancelled(anew=anew):
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


def _take(store: Store, actor: Actor, task: FileTask, desk: Overseer) -> TakenIn:
    written: Counter[str] = Counter()
    whole = sum(one.rows for one in _parts(task))

    def told(table: str, rows: int) -> None:
        go_on(desk)
        if table:
            written[table] += rows
            # The list's own table grows by a row a line, others by fewer or by more.
            desk.tell(min(whole, max(written.values())), whole)

    return take_file(watched(store, told, lambda: go_on(desk, anew=True)), actor, task)


def _parts(task: FileTask) -> list[Any]:
    held = task.parsed
    return [] if held is None else list(held.values()) if isinstance(held, Mapping) else [held]


def _telling(desk: Overseer) -> Callable[[int, int], None]:
    """Return what tells how far work is, and breaks it off once it was called off."""

    def told(done: int, whole: int) -> None:
        desk.tell(done, whole)
        go_on(desk)

    return told


def _back_up(store: Store, actor: Actor, task: BackupTask, desk: Overseer) -> Backup:
    return make_backup(store, actor, Path(task.folder), told=_telling(desk))


def _solve(_store: Store, _actor: Actor, task: ProgrammeInput, desk: Overseer) -> Solved:
    return solve(task, desk.tell, desk.is_cancelled)


def _advise(_store: Store, _actor: Actor, task: Solved, desk: Overseer) -> Advice:
    return advise(task, desk.tell, desk.is_cancelled)


def _write(store: Store, actor: Actor, task: PaperTask, desk: Overseer) -> Written:
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

    do: Callable[[Store, Actor, Any, Overseer], Any]
    task: type[Any]
    answer: type[Any]


_WORK: Mapping[JobKind, _Work] = {
    JobKind.BACKUP: _Work(_back_up, BackupTask, Backup),
    JobKind.IMPORT: _Work(_take, FileTask, TakenIn),
    JobKind.PROGRAMME: _Work(_solve, ProgrammeInput, Solved),
    JobKind.ADVICE: _Work(_advise, Solved, Advice),
    JobKind.DOCUMENTS: _Work(_write, PaperTask, Written),
}


def do(store: Store, who: Actor, kind: JobKind, task: Any, desk: Overseer) -> Any:
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
