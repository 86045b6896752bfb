"""The smallest change that would have made a project win, found by running the rule again.

A lower cost is bisected between one that wins and one that does not, so the answer has been run, and so has the cost
one unit above it. Where a rule is *monotone* (who wins at a cost wins at every lower cost) that answer is the least
change there is:

* the greedy rules serve a cheaper project no later and with no less money left;
* Equal Shares: until a project is taken, what it costs changes nothing for the others; its price per unit of utility
  does not rise as its cost falls, so it is taken no later (a price is the slope of a chord of a convex function from
  the origin);
* Phragmén: its supporters have gathered a lower cost no later, when no less of the budget is spent;
* maximum welfare: a lower cost only adds sets that hold the project.

Not so where a tie may turn against the cheaper project, or is left to the committee, or with Add1, which starts again
with other shares: there the answer surely suffices, and less may do. The same holds for votes, which are counted here
as further ballots that name only this project.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from renovation.errors import ConflictError
from renovation.model.elections import YES, BallotKind, Instance
from renovation.rules.allocation.registry import allocate
from renovation.rules.election.profile import Profile
from renovation.rules.election.settings import Add1, Settings, TieBreak

#: Where a rule is not monotone, a cost is searched to this part of itself.
COARSE = 1000
#: Ballots that count each project once; what a further ballot with points would hold is anybody's guess.
COUNTED = (BallotKind.APPROVAL, BallotKind.CHOOSE_ONE, BallotKind.KNAPSACK, BallotKind.YES_NO)

Progress = Callable[[int], None]


class Certainty(StrEnum):
    """What is known of an answer, or of there being none."""

    LEAST = "least"
    SUFFICES = "suffices"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallestChange:
    """What would have made a project win, each alone.

    Attributes
    ----------
    cost_to
        A cost at which it wins, above 0, in the smallest money unit; ``None`` where none was found.
    cost
        ``LEAST``: no higher cost below its own wins (with ``cost_to`` ``None``: no lower cost wins at all).
    extra_ballots
        Further ballots naming only it (of yes/no ballots: a yes) with which it wins; ``None`` where none were found, up
        to as many as were cast.
    ballots
        ``LEAST``: fewer do not suffice; ``None`` where the ballots are not of a kind that allows the question.
    runs
        How often the rule was run.
    """

    cost_to: int | None
    cost: Certainty
    extra_ballots: int | None
    ballots: Certainty | None
    runs: int


def lower_cost_never_hurts(rule: str, settings: Settings) -> bool:
    """Tell whether a project that wins at a cost wins at every lower cost."""
    del rule  # true of every rule here
    return settings.add1 is Add1.OFF and settings.tie_break not in (TieBreak.DEAREST, TieBreak.REFUSE)


def more_ballots_never_hurt(rule: str, settings: Settings) -> bool:
    """Tell whether a project that wins with some further ballots for it alone wins with more of them."""
    return rule != "mes" and settings.relative_floor is None and settings.tie_break is not TieBreak.REFUSE


def smallest_change(
    rule: str,
    instance: Instance,
    profile: Profile,
    settings: Settings,
    project: str,
    *,
    on_progress: Progress = lambda runs: None,
) -> SmallestChange:
    """Find what would have made a project win that did not.

    Parameters
    ----------
    on_progress
        Called after each run with their number so far.

    Raises
    ------
    KeyError
        No project has this id.
    InvalidError
        What the rule refuses.
    """
    search = _Search(rule, instance, profile, settings, project, on_progress)
    sure_of_cost = lower_cost_never_hurts(rule, settings)
    cost_to = search.cost(exactly=sure_of_cost)
    counted = instance.ballot_kind in COUNTED
    sure_of_votes = more_ballots_never_hurt(rule, settings)
    return SmallestChange(
        cost_to=cost_to,
        cost=Certainty.LEAST if sure_of_cost else Certainty.SUFFICES,
        extra_ballots=search.ballots() if counted else None,
        ballots=None if not counted else Certainty.LEAST if sure_of_votes else Certainty.SUFFICES,
        runs=search.runs,
    )


class _Search:
    def __init__(
        self, rule: str, instance: Instance, profile: Profile, settings: Settings, project: str, report: Progress
    ) -> None:
        self._rule, self._instance, self._profile, self._settings = rule, instance, profile, settings
        self._project = instance.project(project)
        self._place = instance.projects.index(self._project)
        self._report = report
        self.runs = 0

    def _wins(self, instance: Instance, profile: Profile) -> bool:
        self.runs += 1
        try:
            won = self._project.id in allocate(self._rule, instance, profile, self._settings).winners
        except ConflictError:  # a tie that only the committee could decide
            won = False
        self._report(self.runs)
        return won

    def _wins_at(self, cost: int) -> bool:
        projects = list(self._instance.projects)
        projects[self._place] = replace(self._project, cost=cost, full_cost=None)
        return self._wins(replace(self._instance, projects=tuple(projects)), self._profile)

    def cost(self, *, exactly: bool) -> int | None:
        """Return a lower cost that wins, next to one that does not."""
        high = self._project.cost
        if high <= 1:
            return None
        # If the least cost does not win, no cost does; unless the rule is not monotone, then others may.
        tries = [1] if exactly else [1, *(high * part // 8 for part in range(1, 8))]
        low = next((cost for cost in tries if 0 < cost < high and self._wins_at(cost)), None)
        if low is None:
            return None
        gap = 1 if exactly else max(high // COARSE, 1)
        while high - low > gap:
            middle = (low + high) // 2
            if self._wins_at(middle):
                low = middle
            else:
                high = middle
        return low

    def ballots(self) -> int | None:
        """Return how many further ballots for it alone win, next to fewer that do not."""
        most = max(self._profile.size, 1)
        low, high = 0, 1
        while not self._wins(self._instance, self._with(high)):
            if high >= most:
                return None
            low, high = high, min(2 * high, most)
        while high - low > 1:
            middle = (low + high) // 2
            if self._wins(self._instance, self._with(middle)):
                high = middle
            else:
                low = middle
        return high

    def _with(self, ballots: int) -> Profile:
        profile = self._profile
        return replace(
            profile,
            starts=np.append(profile.starts, profile.starts[-1] + 1),
            choices=np.append(profile.choices, self._place),
            counts=np.append(profile.counts, ballots),
            weights=np.append(profile.weights, ballots * profile.weight_scale),
            values=None if profile.values is None else np.append(profile.values, YES),
        )
