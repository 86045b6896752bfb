"""Sheets of buildings (楼栋基本情况表): what they say, and what they bring into the buildings' records with one act."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from renovation.errors import InvalidError
from renovation.exports.files.tables import Exported, TableSheet, workbook
from renovation.model.accounts import Action, Actor
from renovation.model.clock import today
from renovation.model.places import Building
from renovation.model.surveys import (
    FLOORS,
    HOUSEHOLDS,
    LIFT,
    STAIRCASES,
    WORDS,
    BuildingFact,
    FormKind,
    QuestionKind,
    Survey,
    SurveyDoor,
    SurveyQuestion,
)
from renovation.services.acts import acting
from renovation.services.doors import Door, reading
from renovation.services.surveys.campaigns import led
from renovation.store import Store
from renovation.store.register import buildings
from renovation.store.surveys import campaigns, facts, visits
from renovation.text import Language, text
from renovation.text.surveys import answer_said, question_said

#: What a lift in every staircase, or in none, says of a building; in some of them says neither.
_HAS_LIFT: dict[tuple[str, ...], bool | None] = {("all",): True, ("none",): False}


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildingSheet:
    """A building with its newest sheet.

    Attributes
    ----------
    known
        What its record says already, by question.
    news
        The questions whose answers the record does not have.
    counted
        Question → what the register counts, where the sheet says otherwise: doors are added one by one, by whoever
        finds them, and never from a number.
    """

    building: Building
    door: SurveyDoor
    known: Mapping[str, BuildingFact]
    news: tuple[str, ...]
    counted: Mapping[str, int]


def _of_buildings(held: Survey) -> Survey:
    if held.draft.kind is not FormKind.BUILDING:
        raise InvalidError("survey.not_buildings", name=held.draft.name)
    return held


def _sheets(door: Door, held: Survey) -> list[BuildingSheet]:
    homes = {one.id: one for one in buildings.buildings_of(door.connection, held.draft.estate_ids)}
    known: dict[int, dict[str, BuildingFact]] = {}
    for fact in facts.facts(door.connection, held.draft.estate_ids):
        known.setdefault(fact.building_id, {})[fact.code] = fact
    counts: dict[int, tuple[int, int]] = {}
    for estate_id in held.draft.estate_ids:
        counts |= buildings.household_counts(door.connection, estate_id)
    # Words as somebody wrote them are for the lead; a record that everybody reads takes what was chosen or counted.
    words = {WORDS} | {one.code for one in campaigns.asked(door.connection, held.id) if one.kind is QuestionKind.WORDS}
    found = []
    for one in visits.doors(door.connection, held.id):
        has = known.get(one.building_id, {})
        stairs, doors = counts[one.building_id]
        counted = {STAIRCASES: stairs, HOUSEHOLDS: doors}
        found.append(
            BuildingSheet(
                building=homes[one.building_id],
                door=one,
                known=has,
                news=tuple(
                    code
                    for code, said in one.answers.items()
                    if code not in words and (code not in has or has[code].said != said)
                ),
                counted={code: count for code, count in counted.items() if _differs(one, code, count)},
            )
        )
    return found


def _differs(one: SurveyDoor, code: str, count: int) -> bool:
    return code in one.answers and tuple(one.answers[code]) != (str(count),)


def building_sheets(store: Store, actor: Actor | None, survey_id: int) -> tuple[BuildingSheet, ...]:
    """Return the buildings of a survey of buildings with their sheets.

    Raises
    ------
    InvalidError
        ``survey.not_buildings``.
    NotFoundError
        ``survey.not_found``.
    """
    with reading(store, actor, Action.SEE_REGISTER) as door:
        return tuple(_sheets(door, _of_buildings(door.survey(survey_id))))


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFact:
    """What a building's record says, with the question it answers and the survey that brought it."""

    fact: BuildingFact
    question: SurveyQuestion
    survey: str


def building_facts(store: Store, actor: Actor | None, estate_id: int) -> tuple[KnownFact, ...]:
    """Return what sheets have brought into the records of an estate's buildings.

    Raises
    ------
    NotFoundError
        ``estate.not_found``.
    """
    with reading(store, actor, Action.SEE_REGISTER) as door:
        found = facts.facts(door.connection, [door.estate(estate_id).id])
        brought = {one.survey_id for one in found}
        names = campaigns.names(door.connection, brought)
        questions = {one: {held.code: held for held in campaigns.asked(door.connection, one)} for one in brought}
    return tuple(
        KnownFact(fact=one, question=questions[one.survey_id][one.code], survey=names[one.survey_id]) for one in found
    )


def take_sheets(store: Store, actor: Actor | None, survey_id: int) -> int:
    """Write what the sheets say into the buildings' records, floors and lift included; return how many change.

    A building with more than one sheet waits until somebody says which counts.

    Raises
    ------
    InvalidError
        ``survey.not_buildings``.
    NotFoundError
        ``survey.not_found``.
    DeniedError
        ``survey.not_lead``.
    StageError
        ``survey.cleared``.
    """
    with acting(store, actor, Action.RUN_SURVEY) as unit:
        held = _of_buildings(led(unit, survey_id))
        changed = 0
        for sheet in _sheets(unit, held):
            if not sheet.news or sheet.door.answered != 1:
                continue
            home, said = sheet.building, sheet.door.answers
            facts.put(
                unit.connection,
                [
                    BuildingFact(
                        building_id=home.id, code=code, said=tuple(said[code]), survey_id=survey_id, taken_on=today()
                    )
                    for code in sheet.news
                ],
            )
            floors = int(said[FLOORS][0]) if FLOORS in said else home.floors
            has_lift = _HAS_LIFT.get(tuple(said.get(LIFT, ())), home.has_lift)
            if (floors, has_lift) != (home.floors, home.has_lift):
                buildings.change_building(unit.connection, home.id, name=home.name, floors=floors, has_lift=has_lift)
            unit.log(
                "survey.take_sheet", "estate", home.estate_id, name=home.name, survey=survey_id, facts=list(sheet.news)
            )
            changed += 1
        if changed:
            unit.commit()
    return changed


def building_table(
    store: Store, actor: Actor | None, survey_id: int, language: Language | str = Language.ZH
) -> Exported:
    """Return a survey's sheets as a table, one line a building.

    Raises
    ------
    InvalidError
        ``survey.not_buildings``.
    NotFoundError
        ``survey.not_found``.
    """
    with reading(store, actor, Action.SEE_REGISTER) as door:
        held = _of_buildings(door.survey(survey_id))
        found = _sheets(door, held)
        questions = [one for one in campaigns.asked(door.connection, survey_id) if one.code != WORDS]
        homes = {one: door.estate(one).name for one in held.draft.estate_ids}
    kind = held.draft.kind
    rows = [
        [
            homes[sheet.building.estate_id],
            sheet.building.name,
            *(answer_said(one, sheet.door.answers.get(one.code, ()), language) for one in questions),
        ]
        for sheet in found
    ]
    heads = [text("survey.column.estate", language), text("survey.papers.building", language)]
    heads += [question_said(kind, one, language) for one in questions]
    name = text("survey.sheet.buildings_file", language, name=held.draft.name)
    return workbook(name, [TableSheet(name=text(f"enum.FormKind.{kind.value}", language), headings=heads, rows=rows)])
