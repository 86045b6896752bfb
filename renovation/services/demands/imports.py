"""Demand lists into the store: each demand finds its estate by code, name or place; the whole file or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import time

import numpy as np
import shapely

from renovation.errors import Fault, ImportRefusedError
from renovation.geo.joins import PolygonIndex
from renovation.imports.demands.demands import DemandRow
from renovation.imports.files.results import Parsed
from renovation.model.accounts import Action, Actor
from renovation.model.clock import day_of, moment_on, today
from renovation.model.demands import DemandDraft, DemandKind
from renovation.model.imports import ImportKind, ImportRecord, ImportSource
from renovation.model.intake import make_receipt
from renovation.model.places import Estate
from renovation.rules.demands.dispatch import due_day
from renovation.services.acts import ActingUnit, acting
from renovation.services.demands.demands import MAX_METRES_FROM_ESTATE, rules
from renovation.services.register.estates import find_estates
from renovation.services.register.imports import refuse_same_file
from renovation.store import Store
from renovation.store.demands import demands as demands_store
from renovation.store.demands import places as demand_places
from renovation.store.register import imports


def import_demands(
    store: Store,
    actor: Actor | None,
    parsed: Parsed[DemandRow],
    *,
    source: ImportSource,
    dry_run: bool = False,
    again: bool = False,
) -> ImportRecord:
    """Take a parsed list of demands in.

    A demand without a position is pinned inside its estate; one without a day was received today.

    Parameters
    ----------
    again
        The person's yes to a file that was taken before.

    Raises
    ------
    ImportRefusedError
        The file has faults, or names estates that are not registered, not unique, outside the actor's scope or far from
        the demand's position, or days that are still to come.
    ConflictError
        ``import.same_file``.
    """
    if parsed.faults and not parsed.sound:
        raise ImportRefusedError(parsed.faults)
    estates = _Estates(find_estates(store, actor))
    with acting(store, actor, Action.IMPORT_PLACES) as unit:
        places, strange = [], []
        rows = parsed.sound or parsed.records
        for row, found in zip(rows, estates.found(rows), strict=True):
            if row.received_on is not None and row.received_on > today():
                strange.append(
                    parsed.fault("value.day_ahead", row.row, "received_on", value=row.received_on, today=today())
                )
                continue
            if isinstance(found, Fault):
                strange.append(_at(parsed, row, found))
                continue
            pin = (row.lon, row.lat) if row.lon is not None and row.lat is not None else estates.inside(found)
            metres = None if pin is None else demand_places.distance_from_estate(unit.connection, found, *pin)
            if pin is None:
                strange.append(_at(parsed, row, Fault("demand.nowhere", fields={"name": row.estate})))
            elif metres is not None and metres > MAX_METRES_FROM_ESTATE:
                fault = Fault("demand.far_from_estate", fields={"name": row.estate, "metres": round(metres)})
                strange.append(_at(parsed, row, fault))
            else:
                places.append((row, found, pin))
        faults = parsed.with_register(strange)
        if faults:
            raise ImportRefusedError(faults)
        refuse_same_file(unit, ImportKind.DEMANDS, source, agreed=again or dry_run)
        import_id = imports.add(
            unit.connection,
            at=unit.at,
            login=unit.actor.login,
            kind=ImportKind.DEMANDS,
            source=source,
            datum=parsed.datum or "",
            mapping=parsed.mapping,
            rows=parsed.rows,
            imported=len(places),
        )
        for row, estate_id, pin in places:
            _keep(unit, row, estate_id, pin, import_id)
        record = unit.import_record(import_id)
        if dry_run:
            # Leaving without a commit takes everything back.
            return replace(record, id=None)
        unit.log("import.take", "import", import_id, kind=record.kind.value, file=source.filename, imported=len(places))
        unit.commit()
        return record


def _at(parsed: Parsed[DemandRow], row: DemandRow, fault: Fault) -> Fault:
    wanted = "estate" if row.estate else "lon"
    return parsed.fault(fault.code, row.row, wanted, **fault.fields)


class _Estates:
    """The estates an actor may see, by code, name and place."""

    def __init__(self, estates: Sequence[Estate]) -> None:
        self._by_code = {e.code: e.id for e in estates}
        self._by_name: dict[str, list[int]] = {}
        for estate in estates:
            self._by_name.setdefault(estate.name, []).append(estate.id)
        self._drawn = [e for e in estates if e.geometry is not None]
        self._shapes = shapely.from_wkb(np.array([e.geometry for e in self._drawn], dtype=object))
        self._at = {estate.id: at for at, estate in enumerate(self._drawn)}

    def found(self, rows: Sequence[DemandRow]) -> list[int | Fault]:
        """Return each row's estate, or what is wrong."""
        index = PolygonIndex(self._shapes)
        lon = np.array([np.nan if r.lon is None else r.lon for r in rows], dtype=float)
        lat = np.array([np.nan if r.lat is None else r.lat for r in rows], dtype=float)
        at = index.assign(lon, lat)
        return [self._one(row, int(place)) for row, place in zip(rows, at, strict=True)]

    def _one(self, row: DemandRow, place: int) -> int | Fault:
        here = self._drawn[place].id if place >= 0 else None
        if not row.estate:
            return here if here is not None else Fault("demand.outside_estates")
        if row.estate in self._by_code:
            return self._by_code[row.estate]
        named = self._by_name.get(row.estate, [])
        if here in named:
            return here if here is not None else named[0]
        if len(named) == 1:
            return named[0]
        code = "demand.estate_ambiguous" if named else "demand.estate_unknown"
        return Fault(code, fields={"name": row.estate})

    def inside(self, estate_id: int) -> tuple[float, float] | None:
        """Return a point inside an estate's outline."""
        at = self._at.get(estate_id)
        if at is None:
            return None
        point = shapely.point_on_surface(self._shapes[at])
        return float(shapely.get_x(point)), float(shapely.get_y(point))


def _keep(unit: ActingUnit, row: DemandRow, estate_id: int, pin: tuple[float, float], import_id: int) -> None:
    lists = rules()
    known = any(s.category == row.category and s.code == row.subtype for s in lists.subtypes)
    draft = DemandDraft(
        estate_id=estate_id,
        category=row.category,
        subtype=row.subtype if known else "",
        text=row.text,
        channel=row.channel,
        kind=row.kind,
        lon=pin[0],
        lat=pin[1],
        step_free=row.step_free,
        on_behalf=row.on_behalf,
    )
    day = row.received_on or day_of(unit.at)
    at = unit.at if row.received_on is None else min(unit.at, moment_on(row.received_on, time(12)))
    inside = demand_places.building_at(unit.connection, estate_id, *pin)
    demands_store.add(
        unit.connection,
        draft,
        receipt=make_receipt(),
        building_id=inside[0] if inside else None,
        grid_id=demand_places.grid_of_pin(unit.connection, estate_id, *pin),
        due_on=due_day(lists.subtypes, draft.category, draft.subtype, day) if draft.kind is DemandKind.DEMAND else None,
        login=unit.actor.login or unit.actor.role.value,
        at=at,
        day=day,
        import_id=import_id,
    )
