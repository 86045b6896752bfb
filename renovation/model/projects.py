"""Projects 改造项目: an item of the catalogue at a place, with quantity and cost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from renovation.errors import InvalidError
from renovation.model.money import MAX_FEN
from renovation.model.names import is_blank
from renovation.model.scope import EVERYWHERE, Scope


class ProjectStatus(StrEnum):
    """Where a project stands in the chain demand → … → satisfaction."""

    PRICED = "priced"
    IN_POLL = "in_poll"
    CHOSEN = "chosen"
    NOT_CHOSEN = "not_chosen"
    IN_PROGRAMME = "in_programme"
    IN_WORKS = "in_works"
    DONE = "done"
    WITHDRAWN = "withdrawn"


#: What residents have chosen, or the year's programme holds: withdrawn by who may publish.
DECIDED = frozenset({ProjectStatus.CHOSEN, ProjectStatus.IN_PROGRAMME})
#: At this cost others have decided already: another is recorded by who may publish.
COST_DECIDED = DECIDED | {ProjectStatus.IN_WORKS}


class CostBasis(StrEnum):
    """Which figure of a project counts: 财评, 概算, another figure of a planner's list, or the price book."""

    REVIEWED = "reviewed"
    ESTIMATE = "estimate"
    LIST = "list"
    PRICE_BOOK = "price_book"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectDraft:
    """A project as a planner enters it.

    Attributes
    ----------
    quantity
        In the item's unit.
    cost, cost_low, cost_high
        Whole project, fen; ``cost`` is what a poll counts against its budget.
    geometry
        Point, line or polygon as WKB, EPSG:4490.
    upkeep_per_year
        Fen; ``upkeep_by`` names who pays it.
    """

    estate_id: int
    item_code: str
    name: str
    quantity: Decimal
    cost: int
    cost_low: int
    cost_high: int
    description: str = ""
    why: str = ""
    geometry: bytes | None = None
    upkeep_per_year: int = 0
    upkeep_by: str = ""

    def __post_init__(self) -> None:
        if is_blank(self.name):
            raise InvalidError("project.name_missing")
        if not self.quantity.is_finite() or not 0 < self.quantity < Decimal(10) ** 9:
            raise InvalidError("project.quantity", value=str(self.quantity))
        if not 0 < self.cost <= MAX_FEN:
            raise InvalidError("project.cost", value=str(self.cost))
        if not 0 <= self.cost_low <= self.cost_high <= MAX_FEN:
            raise InvalidError("project.cost_range")


@dataclass(frozen=True, slots=True, kw_only=True)
class CostFigure:
    """What a project costs in fen, of which day, by which document: a review 财评, an estimate 概算, or else a list."""

    basis: CostBasis
    amount: int
    day: date
    document: str
    login: str = ""

    def __post_init__(self) -> None:
        if self.basis is CostBasis.PRICE_BOOK:
            raise InvalidError("project.figure_basis")
        if not 0 < self.amount <= MAX_FEN:
            raise InvalidError("project.cost", value=str(self.amount))
        if is_blank(self.document):
            raise InvalidError("project.figure_document")


def counting(figures: Iterable[CostFigure]) -> CostFigure | None:
    """Return the figure that counts: the newest review, else estimate, else of a list; the oldest come first."""
    newest = {figure.basis: figure for figure in figures}
    return next((newest[basis] for basis in CostBasis if basis in newest), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project in the store; ``demand_ids`` are the demands it answers."""

    id: int
    code: str
    estate_id: int
    item_code: str
    name: str
    quantity: Decimal
    unit: str
    cost: int
    cost_low: int
    cost_high: int
    status: ProjectStatus
    description: str = ""
    why: str = ""
    geometry: bytes | None = None
    lon: float | None = None
    lat: float | None = None
    upkeep_per_year: int = 0
    upkeep_by: str = ""
    demand_ids: tuple[int, ...] = ()
    synthetic: bool = False
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectFilter:
    """What narrows the project list, map and export alike. Empty tuples do not narrow.

    ``late_on`` keeps what should have been begun, or finished, before that day's month by the plan of works.
    """

    scope: Scope = EVERYWHERE
    statuses: tuple[ProjectStatus, ...] = ()
    item_codes: tuple[str, ...] = ()
    query: str = ""
    late_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectRow:
    """One line of the list: the project with the names a person reads.

    ``demands`` and ``supporters`` count the linked demands and the residents behind them.
    """

    project: Project
    estate_name: str
    county_name: str
    street_name: str
    demands: int
    supporters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredDemand:
    """A demand that a project answers: what was asked, and in which building."""

    id: int
    receipt: str
    text: str
    status: str
    building_name: str
    supporters: int
    step_free: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """What an act on a project names beside its status.

    Attributes
    ----------
    where, ref
        Title of the poll or name of the programme it stood in, and ``poll:<id>`` or ``scenario:<id>``.
    why
        The reason somebody gave.
    votes, rank, rivals
        Of a poll: as declared, of how many projects.
    """

    where: str = ""
    ref: str = ""
    why: str = ""
    votes: str = ""
    rank: int | None = None
    rivals: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectStep:
    """One act that moved a project: when, by whom, from which status to which, on what occasion.

    ``act`` is a member of :class:`~renovation.model.lives.ProjectAct`.
    """

    project_id: int
    at: datetime
    by: str
    act: str
    before: ProjectStatus
    after: ProjectStatus
    occasion: Occasion = Occasion()
