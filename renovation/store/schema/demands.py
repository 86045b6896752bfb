"""Demands, their steps, and the counters that dashboards read."""

from __future__ import annotations

import sqlalchemy as sa

from renovation.model.demands import DemandCategory, DemandChannel, DemandKind, DemandStatus
from renovation.store.schema.base import UtcMoment, key_of, metadata, one_of

demand = sa.Table(
    "demand",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("receipt", sa.String(20), nullable=False, unique=True),
    sa.Column("estate_id", sa.Integer, sa.ForeignKey("estate.id"), nullable=False),
    sa.Column("building_id", sa.Integer, sa.ForeignKey("building.id")),
    sa.Column("grid_id", sa.Integer, sa.ForeignKey("area.id")),
    sa.Column("category", sa.String(30), nullable=False),
    sa.Column("subtype", sa.String(60), nullable=False, default=""),
    # The number that the list of its channel (a hotline's, say) gives it.
    sa.Column("source_number", sa.String(60), nullable=False, default=""),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    key_of("text", "source_number"),
    key_of("source_number", name="number_key"),
    sa.Column("channel", sa.String(20), nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("lon", sa.Float, nullable=False),
    sa.Column("lat", sa.Float, nullable=False),
    sa.Column("supporters", sa.Integer, nullable=False, default=1),
    sa.Column("on_behalf", sa.Boolean, nullable=False, default=False),
    sa.Column("step_free", sa.Boolean, nullable=False, default=False),
    sa.Column("notice_given", sa.Boolean, nullable=False, default=False),
    sa.Column("department", sa.String(60), nullable=False, default=""),
    sa.Column("reply", sa.Text, nullable=False, default=""),
    sa.Column("rating", sa.Integer),
    sa.Column("refusals", sa.Integer, nullable=False, default=0),
    sa.Column("merged_into", sa.Integer, sa.ForeignKey("demand.id")),
    sa.Column("due_on", sa.String(10)),
    sa.Column("received_at", UtcMoment, nullable=False),
    # The day in China, so that months and deadlines are those of the office, whatever the database's own zone.
    sa.Column("received_on", sa.String(10), nullable=False),
    sa.Column("answered_at", UtcMoment),
    sa.Column("in_time", sa.Boolean),
    sa.Column("closed_at", UtcMoment),
    sa.Column("import_id", sa.Integer, sa.ForeignKey("import_record.id"), index=True),
    # When contact details were masked and photos deleted, the term of keeping being over.
    sa.Column("cleaned_at", UtcMoment),
    sa.Column("synthetic", sa.Boolean, nullable=False, default=False),
    sa.Column("version", sa.Integer, nullable=False, default=1),
    one_of("category", DemandCategory),
    one_of("kind", DemandKind),
    one_of("channel", DemandChannel),
    one_of("status", DemandStatus),
    sa.CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),
    sa.Index(
        "uq_demand_source_number",
        "channel",
        "number_key",
        unique=True,
        sqlite_where=sa.text("number_key <> ''"),
        postgresql_where=sa.text("number_key <> ''"),
    ),
    sa.Index("ix_demand_estate_category", "estate_id", "category", "status"),
    sa.Index("ix_demand_grid_category", "grid_id", "category"),
    sa.Index("ix_demand_department", "department"),
    sa.Index("ix_demand_status", "status", "received_at"),
    sa.Index("ix_demand_received", "received_at", "id"),
)

demand_event = sa.Table(
    "demand_event",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("demand_id", sa.Integer, sa.ForeignKey("demand.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("at", UtcMoment, nullable=False),
    sa.Column("login", sa.String(60), nullable=False),
    sa.Column("step", sa.String(30), nullable=False),
    sa.Column("note", sa.Text, nullable=False, default=""),
    sa.Column("parts", sa.JSON, nullable=False, default=list),
)

#: Who joined a demand: a receipt of their own, and by what they are known again (a hash; empty where staff vouch).
demand_follower = sa.Table(
    "demand_follower",
    metadata,
    sa.Column("receipt", sa.String(20), primary_key=True),
    sa.Column("demand_id", sa.Integer, sa.ForeignKey("demand.id", ondelete="CASCADE"), nullable=False),
    sa.Column("joiner", sa.String(64)),
    sa.UniqueConstraint("demand_id", "joiner", name="uq_demand_follower_joiner"),
)

#: One department's part of a demand.
demand_task = sa.Table(
    "demand_task",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("demand_id", sa.Integer, sa.ForeignKey("demand.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("department", sa.String(60), nullable=False),
    sa.Column("task", sa.String(200), nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("note", sa.Text, nullable=False, default=""),
    # Parts given out before the demand was dispatched anew are over.
    sa.Column("is_current", sa.Boolean, nullable=False, default=True),
    sa.Index("ix_demand_task_department", "department", "is_current"),
    one_of("status", DemandStatus),
)

#: A joint meeting on a demand that no department would take.
demand_meeting = sa.Table(
    "demand_meeting",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("demand_id", sa.Integer, sa.ForeignKey("demand.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("held_on", sa.Date, nullable=False),
    sa.Column("present", sa.JSON, nullable=False),
    sa.Column("decision", sa.Text, nullable=False),
    sa.Column("login", sa.String(60), nullable=False),
)

#: Kept current in the transaction that changes a demand; dashboards read cells, never count rows.
demand_count = sa.Table(
    "demand_count",
    metadata,
    sa.Column("estate_id", sa.Integer, sa.ForeignKey("estate.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("category", sa.String(30), primary_key=True),
    sa.Column("status", sa.String(20), primary_key=True),
    sa.Column("kind", sa.String(20), primary_key=True),
    sa.Column("demands", sa.Integer, nullable=False, default=0),
    sa.Column("supporters", sa.Integer, nullable=False, default=0),
)
