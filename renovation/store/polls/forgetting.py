"""Let ballots and codes forget how they came in, and keep counts of it instead.

A household's code and a ballot that both say "by phone, at the hall, on the 3rd" are as good as joined when nobody else
came that way that day. So once nobody votes any more, codes keep neither channel nor day, and ballots no day; venue and
channel stay on ballots only where so many share them that guessing gains nothing. What is to be reconciled and printed
are counts, which say nothing of any single code or ballot. The log tells whom a paper ballot was handed to, and when;
that joins nothing either, once ballots and readings tell of no box.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Literal

import sqlalchemy as sa

from renovation.model.ballots import READ_ALL, PaperState, Verdict
from renovation.model.polls import Channel, CodeState
from renovation.store.engine import Connection
from renovation.store.polls import paper as papers
from renovation.store.polls import running
from renovation.store.schema.polls import ballot, code_batch, paper_batch, paper_reading, vote_count, voter_code

Side = Literal["cast", "spent"]
#: (venue, channel, day, test, count)
Place = tuple[int | None, Channel, date, bool, int]

#: A ballot says which venue or channel it came by only where at least so many say the same: whoever knows that of a
#: voter then finds one ballot in fifty, two points better than chance at most.
LEAST_ALIKE = 50
#: Of fewer sheets in a box, it is not kept how many were blank or spoiled.
LEAST_IN_BOX = 10

_ON_SCREEN = (Channel.STATION.value, Channel.PHONE.value)
_OF_OURS = sa.or_(ballot.c.channel.is_(None), ballot.c.channel != Channel.IMPORTED.value)


def forget(connection: Connection, poll_id: str, *, paper: bool) -> None:
    """Take day, venue and channel from a poll's ballots and codes, as far as they tell of few, and keep the counts.

    Called again, it does the same for what has come since.

    Parameters
    ----------
    paper
        Paper too, for good: no box can be keyed or corrected after that, and what clerks read is gone.
    """
    channels = (*_ON_SCREEN, Channel.PAPER.value) if paper else _ON_SCREEN
    with running.rewriting(connection, poll_id):
        _keep_counts(connection, poll_id, channels)
        if paper:
            _keep_paper_of_batches(connection, poll_id)
        came_by = voter_code.c.channel.in_(channels)
        connection.execute(
            voter_code.update().where(voter_code.c.poll_id == poll_id, came_by).values(channel=None, spent_on=None)
        )
        _lay_anew(connection, poll_id, channels)
        _merge_cells(connection, poll_id)
        if paper:
            _forget_readings(connection, poll_id)


def _keep_counts(connection: Connection, poll_id: str, channels: Sequence[str]) -> None:
    cast = sa.select(ballot.c.venue_id, ballot.c.channel, ballot.c.day, ballot.c.test, sa.func.count()).where(
        ballot.c.poll_id == poll_id, ballot.c.superseded.is_(False), ballot.c.day.is_not(None)
    )
    spent = (
        sa.select(
            code_batch.c.venue_id, voter_code.c.channel, voter_code.c.spent_on, code_batch.c.test, sa.func.count()
        )
        .select_from(voter_code.join(code_batch, code_batch.c.id == voter_code.c.batch_id))
        .where(voter_code.c.poll_id == poll_id, voter_code.c.state == CodeState.SPENT.value)
    )
    found: Counter[tuple[str, int | None, str, date, bool]] = Counter()
    for side, query in (("cast", cast), ("spent", spent)):
        columns = list(query.selected_columns)[:4]
        for row in connection.execute(query.where(columns[1].in_(channels)).group_by(*columns)):
            found[side, row[0], row[1], row[2], row[3]] += row[4]
    if not found:
        return
    kept = connection.execute(sa.select(vote_count).where(vote_count.c.poll_id == poll_id)).all()
    for row in kept:
        found[row.side, row.venue_id, row.channel, row.day, row.test] += row.votes
    connection.execute(vote_count.delete().where(vote_count.c.poll_id == poll_id))
    names = ("side", "venue_id", "channel", "day", "test")
    in_order = sorted(found.items(), key=lambda one: (one[0][0], one[0][1] or 0, *one[0][2:]))
    rows = [dict(zip(names, key, strict=True)) | {"poll_id": poll_id, "votes": count} for key, count in in_order]
    connection.execute(vote_count.insert(), rows)


def _keep_paper_of_batches(connection: Connection, poll_id: str) -> None:
    on_paper = (
        sa.select(sa.func.count())
        .where(
            voter_code.c.batch_id == code_batch.c.id,
            voter_code.c.state == CodeState.SPENT.value,
            voter_code.c.channel == Channel.PAPER.value,
        )
        .scalar_subquery()
    )
    connection.execute(
        code_batch.update()
        .where(code_batch.c.poll_id == poll_id)
        .values(on_paper=sa.func.coalesce(code_batch.c.on_paper, 0) + on_paper)
    )


def _lay_anew(connection: Connection, poll_id: str, channels: Sequence[str]) -> None:
    """Take day and box from ballots, under new ids: an earlier copy of the store tells nothing of the rows here."""
    here = sa.and_(ballot.c.poll_id == poll_id, ballot.c.channel.in_(channels), ballot.c.day.is_not(None))
    rows = [dict(row._mapping) for row in connection.execute(sa.select(ballot).where(here))]
    connection.execute(ballot.delete().where(here))
    fresh = [row | {"id": secrets.token_hex(16), "day": None, "paper_batch_id": None} for row in rows]
    if fresh:
        connection.execute(ballot.insert(), sorted(fresh, key=lambda row: str(row["id"])))


def _merge_cells(connection: Connection, poll_id: str) -> None:
    """Leave venue and channel on ballots that have forgotten their day, as far as every group of them is large."""
    forgotten = sa.and_(ballot.c.poll_id == poll_id, ballot.c.day.is_(None), _OF_OURS)
    counted = [~ballot.c.test, ~ballot.c.superseded]
    cells = connection.execute(
        sa.select(ballot.c.venue_id, ballot.c.channel, sa.func.count())
        .where(forgotten, *counted)
        .group_by(ballot.c.venue_id, ballot.c.channel)
    ).all()
    for told in ({"venue_id", "channel"}, {"venue_id"}, {"channel"}, set()):
        merged: Counter[tuple[object, object]] = Counter()
        for venue_id, channel, count in cells:
            merged["venue_id" in told and venue_id, "channel" in told and channel] += count
        if all(count >= LEAST_ALIKE for count in merged.values()):
            break
    dropped = {name: None for name in ("venue_id", "channel") if name not in told}
    if dropped:
        connection.execute(ballot.update().where(forgotten).values(**dropped))
    few = sa.or_(ballot.c.test, ballot.c.superseded)
    connection.execute(ballot.update().where(forgotten, few).values(venue_id=None, channel=None))
    # With the log, what was taken out of the count would tell what was in a box.
    connection.execute(ballot.update().where(forgotten, ballot.c.superseded).values(choices=[], points=[]))


def _forget_readings(connection: Connection, poll_id: str) -> None:
    of_poll = sa.select(paper_batch.c.id).where(paper_batch.c.poll_id == poll_id)
    for batch in papers.batches(connection, poll_id):
        if batch.verdicts is None and batch.state is PaperState.CLOSED:
            found = papers.final_verdicts(connection, batch)
            few = batch.counted < LEAST_IN_BOX
            kept = {READ_ALL: sum(found.values())} if few else {name: found.get(name, 0) for name in Verdict}
            connection.execute(paper_batch.update().where(paper_batch.c.id == batch.id).values(verdicts=kept))
    connection.execute(
        paper_reading.update()
        .where(paper_reading.c.batch_id.in_(of_poll))
        .values(verdict=None, choices=[], points=[], serial="", overwritten=False)
    )


def counts(connection: Connection, poll_id: str, side: Side) -> list[Place]:
    """Return what ballots or codes of a poll told before they forgot it."""
    rows = connection.execute(sa.select(vote_count).where(vote_count.c.poll_id == poll_id, vote_count.c.side == side))
    return [(row.venue_id, Channel(row.channel), row.day, row.test, row.votes) for row in rows]


def blanks(connection: Connection, poll_id: str) -> dict[tuple[int | None, Channel], tuple[int, int]]:
    """Return (venue, channel) → (ballots that still say so, blank ones among them), trials left out."""
    is_blank = sa.cast(ballot.c.choices, sa.Text) == "[]"
    rows = connection.execute(
        sa.select(ballot.c.venue_id, ballot.c.channel, sa.func.count(), sa.func.sum(sa.case((is_blank, 1), else_=0)))
        .where(
            ballot.c.poll_id == poll_id,
            ballot.c.superseded.is_(False),
            ballot.c.test.is_(False),
            ballot.c.channel.is_not(None),
        )
        .group_by(ballot.c.venue_id, ballot.c.channel)
    )
    return {(row[0], Channel(row[1])): (row[2], int(row[3])) for row in rows}


def holds(connection: Connection, poll_id: str) -> bool:
    """Tell whether the counts kept are as many as the ballots and spent codes that have forgotten."""
    cast = connection.execute(
        sa.select(sa.func.count()).where(
            ballot.c.poll_id == poll_id, ballot.c.day.is_(None), ballot.c.superseded.is_(False)
        )
    ).scalar_one()
    spent: Counter[tuple[int | None, bool]] = Counter()
    for row in connection.execute(
        sa.select(code_batch.c.venue_id, code_batch.c.test, sa.func.count())
        .select_from(voter_code.join(code_batch, code_batch.c.id == voter_code.c.batch_id))
        .where(
            voter_code.c.poll_id == poll_id,
            voter_code.c.state == CodeState.SPENT.value,
            voter_code.c.spent_on.is_(None),
        )
        .group_by(code_batch.c.venue_id, code_batch.c.test)
    ):
        spent[row[0], row[1]] += row[2]
    for venue_id, _channel, _day, test, count in counts(connection, poll_id, "spent"):
        spent[venue_id, test] -= count
    return cast == sum(place[-1] for place in counts(connection, poll_id, "cast")) and not any(spent.values())
