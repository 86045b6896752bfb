"""Papers of a survey: the notice on doors, sheets and lists for the way, and what it found as table, report, notice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from renovation.errors import InvalidError
from renovation.exports.files.official import (
    Block,
    OfficialPaper,
    PaperTable,
    Paragraph,
    official_docx,
)
from renovation.exports.files.official_page import numbered, official_page
from renovation.exports.files.tables import Exported, TableSheet, workbook
from renovation.exports.surveys.sheets import SheetDoor, survey_sheets
from renovation.model.accounts import Action, Actor
from renovation.model.canonical import digest_of
from renovation.model.clock import today
from renovation.model.scope import EVERYWHERE
from renovation.model.surveys import BY_FLOOR, RENEW, WORDS, DoorOutcome, FormKind, Survey, SurveyDoor, SurveyQuestion
from renovation.rules.demands.contacts import masked
from renovation.rules.surveys.figures import (
    OTHERS,
    GroupShare,
    OptionFigures,
    PlaceAnswers,
    PlaceFigures,
    SurveyFigures,
)
from renovation.services import lists
from renovation.services.acts import acting
from renovation.services.doors import Door, reading
from renovation.services.surveys.campaigns import led, stairwells_of
from renovation.services.surveys.figures import figures_of
from renovation.services.surveys.visits import collected
from renovation.services.typed import one_line
from renovation.store import Store
from renovation.store.register import buildings, estates
from renovation.store.surveys import campaigns, visits
from renovation.text import Language, text
from renovation.text.formats import format_list, format_percent
from renovation.text.surveys import option_said, question_said

#: So many words of residents a report quotes.
MOST_QUOTES = 12
#: What a form holds of one resident's words.
_LONGEST_QUOTE = 2_000


class PaperFormat(StrEnum):
    """What a paper can be written as."""

    DOCX = "docx"
    HTML = "html"


class SurveyPaper(StrEnum):
    """The papers of a survey in words: to hang on doors before it, to put up after it, and its report."""

    DOOR_NOTICE = "door_notice"
    RESULT_NOTICE = "result_notice"
    REPORT = "report"


class _Told:
    """A survey with its figures and all the names that its papers say."""

    def __init__(self, door: Door, survey_id: int, language: Language | str) -> None:
        self.held: Survey = door.survey(survey_id)
        if self.held.draft.kind is FormKind.BUILDING:
            raise InvalidError("survey.of_buildings", name=self.held.draft.name)
        self.found: SurveyFigures = figures_of(door.connection, self.held, None)
        asked = campaigns.asked(door.connection, survey_id)
        self.questions: dict[str, SurveyQuestion] = {one.code: one for one in (*asked, BY_FLOOR)}
        self.language = language
        homes = {one: door.estate(one).name for one in self.held.draft.estate_ids}
        self.homes = homes
        standing = buildings.buildings_of(door.connection, self.held.draft.estate_ids)
        several = len(homes) > 1
        self.buildings = {one.id: f"{homes[one.estate_id]} {one.name}" if several else one.name for one in standing}
        stairwells = buildings.units_of(door.connection, [one.id for one in standing])
        self.units = {one.id: f"{self.buildings[one.building_id]} {one.name}" for one in stairwells}
        place = estates.place_of(door.connection, self.held.draft.estate_ids[0]) if not several else EVERYWHERE
        self.office = lists.office_of(door.connection, place)

    def say(self, key: str, **fields: Any) -> str:
        return text(key, self.language, **fields)

    def share(self, value: Any) -> str:
        return format_percent(value, str(self.language))

    def question(self, code: str) -> str:
        return question_said(self.held.draft.kind, self.questions[code], self.language)

    def option(self, code: str, option: str) -> str:
        return option_said(self.questions[code], option, self.language)

    def group(self, one: GroupShare) -> str:
        return self.say("survey.figure.others") if one.option == OTHERS else self.option(one.question, one.option)

    @property
    def where(self) -> str:
        return format_list(self.homes.values(), str(self.language))


def willingness_table(
    store: Store, actor: Actor | None, survey_id: int, language: Language | str = Language.ZH
) -> Exported:
    """Return the table 意愿汇总表: doors and answers per building, wishes per building, each answer by group.

    Buildings with fewer than five answers stand in one line together, so that every column adds up.

    Raises
    ------
    InvalidError
        ``survey.of_buildings``: no household was asked.
    NotFoundError
        ``survey.not_found``.
    """
    with reading(store, actor, Action.SEE_REGISTER) as door:
        told = _Told(door, survey_id, language)
    answered = [_building_sheet(told, code) for code in told.questions if told.found.of(code)]
    sheets = [_doors_sheet(told), *answered, _groups_sheet(told)]
    return workbook(told.say("survey.table.file", name=told.held.draft.name), sheets)


_OUTCOMES = (DoorOutcome.REFUSED, DoorOutcome.NOT_HOME, DoorOutcome.COME_BACK, DoorOutcome.EMPTY)


def _doors_sheet(told: _Told) -> TableSheet:
    def line(name: str, one: PlaceFigures) -> list[Any]:
        met = [one.outcomes.get(outcome, 0) for outcome in _OUTCOMES]
        return [name, one.doors, one.answered, *met, one.doors - sum(one.outcomes.values()), one.coverage]

    heads = [told.say(f"survey.column.{name}") for name in ("place", "doors", "answered")]
    heads += [told.say(f"enum.DoorOutcome.{outcome.value}") for outcome in _OUTCOMES]
    heads += [told.say(f"survey.column.{name}") for name in ("not_yet", "coverage")]
    rows = [line(told.buildings.get(one.id, ""), one) for one in told.found.buildings]
    rows.append(line(told.say("survey.table.total"), told.found.whole))
    return TableSheet(
        name=told.say("survey.table.doors"), headings=heads, rows=rows, shares=frozenset({len(heads) - 1})
    )


def _building_sheet(told: _Told, code: str) -> TableSheet:
    question = told.questions[code]
    whole = told.found.of(code)

    def line(name: str, answered: int, counts: Mapping[str, int]) -> list[Any]:
        return [name, answered, *(counts.get(option, 0) for option in question.choices)]

    rows = [line(_places(told, one), one.asked, one.counts) for one in told.found.by_building if one.question == code]
    total = {one.option: one.portion.found for one in whole}
    rows.append(line(told.say("survey.table.total"), whole[0].portion.asked, total))
    heads = [told.say("survey.column.place"), told.say("survey.column.asked")]
    return TableSheet(
        name=told.question(code),
        headings=[*heads, *(told.option(code, option) for option in question.choices)],
        rows=rows,
    )


def _places(told: _Told, one: PlaceAnswers) -> str:
    return format_list((told.buildings.get(number, "") for number in one.ids), str(told.language))


def _groups_sheet(told: _Told) -> TableSheet:
    rows = [
        [
            told.question(one.question),
            told.option(one.question, one.option),
            told.question(group.question),
            told.group(group),
            group.portion.found,
            group.portion.asked,
            group.portion.share,
            group.portion.low,
            group.portion.high,
        ]
        for one in told.found.options
        for group in one.groups
    ]
    names = ("question", "option", "group_question", "group", "found", "asked", "share", "low", "high")
    return TableSheet(
        name=told.say("survey.table.groups"),
        headings=[told.say(f"survey.column.{name}") for name in names],
        rows=rows,
        shares=frozenset({6, 7, 8}),
    )


def survey_paper(
    store: Store,
    actor: Actor | None,
    survey_id: int,
    paper: SurveyPaper,
    format_: PaperFormat = PaperFormat.DOCX,
    language: Language | str = Language.ZH,
    quotes: Sequence[str] = (),
) -> Exported:
    """Return a paper of a survey; figures of all, and of no door.

    Parameters
    ----------
    quotes
        What residents said, as somebody who may read it chose it for the report.

    Raises
    ------
    NotFoundError
        ``survey.not_found``.
    InvalidError
        ``survey.quotes_many``, ``typed.too_long``; ``survey.nothing_to_tell``: fewer than five households have
        answered; ``survey.of_buildings``: none was asked.
    """
    if len(quotes) > MOST_QUOTES:
        raise InvalidError("survey.quotes_many", most=MOST_QUOTES)
    # They are blacked out as they are kept; whoever calls may have changed them since.
    chosen = [masked(one_line(said, _LONGEST_QUOTE)) for said in quotes]
    with reading(store, actor, Action.SEE_REGISTER) as door:
        told = _Told(door, survey_id, language)
    if paper is not SurveyPaper.DOOR_NOTICE and not told.found.options:
        raise InvalidError("survey.nothing_to_tell", name=told.held.draft.name)
    sections = {
        SurveyPaper.DOOR_NOTICE: _door_notice,
        SurveyPaper.RESULT_NOTICE: _result_notice,
        SurveyPaper.REPORT: lambda one: _report(one, chosen),
    }[paper](told)
    made = OfficialPaper(
        title=told.say(f"survey.paper.{paper.value}", where=told.where, name=told.held.draft.name),
        blocks=numbered(sections, str(language)),
        office=told.office.name,
        day=today(),
        day_words=told.say("notice.day", day=today()),
    )
    return official_docx(made) if format_ is PaperFormat.DOCX else official_page(made, str(language))


_Sections = list[tuple[str, list[Block]]]


def _door_notice(told: _Told) -> _Sections:
    draft = told.held.draft
    fields = {"begins": draft.begins_on, "ends": draft.ends_on, "keep": draft.keep_until, "where": told.where}
    return [
        (told.say(f"survey.paper.{part}"), [Paragraph(told.say(f"survey.paper.{part}_{draft.kind.value}", **fields))])
        for part in ("when", "what", "data")
    ]


def _result_notice(told: _Told) -> _Sections:
    return [
        (told.say("survey.paper.response"), [*_response(told), _estates(told)]),
        (told.say("survey.paper.answers"), list(_answers(told))),
        (told.say("survey.paper.objection"), [Paragraph(told.say("survey.paper.object"))]),
    ]


def _report(told: _Told, quotes: Sequence[str]) -> _Sections:
    sections: _Sections = [
        (told.say("survey.paper.method"), [Paragraph(told.say("survey.paper.how")), Paragraph(_margins(told))]),
        (told.say("survey.paper.response"), [*_response(told), _estates(told), *_missing(told)]),
        (told.say("survey.paper.answers"), list(_answers(told))),
    ]
    if camps := _camps(told):
        sections.append((told.say("survey.paper.camps"), camps))
    if quotes:
        said: list[Block] = [Paragraph(told.say("survey.paper.quote", words=one)) for one in quotes]
        sections.append((told.say("survey.paper.quotes"), said))
    return sections


def _margins(told: _Told) -> str:
    weighted = any(one.weighted is not None for one in told.found.options)
    return told.say("survey.figure.method") + (told.say("survey.figure.weighted_hint") if weighted else "")


def _response(told: _Told) -> list[Block]:
    whole = told.found.whole
    met = whole.outcomes
    lines = [
        Paragraph(
            told.say(
                "survey.paper.reached",
                doors=whole.doors,
                answered=whole.answered,
                coverage=told.share(whole.coverage),
                target=told.share(told.held.draft.target),
                refused=met.get(DoorOutcome.REFUSED, 0),
                not_home=met.get(DoorOutcome.NOT_HOME, 0) + met.get(DoorOutcome.COME_BACK, 0),
                empty=met.get(DoorOutcome.EMPTY, 0),
                not_yet=whole.doors - sum(met.values()),
            )
        )
    ]
    if told.held.draft.kind is FormKind.OPINION and whole.willing is not None:
        bounds = {"low": told.share(whole.willing.low), "high": told.share(whole.willing.high)}
        lines.append(Paragraph(told.say("survey.paper.willing", share=told.share(whole.willing.share), **bounds)))
    return list(lines)


def _estates(told: _Told) -> PaperTable:
    # Other forms than that of opinions ask nobody whether to renew.
    shown = 5 if told.held.draft.kind is FormKind.OPINION else 4
    names = ("place", "doors", "answered", "coverage", "willing")[:shown]
    rows = [
        [
            told.homes[one.id],
            f"{one.doors:,}",
            f"{one.answered:,}",
            told.share(one.coverage),
            "—" if one.willing is None else told.share(one.willing.share),
        ][:shown]
        for one in told.found.estates
    ]
    return PaperTable(
        headings=[told.say(f"survey.column.{name}") for name in names],
        rows=rows,
        widths=(60, 24, 24, 24, 24)[:shown],
        numbers=frozenset(range(1, shown)),
    )


def _missing(told: _Told) -> Iterable[Block]:
    for one in told.found.missing:
        counts = {"answered": one.answered, "doors": one.doors}
        if one.group is not None:
            yield Paragraph(told.say(f"survey.figure.missing_{one.group}", **counts))
        else:
            yield Paragraph(
                told.say("survey.figure.missing_unit", place=told.units.get(one.unit_id or 0, ""), **counts)
            )


def _answers(told: _Told) -> Iterable[Block]:
    names = ("option", "found", "share", "margin", "weighted")
    for code in dict.fromkeys(one.question for one in told.found.options):
        lines = told.found.of(code)
        yield Paragraph(told.say("survey.paper.question", words=told.question(code), asked=lines[0].portion.asked))
        yield PaperTable(
            headings=[told.say(f"survey.column.{name}") for name in names],
            rows=[_line(told, one) for one in lines],
            widths=(56, 20, 22, 36, 22),
            numbers=frozenset({1, 2, 3, 4}),
        )


def _line(told: _Told, one: OptionFigures) -> list[str]:
    between = {"low": told.share(one.portion.low), "high": told.share(one.portion.high)}
    return [
        told.option(one.question, one.option),
        f"{one.portion.found:,}",
        told.share(one.portion.share),
        told.say("survey.figure.between", **between),
        "—" if one.weighted is None else told.share(one.weighted),
    ]


def _camps(told: _Told) -> list[Block]:
    """Return the three camps on the renewal, and what each group of households holds of it."""
    lines = {one.option: one for one in told.found.of(RENEW)}
    if not lines:
        return []
    shares = {option: told.share(one.portion.share) for option, one in lines.items()}
    blocks: list[Block] = [
        Paragraph(told.say("survey.figure.camps", yes=shares["yes"], only_if=shares["only_if"], no=shares["no"]))
    ]
    for group in lines["yes"].groups:
        of = {
            option: next((told.share(held.portion.share) for held in one.groups if _is_same(held, group)), "—")
            for option, one in lines.items()
        }
        blocks.append(
            Paragraph(
                told.say(
                    "survey.paper.camp_of",
                    group=told.group(group),
                    asked=group.portion.asked,
                    yes=of["yes"],
                    only_if=of["only_if"],
                    no=of["no"],
                )
            )
        )
    return blocks


def _is_same(one: GroupShare, other: GroupShare) -> bool:
    return (one.question, one.option) == (other.question, other.option)


def words_said(store: Store, actor: Actor | None, survey_id: int) -> tuple[str, ...]:
    """Return what residents said in words, in no order that tells a door; for a lead alone, and the log notes it.

    Raises
    ------
    NotFoundError
        ``survey.not_found``.
    DeniedError
        ``survey.not_lead``.
    StageError
        ``survey.cleared``.
    """
    with acting(store, actor, Action.RUN_SURVEY) as unit:
        held = led(unit, survey_id)
        said = {words for one in visits.doors(unit.connection, held.id) for words in one.answers.get(WORDS, ())}
        unit.log("survey.words", "survey", survey_id, visits=len(said))
        unit.commit()
    return tuple(sorted(said, key=lambda words: digest_of(survey_id, words)))


def sheets(
    store: Store,
    actor: Actor | None,
    survey_id: int,
    building_id: int | None = None,
    language: Language | str = Language.ZH,
) -> Exported:
    """Return the sheets of a survey to print: one for each door of a building, or a blank one.

    Raises
    ------
    NotFoundError
        ``survey.not_found``, ``estate.building_not_found``.
    DeniedError
        ``survey.not_your_door``.
    """
    with reading(store, actor, Action.VISIT_DOOR) as door:
        held = door.survey(survey_id) if building_id is None else collected(door, survey_id, building_id)
        doors = [SheetDoor()] if building_id is None else _sheet_doors(door, held, building_id)
        form = campaigns.forms(door.connection, survey_id)[-1]
        return survey_sheets(held.draft.name, held.draft.kind, form, doors, language)


def _sheet_doors(door: Door, held: Survey, building_id: int) -> list[SheetDoor]:
    home, found = _doors_in(door, held, building_id)
    if held.draft.kind is FormKind.BUILDING:
        return [SheetDoor(building=home)]
    return [SheetDoor(building=home, stairwell=stairwell, number=one.number) for stairwell, one in found]


def _doors_in(door: Door, held: Survey, building_id: int) -> tuple[str, list[tuple[str, SurveyDoor]]]:
    """Return a building's name, and its doors, each with the name of its staircase."""
    names = {one.id: one.name for one in stairwells_of(door, held, [building_id])}
    home = next(one for one in buildings.buildings_of(door.connection, held.draft.estate_ids) if one.id == building_id)
    found = visits.doors(door.connection, held.id, building_ids=[building_id])
    return home.name, [(names[one.unit_id], one) for one in found]


def door_list(
    store: Store, actor: Actor | None, survey_id: int, building_id: int, language: Language | str = Language.ZH
) -> Exported:
    """Return the doors of a building as a list for the way: what was met there last, and room to write.

    Raises
    ------
    NotFoundError
        ``survey.not_found``, ``estate.building_not_found``.
    DeniedError
        ``survey.not_your_door``.
    """
    with reading(store, actor, Action.VISIT_DOOR) as door:
        held = collected(door, survey_id, building_id)
        home, found = _doors_in(door, held, building_id)
    rows = [
        [
            stairwell,
            one.floor,
            one.number,
            text("survey.door.not_yet", language)
            if one.outcome is None
            else text(f"enum.DoorOutcome.{one.outcome.value}", language),
            one.visits,
            one.come_back,
            "",
        ]
        for stairwell, one in found
    ]
    heads = [
        text(f"survey.list.{name}", language)
        for name in ("stairwell", "floor", "number", "met", "visits", "come_back", "note")
    ]
    name = text("survey.list.file", language, name=held.draft.name, building=home)
    return workbook(name, [TableSheet(name=home, headings=heads, rows=rows)])
