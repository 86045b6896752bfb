"""Deletion of what tells of persons, for a nightly job."""

from __future__ import annotations

from typing import Annotated

import typer

from renovation.cli.answers import OPERATOR, Format, FormatOption, opened_store, print_json, refusals, terminal_language
from renovation.text import text

DryRun = Annotated[bool, typer.Option("--dry-run", help="only say what is due")]


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("delete-personal-data")(delete_personal_data)


def delete_personal_data(dry_run: DryRun = False, format_: FormatOption = Format.TABLE) -> None:
    """Mask contact details and delete photos of demands whose term of keeping is over."""
    from renovation.services.house import retention

    language = terminal_language()
    with refusals(language), opened_store() as store:
        if dry_run:
            held = retention.read_retention(store, OPERATOR)
            report = {"days": held.days, "demands": held.demands, "photos": held.photos}
            said = text("retention.due", language, demands=held.demands, photos=held.photos)
        else:
            done = retention.delete_due(store, OPERATOR)
            report = {"demands": done.demands, "texts": done.texts, "photos": done.photos}
            said = text("retention.deleted", language, **report)
            if not done.swept:
                said += text("retention.not_swept", language)
    if format_ is Format.JSON:
        print_json(report)
    else:
        typer.echo(said)
