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
from renovation.rules.surveys.columns import OUTCOMES, DoorColumns, Numbers, Staircases, by_floor
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
    # The same as ``bits`` of each answer, for all of a city's at once.
    marks = [(one.code, {option: 1 << place for place, option in enumerate(one.choices)}) for one in asked]
    rows: dict[int, list[list[int]]] = {one.building_id: [] for one in doors}
    for one in doors:
        if one.outcome is not None:
            answers = [sum(map(mark.__getitem__, one.answers.get(code, ()))) for code, mark in marks]
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
    stairs, lifts = _staircases(connection, survey_id)
    codes = [one.code for one in questions if one.choices]
    by_names: dict[str, list[bytes]] = {}
    query = sa.select(survey_part.c.names, survey_part.c.doors).where(survey_part.c.survey_id == survey_id)
    for names, doors in connection.execute(query.order_by(survey_part.c.building_id)):
        by_names.setdefault(names, []).append(doors)
    # Each column by itself: figures go through one of them again and again.
    tables = [np.zeros((_BEFORE + len(codes), 0), dtype=np.int64)]
    for names, parts in by_names.items():
        held = names.split(",")
        rows = np.frombuffer(b"".join(parts), dtype=_NUMBER).reshape(-1, _BEFORE + len(held)).T
        table = np.zeros((_BEFORE + len(codes), rows.shape[1]), dtype=np.int64)
        table[:_BEFORE] = rows[:_BEFORE]
        for place, code in enumerate(codes, _BEFORE):
            if code in held:
                table[place] = rows[_BEFORE + held.index(code)]
        tables.append(table)
    unit_ids, outcome, answered, floor, *answers = np.concatenate(tables, axis=1)
    order = np.argsort(stairs.ids)
    staircase = order[np.searchsorted(stairs.ids, unit_ids, sorter=order)] if len(unit_ids) else unit_ids
    said = dict(zip(codes, answers, strict=True))
    said[BY_FLOOR.code] = by_floor(floor, lifts[staircase])
    return DoorColumns(staircases=stairs, staircase=staircase, outcome=outcome, answered=answered, said=said)


def _staircases(connection: sa.Connection, survey_id: int) -> tuple[Staircases, Numbers]:
    """Return the staircases, and of each whether its building has a lift: 1, 0, or -1 where nobody knows."""
    # Counted staircase by staircase, from the index alone: a join of all doors has to be sorted into them first.
    doors = sa.select(sa.func.count()).where(household.c.unit_id == unit.c.id).scalar_subquery()
    lift = sa.case((building.c.has_lift.is_(None), -1), (building.c.has_lift.is_(True), 1), else_=0)
    query = (
        sa.select(building.c.estate_id, unit.c.building_id, unit.c.id, doors, lift)
        .join(survey_estate, survey_estate.c.estate_id == building.c.estate_id)
        .join(unit, unit.c.building_id == building.c.id)
        .where(survey_estate.c.survey_id == survey_id)
        .order_by(building.c.estate_id, building.c.id, unit.c.id)
    )
    # Plain tuples: numpy asks a row of SQLAlchemy's for names that it has not, at the price of an exception each.
    rows = np.array([tuple(one) for one in connection.execute(query).all()], dtype=np.int64).reshape(-1, 5)
    estates, homes, ids, counts, lifts = np.ascontiguousarray(rows[rows[:, 3] > 0].T)
    return Staircases(estates=estates, buildings=homes, ids=ids, doors=counts), lifts
