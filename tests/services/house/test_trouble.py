"""When the store cannot take a ballot: no false confirmation, a plain message, and voting goes on afterwards."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from renovation.errors import UnavailableError
from renovation.model.accounts import Actor, Role
from renovation.model.polls import Channel, PollStage
from renovation.services.polls import polls, voting
from renovation.store import Store
from renovation.store.polls import sealing
from renovation.text import has_text

KIOSK = Actor(role=Role.STATION)


@contextmanager
def full_disk(store: Store) -> Iterator[None]:
    """Let the SQLite file grow no further."""

    def limit(connection: Any, _record: Any) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages}")

    store.engine.dispose()
    sa.event.listen(store.engine, "connect", limit)
    try:
        yield
    finally:
        sa.event.remove(store.engine, "connect", limit)
        store.engine.dispose()


@contextmanager
def read_only(store: Store) -> Iterator[None]:
    """Refuse every write, on either engine."""

    def refuse(connection: Any, _record: Any) -> None:
        if store.is_sqlite:
            connection.execute("PRAGMA query_only=ON")
        else:
            connection.execute("SET default_transaction_read_only = on")
            connection.commit()

    store.engine.dispose()
    sa.event.listen(store.engine, "connect", refuse)
    try:
        yield
    finally:
        sa.event.remove(store.engine, "connect", refuse)
        store.engine.dispose()


def test_read_only_store_confirms_nothing_and_recovers(voting_poll: Any, admin: Actor) -> None:
    held = voting_poll
    with read_only(held.store):
        # A guess that cannot be counted is not looked up.
        for act in (
            lambda: voting.start_ballot(held.store, held.codes[0]),
            lambda: voting.cast_ballot(held.store, KIOSK, held.codes[0], ("P1",), channel=Channel.STATION),
        ):
            with pytest.raises(UnavailableError) as told:
                act()
            assert told.value.code == "store.read_only"
        assert has_text("error.store.read_only")
    assert polls.turnout(held.store, admin, held.poll.id).ballots == 0
    assert not voting.cast_ballot(held.store, KIOSK, held.codes[0], ("P1",), channel=Channel.STATION).repeated


def test_full_disk_confirms_nothing_false_and_recovers(sqlite_store: Store, admin: Actor, make_held: Any) -> None:
    held = make_held(sqlite_store, admin, size=400)
    confirmed, told = [], None
    with full_disk(held.store):
        for code in held.codes:
            try:
                confirmed.append(
                    voting.cast_ballot(held.store, KIOSK, code, ("P1", "P2", "P3"), channel=Channel.STATION)
                )
            except UnavailableError as error:
                told = error
                break
    assert told is not None, "the disk must have been full"
    assert told.code == "store.full"
    assert has_text("error.store.full")
    assert polls.turnout(held.store, admin, held.poll.id).ballots == len(confirmed)
    refused = held.codes[len(confirmed)]
    assert not voting.cast_ballot(held.store, KIOSK, refused, ("P1",), channel=Channel.STATION).repeated


def test_poll_closes_even_when_traces_cannot_be_removed_at_once(
    sqlite_store: Store, admin: Actor, make_held: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = make_held(sqlite_store, admin, size=1)
    voting.cast_ballot(held.store, KIOSK, held.codes[0], ("P1",), channel=Channel.STATION)

    def no_room(_store: Store) -> bool:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(sealing, "_squeeze_sqlite", no_room)
        closed = polls.close_poll(held.store, admin, held.poll.id)
    assert (closed.stage, closed.meta["squeezed"]) == (PollStage.CLOSED, "no")
    assert polls.seal_again(held.store, admin, held.poll.id).meta["squeezed"] == "yes"
