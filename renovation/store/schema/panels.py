"""Panels with their score sheets, and the kept batches of a year."""

from __future__ import annotations

import sqlalchemy as sa

from renovation.model.panels import PanelState
from renovation.store.schema.base import UtcMoment, key_of, metadata, one_of

panel = sa.Table(
    "panel",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(60), nullable=False),
    key_of("name"),
    sa.Column("setup", sa.JSON, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("created_at", UtcMoment, nullable=False),
    sa.Column("login", sa.String(60), nullable=False),
    sa.Column("version", sa.Integer, nullable=False, default=1),
    sa.UniqueConstraint("name_key"),
    one_of("state", PanelState),
)

#: One assessor's points for one entry, or that the assessor steps out; never both.
panel_sheet = sa.Table(
    "panel_sheet",
    metadata,
    sa.Column("panel_id", sa.Integer, sa.ForeignKey("panel.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("assessor", sa.String(60), primary_key=True),
    sa.Column("entry", sa.String(60), primary_key=True),
    sa.Column("points", sa.JSON, nullable=False),
    sa.Column("conflict", sa.String(200), nullable=False, default=""),
    sa.Column("login", sa.String(60), nullable=False),
    sa.Column("saved_at", UtcMoment, nullable=False),
)

#: A year's batch of estates as it was kept: who is in, who waits since when and why.
annual_batch = sa.Table(
    "annual_batch",
    metadata,
    sa.Column("year", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("content", sa.JSON, nullable=False),
    sa.Column("saved_at", UtcMoment, nullable=False),
    sa.Column("login", sa.String(60), nullable=False),
    sa.Column("version", sa.Integer, nullable=False, default=1),
)
