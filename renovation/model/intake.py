"""What surrounds a demand: receipts, code lists, dispatch rules, joint meetings, sub-tasks, figures."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from typing import NamedTuple

from renovation.errors import InvalidError
from renovation.model.codes import code_of, format_code, make_code, normalise_code
from renovation.model.demands import Demand, DemandCategory, DemandEvent, DemandStatus
from renovation.model.names import is_blank
from renovation.model.workdays import DayKind, WorkCalendar

#: Tells a demand's receipt from a voting code at a glance.
RECEIPT_PREFIX = "SQ"
MAX_NOTE = 1000
#: A demand on a map: id, lon, lat (degrees, EPSG:4490), category, status, last day for an answer.
DemandPoint = tuple[int, float, float, str, str, str | None]


def make_receipt(once: str = "") -> str:
    """Draw a receipt number that nobody can guess: ``SQ-XXXX-XXX-XXX``.

    Parameters
    ----------
    once
        The random number of a form: it always leads to the same receipt.
    """
    return receipt_of(
        code_of(hashlib.sha256(f"receipt|{once}".encode(errors="surrogatepass")).digest()) if once else make_code()
    )


def receipt_of(code: str) -> str:
    """Write ten symbols as a receipt number."""
    return f"{RECEIPT_PREFIX}-{format_code(code)}"


def normalise_receipt(typed: str) -> str:
    """Forgive how a receipt was typed (case, dashes, spaces, prefix left out) and check it.

    Raises
    ------
    InvalidError
        ``demand.receipt_wrong``: too short, too long, or a symbol mistyped.
    """
    bare = typed[:60].strip().upper()
    if bare.startswith(RECEIPT_PREFIX) and len(bare) > len(RECEIPT_PREFIX) + 9:
        bare = bare[len(RECEIPT_PREFIX) :]
    try:
        return receipt_of(normalise_code(bare))
    except InvalidError:
        raise InvalidError("demand.receipt_wrong", value=typed[:20]) from None


def is_receipt(value: str) -> bool:
    """Tell whether a number of a list is one this tool gave, prefix and check symbol included."""
    try:
        return value.upper().startswith(RECEIPT_PREFIX) and bool(normalise_receipt(value))
    except InvalidError:
        return False


def _check_note(value: str, code: str) -> None:
    if is_blank(value):
        raise InvalidError(code)
    if len(value) > MAX_NOTE:
        raise InvalidError("demand.note_long", limit=MAX_NOTE)
    if "\x00" in value:
        raise InvalidError("demand.text_nul")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subtype:
    """A sub-type of a category and the days until it is due; the category's own row has no code."""

    category: DemandCategory
    code: str
    name_zh: str
    name_en: str
    days: int
    source: str
    day_kind: DayKind = DayKind.CALENDAR

    def name(self, language: str) -> str:
        """Return the name in a language of the catalogue."""
        return self.name_en if str(language) == "en" else self.name_zh


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchRule:
    """Which department takes a category at a place; empty ``subtype`` and ``place`` fit all."""

    category: DemandCategory
    department: str
    subtype: str = ""
    place: str = ""
    backup: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyTemplate:
    """A reply to begin from; ``category`` ``None`` fits all."""

    code: str
    category: DemandCategory | None
    title_zh: str
    text_zh: str
    title_en: str
    text_en: str

    def title(self, language: str) -> str:
        """Return the title in a language of the catalogue."""
        return self.title_en if str(language) == "en" else self.title_zh

    def text(self, language: str) -> str:
        """Return the reply in a language of the catalogue."""
        return self.text_en if str(language) == "en" else self.text_zh


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeRules:
    """Everything a locality sets about intake: sub-types with deadlines, holidays, dispatch rules, reply templates."""

    subtypes: tuple[Subtype, ...]
    dispatch: tuple[DispatchRule, ...]
    replies: tuple[ReplyTemplate, ...]
    calendar: WorkCalendar = field(default_factory=WorkCalendar)

    def subtype(self, category: DemandCategory, code: str) -> Subtype | None:
        """Return a sub-type that the list has."""
        return next((row for row in self.subtypes if code and (row.category, row.code) == (category, code)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceFound:
    """What stands at a point: ids or ``None``. ``distance_m`` is 0 inside the estate."""

    estate_id: int | None
    estate_name: str = ""
    building_id: int | None = None
    building_name: str = ""
    grid_id: int | None = None
    distance_m: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SubTask:
    """One department's part of a demand."""

    id: int
    demand_id: int
    department: str
    task: str
    status: DemandStatus
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one department is asked to do, before it is stored as a :class:`SubTask`."""

    department: str
    task: str

    def __post_init__(self) -> None:
        if is_blank(self.department):
            raise InvalidError("demand.department_missing")
        if is_blank(self.task) or len(self.task) > 200:
            raise InvalidError("demand.task_text", limit=200)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingDraft:
    """A joint meeting 联席会 on a demand nobody would take: who came, what was decided, who does what."""

    held_on: date
    present: tuple[str, ...]
    decision: str
    parts: tuple[Part, ...]

    def __post_init__(self) -> None:
        if not self.present:
            raise InvalidError("demand.meeting_nobody")
        _check_note(self.decision, "demand.meeting_no_decision")
        if not self.parts:
            raise InvalidError("demand.meeting_no_department")


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """A joint meeting in the store."""

    id: int
    demand_id: int
    held_on: date
    present: tuple[str, ...]
    decision: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedProject:
    """A project that answers a demand, as far as the demand's page tells."""

    id: int
    code: str
    name: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandFile:
    """Everything about one demand: where it lies, what happened, who does what, and what it became."""

    demand: Demand
    estate_name: str
    building_name: str
    places: tuple[str, ...]
    events: tuple[DemandEvent, ...]
    tasks: tuple[SubTask, ...]
    meetings: tuple[Meeting, ...]
    projects: tuple[LinkedProject, ...]
    subtype: Subtype | None = None


class PublicStep(NamedTuple):
    """One line of what happened: a status, or what became of the demand's project, then with its name and the poll."""

    at: datetime
    step: str
    note: str = ""
    parts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicDemand:
    """What the holder of a receipt sees: no staff logins, no internal notes, and of who joined not another's words.

    ``merged_into`` is the number of the demand it was merged into; ``is_own`` whether the holder may judge the answer.
    """

    receipt: str
    estate_name: str
    category: DemandCategory
    text: str
    status: DemandStatus
    received_at: datetime
    due_on: str | None
    department: str
    reply: str
    rating: int | None
    supporters: int
    steps: tuple[PublicStep, ...]
    projects: tuple[LinkedProject, ...]
    merged_into: int | None = None
    is_own: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandRow:
    """One line of the list: the demand with the names a person reads."""

    demand: Demand
    estate_name: str
    street_name: str
    building_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SimilarDemand:
    """An open demand of the same place that may be the same wish.

    Attributes
    ----------
    number
        Names it to join; it opens nothing, unlike a receipt.
    similarity
        0..1.
    demand
        All of it, for staff alone; other people's words and receipts are nobody else's.
    """

    number: int
    estate_name: str
    category: DemandCategory
    status: DemandStatus
    received_on: date
    supporters: int
    similarity: float
    demand: Demand | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedDemand:
    """What somebody who joined a demand takes home: a receipt of their own, which follows it and judges nothing."""

    receipt: str
    supporters: int
    due_on: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFigures:
    """The figures one group is judged by: a department, street, channel, category or everything.

    Attributes
    ----------
    received
        Demands without the merged and the record-only ones.
    answered
        Answered or closed; ``closed`` alone counts those that residents have let go.
    on_time, with_deadline
        Answered by their deadline, of those answered that have one.
    overdue
        Open and past their deadline.
    rating_sum, rated
        For the mean rating.
    """

    name: str
    received: int = 0
    answered: int = 0
    closed: int = 0
    not_solved: int = 0
    on_time: int = 0
    with_deadline: int = 0
    overdue: int = 0
    rating_sum: int = 0
    rated: int = 0
    supporters: int = 0

    @property
    def answered_share(self) -> Fraction | None:
        """The share answered or closed; ``None`` when nothing was received."""
        return Fraction(self.answered, self.received) if self.received else None

    @property
    def on_time_share(self) -> Fraction | None:
        """The share of answers that came in time; ``None`` when no answer had a deadline."""
        return Fraction(self.on_time, self.with_deadline) if self.with_deadline else None

    @property
    def mean_rating(self) -> Fraction | None:
        """The mean rating 1..5; ``None`` when nobody rated."""
        return Fraction(self.rating_sum, self.rated) if self.rated else None

    def __add__(self, other: GroupFigures) -> GroupFigures:
        return GroupFigures(
            name=self.name,
            **{
                name: getattr(self, name) + getattr(other, name)
                for name in GroupFigures.__slots__
                if name not in ("name",)
            },
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandFigures:
    """The figures of a filter: in all, and by department, street, channel, category and month."""

    total: GroupFigures
    record_only: int
    by_department: tuple[GroupFigures, ...]
    by_street: tuple[GroupFigures, ...]
    by_channel: tuple[GroupFigures, ...]
    by_category: tuple[GroupFigures, ...]
    by_month: tuple[GroupFigures, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EstateChoice:
    """An estate as a form offers it; the point lies inside its outline (degrees, EPSG:4490) when it has one."""

    id: int
    name: str
    street_name: str = ""
    lon: float | None = None
    lat: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildingChoice:
    """A building as a form offers it; the point is the middle of its bounds (degrees, EPSG:4490)."""

    id: int
    name: str
    lon: float | None = None
    lat: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The names around a demand: its estate, its building, and the areas the estate lies in, widest first."""

    estate: str
    building: str
    areas: tuple[str, ...]
