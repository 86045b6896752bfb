"""Vote at a venue with no network: a kit goes out, a sealed box comes back and is merged.

The kit carries all that its ballot shows, pictures and map included.

While a kit is out, the venue's codes count only there. The box carries the state of every code of the venue, the
ballots in the order of their random ids, and the receipts; no moment finer than the day.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from renovation.errors import ConflictError, InvalidError, NotFoundError
from renovation.exports.polls.kit import BOX, KIT, signature, travel_file, unwrap_key, wrap_key
from renovation.exports.polls.kit_cards import cards_body
from renovation.imports.polls.kit import read_travel_file
from renovation.imports.polls.kit_cards import read_cards
from renovation.model.accounts import Action, Actor
from renovation.model.canonical import digest_of, from_plain, plain
from renovation.model.codes import format_code, make_code, normalise_code
from renovation.model.polls import (
    Channel,
    Poll,
    PollAct,
    PollProject,
    PollSettings,
    PollStage,
    StoredBallot,
    Venue,
    check_choices,
    instance_digest,
    require_stage,
)
from renovation.services.acts import ActingUnit, acting
from renovation.services.polls.ballot_map import faces_of, map_of
from renovation.services.typed import reason_of
from renovation.store import Store
from renovation.store.polls import boxes, codekeys, codes, polls

File = tuple[str, str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeKit:
    """A kit with the passphrase that opens it; the passphrase is told by voice or on paper, never with the file."""

    file: File
    passphrase: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What a box brought. ``again`` tells that it had been merged before and nothing changed."""

    venue: str
    ballots: int
    again: bool = False


def make_kit(store: Store, actor: Actor, poll_id: str, venue_id: int) -> MadeKit:
    """Make the kit of a venue, which carries a key; from now on its codes count only there.

    Raises
    ------
    DeniedError
        ``account.prove_again``.
    ConflictError
        ``kit.out_already``.
    StageError, NotFoundError
        The poll is not open, or the venue is not one of its.
    """
    with acting(store, actor, Action.RUN_STATION) as unit:
        unit.require_proof()
        poll = unit.poll(poll_id, PollAct.RUN_STATION)
        place = unit.venue(poll, venue_id)
        if place.kit:
            raise ConflictError("kit.out_already", venue=place.name)
        serial = secrets.token_hex(8)
        polls.set_kit(unit.connection, venue_id, "", serial)
        key = codekeys.key_ring(unit.connection).room(poll_id, place.name)
        passphrase = make_code()
        body = {
            "kit": serial,
            "poll": {"id": poll.id, "digest": poll.digest, "settings": plain(poll.settings)},
            "projects": plain(poll.projects),
            "cards": cards_body(map_of(unit, poll), faces_of(unit, poll)),
            "venue": {"name": place.name, "hours": place.hours},
            "codes": boxes.code_rows(unit.connection, venue_id),
            "key": wrap_key(key, passphrase),
        }
        unit.log("kit.make", "poll", poll_id, venue=place.name, kit=serial, codes=len(body["codes"]))
        made = travel_file(KIT, body, _signing_key(key, KIT), f"kit-{poll.id}-{venue_id}.json")
        unit.commit()
    return MadeKit(file=made, passphrase=format_code(passphrase))


def _signing_key(key: bytes, kind: str) -> bytes:
    return codekeys.keyed(key, f"sign|{kind}")


def install_kit(store: Store, actor: Actor, content: bytes, passphrase: str) -> Poll:
    """Lay a kit into this laptop's own store; the poll is open here for this venue's codes alone.

    Raises
    ------
    InvalidError
        The file is cut short, of another kind, altered, or the passphrase is wrong (``kit.altered``).
    ConflictError
        ``kit.installed_already``.
    """
    body, signed = read_travel_file(content, KIT)
    try:
        key = unwrap_key(body["key"], normalise_code(passphrase))
    except (KeyError, ValueError, TypeError, AttributeError):
        raise InvalidError("kit.altered") from None
    if not hmac.compare_digest(signature(KIT, body, _signing_key(key, KIT)), signed):
        raise InvalidError("kit.altered")
    settings = from_plain(PollSettings, body["poll"]["settings"])
    cards = body.get("cards", {})
    read_cards(cards)
    entries = [replace(entry, project_id=None) for entry in from_plain(tuple[PollProject, ...], body["projects"])]
    with acting(store, actor, Action.RUN_STATION) as unit:
        if boxes.poll_exists(unit.connection, body["poll"]["id"]):
            raise ConflictError("kit.installed_already", title=settings.title)
        poll_id = polls.add(
            unit.connection,
            settings,
            at=unit.at,
            poll_id=body["poll"]["id"],
            stage=PollStage.OPEN,
            opened_at=unit.at,
            source=f"kit {body['kit']}",
            meta={"kit": body["kit"], "kit_venue": body["venue"]["name"], "office_digest": body["poll"]["digest"]},
        )
        polls.set_projects(unit.connection, poll_id, entries)
        laid = unit.poll(poll_id)
        polls.move_on(unit.connection, poll_id, laid.stage, laid.stage, digest=instance_digest(laid))
        boxes.keep_cards(unit.connection, poll_id, cards)
        place = polls.add_venue(unit.connection, poll_id, body["venue"]["name"], body["venue"]["hours"])
        boxes.lay_codes(unit.connection, poll_id, place.id, body["codes"], at=unit.at)
        codekeys.keep_room_key(unit.connection, poll_id, place.name, key)
        unit.log("kit.install", "poll", poll_id, venue=place.name, kit=body["kit"], codes=len(body["codes"]))
        installed = unit.poll(poll_id)
        unit.commit()
    return installed


def make_box(store: Store, actor: Actor, poll_id: str) -> File:
    """Seal what was voted on this laptop; the poll is closed here, so that nothing comes after the box.

    Raises
    ------
    ConflictError
        ``kit.not_a_kit``: this store is not a venue's.
    """
    with acting(store, actor, Action.RUN_STATION) as unit:
        poll = unit.poll(poll_id)
        if "kit" not in poll.meta:
            raise ConflictError("kit.not_a_kit")
        if poll.stage is PollStage.OPEN:
            polls.move_on(unit.connection, poll_id, PollStage.OPEN, PollStage.CLOSED, closed_at=unit.at)
        place = polls.venues(unit.connection, poll_id)[0]
        key = codekeys.key_ring(unit.connection).room(poll_id, place.name)
        ballots = polls.ballots(unit.connection, poll_id)
        body = {
            "kit": poll.meta["kit"],
            "poll": {"id": poll.id, "digest": poll.meta["office_digest"]},
            "venue": place.name,
            "codes": boxes.code_rows(unit.connection, place.id),
            "ballots": [_ballot_row(ballot) for ballot in ballots],
            "receipts": {
                str(test).lower(): list(codes.receipts(unit.connection, poll_id, test=test)) for test in (False, True)
            },
        }
        made = travel_file(BOX, body, _signing_key(key, BOX), f"box-{poll.id}-{poll.meta['kit']}.json")
        unit.log("kit.box", "poll", poll_id, venue=place.name, kit=poll.meta["kit"], ballots=len(ballots))
        unit.commit()
    return made


def _ballot_row(ballot: StoredBallot) -> dict[str, Any]:
    assert ballot.channel is not None  # a venue's store does not forget before the office has its box
    assert ballot.day is not None
    return {
        "id": ballot.id,
        "channel": ballot.channel.value,
        "day": ballot.day.isoformat(),
        "choices": list(ballot.choices),
        "points": [int(value) for value in ballot.points],
        "test": ballot.test,
    }


def merge_box(store: Store, actor: Actor, content: bytes) -> Merged:
    """Take a sealed box into the ledger, whole or not at all; the same box again changes nothing.

    Raises
    ------
    InvalidError
        ``kit.truncated``, ``kit.box_altered``, ``kit.foreign`` (of another poll or venue), ``kit.replayed`` (of an
        older kit), ``kit.contradicts`` (a code that stands differently here) or ``kit.unbalanced`` (counts that
        differ).
    """
    body, signed = read_travel_file(content, BOX)
    digest = digest_of(body)
    with acting(store, actor, Action.RUN_STATION) as unit:
        try:
            poll = unit.poll(str(body["poll"]["id"]))
        except (NotFoundError, KeyError, TypeError):
            raise InvalidError("kit.foreign") from None
        name = str(body.get("venue", ""))
        places = [place for place in polls.venues(unit.connection, poll.id) if place.name == name]
        if not places or body["poll"].get("digest") != poll.digest:
            raise InvalidError("kit.foreign")
        place = places[0]
        key = codekeys.key_ring(unit.connection).room(poll.id, place.name)
        if not hmac.compare_digest(signature(BOX, body, _signing_key(key, BOX)), signed):
            raise InvalidError("kit.box_altered")
        if (count := boxes.merged(unit.connection, digest)) is not None:
            return Merged(venue=place.name, ballots=count, again=True)
        require_stage(poll.stage, PollAct.RUN_STATION)
        if not place.kit or body["kit"] != place.kit:
            raise InvalidError("kit.replayed", venue=place.name)
        taken = _take(unit, poll, place, body)
        boxes.note_merged(
            unit.connection,
            digest=digest,
            poll_id=poll.id,
            venue_id=place.id,
            kit=place.kit,
            ballots=taken,
            at=unit.at,
        )
        polls.set_kit(unit.connection, place.id, place.kit, "")
        unit.log("kit.merge", "poll", poll.id, venue=place.name, kit=body["kit"], ballots=taken, digest=digest)
        unit.commit()
    return Merged(venue=place.name, ballots=taken)


def _take(unit: ActingUnit, poll: Poll, place: Venue, body: Mapping[str, Any]) -> int:
    ballots = [_ballot(poll, place, row) for row in body["ballots"]]
    receipts = {test: list(body["receipts"][str(test).lower()]) for test in (False, True)}
    spent = boxes.merge_codes(unit.connection, place.id, body["codes"])
    if spent is None:
        raise InvalidError("kit.contradicts", venue=place.name)
    on_screen = sum(count for channel, count in spent.items() if channel is not Channel.PAPER)
    if not on_screen == len(ballots) == sum(map(len, receipts.values())):
        raise InvalidError("kit.unbalanced", codes=on_screen, ballots=len(ballots))
    polls.add_ballots(unit.connection, ballots)
    for test, commitments in receipts.items():
        for commitment in sorted(commitments):
            codes.add_receipt(unit.connection, commitment, poll.id, test=test)
    return len(ballots)


def _ballot(poll: Poll, place: Venue, row: Mapping[str, Any]) -> StoredBallot:
    choices, points = tuple(row["choices"]), tuple(row["points"])
    check_choices(poll.settings, poll.projects, choices, points)
    return StoredBallot(
        id=str(row["id"]),
        poll_id=poll.id,
        channel=Channel(row["channel"]),
        day=date.fromisoformat(row["day"]),
        choices=choices,
        points=points,
        venue_id=place.id,
        test=bool(row["test"]),
    )


def give_up_kit(store: Store, actor: Actor, poll_id: str, venue_id: int, reason: str) -> None:
    """Take back a kit that is lost: its codes count here again, and its box is refused from now on.

    Raises
    ------
    ConflictError
        ``kit.none_out``.
    InvalidError
        ``code.reason_missing``.
    """
    reason = reason_of(reason, "code.reason_missing")
    with acting(store, actor, Action.OPEN_CLOSE_POLL) as unit:
        place = unit.venue(unit.poll(poll_id, PollAct.GIVE_UP_KIT), venue_id)
        if not place.kit:
            raise ConflictError("kit.none_out", venue=place.name)
        polls.set_kit(unit.connection, venue_id, place.kit, "")
        unit.log("kit.give_up", "poll", poll_id, venue=place.name, kit=place.kit, reason=reason)
        unit.commit()
