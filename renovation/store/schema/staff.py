"""Accounts, sessions, settings, the append-only log, and imports."""

from __future__ import annotations

import sqlalchemy as sa

from renovation.model.accounts import Role
from renovation.store.schema.base import UtcMoment, metadata, one_of

setting = sa.Table(
    "setting",
    metadata,
    sa.Column("key", sa.String(80), primary_key=True),
    sa.Column("value", sa.JSON, nullable=False),
)

account = sa.Table(
    "account",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("login", sa.String(60), nullable=False, unique=True),
    sa.Column("name", sa.String(60), nullable=False),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("password_hash", sa.String(200), nullable=False),
    sa.Column("active", sa.Boolean, nullable=False, default=True),
    sa.Column("must_change_password", sa.Boolean, nullable=False, default=False),
    sa.Column("failures", sa.Integer, nullable=False, default=0),
    sa.Column("locked_until", UtcMoment),
    sa.Column("county_id", sa.Integer, sa.ForeignKey("area.id")),
    sa.Column("street_id", sa.Integer, sa.ForeignKey("area.id")),
    sa.Column("community_id", sa.Integer, sa.ForeignKey("area.id")),
    sa.Column("grid_id", sa.Integer, sa.ForeignKey("area.id")),
    sa.Column("estate_id", sa.Integer, sa.ForeignKey("estate.id")),
    sa.Column("created_at", UtcMoment, nullable=False),
    one_of("role", Role),
)

#: Only the hash of a session token is stored, so a copy of the store signs nobody in.
session = sa.Table(
    "session",
    metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True),
    sa.Column("account_id", sa.Integer, sa.ForeignKey("account.id"), nullable=False, index=True),
    sa.Column("created_at", UtcMoment, nullable=False),
    sa.Column("seen_at", UtcMoment, nullable=False),
    sa.Column("expires_at", UtcMoment, nullable=False),
)

#: Each row's digest covers the one before it. Never updated, never deleted; no ballots and no codes in it.
audit = sa.Table(
    "audit",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", UtcMoment, nullable=False),
    sa.Column("login", sa.String(60), nullable=False),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("act", sa.String(60), nullable=False, index=True),
    sa.Column("object_kind", sa.String(30), nullable=False),
    sa.Column("object_id", sa.String(60), nullable=False),
    sa.Column("detail", sa.JSON, nullable=False),
    sa.Column("previous", sa.String(64), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False, unique=True),
)

import_record = sa.Table(
    "import_record",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", UtcMoment, nullable=False),
    sa.Column("login", sa.String(60), nullable=False),
    sa.Column("kind", sa.String(30), nullable=False),
    sa.Column("filename", sa.String(200), nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("datum", sa.String(30), nullable=False),
    sa.Column("mapping", sa.JSON, nullable=False),
    sa.Column("rows", sa.Integer, nullable=False),
    sa.Column("imported", sa.Integer, nullable=False),
    sa.Column("before", sa.JSON, nullable=False),
    sa.Column("undone_at", UtcMoment),
)
