"""Saved weightings, own columns, and scenarios of the programme."""

from __future__ import annotations

import sqlalchemy as sa

from renovation.model.ranking import Subject
from renovation.model.scenarios import ScenarioState
from renovation.store.schema.base import UtcMoment, key_of, metadata, one_of

weighting = sa.Table(
    "weighting",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("subject", sa.String(12), nullable=False),
    sa.Column("name", sa.String(60), nullable=False),
    key_of("name"),
    sa.Column("content", sa.JSON, nullable=False),
    sa.Column("saved_at", UtcMoment, nullable=False),
    sa.Column("login", sa.String(60), nullable=False),
    sa.UniqueConstraint("subject", "name_key"),
    one_of("subject", Subject),
)

#: A criterion with its values by code, brought along in a planner's file.
own_column = sa.Table(
    "own_column",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("subject", sa.String(12), nullable=False),
    sa.Column("code", sa.String(60), nullable=False),
    sa.Column("content", sa.JSON, nullable=False),
    sa.Column("saved_at", UtcMoment, nullable=False),
    sa.Column("login", sa.String(60), nullable=False),
    sa.UniqueConstraint("subject", "code"),
    one_of("subject", Subject),
)

#: ``basis`` is what the programme was chosen from, ``inputs_digest`` its digest; an adopted row never changes.
scenario = sa.Table(
    "scenario",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("name", sa.String(60), nullable=False),
    key_of("name"),
    sa.Column("note", sa.String(500), nullable=False, default=""),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("first_year", sa.Integer, nullable=False, index=True),
    sa.Column("basis", sa.JSON, nullable=False),
    sa.Column("programme", sa.JSON, nullable=False),
    sa.Column("inputs_digest", sa.String(64), nullable=False),
    sa.Column("copied_from", sa.String(16)),
    sa.Column("created_at", UtcMoment, nullable=False),
    sa.Column("login", sa.String(60), nullable=False),
    sa.Column("adopted_at", UtcMoment),
    sa.Column("adopted_by", sa.String(60), nullable=False, default=""),
    # Each chosen project's status before adoption, so that taking an adoption back puts it back.
    sa.Column("statuses", sa.JSON, nullable=False),
    sa.UniqueConstraint("name_key"),
    one_of("state", ScenarioState),
    sa.CheckConstraint("state <> 'adopted' OR adopted_at IS NOT NULL", name="adopted"),
    sa.Index(
        "uq_scenario_adopted",
        "first_year",
        unique=True,
        sqlite_where=sa.text("state = 'adopted'"),
        postgresql_where=sa.text("state = 'adopted'"),
    ),
)

#: What the list of works says besides the programme: when, by whom; months as YYYY-MM.
work_plan = sa.Table(
    "work_plan",
    metadata,
    sa.Column("project_id", sa.Integer, sa.ForeignKey("project.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("starts", sa.String(7), nullable=False, default=""),
    sa.Column("ends", sa.String(7), nullable=False, default=""),
    sa.Column("builder", sa.String(80), nullable=False, default=""),
    sa.Column("note", sa.String(200), nullable=False, default=""),
)
