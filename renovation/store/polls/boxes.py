"""What travels between stores: the codes of a venue by their hashes, and which boxes have come back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from renovation.model.polls import Channel, CodeState
from renovation.store.engine import Connection
from renovation.store.polls import running
from renovation.store.schema.polls import box, code_batch, kit_cards, poll, voter_code


def poll_exists(connection: Connection, poll_id: str) -> bool:
    """Tell whether a poll of this id is here."""
    return connection.execute(sa.select(poll.c.id).where(poll.c.id == poll_id)).first() is not None


def keep_cards(connection: Connection, poll_id: str, cards: Mapping[str, Any]) -> None:
    """Keep what a kit brought for the cards of its ballot."""
    connection.execute(kit_cards.insert().values(poll_id=poll_id, content=dict(cards)))


def cards(connection: Connection, poll_id: str) -> Mapping[str, Any]:
    """Return what a poll's kit brought for the cards of its ballot."""
    found: Mapping[str, Any] = connection.execute(
        sa.select(kit_cards.c.content).where(kit_cards.c.poll_id == poll_id)
    ).scalar_one()
    return found


def code_rows(connection: Connection, venue_id: int) -> list[dict[str, Any]]:
    """Return the codes of a venue's batches in the order of their hashes, without households."""
    rows = connection.execute(
        sa.select(
            voter_code.c.code_hmac,
            voter_code.c.serial,
            voter_code.c.state,
            voter_code.c.channel,
            voter_code.c.spent_on,
            voter_code.c.attempt,
            voter_code.c.reason,
            code_batch.c.label,
            code_batch.c.test,
        )
        .select_from(voter_code.join(code_batch, code_batch.c.id == voter_code.c.batch_id))
        .where(code_batch.c.venue_id == venue_id)
        .order_by(voter_code.c.code_hmac)
    )
    return [
        {**row._mapping, "spent_on": row.spent_on.isoformat() if row.spent_on else None, "channel": row.channel or ""}
        for row in rows
    ]


def lay_codes(
    connection: Connection, poll_id: str, venue_id: int, rows: Sequence[Mapping[str, Any]], *, at: datetime
) -> None:
    """Lay a kit's codes into this store, one batch per label."""
    groups: dict[tuple[str, bool], list[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["label"], row["test"]), []).append(row)
    for (label, test), members in sorted(groups.items()):
        made = connection.execute(
            code_batch.insert()
            .values(poll_id=poll_id, venue_id=venue_id, label=label, size=len(members), test=test, created_at=at)
            .returning(code_batch.c.id)
        ).scalar_one()
        connection.execute(
            voter_code.insert(),
            [
                {
                    "code_hmac": row["code_hmac"],
                    "poll_id": poll_id,
                    "batch_id": made,
                    # Two batches of one label would repeat serials.
                    "serial": place,
                    "state": row["state"],
                    "channel": row["channel"] or None,
                    "spent_on": date.fromisoformat(row["spent_on"]) if row["spent_on"] else None,
                    "attempt": row["attempt"],
                    "reason": row["reason"],
                }
                for place, row in enumerate(members, 1)
            ],
        )
        running.added(connection, code_batch, code_batch.c.id == made)
        running.added(connection, voter_code, voter_code.c.batch_id == made)


#: (channel, day, test)
Spent = tuple[str, str, bool]


def merge_codes(connection: Connection, venue_id: int, rows: Sequence[Mapping[str, Any]]) -> Counter[Spent] | None:
    """Take over the states of a venue's codes; return what was newly spent by channel, day and kind of code.

    ``None`` when a code is unknown here, missing there, of another kind, or not unused here and different there.
    """
    here = {row["code_hmac"]: row for row in code_rows(connection, venue_id)}
    if here.keys() != {row["code_hmac"] for row in rows} or len(here) != len(rows):
        return None
    ours = sa.select(code_batch.c.id).where(code_batch.c.venue_id == venue_id)
    with running.changing(connection, voter_code, voter_code.c.batch_id.in_(ours)):
        return _merge_states(connection, here, rows)


def _merge_states(
    connection: Connection, here: Mapping[str, Mapping[str, Any]], rows: Sequence[Mapping[str, Any]]
) -> Counter[Spent] | None:
    spent: Counter[Spent] = Counter()
    for row in rows:
        known = here[row["code_hmac"]]
        if known["test"] is not row["test"]:
            return None
        if (known["state"], known["channel"]) == (row["state"], row["channel"]):
            continue
        if known["state"] != CodeState.UNUSED.value:
            return None
        connection.execute(
            voter_code.update()
            .where(voter_code.c.code_hmac == row["code_hmac"], voter_code.c.state == CodeState.UNUSED.value)
            .values(
                state=CodeState(row["state"]).value,
                channel=Channel(row["channel"]).value if row["channel"] else None,
                spent_on=date.fromisoformat(row["spent_on"]) if row["spent_on"] else None,
                attempt=row["attempt"],
                reason=row["reason"],
            )
        )
        if row["state"] == CodeState.SPENT.value:
            spent[row["channel"], row["spent_on"], row["test"]] += 1
    return spent


def merged(connection: Connection, digest: str) -> int | None:
    """Return how many ballots a box brought when it was merged; ``None`` when it has not been."""
    return connection.execute(sa.select(box.c.ballots).where(box.c.digest == digest)).scalar()


def note_merged(
    connection: Connection, *, digest: str, poll_id: str, venue_id: int, kit: str, ballots: int, at: datetime
) -> None:
    """Note that a box has been merged."""
    connection.execute(
        box.insert().values(digest=digest, poll_id=poll_id, venue_id=venue_id, kit=kit, ballots=ballots, merged_at=at)
    )
    running.added(connection, box, box.c.digest == digest)
