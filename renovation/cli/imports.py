"""Commands that take files in: parse, print what was found, and keep it when it may be kept."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from renovation.cli.answers import (
    OPERATOR,
    Format,
    FormatOption,
    opened_store,
    print_json,
    read_within,
    refusals,
    say_notes,
    terminal_language,
)
from renovation.config import read_settings
from renovation.errors import Fault, ImportRefusedError, InvalidError, RenovationError
from renovation.model.imports import ImportKind, ImportSource
from renovation.text import Language, both, error_text, fault_text, place_text, text

if TYPE_CHECKING:
    from renovation.imports.files.corrections import Corrections
    from renovation.imports.files.located import Extent
    from renovation.imports.files.results import CellChange, Parsed, Place
    from renovation.model.areas import AreaEffects
    from renovation.model.imports import RecordUpdate
    from renovation.store import Store

#: Other nouns add their own command here.
group = typer.Typer(no_args_is_help=True, help="Take a file into the store.")

TAKEN, REFUSED, NEEDS_A_YES = 0, 2, 3
#: Values of ``imports.files.results.FileVerdict``, which no start of a command should have to load.
WARN, REFUSE = "WARN", "REFUSE"
#: Where the verb of each kind stands.
_SERVICES = {
    "areas": ("register.areas.imports", "import_areas"),
    "estates": ("money.estate_lists", "import_estate_list"),
    "buildings": ("register.buildings", "import_buildings"),
    "streets": ("register.imports", "import_streets"),
    "facilities": ("register.facilities", "import_facilities"),
    "demands": ("demands.imports", "import_demands"),
    "projects": ("money.project_lists", "import_project_list"),
    "pots": ("money.money_lists", "import_pot_list"),
    "sources": ("money.money_lists", "import_source_list"),
}

File = Annotated[Path, typer.Argument(help="file to read")]
DatumOption = Annotated[str, typer.Option("--datum", help="wgs84, cgcs2000, gcj02, bd09 or EPSG:n")]
MapOption = Annotated[list[str] | None, typer.Option("--map", help="COLUMN=FIELD; may be repeated")]
LayerOption = Annotated[str | None, typer.Option("--layer", help="sheet, layer or shapefile to read")]
LevelOption = Annotated[
    Literal["city", "county", "street", "community", "grid"] | None,
    typer.Option("--level", help="what the areas are; left out, names and codes tell"),
]
BoundaryOption = Annotated[Path | None, typer.Option("--boundary", help="GeoJSON outline of the project, in CGCS2000")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="only say what would be taken")]
LeaveEmpty = Annotated[
    bool,
    typer.Option("--leave-empty", help="leave cells that cannot be read empty; a note keeps what stood there"),
]
MeantOption = Annotated[
    list[str] | None, typer.Option("--meant", help="COLUMN:WORD=MEANT or COLUMN@ROW=MEANT; may be repeated")
]
Yes = Annotated[bool, typer.Option("--yes", help="take it although it needs a yes")]


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.add_typer(group, name="import")


def _command(kind: str, says: str) -> None:
    if kind == "areas":
        group.command(kind, help=says)(_take_areas)
        return

    def take(
        file: File, datum: DatumOption, columns: MapOption = None, layer: LayerOption = None,
        boundary: BoundaryOption = None, dry_run: DryRun = False, yes: Yes = False,
        leave_empty: LeaveEmpty = False, meant: MeantOption = None, format_: FormatOption = Format.TABLE,
    ) -> None:  # fmt: skip
        said = _Said(columns or [], layer, boundary, meant or [], leave_empty)
        _take(kind, file, datum, said, dry_run=dry_run, yes=yes, format_=format_)

    group.command(kind, help=says)(take)


def _take_areas(
    file: File, datum: DatumOption, level: LevelOption = None, columns: MapOption = None, layer: LayerOption = None,
    dry_run: DryRun = False, yes: Yes = False, leave_empty: LeaveEmpty = False, meant: MeantOption = None,
    format_: FormatOption = Format.TABLE,
) -> None:  # fmt: skip
    from renovation.model.places import AreaLevel

    stated = {"level": AreaLevel(level)} if level else {}
    said = _Said(columns or [], layer, None, meant or [], leave_empty, stated)
    _take("areas", file, datum, said, dry_run=dry_run, yes=yes, format_=format_)


for _kind, _says in (
    ("areas", "Take in districts, subdistricts, communities or grids, with or without outlines."),
    ("estates", "Take in estates from GeoJSON, GeoPackage, KML, a zipped Shapefile, CSV or XLSX."),
    ("buildings", "Take in buildings, stairwells and doors of registered estates."),
    ("demands", "Take in a list of demands."),
    ("facilities", "Take in facilities that serve households."),
    ("streets", "Take in a street layer."),
):
    _command(_kind, _says)


def _list_command(kind: str, says: str) -> None:
    """Add the command of a list that has no coordinates."""

    def take(
        file: File, columns: MapOption = None, layer: LayerOption = None, dry_run: DryRun = False, yes: Yes = False,
        leave_empty: LeaveEmpty = False, meant: MeantOption = None, format_: FormatOption = Format.TABLE,
    ) -> None:  # fmt: skip
        said = _Said(columns or [], layer, None, meant or [], leave_empty)
        _take(kind, file, "", said, dry_run=dry_run, yes=yes, format_=format_)

    group.command(kind, help=says)(take)


for _kind, _says in (
    ("projects", "Take in a list of projects, or the estimates, reviews and sources of known ones."),
    ("pots", "Take in the pots of money of a year: name, year, amount, and what each may pay for."),
    ("sources", "Take in what projects are promised, by which pot or source."),
):
    _list_command(_kind, _says)


@group.command("payments", help="Take in a list of payments: project, pot or source, amount, day, document.")
def take_payments(
    file: File, dry_run: DryRun = False, yes: Yes = False, leave_empty: LeaveEmpty = False, meant: MeantOption = None,
    format_: FormatOption = Format.TABLE,
) -> None:  # fmt: skip
    """Record what has arrived for projects, all or none."""
    from renovation.imports.money.payments import parse_payments
    from renovation.services.money.payments import import_payments

    language = terminal_language()
    with refusals(language, file=file, status=REFUSED), opened_store() as store:
        corrections = corrections_said(meant, leave_empty=leave_empty)
        parsed = parse_payments(read_bytes(file), corrections=corrections)
        is_asked = say_reading(parsed, language, file) and not yes
        taken = import_payments(store, OPERATOR, parsed, dry_run=dry_run or is_asked)
    if format_ is Format.JSON:
        print_json(
            {"rows": parsed.rows, "recorded": taken.recorded, "recognised": taken.recognised, "fen": taken.amount}
        )
    else:
        typer.echo(
            text("command.import.payments", language, count=taken.recorded, sum=taken.amount, known=taken.recognised)
        )
    raise typer.Exit(NEEDS_A_YES if is_asked else TAKEN)


@group.command("prices", help="Take in a price book: its lines replace those of the same place, year and item.")
def take_prices(
    file: File,
    place: Annotated[str, typer.Option("--place", help="place of the book, where the file does not say")] = "",
    year: Annotated[int | None, typer.Option("--year", help="year of the book, where the file does not say")] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    leave_empty: LeaveEmpty = False,
    meant: MeantOption = None,
    format_: FormatOption = Format.TABLE,
) -> None:
    """Take a workbook of prices in, all its lines or none."""
    from renovation.services.projects.prices import import_prices, read_workbook

    language = terminal_language()
    with refusals(language, file=file, status=REFUSED), opened_store() as store:
        data, corrections = read_bytes(file), corrections_said(meant, leave_empty=leave_empty)
        parsed = read_workbook(store, OPERATOR, data, locality=place or None, year=year, corrections=corrections)
        is_asked = say_reading(parsed, language, file) and not yes
        source = ImportSource.of(file.name, data)
        taken = import_prices(store, OPERATOR, parsed, source=source, dry_run=dry_run or is_asked)
    counts = {"changed": len(taken.changed), "added": len(taken.added), "same": taken.same}
    book = {"locality": taken.book.locality, "year": taken.book.year}
    if format_ is Format.JSON:
        print_json({**book, **counts})
    else:
        typer.echo(text("prices.trial", language, **book, **counts))
    raise typer.Exit(NEEDS_A_YES if is_asked else TAKEN)


def say_reading(parsed: Parsed[Any], language: Language, file: Path) -> bool:
    """Say on stderr how a file was understood and what it asks about; tell whether it needs a yes."""
    say_notes(parsed.changes, language, file)
    for fault in parsed.warnings:
        typer.echo(fault_text(fault, language), err=True)
    return bool(parsed.warnings)


def read_bytes(file: Path) -> bytes:
    """Return a file's content.

    Raises
    ------
    ImportRefusedError
        It is larger than any list.
    InvalidError
        ``import.cannot_read``.
    """
    from renovation.imports.files.files import MAX_BYTES

    try:
        return read_within(file, MAX_BYTES)
    except OSError:
        raise InvalidError("import.cannot_read", path=str(file)) from None


#: Where the readers of lists stand that are not the register's, and which of them name places without coordinates.
_WINGS = {"demands": "demands", "projects": "projects", "pots": "money", "sources": "money"}
_UNPLACED = ("projects", "pots", "sources")


def parse(kind: str, data: bytes, **options: Any) -> Parsed[Any]:
    """Read a file of areas, estates, demands, facilities or streets to its end."""
    wing = _WINGS.get(kind, "register")
    parser = getattr(importlib.import_module(f"renovation.imports.{wing}.{kind}"), f"parse_{kind}")
    found: Parsed[Any] = parser(data, **options)
    return found


@dataclass(frozen=True)
class _Said:
    """How a file is to be read, as said on the command line."""

    columns: list[str]
    layer: str | None
    boundary: Path | None
    meant: list[str]
    leave_empty: bool
    stated: Mapping[str, Any] = field(default_factory=dict)


def _take(
    kind: str,
    file: Path,
    datum: str,
    said: _Said,
    *,
    dry_run: bool,
    yes: bool,
    format_: Format,
) -> None:
    language = terminal_language()
    try:
        data = read_bytes(file)
        found = parse(
            kind,
            data,
            datum=datum,
            mapping=_mapping(said.columns),
            layer=said.layer,
            corrections=corrections_said(said.meant, leave_empty=said.leave_empty),
            **({} if kind in _UNPLACED else {"area": _area(kind, said.boundary)}),
            **said.stated,
        )
    except RenovationError as error:
        raise _refused(error, format_, language) from None
    taken = _Taken(read=found, faults=list(found.faults or found.warnings), verdict=found.verdict.value)
    if not dry_run or _store_exists():
        try:
            _keep(kind, found, ImportSource.of(file.name, data), taken, dry_run=dry_run, yes=yes)
        except RenovationError as error:
            raise _refused(error, format_, language) from None
    report = _report(taken)
    if format_ is Format.JSON:
        print_json(report)
    else:
        typer.echo(_read_as(file, found, language) + _table(report, language))
    needs_a_yes = taken.verdict == WARN and not yes
    raise typer.Exit(REFUSED if taken.verdict == REFUSE else NEEDS_A_YES if needs_a_yes else TAKEN)


def _refused(error: RenovationError, format_: Format, language: Language) -> typer.Exit:
    """Say why nothing was read or kept, in the shape that was asked for."""
    if isinstance(error, ImportRefusedError):
        faults = [_placed(fault) for fault in error.faults]
    else:
        said = {one.value: error_text(error, one) for one in Language}
        faults = [{**_placed_at(Fault(error.code)), "code": error.code, "text": said}]
    if format_ is Format.JSON:
        print_json({"verdict": REFUSE, "rows": 0, "imported": 0, "recognised": 0, "faults": faults, "changes": []})
    else:
        for fault in faults:
            typer.echo(fault["text"][language.value], err=True)
    return typer.Exit(REFUSED)


@dataclass
class _Taken:
    """What has become of a file so far; ``read`` holds what the register answered too."""

    read: Parsed[Any]
    faults: list[Fault]
    verdict: str
    imported: int = 0
    recognised: int = 0
    updates: list[dict[str, Any]] = field(default_factory=list)
    effects: AreaEffects | None = None


def _store_exists() -> bool:
    """Tell whether there is a store to ask; a dry run makes none."""
    url = read_settings().database_url
    return not url.startswith("sqlite:///") or Path(url.removeprefix("sqlite:///")).is_file()


def _keep(kind: str, found: Parsed[Any], source: ImportSource, taken: _Taken, *, dry_run: bool, yes: bool) -> None:
    """Ask the store what it says to a file, and hand it the records, all or nothing, when they may be kept."""
    module, verb = _SERVICES[kind]
    service = getattr(importlib.import_module(f"renovation.services.{module}"), verb)
    from renovation.services.register.imports import note_refusal

    with opened_store() as store:
        try:
            trial = service(store, OPERATOR, found, source=source, dry_run=True)
            taken.read = found.with_answers(trial)
            taken.faults, taken.verdict = list(taken.read.warnings), taken.read.verdict.value
            taken.updates = [_updated(store, ImportKind(kind), found, update) for update in trial.updates]
            taken.recognised = trial.recognised
            taken.effects = trial.effects
            if (before := trial.same_as) is not None:
                taken.faults.append(Fault("import.same_file", fields={"when": before.at, "by": before.login}))
            if taken.updates or before is not None:
                taken.verdict = WARN
            if not dry_run and trial.imported and (taken.verdict != WARN or yes):
                agreed = {"update": True} if taken.updates or trial.questions else {}
                again = {"again": True} if before is not None else {}
                taken.imported = service(store, OPERATOR, found, source=source, **agreed, **again).imported
        except ImportRefusedError as error:
            taken.faults, taken.verdict = list(error.faults), REFUSE
            if not dry_run:
                note_refusal(store, OPERATOR, ImportKind(kind), source, error.faults)


def _updated(store: Store, kind: ImportKind, found: Parsed[Any], update: RecordUpdate) -> dict[str, Any]:
    """Return what a row changes of what the store holds, as one of the report's changes."""
    from renovation.services.house.updates import update_text

    return {
        **_placed_at(found.place(update.row)),
        "code": "register.update",
        "before": {name: pair[0] for name, pair in update.fields.items()},
        "after": {name: pair[1] for name, pair in update.fields.items()},
        "text": {language.value: update_text(store, OPERATOR, kind, update, language) for language in Language},
    }


def _mapping(pairs: list[str]) -> dict[str, str]:
    mapping = {}
    for pair in pairs:
        column, sign, name = pair.rpartition("=")
        if not sign or not column:
            raise InvalidError("import.bad_map", value=pair)
        mapping[column] = name
    return mapping


def corrections_said(meant: list[str] | None, *, leave_empty: bool) -> Corrections:
    """Return what is said on the command line about cells that cannot be read.

    Raises
    ------
    InvalidError
        ``import.bad_meant``.
    """
    from renovation.imports.files.corrections import Corrections

    cells, words = {}, {}
    for one in meant or ():
        place, sign, value = one.rpartition("=")
        column, of_row, row = place.rpartition("@")
        heading, of_word, word = place.partition(":")
        if sign and of_row and row.isascii() and row.isdecimal():
            cells[column, int(row)] = value
        elif sign and of_word and heading and word:
            words[heading, word] = value
        else:
            raise InvalidError("import.bad_meant", value=one)
    return Corrections(cells=cells, words=words, leave_empty=leave_empty)


def _area(kind: str, boundary: Path | None) -> Extent:
    """Return where places may lie: inside the outline given, or else the counties of the store; streets lead beyond."""
    from renovation.imports.files.located import CHINA, Extent

    if boundary is None:
        if kind in ("areas", "streets") or not _store_exists():
            return CHINA
        from renovation.services.register.imports import project_area

        with opened_store() as store:
            return project_area(store, OPERATOR)
    import shapely

    from renovation.geo import checks
    from renovation.imports.files.files import read_file
    from renovation.imports.files.results import Findings

    findings = Findings()
    outlines = []
    for sheet in read_file(read_bytes(boundary), findings):
        for row in sheet.rows:
            outlines.append(shapely.force_2d(row.geometry))
            if (wrong := checks.check(row.geometry, kinds=("polygon",))) is not None:
                findings.fault(f"geometry.{wrong.problem.value}", sheet.place(row.number), **wrong.fields)
    if findings.faulty:
        raise ImportRefusedError(findings.all_faults())
    return Extent(boundary=shapely.union_all(outlines))


def _report(taken: _Taken) -> dict[str, Any]:
    """Return what is printed; ``faults`` are what refuses the file or, under WARN, what needs a yes."""
    return {
        "verdict": taken.verdict,
        "rows": taken.read.rows,
        "imported": taken.imported,
        "recognised": taken.recognised,
        "faults": [_placed(fault) for fault in taken.faults],
        "changes": [_changed(change) for change in taken.read.changes] + taken.updates,
        "areas": {one.value: _effects(taken.effects, one) for one in Language},
    }


def _effects(effects: AreaEffects | None, language: Language) -> list[str]:
    from renovation.services.house.updates import effect_lines

    return [] if effects is None else effect_lines(effects, language)


_AT = ("sheet", "row", "column", "feature")


def _placed_at(place: Fault | Place) -> dict[str, Any]:
    return {name: getattr(place, name) for name in _AT}


def _placed(fault: Fault) -> dict[str, Any]:
    said = {language.value: fault_text(fault, language) for language in Language}
    return {**_placed_at(fault), "also": list(fault.also), "code": fault.code, "text": said}


def _changed(change: CellChange) -> dict[str, Any]:
    return {
        **_placed_at(change.place),
        "also": list(change.also),
        "code": change.code,
        "before": change.before,
        "after": change.after,
        "text": both(f"change.{change.code}", before=change.before, after=change.after),
    }


def _read_as(file: Path, found: Parsed[Any], language: Language) -> str:
    """Return how a file was read, as the first line of a table."""
    known = {"encoding": found.encoding, "sheet": found.sheet, "datum": found.datum}
    parts = [text(f"command.import.read_as_{name}", language, value=value) for name, value in known.items() if value]
    return text("command.import.read_as", language, file=file.name, parts=tuple(parts)) + "\n" if parts else ""


def _table(report: Mapping[str, Any], language: Language) -> str:
    lines = [text(f"command.import.verdict.{report['verdict'].lower()}", language, rows=report["rows"])]
    lines += [f"  {entry['text'][language.value]}" for entry in report["faults"]]
    for entry in report["changes"][:50]:
        rows = tuple(entry.get("also", ()))
        at = place_text(Fault("", **{name: entry[name] for name in _AT}, also=rows), language)
        said = entry["text"][language.value]
        lines.append("  " + (text("fault.placed", language, place=at, said=said) if at else said))
    if len(report["changes"]) > 50:
        lines.append("  " + text("change.more", language, before="", after=len(report["changes"]) - 50))
    lines += [f"  {line}" for line in report["areas"][language.value]]
    if report["recognised"]:
        lines.append(text("command.import.recognised", language, count=report["recognised"]))
    if report["imported"]:
        lines.append(text("command.import.taken", language, count=report["imported"]))
    return "\n".join(lines)
