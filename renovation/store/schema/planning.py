"""Money for projects and the gates of estates: pots, matching, pledges, upkeep, consents, facts and their history."""

from __future__ import annotations

import sqlalchemy as sa

from renovation.model.consents import AREAS, HEADS, Matter, VoteScope
from renovation.model.funding import SourceKind
from renovation.model.gates import Gate, GateState
from renovation.store.schema.base import Money, Share, UtcMoment, key_of, metadata, one_of

#: A pot of money for one year. Empty lists of classes, items and areas narrow nothing.
pot = sa.Table(
    "pot",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(80), nullable=False),
    key_of("name"),
    sa.Column("year", sa.Integer, nullable=False, index=True),
    sa.Column("amount", Money, nullable=False),
    sa.Column("level", sa.String(20), nullable=False),
    sa.Column("owner", sa.String(80), nullable=False, default=""),
    sa.Column("purpose", sa.String(200), nullable=False, default=""),
    sa.Column("classes", sa.JSON, nullable=False),
    sa.Column("items", sa.JSON, nullable=False),
    sa.Column("areas", sa.JSON, nullable=False),
    sa.Column("project_cap", Money),
    sa.Column("carried", Money, nullable=False, default=0),
    sa.Column("synthetic", sa.Boolean, nullable=False, default=False),
    sa.Column("version", sa.Integer, nullable=False, default=1),
    sa.UniqueConstraint("year", "name_key"),
    sa.CheckConstraint("amount >= 0", name="amount"),
    one_of("level", SourceKind),
)

#: What a pot (or a sponsor without one) adds to money that residents or supporters raise.
matching_rule = sa.Table(
    "matching_rule",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("pot_id", sa.Integer, sa.ForeignKey("pot.id"), index=True),
    sa.Column("ratio", Share, nullable=False),
    sa.Column("cap", Money, nullable=False),
    sa.Column("minimum", Money, nullable=False, default=0),
    sa.Column("kinds", sa.JSON, nullable=False),
    sa.Column("counts_pledges", sa.Boolean, nullable=False, default=False),
    sa.Column("source", sa.String(200), nullable=False, default=""),
    sa.Column("synthetic", sa.Boolean, nullable=False, default=False),
    sa.Column("version", sa.Integer, nullable=False, default=1),
)

#: Where the money of a project comes from; what has arrived stands in ``payment``. Work in kind is hours.
project_funding = sa.Table(
    "project_funding",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("project_id", sa.Integer, sa.ForeignKey("project.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("source", sa.String(30), nullable=False),
    sa.Column("pot_id", sa.Integer, sa.ForeignKey("pot.id"), index=True),
    sa.Column("pledged", Money, nullable=False, default=0),
    sa.Column("hours", Share, nullable=False),
    sa.Column("note", sa.String(200), nullable=False, default=""),
    sa.Column("version", sa.Integer, nullable=False, default=1),
    one_of("source", SourceKind),
    sa.CheckConstraint("pledged >= 0", name="amounts"),
)

#: The projects that stand in the public store for supporters to adopt 认领.
adoption = sa.Table(
    "adoption",
    metadata,
    sa.Column("project_id", sa.Integer, sa.ForeignKey("project.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("opened_on", sa.Date, nullable=False),
    sa.Column("wanted", sa.String(200), nullable=False, default=""),
)

#: A promise of money or hours until a day. Of the supporter only the name to be shown; no way to reach anybody.
pledge = sa.Table(
    "pledge",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("project_id", sa.Integer, sa.ForeignKey("project.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("reference", sa.String(20), nullable=False, unique=True),
    sa.Column("supporter", sa.String(40), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("amount", Money, nullable=False, default=0),
    sa.Column("hours", Share, nullable=False),
    sa.Column("pledged_on", sa.Date, nullable=False),
    sa.Column("expires_on", sa.Date, nullable=False),
    sa.Column("withdrawn_on", sa.Date),
    # An offer made at the residents' door counts for nothing until staff have confirmed it.
    sa.Column("offered", sa.Boolean, nullable=False, default=False),
    sa.Column("recorded_at", UtcMoment, nullable=False, index=True),
    sa.Column("synthetic", sa.Boolean, nullable=False, default=False),
    sa.Column("version", sa.Integer, nullable=False, default=1),
    one_of("kind", SourceKind),
    sa.CheckConstraint("amount >= 0", name="amounts"),
)

#: What has arrived, each with its day and document, of a source or of a pledge; taken back it stays and counts no more.
payment = sa.Table(
    "payment",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("project_id", sa.Integer, sa.ForeignKey("project.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("funding_id", sa.Integer, sa.ForeignKey("project_funding.id", ondelete="CASCADE"), index=True),
    sa.Column("pledge_id", sa.Integer, sa.ForeignKey("pledge.id", ondelete="CASCADE"), index=True),
    sa.Column("amount", Money, nullable=False),
    sa.Column("paid_on", sa.Date, nullable=False),
    sa.Column("document", sa.String(120), nullable=False),
    sa.Column("login", sa.String(60), nullable=False),
    sa.Column("recorded_at", UtcMoment, nullable=False),
    sa.Column("undone_on", sa.Date),
    sa.Column("undone_by", sa.String(60), nullable=False, default=""),
    sa.Column("undone_why", sa.String(200), nullable=False, default=""),
    sa.CheckConstraint("amount > 0", name="amount"),
    sa.CheckConstraint("(funding_id IS NULL) <> (pledge_id IS NULL)", name="one_source"),
)

#: Who keeps the work in order afterwards; cost and payer's name stand in ``project``.
project_upkeep = sa.Table(
    "project_upkeep",
    metadata,
    sa.Column("project_id", sa.Integer, sa.ForeignKey("project.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("payer_kind", sa.String(20)),
    sa.Column("yearly_income", Money, nullable=False, default=0),
    sa.Column("agreed_on", sa.Date),
    one_of("payer_kind", SourceKind),
)

#: Owners' consent 民法典 第278条 in counts; who voted how is on paper in the archive that ``evidence`` names.
consent = sa.Table(
    "consent",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("estate_id", sa.Integer, sa.ForeignKey("estate.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("vote_scope", sa.String(12), nullable=False),
    sa.Column("part", sa.String(60), nullable=False, default=""),
    sa.Column("matter", sa.String(12), nullable=False),
    sa.Column("subject", sa.String(120), nullable=False),
    sa.Column("for_gate", sa.Boolean, nullable=False, default=True),
    *(sa.Column(name, sa.Integer, nullable=False) for name in HEADS),
    *(sa.Column(name, Share, nullable=False) for name in AREAS),
    sa.Column("decided_on", sa.Date, nullable=False),
    sa.Column("valid_until", sa.Date),
    sa.Column("withdrawn_on", sa.Date),
    sa.Column("withdrawn_why", sa.String(200), nullable=False, default=""),
    sa.Column("evidence", sa.String(200), nullable=False),
    sa.Column("login", sa.String(60), nullable=False),
    sa.Column("recorded_at", UtcMoment, nullable=False),
    sa.Column("synthetic", sa.Boolean, nullable=False, default=False),
    one_of("vote_scope", VoteScope),
    one_of("matter", Matter),
)

#: What was found out about a gate, on which day, from where; the newest row of a gate counts.
gate_fact = sa.Table(
    "gate_fact",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("estate_id", sa.Integer, sa.ForeignKey("estate.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("gate", sa.String(24), nullable=False),
    sa.Column("names", sa.JSON, nullable=False),
    sa.Column("number", sa.Integer),
    sa.Column("holds", sa.Boolean),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("source", sa.String(200), nullable=False),
    sa.Column("login", sa.String(60), nullable=False),
    sa.Column("recorded_at", UtcMoment, nullable=False),
    sa.Column("synthetic", sa.Boolean, nullable=False, default=False),
    one_of("gate", Gate),
)

#: Each time a gate's answer moved, as noted; the last row of a gate is what was known before.
gate_history = sa.Table(
    "gate_history",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("estate_id", sa.Integer, sa.ForeignKey("estate.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("gate", sa.String(24), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("reason", sa.String(40), nullable=False),
    sa.Column("fields", sa.JSON, nullable=False),
    sa.Column("noted_on", sa.Date, nullable=False),
    sa.Column("login", sa.String(60), nullable=False),
    one_of("gate", Gate),
    one_of("state", GateState),
)
