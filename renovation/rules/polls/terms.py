"""What a planner says of a project on a ballot: done in any case, where it lies, what part the budget pays."""

from __future__ import annotations

from dataclasses import replace

from renovation.errors import InvalidError
from renovation.model.polls import AREA, FULL_COST, PollProject, ProjectTerms

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


def check_share(entry: PollProject, share: int | None) -> None:
    """Refuse a public share (fen) that is nothing, or more than all of it.

    Raises
    ------
    InvalidError
        ``poll.public_share``.
    """
    if share is not None and not 0 < share <= entry.full_cost:
        raise InvalidError("poll.public_share", name=entry.name, share=share, full=entry.full_cost)
