"""What all commands share: who runs them, the store they work on, how they answer and how they refuse.

Of every command a number is one from its first sign to its last, and a refusal comes in words.
"""

from __future__ import annotations

import functools
import math
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from renovation.config import read_settings
from renovation.errors import Fault, ImportRefusedError, RenovationError
from renovation.model.accounts import Actor, Role
from renovation.model.canonical import to_json
from renovation.text import Language, error_text, fault_text, place_text, text

if TYPE_CHECKING:
    from renovation.imports.files.results import CellChange
    from renovation.store import Store

#: Who sits at the machine that holds the store may do what an administrator may.
OPERATOR = Actor(role=Role.ADMIN, login="cli")


class Format(StrEnum):
    """How a command answers."""

    TABLE = "table"
    JSON = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="table, or one JSON object per line")]
LanguageOption = Annotated[Language, typer.Option("--lang", help="language of tables and messages")]


def terminal_language() -> Language:
    """Return the language of this terminal: English where the locale says so, Chinese otherwise."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return Language.EN if value.startswith("en") else Language.ZH
    return Language.ZH


@contextmanager
def opened_store() -> Iterator[Store]:
    """Open this installation's store at the newest schema, and close it afterwards."""
    # Heavy, and needed by nobody who only asks for --help.
    from renovation.store import start_store
    from renovation.store.forward import forward_to

    settings = read_settings()
    forward_to(settings.syslog)
    store, _ = start_store(settings.database_url, settings.key_dir)
    try:
        yield store
    finally:
        store.close()


def print_json(value: Any) -> None:
    """Print one JSON value on one line."""
    typer.echo(to_json(value, sort_keys=False))


def complain(error: RenovationError | OSError, language: Language, file: Path | str | None = None) -> None:
    """Say on stderr what is wrong, one line per fault, led by the file it is in."""
    if isinstance(error, ImportRefusedError):
        lines = [fault_text(fault, language) for fault in error.faults]
    else:
        if isinstance(error, OSError):
            file = error.filename or file
            error = RenovationError("file.missing" if isinstance(error, FileNotFoundError) else "file.unreadable")
        lines = [error_text(error, language)]
    for line in lines:
        # A file that is no table at all may put bytes in here that are no text.
        said = f"{file}: {line}" if file else line
        print(said.encode("utf-8", "replace").decode(), file=sys.stderr)


def say_notes(notes: Iterable[CellChange], language: Language, file: Path) -> None:
    """Say on stderr what of a file was taken differently from how it stands there."""
    for note in notes:
        at = place_text(Fault("", note.place.sheet, note.place.row, note.place.column, also=note.also), language)
        said = text(f"change.{note.code}", language, before=note.before, after=note.after)
        line = text("fault.placed", language, place=at, said=said) if at else said
        print(f"{file}: {line}".encode("utf-8", "replace").decode(), file=sys.stderr)


@contextmanager
def refusals(language: Language, *, file: Path | str | None = None, status: int = 2) -> Iterator[None]:
    """End the command with what is wrong where something refuses; see :func:`complain`.

    Raises
    ------
    typer.Exit
        With the status, after something was refused.
    """
    try:
        yield
    except BrokenPipeError:  # the reader of our output has seen enough (head)
        raise
    except (RenovationError, OSError) as error:
        complain(error, language, file)
        raise typer.Exit(status) from None


def tell_progress(line: str, *, last: bool) -> None:
    """Say on a terminal how far something has come, each line over the one before."""
    if sys.stderr.isatty():
        typer.echo(f"\r{line}\x1b[K", nl=last, err=True)


#: More than any file that a command reads.
MOST_BYTES = 500_000_000


def read_within(file: Path, most: int = MOST_BYTES) -> bytes:
    """Return what a file holds; what is too large, or never ends, is not read on.

    Raises
    ------
    ImportRefusedError
        ``file.too_large``.
    """
    with file.open("rb") as held:
        known = os.fstat(held.fileno())
        return read_stream(held, most, expected=known.st_size if stat.S_ISREG(known.st_mode) else most)


def read_stream(held: IO[bytes], most: int = MOST_BYTES, *, expected: int = MOST_BYTES) -> bytes:
    """Return all that is left of a stream of bytes, of which so many are expected.

    Raises
    ------
    ImportRefusedError
        ``file.too_large``.
    """
    content = held.read(min(expected, most) + 1) if expected <= most else b""
    if expected > most or len(content) > most:
        raise ImportRefusedError([Fault("file.too_large", fields={"megabytes": most // 10**6})])
    return content


def write_file(path: Path, content: bytes, language: Language) -> None:
    """Write a file and say so, or end the command with what stands in the way.

    Raises
    ------
    typer.Exit
        With 2, where the file cannot be written.
    """
    try:
        path.write_bytes(content)
    except OSError as error:
        typer.echo(text("command.export.cannot_write", language, path=str(path), said=error.strerror or ""), err=True)
        raise typer.Exit(2) from None
    typer.echo(text("command.export.written", language, path=str(path), size=len(content)))


#: What the store keeps of a whole number.
_MOST_WHOLE = 2**63 - 1


def guarded(command: Any) -> Any:
    """Return a command, and all below it, with every number looked at and every refusal told."""
    for parameter in command.params:
        if parameter.type_descriptor.annotation in (int, float):
            parameter.process_value = functools.partial(_number, parameter.process_value, parameter)
    if command.callback is not None:
        command.callback = _telling(command.callback)
    for below in getattr(command, "commands", {}).values():
        guarded(below)
    return command


def _number(process: Callable[[Any, Any], Any], parameter: Any, context: Any, given: Any) -> Any:
    # 1_000 and nan are numbers to a program and to nobody who types.
    found = None if isinstance(given, str) and "_" in given else process(context, given)
    if given is not None and (found is None or not math.isfinite(found) or abs(found) > _MOST_WHOLE):
        said = text("command.number", terminal_language(), value=str(given)[:40])
        raise typer.BadParameter(said, ctx=context, param=parameter)
    return found


def _telling(act: Callable[..., None]) -> Callable[..., None]:
    """Say what a command refuses before it has come to its own words: a setting, a folder, a database."""

    @functools.wraps(act)
    def told(**given: Any) -> None:
        spoken = given.get("lang")
        with refusals(Language(spoken) if spoken else terminal_language()):
            act(**given)

    return told
