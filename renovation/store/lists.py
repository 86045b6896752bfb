"""The lists a locality makes its own: every state of each, for the town and for counties and streets of their own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from renovation.errors import ConflictError, NotFoundError
from renovation.model.lists import Lines, ListKind, ListVersion
from renovation.store.schema.staff import local_list


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredList:
    """The newest state of a place's list; ``lines`` is ``None`` where it gave its own up."""

    version: int
    lines: Lines | None
    at: datetime
    login: str


_own = local_list.alias()
# Nearly every act reads a list, and building this takes longer than running it.
_NEWEST = sa.select(local_list).where(
    local_list.c.version
    == sa.select(sa.func.max(_own.c.version))
    .where(_own.c.kind == local_list.c.kind, _own.c.area_id == local_list.c.area_id)
    .scalar_subquery()
)


def newest(connection: sa.Connection, kinds: Iterable[ListKind]) -> dict[tuple[ListKind, int], StoredList]:
    """Return the newest state of these lists, by kind and place."""
    query = _NEWEST.where(local_list.c.kind.in_([kind.value for kind in kinds]))
    return {
        (ListKind(row.kind), row.area_id): StoredList(
            version=row.version, lines=_lines(row.lines), at=row.at, login=row.login
        )
        for row in connection.execute(query)
    }


def _lines(held: list[dict[str, str]] | None) -> Lines | None:
    return None if held is None else tuple(held)


def add(
    connection: sa.Connection, kind: ListKind, area_id: int, lines: Lines | None, *, seen: int, at: datetime, login: str
) -> None:
    """Keep the next state of a place's list.

    Raises
    ------
    ConflictError
        ``list.changed``: somebody else was first.
    """
    values = {
        "kind": kind.value,
        "area_id": area_id,
        "version": seen + 1,
        "lines": None if lines is None else [dict(line) for line in lines],
        "at": at,
        "login": login,
    }
    try:
        connection.execute(local_list.insert().values(**values))
    except IntegrityError:
        raise ConflictError("list.changed") from None


def versions(connection: sa.Connection, kind: ListKind, area_id: int, *, limit: int = 50) -> tuple[ListVersion, ...]:
    """Return the states of a place's list, newest first."""
    query = (
        sa.select(local_list)
        .where(local_list.c.kind == kind.value, local_list.c.area_id == area_id)
        .order_by(local_list.c.version.desc())
        .limit(limit)
    )
    return tuple(
        ListVersion(
            kind=kind, area_id=area_id, version=row.version, at=row.at, login=row.login, lines=_lines(row.lines)
        )
        for row in connection.execute(query)
    )


def version(connection: sa.Connection, kind: ListKind, area_id: int, number: int) -> Lines | None:
    """Return the lines of one state.

    Raises
    ------
    NotFoundError
        ``list.version_unknown``.
    """
    row = connection.execute(
        sa.select(local_list.c.lines).where(
            local_list.c.kind == kind.value, local_list.c.area_id == area_id, local_list.c.version == number
        )
    ).first()
    if row is None:
        raise NotFoundError("list.version_unknown", version=number)
    return _lines(row.lines)
