"""Money for projects: pots, sources, pledges. Pledged is not received."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from renovation.errors import InvalidError
from renovation.model.items import ItemClass
from renovation.model.money import fen
from renovation.model.places import EstatePlace
from renovation.model.projects import ProjectStatus


class SourceKind(StrEnum):
    """Where money (or work) comes from."""

    CENTRAL = "central"
    PROVINCE = "province"
    CITY = "city"
    DISTRICT = "district"
    SPECIAL = "special"
    LOTTERY = "lottery"
    CHARITY = "charity"
    UTILITY = "utility"
    OWNER_UNIT = "owner_unit"
    MAINTENANCE_FUND = "maintenance_fund"
    COMMON_INCOME = "common_income"
    RESIDENTS = "residents"
    PRIVATE = "private"
    IN_KIND = "in_kind"

    @property
    def is_public(self) -> bool:
        """Tell public money (finance of any level, welfare lottery) from social money."""
        return self in _PUBLIC


_PUBLIC = frozenset(
    {
        SourceKind.CENTRAL,
        SourceKind.PROVINCE,
        SourceKind.CITY,
        SourceKind.DISTRICT,
        SourceKind.SPECIAL,
        SourceKind.LOTTERY,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pot:
    """A pot of money for one year.

    Attributes
    ----------
    level, owner, purpose
        Whose money it is and what for.
    amount
        Fen.
    classes, items, areas
        What it may pay for; empty means anything. ``areas`` are names of districts, streets or communities.
    project_cap
        The dearest project it may take part in, in fen: the whole project, whoever pays the rest. ``None`` for no cap.
    carried
        What of the amount was left of the pot of its name in earlier years, in fen.
    """

    id: str
    name: str
    year: int
    amount: int
    level: SourceKind = SourceKind.DISTRICT
    owner: str = ""
    purpose: str = ""
    classes: frozenset[ItemClass] = frozenset()
    items: frozenset[str] = frozenset()
    areas: frozenset[str] = frozenset()
    project_cap: int | None = None
    carried: int = 0
    version: int = 1

    def __post_init__(self) -> None:
        fen(self.amount)
        fen(self.carried)
        if self.project_cap is not None:
            fen(self.project_cap)


@dataclass(frozen=True, slots=True, kw_only=True)
class FundedProject:
    """A project with what a pot asks of it."""

    id: int
    code: str
    name: str
    item_code: str
    cost: int
    status: ProjectStatus
    estate: EstatePlace


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """What one source gives to one project: promised, and arrived by payments, in fen; hours for work in kind."""

    project: str
    kind: SourceKind
    pledged: int = 0
    received: int = 0
    hours: Fraction = Fraction(0)
    pot: str | None = None
    note: str = ""
    id: int | None = None
    version: int = 1

    def __post_init__(self) -> None:
        fen(self.pledged)
        fen(self.received)
        if self.hours < 0:
            raise InvalidError("funding.negative_hours", project=self.project)
        if self.kind is SourceKind.IN_KIND and (self.pledged or self.received):
            raise InvalidError("funding.in_kind_is_hours", project=self.project)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentDraft:
    """Money that has arrived for a project: how much in fen, on which day, by which document.

    Attributes
    ----------
    pot, kind
        Whose money: a pot's, or without one that of a kind of source.
    document
        Number or name of the paper that proves it.
    """

    project: int
    amount: int
    paid_on: date
    document: str
    kind: SourceKind = SourceKind.DISTRICT
    pot: str | None = None

    def __post_init__(self) -> None:
        fen(self.amount)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment(PaymentDraft):
    """A payment on file; ``supporter`` where it belongs to a pledge. Taken back, it stays with who did so and why."""

    id: int
    login: str
    supporter: str = ""
    undone_on: date | None = None
    undone_by: str = ""
    undone_why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedPayment:
    """What an adopted programme pays for a project out of a pot, in which year, in fen.

    ``before`` is what that pot had promised the project by recorded sources when the programme was worked out.
    """

    project: int
    pot: str
    amount: int
    year: int
    before: int = 0


class PledgeState(StrEnum):
    """What a pledge is worth on a given day; an offer from the residents' door counts once staff have confirmed it."""

    OFFERED = "offered"
    OPEN = "open"
    FULFILLED = "fulfilled"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pledge:
    """A supporter adopts a project 认领: money or hours promised until a day.

    ``expires_on`` is the last day on which the promise still counts; ``offered`` until staff have confirmed it.
    """

    id: str
    project: str
    supporter: str
    kind: SourceKind
    pledged_on: date
    expires_on: date
    amount: int = 0
    hours: Fraction = Fraction(0)
    received: int = 0
    withdrawn_on: date | None = None
    offered: bool = False
    reference: str = ""
    version: int = 1

    def __post_init__(self) -> None:
        fen(self.amount)
        fen(self.received)
        if self.expires_on < self.pledged_on:
            raise InvalidError("funding.expires_before_pledge", supporter=self.supporter)
        if not (self.amount or self.hours):
            raise InvalidError("funding.empty_pledge", supporter=self.supporter)

    def state(self, today: date) -> PledgeState:
        """Tell what the pledge is worth on a day."""
        if self.amount and self.received >= self.amount:
            return PledgeState.FULFILLED
        if self.withdrawn_on is not None and self.withdrawn_on <= today:
            return PledgeState.WITHDRAWN
        if today > self.expires_on:
            return PledgeState.EXPIRED
        return PledgeState.OFFERED if self.offered else PledgeState.OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchingRule:
    """A pot adds ``ratio`` fen for every fen that residents or supporters bring, up to ``cap`` fen.

    Attributes
    ----------
    kinds
        Whose money is matched.
    minimum
        Nothing is added below this sum, in fen.
    counts_pledges
        Match live promises too; otherwise only what has arrived.
    pot
        The pot that pays; it matches only projects it may pay for. ``None`` is a sponsor outside the pots.
    """

    id: str
    name: str
    ratio: Fraction
    cap: int
    kinds: frozenset[SourceKind] = frozenset({SourceKind.RESIDENTS})
    minimum: int = 0
    counts_pledges: bool = False
    source: str = ""
    pot: str | None = None
    version: int = 1

    def __post_init__(self) -> None:
        fen(self.cap)
        fen(self.minimum)
        if self.ratio <= 0:
            raise InvalidError("funding.ratio_not_positive", rule=self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upkeep:
    """Who keeps the work in order afterwards, at what yearly cost and out of what income (fen per year)."""

    project: str
    yearly_cost: int
    payer: str
    payer_kind: SourceKind | None = None
    yearly_income: int = 0
    agreed_on: date | None = None

    def __post_init__(self) -> None:
        fen(self.yearly_cost)
        fen(self.yearly_income)

    @property
    def is_settled(self) -> bool:
        """Tell whether the project may be closed: a payer is named and has agreed."""
        return bool(self.payer.strip()) and self.agreed_on is not None
