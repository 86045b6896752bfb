"""What became of a project in the polls it stood in: votes, rank and reason as they were declared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from renovation.model.accounts import Action, Actor
from renovation.model.polls import PollStage, WayOut
from renovation.services.doors import reading
from renovation.store import Store
from renovation.store.polls import polls


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A project in one poll.

    Attributes
    ----------
    votes, rank, selected, reason
        As declared, ``reason`` by language; ``None`` and nothing before the poll is published.
    why
        Why the poll was cancelled, or the project found impossible.
    """

    poll_id: str
    title: str
    stage: PollStage
    projects: int
    votes: str | None = None
    rank: int | None = None
    selected: bool | None = None
    reason: Mapping[str, str]
    why: WayOut | None = None


def standings(store: Store, actor: Actor, project_id: int) -> tuple[Standing, ...]:
    """Return what became of a project in every poll it stands or stood in, the latest first."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        door.project(project_id)
        found = []
        for poll in door.polls(with_published=True):
            entry = next((one for one in poll.projects if one.project_id == project_id), None)
            if entry is None:
                continue
            kept = polls.allocations(door.connection, poll.id) if poll.stage is PollStage.PUBLISHED else ()
            lines = {line["id"]: line for line in kept[-1].outcome["projects"]} if kept else {}
            line = lines.get(entry.key, {})
            found.append(
                Standing(
                    poll_id=poll.id,
                    title=poll.title,
                    stage=poll.stage,
                    projects=len(poll.projects),
                    votes=str(line["votes"]) if line else None,
                    rank=line.get("rank"),
                    selected=line.get("selected"),
                    reason=line.get("text", {}),
                    why=poll.cancelled or poll.impossible.get(entry.key),
                )
            )
    return tuple(found)
