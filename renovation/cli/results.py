"""Commands of ended polls: take an election in, write an outcome out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from renovation.cli.answers import OPERATOR, opened_store, read_within, refusals, terminal_language, write_file
from renovation.cli.imports import group as import_group
from renovation.text import Language, text


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command("export")(export)
    import_group.command("election")(take_election)


def take_election(
    file: Annotated[Path, typer.Argument(help=".pb file")],
    title: Annotated[str, typer.Option(help="what to call the poll; from the file if absent")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only read and recount")] = False,
) -> None:
    """Take an election held elsewhere in as an ended poll, and print its id."""
    from renovation.imports.polls.pabulib import read_pabulib
    from renovation.services.polls.elections import import_election, recount, suggested_title

    language = terminal_language()
    with refusals(language, file=file):
        election = read_pabulib(read_within(file), voters=True)
        counted = recount(election)
        said = "differs" if counted.differing else "agrees"
        names = tuple(counted.differing[:10])
        typer.echo(text(f"page_import_election.{said}", language, count=len(counted.differing), projects=names))
        if dry_run:
            return
        with opened_store() as store:
            wanted = title or suggested_title(election.instance) or file.stem
            poll = import_election(store, OPERATOR, election, title=wanted, source=file.name)
    typer.echo(poll.id)


def export(
    poll: Annotated[str, typer.Option(help="id of an ended poll")],
    out: Annotated[Path, typer.Option(help="file to write; a notice ending in .docx becomes a Word file")],
    format_: Annotated[
        Literal["xlsx", "csv", "gpkg", "geojson", "pb", "notice"], typer.Option("--format", help="kind of file")
    ] = "xlsx",
    lang: Annotated[Literal["zh-CN", "en"] | None, typer.Option(help="language of the file")] = None,
) -> None:
    """Write an ended poll's outcome to a file."""
    from renovation.exports.files.imprint import marked
    from renovation.services import lists
    from renovation.services.outcome.exports import ExportFormat, export_poll
    from renovation.services.polls.polls import get_poll

    language = Language(lang) if lang else terminal_language()
    wanted = ExportFormat(format_)
    if wanted is ExportFormat.NOTICE and out.suffix.lower() == ".docx":
        wanted = ExportFormat.NOTICE_DOCX
    with refusals(language), opened_store() as store:
        made = export_poll(store, OPERATOR, poll, wanted, language=language.value)
        content = marked(made, lists.office_at(store, get_poll(store, OPERATOR, poll).estate_id), language)[2]
    write_file(out, content, language)
