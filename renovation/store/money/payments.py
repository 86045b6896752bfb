"""What has arrived for projects, payment by payment: of a source of theirs, or of a supporter's pledge."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from renovation.errors import ConflictError
from renovation.model.funding import Payment
from renovation.model.scope import Scope
from renovation.store.rows import new_id, read_row, the_row
from renovation.store.schema.places import estate
from renovation.store.schema.planning import payment, pledge, project_funding
from renovation.store.schema.projects import project
from renovation.store.scoping import within


def received_of(column: sa.Column[Any], key: sa.ColumnElement[Any]) -> sa.ColumnElement[int]:
    """Return the column of what has arrived of each source or pledge: the sum of its payments that still count."""
    total = sa.func.coalesce(sa.func.sum(payment.c.amount), 0)
    live = sa.select(sa.cast(total, sa.BigInteger)).where(column == key, payment.c.undone_on.is_(None))
    return live.scalar_subquery().label("received")


_ROWS = (
    sa.select(
        payment,
        payment.c.project_id.label("project"),
        sa.func.coalesce(project_funding.c.source, pledge.c.kind).label("source_kind"),
        project_funding.c.pot_id,
        sa.func.coalesce(pledge.c.supporter, "").label("supporter"),
    )
    .select_from(payment)
    .join(project, project.c.id == payment.c.project_id)
    .join(estate, estate.c.id == project.c.estate_id)
    .outerjoin(project_funding, project_funding.c.id == payment.c.funding_id)
    .outerjoin(pledge, pledge.c.id == payment.c.pledge_id)
)


def _payment(row: Any) -> Payment:
    return read_row(Payment, row, kind=row.source_kind, pot=None if row.pot_id is None else str(row.pot_id))


def payments(
    connection: sa.Connection, project_id: int | None = None, *, scopes: Iterable[Scope] = ()
) -> tuple[Payment, ...]:
    """Return the payments of a project, or of all projects inside the scopes, the newest first."""
    query = _ROWS.where(*within(scopes)).order_by(payment.c.paid_on.desc(), payment.c.id.desc())
    if project_id is not None:
        query = query.where(payment.c.project_id == project_id)
    return tuple(_payment(row) for row in connection.execute(query))


def get(connection: sa.Connection, payment_id: int, *, scopes: Iterable[Scope] = ()) -> Payment:
    """Return a payment.

    Raises
    ------
    NotFoundError
        ``payment.not_found``: none under this id, or its project lies outside the scopes.
    """
    query = _ROWS.where(payment.c.id == payment_id, *within(scopes))
    return _payment(the_row(connection, query, "payment.not_found", id=payment_id))


def add(
    connection: sa.Connection,
    project_id: int,
    *,
    amount: int,
    paid_on: date,
    document: str,
    login: str,
    at: datetime,
    funding_id: int | None = None,
    pledge_id: int | None = None,
) -> int:
    """Keep a payment of a source or of a pledge and return its id."""
    return new_id(
        connection,
        payment.insert().values(
            project_id=project_id,
            funding_id=funding_id,
            pledge_id=pledge_id,
            amount=amount,
            paid_on=paid_on,
            document=document,
            login=login,
            recorded_at=at,
        ),
    )


def undo(connection: sa.Connection, payment_id: int, *, day: date, login: str, why: str) -> None:
    """Let a payment count no more.

    Raises
    ------
    ConflictError
        ``payment.undone`` already.
    """
    done = connection.execute(
        payment.update()
        .where(payment.c.id == payment_id, payment.c.undone_on.is_(None))
        .values(undone_on=day, undone_by=login, undone_why=why)
    )
    if done.rowcount != 1:
        raise ConflictError("payment.undone")
