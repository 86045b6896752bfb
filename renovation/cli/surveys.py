"""Surveys from door to door: what a campaign's doors add up to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from renovation.cli.answers import (
    OPERATOR,
    Format,
    FormatOption,
    opened_store,
    print_json,
    refusals,
    tell_progress,
    terminal_language,
    write_file,
)
from renovation.cli.imports import REFUSED, DryRun, File, read_bytes
from renovation.model.imports import ImportSource
from renovation.text import text
from renovation.text.formats import format_percent

group = typer.Typer(help="Surveys from door to door.", no_args_is_help=True)
Campaign = Annotated[int, typer.Option("--campaign", help="number of the survey")]


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.add_typer(group, name="survey")


@group.command("figures")
def write_figures(campaign: Campaign, format_: FormatOption = Format.TABLE) -> None:
    """Say what the doors of a survey add up to: coverage, willingness, answers, who is missing."""
    from renovation.services.surveys import campaigns
    from renovation.services.surveys.figures import survey_figures

    language = terminal_language()
    with refusals(language), opened_store() as store:
        file = campaigns.survey_file(store, OPERATOR, campaign)
        found = survey_figures(store, OPERATOR, campaign, by_place=None)
    if format_ is Format.JSON:
        print_json(found)
        return
    for one in found.estates:
        typer.echo(
            text(
                "command.survey.line",
                language,
                place=file.estates[one.id],
                answered=one.answered,
                doors=one.doors,
                coverage=format_percent(one.coverage, language),
                willing="—" if one.willing is None else format_percent(one.willing.share, language),
            )
        )


@group.command("import")
def take_visits(file: File, campaign: Campaign, dry_run: DryRun = False, format_: FormatOption = Format.TABLE) -> None:
    """Take the visits of a KoboToolbox or ODK export (CSV, XLSX), all or none; those known already are recognised."""
    from renovation.services.surveys.fieldwork import import_visits, read_visits

    language = terminal_language()

    def say(done: int, whole: int) -> None:
        tell_progress(text("command.survey.progress", language, done=done, whole=whole), last=done == whole)

    with refusals(language, file=file, status=REFUSED), opened_store() as store:
        data = read_bytes(file)
        rows = read_visits(store, OPERATOR, campaign, data)
        source = ImportSource.of(file.name, data)
        found = import_visits(store, OPERATOR, campaign, rows, source=source, dry_run=dry_run, progress=say)
    if format_ is Format.JSON:
        print_json(found)
        return
    typer.echo(
        text(
            "survey.fieldwork.taken_trial" if dry_run else "survey.fieldwork.taken",
            language,
            rows=found.rows,
            recorded=found.recorded,
            recognised=found.recognised,
            twice=found.asked_twice,
            moved=found.moved,
        )
    )


@group.command("xlsform")
def write_xlsform(campaign: Campaign, out: Annotated[Path, typer.Option("--out", help="workbook to write")]) -> None:
    """Write the survey's form as XLSForm for KoboToolbox or ODK, with its doors to choose from."""
    from renovation.exports.files.imprint import marked
    from renovation.services.lists import office
    from renovation.services.surveys.fieldwork import form_for_field

    language = terminal_language()
    with refusals(language, file=out), opened_store() as store:
        content = marked(form_for_field(store, OPERATOR, campaign), office(store), language)[2]
    write_file(out, content, language)
