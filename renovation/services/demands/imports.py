"""Demand lists into the store: each demand finds its estate by code, name or place; the whole file or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import time

import numpy as np
import shapely

from renovation.errors import ConflictError, Fault, ImportRefusedError
from renovation.geo.joins import PolygonIndex
from renovation.imports.demands.demands import DemandFileRow
from renovation.imports.files.results import Parsed
from renovation.model.accounts import Action, Actor
from renovation.model.clock import day_of, moment_on, today
from renovation.model.demands import DemandDraft, DemandKind
from renovation.model.imports import ImportKind, ImportRecord, ImportSource, KnownAs
from renovation.model.intake import IntakeRules, make_receipt
from renovation.model.names import name_key
from renovation.model.places import Estate
from renovation.model.scope import Scope
from renovation.rules.demands.dispatch import due_day, is_too_far
from renovation.services import lists
from renovation.services.acts import ActingUnit, acting
from renovation.services.demands.recognition import PlacedDemand, keep_changed, place_of, recognise
from renovation.services.register.estates import find_estates
from renovation.services.register.taking import ask_for_updates, begin, finish
from renovation.store import Store
from renovation.store.demands import demands as demands_store
from renovation.store.demands import places as demand_places
from renovation.store.register import imports

#: Degrees of longitude east or west; half of it is the latitude of a pole.
_HALF_TURN = 180


def import_demands(
    store: Store,
    actor: Actor | None,
    parsed: Parsed[DemandFileRow],
    *,
    source: ImportSource,
    dry_run: bool = False,
    update: bool = False,
    again: bool = False,
) -> ImportRecord:
    """Take a parsed list of demands in; those that the store holds already are recognised and not counted again.

    A demand without a position is pinned inside its estate; one without a day was received today.

    Parameters
    ----------
    update
        The person's yes to what the list says differently of demands that the store holds.
    again
        The person's yes to a file that was taken before and whose demands have neither a number nor a day to be
        recognised by.

    Raises
    ------
    ImportRefusedError
        The file has faults, or names estates that are not registered, not unique, outside the actor's scope or far from
        the demand's position, or days that are still to come.
    ConflictError
        ``import.update_needs_yes``, ``import.same_file``, ``import.nothing_new``.
    """
    if parsed.faults and not parsed.sound:
        raise ImportRefusedError(parsed.faults)
    estates = _Estates(find_estates(store, actor))
    with acting(store, actor, Action.IMPORT_PLACES) as unit:
        import_id = begin(unit, ImportKind.DEMANDS, parsed, source)
        placed, strange = _placed(unit, parsed, estates)
        new, known, elsewhere = recognise(unit, parsed, placed)
        if faults := parsed.with_register([*strange, *elsewhere]):
            raise ImportRefusedError(faults)
        updates = [one.update for one in known]
        ask_for_updates(updates, agreed=update or dry_run)
        unknowable = any(not (one.row.number or one.row.received_on) for one in new)
        held = imports.same_file(unit.connection, import_id, source.sha256) if unknowable else None
        if held is not None and not (again or dry_run):
            raise ConflictError("import.same_file", when=held.at, by=held.login)
        book = lists.intake_book(unit.connection)
        for one in new:
            _keep(unit, one, import_id, book.intake(estates.place(one.estate_id)))
        before = {"demands": [keep_changed(unit, one) for one in known]}
        record = finish(unit, import_id, added=len(new), before=before, updates=updates, same_as=held, dry_run=dry_run)
        return replace(record, known_as=estates.spelled((one.row, one.estate_id) for one in placed))


def _placed(
    unit: ActingUnit, parsed: Parsed[DemandFileRow], estates: _Estates
) -> tuple[list[PlacedDemand], list[Fault]]:
    """Return each row with its estate and pin, and what the register refuses."""
    placed, strange = [], []
    rows = parsed.sound or parsed.records
    for row, found in zip(rows, estates.found(rows), strict=True):
        if row.received_on is not None and row.received_on > today():
            ahead = {"value": row.received_on, "today": today()}
            strange.append(parsed.fault("value.day_ahead", row.row, "received_on", **ahead))
            continue
        if isinstance(found, Fault):
            strange.append(_at(parsed, row, found))
            continue
        if not _on_earth(row):
            strange.append(_at(parsed, row, Fault("demand.outside_estates")))
            continue
        pin = (row.lon, row.lat) if row.lon is not None and row.lat is not None else estates.inside(found)
        metres = None if pin is None else demand_places.distance_from_estate(unit.connection, found, *pin)
        if pin is None:
            strange.append(_at(parsed, row, Fault("demand.nowhere", fields={"name": row.estate})))
        elif is_too_far(metres):
            fault = Fault("demand.far_from_estate", fields={"name": row.estate, "metres": round(metres)})
            strange.append(_at(parsed, row, fault))
        else:
            placed.append(PlacedDemand(row=row, estate_id=found, lon=pin[0], lat=pin[1]))
    return placed, strange


def _on_earth(row: DemandFileRow) -> bool:
    return abs(row.lon or 0) <= _HALF_TURN and abs(row.lat or 0) <= _HALF_TURN / 2


def _at(parsed: Parsed[DemandFileRow], row: DemandFileRow, fault: Fault) -> Fault:
    wanted = "estate" if row.estate else "lon"
    return parsed.fault(fault.code, row.row, wanted, **fault.fields)


class _Estates:
    """The estates an actor may see, by code, name and place."""

    def __init__(self, estates: Sequence[Estate]) -> None:
        self._names = {e.id: e.name for e in estates}
        self._places = {e.id: e.place for e in estates}
        self._by_code = {name_key(e.code): e for e in estates}
        self._by_name: dict[str, list[int]] = {}
        for estate in estates:
            self._by_name.setdefault(name_key(estate.name), []).append(estate.id)
        self._drawn = [e for e in estates if e.geometry is not None]
        self._shapes = shapely.from_wkb(np.array([e.geometry for e in self._drawn], dtype=object))
        self._at = {estate.id: at for at, estate in enumerate(self._drawn)}

    def place(self, estate_id: int) -> Scope:
        """Return where an estate lies."""
        return self._places[estate_id]

    def found(self, rows: Sequence[DemandFileRow]) -> list[int | Fault]:
        """Return each row's estate, or what is wrong."""
        index = PolygonIndex(self._shapes)
        lon = np.array([np.nan if r.lon is None or not _on_earth(r) else r.lon for r in rows], dtype=float)
        lat = np.array([np.nan if r.lat is None or not _on_earth(r) else r.lat for r in rows], dtype=float)
        at = index.assign(lon, lat)
        return [self._one(row, int(place)) for row, place in zip(rows, at, strict=True)]

    def _one(self, row: DemandFileRow, place: int) -> int | Fault:
        here = self._drawn[place].id if place >= 0 else None
        if not row.estate:
            return here if here is not None else Fault("demand.outside_estates")
        if (coded := self._by_code.get(name_key(row.estate))) is not None:
            return coded.id
        named = self._by_name.get(name_key(row.estate), [])
        # Of several that are called alike the one that is written so is meant.
        named = [one for one in named if self._names[one] == row.estate] or named
        if here in named:
            return here if here is not None else named[0]
        if len(named) == 1:
            return named[0]
        code = "demand.estate_ambiguous" if named else "demand.estate_unknown"
        return Fault(code, fields={"name": row.estate})

    def spelled(self, places: Iterable[tuple[DemandFileRow, int]]) -> tuple[KnownAs, ...]:
        """Return what rows call otherwise than the register, each spelling once."""
        found: dict[str, KnownAs] = {}
        for row, estate_id in places:
            known = self._names[estate_id]
            if row.estate and row.estate != known and name_key(row.estate) == name_key(known):
                found.setdefault(row.estate, KnownAs(row=row.row, field="estate", written=row.estate, known=known))
        return tuple(found.values())

    def inside(self, estate_id: int) -> tuple[float, float] | None:
        """Return a point inside an estate's outline."""
        at = self._at.get(estate_id)
        if at is None:
            return None
        point = shapely.point_on_surface(self._shapes[at])
        return float(shapely.get_x(point)), float(shapely.get_y(point))


def _keep(unit: ActingUnit, one: PlacedDemand, import_id: int, rules: IntakeRules) -> None:
    row = one.row
    draft = DemandDraft(
        estate_id=one.estate_id,
        category=row.category,
        subtype=row.subtype,
        source_number=row.number,
        text=row.text,
        channel=row.channel,
        kind=row.kind,
        lon=one.lon,
        lat=one.lat,
        step_free=row.step_free,
        on_behalf=row.on_behalf,
    )
    day = row.received_on or day_of(unit.at)
    at = unit.at if row.received_on is None else min(unit.at, moment_on(row.received_on, time(12)))
    where = place_of(unit, one)
    due = due_day(rules, draft.category, draft.subtype, day) if draft.kind is DemandKind.DEMAND else None
    demands_store.add(
        unit.connection,
        draft,
        receipt=make_receipt(),
        building_id=where["building_id"],
        grid_id=where["grid_id"],
        due_on=due,
        login=unit.actor.login or unit.actor.role.value,
        at=at,
        day=day,
        import_id=import_id,
    )
