"""Budgets of tries: each is reserved in the store before anything is looked at or hashed, with growing delay.

Whoever asks for the same door at once is counted one after the other, whatever process serves them. Codes and receipts
have a door per address, and each voting station one of its own. Only codes whose check symbol fits are looked up and
counted, and a code that was scanned with its tag is no guess.

Typed codes of the public share one budget beside, so that a flood from many addresses finds out no more than one from a
single one: :data:`SHARED` in any minute, whatever process serves it. Who has guessed wrong before, or whose network
has, leaves some of it to those who have not, and who has just come leaves some to those who come again with the same
code, as honest voters do and a flood of ever new codes does not; so a flood is what waits, and an honest voter hardly
does. Nobody is refused for good: the waits are short, and staff's release lifts those of single doors for
:data:`RELEASED`.
"""

from __future__ import annotations

import hmac
import ipaddress
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from renovation.errors import UnavailableError
from renovation.model.accounts import Action, Actor, Role, require
from renovation.model.clock import now
from renovation.services.acts import acting
from renovation.store import Connection, Store, Unit
from renovation.store.keys import keyed, signs_key
from renovation.store.staff import budgets
from renovation.store.staff.budgets import Bucket, Limit

#: Wrong codes in a window before anybody waits.
FREE = 10
WINDOW = timedelta(minutes=15)
LONGEST_WAIT = timedelta(seconds=10)
#: How long no door's own delay holds once staff released them.
RELEASED = timedelta(hours=1)
#: What is looked up of all typed codes together: 20 at once and 40 a minute, so 60 in any minute.
SHARED = Bucket(most=20, every=timedelta(minutes=1) / 40)
#: Of those, whoever types leaves one to others for every wrong code lately from this door, its smaller and its
#: wider network, up to so many for each of the three: addresses and networks without any come first.
_LEFT, _LEFT_ONCE_RELEASED = 4, 2
#: And so many to those who waited so long, at least and at most, for the same code from the same door.
_LEFT_TO_WAITING = 7
_WAITED, _REMEMBERED = timedelta(seconds=2), timedelta(minutes=2)
_SHARED, _RELEASED = "guesses", "released doors"
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
_KIND, _NETWORK = "code ", "network "


@dataclass(frozen=True, slots=True, kw_only=True)
class GuessDoor:
    """Where a code was typed.

    Attributes
    ----------
    networks
        The networks that the address is of, the smaller first; what comes from the public shares one budget.
    queued
        What stands for its place in the line, to be shown again with the same code.
    has_waited
        Whether it showed one that is old enough.
    """

    name: str
    is_public: bool = False
    networks: tuple[str, ...] = ()
    queued: str = ""
    has_waited: bool = False


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
    return next(iter(_folded(keys, address, 0)), "")


def _folded(keys: Path, address: str, *wider: int) -> tuple[str, ...]:
    """Return what stands for networks of an address, each wider by so many bits than what one house has."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ()
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is None:
            nets6 = [ipaddress.IPv6Network((int(found), 64 - bits), strict=False) for bits in wider]
            return tuple(_sign(keys, net.network_address) for net in nets6)
        found = found.ipv4_mapped
    nets4 = [ipaddress.IPv4Network((int(found), 32 - bits), strict=False) for bits in wider]
    return tuple(_sign(keys, net.network_address) for net in nets4)


def _sign(keys: Path, found: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    return keyed(signs_key(keys), found.packed.hex()).hex()[:16]


def door_of(store: Store, who: Actor, venue_id: int | None = None, *, what: str = "") -> GuessDoor:
    """Return the door that somebody stands at: of a station, of the staff's desks, or of an address."""
    if who.role is Role.STATION:
        return GuessDoor(name=f"station {venue_id or 0}")
    if who.role is not Role.RESIDENT:
        return GuessDoor(name=f"{what} desk".strip())
    return GuessDoor(name=f"{what or 'public'} {folded_address(store.keys, who.address)}".strip())


def code_door(store: Store, who: Actor, code: str, venue_id: int | None = None, *, queued: str = "") -> GuessDoor:
    """Return the door at which somebody types a voting code; the public's share one budget beside their own.

    Parameters
    ----------
    code
        The code in its one form.
    queued
        What an earlier wait for this code handed out.
    """
    door = door_of(store, who, venue_id)
    if who.role is not Role.RESIDENT:
        return door
    networks = (
        f"{_NETWORK}{bits} {sign}" for bits, sign in zip((8, 16), _folded(store.keys, who.address, 8, 16), strict=False)
    )
    at, since = now(), queued.partition(".")[0]
    has_digits = queued.isascii() and since.isascii() and since.isdigit()
    if not (has_digits and hmac.compare_digest(queued, _queued(store, door, code, since))):
        since = str(int(at.timestamp()))
    waited = timedelta(seconds=at.timestamp() - int(since))
    return replace(
        door,
        is_public=True,
        networks=tuple(networks),
        queued=_queued(store, door, code, since),
        has_waited=_WAITED <= waited <= _REMEMBERED,
    )


def _queued(store: Store, door: GuessDoor, code: str, since: str) -> str:
    return f"{since}.{keyed(signs_key(store.keys), f'queued {door.name} {code} {since}').hex()[:32]}"


class Guess:
    """One lookup that was let through; it counts once it is said to have been wrong."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self.connection: Connection = unit.connection

    def wrong(self) -> None:
        """Count it for good."""
        self._unit.commit()


@contextmanager
def guessing(store: Store, door: GuessDoor) -> Iterator[Guess]:
    """Reserve one lookup and let it through, unless the door has to wait.

    The reservation stands while the code is looked up; who comes at the same time waits for it. A right code leaves
    nothing in the store.

    Raises
    ------
    UnavailableError
        ``code.wait`` with the seconds to wait, and ``queued`` to show then.
    """
    at, name = now(), _KIND + door.name
    with store.read() as connection:
        # A flood that waits anyway must not queue before the voters' writes.
        is_released = budgets.blocked_until(connection, _RELEASED, at) is not None
        if not is_released:
            _refuse_until(budgets.blocked_until(connection, name, at), door)
        wrong = budgets.tried_since(connection, (name, *door.networks), at - WINDOW).values()
        once_waited = sum(min(times, _LEFT_ONCE_RELEASED if is_released else _LEFT) for times in wrong)
        left = once_waited if is_released or door.has_waited else max(once_waited, _LEFT_TO_WAITING)
        if door.is_public and budgets.bucket_until(connection, _SHARED, at, SHARED, left=left):
            # Whoever then comes again has waited.
            until = budgets.bucket_until(connection, _SHARED, at, SHARED, left=once_waited)
            _refuse_until(max(until or at, at + _WAITED), door)
    with store.write() as unit:
        if door.is_public:
            _refuse_until(budgets.take(unit.connection, _SHARED, at, SHARED, left=left), door)
        if is_released:
            budgets.count(unit.connection, name, at, WINDOW)
        else:
            _refuse_until(budgets.claim(unit.connection, name, at, _CODES), door)
        for network in door.networks:
            budgets.count(unit.connection, network, at, WINDOW)
        budgets.sweep(unit.connection, at)
        yield Guess(unit)


def _refuse_until(until: datetime | None, door: GuessDoor) -> None:
    if until is not None:
        raise UnavailableError("code.wait", seconds=seconds_until(until), queued=door.queued)


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
    """Let every door go on at once, and none wait for its own wrong codes for an hour; what all share begins anew."""
    with acting(store, actor, Action.RUN_STATION) as unit:
        held = budgets.forget_kind(unit.connection, _KIND)
        budgets.forget_kind(unit.connection, _NETWORK)
        budgets.forget(unit.connection, [_SHARED])
        budgets.open_until(unit.connection, _RELEASED, unit.at + RELEASED, unit.at)
        unit.log("code.release_doors", "code", "doors", doors=held)
        unit.commit()
