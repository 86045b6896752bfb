"""What one department is asked to do: its parts of demands, and the demands that are whole its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from renovation.model.demands import DemandStatus
from renovation.model.scope import Scope
from renovation.store.schema.demands import demand, demand_task
from renovation.store.schema.places import area, building, estate
from renovation.store.scoping import within

#: A desk that has more holds what nobody works through on a screen.
_MOST = 5000
_DEMAND = ("id", "category", "subtype", "text", "status", "received_on", "due_on", "supporters", "version")


def lines(
    connection: sa.Connection, department: str, *, scopes: Iterable[Scope] = (), demand_id: int | None = None
) -> list[Any]:
    """Return a row per part and per whole demand of a department, the newest first.

    Columns are those of the demand, ``task_id``, ``task`` and ``task_status`` (``None`` for a whole demand) and the
    names of its place.
    """
    street = area.alias("street")
    parted = sa.select(demand_task.c.demand_id).where(demand_task.c.is_current)
    conditions = within(scopes)
    if demand_id is not None:
        conditions.append(demand.c.id == demand_id)
    query = (
        sa.select(
            *(demand.c[name] for name in _DEMAND),
            demand_task.c.id.label("task_id"),
            demand_task.c.task,
            demand_task.c.status.label("task_status"),
            estate.c.name.label("estate_name"),
            sa.func.coalesce(street.c.name, "").label("street_name"),
            sa.func.coalesce(building.c.name, "").label("building_name"),
        )
        .join(estate, estate.c.id == demand.c.estate_id)
        .outerjoin(street, street.c.id == estate.c.street_id)
        .outerjoin(building, building.c.id == demand.c.building_id)
    )
    of_task = demand_task.c.demand_id == demand.c.id
    own_part = of_task & demand_task.c.is_current & (demand_task.c.department == department)
    parts = query.join(demand_task, own_part).where(*conditions)
    whole = query.outerjoin(demand_task, sa.false()).where(
        demand.c.department == department,
        demand.c.status != DemandStatus.RECEIVED.value,
        demand.c.id.not_in(parted),
        *conditions,
    )
    found = [*connection.execute(_newest(parts)), *connection.execute(_newest(whole))]
    return sorted(found, key=lambda row: (row.received_on, row.id), reverse=True)


def _newest(query: sa.Select[Any]) -> sa.Select[Any]:
    return query.order_by(demand.c.received_at.desc(), demand.c.id.desc()).limit(_MOST)
