"""The first page: what waits for this person, then what there is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from renovation.model.accounts import Action, Actor, may
from renovation.model.ballots import PaperState
from renovation.model.clock import today
from renovation.model.polls import PollStage
from renovation.services.doors import reading
from renovation.store import Store
from renovation.store.house import overview
from renovation.store.house.overview import Counts


class Task(StrEnum):
    """A kind of work that waits, in the order it is listed."""

    DEMANDS_OVERDUE = "demands_overdue"
    DEMANDS_RECEIVED = "demands_received"
    PAPER_FIRST = "paper_first"
    PAPER_SECOND = "paper_second"
    PAPER_COMPARE = "paper_compare"
    POLLS_DRAFT = "polls_draft"
    POLLS_OPEN = "polls_open"
    POLLS_CLOSED = "polls_closed"
    POLLS_RECONCILED = "polls_reconciled"
    PROJECTS_CHOSEN = "projects_chosen"


#: What a task needs to be this person's business.
_NEEDS: dict[Task, Action] = {
    Task.DEMANDS_OVERDUE: Action.HANDLE_DEMAND,
    Task.DEMANDS_RECEIVED: Action.HANDLE_DEMAND,
    Task.PAPER_FIRST: Action.KEY_PAPER,
    Task.PAPER_SECOND: Action.KEY_PAPER,
    Task.PAPER_COMPARE: Action.ADJUDICATE,
    Task.POLLS_DRAFT: Action.EDIT_POLL,
    Task.POLLS_OPEN: Action.RUN_STATION,
    Task.POLLS_CLOSED: Action.OPEN_CLOSE_POLL,
    Task.POLLS_RECONCILED: Action.PUBLISH,
    Task.PROJECTS_CHOSEN: Action.EDIT_PROJECTS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Something that waits for somebody, and how much of it."""

    task: Task
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The first page of a member of staff."""

    waiting: tuple[Waiting, ...]
    counts: Counts


def read_overview(store: Store, actor: Actor) -> Overview:
    """Return what waits for the actor and what there is in the actor's part of town."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        polls = None if door.sees_all else {poll.id for poll in door.polls()}
        found = overview.counts(door.connection, door.scope, today=today(), poll_ids=polls)
    amounts = {
        Task.DEMANDS_OVERDUE: found.demands_overdue,
        Task.DEMANDS_RECEIVED: found.demands_received,
        Task.PAPER_FIRST: found.paper.get(PaperState.FIRST, 0),
        Task.PAPER_SECOND: found.paper.get(PaperState.SECOND, 0),
        Task.PAPER_COMPARE: found.paper.get(PaperState.COMPARE, 0),
        Task.POLLS_DRAFT: found.polls.get(PollStage.DRAFT, 0),
        Task.POLLS_OPEN: found.polls.get(PollStage.OPEN, 0),
        Task.POLLS_CLOSED: found.polls.get(PollStage.CLOSED, 0),
        Task.POLLS_RECONCILED: found.polls.get(PollStage.RECONCILED, 0),
        Task.PROJECTS_CHOSEN: found.projects_chosen,
    }
    waiting = tuple(
        Waiting(task=task, count=amounts[task]) for task in Task if amounts[task] and may(actor, _NEEDS[task])
    )
    return Overview(waiting=waiting, counts=found)
