"""Facilities that serve households."""

from __future__ import annotations

import sqlalchemy as sa

from renovation.store.schema.base import metadata

facility = sa.Table(
    "facility",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("kind", sa.String(60), nullable=False, index=True),
    sa.Column("name", sa.String(100), nullable=False, default=""),
    sa.Column("code", sa.String(60), nullable=False, default=""),
    sa.Column("lon", sa.Float, nullable=False),
    sa.Column("lat", sa.Float, nullable=False),
    sa.Column("synthetic", sa.Boolean, nullable=False, default=False),
    sa.Column("import_id", sa.Integer, sa.ForeignKey("import_record.id"), index=True),
)
