"""Counts for the first page: a few index look-ups, never a walk through a table's rows one by one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from renovation.model.ballots import PaperState
from renovation.model.demands import OPEN_STATUSES, DemandKind, DemandStatus
from renovation.model.polls import PollStage
from renovation.model.projects import ProjectStatus
from renovation.model.scenarios import ScenarioState
from renovation.model.scope import Scope
from renovation.store.demands import demands
from renovation.store.demands import figures as demand_figures
from renovation.store.projects import projects
from renovation.store.schema.demands import demand
from renovation.store.schema.places import estate
from renovation.store.schema.polls import ballot, paper_batch, poll
from renovation.store.schema.projects import project
from renovation.store.schema.scenarios import scenario
from renovation.store.scoping import within


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What there is and what waits, inside one scope. ``project_cost`` is in fen."""

    estates: int
    households: int
    demands: Mapping[DemandStatus, int]
    demands_overdue: int
    projects: Mapping[ProjectStatus, int]
    project_cost: int
    polls: dict[PollStage, int]
    ballots_open: int
    paper: dict[PaperState, int]
    scenarios: Mapping[ScenarioState, int]
    parts_refused: int
    projects_late: Mapping[ProjectStatus, int]
    polls_late: Mapping[PollStage, int]
    scenarios_late: int
    consents_run_out: int = 0

    @property
    def demands_open(self) -> int:
        """Return how many demands are not settled."""
        return sum(count for status, count in self.demands.items() if status in OPEN_STATUSES)


#: Since when a poll of a stage waits.
_SINCE = {
    PollStage.DRAFT: poll.c.created_at,
    PollStage.OPEN: poll.c.opened_at,
    PollStage.CLOSED: poll.c.closed_at,
    PollStage.RECONCILED: poll.c.closed_at,
}


def counts(
    connection: sa.Connection,
    scope: Scope,
    *,
    today: date,
    poll_ids: Collection[str] | None = None,
    limits: Mapping[PollStage, datetime],
) -> Counts:
    """Count inside a scope.

    Parameters
    ----------
    poll_ids
        The polls that lie there; all of them when left out.
    today
        The day in China.
    limits
        A poll of this stage that has waited since before this moment is late.
    """
    places = within([scope])
    there = connection.execute(
        sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(estate.c.households), 0)).where(*places)
    ).one()
    asked = demand_figures.counts_by_status(connection, scopes=[scope])
    planned = connection.execute(
        sa.select(project.c.status, sa.func.count(), sa.func.sum(project.c.cost))
        .select_from(project.join(estate, project.c.estate_id == estate.c.id))
        .where(project.c.status != ProjectStatus.WITHDRAWN.value, *places)
        .group_by(project.c.status)
    ).all()
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
    due = (
        sa.select(project.c.status, sa.func.count())
        .select_from(project.join(estate, project.c.estate_id == estate.c.id))
        .where(projects.late_on(today), *places)
        .group_by(project.c.status)
    )
    stayed = (
        sa.select(poll.c.stage, sa.func.count())
        .where(
            sa.or_(sa.false(), *((poll.c.stage == at.value) & (_SINCE[at] < limit) for at, limit in limits.items())),
            *there_too,
        )
        .group_by(poll.c.stage)
    )
    decided = sa.select(scenario.c.first_year).where(scenario.c.state == ScenarioState.ADOPTED.value)
    undecided = sa.select(sa.func.count()).where(
        scenario.c.state == ScenarioState.DRAFT.value,
        scenario.c.first_year <= today.year,
        scenario.c.first_year.not_in(decided),
    )
    refused = (
        sa.select(sa.func.count())
        .select_from(demand.join(estate, demand.c.estate_id == estate.c.id))
        .where(demands.part_refused(), demand.c.kind == DemandKind.DEMAND.value, *places)
    )
    kept = connection.execute(sa.select(scenario.c.state, sa.func.count()).group_by(scenario.c.state))
    return Counts(
        estates=there[0],
        households=int(there[1]),
        demands=asked,
        demands_overdue=demand_figures.overdue(connection, today=today, scopes=[scope]),
        projects={ProjectStatus(status): count for status, count, _ in planned},
        project_cost=sum(int(cost) for _, _, cost in planned),
        polls={PollStage(stage): count for stage, count in stages},
        ballots_open=taken,
        paper={PaperState(state): count for state, count in batches},
        scenarios={ScenarioState(state): count for state, count in kept},
        parts_refused=connection.execute(refused).scalar_one(),
        projects_late={ProjectStatus(status): count for status, count in connection.execute(due)},
        polls_late={PollStage(stage): count for stage, count in connection.execute(stayed)},
        scenarios_late=connection.execute(undecided).scalar_one(),
    )
