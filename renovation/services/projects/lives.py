"""Move projects through their lives and tell the demands they answer; nothing else writes a project's status."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from renovation.errors import StageError
from renovation.model.clock import day_of
from renovation.model.demands import PROJECT_STEP, Demand, DemandKind, DemandStatus
from renovation.model.lives import DEMAND_LIFE, LETS_GO, PROJECT_LIFE, DemandAct, ProjectAct
from renovation.model.projects import Project, ProjectStatus
from renovation.rules.demands.dispatch import due_day
from renovation.services import lists
from renovation.services.acts import ActingUnit
from renovation.store.demands import demands as demands_store
from renovation.store.demands import places as demand_places
from renovation.store.projects import projects as projects_store

_WORKS = frozenset({ProjectAct.BEGIN_WORKS, ProjectAct.FINISH_WORKS})
#: Demands nobody waits for any more.
_CLOSED = frozenset(status for status in DemandStatus if not DEMAND_LIFE.follows(status))


def take_up(unit: ActingUnit, project: Project, demand_ids: Iterable[int]) -> None:
    """Link demands to a project and move each to "in a project"."""
    for demand_id in demand_ids:
        one = unit.demand(demand_id)
        if one.status is DemandStatus.IN_PROJECT:
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


def move(
    unit: ActingUnit,
    one: Project,
    act: ProjectAct,
    *,
    to: ProjectStatus | None = None,
    where: str = "",
    why: str = "",
) -> Project:
    """Move a project on; each demand it answers gets a line of history and waits or goes on with it.

    Parameters
    ----------
    to
        Where an act may lead to several statuses: which.
    where, why
        What residents may read of it beside the project's name: the title of the poll or plan, the reason given.

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
    answered = demands_store.some(unit.connection, one.demand_ids).values()
    for held in answered:
        if held.status not in _CLOSED:
            _tell(unit, held, f"{PROJECT_STEP}{after.value}", parts=[(f"{one.code} {one.name}", where)], note=why)
    if after in LETS_GO:
        let_go(unit, one, one.demand_ids)
    else:
        for held in answered:
            if DEMAND_LIFE.after(held.status, DemandAct.TAKE_UP):
                _step(unit, held, DemandStatus.IN_PROJECT, one.code)
    return moved


def move_all(
    unit: ActingUnit, project_ids: Iterable[int | None], act: ProjectAct, *, where: str = "", why: str = ""
) -> tuple[Project, ...]:
    """Move those of the projects that the act exists for now, and return them."""
    moved = []
    for project_id in project_ids:
        if project_id is None:
            continue
        one = unit.project(project_id)
        if PROJECT_LIFE.after(one.status, act):
            moved.append(move(unit, one, act, where=where, why=why))
    return tuple(moved)
