"""What residents voted for: each project's votes in its latest ended poll, for rankings and programmes."""

from __future__ import annotations

from dataclasses import dataclass

from renovation.model.accounts import Action, Actor
from renovation.model.polls import PollStage
from renovation.rules.election.tally import tally
from renovation.services.doors import reading
from renovation.services.outcome import results
from renovation.store import Store

_ENDED = (PollStage.CLOSED, PollStage.RECONCILED, PollStage.PUBLISHED)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectVotes:
    """How many of how many ballots named a project, and in which poll."""

    votes: int
    voters: int
    poll_id: str


def votes_of_projects(store: Store, actor: Actor) -> dict[int, ProjectVotes]:
    """Return project id → votes in the latest ended poll it stood in; weights of imported ballots are rounded.

    A project that has stood in no ended poll has no entry: nobody was asked, which is not nought.
    """
    with reading(store, actor, Action.SEE_RESULTS) as door:
        polls = door.polls(stages=_ENDED, with_published=True)
    found: dict[int, ProjectVotes] = {}
    for poll in polls:
        places = [(at, one.project_id) for at, one in enumerate(poll.projects) if one.project_id is not None]
        if all(project_id in found for _, project_id in places):
            continue
        held = results.election(store, actor, poll.id)
        counted = tally(held.instance, held.profile)
        for at, project_id in places:
            if project_id not in found:
                found[project_id] = ProjectVotes(
                    votes=round(counted.votes[at]), voters=counted.ballots, poll_id=poll.id
                )
    return found
