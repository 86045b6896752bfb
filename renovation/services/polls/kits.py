"""Vote at a venue with no network: a kit goes out, a sealed box comes back and is merged.

The kit carries all that its ballot shows, pictures and map included.

While a kit is out, the venue's codes count only there. The box carries the state of every code of the venue, the
ballots in the order of their random ids, and the receipts; no moment finer than the day.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime

from renovation.errors import ConflictError, InvalidError, NotFoundError
from renovation.exports.polls.kit import BOX, KIT, ballot_row, signature, travel_file, unwrap_key, wrap_key
from renovation.exports.polls.kit_cards import cards_body
from renovation.imports.polls.kit import BallotRow, BoxBody, Envelope, KitBody, open_envelope, read_body
from renovation.imports.polls.kit_cards import read_cards
from renovation.model.accounts import Action, Actor
from renovation.model.ballots import Merged, check_choices
from renovation.model.canonical import from_plain, plain
from renovation.model.clock import day_of, in_utc, now
from renovation.model.codes import format_code, make_code, normalise_code
from renovation.model.hours import spans_of, written_hours
from renovation.model.names import fold, is_blank
from renovation.model.polls import (
    Channel,
    CodeState,
    Poll,
    PollAct,
    PollProject,
    PollSettings,
    PollStage,
    StoredBallot,
    Venue,
    instance_digest,
    require_stage,
)
from renovation.rules.polls.clocks import clock_doubts, days_alone
from renovation.services.acts import ActingUnit, acting
from renovation.services.polls import stations
from renovation.services.polls.ballot_map import faces_of, map_of
from renovation.services.staff.second_person import require_second, second_login
from renovation.services.typed import reason_of
from renovation.store import Store, audit
from renovation.store.keys import keyed
from renovation.store.polls import boxes, codekeys, codes, forgetting, polls

File = tuple[str, str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeKit:
    """A venue's kit with the passphrase that opens it, which is told by voice or on paper, never with the file.

    ``rescue`` is printed and sealed: at the venue it stands for a lost PIN of the station, once.
    """

    venue: str
    file: File
    passphrase: str
    rescue: str


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
        key = codekeys.key_ring(unit.connection).room(poll_id, place.room)
        passphrase, rescue = make_code(), make_code()
        body = {
            "kit": serial,
            "poll": {"id": poll.id, "digest": poll.digest, "settings": plain(poll.settings)},
            "projects": plain(poll.projects),
            "cards": cards_body(map_of(unit, poll), faces_of(unit, poll)),
            "venue": {"name": place.name, "hours": written_hours(poll.open_at(place))},
            "codes": boxes.code_rows(unit.connection, venue_id),
            "made_on": day_of(unit.at).isoformat(),
            "rescue": codekeys.rescue_hmac(key, rescue),
        }
        unit.log("kit.make", "poll", poll_id, venue=place.name, kit=serial, codes=len(body["codes"]))
        wrapped = wrap_key(key, passphrase)
        made = travel_file(KIT, body, _signing_key(key, KIT), f"kit-{poll.id}-{venue_id}.kit", wrapped)
        unit.commit()
    return MadeKit(venue=place.name, file=made, passphrase=format_code(passphrase), rescue=format_code(rescue))


def _signing_key(key: bytes, kind: str) -> bytes:
    return keyed(key, f"sign|{kind}")


def install_kit(store: Store, actor: Actor, content: bytes, passphrase: str) -> Poll:
    """Lay a kit into this laptop's own store; the poll is open here for this venue's codes alone.

    Raises
    ------
    InvalidError
        The file is cut short, of another kind, altered, or the passphrase is wrong (``kit.altered``); ``kit.content``:
        nothing this program writes; ``kit.clock``: this computer's clock is behind the office's.
    ConflictError
        ``kit.installed_already``.
    """
    envelope = open_envelope(content, KIT)
    try:
        key = unwrap_key(envelope.salt, envelope.wrapped, normalise_code(passphrase))
    except ValueError:
        raise InvalidError("kit.altered") from None
    if not hmac.compare_digest(signature(envelope.signed, _signing_key(key, KIT)), envelope.signature):
        raise InvalidError("kit.altered")
    body = read_body(KitBody, envelope.content)
    if (envelope.poll_id, envelope.kit) != (body.poll.id, body.kit):
        raise InvalidError("kit.content", place="kit")
    try:
        settings = from_plain(PollSettings, body.poll.settings)
        entries = [replace(entry, project_id=None) for entry in from_plain(tuple[PollProject, ...], body.projects)]
        spans_of(body.venue.hours)
    except (ValueError, InvalidError):
        raise InvalidError("kit.content", place="poll") from None
    read_cards(body.cards)
    if body.made_on > (today := day_of(now()).isoformat()):
        raise InvalidError("kit.clock", day=today, made_on=body.made_on)
    with acting(store, actor, Action.RUN_STATION) as unit:
        if boxes.poll_exists(unit.connection, body.poll.id):
            raise ConflictError("kit.installed_already", title=settings.title)
        poll_id = polls.add(
            unit.connection,
            settings,
            at=unit.at,
            poll_id=body.poll.id,
            stage=PollStage.OPEN,
            opened_at=unit.at,
            source=f"kit {body.kit}",
            meta={"kit": body.kit, "office_digest": body.poll.digest, stations.RESCUE: body.rescue},
        )
        polls.set_projects(unit.connection, poll_id, entries)
        laid = unit.poll(poll_id)
        polls.replace_meta(unit.connection, poll_id, laid.version, laid.with_kit_days({"made": body.made_on}))
        polls.move_on(unit.connection, poll_id, laid.stage, laid.stage, digest=instance_digest(laid))
        boxes.keep_cards(unit.connection, poll_id, body.cards)
        place = polls.add_venue(unit.connection, poll_id, body.venue.name, body.venue.hours)
        boxes.lay_codes(unit.connection, poll_id, place.id, [dict(row) for row in body.codes], at=unit.at)
        codekeys.keep_room_key(unit.connection, poll_id, place.room, key)
        unit.log("kit.install", "poll", poll_id, venue=place.name, kit=body.kit, codes=len(body.codes))
        installed = unit.poll(poll_id)
        unit.commit()
    return installed


def confirm_day(store: Store, actor: Actor, poll_id: str, day: date, *, second: Actor | None) -> date:
    """Say which day it is at a venue whose computer shows another, as one with a dead battery does; two people do.

    Votes and sheets handed out while the computer shows what it shows now are written under that day.

    Raises
    ------
    ConflictError
        ``kit.not_a_kit``.
    InvalidError
        ``kit.day``: the kit was not made yet, or long ago.
    DeniedError
        ``poll.second_person``.
    """
    with acting(store, actor, Action.RUN_STATION) as unit:
        poll = unit.poll(poll_id, PollAct.RUN_STATION)
        if not poll.kit_days:
            raise ConflictError("kit.not_a_kit")
        if not poll.within_kit(day):
            raise InvalidError("kit.day", day=day, made=date.fromisoformat(poll.kit_days["made"]))
        require_second(unit, second, poll=poll, needed=True)
        shown = day_of(unit.at)
        said = poll.with_kit_days({shown.isoformat(): day.isoformat()})
        polls.replace_meta(unit.connection, poll_id, poll.version, said)
        words = {"shown": shown.isoformat(), "day": day.isoformat(), "second": second_login(second)}
        unit.log("kit.confirm_day", "poll", poll_id, **words)
        unit.commit()
    return day


def make_box(store: Store, actor: Actor, poll_id: str) -> File:
    """Seal what was voted on this laptop; the poll is closed here, so that nothing comes after the box.

    Raises
    ------
    ConflictError
        ``kit.not_a_kit``: this store is not a venue's; ``kit.cleared``: it has forgotten what the box was made from.
    """
    with acting(store, actor, Action.RUN_STATION) as unit:
        poll = _of_kit(unit, poll_id)
        if poll.stage is PollStage.OPEN:
            polls.move_on(unit.connection, poll_id, PollStage.OPEN, PollStage.CLOSED, closed_at=unit.at)
        place = polls.venues(unit.connection, poll_id)[0]
        key = codekeys.key_ring(unit.connection).room(poll_id, place.room)
        ballots = polls.ballots(unit.connection, poll_id)
        sealed = unit.poll(poll_id)
        body = {
            "kit": poll.meta["kit"],
            "poll": {"id": poll.id, "digest": poll.meta["office_digest"]},
            "venue": place.name,
            "codes": boxes.code_rows(unit.connection, place.id),
            "ballots": [ballot_row(ballot) for ballot in ballots],
            "receipts": {
                str(test).lower(): list(codes.receipts(unit.connection, poll_id, test=test)) for test in (False, True)
            },
            "rescued": poll.meta.get(stations.RESCUED),
            "clock": {
                "installed_at": _minute(sealed.opened_at or unit.at),
                "sealed_at": _minute(sealed.closed_at or unit.at),
                "said": {shown: day for shown, day in poll.kit_days.items() if shown != "made"},
            },
        }
        made = travel_file(BOX, body, _signing_key(key, BOX), f"box-{poll.id}-{poll.meta['kit']}.box")
        polls.put_meta(unit.connection, poll_id, box=hashlib.sha256(made[2]).hexdigest())
        unit.log("kit.box", "poll", poll_id, venue=place.name, kit=poll.meta["kit"], ballots=len(ballots))
        unit.commit()
    return made


def _minute(moment: datetime) -> str:
    return in_utc(moment).isoformat(timespec="minutes")


def _of_kit(unit: ActingUnit, poll_id: str) -> Poll:
    poll = unit.poll(poll_id)
    if "kit" not in poll.meta:
        raise ConflictError("kit.not_a_kit")
    if "cleared" in poll.meta:
        raise ConflictError("kit.cleared")
    return poll


def _mark(digest: str) -> str:
    return f"{digest[:4]}-{digest[4:8]}".upper()


def clear_venue(store: Store, actor: Actor, poll_id: str, typed: str) -> None:
    """Have a venue's computer forget who voted when and how, once the office has its box.

    Parameters
    ----------
    typed
        The mark that the office showed when it took the box in.

    Raises
    ------
    ConflictError
        ``kit.not_a_kit``, ``kit.cleared``; ``kit.no_box``: no box was made here yet.
    InvalidError
        ``kit.mark_wrong``: the office has not taken this box in.
    """
    with acting(store, actor, Action.RUN_STATION) as unit:
        poll = _of_kit(unit, poll_id)
        if "box" not in poll.meta:
            raise ConflictError("kit.no_box")
        if "".join(one for one in fold(typed) if one.isalnum()) != poll.meta["box"][:8]:
            raise InvalidError("kit.mark_wrong")
        forgetting.forget(unit.connection, poll_id, paper=True)
        polls.put_meta(unit.connection, poll_id, cleared=day_of(unit.at).isoformat())
        unit.log("kit.clear", "poll", poll_id, kit=poll.meta["kit"])
        unit.commit()


def merge_box(
    store: Store,
    actor: Actor,
    poll_id: str,
    content: bytes,
    *,
    reason: str = "",
    day: date | None = None,
    second: Actor | None = None,
) -> Merged:
    """Take a sealed box of this poll into the ledger, whole or not at all; the same box again changes nothing.

    Parameters
    ----------
    reason, second
        Why a box counts whose computer may have had a wrong clock, from two people: what it says of days on which the
        kit could not be used is then written under today.
    day
        Under which day it is written instead, and what it says of days on which nobody else voted too.

    Raises
    ------
    InvalidError
        ``kit.truncated`` and the like: no box of this program; ``kit.foreign`` (of another poll or installation),
        ``kit.box_altered``, ``kit.replayed`` (of an older kit), ``kit.content`` (nothing this program writes),
        ``kit.not_allowed`` (a day on which the kit could not be used), ``kit.contradicts`` (a code, ballot or receipt
        that stands differently here) or ``kit.unbalanced`` (counts that differ); ``kit.day``.
    ConflictError
        ``kit.other_poll``: the box is another poll's; ``kit.clock_ahead``, ``kit.clock_behind``, ``kit.days_said`` or
        ``kit.days_alone`` where no reason is given: the clock is not the office's and the other boxes'.
    DeniedError
        ``poll.second_person``.
    """
    envelope = open_envelope(content, BOX)
    digest = hashlib.sha256(content).hexdigest()
    with acting(store, actor, Action.RUN_STATION) as unit:
        try:
            poll = unit.poll(envelope.poll_id)
        except NotFoundError:
            raise InvalidError("kit.foreign") from None
        chosen = unit.poll(poll_id)
        if poll.id != chosen.id:
            raise ConflictError("kit.other_poll", title=poll.title, chosen=chosen.title)
        place = _signed_at(unit, poll, envelope)
        if (count := boxes.merged(unit.connection, digest)) is not None:
            return Merged(title=poll.title, venue=place.name, ballots=count, mark=_mark(digest), again=True)
        require_stage(poll.stage, PollAct.RUN_STATION)
        if not place.kit or envelope.kit != place.kit:
            raise InvalidError("kit.replayed", venue=place.name)
        body = read_body(BoxBody, envelope.content)
        if (body.kit, body.poll.id, body.poll.digest, body.venue) != (place.kit, poll.id, poll.digest, place.name):
            raise InvalidError("kit.foreign")
        wrong, alone = _wrong_days(unit, place, body), _days_alone(unit, poll, place, body)
        doubts = _clock_doubts(unit, place, body, alone)
        if is_blank(reason) and doubts and not wrong:
            raise doubts[0]
        if not is_blank(reason) and (wrong or doubts):
            require_second(unit, second, poll=poll, needed=True)
            if day is not None:
                wrong |= {one.isoformat() for one in alone}
            body = body.under(wrong, _said(unit, place, day).isoformat())
            words = {"days": sorted(wrong), "reason": reason.strip()[:200], "second": second_login(second)}
            named = [doubt.code for doubt in doubts]
            unit.log("kit.wrong_days", "poll", poll.id, venue=place.name, doubts=named, **words)
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
        unit.log(
            "kit.merge",
            "poll",
            poll.id,
            venue=place.name,
            kit=body.kit,
            ballots=taken,
            digest=digest,
            rescued=body.rescued,
        )
        unit.commit()
    rescued = body.rescued is not None
    return Merged(title=poll.title, venue=place.name, ballots=taken, mark=_mark(digest), rescued=rescued)


def _signed_at(unit: ActingUnit, poll: Poll, envelope: Envelope) -> Venue:
    """Return the venue under whose key a box is signed."""
    keys = codekeys.key_ring(unit.connection)
    for place in polls.venues(unit.connection, poll.id):
        key = _signing_key(keys.room(poll.id, place.room), BOX)
        if hmac.compare_digest(signature(envelope.signed, key), envelope.signature):
            return place
    raise InvalidError("kit.box_altered")


def _take(unit: ActingUnit, poll: Poll, place: Venue, body: BoxBody) -> int:
    for listed in ([one.code_hmac for one in body.codes], [one.id for one in body.ballots]):
        if listed != sorted(listed):
            # The order of a venue's file says nothing, and another's would say something.
            raise InvalidError("kit.content", place="order")
    _require_days(unit, place, body)
    ballots = [_ballot(poll, place, row) for row in body.ballots]
    receipts = {False: body.receipts.false, True: body.receipts.true}
    spent = boxes.merge_codes(unit.connection, place.id, [dict(row) for row in body.codes])
    if spent is None or polls.any_ballot(unit.connection, [one.id for one in ballots]):
        raise InvalidError("kit.contradicts", venue=place.name)
    # A test code gives a test ballot and a test receipt, on the day and by the way its code says.
    on_screen = Counter({key: count for key, count in spent.items() if key[0] != Channel.PAPER.value})
    cast = Counter((row.channel, row.day, row.test) for row in body.ballots)
    given = {test: sum(count for key, count in on_screen.items() if key[2] is test) for test in receipts}
    if cast != on_screen or any(len(receipts[test]) != given[test] for test in receipts):
        raise InvalidError("kit.unbalanced", codes=on_screen.total(), ballots=len(ballots))
    polls.add_ballots(unit.connection, ballots)
    for test, commitments in receipts.items():
        for commitment in sorted(commitments):
            if not codes.add_receipt(unit.connection, commitment, poll.id, test=test):
                raise InvalidError("kit.contradicts", venue=place.name)
    return len(ballots)


def _require_days(unit: ActingUnit, place: Venue, body: BoxBody) -> None:
    """Refuse what was done before the kit was made or after today, and codes spent without a way and a day."""
    if any(row.state == CodeState.SPENT.value and not (row.channel and row.spent_on) for row in body.codes):
        raise InvalidError("kit.content", place="codes")
    if wrong := _wrong_days(unit, place, body):
        raise InvalidError("kit.not_allowed", venue=place.name, day=min(wrong))


def _wrong_days(unit: ActingUnit, place: Venue, body: BoxBody) -> set[str]:
    """Return the days of votes and sheets handed out before the kit was made or after today."""
    first, last = day_of(_made_at(unit, place)).isoformat(), day_of(unit.at).isoformat()
    return {day for day in _days_of(unit, place, body) if not first <= day <= last}


def _made_at(unit: ActingUnit, place: Venue) -> datetime:
    made = [entry for entry in audit.entries(unit.connection, act="kit.make") if entry.detail.get("kit") == place.kit]
    return made[-1].at


def _days_of(unit: ActingUnit, place: Venue, body: BoxBody) -> set[str]:
    """Return the days of the votes and of the sheets handed out that a box brings."""
    here = {row["code_hmac"]: row for row in boxes.code_rows(unit.connection, place.id)}
    days = {ballot.day for ballot in body.ballots}
    for row in body.codes:
        known = here.get(row.code_hmac)
        if known is None or (known["state"], known["channel"]) != (row.state, row.channel):
            days |= {row.spent_on} if row.spent_on is not None else set()
    return days


def _clock_doubts(unit: ActingUnit, place: Venue, body: BoxBody, alone: Collection[date]) -> list[ConflictError]:
    return clock_doubts(
        venue=place.name,
        installed=datetime.fromisoformat(body.clock.installed_at),
        sealed=datetime.fromisoformat(body.clock.sealed_at),
        said={date.fromisoformat(one) for one in body.clock.said.values()},
        alone=alone,
        made=_made_at(unit, place),
        at=unit.at,
    )


def _days_alone(unit: ActingUnit, poll: Poll, place: Venue, body: BoxBody) -> set[date]:
    spent = codes.spent_by_place(unit.connection, poll.id)
    others = [day for venue_id, _channel, day, _test, _count in spent if venue_id != place.id]
    return days_alone(map(date.fromisoformat, _days_of(unit, place, body)), poll.open_at(place), others)


def _said(unit: ActingUnit, place: Venue, day: date | None) -> date:
    today, made = day_of(unit.at), day_of(_made_at(unit, place))
    if day is not None and not made <= day <= today:
        raise InvalidError("kit.day", day=day, made=made)
    return day or today


def _ballot(poll: Poll, place: Venue, row: BallotRow) -> StoredBallot:
    choices, points = tuple(row.choices), tuple(row.points)
    check_choices(poll.settings, poll.projects, choices, points)
    return StoredBallot(
        id=row.id,
        poll_id=poll.id,
        channel=Channel(row.channel),
        day=date.fromisoformat(row.day),
        choices=choices,
        points=points,
        venue_id=place.id,
        test=row.test,
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
