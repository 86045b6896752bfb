"""The catalogue of items, its prices, and projects."""

from __future__ import annotations

import sqlalchemy as sa

from renovation.model.lives import ProjectAct
from renovation.model.projects import CostBasis, ProjectStatus
from renovation.store.schema.base import Geometry, Money, UtcMoment, key_of, metadata, one_of

item = sa.Table(
    "item",
    metadata,
    sa.Column("code", sa.String(10), primary_key=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("content", sa.JSON, nullable=False),
)

#: A locality's price of an item in a year; assumed until somebody confirms it.
price = sa.Table(
    "price",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("locality", sa.String(40), nullable=False),
    sa.Column("year", sa.Integer, nullable=False),
    sa.Column("item_code", sa.String(10), sa.ForeignKey("item.code"), nullable=False),
    sa.Column("unit_cost_low", Money, nullable=False),
    sa.Column("unit_cost_likely", Money, nullable=False),
    sa.Column("unit_cost_high", Money, nullable=False),
    sa.Column("source", sa.String(200), nullable=False),
    sa.Column("source_date", sa.String(10), nullable=False, default=""),
    sa.Column("confirmed", sa.Boolean, nullable=False, default=False),
    sa.UniqueConstraint("locality", "year", "item_code"),
)

project = sa.Table(
    "project",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("code", sa.String(20), nullable=False, unique=True),
    sa.Column("estate_id", sa.Integer, sa.ForeignKey("estate.id"), nullable=False, index=True),
    sa.Column("item_code", sa.String(10), sa.ForeignKey("item.code"), nullable=False),
    sa.Column("name", sa.String(80), nullable=False),
    key_of("name"),
    sa.Column("description", sa.Text, nullable=False, default=""),
    sa.Column("why", sa.String(200), nullable=False, default=""),
    sa.Column("quantity", sa.String(30), nullable=False),
    sa.Column("unit", sa.String(20), nullable=False),
    sa.Column("cost", Money, nullable=False),
    sa.Column("cost_low", Money, nullable=False),
    sa.Column("cost_high", Money, nullable=False),
    sa.Column("upkeep_per_year", Money, nullable=False, default=0),
    sa.Column("upkeep_by", sa.String(80), nullable=False, default=""),
    sa.Column("geometry", Geometry),
    sa.Column("lon", sa.Float),
    sa.Column("lat", sa.Float),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("synthetic", sa.Boolean, nullable=False, default=False),
    sa.Column("created_at", UtcMoment, nullable=False),
    sa.Column("version", sa.Integer, nullable=False, default=1),
    one_of("status", ProjectStatus),
    sa.CheckConstraint("cost > 0", name="cost"),
)

#: Every act that moved a project, in order: how it came to be where it is. ``said`` holds what the act named.
project_step = sa.Table(
    "project_step",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("project_id", sa.Integer, sa.ForeignKey("project.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("at", UtcMoment, nullable=False),
    sa.Column("login", sa.String(60), nullable=False),
    sa.Column("act", sa.String(20), nullable=False),
    sa.Column("status_before", sa.String(20), nullable=False),
    sa.Column("status_after", sa.String(20), nullable=False),
    sa.Column("said", sa.JSON, nullable=False),
    one_of("act", ProjectAct),
    one_of("status_before", ProjectStatus),
    one_of("status_after", ProjectStatus),
)

#: What a project costs by somebody else's reckoning: 概算 or 财评; the newest of a kind counts, none is rewritten.
project_figure = sa.Table(
    "project_figure",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("project_id", sa.Integer, sa.ForeignKey("project.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("basis", sa.String(12), nullable=False),
    sa.Column("amount", Money, nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("document", sa.String(200), nullable=False),
    sa.Column("login", sa.String(60), nullable=False),
    sa.Column("recorded_at", UtcMoment, nullable=False),
    one_of("basis", CostBasis),
    sa.CheckConstraint("amount > 0", name="amount"),
)

project_demand = sa.Table(
    "project_demand",
    metadata,
    sa.Column("project_id", sa.Integer, sa.ForeignKey("project.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("demand_id", sa.Integer, sa.ForeignKey("demand.id"), primary_key=True, index=True),
)
