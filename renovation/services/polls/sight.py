"""Which polls an account that sees a part of town may see and change."""

from __future__ import annotations

from collections.abc import Iterable

from renovation.errors import NotFoundError
from renovation.model.accounts import Actor
from renovation.model.polls import Poll
from renovation.model.scope import EVERYWHERE
from renovation.store import Connection
from renovation.store.demands import places as demand_places
from renovation.store.polls import polls


def lies_in_sight(
    connection: Connection, actor: Actor, estate_id: int | None, project_ids: Iterable[int | None] = ()
) -> bool:
    """Tell whether a poll of an estate, or where it names none of these projects, lies wholly in an actor's part."""
    if actor.scope == EVERYWHERE:
        return True
    if estate_id is not None:
        return demand_places.estate_exists(connection, estate_id, scopes=[actor.scope])
    rows = polls.projects_of(connection, [one for one in project_ids if one is not None])
    return all(
        demand_places.estate_exists(connection, estate, scopes=[actor.scope])
        for estate in {row["estate_id"] for row in rows}
    )


def sees(connection: Connection, actor: Actor, poll: Poll) -> bool:
    """Tell whether an actor's part of town holds a poll."""
    return lies_in_sight(connection, actor, poll.estate_id, (entry.project_id for entry in poll.projects))


def require_sight(connection: Connection, actor: Actor, poll: Poll) -> Poll:
    """Return a poll that an actor may change.

    Raises
    ------
    NotFoundError
        ``poll.unknown``: to somebody who does not see it, it is not there.
    """
    if not sees(connection, actor, poll):
        raise NotFoundError("poll.unknown", poll=poll.id[:40])
    return poll
