"""When projects are built and by whom, as the list of works says it."""

from __future__ import annotations

import sqlalchemy as sa

from renovation.model.scenarios import WorkPlan
from renovation.store.rows import read_row
from renovation.store.schema.scenarios import work_plan


def work_plans(connection: sa.Connection) -> dict[int, WorkPlan]:
    """Return every plan by project."""
    return {row.project_id: read_row(WorkPlan, row) for row in connection.execute(sa.select(work_plan))}


def put_work_plan(connection: sa.Connection, plan: WorkPlan) -> None:
    """Keep a project's plan; an empty one is forgotten."""
    connection.execute(work_plan.delete().where(work_plan.c.project_id == plan.project_id))
    values = {"starts": plan.starts, "ends": plan.ends, "builder": plan.builder, "note": plan.note}
    if any(values.values()):
        connection.execute(work_plan.insert().values(project_id=plan.project_id, **values))
