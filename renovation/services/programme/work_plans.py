"""When projects are built and by whom: written beside the programme, read by its documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from renovation.model.accounts import Action, Actor
from renovation.model.scenarios import WorkPlan
from renovation.services.acts import acting
from renovation.services.doors import reading
from renovation.services.typed import one_line
from renovation.store import Store
from renovation.store.programme import work_plans as plans_store

_BUILDER_LIMIT, _NOTE_LIMIT = 80, 200


def work_plans(store: Store, actor: Actor | None) -> dict[int, WorkPlan]:
    """Return the plans on file by project."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        known = plans_store.work_plans(door.connection)
        seen = door.projects_in_sight(known)
        return {project_id: plan for project_id, plan in known.items() if project_id in seen}


def keep_work_plans(store: Store, actor: Actor | None, plans: Sequence[WorkPlan]) -> int:
    """Keep plans and return how many differ from what was on file.

    Raises
    ------
    NotFoundError
        ``project.not_found``, also for a project outside the actor's scope.
    """
    with acting(store, actor, Action.PUBLISH) as unit:
        known = plans_store.work_plans(unit.connection)
        asked = [
            replace(plan, builder=one_line(plan.builder, _BUILDER_LIMIT), note=one_line(plan.note, _NOTE_LIMIT))
            for plan in plans
        ]
        changed = [plan for plan in asked if plan != known.get(plan.project_id, WorkPlan(project_id=plan.project_id))]
        for plan in changed:
            unit.project(plan.project_id)
            plans_store.put_work_plan(unit.connection, plan)
        if changed:
            unit.log("work_plan.keep", "work_plan", changed[0].project_id, projects=len(changed))
            unit.commit()
    return len(changed)
