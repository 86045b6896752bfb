"""Surveys from door to door: campaigns, their forms and workers, and every visit."""

from __future__ import annotations

import sqlalchemy as sa

from renovation.model.surveys import DoorOutcome, FormKind, VisitChannel
from renovation.store.schema.base import Share, UtcMoment, metadata, one_of

survey = sa.Table(
    "survey",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("kind", sa.String(12), nullable=False),
    sa.Column("begins_on", sa.Date, nullable=False),
    sa.Column("ends_on", sa.Date, nullable=False),
    sa.Column("keep_until", sa.Date, nullable=False),
    sa.Column("target", Share, nullable=False),
    sa.Column("tenants", sa.Integer),
    sa.Column("elders", sa.Integer),
    sa.Column("created_at", UtcMoment, nullable=False),
    sa.Column("closed_on", sa.Date),
    sa.Column("cleared_on", sa.Date),
    # What doors for a second visit are drawn by; empty until they are.
    sa.Column("seed", sa.String(40), nullable=False, default=""),
    # What the doors added up to on the day the single answers went.
    sa.Column("figures", sa.JSON),
    one_of("kind", FormKind),
)

survey_estate = sa.Table(
    "survey_estate",
    metadata,
    sa.Column("survey_id", sa.Integer, sa.ForeignKey("survey.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("estate_id", sa.Integer, sa.ForeignKey("estate.id"), primary_key=True, index=True),
    # What went into the estate's file, and when.
    sa.Column("taken_on", sa.Date),
    sa.Column("willingness", Share),
    sa.Column("coverage", Share),
)

survey_form = sa.Table(
    "survey_form",
    metadata,
    sa.Column("survey_id", sa.Integer, sa.ForeignKey("survey.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("questions", sa.JSON, nullable=False),
)

survey_worker = sa.Table(
    "survey_worker",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("survey_id", sa.Integer, sa.ForeignKey("survey.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("login", sa.String(60), nullable=False),
    sa.Column("building_id", sa.Integer, sa.ForeignKey("building.id", ondelete="CASCADE"), index=True),
    sa.Column("leads", sa.Boolean, nullable=False, default=False),
)

#: Visits that came when their campaign was closed: they wait until a lead says yes.
survey_late = sa.Table(
    "survey_late",
    metadata,
    sa.Column("survey_id", sa.Integer, sa.ForeignKey("survey.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("login", sa.String(60), nullable=False),
    sa.Column("arrived_at", UtcMoment, nullable=False),
    sa.Column("visit", sa.JSON, nullable=False),
)

survey_visit = sa.Table(
    "survey_visit",
    metadata,
    sa.Column("survey_id", sa.Integer, sa.ForeignKey("survey.id", ondelete="CASCADE"), primary_key=True),
    # Drawn where the visit was taken down.
    sa.Column("id", sa.String(40), primary_key=True),
    # The door, or in a survey of buildings the building.
    sa.Column("household_id", sa.Integer, sa.ForeignKey("household.id"), index=True),
    sa.Column("building_id", sa.Integer, sa.ForeignKey("building.id"), index=True),
    sa.Column("outcome", sa.String(12), nullable=False),
    sa.Column("form_version", sa.Integer, nullable=False),
    sa.Column("visited_at", UtcMoment, nullable=False),
    sa.Column("recorded_at", UtcMoment, nullable=False),
    sa.Column("login", sa.String(60), nullable=False),
    sa.Column("channel", sa.String(12), nullable=False),
    sa.Column("answers", sa.JSON, nullable=False),
    sa.Column("come_back", sa.String(40), nullable=False, default=""),
    # Names of pictures that a field team's app keeps.
    sa.Column("photos", sa.JSON, nullable=False, default=list),
    sa.Column("set_aside", sa.Boolean, nullable=False, default=False),
    one_of("outcome", DoorOutcome),
    one_of("channel", VisitChannel),
    sa.CheckConstraint("(household_id IS NULL) <> (building_id IS NULL)", name="place"),
    sa.Index("ix_survey_visit_door", "survey_id", "household_id"),
)

#: The visited doors of a building as figures read them: one row of whole numbers a door (``store/surveys/parts.py``),
#: written anew by the transaction that takes a visit there down.
survey_part = sa.Table(
    "survey_part",
    metadata,
    sa.Column("survey_id", sa.Integer, sa.ForeignKey("survey.id", ondelete="CASCADE"), primary_key=True),
    sa.Column(
        "building_id", sa.Integer, sa.ForeignKey("building.id", ondelete="CASCADE"), primary_key=True, index=True
    ),
    # The questions whose answers stand in the columns.
    sa.Column("names", sa.Text, nullable=False),
    sa.Column("doors", sa.LargeBinary, nullable=False),
)

#: What sheets of buildings brought into their records; the newest of each question.
building_fact = sa.Table(
    "building_fact",
    metadata,
    sa.Column("building_id", sa.Integer, sa.ForeignKey("building.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("code", sa.String(20), primary_key=True),
    sa.Column("said", sa.JSON, nullable=False),
    sa.Column("survey_id", sa.Integer, sa.ForeignKey("survey.id"), nullable=False, index=True),
    sa.Column("taken_on", sa.Date, nullable=False),
)

#: Polls whose menu was drafted from what the doors of a campaign wish for.
survey_poll = sa.Table(
    "survey_poll",
    metadata,
    sa.Column("poll_id", sa.String(16), sa.ForeignKey("poll.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("survey_id", sa.Integer, sa.ForeignKey("survey.id"), nullable=False, index=True),
)
