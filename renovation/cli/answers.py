"""What all commands share: who runs them, the store they work on, how they answer and how they refuse."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
