"""Surveys from door to door: what a campaign's doors add up to."""

from __future__ import annotations

from typing import Annotated

import typer

from renovation.cli.answers import OPERATOR, Format, FormatOption, opened_store, print_json, refusals, terminal_language
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
        found = survey_figures(store, OPERATOR, campaign)
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
