"""Visits to doors, and the doors of a campaign as the visits have left them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from renovation.model.canonical import from_plain, plain
from renovation.model.surveys import DoorOutcome, DoorVisit, FormKind, SurveyDoor, VisitDraft
from renovation.store.rows import read_row
from renovation.store.schema.places import building, household, unit
from renovation.store.schema.surveys import survey, survey_estate, survey_late, survey_visit


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


def add(connection: sa.Connection, survey_id: int, draft: VisitDraft, *, login: str, at: datetime) -> None:
    """Keep a visit."""
    add_many(connection, survey_id, [(draft, login)], at=at)


def add_many(
    connection: sa.Connection, survey_id: int, brought: Iterable[tuple[VisitDraft, str]], *, at: datetime
) -> None:
    """Keep visits, each with the login of who made it."""
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
        }
        for draft, login in brought
    ]
    if rows:
        connection.execute(survey_visit.insert(), rows)


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


def forget_late(connection: sa.Connection, survey_id: int) -> int:
    """Delete the visits that came too late, and return how many there were."""
    return connection.execute(survey_late.delete().where(survey_late.c.survey_id == survey_id)).rowcount


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
    query = (
        sa.select(household.c.id)
        .join(unit, unit.c.id == household.c.unit_id)
        .join(building, building.c.id == unit.c.building_id)
        .join(survey_estate, survey_estate.c.estate_id == building.c.estate_id)
        .where(survey_estate.c.survey_id == survey_id)
    )
    return list(connection.scalars(query))


def put_aside(connection: sa.Connection, survey_id: int, visit_id: str) -> None:
    """Let a visit count no more, such as one that only checks another."""
    key = (survey_visit.c.survey_id == survey_id, survey_visit.c.id == visit_id)
    connection.execute(survey_visit.update().where(*key).values(set_aside=True))


def set_aside(connection: sa.Connection, survey_id: int, household_id: int, *, right: str) -> None:
    """Let one visit with answers to a door count, and the others no more."""
    connection.execute(
        survey_visit.update()
        .where(survey_visit.c.survey_id == survey_id, _place(connection, survey_id) == household_id)
        .values(set_aside=survey_visit.c.id != right)
    )


def forget(connection: sa.Connection, survey_id: int) -> int:
    """Delete the visits of a campaign, and return how many there were."""
    forget_late(connection, survey_id)
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
        made = (
            made.join(household, household.c.id == survey_visit.c.household_id)
            .join(unit, unit.c.id == household.c.unit_id)
            .where(unit.c.building_id.in_(wanted))
        )
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
