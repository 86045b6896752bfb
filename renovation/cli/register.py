"""The register as a whole: templates to fill in, and one workbook that brings everything."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from renovation.cli.answers import (
    OPERATOR,
    Format,
    FormatOption,
    opened_store,
    print_json,
    refusals,
    say_notes,
    terminal_language,
)
from renovation.cli.imports import (
    NEEDS_A_YES,
    REFUSED,
    DatumOption,
    DryRun,
    File,
    LeaveEmpty,
    MeantOption,
    Yes,
    corrections_said,
    group,
    read_bytes,
)
from renovation.text import fault_text, text

What = Annotated[
    Literal["areas", "estates", "buildings", "facilities", "all"], typer.Argument(help="which list, or all in one")
]
Folder = Annotated[Path, typer.Option("--out", help="folder to write into")]


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command("template")(write_template)
    group.command("workbook", help="Take in a workbook with sheets of areas, estates, buildings, facilities.")(workbook)


def write_template(what: What = "all", out: Folder = Path()) -> None:
    """Write a list to fill in, with a sheet that says how."""
    from renovation.model.imports import ImportKind
    from renovation.services.house import workbooks

    language = terminal_language()
    kinds = list(workbooks.PARTS) if what == "all" else [ImportKind(what)]
    name, _, content = workbooks.template(kinds, language)
    with refusals(language):
        (out / name).write_bytes(content)
    typer.echo(str(out / name))


def workbook(
    file: File,
    datum: DatumOption,
    dry_run: DryRun = False,
    yes: Yes = False,
    leave_empty: LeaveEmpty = False,
    meant: MeantOption = None,
    format_: FormatOption = Format.TABLE,
) -> None:
    """Take the sheets of a workbook in, all or none."""
    from renovation.model.imports import ImportSource
    from renovation.services.house import workbooks
    from renovation.services.house.updates import effect_lines

    language = terminal_language()
    with refusals(language, status=REFUSED), opened_store() as store:
        data, corrections = read_bytes(file), corrections_said(meant, leave_empty=leave_empty)
        parts = workbooks.parse_workbook(data, datum=datum, corrections=lambda _: corrections)
        for parsed in parts.values():
            say_notes(parsed.changes, language, file)
        source = ImportSource.of(file.name, data)
        trial = workbooks.import_workbook(store, OPERATOR, parts, source=source, dry_run=True)
        asked = [fault for parsed in parts.values() for fault in parsed.warnings]
        asked += [fault for record in trial.values() for fault in record.questions]
        is_asked = bool(asked) or any(record.updates for record in trial.values())
        taken = trial
        goes = not dry_run and (yes or not is_asked)
        if goes:
            taken = workbooks.import_workbook(store, OPERATOR, parts, source=source, update=is_asked)
    lines = [fault_text(fault, language) for fault in asked]
    lines += [line for record in trial.values() for line in effect_lines(record.effects, language)]
    counts = {kind.value: record.imported for kind, record in taken.items()}
    if format_ is Format.JSON:
        print_json({"taken": goes, "imported": counts, "lines": lines})
    else:
        said = [
            text("workbook.part", language, kind=text(f"enum.ImportKind.{kind}", language), count=count)
            for kind, count in counts.items()
        ]
        typer.echo("\n".join([*lines, *said]))
    raise typer.Exit(NEEDS_A_YES if is_asked and not yes else 0)
