"""Facilities, in and out."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from renovation.model.places import Facility, FacilityDraft
from renovation.store.rows import read_row, values_of
from renovation.store.schema.facilities import facility


def add_facilities(connection: sa.Connection, drafts: Sequence[FacilityDraft], *, import_id: int | None = None) -> None:
    """Insert facilities."""
    rows = [values_of(facility, d) | {"import_id": import_id} for d in drafts]
    if rows:
        connection.execute(facility.insert(), rows)


def list_facilities(connection: sa.Connection, *, kind: str | None = None) -> tuple[Facility, ...]:
    """Return facilities (of a kind) in the order they came."""
    query = sa.select(facility).order_by(facility.c.id)
    if kind is not None:
        query = query.where(facility.c.kind == kind)
    return tuple(read_row(Facility, row) for row in connection.execute(query))


def kinds(connection: sa.Connection) -> tuple[str, ...]:
    """Return the kinds there are, by name."""
    return tuple(connection.execute(sa.select(facility.c.kind).distinct().order_by(facility.c.kind)).scalars())


def existing_codes(connection: sa.Connection) -> frozenset[tuple[str, str]]:
    """Return the (kind, code) of every facility that has a code."""
    query = sa.select(facility.c.kind, facility.c.code).where(facility.c.code != "")
    return frozenset((row.kind, row.code) for row in connection.execute(query))


def remove_import(connection: sa.Connection, import_id: int) -> None:
    """Delete what one import brought."""
    connection.execute(facility.delete().where(facility.c.import_id == import_id))
