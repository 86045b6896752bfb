"""Programmes as they are kept: what was asked, what it rested on, what came out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction

from renovation.errors import InvalidError
from renovation.model.funding import SourceKind
from renovation.model.programme import Capacity, GroupRule, Lock, Objective, Problem, Programme
from renovation.model.scope import EVERYWHERE, Scope


class ScenarioState(StrEnum):
    """A scenario is worked on until it is adopted; then nothing in it changes."""

    DRAFT = "draft"
    ADOPTED = "adopted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A named programme with the inputs it rests on.

    Attributes
    ----------
    inputs_digest
        SHA-256 of the canonical inputs (``canonical.digest_of``); set when adopted and checked ever after.
    copied_from
        The scenario this one began as.
    first_year
        The year it begins with.
    """

    id: str
    name: str
    state: ScenarioState = ScenarioState.DRAFT
    note: str = ""
    inputs_digest: str = ""
    copied_from: str | None = None
    adopted_at: datetime | None = None
    first_year: int = 0

    def __post_init__(self) -> None:
        if self.state is ScenarioState.ADOPTED and not (self.inputs_digest and self.adopted_at):
            raise InvalidError("scenario.adopted_without_digest", name=self.name)


MAX_NOTE = 500
_MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])", re.ASCII)
#: One to three years are planned at a time.
MAX_YEARS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeSettings:
    """What a planner asks of a programme; everything else is read from the store.

    Attributes
    ----------
    weighting
        Name of the saved weighting whose scores count for the objectives "score" and "blend".
    basic_first
        Every project of the basic class 基础类 has to be in 应改尽改.
    with_conflicts
        Of two projects of an estate that want the same ground, at most one.
    with_order
        Underground before paving, within an estate.
    with_promises
        What earlier adopted programmes put into these years, or before them and is not begun, has to be in, with the
        money they gave it. Otherwise it stands aside: what an adopted programme holds is never on offer again.
    only_passing
        Projects of estates that fail a gate stay out.
    counts_pledges
        Live promises of other money are taken off the cost; otherwise only what has arrived.
    """

    years: tuple[int, ...]
    objective: Objective = Objective.VOTES
    blend: Mapping[Objective, Fraction] = field(default_factory=dict)
    weighting: str = ""
    scope: Scope = EVERYWHERE
    group_rules: tuple[GroupRule, ...] = ()
    capacities: tuple[Capacity, ...] = ()
    locks: tuple[Lock, ...] = ()
    basic_first: bool = False
    with_conflicts: bool = True
    with_order: bool = True
    with_promises: bool = True
    only_passing: bool = True
    counts_pledges: bool = True

    def __post_init__(self) -> None:
        years = self.years
        if not 1 <= len(years) <= MAX_YEARS or list(years) != sorted(set(years)):
            raise InvalidError("programme.years")


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherMoney:
    """Money of a project that a programme counted on besides what its own pots pay: who gives it, in fen.

    ``pot`` is the pot it was promised from earlier, if any. What is not recorded as a source of the project follows
    from a matching rule or from a programme adopted earlier.
    """

    kind: SourceKind
    amount: int
    pot: str | None = None
    is_recorded: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectPlace:
    """Where a planned project lies and what it is, as it was when the programme was worked out.

    Attributes
    ----------
    whole_cost
        Fen, all sources; the problem's cost is what the pots bear.
    other_money
        Whole cost less the problem's cost, by who gives it; what an earlier programme pays is among it.
    promised_by
        Name of the earlier programme that promised it for these years; its money comes along. "" for any other.
    households, elderly
        Whom it reaches; elderly households follow from the estate's share of residents of 60 and over. ``None`` where
        not known.
    """

    project_id: int
    code: str
    name: str
    estate_id: int
    estate_code: str
    estate: str
    county: str
    street: str
    community: str
    item_code: str
    quantity: str
    unit: str
    whole_cost: int
    households: int | None = None
    elderly: int | None = None
    lon: float | None = None
    lat: float | None = None
    upkeep_per_year: int = 0
    upkeep_by: str = ""
    other_money: tuple[OtherMoney, ...] = ()
    promised_by: str = ""

    @property
    def street_key(self) -> str:
        """Name the street so that streets of one name in two counties stay apart."""
        return " ".join(part for part in (self.county, self.street) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkPlan:
    """When a project is built and by whom 计划开工, 计划完工, 实施单位, 备注; months as "2027-03", "" where open."""

    project_id: int
    starts: str = ""
    ends: str = ""
    builder: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        for month in (self.starts, self.ends):
            if month and not _MONTH.fullmatch(month):
                raise InvalidError("work_plan.month", value=month[:20])
        if self.starts and self.ends and self.ends < self.starts:
            raise InvalidError("work_plan.ends_before", starts=self.starts, ends=self.ends)


@dataclass(frozen=True, slots=True, kw_only=True)
class StreetPeople:
    """Who lives on a street (:attr:`ProjectPlace.street_key`), in households; ``elderly`` is ``None`` if not known."""

    street: str
    households: int
    elderly: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EstateOnFile:
    """What the register said of an estate when a programme was worked out; ``None`` where not known.

    ``outline`` is WKB in EPSG:4490 as hexadecimal digits, "" when nobody has drawn it.
    """

    code: str
    built_year: int | None = None
    buildings: int | None = None
    households: int | None = None
    floor_area_m2: float | None = None
    outline: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingAside:
    """A project that was not a candidate, and why: a key below ``programme_aside`` of the catalogue.

    ``programme`` and ``year`` say which adopted programme holds it, and for when.
    """

    code: str
    name: str
    estate: str
    why: str
    programme: str = ""
    year: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedBatch:
    """A year's batch that a programme keeps to: its budget in fen, and how many estates it holds."""

    year: int
    budget: int
    estates: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeInput:
    """What a programme is chosen from: the problem, and what maps, comparisons and documents say beside it.

    Attributes
    ----------
    estates
        The estates of the projects, as on file that day.
    drawn
        Drawn geometry of projects by code, WKB in EPSG:4490 as hexadecimal digits.
    whole_pots
        What each pot holds in all, in fen: its ``amount`` in the problem is what of it could still be spent.
    batches
        The decided batches of its years: only projects of their estates are candidates, beside what was promised. A
        year without one rules nothing out. Every project lies in an estate, those that serve the whole town too.
    facts_day
        The day all of this was read. Equal figures of two days are equal inputs.
    """

    settings: ProgrammeSettings
    problem: Problem
    places: Mapping[str, ProjectPlace]
    streets: tuple[StreetPeople, ...]
    aside: tuple[StandingAside, ...] = ()
    estates: tuple[EstateOnFile, ...] = ()
    drawn: Mapping[str, str] = field(default_factory=dict)
    whole_pots: Mapping[str, int] = field(default_factory=dict)
    batches: tuple[DecidedBatch, ...] = ()
    facts_day: date | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldScenario:
    """A scenario with everything in it: what was asked, the problem, the programme, the places."""

    scenario: Scenario
    basis: ProgrammeInput
    programme: Programme
    created_at: datetime
    created_by: str
    adopted_by: str = ""

    @property
    def id(self) -> str:
        """The scenario's id."""
        return self.scenario.id

    @property
    def name(self) -> str:
        """The scenario's name."""
        return self.scenario.name

    @property
    def settings(self) -> ProgrammeSettings:
        """What was asked."""
        return self.basis.settings

    @property
    def problem(self) -> Problem:
        """What the programme was chosen from."""
        return self.basis.problem

    @property
    def places(self) -> Mapping[str, ProjectPlace]:
        """Where each project lies, by its code."""
        return self.basis.places
