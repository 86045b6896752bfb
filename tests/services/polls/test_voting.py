"""Voting: once, whole, final; a retry gets the same receipt; the loser of a race is told so."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from renovation.errors import ConflictError, DeniedError, InvalidError, NotFoundError, StageError, UnavailableError
from renovation.model.accounts import PUBLIC, Actor, Role
from renovation.model.ballots import Station
from renovation.model.clock import now
from renovation.model.codes import format_receipt, make_code, read_receipt
from renovation.model.elections import BallotKind
from renovation.model.polls import Channel, CodeState
from renovation.services.outcome import receipts
from renovation.services.polls import codes, polls, stations, voting
from renovation.services.staff import guesses
from renovation.store import Store
from renovation.store.polls import codes as code_store
from renovation.store.polls import polls as poll_store

KIOSK = Actor(role=Role.STATION)


def ballots_in(store: Store, poll_id: str) -> int:
    with store.read() as connection:
        return len(poll_store.ballots(connection, poll_id))


def receipts_in(store: Store, poll_id: str) -> int:
    with store.read() as connection:
        return len(code_store.receipts(connection, poll_id))


def test_ticket_spends_nothing_and_ballot_counts_once(voting_poll: Any) -> None:
    """H082: sent twice, a ballot counts once and its receipt is the same."""
    held = voting_poll
    code = held.codes[0]
    ticket = voting.start_ballot(held.store, code.lower().replace("-", " "), actor=KIOSK, venue_id=held.venue.id)
    assert ticket.poll.id == held.poll.id
    assert not ticket.test
    assert ballots_in(held.store, held.poll.id) == 0
    receipt = voting.cast_ballot(
        held.store, KIOSK, code, ("P1", "P2"), channel=Channel.STATION, venue_id=held.venue.id, attempt=ticket.attempt
    )
    again = voting.cast_ballot(
        held.store, KIOSK, code, ("P3",), channel=Channel.STATION, venue_id=held.venue.id, attempt=ticket.attempt
    )
    assert (receipt.code, receipt.repeated, again.code, again.repeated) == (receipt.code, False, receipt.code, True)
    assert ballots_in(held.store, held.poll.id) == receipts_in(held.store, held.poll.id) == 1
    with pytest.raises(ConflictError) as told:
        voting.start_ballot(held.store, code)
    assert (told.value.code, told.value.fields["receipt"]) == ("code.spent", receipt.code)
    here = Station(id=1, poll_id=held.poll.id, venue_id=held.venue.id)
    assert stations.view_station(held.store, here).taken == 1


def test_receipt_is_checked_by_anybody_in_either_language(voting_poll: Any) -> None:
    held = voting_poll
    receipt = voting.cast_ballot(held.store, PUBLIC, held.codes[0], (), channel=Channel.PHONE)
    english = format_receipt(read_receipt(receipt.code), "en")
    for typed in (receipt.code, english, english.upper().replace("-", " "), receipt.code.replace("-", "")):
        found = receipts.check_receipt(held.store, typed)
        assert found is not None
        assert found.poll_id == held.poll.id
    changed = receipt.code[:-1] + str((int(receipt.code[-1]) + 1) % 10)
    assert receipts.check_receipt(held.store, changed) is None
    with pytest.raises(InvalidError, match=r"receipt\.shape"):
        receipts.check_receipt(held.store, "我投了一号")


@pytest.mark.parametrize(
    ("kind", "choices", "points", "code"),
    [
        (BallotKind.APPROVAL, ("P9",), (), "ballot.unknown_project"),
        (BallotKind.APPROVAL, ("P1", "P1"), (), "ballot.twice"),
        (BallotKind.APPROVAL, ("P1", "P2", "P3", "P4"), (), "ballot.too_many"),
        (BallotKind.APPROVAL, ("P1",), (3,), "ballot.points_shape"),
        (BallotKind.KNAPSACK, ("P1", "P6"), (), "ballot.over_budget"),
        (BallotKind.POINTS, ("P1", "P2"), (5, -1), "ballot.points_negative"),
        (BallotKind.POINTS, ("P1", "P2"), (6, 5), "ballot.too_many_points"),
        (BallotKind.POINTS, ("P1", "P2"), (6,), "ballot.points_shape"),
        (BallotKind.CHOOSE_ONE, ("P1", "P2"), (), "ballot.too_many"),
    ],
)
def test_forged_ballot_is_refused_and_spends_nothing(
    make_open_poll: Callable[..., Any], kind: BallotKind, choices: tuple[str, ...], points: tuple[int, ...], code: str
) -> None:
    """H079, H080: a ballot the screen would not have let through is refused whole, and its code still votes."""
    held = make_open_poll(kind)
    with pytest.raises(InvalidError) as told:
        voting.cast_ballot(held.store, KIOSK, held.codes[0], choices, points, channel=Channel.STATION)
    assert told.value.code == code
    assert ballots_in(held.store, held.poll.id) == receipts_in(held.store, held.poll.id) == 0
    assert not voting.cast_ballot(held.store, KIOSK, held.codes[0], (), channel=Channel.STATION).repeated


def test_paper_spends_the_slip_and_neither_way_votes_twice(voting_poll: Any, social_worker: Actor) -> None:
    held = voting_poll
    codes.hand_out_paper(held.store, social_worker, held.poll.id, held.codes[0])
    with pytest.raises(ConflictError, match=r"code\.on_paper"):
        voting.start_ballot(held.store, held.codes[0])
    with pytest.raises(ConflictError, match=r"code\.on_paper"):
        voting.cast_ballot(held.store, KIOSK, held.codes[0], ("P1",), channel=Channel.STATION)
    voting.cast_ballot(held.store, KIOSK, held.codes[1], ("P1",), channel=Channel.STATION)
    with pytest.raises(ConflictError, match=r"code\.voted"):
        codes.hand_out_paper(held.store, social_worker, held.poll.id, held.codes[1])
    assert ballots_in(held.store, held.poll.id) == 1


def test_void_and_reissued_codes(voting_poll: Any, social_worker: Actor) -> None:
    held = voting_poll
    fresh = codes.reissue_code(held.store, social_worker, held.batch_id, 1, "纸条弄丢")
    codes.void_code(held.store, social_worker, held.batch_id, 2, "住户搬走")
    codes.spoil_slip(held.store, social_worker, held.batch_id, 3, "打印坏了")
    for code, said in ((held.codes[0], "code.void"), (held.codes[1], "code.void"), (held.codes[2], "code.spoiled")):
        with pytest.raises(ConflictError, match=said):
            voting.cast_ballot(held.store, KIOSK, code, ("P1",), channel=Channel.STATION)
    voting.cast_ballot(held.store, KIOSK, fresh.code, ("P1",), channel=Channel.STATION)
    with pytest.raises(ConflictError, match=r"code\.not_unused"):
        codes.reissue_code(held.store, social_worker, held.batch_id, fresh.serial, "再来一张")
    (counted,) = codes.batches(held.store, social_worker, held.poll.id)
    assert counted.batch.size == sum(counted.states.values()) == 11
    assert counted.states[CodeState.VOID] == 2


def test_stages_and_roles(voting_poll: Any, admin: Actor, planner: Actor) -> None:
    held = voting_poll
    with pytest.raises(DeniedError):
        voting.cast_ballot(held.store, planner, held.codes[0], ("P1",), channel=Channel.STATION)
    with pytest.raises(StageError):
        polls.ballots(held.store, planner, held.poll.id)
    polls.close_poll(held.store, admin, held.poll.id, reason="没有人来", second=planner)
    with pytest.raises(StageError, match=r"poll\.closed"):
        voting.start_ballot(held.store, held.codes[0])
    with pytest.raises(StageError, match=r"poll\.closed"):
        voting.cast_ballot(held.store, KIOSK, held.codes[0], ("P1",), channel=Channel.STATION)
    assert ballots_in(held.store, held.poll.id) == 0
    assert polls.ballots(held.store, planner, held.poll.id) == ()


def race(*tries: Callable[[], object]) -> list[object]:
    """Let everybody go at once; an exception is an outcome."""
    barrier = threading.Barrier(len(tries))
    outcomes: list[object] = [None] * len(tries)

    def run(place: int) -> None:
        barrier.wait()
        try:
            outcomes[place] = tries[place]()
        except Exception as error:
            outcomes[place] = error

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(tries))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


@pytest.mark.parametrize("pair", ["two phones", "phone and station", "phone and paper", "eight"])
def test_races_of_one_code(make_open_poll: Callable[..., Any], social_worker: Actor, pair: str) -> None:
    held = make_open_poll(size=13)

    def phone(code: str, attempt: str) -> Callable[[], object]:
        return lambda: voting.cast_ballot(held.store, PUBLIC, code, ("P1",), channel=Channel.PHONE, attempt=attempt)

    def station(code: str, attempt: str) -> Callable[[], object]:
        return lambda: voting.cast_ballot(
            held.store, KIOSK, code, ("P2",), channel=Channel.STATION, venue_id=held.venue.id, attempt=attempt
        )

    def paper(code: str) -> Callable[[], object]:
        return lambda: codes.hand_out_paper(held.store, social_worker, held.poll.id, code)

    on_paper = 0
    for number, code in enumerate(held.codes, 1):
        if pair == "two phones":
            tries = [phone(code, "a"), phone(code, "b")]
        elif pair == "phone and station":
            tries = [phone(code, "a"), station(code, "b")]
        elif pair == "phone and paper":
            tries = [phone(code, "a"), paper(code)]
        else:
            tries = [phone(code, str(one)) for one in range(8)]
        outcomes = race(*tries)
        losers = [one for one in outcomes if isinstance(one, Exception)]
        assert len(losers) == len(tries) - 1, outcomes
        assert all(isinstance(one, ConflictError) for one in losers), losers
        on_paper += pair == "phone and paper" and isinstance(outcomes[0], Exception)
        assert ballots_in(held.store, held.poll.id) == receipts_in(held.store, held.poll.id) == number - on_paper


def test_flood_of_guesses_waits_but_not_at_a_station(clock: Any, voting_poll: Any, social_worker: Actor) -> None:
    held = voting_poll
    evaluated = 0
    start = clock.at = now()
    waits = []
    for turn in range(600):
        clock.at = start + timedelta(seconds=turn / 10)
        with pytest.raises((NotFoundError, UnavailableError)) as told:
            voting.start_ballot(held.store, make_code())
        evaluated += told.value.code == "code.unknown"
        if told.value.code == "code.wait":
            waits.append(told.value.fields["seconds"])
    assert all(0 < seconds <= 60 for seconds in waits)
    assert 0 < evaluated <= 60
    voting.start_ballot(held.store, held.codes[0], actor=KIOSK, venue_id=held.venue.id)
    with pytest.raises(UnavailableError):
        voting.start_ballot(held.store, held.codes[0])
    guesses.release(held.store, social_worker)
    voting.start_ballot(held.store, held.codes[0])


def test_misspelt_codes_are_not_counted_as_guesses(voting_poll: Any) -> None:
    held = voting_poll
    code = held.codes[0]
    wrong = code[:-1] + ("2" if code[-1] != "2" else "3")
    for _ in range(50):
        with pytest.raises(InvalidError, match=r"code\.check"):
            voting.start_ballot(held.store, wrong)
    voting.start_ballot(held.store, code)


def test_receipts_that_would_coincide_are_told_apart(voting_poll: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    held = voting_poll
    numbers = {0: 7, 1: 8, 2: 9, 3: 10}
    monkeypatch.setattr(voting, "receipt_number", lambda secret: numbers[secret[0]])
    monkeypatch.setattr(voting.codekeys, "receipt_secret", lambda _key, _code, turn: bytes([turn]))
    first = voting.cast_ballot(held.store, PUBLIC, held.codes[0], (), channel=Channel.PHONE)
    second = voting.cast_ballot(held.store, PUBLIC, held.codes[1], (), channel=Channel.PHONE)
    assert first.code != second.code
    assert ballots_in(held.store, held.poll.id) == receipts_in(held.store, held.poll.id) == 2


def test_computer_whose_clock_stands_before_the_opening_takes_no_ballot(clock: Any, voting_poll: Any) -> None:
    held = voting_poll
    ticket = voting.start_ballot(held.store, held.codes[0])
    clock.pass_time(days=-400)
    for act in (
        lambda: voting.start_ballot(held.store, held.codes[1]),
        lambda: voting.cast_ballot(
            held.store, PUBLIC, held.codes[0], ("P1",), channel=Channel.PHONE, attempt=ticket.attempt
        ),
    ):
        with pytest.raises(UnavailableError, match=r"ballot\.clock"):
            act()
    clock.pass_time(days=400)
    voting.cast_ballot(held.store, PUBLIC, held.codes[0], ("P1",), channel=Channel.PHONE, attempt=ticket.attempt)
    assert ballots_in(held.store, held.poll.id) == 1
