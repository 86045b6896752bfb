"""Who gains: what is asked, who is served now, and who would be once some candidate projects are built."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from renovation.geo.coverage import covered_share_by
from renovation.geo.service_area import ServiceArea
from renovation.model.lives import PROJECT_LIFE
from renovation.model.money import FEN_PER_WAN
from renovation.model.places import Facility
from renovation.model.projects import ProjectRow
from renovation.model.scope import EVERYWHERE, Scope

Ints = NDArray[np.int64]


class Served(StrEnum):
    """How a home stands: within reach now, only with the chosen projects, or not at all."""

    COVERED = "covered"
    GAINED = "gained"
    UNCOVERED = "uncovered"


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
    kind_en: str = ""

    def kind_name(self, language: str) -> str:
        """Return what a person calls the kind of facility."""
        return self.kind_en if str(language) == "en" and self.kind_en else self.question.kind

    def gain_per_wan(self, candidate: int) -> Fraction:
        """Return the households a candidate would add for every 10,000 yuan it costs."""
        return Fraction(int(self.area.gains[candidate]) * FEN_PER_WAN, self.candidates[candidate].cost)


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageOutcome:
    """Who is served once some candidates are built.

    Attributes
    ----------
    chosen
        Their places among the candidates, in the order they were chosen.
    covered, share
        Households in reach then, and the exact share they make of all.
    is_covered
        Per home.
    gains
        What each candidate would still add, 0 for the chosen ones.
    streets
        The least served first, by what stands then.
    """

    chosen: tuple[int, ...]
    covered: int
    share: Fraction | None
    is_covered: NDArray[np.bool_]
    gains: Ints
    streets: tuple[StreetShare, ...]

    def ranking(self) -> list[int]:
        """Return the candidates: the chosen ones, then those with the most still to gain."""
        taken = set(self.chosen)
        return [*self.chosen, *(int(c) for c in np.argsort(-self.gains, kind="stable") if int(c) not in taken)]


def candidate_places(rows: Iterable[ProjectRow]) -> tuple[CandidatePlace, ...]:
    """Return the projects that would become a facility: those that have a place and can still be built."""
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
    covered = int(lived.households[later.is_covered].sum())
    return CoverageOutcome(
        chosen=chosen,
        covered=covered,
        share=Fraction(covered, coverage.area.households) if coverage.area.households else None,
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


def served(coverage: Coverage, then: CoverageOutcome) -> NDArray[np.str_]:
    """Return how each home stands."""
    return np.where(
        coverage.area.is_covered,
        Served.COVERED.value,
        np.where(then.is_covered, Served.GAINED.value, Served.UNCOVERED.value),
    )


def served_by_estate(homes: LivedIn, states: NDArray[np.str_]) -> tuple[Ints, Ints, list[Served], Ints]:
    """Return estates, their first home each, how most of their households stand, and how many households they have."""
    ids, first, owner = np.unique(homes.estate_ids, return_index=True, return_inverse=True)
    ways = list(Served)
    # Households that stand alike in two ways count as the worse served.
    ways.reverse()
    weight = np.array([np.bincount(owner, homes.households * (states == way.value), len(ids)) for way in ways])
    return ids, first, [ways[at] for at in weight.argmax(axis=0)], weight.sum(axis=0).astype(np.int64)
