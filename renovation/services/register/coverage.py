"""Who gains: which households have a facility within reach now, and what each candidate project would change."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from renovation.geo.gains import CandidatePlace, Coverage, LivedIn, Question, candidate_places
from renovation.geo.service_area import service_area, spread
from renovation.model.accounts import Action, Actor
from renovation.model.localities import REACH_M, FacilityKind
from renovation.model.places import AreaLevel, EstateFilter
from renovation.model.projects import ProjectFilter
from renovation.services import lists
from renovation.services.doors import reading
from renovation.store import Store
from renovation.store.projects import projects
from renovation.store.register import areas, facilities
from renovation.store.register import homes as stored_homes

Ints = NDArray[np.int64]


def coverage_stamp(store: Store, actor: Actor | None) -> tuple[int, ...]:
    """Return what changes whenever an answer may, so that a screen can keep one until then."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        return stored_homes.stamp(door.connection)


def has_streets(store: Store, actor: Actor | None) -> bool:
    """Tell whether there is a street layer to walk along."""
    with reading(store, actor, Action.SEE_PUBLIC) as door:
        return areas.any_road(door.connection)


def kinds_in_order(store: Store, actor: Actor | None) -> tuple[FacilityKind, ...]:
    """Return the kinds of facilities on file, in the order of the locality's list; others come after them."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        found = {one.kind for one in facilities.list_facilities(door.connection)}
        listed = lists.facility_list(door.connection)
    others = (FacilityKind(kind=kind, name_en="", items=(), metres=REACH_M) for kind in sorted(found - set(listed)))
    return (*(one for kind, one in listed.items() if kind in found), *others)


def homes(store: Store, actor: Actor | None, wanted: EstateFilter | None = None) -> LivedIn:
    """Return where the households of a filter's estates live."""
    wanted = wanted or EstateFilter()
    with reading(store, actor, Action.SEE_REGISTER) as door:
        estates = stored_homes.estates_with_households(door.connection, wanted, allowed=door.scope)
        built_in, drawn = stored_homes.building_outlines(door.connection, wanted, allowed=door.scope)
    ids = np.array([row[0] for row in estates], dtype=np.int64)
    street = np.array([row[2] for row in estates], dtype=np.int64)
    households = np.array([row[3] for row in estates], dtype=np.int64)
    whole = np.array([row[4] for row in estates], dtype=object)
    owner = np.searchsorted(ids, built_in)
    count = np.bincount(owner, minlength=len(ids))
    # Estates none of whose buildings are drawn stand for themselves, if they have a place at all.
    alone = np.flatnonzero((count == 0) & np.array([wkb is not None for wkb in whole], dtype=bool))
    owner = np.concatenate([owner, alone])
    outlines = np.concatenate([drawn, whole[alone]])
    order = np.argsort(owner, kind="stable")
    owner, outlines = owner[order], outlines[order]
    inside = shapely.point_on_surface(shapely.from_wkb(outlines))
    return LivedIn(
        places=shapely.get_coordinates(inside),
        households=spread(households, owner),
        estate_ids=ids[owner],
        street_ids=street[owner],
        outlines=outlines,
        estate_names={row[0]: row[1] for row in estates},
    )


def measure_coverage(store: Store, actor: Actor | None, question: Question) -> Coverage:
    """Measure who has a facility of a kind within reach, and what each candidate project would add.

    Raises
    ------
    InvalidError
        ``geo.metres``; ``geo.no_streets`` when there is no street layer to walk along.
    """
    lived = homes(store, actor, EstateFilter(scope=question.scope))
    streets = None
    with reading(store, actor, Action.SEE_REGISTER) as door:
        existing = facilities.list_facilities(door.connection, kind=question.kind)
        known = lists.facility_list(door.connection).get(question.kind)
        names = {area.id: area.name for area in areas.list_areas(door.connection, level=AreaLevel.STREET)}
        candidates: tuple[CandidatePlace, ...] = ()
        if question.item_codes:
            wanted = ProjectFilter(scope=question.scope, item_codes=question.item_codes)
            candidates = candidate_places(projects.listed(door.connection, wanted, scopes=[door.scope]))
        if question.walking:
            lines = [road.geometry for road in areas.list_roads(door.connection)]
            streets = shapely.from_wkb(np.array(lines, dtype=object))
    area = service_area(
        lived.places,
        lived.households,
        np.array([(f.lon, f.lat) for f in existing], dtype=float),
        np.array([(c.lon, c.lat) for c in candidates], dtype=float),
        metres=question.metres,
        streets=streets,
    )
    return Coverage(
        question=question,
        homes=lived,
        facilities=existing,
        candidates=candidates,
        area=area,
        street_names=names,
        kind_en=known.name_en if known else "",
    )
