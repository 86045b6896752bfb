"""A department's desk: the demands and parts of demands that one 承办单位 is asked to do something about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from renovation.model.demands import DemandCategory, DemandStatus
from renovation.model.intake import Subtype


class DeskState(StrEnum):
    """Where a line of a desk stands, for the department."""

    NEW = "new"
    AT_WORK = "at_work"
    DONE = "done"
    REFUSED = "refused"


_STATES = {
    DemandStatus.DISPATCHED: DeskState.NEW,
    DemandStatus.ACCEPTED: DeskState.AT_WORK,
    DemandStatus.IN_PROGRESS: DeskState.AT_WORK,
    DemandStatus.REFUSED: DeskState.REFUSED,
    DemandStatus.NO_OWNER: DeskState.REFUSED,
}


class DeskOrder(StrEnum):
    """What comes first on a desk."""

    LATE = "late"
    NEWEST = "newest"
    PLACE = "place"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskLine:
    """One thing a department is asked: a whole demand, or its part of one.

    No receipt is among it: whoever has that may judge the answer.

    Attributes
    ----------
    demand_id
        The number people speak of it by.
    task_id, task
        The part, where the demand is parted.
    status
        Of the part while the demand is worked on, else of the demand.
    text
        What was said, contacts masked.
    late
        Days past the deadline, 0 in time or without one.
    """

    demand_id: int
    task_id: int | None
    task: str
    status: DemandStatus
    category: DemandCategory
    subtype: str
    text: str
    street_name: str
    estate_name: str
    building_name: str
    received_on: date
    due_on: date | None
    late: int
    supporters: int
    version: int

    @property
    def key(self) -> tuple[int, int]:
        """What tells a line from the others of its desk."""
        return self.demand_id, self.task_id or 0

    @property
    def state(self) -> DeskState:
        """Where it stands, for the department."""
        return _STATES.get(self.status, DeskState.DONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskStep:
    """A line of what happened to a demand, as far as it concerns the department."""

    at: datetime
    step: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskFile:
    """What a department needs to work on a demand; its own lines, and nobody's name."""

    lines: tuple[DeskLine, ...]
    places: tuple[str, ...]
    lon: float
    lat: float
    step_free: bool
    reply: str
    rating: int | None
    steps: tuple[DeskStep, ...]
    subtype: Subtype | None = None
