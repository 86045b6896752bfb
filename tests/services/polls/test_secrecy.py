"""Who chose what cannot be told from a sealed poll, though it can from one that is still open: 300 voters, two engines.

The attacks pair codes with ballots by what lies below SQL: transaction numbers, physical order, the write-ahead log.
"""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from renovation.model.accounts import Actor, Role
from renovation.model.codes import normalise_code
from renovation.model.elections import BallotKind
from renovation.model.polls import Channel, PollProject
from renovation.services.outcome import publishing
from renovation.services.polls import codes, polls, voting
from renovation.store import Store
from renovation.store.polls import codekeys
from renovation.store.polls import polls as poll_store

VOTERS = 300
CHANCE_AND_FIVE_POINTS = VOTERS * 0.05 + 1


@pytest.fixture
def truth(store: Store, admin: Actor, make_poll_draft: Callable[..., str]) -> tuple[str, dict[str, tuple[str, ...]]]:
    """A poll in which every voter chose something of their own, cast in an order of chance: code hash → choices."""
    poll_id = make_poll_draft(BallotKind.APPROVAL, max_choices=3)
    entries = [PollProject(number=n, key=f"P{n:02d}", name=f"项目{n}", cost=1000) for n in range(1, 16)]
    with store.write() as unit:
        poll_store.set_projects(unit.connection, poll_id, entries)
        unit.commit()
    made = codes.make_batch(store, admin, poll_id, None, VOTERS, "一批")
    polls.open_poll(store, admin, poll_id, denominator=VOTERS)
    with store.read() as connection:
        key = codekeys.key_ring(connection).room(poll_id, "")
    chosen = itertools.combinations([entry.key for entry in entries], 3)
    cast: dict[str, tuple[str, ...]] = {}
    slips = [normalise_code(slip.code) for slip in made.slips]
    random.Random(3).shuffle(slips)
    for code, choices in zip(slips, chosen, strict=False):
        voting.cast_ballot(store, Actor(role=Role.STATION), code, choices, channel=Channel.STATION)
        cast[codekeys.code_hmac(key, code)] = choices
    return poll_id, cast


def hits(cast: dict[str, tuple[str, ...]], codes_in_order: list[str], choices_in_order: list[tuple[str, ...]]) -> int:
    """Pair codes and ballots rank by rank and count the voters found out."""
    pairs = zip(codes_in_order, choices_in_order, strict=True)
    return sum(cast[code] == choices for code, choices in pairs)


def by_transaction(store: Store) -> tuple[list[str], list[tuple[str, ...]]]:
    """Order both tables by the hidden number of the transaction that wrote each row, and by place within it."""
    with store.read() as connection:
        spent = connection.execute(
            sa.text("SELECT code_hmac FROM voter_code WHERE state = 'spent' ORDER BY xmin::text::bigint, ctid")
        )
        cast = connection.execute(sa.text("SELECT choices FROM ballot ORDER BY xmin::text::bigint, ctid"))
        return [row[0] for row in spent], [tuple(row[0]) for row in cast]


def by_place_in_files(
    store: Store, cast: dict[str, tuple[str, ...]], suffix: str
) -> tuple[list[str], list[tuple[str, ...]]]:
    """Order codes and ballots by where they were last written in a file."""
    with store.read() as connection:
        ids = {row.id: tuple(row.choices) for row in connection.execute(poll_store.ballot.select())}
    path = Path(str(store.engine.url.database) + suffix)
    content = path.read_bytes() if path.exists() else b""
    places = {code: content.rfind(code.encode()) for code in cast}
    found = sorted((code for code in cast if places[code] >= 0), key=places.__getitem__)
    ballots = sorted((one for one in ids if one.encode() in content), key=lambda one: content.rfind(one.encode()))
    return found, [ids[one] for one in ballots]


@contextmanager
def somebody_elses_transaction(store: Store) -> Iterator[None]:
    """Keep a transaction open for another second, as a report somebody runs meanwhile would (PostgreSQL only)."""
    if store.is_sqlite:
        yield
        return
    connection = store.engine.connect()
    connection.execute(sa.text("SELECT pg_current_xact_id()"))
    end = threading.Timer(1.0, connection.close)
    end.start()
    yield
    end.join()


def test_sealing_hides_who_chose_what(
    store: Store, admin: Actor, truth: tuple[str, dict[str, tuple[str, ...]]]
) -> None:
    poll_id, cast = truth
    if not store.is_sqlite:
        assert hits(cast, *by_transaction(store)) == VOTERS, "the attack must work on an open poll"
    polls.close_poll(store, admin, poll_id)
    before = _ledger(store)
    with somebody_elses_transaction(store):
        publishing.reconcile_poll(store, admin, poll_id)
    assert _ledger(store) == before, "two sealed copies must not differ"
    if store.is_sqlite:
        wal = Path(f"{store.engine.url.database}-wal")
        assert not wal.exists() or wal.stat().st_size == 0
        found, ballots = by_place_in_files(store, cast, "")
        assert len(found) == len(ballots) == VOTERS
        assert hits(cast, found, ballots) <= CHANCE_AND_FIVE_POINTS
        return
    assert hits(cast, *by_transaction(store)) <= CHANCE_AND_FIVE_POINTS
    with store.read() as connection:
        for table in ("ballot", "receipt", "voter_code"):
            assert connection.execute(sa.text(f"SELECT count(DISTINCT xmin::text) FROM {table}")).scalar_one() == 1
    # What lies in the pages themselves; the server's own statistics are told late.
    with store.write() as unit:
        unit.connection.execute(sa.text("CREATE EXTENSION IF NOT EXISTS pgstattuple"))
        for table in ("ballot", "voter_code"):
            dead = unit.connection.execute(sa.text(f"SELECT dead_tuple_count FROM pgstattuple('{table}')"))
            assert dead.scalar_one() == 0


def test_rows_and_log_tell_no_order_and_no_time(store: Store, voting_poll: Any) -> None:
    for code in voting_poll.codes:
        voting.cast_ballot(store, Actor(role=Role.STATION), code, ("P1",), channel=Channel.STATION)
    columns = {column.name for column in poll_store.ballot.columns}
    assert not columns & {"code_hmac", "serial", "household_id", "at", "created_at", "attempt"}
    if store.is_sqlite:
        for table in ("ballot", "receipt", "voter_code"):
            with store.engine.connect() as connection, pytest.raises(sa.exc.OperationalError, match="rowid"):
                connection.execute(sa.text(f"SELECT rowid FROM {table}"))
    with store.read() as connection:
        acts = [row[0] for row in connection.execute(sa.text("SELECT act FROM audit ORDER BY seq"))]
    assert not [act for act in acts if act.startswith("ballot")]
    assert len(acts) < 10


def _ledger(store: Store) -> set[str]:
    with store.read() as connection:
        return {
            str(tuple(row))
            for table in ("ballot", "receipt")
            for row in connection.execute(sa.text(f"SELECT * FROM {table}"))
        }
