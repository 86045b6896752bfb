"""Tell a flood of demands, joinings and offers from honest ones, take it out in one act, and bring it back.

What came within some hours is grouped by browser and address, of which nothing but a short sign is shown. Only demands
that nobody has begun to handle are taken out, and offers that nobody has confirmed; demands stay as merged, and their
receipts go on to say so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from renovation.errors import InvalidError, NotFoundError
from renovation.model.accounts import Action, Actor, may
from renovation.model.clock import day_of, now
from renovation.model.demands import DemandStatus
from renovation.model.lives import DEMAND_LIFE, DemandAct
from renovation.services.acts import ActingUnit, acting
from renovation.services.doors import Door, reading
from renovation.services.staff.visitors import Sent
from renovation.store import Store
from renovation.store.demands import demands as demands_store
from renovation.store.money import planning_places, pledges
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
    """A demand, somebody's joining of one, or an offer to adopt a project, with where it came from.

    Attributes
    ----------
    parent_id
        The demand or, of an offer, the project.
    number
        The demand's receipt, or the offer's reference.
    """

    kind: Sent
    object_id: str
    parent_id: int
    number: str
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


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedFlood:
    """What was taken out in one act and can be brought back: demands, joinings and offers."""

    at: datetime
    count: int


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
        kinds=[one for one in Sent if one is not Sent.PLEDGE or may(door.actor, Action.RECORD_PLEDGE)],
    )
    came = [one for one in came if one.visitor.startswith(wanted.browser) and one.address.startswith(wanted.address)]
    seen = door.estates_in_sight([one.estate_id for one in came if one.estate_id is not None])
    came = [one for one in came if one.estate_id in seen]
    waiting = _demands_waiting(door, came) | _offers_waiting(door, came)
    homes = estates.names(door.connection, seen)
    rows = ((one, waiting[one.kind, one.object_id]) for one in came if (one.kind, one.object_id) in waiting)
    return tuple(
        FloodRow(
            kind=Sent(one.kind),
            object_id=one.object_id,
            parent_id=parent,
            number=number,
            estate_id=estate,
            estate=homes[estate],
            text=text,
            at=one.at,
            browser=one.visitor[:_SHOWN],
            address=one.address[:_SHOWN],
        )
        for one, (parent, number, estate, text) in rows
        if estate in homes
    )


#: What waits, by kind and id: demand or project, number, estate, words.
_Waiting = dict[tuple[str, str], tuple[int, str, int, str]]


def _demands_waiting(door: Door, came: Iterable[Arrival]) -> _Waiting:
    of_demands = [one for one in came if one.kind != Sent.PLEDGE]
    joined = demands_store.all_followed(door.connection, [one.object_id for one in of_demands if one.kind == Sent.JOIN])
    demand_of = {one: joined.get(one.object_id) if one.kind == Sent.JOIN else int(one.object_id) for one in of_demands}
    held = demands_store.some(door.connection, {number for number in demand_of.values() if number is not None})
    return {
        (one.kind, one.object_id): (number, held[number].receipt, held[number].estate_id, held[number].text)
        for one, number in demand_of.items()
        if number in held and held[number].status is DemandStatus.RECEIVED
    }


def _offers_waiting(door: Door, came: Iterable[Arrival]) -> _Waiting:
    ids = {one.object_id for one in came if one.kind == Sent.PLEDGE}
    if not ids:
        return {}
    offers = [
        (project_id, one)
        for project_id, lines in pledges.pledges(door.connection, scopes=[door.scope]).items()
        for one in lines
        if one.id in ids and one.offered and one.withdrawn_on is None
    ]
    places = planning_places.projects(door.connection, {number for number, _ in offers}, scopes=[door.scope])
    found: _Waiting = {}
    for project_id, offer in offers:
        place = places[project_id]
        found[Sent.PLEDGE, offer.id] = (
            project_id,
            offer.reference,
            int(place.estate.id),
            f"{place.name} · {offer.supporter}",
        )
    return found


def end_flood(
    store: Store, actor: Actor, wanted: FloodFilter, what: FloodAct, *, only: Collection[str] | None = None
) -> int:
    """Merge what a filter keeps into the oldest of each estate, or drop all of it; return how many were taken out.

    Joinings are taken back and offers declined, whichever is done. Everything happens or nothing.

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
        kept: dict[int, int] = {}
        taken: Counter[Sent] = Counter()
        for one in sorted(rows, key=lambda row: (row.kind is Sent.DEMAND, row.at, row.parent_id)):
            joiner = None
            match one.kind:
                case Sent.JOIN:
                    joiner = _take_joining_back(unit, one)
                case Sent.PLEDGE:
                    pledges.change(unit.connection, unit.pledge(int(one.object_id)), withdrawn_on=day_of(unit.at))
                case Sent.DEMAND if what is FloodAct.MERGE and one.estate_id not in kept:
                    kept[one.estate_id] = one.parent_id
                    continue
                case Sent.DEMAND:
                    _take_demand_out(unit, one.parent_id, kept.get(one.estate_id))
            taken[one.kind] += 1
            arrivals.take_out(unit.connection, one.kind, one.object_id, unit.at, demand_id=one.parent_id, joiner=joiner)
        if not taken:
            raise NotFoundError("demand.flood_nothing")
        unit.log("demand.end_flood", "demand", "flood", what=what.value, **_counts(taken))
        unit.commit()
    return taken.total()


def _counts(taken: Counter[Sent]) -> dict[str, int]:
    return {"demands": taken[Sent.DEMAND], "joined": taken[Sent.JOIN], "offers": taken[Sent.PLEDGE]}


def _take_demand_out(unit: ActingUnit, demand_id: int, into: int | None) -> None:
    demands_store.step(
        unit.connection,
        unit.demand(demand_id),
        DemandStatus.MERGED,
        login=unit.actor.login,
        at=unit.at,
        line="flood",
        merged_into=into,
    )


def _take_joining_back(unit: ActingUnit, one: FloodRow) -> str | None:
    demand = unit.demand(one.parent_id)
    demands_store.change(unit.connection, demand, supporters=max(1, demand.supporters - 1))
    return demands_store.remove_follower(unit.connection, one.object_id)


def ended_floods(store: Store, actor: Actor) -> tuple[EndedFlood, ...]:
    """Return the acts whose flood can still be brought back, newest first."""
    with reading(store, actor, Action.HANDLE_DEMAND) as door:
        counts = Counter(one.out_at for one in _out_in_sight(door))
    return tuple(EndedFlood(at=at, count=count) for at, count in counts.items() if at is not None)


def _out_in_sight(door: Door, at: datetime | None = None) -> list[Arrival]:
    out = arrivals.taken_out(door.connection, at)
    seen = door.estates_in_sight([one.estate_id for one in out if one.estate_id is not None])
    offers = may(door.actor, Action.RECORD_PLEDGE)
    return [one for one in out if one.estate_id in seen and (offers or one.kind != Sent.PLEDGE)]


def undo_flood(store: Store, actor: Actor, at: datetime) -> int:
    """Bring back what was taken out in one act, as far as nobody has gone on with it; return how much came back.

    Raises
    ------
    NotFoundError
        ``demand.flood_nothing``.
    """
    with acting(store, actor, Action.HANDLE_DEMAND) as unit:
        back: Counter[Sent] = Counter()
        for one in _out_in_sight(unit, at):
            kind = Sent(one.kind)
            back[kind] += _bring_back(unit, kind, one)
            arrivals.take_out(unit.connection, kind, one.object_id, None)
        if not back.total():
            raise NotFoundError("demand.flood_nothing")
        unit.log("demand.undo_flood", "demand", "flood", **_counts(back))
        unit.commit()
    return back.total()


def _bring_back(unit: ActingUnit, kind: Sent, one: Arrival) -> bool:
    if kind is Sent.PLEDGE:
        offer = unit.pledge(int(one.object_id))
        if not offer.offered or offer.withdrawn_on is None:
            return False
        pledges.change(unit.connection, offer, withdrawn_on=None)
        return True
    demand = demands_store.some(unit.connection, [one.demand_id or 0]).get(one.demand_id or 0)
    if demand is None:
        return False
    if kind is Sent.JOIN:
        if one.joiner is not None and demands_store.has_joined(unit.connection, demand.id, one.joiner):
            return False
        demands_store.add_follower(unit.connection, demand.id, one.object_id, one.joiner)
        demands_store.change(unit.connection, demand, supporters=demand.supporters + 1)
        return True
    if demand.status not in DEMAND_LIFE.before(DemandAct.BRING_BACK):
        return False
    demands_store.step(
        unit.connection,
        demand,
        DemandStatus.RECEIVED,
        login=unit.actor.login,
        at=unit.at,
        line="flood_undone",
        merged_into=None,
    )
    return True
