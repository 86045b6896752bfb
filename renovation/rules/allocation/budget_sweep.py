"""The outcome as the budget moves: computed once, then a slider only looks it up.

How each rule's budgets are found stands in :mod:`.budget_steps`: for the greedy rules, Phragmén and
maximum welfare every budget at which something changes, for Equal Shares too where ballots are few, else a dense choice
of budgets.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from renovation.errors import InvalidError
from renovation.model.elections import Candidate, Instance
from renovation.rules.allocation.budget_steps import (
    GREEDY,
    Found,
    Progress,
    greedy_steps,
    phragmen_steps,
    share_steps,
    welfare_steps,
)
from renovation.rules.allocation.registry import REGISTRY
from renovation.rules.election.profile import Profile
from renovation.rules.election.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetStep:
    """From ``budget`` on (up to the next step) these projects win; ``total_cost`` is what they cost together."""

    budget: int
    winners: frozenset[str]
    total_cost: int
    entered: frozenset[str]
    left: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """The outcome over a range of budgets.

    Attributes
    ----------
    steps
        Ascending by budget; consecutive ones differ in their winners.
    least, most
        The range asked for, or the least and most of ``tried``.
    exact
        Whether each step stands at the very budget where the outcome changes, or at the first one tried after it.
    tried
        The budgets that were run where it is not exact, ascending; between two of them :meth:`at` tells the lower one.
    """

    least: int
    most: int
    steps: tuple[BudgetStep, ...]
    exact: bool
    tried: tuple[int, ...] = ()

    def at(self, budget: int) -> BudgetStep:
        """Return the outcome at a budget of the range.

        Raises
        ------
        InvalidError
            ``rules.budget_outside``.
        """
        if not self.least <= budget <= self.most:
            raise InvalidError("rules.budget_outside")
        return self.steps[bisect_right(self.steps, budget, key=lambda step: step.budget) - 1]

    def ranges(self, project: str) -> tuple[tuple[int, int], ...]:
        """Return the ranges of budgets in which a project wins: from the first, up to but not including the second."""
        ends = [*(step.budget for step in self.steps[1:]), self.most + 1]
        found: list[tuple[int, int]] = []
        for step, end in zip(self.steps, ends, strict=True):
            if project in step.winners:
                start = found.pop()[0] if found and found[-1][1] == step.budget else step.budget
                found.append((start, end))
        return tuple(found)

    def soonest_first(self, instance: Instance) -> list[Candidate]:
        """Return the projects that win anywhere, those that win with the least money first, then over most budgets."""
        ranges = {project.id: self.ranges(project.id) for project in instance.projects}
        return sorted(
            (project for project in instance.projects if ranges[project.id]),
            key=lambda project: (ranges[project.id][0][0], -sum(b - a for a, b in ranges[project.id])),
        )

    def enters(self, project: str) -> tuple[int, ...]:
        """Return the budgets at which a project starts to win."""
        return tuple(step.budget for step in self.steps if project in step.entered)

    def leaves(self, project: str) -> tuple[int, ...]:
        """Return the budgets at which a project stops winning, money having gone to others."""
        return tuple(step.budget for step in self.steps if project in step.left)


def range_of_interest(rule: str, instance: Instance) -> tuple[int, int]:
    """Return the least and most budget worth looking at, the instance's own between them.

    From what mandatory projects cost to twice the budget, or less where all projects cost less. Add1 takes the longest
    where money is plenty, and half as much again is as far as a budget ever moves.
    """
    least = sum(project.cost for project in instance.projects if project.mandatory)
    whole = sum(project.cost for project in instance.projects)
    most = instance.budget * 3 // 2 if rule == "mes" else instance.budget * 2
    return max(least, 1), max(instance.budget, min(whole, most))


def sweep(
    rule: str,
    instance: Instance,
    profile: Profile,
    settings: Settings,
    *,
    least: int,
    most: int,
    points: int = 100,
    on_progress: Progress = lambda done, of: None,
    enough: Callable[[], bool] = lambda: False,
) -> Sweep:
    """Run a rule over all budgets from ``least`` to ``most``.

    Parameters
    ----------
    points
        About how many budgets are tried where they cannot be found exactly (more where they share their runs); for the
        greedy rules and Phragmén, at most ten times as many changes are told apart.
    on_progress
        Called with how many budgets are done, and of how many.
    enough
        Asked now and then, while every change of Equal Shares is sought, whether to try ``points`` budgets instead.

    Raises
    ------
    InvalidError
        ``rules.unknown``, ``rules.budget_outside`` (not 0 ≤ least ≤ most), or what the rule refuses at a budget of the
        range (mandatory projects that do not fit it).
    """
    if rule not in REGISTRY:
        raise InvalidError("rules.unknown", rule=rule, known=tuple(REGISTRY))
    if not 0 <= least <= most:
        raise InvalidError("rules.budget_outside")
    found, exact = _outcomes(rule, instance, profile, settings, least, most, points, on_progress, enough)
    tried = () if exact else tuple(budget for budget, _ in found)
    least, most = (least, most) if exact else (tried[0], tried[-1])
    return Sweep(least=least, most=most, steps=tuple(_changes(instance, found)), exact=exact, tried=tried)


def _outcomes(
    rule: str,
    instance: Instance,
    profile: Profile,
    settings: Settings,
    least: int,
    most: int,
    points: int,
    on_progress: Progress,
    enough: Callable[[], bool],
) -> tuple[Found, bool]:
    """Return the outcomes at ascending budgets, and whether every change between them is known."""
    if rule in GREEDY:
        return greedy_steps(rule, instance, profile, settings, least, most, points * 10)
    if rule == "phragmen":
        return phragmen_steps(instance, profile, settings, least, most, points * 10)
    if rule == "max-welfare":
        return welfare_steps(instance, profile, settings, least, most, points, on_progress)
    return share_steps(instance, profile, settings, least, most, points, on_progress, enough)


def _changes(instance: Instance, found: Found) -> Iterator[BudgetStep]:
    cost = {project.id: project.cost for project in instance.projects}
    before: frozenset[str] | None = None
    for budget, winners in found:
        now = frozenset(winners)
        if now != before:
            yield BudgetStep(
                budget=budget,
                winners=now,
                total_cost=sum(cost[project] for project in now),
                entered=now - (before or frozenset()),
                left=(before or frozenset()) - now,
            )
        before = now
