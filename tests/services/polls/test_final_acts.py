"""Final acts ask what speaks against them: nobody voted, somebody is voting, a clock that cannot be believed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from renovation.errors import ConflictError, DeniedError, InvalidError, StageError, UnavailableError
from renovation.model import clock
from renovation.model.accounts import Actor, Role
from renovation.model.polls import GRACE, Channel, PollStage
from renovation.services.polls import codes, kits, polls, reconciliation, stations, venues, voting
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
    voting.leave_ballot(store, gone.attempt)
    (doubt,) = polls.closing_doubts(store, admin, held.poll.id)
    assert (doubt.code, doubt.fields["count"]) == ("poll.under_way", 2)
    with pytest.raises(ConflictError, match=r"poll\.under_way"):
        polls.close_poll(store, admin, held.poll.id)
    # Whoever takes longer has gone.
    with monkeypatch.context() as later:
        quarter = clock.now() + timedelta(minutes=16)
        later.setattr(clock, "tick", lambda: quarter)
        assert polls.closing_doubts(store, admin, held.poll.id) == ()
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
    change = {"reason": "定时间", "second": social_worker}
    venues.change_venue(
        held.store, admin, held.poll.id, held.venue.id, held.venue.name, f"{today} 0:00-24:00", **change
    )
    made = kits.make_kit(held.store, admin, held.poll.id, held.venue.id)
    kits.install_kit(laptop, admin, made.file[2], made.passphrase)
    vote(laptop, held.codes[0])
    with monkeypatch.context() as dead:
        dead.setattr(clock, "tick", lambda: DEAD)
        for act in (
            lambda: vote(laptop, held.codes[1]),
            lambda: stations.start_station(laptop, admin, held.poll.id, None, "730518"),
            lambda: codes.hand_out_paper(laptop, admin, held.poll.id, held.codes[2]),
        ):
            with pytest.raises(UnavailableError, match=r"ballot\.day_unconfirmed"):
                act()
        with pytest.raises(InvalidError, match=r"kit\.day"):
            kits.confirm_day(laptop, admin, held.poll.id, today - timedelta(days=1), second=social_worker)
        with pytest.raises(DeniedError, match=r"poll\.second_person"):
            kits.confirm_day(laptop, admin, held.poll.id, today, second=None)
        kits.confirm_day(laptop, admin, held.poll.id, today, second=social_worker)
        # A clock that does not know the day does not know the hour, and keeps nobody out.
        stations.start_station(laptop, admin, held.poll.id, None, "730518")
        place = polls.venues(laptop, admin, held.poll.id)[0].id
        voting.start_ballot(laptop, held.codes[1], actor=Actor(role=Role.STATION), venue_id=place)
        vote(laptop, held.codes[1])
        codes.hand_out_paper(laptop, admin, held.poll.id, held.codes[2])
        box = kits.make_box(laptop, admin, held.poll.id)[2]
    # The office sees that the clock was off, and is told what was done about it.
    with pytest.raises(ConflictError, match=r"kit\.clock_behind"):
        kits.merge_box(held.store, admin, held.poll.id, box)
    with pytest.raises(DeniedError, match=r"poll\.second_person"):
        kits.merge_box(held.store, admin, held.poll.id, box, reason="电池没电")
    merged = kits.merge_box(held.store, admin, held.poll.id, box, reason="电池没电", second=social_worker)
    assert merged.ballots == 2
    with held.store.read() as connection:
        (entry,) = audit.entries(connection, act="kit.wrong_days")
    assert (entry.detail["doubts"], entry.detail["days"]) == (["kit.clock_behind", "kit.days_said"], [])


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


def _hours(*, ago: int = 0, until: str = "24:00") -> str:
    return f"{clock.today() - timedelta(days=ago)} 00:00-{until}"


def test_hours_bound_stations_and_paper_and_staff_extend_them(
    voting_poll: Any, admin: Actor, social_worker: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, store, poll_id = voting_poll, voting_poll.store, voting_poll.poll.id
    noon = clock.moment_on(clock.today(), time(12))
    monkeypatch.setattr(clock, "tick", lambda: noon)
    change = {"reason": "写明时间", "second": social_worker}
    venues.change_venue(store, admin, poll_id, held.venue.id, held.venue.name, _hours(until="12:00"), **change)
    for act in (
        lambda: voting.start_ballot(store, held.codes[0], actor=KIOSK, venue_id=held.venue.id),
        lambda: codes.hand_out_paper(store, social_worker, poll_id, held.codes[0]),
    ):
        with pytest.raises(StageError, match=r"hours\.over"):
            act()
    # On one's own phone no venue opens or closes.
    voting.start_ballot(store, held.codes[0])
    with pytest.raises(InvalidError, match=r"hours\.until"):
        venues.extend_hours(store, social_worker, poll_id, 12 * 60, venue_id=held.venue.id, reason="还有人排队")
    venues.extend_hours(store, social_worker, poll_id, 13 * 60, venue_id=held.venue.id, reason="还有人排队")
    voting.start_ballot(store, held.codes[0], actor=KIOSK, venue_id=held.venue.id)
    (doubt,) = [one for one in polls.closing_doubts(store, admin, poll_id) if one.code == "poll.hours_left"]
    assert doubt.fields["ends"] == clock.moment_on(clock.today(), time(13))
    with store.read() as connection:
        (entry,) = audit.entries(connection, act="poll.extend_hours")
    assert (entry.detail["before"], entry.detail["after"], entry.detail["reason"]) == ("12:00", "13:00", "还有人排队")


def test_a_poll_whose_hours_have_passed_opens_with_a_reason_and_two(
    store: Store, make_poll_draft: Callable[..., str], admin: Actor, social_worker: Actor
) -> None:
    poll_id = make_poll_draft()
    polls.add_venue(store, admin, poll_id, "老人之家", _hours(ago=2))
    with pytest.raises(ConflictError, match=r"poll\.hours_over"):
        polls.open_poll(store, admin, poll_id)
    with pytest.raises(DeniedError, match=r"poll\.second_person"):
        polls.open_poll(store, admin, poll_id, reason="海报已改")
    assert polls.open_poll(store, admin, poll_id, reason="海报已改", second=social_worker).stage is PollStage.OPEN


def test_a_box_of_a_day_on_which_nobody_else_voted_is_asked_about(
    voting_poll: Any, laptop: Store, admin: Actor, social_worker: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, store, poll_id = voting_poll, voting_poll.store, voting_poll.poll.id
    # Days later the hall votes, the laptop's clock two days behind.
    made, hall = kits.make_kit(store, admin, poll_id, held.venue.id), polls.add_venue(store, admin, poll_id, "礼堂")
    here = codes.make_batch(store, admin, poll_id, hall.id, 1, "礼堂").slips[0].code
    true, shown = (clock.now() + timedelta(days=days) for days in (5, 3))
    with monkeypatch.context() as behind:
        behind.setattr(clock, "tick", lambda: shown)
        kits.install_kit(laptop, admin, made.file[2], made.passphrase)
        vote(laptop, held.codes[0])
        box = kits.make_box(laptop, admin, poll_id)[2]
    monkeypatch.setattr(clock, "tick", lambda: true)
    vote(store, here)
    with pytest.raises(ConflictError, match=r"kit\.days_alone"):
        kits.merge_box(store, admin, poll_id, box)
    early = {"day": clock.today() - timedelta(days=6), "second": social_worker}
    with pytest.raises(InvalidError, match=r"kit\.day"):
        kits.merge_box(store, admin, poll_id, box, reason="慢了两天", **early)
    kits.merge_box(store, admin, poll_id, box, reason="慢了两天", day=clock.today(), second=social_worker)
    assert {day for day, *_ in reconciliation.reconcile(store, admin, poll_id).by_day} == {clock.today()}


def test_a_lost_pin_is_set_anew_once_with_the_sealed_code_and_the_office_learns_of_it(
    voting_poll: Any, laptop: Store, admin: Actor
) -> None:
    held = voting_poll
    made = kits.make_kit(held.store, admin, held.poll.id, held.venue.id)
    poll = kits.install_kit(laptop, admin, made.file[2], made.passphrase)
    token = stations.start_station(laptop, admin, poll.id, None, "730518")
    there = stations.active_station(laptop, token)
    assert there is not None
    assert stations.view_station(laptop, there).rescue
    with pytest.raises(DeniedError, match=r"station\.wrong_rescue"):
        stations.rescue_station(laptop, token, made.passphrase, "518730")
    with pytest.raises(InvalidError, match=r"station\.pin"):
        stations.rescue_station(laptop, token, made.rescue, "123456")
    stations.rescue_station(laptop, token, made.rescue.lower(), "518730")
    with pytest.raises(DeniedError, match=r"station\.wrong_rescue"):
        stations.rescue_station(laptop, token, made.rescue, "987613")
    assert not stations.view_station(laptop, there).rescue
    with pytest.raises(DeniedError, match=r"station\.wrong_pin"):
        stations.end_station(laptop, token, "730518")
    stations.end_station(laptop, token, "518730")
    vote(laptop, held.codes[0])
    merged = kits.merge_box(held.store, admin, poll.id, kits.make_box(laptop, admin, poll.id)[2])
    assert merged.rescued
    for store, act in ((laptop, "station.rescue"), (held.store, "kit.merge")):
        with store.read() as connection:
            (entry,) = audit.entries(connection, act=act)
    assert entry.detail["rescued"] == clock.today().isoformat()
