"""Who cast which ballot? Everything a thief of the whole store and a reader of every published file can put together.

The thief has the rows of every table, the log, the bytes of the files, the published bundle and every export, and knows
which code went to which door. They ask of each code what any row says of its channel, day and venue (the log tells whom
a paper ballot was handed to), and the same of each ballot; who does not contradict may be the one. What clerks read
from a box is a ballot as well. And they pair codes with ballots in the order in which rows lie and were written.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from renovation.model.clock import day_of
from renovation.model.polls import Channel
from renovation.store import Connection, Store, audit
from renovation.store.schema.polls import ballot, code_batch, paper_batch, paper_reading, voter_code

Choices = tuple[str, ...]
#: (venue, channel or "screen", day); ``None`` is not known.
Told = tuple[int | None, str | None, str | None]


@dataclass(frozen=True, kw_only=True)
class Linked:
    """What a thief finds out: the share of voters hit by the best guess, the chance of that without any knowledge."""

    voters: int
    figure: float
    chance: float
    certain: int
    smallest: int


def _codes(connection: Connection, poll_id: str) -> dict[str, Told]:
    """Return what is told of each code that voted, by its hash."""
    rows = connection.execute(
        sa.select(voter_code, code_batch.c.venue_id)
        .join(code_batch, code_batch.c.id == voter_code.c.batch_id)
        .where(voter_code.c.poll_id == poll_id, voter_code.c.state == "spent", ~code_batch.c.test)
    ).all()
    handed: dict[tuple[str, int], str] = {}
    for entry in audit.entries(connection, act="code."):
        if entry.act == "code.hand_out_paper":
            handed[entry.object_id, entry.detail["serial"]] = day_of(entry.at).isoformat()
        elif entry.act == "code.take_back_paper":
            handed.pop((entry.object_id, entry.detail["serial"]), None)
    found: dict[str, Told] = {}
    for row in rows:
        logged = handed.get((str(row.batch_id), row.serial))
        channel = row.channel or (Channel.PAPER.value if logged else "screen")
        found[row.code_hmac] = (row.venue_id, channel, logged or (row.spent_on and row.spent_on.isoformat()))
    return found


def _ballots(connection: Connection, poll_id: str) -> list[tuple[Told, Choices]]:
    """Return what is told of each ballot that was counted, and of each reading of one that was not forgotten."""
    boxes = {
        row.id: (row.venue_id, Channel.PAPER.value, row.day.isoformat())
        for row in connection.execute(sa.select(paper_batch).where(paper_batch.c.poll_id == poll_id))
    }
    found: list[tuple[Told, Choices]] = []
    read: dict[Choices, Told] = {}
    for row in connection.execute(sa.select(paper_reading).where(paper_reading.c.batch_id.in_(list(boxes)))):
        if row.choices:
            read[tuple(row.choices)] = boxes[row.batch_id]
    query = sa.select(ballot).where(ballot.c.poll_id == poll_id, ~ballot.c.superseded, ~ballot.c.test)
    for row in connection.execute(query):
        told: Told = (row.venue_id, row.channel, row.day and row.day.isoformat())
        if row.paper_batch_id:
            told = boxes[row.paper_batch_id]
        choices = tuple(row.choices)
        found.append((read.get(choices, told), choices))
    return found


def _fits(code: Told, cast: Told) -> bool:
    venue = code[0] is None or cast[0] is None or code[0] == cast[0]
    on_screen = cast[1] in (Channel.STATION.value, Channel.PHONE.value)
    channel = None in (code[1], cast[1]) or code[1] == cast[1] or (code[1] == "screen" and on_screen)
    day = code[2] is None or cast[2] is None or code[2] == cast[2]
    return venue and channel and day


def by_what_rows_tell(store: Store, poll_id: str, truth: Mapping[str, Choices]) -> Linked:
    """Guess every voter's ballot among those that do not contradict what is told of their code.

    Parameters
    ----------
    truth
        Hash of a code → what its holder chose; every voter chose something of their own.
    """
    with store.read() as connection:
        codes, cast = _codes(connection, poll_id), _ballots(connection, poll_id)
    hits, certain, smallest = 0.0, 0, len(cast)
    for code, chosen in truth.items():
        if code not in codes:
            continue
        left = [choices for told, choices in cast if _fits(codes[code], told)]
        # Codes that are told apart no further share what is left.
        smallest = min(smallest, len(left))
        hits += left.count(chosen) / len(left) if left else 0
        certain += left == [chosen]
    voters = len(truth)
    return Linked(voters=voters, figure=hits / voters, chance=1 / len(cast), certain=certain, smallest=smallest)


def by_order_of_rows(store: Store, poll_id: str, truth: Mapping[str, Choices]) -> int:
    """Pair codes with ballots rank by rank, as they lie in the file or were written; return the best pairing's hits."""
    orders = [_in_file(store, poll_id, truth)] if store.is_sqlite else _in_heap(store, poll_id)
    best = 0
    for codes, cast in orders:
        ours = [code for code in codes if code in truth]
        for turned in (cast, cast[::-1]):
            best = max(best, sum(truth[code] == choices for code, choices in zip(ours, turned, strict=False)))
    return best


_Order = tuple[Sequence[str], Sequence[Choices]]


def _in_file(store: Store, poll_id: str, truth: Mapping[str, Choices]) -> _Order:
    with store.read() as connection:
        rows = {
            row.id: tuple(row.choices)
            for row in connection.execute(sa.select(ballot).where(ballot.c.poll_id == poll_id, ~ballot.c.test))
        }
    content = whole_file(store)
    codes = sorted(truth, key=lambda code: content.rfind(code.encode()))
    return codes, [rows[one] for one in sorted(rows, key=lambda one: content.rfind(one.encode()))]


def _in_heap(store: Store, poll_id: str) -> list[_Order]:
    found: list[_Order] = []
    with store.read() as connection:
        for order in ("xmin::text::bigint, ctid", "ctid"):
            at = {"poll": poll_id}
            spent = sa.text(
                f"SELECT code_hmac FROM voter_code WHERE poll_id = :poll AND state = 'spent' ORDER BY {order}"
            )
            cast = sa.text(
                f"SELECT choices FROM ballot WHERE poll_id = :poll AND NOT test AND NOT superseded ORDER BY {order}"
            )
            found.append(
                (
                    [row[0] for row in connection.execute(spent, at)],
                    [tuple(row[0]) for row in connection.execute(cast, at)],
                )
            )
    return found


def whole_file(store: Store) -> bytes:
    """Return the bytes of a SQLite store and of its write-ahead log."""
    base = Path(str(store.engine.url.database))
    files = (base, base.with_name(f"{base.name}-wal"))
    return b"".join(file.read_bytes() for file in files if file.exists())


def whole_heap(connection: Connection, tables: Sequence[str]) -> bytes | None:
    """Return the bytes of tables and their indexes on PostgreSQL; ``None`` for who may not read the server's files."""
    allowed = connection.execute(sa.text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")).scalar()
    if not allowed:
        return None
    connection.commit()
    with connection.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as raw:
        raw.execute(sa.text("CHECKPOINT"))
        content = b""
        for table in tables:
            names = raw.execute(
                sa.text(
                    "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = CAST(:table AS regclass)"
                    " UNION ALL SELECT reltoastrelid::regclass::text FROM pg_class"
                    " WHERE oid = CAST(:table AS regclass) AND reltoastrelid <> 0 UNION ALL SELECT CAST(:table AS text)"
                ),
                {"table": table},
            ).scalars()
            for name in list(names):
                read = sa.text("SELECT pg_read_binary_file(pg_relation_filepath(CAST(:name AS regclass)))")
                content += bytes(raw.execute(read, {"name": name}).scalar_one())
    return content


def told_of_few(reconciliation: bytes, least: int) -> list[Mapping[str, Any]]:
    """Return the published lines that say of fewer ballots than ``least`` how many were blank, spoiled or valid."""
    lines = json.loads(reconciliation)["lines"]
    return [line for line in lines if line["kind"] == "box" and line["left"] < least and "blank" in line["parts"]]
