"""Tries at a door, reserved before anything is looked at, so that guesses sent at once are counted too."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from renovation.store.schema.staff import budget

#: Rows that nobody has touched for so long are forgotten.
_KEPT = timedelta(days=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """So many tries in a window; then a wait that doubles with each further one."""

    free: int
    window: timedelta
    first_wait: timedelta
    longest_wait: timedelta

    def wait_after(self, tried: int) -> timedelta:
        """Return how long a door waits once so many tries were counted."""
        over = tried - self.free
        return min(self.first_wait * 2 ** min(over, 20), self.longest_wait) if over >= 0 else timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """So many tries at once, and one more every so often: within any minute no more than both together."""

    most: int
    every: timedelta

    def until(self, empty_until: datetime | None, at: datetime, left: int) -> datetime | None:
        """Return from when on a try is taken that leaves so many others; ``None``: from now on.

        Parameters
        ----------
        empty_until
            When the bucket will be full again.
        """
        opens = (empty_until or at) - (self.most - 1 - left) * self.every
        return opens if opens > at else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What was counted at a door, and until when it waits."""

    name: str
    tried: int
    window_start: datetime
    blocked_until: datetime | None


#: Whoever comes to a new door at the same time waits here for the first.
_INSERT: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


def claim(connection: sa.Connection, name: str, at: datetime, limit: Limit) -> datetime | None:
    """Count a try and return ``None``, or return until when the door takes none.

    One conditional write: of tries that come at the same time, each sees those before it.
    """
    room = _INSERT[connection.dialect.name](budget).values(name=name, tried=0, window_start=at)
    connection.execute(room.on_conflict_do_nothing())
    over = budget.c.window_start <= at - limit.window
    claimed = connection.execute(
        budget.update()
        .where(budget.c.name == name, sa.or_(budget.c.blocked_until.is_(None), budget.c.blocked_until <= at))
        .values(
            tried=sa.case((over, 1), else_=budget.c.tried + 1),
            window_start=sa.case((over, at), else_=budget.c.window_start),
            blocked_until=None,
        )
    )
    row = connection.execute(sa.select(budget).where(budget.c.name == name)).one()
    if claimed.rowcount == 0:
        until: datetime = row.blocked_until
        return until
    if wait := limit.wait_after(row.tried):
        connection.execute(budget.update().where(budget.c.name == name).values(blocked_until=at + wait))
    return None


def blocked_until(connection: sa.Connection, name: str, at: datetime) -> datetime | None:
    """Return until when a door takes no tries; ``None`` when it does."""
    query = sa.select(budget.c.blocked_until).where(budget.c.name == name, budget.c.blocked_until > at)
    return connection.execute(query).scalar_one_or_none()


def bucket_until(connection: sa.Connection, name: str, at: datetime, bucket: Bucket, *, left: int) -> datetime | None:
    """Return from when on a bucket takes a try that leaves so many others; ``None``: from now on."""
    full_at = connection.execute(sa.select(budget.c.blocked_until).where(budget.c.name == name)).scalar_one_or_none()
    return bucket.until(full_at, at, left)


def take(connection: sa.Connection, name: str, at: datetime, bucket: Bucket, *, left: int) -> datetime | None:
    """Take a try out of a bucket and return ``None``, or return from when on it has one; whoever comes too, waits."""
    room = _INSERT[connection.dialect.name](budget).values(name=name, tried=0, window_start=at)
    connection.execute(room.on_conflict_do_nothing())
    connection.execute(budget.update().where(budget.c.name == name).values(tried=budget.c.tried + 1, window_start=at))
    full_at = connection.execute(sa.select(budget.c.blocked_until).where(budget.c.name == name)).scalar_one()
    until = bucket.until(full_at, at, left)
    if until is None:
        full_again = max(full_at or at, at) + bucket.every
        connection.execute(budget.update().where(budget.c.name == name).values(blocked_until=full_again))
    return until


def count(connection: sa.Connection, name: str, at: datetime, window: timedelta) -> None:
    """Count a try at a door that never waits."""
    claim(connection, name, at, Limit(free=2**31, window=window, first_wait=timedelta(0), longest_wait=timedelta(0)))


def take_amount(connection: sa.Connection, name: str, at: datetime, amount: int, most: int, window: timedelta) -> bool:
    """Count so much more at a door, unless that would be more than a window takes; tell whether it was counted."""
    if amount > most:
        return False
    room = _INSERT[connection.dialect.name](budget).values(name=name, tried=0, window_start=at)
    connection.execute(room.on_conflict_do_nothing())
    over = budget.c.window_start <= at - window
    taken = connection.execute(
        budget.update()
        .where(budget.c.name == name, sa.or_(over, budget.c.tried + amount <= most))
        .values(
            tried=sa.case((over, amount), else_=budget.c.tried + amount),
            window_start=sa.case((over, at), else_=budget.c.window_start),
        )
    )
    return taken.rowcount == 1


def tried_since(connection: sa.Connection, names: Iterable[str], since: datetime) -> dict[str, int]:
    """Return how many tries were counted at doors whose window began after a moment."""
    query = sa.select(budget.c.name, budget.c.tried).where(
        budget.c.name.in_(list(names)), budget.c.window_start > since
    )
    return {row.name: row.tried for row in connection.execute(query)}


def open_until(connection: sa.Connection, name: str, until: datetime, at: datetime) -> None:
    """Note until when something holds."""
    forget(connection, [name])
    connection.execute(budget.insert().values(name=name, tried=0, window_start=at, blocked_until=until))


def tried(connection: sa.Connection, name: str) -> int:
    """Return how many tries were counted at a door."""
    return connection.execute(sa.select(budget.c.tried).where(budget.c.name == name)).scalar_one_or_none() or 0


def give_back(connection: sa.Connection, name: str) -> None:
    """Uncount a try that was a right one, and let the door go on."""
    counted = budget.update().where(budget.c.name == name, budget.c.tried > 0)
    connection.execute(counted.values(tried=budget.c.tried - 1, blocked_until=None))


def forget(connection: sa.Connection, names: Iterable[str]) -> None:
    """Forget every try at these doors."""
    connection.execute(budget.delete().where(budget.c.name.in_(list(names))))


def forget_kind(connection: sa.Connection, prefix: str) -> int:
    """Forget every try at the doors of a kind, and return how many doors there were."""
    return connection.execute(budget.delete().where(budget.c.name.startswith(prefix, autoescape=True))).rowcount


def of_kind(connection: sa.Connection, prefix: str) -> list[Budget]:
    """Return what was counted at the doors of a kind, by name."""
    rows = connection.execute(
        sa.select(budget).where(budget.c.name.startswith(prefix, autoescape=True)).order_by(budget.c.name)
    )
    return [Budget(**row._mapping) for row in rows]


def sweep(connection: sa.Connection, at: datetime) -> None:
    """Forget doors at which nothing has happened for days."""
    connection.execute(
        budget.delete().where(
            budget.c.window_start < at - _KEPT, sa.or_(budget.c.blocked_until.is_(None), budget.c.blocked_until < at)
        )
    )
