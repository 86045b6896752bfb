"""What every document of a programme is written from, so that no two of them can differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from renovation.errors import InvalidError
from renovation.model.elections import Reason
from renovation.model.funding import SourceKind
from renovation.model.items import ItemClass
from renovation.model.localities import NOBODY, Office
from renovation.model.money import yuan
from renovation.model.programme import Problem, Programme
from renovation.model.scenarios import DecidedBatch
from renovation.model.workdays import DayKind, WorkCalendar
from renovation.rules.money.funding import gap_of
from renovation.text import Language, text
from renovation.text.formats import sum_unit, wan_digits
from renovation.text.planning import planning_reason_text

#: Working days that a notice may hang.
MOST_NOTICE_DAYS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class EstateOnPaper:
    """What the documents say of an estate; ``geometry`` is WKB in EPSG:4490."""

    key: str
    name: str
    county: str = ""
    street: str = ""
    community: str = ""
    built_year: int | None = None
    buildings: int | None = None
    households: int | None = None
    floor_area_m2: float | None = None
    geometry: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkFacts:
    """What the documents say of a project besides what the programme decided.

    Attributes
    ----------
    estate
        The ``key`` of its estate.
    work
        改造内容: the item's name.
    cost
        The whole investment in fen, whoever pays.
    others
        What others than the pots give, in fen.
    starts, ends, builder, note
        计划开工, 计划完工, 实施单位, 备注, as the planner wrote them.
    """

    id: str
    estate: str
    name: str
    work: str
    cost: int
    item_class: ItemClass | None = None
    quantity: Decimal = Decimal(1)
    unit: str = ""
    others: Mapping[SourceKind, int] = field(default_factory=dict)
    starts: str = ""
    ends: str = ""
    builder: str = ""
    note: str = ""
    geometry: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkLine:
    """One line of the 改造项目清单.

    Attributes
    ----------
    sources
        Fen by where they come from: the pots' shares by their level, and what others give.
    payments
        Fen by pot.
    """

    number: int
    facts: WorkFacts
    estate: EstateOnPaper
    year: int
    households: int
    votes: int
    sources: Mapping[SourceKind, int]
    payments: tuple[tuple[str, int], ...]
    reason: str

    @property
    def gap(self) -> int:
        """Return what nobody pays yet, in fen."""
        return gap_of(self.facts.cost, *self.sources.values())

    @property
    def unit_price(self) -> Decimal:
        """Return yuan per unit, to the fen."""
        return (yuan(self.facts.cost) / self.facts.quantity).quantize(Decimal("0.01"), ROUND_HALF_UP)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOutLine:
    """A project that is not in the programme, and why."""

    facts: WorkFacts
    estate: EstateOnPaper
    votes: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PotLine:
    """A pot in fen: all it holds, what of it was left of earlier years, spoken for before, spent by this one, left."""

    id: str
    name: str
    year: int
    level: SourceKind
    owner: str
    amount: int
    carried: int
    before: int
    spent: int

    @property
    def left(self) -> int:
        """Return what nobody has been promised."""
        return self.amount - self.before - self.spent


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperDetails:
    """What stands on the documents and is decided by a person; ``day`` is the date on all of them.

    Attributes
    ----------
    notice_days
        How long the notice hangs, in working days.
    notice_ends
        Its last day by the announced holidays; without it weekends alone are counted.
    basis
        Laws and rules the programme rests on; empty means the catalogue's.
    map_review_number
        审图号 of the maps; may be empty for an estate's sketch.
    issuer
        Who issues papers here, with contacts; it stands on each paper of the package.
    """

    day: date
    office: str = ""
    phone: str = ""
    city: str = ""
    notice_start: date | None = None
    notice_days: int = 7
    notice_ends: date | None = None
    basis: tuple[str, ...] = ()
    map_review_number: str = ""
    issuer: Office = NOBODY

    def __post_init__(self) -> None:
        if not 1 <= self.notice_days <= MOST_NOTICE_DAYS:
            raise InvalidError("programme.notice_days", days=self.notice_days, most=MOST_NOTICE_DAYS)

    @property
    def begins(self) -> date:
        """The day on which the notice is posted."""
        return self.notice_start or self.day

    def counted(self, calendar: WorkCalendar) -> PaperDetails:
        """Return the same with the last day of the notice, a working day."""
        return replace(self, notice_ends=calendar.last_day(self.begins, self.notice_days, DayKind.WORKING))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeFile:
    """A programme as its documents say it."""

    name: str
    years: tuple[int, ...]
    works: tuple[WorkLine, ...]
    left_out: tuple[LeftOutLine, ...]
    pots: tuple[PotLine, ...]
    details: PaperDetails
    objective: str
    digest: str = ""
    rules_version: str = ""
    synthetic: bool = False
    is_draft: bool = False
    language: str = Language.ZH.value
    elderly_share: Fraction | None = None
    gini: Fraction | None = None
    streets_without: tuple[str, ...] = ()
    facts_day: date | None = None
    batches: tuple[DecidedBatch, ...] = ()
    kinds: tuple[SourceKind, ...] = field(init=False)
    estates: tuple[EstateOnPaper, ...] = field(init=False)

    def __post_init__(self) -> None:
        used = {kind for line in self.works for kind, money in line.sources.items() if money}
        object.__setattr__(self, "kinds", tuple(kind for kind in SourceKind if kind in used))
        object.__setattr__(self, "estates", tuple({line.estate.key: line.estate for line in self.works}.values()))

    @property
    def investment(self) -> int:
        """Return the whole investment in fen, whoever pays."""
        return sum(line.facts.cost for line in self.works)

    @property
    def gap(self) -> int:
        """Return what nobody pays yet, in fen."""
        return sum(line.gap for line in self.works)

    @property
    def households(self) -> int:
        """Count households of the estates concerned, each estate once."""
        return sum(estate.households or 0 for estate in self.estates)

    @property
    def batch_words(self) -> str:
        """Say which batches of estates the programme keeps to, year by year."""
        if not self.batches:
            return self.phrase("no_batch")
        return " ".join(
            self.phrase("batch", year=one.year, estates=one.estates, budget=self.digits(one.budget))
            for one in self.batches
        )

    @property
    def span(self) -> str:
        """Return the years as people write them."""
        first, last = self.years[0], self.years[-1]
        return str(first) if first == last else f"{first}–{last}"

    @property
    def warning(self) -> str:
        """Say what keeps the documents from being used as they are: a draft, or demonstration data."""
        marks = [name for name, is_set in (("draft", self.is_draft), ("demo", self.synthetic)) if is_set]
        return "　".join(self.phrase(name) for name in marks)

    def source_total(self, kind: SourceKind) -> int:
        """Return what a source gives in all, in fen."""
        return sum(line.sources.get(kind, 0) for line in self.works)

    def digits(self, amount: int) -> str:
        """Return a sum as the documents' headings count it, exactly."""
        return wan_digits(amount, self.language)

    def sum(self, amount: int) -> Decimal:
        """Return a sum as a cell under a heading with its unit."""
        return Decimal(amount) / sum_unit(self.language)

    def phrase(self, key: str, /, **fields: object) -> str:
        """Return a sentence of the documents in their language."""
        return text(f"programme_paper.{key}", self.language, **fields)


def programme_file(
    problem: Problem,
    programme: Programme,
    works: Mapping[str, WorkFacts],
    estates: Mapping[str, EstateOnPaper],
    details: PaperDetails,
    *,
    name: str,
    language: Language | str = Language.ZH,
    digest: str = "",
    synthetic: bool = False,
    is_draft: bool = False,
    elderly_share: Fraction | None = None,
    gini: Fraction | None = None,
    streets_without: Sequence[str] = (),
    facts_day: date | None = None,
    whole_pots: Mapping[str, int] | None = None,
    batches: Sequence[DecidedBatch] = (),
) -> ProgrammeFile:
    """Join a programme with what is known of its projects and estates.

    Lines stand by county, street, estate, year, class and name, as such lists do.

    Parameters
    ----------
    works, estates
        By project id and by estate key; every project of the problem is in ``works``.
    facts_day
        The day the facts of the estates were read; the documents' own day unless given.
    whole_pots
        What each pot holds in all, in fen; no more than the problem could spend unless given.
    """
    whole = whole_pots or {}
    planned = {project.id: project for project in problem.projects}
    pots = {pot.id: pot for pot in problem.pots}
    uses = {use.pot: use for use in programme.pots}
    names = {project.id: project.name or works[project.id].name for project in problem.projects}
    classes = [*ItemClass, None]

    def reason_text(reason: Reason) -> str:
        fields = dict(reason.fields)
        if fields.get("other") in names:
            fields["other"] = names[fields["other"]]
        if fields.get("pot") in pots:
            fields["pot"] = pots[fields["pot"]].name
        return planning_reason_text(Reason(reason.code, fields), language)

    def place(facts: WorkFacts) -> tuple[object, ...]:
        estate = estates[facts.estate]
        return (estate.county, estate.street, estate.community, estate.name, estate.key)

    chosen = sorted(
        programme.chosen,
        key=lambda line: (
            *place(works[line.project]),
            line.year,
            classes.index(works[line.project].item_class),
            works[line.project].name,
            line.project,
        ),
    )
    lines = []
    for number, line in enumerate(chosen, 1):
        facts = works[line.project]
        sources: dict[SourceKind, int] = {}
        for pot, money in line.payments:
            sources[pots[pot].level] = sources.get(pots[pot].level, 0) + money
        for kind, money in facts.others.items():
            if money:
                sources[kind] = sources.get(kind, 0) + money
        lines.append(
            WorkLine(
                number=number,
                facts=facts,
                estate=estates[facts.estate],
                year=line.year,
                households=planned[line.project].households,
                votes=planned[line.project].votes,
                sources=sources,
                payments=line.payments,
                reason=reason_text(line.reason),
            )
        )
    return ProgrammeFile(
        name=name,
        years=problem.years,
        works=tuple(lines),
        left_out=tuple(
            LeftOutLine(
                facts=works[one.project],
                estate=estates[works[one.project].estate],
                votes=planned[one.project].votes,
                reason=reason_text(one.reason),
            )
            for one in programme.left_out
        ),
        pots=tuple(
            PotLine(
                id=pot.id,
                name=pot.name or pot.id,
                year=pot.year,
                level=pot.level,
                owner=pot.owner,
                amount=whole.get(pot.id, uses[pot.id].amount),
                carried=min(pot.carried, whole.get(pot.id, uses[pot.id].amount)),
                before=whole.get(pot.id, uses[pot.id].amount) - uses[pot.id].amount,
                spent=uses[pot.id].spent,
            )
            for pot in problem.pots
        ),
        details=details,
        objective=problem.objective.value,
        digest=digest,
        rules_version=programme.rules_version,
        synthetic=synthetic,
        is_draft=is_draft,
        language=str(language),
        elderly_share=elderly_share,
        gini=gini,
        streets_without=tuple(streets_without),
        facts_day=facts_day or details.day,
        batches=tuple(batches),
    )
