"""Commands of polls' outcomes: export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from renovation.cli.system import terminal_language
from renovation.config import read_settings
from renovation.errors import RenovationError
from renovation.model.accounts import Actor, Role
from renovation.text import Language, error_text, text

#: Whoever runs the command line sits at the machine that holds the store.
OPERATOR = Actor(role=Role.ADMIN, login="cli")


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command("export")(export)


def export(
    poll: Annotated[str, typer.Option(help="id of an ended poll")],
    out: Annotated[Path, typer.Option(help="file to write; a notice ending in .docx becomes a Word file")],
    format_: Annotated[
        Literal["xlsx", "csv", "gpkg", "geojson", "pb", "notice"], typer.Option("--format", help="kind of file")
    ] = "xlsx",
    lang: Annotated[Literal["zh-CN", "en"] | None, typer.Option(help="language of the file")] = None,
) -> None:
    """Write an ended poll's outcome to a file."""
    from renovation.services.exports import ExportFormat, export_poll
    from renovation.store import migrate, open_store

    language = Language(lang) if lang else terminal_language()
    try:
        settings = read_settings()
        store = open_store(settings.database_url, settings.key_dir)
        try:
            migrate(store)
            wanted = ExportFormat(format_)
            if wanted is ExportFormat.NOTICE and out.suffix.lower() == ".docx":
                wanted = ExportFormat.NOTICE_DOCX
            _, _, content = export_poll(store, OPERATOR, poll, wanted, language=language.value)
        finally:
            store.close()
        out.write_bytes(content)
    except RenovationError as error:
        typer.echo(error_text(error, language), err=True)
        raise typer.Exit(2) from None
    except OSError as error:
        typer.echo(text("command.export.cannot_write", language, path=str(out), said=error.strerror or ""), err=True)
        raise typer.Exit(2) from None
    typer.echo(text("command.export.written", language, path=str(out), size=len(content)))
