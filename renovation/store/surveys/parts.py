"""The visited doors of a campaign in columns, building by building: kept by whoever takes a visit down, read as one.

A city's 160,000 doors are read in a moment so, while a visit writes the few doors of its building anew, in its own
transaction: what stands here is always what the visits say. Whether a building has a lift, which estate it stands in
and how many doors there are is asked of the register at each reading.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import numpy as np
import sqlalchemy as sa

from renovation.model.surveys import BY_FLOOR, SurveyDoor, SurveyQuestion
from renovation.rules.surveys.columns import OUTCOMES, DoorColumns, Numbers, Staircases, bits, by_floor
from renovation.store.rows import in_parts
from renovation.store.schema.places import building, household, unit
from renovation.store.schema.surveys import survey_estate, survey_part

_NUMBER = np.dtype("<i4")
#: Columns before those of the questions: staircase, outcome, answers that count, floor.
_BEFORE = 4
#: A door's number may be any; no floor lies above.
_HIGHEST = 999


def put(
    connection: sa.Connection, survey_id: int, doors: Sequence[SurveyDoor], questions: Iterable[SurveyQuestion]
) -> None:
    """Write the doors of buildings anew; all doors of each of them are given."""
    asked = [one for one in questions if one.choices]
    rows: dict[int, list[list[int]]] = {one.building_id: [] for one in doors}
    for one in doors:
        if one.outcome is not None:
            answers = [bits(held, one.answers.get(held.code, ())) for held in asked]
            met = [one.unit_id, OUTCOMES.index(one.outcome), one.answered, min(one.floor or 0, _HIGHEST)]
            rows[one.building_id].append(met + answers)
    for wanted in in_parts(rows):
        here = survey_part.c.building_id.in_(wanted or [])
        connection.execute(survey_part.delete().where(survey_part.c.survey_id == survey_id, here))
    names = ",".join(one.code for one in asked)
    kept = [
        {
            "survey_id": survey_id,
            "building_id": building_id,
            "names": names,
            "doors": np.array(held, dtype=_NUMBER).tobytes(),
        }
        for building_id, held in rows.items()
        if held
    ]
    if kept:
        connection.execute(survey_part.insert(), kept)


def forget(connection: sa.Connection, survey_id: int) -> None:
    """Delete the columns of a campaign."""
    connection.execute(survey_part.delete().where(survey_part.c.survey_id == survey_id))


def columns(connection: sa.Connection, survey_id: int, questions: Collection[SurveyQuestion]) -> DoorColumns:
    """Return the doors of a campaign in columns."""
    stairs = _staircases(connection, survey_id)
    codes = [one.code for one in questions if one.choices]
    by_names: dict[str, list[bytes]] = {}
    query = sa.select(survey_part.c.names, survey_part.c.doors).where(survey_part.c.survey_id == survey_id)
    for names, doors in connection.execute(query.order_by(survey_part.c.building_id)):
        by_names.setdefault(names, []).append(doors)
    tables = []
    for names, parts in by_names.items():
        held = names.split(",")
        rows = np.frombuffer(b"".join(parts), dtype=_NUMBER).reshape(-1, _BEFORE + len(held)).astype(np.int64)
        table = np.zeros((len(rows), _BEFORE + len(codes)), dtype=np.int64)
        table[:, :_BEFORE] = rows[:, :_BEFORE]
        for place, code in enumerate(codes):
            if code in held:
                table[:, _BEFORE + place] = rows[:, _BEFORE + held.index(code)]
        tables.append(table)
    whole = np.concatenate(tables) if tables else np.zeros((0, _BEFORE + len(codes)), dtype=np.int64)
    order = np.argsort(stairs.ids)
    staircase = order[np.searchsorted(stairs.ids, whole[:, 0], sorter=order)] if len(whole) else whole[:, 0]
    said = {code: whole[:, _BEFORE + place] for place, code in enumerate(codes)}
    said[BY_FLOOR.code] = by_floor(whole[:, 3], _lifts(connection, survey_id, stairs)[staircase])
    return DoorColumns(staircases=stairs, staircase=staircase, outcome=whole[:, 1], answered=whole[:, 2], said=said)


def _staircases(connection: sa.Connection, survey_id: int) -> Staircases:
    query = (
        sa.select(building.c.estate_id, unit.c.building_id, unit.c.id, sa.func.count(household.c.id))
        .join(survey_estate, survey_estate.c.estate_id == building.c.estate_id)
        .join(unit, unit.c.building_id == building.c.id)
        .join(household, household.c.unit_id == unit.c.id)
        .where(survey_estate.c.survey_id == survey_id)
        .group_by(building.c.estate_id, unit.c.building_id, unit.c.id, building.c.id)
        .order_by(building.c.estate_id, building.c.id, unit.c.id)
    )
    # Plain tuples: numpy asks a row of SQLAlchemy's for names that it has not, at the price of an exception each.
    rows = np.array([tuple(one) for one in connection.execute(query)], dtype=np.int64).reshape(-1, 4)
    return Staircases(estates=rows[:, 0], buildings=rows[:, 1], ids=rows[:, 2], doors=rows[:, 3])


def _lifts(connection: sa.Connection, survey_id: int, stairs: Staircases) -> Numbers:
    """Return of each staircase whether its building has a lift: 1, 0, or -1 where nobody knows."""
    query = (
        sa.select(building.c.id, building.c.has_lift)
        .join(survey_estate, survey_estate.c.estate_id == building.c.estate_id)
        .where(survey_estate.c.survey_id == survey_id, building.c.has_lift.is_not(None))
    )
    known = {row.id: int(row.has_lift) for row in connection.execute(query)}
    return np.array([known.get(one, -1) for one in stairs.buildings.tolist()], dtype=np.int64)
