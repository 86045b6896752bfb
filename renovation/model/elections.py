"""Elections as the participatory-budgeting literature names them: instance, profile, tally, allocation.

Money amounts are exact: ``int`` (fen, or the smallest unit of a Pabulib file), shares are ``Fraction``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Any


class BallotKind(StrEnum):
    """What a voter writes down."""

    APPROVAL = "approval"
    CHOOSE_ONE = "choose-1"
    KNAPSACK = "knapsack"
    POINTS = "cumulative"
    RANKING = "ordinal"
    YES_NO = "yes-no"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A project as it stands on a ballot.

    Attributes
    ----------
    id
        The id in the poll or file, verbatim (``"001"`` and ``"1"`` differ).
    cost
        What counts against the budget, in the instance's smallest money unit.
    number
        The number printed on paper and shown on screen; 0 where a file has none.
    categories, area
        What several budgets and area caps look at.
    mandatory
        基础类: taken first, not voted away.
    lon, lat
        Degrees, EPSG:4490; ``None`` where unknown.
    extra
        Columns of a file that this tool does not know, preserved.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """Projects and the money there is for them.

    ``scale`` is how many of the money units make one unit of the source's currency (100 for fen and yuan).
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


@dataclass(frozen=True, slots=True)
class Ballot:
    """One voter's choices.

    ``choices`` are project ids: chosen ones (approval, choose-1, knapsack, yes of yes-no) or best first
    (ordinal). ``points`` stand beside ``choices`` in cumulative ballots. An empty ballot is blank and counts as cast.
    """

    choices: tuple[str, ...]
    points: tuple[Fraction, ...] = ()
    weight: Fraction = Fraction(1)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a project was or was not selected: a code of the catalogue (``reason.<code>``) and its numbers."""

    code: str
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """Projects that stood equal, and what decided between them (in the order they were taken)."""

    projects: tuple[str, ...]
    decided_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One project's line in an allocation."""

    project: str
    votes: int | Fraction
    score: int | Fraction
    rank: int
    selected: bool
    reason: Reason


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
