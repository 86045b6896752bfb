"""Whether a poll can be opened."""

from __future__ import annotations

from renovation.errors import InvalidError
from renovation.model.elections import BallotKind
from renovation.model.items import ItemClass
from renovation.model.polls import Poll


def check_ready(poll: Poll) -> None:
    """Refuse to open a poll that is empty or contradicts itself.

    Raises
    ------
    InvalidError
        ``poll.empty``, ``poll.nothing_affordable``, ``poll.more_choices_than_projects``,
        ``poll.mandatory_over_budget``, ``poll.same_name`` or ``poll.basic_on_ballot``.
    """
    settings = poll.settings
    if not poll.projects:
        raise InvalidError("poll.empty", title=poll.title)
    names: set[str] = set()
    for entry in poll.projects:
        if entry.name in names:
            raise InvalidError("poll.same_name", name=entry.name)
        names.add(entry.name)
    mandatory = sum(entry.cost for entry in poll.projects if entry.mandatory)
    if mandatory > settings.budget:
        raise InvalidError("poll.mandatory_over_budget", total=mandatory, budget=settings.budget)
    basic = tuple(entry.name for entry in poll.on_ballot if entry.category == ItemClass.BASIC)
    if basic and not settings.votes_basic:
        raise InvalidError("poll.basic_on_ballot", projects=basic)
    if not poll.on_ballot:
        raise InvalidError("poll.empty", title=poll.title)
    cheapest = min(poll.on_ballot, key=lambda entry: entry.cost)
    if cheapest.cost > poll.free_budget:
        raise InvalidError("poll.nothing_affordable", name=cheapest.name, cost=cheapest.cost, budget=poll.free_budget)
    limit = settings.max_choices
    if limit is not None and settings.ballot_kind is not BallotKind.CHOOSE_ONE and limit > len(poll.on_ballot):
        raise InvalidError("poll.more_choices_than_projects", limit=limit, projects=len(poll.on_ballot))
