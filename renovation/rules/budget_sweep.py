"""The outcome as the budget moves: computed once, then a slider only looks it up.

For the greedy rules every budget at which something changes is found exactly: as the budget grows, all decisions stay
the same until it covers what the cheapest refusal is short of. The other rules are run at evenly spaced budgets.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from renovation.errors import InvalidError
from renovation.model.elections import Instance
from renovation.rules.contest import contest
from renovation.rules.profile import Profile
from renovation.rules.registry import REGISTRY, allocate
from renovation.rules.serving import Serving, by_votes, by_votes_per_cost, grouped
from renovation.rules.settings import Settings

_GREEDY = {"greedy": (by_votes, False), "greedy-stop": (by_votes, True), "greedy-per-cost": (by_votes_per_cost, False)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
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
    exact
        Whether each step stands at the very budget where the outcome changes, or at the first one tried after it.
    tried
        The budgets that were run where it is not exact, ascending; between two of them :meth:`at` tells the lower one.
    """

    least: int
    most: int
    steps: tuple[Step, ...]
    exact: bool
    tried: tuple[int, ...] = ()

    def at(self, budget: int) -> Step:
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

    def enters(self, project: str) -> tuple[int, ...]:
        """Return the budgets at which a project starts to win."""
        return tuple(step.budget for step in self.steps if project in step.entered)

    def leaves(self, project: str) -> tuple[int, ...]:
        """Return the budgets at which a project stops winning, money having gone to others."""
        return tuple(step.budget for step in self.steps if project in step.left)


def sweep(
    rule: str,
    instance: Instance,
    profile: Profile,
    settings: Settings,
    *,
    least: int,
    most: int,
    points: int = 100,
    on_progress: Callable[[int, int], None] = lambda done, of: None,
) -> Sweep:
    """Run a rule over all budgets from ``least`` to ``most``.

    Parameters
    ----------
    points
        How many budgets are tried where they cannot be found exactly; for the greedy rules, at most ten times as many
        changes are told apart.
    on_progress
        Called with how many budgets are done, and of how many.

    Raises
    ------
    InvalidError
        ``rules.unknown``, ``rules.budget_outside`` (not 0 ≤ least ≤ most), or what the rule refuses at a budget of the
        range (mandatory projects that do not fit it).
    """
    if rule not in REGISTRY:
        raise InvalidError("rules.unknown", rule=rule, known=", ".join(REGISTRY))
    if not 0 <= least <= most:
        raise InvalidError("rules.budget_outside")
    found: list[tuple[int, tuple[str, ...]]]
    if rule in _GREEDY:
        found, exact = _greedy_steps(rule, instance, profile, settings, least, most, points * 10)
    else:
        found, exact = [], False
        budgets = _budgets(instance, least, most, points)
        for place, budget in enumerate(budgets, start=1):
            winners = allocate(rule, replace(instance, budget=budget), profile, settings).winners
            found.append((budget, winners))
            on_progress(place, len(budgets))
    tried = () if exact else tuple(budget for budget, _ in found)
    return Sweep(least=least, most=most, steps=tuple(_changes(instance, found)), exact=exact, tried=tried)


def _budgets(instance: Instance, least: int, most: int, points: int) -> list[int]:
    """Return evenly spaced budgets, and the instance's own if it lies between."""
    spaced = {least + (most - least) * place // max(points - 1, 1) for place in range(points)} | {most}
    return sorted(spaced | {budget for budget in (instance.budget,) if least <= budget <= most})


def _greedy_steps(
    rule: str, instance: Instance, profile: Profile, settings: Settings, least: int, most: int, limit: int
) -> tuple[list[tuple[int, tuple[str, ...]]], bool]:
    order, stop = _GREEDY[rule]
    held = contest(replace(instance, budget=least), profile, settings)
    groups = grouped(held.entrants, order(held))
    found: list[tuple[int, tuple[str, ...]]] = []
    budget, exact = least, True
    coarse = max((most - least) // limit, 1)
    while budget <= most:
        room = held.room.copy()
        room.left[0] += budget - least
        serving = Serving(held.ties, room, groups, stop=stop)
        chosen = (*held.limits.mandatory, *serving.winners)
        found.append((budget, tuple(held.id(project) for project in chosen)))
        short = [
            held.limits.costs[project] - obstacle.left
            for project, (obstacle, _) in serving.met.items()
            if obstacle is not None and obstacle.kind == "budget"
        ]
        if not short:
            break
        step = min(short)
        if len(found) >= limit and step < coarse:
            step, exact = coarse, False
        budget += step
    return found, exact


def _changes(instance: Instance, found: list[tuple[int, tuple[str, ...]]]) -> Iterator[Step]:
    cost = {project.id: project.cost for project in instance.projects}
    before: frozenset[str] | None = None
    for budget, winners in found:
        now = frozenset(winners)
        if now != before:
            yield Step(
                budget=budget,
                winners=now,
                total_cost=sum(cost[project] for project in now),
                entered=now - (before or frozenset()),
                left=(before or frozenset()) - now,
            )
        before = now
