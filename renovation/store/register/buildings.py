"""Buildings, stairwells and doors of an estate. A door is a number, never a person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from renovation.errors import NotFoundError
from renovation.model.places import Building, BuildingDraft, Household, Stairwell
from renovation.store.rows import read_row, values_of
from renovation.store.schema.places import building, household, unit
from renovation.store.spatial import bounds_of


def add_buildings(connection: sa.Connection, drafts: Sequence[BuildingDraft]) -> list[int]:
    """Insert buildings with their units and doors; return the buildings' ids in the order given."""
    if not drafts:
        return []
    boxes = bounds_of([draft.geometry for draft in drafts])
    rows = [values_of(building, draft) | box for draft, box in zip(drafts, boxes, strict=True)]
    statement = building.insert().returning(building.c.id, sort_by_parameter_order=True)
    ids = list(connection.execute(statement, rows).scalars())
    stairwells = [
        {"building_id": building_id, "name": name}
        for building_id, draft in zip(ids, drafts, strict=True)
        for name in draft.doors
    ]
    if not stairwells:
        return ids
    statement = unit.insert().returning(unit.c.id, sort_by_parameter_order=True)
    unit_ids = iter(connection.execute(statement, stairwells).scalars().all())
    doors = [
        {"unit_id": unit_id, "number": number}
        for draft in drafts
        for numbers in draft.doors.values()
        for unit_id in (next(unit_ids),)
        for number in numbers
    ]
    if doors:
        connection.execute(household.insert(), doors)
    return ids


def buildings_of(connection: sa.Connection, estate_ids: Iterable[int]) -> tuple[Building, ...]:
    """Return the buildings of estates, in the order they were entered."""
    query = sa.select(building).where(building.c.estate_id.in_(list(estate_ids))).order_by(building.c.id)
    return tuple(read_row(Building, row) for row in connection.execute(query))


def units_of(connection: sa.Connection, building_ids: Iterable[int]) -> tuple[Stairwell, ...]:
    """Return the stairwells of buildings."""
    query = sa.select(unit).where(unit.c.building_id.in_(list(building_ids))).order_by(unit.c.id)
    return tuple(read_row(Stairwell, row) for row in connection.execute(query))


def estate_of(connection: sa.Connection, building_id: int) -> int:
    """Return the estate a building stands in.

    Raises
    ------
    NotFoundError
        ``estate.building_not_found``.
    """
    found = connection.execute(sa.select(building.c.estate_id).where(building.c.id == building_id)).scalar()
    if found is None:
        raise NotFoundError("estate.building_not_found")
    return int(found)


def households_in(connection: sa.Connection, building_id: int) -> tuple[Household, ...]:
    """Return the doors of one building, stairwell by stairwell."""
    query = (
        sa.select(household.c.id, household.c.unit_id, household.c.number)
        .join(unit, unit.c.id == household.c.unit_id)
        .where(unit.c.building_id == building_id)
        .order_by(household.c.id)
    )
    return tuple(read_row(Household, row) for row in connection.execute(query))


def estates_of_households(connection: sa.Connection, household_ids: Iterable[int]) -> dict[int, int]:
    """Return household → the estate it lies in; unknown ids are left out."""
    query = (
        sa.select(household.c.id, building.c.estate_id)
        .join(unit, unit.c.id == household.c.unit_id)
        .join(building, building.c.id == unit.c.building_id)
        .where(household.c.id.in_(set(household_ids)))
    )
    return {row.id: row.estate_id for row in connection.execute(query)}


def household_counts(connection: sa.Connection, estate_id: int) -> dict[int, tuple[int, int]]:
    """Return building → (stairwells, doors) of an estate."""
    query = (
        sa.select(
            building.c.id,
            sa.func.count(sa.distinct(unit.c.id)).label("units"),
            sa.func.count(household.c.id).label("doors"),
        )
        .select_from(building)
        .outerjoin(unit, unit.c.building_id == building.c.id)
        .outerjoin(household, household.c.unit_id == unit.c.id)
        .where(building.c.estate_id == estate_id)
        .group_by(building.c.id)
    )
    return {row.id: (row.units, row.doors) for row in connection.execute(query)}
