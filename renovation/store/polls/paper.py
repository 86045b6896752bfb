"""Batches of paper ballots and the readings of them; a reading is superseded, never overwritten."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa

from renovation.model.ballots import PaperBatch, PaperState, Reading, Round
from renovation.store.engine import Connection
from renovation.store.polls import running
from renovation.store.rows import change_row, read_row, the_row
from renovation.store.schema.polls import paper_batch, paper_reading


def _batch(row: sa.Row[Any]) -> PaperBatch:
    return read_row(PaperBatch, row)


def _reading(row: sa.Row[Any]) -> Reading:
    return read_row(Reading, row)


def add_batch(
    connection: Connection,
    *,
    poll_id: str,
    venue_id: int | None,
    label: str,
    day: date,
    counted: int,
    spoiled_at_desk: int,
    not_returned: int,
) -> PaperBatch:
    """Add a batch with its cover's counts; with no ballot in it there is nothing to key."""
    values: dict[str, Any] = {
        "poll_id": poll_id, "venue_id": venue_id, "label": label, "day": day, "counted": counted,
        "spoiled_at_desk": spoiled_at_desk, "not_returned": not_returned,
    }  # fmt: skip
    made = PaperBatch(id=0, state=PaperState.FIRST if counted else PaperState.COMPARE, **values)
    added = connection.execute(
        paper_batch.insert().values(state=made.state.value, **values).returning(paper_batch.c.id)
    ).scalar_one()
    running.added(connection, paper_batch, paper_batch.c.id == added)
    return PaperBatch(id=added, state=made.state, **values)


def batch(connection: Connection, batch_id: int) -> PaperBatch:
    """Return a batch.

    Raises
    ------
    NotFoundError
        ``paper.batch_unknown``.
    """
    row = the_row(
        connection, sa.select(paper_batch).where(paper_batch.c.id == batch_id), "paper.batch_unknown", batch=batch_id
    )
    return _batch(row)


def batches(connection: Connection, poll_id: str) -> tuple[PaperBatch, ...]:
    """Return a poll's batches in the order they were made."""
    rows = connection.execute(sa.select(paper_batch).where(paper_batch.c.poll_id == poll_id).order_by(paper_batch.c.id))
    return tuple(_batch(row) for row in rows)


def change_batch(connection: Connection, held: PaperBatch, **values: Any) -> PaperBatch:
    """Change a batch that nobody has changed since it was read.

    Raises
    ------
    ConflictError
        ``paper.changed_meanwhile``.
    """
    with running.changing(connection, paper_batch, paper_batch.c.id == held.id):
        change_row(connection, paper_batch, held.id, held.version, "paper.changed_meanwhile", values=values)
    return batch(connection, held.id)


def readings(connection: Connection, batch_id: int, turn: Round) -> dict[int, Reading]:
    """Return the readings of one round that stand, by position; none once they are forgotten."""
    rows = connection.execute(
        sa.select(paper_reading)
        .where(
            paper_reading.c.batch_id == batch_id,
            paper_reading.c.round == turn.value,
            paper_reading.c.superseded.is_(False),
            paper_reading.c.verdict.is_not(None),
        )
        .order_by(paper_reading.c.position)
    )
    return {row.position: _reading(row) for row in rows}


def add_reading(connection: Connection, batch_id: int, turn: Round, account_id: int, reading: Reading) -> None:
    """Add a reading; an earlier one of the same round and ballot is superseded."""
    supersede_round(connection, batch_id, turn, position=reading.position)
    added = connection.execute(
        paper_reading.insert()
        .values(
            batch_id=batch_id,
            position=reading.position,
            serial=reading.serial,
            round=turn.value,
            account_id=account_id,
            verdict=reading.verdict.value,
            choices=list(reading.choices),
            points=list(reading.points),
            reason=reading.reason,
            overwritten=reading.overwritten,
        )
        .returning(paper_reading.c.id)
    ).scalar_one()
    running.added(connection, paper_reading, paper_reading.c.id == added)


def supersede_round(connection: Connection, batch_id: int, turn: Round, *, position: int | None = None) -> None:
    """Take every reading of a round (of one ballot) out of the count, keeping it on record."""
    which = [
        paper_reading.c.batch_id == batch_id,
        paper_reading.c.round == turn.value,
        paper_reading.c.superseded.is_(False),
    ]
    if position is not None:
        which.append(paper_reading.c.position == position)
    with running.changing(connection, paper_reading, *which):
        connection.execute(paper_reading.update().where(*which).values(superseded=True))


def serials_elsewhere(connection: Connection, held: PaperBatch) -> dict[str, str]:
    """Return the serials keyed in other batches that may hold the same sheets, each with the batch's label.

    Two venues of a poll may number their sheets alike.
    """
    elsewhere = (paper_batch.c.venue_id == held.venue_id, paper_batch.c.venue_id.is_(None))
    rows = connection.execute(
        sa.select(paper_reading.c.serial, paper_batch.c.label)
        .join(paper_batch, paper_batch.c.id == paper_reading.c.batch_id)
        .where(
            paper_batch.c.poll_id == held.poll_id,
            paper_batch.c.id != held.id,
            sa.or_(*elsewhere, sa.literal(held.venue_id is None)),
            paper_reading.c.superseded.is_(False),
            paper_reading.c.serial != "",
        )
    )
    return {row.serial: row.label for row in rows}


def final_readings(connection: Connection, batch_id: int) -> dict[int, Reading]:
    """Return what counts of each ballot: the decision where there is one, else the first reading."""
    return readings(connection, batch_id, Round.FIRST) | readings(connection, batch_id, Round.DECISION)


def final_verdicts(connection: Connection, batch: PaperBatch) -> Mapping[str, int]:
    """Return how many ballots of a batch are valid, blank, spoiled and over, as far as that is still known."""
    if batch.verdicts is not None:
        return batch.verdicts
    return Counter(reading.verdict.value for reading in final_readings(connection, batch.id).values())
