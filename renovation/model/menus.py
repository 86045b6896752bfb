"""Draft ballots held against what their projects are now."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from renovation.model.polls import PollProject


class Leaving(StrEnum):
    """Why a project leaves a draft ballot when it is brought up to date."""

    OTHER_POLL = "other_poll"
    CHOSEN = "chosen"
    IN_PROGRAMME = "in_programme"
    IN_WORKS = "in_works"
    DONE = "done"
    WITHDRAWN = "withdrawn"
    BASIC = "basic"
    OVER_BUDGET = "over_budget"


@dataclass(frozen=True, slots=True, kw_only=True)
class BallotChange:
    """A line of a draft ballot that is not as its project is now.

    Attributes
    ----------
    leaves
        Why it has to leave; ``None`` where it stays under its new name or cost.
    name, cost
        The project's now; cost in fen.
    where
        Title of the poll that holds it.
    """

    entry: PollProject
    leaves: Leaving | None
    name: str
    cost: int
    where: str = ""
