"""Documents of a scenario, written from the command line."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from renovation.cli.answers import OPERATOR, opened_store, refusals, terminal_language, write_file
from renovation.errors import NotFoundError
from renovation.model.clock import day_of, today
from renovation.model.names import name_key
from renovation.text import Language


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("documents")(documents)


def documents(
    out: Annotated[Path, typer.Option(help="file to write")],
    scenario: Annotated[str, typer.Option(help="name or id of a scenario; the adopted one if absent")] = "",
    document: Annotated[
        Literal["list", "roll_up", "notice", "memo", "layers", "package"], typer.Option(help="what to write")
    ] = "package",
    day: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="date on the documents; today")] = None,
    office: Annotated[str, typer.Option(help="who issues them")] = "",
    phone: Annotated[str, typer.Option(help="where objections are taken")] = "",
    lang: Annotated[Literal["zh-CN", "en"] | None, typer.Option(help="language of the documents")] = None,
) -> None:
    """Write a programme's documents: list, roll-up, notice, memo, layers, or all in one package.

    Raises
    ------
    NotFoundError
        ``scenario.unknown``.
    """
    from renovation.exports.files.imprint import marked
    from renovation.exports.programme.source import PaperDetails
    from renovation.services import lists
    from renovation.services.programme.documents import ProgrammeDocument, city_name, export_programme
    from renovation.services.programme.programme import adopted, list_scenarios

    language = Language(lang) if lang else terminal_language()
    with refusals(language), opened_store() as store:
        if scenario:
            known = list_scenarios(store, OPERATOR)
            alike = [one.id for one in known if scenario in (one.id, one.name)]
            alike += [one.id for one in known if name_key(one.name) == name_key(scenario)]
            found = next(iter(alike), None)
        else:
            held = adopted(store, OPERATOR)
            found = held.id if held else None
        if found is None:
            raise NotFoundError("scenario.unknown", id=scenario)
        details = PaperDetails(
            day=day_of(day) if day else today(),
            office=office,
            phone=phone,
            city=city_name(store, OPERATOR),
        )
        made = export_programme(store, OPERATOR, found, ProgrammeDocument(document), details=details, language=language)
        content = marked(made, lists.office(store), language)[2]
    write_file(out, content, language)
