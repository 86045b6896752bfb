"""Vote: a ticket for a code, then the ballot, once and for good.

The code is spent by the first statement of the transaction that writes the ballot, so a code counts once whatever comes
at the same time, and a ballot is there whole or not at all. No row joins the ballot to the code or to the receipt.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from renovation.errors import ConflictError, InvalidError, StageError, UnavailableError
from renovation.model.accounts import PUBLIC, Action, Actor, Role, require
from renovation.model.ballots import Receipt, Ticket, check_choices
from renovation.model.clock import now
from renovation.model.codes import commitment_of, format_code, format_receipt, receipt_number, with_tag
from renovation.model.polls import (
    Channel,
    CodeState,
    Poll,
    PollAct,
    PollStage,
    StoredBallot,
    Venue,
    require_stage,
)
from renovation.services.doors import reading
from renovation.services.polls.codes import day_at, find_code, refuse_cancelled, refuse_other_poll, refuse_state
from renovation.services.polls.stations import poll_of
from renovation.services.polls.venues import refuse_closed_hours
from renovation.store import Connection, Store
from renovation.store.polls import codekeys, codes, drafts, polls
from renovation.store.polls import stations as station_store
from renovation.store.polls.codes import CodeEntry

_MOST_RECEIPT_TURNS = 4


def start_ballot(
    store: Store,
    code: str,
    *,
    actor: Actor = PUBLIC,
    poll_id: str = "",
    venue_id: int | None = None,
    queued: str = "",
) -> Ticket:
    """Look a code up and give leave to fill in a ballot; nothing is spent.

    Parameters
    ----------
    code
        As it was typed, or all that a slip's QR holds; with its tag it waits behind nobody's guesses.
    poll_id
        The only poll that is voted on here, as at a station; without it the code says which.
    queued
        What ``code.wait`` handed out when this code was typed before: who has waited comes before who has not.

    Raises
    ------
    InvalidError, NotFoundError, UnavailableError
        The code is misspelt, unknown, or typed while a flood of wrong ones makes it wait (``code.wait``, with
        ``seconds`` and ``queued``).
    StageError
        ``poll.not_open_yet``, ``poll.last_call``, ``poll.closed`` or ``poll.cancelled``; at a station
        ``hours.closed`` or ``hours.over``; ``ballot.no_station``: a kit's computer that is no station yet.
    ConflictError
        ``code.other_poll``, ``code.spent`` with the receipt, ``code.on_paper``, ``code.void``, ``code.spoiled``,
        ``code.other_venue`` or ``code.kit_out``.
    """
    require(actor, Action.CAST_BALLOT)
    found, typed, key = find_code(store, actor, code, venue_id, queued=queued)
    _refuse_poll(store, found, poll_id)
    refuse_cancelled(found)
    if found.state is CodeState.SPENT and found.channel is not Channel.PAPER:
        raise ConflictError("code.spent", receipt=_receipt_again(store, actor, found, typed, key).code)
    refuse_state(found)
    _refuse_place(actor, found, venue_id)
    _require_open(found.stage)
    poll = _frozen(store, actor, found)
    day_at(poll)
    _require_station(poll, at_station=actor.role is Role.STATION)
    if poll.grace_ends is not None:
        raise StageError("poll.last_call")
    if actor.role is Role.STATION:
        refuse_closed_hours(poll, _place(store, poll, venue_id))
    attempt = secrets.token_hex(16)
    # Nobody is kept from voting because it cannot be noted that they do.
    with suppress(UnavailableError), store.write() as unit:
        station_store.begin_ballot(unit.connection, poll.id, attempt, now())
        unit.commit()
    return Ticket(
        poll=poll,
        language=poll.settings.language,
        test=found.test,
        attempt=attempt,
        rotation=secrets.randbelow(max(len(poll.projects), 1)),
        code=with_tag(format_code(typed), codekeys.code_tag(key, typed)),
        venue_id=found.venue_id,
    )


def leave_ballot(store: Store, attempt: str, ticket: str = "") -> None:
    """Forget that somebody began a ballot, and what the voter with this ticket has chosen.

    Where the store takes nothing now, the hour ends it.
    """
    with suppress(UnavailableError), store.write() as unit:
        drafts.hurry(unit.connection)
        drafts.drop(unit.connection, ticket)
        station_store.end_ballot(unit.connection, attempt)
        unit.commit()


def _refuse_poll(store: Store, found: CodeEntry, poll_id: str) -> None:
    # Every voter passes here: the station's own poll is read only for the sentence that names it.
    if poll_id and found.poll_id != poll_id:
        refuse_other_poll(found, poll_of(store, poll_id))


def _place(store: Store, poll: Poll, venue_id: int | None) -> Venue | None:
    with store.read() as connection:
        return next((one for one in polls.venues(connection, poll.id) if one.id == venue_id), None)


def _require_open(stage: PollStage) -> None:
    if stage is PollStage.DRAFT:
        raise StageError("poll.not_open_yet")
    if stage is PollStage.CANCELLED:
        raise StageError("poll.cancelled")
    if stage is not PollStage.OPEN:
        raise StageError("poll.closed")
    require_stage(stage, PollAct.CAST)


def _require_station(poll: Poll, *, at_station: bool) -> None:
    # Nobody votes on a venue's computer as if it were their own: the ballots would count as phones', and its screen
    # would lead to the staff's pages.
    if poll.kit_days and not at_station:
        raise StageError("ballot.no_station", title=poll.title)


def _refuse_place(actor: Actor, found: CodeEntry, venue_id: int | None) -> None:
    if found.venue_kit:
        raise ConflictError("code.kit_out", venue=found.venue_name)
    if actor.role is Role.STATION and found.venue_id is not None and venue_id not in (None, found.venue_id):
        raise ConflictError("code.other_venue", venue=found.venue_name)


def cast_ballot(
    store: Store,
    actor: Actor,
    code: str,
    choices: Sequence[str],
    points: Sequence[int] = (),
    *,
    channel: Channel,
    poll_id: str = "",
    venue_id: int | None = None,
    attempt: str = "",
    ticket: str = "",
) -> Receipt:
    """Cast a ballot with a code; the first one counts and is final.

    The receipt follows from the code under its key. Sent again (an answer got lost, somebody pressed twice), the same
    code gets the same receipt, whatever choices come with it, and nothing is counted again.

    Parameters
    ----------
    code
        The ticket's, which was found before and waits behind nobody's guesses.
    poll_id
        As for :func:`start_ballot`.
    attempt
        The ticket's. With it, a code that somebody else's attempt has spent is refused instead.
    ticket
        The number under which the voter's choice is kept (see :func:`keep_draft`); it is forgotten with the cast.

    Raises
    ------
    InvalidError
        The ballot breaks the poll's rules (see ``check_choices``); the code is not spent; ``ballot.channel``.
    ConflictError
        ``code.spent`` (another attempt was first; with the receipt), ``code.on_paper``, ``code.void`` …;
        ``code.kit_out`` or ``code.other_poll``.
    StageError, NotFoundError, UnavailableError
        Voting is over (``poll.closed`` also when the last call's minutes have passed), the code is unknown, or the
        store takes no ballots now; nothing was counted. ``ballot.clock``: by this computer's clock the poll is not open
        yet; ``ballot.day_unconfirmed``; ``ballot.no_station``, as for :func:`start_ballot`.
    """
    require(actor, Action.CAST_BALLOT)
    if channel not in (Channel.STATION, Channel.PHONE):
        raise InvalidError("ballot.channel", channel=channel.value)
    found, typed, key = find_code(store, actor, code, venue_id)
    _refuse_poll(store, found, poll_id)
    if found.state is CodeState.UNUSED:
        _refuse_place(actor, found, venue_id)
        _require_open(found.stage)
        poll = _frozen(store, actor, found)
        day = day_at(poll)
        _require_station(poll, at_station=channel is Channel.STATION)
        if poll.grace_ends is not None and now() > poll.grace_ends:
            raise StageError("poll.closed")
        tried = codekeys.attempt_hmac(key, attempt)
        with store.write() as unit:
            if codes.spend(unit.connection, found.code_hmac, channel=channel, day=day, attempt=tried):
                stage, kit = codes.stage_held(unit.connection, found.poll_id, found.venue_id)
                _require_open(stage)
                if kit:
                    raise ConflictError("code.kit_out", venue=found.venue_name)
                check_choices(poll.settings, poll.projects, tuple(choices), tuple(points))
                ballot = StoredBallot(
                    id=secrets.token_hex(16),
                    poll_id=poll.id,
                    channel=channel,
                    day=day,
                    choices=tuple(choices),
                    points=tuple(points),
                    venue_id=venue_id if found.venue_id is None else found.venue_id,
                    test=found.test,
                )
                polls.add_ballots(unit.connection, [ballot])
                receipt = _add_receipt(unit.connection, found, poll, typed, key)
                station_store.end_ballot(unit.connection, attempt)
                drafts.drop(unit.connection, ticket)
                unit.commit()
                return receipt
        with store.read() as connection:
            found = codes.find(connection, [found.code_hmac]) or found
        if found.state is CodeState.UNUSED:
            _require_open(found.stage)
    refuse_state(found)
    receipt = _receipt_again(store, actor, found, typed, key)
    if attempt and found.attempt != codekeys.attempt_hmac(key, attempt):
        raise ConflictError("code.spent", receipt=receipt.code)
    return receipt


#: What was frozen at opening does not change while people vote, so it need not be read for every ballot.
_frozen_polls: dict[tuple[str, str, str], Poll] = {}
_MOST_FROZEN = 64


def _frozen(store: Store, actor: Actor, found: CodeEntry) -> Poll:
    name = (str(store.engine.url), found.poll_id, str(found.version))
    held = _frozen_polls.get(name)
    if held is None:
        with reading(store, actor, Action.CAST_BALLOT) as door:
            held = door.as_told(door.poll(found.poll_id))
        if len(_frozen_polls) >= _MOST_FROZEN:
            _frozen_polls.clear()
        _frozen_polls[name] = held
    return held


def _add_receipt(connection: Connection, found: CodeEntry, poll: Poll, code: str, key: bytes) -> Receipt:
    """Add the first of this code's receipts that nobody else has, so that the list is as long as the ballots."""
    for turn in range(_MOST_RECEIPT_TURNS):
        number = receipt_number(codekeys.receipt_secret(key, code, turn))
        if codes.add_receipt(connection, commitment_of(poll.id, number), poll.id, test=found.test):
            break
    return _receipt(number, poll, test=found.test)


def _receipt(number: int, poll: Poll, *, test: bool, repeated: bool = False) -> Receipt:
    shown = format_receipt(number, poll.settings.language)
    return Receipt(code=shown, poll_id=poll.id, title=poll.title, test=test, repeated=repeated)


def _receipt_again(store: Store, actor: Actor, found: CodeEntry, code: str, key: bytes) -> Receipt:
    """Return a spent code's receipt.

    Of receipts that coincide, both stand in the list; the first that does is as good a proof.

    Raises
    ------
    ConflictError
        ``code.on_paper``: none is in the list, which is all that tells of a vote on paper once a poll is sealed.
    """
    with reading(store, actor, Action.CAST_BALLOT) as door:
        poll = door.poll(found.poll_id)
        for turn in range(_MOST_RECEIPT_TURNS):
            number = receipt_number(codekeys.receipt_secret(key, code, turn))
            if codes.has_receipt(door.connection, commitment_of(poll.id, number)) is not None:
                return _receipt(number, poll, test=found.test, repeated=True)
    if found.channel is None:
        raise ConflictError("code.on_paper")
    return _receipt(number, poll, test=found.test, repeated=True)


def keep_draft(store: Store, poll_id: str, ticket: str, told: Mapping[str, Any]) -> None:
    """Keep what a voter has chosen so far, for an hour at most; whoever has the store alone cannot read it.

    Parameters
    ----------
    ticket
        The number that the voter's browser alone keeps.

    Raises
    ------
    UnavailableError
        The store cannot be written to now; what was kept before is kept still.
    """
    with store.write() as unit:
        drafts.put(unit.connection, poll_id, ticket, told, now())
        unit.commit()


def find_draft(store: Store, ticket: str) -> dict[str, Any]:
    """Return what the voter with this ticket has chosen so far; nothing where nothing is kept."""
    with store.read() as connection:
        return drafts.find(connection, ticket, now())
