"""The yearly programme 年度计划 as a choice under rules, and the batch of estates 年度批次 it begins with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from renovation.errors import InvalidError
from renovation.model.elections import Reason
from renovation.model.funding import Pot
from renovation.model.items import ItemClass
from renovation.model.money import fen
from renovation.model.names import is_blank


class Band(StrEnum):
    """The official order of colours, worst first."""

    RED = "red"
    ORANGE = "orange"
    YELLOW = "yellow"
    BLUE = "blue"


class Objective(StrEnum):
    """What a programme makes as large as it can."""

    VOTES = "votes"
    SCORE = "score"
    HOUSEHOLDS = "households"
    BLEND = "blend"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedProject:
    """A project that may enter the programme.

    Attributes
    ----------
    cost
        What the pots must bear, in fen; other sources are already taken off.
    whole
        The whole project, in fen, whoever pays: what a pot's cap per project looks at. Left out, the pots bear it all.
    votes, score, households
        What an objective may count.
    areas
        Every place it lies in, from district down to community: what a pot's areas look at.
    groups
        Names that floors and caps look at (a district, a street, a category). Places count as groups as well.
    sites
        How much of a year's delivery capacity it takes.
    mandatory
        基础类 应改尽改: in the programme, whatever it scores.
    promised_year
        Promised in last year's programme for this year, with its money: done then or earlier.
    years
        The years in which it can be done; empty means any.
    """

    id: str
    cost: int
    whole: int = 0
    name: str = ""
    votes: int = 0
    score: Fraction = Fraction(0)
    households: int = 0
    item_classes: frozenset[ItemClass] = frozenset()
    items: frozenset[str] = frozenset()
    areas: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    sites: int = 1
    mandatory: bool = False
    promised_year: int | None = None
    years: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        fen(self.cost)
        fen(self.whole)
        if self.votes < 0 or self.score < 0 or self.households < 0 or self.sites < 0:
            raise InvalidError("programme.negative", project=self.id)

    @property
    def whole_cost(self) -> int:
        """Return what the whole project costs, in fen."""
        return self.whole or self.cost

    @property
    def memberships(self) -> frozenset[str]:
        """Return every name a floor or cap may use for it."""
        return self.groups | self.areas


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRule:
    """A floor or a cap for a group of projects, in fen and in number, over the programme or in one year."""

    group: str
    min_cost: int = 0
    max_cost: int | None = None
    min_count: int = 0
    max_count: int | None = None
    year: int | None = None
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """``first`` is not done later than ``then`` when both are chosen.

    With ``is_required`` the second is not chosen without the first.
    """

    first: str
    then: str
    is_required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """At most one of these projects (parking or green on the same ground)."""

    projects: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """How many sites can be worked on in a year."""

    year: int
    sites: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """A person's decision about one project, with the reason that stands on the list."""

    project: str
    is_chosen: bool
    reason: str
    year: int | None = None

    def __post_init__(self) -> None:
        if is_blank(self.reason):
            raise InvalidError("programme.lock_without_reason", project=self.project)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Everything a programme is chosen from.

    Attributes
    ----------
    blend
        For the objective "blend": weights of votes, score and households; each is counted as a share of its total.
    """

    years: tuple[int, ...]
    projects: tuple[PlannedProject, ...]
    pots: tuple[Pot, ...]
    group_rules: tuple[GroupRule, ...] = ()
    orders: tuple[Order, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    capacities: tuple[Capacity, ...] = ()
    locks: tuple[Lock, ...] = ()
    objective: Objective = Objective.VOTES
    blend: Mapping[Objective, Fraction] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.years or len(set(self.years)) != len(self.years) or list(self.years) != sorted(self.years):
            raise InvalidError("programme.years")
        ids = {project.id for project in self.projects}
        if len(ids) != len(self.projects):
            seen: set[str] = set()
            twice = next(one.id for one in self.projects if one.id in seen or seen.add(one.id))  # type: ignore[func-returns-value]
            raise InvalidError("programme.project_twice", project=twice)
        if len({pot.id for pot in self.pots}) != len(self.pots):
            raise InvalidError("programme.pot_twice")
        named = [name for order in self.orders for name in (order.first, order.then)]
        named += [name for exclusion in self.exclusions for name in exclusion.projects]
        named += [lock.project for lock in self.locks]
        if unknown := [name for name in named if name not in ids]:
            raise InvalidError("programme.unknown_project", project=unknown[0])
        if len({lock.project for lock in self.locks}) != len(self.locks):
            raise InvalidError("programme.locked_twice")
        if self.objective is Objective.BLEND and not any(self.blend.values()):
            raise InvalidError("programme.blend_empty")
        object.__setattr__(self, "blend", dict(self.blend))

    @property
    def whole_cost(self) -> int:
        """What all its projects would cost the pots, in fen."""
        return sum(project.cost for project in self.projects)

    @property
    def whole_money(self) -> int:
        """What all its pots hold, in fen."""
        return sum(pot.amount for pot in self.pots)

    def money_in(self, year: int) -> int:
        """Return what its pots of a year hold, in fen."""
        return sum(pot.amount for pot in self.pots if pot.year == year)


class ConstraintKind(StrEnum):
    """The kinds of rules a programme keeps."""

    POT = "pot"
    GROUP_FLOOR = "group_floor"
    GROUP_CAP = "group_cap"
    CAPACITY = "capacity"
    ORDER = "order"
    EXCLUSION = "exclusion"
    MANDATORY = "mandatory"
    PROMISED = "promised"
    LOCK = "lock"


@dataclass(frozen=True, slots=True)
class Constraint:
    """One rule of a problem, by kind and by what it names.

    ``index`` is its place among the problem's rules of that kind (projects for mandatory and promised).
    """

    kind: ConstraintKind
    name: str
    index: int


class SolveState(StrEnum):
    """How the search ended."""

    OPTIMAL = "optimal"
    STOPPED = "stopped"
    CANCELLED = "cancelled"
    INFEASIBLE = "infeasible"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLine:
    """A chosen project: its year, which pots pay how much (fen), and why it is in."""

    project: str
    year: int
    cost: int
    payments: tuple[tuple[str, int], ...]
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A project that is not in the programme, and why."""

    project: str
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class PotUse:
    """What a pot had, spent and keeps, in fen."""

    pot: str
    amount: int
    spent: int
    left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupUse:
    """What a group rule came to: fen and number of chosen projects."""

    rule: GroupRule
    cost: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What going down the list by value gives, skipping what does not fit; shown beside the optimum.

    ``is_feasible`` is false when that list misses a floor or a project that has to be in.
    """

    objective: int
    chosen: Mapping[str, int]
    is_feasible: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """The chosen programme.

    Attributes
    ----------
    objective
        The exact sum of the chosen projects' values; ``bound`` is what no programme can exceed.
    gap
        How far the bound lies above the objective, as a share of the objective.
    """

    state: SolveState
    objective: int
    bound: int
    gap: float
    chosen: tuple[PlanLine, ...]
    left_out: tuple[LeftOut, ...]
    total_cost: int
    pots: tuple[PotUse, ...]
    groups: tuple[GroupUse, ...]
    baseline: Baseline
    rules_version: str


class BatchStanding(StrEnum):
    """Where an estate stands."""

    IN_BATCH = "in_batch"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSettings:
    """What a planner asks of a year's batch.

    Attributes
    ----------
    budget
        Fen.
    max_estates
        How many estates can be worked on; ``None`` for no limit.
    weighting
        Name of the saved weighting that ranks the estates; ``""`` for the shipped example.
    """

    year: int
    budget: int
    max_estates: int | None = None
    weighting: str = ""

    def __post_init__(self) -> None:
        fen(self.budget)
        if not 2000 <= self.year <= 2100:
            raise InvalidError("batch.year", value=self.year)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchLine:
    """One estate's line.

    Attributes
    ----------
    need
        Need score 0 … 100; ``None`` when nothing is known.
    cost
        What its projects still need, in fen; ``None`` while none is priced.
    rank
        From the ranking; ``None`` where it is not ranked.
    reasons
        Why it is in, or every gate in its way, or the money.
    waiting_since
        The first year it stood on the waiting list; earlier goes first among equal ranks.
    is_urgent
        A safety matter: goes before every ranked estate.
    """

    estate_id: int
    code: str
    name: str
    county: str
    street: str
    households: int | None = None
    standing: BatchStanding = BatchStanding.WAITING
    is_willing: bool = False
    is_eligible: bool = False
    is_urgent: bool = False
    need: float | None = None
    band: Band | None = None
    rank: int | None = None
    cost: int | None = None
    reasons: tuple[Reason, ...] = ()
    waiting_since: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnualBatch:
    """A year's batch with everything in it; lines stand in the order they were looked at. Money in fen."""

    settings: BatchSettings
    lines: tuple[BatchLine, ...]
    pool_size: int
    spent: int
    left: int
    saved_at: datetime | None = None
    saved_by: str = ""

    @property
    def chosen(self) -> tuple[BatchLine, ...]:
        """List the estates in the batch."""
        return tuple(line for line in self.lines if line.standing is BatchStanding.IN_BATCH)

    @property
    def waiting(self) -> tuple[BatchLine, ...]:
        """List the estates carried over."""
        return tuple(line for line in self.lines if line.standing is BatchStanding.WAITING)
