"""What departments do about a demand: sub-tasks and joint meetings."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from renovation.errors import ConflictError
from renovation.model.demands import Demand, DemandStatus
from renovation.model.intake import Meeting, MeetingDraft, Part, SubTask
from renovation.store.rows import read_row, the_row
from renovation.store.schema.demands import demand, demand_meeting, demand_task


def add_tasks(connection: sa.Connection, demand_id: int, parts: Iterable[Part]) -> None:
    """Give each department its part."""
    for part in parts:
        connection.execute(
            demand_task.insert().values(
                demand_id=demand_id,
                department=part.department,
                task=part.task,
                status=DemandStatus.DISPATCHED.value,
            )
        )


def departments(connection: sa.Connection) -> tuple[str, ...]:
    """Return the departments that demands and their parts have gone to."""
    asked = sa.union(*(sa.select(table.c.department).distinct() for table in (demand, demand_task)))
    return tuple(name for name in connection.execute(asked).scalars() if name)


def tasks(connection: sa.Connection, demand_id: int) -> tuple[SubTask, ...]:
    """Return a demand's present sub-tasks in the order they were given out."""
    query = sa.select(demand_task).where(demand_task.c.demand_id == demand_id, demand_task.c.is_current)
    return tuple(read_row(SubTask, row) for row in connection.execute(query.order_by(demand_task.c.id)))


def concerns(connection: sa.Connection, one: Demand, department: str) -> bool:
    """Tell whether a department is asked to do something about a demand: a part of it, else the whole."""
    parts = tasks(connection, one.id)
    if parts:
        return any(part.department == department for part in parts)
    return one.department == department and one.status is not DemandStatus.RECEIVED


def put_aside(connection: sa.Connection, demand_id: int) -> None:
    """End the parts of a demand that is dispatched anew; its history keeps what became of them."""
    connection.execute(demand_task.update().where(demand_task.c.demand_id == demand_id).values(is_current=False))


def reassign(connection: sa.Connection, one: SubTask, department: str) -> None:
    """Give a part that was refused to a department.

    Raises
    ------
    ConflictError
        ``demand.task_changed``.
    """
    done = connection.execute(
        demand_task.update()
        .where(demand_task.c.id == one.id, demand_task.c.status == one.status.value, demand_task.c.is_current)
        .values(status=DemandStatus.DISPATCHED.value, department=department, note="")
    )
    if done.rowcount != 1:
        raise ConflictError("demand.task_changed", department=one.department)


def task(connection: sa.Connection, task_id: int) -> SubTask:
    """Return a sub-task.

    Raises
    ------
    NotFoundError
        ``demand.task_not_found``.
    """
    row = the_row(
        connection, sa.select(demand_task).where(demand_task.c.id == task_id), "demand.task_not_found", id=task_id
    )
    return read_row(SubTask, row)


def move_task(connection: sa.Connection, one: SubTask, status: DemandStatus, *, note: str) -> None:
    """Move a sub-task on if nobody else has meanwhile.

    Raises
    ------
    ConflictError
        ``demand.task_changed``.
    """
    done = connection.execute(
        demand_task.update()
        .where(demand_task.c.id == one.id, demand_task.c.status == one.status.value, demand_task.c.is_current)
        .values(status=status.value, note=note)
    )
    if done.rowcount != 1:
        raise ConflictError("demand.task_changed", department=one.department)


def add_meeting(connection: sa.Connection, demand_id: int, draft: MeetingDraft, *, login: str) -> None:
    """Keep the record of a joint meeting."""
    connection.execute(
        demand_meeting.insert().values(
            demand_id=demand_id,
            held_on=draft.held_on,
            present=list(draft.present),
            decision=draft.decision,
            login=login,
        )
    )


def meetings(connection: sa.Connection, demand_id: int) -> tuple[Meeting, ...]:
    """Return the joint meetings on a demand, oldest first."""
    query = sa.select(demand_meeting).where(demand_meeting.c.demand_id == demand_id).order_by(demand_meeting.c.id)
    return tuple(read_row(Meeting, row, by=row.login) for row in connection.execute(query))
