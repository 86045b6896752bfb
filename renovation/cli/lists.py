"""What a locality sets for itself, for scripts: show a list, write it to a workbook, take one in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from renovation.cli.answers import (
    OPERATOR,
    Format,
    FormatOption,
    opened_store,
    print_json,
    refusals,
    terminal_language,
    write_file,
)
from renovation.cli.imports import (
    NEEDS_A_YES,
    REFUSED,
    DryRun,
    File,
    LeaveEmpty,
    MeantOption,
    Yes,
    corrections_said,
    group,
    read_bytes,
    say_reading,
)
from renovation.errors import ImportRefusedError
from renovation.text import text

if TYPE_CHECKING:
    from renovation.model.lists import HeldList
    from renovation.store import Store

#: Written out, so that no start of a command has to load them; a test holds them against the lists there are.
WHICH = Literal[
    "deadlines",
    "departments",
    "replies",
    "holidays",
    "office",
    "thresholds",
    "deficits",
    "facilities",
    "benchmarks",
    "synonyms",
]
Which = Annotated[WHICH, typer.Argument(help="which list; deadlines are the categories of demands")]
PlaceOption = Annotated[
    str | None,
    typer.Option("--place", help="name or code of the district or subdistrict whose list it is, else the whole town's"),
]


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command("local-rules")(show)
    group.command("local-rules")(take)


def show(
    which: Which,
    place: PlaceOption = None,
    out: Annotated[Path | None, typer.Option("--out", help="workbook to write, to be edited and loaded again")] = None,
    format_: FormatOption = Format.TABLE,
) -> None:
    """Show what a place sets for itself (departments, categories, holidays …), or write it to a workbook."""
    from renovation.exports.files.imprint import marked
    from renovation.model.lists import LISTS
    from renovation.services.lists import export_list, office
    from renovation.text.lists import hidden_columns, shown_cell

    language = terminal_language()
    with refusals(language), opened_store() as store:
        held = _held(store, which, place)
        if out is not None:
            made = export_list(store, OPERATOR, held.kind, held.area_id)
            write_file(out, marked(made, office(store), language)[2], language)
            return
    if format_ is Format.JSON:
        lines = [dict(line) for line in held.lines]
        print_json({"list": which, "own": held.own, "version": held.version, "lines": lines})
        return
    shown = [one for one in LISTS[held.kind].columns if one.name not in hidden_columns(held.kind, language)]
    for line in held.lines:
        typer.echo("  ".join(cell for one in shown if (cell := shown_cell(one, line[one.name], language))))


def take(
    which: Which,
    file: File,
    place: PlaceOption = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    leave_empty: LeaveEmpty = False,
    meant: MeantOption = None,
    format_: FormatOption = Format.TABLE,
) -> None:
    """Take a list of local rules in (departments, categories, holidays …): it replaces what the place has."""
    from renovation.model.lists import differences
    from renovation.services.lists import read_list_file, save_list
    from renovation.text.lists import change_words

    language = terminal_language()
    with refusals(language, file=file, status=REFUSED), opened_store() as store:
        data, corrections = read_bytes(file), corrections_said(meant, leave_empty=leave_empty)
        held = _held(store, which, place)
        parsed = read_list_file(store, OPERATOR, held.kind, data, corrections=corrections)
        if parsed.faults:
            raise ImportRefusedError(parsed.faults)
        changes = differences(held.kind, held.lines, parsed.records)
        is_asked = say_reading(parsed, language, file) and not yes
        if changes and not (dry_run or is_asked):
            save_list(store, OPERATOR, held.kind, parsed.records, area_id=held.area_id, version=held.version)
    words = change_words(held.kind, changes, language)
    if format_ is Format.JSON:
        print_json(
            {
                "list": which,
                "taken": bool(changes) and not (dry_run or is_asked),
                "changes": [{"act": one.act, "line": one.line, "cells": list(one.cells)} for one in words],
            }
        )
    else:
        lines = ["  ".join([one.act, one.line, *one.cells]) for one in words]
        typer.echo("\n".join(lines) or text("list.file_same", language))
    raise typer.Exit(NEEDS_A_YES if is_asked else 0)


def _held(store: Store, which: str, place: str | None) -> HeldList:
    from renovation.model.lists import ListKind
    from renovation.services.lists import TOWN, read_list
    from renovation.services.register.areas.areas import find_area

    area_id = find_area(store, OPERATOR, place).id if place else TOWN
    return read_list(store, OPERATOR, ListKind(which), area_id)
