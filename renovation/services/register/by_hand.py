"""Estates by hand: make one with its place, give one a place, delete one that nothing hangs on."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely

from renovation.errors import ConflictError, InvalidError, NotFoundError
from renovation.geo.checks import CHINA, outside_box
from renovation.geo.crs import to_store
from renovation.model.accounts import Action, Actor
from renovation.model.areas import LEVEL_COLUMNS
from renovation.model.clock import day_of, refuse_year_ahead
from renovation.model.names import is_blank, name_key
from renovation.model.places import Estate, EstateDraft, EstateFacts
from renovation.services.acts import ActingUnit, acting
from renovation.services.doors import reading
from renovation.services.register.estates import difference_of
from renovation.services.register.places import Placement, locate
from renovation.services.typed import one_line, reason_of
from renovation.store import Connection, Store
from renovation.store.register import areas, estates

_NAME_LIMIT, _CODE_LIMIT = 100, 40
_PAIR = re.compile(r"\s*\(?\s*(-?\d{1,3}(?:\.\d+)?)\s*[°度]?\s*[,，;；\s]\s*(-?\d{1,3}(?:\.\d+)?)\s*[°度]?\s*\)?\s*")

Pin = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEstate:
    """An estate as somebody enters it.

    Attributes
    ----------
    code
        The office's own code; one is given where it is empty.
    area_id
        The narrowest area it is said to lie in; left out, its place says it.
    pin
        (lon, lat) in EPSG:4490.
    """

    name: str
    code: str = ""
    area_id: int | None = None
    pin: Pin | None = None
    facts: EstateFacts = EstateFacts()  # noqa: RUF009 (frozen)


def typed_place(words: str, datum: str) -> Pin:
    """Return a place that somebody typed as "longitude, latitude" in a datum, in EPSG:4490.

    Raises
    ------
    InvalidError
        ``place.unreadable``, ``place.outside``: not in China, or the axes are exchanged; ``geo.datum_unknown``.
    """
    found = _PAIR.fullmatch(words)
    if found is None:
        raise InvalidError("place.unreadable", value=words[:60])
    (point,) = to_store(np.array([shapely.Point(float(found[1]), float(found[2]))], dtype=object), datum=datum)
    return _in_china((point.x, point.y))


def _in_china(pin: Pin) -> Pin:
    if outside_box(shapely.Point(pin), CHINA) is not None:
        raise InvalidError("place.outside", value=f"{pin[0]:.6f}, {pin[1]:.6f}")
    return pin


def placement_of(connection: Connection, area_id: int | None) -> Placement:
    """Return an area with all it lies in. For services inside a transaction.

    Raises
    ------
    NotFoundError
        ``area.not_found``.
    """
    found: dict[str, int] = {}
    while area_id is not None:
        area = areas.get_area(connection, area_id)
        if area is None:
            raise NotFoundError("area.not_found")
        if area.level in LEVEL_COLUMNS:
            found[LEVEL_COLUMNS[area.level]] = area.id
        area_id = area.parent_id
    return Placement(**found)


def areas_of(store: Store, actor: Actor | None, area_id: int | None) -> dict[str, Any]:
    """Return the columns of an estate that lies in an area, empty where it names none.

    Raises
    ------
    NotFoundError
        ``area.not_found``.
    """
    with reading(store, actor, Action.SEE_PUBLIC) as door:
        place = placement_of(door.connection, area_id)
    return {field: getattr(place, field) for field in LEVEL_COLUMNS.values()}


def create_estate(store: Store, actor: Actor | None, new: NewEstate) -> Estate:
    """Make an estate. It lies in the area that was named, and in those that hold its place.

    Raises
    ------
    InvalidError
        ``estate.name_missing``, ``place.outside``, ``estate.leaves_scope``, ``day.year_ahead``.
    ConflictError
        ``estate.name_exists``, ``estate.code_exists``.
    NotFoundError
        ``area.not_found``.
    """
    name, code = one_line(new.name, _NAME_LIMIT), one_line(new.code, _CODE_LIMIT)
    if is_blank(name):
        raise InvalidError("estate.name_missing")
    refuse_year_ahead(new.facts.built_year)
    pin = None if new.pin is None else _in_china(new.pin)
    with acting(store, actor, Action.EDIT_ESTATES) as unit:
        place = _where(unit, new.area_id, pin)
        alike = estates.namesakes(unit.connection, [name])
        if other := estates.namesake_of(alike, name, place):
            raise ConflictError("estate.name_exists", name=name, known=other.name, id=other.code)
        held = {name_key(one): one for one in estates.existing_codes(unit.connection)}
        if code and name_key(code) in held:
            raise ConflictError("estate.code_exists", code=held[name_key(code)])
        draft = EstateDraft(
            code=code or _fresh(held),
            name=name,
            facts=new.facts,
            county_id=place.county_id,
            street_id=place.street_id,
            community_id=place.community_id,
            grid_id=place.grid_id,
            geometry=None if pin is None else shapely.to_wkb(shapely.Point(pin)),
        )
        by = unit.actor.name or unit.actor.login
        (made,) = estates.add_estates(unit.connection, [draft], collected_on=day_of(unit.at), collector=by)
        try:
            estate = unit.estate(made)
        except NotFoundError:
            raise InvalidError("estate.leaves_scope", name=name) from None
        unit.log("estate.create", "estate", made, name=name)
        unit.commit()
    return estate


def _where(unit: ActingUnit, area_id: int | None, pin: Pin | None) -> Placement:
    """Return the areas of an estate: those named, those that hold its place, and else the actor's own or the only."""
    named = placement_of(unit.connection, area_id)
    located = Placement() if pin is None else locate(unit.connection, *pin)
    pairs = {field: (getattr(named, field), getattr(located, field)) for field in LEVEL_COLUMNS.values()}
    if any(None not in pair and pair[0] != pair[1] for pair in pairs.values()):
        # What somebody says wins over a boundary that may be drawn roughly.
        return named
    found = Placement(**{field: said or there for field, (said, there) in pairs.items()})
    if found == Placement():
        counties = areas.list_areas(unit.connection, level=next(iter(LEVEL_COLUMNS)))
        own = placement_of(unit.connection, unit.scope.narrowest_area)
        return own if own != Placement() or len(counties) != 1 else Placement(county_id=counties[0].id)
    return found


def _fresh(held: dict[str, str]) -> str:
    """Return a code that no estate has."""
    number = len(held) + 1
    while name_key(f"H{number:04}") in held:
        number += 1
    return f"H{number:04}"


def place_estate(store: Store, actor: Actor | None, estate_id: int, pin: Pin, *, version: int) -> Estate:
    """Give an estate without an outline its place on the map, and the areas that hold it where it has none.

    Raises
    ------
    InvalidError
        ``place.outside``, ``estate.leaves_scope``.
    ConflictError
        ``estate.changed``; ``estate.has_outline``: its outline says where it lies.
    NotFoundError
        ``estate.not_found``.
    """
    _in_china(pin)
    with acting(store, actor, Action.EDIT_ESTATES) as unit:
        before = unit.estate(estate_id)
        if before.geometry is not None and int(shapely.get_dimensions(shapely.from_wkb(before.geometry))) == 2:
            raise ConflictError("estate.has_outline", name=before.name)
        there = locate(unit.connection, *pin)
        filled = {field: getattr(before, field) or getattr(there, field) for field in LEVEL_COLUMNS.values()}
        moved = replace(before, geometry=shapely.to_wkb(shapely.Point(pin)), version=version, **filled)
        after = estates.update(unit.connection, moved)
        unit.require_inside(after)
        difference = difference_of(before, after)
        estates.add_change(unit.connection, estate_id, at=unit.at, login=unit.actor.login, fields=difference)
        unit.log("estate.place", "estate", estate_id, version=after.version)
        unit.commit()
    return after


def delete_estate(store: Store, actor: Actor | None, estate_id: int, reason: str) -> None:
    """Delete an estate that nothing hangs on, entered by mistake or twice; the log keeps its name and the reason.

    Raises
    ------
    InvalidError
        ``estate.delete_reason``.
    ConflictError
        ``estate.in_use``: demands, projects, polls, buildings, accounts, gates or money hang on it.
    NotFoundError
        ``estate.not_found``.
    """
    why = reason_of(reason, "estate.delete_reason")
    with acting(store, actor, Action.EDIT_ESTATES) as unit:
        held = unit.estate(estate_id)
        if estates.is_used(unit.connection, estate_id):
            raise ConflictError("estate.in_use", name=held.name)
        estates.delete(unit.connection, estate_id)
        unit.log("estate.delete", "estate", estate_id, name=held.name, code=held.code, reason=why)
        unit.commit()
