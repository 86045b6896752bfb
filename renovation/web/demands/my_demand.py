"""What the holder of a demand's number sees of it, and says about its answer."""

from __future__ import annotations

from datetime import date
from typing import Any

from starlette.responses import Response

from renovation.errors import RenovationError
from renovation.model import addresses
from renovation.model.demands import DemandStatus
from renovation.services.demands import demands
from renovation.services.demands import work as demand_work
from renovation.text.steps import step_text
from renovation.web.frame import Visit, status_of


def look(visit: Visit) -> Response:
    """Ask for the number, or show the demand whose number was just sent."""
    receipt = visit.told.get("receipt")
    if not receipt:
        return _draw(visit, None)
    try:
        one = demands.follow_demand(visit.store, receipt, actor=visit.actor)
    except RenovationError as error:
        return _draw(visit, error)
    return visit.see(
        "my_demand.html",
        one=one,
        due=date.fromisoformat(one.due_on) if one.due_on and not one.reply and not one.projects else None,
        may_judge=one.status is DemandStatus.ANSWERED and one.is_own,
        steps=[(step, step_text(step.parts, step.note, visit.language)) for step in one.steps],
    )


def send(visit: Visit) -> Response:
    """Look a number up, take the verdict on an answer, or let the next person begin."""
    act, receipt = visit.typed("act"), visit.typed("receipt")
    if act == "done":
        return visit.go(addresses.MY_DEMAND)
    try:
        if act in ("solved", "not_solved"):
            stars = visit.typed("stars")
            demand_work.judge_answer(
                visit.store,
                receipt,
                solved=act == "solved",
                rating=int(stars) if stars in {"1", "2", "3", "4", "5"} else None,
                actor=visit.actor,
            )
        known = demands.follow_demand(visit.store, receipt, actor=visit.actor).receipt
    except RenovationError as error:
        return _draw(visit, error)
    return visit.go(addresses.MY_DEMAND, receipt=known)


def _draw(visit: Visit, refused: RenovationError | None) -> Response:
    told: dict[str, Any] = {"one": None, "refusal": visit.refusal(refused) if refused else ""}
    return visit.see("my_demand.html", status=status_of(refused), typed=visit.typed("receipt"), **told)
