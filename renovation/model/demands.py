"""Demands 诉求: what residents ask for, where, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from renovation.errors import InvalidError
from renovation.model.names import is_blank
from renovation.model.scope import Scope

MAX_TEXT = 2000


class DemandCategory(StrEnum):
    """What a demand is about; sub-types are a code list in ``data/demand-categories.csv``."""

    ROAD = "road"
    LIGHTING = "lighting"
    PIPES = "pipes"
    ROOF_FACADE = "roof_facade"
    FIRE_SAFETY = "fire_safety"
    PARKING = "parking"
    EBIKE = "ebike"
    GREENERY = "greenery"
    LIFT = "lift"
    ACCESSIBILITY = "accessibility"
    ELDERLY = "elderly"
    CHILDREN = "children"
    SPORTS = "sports"
    WASTE = "waste"
    CABLES = "cables"
    SECURITY = "security"
    MANAGEMENT = "management"
    OTHER = "other"


class DemandChannel(StrEnum):
    """How a demand reached the tool."""

    WALK_IN = "walk_in"
    HOME_VISIT = "home_visit"
    MEETING = "meeting"
    PHONE = "phone"
    LETTER = "letter"
    QR_FORM = "qr_form"
    PAPER = "paper"


class DemandKind(StrEnum):
    """``RECORD_ONLY`` is 事件报备: kept, but outside the closing rate."""

    DEMAND = "demand"
    RECORD_ONLY = "record_only"


class DemandStatus(StrEnum):
    """Where a demand stands, from pin to reply."""

    RECEIVED = "received"
    DISPATCHED = "dispatched"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    NO_OWNER = "no_owner"
    IN_PROGRESS = "in_progress"
    IN_PROJECT = "in_project"
    ANSWERED = "answered"
    CLOSED = "closed"
    NOT_SOLVED = "not_solved"
    MERGED = "merged"


OPEN_STATUSES = frozenset(DemandStatus) - {DemandStatus.CLOSED, DemandStatus.MERGED, DemandStatus.ANSWERED}
#: A demand taken up by a project waits for works, not for an office, so its deadline no longer counts.
WAITING_STATUSES = OPEN_STATUSES - {DemandStatus.IN_PROJECT}
#: A demand that is with a department, whose parts are worked on.
AT_WORK_STATUSES = frozenset({DemandStatus.DISPATCHED, DemandStatus.ACCEPTED, DemandStatus.IN_PROGRESS})


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandDraft:
    """A demand as it is taken in, in one form for every channel. ``lon``, ``lat``: degrees, EPSG:4490.

    ``source_number`` is its number in the list that brought it; a channel has each number once.
    """

    estate_id: int
    category: DemandCategory
    text: str
    channel: DemandChannel
    lon: float
    lat: float
    building_id: int | None = None
    subtype: str = ""
    source_number: str = ""
    kind: DemandKind = DemandKind.DEMAND
    on_behalf: bool = False
    step_free: bool = False
    notice_given: bool = False

    def __post_init__(self) -> None:
        if is_blank(self.text):
            raise InvalidError("demand.text_missing")
        if len(self.text) > MAX_TEXT:
            raise InvalidError("demand.text_long", limit=MAX_TEXT)
        if "\x00" in self.text:
            raise InvalidError("demand.text_nul")
        if not (-180 <= self.lon <= 180 and -90 <= self.lat <= 90):
            raise InvalidError("demand.place")


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """A demand in the store. ``receipt`` is the number the resident keeps; ``supporters`` counts joined residents."""

    id: int
    receipt: str
    estate_id: int
    category: DemandCategory
    text: str
    channel: DemandChannel
    status: DemandStatus
    kind: DemandKind
    received_at: datetime
    lon: float
    lat: float
    building_id: int | None = None
    grid_id: int | None = None
    subtype: str = ""
    source_number: str = ""
    supporters: int = 1
    on_behalf: bool = False
    step_free: bool = False
    notice_given: bool = False
    department: str = ""
    reply: str = ""
    rating: int | None = None
    merged_into: int | None = None
    refusals: int = 0
    due_on: str | None = None
    version: int = 1


#: Begins the name of a step that a demand's project took: ``project_<status>``.
PROJECT_STEP = "project_"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandEvent:
    """One step in a demand's life.

    ``parts`` are what the line names, pair by pair: a department and its part, a project and its poll; ``note`` is what
    somebody wrote.
    """

    demand_id: int
    at: datetime
    by: str
    step: str
    note: str = ""
    parts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandFilter:
    """What narrows the demand map, list, chart and export alike. Empty tuples do not narrow.

    ``received_from`` and ``received_to`` are days in China, both counted in. ``overdue_on`` keeps only what waits past
    its deadline on that day; ``part_refused`` what is with departments while one of them has refused its part.
    """

    scope: Scope
    categories: tuple[DemandCategory, ...] = ()
    statuses: tuple[DemandStatus, ...] = ()
    channels: tuple[DemandChannel, ...] = ()
    kind: DemandKind | None = None
    query: str = ""
    received_from: date | None = None
    received_to: date | None = None
    departments: tuple[str, ...] = ()
    overdue_on: date | None = None
    part_refused: bool = False


class Grouping(StrEnum):
    """What demands are counted by when one asks where they come from."""

    ESTATE = "estate"
    GRID = "grid"
    COMMUNITY = "community"
    STREET = "street"
    CATEGORY = "category"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """A group's demands and whether they grow.

    Attributes
    ----------
    key
        Id of the estate or area, or the category.
    demands, supporters
        All that the filter keeps.
    months
        Received in each of the last months, oldest first.
    before, recent
        Received in the last period of days, and in the equally long one before it.
    """

    key: int | str
    name: str
    demands: int
    supporters: int
    months: tuple[int, ...]
    before: int
    recent: int

    @property
    def change(self) -> int:
        """How many more came in lately than in the period before."""
        return self.recent - self.before
