"""What a planner says of a project on a ballot: done in any case, where it lies, what part the budget pays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from renovation.errors import InvalidError
from renovation.model.accounts import Action, Actor
from renovation.model.polls import AREA, FULL_COST, Poll, PollAct, PollProject, ProjectTerms
from renovation.services.acts import acting
from renovation.store import Store
from renovation.store.polls import polls

_LONGEST_AREA = 40


def terms_of(entry: PollProject) -> ProjectTerms:
    """Return what has been said of a project."""
    shared = entry.cost if entry.full_cost > entry.cost else None
    return ProjectTerms(mandatory=entry.mandatory, area=entry.area or "", cost=shared)


def under(entry: PollProject, terms: ProjectTerms) -> PollProject:
    """Put a project under terms; a share of all it costs by now is no share."""
    extra = {name: value for name, value in entry.extra.items() if name not in (AREA, FULL_COST)}
    if area := terms.area.strip()[:_LONGEST_AREA]:
        extra[AREA] = area
    full = entry.full_cost
    cost = full if terms.cost is None else min(terms.cost, full)
    if cost < full:
        extra[FULL_COST] = str(full)
    return replace(entry, mandatory=terms.mandatory, cost=cost, extra=extra)


def set_terms(store: Store, actor: Actor, poll_id: str, terms: Mapping[str, ProjectTerms]) -> Poll:
    """Put the projects of a draft under terms, by their keys; those not named keep theirs.

    Raises
    ------
    StageError
        Voting has begun.
    InvalidError
        ``poll.public_share``: a share is not above 0, or above what the project costs.
    """
    with acting(store, actor, Action.EDIT_POLL) as unit:
        held = unit.poll(poll_id, PollAct.EDIT)
        for entry in held.projects:
            share = terms[entry.key].cost if entry.key in terms else None
            if share is not None and not 0 < share <= entry.full_cost:
                raise InvalidError("poll.public_share", name=entry.name, share=share, full=entry.full_cost)
        changed = [under(entry, terms[entry.key]) if entry.key in terms else entry for entry in held.projects]
        polls.set_projects(unit.connection, poll_id, changed)
        unit.log("poll.set_terms", "poll", poll_id, projects=sorted(terms))
        after = unit.poll(poll_id)
        unit.commit()
    return after
