"""Batches of voting codes and the states of the codes in them; no code itself is ever here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from renovation.errors import NotFoundError
from renovation.model.polls import BatchCount, Channel, CodeBatch, CodeLine, CodeState, PollStage
from renovation.store.engine import Connection
from renovation.store.polls import forgetting, running
from renovation.store.rows import read_row
from renovation.store.schema.polls import code_batch, poll, receipt, venue, voter_code


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeEntry:
    """What the store knows about one code, found by its keyed hash."""

    code_hmac: str
    poll_id: str
    batch_id: int
    serial: int
    state: CodeState
    channel: Channel | None
    attempt: str
    reason: str
    venue_id: int | None
    venue_name: str
    venue_kit: str
    test: bool
    title: str
    stage: PollStage
    version: int


_BATCH = tuple(CodeBatch.__slots__)


def add_batch(
    connection: Connection, *, poll_id: str, venue_id: int | None, label: str, size: int, test: bool, at: datetime
) -> CodeBatch:
    """Add an empty batch."""
    values: dict[str, Any] = {
        "poll_id": poll_id, "venue_id": venue_id, "label": label, "size": size, "test": test, "created_at": at,
    }  # fmt: skip
    made = connection.execute(code_batch.insert().values(**values).returning(code_batch.c.id)).scalar_one()
    running.added(connection, code_batch, code_batch.c.id == made)
    return CodeBatch(id=made, **values)


def add_codes(
    connection: Connection,
    batch: CodeBatch,
    hmacs: Sequence[str],
    *,
    first_serial: int = 1,
    households: Sequence[int] = (),
) -> None:
    """Add codes by their hashes; stored in the order of the hashes, which is random."""
    rows = [
        {
            "code_hmac": code_hmac,
            "poll_id": batch.poll_id,
            "batch_id": batch.id,
            "serial": first_serial + place,
            "household_id": households[place] if households else None,
            "state": CodeState.UNUSED.value,
            "channel": None,
            "spent_on": None,
            "attempt": "",
            "reason": "",
        }
        for place, code_hmac in enumerate(hmacs)
    ]
    connection.execute(voter_code.insert(), sorted(rows, key=lambda row: str(row["code_hmac"])))
    running.changed(connection, voter_code, after=rows)


def batch(connection: Connection, batch_id: int) -> CodeBatch:
    """Return a batch.

    Raises
    ------
    NotFoundError
        ``code.batch_unknown``.
    """
    row = connection.execute(sa.select(*(code_batch.c[name] for name in _BATCH)).where(code_batch.c.id == batch_id))
    found = row.first()
    if found is None:
        raise NotFoundError("code.batch_unknown", batch=batch_id)
    return CodeBatch(**found._mapping)


def batches(connection: Connection, poll_id: str) -> tuple[BatchCount, ...]:
    """Return a poll's batches with the counts of their codes' states."""
    states: dict[int, dict[CodeState, int]] = {}
    paper: dict[int, int] = {}
    for row in connection.execute(
        sa.select(voter_code.c.batch_id, voter_code.c.state, voter_code.c.channel, sa.func.count())
        .where(voter_code.c.poll_id == poll_id)
        .group_by(voter_code.c.batch_id, voter_code.c.state, voter_code.c.channel)
    ):
        counted = states.setdefault(row[0], {})
        counted[CodeState(row[1])] = counted.get(CodeState(row[1]), 0) + row[3]
        if row[1] == CodeState.SPENT.value and row[2] == Channel.PAPER.value:
            paper[row[0]] = paper.get(row[0], 0) + row[3]
    rows = connection.execute(
        sa.select(*(code_batch.c[name] for name in _BATCH), code_batch.c.on_paper)
        .where(code_batch.c.poll_id == poll_id)
        .order_by(code_batch.c.id)
    )
    return tuple(
        BatchCount(
            batch=CodeBatch(**{name: row._mapping[name] for name in _BATCH}),
            states=states.get(row.id, {}),
            paper=paper.get(row.id, 0) + (row.on_paper or 0),
        )
        for row in rows
    )


def spent_by_place(connection: Connection, poll_id: str) -> list[forgetting.Place]:
    """Return (venue, channel, day, test, count) of spent codes, those that have forgotten it included."""
    columns = (code_batch.c.venue_id, voter_code.c.channel, voter_code.c.spent_on, code_batch.c.test)
    rows = connection.execute(
        sa.select(*columns, sa.func.count())
        .select_from(voter_code.join(code_batch, code_batch.c.id == voter_code.c.batch_id))
        .where(
            voter_code.c.poll_id == poll_id,
            voter_code.c.state == CodeState.SPENT.value,
            voter_code.c.spent_on.is_not(None),
        )
        .group_by(*columns)
    )
    told = [(row[0], Channel(row[1]), row[2], row[3], row[4]) for row in rows]
    return [*told, *forgetting.counts(connection, poll_id, "spent")]


def lines(connection: Connection, batch_id: int) -> tuple[CodeLine, ...]:
    """Return the list of a batch by serial."""
    rows = connection.execute(
        sa.select(voter_code).where(voter_code.c.batch_id == batch_id).order_by(voter_code.c.serial)
    )
    return tuple(read_row(CodeLine, row, channel=row.channel or None) for row in rows)


#: Built once: these run for every voter.
_FIND = (
    sa.select(
        voter_code.c.code_hmac,
        voter_code.c.poll_id,
        voter_code.c.batch_id,
        voter_code.c.serial,
        voter_code.c.state,
        voter_code.c.channel,
        voter_code.c.attempt,
        voter_code.c.reason,
        code_batch.c.venue_id,
        sa.func.coalesce(venue.c.name, "").label("venue_name"),
        sa.func.coalesce(venue.c.kit, "").label("venue_kit"),
        code_batch.c.test,
        poll.c.title,
        poll.c.stage,
        poll.c.version,
    )
    .select_from(
        voter_code.join(code_batch, code_batch.c.id == voter_code.c.batch_id)
        .join(poll, poll.c.id == voter_code.c.poll_id)
        .outerjoin(venue, venue.c.id == code_batch.c.venue_id)
    )
    .where(voter_code.c.code_hmac.in_(sa.bindparam("hmacs", expanding=True)))
)
_UNUSED = running.rows_of(
    voter_code, voter_code.c.code_hmac == sa.bindparam("hmac"), voter_code.c.state == CodeState.UNUSED.value
).with_for_update()
_SPEND = (
    voter_code.update()
    .where(voter_code.c.code_hmac == sa.bindparam("hmac"), voter_code.c.state == CodeState.UNUSED.value)
    .values(
        state=CodeState.SPENT.value,
        channel=sa.bindparam("by"),
        spent_on=sa.bindparam("day"),
        attempt=sa.bindparam("tried"),
    )
)
_STAGE_HELD = (
    sa.select(
        poll.c.stage,
        sa.select(venue.c.kit).where(venue.c.id == sa.bindparam("venue_id")).scalar_subquery().label("kit"),
    )
    .where(poll.c.id == sa.bindparam("poll_id"))
    .with_for_update(read=True, of=poll)
)
_HAS_RECEIPT = sa.select(receipt.c.poll_id).where(receipt.c.commitment == sa.bindparam("commitment"))
# ``rowcount`` is not told for INSERT … SELECT on every engine; what it returns is.
_ADD_RECEIPT = (
    receipt.insert()
    .from_select(
        ["commitment", "poll_id", "test"],
        sa.select(
            sa.bindparam("commitment", type_=sa.String),
            sa.bindparam("poll_id", type_=sa.String),
            sa.bindparam("test", type_=sa.Boolean),
        ).where(~sa.exists().where(receipt.c.commitment == sa.bindparam("commitment", type_=sa.String))),
    )
    .returning(receipt.c.commitment)
)


def find(connection: Connection, hmacs: Iterable[str]) -> CodeEntry | None:
    """Return the one code that has one of these hashes."""
    row = connection.execute(_FIND, {"hmacs": list(hmacs)}).first()
    if row is None:
        return None
    held = dict(row._mapping)
    held["state"] = CodeState(held["state"])
    held["channel"] = Channel(held["channel"]) if held["channel"] else None
    held["stage"] = PollStage(held["stage"])
    return CodeEntry(**held)


def spend(connection: Connection, code_hmac: str, *, channel: Channel, day: date, attempt: str = "") -> bool:
    """Spend an unused code; tell whether this call did. The first statement of the transaction that writes the ballot.

    On PostgreSQL a second spender waits here for the first and then finds nothing unused; on SQLite there is one
    writer.
    """
    values = {"hmac": code_hmac, "by": channel.value, "day": day, "tried": attempt}
    held = connection.execute(_UNUSED, {"hmac": code_hmac}).first()
    if held is None or connection.execute(_SPEND, values).rowcount != 1:
        return False
    now_stands = {"state": CodeState.SPENT.value, "channel": channel.value, "spent_on": day, "attempt": attempt}
    running.changed(connection, voter_code, [held._mapping], [{**held._mapping, **now_stands}])
    return True


def stage_held(connection: Connection, poll_id: str, venue_id: int | None) -> tuple[PollStage, str]:
    """Return a poll's stage, held until the transaction ends, and the kit that is out at the venue."""
    row = connection.execute(_STAGE_HELD, {"poll_id": poll_id, "venue_id": venue_id}).one()
    return PollStage(row.stage), row.kit or ""


def set_state(
    connection: Connection,
    batch_id: int,
    serial: int,
    *,
    before: Iterable[CodeState],
    after: CodeState,
    reason: str,
    channel: Channel | None = None,
) -> bool:
    """Move a code to another state with a reason; tell whether it stood in one of ``before``."""
    which = [
        voter_code.c.batch_id == batch_id,
        voter_code.c.serial == serial,
        voter_code.c.state.in_([state.value for state in before]),
    ]
    if channel is not None:
        which.append(voter_code.c.channel == channel.value)
    change = voter_code.update().where(*which).values(state=after.value, reason=reason)
    with running.changing(connection, voter_code, *which):
        return connection.execute(change).rowcount == 1


def void_unused(connection: Connection, batch_id: int, reason: str) -> int:
    """Void every unused code of a batch and return how many there were."""
    which = (voter_code.c.batch_id == batch_id, voter_code.c.state == CodeState.UNUSED.value)
    change = voter_code.update().where(*which).values(state=CodeState.VOID.value, reason=reason)
    with running.changing(connection, voter_code, *which):
        return connection.execute(change).rowcount


def next_serial(connection: Connection, batch_id: int) -> int:
    """Return the serial after the batch's last."""
    query = sa.select(sa.func.coalesce(sa.func.max(voter_code.c.serial), 0)).where(voter_code.c.batch_id == batch_id)
    return int(connection.execute(query).scalar_one()) + 1


def grow(connection: Connection, batch_id: int, by: int) -> None:
    """Note that a batch has more codes than it was made with (re-issued ones)."""
    with running.changing(connection, code_batch, code_batch.c.id == batch_id):
        connection.execute(code_batch.update().where(code_batch.c.id == batch_id).values(size=code_batch.c.size + by))


def has_receipt(connection: Connection, commitment: str) -> str | None:
    """Return the poll whose list of receipts holds a commitment."""
    return connection.execute(_HAS_RECEIPT, {"commitment": commitment}).scalar()


def receipt_entry(connection: Connection, commitment: str) -> tuple[str, bool] | None:
    """Return (poll id, whether of a test ballot) of a commitment that is on a list."""
    row = connection.execute(
        sa.select(receipt.c.poll_id, receipt.c.test).where(receipt.c.commitment == commitment)
    ).first()
    return None if row is None else (row.poll_id, row.test)


def add_receipt(connection: Connection, commitment: str, poll_id: str, *, test: bool) -> bool:
    """Add a commitment to a poll's list of receipts; tell whether it was not there before."""
    values = {"commitment": commitment, "poll_id": poll_id, "test": test}
    if connection.execute(_ADD_RECEIPT, values).first() is None:
        return False
    running.changed(connection, receipt, after=[values])
    return True


def receipts(connection: Connection, poll_id: str, *, test: bool = False) -> tuple[str, ...]:
    """Return the sorted commitments of a poll's receipts."""
    rows = connection.execute(
        sa.select(receipt.c.commitment)
        .where(receipt.c.poll_id == poll_id, receipt.c.test.is_(test))
        .order_by(receipt.c.commitment)
    )
    return tuple(rows.scalars())
