"""Make, re-issue, void and hand out voting codes; of the codes themselves nothing stays once they are on paper."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from renovation.errors import ConflictError, InvalidError, NotFoundError, StageError, UnavailableError
from renovation.model.accounts import Action, Actor, require
from renovation.model.clock import day_of, now, today
from renovation.model.codes import format_code, make_code, read_code
from renovation.model.names import is_blank
from renovation.model.polls import (
    TIMETABLE,
    BatchCount,
    Channel,
    CodeBatch,
    CodeLine,
    CodeState,
    Poll,
    PollAct,
    PollStage,
    Venue,
    require_stage,
)
from renovation.services.acts import ActingUnit, acting
from renovation.services.doors import reading
from renovation.services.polls.venues import refuse_closed_hours
from renovation.services.staff import guesses
from renovation.services.typed import reason_of
from renovation.store import Connection, Store
from renovation.store.polls import codekeys, codes
from renovation.store.polls import slips as fresh
from renovation.store.polls.codes import CodeEntry
from renovation.store.polls.slips import FreshSlips

MOST_CODES = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """One code on its way to the printer; it is never written to a log or a file of the server."""

    serial: int
    code: str = field(repr=False)
    #: What its QR carries behind the code.
    tag: str = field(repr=False)
    household_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeBatch:
    """A new batch with its slips."""

    batch: CodeBatch
    slips: tuple[Slip, ...]


def _free_venue(unit: ActingUnit, poll: Poll, venue_id: int | None) -> Venue | None:
    """Return a venue, unless its kit is out; nothing for codes that are bound to none."""
    if venue_id is None:
        return None
    place = unit.venue(poll, venue_id)
    if place.kit:
        raise ConflictError("code.kit_out", venue=place.name)
    return place


def make_batch(
    store: Store,
    actor: Actor,
    poll_id: str,
    venue_id: int | None,
    size: int,
    label: str,
    test: bool = False,
    households: Sequence[int] = (),
) -> MadeBatch:
    """Make a batch of codes bound to a venue.

    Parameters
    ----------
    households
        One household per code, where the register knows which code goes to which door; else empty.

    Raises
    ------
    InvalidError
        ``code.batch_size`` or ``code.batch_label``.
    NotFoundError
        ``poll.unknown``, ``poll.venue_unknown`` or ``estate.household_not_found``.
    UnavailableError
        ``code.key_missing``, ``code.key_cut`` or ``code.key_foreign``.
    """
    if not 1 <= size <= MOST_CODES or (households and len(households) != size):
        raise InvalidError("code.batch_size", limit=MOST_CODES)
    if is_blank(label) or len(label) > 80:
        raise InvalidError("code.batch_label")
    with acting(store, actor, Action.ISSUE_CODES) as unit:
        poll = unit.poll(poll_id, PollAct.MAKE_CODES)
        unit.require_households(poll, households)
        place = _free_venue(unit, poll, venue_id)
        codekeys.make_master(unit.connection)
        key = codekeys.key_ring(unit.connection).room(poll_id, place.room if place else "")
        drawn = list(dict.fromkeys(make_code() for _ in range(size)))
        while len(drawn) < size:
            drawn = list(dict.fromkeys([*drawn, make_code()]))
        batch = codes.add_batch(
            unit.connection, poll_id=poll_id, venue_id=venue_id, label=label.strip(), size=size, test=test, at=unit.at
        )
        hmacs = [codekeys.code_hmac(key, code) for code in drawn]
        codes.add_codes(unit.connection, batch, hmacs, households=households)
        doors: Sequence[int | None] = households or [None] * size
        slips = tuple(
            Slip(serial=serial, code=format_code(code), tag=codekeys.code_tag(key, code), household_id=door)
            for serial, (code, door) in enumerate(zip(drawn, doors, strict=True), 1)
        )
        _keep(unit, batch, slips)
        unit.log(
            "code.make_batch",
            "code_batch",
            batch.id,
            poll=poll_id,
            size=size,
            venue=place.name if place else "",
            test=test,
        )
        unit.commit()
    return MadeBatch(batch=batch, slips=slips)


def _keep(unit: ActingUnit, batch: CodeBatch, slips: Sequence[Slip]) -> None:
    """Keep slips for whoever made them until they are printed; a script without an account has its answer."""
    fresh.sweep(unit.connection, unit.at)
    if unit.actor.account_id is not None:
        kept = [(one.serial, one.code, one.tag) for one in slips]
        fresh.keep(unit.connection, batch, unit.actor.account_id, kept, unit.at)


def fresh_slips(store: Store, actor: Actor, poll_id: str) -> tuple[FreshSlips, ...]:
    """Return the slips that this account has made and not confirmed to hold on paper, the newest first.

    They are kept encrypted, for a day at most, and wiped when the poll closes.

    Raises
    ------
    UnavailableError
        ``code.key_missing``, ``code.key_cut`` or ``code.key_foreign``.
    """
    with reading(store, actor, Action.ISSUE_CODES) as door:
        poll = door.poll(poll_id)
        if door.actor.account_id is None or poll.stage not in TIMETABLE[PollAct.MAKE_CODES][0]:
            return ()
        return fresh.fresh(door.connection, poll.id, door.actor.account_id, now())


def confirm_printed(store: Store, actor: Actor, batch_id: int, last: int) -> None:
    """Wipe slips whose last sheet this account has in hand; from then on they are on paper alone.

    Parameters
    ----------
    last
        The number of the last slip.

    Raises
    ------
    NotFoundError
        ``code.not_waiting``: they are confirmed already, too old, or another account's.
    """
    with acting(store, actor, Action.ISSUE_CODES) as unit:
        batch = unit.code_batch(batch_id, PollAct.MAKE_CODES)
        fresh.sweep(unit.connection, unit.at)
        mine = unit.actor.account_id
        if mine is None or not fresh.confirm(unit.connection, batch.id, mine, last):
            raise NotFoundError("code.not_waiting")
        unit.log("code.printed", "code_batch", batch_id, serial=last)
        unit.commit()


def batches(store: Store, actor: Actor, poll_id: str) -> tuple[BatchCount, ...]:
    """Return a poll's batches with the counts of issued, spent, spoiled, void and unused codes."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        return codes.batches(door.connection, door.poll(poll_id).id)


def batch(store: Store, actor: Actor, batch_id: int) -> CodeBatch:
    """Return a batch."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        return door.code_batch(batch_id)


def lines(store: Store, actor: Actor, batch_id: int) -> tuple[CodeLine, ...]:
    """Return the list of a batch: serial and state, never a code."""
    with reading(store, actor, Action.ISSUE_CODES) as door:
        return codes.lines(door.connection, door.code_batch(batch_id).id)


def void_code(store: Store, actor: Actor, batch_id: int, serial: int, reason: str) -> None:
    """Make an unused code worthless.

    Raises
    ------
    ConflictError
        ``code.not_unused``: it has voted, or is void already.
    """
    reason = reason_of(reason, "code.reason_missing")
    with acting(store, actor, Action.ISSUE_CODES) as unit:
        _leave_unused(unit, batch_id, serial, CodeState.VOID, reason)
        unit.log("code.void", "code_batch", batch_id, serial=serial, reason=reason)
        unit.commit()


def void_batch(store: Store, actor: Actor, batch_id: int, reason: str) -> int:
    """Make every unused code of a batch worthless and return how many there were."""
    reason = reason_of(reason, "code.reason_missing")
    with acting(store, actor, Action.ISSUE_CODES) as unit:
        voided = codes.void_unused(unit.connection, batch_id, reason)
        _free_batch(unit, batch_id, PollAct.CHANGE_CODE)
        unit.log("code.void_batch", "code_batch", batch_id, voided=voided, reason=reason)
        unit.commit()
    return voided


def spoil_slip(store: Store, actor: Actor, batch_id: int, serial: int, reason: str) -> None:
    """Note a slip that was misprinted, torn or lost before anybody got it."""
    reason = reason_of(reason, "code.reason_missing")
    with acting(store, actor, Action.ISSUE_CODES) as unit:
        _leave_unused(unit, batch_id, serial, CodeState.SPOILED, reason)
        unit.log("code.spoil", "code_batch", batch_id, serial=serial, reason=reason)
        unit.commit()


def _leave_unused(unit: ActingUnit, batch_id: int, serial: int, after: CodeState, reason: str) -> None:
    # The code's row first: a vote under way holds it, and what the poll and the venue allow is asked after that wait.
    done = codes.set_state(unit.connection, batch_id, serial, before=[CodeState.UNUSED], after=after, reason=reason)
    _free_batch(unit, batch_id, PollAct.CHANGE_CODE)
    if not done:
        raise ConflictError("code.not_unused", serial=serial)


def _free_batch(unit: ActingUnit, batch_id: int, act: PollAct) -> tuple[CodeBatch, str]:
    """Return a batch and the room of its venue, unless a kit is out there."""
    batch = unit.code_batch(batch_id, act)
    place = _free_venue(unit, unit.poll(batch.poll_id), batch.venue_id)
    return batch, place.room if place else ""


def reissue_code(store: Store, actor: Actor, batch_id: int, serial: int, reason: str) -> Slip:
    """Void an unused code and make a new one in its place, for the same door.

    Raises
    ------
    ConflictError
        ``code.not_unused``: whoever held it has voted.
    """
    reason = reason_of(reason, "code.reason_missing")
    with acting(store, actor, Action.ISSUE_CODES) as unit:
        _leave_unused(unit, batch_id, serial, CodeState.VOID, reason)
        batch, room = _free_batch(unit, batch_id, PollAct.MAKE_CODES)
        key = codekeys.key_ring(unit.connection).room(batch.poll_id, room)
        code = make_code()
        fresh_serial = codes.next_serial(unit.connection, batch_id)
        door = next(line.household_id for line in codes.lines(unit.connection, batch_id) if line.serial == serial)
        households = [] if door is None else [door]
        codes.add_codes(
            unit.connection, batch, [codekeys.code_hmac(key, code)], first_serial=fresh_serial, households=households
        )
        codes.grow(unit.connection, batch_id, 1)
        slip = Slip(serial=fresh_serial, code=format_code(code), tag=codekeys.code_tag(key, code), household_id=door)
        _keep(unit, batch, [slip])
        unit.log("code.reissue", "code_batch", batch_id, serial=serial, new_serial=fresh_serial, reason=reason)
        unit.commit()
    return slip


def find_code(
    store: Store, actor: Actor, given: str, venue_id: int | None = None, *, queued: str = ""
) -> tuple[CodeEntry, str, bytes]:
    """Return what the store knows of a code, the code in its one form, and its key; wrong ones are counted.

    A code with its tag, as a slip's QR holds it, is no guess: it is counted nowhere and waits for nobody.

    Parameters
    ----------
    queued
        What an earlier ``code.wait`` for this code handed out.

    Raises
    ------
    InvalidError
        ``code.length``, ``code.symbol`` or ``code.check``; not counted, nothing was looked up.
    NotFoundError
        ``code.unknown``.
    UnavailableError
        ``code.wait``: too many wrong codes lately, so that a typed one has to wait; ``code.key_missing``,
        ``code.key_cut`` or ``code.key_foreign``: the key it may have been made under is not here.
    """
    code, tag = read_code(given)
    require(actor, Action.SEE_PUBLIC)
    if tag:
        with store.read() as connection:
            keys, _broken = _keys(connection)
            fitting = [key for key in keys if hmac.compare_digest(codekeys.code_tag(key, code), tag)]
            found = codes.find(connection, [codekeys.code_hmac(key, code) for key in fitting]) if fitting else None
        if found is not None:
            return found, code, fitting[0]
    with guesses.guessing(store, guesses.code_door(store, actor, code, venue_id, queued=queued)) as guess:
        keys, broken = _keys(guess.connection)
        made = {codekeys.code_hmac(key, code): key for key in keys}
        found = codes.find(guess.connection, made) if made else None
        if found is None:
            if broken is not None:
                raise broken
            guess.wrong()
    if found is None:
        raise NotFoundError("code.unknown")
    return found, code, made[found.code_hmac]


def _keys(connection: Connection) -> tuple[list[bytes], UnavailableError | None]:
    """Return the keys that codes are made under here, and what is wrong with one that is not."""
    ring, keys = codekeys.key_ring(connection), []
    broken: UnavailableError | None = None
    for poll_id, room in codekeys.rooms(connection):
        try:
            keys.append(ring.room(poll_id, room))
        except UnavailableError as error:
            # Codes of other polls and venues go on.
            broken = error
    return keys, broken


def day_at(poll: Poll) -> date:
    """Return the day that a vote or a sheet handed out here is written under.

    Raises
    ------
    UnavailableError
        ``ballot.clock``: by this computer's clock the poll is not open yet; ``ballot.day_unconfirmed``: a venue's
        computer shows a day far from its kit's, and nobody has said which day it is.
    """
    shown = today()
    day = poll.day_here(shown)
    if day is None and poll.kit_days:
        raise UnavailableError("ballot.day_unconfirmed", day=shown)
    if day is None:
        raise UnavailableError("ballot.clock", day=shown, opened=day_of(poll.opened_at or now()))
    return day


def hand_out_paper(store: Store, actor: Actor, poll_id: str, code: str) -> CodeEntry:
    """Give somebody a paper ballot of this poll for their slip: the code is spent, so nobody votes twice.

    Raises
    ------
    ConflictError
        ``code.voted`` (nobody overrides this), ``code.void`` or ``code.spoiled``; ``code.kit_out``;
        ``code.other_poll``: the slip is another poll's, and stays good there.
    StageError
        The poll is not open; ``hours.closed`` or ``hours.over``.
    UnavailableError
        As for :func:`day_at`.
    """
    require(actor, Action.ISSUE_CODES)
    with reading(store, actor, Action.ISSUE_CODES) as door:
        poll = door.poll(poll_id, PollAct.HAND_OUT_CODE)
    found, _code, _key = find_code(store, actor, code)
    refuse_other_poll(found, poll)
    with acting(store, actor, Action.ISSUE_CODES) as unit:
        day = day_at(poll)
        refuse_closed_hours(poll, None if found.venue_id is None else unit.venue(poll, found.venue_id))
        spent = codes.spend(unit.connection, found.code_hmac, channel=Channel.PAPER, day=day)
        if spent:
            stage, kit = codes.stage_held(unit.connection, found.poll_id, found.venue_id)
            require_stage(stage, PollAct.HAND_OUT_CODE)
            if kit:
                raise ConflictError("code.kit_out", venue=found.venue_name)
            unit.log("code.hand_out_paper", "code_batch", found.batch_id, serial=found.serial)
            unit.commit()
    if not spent:
        with store.read() as connection:
            now_stands = codes.find(connection, [found.code_hmac])
        refuse_state(now_stands or found)
        raise ConflictError("code.voted")
    return found


def take_back_paper(store: Store, actor: Actor, batch_id: int, serial: int, reason: str) -> None:
    """Undo a paper ballot handed out by mistake and still in hand: the slip may vote again on screen.

    Raises
    ------
    ConflictError
        ``code.not_on_paper``.
    """
    reason = reason_of(reason, "code.reason_missing")
    with acting(store, actor, Action.ADJUDICATE) as unit:
        done = codes.set_state(
            unit.connection,
            batch_id,
            serial,
            before=[CodeState.SPENT],
            after=CodeState.UNUSED,
            reason=reason,
            channel=Channel.PAPER,
        )
        unit.code_batch(batch_id, PollAct.ADJUDICATE)
        if not done:
            raise ConflictError("code.not_on_paper", serial=serial)
        unit.log("code.take_back_paper", "code_batch", batch_id, serial=serial, reason=reason)
        unit.commit()


def refuse_other_poll(found: CodeEntry, poll: Poll) -> None:
    """Refuse a code at a desk or a station of another poll; it stays good for its own.

    Raises
    ------
    ConflictError
        ``code.other_poll``.
    """
    if found.poll_id != poll.id:
        raise ConflictError("code.other_poll", title=found.title, chosen=poll.title)


def refuse_cancelled(found: CodeEntry) -> None:
    """Refuse every code of a poll that was cancelled, spent or not.

    Raises
    ------
    StageError
        ``poll.cancelled``.
    """
    if found.stage is PollStage.CANCELLED:
        raise StageError("poll.cancelled")


def refuse_state(found: CodeEntry) -> None:
    """Refuse a code that cannot vote because of how it stands, other than having voted on a screen.

    Raises
    ------
    ConflictError
        ``code.void``, ``code.spoiled`` or ``code.on_paper``.
    StageError
        ``poll.cancelled``, which is why a code is void.
    """
    refuse_cancelled(found)
    if found.state is CodeState.VOID:
        raise ConflictError("code.void", reason=found.reason)
    if found.state is CodeState.SPOILED:
        raise ConflictError("code.spoiled")
    if found.state is CodeState.SPENT and found.channel is Channel.PAPER:
        raise ConflictError("code.on_paper")
