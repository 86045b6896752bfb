"""Where households live, as columns: what coverage is measured from."""

from __future__ import annotations

from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from renovation.model.places import EstateFilter
from renovation.model.scope import Scope
from renovation.store.register.estates import conditions
from renovation.store.schema.facilities import facility
from renovation.store.schema.places import building, estate, road
from renovation.store.schema.projects import project


def estates_with_households(
    connection: sa.Connection, wanted: EstateFilter, *, allowed: Scope | None = None
) -> list[tuple[int, str, int, int, Any]]:
    """Return (id, name, street or -1, households, WKB or ``None``) of a filter's inhabited estates, by id."""
    query = (
        sa.select(
            estate.c.id, estate.c.name, sa.func.coalesce(estate.c.street_id, -1), estate.c.households, estate.c.geometry
        )
        .where(estate.c.households > 0, *conditions(wanted, allowed=allowed))
        .order_by(estate.c.id)
    )
    return _raw(connection, query)


def building_outlines(
    connection: sa.Connection, wanted: EstateFilter, *, allowed: Scope | None = None
) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
    """Return the estate and the WKB of every drawn building of those estates, by estate."""
    query = (
        sa.select(building.c.estate_id, building.c.geometry)
        .join(estate, estate.c.id == building.c.estate_id)
        .where(estate.c.households > 0, building.c.geometry.is_not(None), *conditions(wanted, allowed=allowed))
        .order_by(building.c.estate_id, building.c.id)
    )
    rows = _raw(connection, query)
    return (
        np.array([row[0] for row in rows], dtype=np.int64),
        np.array([row[1] for row in rows], dtype=object),
    )


def stamp(connection: sa.Connection) -> tuple[int, ...]:
    """Return what changes whenever an estate, building, facility, street or project does."""
    counted = (
        (sa.func.count(), sa.func.max(estate.c.id), sa.func.sum(estate.c.version), sa.func.max(estate.c.import_id)),
        (sa.func.count(), sa.func.max(building.c.id)),
        (sa.func.count(), sa.func.max(facility.c.id), sa.func.max(facility.c.import_id)),
        (sa.func.count(), sa.func.max(road.c.id), sa.func.max(road.c.import_id)),
        (sa.func.count(), sa.func.max(project.c.id), sa.func.sum(project.c.version)),
    )
    found: list[int] = []
    for figures, table in zip(counted, (estate, building, facility, road, project), strict=True):
        found += [int(figure or 0) for figure in connection.execute(sa.select(*figures).select_from(table)).one()]
    return tuple(found)


def _raw(connection: sa.Connection, query: sa.Select[Any]) -> list[Any]:
    # The driver's own rows: building a Row per home would cost more than reading it.
    result: Any = connection.execute(query)
    rows: list[Any] = result.cursor.fetchall()
    return rows
