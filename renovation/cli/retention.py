"""Deletion of what tells of persons, for a nightly job."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from renovation.cli.operator import OPERATOR, opened_store
from renovation.cli.system import terminal_language
from renovation.errors import RenovationError
from renovation.model.canonical import to_json
from renovation.text import error_text, text

Format = Annotated[Literal["table", "json"], typer.Option("--format")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="only say what is due")]


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("delete-personal-data")(delete_personal_data)


def delete_personal_data(dry_run: DryRun = False, format_: Format = "table") -> None:
    """Mask contact details and delete photos of demands whose term of keeping is over."""
    from renovation.services.house import retention

    language = terminal_language()
    try:
        with opened_store() as store:
            if dry_run:
                held = retention.read_retention(store, OPERATOR)
                report = {"days": held.days, "demands": held.demands, "photos": held.photos}
                said = text("retention.due", language, demands=held.demands, photos=held.photos)
            else:
                done = retention.delete_due(store, OPERATOR)
                report = {"demands": done.demands, "texts": done.texts, "photos": done.photos}
                said = text("retention.deleted", language, **report)
    except RenovationError as error:
        typer.echo(error_text(error, language), err=True)
        raise typer.Exit(2) from None
    typer.echo(to_json(report) if format_ == "json" else said)
