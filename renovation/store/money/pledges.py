"""Pledges of supporters and the public store of projects they can adopt."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from fractions import Fraction
from typing import Any

import sqlalchemy as sa

from renovation.model.funding import Pledge
from renovation.model.scope import Scope
from renovation.store.money.payments import received_of
from renovation.store.rows import change_row, read_row, the_row, values_of
from renovation.store.schema.places import estate
from renovation.store.schema.planning import adoption, payment, pledge
from renovation.store.schema.projects import project
from renovation.store.scoping import within

_PLEDGES = (
    sa.select(pledge, received_of(payment.c.pledge_id, pledge.c.id))
    .join(project, project.c.id == pledge.c.project_id)
    .join(estate, estate.c.id == project.c.estate_id)
)


def _pledge(row: Any) -> Pledge:
    return read_row(Pledge, row, id=str(row.id), project=str(row.project_id))


def pledges(connection: sa.Connection, *, scopes: Iterable[Scope] = ()) -> dict[int, list[Pledge]]:
    """Return the pledges of projects by project id, oldest first."""
    query = _PLEDGES.where(*within(scopes)).order_by(pledge.c.pledged_on, pledge.c.id)
    found: dict[int, list[Pledge]] = {}
    for row in connection.execute(query):
        found.setdefault(row.project_id, []).append(_pledge(row))
    return found


def get(connection: sa.Connection, pledge_id: int, *, scopes: Iterable[Scope] = ()) -> Pledge:
    """Return a pledge.

    Raises
    ------
    NotFoundError
        ``pledge.not_found``: none under this id, or its project lies outside the scopes.
    """
    query = _PLEDGES.where(pledge.c.id == pledge_id, *within(scopes))
    row = the_row(connection, query, "pledge.not_found", id=pledge_id)
    return _pledge(row)


def add(connection: sa.Connection, one: Pledge, *, at: datetime, synthetic: bool = False) -> Pledge:
    """Keep a new pledge; its id and reference are given here."""
    made = connection.execute(
        pledge.insert().values(
            values_of(pledge, one)
            | {"project_id": int(one.project), "hours": Fraction(one.hours), "recorded_at": at, "synthetic": synthetic}
        )
    )
    return get(connection, int(made.inserted_primary_key[0]))  # type: ignore[index]


def change(connection: sa.Connection, one: Pledge, **values: Any) -> Pledge:
    """Write fields of a pledge if nobody else has changed it meanwhile.

    Raises
    ------
    ConflictError
        ``pledge.changed``.
    """
    key = int(one.id)
    change_row(connection, pledge, key, one.version, "pledge.changed", values=values, supporter=one.supporter)
    return get(connection, int(one.id))


def is_kept(connection: sa.Connection, reference: str) -> bool:
    """Tell whether a pledge has this reference."""
    return connection.scalar(sa.select(pledge.c.id).where(pledge.c.reference == reference)) is not None


def offers_waiting(connection: sa.Connection, project_id: int) -> int:
    """Count a project's offers that staff have neither confirmed nor declined."""
    query = sa.select(sa.func.count()).where(
        pledge.c.project_id == project_id, pledge.c.offered.is_(True), pledge.c.withdrawn_on.is_(None)
    )
    return int(connection.execute(query).scalar_one())


def adoptions(connection: sa.Connection) -> dict[int, tuple[date, str]]:
    """Return when each project was put into the public store, and what is looked for."""
    return {
        row.project_id: (row.opened_on, row.wanted)
        for row in connection.execute(sa.select(adoption).order_by(adoption.c.project_id))
    }


def open_adoption(connection: sa.Connection, project_id: int, *, day: date, wanted: str) -> None:
    """Put a project into the public store, or change what is looked for."""
    done = connection.execute(adoption.update().where(adoption.c.project_id == project_id).values(wanted=wanted))
    if done.rowcount == 0:
        connection.execute(adoption.insert().values(project_id=project_id, opened_on=day, wanted=wanted))


def close_adoption(connection: sa.Connection, project_id: int) -> None:
    """Take a project out of the public store."""
    connection.execute(adoption.delete().where(adoption.c.project_id == project_id))
