"""Estate files 小区档案: find, read, edit, draw. What an actor sees follows the scope of the account."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from renovation.errors import ConflictError, InvalidError, StageError
from renovation.geo.crs import area_m2
from renovation.model.accounts import Action, Actor
from renovation.model.canonical import to_json
from renovation.model.clock import day_of, refuse_ahead, refuse_year_ahead
from renovation.model.lives import ESTATE_LIFE, EstateAct
from renovation.model.names import is_blank
from renovation.model.places import (
    Area,
    Building,
    Change,
    DeficitRecord,
    Estate,
    EstateFacts,
    EstateFigures,
    EstateFilter,
    Household,
    RenovationStatus,
    Stairwell,
)
from renovation.services.acts import ActingUnit, acting
from renovation.services.doors import reading
from renovation.store import Connection, Store
from renovation.store.demands import places as demand_places
from renovation.store.register import areas, buildings, estate_columns, estates
from renovation.store.register_state import Register, state
from renovation.text.hidden import without_hidden

if TYPE_CHECKING:
    from geopandas import GeoDataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class EstateFile:
    """Everything the register knows of one estate.

    Attributes
    ----------
    trail
        The areas it lies in, from wide to narrow.
    doors
        Building id → (stairwells, doors) that stand in the register.
    deficits
        The newest finding of each deficit that was looked at.
    outline_m2
        Ground area of the outline in square metres; ``None`` without one.
    """

    estate: Estate
    trail: tuple[Area, ...]
    buildings: tuple[Building, ...]
    doors: dict[int, tuple[int, int]]
    deficits: tuple[DeficitRecord, ...]
    history: tuple[Change, ...]
    outline_m2: float | None


def find_estates(
    store: Store,
    actor: Actor | None,
    wanted: EstateFilter | None = None,
) -> tuple[Estate, ...]:
    """Return the estates of a filter that the actor may see, by code."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        return estates.find(door.connection, wanted or EstateFilter(), allowed=door.scope)


def estate_columns_of(
    store: Store,
    actor: Actor | None,
    wanted: EstateFilter | None = None,
    *,
    only: tuple[str, ...] | None = None,
) -> GeoDataFrame:
    """Return the estates of a filter as a GeoDataFrame (EPSG:4490, index = estate id): for maps, joins and exports."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        frame = estate_columns.read_columns(door.connection, wanted or EstateFilter(), allowed=door.scope, only=only)
    if {"deficits", "survey_coverage"} <= set(frame):
        # As in a ranking, none on an estate that nobody has surveyed is a gap in the file.
        counts = [len(estates.split_deficits(text)) for text in frame["deficits"]]
        frame["deficit_count"] = [
            float(count) if count or asked == asked else float("nan")
            for count, asked in zip(counts, frame["survey_coverage"].astype(float), strict=True)
        ]
    return frame


def sum_estates(store: Store, actor: Actor | None, wanted: EstateFilter | None = None) -> EstateFigures:
    """Add up the estates of a filter."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        return estates.figures(door.connection, wanted or EstateFilter(), allowed=door.scope)


def register_stamp(store: Store, actor: Actor | None) -> str:
    """Return what changes whenever any estate does, so that a screen may keep what it has read until then."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        return state(door.connection, Register.ESTATES)


def get_estate(store: Store, actor: Actor | None, estate_id: int) -> Estate:
    """Return one estate.

    Raises
    ------
    NotFoundError
        ``estate.not_found``, also when it lies outside what the actor may see.
    """
    with reading(store, actor, Action.SEE_REGISTER) as door:
        return door.estate(estate_id)


def estate_names(store: Store, actor: Actor | None, ids: Iterable[int] | None = None) -> dict[int, str]:
    """Return names of estates by id; names are public."""
    with reading(store, actor, Action.SEE_PUBLIC) as door:
        return estates.names(door.connection, ids)


def names_in_sight(store: Store, actor: Actor | None) -> dict[int, str]:
    """Return names of the estates that the actor may see, by id."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        return {one.id: one.name for one in demand_places.estate_choices(door.connection, scopes=[door.scope])}


def list_buildings(store: Store, actor: Actor | None, estate_ids: Iterable[int]) -> tuple[Building, ...]:
    """Return the buildings of estates; where they stand is public."""
    with reading(store, actor, Action.SEE_PUBLIC) as door:
        return buildings.buildings_of(door.connection, estate_ids)


def doors_of(
    store: Store, actor: Actor | None, building_id: int
) -> tuple[tuple[Stairwell, tuple[Household, ...]], ...]:
    """Return a building's stairwells with their doors.

    Raises
    ------
    NotFoundError
        ``estate.building_not_found``, also when its estate lies outside what the actor may see.
    """
    with reading(store, actor, Action.SEE_REGISTER) as door:
        door.building_estate(building_id)
        units = buildings.units_of(door.connection, [building_id])
        doors = buildings.households_in(door.connection, building_id)
    return tuple((unit, tuple(door for door in doors if door.unit_id == unit.id)) for unit in units)


def get_estate_file(store: Store, actor: Actor | None, estate_id: int) -> EstateFile:
    """Return the file of one estate.

    Raises
    ------
    NotFoundError
        ``estate.not_found``, also when it lies outside what the actor may see.
    """
    with reading(store, actor, Action.SEE_REGISTER) as door:
        estate = door.estate(estate_id)
        return EstateFile(
            estate=estate,
            trail=_trail(door.connection, estate),
            buildings=buildings.buildings_of(door.connection, [estate_id]),
            doors=buildings.household_counts(door.connection, estate_id),
            deficits=estates.deficit_records(door.connection, estate_id),
            history=estates.changes(door.connection, estate_id),
            outline_m2=_outline_m2(estate.geometry),
        )


def _trail(connection: Connection, estate: Estate) -> tuple[Area, ...]:
    ids = (estate.county_id, estate.street_id, estate.community_id, estate.grid_id)
    found = [areas.get_area(connection, area_id) for area_id in ids if area_id is not None]
    return tuple(area for area in found if area is not None)


def _outline_m2(geometry: bytes | None) -> float | None:
    if geometry is None or int(shapely.get_dimensions(shapely.from_wkb(geometry))) < 2:
        return None
    return float(area_m2(np.array([shapely.from_wkb(geometry)], dtype=object))[0])


def edit_estate(
    store: Store,
    actor: Actor | None,
    changed: Estate,
    *,
    collected_on: date | None = None,
) -> Estate:
    """Store what somebody changed in an estate's file, with its history.

    Parameters
    ----------
    changed
        The estate as read, with other facts, name or areas; ``version`` as read. The outline is
        :func:`~renovation.services.register.outlines.draw_outline`'s.
    collected_on
        The day the deficits were looked at; today in China when left out.

    Raises
    ------
    InvalidError
        ``estate.name_missing``, ``estate.leaves_scope``, ``day.ahead`` (looked at) or ``day.year_ahead`` (built).
    StageError
        ``estate.status_held``: its progress follows the batch, programme or works that hold it.
    ConflictError
        ``estate.changed``: somebody else was first; read the file again; ``estate.name_exists``: the same street and
        community hold an estate of that name, however it is written.
    NotFoundError
        ``estate.not_found``, also when it lies outside what the actor may see.
    """
    refuse_ahead(collected_on)
    refuse_year_ahead(changed.facts.built_year)
    changed = replace(changed, name=without_hidden(changed.name))
    if is_blank(changed.name):
        raise InvalidError("estate.name_missing")
    with acting(store, actor, Action.EDIT_ESTATES) as unit:
        before = unit.estate(changed.id)
        difference = _difference(before, changed)
        if not difference and before.version == changed.version:
            return before
        held = estates.progress(unit.connection, changed.id)[1] is not None
        if held and changed.facts.status is not before.facts.status:
            raise StageError("estate.status_held", name=before.name)
        if (changed.name, changed.place) != (before.name, before.place):
            _refuse_namesake(unit.connection, changed)
        after = estates.update(unit.connection, replace(changed, geometry=before.geometry))
        unit.require_inside(after)
        by = unit.actor.name or unit.actor.login
        day = collected_on or day_of(unit.at)
        turned = before.facts.deficits ^ after.facts.deficits
        estates.add_deficits(
            unit.connection,
            after.id,
            [
                DeficitRecord(deficit=d, present=d in after.facts.deficits, collected_on=day, collector=by)
                for d in sorted(turned)
            ],
        )
        estates.add_change(unit.connection, after.id, at=unit.at, login=unit.actor.login, fields=difference)
        unit.log("estate.edit", "estate", after.id, fields=sorted(difference), version=after.version)
        unit.commit()
    return after


def _refuse_namesake(connection: Connection, one: Estate) -> None:
    alike = estates.namesakes(connection, [one.name])
    if other := estates.namesake_of(alike, one.name, one, besides=one.id):
        raise ConflictError("estate.name_exists", name=one.name, known=other.name, id=other.code)


def difference_of(before: Estate, after: Estate) -> dict[str, tuple[str, str]]:
    """Return field → (before, after) of what differs, as the history keeps it: an outline by its square metres."""
    found = _difference(before, after)
    if before.geometry != after.geometry:
        was, now_m2 = _outline_m2(before.geometry), _outline_m2(after.geometry)
        if was is None and now_m2 is None:
            found["place"] = (_point_words(before.geometry), _point_words(after.geometry))
        else:
            found["outline_m2"] = ("" if was is None else f"{was:.0f}", "" if now_m2 is None else f"{now_m2:.0f}")
    return found


def _point_words(geometry: bytes | None) -> str:
    """Return a place as degrees in EPSG:4490, longitude first."""
    if geometry is None:
        return ""
    middle = shapely.point_on_surface(shapely.from_wkb(geometry))
    return f"{middle.x:.5f}, {middle.y:.5f}"


def _difference(before: Estate, after: Estate) -> dict[str, tuple[str, str]]:
    pairs = {
        f"facts.{item.name}": (getattr(before.facts, item.name), getattr(after.facts, item.name))
        for item in fields(EstateFacts)
    }
    for name in ("name", "code", "county_id", "street_id", "community_id", "grid_id"):
        pairs[name] = (getattr(before, name), getattr(after, name))
    return {
        name.removeprefix("facts."): (_written(old), _written(new)) for name, (old, new) in pairs.items() if old != new
    }


def _written(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, frozenset):
        return " ".join(sorted(member.value for member in value))
    return str(value)


_TAKES = {EstateAct.LIST: RenovationStatus.LISTED, EstateAct.BEGIN_WORKS: RenovationStatus.IN_WORKS}


def take_estate(unit: ActingUnit, estate_id: int, act: EstateAct, *, where: str) -> None:
    """Let a batch, a programme or works take an estate; what it was before comes back when they let it go.

    Parameters
    ----------
    act
        ``LIST`` or ``BEGIN_WORKS``. An estate in works stays there when it is listed again.
    where
        What takes it, as its history says it: a programme, a project, a year's batch.
    """
    now, own = estates.progress(unit.connection, estate_id)
    to = _TAKES[act]
    after = to if to in ESTATE_LIFE.after(now, act) else now
    _keep(unit, estate_id, (now, own), (after, own or now), act, where)


def finish_estate(unit: ActingUnit, estate_id: int, *, where: str, still_held: bool) -> None:
    """Note that works in an estate are finished: it is done, once nothing else there waits or is in works."""
    now, own = estates.progress(unit.connection, estate_id)
    after = (now, RenovationStatus.DONE) if still_held else (RenovationStatus.DONE, None)
    _keep(unit, estate_id, (now, own), after, EstateAct.FINISH_WORKS, where)


def release_estate(unit: ActingUnit, estate_id: int, *, where: str) -> None:
    """Let an estate that nothing holds any more be what it was of itself."""
    now, own = estates.progress(unit.connection, estate_id)
    if own is not None:
        _keep(unit, estate_id, (now, own), (own, None), EstateAct.RELEASE, where)


def fail_gate(unit: ActingUnit, estate_id: int, *, why: str, held_by_projects: bool) -> bool:
    """Send a listed estate that fails a gate back to those that wait; tell whether it went.

    What an adopted programme holds stays listed until the programme is taken back, and waits then.
    """
    now, own = estates.progress(unit.connection, estate_id)
    if now is not RenovationStatus.LISTED:
        return False
    willing = RenovationStatus.WILLING
    after = (now, willing) if held_by_projects else (willing, None)
    _keep(unit, estate_id, (now, own), after, EstateAct.FAIL_GATE, "", waits_for=("", why))
    return True


def _keep(
    unit: ActingUnit,
    estate_id: int,
    before: tuple[RenovationStatus, RenovationStatus | None],
    after: tuple[RenovationStatus, RenovationStatus | None],
    act: EstateAct,
    where: str,
    **fields: tuple[str, str],
) -> None:
    if before == after:
        return
    estates.set_progress(unit.connection, estate_id, *after)
    if before[0] is not after[0]:
        fields = {"status": (before[0].value, after[0].value), "through": ("", to_json([act.value, where])), **fields}
    if fields:
        estates.add_change(unit.connection, estate_id, at=unit.at, login=unit.actor.login, fields=fields)
