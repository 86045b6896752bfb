"""Doors of a campaign, and visits to them: taken down once, whoever sends them twice, and looked at by few."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from renovation.errors import ConflictError, DeniedError, InvalidError, NotFoundError, StageError
from renovation.model.accounts import Action, Actor
from renovation.model.clock import day_of
from renovation.model.doors import list_doors
from renovation.model.names import name_key
from renovation.model.surveys import (
    DoorOutcome,
    DoorVisit,
    Form,
    FormKind,
    FoundDoor,
    QuestionKind,
    Survey,
    SurveyDoor,
    VisitDraft,
)
from renovation.rules.demands.contacts import masked
from renovation.rules.surveys.trust import drawn
from renovation.services.acts import ActingUnit, acting
from renovation.services.doors import Door, reading
from renovation.services.surveys.campaigns import leads, stairwells_of
from renovation.services.typed import one_line
from renovation.store import Store
from renovation.store.register import buildings
from renovation.store.surveys import campaigns, visits

_ID = re.compile(r"[A-Za-z0-9-]{8,40}")
#: How far a collector's clock may go ahead.
_CLOCKS_DIFFER = timedelta(minutes=15)
_COME_BACK_LIMIT, _STAIRWELL_LIMIT = 40, 20


def collected(door: Door, survey_id: int, building_id: int) -> Survey:
    """Return a campaign in which this account collects at a building.

    Raises
    ------
    NotFoundError
        ``survey.not_found``; ``estate.building_not_found``: the building is none of the campaign's.
    DeniedError
        ``survey.not_your_door``.
    """
    held = door.survey(survey_id)
    if door.building_estate(building_id).id not in held.draft.estate_ids:
        raise NotFoundError("estate.building_not_found")
    workers = campaigns.workers(door.connection, survey_id)
    own = {one.building_id for one in workers if one.login == door.actor.login}
    if not (own & {None, building_id} or leads(door, workers)):
        raise DeniedError("survey.not_your_door", name=held.draft.name)
    return held


def _building_of(door: Door, held: Survey, household_id: int) -> SurveyDoor:
    of_buildings = held.draft.kind is FormKind.BUILDING
    building_id = household_id if of_buildings else buildings.building_of_household(door.connection, household_id)
    for one in visits.doors(door.connection, held.id, building_ids=[building_id]) if building_id else ():
        if one.household_id == household_id:
            return one
    raise NotFoundError("estate.household_not_found")


def doors_of(
    store: Store, actor: Actor | None, survey_id: int, building_id: int
) -> tuple[tuple[str, tuple[SurveyDoor, ...]], ...]:
    """Return the staircases of a building with their doors, as visits have left them, without any answers.

    Raises
    ------
    NotFoundError
        ``survey.not_found``, ``estate.building_not_found``.
    DeniedError
        ``survey.not_your_door``.
    """
    with reading(store, actor, Action.VISIT_DOOR) as door:
        held = collected(door, survey_id, building_id)
        found = visits.doors(door.connection, survey_id, building_ids=[building_id])
        return tuple(
            (unit.name, tuple(replace(one, answers={}) for one in found if one.unit_id == unit.id))
            for unit in stairwells_of(door, held, [building_id])
        )


def visits_at(store: Store, actor: Actor | None, survey_id: int, household_id: int) -> tuple[DoorVisit, ...]:
    """Return the visits to a door with what was answered: a lead sees all, a collector the own; the log notes it.

    Raises
    ------
    NotFoundError
        ``survey.not_found``, ``estate.household_not_found``.
    DeniedError
        ``survey.not_your_door``.
    """
    with acting(store, actor, Action.VISIT_DOOR) as unit:
        held = unit.survey(survey_id)
        one = _building_of(unit, held, household_id)
        collected(unit, survey_id, one.building_id)
        found = visits.at_door(unit.connection, survey_id, household_id) if held.gone_on is None else ()
        if not leads(unit, campaigns.workers(unit.connection, survey_id)):
            found = tuple(visit for visit in found if visit.login == unit.actor.login)
        unit.log("survey.look", "survey", survey_id, door=household_id, visits=len(found))
        unit.commit()
    return found


def record_visit(store: Store, actor: Actor | None, survey_id: int, draft: VisitDraft) -> SurveyDoor:
    """Take a visit down and return the door as it stands then; one that is kept already is recognised by its id.

    Telephone and identity numbers and names in words are blacked out.

    Raises
    ------
    InvalidError
        ``survey.visit_id``, ``survey.clock``: the visit lies ahead or before the campaign; ``survey.no_answers``,
        ``survey.answers_stray``: answers without a visit that brought some; ``survey.version_unknown``; and as for
        :meth:`renovation.model.surveys.Form.checked`.
    NotFoundError
        ``survey.not_found``, ``estate.household_not_found``.
    DeniedError
        ``survey.not_your_door``.
    StageError
        ``survey.closed``: it is too late, until the campaign is opened again; ``survey.cleared``.
    ConflictError
        ``survey.visit_exists``: another visit has the id.
    """
    with acting(store, actor, Action.VISIT_DOOR) as unit:
        if keep_visit(unit, survey_id, draft, unit.actor.login):
            unit.commit()
        return replace(_building_of(unit, unit.survey(survey_id), draft.household_id), answers={})


def keep_visit(unit: ActingUnit, survey_id: int, draft: VisitDraft, login: str) -> bool:
    """Keep a visit that somebody made, and tell whether it was not kept before. For services inside a transaction.

    Raises
    ------
    ConflictError
        ``survey.visit_exists``: another visit has the id; and as for :func:`require_open` and :func:`visit_to_keep`.
    """
    held = unit.survey(survey_id)
    require_open(held)
    kept = visit_to_keep(unit, survey_id, draft)
    known = visits.find(unit.connection, survey_id, kept.id)
    if known is not None:
        if known.draft != kept or known.login != login:
            raise ConflictError("survey.visit_exists")
        return False
    keep_all(unit, held, [(kept, login)])
    unit.log("survey.visit", "survey", survey_id, door=kept.household_id, met=kept.outcome.value)
    return True


def keep_all(unit: ActingUnit, held: Survey, brought: Sequence[tuple[VisitDraft, str]]) -> None:
    """Keep visits, each with the login of who made it, whichever way they came. For services inside a transaction.

    One at a drawn door by another worker than the first who brought answers there is compared with it and not counted.
    """
    told = [one for one in brought if one[0].outcome is DoorOutcome.ANSWERED] if held.seed else []
    first = visits.first_to_answer(unit.connection, held.id, {draft.household_id for draft, _ in told}) if told else {}
    again = []
    for draft, login in sorted(told, key=lambda one: one[0].visited_at):
        if first.setdefault(draft.household_id, login) != login:
            again.append(draft)
    chosen = frozenset(drawn(visits.door_ids(unit.connection, held.id), held.seed)) if again else frozenset()
    aside = {one.id for one in again if one.household_id in chosen}
    visits.add_many(unit.connection, held.id, brought, at=unit.at, aside=aside)


def visit_to_keep(unit: ActingUnit, survey_id: int, draft: VisitDraft) -> VisitDraft:
    """Return a visit as it is kept, of a door that this account collects at. For services inside a transaction.

    Raises
    ------
    NotFoundError
        ``survey.not_found``, ``estate.household_not_found``.
    DeniedError
        ``survey.not_your_door``.
    StageError
        ``survey.cleared``.
    InvalidError
        As for :func:`checked_visit`, and ``survey.version_unknown``; ``survey.stairwell_missing``,
        ``building.doors_unreadable``: a door found on the way is none.
    """
    held = unit.survey(survey_id)
    if draft.found is not None:
        draft = replace(draft, household_id=_found(unit, held, draft.found), found=None)
    one = _building_of(unit, held, draft.household_id)
    collected(unit, survey_id, one.building_id)
    if held.gone_on is not None:
        raise StageError("survey.cleared", day=held.gone_on)
    return checked_visit(draft, held, _form(unit, survey_id, draft.form_version), unit.at)


def require_open(held: Survey) -> None:
    """Refuse a campaign that takes no visits.

    Raises
    ------
    StageError
        ``survey.cleared``, ``survey.closed``.
    """
    if held.gone_on is not None:
        raise StageError("survey.cleared", day=held.gone_on)
    if held.closed_on is not None:
        raise StageError("survey.closed", day=held.closed_on)


def checked_visit(draft: VisitDraft, held: Survey, form: Form, at: datetime) -> VisitDraft:
    """Return a visit as it is kept; numbers and names of people in words are blacked out.

    Raises
    ------
    InvalidError
        ``survey.visit_id``, ``survey.clock``, ``survey.no_answers``, ``survey.answers_stray``, and as for
        :meth:`renovation.model.surveys.Form.checked`.
    """
    if not _ID.fullmatch(draft.id):
        raise InvalidError("survey.visit_id", value=draft.id[:40])
    day = day_of(draft.visited_at)
    if draft.visited_at > at + _CLOCKS_DIFFER or day < held.draft.begins_on:
        raise InvalidError("survey.clock", day=day, begins=held.draft.begins_on)
    words = {one.code for one in form.questions if one.kind is QuestionKind.WORDS}
    answers = {
        code: tuple(map(masked, said)) if code in words else said for code, said in form.checked(draft.answers).items()
    }
    if draft.outcome is DoorOutcome.ANSWERED and not answers:
        raise InvalidError("survey.no_answers")
    if draft.outcome is not DoorOutcome.ANSWERED and answers:
        raise InvalidError("survey.answers_stray")
    return replace(draft, answers=answers, come_back=masked(one_line(draft.come_back, _COME_BACK_LIMIT)))


def _form(unit: ActingUnit, survey_id: int, version: int) -> Form:
    for one in campaigns.forms(unit.connection, survey_id):
        if one.version == version:
            return one
    raise InvalidError("survey.version_unknown", version=version)


def choose_visit(store: Store, actor: Actor | None, survey_id: int, household_id: int, visit_id: str) -> None:
    """Say which of several answers of a door counts; the others stay and count no more.

    Raises
    ------
    NotFoundError
        ``survey.not_found``, ``estate.household_not_found``; ``survey.visit_unknown``: no answers came with it.
    DeniedError
        ``survey.not_lead``.
    StageError
        ``survey.cleared``.
    """
    with acting(store, actor, Action.VISIT_DOOR) as unit:
        held = unit.survey(survey_id)
        if not leads(unit, campaigns.workers(unit.connection, survey_id)):
            raise DeniedError("survey.not_lead", name=held.draft.name)
        if held.gone_on is not None:
            raise StageError("survey.cleared", day=held.gone_on)
        _building_of(unit, held, household_id)
        found = visits.at_door(unit.connection, survey_id, household_id)
        if not any(one.draft.id == visit_id and one.draft.outcome is DoorOutcome.ANSWERED for one in found):
            raise NotFoundError("survey.visit_unknown")
        visits.set_aside(unit.connection, survey_id, household_id, right=visit_id)
        unit.log("survey.choose", "survey", survey_id, door=household_id, visits=len(found))
        unit.commit()


def add_door(store: Store, actor: Actor | None, survey_id: int, building_id: int, stairwell: str, number: str) -> int:
    """Add doors that the register does not know to a building, and return how many it did not.

    Raises
    ------
    InvalidError
        ``survey.stairwell_missing``; ``building.doors_unreadable``, ``building.doors_many``.
    NotFoundError
        ``survey.not_found``, ``estate.building_not_found``.
    DeniedError
        ``survey.not_your_door``.
    StageError
        ``survey.closed``, ``survey.cleared``.
    """
    with acting(store, actor, Action.VISIT_DOOR) as unit:
        require_open(collected(unit, survey_id, building_id))
        made, added = _grow(unit, building_id, _stairwell(stairwell), list_doors(number))
        if made or added:
            unit.commit()
    return len(added)


def _stairwell(words: str) -> str:
    name = one_line(words, _STAIRWELL_LIMIT)
    if not name:
        raise InvalidError("survey.stairwell_missing")
    return name


def _grow(unit: ActingUnit, building_id: int, stairwell: str, numbers: Sequence[str]) -> tuple[list[int], list[int]]:
    """Give a building the doors it lacks; return the ids of new staircases and doors."""
    made, added = buildings.add_doors(unit.connection, building_id, {stairwell: numbers})
    if made or added:
        estate_id = unit.building_estate(building_id).id
        unit.log("survey.add_door", "estate", estate_id, name=stairwell, doors=len(added))
    return made, added


def _found(unit: ActingUnit, held: Survey, found: FoundDoor) -> int:
    """Return the id of a door that a collector found, which becomes one of the register's where it is none."""
    if held.draft.kind is FormKind.BUILDING:
        raise NotFoundError("estate.household_not_found")
    collected(unit, held.id, found.building_id)
    numbers = list_doors(found.number)
    if len(numbers) != 1:
        raise InvalidError("building.doors_unreadable", value=found.number[:40])
    stairwell = _stairwell(found.stairwell)
    _, added = _grow(unit, found.building_id, stairwell, numbers)
    if added:
        return added[0]
    names = {one.id: name_key(one.name) for one in buildings.units_of(unit.connection, [found.building_id])}
    wanted = numbers[0], name_key(stairwell)
    standing = buildings.households_in(unit.connection, found.building_id)
    return next(one.id for one in standing if (one.number, names[one.unit_id]) == wanted)
