"""Works that estates have seen before."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from renovation.model.places import EstateWork, EstateWorkDraft
from renovation.store.rows import read_row, the_row
from renovation.store.schema.places import estate_work


def _work(row: sa.Row) -> EstateWork:
    return read_row(EstateWork, row, draft=read_row(EstateWorkDraft, row))


def add(connection: sa.Connection, draft: EstateWorkDraft, *, at: datetime, login: str) -> EstateWork:
    """Write works down."""
    statement = estate_work.insert().values(
        estate_id=draft.estate_id,
        year=draft.year,
        what=draft.what.strip(),
        cost=draft.cost,
        source=draft.source.strip(),
        added_at=at,
        login=login,
    )
    return get(connection, connection.execute(statement.returning(estate_work.c.id)).scalar_one())


def get(connection: sa.Connection, work_id: int) -> EstateWork:
    """Return one line.

    Raises
    ------
    NotFoundError
        ``estate_work.not_found``.
    """
    row = the_row(connection, sa.select(estate_work).where(estate_work.c.id == work_id), "estate_work.not_found")
    return _work(row)


def of(connection: sa.Connection, estate_id: int) -> tuple[EstateWork, ...]:
    """Return an estate's works, newest first."""
    query = (
        sa.select(estate_work)
        .where(estate_work.c.estate_id == estate_id)
        .order_by(estate_work.c.year.desc(), estate_work.c.id.desc())
    )
    return tuple(_work(row) for row in connection.execute(query))


def remove(connection: sa.Connection, work_id: int) -> None:
    """Take a line away."""
    connection.execute(estate_work.delete().where(estate_work.c.id == work_id))
