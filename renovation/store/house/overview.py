"""Counts for the first page: a few index look-ups, never a walk through a table's rows one by one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from renovation.model.ballots import PaperState
from renovation.model.demands import OPEN_STATUSES, DemandStatus
from renovation.model.polls import PollStage
from renovation.model.projects import ProjectStatus
from renovation.model.scope import Scope
from renovation.store.demands import figures as demand_figures
from renovation.store.schema.places import estate
from renovation.store.schema.polls import ballot, paper_batch, poll
from renovation.store.schema.projects import project
from renovation.store.scoping import within


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What there is and what waits, inside one scope. ``project_cost`` is in fen."""

    estates: int
    households: int
    demands_open: int
    demands_received: int
    demands_overdue: int
    projects: int
    project_cost: int
    projects_chosen: int
    polls: dict[PollStage, int]
    ballots_open: int
    paper: dict[PaperState, int]


def counts(connection: sa.Connection, scope: Scope, *, today: date, poll_ids: Collection[str] | None = None) -> Counts:
    """Count inside a scope.

    Parameters
    ----------
    poll_ids
        The polls that lie there; all of them when left out.
    today
        The day in China.
    """
    places = within([scope])
    there = connection.execute(
        sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(estate.c.households), 0)).where(*places)
    ).one()
    asked = demand_figures.counts_by_status(connection, scopes=[scope])
    planned = connection.execute(
        sa.select(
            sa.func.count(),
            sa.func.coalesce(sa.func.sum(project.c.cost), 0),
            sa.func.coalesce(sa.func.sum(sa.case((project.c.status == ProjectStatus.CHOSEN.value, 1), else_=0)), 0),
        )
        .select_from(project.join(estate, project.c.estate_id == estate.c.id))
        .where(project.c.status != ProjectStatus.WITHDRAWN.value, *places)
    ).one()
    there_too = [] if poll_ids is None else [poll.c.id.in_(poll_ids)]
    stages = connection.execute(sa.select(poll.c.stage, sa.func.count()).where(*there_too).group_by(poll.c.stage))
    taken = connection.execute(
        sa.select(sa.func.count())
        .select_from(ballot.join(poll, ballot.c.poll_id == poll.c.id))
        .where(poll.c.stage == PollStage.OPEN.value, ~ballot.c.test, ~ballot.c.superseded, *there_too)
    ).scalar_one()
    batches = connection.execute(
        sa.select(paper_batch.c.state, sa.func.count())
        .select_from(paper_batch.join(poll, paper_batch.c.poll_id == poll.c.id))
        .where(*there_too)
        .group_by(paper_batch.c.state)
    )
    return Counts(
        estates=there[0],
        households=int(there[1]),
        demands_open=sum(count for status, count in asked.items() if status in OPEN_STATUSES),
        demands_received=asked.get(DemandStatus.RECEIVED, 0),
        demands_overdue=demand_figures.overdue(connection, today=today, scopes=[scope]),
        projects=planned[0],
        project_cost=int(planned[1]),
        projects_chosen=int(planned[2]),
        polls={PollStage(stage): count for stage, count in stages},
        ballots_open=taken,
        paper={PaperState(state): count for state, count in batches},
    )
