"""Saved weightings and own columns in the store."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from renovation.errors import NotFoundError
from renovation.model.canonical import from_plain, plain
from renovation.model.names import name_key
from renovation.model.ranking import OwnColumn, SavedWeighting, Subject
from renovation.store.rows import put_row
from renovation.store.schema.scenarios import own_column, weighting


def save(connection: sa.Connection, one: SavedWeighting, *, at: datetime, login: str) -> None:
    """Keep a weighting under its name, in the place of an earlier one of that name."""
    content = plain(replace(one, saved_at=None, saved_by=""))
    values = {"name": one.name, "content": content, "saved_at": at, "login": login}
    done = connection.execute(
        weighting.update()
        .where(weighting.c.subject == one.subject.value, weighting.c.name_key == name_key(one.name))
        .values(**values)
    )
    if done.rowcount == 0:
        connection.execute(weighting.insert().values(subject=one.subject.value, **values))


def listed(connection: sa.Connection, subject: Subject) -> tuple[SavedWeighting, ...]:
    """Return a subject's weightings by name."""
    query = sa.select(weighting).where(weighting.c.subject == subject.value).order_by(weighting.c.name)
    return tuple(
        replace(from_plain(SavedWeighting, row.content), saved_at=row.saved_at, saved_by=row.login)
        for row in connection.execute(query)
    )


def remove(connection: sa.Connection, subject: Subject, name: str) -> None:
    """Forget a weighting.

    Raises
    ------
    NotFoundError
        ``weighting.unknown``.
    """
    done = connection.execute(
        weighting.delete().where(weighting.c.subject == subject.value, weighting.c.name_key == name_key(name))
    )
    if done.rowcount == 0:
        raise NotFoundError("weighting.unknown", name=name[:60])


def save_column(connection: sa.Connection, one: OwnColumn, *, at: datetime, login: str) -> None:
    """Keep a column under its criterion's code, in the place of an earlier one."""
    values = {"content": plain(one), "saved_at": at, "login": login}
    put_row(connection, own_column, {"subject": one.subject.value, "code": one.criterion.code}, values)


def columns(connection: sa.Connection, subject: Subject) -> tuple[OwnColumn, ...]:
    """Return a subject's own columns in the order they came."""
    query = sa.select(own_column).where(own_column.c.subject == subject.value).order_by(own_column.c.id)
    return tuple(from_plain(OwnColumn, row.content) for row in connection.execute(query))


def remove_column(connection: sa.Connection, subject: Subject, code: str) -> None:
    """Forget an own column.

    Raises
    ------
    NotFoundError
        ``ranking.column_unknown``.
    """
    done = connection.execute(
        own_column.delete().where(own_column.c.subject == subject.value, own_column.c.code == code)
    )
    if done.rowcount == 0:
        raise NotFoundError("ranking.column_unknown", code=code[:60])
