"""Kits and boxes: a venue votes without a network, the box is merged once, and a wrong file is refused by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shapely

from renovation.errors import ConflictError, InvalidError, StageError
from renovation.exports.polls.kit import BOX, travel_file
from renovation.imports.polls.kit_cards import read_cards
from renovation.model.accounts import PUBLIC, Actor, Role
from renovation.model.ballots import MOST_PHOTO, BallotFace, BallotMap
from renovation.model.items import Beneficiary
from renovation.model.polls import Channel
from renovation.services.house import verification
from renovation.services.outcome import receipts
from renovation.services.polls import ballot_map, codes, kits, polls, reconciliation, voting
from renovation.store import Store
from renovation.store.keys import keyed
from renovation.store.polls import codekeys

KIOSK = Actor(role=Role.STATION)


@pytest.fixture
def laptop(make_store: Callable[[Path], Store], tmp_path: Path) -> Store:
    """A venue's own computer."""
    return make_store(tmp_path / "laptop")


def vote(store: Store, code: str, *choices: str) -> str:
    return voting.cast_ballot(store, KIOSK, code, choices, channel=Channel.STATION).code


def test_a_day_at_a_venue_comes_back_once(voting_poll: Any, laptop: Store, admin: Actor, social_worker: Actor) -> None:
    held = voting_poll
    before = vote(held.store, held.codes[0], "P1")
    made = kits.make_kit(held.store, admin, held.poll.id, held.venue.id)
    with pytest.raises(ConflictError, match=r"code\.kit_out"):
        vote(held.store, held.codes[1], "P1")
    with pytest.raises(ConflictError, match=r"code\.kit_out"):
        codes.void_code(held.store, admin, held.batch_id, 2, "试")
    with pytest.raises(ConflictError, match=r"kit\.out_already"):
        kits.make_kit(held.store, admin, held.poll.id, held.venue.id)
    with pytest.raises(ConflictError, match=r"poll\.kit_out"):
        polls.close_poll(held.store, admin, held.poll.id)

    kits.install_kit(laptop, admin, made.file[2], made.passphrase.lower())
    with pytest.raises(ConflictError, match=r"code\.spent"):
        voting.start_ballot(laptop, held.codes[0])
    # On a bare laptop nobody votes as on a phone of their own.
    for act in (
        lambda: voting.start_ballot(laptop, held.codes[1]),
        lambda: voting.cast_ballot(laptop, PUBLIC, held.codes[1], ("P1",), channel=Channel.PHONE),
    ):
        with pytest.raises(StageError, match=r"ballot\.no_station"):
            act()
    given = [vote(laptop, code, "P2", "P3") for code in held.codes[1:5]]
    codes.hand_out_paper(laptop, social_worker, held.poll.id, held.codes[5])
    box = kits.make_box(laptop, admin, held.poll.id)[2]
    assert kits.make_box(laptop, admin, held.poll.id)[2] == box
    assert not any(code.replace("-", "").encode() in box for code in held.codes)

    merged = kits.merge_box(held.store, admin, held.poll.id, box)
    assert (merged.ballots, merged.again) == (4, False)
    again = kits.merge_box(held.store, admin, held.poll.id, box)
    assert (again.ballots, again.again, again.mark) == (4, True, merged.mark)
    assert verification.check_store(laptop, admin) == ()
    # Only now may the venue's computer forget, and then it makes no other box.
    with pytest.raises(InvalidError, match=r"kit\.mark_wrong"):
        kits.clear_venue(laptop, admin, held.poll.id, "0000-0000")
    kits.clear_venue(laptop, admin, held.poll.id, f" {merged.mark.lower()} ")
    with laptop.read() as connection:
        spent = connection.exec_driver_sql("SELECT count(*) FROM voter_code WHERE spent_on IS NOT NULL").scalar_one()
        told = connection.exec_driver_sql("SELECT count(*) FROM ballot WHERE day IS NOT NULL").scalar_one()
    assert (spent, told) == (0, 0)
    assert verification.check_store(laptop, admin) == ()
    for act in (kits.make_box, lambda *given: kits.clear_venue(*given, merged.mark)):
        with pytest.raises(ConflictError, match=r"kit\.cleared"):
            act(laptop, admin, held.poll.id)
    assert polls.turnout(held.store, admin, held.poll.id).ballots == 5
    for receipt in (before, *given):
        assert receipts.check_receipt(held.store, receipt) is not None
    assert vote(held.store, held.codes[1], "P6") == given[0]
    assert polls.turnout(held.store, admin, held.poll.id).ballots == 5
    polls.close_poll(held.store, admin, held.poll.id)
    open_lines = reconciliation.reconcile(held.store, admin, held.poll.id).open_lines
    assert [line.kind for line in open_lines] == ["paper"]


def test_the_venues_ballot_shows_the_same_cards(
    voting_poll: Any, laptop: Store, admin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = voting_poll
    photo = b"\xff\xd8\xff" + bytes(1000)
    place = BallotMap(outline=shapely.box(114, 23, 114.01, 23.01).wkb, buildings=(shapely.box(0, 0, 1, 1).wkb,))
    shown = {
        "P1": BallotFace(photo=photo, caption="楼道", beneficiaries=(Beneficiary.ELDERLY,), demands=3),
        "P2": BallotFace(),
    }
    too_large = BallotFace(photo=photo + bytes(MOST_PHOTO), caption="太大", demands=1)
    monkeypatch.setattr(kits, "map_of", lambda *_: place)
    monkeypatch.setattr(kits, "faces_of", lambda *_: shown | {"P3": too_large})
    made = kits.make_kit(held.store, admin, held.poll.id, held.venue.id)
    with pytest.raises(InvalidError, match=r"kit\.altered"):
        kits.install_kit(laptop, admin, made.file[2].replace(b'"elderly"', b'"ELDERLY"'), made.passphrase)
    poll = kits.install_kit(laptop, admin, made.file[2], made.passphrase)
    assert ballot_map.ballot_map(laptop, PUBLIC, poll) == place
    # What is too large stays at the office; everything else is there.
    assert ballot_map.ballot_faces(laptop, PUBLIC, poll) == shown | {"P3": BallotFace(demands=1)}


@pytest.mark.parametrize(
    "change",
    [
        {"outline": "no base64!"},
        {"buildings": ["AAAA"]},
        {"faces": {"P1": {"photo": "PHN2Zz4=", "caption": "", "beneficiaries": [], "demands": 0}}},
        {"faces": {"P1": {"photo": "", "caption": "", "beneficiaries": ["nobody"], "demands": 0}}},
        {"faces": []},
    ],
)
def test_cards_that_no_office_writes_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidError, match=r"kit\.altered"):
        read_cards({"outline": "", "buildings": [], "faces": {}} | change)


def damaged(name: str, box: bytes) -> bytes:
    line, content = box.split(b"\n", 1)
    parts = line.split(b" ")
    return {
        "truncated": box[: len(box) // 2],
        "first line cut": line[:40],
        "padded": box + b"\n",
        "not one": b"PK\x03\x04 a zip",
        "nothing": b"",
        "altered": box.replace(b'"P1"', b'"P6"'),
        "foreign": b" ".join([*parts[:2], b"0" * 16, *parts[3:]]) + b"\n" + content,
        "other kit": b" ".join([*parts[:3], b"0" * 16, *parts[4:]]) + b"\n" + content,
        "other kind": box.replace(b"renovation-box", b"renovation-kit", 1),
        "version": box.replace(b"renovation-box 2 ", b"renovation-box 3 ", 1),
    }[name]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("truncated", "kit.truncated"),
        ("first line cut", "kit.truncated"),
        ("padded", "kit.padded"),
        ("not one", "kit.not_one"),
        ("nothing", "kit.not_one"),
        ("altered", "kit.box_altered"),
        ("foreign", "kit.foreign"),
        ("other kit", "kit.box_altered"),
        ("other kind", "kit.other_kind"),
        ("version", "kit.version"),
    ],
)
def test_wrong_boxes_are_refused_by_name(voting_poll: Any, laptop: Store, admin: Actor, name: str, code: str) -> None:
    held = voting_poll
    made = kits.make_kit(held.store, admin, held.poll.id, held.venue.id)
    with pytest.raises(InvalidError, match=r"kit\.altered"):
        kits.install_kit(laptop, admin, made.file[2], held.codes[0])
    kits.install_kit(laptop, admin, made.file[2], made.passphrase)
    vote(laptop, held.codes[0], "P1")
    box = kits.make_box(laptop, admin, held.poll.id)[2]
    with pytest.raises(InvalidError) as told:
        kits.merge_box(held.store, admin, held.poll.id, damaged(name, box))
    assert told.value.code == code
    assert polls.turnout(held.store, admin, held.poll.id).ballots == 0
    assert kits.merge_box(held.store, admin, held.poll.id, box).ballots == 1


def test_box_of_a_kit_that_was_given_up_is_refused(voting_poll: Any, laptop: Store, admin: Actor) -> None:
    held = voting_poll
    made = kits.make_kit(held.store, admin, held.poll.id, held.venue.id)
    kits.install_kit(laptop, admin, made.file[2], made.passphrase)
    vote(laptop, held.codes[0], "P1")
    box = kits.make_box(laptop, admin, held.poll.id)[2]
    kits.give_up_kit(held.store, admin, held.poll.id, held.venue.id, "电脑丢了")
    vote(held.store, held.codes[0], "P2")
    with pytest.raises(InvalidError, match=r"kit\.replayed"):
        kits.merge_box(held.store, admin, held.poll.id, box)


def test_signed_but_contradicting_or_unbalanced_boxes_are_refused(
    voting_poll: Any, laptop: Store, admin: Actor
) -> None:
    held = voting_poll
    made = kits.make_kit(held.store, admin, held.poll.id, held.venue.id)
    kits.install_kit(laptop, admin, made.file[2], made.passphrase)
    vote(laptop, held.codes[0], "P1")
    body = json.loads(kits.make_box(laptop, admin, held.poll.id)[2].split(b"\n", 1)[1])
    with laptop.read() as connection:
        key = keyed(codekeys.key_ring(connection).room(held.poll.id, held.venue.name), f"sign|{BOX}")

    def signed(**changed: Any) -> bytes:
        return travel_file(BOX, body | changed, key, "box.json")[2]

    with pytest.raises(InvalidError, match=r"kit\.contradicts"):
        kits.merge_box(held.store, admin, held.poll.id, signed(codes=body["codes"][1:]))
    with pytest.raises(InvalidError, match=r"kit\.unbalanced"):
        kits.merge_box(held.store, admin, held.poll.id, signed(ballots=[]))
    forged = [{**body["ballots"][0], "choices": ["P9"]}]
    with pytest.raises(InvalidError, match=r"ballot\.unknown_project"):
        kits.merge_box(held.store, admin, held.poll.id, signed(ballots=forged))
    assert polls.turnout(held.store, admin, held.poll.id).ballots == 0


def test_ten_boxes_keep_nothing_of_an_order(
    make_poll_draft: Callable[..., str],
    make_store: Callable[[Path], Store],
    store: Store,
    tmp_path: Path,
    admin: Actor,
) -> None:
    poll_id = make_poll_draft()
    places = [polls.add_venue(store, admin, poll_id, f"{number} 号点") for number in range(10)]
    made = [codes.make_batch(store, admin, poll_id, place.id, 3, "一批") for place in places]
    polls.open_poll(store, admin, poll_id, denominator=50)
    for place, batch in zip(places, made, strict=True):
        kit = kits.make_kit(store, admin, poll_id, place.id)
        away = make_store(tmp_path / place.name)
        kits.install_kit(away, admin, kit.file[2], kit.passphrase)
        for slip in batch.slips:
            vote(away, slip.code, "P1")
        box = kits.make_box(away, admin, poll_id)[2]
        read = json.loads(box.split(b"\n", 1)[1])["ballots"]
        ids = [row["id"] for row in read]
        assert ids == sorted(ids)
        assert b"T" not in read[0]["day"].encode()
        kits.merge_box(store, admin, poll_id, box)
    assert polls.turnout(store, admin, poll_id).ballots == 30
    assert not reconciliation.reconcile(store, admin, poll_id).open_lines
