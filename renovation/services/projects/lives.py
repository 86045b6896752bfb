"""Move projects through their lives, and with them demands and estates; nothing else writes a project's status."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from renovation.errors import StageError
from renovation.model.clock import day_of
from renovation.model.demands import PROJECT_STEP, Demand, DemandKind, DemandStatus
from renovation.model.lives import (
    DEMAND_LIFE,
    ESTATE_FOLLOWS,
    LETS_GO,
    PROJECT_LIFE,
    DemandAct,
    EstateAct,
    ProjectAct,
    demand_follows,
)
from renovation.model.projects import Occasion, Project, ProjectStatus
from renovation.rules.demands.dispatch import due_day
from renovation.services import lists
from renovation.services.acts import ActingUnit
from renovation.services.register.estates import finish_estate, release_estate, take_estate
from renovation.store.demands import demands as demands_store
from renovation.store.demands import places as demand_places
from renovation.store.programme import annual_batch
from renovation.store.projects import projects as projects_store

_NONE = Occasion()
_WORKS = frozenset({ProjectAct.BEGIN_WORKS, ProjectAct.FINISH_WORKS})
#: Demands nobody waits for any more.
_CLOSED = frozenset(status for status in DemandStatus if not DEMAND_LIFE.follows(status))


def take_up(unit: ActingUnit, project: Project, demand_ids: Iterable[int]) -> None:
    """Link demands to a project and move each to "in a project"; one that lost its poll holds none until it is back."""
    for demand_id in demand_ids:
        one = unit.demand(demand_id)
        is_open = bool(DEMAND_LIFE.after(one.status, DemandAct.TAKE_UP))
        if one.status is DemandStatus.IN_PROJECT or (is_open and project.status in LETS_GO):
            _tell(unit, one, "linked", note=project.code)
        else:
            _step(unit, one, DemandStatus.IN_PROJECT, project.code)
    projects_store.link(unit.connection, project.id, demand_ids)


def let_go(unit: ActingUnit, project: Project, demand_ids: Iterable[int]) -> None:
    """Put demands back into the queue, with a new deadline, unless another project answers them too."""
    # Demands out of sight among them: who lets a project go lets go of all that hangs on it.
    for demand_id, one in demands_store.some(unit.connection, demand_ids).items():
        if one.status is DemandStatus.IN_PROJECT and not projects_store.taken_up_elsewhere(
            unit.connection, demand_id, besides=project.id
        ):
            _step(unit, one, DemandStatus.RECEIVED, project.code)


def _step(unit: ActingUnit, one: Demand, to: DemandStatus, note: str) -> None:
    values: dict[str, Any] = {}
    if to is DemandStatus.RECEIVED and one.kind is DemandKind.DEMAND:
        rules = lists.intake_rules(unit.connection, demand_places.scope_of(unit.connection, one.estate_id))
        due = due_day(rules, one.category, one.subtype, day_of(unit.at))
        values["due_on"] = due.isoformat() if due else None
    demands_store.step(unit.connection, one, to, login=unit.actor.login, at=unit.at, note=note, **values)


def _tell(unit: ActingUnit, one: Demand, step: str, **said: Any) -> None:
    demands_store.note_event(unit.connection, one.id, step=step, login=unit.actor.login, at=unit.at, **said)


def note(unit: ActingUnit, one: Project, act: ProjectAct, occasion: Occasion = _NONE) -> None:
    """Write an act that leaves a project where it is into its history."""
    projects_store.add_step(
        unit.connection, one, act, one.status, at=unit.at, login=unit.actor.login, occasion=occasion
    )


def move(
    unit: ActingUnit,
    one: Project,
    act: ProjectAct,
    *,
    to: ProjectStatus | None = None,
    occasion: Occasion = _NONE,
) -> Project:
    """Move a project on, and with it the demands it answers and its estate, as the table of lives says.

    Parameters
    ----------
    to
        Where an act may lead to several statuses: which.
    occasion
        What residents may read of it beside the project's name: the title of the poll or plan, the reason given; the
        project's history keeps all of it.

    Raises
    ------
    StageError
        ``project.fixed``, or for works ``project.step``: the act does not exist in the project's status.
    ConflictError
        ``project.changed``: somebody else has changed it since it was read.
    """
    possible = PROJECT_LIFE.after(one.status, act)
    if not possible or (to is not None and to not in possible):
        raise StageError("project.step" if act in _WORKS else "project.fixed", code=one.code, status=one.status.value)
    after = to or next(iter(possible))
    moved = projects_store.change(unit.connection, one, status=after.value)
    projects_store.add_step(unit.connection, one, act, after, at=unit.at, login=unit.actor.login, occasion=occasion)
    _move_demands(unit, one, after, occasion)
    if act in ESTATE_FOLLOWS:
        _move_estate(unit, one, ESTATE_FOLLOWS[act], occasion.where or f"{one.code} {one.name}")
    return moved


def _move_demands(unit: ActingUnit, one: Project, after: ProjectStatus, occasion: Occasion) -> None:
    answered = demands_store.some(unit.connection, one.demand_ids).values()
    parts = [(f"{one.code} {one.name}", occasion.where)]
    for held in answered:
        if held.status not in _CLOSED:
            _tell(unit, held, f"{PROJECT_STEP}{after.value}", parts=parts, note=occasion.why)
    if demand_follows(after) is DemandAct.LET_GO:
        let_go(unit, one, one.demand_ids)
    else:
        for held in answered:
            if DEMAND_LIFE.after(held.status, DemandAct.TAKE_UP):
                _step(unit, held, DemandStatus.IN_PROJECT, one.code)


def _move_estate(unit: ActingUnit, one: Project, act: EstateAct, where: str) -> None:
    still_held = projects_store.holding(unit.connection, one.estate_id)
    match act:
        case EstateAct.FINISH_WORKS:
            finish_estate(unit, one.estate_id, where=where, still_held=still_held)
        case EstateAct.RELEASE:
            if not still_held and not annual_batch.holds(unit.connection, one.estate_id):
                release_estate(unit, one.estate_id, where=where)
        case _:
            take_estate(unit, one.estate_id, act, where=where)


def move_all(
    unit: ActingUnit, project_ids: Iterable[int | None], act: ProjectAct, *, occasion: Occasion = _NONE
) -> tuple[Project, ...]:
    """Move those of the projects that the act exists for now, and return them."""
    moved = []
    for project_id in project_ids:
        if project_id is None:
            continue
        one = unit.project(project_id)
        if PROJECT_LIFE.after(one.status, act):
            moved.append(move(unit, one, act, occasion=occasion))
    return tuple(moved)
