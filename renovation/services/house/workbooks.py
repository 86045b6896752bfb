"""One workbook for a district's whole register: a template to fill in, and all its sheets taken in as one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from renovation.errors import ConflictError, Fault, ImportRefusedError
from renovation.exports.files.tables import Exported, TableSheet, workbook
from renovation.imports.files.columns import Field
from renovation.imports.files.corrections import AS_IT_STANDS, Corrections
from renovation.imports.files.costs import SOURCES
from renovation.imports.files.files import read_file
from renovation.imports.files.headings import headings_of
from renovation.imports.files.results import CellChange, Findings, Parsed
from renovation.imports.files.sheets import is_blank
from renovation.imports.money import pots as pot_files
from renovation.imports.money import sources as source_files
from renovation.imports.projects import projects as project_files
from renovation.imports.register import areas as area_files
from renovation.imports.register import buildings as building_files
from renovation.imports.register import estates as estate_files
from renovation.imports.register import facilities as facility_files
from renovation.model.accounts import Action, Actor, require
from renovation.model.imports import ImportKind, ImportRecord, ImportSource
from renovation.model.names import fold
from renovation.services.money.estate_lists import import_estate_list
from renovation.services.money.money_lists import import_pot_list, import_source_list
from renovation.services.money.project_lists import import_project_list
from renovation.services.register.areas.imports import import_areas
from renovation.services.register.buildings import import_buildings
from renovation.services.register.facilities import import_facilities
from renovation.store import Connection, Store
from renovation.store.register import imports as imports_store
from renovation.text import Language, text


@dataclass(frozen=True, slots=True)
class _Part:
    """A sheet of the workbook: its fields, the columns a template shows, how it is read and who keeps it."""

    fields: Sequence[Field]
    shown: tuple[str, ...]
    parse: Callable[..., Parsed[Any]]
    take: Callable[..., ImportRecord]
    needs: Action = Action.IMPORT_PLACES


#: In the order in which each finds what the one before has brought.
PARTS: Mapping[ImportKind, _Part] = {
    ImportKind.AREAS: _Part(
        area_files.FIELDS,
        ("level", "code", "name", "county", "street", "community"),
        area_files.parse_areas,
        import_areas,
        Action.EDIT_AREAS,
    ),
    ImportKind.ESTATES: _Part(
        estate_files.FIELDS,
        (
            "code", "name", "district", "street", "community", "grid_code", "address", "built_year", "estate_type",
            "management_form", "buildings", "units", "households", "floor_area_m2", "elderly_share",
            "floors_without_lift", "deficits", "maintenance_fund_fen", "lon", "lat", "note",
        ),
        estate_files.parse_estates,
        import_estate_list,
    ),
    ImportKind.BUILDINGS: _Part(
        building_files.FIELDS,
        ("estate_code", "estate", "building", "floors", "has_lift", "stairwell", "doors"),
        building_files.parse_buildings,
        import_buildings,
    ),
    ImportKind.FACILITIES: _Part(
        facility_files.FIELDS,
        ("code", "name", "kind", "lon", "lat"),
        facility_files.parse_facilities,
        import_facilities,
    ),
    ImportKind.PROJECTS: _Part(
        project_files.FIELDS,
        (
            "code", "estate_code", "estate", "name", "item", "item_class", "quantity", "unit", "reviewed",
            "reviewed_on", "reviewed_document", "estimate", "estimate_on", "estimate_document", "cost", "cost_on",
            "cost_document", "self_raised", "self_share", *SOURCES, "why", "description",
        ),
        project_files.parse_projects,
        import_project_list,
        Action.EDIT_PROJECTS,
    ),
    ImportKind.POTS: _Part(
        pot_files.FIELDS,
        tuple(field.name for field in pot_files.FIELDS),
        pot_files.parse_pots,
        import_pot_list,
        Action.EDIT_POTS,
    ),
    ImportKind.SOURCES: _Part(
        source_files.FIELDS,
        tuple(field.name for field in source_files.FIELDS),
        source_files.parse_sources,
        import_source_list,
        Action.EDIT_MONEY,
    ),
}  # fmt: skip


_SHEETS = {
    ImportKind.AREAS: "区域",
    ImportKind.ESTATES: "小区",
    ImportKind.BUILDINGS: "楼栋和门牌",
    ImportKind.FACILITIES: "设施",
    ImportKind.PROJECTS: "项目",
    ImportKind.POTS: "资金台账",
    ImportKind.SOURCES: "项目资金来源",
}


#: What the names of offices' own sheets have in them; the first that fits.
_SOUNDS = {
    "楼栋": ImportKind.BUILDINGS,
    "门牌": ImportKind.BUILDINGS,
    "楼宇": ImportKind.BUILDINGS,
    "项目": ImportKind.PROJECTS,
    "设施": ImportKind.FACILITIES,
    "小区": ImportKind.ESTATES,
    "区域": ImportKind.AREAS,
    "区划": ImportKind.AREAS,
}
#: Sheets of a template that say how it is filled in.
_NOTES = frozenset(text("template.notes", language) for language in Language)


def brought(records: Mapping[ImportKind, ImportRecord]) -> int:
    """Return how many rows of all sheets bring something."""
    return sum(record.imported for record in records.values())


def sheet_name(kind: ImportKind) -> str:
    """Return what the sheet of a kind is called, in templates and in workbooks that are taken in."""
    return _SHEETS[kind]


def template(kinds: Sequence[ImportKind], language: Language) -> Exported:
    """Return a workbook to fill in: a sheet for each kind with its headings, and one that says how each is filled.

    It is everybody's: nothing of the store stands in it.
    """
    sheets = [TableSheet(name=sheet_name(kind), headings=_headings(kind), rows=()) for kind in kinds]
    said = [
        [sheet_name(kind), heading, text(f"template.{kind.value}.{name}", language)]
        for kind in kinds
        for name, heading in zip(PARTS[kind].shown, _headings(kind), strict=True)
    ]
    headings = [text(f"template.{name}", language) for name in ("sheet", "column", "how")]
    sheets.append(TableSheet(name=text("template.notes", language), headings=headings, rows=said))
    whole = kinds[0].value if len(kinds) == 1 else "workbook"
    return workbook(text("template.file", language, what=text(f"template.what.{whole}", language)), sheets)


def _headings(kind: ImportKind) -> list[str]:
    known = {field.name: field.headings[0] for field in PARTS[kind].fields}
    return [known[name] for name in PARTS[kind].shown]


def kinds_in(data: bytes) -> tuple[ImportKind, ...]:
    """Return the kinds of which a workbook has a sheet with rows; nothing for other files."""
    return tuple(_sheets_in(data)[0])


def _sheets_in(data: bytes) -> tuple[dict[ImportKind, str], tuple[str, ...]]:
    """Return each kind's sheet, by its name, and the sheets with rows that are no kind's."""
    if not data.startswith(b"PK"):
        return {}, ()
    filled = [
        sheet.name
        for sheet in read_file(data, Findings())
        if sheet.name and sum(any(not is_blank(cell) for cell in row.cells) for row in sheet.rows) > 1
    ]
    called = {fold(name): name for name in filled}
    # What is called as the template calls it goes before what only sounds like it.
    found = {kind: called[name] for kind in PARTS if (name := fold(sheet_name(kind))) in called}
    for name in filled:
        kind = next((kind for word, kind in _SOUNDS.items() if word in name), None)
        if kind is not None and kind not in found and name not in _NOTES and _fits(data, kind, name):
            found[kind] = name
    left = tuple(name for name in filled if name not in found.values() and name not in _NOTES)
    return {kind: found[kind] for kind in PARTS if kind in found}, left


def _fits(data: bytes, kind: ImportKind, name: str) -> bool:
    """Tell whether a sheet that sounds like a kind's has its columns: a name alone would refuse the whole workbook."""
    headings = set(map(fold, headings_of(data, PARTS[kind].fields, layer=name)))
    fields = [(one.required, bool(headings & set(map(fold, (one.name, *one.headings))))) for one in PARTS[kind].fields]
    return sum(there for _, there in fields) > 1 and all(there for needed, there in fields if needed)


def parse_workbook(
    data: bytes, *, datum: str, corrections: Callable[[ImportKind], Corrections] = lambda _: AS_IT_STANDS
) -> dict[ImportKind, Parsed[Any]]:
    """Read every sheet of a workbook that is called as the template calls it, to its end; name those that are left.

    Parameters
    ----------
    corrections
        What somebody decided about cells of the sheet of a kind.
    """
    sheets, left = _sheets_in(data)
    parts = {
        kind: _alone(PARTS[kind].parse(data, datum=datum, layer=name, corrections=corrections(kind)))
        for kind, name in sheets.items()
    }
    if left and parts:
        first = next(iter(parts))
        said = CellChange(code="sheet.left", before=left, after=len(left))
        parts[first] = replace(parts[first], changes=(said, *parts[first].changes))
    return parts


def _alone(parsed: Parsed[Any]) -> Parsed[Any]:
    """Leave out what a sheet by itself says of the others: they are read too."""
    return replace(parsed, changes=tuple(one for one in parsed.changes if one.code != "sheet.left"))


class _OneUnit:
    """A store whose units of work are all parts of one that is kept, or dropped, as a whole."""

    def __init__(self, unit: Any, store: Store) -> None:
        self._unit, self._store = unit, store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    @contextmanager
    def write(self) -> Iterator[Any]:
        """Yield the one unit; what is committed in it waits for the whole."""
        yield _PartOfUnit(self._unit.connection)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Yield the one unit's connection."""
        yield self._unit.connection


class _PartOfUnit:
    """A unit of work whose commit is left to the whole."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def commit(self) -> None:
        """Leave keeping to the whole."""


def import_workbook(
    store: Store,
    actor: Actor | None,
    parts: Mapping[ImportKind, Parsed[Any]],
    *,
    source: ImportSource,
    dry_run: bool = False,
    update: bool = False,
) -> dict[ImportKind, ImportRecord]:
    """Take the sheets of a workbook in, all of them or none; what they bring is taken back as one.

    Parameters
    ----------
    update
        The person's yes to changes of what the store holds, in any sheet.

    Raises
    ------
    ImportRefusedError
        One of the sheets has faults; every fault of every sheet is told that can be found.
    ConflictError
        ``import.update_needs_yes``, ``import.outline_needs_yes``; ``import.nothing_new``: no sheet brings anything.
    """
    for kind in parts:
        require(actor, PARTS[kind].needs)
    faults: list[Fault] = []
    records: dict[ImportKind, ImportRecord] = {}
    with store.write() as unit:
        one: Any = _OneUnit(unit, store)
        for kind, part in PARTS.items():
            if kind not in parts:
                continue
            # A sheet without anything new leaves nothing, not even its record.
            try:
                with unit.connection.begin_nested():
                    records[kind] = part.take(one, actor, parts[kind], source=source, dry_run=dry_run, update=update)
            except ImportRefusedError as error:
                faults += error.faults
            except ConflictError as error:
                if error.code != "import.nothing_new":
                    raise
        if faults:
            raise ImportRefusedError(tuple(faults))
        if not dry_run:
            if not records:
                raise ConflictError("import.nothing_new", count=sum(parsed.rows for parsed in parts.values()))
            if len(records) > 1:
                imports_store.join(unit.connection, [one.id for one in records.values() if one.id is not None])
            unit.commit()
    return records
