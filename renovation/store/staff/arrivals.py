"""Where what came without an account came from: hashes of browser and address, kept for some days."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from renovation.store.schema.staff import arrival


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One thing that came without an account."""

    kind: str
    object_id: str
    estate_id: int | None
    visitor: str
    address: str
    at: datetime
    out_at: datetime | None = None
    demand_id: int | None = None
    joiner: str | None = None


def add(connection: sa.Connection, one: Arrival) -> None:
    """Keep where something came from."""
    connection.execute(arrival.insert().values({name: getattr(one, name) for name in Arrival.__slots__}))


def listed(
    connection: sa.Connection,
    *,
    since: datetime,
    until: datetime,
    estate_id: int | None = None,
    kinds: Iterable[str] = (),
) -> list[Arrival]:
    """Return what came between two moments, the newest first."""
    query = sa.select(arrival).where(arrival.c.at >= since, arrival.c.at < until)
    if estate_id:
        query = query.where(arrival.c.estate_id == estate_id)
    if found := list(kinds):
        query = query.where(arrival.c.kind.in_(found))
    rows = connection.execute(query.order_by(arrival.c.at.desc(), arrival.c.object_id))
    return [Arrival(**row._mapping) for row in rows]


def take_out(
    connection: sa.Connection,
    kind: str,
    object_id: str,
    at: datetime | None,
    *,
    demand_id: int | None = None,
    joiner: str | None = None,
) -> None:
    """Note when something was taken out with a flood, or (``None``) that it was brought back."""
    found = arrival.c.kind == kind, arrival.c.object_id == object_id
    connection.execute(arrival.update().where(*found).values(out_at=at, demand_id=demand_id, joiner=joiner))


def taken_out(connection: sa.Connection, at: datetime | None = None) -> list[Arrival]:
    """Return what was taken out with a flood, of one act or of all; the newest act first."""
    query = sa.select(arrival).where(arrival.c.out_at.is_not(None) if at is None else arrival.c.out_at == at)
    rows = connection.execute(query.order_by(arrival.c.out_at.desc(), arrival.c.kind, arrival.c.object_id))
    return [Arrival(**row._mapping) for row in rows]


def sweep(connection: sa.Connection, before: datetime) -> None:
    """Forget where anything came from that came before a moment."""
    connection.execute(arrival.delete().where(arrival.c.at < before))
