"""Key paper ballots in pairs: two people read every ballot, a third decides where they differ.

The first and the second clerk are different accounts, and neither sees the other's reading before the batch is
compared. A correction supersedes; nothing is overwritten. Closing a batch writes its ballots into the ledger.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from renovation.errors import ConflictError, DeniedError, InvalidError, StageError
from renovation.model.accounts import Action, Actor, may, require_account
from renovation.model.ballots import PAPER_DONE, Difference, PaperBatch, PaperState, Reading, Round, Verdict
from renovation.model.clock import refuse_ahead
from renovation.model.names import is_blank
from renovation.model.polls import TIMETABLE, Channel, Poll, PollAct, StoredBallot, Venue
from renovation.rules.polls.paper import (
    as_serial,
    compared,
    in_order,
    judge,
    refuse_before,
    refuse_foreign,
    refuse_serial,
)
from renovation.services.acts import ActingUnit, acting
from renovation.services.doors import reading
from renovation.services.typed import reason_of
from renovation.store import Connection, Store
from renovation.store.polls import paper, polls

#: Which clerk keys in which state of a batch.
_TURN = {PaperState.FIRST: Round.FIRST, PaperState.SECOND: Round.SECOND}


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What one clerk sees of a batch: only the readings of their own round."""

    batch: PaperBatch
    poll: Poll
    turn: Round
    readings: dict[int, Reading]

    @property
    def next_position(self) -> int | None:
        """The first ballot not keyed yet; ``None`` when all are."""
        for position in range(1, self.batch.counted + 1):
            if position not in self.readings:
                return position
        return None

    @property
    def by_serial(self) -> bool:
        """Whether serials are keyed in this round."""
        return any(one.serial for one in self.readings.values())


def make_batch(
    store: Store,
    actor: Actor,
    poll_id: str,
    venue_id: int | None,
    label: str,
    day: date,
    counted: int,
    *,
    spoiled_at_desk: int = 0,
    not_returned: int = 0,
) -> PaperBatch:
    """Take a bundle with the counts of its cover sheet.

    Raises
    ------
    InvalidError
        ``paper.label``, ``paper.counted``, ``paper.cover_negative``, ``day.ahead`` or ``paper.day_before``.
    NotFoundError
        ``poll.unknown`` or ``poll.venue_unknown``.
    """
    refuse_ahead(day)
    if is_blank(label) or len(label) > 80:
        raise InvalidError("paper.label")
    with acting(store, actor, Action.KEY_PAPER) as unit:
        poll = unit.poll(poll_id, PollAct.KEY_PAPER)
        refuse_before(poll, day)
        if venue_id is not None:
            unit.venue(poll, venue_id)
        made = paper.add_batch(
            unit.connection,
            poll_id=poll_id,
            venue_id=venue_id,
            label=label.strip(),
            day=day,
            counted=counted,
            spoiled_at_desk=spoiled_at_desk,
            not_returned=not_returned,
        )
        unit.log("paper.make_batch", "paper_batch", made.id, poll=poll_id, label=made.label, counted=counted)
        unit.commit()
    return made


def batches(store: Store, actor: Actor, poll_id: str) -> tuple[PaperBatch, ...]:
    """Return a poll's batches."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        return paper.batches(door.connection, door.poll(poll_id).id)


def correct_cover(
    store: Store,
    actor: Actor,
    batch_id: int,
    *,
    counted: int,
    spoiled_at_desk: int,
    not_returned: int,
    day: date | None = None,
    reason: str,
) -> PaperBatch:
    """Correct a cover after counting the bundle again; what stood there before stays in the log.

    With more ballots than were keyed, the batch goes back to the first clerk, who keys the further ones.

    Raises
    ------
    ConflictError
        ``paper.fewer_than_keyed``: have the batch keyed again from the start instead.
    InvalidError
        ``paper.reason_missing``, ``paper.counted``, ``paper.cover_negative``, ``day.ahead`` or ``paper.day_before``.
    """
    refuse_ahead(day)
    reason = reason_of(reason, "paper.reason_missing")
    with acting(store, actor, Action.KEY_PAPER) as unit:
        held = _open_batch(unit, batch_id)
        refuse_before(unit.poll(held.poll_id), day or held.day)
        # The constructor checks the counts; fewer than were keyed cannot be.
        wanted = replace(
            held, counted=counted, spoiled_at_desk=spoiled_at_desk, not_returned=not_returned, day=day or held.day
        )
        keyed = max(
            (position for turn in Round for position in paper.readings(unit.connection, batch_id, turn)), default=0
        )
        if keyed > counted:
            raise ConflictError("paper.fewer_than_keyed", counted=counted, keyed=keyed)
        back = counted > len(paper.readings(unit.connection, batch_id, Round.FIRST))
        changed = paper.change_batch(
            unit.connection,
            held,
            counted=wanted.counted,
            spoiled_at_desk=spoiled_at_desk,
            not_returned=not_returned,
            day=wanted.day,
            state=(PaperState.FIRST if back else held.state if counted else PaperState.COMPARE).value,
        )
        unit.log(
            "paper.correct_cover",
            "paper_batch",
            batch_id,
            before=[held.counted, held.spoiled_at_desk, held.not_returned, held.day.isoformat()],
            after=[counted, spoiled_at_desk, not_returned, wanted.day.isoformat()],
            reason=reason,
        )
        unit.commit()
    return changed


def _open_batch(unit: ActingUnit, batch_id: int, act: PollAct = PollAct.KEY_PAPER) -> PaperBatch:
    held = unit.paper_batch(batch_id, act)
    if held.state in PAPER_DONE:
        raise StageError(f"paper.{held.state.value}", label=held.label)
    return held


def _require_clerk(batch: PaperBatch, actor: Actor) -> Round:
    """Return whose turn it is, or refuse this person."""
    turn = _TURN.get(batch.state)
    if turn is None:
        raise StageError("paper.keyed_twice", label=batch.label)
    me = require_account(actor)[1]
    if turn is Round.FIRST and batch.first_clerk not in (None, me):
        raise DeniedError("paper.other_clerk", label=batch.label)
    if turn is Round.SECOND:
        if batch.first_clerk == me:
            raise DeniedError("paper.same_clerk", label=batch.label)
        if batch.second_clerk not in (None, me):
            raise DeniedError("paper.other_clerk", label=batch.label)
    return turn


def desk(store: Store, actor: Actor, batch_id: int) -> Desk:
    """Return what this clerk may see and key.

    Raises
    ------
    DeniedError
        ``paper.same_clerk`` (the first clerk may not be the second) or ``paper.other_clerk``.
    StageError
        ``paper.keyed_twice`` or ``paper.closed``.
    """
    with reading(store, actor, Action.KEY_PAPER) as door:
        held = door.paper_batch(batch_id)
        turn = _require_clerk(held, actor)
        return Desk(
            batch=held,
            poll=door.poll(held.poll_id),
            turn=turn,
            readings=paper.readings(door.connection, batch_id, turn),
        )


def key_ballot(
    store: Store,
    actor: Actor,
    batch_id: int,
    position: int,
    choices: Sequence[str],
    points: Sequence[int] = (),
    *,
    spoiled: bool = False,
    serial: str = "",
    overwritten: bool = False,
) -> Reading:
    """Keep one clerk's reading of one ballot; keyed again by the same clerk, it supersedes the earlier one.

    ``overwritten``: a score was keyed in the place of another; if both clerks did so, a third person looks.

    Raises
    ------
    InvalidError
        ``paper.position``, ``paper.serial_unknown``, or the reading names what is not on the ballot.
    ConflictError, DeniedError, StageError
        ``paper.serial_twice``, ``paper.serial_elsewhere``, ``paper.serial_other_venue`` or ``paper.serial_other_poll``;
        as for :func:`desk`.
    """
    serial = as_serial(serial)
    with acting(store, actor, Action.KEY_PAPER) as unit:
        held = _open_batch(unit, batch_id)
        turn = _require_clerk(held, actor)
        poll = unit.poll(held.poll_id)
        if not 1 <= position <= held.counted:
            raise InvalidError("paper.position", position=position, counted=held.counted)
        verdict = judge(poll, choices, points, spoiled=spoiled)
        kept, weights = in_order(poll, choices, points)
        reading = Reading(
            position=position,
            verdict=verdict,
            choices=kept,
            points=weights,
            serial=serial,
            overwritten=overwritten,
        )
        if serial:
            places = polls.venues(unit.connection, poll.id)
            refuse_foreign(serial, poll, places, held.venue_id, lambda: _all_places(unit))
        keyed = paper.readings(unit.connection, batch_id, turn)
        refuse_serial(reading, keyed, paper.serials_elsewhere(unit.connection, held))
        paper.add_reading(unit.connection, batch_id, turn, require_account(actor)[1], reading)
        column = "first_clerk" if turn is Round.FIRST else "second_clerk"
        if getattr(held, column) is None:
            paper.change_batch(unit.connection, held, **{column: require_account(actor)[1]})
            unit.log("paper.begin", "paper_batch", batch_id, round=turn.value)
        unit.commit()
    return reading


def _all_places(unit: ActingUnit) -> list[tuple[Poll, Sequence[Venue]]]:
    return [(other, polls.venues(unit.connection, other.id)) for other in unit.polls()]


def finish_round(store: Store, actor: Actor, batch_id: int) -> PaperBatch:
    """Hand a batch on: from the first clerk to the second, from the second to the comparison.

    Raises
    ------
    ConflictError
        ``paper.not_all_keyed``.
    """
    with acting(store, actor, Action.KEY_PAPER) as unit:
        held = _open_batch(unit, batch_id)
        turn = _require_clerk(held, actor)
        keyed = len(paper.readings(unit.connection, batch_id, turn))
        if keyed != held.counted:
            raise ConflictError("paper.not_all_keyed", keyed=keyed, counted=held.counted)
        after = PaperState.SECOND if turn is Round.FIRST else PaperState.COMPARE
        changed = paper.change_batch(unit.connection, held, state=after.value)
        unit.log("paper.finish_round", "paper_batch", batch_id, round=turn.value, keyed=keyed)
        unit.commit()
    return changed


def _differences(connection: Connection, batch: PaperBatch) -> tuple[Difference, ...]:
    return compared(
        *(paper.readings(connection, batch.id, turn) for turn in (Round.FIRST, Round.SECOND, Round.DECISION))
    )


def _require_state(batch: PaperBatch, *states: PaperState) -> None:
    if batch.state not in states:
        raise StageError("paper.not_compared_yet", label=batch.label)


def differences(store: Store, actor: Actor, batch_id: int) -> tuple[Difference, ...]:
    """Return the ballots two clerks read differently, once both have finished.

    Raises
    ------
    StageError
        ``paper.not_compared_yet``: neither clerk may see the other's reading before.
    """
    with reading(store, actor, Action.SEE_REGISTER) as door:
        held = door.paper_batch(batch_id)
        _require_state(held, PaperState.COMPARE, PaperState.CLOSED)
        return _differences(door.connection, held)


def decide(
    store: Store,
    actor: Actor,
    batch_id: int,
    position: int,
    choices: Sequence[str],
    points: Sequence[int] = (),
    *,
    spoiled: bool = False,
    reason: str,
) -> Reading:
    """Decide a difference against the paper, as a third person and with a reason.

    Raises
    ------
    DeniedError
        ``paper.own_reading``: whoever keyed the batch may not decide it.
    InvalidError
        ``paper.reason_missing`` or ``paper.no_difference``.
    StageError
        ``paper.not_compared_yet``.
    """
    reason = reason_of(reason, "paper.reason_missing")
    with acting(store, actor, Action.ADJUDICATE) as unit:
        held = _open_batch(unit, batch_id, PollAct.ADJUDICATE)
        _require_state(held, PaperState.COMPARE)
        me = require_account(actor)[1]
        if me in (held.first_clerk, held.second_clerk):
            raise DeniedError("paper.own_reading", label=held.label)
        if position not in {one.position for one in _differences(unit.connection, held)}:
            raise InvalidError("paper.no_difference", position=position)
        poll = unit.poll(held.poll_id)
        verdict = judge(poll, choices, points, spoiled=spoiled)
        kept, weights = in_order(poll, choices, points)
        reading = Reading(position=position, verdict=verdict, choices=kept, points=weights, reason=reason)
        paper.add_reading(unit.connection, batch_id, Round.DECISION, me, reading)
        unit.log("paper.decide", "paper_batch", batch_id, position=position, reason=reading.reason)
        unit.commit()
    return reading


def read_again(store: Store, actor: Actor, batch_id: int, reason: str, *, both: bool = False) -> PaperBatch:
    """Have a batch keyed again from the start, earlier readings staying on record: the second keying, or ``both``.

    Raises
    ------
    InvalidError
        ``paper.reason_missing``.
    StageError
        ``paper.not_compared_yet``.
    """
    reason = reason_of(reason, "paper.reason_missing")
    with acting(store, actor, Action.ADJUDICATE) as unit:
        held = _open_batch(unit, batch_id, PollAct.ADJUDICATE)
        if not both and held.state is PaperState.FIRST:
            raise StageError("paper.not_compared_yet", label=held.label)
        for turn in Round if both else (Round.SECOND, Round.DECISION):
            paper.supersede_round(unit.connection, batch_id, turn)
        values = {"state": PaperState.FIRST.value, "first_clerk": None} if both else {"state": PaperState.SECOND.value}
        changed = paper.change_batch(unit.connection, held, second_clerk=None, **values)
        unit.log("paper.read_again", "paper_batch", batch_id, both=both, reason=reason)
        unit.commit()
    return changed


def counts(store: Store, actor: Actor, batch_id: int) -> Counter[str]:
    """Return how many ballots of a compared batch are valid, blank, spoiled and over; after sealing of large ones.

    Raises
    ------
    StageError
        ``paper.not_compared_yet``.
    """
    with reading(store, actor, Action.SEE_REGISTER) as door:
        held = door.paper_batch(batch_id)
        _require_state(held, PaperState.COMPARE, PaperState.CLOSED)
        return Counter(paper.final_verdicts(door.connection, held))


def close_batch(store: Store, actor: Actor | None, batch_id: int) -> PaperBatch:
    """Write a batch's ballots into the ledger: only when counted = valid + blank + spoiled.

    Whoever keys paper may do so, and whoever decides differences.

    Raises
    ------
    ConflictError
        ``paper.differences_open`` or ``paper.does_not_add_up``.
    StageError
        ``paper.not_compared_yet``.
    """
    closing = PollAct.ADJUDICATE if _decides(actor) else PollAct.KEY_PAPER
    with acting(store, actor, TIMETABLE[closing][1]) as unit:
        held = _open_batch(unit, batch_id, closing)
        _require_state(held, PaperState.COMPARE)
        left = [one for one in _differences(unit.connection, held) if one.decision is None]
        if left:
            raise ConflictError("paper.differences_open", count=len(left))
        final = paper.final_readings(unit.connection, batch_id)
        found = Counter(reading.verdict for reading in final.values())
        if sum(found.values()) != held.counted:
            raise ConflictError("paper.does_not_add_up", counted=held.counted, found=sum(found.values()))
        changed = paper.change_batch(unit.connection, held, state=PaperState.CLOSED.value)
        polls.add_ballots(unit.connection, _ballots(held, final))
        # How many were blank or spoiled would say of a box with three sheets what three people did.
        unit.log("paper.close_batch", "paper_batch", batch_id, counted=held.counted)
        unit.commit()
    return changed


def _ballots(batch: PaperBatch, final: dict[int, Reading]) -> list[StoredBallot]:
    return [
        StoredBallot(
            id=secrets.token_hex(16),
            poll_id=batch.poll_id,
            channel=Channel.PAPER,
            day=batch.day,
            choices=reading.choices if reading.verdict is Verdict.VALID else (),
            points=reading.points if reading.verdict is Verdict.VALID else (),
            venue_id=batch.venue_id,
            batch_id=batch.id,
        )
        for reading in final.values()
        if reading.verdict in (Verdict.VALID, Verdict.BLANK)
    ]


def cancel_batch(store: Store, actor: Actor | None, batch_id: int, reason: str) -> PaperBatch:
    """Take a batch that was made by mistake out of the count; its cover and readings stay on record.

    Who keys paper may do so while nothing is keyed; afterwards who decides differences. A closed batch is opened first.

    Raises
    ------
    InvalidError
        ``paper.reason_missing``.
    DeniedError
        ``paper.cancel_keyed``: something is keyed, and this person does not decide differences.
    StageError
        ``paper.closed`` or ``paper.cancelled``.
    """
    reason = reason_of(reason, "paper.reason_missing")
    act = PollAct.ADJUDICATE if _decides(actor) else PollAct.KEY_PAPER
    with acting(store, actor, TIMETABLE[act][1]) as unit:
        held = _open_batch(unit, batch_id, act)
        keyed = len({place for turn in Round for place in paper.readings(unit.connection, batch_id, turn)})
        if keyed and not _decides(actor):
            raise DeniedError("paper.cancel_keyed", label=held.label, count=keyed)
        for turn in Round:
            paper.supersede_round(unit.connection, batch_id, turn)
        changed = paper.change_batch(unit.connection, held, state=PaperState.CANCELLED.value)
        unit.log("paper.cancel", "paper_batch", batch_id, counted=held.counted, reason=reason)
        unit.commit()
    return changed


def _decides(actor: Actor | None) -> bool:
    return actor is not None and may(actor, Action.ADJUDICATE)


def reopen_batch(store: Store, actor: Actor, batch_id: int, reason: str) -> PaperBatch:
    """Open a closed batch for correction: its ballots are superseded in the ledger, never deleted.

    Raises
    ------
    InvalidError
        ``paper.reason_missing``.
    StageError
        ``paper.not_closed``.
    """
    reason = reason_of(reason, "paper.reason_missing")
    with acting(store, actor, Action.ADJUDICATE) as unit:
        held = unit.paper_batch(batch_id, PollAct.ADJUDICATE)
        if held.state is not PaperState.CLOSED:
            raise StageError("paper.not_closed", label=held.label)
        superseded = polls.supersede_batch(unit.connection, batch_id)
        changed = paper.change_batch(unit.connection, held, state=PaperState.COMPARE.value)
        unit.log("paper.reopen", "paper_batch", batch_id, superseded=superseded, reason=reason)
        unit.commit()
    return changed
