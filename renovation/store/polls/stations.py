"""Voting stations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from renovation.model.ballots import ActiveStation, Station
from renovation.store.rows import read_row, the_row
from renovation.store.schema.polls import poll, venue
from renovation.store.schema.stations import station


@dataclass(frozen=True, slots=True, kw_only=True)
class PinAttempt:
    """What a claimed attempt to unlock is checked against."""

    station: Station
    pin_hash: str
    failures: int


def add(
    connection: sa.Connection,
    *,
    token_hash: str,
    poll_id: str,
    venue_id: int | None,
    pin_hash: str,
    login: str,
    at: datetime,
) -> Station:
    """Add a station."""
    made = connection.execute(
        station.insert().values(
            token_hash=token_hash, poll_id=poll_id, venue_id=venue_id, pin_hash=pin_hash, login=login, started_at=at
        )
    ).inserted_primary_key
    assert made is not None
    return Station(id=made[0], poll_id=poll_id, venue_id=venue_id)


def active(connection: sa.Connection, token_hash: str) -> Station | None:
    """Return the station of a browser's token, unless it has ended."""
    row = connection.execute(
        sa.select(station).where(station.c.token_hash == token_hash, station.c.ended_at.is_(None))
    ).first()
    return read_row(Station, row) if row else None


def get(connection: sa.Connection, station_id: int) -> Station:
    """Return a station, whether it has ended or not.

    Raises
    ------
    NotFoundError
        ``station.unknown``.
    """
    row = the_row(connection, sa.select(station).where(station.c.id == station_id), "station.unknown")
    return read_row(Station, row)


def in_use(connection: sa.Connection) -> list[ActiveStation]:
    """Return the stations that have not ended, oldest first."""
    rows = connection.execute(
        sa.select(station, poll.c.title, venue.c.name.label("venue_name"))
        .select_from(
            station.join(poll, poll.c.id == station.c.poll_id).outerjoin(venue, venue.c.id == station.c.venue_id)
        )
        .where(station.c.ended_at.is_(None))
        .order_by(station.c.started_at)
    )
    return [
        ActiveStation(
            id=row.id,
            poll_id=row.poll_id,
            title=row.title,
            venue=row.venue_name or "",
            login=row.login,
            started_at=row.started_at,
        )
        for row in rows
    ]


def claim_attempt(connection: sa.Connection, token_hash: str, at: datetime) -> PinAttempt | None:
    """Count an attempt to unlock before the PIN is looked at; ``None`` while the station has to wait or has ended."""
    open_now = sa.or_(station.c.locked_until.is_(None), station.c.locked_until <= at)
    claimed = connection.execute(
        station.update()
        .where(station.c.token_hash == token_hash, station.c.ended_at.is_(None), open_now)
        .values(failures=station.c.failures + 1)
    )
    if claimed.rowcount == 0:
        return None
    row = connection.execute(sa.select(station).where(station.c.token_hash == token_hash)).one()
    there = read_row(Station, row)
    return PinAttempt(station=there, pin_hash=row.pin_hash, failures=row.failures)


def waits_until(connection: sa.Connection, token_hash: str) -> datetime | None:
    """Return until when a station takes no PIN; ``None`` when it does."""
    return connection.execute(
        sa.select(station.c.locked_until).where(station.c.token_hash == token_hash, station.c.ended_at.is_(None))
    ).scalar_one_or_none()


def wait(connection: sa.Connection, station_id: int, until: datetime) -> None:
    """Refuse PINs until a moment."""
    connection.execute(station.update().where(station.c.id == station_id).values(locked_until=until))


def end(connection: sa.Connection, station_id: int, at: datetime) -> None:
    """End a station."""
    connection.execute(station.update().where(station.c.id == station_id).values(ended_at=at))
