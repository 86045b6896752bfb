"""Budgets of tries: each is reserved in the store before anything is looked at or hashed, with growing delay.

Whoever asks for the same door at once is counted one after the other, whatever process serves them. Codes and receipts
have a door per address, and each voting station one of its own: a flood of guesses from the network makes nobody else
wait. A hall behind one address waits ``LONGEST_WAIT`` at most, and staff release it. Only codes whose check symbol fits
are looked up and counted.
"""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from renovation.errors import UnavailableError
from renovation.model.accounts import Action, Actor, Role, require
from renovation.model.clock import now
from renovation.services.acts import acting
from renovation.store import Connection, Store, Unit
from renovation.store.keys import keyed, signs_key
from renovation.store.staff import budgets
from renovation.store.staff.budgets import Limit

#: Wrong codes in a window before anybody waits.
FREE = 10
WINDOW = timedelta(minutes=15)
LONGEST_WAIT = timedelta(seconds=60)
_CODES = Limit(free=FREE, window=WINDOW, first_wait=timedelta(seconds=2), longest_wait=LONGEST_WAIT)

#: Wrong passwords or PINs before the account, or the station, waits: 15 s, doubling, at most 15 min.
FREE_FAILURES = 5
SECRETS = Limit(
    free=FREE_FAILURES,
    window=timedelta(days=1),
    first_wait=timedelta(seconds=15),
    longest_wait=timedelta(minutes=15),
)
#: An office shares one address, so it has more of them.
FROM_ADDRESS = Limit(
    free=60, window=timedelta(hours=1), first_wait=timedelta(seconds=15), longest_wait=timedelta(minutes=15)
)

#: Where receipts are looked up.
RECEIPTS = "receipts"
_KIND = "code "


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorState:
    """How many wrong codes were tried at a door lately, and until when it waits."""

    door: str
    wrong: int
    blocked_until: datetime | None


def folded_address(keys: Path, address: str) -> str:
    """Return what stands for an address in the store: a keyed hash, of the network where one house has many (IPv6).

    Parameters
    ----------
    keys
        Folder of the keys: without it, nobody who has the database finds an address by trying all of them.
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv6Address):
        found = found.ipv4_mapped or ipaddress.ip_network((int(found), 64), strict=False).network_address
    return keyed(signs_key(keys), found.packed.hex()).hex()[:16]


def door_of(store: Store, who: Actor, venue_id: int | None = None, *, what: str = "") -> str:
    """Return the door that somebody stands at: of a station, of the staff's desks, or of an address."""
    if who.role is Role.STATION:
        return f"station {venue_id or 0}"
    if who.role is not Role.RESIDENT:
        return f"{what} desk".strip()
    return f"{what or 'public'} {folded_address(store.keys, who.address)}".strip()


class Guess:
    """One lookup that was let through; it counts once it is said to have been wrong."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self.connection: Connection = unit.connection

    def wrong(self) -> None:
        """Count it for good."""
        self._unit.commit()


@contextmanager
def guessing(store: Store, door: str) -> Iterator[Guess]:
    """Reserve one lookup and let it through, unless the door has to wait.

    The reservation stands while the code is looked up; who comes at the same time waits for it. A right code leaves
    nothing in the store.

    Raises
    ------
    UnavailableError
        ``code.wait`` with the seconds to wait.
    """
    at = now()
    with store.read() as connection:
        # A flood that waits anyway must not queue before the voters' writes.
        _refuse_until(budgets.blocked_until(connection, _KIND + door, at))
    with store.write() as unit:
        _refuse_until(budgets.claim(unit.connection, _KIND + door, at, _CODES))
        budgets.sweep(unit.connection, at)
        yield Guess(unit)


def _refuse_until(until: datetime | None) -> None:
    if until is not None:
        raise UnavailableError("code.wait", seconds=seconds_until(until))


def seconds_until(moment: datetime) -> int:
    """Return the whole seconds that are left, at least one."""
    return max(1, math.ceil((moment - now()).total_seconds()))


def doors(store: Store, actor: Actor) -> tuple[DoorState, ...]:
    """Tell staff which doors have seen wrong codes."""
    require(actor, Action.RUN_STATION)
    since = now() - WINDOW
    with store.read() as connection:
        return tuple(
            DoorState(door=one.name.removeprefix(_KIND), wrong=one.tried, blocked_until=one.blocked_until)
            for one in budgets.of_kind(connection, _KIND)
            if one.window_start >= since
        )


def sum_of_doors(held: Sequence[DoorState]) -> dict[str, int]:
    """Add up wrong codes, the doors that have to wait now, and those whose free guesses are used up."""
    at = now()
    return {
        "wrong": sum(door.wrong for door in held),
        "blocked": sum(door.blocked_until is not None and door.blocked_until > at for door in held),
        "spent": sum(door.wrong >= FREE for door in held),
    }


def release(store: Store, actor: Actor) -> None:
    """Let every door go on at once."""
    with acting(store, actor, Action.RUN_STATION) as unit:
        held = budgets.forget_kind(unit.connection, _KIND)
        unit.log("code.release_doors", "code", "doors", doors=held)
        unit.commit()
