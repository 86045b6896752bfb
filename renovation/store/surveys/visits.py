"""Visits to doors, and the doors of a campaign as the visits have left them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from renovation.model.canonical import from_plain, plain
from renovation.model.surveys import DoorOutcome, DoorVisit, FormKind, SurveyDoor, VisitDraft
from renovation.store.rows import in_parts, read_row
from renovation.store.schema.places import building, household, unit
from renovation.store.schema.surveys import survey, survey_estate, survey_late, survey_visit
from renovation.store.surveys import campaigns, parts


def _visit(row: Any) -> DoorVisit:
    place = row.building_id if row.household_id is None else row.household_id
    return read_row(DoorVisit, row, draft=read_row(VisitDraft, row, household_id=place))


def _is_of_buildings(connection: sa.Connection, survey_id: int) -> bool:
    return connection.scalar(sa.select(survey.c.kind).where(survey.c.id == survey_id)) == FormKind.BUILDING.value


def _place(connection: sa.Connection, survey_id: int) -> sa.Column[int]:
    """Return the column that says where a visit was: the door's, or the building's where those are asked about."""
    return survey_visit.c.building_id if _is_of_buildings(connection, survey_id) else survey_visit.c.household_id


def find(connection: sa.Connection, survey_id: int, visit_id: str) -> DoorVisit | None:
    """Return a visit by the id it was brought with."""
    query = sa.select(survey_visit).where(survey_visit.c.survey_id == survey_id, survey_visit.c.id == visit_id)
    row = connection.execute(query).first()
    return None if row is None else _visit(row)


def add_many(
    connection: sa.Connection,
    survey_id: int,
    brought: Iterable[tuple[VisitDraft, str]],
    *,
    at: datetime,
    aside: Collection[str] = (),
) -> None:
    """Keep visits, each with the login of who made it.

    Parameters
    ----------
    aside
        The ids of those that count no more, such as one that only checks another.
    """
    place = _place(connection, survey_id).name
    rows = [
        {
            "survey_id": survey_id,
            "id": draft.id,
            place: draft.household_id,
            "outcome": draft.outcome.value,
            "form_version": draft.form_version,
            "visited_at": draft.visited_at,
            "recorded_at": at,
            "login": login,
            "channel": draft.channel.value,
            "answers": plain(draft.answers),
            "come_back": draft.come_back,
            "photos": list(draft.photos),
            "set_aside": draft.id in aside,
        }
        for draft, login in brought
    ]
    if rows:
        connection.execute(survey_visit.insert(), rows)
        _put_parts(connection, survey_id, {row[place] for row in rows})


def _put_parts(connection: sa.Connection, survey_id: int, household_ids: Iterable[int]) -> None:
    """Write the columns of the buildings of these doors anew."""
    if _is_of_buildings(connection, survey_id):
        return
    touched: set[int] = set()
    for wanted in in_parts(household_ids):
        query = sa.select(unit.c.building_id).join(household, household.c.unit_id == unit.c.id)
        touched.update(connection.scalars(query.where(household.c.id.in_(wanted or [])).distinct()))
    questions = campaigns.asked(connection, survey_id)
    for wanted in in_parts(sorted(touched)):
        parts.put(connection, survey_id, doors(connection, survey_id, building_ids=wanted), questions)


def ids(connection: sa.Connection, survey_id: int) -> set[str]:
    """Return the ids of all visits of a campaign."""
    return set(connection.scalars(sa.select(survey_visit.c.id).where(survey_visit.c.survey_id == survey_id)))


def add_late(connection: sa.Connection, survey_id: int, draft: VisitDraft, *, login: str, at: datetime) -> None:
    """Keep a visit that came too late until somebody says yes; one that waits already is that one."""
    key = (survey_late.c.survey_id == survey_id, survey_late.c.id == draft.id)
    if connection.execute(sa.select(survey_late.c.id).where(*key)).first() is None:
        row = {"survey_id": survey_id, "id": draft.id, "login": login, "arrived_at": at, "visit": plain(draft)}
        connection.execute(survey_late.insert().values(**row))


def late(connection: sa.Connection, survey_id: int) -> tuple[tuple[VisitDraft, str], ...]:
    """Return the visits that came too late and wait, each with the login of who made it."""
    query = sa.select(survey_late).where(survey_late.c.survey_id == survey_id).order_by(survey_late.c.id)
    return tuple((from_plain(VisitDraft, row.visit), row.login) for row in connection.execute(query))


def forget_late(connection: sa.Connection, survey_id: int, visit_ids: Collection[str] | None = None) -> None:
    """Delete visits that came too late, these or all."""
    for wanted in in_parts(visit_ids):
        statement = survey_late.delete().where(survey_late.c.survey_id == survey_id)
        connection.execute(statement if wanted is None else statement.where(survey_late.c.id.in_(wanted)))


def at_door(connection: sa.Connection, survey_id: int, household_id: int) -> tuple[DoorVisit, ...]:
    """Return the visits to a door, the oldest first."""
    place = _place(connection, survey_id)
    query = sa.select(survey_visit).where(survey_visit.c.survey_id == survey_id, place == household_id)
    rows = connection.execute(query.order_by(survey_visit.c.visited_at, survey_visit.c.recorded_at, survey_visit.c.id))
    return tuple(_visit(row) for row in rows)


def answered(connection: sa.Connection, survey_id: int) -> dict[int, list[DoorVisit]]:
    """Return the visits of a campaign that brought answers, those set aside too, by door, the oldest first."""
    query = sa.select(survey_visit).where(
        survey_visit.c.survey_id == survey_id, survey_visit.c.outcome == DoorOutcome.ANSWERED.value
    )
    found: dict[int, list[DoorVisit]] = {}
    for row in connection.execute(query.order_by(survey_visit.c.visited_at, survey_visit.c.id)):
        visit = _visit(row)
        found.setdefault(visit.draft.household_id, []).append(visit)
    return found


def door_ids(connection: sa.Connection, survey_id: int) -> list[int]:
    """Return the doors of a campaign."""
    if _is_of_buildings(connection, survey_id):
        homes = sa.select(building.c.id).join(survey_estate, survey_estate.c.estate_id == building.c.estate_id)
        return list(connection.scalars(homes.where(survey_estate.c.survey_id == survey_id)))
    query = (
        sa.select(household.c.id)
        .join(unit, unit.c.id == household.c.unit_id)
        .join(building, building.c.id == unit.c.building_id)
        .join(survey_estate, survey_estate.c.estate_id == building.c.estate_id)
        .where(survey_estate.c.survey_id == survey_id)
    )
    return list(connection.scalars(query))


def asked_twice(connection: sa.Connection, survey_id: int, household_ids: Collection[int]) -> int:
    """Return how many of these doors have more than one set of answers that counts."""
    place = _place(connection, survey_id)
    query = (
        sa.select(place)
        .where(survey_visit.c.survey_id == survey_id, survey_visit.c.outcome == DoorOutcome.ANSWERED.value)
        .where(survey_visit.c.set_aside.is_(False))
        .group_by(place)
        .having(sa.func.count() > 1)
    )
    return len(set(connection.scalars(query)).intersection(household_ids))


def set_aside(connection: sa.Connection, survey_id: int, household_id: int, *, right: str) -> None:
    """Let one visit with answers to a door count, and the others no more."""
    connection.execute(
        survey_visit.update()
        .where(survey_visit.c.survey_id == survey_id, _place(connection, survey_id) == household_id)
        .values(set_aside=survey_visit.c.id != right)
    )
    _put_parts(connection, survey_id, [household_id])


def first_to_answer(connection: sa.Connection, survey_id: int, household_ids: Iterable[int]) -> dict[int, str]:
    """Return who was the first to bring answers of each of these doors; those without any are left out."""
    found: dict[int, str] = {}
    for wanted in in_parts(household_ids):
        query = (
            sa.select(survey_visit.c.household_id, survey_visit.c.login)
            .where(survey_visit.c.survey_id == survey_id, survey_visit.c.household_id.in_(wanted or []))
            .where(survey_visit.c.outcome == DoorOutcome.ANSWERED.value)
            .order_by(survey_visit.c.visited_at, survey_visit.c.recorded_at, survey_visit.c.id)
        )
        for row in connection.execute(query):
            found.setdefault(row.household_id, row.login)
    return found


def forget(connection: sa.Connection, survey_id: int) -> int:
    """Delete the visits of a campaign, and return how many there were."""
    forget_late(connection, survey_id)
    parts.forget(connection, survey_id)
    return connection.execute(survey_visit.delete().where(survey_visit.c.survey_id == survey_id)).rowcount


def doors(
    connection: sa.Connection, survey_id: int, *, building_ids: Iterable[int] | None = None
) -> tuple[SurveyDoor, ...]:
    """Return the doors of a campaign's estates, as far as asked for, with what was found there last.

    Of a survey of buildings each building is its own door, and its own staircase.
    """
    if _is_of_buildings(connection, survey_id):
        return _sheets(connection, survey_id, building_ids)
    query = (
        sa.select(
            household.c.id.label("household_id"),
            household.c.number,
            household.c.unit_id,
            unit.c.building_id,
            building.c.estate_id,
            building.c.has_lift,
        )
        .join(unit, unit.c.id == household.c.unit_id)
        .join(building, building.c.id == unit.c.building_id)
        .join(survey_estate, survey_estate.c.estate_id == building.c.estate_id)
        .where(survey_estate.c.survey_id == survey_id)
        .order_by(building.c.estate_id, building.c.id, unit.c.id, household.c.id)
    )
    made = (
        sa.select(
            survey_visit.c.household_id,
            survey_visit.c.outcome,
            survey_visit.c.answers,
            survey_visit.c.come_back,
            survey_visit.c.set_aside,
        )
        .where(survey_visit.c.survey_id == survey_id)
        .order_by(survey_visit.c.visited_at, survey_visit.c.recorded_at, survey_visit.c.id)
    )
    if building_ids is not None:
        wanted = list(building_ids)
        query = query.where(building.c.id.in_(wanted))
        here = sa.select(household.c.id).join(unit, unit.c.id == household.c.unit_id)
        made = made.where(survey_visit.c.household_id.in_(here.where(unit.c.building_id.in_(wanted))))
    found = _met(connection.execute(made))
    return tuple(SurveyDoor(**row._mapping, **found.get(row.household_id, {})) for row in connection.execute(query))


def _sheets(connection: sa.Connection, survey_id: int, building_ids: Iterable[int] | None) -> tuple[SurveyDoor, ...]:
    query = (
        sa.select(
            building.c.id.label("household_id"),
            building.c.name.label("number"),
            building.c.id.label("unit_id"),
            building.c.id.label("building_id"),
            building.c.estate_id,
            building.c.has_lift,
        )
        .join(survey_estate, survey_estate.c.estate_id == building.c.estate_id)
        .where(survey_estate.c.survey_id == survey_id)
        .order_by(building.c.estate_id, building.c.id)
    )
    if building_ids is not None:
        query = query.where(building.c.id.in_(list(building_ids)))
    visited = survey_visit.c
    made = (
        sa.select(
            visited.building_id.label("household_id"),
            visited.outcome,
            visited.answers,
            visited.come_back,
            visited.set_aside,
        )
        .where(visited.survey_id == survey_id)
        .order_by(visited.visited_at, visited.recorded_at, visited.id)
    )
    found = _met(connection.execute(made))
    return tuple(SurveyDoor(**row._mapping, **found.get(row.household_id, {})) for row in connection.execute(query))


def _met(made: Iterable[Any]) -> dict[int, dict[str, Any]]:
    """Return what visits found at each door, given them in the order they were made."""
    found: dict[int, dict[str, Any]] = {}
    for row in made:
        held = found.setdefault(row.household_id, {"visits": 0, "answered": 0})
        held["visits"] += 1
        told = row.outcome == DoorOutcome.ANSWERED.value and not row.set_aside
        if told:
            held["answered"] += 1
            held["answers"] = {code: tuple(one) for code, one in row.answers.items()}
        # Once somebody has answered, a later visit in vain takes nothing away.
        if told or not held["answered"]:
            held["outcome"], held["come_back"] = DoorOutcome(row.outcome), row.come_back
    return found
