"""Elections as the participatory-budgeting literature names them: instance, profile, tally, allocation.

Money amounts are exact: ``int`` (fen, or the smallest unit of a Pabulib file), shares are ``Fraction``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Any

from renovation.errors import InvalidError


class BallotKind(StrEnum):
    """What a voter writes down."""

    APPROVAL = "approval"
    CHOOSE_ONE = "choose-1"
    KNAPSACK = "knapsack"
    POINTS = "cumulative"
    RANKING = "ordinal"
    YES_NO = "yes-no"


#: What stands beside a project on a yes/no ballot; no opinion is a project that the ballot does not name.
YES, NO = 1, -1


#: META key of ``.pb`` files for the kinds of ballots that the format does not name and lists as approval.
OWN_KIND = "ballot_kind"
#: Column of ``.pb`` files for the noes of yes/no ballots: per voter the projects, per project how many.
AGAINST = "against"
#: META key of ``.pb`` files for a rule and its settings as JSON, money in units of the currency.
OWN_RULE = "rule_settings"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A project as it stands on a ballot.

    Attributes
    ----------
    id
        The id in the poll or file, verbatim (``"001"`` and ``"1"`` differ).
    cost
        What counts against the budget (the public share where others pay too), in the instance's smallest money unit.
    number
        The number printed on paper and shown on screen; 0 where a file has none.
    categories, area
        What several budgets and area caps look at.
    mandatory
        基础类: taken first, not voted away.
    full_cost
        What it costs altogether where somebody else pays a part; ``None`` where ``cost`` is all.
    lon, lat
        Degrees, EPSG:4490; ``None`` where unknown.
    extra
        Columns of a file that this tool does not know, preserved.

    Raises
    ------
    InvalidError
        ``election.no_id``, ``election.negative_cost`` or ``election.full_cost_below_share``.
    """

    id: str
    name: str
    cost: int
    number: int = 0
    categories: tuple[str, ...] = ()
    area: str | None = None
    mandatory: bool = False
    full_cost: int | None = None
    lon: float | None = None
    lat: float | None = None
    extra: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.id:
            raise InvalidError("election.no_id", project=self.name)
        if self.cost < 0:
            raise InvalidError("election.negative_cost", project=self.name or self.id)
        if self.full_cost is not None and self.full_cost < self.cost:
            raise InvalidError("election.full_cost_below_share", project=self.name or self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """Projects and the money there is for them.

    ``scale`` is how many of the money units make one unit of the source's currency (100 for fen and yuan); ``meta``
    keeps what a file says besides.

    Raises
    ------
    InvalidError
        ``election.negative_budget`` or ``election.id_twice``.
    """

    projects: tuple[Candidate, ...]
    budget: int
    ballot_kind: BallotKind = BallotKind.APPROVAL
    max_choices: int | None = None
    min_choices: int | None = None
    max_points: int | None = None
    currency: str = "CNY"
    scale: int = 100
    meta: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.budget < 0:
            raise InvalidError("election.negative_budget")
        seen: set[str] = set()
        for project in self.projects:
            if project.id in seen:
                raise InvalidError("election.id_twice", project=project.id)
            seen.add(project.id)

    def project(self, project_id: str) -> Candidate:
        """Return the project of this id.

        Raises
        ------
        KeyError
            No project has it.
        """
        for project in self.projects:
            if project.id == project_id:
                return project
        raise KeyError(project_id)


@dataclass(frozen=True, slots=True)
class Ballot:
    """One voter's choices.

    ``choices`` are project ids: chosen ones (approval, choose-1, knapsack), best first (ordinal), or those answered
    (yes-no). ``points`` stand beside ``choices`` in cumulative ballots, and ``YES`` or ``NO`` in yes-no ones. An empty
    ballot is blank and counts as cast.

    Raises
    ------
    InvalidError
        ``election.points_count`` (points do not stand beside choices), ``election.negative_points`` or
        ``election.weight`` (not above 0).
    """

    choices: tuple[str, ...]
    points: tuple[Fraction, ...] = ()
    weight: Fraction = Fraction(1)

    @classmethod
    def of_answers(cls, yes: Sequence[str], no: Sequence[str], weight: Fraction = Fraction(1)) -> Ballot:
        """Return the yes/no ballot that says yes and no to these projects."""
        return cls((*yes, *no), (Fraction(YES),) * len(yes) + (Fraction(NO),) * len(no), weight)

    def answered(self, answer: int) -> tuple[str, ...]:
        """Return the projects a yes/no ballot says ``YES`` or ``NO`` to."""
        return tuple(name for name, value in zip(self.choices, self.points, strict=True) if value == answer)

    def __post_init__(self) -> None:
        if self.points and len(self.points) != len(self.choices):
            raise InvalidError("election.points_count", choices=len(self.choices), points=len(self.points))
        if any(value < 0 and value != NO for value in self.points):
            raise InvalidError("election.negative_points")
        if self.weight <= 0:
            raise InvalidError("election.weight")


@dataclass(frozen=True, slots=True)
class Voter:
    """A ballot as one line of an election file: with the line's other columns verbatim (an id, a channel)."""

    ballot: Ballot
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a project was or was not selected: a code of the catalogue (``reason.<code>``) and its numbers.

    Money stands in the instance's smallest unit (``int``, or ``Fraction`` where shares of it decide), projects by id.
    """

    code: str
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """Projects that stood equal, and what decided between them (in the order they were taken)."""

    projects: tuple[str, ...]
    decided_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One project's line in an allocation. ``against`` are the noes of yes/no ballots, ``votes`` then the yeses."""

    project: str
    votes: int | Fraction
    score: int | Fraction
    rank: int
    selected: bool
    reason: Reason
    against: int | Fraction = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """What a rule decided, with reasons.

    ``winners`` stand in the order they were selected; ``outcomes`` by rank.
    """

    rule: str
    settings: Mapping[str, Any]
    rules_version: str
    budget: int
    winners: tuple[str, ...]
    total_cost: int
    outcomes: tuple[Outcome, ...]
    ties: tuple[Tie, ...] = ()

    def outcome(self, project_id: str) -> Outcome:
        """Return the line of one project.

        Raises
        ------
        KeyError
            No project has this id.
        """
        for outcome in self.outcomes:
            if outcome.project == project_id:
                return outcome
        raise KeyError(project_id)
