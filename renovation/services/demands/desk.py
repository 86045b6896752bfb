"""A department's desk: what it is asked to do, how late it is, and what it needs to know to do it.

The acts themselves are those of :mod:`renovation.services.demands.work`; the door lets a department have its own
demands alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from renovation.exports.files.tables import Exported, TableSheet, workbook
from renovation.model.accounts import Action, Actor
from renovation.model.clock import today
from renovation.model.demands import AT_WORK_STATUSES, DemandCategory, DemandEvent, DemandStatus
from renovation.model.desk import DeskFile, DeskLine, DeskOrder, DeskState, DeskStep
from renovation.model.names import finds
from renovation.rules.demands.contacts import masked
from renovation.rules.demands.standing import days_late
from renovation.services import lists
from renovation.services.doors import reading
from renovation.store import Store
from renovation.store.demands import demands as demands_store
from renovation.store.demands import desk
from renovation.store.demands import places as demand_places
from renovation.text import Language, text

#: Steps of a demand that its department may read, with their notes where these are meant for it.
_STEPS = {
    DemandStatus.DISPATCHED: True,
    DemandStatus.ACCEPTED: False,
    DemandStatus.REFUSED: False,
    DemandStatus.IN_PROGRESS: False,
    DemandStatus.IN_PROJECT: False,
    DemandStatus.ANSWERED: True,
    DemandStatus.CLOSED: False,
    DemandStatus.NOT_SOLVED: True,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskFilter:
    """What narrows a desk. Empty tuples do not narrow."""

    states: tuple[DeskState, ...] = (DeskState.NEW, DeskState.AT_WORK)
    categories: tuple[DemandCategory, ...] = ()
    late_only: bool = False
    query: str = ""
    order: DeskOrder = DeskOrder.LATE


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskView:
    """A desk as it stands.

    Attributes
    ----------
    counts
        How many lines stand in each state, whatever the filter.
    late
        How many of them are past their deadline.
    """

    lines: tuple[DeskLine, ...]
    counts: dict[DeskState, int] = field(default_factory=dict)
    late: int = 0


def read_desk(store: Store, actor: Actor | None, wanted: DeskFilter | None = None) -> DeskView:
    """Return what the actor's department is asked to do, narrowed and in order; late things come first."""
    wanted = wanted or DeskFilter()
    with reading(store, actor, Action.SEE_DESK) as door:
        rows = desk.lines(door.connection, door.actor.department, scopes=[door.scope])
    everything = [_line(row, today()) for row in rows]
    kept = [
        line
        for line in everything
        if (not wanted.states or line.state in wanted.states)
        and (not wanted.categories or line.category in wanted.categories)
        and (not wanted.late_only or line.late)
        and finds(wanted.query, str(line.demand_id), line.estate_name, line.building_name, line.text, line.task)
    ]
    return DeskView(
        lines=tuple(_in_order(kept, wanted.order)),
        counts={state: sum(line.state is state for line in everything) for state in DeskState},
        late=sum(line.late > 0 for line in everything),
    )


def _in_order(lines: Iterable[DeskLine], order: DeskOrder) -> list[DeskLine]:
    match order:
        case DeskOrder.NEWEST:
            return list(lines)
        case DeskOrder.PLACE:
            return sorted(lines, key=lambda line: (line.street_name, line.estate_name, line.building_name))
    return sorted(lines, key=lambda line: (-line.late, line.due_on or date.max, line.received_on))


def _line(row: Any, day: date) -> DeskLine:
    status = DemandStatus(row.status)
    if row.task_status is not None and status in AT_WORK_STATUSES:
        status = DemandStatus(row.task_status)
    return DeskLine(
        demand_id=row.id,
        task_id=row.task_id,
        task=masked(row.task or ""),
        status=status,
        category=DemandCategory(row.category),
        subtype=row.subtype,
        text=masked(row.text),
        street_name=row.street_name,
        estate_name=row.estate_name,
        building_name=row.building_name,
        received_on=date.fromisoformat(row.received_on),
        due_on=date.fromisoformat(row.due_on) if row.due_on else None,
        late=days_late(status, row.due_on, day) if status in AT_WORK_STATUSES else 0,
        supporters=row.supporters,
        version=row.version,
    )


def read_desk_file(store: Store, actor: Actor | None, demand_id: int) -> DeskFile:
    """Return what the actor's department needs to work on a demand.

    Raises
    ------
    NotFoundError
        ``demand.not_found``, also where another department is asked.
    """
    with reading(store, actor, Action.SEE_DESK) as door:
        one = door.demand(demand_id)
        office = door.actor.department
        rows = desk.lines(door.connection, office, scopes=[door.scope], demand_id=demand_id)
        around = demand_places.names_around(door.connection, one.estate_id, one.building_id)
        events = demands_store.events(door.connection, one.id)
        rules = lists.intake_rules(door.connection, demand_places.scope_of(door.connection, one.estate_id))
    return DeskFile(
        lines=tuple(_line(row, today()) for row in rows),
        places=tuple(name for name in (*around.areas, around.estate, around.building) if name),
        lon=one.lon,
        lat=one.lat,
        step_free=one.step_free,
        reply=masked(one.reply),
        rating=one.rating,
        steps=tuple(_steps(events, office)),
        subtype=rules.subtype(one.category, one.subtype),
    )


def _steps(events: Iterable[DemandEvent], office: str) -> Iterator[DeskStep]:
    """Yield what happened since the demand was first sent to the department; of others' parts and reasons nothing."""
    for event in events:
        mine = [words for who, words in event.parts if who == office]
        if event.step.startswith("task_") or event.step == "split":
            if mine:
                yield DeskStep(at=event.at, step=event.step, note=masked(event.note or mine[0]))
        elif event.step in _STEPS:
            if event.step == DemandStatus.REFUSED:
                if mine:
                    yield DeskStep(at=event.at, step=event.step, note=masked(mine[0]))
                continue
            told = event.note if _STEPS[DemandStatus(event.step)] else ""
            yield DeskStep(at=event.at, step=event.step, note=masked(told))


def export_desk(
    store: Store, actor: Actor | None, wanted: DeskFilter | None = None, *, language: Language | str = Language.ZH
) -> Exported:
    """Return the desk as a workbook, narrowed and in order as on screen."""
    found = read_desk(store, actor, wanted)

    def label(member: Any) -> str:
        return text(f"enum.{type(member).__name__}.{member.value}", language)

    columns = {
        "number": lambda line: line.demand_id,
        "status": lambda line: label(line.status),
        "late": lambda line: line.late or None,
        "due": lambda line: line.due_on,
        "category": lambda line: label(line.category),
        "text": lambda line: line.text,
        "task": lambda line: line.task,
        "street": lambda line: line.street_name,
        "estate": lambda line: line.estate_name,
        "building": lambda line: line.building_name,
        "received": lambda line: line.received_on,
        "supporters": lambda line: line.supporters,
    }
    name = text("desk.file", language, department=actor.department if actor else "", day=today())
    headings = [text(f"desk.column.{column}", language) for column in columns]
    rows = [[read(line) for read in columns.values()] for line in found.lines]
    return workbook(name, [TableSheet(name=text("desk.sheet", language), headings=headings, rows=rows)])
