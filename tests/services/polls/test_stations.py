"""Computers locked to voting."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from renovation.errors import DeniedError, InvalidError, NotFoundError, StageError
from renovation.model.accounts import Actor, Role
from renovation.model.elections import BallotKind
from renovation.model.polls import PollSettings, PollStage
from renovation.model.scope import EVERYWHERE
from renovation.services.polls import polls, stations
from renovation.services.staff import accounts, guesses
from renovation.store import Store
from renovation.store.polls import polls as stored
from renovation.store.schema.stations import station as station_table
from renovation.store.staff import accounts as stored_accounts

PIN = "730518"
BEGIN = datetime(2026, 11, 21, 8, tzinfo=UTC)


def poll(store: Store, admin: Actor, stage: PollStage = PollStage.OPEN) -> tuple[str, int]:
    settings = PollSettings(title="居民投票", ballot_kind=BallotKind.CHOOSE_ONE, budget=1_000_00)
    with store.write() as unit:
        poll_id = stored.add(unit.connection, settings, at=BEGIN)
        unit.commit()
    venue = polls.add_venue(store, admin, poll_id, "活动室")
    with store.write() as unit:
        if stage is not PollStage.DRAFT:
            stored.move_on(unit.connection, poll_id, PollStage.DRAFT, stage)
        unit.commit()
    return poll_id, venue.id


def test_station_ends_this_browsers_session_and_opens_with_its_pin(store: Store, admin: Actor) -> None:
    poll_id, venue_id = poll(store, admin)
    with store.write() as unit:
        account = stored_accounts.add(
            unit.connection,
            login="li",
            name="李",
            role=Role.SOCIAL_WORKER,
            password_hash="none",
            created_at=BEGIN,
            scope=EVERYWHERE,
        )
        unit.commit()
    session, elsewhere = (accounts.begin_session(store, account).token for _ in range(2))
    actor = accounts.as_actor(account)
    token = stations.start_station(store, actor, poll_id, venue_id, "７３０５１８", session=session)
    assert accounts.session_account(store, session) is None
    assert accounts.session_account(store, elsewhere) is not None
    there = stations.active_station(store, token)
    assert there is not None
    assert (there.poll_id, there.venue_id) == (poll_id, venue_id)
    assert stations.view_station(store, there).taken == 0
    with store.read() as connection:
        row = connection.execute(sa.select(station_table)).one()
    assert token not in repr(row)
    assert PIN not in repr(row)
    stations.end_station(store, token, PIN)
    assert stations.active_station(store, token) is None


def test_easy_pins_other_venues_and_closed_polls_are_refused(sqlite_store: Store, admin: Actor) -> None:
    poll_id, venue_id = poll(sqlite_store, admin)
    draft, _ = poll(sqlite_store, admin, PollStage.DRAFT)
    _, elsewhere = poll(sqlite_store, admin)
    for pin in ("", "12345", "1234567", "111111", "123456", "654321", "abcdef", "12 456"):
        with pytest.raises(InvalidError, match=r"station\.pin"):
            stations.start_station(sqlite_store, admin, poll_id, venue_id, pin)
    with pytest.raises(StageError):
        stations.start_station(sqlite_store, admin, draft, None, PIN)
    with pytest.raises(NotFoundError):
        stations.start_station(sqlite_store, admin, poll_id, elsewhere, PIN)
    for role in (Role.RESIDENT, Role.STATION, Role.PLANNER, Role.SECOND_CLERK, Role.OBSERVER):
        with pytest.raises(DeniedError):
            stations.start_station(sqlite_store, Actor(role=role), poll_id, venue_id, PIN)
    assert stations.list_stations(sqlite_store, admin) == []


def test_guessed_pins_wait_and_do_not_end_the_station(store: Store, admin: Actor, clock: Any) -> None:
    poll_id, venue_id = poll(store, admin)
    token = stations.start_station(store, admin, poll_id, venue_id, PIN)
    for _ in range(guesses.FREE_FAILURES):
        with pytest.raises(DeniedError):
            stations.end_station(store, token, "000000")
    with pytest.raises(DeniedError, match=r"station\.wait") as refused:
        stations.end_station(store, token, PIN)
    assert refused.value.fields["seconds"] == 15
    assert stations.active_station(store, token) is not None
    clock.pass_time(seconds=16)
    stations.end_station(store, token, PIN)
    assert stations.active_station(store, token) is None


def test_lost_pin_is_mended_from_another_computer(sqlite_store: Store, admin: Actor) -> None:
    poll_id, venue_id = poll(sqlite_store, admin)
    token = stations.start_station(sqlite_store, admin, poll_id, venue_id, PIN)
    [there] = stations.list_stations(sqlite_store, admin)
    assert there.venue == "活动室"
    stations.close_station(sqlite_store, admin, there.id)
    assert stations.active_station(sqlite_store, token) is None
    with pytest.raises(DeniedError):
        stations.end_station(sqlite_store, token, PIN)
