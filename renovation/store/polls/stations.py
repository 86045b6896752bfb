"""Voting stations."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from renovation.model.ballots import ActiveStation, Station
from renovation.store.rows import read_row, the_row
from renovation.store.schema.polls import poll, venue
from renovation.store.schema.stations import station


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


def pin_hash(connection: sa.Connection, station_id: int) -> str:
    """Return the stored hash of a station's PIN."""
    return connection.execute(sa.select(station.c.pin_hash).where(station.c.id == station_id)).scalar_one()


def end(connection: sa.Connection, station_id: int, at: datetime) -> None:
    """End a station."""
    connection.execute(station.update().where(station.c.id == station_id).values(ended_at=at))
