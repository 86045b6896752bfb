"""What a year begins with: what earlier programmes promised, what waits and why, what came back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from renovation.model.accounts import Action, Actor
from renovation.model.clock import today
from renovation.model.elections import Reason
from renovation.model.lives import LETS_GO, PROJECT_LIFE, ProjectAct
from renovation.model.projects import ProjectFilter, ProjectRow, ProjectStatus, ProjectStep
from renovation.model.scenarios import HeldScenario
from renovation.rules.programme.basis import holds_of
from renovation.services.doors import reading
from renovation.services.money.books import read_books
from renovation.store import Store
from renovation.store.programme import scenarios
from renovation.store.projects import projects

#: Acts after which a project is on offer again, or gone.
_BACK = frozenset({ProjectAct.LOSE, ProjectAct.CANCEL_POLL, ProjectAct.TAKE_BACK, ProjectAct.WITHDRAW})


@dataclass(frozen=True, slots=True, kw_only=True)
class PromisedLine:
    """A line of an earlier programme that is not finished: for which year, from whom, and with how much money.

    ``money`` is what adopted programmes still pay, in fen; ``gap`` what nobody pays any more.
    """

    row: ProjectRow
    programme: str
    year: int
    money: int
    gap: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingLine:
    """A project that waits, and why: what stood in its way in the latest programme, or ``None`` if none asked it."""

    row: ProjectRow
    reason: Reason | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedLine:
    """A project that came back: from which poll or programme, when, and why."""

    row: ProjectRow
    step: ProjectStep


@dataclass(frozen=True, slots=True, kw_only=True)
class YearStart:
    """What a year begins with; ``adopted`` names the programme it has already, if any."""

    year: int
    adopted: str
    promised: tuple[PromisedLine, ...]
    waiting: tuple[WaitingLine, ...]
    returned: tuple[ReturnedLine, ...]


def year_start(store: Store, actor: Actor, year: int) -> YearStart:
    """Return what the year's programme begins with, as far as the actor's part of town goes."""
    with reading(store, actor, Action.SEE_RESULTS) as door:
        adopted = scenarios.adopted(door.connection)
        rows = projects.listed(door.connection, ProjectFilter(), scopes=[door.scope])
        steps = {step.project_id: step for step in projects.steps(door.connection) if step.before is not step.after}
        books = read_books(door.connection, today())
    earlier = [one for one in adopted if one.settings.years[0] < year]
    holds, reasons = holds_of(earlier), _left_out(earlier)
    promised, waiting, returned = [], [], []
    for row in sorted(rows, key=lambda one: one.project.id):
        one = row.project
        step, hold = steps.get(one.id), holds.get(one.code)
        if one.status in (ProjectStatus.IN_PROGRAMME, ProjectStatus.IN_WORKS):
            if hold:
                planned = sum(books.planned(one.id).values())
                gap = books.funding(books.projects[one.id]).gap
                promised.append(PromisedLine(row=row, programme=hold.programme, year=hold.year, money=planned, gap=gap))
        elif step is not None and step.act in _BACK:
            returned.append(ReturnedLine(row=row, step=step))
        elif one.status in PROJECT_LIFE.before(ProjectAct.ADOPT) - LETS_GO:
            waiting.append(WaitingLine(row=row, reason=reasons.get(one.code)))
    return YearStart(
        year=year,
        adopted=next((one.name for one in adopted if year == one.settings.years[0]), ""),
        promised=tuple(sorted(promised, key=lambda line: line.year)),
        waiting=tuple(waiting),
        returned=tuple(returned),
    )


def _left_out(earlier: list[HeldScenario]) -> Mapping[str, Reason]:
    """Return why the latest of earlier programmes left each project out."""
    if not earlier:
        return {}
    latest = max(earlier, key=lambda one: one.settings.years[0])
    return {one.project: one.reason for one in latest.programme.left_out}
