"""Voting stations, and how many are in the middle of a ballot."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

import sqlalchemy as sa

from renovation.model.ballots import ActiveStation, Station
from renovation.store.rows import read_row, the_row
from renovation.store.schema.polls import poll, venue
from renovation.store.schema.stations import station, under_way

#: Who takes longer over a ballot has gone.
LONGEST = timedelta(minutes=15)
# Built once: these run for every voter.
_ACTIVE = sa.select(station).where(station.c.token_hash == sa.bindparam("token"), station.c.ended_at.is_(None))
_GONE = under_way.delete().where(under_way.c.begun_at < sa.bindparam("before"))
_BEGUN = under_way.insert()
_ENDED = under_way.delete().where(under_way.c.token == sa.bindparam("begun"))


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
    row = connection.execute(_ACTIVE, {"token": token_hash}).first()
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


def set_pin(connection: sa.Connection, station_id: int, pin_hash: str) -> None:
    """Replace a station's PIN."""
    connection.execute(station.update().where(station.c.id == station_id).values(pin_hash=pin_hash))


def end(connection: sa.Connection, station_id: int, at: datetime) -> None:
    """End a station."""
    connection.execute(station.update().where(station.c.id == station_id).values(ended_at=at))


def _token(attempt: str) -> str:
    return hashlib.sha256(f"begun {attempt}".encode()).hexdigest()[:32]


def begin_ballot(connection: sa.Connection, poll_id: str, attempt: str, at: datetime) -> None:
    """Note that somebody begins a ballot, and forget who took too long; no time finer than the minute is kept."""
    connection.execute(_GONE, {"before": at - LONGEST})
    minute = at.replace(second=0, microsecond=0)
    connection.execute(_BEGUN, {"token": _token(attempt), "poll_id": poll_id, "begun_at": minute})


def end_ballot(connection: sa.Connection, attempt: str) -> None:
    """Forget that somebody began a ballot."""
    if attempt:
        connection.execute(_ENDED, {"begun": _token(attempt)})


def under_way_in(connection: sa.Connection, poll_id: str, at: datetime) -> int:
    """Return how many have begun a ballot lately and neither cast nor left it, in whatever process of the server."""
    lately = (under_way.c.poll_id == poll_id, under_way.c.begun_at >= at - LONGEST)
    return int(connection.execute(sa.select(sa.func.count()).where(*lately)).scalar_one())


def forget_under_way(connection: sa.Connection, poll_id: str) -> None:
    """Forget who was in the middle of a ballot once nobody votes any more."""
    connection.execute(under_way.delete().where(under_way.c.poll_id == poll_id))
