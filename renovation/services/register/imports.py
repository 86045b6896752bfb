"""Take files in: the whole file or nothing, with a record of it, and undo the last one while nothing hangs on it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
import shapely

from renovation.errors import ConflictError, DeniedError, Fault, ImportRefusedError
from renovation.imports.files.located import CHINA, Extent
from renovation.imports.files.results import Parsed
from renovation.imports.register.estates import EstateRow
from renovation.imports.register.streets import StreetRow
from renovation.model.accounts import Action, Actor, require
from renovation.model.canonical import digest_of
from renovation.model.clock import day_of, today
from renovation.model.imports import ImportKind, ImportRecord, ImportSource, KnownAs, RecordUpdate
from renovation.model.names import name_key
from renovation.model.places import AreaLevel, Estate, EstateDraft, Road
from renovation.model.scope import Scope
from renovation.services.acts import ActingUnit, acting
from renovation.services.doors import reading
from renovation.services.register.areas.effects import effects_of
from renovation.services.register.areas.placing import Gazetteer
from renovation.services.register.estate_updates import joined, keep_renewals, renewals, take_back
from renovation.services.register.outlines import repeated_outlines
from renovation.services.register.places import Placement, are_outside, outside_part
from renovation.services.register.taking import ask_for_updates, begin, finish
from renovation.store import Store, settings
from renovation.store.demands import demands
from renovation.store.demands import sources as demand_sources
from renovation.store.register import area_journal, areas, buildings, estates, facilities, imports

#: What is kept beside the estates of a list in the same act; it returns what taking that back needs.
Besides: TypeAlias = Callable[["ActingUnit", "Taken"], Mapping[str, Any]]
#: What the kinds of road a street layer names are drawn as: 1 main roads, 2 streets, everything else a lane.
_MAIN = ("motorway", "trunk", "primary", "高速", "快速", "国道", "省道", "主干")
_STREETS = ("secondary", "tertiary", "县道", "次干", "支路")


class Taken:
    """What has become of a list's rows: row → estate, and what each changes of one that was on file."""

    def __init__(self, ids: Mapping[int, int], updates: Iterable[RecordUpdate], new: Collection[int]) -> None:
        self.ids = ids
        self._new = new
        self._updates = {update.record_id: update for update in updates}

    def note(
        self,
        estate_id: int,
        code: str,
        name: str,
        *,
        row: int,
        sheet: str | None,
        fields: Mapping[str, tuple[str, str]],
    ) -> None:
        """Note what a row changes of an estate besides its own file; of a new one nothing was there before."""
        if estate_id in self._new:
            return
        held = self._updates.get(estate_id) or RecordUpdate(
            record_id=estate_id, row=row, sheet=sheet, code=code, name=name, fields={}
        )
        self._updates[estate_id] = replace(held, fields={**held.fields, **fields})

    @property
    def updates(self) -> tuple[RecordUpdate, ...]:
        """What is changed of estates on file, in the order of the list."""
        return tuple(sorted(self._updates.values(), key=lambda one: one.row or 0))


def import_estates(
    store: Store,
    actor: Actor | None,
    parsed: Parsed[EstateRow],
    *,
    source: ImportSource,
    dry_run: bool = False,
    update: bool = False,
    besides: Besides | None = None,
) -> ImportRecord:
    """Take a parsed estate file into the register; estates whose code the register knows are changed, not added.

    Areas are found by the names in the file (or by the estate's place) and made when nobody has named them before.
    An empty cell changes nothing.

    Parameters
    ----------
    update
        The person's yes to the changes of estates that the register holds, and to outlines that overlap some of them.
    dry_run
        Check everything against the register and keep nothing.
    besides
        What a wing above keeps of the same rows in the same act.

    Raises
    ------
    ImportRefusedError
        The file has faults, or estates that the register holds under another code or that lie outside the actor's
        scope; nothing is kept.
    ConflictError
        ``import.update_needs_yes``: the file would change estates, or ``import.outline_needs_yes``: repeats parts of
        their outlines, and nobody has said yes; ``import.nothing_new``.
    """
    if parsed.faults and not parsed.sound:
        raise ImportRefusedError(parsed.faults)
    with acting(store, actor, Action.IMPORT_PLACES) as unit:
        import_id = begin(unit, ImportKind.ESTATES, parsed, source)
        gazetteer = Gazetteer(unit.connection, made_prefix=f"N{import_id}-")
        parsed, spelled = _as_registered(unit, parsed)
        rows = parsed.sound or parsed.records
        places = gazetteer.place(rows)
        held = estates.by_codes(unit.connection, {row.code for row in rows if row.code})
        refused, questions = _against_outlines(unit, parsed, held)
        faults = parsed.with_register(_against_register(unit, parsed, places, held) + refused)
        if faults:
            raise ImportRefusedError(faults)
        found = renewals(parsed, places, held)
        if questions and not (update or dry_run):
            raise ConflictError("import.outline_needs_yes", count=len(questions))
        drafts = [
            _draft(row, place, f"D{import_id}-{number:04}")
            for number, (row, place) in enumerate(zip(parsed.records, places, strict=True), start=1)
            if row.code not in held
        ]
        made = estates.add_estates(
            unit.connection,
            drafts,
            collected_on=day_of(unit.at),
            collector=unit.actor.name or unit.actor.login,
            import_id=import_id,
        )
        before: dict[str, Any] = {"areas": gazetteer.made, "journal": gazetteer.journal.steps}
        effects = effects_of(unit.connection, gazetteer)
        before |= keep_renewals(unit, found) if found else {}
        added = iter(made)
        ids = {row.row: held[row.code].id if row.code in held else next(added) for row in parsed.records}
        taken = Taken(ids, [renewal.update for renewal in found], set(made))
        if besides is not None:
            before = joined(before, besides(unit, taken))
        ask_for_updates(taken.updates, agreed=update or dry_run)
        record = finish(
            unit,
            import_id,
            added=len(drafts),
            before=before,
            stand={"estate": [*made, *(entry["id"] for entry in before.get("estates", ()))]},
            updates=taken.updates,
            dry_run=dry_run,
        )
        return replace(record, known_as=spelled, questions=tuple(questions), effects=effects)


def import_streets(
    store: Store,
    actor: Actor | None,
    parsed: Parsed[StreetRow],
    *,
    source: ImportSource,
    dry_run: bool = False,
) -> ImportRecord:
    """Take a parsed street layer into the base of the map; streets that it holds already are not added again.

    Raises
    ------
    ImportRefusedError
        The file has faults, or streets outside the actor's scope; nothing is kept.
    ConflictError
        ``import.nothing_new``.
    """
    if parsed.faults:
        raise ImportRefusedError(parsed.faults)
    with acting(store, actor, Action.IMPORT_PLACES) as unit:
        shapes = np.array([shapely.from_wkb(row.geometry) for row in parsed.records], dtype=object)
        if faults := outside_part(unit, parsed, parsed.records, shapes):
            raise ImportRefusedError(faults)
        import_id = begin(unit, ImportKind.STREETS, parsed, source)
        held = {_line(road) for road in areas.list_roads(unit.connection)}
        found = [
            [
                Road(name=row.name, rank=_rank(row.kind), geometry=bytes(shapely.to_wkb(part)))
                for part in shapely.get_parts(shape)
            ]
            for row, shape in zip(parsed.records, shapes, strict=True)
        ]
        new = [parts for parts in found if not all(_line(part) in held for part in parts)]
        areas.add_roads(unit.connection, [part for parts in new for part in parts], import_id=import_id)
        return finish(unit, import_id, added=len(new), dry_run=dry_run)


def _line(road: Road) -> tuple[str, int, bytes]:
    """Return what makes a street the same one again: its name, its rank and its course, to a decimetre."""
    course = np.round(shapely.get_coordinates(shapely.from_wkb(road.geometry)), 6)
    return road.name, road.rank, course.tobytes()


def project_area(store: Store, actor: Actor | None) -> Extent:
    """Return where files may put places: China, and inside the outlines of the counties unless somebody says yes.

    Without an outline of every county nobody knows the boundary, and nothing is asked.
    """
    with reading(store, actor, Action.IMPORT_PLACES) as door:
        outlines = [one.geometry for one in areas.list_areas(door.connection, level=AreaLevel.COUNTY, outlines=True)]
    if not outlines or None in outlines:
        return CHINA
    return Extent(boundary=shapely.union_all(shapely.from_wkb(outlines)))


def _rank(kind: str) -> int:
    folded = kind.casefold()
    if any(word in folded for word in _MAIN):
        return 1
    return 2 if any(word in folded for word in _STREETS) else 3


def _draft(row: EstateRow, place: Placement, code: str) -> EstateDraft:
    return EstateDraft(
        code=row.code or code,
        name=row.name,
        facts=row.facts(),
        county_id=place.county_id,
        street_id=place.street_id,
        community_id=place.community_id,
        grid_id=place.grid_id,
        geometry=row.geometry,
    )


def _as_registered(unit: ActingUnit, parsed: Parsed[EstateRow]) -> tuple[Parsed[EstateRow], tuple[KnownAs, ...]]:
    """Return the rows with the codes as the register spells them, and what they spelled otherwise."""
    by_key = {name_key(code): code for code in estates.existing_codes(unit.connection)}

    def spelled(row: EstateRow) -> EstateRow:
        return replace(row, code=by_key.get(name_key(row.code), row.code)) if row.code else row

    rows = tuple(map(spelled, parsed.records))
    differ = tuple(
        KnownAs(row=row.row, field="code", written=row.code, known=kept.code)
        for row, kept in zip(parsed.records, rows, strict=True)
        if row.code != kept.code
    )
    return replace(parsed, records=rows, sound=tuple(map(spelled, parsed.sound))), differ


def _against_register(
    unit: ActingUnit, parsed: Parsed[EstateRow], places: Sequence[Placement], held: Mapping[str, Estate]
) -> list[Fault]:
    """Return what of a file the register refuses, by row."""
    rows = parsed.sound or parsed.records
    alike = estates.namesakes(unit.connection, (row.name for row in rows))
    brought: dict[str, list[tuple[EstateRow, Placement]]] = {}
    faults: list[Fault] = []
    for row, place in zip(rows, places, strict=True):
        known = held.get(row.code) if row.code else None
        other = estates.namesake_of(alike, row.name, place, besides=known.id if known else None)
        if other is not None and (known is None or known.name != row.name):
            fields = {"name": row.name, "known": other.name, "id": other.code}
            faults.append(parsed.fault("register.name_exists", row.row, "name", **fields))
        for first, elsewhere in brought.get(name_key(row.name), []):
            if known is None and estates.may_coincide(elsewhere, place):
                faults.append(parsed.fault("estate.twice", row.row, "name", id=row.name, other=first.row))
                break
        if known is None:
            brought.setdefault(name_key(row.name), []).append((row, place))
        if row.built_year is not None and row.built_year > today().year:
            year = {"value": row.built_year, "year": today().year}
            faults.append(parsed.fault("value.year_ahead", row.row, "built_year", **year))
        before = known.place if known is not None else Scope()
        # What a file leaves out of a known estate's areas stays.
        named = {name: value for name in _AREAS if (value := getattr(place, name)) is not None}
        if not unit.scope.holds(replace(before, **named)) or (known is not None and not unit.scope.holds(before)):
            faults.append(parsed.fault("register.outside_scope", row.row, "name", name=row.name))
    return faults


def _against_outlines(
    unit: ActingUnit, parsed: Parsed[EstateRow], held: Mapping[str, Estate]
) -> tuple[list[Fault], list[Fault]]:
    """Return what of a file repeats an outline of the register (refused) or nearly a part of one (asked), by row."""
    rows = parsed.sound or parsed.records
    refused: list[Fault] = []
    asked: list[Fault] = []
    for one in repeated_outlines(unit.connection, [row.geometry for row in rows]):
        row = rows[one.at]
        if row.code in held and held[row.code].id == one.id:
            continue
        fields = {"name": row.name, "known": one.name, "id": one.code, "percent": one.percent}
        code = "register.outline_taken" if one.same else "register.outline_covers"
        (refused if one.same else asked).append(parsed.fault(code, row.row, "name", **fields))
    return refused, asked


_AREAS = ("county_id", "street_id", "community_id", "grid_id")


def list_imports(store: Store, actor: Actor | None, kind: ImportKind | None = None) -> tuple[ImportRecord, ...]:
    """Return the latest imports, newest first."""
    with reading(store, actor, Action.IMPORT_PLACES) as door:
        found = imports.newest(door.connection, kind)
        return tuple(one for one in found if door.sees_all or one.login == door.actor.login)


def undo_import(store: Store, actor: Actor | None, import_id: int) -> ImportRecord:
    """Take back the last import of its kind as if it had never been, its areas too; the record stays.

    The sheets of a workbook go together, or stay together.

    Raises
    ------
    ConflictError
        ``import.not_last``, ``import.undone`` already; ``import.in_use``: demands, projects, buildings or edits hang on
        its estates; ``import.demands_in_use``: somebody has dealt with its demands; ``import.buildings_in_use``;
        ``import.projects_in_use``: somebody has changed its projects, or something hangs on them;
        ``import.money_in_use``: the same of its pots or sources;
        ``area.changed_since``: areas that it brought or moved are used or others by now; ``import.stays``.
    DeniedError
        ``import.not_yours``: who sees a part of town takes back what lies in it.
    """
    with acting(store, actor, Action.IMPORT_PLACES) as unit:
        parts = imports.parts_of(unit.connection, unit.import_record(import_id))
        for record in parts:
            assert record.id is not None
            if not imports.claim_undo(unit.connection, record.id, unit.at):
                raise ConflictError("import.undone")
            if not (unit.sees_all or _lies_in_sight(unit, record)):
                raise DeniedError("import.not_yours", login=record.login)
            standing = [r for r in imports.newest(unit.connection, record.kind) if r.undone_at is None]
            if any(r.id is not None and r.id > record.id for r in standing):
                raise ConflictError("import.not_last", file=standing[0].source.filename)
            if record.kind not in _TAKES_BACK:
                raise ConflictError("import.stays", kind=record.kind.value)
            _TAKES_BACK[record.kind](unit, record.id, imports.before(unit.connection, record.id))
            unit.log("import.undo", "import", record.id, file=record.source.filename, imported=record.imported)
        unit.commit()
        return unit.import_record(import_id)


def _undo_streets(unit: ActingUnit, import_id: int, _: Mapping[str, Any]) -> None:
    imports.remove_roads(unit.connection, import_id)


def _undo_facilities(unit: ActingUnit, import_id: int, kept: Mapping[str, Any]) -> None:
    facilities.take_back(unit.connection, import_id, kept)


def _undo_estates(unit: ActingUnit, import_id: int, kept: Mapping[str, Any]) -> None:
    _refuse_used("import.in_use", imports.estates_in_use(unit.connection, import_id))
    _refuse_used("import.in_use", imports.remove_findings(unit.connection, kept))
    take_back(unit, kept)
    imports.remove_estates(unit.connection, import_id)
    area_journal.take_back(unit.connection, kept.get("journal", ()), keeps_needed=True)


def _undo_buildings(unit: ActingUnit, _: int, kept: Mapping[str, Any]) -> None:
    _refuse_used("import.buildings_in_use", buildings.take_back(unit.connection, kept))


def _undo_projects(unit: ActingUnit, _: int, kept: Mapping[str, Any]) -> None:
    require(unit.actor, Action.EDIT_PROJECTS)
    _refuse_used("import.projects_in_use", imports.take_back_projects(unit.connection, kept))


def _undo_pots(unit: ActingUnit, _: int, kept: Mapping[str, Any]) -> None:
    require(unit.actor, Action.EDIT_POTS)
    unit.require_whole_town()
    _refuse_used("import.money_in_use", imports.take_back_money(unit.connection, kept))


def _undo_sources(unit: ActingUnit, _: int, kept: Mapping[str, Any]) -> None:
    require(unit.actor, Action.EDIT_MONEY)
    _refuse_used("import.money_in_use", imports.take_back_money(unit.connection, kept))


def _undo_areas(unit: ActingUnit, _: int, kept: Mapping[str, Any]) -> None:
    require(unit.actor, Action.EDIT_AREAS)
    area_journal.take_back(unit.connection, kept["journal"])


def _undo_demands(unit: ActingUnit, import_id: int, kept: Mapping[str, Any]) -> None:
    _refuse_used("import.demands_in_use", demand_sources.dealt_with(unit.connection, import_id), "receipts")
    login = unit.actor.login or unit.actor.role.value
    entries = kept.get("demands", ())
    versions = demand_sources.own_versions(unit.connection, [entry["id"] for entry in entries])
    for entry in entries:
        now = unit.demand(entry["id"])
        if versions[now.id] != entry["version"]:
            raise ConflictError("import.demands_in_use", count=1, receipts=now.receipt)
        demand_sources.put_back(unit.connection, now, entry["columns"], login=login, at=unit.at)
    demands.remove_import(unit.connection, import_id)


def _refuse_used(code: str, used: Sequence[str], field: str = "names") -> None:
    """Refuse to take back what somebody has changed since, or what something hangs on, by name."""
    if used:
        raise ConflictError(code, count=len(used), **{field: tuple(used[:5])})


#: How what a list of each kind has brought is taken back: by its record's number and what was there before. What is not
#: here stays.
_TAKES_BACK: Mapping[ImportKind, Callable[[ActingUnit, int, Mapping[str, Any]], None]] = {
    ImportKind.STREETS: _undo_streets,
    ImportKind.FACILITIES: _undo_facilities,
    ImportKind.ESTATES: _undo_estates,
    ImportKind.BUILDINGS: _undo_buildings,
    ImportKind.PROJECTS: _undo_projects,
    ImportKind.POTS: _undo_pots,
    ImportKind.SOURCES: _undo_sources,
    ImportKind.AREAS: _undo_areas,
    ImportKind.DEMANDS: _undo_demands,
}


def _lies_in_sight(unit: ActingUnit, record: ImportRecord) -> bool:
    """Tell whether all that an import brought and changed lies in a part of town, which may have been another then."""
    brought = imports.brought(unit.connection, record)
    if brought.estates:
        return brought.estates == unit.estates_in_sight(brought.estates)
    return not are_outside(unit, shapely.from_wkb(np.array(brought.shapes, dtype=object))).any()


def note_refusal(
    store: Store, actor: Actor | None, kind: ImportKind, source: ImportSource, faults: Sequence[Fault]
) -> None:
    """Write into the log that a file was refused, and why at first; nothing else of it is kept."""
    with acting(store, actor, Action.IMPORT_PLACES) as unit:
        unit.log(
            "import.refuse",
            "import",
            kind.value,
            file=source.filename[:200],
            sha256=source.sha256,
            faults=len(faults),
            first=faults[0].code if faults else "",
        )
        unit.commit()


def _mapping_key(kind: ImportKind, headings: Sequence[str]) -> str:
    return f"import.mapping.{kind.value}.{digest_of(sorted(headings))[:16]}"


def remembered_mapping(
    store: Store, actor: Actor | None, kind: ImportKind, headings: Sequence[str]
) -> dict[str, str] | None:
    """Return how a person matched a file with these headings the last time; ``None`` when nobody has."""
    with reading(store, actor, Action.IMPORT_PLACES) as door:
        found: dict[str, str] | None = settings.get(door.connection, _mapping_key(kind, headings))
    return found


def remember_mapping(
    store: Store, actor: Actor | None, kind: ImportKind, headings: Sequence[str], mapping: Mapping[str, str]
) -> None:
    """Keep how a person matched a file's headings, for the next file with the same ones."""
    with acting(store, actor, Action.IMPORT_PLACES) as unit:
        settings.put(unit.connection, _mapping_key(kind, headings), dict(mapping))
        unit.log("import.mapping", "import", kind.value, columns=len(mapping))
        unit.commit()
