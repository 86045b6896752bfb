"""Polls, codes, ballots and paper.

Secrecy rests on what is *not* here: no column joins a ballot to a code or a receipt, none tells a time finer than the
day, and on SQLite the tables a vote touches have no rowid, so insertion order is not kept either. Once nobody votes any
more, ballots and codes forget day, channel and venue too (``store/polls/forgetting.py``); counts of them stay.
"""

from __future__ import annotations

import sqlalchemy as sa

from renovation.model.elections import BallotKind
from renovation.model.polls import Channel, CodePer, CodeState, PollStage
from renovation.store.schema.base import PASSING, Money, UtcMoment, key_of, metadata, one_of

poll = sa.Table(
    "poll",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("title", sa.String(120), nullable=False),
    sa.Column("estate_id", sa.Integer, sa.ForeignKey("estate.id"), index=True),
    sa.Column("ballot_kind", sa.String(20), nullable=False),
    sa.Column("budget", Money, nullable=False),
    sa.Column("max_choices", sa.Integer),
    sa.Column("max_points", sa.Integer),
    sa.Column("rule", sa.String(30), nullable=False),
    sa.Column("rule_settings", sa.JSON, nullable=False),
    sa.Column("tie_break", sa.String(30), nullable=False),
    sa.Column("code_per", sa.String(12), nullable=False),
    sa.Column("denominator", sa.Integer),
    sa.Column("language", sa.String(8), nullable=False),
    sa.Column("venue_hours", sa.Text, nullable=False, default=""),
    sa.Column("notice_phone", sa.String(40), nullable=False, default=""),
    sa.Column("notice_office", sa.String(80), nullable=False, default=""),
    sa.Column("votes_basic", sa.Boolean, nullable=False, default=False),
    sa.Column("stage", sa.String(12), nullable=False),
    sa.Column("created_at", UtcMoment, nullable=False),
    sa.Column("opened_at", UtcMoment),
    sa.Column("closed_at", UtcMoment),
    sa.Column("digest", sa.String(64), nullable=False, default=""),
    sa.Column("meta", sa.JSON, nullable=False),
    sa.Column("source", sa.String(200), nullable=False, default=""),
    sa.Column("synthetic", sa.Boolean, nullable=False, default=False),
    sa.Column("version", sa.Integer, nullable=False, default=1),
    one_of("ballot_kind", BallotKind),
    one_of("stage", PollStage),
    one_of("code_per", CodePer),
    sa.CheckConstraint("budget > 0", name="budget"),
)

#: What stands on the ballot; a copy, so that a project edited later does not change a poll.
poll_project = sa.Table(
    "poll_project",
    metadata,
    sa.Column("poll_id", sa.String(16), sa.ForeignKey("poll.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("key", sa.String(80), primary_key=True),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("project_id", sa.Integer, sa.ForeignKey("project.id"), index=True),
    sa.Column("name", sa.String(400), nullable=False),
    sa.Column("cost", Money, nullable=False),
    sa.Column("description", sa.Text, nullable=False, default=""),
    sa.Column("why", sa.String(400), nullable=False, default=""),
    sa.Column("category", sa.String(200), nullable=False, default=""),
    sa.Column("mandatory", sa.Boolean, nullable=False, default=False),
    sa.Column("lon", sa.Float),
    sa.Column("lat", sa.Float),
    sa.Column("extra", sa.JSON, nullable=False),
    sa.UniqueConstraint("poll_id", "number"),
)

venue = sa.Table(
    "venue",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("poll_id", sa.String(16), sa.ForeignKey("poll.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("name", sa.String(80), nullable=False),
    key_of("name"),
    # What the key of its codes is drawn from: the name it was given first, which a new name does not change.
    sa.Column("room", sa.String(90), nullable=False),
    sa.Column("hours", sa.Text, nullable=False, default=""),
    sa.Column("kit", sa.String(40), nullable=False, default=""),
    sa.UniqueConstraint("poll_id", "name_key"),
)

code_batch = sa.Table(
    "code_batch",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("poll_id", sa.String(16), sa.ForeignKey("poll.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("venue_id", sa.Integer, sa.ForeignKey("venue.id")),
    sa.Column("label", sa.String(80), nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("test", sa.Boolean, nullable=False, default=False),
    sa.Column("created_at", UtcMoment, nullable=False),
    # How many of its codes were handed a paper ballot, once the codes no longer tell.
    sa.Column("on_paper", sa.Integer),
)

#: ``code_hmac`` under a key outside the database; ``serial`` is what stands on the slip's stub and in the batch's list.
#: ``attempt`` is the keyed hash of the attempt that spent the code, so that pressing twice is told from two people.
voter_code = sa.Table(
    "voter_code",
    metadata,
    sa.Column("code_hmac", sa.String(64), primary_key=True),
    sa.Column("poll_id", sa.String(16), sa.ForeignKey("poll.id", ondelete="CASCADE"), nullable=False),
    sa.Column("batch_id", sa.Integer, sa.ForeignKey("code_batch.id"), nullable=False, index=True),
    sa.Column("serial", sa.Integer, nullable=False),
    sa.Column("household_id", sa.Integer, sa.ForeignKey("household.id")),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("channel", sa.String(12)),
    sa.Column("spent_on", sa.Date),
    sa.Column("attempt", sa.String(64), nullable=False, default=""),
    sa.Column("reason", sa.String(200), nullable=False, default=""),
    sa.UniqueConstraint("batch_id", "serial"),
    sa.Index("ix_voter_code_poll_state", "poll_id", "state"),
    one_of("state", CodeState),
    sqlite_with_rowid=False,
)

#: Codes just made, encrypted, until their slips are printed (``store/polls/slips.py``).
fresh_slip = sa.Table(
    "fresh_slip",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("batch_id", sa.Integer, sa.ForeignKey("code_batch.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("account_id", sa.Integer, nullable=False),
    sa.Column("made_at", UtcMoment, nullable=False),
    sa.Column("last_serial", sa.Integer, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
)

#: One row is one whole ballot, so half a ballot cannot exist. Without a day it has been forgotten how it came in.
ballot = sa.Table(
    "ballot",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("poll_id", sa.String(16), sa.ForeignKey("poll.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("channel", sa.String(12)),
    sa.Column("venue_id", sa.Integer, sa.ForeignKey("venue.id")),
    sa.Column("paper_batch_id", sa.Integer, sa.ForeignKey("paper_batch.id")),
    sa.Column("day", sa.Date),
    sa.Column("choices", sa.JSON, nullable=False),
    sa.Column("points", sa.JSON, nullable=False),
    sa.Column("weight", sa.String(40), nullable=False, default="1"),
    sa.Column("test", sa.Boolean, nullable=False, default=False),
    sa.Column("superseded", sa.Boolean, nullable=False, default=False),
    one_of("channel", Channel),
    sqlite_with_rowid=False,
)

#: What ballots (``cast``) and codes (``spent``) told of venue, channel and day before they forgot it.
vote_count = sa.Table(
    "vote_count",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("poll_id", sa.String(16), sa.ForeignKey("poll.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("side", sa.String(5), nullable=False),
    sa.Column("venue_id", sa.Integer, sa.ForeignKey("venue.id")),
    sa.Column("channel", sa.String(12), nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("test", sa.Boolean, nullable=False),
    sa.Column("votes", sa.Integer, nullable=False),
    one_of("channel", Channel),
    sa.CheckConstraint("side IN ('cast', 'spent')", name="side"),
)

#: Groups of voters that an imported election file tells apart (age, sex, part of town), each attribute for itself and
#: with merged ballots, so that no two attributes meet. Polls held here know nothing of their voters and have no rows.
ballot_group = sa.Table(
    "ballot_group",
    metadata,
    sa.Column("poll_id", sa.String(16), sa.ForeignKey("poll.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("attribute", sa.String(20), primary_key=True),
    sa.Column("name", sa.String(60), primary_key=True),
    sa.Column("ballots", sa.JSON, nullable=False),
)

#: Commitments of receipts handed out; they follow from the code under the key and name no ballot.
receipt = sa.Table(
    "receipt",
    metadata,
    sa.Column("commitment", sa.String(64), primary_key=True),
    sa.Column("poll_id", sa.String(16), sa.ForeignKey("poll.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("test", sa.Boolean, nullable=False, default=False),
    sqlite_with_rowid=False,
)

#: Sealed boxes that came back from venues; the same box twice changes nothing.
box = sa.Table(
    "box",
    metadata,
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("poll_id", sa.String(16), sa.ForeignKey("poll.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("venue_id", sa.Integer, sa.ForeignKey("venue.id"), nullable=False),
    sa.Column("kit", sa.String(40), nullable=False),
    sa.Column("ballots", sa.Integer, nullable=False),
    sa.Column("merged_at", UtcMoment, nullable=False),
)

#: At a venue: what the kit brought for the cards of its ballot, as it was signed.
kit_cards = sa.Table(
    "kit_cards",
    metadata,
    sa.Column("poll_id", sa.String(16), sa.ForeignKey("poll.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("content", sa.JSON, nullable=False),
)

paper_batch = sa.Table(
    "paper_batch",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("poll_id", sa.String(16), sa.ForeignKey("poll.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("venue_id", sa.Integer, sa.ForeignKey("venue.id")),
    sa.Column("label", sa.String(80), nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("counted", sa.Integer, nullable=False),
    sa.Column("spoiled_at_desk", sa.Integer, nullable=False, default=0),
    sa.Column("not_returned", sa.Integer, nullable=False, default=0),
    sa.Column("state", sa.String(20), nullable=False),
    # Verdict → ballots, once the readings no longer tell.
    sa.Column("verdicts", sa.JSON(none_as_null=True)),
    sa.Column("first_clerk", sa.Integer, sa.ForeignKey("account.id")),
    sa.Column("second_clerk", sa.Integer, sa.ForeignKey("account.id")),
    sa.Column("version", sa.Integer, nullable=False, default=1),
)

#: One clerk's reading of one paper ballot. A correction is a new row that supersedes the old one.
paper_reading = sa.Table(
    "paper_reading",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("batch_id", sa.Integer, sa.ForeignKey("paper_batch.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("serial", sa.String(20), nullable=False, default=""),
    sa.Column("round", sa.String(12), nullable=False),
    sa.Column("account_id", sa.Integer, sa.ForeignKey("account.id"), nullable=False),
    # Forgotten at sealing, and so are choices, points and serial.
    sa.Column("verdict", sa.String(12)),
    sa.Column("choices", sa.JSON, nullable=False),
    sa.Column("points", sa.JSON, nullable=False),
    sa.Column("reason", sa.String(200), nullable=False, default=""),
    sa.Column("overwritten", sa.Boolean, nullable=False, default=False),
    sa.Column("superseded", sa.Boolean, nullable=False, default=False),
    sa.CheckConstraint("round IN ('first', 'second', 'decision')", name="round"),
    sa.CheckConstraint("verdict IN ('valid', 'blank', 'spoiled', 'over')", name="verdict"),
)

#: What the rows of a poll add up to, table by table, under a key outside the database (``store/polls/running.py``).
running_digest = sa.Table(
    "running_digest",
    metadata,
    sa.Column("poll_id", sa.String(16), sa.ForeignKey("poll.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("about", sa.String(30), primary_key=True),
    sa.Column("shard", sa.String(8), primary_key=True),
    sa.Column("turns", sa.Integer, nullable=False),
    sa.Column("nonce", sa.String(32), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sqlite_with_rowid=False,
)

#: What somebody has chosen so far, sealed under a ticket that the browser alone keeps (``store/polls/drafts.py``).
ballot_draft = sa.Table(
    "ballot_draft",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("poll_id", sa.String(16), sa.ForeignKey("poll.id", ondelete="CASCADE"), nullable=False, index=True),
    # The half hour it was kept in, and no finer time.
    sa.Column("slot", sa.Integer, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sqlite_with_rowid=False,
    info=PASSING,
)

#: A rule's outcome with its reasons, kept as data.
allocation = sa.Table(
    "allocation",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("poll_id", sa.String(16), sa.ForeignKey("poll.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("rule", sa.String(30), nullable=False),
    sa.Column("settings", sa.JSON, nullable=False),
    sa.Column("rules_version", sa.String(20), nullable=False),
    sa.Column("outcome", sa.JSON, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("declared", sa.Boolean, nullable=False, default=False),
    sa.Column("created_at", UtcMoment, nullable=False),
    sa.Column("login", sa.String(60), nullable=False),
)

#: What was sealed, byte for byte, so that a newer program publishes nothing else; no moment while nobody sees it.
publication = sa.Table(
    "publication",
    metadata,
    sa.Column("poll_id", sa.String(16), sa.ForeignKey("poll.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sa.Column("published_at", UtcMoment),
)
