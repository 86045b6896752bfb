"""Tell a flood of demands from honest ones, and take it out in one act.

What came within some hours is grouped by browser and address, of which nothing but a short sign is shown. Only demands
that nobody has begun to handle are taken out; they stay in the store as merged, and their receipts go on to say so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from renovation.errors import InvalidError, NotFoundError
from renovation.model.accounts import Action, Actor
from renovation.model.clock import now
from renovation.model.demands import Demand, DemandStatus
from renovation.services.acts import ActingUnit, acting
from renovation.services.doors import Door, reading
from renovation.services.staff.visitors import Sent
from renovation.store import Store
from renovation.store.demands import demands as demands_store
from renovation.store.register import estates
from renovation.store.staff import arrivals
from renovation.store.staff.arrivals import Arrival

MOST_HOURS = 7 * 24
#: What is shown of the sign of a browser or address.
_SHOWN = 6


class FloodAct(StrEnum):
    """What becomes of a flood."""

    MERGE = "merge"
    DROP = "drop"


@dataclass(frozen=True, slots=True, kw_only=True)
class FloodFilter:
    """What to look at: the last hours, at one estate, from one browser or address."""

    hours: int = 24
    estate_id: int | None = None
    browser: str = ""
    address: str = ""

    def __post_init__(self) -> None:
        if not 1 <= self.hours <= MOST_HOURS:
            raise InvalidError("demand.flood_hours", most=MOST_HOURS)


@dataclass(frozen=True, slots=True, kw_only=True)
class FloodRow:
    """A demand, or somebody's joining of one, with where it came from."""

    kind: Sent
    object_id: str
    demand_id: int
    receipt: str
    estate_id: int
    estate: str
    text: str
    at: datetime
    browser: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Flood:
    """What a filter keeps, and how much of it came from each browser and address, most first."""

    rows: tuple[FloodRow, ...] = ()
    browsers: tuple[tuple[str, int], ...] = ()
    addresses: tuple[tuple[str, int], ...] = ()


def find_flood(store: Store, actor: Actor, wanted: FloodFilter) -> Flood:
    """Return what came without an account and has not been handled yet, newest first."""
    with reading(store, actor, Action.HANDLE_DEMAND) as door:
        rows = _rows(door, wanted)
    return Flood(
        rows=rows,
        browsers=tuple(Counter(row.browser for row in rows).most_common()),
        addresses=tuple(Counter(row.address for row in rows).most_common()),
    )


def _rows(door: Door, wanted: FloodFilter) -> tuple[FloodRow, ...]:
    until = now() + timedelta(seconds=1)
    came = arrivals.listed(
        door.connection,
        since=until - timedelta(hours=wanted.hours),
        until=until,
        estate_id=wanted.estate_id,
        kinds=(Sent.DEMAND, Sent.JOIN),
    )
    came = [one for one in came if one.visitor.startswith(wanted.browser) and one.address.startswith(wanted.address)]
    seen = door.estates_in_sight([one.estate_id for one in came if one.estate_id is not None])
    came = [one for one in came if one.estate_id in seen]
    homes = estates.names(door.connection, seen)
    joined = demands_store.all_followed(door.connection, [one.object_id for one in came if one.kind == Sent.JOIN])
    demand_of = {one: joined.get(one.object_id) if one.kind == Sent.JOIN else int(one.object_id) for one in came}
    held = demands_store.some(door.connection, {number for number in demand_of.values() if number is not None})
    return tuple(
        _row(one, held[number], homes)
        for one, number in demand_of.items()
        if number in held and held[number].status is DemandStatus.RECEIVED
    )


def _row(one: Arrival, demand: Demand, homes: dict[int, str]) -> FloodRow:
    return FloodRow(
        kind=Sent(one.kind),
        object_id=one.object_id,
        demand_id=demand.id,
        receipt=demand.receipt,
        estate_id=demand.estate_id,
        estate=homes[demand.estate_id],
        text=demand.text,
        at=one.at,
        browser=one.visitor[:_SHOWN],
        address=one.address[:_SHOWN],
    )


def end_flood(
    store: Store, actor: Actor, wanted: FloodFilter, what: FloodAct, *, only: Collection[str] | None = None
) -> int:
    """Merge what a filter keeps into the oldest of each estate, or drop all of it; return how many were taken out.

    Joinings are taken back, whichever is done. Everything happens or nothing.

    Parameters
    ----------
    only
        The ``object_id`` of those that were looked at: what has come since stays.

    Raises
    ------
    NotFoundError
        ``demand.flood_nothing``.
    """
    with acting(store, actor, Action.HANDLE_DEMAND) as unit:
        rows = [one for one in _rows(unit, wanted) if only is None or one.object_id in only]
        joined = [one for one in rows if one.kind is Sent.JOIN]
        asked = sorted((one for one in rows if one.kind is Sent.DEMAND), key=lambda one: (one.at, one.demand_id))
        for one in joined:
            _take_back(unit, one)
        kept: dict[int, int] = {}
        taken = 0
        for one in asked:
            if what is FloodAct.MERGE and one.estate_id not in kept:
                kept[one.estate_id] = one.demand_id
                continue
            demand = unit.demand(one.demand_id)
            demands_store.step(
                unit.connection,
                demand,
                DemandStatus.MERGED,
                login=unit.actor.login,
                at=unit.at,
                note="flood",
                merged_into=kept.get(one.estate_id),
            )
            taken += 1
        if not taken and not joined:
            raise NotFoundError("demand.flood_nothing")
        unit.log("demand.end_flood", "demand", "flood", what=what.value, demands=taken, joined=len(joined))
        unit.commit()
    return taken + len(joined)


def _take_back(unit: ActingUnit, one: FloodRow) -> None:
    demand = unit.demand(one.demand_id)
    demands_store.remove_follower(unit.connection, one.object_id)
    demands_store.change(unit.connection, demand, supporters=max(1, demand.supporters - 1))
    arrivals.remove(unit.connection, Sent.JOIN, one.object_id)
