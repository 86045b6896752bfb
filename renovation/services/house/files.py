"""Lists and workbooks from their bytes to the register: how each kind is read, and who keeps it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from renovation.imports.demands import demands as demand_files
from renovation.imports.files.columns import Field
from renovation.imports.files.corrections import AS_IT_STANDS, Corrections, Decided
from renovation.imports.files.located import CHINA, Extent
from renovation.imports.files.results import Parsed
from renovation.imports.money import pots as pot_files
from renovation.imports.money import sources as source_files
from renovation.imports.projects import projects as project_files
from renovation.imports.register import areas as area_files
from renovation.imports.register import buildings as building_files
from renovation.imports.register import estates as estate_files
from renovation.imports.register import facilities as facility_files
from renovation.imports.register import streets as street_files
from renovation.model.accounts import Action, Actor
from renovation.model.imports import ImportKind, ImportRecord, ImportSource
from renovation.model.intake import Subtype
from renovation.model.places import AreaLevel
from renovation.services.demands.demands import subtypes
from renovation.services.demands.imports import import_demands
from renovation.services.house import workbooks
from renovation.services.money import estate_lists
from renovation.services.money.money_lists import import_pot_list, import_source_list
from renovation.services.money.project_lists import import_project_list
from renovation.services.register import imports
from renovation.services.register.areas.imports import import_areas
from renovation.services.register.buildings import import_buildings
from renovation.services.register.facilities import import_facilities
from renovation.store import Store


@dataclass(frozen=True, slots=True)
class FileKind:
    """What one kind of file needs: its fields, its parser and the service that keeps it."""

    fields: Sequence[Field]
    parse: Callable[..., Parsed[Any]]
    take: Callable[..., ImportRecord]
    needs: Action = Action.IMPORT_PLACES
    located: bool = True


KINDS = {
    ImportKind.AREAS: FileKind(area_files.FIELDS, area_files.parse_areas, import_areas, Action.EDIT_AREAS),
    ImportKind.ESTATES: FileKind(estate_files.FIELDS, estate_files.parse_estates, estate_lists.import_estate_list),
    ImportKind.BUILDINGS: FileKind(building_files.FIELDS, building_files.parse_buildings, import_buildings),
    ImportKind.DEMANDS: FileKind(demand_files.FIELDS, demand_files.parse_demands, import_demands),
    ImportKind.FACILITIES: FileKind(facility_files.FIELDS, facility_files.parse_facilities, import_facilities),
    ImportKind.PROJECTS: FileKind(
        project_files.FIELDS, project_files.parse_projects, import_project_list, Action.EDIT_PROJECTS, located=False
    ),
    ImportKind.POTS: FileKind(pot_files.FIELDS, pot_files.parse_pots, import_pot_list, Action.EDIT_POTS, located=False),
    ImportKind.SOURCES: FileKind(
        source_files.FIELDS, source_files.parse_sources, import_source_list, Action.EDIT_MONEY, located=False
    ),
    ImportKind.STREETS: FileKind(street_files.FIELDS, street_files.parse_streets, imports.import_streets),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTask:
    """A file that is to be taken in, and everything that somebody said of it.

    Attributes
    ----------
    kind
        What list it is; ``None`` is a workbook of several.
    mapping
        The person's own matching: heading → field.
    decided
        What somebody decided about single cells, per kind of list.
    agreed
        What somebody said yes to: ``update``, ``again``.
    data
        The file.
    parsed
        What was read from it already (kind → records), where it is still at hand.
    """

    kind: ImportKind | None
    filename: str
    datum: str = ""
    mapping: Mapping[str, str] = field(default_factory=dict)
    layer: str | None = None
    level: AreaLevel | None = None
    decided: Mapping[ImportKind, Decided] = field(default_factory=dict)
    agreed: Mapping[str, bool] = field(default_factory=dict)
    data: bytes = b""
    parsed: Any = field(default=None, compare=False)

    def corrections(self, kind: ImportKind) -> Corrections:
        """Return what somebody decided about cells of a list of a kind."""
        return Corrections.of(self.decided[kind]) if kind in self.decided else AS_IT_STANDS


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenIn:
    """How many rows of a file brought something, per kind of list."""

    counts: Mapping[ImportKind, int]


def parse_list(task: FileTask, area: Extent, known: tuple[Subtype, ...]) -> Parsed[Any]:
    """Read one list.

    Parameters
    ----------
    area
        Where its places may lie.
    known
        What demands may be about.
    """
    assert task.kind is not None
    kind = KINDS[task.kind]
    stated: dict[str, Any] = {"level": task.level} if task.kind is ImportKind.AREAS else {}
    stated |= {"subtypes": known} if task.kind is ImportKind.DEMANDS else {}
    stated |= {"area": area} if kind.located else {}
    stated |= {"mapping": dict(task.mapping), "corrections": task.corrections(task.kind)}
    return kind.parse(task.data, datum=task.datum, layer=task.layer, **stated)


def area_of(store: Store, actor: Actor | None, kind: ImportKind) -> Extent:
    """Return where the places of a list may lie: streets lead out of the city, and areas are what bounds it."""
    return CHINA if kind in (ImportKind.AREAS, ImportKind.STREETS) else imports.project_area(store, actor)


def take_file(store: Store, actor: Actor | None, task: FileTask) -> TakenIn:
    """Take a list or a workbook in, whole or not at all.

    Raises
    ------
    ImportRefusedError
        It has faults, by itself or beside the register; nothing is kept.
    ConflictError
        ``import.update_needs_yes``, ``import.outline_needs_yes``, ``import.same_file``, ``import.nothing_new``.
    """
    source = ImportSource.of(task.filename, task.data)
    if task.kind is None:
        parts = task.parsed or workbooks.parse_workbook(task.data, datum=task.datum, corrections=task.corrections)
        taken = workbooks.import_workbook(store, actor, parts, source=source, **task.agreed)
        return TakenIn(counts={kind: record.imported for kind, record in taken.items()})
    parsed = task.parsed or parse_list(task, area_of(store, actor, task.kind), subtypes(store, actor))
    record = KINDS[task.kind].take(store, actor, parsed, source=source, **task.agreed)
    return TakenIn(counts={record.kind: record.imported})
