"""Facilities that serve households: take them in, and say who has one within reach and who would."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import shapely

from renovation.errors import Fault, ImportRefusedError
from renovation.geo.coverage import covered_share_by
from renovation.geo.service_area import ServiceArea, service_area, spread
from renovation.imports.facilities import FacilityRow
from renovation.imports.results import Parsed
from renovation.model.accounts import Action, Actor, require
from renovation.model.facilities import Facility, FacilityDraft
from renovation.model.imports import ImportKind, ImportRecord, ImportSource
from renovation.model.places import EstateFilter
from renovation.services.acts import acting
from renovation.services.estates import find_estates, list_buildings
from renovation.services.places import list_roads
from renovation.store import Store, facilities, imports


@dataclass(frozen=True, slots=True, kw_only=True)
class Homes:
    """Where households live: a building each, or the estate where its buildings are not drawn.

    Attributes
    ----------
    places
        Longitude, latitude (EPSG:4490), one row each.
    households
        Per place; an estate's households are spread evenly over its buildings.
    street_ids
        The street (镇街) of each place, -1 where it is not known.
    """

    places: np.ndarray
    households: np.ndarray
    street_ids: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Who is served now and would be.

    Attributes
    ----------
    by_street
        Street id → exact share covered now, the least served first.
    facilities
        How many facilities of the kind there are.
    """

    area: ServiceArea
    by_street: Mapping[int, Fraction]
    facilities: int


def import_facilities(
    store: Store,
    actor: Actor | None,
    parsed: Parsed[FacilityRow],
    *,
    source: ImportSource,
    dry_run: bool = False,
) -> ImportRecord:
    """Take a parsed file of facilities in, the whole file or nothing.

    Raises
    ------
    ImportRefusedError
        The file has faults, or facilities whose code the store holds already.
    """
    if parsed.faults:
        raise ImportRefusedError(parsed.faults)
    with acting(store, actor, Action.IMPORT_PLACES) as unit:
        known = facilities.existing_codes(unit.connection)
        faults = [
            Fault("facility.exists", parsed.sheet, row.row, fields={"id": row.code})
            for row in parsed.records
            if row.code and (row.kind, row.code) in known
        ]
        if faults:
            raise ImportRefusedError(faults)
        import_id = imports.add(
            unit.connection,
            at=unit.at,
            login=unit.actor.login,
            kind=ImportKind.FACILITIES,
            source=source,
            datum=parsed.datum or "",
            mapping=parsed.mapping,
            rows=parsed.rows,
            imported=len(parsed.records),
        )
        drafts = [FacilityDraft(kind=r.kind, name=r.name, code=r.code, lon=r.lon, lat=r.lat) for r in parsed.records]
        facilities.add_facilities(unit.connection, drafts, import_id=import_id)
        record = imports.get(unit.connection, import_id)
        assert record is not None
        if dry_run:
            # Leaving without a commit takes everything back.
            return replace(record, id=None)
        unit.log("import.take", "import", import_id, kind=record.kind.value, file=source.filename, imported=len(drafts))
        unit.commit()
        return record


def list_facilities(store: Store, actor: Actor | None, kind: str | None = None) -> tuple[Facility, ...]:
    """Return facilities (of a kind); where they are is public."""
    require(actor, Action.SEE_PUBLIC)
    with store.read() as connection:
        return facilities.list_facilities(connection, kind=kind)


def facility_kinds(store: Store, actor: Actor | None) -> tuple[str, ...]:
    """Return the kinds of facilities there are."""
    require(actor, Action.SEE_PUBLIC)
    with store.read() as connection:
        return facilities.kinds(connection)


def homes(store: Store, actor: Actor | None, wanted: EstateFilter | None = None) -> Homes:
    """Return where the households of a filter's estates live."""
    estates = {e.id: e for e in find_estates(store, actor, wanted) if e.facts.households}
    outlines: dict[int, list[bytes]] = {}
    for building in list_buildings(store, actor, estates):
        if building.geometry is not None:
            outlines.setdefault(building.estate_id, []).append(building.geometry)
    shapes: list[bytes] = []
    households: list[int] = []
    streets: list[int] = []
    for key, estate in estates.items():
        drawn = outlines.get(key) or ([estate.geometry] if estate.geometry is not None else [])
        if drawn:
            shapes += drawn
            households += spread(estate.facts.households or 0, len(drawn))
            streets += [estate.street_id if estate.street_id is not None else -1] * len(drawn)
    inside = shapely.point_on_surface(shapely.from_wkb(np.array(shapes, dtype=object)))
    return Homes(
        places=shapely.get_coordinates(inside),
        households=np.array(households, dtype=np.int64),
        street_ids=np.array(streets, dtype=np.int64),
    )


def measure_coverage(
    store: Store,
    actor: Actor | None,
    kind: str,
    *,
    metres: float,
    candidates: Sequence[tuple[float, float]] = (),
    walking: bool = False,
    wanted: EstateFilter | None = None,
) -> Coverage:
    """Measure who has a facility of a kind within reach, and what each candidate would add.

    Parameters
    ----------
    candidates
        Longitude and latitude (EPSG:4490) of each.
    walking
        Along the streets of the base layer instead of in a straight line.
    wanted
        Only these estates' households.

    Raises
    ------
    InvalidError
        ``geo.metres``; ``geo.no_streets`` when there is no street layer to walk along.
    """
    lived = homes(store, actor, wanted)
    existing = list_facilities(store, actor, kind)
    streets = None
    if walking:
        streets = np.array([shapely.from_wkb(road.geometry) for road in list_roads(store, actor)], dtype=object)
    area = service_area(
        lived.places,
        lived.households,
        np.array([(f.lon, f.lat) for f in existing], dtype=float),
        np.array(list(candidates), dtype=float),
        metres=metres,
        streets=streets,
    )
    by_street = covered_share_by(area.is_covered, lived.households, lived.street_ids)
    return Coverage(area=area, by_street=by_street, facilities=len(existing))
