"""Final acts ask what speaks against them: nobody voted, somebody is voting, a clock that cannot be believed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from renovation.errors import ConflictError, DeniedError, InvalidError, StageError, UnavailableError
from renovation.model import clock
from renovation.model.accounts import Actor, Role
from renovation.model.polls import GRACE, Channel, PollStage
from renovation.services.polls import codes, kits, polls, voting
from renovation.store import Store, audit

KIOSK = Actor(role=Role.STATION)
DEAD = datetime(2020, 1, 1, 4, tzinfo=UTC)


def vote(store: Store, code: str, attempt: str = "") -> str:
    return voting.cast_ballot(store, KIOSK, code, ("P1",), channel=Channel.STATION, attempt=attempt).code


def test_a_poll_that_nobody_voted_in_closes_with_a_reason_and_two(
    voting_poll: Any, admin: Actor, social_worker: Actor
) -> None:
    held = voting_poll
    with pytest.raises(ConflictError, match=r"poll\.nobody_voted"):
        polls.close_poll(held.store, admin, held.poll.id)
    with pytest.raises(DeniedError, match=r"poll\.second_person"):
        polls.close_poll(held.store, admin, held.poll.id, reason="下大雨")
    polls.close_poll(held.store, admin, held.poll.id, reason="下大雨", second=social_worker)
    with held.store.read() as connection:
        (entry,) = audit.entries(connection, act="poll.close")
    assert (entry.detail["doubts"], entry.detail["reason"]) == (["poll.nobody_voted"], "下大雨")


def test_paper_handed_out_is_no_poll_without_voters(voting_poll: Any, admin: Actor) -> None:
    codes.hand_out_paper(voting_poll.store, admin, voting_poll.poll.id, voting_poll.codes[0])
    assert polls.close_poll(voting_poll.store, admin, voting_poll.poll.id).stage is PollStage.CLOSED


def test_whoever_has_begun_is_asked_for_and_finishes(
    voting_poll: Any, admin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, store = voting_poll, voting_poll.store
    vote(store, held.codes[0])
    ticket, late = (voting.start_ballot(store, held.codes[at], actor=KIOSK) for at in (1, 2))
    gone = voting.start_ballot(store, held.codes[3], actor=KIOSK)
    voting.leave_ballot(store, held.poll.id, gone.attempt)
    (doubt,) = polls.closing_doubts(store, admin, held.poll.id)
    assert (doubt.code, doubt.fields["count"]) == ("poll.under_way", 2)
    with pytest.raises(ConflictError, match=r"poll\.under_way"):
        polls.close_poll(store, admin, held.poll.id)
    polls.last_call(store, admin, held.poll.id)
    with pytest.raises(ConflictError, match=r"poll\.last_called"):
        polls.last_call(store, admin, held.poll.id)
    with pytest.raises(StageError, match=r"poll\.last_call"):
        voting.start_ballot(store, held.codes[4], actor=KIOSK)
    vote(store, held.codes[1], ticket.attempt)
    after = clock.now() + GRACE + timedelta(seconds=1)
    monkeypatch.setattr(clock, "tick", lambda: after)
    with pytest.raises(StageError, match=r"poll\.closed"):
        vote(store, held.codes[2], late.attempt)
    assert polls.close_poll(store, admin, held.poll.id).stage is PollStage.CLOSED
    assert polls.turnout(store, admin, held.poll.id).ballots == 2


def test_a_clock_before_the_opening_ends_nothing(
    voting_poll: Any, admin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    vote(voting_poll.store, voting_poll.codes[0])
    monkeypatch.setattr(clock, "tick", lambda: DEAD)
    with pytest.raises(UnavailableError, match=r"poll\.clock"):
        polls.close_poll(voting_poll.store, admin, voting_poll.poll.id)


@pytest.fixture
def laptop(make_store: Callable[[Path], Store], tmp_path: Path) -> Store:
    return make_store(tmp_path / "laptop")


def test_a_dead_clock_votes_only_after_two_have_said_the_day(
    voting_poll: Any, laptop: Store, admin: Actor, social_worker: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, today = voting_poll, clock.today()
    made = kits.make_kit(held.store, admin, held.poll.id, held.venue.id)
    kits.install_kit(laptop, admin, made.file[2], made.passphrase)
    vote(laptop, held.codes[0])
    with monkeypatch.context() as dead:
        dead.setattr(clock, "tick", lambda: DEAD)
        for act in (
            lambda: vote(laptop, held.codes[1]),
            lambda: codes.hand_out_paper(laptop, admin, held.poll.id, held.codes[2]),
        ):
            with pytest.raises(UnavailableError, match=r"ballot\.day_unconfirmed"):
                act()
        with pytest.raises(InvalidError, match=r"kit\.day"):
            kits.confirm_day(laptop, admin, held.poll.id, today - timedelta(days=1), second=social_worker)
        with pytest.raises(DeniedError, match=r"poll\.second_person"):
            kits.confirm_day(laptop, admin, held.poll.id, today, second=None)
        kits.confirm_day(laptop, admin, held.poll.id, today, second=social_worker)
        vote(laptop, held.codes[1])
        codes.hand_out_paper(laptop, admin, held.poll.id, held.codes[2])
        box = kits.make_box(laptop, admin, held.poll.id)[2]
    assert kits.merge_box(held.store, admin, held.poll.id, box).ballots == 2


def test_a_box_of_wrong_days_is_taken_with_a_reason_and_two(
    voting_poll: Any, laptop: Store, admin: Actor, social_worker: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, ahead = voting_poll, clock.now() + timedelta(days=9)
    made = kits.make_kit(held.store, admin, held.poll.id, held.venue.id)
    with monkeypatch.context() as wrong:
        wrong.setattr(clock, "tick", lambda: ahead)
        kits.install_kit(laptop, admin, made.file[2], made.passphrase)
        vote(laptop, held.codes[0])
        box = kits.make_box(laptop, admin, held.poll.id)[2]
    with pytest.raises(InvalidError, match=r"kit\.not_allowed"):
        kits.merge_box(held.store, admin, held.poll.id, box)
    with pytest.raises(DeniedError, match=r"poll\.second_person"):
        kits.merge_box(held.store, admin, held.poll.id, box, reason="电脑快了九天")
    kits.merge_box(held.store, admin, held.poll.id, box, reason="电脑快了九天", second=social_worker)
    polls.close_poll(held.store, admin, held.poll.id)
    assert polls.turnout(held.store, admin, held.poll.id).ballots == 1
