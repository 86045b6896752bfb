"""Accounts, sessions, settings, the append-only log, and imports."""

from __future__ import annotations

import sqlalchemy as sa

from renovation.model.accounts import Role
from renovation.model.lists import ListKind
from renovation.store.schema.base import PASSING, UtcMoment, metadata, one_of

setting = sa.Table(
    "setting",
    metadata,
    sa.Column("key", sa.String(80), primary_key=True),
    sa.Column("value", sa.JSON, nullable=False),
)

#: Every state of a locality's lists; the newest of a place holds, older ones stay for what was decided under them.
#: Place 0 is the town. Lines are ``NULL`` where a county or street gave its own list up.
local_list = sa.Table(
    "local_list",
    metadata,
    sa.Column("kind", sa.String(20), primary_key=True),
    sa.Column("area_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("lines", sa.JSON(none_as_null=True)),
    sa.Column("at", UtcMoment, nullable=False),
    sa.Column("login", sa.String(60), nullable=False),
    one_of("kind", ListKind),
)

account = sa.Table(
    "account",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("login", sa.String(60), nullable=False, unique=True),
    sa.Column("name", sa.String(60), nullable=False),
    sa.Column("role", sa.String(20), nullable=False),
    # Whose demands an account of a department sees; empty for every other role.
    sa.Column("department", sa.String(60), nullable=False, default=""),
    sa.Column("password_hash", sa.String(200), nullable=False),
    sa.Column("active", sa.Boolean, nullable=False, default=True),
    sa.Column("must_change_password", sa.Boolean, nullable=False, default=False),
    # What the second factor's secret follows from under a key outside the database, empty without one, and the last
    # of its steps that signed somebody in.
    sa.Column("totp_seed", sa.String(64), nullable=False, default=""),
    sa.Column("totp_step", sa.Integer, nullable=False, default=0),
    # Who this is at the office's identity server; whoever has it signs in there, and with the password nowhere.
    sa.Column("oidc_issuer", sa.String(200)),
    sa.Column("oidc_subject", sa.String(255)),
    sa.Column("county_id", sa.Integer, sa.ForeignKey("area.id")),
    sa.Column("street_id", sa.Integer, sa.ForeignKey("area.id")),
    sa.Column("community_id", sa.Integer, sa.ForeignKey("area.id")),
    sa.Column("grid_id", sa.Integer, sa.ForeignKey("area.id")),
    sa.Column("estate_id", sa.Integer, sa.ForeignKey("estate.id")),
    sa.Column("created_at", UtcMoment, nullable=False),
    one_of("role", Role),
    sa.UniqueConstraint("oidc_issuer", "oidc_subject"),
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
    # When the password or a second factor was last given, and what browser it is.
    sa.Column("proved_at", UtcMoment, nullable=False),
    sa.Column("device", sa.String(60), nullable=False, default=""),
    # The session at the identity server that this one follows, so that it ends with it.
    sa.Column("oidc_session", sa.String(255), nullable=False, default=""),
)

#: Codes that stand in for a lost second factor, once each: a row goes when its code is used.
recovery_code = sa.Table(
    "recovery_code",
    metadata,
    sa.Column("account_id", sa.Integer, sa.ForeignKey("account.id"), primary_key=True),
    sa.Column("code_hash", sa.String(64), primary_key=True),
)

#: Browsers in which somebody has signed in before. Their budget of tries is their own, so no stranger uses it up.
known_browser = sa.Table(
    "known_browser",
    metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True),
    sa.Column("account_id", sa.Integer, sa.ForeignKey("account.id"), primary_key=True),
    sa.Column("seen_at", UtcMoment, nullable=False),
)

#: Tries at a door, counted before anything is looked at, and until when it takes no more.
budget = sa.Table(
    "budget",
    metadata,
    sa.Column("name", sa.String(80), primary_key=True),
    sa.Column("tried", sa.Integer, nullable=False, default=0),
    sa.Column("window_start", UtcMoment, nullable=False),
    sa.Column("blocked_until", UtcMoment),
)

#: Which browser and address something without an account came from, as hashes and for some days only, so that a flood
#: can be told from honest wishes and taken out.
arrival = sa.Table(
    "arrival",
    metadata,
    sa.Column("kind", sa.String(10), primary_key=True),
    sa.Column("object_id", sa.String(20), primary_key=True),
    sa.Column("estate_id", sa.Integer, sa.ForeignKey("estate.id", ondelete="CASCADE"), index=True),
    sa.Column("visitor", sa.String(16), nullable=False),
    sa.Column("address", sa.String(16), nullable=False),
    sa.Column("at", UtcMoment, nullable=False, index=True),
    # When it was taken out with a flood, and what bringing back somebody's joining needs.
    sa.Column("out_at", UtcMoment),
    sa.Column("demand_id", sa.Integer),
    sa.Column("joiner", sa.String(64)),
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

#: Work that a town's process for long work does, or has done: who asked for it, how far it is, and how it ended.
job = sa.Table(
    "job",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("account_id", sa.Integer, sa.ForeignKey("account.id")),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("done", sa.Integer, nullable=False, default=0),
    sa.Column("whole", sa.Integer, nullable=False, default=0),
    sa.Column("is_cancelled", sa.Boolean, nullable=False, default=False),
    sa.Column("asked_at", UtcMoment, nullable=False),
    sa.Column("ended_at", UtcMoment),
    info=PASSING,
)

#: What a piece of work is to be done with, and once it is over, what came of it.
job_paper = sa.Table(
    "job_paper",
    metadata,
    sa.Column("job_id", sa.Integer, sa.ForeignKey("job.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    info=PASSING,
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
    # The first record of the workbook whose sheets were taken in as one.
    sa.Column("workbook_id", sa.Integer, sa.ForeignKey("import_record.id")),
    sa.Column("undone_at", UtcMoment),
)
