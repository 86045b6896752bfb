"""Facilities, in and out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from renovation.model.places import Facility, FacilityDraft
from renovation.store.rows import new_id, read_row, values_of
from renovation.store.schema.facilities import facility


def add_facilities(connection: sa.Connection, drafts: Sequence[FacilityDraft], *, import_id: int | None = None) -> None:
    """Insert facilities."""
    rows = [values_of(facility, d) | {"import_id": import_id} for d in drafts]
    if rows:
        connection.execute(facility.insert(), rows)


def add_facility(connection: sa.Connection, draft: FacilityDraft) -> int:
    """Insert a facility and return its id."""
    return new_id(connection, facility.insert().values(**values_of(facility, draft)))


def delete(connection: sa.Connection, facility_id: int) -> None:
    """Delete a facility."""
    connection.execute(facility.delete().where(facility.c.id == facility_id))


def list_facilities(connection: sa.Connection, *, kind: str | None = None) -> tuple[Facility, ...]:
    """Return facilities (of a kind) in the order they came."""
    query = sa.select(facility).order_by(facility.c.id)
    if kind is not None:
        query = query.where(facility.c.kind == kind)
    return tuple(read_row(Facility, row) for row in connection.execute(query))


def kinds(connection: sa.Connection) -> tuple[str, ...]:
    """Return the kinds there are, by name."""
    return tuple(connection.execute(sa.select(facility.c.kind).distinct().order_by(facility.c.kind)).scalars())


def change(connection: sa.Connection, facility_id: int, **values: Any) -> None:
    """Write what a later file says of a facility."""
    connection.execute(facility.update().where(facility.c.id == facility_id).values(**values))


def take_back(connection: sa.Connection, import_id: int, before: Mapping[str, Any]) -> None:
    """Delete what one import brought, and put back what it changed."""
    connection.execute(facility.delete().where(facility.c.import_id == import_id))
    for entry in before.get("facilities", ()):
        change(connection, entry["id"], **entry["columns"])
