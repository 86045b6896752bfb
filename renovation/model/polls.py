"""Polls 投票场次: preference votes of residents, their stages, codes, ballots and paper.

A poll is never a legal decision of owners (民法典 第278条); that is ``Consent`` and lives apart.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Any

from renovation.errors import InvalidError, StageError
from renovation.model.accounts import Action
from renovation.model.canonical import digest_of, from_json, to_json
from renovation.model.clock import day_of, today
from renovation.model.elections import BallotKind
from renovation.model.hours import OpenSpan, extended, kept_hours, spans_of
from renovation.model.money import MAX_FEN
from renovation.model.names import is_blank


class PollStage(StrEnum):
    """Stages in their order; a poll never goes back. ``CANCELLED`` is the way out of all after the draft."""

    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"
    RECONCILED = "reconciled"
    PUBLISHED = "published"
    CANCELLED = "cancelled"


class PollAct(StrEnum):
    """What can be done with a poll; the timetable says in which stage."""

    EDIT = "edit"
    ADD_VENUE = "add_venue"
    MAKE_CODES = "make_codes"
    HAND_OUT_CODE = "hand_out_code"
    CHANGE_CODE = "change_code"
    CAST = "cast"
    OPEN = "open"
    CLOSE = "close"
    RUN_STATION = "run_station"
    GIVE_UP_KIT = "give_up_kit"
    KEY_PAPER = "key_paper"
    ADJUDICATE = "adjudicate"
    SEAL_AGAIN = "seal_again"
    RECONCILE = "reconcile"
    SEE_TURNOUT = "see_turnout"
    SEE_TALLY = "see_tally"
    DECIDE_TIE = "decide_tie"
    PUBLISH = "publish"
    CANCEL = "cancel"
    JUDGE_PROJECT = "judge_project"


_ALL = frozenset(PollStage)
_AFTER = frozenset({PollStage.CLOSED, PollStage.RECONCILED, PollStage.PUBLISHED})
#: Voting has begun, and nothing is published.
_UNDECIDED = frozenset({PollStage.OPEN, PollStage.CLOSED, PollStage.RECONCILED})

#: The timetable: in which stages an act exists, and which permission it needs.
TIMETABLE: dict[PollAct, tuple[frozenset[PollStage], Action]] = {
    PollAct.EDIT: (frozenset({PollStage.DRAFT}), Action.EDIT_POLL),
    PollAct.ADD_VENUE: (frozenset({PollStage.DRAFT, PollStage.OPEN}), Action.EDIT_POLL),
    PollAct.MAKE_CODES: (frozenset({PollStage.DRAFT, PollStage.OPEN}), Action.ISSUE_CODES),
    PollAct.HAND_OUT_CODE: (frozenset({PollStage.OPEN}), Action.ISSUE_CODES),
    PollAct.CHANGE_CODE: (frozenset({PollStage.DRAFT, PollStage.OPEN, PollStage.CLOSED}), Action.ISSUE_CODES),
    PollAct.CAST: (frozenset({PollStage.OPEN}), Action.CAST_BALLOT),
    PollAct.OPEN: (frozenset({PollStage.DRAFT}), Action.OPEN_CLOSE_POLL),
    PollAct.CLOSE: (frozenset({PollStage.OPEN}), Action.OPEN_CLOSE_POLL),
    PollAct.RUN_STATION: (frozenset({PollStage.OPEN}), Action.RUN_STATION),
    PollAct.GIVE_UP_KIT: (frozenset({PollStage.OPEN}), Action.OPEN_CLOSE_POLL),
    PollAct.KEY_PAPER: (frozenset({PollStage.OPEN, PollStage.CLOSED}), Action.KEY_PAPER),
    PollAct.ADJUDICATE: (frozenset({PollStage.OPEN, PollStage.CLOSED}), Action.ADJUDICATE),
    PollAct.SEAL_AGAIN: (_AFTER | {PollStage.CANCELLED}, Action.OPEN_CLOSE_POLL),
    PollAct.RECONCILE: (frozenset({PollStage.CLOSED}), Action.OPEN_CLOSE_POLL),
    PollAct.SEE_TURNOUT: (_ALL, Action.SEE_REGISTER),
    PollAct.SEE_TALLY: (_AFTER, Action.SEE_RESULTS),
    PollAct.DECIDE_TIE: (frozenset({PollStage.CLOSED, PollStage.RECONCILED}), Action.OPEN_CLOSE_POLL),
    PollAct.PUBLISH: (frozenset({PollStage.RECONCILED}), Action.PUBLISH),
    PollAct.CANCEL: (_UNDECIDED, Action.OPEN_CLOSE_POLL),
    PollAct.JUDGE_PROJECT: (_UNDECIDED, Action.OPEN_CLOSE_POLL),
}

#: Voting has begun and the poll was not cancelled: what the pages of codes, paper and counting work on.
BEGUN = _UNDECIDED | {PollStage.PUBLISHED}


def require_stage(stage: PollStage, act: PollAct) -> None:
    """Refuse an act that the timetable does not have in this stage.

    Raises
    ------
    StageError
        ``poll.stage_<stage>``: the sentence says what can be done in the stage the poll is in.
    """
    if stage not in TIMETABLE[act][0]:
        raise StageError(f"poll.stage_{stage.value}", act=act.value)


class CodePer(StrEnum):
    """Whom one voting code is for."""

    HOUSEHOLD = "household"
    ADULT = "adult"


class Channel(StrEnum):
    """How a ballot came in; all fill one ledger."""

    STATION = "station"
    PHONE = "phone"
    PAPER = "paper"
    IMPORTED = "imported"


class CodeState(StrEnum):
    """A code's life; voided, never deleted."""

    UNUSED = "unused"
    SPENT = "spent"
    SPOILED = "spoiled"
    VOID = "void"


@dataclass(frozen=True, slots=True, kw_only=True)
class PollSettings:
    """What a poll lays down before it opens.

    Attributes
    ----------
    budget
        Fen.
    max_choices
        K of "approval up to K"; for knapsack ``None``.
    max_points
        Points to share out (points ballots).
    rule, rule_settings, tie_break
        Names of the rules' registry, announced before the poll.
    denominator
        Households (or adults) entitled to vote, frozen at opening for the turnout.
    language
        What the kiosk starts in.
    venue_hours
        When venues are open, as :mod:`renovation.model.hours` writes it.
    votes_basic
        Whether residents vote on basic works 基础类 too; as a rule these are done wherever they are needed.
    """

    title: str
    ballot_kind: BallotKind
    budget: int
    max_choices: int | None = None
    max_points: int | None = None
    rule: str = "greedy"
    rule_settings: Mapping[str, Any] = field(default_factory=dict)
    tie_break: str = "cheapest"
    code_per: CodePer = CodePer.HOUSEHOLD
    denominator: int | None = None
    language: str = "zh-CN"
    venue_hours: str = ""
    notice_phone: str = ""
    notice_office: str = ""
    votes_basic: bool = False

    def __post_init__(self) -> None:
        if is_blank(self.title):
            raise InvalidError("poll.title_missing")
        if not 0 < self.budget <= MAX_FEN:
            raise InvalidError("poll.budget", value=str(self.budget))
        if self.ballot_kind is BallotKind.APPROVAL and self.max_choices is not None and self.max_choices < 1:
            raise InvalidError("poll.max_choices")
        if self.ballot_kind is BallotKind.YES_NO and self.max_choices is not None:
            raise InvalidError("poll.yes_no_limit")
        if self.ballot_kind is BallotKind.POINTS and (self.max_points is None or self.max_points < 1):
            raise InvalidError("poll.max_points")
        if self.denominator is not None and self.denominator < 1:
            raise InvalidError("poll.denominator")
        object.__setattr__(self, "venue_hours", kept_hours(self.venue_hours, year=today().year))


#: Entries of ``PollProject.extra`` that rules look at: where a project lies, and what it costs altogether in fen.
AREA = "neighborhood"
FULL_COST = "full_cost"


@dataclass(frozen=True, slots=True, kw_only=True)
class PollProject:
    """A project as it stands on this poll's ballot, frozen at opening.

    ``why`` is the one line of reason ("23 户反映夜里看不清路"). ``key`` is the id in ballots, rules and ``.pb`` files.
    ``cost`` is what counts against the budget: the public share where others pay too.
    """

    number: int
    key: str
    name: str
    cost: int
    project_id: int | None = None
    description: str = ""
    why: str = ""
    category: str = ""
    mandatory: bool = False
    lon: float | None = None
    lat: float | None = None
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def area(self) -> str | None:
        """The part of the estate that area budgets and caps look at."""
        return self.extra.get(AREA) or None

    @property
    def full_cost(self) -> int:
        """What the project costs altogether, fen."""
        return int(self.extra.get(FULL_COST) or self.cost)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectTerms:
    """What a planner says of a project on a ballot, beside what its file says.

    ``cost`` is the public share in fen; ``None`` where the budget pays all.
    """

    mandatory: bool = False
    area: str = ""
    cost: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TieDecision:
    """The committee's word on a tie that the rule left to it: project keys, first served first, and why."""

    order: tuple[str, ...]
    reason: str
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class WayOut:
    """Why a poll was cancelled, or a project on its ballot found impossible: published, with its day."""

    reason: str
    day: date


#: Below this prefix a poll keeps what an imported file said of itself.
FILE_META = "pb."
#: Where a poll keeps the committee's decisions, why it was cancelled, and what was found impossible.
_DECISIONS, _CANCELLED, _IMPOSSIBLE = "tie_decisions", "cancelled", "impossible"
#: When no more ballots were begun, and what a venue's computer was told of its clock.
_LAST_CALL, _KIT_DAYS = "last_call", "kit_days"
#: Up to when a venue stays open longer than announced.
_EXTENDED = "extended"
#: After the last call, whoever has begun has so long to finish.
GRACE = timedelta(minutes=3)
#: A kit's computer may say by itself that so many days have passed since the kit was made.
_KIT_LASTS = timedelta(days=45)
#: What everybody may read of ``Poll.meta``, and what they may once the poll is published.
_PUBLIC_META = frozenset({_CANCELLED, _IMPOSSIBLE, _LAST_CALL, _KIT_DAYS, _EXTENDED})
_PUBLISHED_META = _PUBLIC_META | {_DECISIONS, "ledger_root", "verifier"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """Up to when (minutes since midnight) a venue, or all of them, stays open on one day; staff may extend."""

    venue_id: int | None
    day: date
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """A poll with its ballot. ``id`` is random, so polls of several laptops never clash."""

    id: str
    settings: PollSettings
    stage: PollStage
    estate_id: int | None = None
    projects: tuple[PollProject, ...] = ()
    created_at: datetime | None = None
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    digest: str = ""
    synthetic: bool = False
    source: str = ""
    meta: Mapping[str, str] = field(default_factory=dict)
    version: int = 1

    @property
    def title(self) -> str:
        """The one line a voter reads."""
        return self.settings.title

    @property
    def for_everybody(self) -> Poll:
        """The poll without what its staff keep beside it: kits, sealing notes, digests that are not published yet."""
        known = _PUBLISHED_META if self.stage is PollStage.PUBLISHED else _PUBLIC_META
        shown = {key: said for key, said in self.meta.items() if key in known or key.startswith(FILE_META)}
        return replace(self, meta=shown)

    def holding(self, project_ids: Container[int]) -> int:
        """Return how many of these projects stand on its ballot."""
        return sum(entry.project_id in project_ids for entry in self.projects if entry.project_id is not None)

    @property
    def on_ballot(self) -> tuple[PollProject, ...]:
        """The projects people vote on; basic ones are done in any case."""
        return tuple(entry for entry in self.projects if not entry.mandatory)

    @property
    def free_budget(self) -> int:
        """What is left for the projects people vote on, fen."""
        return self.settings.budget - sum(entry.cost for entry in self.projects if entry.mandatory)

    @property
    def tie_decisions(self) -> tuple[TieDecision, ...]:
        """What the committee has decided, in the order it did."""
        return from_json(tuple[TieDecision, ...], self.meta.get(_DECISIONS) or "[]")

    def with_decision(self, decision: TieDecision) -> Mapping[str, str]:
        """Return what a poll keeps besides its settings once the committee has decided one more tie."""
        return {**self.meta, _DECISIONS: to_json((*self.tie_decisions, decision))}

    @property
    def cancelled(self) -> WayOut | None:
        """Why the poll was cancelled; ``None`` where it was not."""
        return from_json(WayOut, self.meta[_CANCELLED]) if _CANCELLED in self.meta else None

    @property
    def impossible(self) -> Mapping[str, WayOut]:
        """Project key → why it was found impossible after the vote had begun."""
        return from_json(dict[str, WayOut], self.meta.get(_IMPOSSIBLE) or "{}")

    @property
    def grace_ends(self) -> datetime | None:
        """When whoever had begun before the last call can no longer cast; ``None`` while ballots may be begun."""
        return datetime.fromisoformat(self.meta[_LAST_CALL]) + GRACE if _LAST_CALL in self.meta else None

    def after_last_call(self, at: datetime) -> Mapping[str, str]:
        """Return what is kept of the last call."""
        return {**self.meta, _LAST_CALL: at.isoformat()}

    def open_at(self, venue: Venue | None) -> tuple[OpenSpan, ...]:
        """Return when a venue is open, extensions included; none where nobody has said so."""
        spans = spans_of((venue.hours if venue else "") or self.settings.venue_hours)
        for one in self.extensions if spans else ():
            if one.venue_id is None or (venue is not None and venue.id == one.venue_id):
                spans = extended(spans, one.day, one.until)
        return spans

    @property
    def extensions(self) -> tuple[Extension, ...]:
        """How venues stay open longer than announced."""
        return from_json(tuple[Extension, ...], self.meta.get(_EXTENDED) or "[]")

    def when_extended(self, longer: Extension) -> Mapping[str, str]:
        """Return what a poll keeps besides its settings once a venue stays open longer."""
        return {**self.meta, _EXTENDED: to_json((*self.extensions, longer))}

    @property
    def kit_days(self) -> Mapping[str, str]:
        """On a venue's computer: ``made`` is the day of its kit, and a day it shows → the day two people say it is."""
        return from_json(dict[str, str], self.meta.get(_KIT_DAYS) or "{}")

    def with_kit_days(self, said: Mapping[str, str]) -> Mapping[str, str]:
        """Return what is kept of the clock of a venue's computer once this has been said of it too."""
        return {**self.meta, _KIT_DAYS: to_json({**self.kit_days, **said})}

    def day_here(self, shown: date) -> date | None:
        """Return the day it is where this computer shows ``shown``; ``None`` where its clock cannot be believed."""
        opened = day_of(self.opened_at) if self.opened_at else shown
        known = self.kit_days
        if not known:
            return shown if shown >= opened else None
        if shown.isoformat() in known:
            return date.fromisoformat(known[shown.isoformat()])
        return shown if self.within_kit(shown) else None

    def within_kit(self, day: date) -> bool:
        """Tell whether a kit's computer may vote on a day."""
        made = date.fromisoformat(self.kit_days["made"])
        return made <= day <= made + _KIT_LASTS

    def when_cancelled(self, why: WayOut) -> Mapping[str, str]:
        """Return what a poll keeps besides its settings once it is cancelled."""
        return {**self.meta, _CANCELLED: to_json(why)}

    def when_impossible(self, found: Mapping[str, WayOut]) -> Mapping[str, str]:
        """Return what a poll keeps besides its settings once exactly these projects are found impossible."""
        return {**self.meta, _IMPOSSIBLE: to_json(dict(found))}


def instance_digest(poll: Poll) -> str:
    """Return the SHA-256 over everything a voter was promised: settings, projects, order and costs."""
    return digest_of(poll.id, poll.settings, poll.projects)


@dataclass(frozen=True, slots=True, kw_only=True)
class Venue:
    """A place where people vote. ``kit`` names the kit that is out at the venue; its codes then count only there.

    ``room`` is what the key of its codes is drawn from; it stays when the venue gets another name.
    """

    id: int
    poll_id: str
    name: str
    room: str
    hours: str = ""
    kit: str = ""

    @property
    def for_everybody(self) -> Venue:
        """The venue without its kit."""
        return replace(self, kit="")


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeBatch:
    """A batch of codes bound to a venue. The codes themselves are stored only as HMAC."""

    id: int
    poll_id: str
    venue_id: int | None
    label: str
    size: int
    test: bool
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBallot:
    """A cast ballot in the ledger: what was chosen and how it came in, never by whom.

    ``choices`` are project keys (ordinal: best first; yes-no: those answered); ``points`` stand beside them (yes-no:
    ``YES`` or ``NO``). No time finer than the day, and neither day nor, of few, venue and channel once voting is over.
    """

    id: str
    poll_id: str
    channel: Channel | None
    day: date | None
    choices: tuple[str, ...]
    points: tuple[int | Fraction, ...] = ()
    weight: Fraction = Fraction(1)
    venue_id: int | None = None
    batch_id: int | None = None
    test: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeLine:
    """One code as staff see it: everything but the code."""

    batch_id: int
    serial: int
    state: CodeState
    channel: Channel | None = None
    spent_on: date | None = None
    household_id: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchCount:
    """A batch of codes and how many of them stand in each state."""

    batch: CodeBatch
    states: Mapping[CodeState, int]
    paper: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Turnout:
    """How many ballots came in, by channel, against those entitled. ``blank`` is not told before the poll closes."""

    ballots: int
    blank: int | None
    denominator: int | None
    by_channel: Mapping[Channel, int]

    @property
    def share(self) -> Fraction | None:
        """The ballots as a share of those entitled; ``None`` while nobody has said how many they are."""
        return Fraction(self.ballots, self.denominator) if self.denominator else None
