"""How much somebody without an account may send: per browser, per address and per place, counted in the store.

A hall of residents shares one address, so an address may send much; a browser little. Which browser and address
something came from is kept as hashes for :data:`KEPT`, so that a flood can be told from honest wishes.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import StrEnum

from renovation.errors import InvalidError, UnavailableError
from renovation.model.accounts import Action, Actor
from renovation.services.acts import ActingUnit, acting
from renovation.services.doors import reading
from renovation.services.staff.guesses import folded_address
from renovation.store import Connection, Store, settings
from renovation.store.keys import key_folder
from renovation.store.staff import arrivals, budgets
from renovation.store.staff.arrivals import Arrival
from renovation.store.staff.budgets import Limit

_SETTING = "visitor_limits"
_MOST = 100_000
KEPT = timedelta(days=7)
_HOUR = timedelta(hours=1)
_FIRST_WAIT = timedelta(minutes=5)


class Sent(StrEnum):
    """What somebody without an account sends."""

    DEMAND = "demand"
    JOIN = "join"
    PLEDGE = "pledge"


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitorLimits:
    """How many of each kind an hour takes from one browser, from one address, and for one place."""

    browser: int = 10
    address: int = 300
    place: int = 300

    def __post_init__(self) -> None:
        if not all(1 <= one <= _MOST for one in asdict(self).values()):
            raise InvalidError("visitor.limits", most=_MOST)


def visitor_limits(store: Store, actor: Actor | None) -> VisitorLimits:
    """Return the limits as they stand."""
    with reading(store, actor, Action.CHANGE_SETTINGS) as door:
        return _limits(door.connection)


def _limits(connection: Connection) -> VisitorLimits:
    return VisitorLimits(**settings.get(connection, _SETTING, {}))


def set_visitor_limits(store: Store, actor: Actor | None, limits: VisitorLimits) -> None:
    """Take more or less from visitors from now on; who waits goes on at once."""
    with acting(store, actor, Action.CHANGE_SETTINGS) as unit:
        settings.put(unit.connection, _SETTING, asdict(limits))
        budgets.forget_kind(unit.connection, "sent ")
        unit.log("settings.visitor_limits", "settings", _SETTING, **asdict(limits))
        unit.commit()


def folded_visitor(who: str) -> str:
    """Return what stands for a browser's token in the store."""
    return hashlib.sha256(who.encode()).hexdigest()[:16] if who else ""


def admit(unit: ActingUnit, kind: Sent, place: int | None, who: str) -> None:
    """Count what somebody without an account sends, in the transaction that keeps it; staff are not counted.

    Raises
    ------
    UnavailableError
        ``visitor.wait``: this browser, this address, or everybody for this place has sent as much as an hour takes.
    """
    if unit.is_staff:
        return
    limits = _limits(unit.connection)
    doors = {
        f"browser {folded_visitor(who)}": limits.browser,
        f"address {folded_address(key_folder(unit.connection), unit.actor.address)}": limits.address,
        f"place {place or 0}": limits.place,
    }
    for name, free in doors.items():
        if name == "browser ":
            continue
        limit = Limit(free=free, window=_HOUR, first_wait=_FIRST_WAIT, longest_wait=_HOUR)
        until = budgets.claim(unit.connection, f"sent {kind} {name}", unit.at, limit)
        if until is not None:
            minutes = int((until - unit.at).total_seconds() // 60) + 1
            raise UnavailableError("visitor.wait", minutes=minutes)


def keep_arrival(unit: ActingUnit, kind: Sent, object_id: object, place: int | None, who: str) -> None:
    """Keep where something came from that was admitted, and forget what is old."""
    if unit.is_staff:
        return
    arrivals.sweep(unit.connection, unit.at - KEPT)
    arrivals.add(
        unit.connection,
        Arrival(
            kind=kind.value,
            object_id=str(object_id),
            estate_id=place,
            visitor=folded_visitor(who),
            address=folded_address(key_folder(unit.connection), unit.actor.address),
            at=unit.at,
        ),
    )
