"""Who gains: which households have a facility within reach now, and what each candidate project would change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import shapely
from numpy.typing import NDArray

from renovation.geo.coverage import covered_share_by
from renovation.geo.service_area import ServiceArea, service_area, spread
from renovation.imports.register.facility_kinds import known_facility_kinds
from renovation.model.accounts import Action, Actor
from renovation.model.lives import PROJECT_LIFE
from renovation.model.places import AreaLevel, EstateFilter, Facility
from renovation.model.projects import ProjectFilter
from renovation.model.scope import EVERYWHERE, Scope
from renovation.services.doors import reading
from renovation.store import Store
from renovation.store.projects import projects
from renovation.store.register import areas, facilities
from renovation.store.register import homes as stored_homes
from renovation.text import Language

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class LivedIn:
    """Where households live: a building each, or the estate where its buildings are not drawn.

    Attributes
    ----------
    places
        Longitude, latitude (EPSG:4490), one row each: a point inside the home.
    households
        Per home; an estate's households are spread evenly over its buildings.
    estate_ids, street_ids
        The estate and the street (镇街) of each home; a street is -1 where it is not known.
    outlines
        WKB of each home, EPSG:4490.
    estate_names
        By estate id.
    """

    places: NDArray[np.float64]
    households: Ints
    estate_ids: Ints
    street_ids: Ints
    outlines: NDArray[np.object_]
    estate_names: Mapping[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked.

    Attributes
    ----------
    metres
        How near is served.
    walking
        Along the street layer instead of in a straight line.
    scope
        Whose households count, and whose projects are candidates. Facilities beyond its border serve all the same.
    item_codes
        Projects made from these items are the candidates.
    """

    kind: str
    metres: float
    walking: bool = False
    scope: Scope = EVERYWHERE
    item_codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidatePlace:
    """A project that would become a facility of the kind asked for; ``cost`` is in fen."""

    project_id: int
    code: str
    name: str
    item_code: str
    estate_name: str
    street_name: str
    cost: int
    lon: float
    lat: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StreetShare:
    """A street's households, and the exact share of them within reach now and with the chosen projects."""

    name: str
    households: int
    now: Fraction
    then: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """The answer before anything is chosen; :func:`with_chosen` takes it from there."""

    question: Question
    homes: LivedIn
    facilities: tuple[Facility, ...]
    candidates: tuple[CandidatePlace, ...]
    area: ServiceArea
    street_names: Mapping[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageOutcome:
    """Who is served once some candidates are built.

    Attributes
    ----------
    chosen
        Their places among the candidates, in the order they were chosen.
    covered
        Households in reach then.
    is_covered
        Per home.
    gains
        What each candidate would still add, 0 for the chosen ones.
    streets
        The least served first, by what stands then.
    """

    chosen: tuple[int, ...]
    covered: int
    is_covered: NDArray[np.bool_]
    gains: Ints
    streets: tuple[StreetShare, ...]

    def ranking(self) -> list[int]:
        """Return the candidates: the chosen ones, then those with the most still to gain."""
        taken = set(self.chosen)
        return [*self.chosen, *(int(c) for c in np.argsort(-self.gains, kind="stable") if int(c) not in taken)]


def coverage_stamp(store: Store, actor: Actor | None) -> tuple[int, ...]:
    """Return what changes whenever an answer may, so that a screen can keep one until then."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        return stored_homes.stamp(door.connection)


def has_streets(store: Store, actor: Actor | None) -> bool:
    """Tell whether there is a street layer to walk along."""
    with reading(store, actor, Action.SEE_PUBLIC) as door:
        return areas.any_road(door.connection)


def items_that_build(kind: str) -> tuple[str, ...]:
    """Return the catalogue items whose projects build a kind of facility; none for a kind of the locality's own."""
    known = known_facility_kinds().get(kind)
    return known.items if known else ()


def in_usual_order(kinds: Iterable[str]) -> tuple[str, ...]:
    """Return kinds in the order of the shipped list, a locality's own after them."""
    known = list(known_facility_kinds())
    return tuple(sorted(kinds, key=lambda kind: (known.index(kind) if kind in known else len(known), kind)))


def kind_name(kind: str, language: Language | str) -> str:
    """Return what a person calls a kind; a locality's own kinds stay as they were written."""
    known = known_facility_kinds().get(kind)
    return known.name_en if known and str(language) == Language.EN.value else kind


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
        names = {area.id: area.name for area in areas.list_areas(door.connection, level=AreaLevel.STREET)}
        candidates: tuple[CandidatePlace, ...] = ()
        if question.item_codes:
            wanted = ProjectFilter(scope=question.scope, item_codes=question.item_codes)
            candidates = _candidates(projects.listed(door.connection, wanted, scopes=[door.scope]))
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
        question=question, homes=lived, facilities=existing, candidates=candidates, area=area, street_names=names
    )


def _candidates(rows: Iterable[projects.ProjectRow]) -> tuple[CandidatePlace, ...]:
    return tuple(
        CandidatePlace(
            project_id=row.project.id,
            code=row.project.code,
            name=row.project.name,
            item_code=row.project.item_code,
            estate_name=row.estate_name,
            street_name=row.street_name,
            cost=row.project.cost,
            lon=row.project.lon,
            lat=row.project.lat,
        )
        for row in rows
        # Given up, or built and counted among the facilities, it adds nothing any more.
        if not PROJECT_LIFE.is_over(row.project.status) and row.project.lon is not None and row.project.lat is not None
    )


def with_chosen(coverage: Coverage, project_ids: Sequence[int] = ()) -> CoverageOutcome:
    """Return who is served once these candidate projects are built; ids that are no candidates are passed over.

    Takes a few thousandths of a second: only homes around the chosen are looked at again.
    """
    place = {candidate.project_id: number for number, candidate in enumerate(coverage.candidates)}
    chosen = tuple(place[one] for one in dict.fromkeys(project_ids) if one in place)
    later = coverage.area.choices.after(chosen)
    lived = coverage.homes
    now = covered_share_by(coverage.area.is_covered, lived.households, lived.street_ids)
    then = covered_share_by(later.is_covered, lived.households, lived.street_ids)
    known = lived.street_ids >= 0
    total = np.bincount(lived.street_ids[known], weights=lived.households[known])
    return CoverageOutcome(
        chosen=chosen,
        covered=int(lived.households[later.is_covered].sum()),
        is_covered=later.is_covered,
        gains=later.gains,
        streets=tuple(
            StreetShare(
                name=coverage.street_names.get(street, ""),
                households=int(total[street]),
                now=now[street],
                then=share,
            )
            for street, share in then.items()
        ),
    )
