"""A kit and a sealed box on their way: every byte changed, and boxes that a venue signed and that must not be taken."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from renovation.errors import InvalidError, RenovationError
from renovation.exports.polls.kit import BOX, signature, travel_file
from renovation.model.accounts import Actor, Role
from renovation.model.canonical import to_json
from renovation.model.clock import now, today
from renovation.model.elections import BallotKind
from renovation.model.polls import Channel, PollProject, PollSettings
from renovation.services.house.verification import check_store
from renovation.services.polls import codes, kits, polls, voting
from renovation.store import Store
from renovation.store.keys import keyed
from renovation.store.polls import codekeys
from renovation.store.polls import polls as poll_store

STATION = Actor(role=Role.STATION)


@dataclass(frozen=True)
class Away:
    """An office that waits for the box of its venue, the venue's computer, and the files between them."""

    office: Store
    laptop: Store
    admin: Actor
    poll_id: str
    kit: bytes
    passphrase: str
    box: bytes
    key: bytes

    @property
    def body(self) -> dict[str, Any]:
        """What lies in the box."""
        return json.loads(self.box.split(b"\n", 1)[1])

    def state(self) -> tuple[Any, ...]:
        """What a refused file must leave as it is."""
        with self.office.read() as connection:
            ballots = poll_store.ballots(connection, self.poll_id)
            batches = codes.batches(self.office, self.admin, self.poll_id)
            return ballots, batches, polls.venues(self.office, self.admin, self.poll_id)


@pytest.fixture
def away(store: Store, make_store: Callable[[Path], Store], admin: Actor, tmp_path: Path) -> Away:
    """A venue's day: two votes, one with a test code, one paper ballot."""
    laptop = make_store(tmp_path / "laptop")
    projects = [PollProject(number=n, key=f"P{n}", name=f"项目{n}", cost=n * 10_000_000) for n in (1, 2, 3)]
    with store.write() as unit:
        kind = PollSettings(title="离线", ballot_kind=BallotKind.APPROVAL, budget=60_000_000, max_choices=2)
        poll_id = poll_store.add(unit.connection, kind, at=now())
        poll_store.set_projects(unit.connection, poll_id, projects)
        unit.commit()
    venue = polls.add_venue(store, admin, poll_id, "门卫室")
    slips = codes.make_batch(store, admin, poll_id, venue.id, 6, "一批").slips
    (trial,) = codes.make_batch(store, admin, poll_id, venue.id, 1, "试投", test=True).slips
    polls.open_poll(store, admin, poll_id, denominator=20)
    made = kits.make_kit(store, admin, poll_id, venue.id)
    kits.install_kit(laptop, admin, made.file[2], made.passphrase)
    for slip in (*slips[:2], trial):
        voting.cast_ballot(laptop, STATION, slip.code, ("P1",), channel=Channel.STATION)
    codes.hand_out_paper(laptop, admin, poll_id, slips[2].code)
    box = kits.make_box(laptop, admin, poll_id)[2]
    with laptop.read() as connection:
        key = keyed(codekeys.key_ring(connection).room(poll_id, "门卫室"), f"sign|{BOX}")
    return Away(store, laptop, admin, poll_id, made.file[2], made.passphrase, box, key)


@contextmanager
def _refused(away: Away, *expected: str) -> Iterator[None]:
    before = away.state()
    with pytest.raises(RenovationError) as told:
        yield
    assert told.value.code in expected, told.value
    assert away.state() == before


#: A change, where (as a share of the file), and what is put there.
_CHANGES = st.tuples(
    st.sampled_from(["exchange", "insert", "cut", "drop", "double", "swap"]),
    st.floats(0, 1, exclude_max=True),
    st.binary(min_size=1, max_size=4),
)


def _changed(content: bytes, change: tuple[str, float, bytes]) -> bytes:
    what, share, put = change
    at = int(share * len(content))
    return {
        "exchange": content[:at] + put + content[at + len(put) :],
        "insert": content[:at] + put + content[at:],
        "cut": content[:at],
        "drop": content[:at] + content[at + len(put) :],
        "double": content[:at] + content[at : at + 50] * 2 + content[at + 50 :],
        "swap": content[at:] + content[:at],
    }[what]


def test_no_changed_byte_of_a_box_is_taken(away: Away) -> None:
    @settings(max_examples=150, suppress_health_check=list(HealthCheck))
    @given(change=_CHANGES)
    def attack(change: tuple[str, float, bytes]) -> None:
        altered = _changed(away.box, change)
        if altered != away.box:
            with pytest.raises(InvalidError, match=r"^kit\."):
                kits.merge_box(away.office, away.admin, away.poll_id, altered)

    before = away.state()
    attack()
    assert away.state() == before
    merged = kits.merge_box(away.office, away.admin, away.poll_id, away.box)
    assert (merged.ballots, merged.again) == (3, False)
    assert kits.merge_box(away.office, away.admin, away.poll_id, away.box).again
    assert check_store(away.office, away.admin) == ()


def test_no_changed_byte_of_a_kit_is_installed(away: Away, make_store: Callable[[Path], Store], tmp_path: Path) -> None:
    laptop = make_store(tmp_path / "another")

    @settings(max_examples=25, suppress_health_check=list(HealthCheck))
    @given(change=_CHANGES)
    def attack(change: tuple[str, float, bytes]) -> None:
        altered = _changed(away.kit, change)
        if altered != away.kit:
            with pytest.raises(InvalidError, match=r"^kit\."):
                kits.install_kit(laptop, away.admin, altered, away.passphrase)

    attack()
    assert polls.list_polls(laptop, away.admin) == ()
    kits.install_kit(laptop, away.admin, away.kit, away.passphrase)


def _first(body: dict[str, Any], list_: str, **changed: Any) -> dict[str, Any]:
    return body | {list_: [body[list_][0] | changed, *body[list_][1:]]}


def _spent(body: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """Change the first code that was spent on the screen."""
    at = next(place for place, one in enumerate(body["codes"]) if one["channel"] == "station" and not one["test"])
    row = body["codes"][at] | changed
    return body | {"codes": [*body["codes"][:at], row, *body["codes"][at + 1 :]]}


DAY = timedelta(days=1)
SIGNED: dict[str, tuple[Callable[[dict[str, Any]], dict[str, Any]], str]] = {
    "a day before the kit": (lambda body: _first(body, "ballots", day=(today() - DAY).isoformat()), "kit.not_allowed"),
    "a day to come": (lambda body: _first(body, "ballots", day=(today() + DAY).isoformat()), "kit.not_allowed"),
    "a code spent before the kit": (
        lambda body: _spent(body, spent_on=(today() - DAY).isoformat()),
        "kit.not_allowed",
    ),
    "a day that is none": (lambda body: _first(body, "ballots", day="2026-13-41"), "kit.content"),
    "a day no month has": (lambda body: _first(body, "ballots", day="2026-02-30"), "kit.content"),
    "a day in words": (lambda body: _first(body, "ballots", day="昨天"), "kit.content"),
    "a way that is none": (lambda body: _first(body, "ballots", channel="imported"), "kit.content"),
    "paper as a ballot": (lambda body: _first(body, "ballots", channel="paper"), "kit.content"),
    "another way than the code's": (lambda body: _first(body, "ballots", channel="phone"), "kit.unbalanced"),
    "a test code that counts": (
        lambda body: body | {"codes": [one | {"test": False} for one in body["codes"]]},
        "kit.contradicts",
    ),
    "a test ballot that counts": (
        lambda body: body | {"ballots": [one | {"test": False} for one in body["ballots"]]},
        "kit.unbalanced",
    ),
    "a test receipt that counts": (
        lambda body: (
            body | {"receipts": {"false": sorted(body["receipts"]["false"] + body["receipts"]["true"]), "true": []}}
        ),
        "kit.unbalanced",
    ),
    "a receipt less": (lambda body: body | {"receipts": {"false": [], "true": []}}, "kit.unbalanced"),
    "a receipt twice": (
        lambda body: body | {"receipts": body["receipts"] | {"false": body["receipts"]["false"][:1] * 2}},
        "kit.contradicts",
    ),
    "a ballot less": (lambda body: body | {"ballots": body["ballots"][1:]}, "kit.unbalanced"),
    "a ballot twice": (lambda body: body | {"ballots": [body["ballots"][0], *body["ballots"]]}, "kit.contradicts"),
    "a code less": (lambda body: body | {"codes": body["codes"][1:]}, "kit.contradicts"),
    "a code more": (
        lambda body: (
            body
            | {
                "codes": sorted(
                    [*body["codes"], body["codes"][0] | {"code_hmac": "a" * 64}], key=lambda one: one["code_hmac"]
                )
            }
        ),
        "kit.contradicts",
    ),
    "a code in another order": (lambda body: body | {"codes": body["codes"][::-1]}, "kit.content"),
    "a spent code without a way": (lambda body: _spent(body, channel=""), "kit.content"),
    "a project that is none": (lambda body: _first(body, "ballots", choices=["P9"]), "ballot.unknown_project"),
    "too many projects": (lambda body: _first(body, "ballots", choices=["P1", "P2", "P3"]), "ballot.too_many"),
    "a path for a name": (lambda body: body | {"venue": "../../etc/passwd"}, "kit.foreign"),
    "another poll": (lambda body: body | {"poll": body["poll"] | {"digest": "0" * 64}}, "kit.foreign"),
    "a huge number": (lambda body: _first(body, "codes", serial=10**17), "kit.content"),
    "a number of 400 digits": (lambda body: _first(body, "codes", serial=10**400), "kit.content"),
    "a number for a word": (lambda body: _first(body, "ballots", id=7), "kit.content"),
    "a word for a truth": (lambda body: _first(body, "ballots", test="false"), "kit.content"),
    "a text without end": (lambda body: _first(body, "codes", reason="长" * 100_000), "kit.content"),
    "a NUL": (lambda body: _first(body, "ballots", id="\0" * 32), "kit.content"),
    "a surrogate": (lambda body: _first(body, "ballots", choices=["\\ud800"]), "ballot.unknown_project"),
    "a key more": (lambda body: body | {"more": 1}, "kit.content"),
    "a key less": (lambda body: {key: value for key, value in body.items() if key != "ballots"}, "kit.content"),
}


def test_what_a_venue_must_not_say_is_refused_though_it_is_signed(away: Away) -> None:
    body, before, told = away.body, away.state(), {}
    for what, (change, _expected) in SIGNED.items():
        with pytest.raises(RenovationError) as refused:
            kits.merge_box(away.office, away.admin, away.poll_id, travel_file(BOX, change(body), away.key, "x.box")[2])
        told[what] = refused.value.code
        assert away.state() == before, what
    assert told == {what: expected for what, (_change, expected) in SIGNED.items()}
    assert check_store(away.office, away.admin) == ()


def _signed_bytes(away: Away, content: bytes) -> bytes:
    head = b" ".join([*away.box.split(b"\n", 1)[0].split(b" ")[:6], str(len(content)).encode(), b""])
    return head + signature(head + content, away.key).encode() + b"\n" + content


def test_json_that_another_reader_would_read_otherwise_is_refused(away: Away) -> None:
    good = to_json(away.body, indent=1).encode()
    for content in (
        good.replace(b"{\n", b'{\n "ballots": [],\n', 1),
        good.replace(b"[\n", b"[NaN,", 1),
        good.replace(b"[\n", b"[1e999,", 1),
        good + b" ",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"\xff\xfe" + good,
        b"\xef\xbb\xbf" + good,
        b"null",
        b"PK\x03\x04" + bytes(1000),
    ):
        with _refused(away, "kit.content"):
            kits.merge_box(away.office, away.admin, away.poll_id, _signed_bytes(away, content))
    with _refused(away, "kit.too_large"):
        kits.merge_box(away.office, away.admin, away.poll_id, away.box + bytes(20_000_000))
    assert kits.merge_box(away.office, away.admin, away.poll_id, _signed_bytes(away, good)).ballots == 3


def test_a_box_of_another_installation_is_foreign(
    away: Away, make_store: Callable[[Path], Store], tmp_path: Path
) -> None:
    with pytest.raises(InvalidError, match=r"kit\.foreign"):
        kits.merge_box(make_store(tmp_path / "elsewhere"), away.admin, away.poll_id, away.box)
    other_key = travel_file(BOX, away.body, bytes(32), "x.box")[2]
    with _refused(away, "kit.box_altered"):
        kits.merge_box(away.office, away.admin, away.poll_id, other_key)
