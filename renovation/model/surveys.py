"""Surveys from door to door: the fixed forms and what a locality adds, answers, visits, and who collects where."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from fractions import Fraction

from renovation.errors import InvalidError
from renovation.model.canonical import digest_of
from renovation.model.clock import today
from renovation.model.names import JOINERS, is_blank, name_key
from renovation.model.places import Deficit


class FormKind(StrEnum):
    """The forms: 入户意愿调查表 (改不改、改什么、怎么改), 满意度调查表 once works are done, 楼栋基本情况表."""

    OPINION = "opinion"
    SATISFACTION = "satisfaction"
    BUILDING = "building"


class QuestionKind(StrEnum):
    """How a question is answered: one option, several, points from 1 to 5, a number within a band, words."""

    SINGLE = "single"
    SEVERAL = "several"
    SCALE = "scale"
    NUMBER = "number"
    WORDS = "words"


class KnownGroup(StrEnum):
    """Households of which somebody may know how many there are."""

    TENANTS = "tenants"
    ELDERS = "elders"


class DoorOutcome(StrEnum):
    """What a visit to a door brought."""

    ANSWERED = "answered"
    REFUSED = "refused"
    NOT_HOME = "not_home"
    EMPTY = "empty"
    COME_BACK = "come_back"


class VisitChannel(StrEnum):
    """How a visit came in: on screen, keyed from a paper sheet, from a collector's phone, or by a field team's file."""

    SCREEN = "screen"
    PAPER = "paper"
    PHONE = "phone"
    FIELD_APP = "field_app"


#: Code of a question → what was said: options, points, a number or words, each as text.
Answers = Mapping[str, tuple[str, ...]]
#: The points of a scale.
POINTS = tuple("12345")
#: Questions that a locality may add, and how long each may be.
MOST_OWN, MOST_OPTIONS = 10, 9
MAX_QUESTION, MAX_OPTION, MAX_WORDS, MAX_NAME = 80, 30, 300, 80
#: Households of which coverage is asked unless a campaign says otherwise.
DEFAULT_TARGET = Fraction(3, 4)
_MOST_NUMBER = 1_000_000
_OWN = "own_"


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyQuestion:
    """A question of a form.

    Attributes
    ----------
    options
        The codes that may be chosen, in the order they are numbered from 1.
    most
        How many options may be chosen.
    low, high
        The band of a number.
    words, option_words
        What a locality has it say, and its options in their order; what is empty says what the catalogue says.
    words_en, option_words_en
        The same in English.
    """

    code: str
    kind: QuestionKind
    options: tuple[str, ...] = ()
    most: int = 1
    low: int = 0
    high: int = _MOST_NUMBER
    words: str = ""
    option_words: tuple[str, ...] = ()
    words_en: str = ""
    option_words_en: tuple[str, ...] = ()

    @property
    def is_own(self) -> bool:
        """Whether a locality has added it."""
        return self.code.startswith(_OWN)

    @property
    def choices(self) -> tuple[str, ...]:
        """What may be chosen, in the order it is numbered; nothing where a number or words are asked."""
        return POINTS if self.kind is QuestionKind.SCALE else self.options

    @property
    def takes_several(self) -> bool:
        """Whether more than one option may be chosen."""
        return self.most > 1

    @property
    def is_capped(self) -> bool:
        """Whether fewer options may be chosen than there are."""
        return 1 < self.most < len(self.choices)

    def checked(self, said: Collection[str]) -> tuple[str, ...]:
        """Return an answer as it is kept.

        Raises
        ------
        InvalidError
            ``survey.answer_unknown``, ``survey.answer_many``, ``survey.answer_number``, ``survey.answer_long``.
        """
        # Most are options as they stand: only what is none is looked at sign by sign.
        options = self.choices
        kept = tuple(dict.fromkeys(one.strip() for one in said if one in options or not is_blank(one)))
        if self.kind is QuestionKind.WORDS:
            seen = (sign if sign.isprintable() or sign in JOINERS else " " for sign in " ".join(kept))
            words = " ".join("".join(seen).split())
            if len(words) > MAX_WORDS:
                raise InvalidError("survey.answer_long", limit=MAX_WORDS)
            return (words,) if words else ()
        if len(kept) > self.most:
            raise InvalidError("survey.answer_many", most=self.most)
        if self.kind is QuestionKind.NUMBER:
            for one in kept:
                if not (one.isascii() and one.isdigit() and len(one) < 9 and self.low <= int(one) <= self.high):
                    raise InvalidError("survey.answer_number", value=one[:20], low=self.low, high=self.high)
            return tuple(str(int(one)) for one in kept)
        if unknown := [one for one in kept if one not in options]:
            raise InvalidError("survey.answer_unknown", value=unknown[0][:20])
        return kept


def _single(code: str, *options: str) -> SurveyQuestion:
    return SurveyQuestion(code=code, kind=QuestionKind.SINGLE, options=options)


def _several(code: str, *options: str, most: int = 0) -> SurveyQuestion:
    return SurveyQuestion(code=code, kind=QuestionKind.SEVERAL, options=options, most=most or len(options))


def _number(code: str, low: int, high: int) -> SurveyQuestion:
    return SurveyQuestion(code=code, kind=QuestionKind.NUMBER, low=low, high=high)


#: The questions that known totals are held against: whose a dwelling is, and who lives in it.
TENURE, AGE = "tenure", "ages"
#: Whose a dwelling is.
TENURES = ("owner", "tenant", "other")
#: Who lives in a home, and the bands of old people.
AGES = ("under_7", "7_17", "18_59", "60_79", "80_up")
OLD_AGES = AGES[3:]
_HOME = (
    _single(TENURE, *TENURES),
    _several(AGE, *AGES),
    _single("step_free", "yes", "no"),
)
#: The question that willingness is counted from, what is wished for, and free words.
RENEW, WISHES, WORDS = "renew", "wishes", "words"
#: The question what a household would give, and the least and the most of each band of money, in fen.
CONTRIBUTE = "contribute"
#: What of a building's sheet the register itself counts or holds.
FLOORS, STAIRCASES, HOUSEHOLDS, LIFT = "floors", "staircases", "households", "lift"
BANDS = {"below_500": (0, 500_00), "below_2000": (500_00, 2_000_00), "more": (2_000_00, 2_000_00)}
_FIXED = {
    FormKind.OPINION: (
        _single(RENEW, "yes", "only_if", "no", "undecided"),
        _several(WISHES, most=3),
        _several("keep", "trees", "parking", "yard", "facade", "stalls"),
        _single(CONTRIBUTE, "nothing", "labour", *BANDS),
        _single("watch", "yes", "no"),
        *_HOME,
        SurveyQuestion(code=WORDS, kind=QuestionKind.WORDS),
    ),
    FormKind.SATISFACTION: (
        SurveyQuestion(code="overall", kind=QuestionKind.SCALE),
        SurveyQuestion(code="quality", kind=QuestionKind.SCALE),
        SurveyQuestion(code="site", kind=QuestionKind.SCALE),
        SurveyQuestion(code="asked", kind=QuestionKind.SCALE),
        _several("broken", *(one.value for one in Deficit), most=3),
        *_HOME,
        SurveyQuestion(code=WORDS, kind=QuestionKind.WORDS),
    ),
    FormKind.BUILDING: (
        _number("year", 1900, 2100),
        _single("structure", "brick_concrete", "frame", "shear_wall", "brick_wood", "other"),
        _number(FLOORS, 1, 120),
        _number(STAIRCASES, 1, 60),
        _number(HOUSEHOLDS, 1, 3_000),
        _single(LIFT, "all", "some", "none"),
        _single("water", "good", "rusty", "leaking", "renewed"),
        _single("drains", "good", "blocked", "broken", "renewed"),
        _single("roof", "sound", "leaking", "renewed"),
        _single("facade", "sound", "cracked", "falling", "renewed"),
        _single("wiring", "orderly", "tangled", "unsafe"),
        _single("gas", "piped", "bottled", "none"),
        _several("fire", "hydrant", "extinguisher", "lamps", "lane_free", "stairs_free"),
        _single("parking", "enough", "short", "none"),
        _single("management", "company", "community", "owners", "none"),
        SurveyQuestion(code=WORDS, kind=QuestionKind.WORDS),
    ),
}
#: The questions by whose answers figures are told apart.
GROUPS = tuple(one.code for one in _HOME)
#: What nobody is asked, as the door's number and the building tell it: low floors, upper ones with a lift and without.
BY_FLOOR = _single("floor", "lower", "upper_lift", "upper_stairs")


def fixed_form(kind: FormKind, deficits: Collection[Deficit] = ()) -> tuple[SurveyQuestion, ...]:
    """Return the questions of a form; wishes are asked among these deficits, among all where none are known."""
    wishes = tuple(one.value for one in Deficit if one in deficits or not deficits)
    return tuple(
        _several(WISHES, *wishes, most=min(3, len(wishes))) if one.code == WISHES else one for one in _FIXED[kind]
    )


def own_question(
    words: str, kind: QuestionKind, options: tuple[str, ...] = (), band: tuple[int, int] | None = None
) -> SurveyQuestion:
    """Return a question that a locality adds; what says something else is another one, in a later version too.

    Raises
    ------
    InvalidError
        ``survey.question_unreadable``: no words, too long ones, or not from two to nine options where some are chosen.
    """
    chosen = kind in (QuestionKind.SINGLE, QuestionKind.SEVERAL)
    low, high = band or (0, _MOST_NUMBER)
    right = (
        not is_blank(words)
        and all(one.isprintable() for one in (words, *options))
        and len(words) <= MAX_QUESTION
        and all(len(one) <= MAX_OPTION for one in options)
        and (2 <= len(options) <= MOST_OPTIONS or not chosen)
        and low <= high
    )
    if not right:
        raise InvalidError("survey.question_unreadable", value=words.strip()[:40])
    return SurveyQuestion(
        code=f"{_OWN}{digest_of(words, kind, options, low, high)[:8]}",
        kind=kind,
        options=tuple(str(place) for place in range(1, len(options) + 1)) if chosen else (),
        most=len(options) if kind is QuestionKind.SEVERAL else 1,
        low=low,
        high=high,
        words=words,
        option_words=options if chosen else (),
    )


def reworded(
    question: SurveyQuestion,
    words: str = "",
    options: tuple[str, ...] = (),
    words_en: str = "",
    options_en: tuple[str, ...] = (),
) -> SurveyQuestion:
    """Return a question as a locality words it; what is left empty says what it said from the beginning.

    Raises
    ------
    InvalidError
        ``survey.words_long``: a question of more than 80 characters, or an option of more than 30;
        ``survey.words_alike``: two options say the same; ``survey.words_missing``: a question of the locality's own
        says nothing.
    """
    if max(map(len, (words, words_en))) > MAX_QUESTION or any(len(one) > MAX_OPTION for one in (*options, *options_en)):
        raise InvalidError("survey.words_long", most=MAX_QUESTION, most_option=MAX_OPTION)
    for said in (options, options_en):
        told = [name_key(one) for one in said if one]
        if len(set(told)) < len(told):
            raise InvalidError("survey.words_alike")
    if question.is_own and (is_blank(words) or any(map(is_blank, options or question.option_words))):
        raise InvalidError("survey.words_missing")
    return replace(
        question,
        words=words,
        option_words=options if any(options) else (),
        words_en=words_en,
        option_words_en=options_en if any(options_en) else (),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form as it stood from a moment on; answers keep the version that they were given to."""

    version: int
    questions: tuple[SurveyQuestion, ...]

    @property
    def in_order(self) -> tuple[SurveyQuestion, ...]:
        """The questions as they are numbered everywhere: those of words come last, as no number answers them."""
        return tuple(sorted(self.questions, key=lambda one: one.kind is QuestionKind.WORDS))

    def checked(self, answers: Answers) -> dict[str, tuple[str, ...]]:
        """Return answers as they are kept.

        Raises
        ------
        InvalidError
            ``survey.answer_stray``: to a question that is not asked; and as for :meth:`SurveyQuestion.checked`.
        """
        known = {one.code: one for one in self.questions}
        if stray := [code for code in answers if code not in known]:
            raise InvalidError("survey.answer_stray", value=stray[0][:20])
        said = {code: known[code].checked(one) for code, one in answers.items()}
        return {code: one for code, one in said.items() if one}


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """Who collects: everywhere in the campaign, or in one building; a lead sees every door's answers."""

    login: str
    building_id: int | None = None
    leads: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyDraft:
    """A campaign before the store has given it an id.

    Attributes
    ----------
    target
        The share of households whose answers are wanted (入户调查率).
    keep_until
        The last day on which the answers of single doors are kept; from then on figures alone.
    tenants, elders
        How many households rent, and how many have somebody of sixty or more, where that is known; figures are held
        against it and weighted to it.
    """

    name: str
    kind: FormKind
    estate_ids: tuple[int, ...]
    begins_on: date
    ends_on: date
    keep_until: date
    target: Fraction = DEFAULT_TARGET
    tenants: int | None = None
    elders: int | None = None

    def __post_init__(self) -> None:
        if is_blank(self.name) or len(self.name) > MAX_NAME:
            raise InvalidError("survey.name", limit=MAX_NAME)
        if not self.estate_ids:
            raise InvalidError("survey.no_estate")
        if not self.begins_on <= self.ends_on <= self.keep_until:
            raise InvalidError("survey.days", begins=self.begins_on, ends=self.ends_on, keep=self.keep_until)
        if not 0 < self.target <= 1:
            raise InvalidError("survey.target")
        for known in (self.tenants, self.elders):
            if known is not None and not 0 <= known <= _MOST_NUMBER:
                raise InvalidError("survey.households", value=known)


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """A campaign; ``cleared_on`` is the day its single answers went, ``seed`` what second visits are drawn by."""

    id: int
    draft: SurveyDraft
    created_at: datetime
    closed_on: date | None = None
    cleared_on: date | None = None
    seed: str = ""

    @property
    def is_open(self) -> bool:
        """Whether visits are taken."""
        return self.closed_on is None and self.gone_on is None

    @property
    def gone_on(self) -> date | None:
        """The day from which on nobody is shown a single answer: the first after its term, deleted by then or not."""
        over = self.draft.keep_until + timedelta(days=1)
        return self.cleared_on or (over if today() >= over else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenFigures:
    """What a campaign brought into an estate's file, and when."""

    survey_id: int
    name: str
    taken_on: date
    willingness: Fraction
    coverage: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundDoor:
    """A door that the register does not know yet, as a collector's phone found it on the way."""

    building_id: int
    stairwell: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitDraft:
    """A visit to a door as it is brought; its id makes a second sending harmless.

    Attributes
    ----------
    household_id
        The door; in a survey of buildings the building, which is its own door there.
    found
        The door where it is none of the register's yet; with the visit it becomes one.
    come_back
        When to come again, in words ("周六上午").
    photos
        Names of pictures that a field team's app keeps.
    """

    id: str
    household_id: int
    outcome: DoorOutcome
    form_version: int
    visited_at: datetime
    channel: VisitChannel = VisitChannel.SCREEN
    answers: Answers = field(default_factory=dict)
    come_back: str = ""
    photos: tuple[str, ...] = ()
    found: FoundDoor | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildingFact:
    """What a sheet of a building brought into its record, from which survey and when."""

    building_id: int
    code: str
    said: tuple[str, ...]
    survey_id: int
    taken_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorVisit:
    """A visit that is kept; one ``set_aside`` counts no more, because another to the same door was found right."""

    draft: VisitDraft
    login: str
    recorded_at: datetime
    set_aside: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyDoor:
    """A door of a campaign with what was found there last.

    Attributes
    ----------
    outcome
        ``None`` as long as nobody has been there.
    answers
        Those that count, of the newest visit that brought some.
    answered
        How many visits brought answers that count; more than one wait for somebody to say which is right.
    """

    household_id: int
    number: str
    unit_id: int
    building_id: int
    estate_id: int
    has_lift: bool | None = None
    outcome: DoorOutcome | None = None
    visits: int = 0
    answered: int = 0
    come_back: str = ""
    answers: Answers = field(default_factory=dict)

    @property
    def floor(self) -> int | None:
        """The floor that a door's number says, such as 6 of 604."""
        return int(self.number) // 100 if self.number.isascii() and self.number.isdigit() else None
