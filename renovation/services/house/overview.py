"""The first page: what waits at each link of the chain, what of it is late, and what there is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from renovation.model.accounts import Action, Actor, may
from renovation.model.ballots import PaperState
from renovation.model.clock import now, today
from renovation.model.demands import DemandStatus
from renovation.model.polls import PollStage
from renovation.model.projects import ProjectStatus
from renovation.model.scenarios import ScenarioState
from renovation.services import lists
from renovation.services.doors import reading
from renovation.services.money.gates import consents_run_out
from renovation.store import Store
from renovation.store.house import overview
from renovation.store.house.overview import Counts


class Link(StrEnum):
    """A link of the chain, in the order things pass it."""

    DEMAND = "demand"
    PROJECT = "project"
    POLL = "poll"
    RESULT = "result"
    PROGRAMME = "programme"
    WORKS = "works"
    NEXT_YEAR = "next_year"


class Task(StrEnum):
    """A kind of work that waits, in the order it is listed."""

    DEMANDS_OVERDUE = "demands_overdue"
    DEMANDS_RECEIVED = "demands_received"
    DEMANDS_BACK = "demands_back"
    PARTS_REFUSED = "parts_refused"
    DEMANDS_AT_WORK = "demands_at_work"
    PROJECTS_PRICED = "projects_priced"
    POLLS_DRAFT = "polls_draft"
    POLLS_OPEN = "polls_open"
    PAPER_FIRST = "paper_first"
    PAPER_SECOND = "paper_second"
    PAPER_COMPARE = "paper_compare"
    POLLS_CLOSED = "polls_closed"
    POLLS_RECONCILED = "polls_reconciled"
    PROJECTS_CHOSEN = "projects_chosen"
    SCENARIOS_DRAFT = "scenarios_draft"
    CONSENTS_RUN_OUT = "consents_run_out"
    PROJECTS_IN_PROGRAMME = "projects_in_programme"
    PROJECTS_IN_WORKS = "projects_in_works"
    PROJECTS_NOT_CHOSEN = "projects_not_chosen"
    DEMANDS_NOT_SOLVED = "demands_not_solved"


#: At which link a task waits, and what it needs to be this person's business.
TASKS: dict[Task, tuple[Link, Action]] = {
    Task.DEMANDS_OVERDUE: (Link.DEMAND, Action.HANDLE_DEMAND),
    Task.DEMANDS_RECEIVED: (Link.DEMAND, Action.HANDLE_DEMAND),
    Task.DEMANDS_BACK: (Link.DEMAND, Action.HANDLE_DEMAND),
    Task.PARTS_REFUSED: (Link.DEMAND, Action.HANDLE_DEMAND),
    Task.DEMANDS_AT_WORK: (Link.DEMAND, Action.HANDLE_DEMAND),
    Task.PROJECTS_PRICED: (Link.PROJECT, Action.EDIT_PROJECTS),
    Task.POLLS_DRAFT: (Link.POLL, Action.EDIT_POLL),
    Task.POLLS_OPEN: (Link.POLL, Action.RUN_STATION),
    Task.PAPER_FIRST: (Link.POLL, Action.KEY_PAPER),
    Task.PAPER_SECOND: (Link.POLL, Action.KEY_PAPER),
    Task.PAPER_COMPARE: (Link.POLL, Action.ADJUDICATE),
    Task.POLLS_CLOSED: (Link.RESULT, Action.OPEN_CLOSE_POLL),
    Task.POLLS_RECONCILED: (Link.RESULT, Action.PUBLISH),
    Task.PROJECTS_CHOSEN: (Link.PROGRAMME, Action.RANK),
    Task.SCENARIOS_DRAFT: (Link.PROGRAMME, Action.RANK),
    Task.CONSENTS_RUN_OUT: (Link.PROGRAMME, Action.RECORD_GATE),
    Task.PROJECTS_IN_PROGRAMME: (Link.WORKS, Action.EDIT_PROJECTS),
    Task.PROJECTS_IN_WORKS: (Link.WORKS, Action.EDIT_PROJECTS),
    Task.PROJECTS_NOT_CHOSEN: (Link.NEXT_YEAR, Action.EDIT_PROJECTS),
    Task.DEMANDS_NOT_SOLVED: (Link.NEXT_YEAR, Action.HANDLE_DEMAND),
}
#: What a list is narrowed to that shows exactly what waits.
STATUSES: dict[Task, tuple[DemandStatus | ProjectStatus | PollStage, ...]] = {
    Task.DEMANDS_RECEIVED: (DemandStatus.RECEIVED,),
    Task.DEMANDS_BACK: (DemandStatus.REFUSED, DemandStatus.NO_OWNER),
    Task.DEMANDS_AT_WORK: (DemandStatus.DISPATCHED, DemandStatus.ACCEPTED, DemandStatus.IN_PROGRESS),
    Task.DEMANDS_NOT_SOLVED: (DemandStatus.NOT_SOLVED,),
    Task.PROJECTS_PRICED: (ProjectStatus.PRICED,),
    Task.PROJECTS_CHOSEN: (ProjectStatus.CHOSEN,),
    Task.PROJECTS_IN_PROGRAMME: (ProjectStatus.IN_PROGRAMME,),
    Task.PROJECTS_IN_WORKS: (ProjectStatus.IN_WORKS,),
    Task.PROJECTS_NOT_CHOSEN: (ProjectStatus.NOT_CHOSEN,),
    Task.POLLS_DRAFT: (PollStage.DRAFT,),
    Task.POLLS_OPEN: (PollStage.OPEN,),
    Task.POLLS_CLOSED: (PollStage.CLOSED,),
    Task.POLLS_RECONCILED: (PollStage.RECONCILED,),
}
#: What is past its day rather than only waiting.
LATE = frozenset({Task.DEMANDS_OVERDUE, Task.CONSENTS_RUN_OUT})
#: The threshold that says in how many days polls leave a stage; nothing is late where it is 0.
_DAYS = {
    PollStage.DRAFT: "poll.draft_days",
    PollStage.OPEN: "poll.open_days",
    PollStage.CLOSED: "poll.seal_days",
    PollStage.RECONCILED: "poll.publish_days",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Something that waits, how much of it, how much of that is late, and whether it is this person's to do."""

    task: Task
    count: int
    late: int = 0
    is_own: bool = True

    @property
    def link(self) -> Link:
        """The link of the chain at which it waits."""
        return TASKS[self.task][0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The first page of a member of staff."""

    waiting: tuple[Waiting, ...]
    counts: Counts

    def at(self, link: Link) -> tuple[Waiting, ...]:
        """Return what waits at a link of the chain."""
        return tuple(one for one in self.waiting if one.link is link)


def read_overview(store: Store, actor: Actor) -> Overview:
    """Return what waits in the actor's part of town, and what there is in it."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        polls = None if door.sees_all else {poll.id for poll in door.polls()}
        days = lists.thresholds_in_force(door.connection)
        limits = {
            stage: now() - timedelta(days=int(days[code].value))
            for stage, code in _DAYS.items()
            if code in days and days[code].value
        }
        found = overview.counts(door.connection, door.scope, today=today(), poll_ids=polls, limits=limits)
    found = replace(found, consents_run_out=consents_run_out(store, actor))
    waiting = tuple(
        Waiting(task=task, count=count, late=_late(found, task), is_own=may(actor, needed))
        for task, (_, needed) in TASKS.items()
        if (count := _waits(found, task))
    )
    return Overview(waiting=waiting, counts=found)


def _late(found: Counts, task: Task) -> int:
    if task is Task.SCENARIOS_DRAFT:
        return found.scenarios_late
    of_projects = sum(count for status, count in found.projects_late.items() if status in STATUSES.get(task, ()))
    return of_projects + sum(count for stage, count in found.polls_late.items() if stage in STATUSES.get(task, ()))


def _waits(found: Counts, task: Task) -> int:
    match task:
        case Task.DEMANDS_OVERDUE:
            return found.demands_overdue
        case Task.PARTS_REFUSED:
            return found.parts_refused
        case Task.PAPER_FIRST:
            return found.paper.get(PaperState.FIRST, 0)
        case Task.PAPER_SECOND:
            return found.paper.get(PaperState.SECOND, 0)
        case Task.PAPER_COMPARE:
            return found.paper.get(PaperState.COMPARE, 0)
        case Task.CONSENTS_RUN_OUT:
            return found.consents_run_out
        case Task.SCENARIOS_DRAFT:
            return found.scenarios.get(ScenarioState.DRAFT, 0)
        case _:
            return _with(found, STATUSES[task])


def _with(found: Counts, statuses: Iterable[DemandStatus | ProjectStatus | PollStage]) -> int:
    total = 0
    for status in statuses:
        if isinstance(status, DemandStatus):
            total += found.demands.get(status, 0)
        elif isinstance(status, ProjectStatus):
            total += found.projects.get(status, 0)
        else:
            total += found.polls.get(status, 0)
    return total
