"""Turn a computer into a voting station, and back.

The record stands in the store, so nothing in the browser (menu, address bar, reload, second tab) leads out of it; only
the PIN that the member of staff chose does.
"""

from __future__ import annotations

import hmac
import itertools
import secrets
from dataclasses import dataclass

from renovation.errors import DeniedError, InvalidError
from renovation.model.accounts import Action, Actor, Role, require
from renovation.model.ballots import ActiveStation, Station
from renovation.model.clock import day_of, now
from renovation.model.codes import normalise_code
from renovation.model.polls import Channel, Poll, PollAct, Venue
from renovation.services.acts import ActingUnit, acting
from renovation.services.doors import reading
from renovation.services.polls.codes import day_at
from renovation.services.staff import guesses
from renovation.services.staff.hashing import fits, folded, hash_secret
from renovation.services.staff.proofs import token_hash
from renovation.store import Store
from renovation.store.polls import codekeys, polls, stations
from renovation.store.staff import accounts, budgets

PIN_LENGTH = 6
#: Where a venue's computer keeps the hash of the sealed code, and the day on which it was used.
RESCUE, RESCUED = "rescue", "rescued"

#: The device, not a person.
STATION = Actor(role=Role.STATION)


@dataclass(frozen=True, slots=True, kw_only=True)
class StationView:
    """What a station shows while nobody votes: its poll, its venue, and how many ballots were taken here.

    ``rescue`` tells that the sealed code of its kit can still stand for a lost PIN.
    """

    poll: Poll
    venue: Venue | None
    taken: int
    rescue: bool = False


def start_station(
    store: Store, actor: Actor | None, poll_id: str, venue_id: int | None, pin: str, *, session: str = ""
) -> str:
    """Lock a computer to voting and return the token its browser keeps.

    Parameters
    ----------
    session
        The session of the member of staff in this browser. It ends; the same person may go on at another computer.

    Raises
    ------
    InvalidError
        ``station.pin``: not six digits, or too easy.
    StageError
        The poll is not open.
    UnavailableError
        ``ballot.clock`` or ``ballot.day_unconfirmed``: nobody could vote here before the day is set right.
    NotFoundError
        ``poll.unknown``, or ``poll.venue_unknown``: the venue belongs to another poll.
    """
    allowed = require(actor, Action.RUN_STATION)
    hashed = _hashed_pin(pin)
    token = secrets.token_urlsafe(32)
    with acting(store, allowed, Action.RUN_STATION) as unit:
        poll = unit.poll(poll_id, PollAct.RUN_STATION)
        day_at(poll)
        if venue_id is not None:
            unit.venue(poll, venue_id)
        made = stations.add(
            unit.connection,
            token_hash=token_hash(token),
            poll_id=poll_id,
            venue_id=venue_id,
            pin_hash=hashed,
            login=allowed.login,
            at=unit.at,
        )
        if session:
            accounts.end_session(unit.connection, token_hash(session))
        unit.log("station.start", "station", made.id, poll=poll_id, venue=venue_id)
        unit.commit()
    return token


def _hashed_pin(pin: str) -> str:
    chosen = folded(pin).strip()
    if len(chosen) != PIN_LENGTH or not (chosen.isascii() and chosen.isdigit()) or _is_easy(chosen):
        raise InvalidError("station.pin", length=PIN_LENGTH)
    return hash_secret(chosen)


def _is_easy(pin: str) -> bool:
    """Tell whether a PIN repeats one digit or counts up or down."""
    steps = {int(after) - int(before) for before, after in itertools.pairwise(pin)}
    return steps in ({0}, {1}, {-1})


def active_station(store: Store, token: str) -> Station | None:
    """Return the station a browser's token belongs to; ``None`` once it has ended."""
    with store.read() as connection:
        return stations.active(connection, token_hash(token))


def poll_of(store: Store, poll_id: str) -> Poll:
    """Return the poll of a station or a ticket."""
    with reading(store, STATION, Action.SEE_PUBLIC) as door:
        return door.as_told(door.public_poll(poll_id))


def view_station(store: Store, station: Station) -> StationView:
    """Return what the station shows between two voters."""
    with reading(store, STATION, Action.SEE_PUBLIC) as door:
        poll = door.public_poll(station.poll_id)
        venue = None if station.venue_id is None else door.venue(poll, station.venue_id).for_everybody
        places = polls.ballots_by_place(door.connection, poll.id)
    taken = sum(
        count
        for place, channel, _day, test, count in places
        if place == station.venue_id and channel is Channel.STATION and not test
    )
    return StationView(poll=door.as_told(poll), venue=venue, taken=taken, rescue=bool(poll.meta.get(RESCUE)))


def list_stations(store: Store, actor: Actor | None) -> list[ActiveStation]:
    """Return the stations that are in use, for the staff who may end one whose PIN is lost."""
    with reading(store, actor, Action.RUN_STATION) as door:
        seen = {poll.id for poll in door.polls()}
        return [one for one in stations.in_use(door.connection) if one.poll_id in seen]


def close_station(store: Store, actor: Actor | None, station_id: int) -> None:
    """End a station from another computer.

    Raises
    ------
    NotFoundError
        ``station.unknown``.
    """
    with acting(store, actor, Action.RUN_STATION) as unit:
        stations.end(unit.connection, unit.station(station_id).id, unit.at)
        unit.log("station.close", "station", station_id)
        unit.commit()


def end_station(store: Store, token: str, pin: str) -> None:
    """Give the computer back to the staff.

    Raises
    ------
    DeniedError
        ``station.wrong_pin``, or ``station.wait`` (with the seconds left) after too many of them: a right one is not
        looked at either.
    """
    found = active_station(store, token)
    if found is None:
        raise DeniedError("station.wrong_pin", free=guesses.FREE_FAILURES)
    _claim(store, found)
    with store.read() as connection:
        hashed = stations.pin_hash(connection, found.id)
    if not fits(hashed, pin.strip()):
        raise DeniedError("station.wrong_pin", free=guesses.FREE_FAILURES)
    with store.write() as opened:
        acted = ActingUnit(opened, STATION)
        stations.end(acted.connection, found.id, acted.at)
        budgets.forget(acted.connection, [_door(found)])
        acted.log("station.end", "station", found.id)
        acted.commit()


def _door(found: Station) -> str:
    return f"station {found.id}"


def _claim(store: Store, found: Station) -> None:
    """Count a guess at a station's secrets before anything is looked at."""
    with store.write() as unit:
        until = budgets.claim(unit.connection, _door(found), now(), guesses.SECRETS)
        unit.commit()
    if until is not None:
        raise DeniedError("station.wait", seconds=guesses.seconds_until(until))


def rescue_station(store: Store, token: str, code: str, pin: str) -> None:
    """Set a new PIN for a lost one with the sealed code that was printed with the kit; the code is good once.

    Raises
    ------
    InvalidError
        ``station.pin``: the new one is not six digits, or too easy.
    DeniedError
        ``station.wrong_rescue``: not the code, used already, or this computer has no kit; ``station.wait``.
    UnavailableError
        ``code.key_missing``, ``code.key_cut`` or ``code.key_foreign``.
    """
    found = active_station(store, token)
    if found is None:
        raise DeniedError("station.wrong_rescue")
    hashed = _hashed_pin(pin)
    _claim(store, found)
    try:
        typed = normalise_code(code)
    except InvalidError:
        raise DeniedError("station.wrong_rescue") from None
    with store.write() as opened:
        acted = ActingUnit(opened, STATION)
        held = acted.poll(found.poll_id)
        if not (kept := held.meta.get(RESCUE)):
            raise DeniedError("station.wrong_rescue")
        room = polls.venues(acted.connection, held.id)[0].room
        key = codekeys.key_ring(acted.connection).room(held.id, room)
        if not hmac.compare_digest(codekeys.rescue_hmac(key, typed), kept):
            raise DeniedError("station.wrong_rescue")
        used = {RESCUE: "", RESCUED: day_of(acted.at).isoformat()}
        polls.replace_meta(acted.connection, held.id, held.version, {**held.meta, **used})
        stations.set_pin(acted.connection, found.id, hashed)
        budgets.forget(acted.connection, [_door(found)])
        acted.log("station.rescue", "station", found.id, poll=held.id)
        acted.commit()
