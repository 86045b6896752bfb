"""Buildings, stairwells and doors of an estate. A door is a number, never a person."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from renovation.errors import NotFoundError
from renovation.model.names import name_key
from renovation.model.places import Building, BuildingDraft, Household, Stairwell
from renovation.store.rows import in_parts, keys_of, new_id, read_row, values_of
from renovation.store.schema.demands import demand
from renovation.store.schema.places import building, household, unit
from renovation.store.schema.polls import voter_code
from renovation.store.schema.surveys import survey_visit
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


def building_of_household(connection: sa.Connection, household_id: int) -> int | None:
    """Return the building a door belongs to, ``None`` where there is no such door."""
    query = sa.select(unit.c.building_id).join(household, household.c.unit_id == unit.c.id)
    return connection.execute(query.where(household.c.id == household_id)).scalar()


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


def change_building(
    connection: sa.Connection, building_id: int, *, name: str, floors: int | None, has_lift: bool | None
) -> None:
    """Write what a building is called and has."""
    values = {"name": name, "floors": floors, "has_lift": has_lift}
    connection.execute(
        building.update().where(building.c.id == building_id).values(**values, **keys_of(building, values))
    )


def doors_to_change(
    connection: sa.Connection, building_id: int, doors: Mapping[str, Collection[str]]
) -> tuple[int, list[int]]:
    """Return how many doors a building lacks of those wanted, and which it has beyond them."""
    wanted = {(name_key(name), number) for name, numbers in doors.items() for number in numbers}
    stairwells = {one.id: one.name for one in units_of(connection, [building_id])}
    held = {
        (name_key(stairwells[door.unit_id]), door.number): door.id for door in households_in(connection, building_id)
    }
    return len(wanted - held.keys()), [number for key, number in held.items() if key not in wanted]


def doors_in_use(connection: sa.Connection, household_ids: Collection[int]) -> int:
    """Return how many of these doors voting codes were given to, or a survey has visited."""
    used: set[int] = set()
    for column in (voter_code.c.household_id, survey_visit.c.household_id):
        used.update(connection.execute(sa.select(column).where(column.in_(list(household_ids)))).scalars())
    return len(used)


def change_doors(
    connection: sa.Connection, building_id: int, doors: Mapping[str, Collection[str]], gone: Collection[int]
) -> None:
    """Give a building the stairwells and doors it lacks; take away doors, and stairwells that are not wanted."""
    if gone:
        connection.execute(household.delete().where(household.c.id.in_(list(gone))))
    held = {name_key(one.name): one for one in units_of(connection, [building_id])}
    wanted = {name_key(name) for name in doors}
    for key, one in held.items():
        if key not in wanted:
            connection.execute(unit.delete().where(unit.c.id == one.id))
    add_doors(connection, building_id, doors)


def is_used(connection: sa.Connection, building_id: int) -> bool:
    """Tell whether demands name a building, voting codes were given to its doors, or a survey has been there."""
    named = (demand.c.building_id, survey_visit.c.building_id)
    asked = any(
        connection.execute(sa.select(column).where(column == building_id).limit(1)).first() is not None
        for column in named
    )
    doors = [door.id for door in households_in(connection, building_id)]
    return asked or bool(doors and doors_in_use(connection, doors))


def delete_building(connection: sa.Connection, building_id: int) -> None:
    """Delete a building with its stairwells and doors."""
    connection.execute(building.delete().where(building.c.id == building_id))


def add_doors(
    connection: sa.Connection, building_id: int, doors: Mapping[str, Collection[str]]
) -> tuple[list[int], list[int]]:
    """Give a building the stairwells and doors it lacks; return the ids of both."""
    stairwells = {name_key(one.name): one.id for one in units_of(connection, [building_id])}
    standing = {(door.unit_id, door.number) for door in households_in(connection, building_id)}
    made: list[int] = []
    added: list[int] = []
    for name, numbers in doors.items():
        if (unit_id := stairwells.get(name_key(name))) is None:
            unit_id = new_id(connection, unit.insert().values(building_id=building_id, name=name))
            made.append(unit_id)
        rows = [{"unit_id": unit_id, "number": one} for one in numbers if (unit_id, one) not in standing]
        if rows:
            statement = household.insert().returning(household.c.id, sort_by_parameter_order=True)
            added += list(connection.execute(statement, rows).scalars())
    return made, added


def draw_building(connection: sa.Connection, building_id: int, geometry: bytes | None) -> None:
    """Write the outline of a building."""
    values = {"geometry": geometry, **bounds_of([geometry])[0]}
    connection.execute(building.update().where(building.c.id == building_id).values(**values))


def columns_of(connection: sa.Connection, building_id: int) -> dict[str, Any]:
    """Return what a list may change of a building, as JSON can hold it."""
    row = connection.execute(sa.select(building).where(building.c.id == building_id)).one()
    outline = None if row.geometry is None else row.geometry.hex()
    return {"id": row.id, "name": row.name, "floors": row.floors, "has_lift": row.has_lift, "geometry": outline}


def take_back(connection: sa.Connection, kept: Mapping[str, Any]) -> list[str]:
    """Undo what a list brought, and return the buildings that are in use and refuse it."""
    used = [one for one in kept["made"] if is_used(connection, one)]
    doors = [one for one in kept["doors"] if doors_in_use(connection, [one])]
    if used or doors:
        names = sa.select(building.c.name).where(building.c.id.in_(used)).order_by(building.c.name)
        return list(connection.execute(names).scalars()) or [str(len(doors))]
    for table, ids in ((household, kept["doors"]), (unit, kept["stairwells"]), (building, kept["made"])):
        for part in in_parts(ids):
            connection.execute(table.delete().where(table.c.id.in_(part or ())))
    for one in kept["buildings"]:
        change_building(connection, one["id"], name=one["name"], floors=one["floors"], has_lift=one["has_lift"])
        draw_building(connection, one["id"], None if one["geometry"] is None else bytes.fromhex(one["geometry"]))
    return []
