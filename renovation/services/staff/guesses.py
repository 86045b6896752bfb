"""A budget of wrong codes that everybody at one door shares, with growing delay and release by staff.

A hall shares one address, so addresses are not told apart. Each station has a door of its own: a flood of guesses from
the network never makes a voter at a station wait, and a flood at a station makes nobody wait longer than
``LONGEST_WAIT``. Only codes whose check symbol fits are looked up and counted.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from renovation.errors import UnavailableError
from renovation.model.accounts import Action, Actor, Role, require
from renovation.model.clock import now
from renovation.services.acts import acting
from renovation.store import Connection, Store
from renovation.store.polls import codes

#: Wrong codes in a window before anybody waits.
FREE = 10
WINDOW = timedelta(minutes=15)
LONGEST_WAIT = timedelta(seconds=60)

_locks: dict[tuple[str, str], threading.Lock] = {}
_locks_guard = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorState:
    """How many wrong codes were tried at a door lately, and until when it waits."""

    door: str
    wrong: int
    blocked_until: datetime | None


#: Where receipts are looked up.
RECEIPTS = "receipts"


def door_of(role: Role, venue_id: int | None) -> str:
    """Return the door somebody of a role stands at."""
    if role is Role.STATION:
        return f"station {venue_id or 0}"
    return "public" if role is Role.RESIDENT else "desk"


@contextmanager
def _one_at_a_time(store: Store, door: str) -> Iterator[None]:
    name = (str(store.engine.url), door)
    with _locks_guard:
        lock = _locks.setdefault(name, threading.Lock())
    with lock:
        yield


@contextmanager
def guessing(store: Store, door: str) -> Iterator[Connection]:
    """Let one lookup through on the connection yielded, unless the door has to wait.

    Raises
    ------
    UnavailableError
        ``code.wait`` with the seconds to wait.
    """
    with _one_at_a_time(store, door), store.read() as connection:
        held = codes.guesses(connection, door)
        at = now()
        if held and held["blocked_until"] and held["blocked_until"] > at:
            left = math.ceil((held["blocked_until"] - at).total_seconds())
            raise UnavailableError("code.wait", seconds=left)
        yield connection


def note_wrong(store: Store, door: str) -> None:
    """Count a wrong code; from the budget's end on, each doubles the wait."""
    at = now()
    with store.write() as unit:
        held = codes.guesses(unit.connection, door)
        fresh = held is None or at - held["window_start"] > WINDOW
        wrong = 1 if fresh or held is None else held["wrong"] + 1
        start = at if fresh or held is None else held["window_start"]
        blocked = None
        if wrong > FREE:
            blocked = at + min(LONGEST_WAIT, timedelta(seconds=2 ** min(wrong - FREE, 6)))
        codes.put_guesses(unit.connection, door, wrong=wrong, window_start=start, blocked_until=blocked)
        unit.commit()


def doors(store: Store, actor: Actor) -> tuple[DoorState, ...]:
    """Tell staff which doors have seen wrong codes."""
    require(actor, Action.RUN_STATION)
    since = now() - WINDOW
    with store.read() as connection:
        return tuple(
            DoorState(door=row["name"], wrong=row["wrong"], blocked_until=row["blocked_until"])
            for row in codes.all_guesses(connection)
            if row["window_start"] >= since
        )


def sum_of_doors(held: Sequence[DoorState]) -> dict[str, int]:
    """Add up wrong codes, the doors that have to wait now, and those whose free guesses are used up."""
    at = now()
    return {
        "wrong": sum(door.wrong for door in held),
        "blocked": sum(door.blocked_until is not None and door.blocked_until > at for door in held),
        "spent": sum(door.wrong > FREE for door in held),
    }


def release(store: Store, actor: Actor) -> None:
    """Let every door go on at once."""
    with acting(store, actor, Action.RUN_STATION) as unit:
        held = codes.release_guesses(unit.connection)
        unit.log("code.release_doors", "code", "doors", doors=held)
        unit.commit()
