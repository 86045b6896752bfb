"""Computers that are locked to voting."""

from __future__ import annotations

import sqlalchemy as sa

from renovation.store.schema.base import UtcMoment, metadata

#: Only hashes of the browser's token and of the staff's PIN are kept. A station that ended stays as a record.
station = sa.Table(
    "station",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
    sa.Column("poll_id", sa.String(16), sa.ForeignKey("poll.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("venue_id", sa.Integer, sa.ForeignKey("venue.id")),
    sa.Column("pin_hash", sa.String(200), nullable=False),
    sa.Column("login", sa.String(60), nullable=False),
    sa.Column("started_at", UtcMoment, nullable=False),
    sa.Column("ended_at", UtcMoment),
)

#: Who is in the middle of a ballot: a number drawn for it alone, which tells neither a code nor a choice.
under_way = sa.Table(
    "under_way",
    metadata,
    sa.Column("token", sa.String(32), primary_key=True),
    sa.Column("poll_id", sa.String(16), sa.ForeignKey("poll.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("begun_at", UtcMoment, nullable=False),
    sqlite_with_rowid=False,
)
