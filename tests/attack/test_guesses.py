"""A hundred and twenty guesses at once, the right one among them: no more are looked at than the budget allows."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from renovation.errors import NotFoundError, RenovationError, UnavailableError
from renovation.model.accounts import PUBLIC, Actor, Role
from renovation.model.clock import now
from renovation.model.codes import format_code, make_code, make_tag, with_tag
from renovation.model.elections import BallotKind
from renovation.model.polls import Channel, PollProject, PollSettings
from renovation.services.outcome import receipts
from renovation.services.polls import codes, polls, stations
from renovation.services.polls import voting as cast
from renovation.services.staff import accounts, guesses, proofs
from renovation.services.staff.accounts import AccountDraft
from renovation.services.staff.proofs import Whence
from renovation.store import Store
from renovation.store.polls import polls as poll_store

ALL = 120
PASSWORD = "梧桐树下 1987 的灯"


@dataclass(frozen=True)
class Open:
    """An open poll with a venue and codes."""

    store: Store
    poll_id: str
    venue_id: int
    slips: tuple[codes.Slip, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes as shown."""
        return tuple(slip.code for slip in self.slips)


@pytest.fixture
def voting(store: Store, admin: Actor) -> Open:
    kind = BallotKind.APPROVAL
    settings = PollSettings(title="糖厂三号小区改造投票", ballot_kind=kind, budget=60_000_000, max_choices=1)
    with store.write() as unit:
        poll_id = poll_store.add(unit.connection, settings, at=now())
        projects = (PollProject(number=1, key="P1", name="加装电梯", cost=10_000_000, description="说明", why="23 户"),)
        poll_store.set_projects(unit.connection, poll_id, projects)
        unit.commit()
    venue = polls.add_venue(store, admin, poll_id, "居民活动室")
    made = codes.make_batch(store, admin, poll_id, venue.id, 10, "第一批")
    polls.open_poll(store, admin, poll_id, denominator=200)
    return Open(store, poll_id, venue.id, made.slips)


def at_once(guess: Callable[[int], object]) -> list[str]:
    """Let everybody guess at the same moment, and return what each was told; nothing where it was let in."""
    start = threading.Barrier(24)

    def one(turn: int) -> str:
        if turn < 24:
            start.wait()
        try:
            return "" if guess(turn) is not None else "wrong"
        except RenovationError as error:
            return error.code

    with ThreadPoolExecutor(24) as pool:
        return list(pool.map(one, range(ALL)))


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was hashed and compared with something that is kept."""
    seen: list[str] = []
    real = proofs.fits

    def fits(kept: str, secret: str) -> bool:
        if kept != proofs.nobodys_hash():
            seen.append(secret)
        return real(kept, secret)

    monkeypatch.setattr(proofs, "fits", fits)
    monkeypatch.setattr(stations, "fits", fits)
    return seen


def test_passwords(store: Store, hashed: list[str]) -> None:
    accounts.create_first_account(store, AccountDraft(login="chen", name="陈主任", role=Role.ADMIN), PASSWORD)
    told = at_once(
        lambda turn: accounts.sign_in(
            store, "chen", PASSWORD if turn == 110 else f"guess {turn}", whence=Whence(address=f"203.0.113.{turn}")
        )
    )
    assert len(hashed) == guesses.FREE_FAILURES
    assert told.count("account.sign_in_failed") >= ALL - 1


def test_passwords_of_everybody_from_one_address(store: Store, hashed: list[str]) -> None:
    accounts.create_first_account(store, AccountDraft(login="chen", name="陈主任", role=Role.ADMIN), PASSWORD)
    told = at_once(lambda turn: accounts.sign_in(store, f"user{turn}", "guess", whence=Whence(address="203.0.113.1")))
    assert told.count("account.sign_in_failed") == guesses.FROM_ADDRESS.free
    assert told.count("account.wait") == ALL - guesses.FROM_ADDRESS.free


def test_pins_of_a_station(voting: Open, admin: Actor, hashed: list[str]) -> None:
    held = voting
    token = stations.start_station(held.store, admin, held.poll_id, held.venue_id, "483726")

    def guess(turn: int) -> bool:
        stations.end_station(held.store, token, "483726" if turn == 110 else f"{turn:06}")
        return True

    told = at_once(guess)
    assert len(hashed) == guesses.FREE_FAILURES
    assert "" not in told
    assert stations.active_station(held.store, token) is not None


def test_voting_codes(voting: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    held = voting
    there = Actor(role=Role.RESIDENT, address="203.0.113.1")
    told = at_once(
        lambda turn: cast.start_ballot(held.store, held.codes[0] if turn == 110 else make_code(), actor=there)
    )
    assert 5 <= told.count("code.unknown") <= guesses.FREE
    assert told.count("code.wait") >= ALL - guesses.FREE - 1
    # The house next door goes on.
    assert cast.start_ballot(held.store, held.codes[0], actor=Actor(role=Role.RESIDENT, address="203.0.113.2"))


def knocks(held: Open, code: str, address: str, queued: str = "") -> tuple[float, str]:
    """Return the seconds that somebody is told to wait, and their place in the line; nothing where they are let in."""
    try:
        cast.start_ballot(held.store, code, actor=Actor(role=Role.RESIDENT, address=address), queued=queued)
    except UnavailableError as error:
        return float(error.fields["seconds"]), str(error.fields["queued"])
    return 0.0, ""


def test_nobody_shuts_the_door_from_many_addresses(clock: Any, voting: Open) -> None:
    """Twelve wrong codes a second from 800 addresses in eight networks, and two voters a second among them."""
    held = voting
    start = clock.at = now()
    looked_up: list[float] = []
    waiting: dict[int, tuple[float, float, str]] = {}
    let_in: dict[int, float] = {}

    for tick in range(46 * 12):
        second = tick / 12
        clock.at = start + timedelta(seconds=second)
        if second < 36:
            try:
                knocks(held, make_code(), f"198.{18 + tick % 4}.{tick // 4 % 2}.{tick // 8 % 100}")
            except NotFoundError:
                looked_up.append(second)
        if tick % 6 == 0 and tick // 6 < 68:
            waiting[tick // 6] = (second, second, "")
        for voter, (came, _due, queued) in [one for one in waiting.items() if one[1][1] <= second]:
            slip = held.slips[voter % len(held.slips)]
            given = with_tag(slip.code, slip.tag) if voter % 2 else slip.code
            told, place = knocks(held, given, f"10.{voter}.7.1", queued)
            if told:
                assert not voter % 2, "a scanned code waited"
                waiting[voter] = (came, second + told, place)
            else:
                let_in[voter] = second - waiting.pop(voter)[0]
    assert len(let_in) == 68
    assert max(let_in.values()) <= 10
    assert 20 <= len(looked_up) <= 60


def test_who_comes_again_with_the_same_code_comes_before_a_flood_of_ever_new_addresses(
    clock: Any, voting: Open
) -> None:
    """Twenty wrong codes a second, each from an address and a network that nobody has seen; a voter every second."""
    start, chance = now(), random.Random(7)
    looked_up: list[float] = []
    waiting: dict[int, tuple[float, float, str]] = {}
    let_in: list[float] = []

    def anywhere() -> str:
        return ".".join(str(chance.randrange(1, 255)) for _ in range(4))

    stale = ""
    for tick in range(90 * 20):
        second = tick / 20
        clock.at = start + timedelta(seconds=second)
        try:
            # Another code's place, or one of another address, is none.
            stale = knocks(voting, make_code(), anywhere(), stale)[1]
        except NotFoundError:
            looked_up.append(second)
        if tick % 20 == 0 and second < 75:
            waiting[tick // 20] = (second, second, "")
        for voter, (came, _due, queued) in [one for one in waiting.items() if one[1][1] <= second]:
            told, place = knocks(voting, voting.slips[voter % len(voting.slips)].code, f"10.{voter}.7.1", queued)
            if told:
                waiting[voter] = (came, second + told, place)
            else:
                let_in.append(second - waiting.pop(voter)[0])
    assert not waiting
    assert max(let_in) <= 10
    assert max(sum(at <= one < at + 60 for one in looked_up) for at in looked_up) <= 60


def test_a_release_is_not_undone_by_the_next_eleven(clock: Any, voting: Open, admin: Actor) -> None:
    clock.at = now()
    here = Actor(role=Role.RESIDENT, address="203.0.113.9")
    told: list[str] = []

    def knock(code: str) -> str:
        try:
            cast.start_ballot(voting.store, code, actor=here)
        except RenovationError as error:
            return error.code
        return ""

    told += [knock(make_code()) for _ in range(12)]
    assert told[-1] == "code.wait"
    guesses.release(voting.store, admin)
    assert [knock(make_code()) for _ in range(11)] == ["code.unknown"] * 11
    assert knock(voting.slips[0].code) == ""
    # Whoever goes on there waits for what all share, which grows no more.
    assert [knock(make_code()) for _ in range(9)][-1] == "code.wait"
    clock.at += timedelta(seconds=15)
    assert knock(voting.slips[0].code) == ""


@pytest.mark.parametrize("wrong", [make_tag(b"another"), ""])
def test_a_tag_of_nobody_is_a_guess_like_any_other(voting: Open, wrong: str) -> None:
    there = Actor(role=Role.RESIDENT, address="203.0.113.1")
    told = at_once(lambda _turn: cast.start_ballot(voting.store, with_tag(make_code(), wrong), actor=there))
    assert 5 <= told.count("code.unknown") <= guesses.FREE
    slip = voting.slips[0]
    with pytest.raises(UnavailableError):
        cast.start_ballot(voting.store, with_tag(format_code(make_code()), slip.tag), actor=there)
    # The right one is let in from the same address meanwhile, with an address before it as in a slip's QR or not.
    for before in ("", "http://10.0.0.5:8501/r/vote#"):
        ticket = cast.start_ballot(voting.store, f"{before}{with_tag(slip.code, slip.tag)}", actor=there)
    receipt = cast.cast_ballot(voting.store, there, ticket.code, ("P1",), channel=Channel.PHONE)
    assert not receipt.repeated


def test_a_tag_opens_for_one_code_of_one_poll_alone(voting: Open, admin: Actor) -> None:
    store, there = voting.store, Actor(role=Role.RESIDENT, address="203.0.113.2")
    with store.write() as unit:
        kind = PollSettings(title="另一场", ballot_kind=BallotKind.APPROVAL, budget=60_000_000, max_choices=1)
        other_id = poll_store.add(unit.connection, kind, at=now())
        poll_store.set_projects(
            unit.connection, other_id, [PollProject(number=1, key="P1", name="车棚", cost=10_000_000)]
        )
        unit.commit()
    (stranger,) = codes.make_batch(store, admin, other_id, None, 1, "另一批").slips
    polls.open_poll(store, admin, other_id, denominator=200)
    held, neighbour = voting.slips[:2]
    # Until nobody who types gets in from this address.
    at_once(lambda _turn: cast.start_ballot(store, make_code(), actor=there))
    last = "3" if held.tag[-1] == "2" else "2"
    forged = (stranger.tag, neighbour.tag, held.tag[:-1] + last, held.tag[:-1], held.tag + last, held.tag[::-1])
    for tag in forged:
        with pytest.raises(RenovationError) as told:
            cast.start_ballot(store, f"{held.code}.{tag}", actor=there)
        assert told.value.code in ("code.wait", "code.length", "code.symbol")
    # Each with its own is let in, and replayed once it is spent it counts nothing more.
    shown = with_tag(held.code, held.tag)
    first = cast.cast_ballot(store, there, shown, ("P1",), channel=Channel.PHONE)
    again = cast.cast_ballot(store, there, shown, (), channel=Channel.PHONE)
    assert (first.repeated, again.repeated, again.code) == (False, True, first.code)
    assert cast.start_ballot(store, with_tag(stranger.code, stranger.tag), actor=there).poll.id == other_id
    assert (polls.turnout(store, admin, voting.poll_id).ballots, polls.turnout(store, admin, other_id).ballots) == (
        1,
        0,
    )


def test_right_codes_leave_nothing_and_wait_for_nobody(voting: Open) -> None:
    held = voting
    told = at_once(lambda _turn: codes.find_code(held.store, PUBLIC, held.codes[0]))
    assert told == [""] * ALL


def test_receipts(voting: Open) -> None:
    told = at_once(lambda turn: receipts.check_receipt(voting.store, f"松树-海鸥-482-739-{1000 + turn}"))
    assert told.count("wrong") == guesses.FREE
    assert told.count("code.wait") == ALL - guesses.FREE
