"""Buildings down to their doors: taken in as a list, made, changed, and deleted with a reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from renovation.errors import ConflictError, Fault, ImportRefusedError, InvalidError
from renovation.imports.files.results import Parsed
from renovation.imports.register.buildings import BuildingRow
from renovation.model.accounts import Action, Actor
from renovation.model.imports import ImportKind, ImportRecord, ImportSource, RecordUpdate
from renovation.model.names import is_blank, name_key
from renovation.model.places import Building, BuildingDraft, EstateFilter
from renovation.services.acts import ActingUnit, acting
from renovation.services.register.taking import ask_for_updates, begin, finish
from renovation.services.typed import one_line, reason_of
from renovation.store import Store
from renovation.store.register import buildings, estates

_NAME_LIMIT, _MOST_FLOORS = 40, 120

Doors = Mapping[str, tuple[str, ...]]


def _checked(name: str, floors: int | None) -> str:
    kept = one_line(name, _NAME_LIMIT)
    if is_blank(kept):
        raise InvalidError("building.name_missing")
    if floors is not None and not 1 <= floors <= _MOST_FLOORS:
        raise InvalidError("building.floors", value=floors, most=_MOST_FLOORS)
    return kept


def create_building(
    store: Store,
    actor: Actor | None,
    estate_id: int,
    name: str,
    *,
    floors: int | None = None,
    has_lift: bool | None = None,
    doors: Doors | None = None,
) -> int:
    """Make a building with its stairwells and doors, and return its id.

    Raises
    ------
    InvalidError
        ``building.name_missing``, ``building.floors``.
    ConflictError
        ``building.name_exists``: the estate has one of that name, however it is written.
    NotFoundError
        ``estate.not_found``.
    """
    kept = _checked(name, floors)
    with acting(store, actor, Action.EDIT_ESTATES) as unit:
        unit.estate(estate_id)
        _require_free(unit, estate_id, kept)
        draft = BuildingDraft(estate_id=estate_id, name=kept, floors=floors, has_lift=has_lift, doors=dict(doors or {}))
        (made,) = buildings.add_buildings(unit.connection, [draft])
        unit.log("building.create", "estate", estate_id, name=kept, doors=sum(map(len, draft.doors.values())))
        unit.commit()
    return made


def _require_free(unit: ActingUnit, estate_id: int, name: str, *, besides: int | None = None) -> None:
    for one in buildings.buildings_of(unit.connection, [estate_id]):
        if one.id != besides and name_key(one.name) == name_key(name):
            raise ConflictError("building.name_exists", name=name, known=one.name)


def edit_building(
    store: Store,
    actor: Actor | None,
    building_id: int,
    *,
    name: str,
    floors: int | None,
    has_lift: bool | None,
    doors: Doors,
    reason: str = "",
) -> None:
    """Write what a building is called and has, and its stairwells and doors as a whole.

    Parameters
    ----------
    reason
        Why doors are taken away; nothing needs a reason where none is.

    Raises
    ------
    InvalidError
        ``building.name_missing``, ``building.floors``; ``building.doors_reason``: doors would go, and nobody says why.
    ConflictError
        ``building.name_exists``; ``building.doors_in_use``: voting codes were given to doors
        that would go, or a survey has been there.
    NotFoundError
        ``estate.building_not_found``.
    """
    kept = _checked(name, floors)
    with acting(store, actor, Action.EDIT_ESTATES) as unit:
        estate = unit.building_estate(building_id)
        _require_free(unit, estate.id, kept, besides=building_id)
        buildings.change_building(unit.connection, building_id, name=kept, floors=floors, has_lift=has_lift)
        added, gone = buildings.doors_to_change(unit.connection, building_id, doors)
        if gone:
            why = reason_of(reason, "building.doors_reason")
            if used := buildings.doors_in_use(unit.connection, gone):
                raise ConflictError("building.doors_in_use", count=used)
        else:
            why = ""
        buildings.change_doors(unit.connection, building_id, doors, gone)
        unit.log("building.edit", "estate", estate.id, name=kept, doors=added, removed=len(gone), reason=why)
        unit.commit()


def delete_building(store: Store, actor: Actor | None, building_id: int, reason: str) -> None:
    """Delete a building with its doors, entered by mistake or torn down.

    Raises
    ------
    InvalidError
        ``building.delete_reason``.
    ConflictError
        ``building.in_use``: demands, voting codes or surveys name it or its doors.
    NotFoundError
        ``estate.building_not_found``.
    """
    why = reason_of(reason, "building.delete_reason")
    with acting(store, actor, Action.EDIT_ESTATES) as unit:
        estate = unit.building_estate(building_id)
        held = next(one for one in buildings.buildings_of(unit.connection, [estate.id]) if one.id == building_id)
        if buildings.is_used(unit.connection, building_id):
            raise ConflictError("building.in_use", name=held.name)
        buildings.delete_building(unit.connection, building_id)
        unit.log("building.delete", "estate", estate.id, name=held.name, reason=why)
        unit.commit()


def import_buildings(
    store: Store,
    actor: Actor | None,
    parsed: Parsed[BuildingRow],
    *,
    source: ImportSource,
    dry_run: bool = False,
    update: bool = False,
) -> ImportRecord:
    """Take a list of buildings, stairwells and doors in; what the register holds gets what it lacks, no more.

    Parameters
    ----------
    update
        The person's yes to other floors, lifts or outlines of buildings that the register holds.

    Raises
    ------
    ImportRefusedError
        The file has faults, or names estates that are not registered, or not told apart, in the actor's part of town.
    ConflictError
        ``import.update_needs_yes``, ``import.nothing_new``.
    """
    if parsed.faults and not parsed.sound:
        raise ImportRefusedError(parsed.faults)
    with acting(store, actor, Action.IMPORT_PLACES) as unit:
        import_id = begin(unit, ImportKind.BUILDINGS, parsed, source)
        rows = parsed.sound or parsed.records
        homes = homes_of(unit, parsed, rows)
        faults = parsed.with_register([one for one in homes if isinstance(one, Fault)])
        if faults:
            raise ImportRefusedError(faults)
        wanted: dict[tuple[int, str], list[BuildingRow]] = {}
        for row, home in zip(rows, homes, strict=True):
            assert isinstance(home, int)
            wanted.setdefault((home, name_key(row.building)), []).append(row)
        held = {
            (one.estate_id, name_key(one.name)): one
            for one in buildings.buildings_of(unit.connection, {home for home, _ in wanted})
        }
        updates: list[RecordUpdate] = []
        before: dict[str, Any] = {"made": [], "doors": [], "stairwells": [], "buildings": []}
        grown = 0
        for key, group in wanted.items():
            floors, lift, outline = (_last(group, name) for name in ("floors", "has_lift", "geometry"))
            doors: dict[str, tuple[str, ...]] = {}
            for row in group:
                if row.stairwell:
                    known = next((one for one in doors if name_key(one) == name_key(row.stairwell)), row.stairwell)
                    doors[known] = tuple(dict.fromkeys((*doors.get(known, ()), *row.doors)))
            one = held.get(key)
            if one is None:
                draft = BuildingDraft(
                    estate_id=key[0],
                    name=group[0].building,
                    floors=floors,
                    has_lift=lift,
                    geometry=outline,
                    doors=doors,
                )
                before["made"] += buildings.add_buildings(unit.connection, [draft])
                continue
            new = replace(
                one,
                floors=one.floors if floors is None else floors,
                has_lift=one.has_lift if lift is None else lift,
                geometry=one.geometry if outline is None else outline,
            )
            if said := _said(one, new):
                first = group[0]
                updates.append(
                    RecordUpdate(
                        record_id=one.id, row=first.row, sheet=parsed.sheet, code="", name=one.name, fields=said
                    )
                )
                before["buildings"].append(buildings.columns_of(unit.connection, one.id))
                buildings.change_building(
                    unit.connection, one.id, name=one.name, floors=new.floors, has_lift=new.has_lift
                )
                if new.geometry != one.geometry:
                    buildings.draw_building(unit.connection, one.id, new.geometry)
            stairwells, added = buildings.add_doors(unit.connection, one.id, doors)
            before["stairwells"] += stairwells
            before["doors"] += added
            grown += bool((stairwells or added) and not said)
        ask_for_updates(updates, agreed=update or dry_run)
        added_count = len(before["made"]) + grown
        return finish(unit, import_id, added=added_count, before=before, updates=updates, dry_run=dry_run)


def _last(group: Sequence[BuildingRow], name: str) -> Any:
    return next((value for row in reversed(group) if (value := getattr(row, name)) is not None), None)


def _said(before: Building, after: Building) -> dict[str, tuple[str, str]]:
    def words(value: object) -> str:
        return "" if value is None else str(value)

    said = {
        name: (words(getattr(before, name)), words(getattr(after, name)))
        for name in ("floors", "has_lift")
        if getattr(before, name) != getattr(after, name)
    }
    if before.geometry != after.geometry:
        said["outline"] = ("" if before.geometry is None else "1", "1")
    return said


def homes_of(unit: ActingUnit, parsed: Parsed[Any], rows: Sequence[Any]) -> list[int | Fault]:
    """Return the estate of each row of a list, or what is wrong with how its code or name says it."""
    found = estates.find(unit.connection, EstateFilter(), allowed=unit.scope)
    by_code = {name_key(one.code): one.id for one in found}
    by_name: dict[str, list[int]] = {}
    for one in found:
        by_name.setdefault(name_key(one.name), []).append(one.id)
    homes: list[int | Fault] = []
    for row in rows:
        coded = by_code.get(name_key(row.estate_code)) if row.estate_code else None
        named = by_name.get(name_key(row.estate), []) if row.estate and coded is None else []
        if coded is not None or len(named) == 1:
            homes.append(coded if coded is not None else named[0])
            continue
        code = "building.estate_several" if named else "building.estate_unknown"
        field = "estate" if row.estate else "estate_code"
        homes.append(parsed.fault(code, row.row, field, name=row.estate or row.estate_code))
    return homes
