"""Ballots as people meet them: cards on a screen, stations in a room, bundles of paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from renovation.errors import InvalidError
from renovation.model.elections import NO, YES, BallotKind
from renovation.model.items import Beneficiary
from renovation.model.polls import Poll, PollProject, PollSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """A computer locked to voting in one poll, at one of its venues."""

    id: int
    poll_id: str
    venue_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveStation:
    """A station in use, as staff see it in their list."""

    id: int
    poll_id: str
    title: str
    venue: str
    login: str
    started_at: datetime


#: What a kit carries: one picture (480 pixels wide at most, some 40 kB), and all pictures of a kit, in bytes.
MOST_PHOTO = 200_000
MOST_PHOTOS = 8_000_000
MOST_BUILDINGS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class BallotMap:
    """Shapes as WKB in EPSG:4490."""

    outline: bytes | None
    buildings: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BallotFace:
    """What a card shows beside the project's words.

    Attributes
    ----------
    photo
        JPEG; empty without one.
    demands
        Residents' demands the project answers.
    """

    photo: bytes = b""
    caption: str = ""
    beneficiaries: tuple[Beneficiary, ...] = ()
    demands: int = 0


class PaperState(StrEnum):
    """A batch's way: keyed once, keyed again by somebody else, compared, closed into the ledger.

    ``CANCELLED`` is the way out for one that was made by mistake.
    """

    FIRST = "first"
    SECOND = "second"
    COMPARE = "compare"
    CLOSED = "closed"
    CANCELLED = "cancelled"


#: Nothing more is to be done with the batch.
PAPER_DONE = frozenset({PaperState.CLOSED, PaperState.CANCELLED})


class Verdict(StrEnum):
    """What a paper ballot is: valid, left blank, spoiled, or filled in beyond the poll's limits."""

    VALID = "valid"
    BLANK = "blank"
    SPOILED = "spoiled"
    OVER = "over"


#: Stands in a count of verdicts for all of them, where telling them apart would say what a few people did.
READ_ALL = "read"


class Round(StrEnum):
    """Whose reading: the first clerk's, the second's, or the decision of a third person."""

    FIRST = "first"
    SECOND = "second"
    DECISION = "decision"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperBatch:
    """A bundle of paper ballots with its cover sheet.

    Attributes
    ----------
    counted
        Ballots in the bundle, counted by hand before anybody keys them; 0 for a box that nobody put a ballot into.
    spoiled_at_desk
        Ballots handed back before the box and replaced.
    not_returned
        Ballots handed out that never came into a box.
    verdicts
        What the ballots were, once the readings are forgotten; of a few sheets only how many were ``read``.
    """

    id: int
    poll_id: str
    venue_id: int | None
    label: str
    day: date
    counted: int
    spoiled_at_desk: int
    not_returned: int
    state: PaperState
    verdicts: Mapping[str, int] | None = None
    first_clerk: int | None = None
    second_clerk: int | None = None
    version: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.counted <= 1000:
            raise InvalidError("paper.counted", value=self.counted, limit=1000)
        if self.spoiled_at_desk < 0 or self.not_returned < 0:
            raise InvalidError("paper.cover_negative")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One reading of the ballot at ``position`` (1, 2, … in the bundle).

    ``overwritten`` tells that the clerk put another score in the place of one already keyed.
    """

    position: int
    verdict: Verdict
    choices: tuple[str, ...] = ()
    points: tuple[int, ...] = ()
    serial: str = ""
    reason: str = ""
    overwritten: bool = False

    @property
    def certain(self) -> bool:
        """Whether the reading needs no further look: over-voted, or with a score in another's place, it does."""
        return self.verdict is not Verdict.OVER and not self.overwritten

    def same_as(self, other: Reading) -> bool:
        """Tell whether two people read the same of the same sheet, whatever the order they keyed it in.

        Points go with their project; where both keyed a serial, it is the same.
        """
        if self.verdict is not other.verdict or (self.serial and other.serial and self.serial != other.serial):
            return False
        return self._content() == other._content()

    def _content(self) -> tuple[object, ...]:
        if self.verdict is not Verdict.VALID:
            return ()
        return (self.choices, self.points)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A ballot two clerks read differently."""

    position: int
    first: Reading
    second: Reading
    decision: Reading | None = None


def check_choices(
    settings: PollSettings,
    projects: tuple[PollProject, ...],
    choices: tuple[str, ...],
    points: tuple[int, ...] = (),
) -> None:
    """Refuse a ballot that the poll's rules do not admit; screen, phone and paper all pass here.

    An empty ballot is a blank one, cast on purpose, and valid. Projects that are done in any case are not on the
    ballot, and what they cost is not there to be spent.

    Raises
    ------
    InvalidError
        ``ballot.unknown_project``, ``ballot.twice``, ``ballot.too_many``, ``ballot.over_budget``,
        ``ballot.points_shape``, ``ballot.points_negative``, ``ballot.too_many_points``, ``ballot.answer``.
    """
    known = {project.key: project for project in projects if not project.mandatory}
    for key in choices:
        if key not in known:
            raise InvalidError("ballot.unknown_project", project=str(key)[:40])
    if len(set(choices)) != len(choices):
        raise InvalidError("ballot.twice")
    kind = settings.ballot_kind
    if kind is BallotKind.CHOOSE_ONE and len(choices) > 1:
        raise InvalidError("ballot.too_many", limit=1, chosen=len(choices))
    if settings.max_choices is not None and len(choices) > settings.max_choices:
        raise InvalidError("ballot.too_many", limit=settings.max_choices, chosen=len(choices))
    if kind is BallotKind.KNAPSACK:
        total = sum(known[key].cost for key in choices)
        budget = settings.budget - sum(project.cost for project in projects if project.mandatory)
        if total > budget:
            raise InvalidError("ballot.over_budget", total=total, budget=budget, over=total - budget)
    if kind is BallotKind.POINTS:
        if len(points) != len(choices):
            raise InvalidError("ballot.points_shape")
        if any(isinstance(value, bool) or not isinstance(value, int) or value < 1 for value in points):
            raise InvalidError("ballot.points_negative")
        if settings.max_points is not None and sum(points) > settings.max_points:
            raise InvalidError("ballot.too_many_points", limit=settings.max_points, given=sum(points))
    elif kind is BallotKind.YES_NO:
        if len(points) != len(choices) or any(value not in (YES, NO) or isinstance(value, bool) for value in points):
            raise InvalidError("ballot.answer")
    elif points:
        raise InvalidError("ballot.points_shape")


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the voter takes home: words and numbers that say nothing of the vote.

    ``repeated`` tells that the code had voted before; the first vote stands and this is its receipt.
    """

    code: str
    poll_id: str
    title: str
    test: bool = False
    repeated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """Leave to fill in a ballot; nothing is spent yet.

    Attributes
    ----------
    attempt
        Random; handed back with the ballot, so that pressing twice is told from two people with one code.
    rotation
        Random whole number: by how many places the cards are turned for this voter (numbers stay those on paper).
    code
        The code with its tag, to be handed back with the ballot: it was found, so it waits behind nobody's guesses.
    """

    poll: Poll
    language: str
    test: bool
    attempt: str
    rotation: int
    code: str = field(repr=False)
    venue_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What a box brought to a poll. ``again`` tells that it had been merged before and nothing changed,
    ``rescued`` that the station's PIN was lost there and set anew with the sealed code.

    Attributes
    ----------
    mark
        What the venue's computer is told before it forgets: the box lies at the office.
    """

    title: str
    venue: str
    ballots: int
    mark: str
    again: bool = False
    rescued: bool = False
