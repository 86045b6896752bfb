"""Which budgets to try, rule by rule, so that a sweep is exact or, where it cannot be, dense and quick.

*Greedy rules and completion*: as the budget grows, all decisions stay the same until it covers what the cheapest
refusal is short of; every budget at which something changes is found.

*Phragmén*: the order in which projects are gathered knows no budget; the budget only ends it. So one run serves every
budget, and again each change is found by what a refusal is short of.

*Maximum welfare*: a higher budget only adds sets, so a set that is best at a budget is best at every lower one that it
fits. The set found at a budget therefore wins from its own cost on; the next is sought one unit below.

*Equal Shares*: a budget matters only through the share it gives each voter. Where ballots are few, every change is
found (:mod:`.share_budgets`). Else budgets are tried; with Add1, those a whole number of steps apart
run through the same shares, so that almost every run serves many of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from math import ceil

from renovation.model.elections import Instance
from renovation.rules.allocation.add1 import Runs, raise_shares
from renovation.rules.allocation.ledger import Holdings
from renovation.rules.allocation.max_welfare import max_welfare
from renovation.rules.allocation.phragmen import gathering_order
from renovation.rules.allocation.serving import Serving, by_votes, by_votes_per_cost, complete, grouped
from renovation.rules.allocation.share_budgets import outcomes
from renovation.rules.election.constraints import Room
from renovation.rules.election.contest import Contest, contest
from renovation.rules.election.profile import Profile
from renovation.rules.election.settings import Add1, Completion, Settings, Utility

#: Budgets whose outcome is known, ascending, and who wins at each.
Found = list[tuple[int, tuple[str, ...]]]
Progress = Callable[[int, int], None]

GREEDY = {"greedy": (by_votes, False), "greedy-stop": (by_votes, True), "greedy-per-cost": (by_votes_per_cost, False)}
#: Where budgets share their runs, so many times more of them are tried.
DENSE = 4


def greedy_steps(
    rule: str, instance: Instance, profile: Profile, settings: Settings, least: int, most: int, limit: int
) -> tuple[Found, bool]:
    """Return the outcomes of a greedy rule, and whether every change is found (at most ``limit`` are told apart)."""
    order, stop = GREEDY[rule]
    held = contest(replace(instance, budget=least), profile, settings)
    groups = grouped(held.entrants, order(held))

    def decide(room: Room) -> tuple[list[int], list[int]]:
        serving = Serving(held.ties, room, groups, stop=stop)
        return serving.winners, _short(held, serving)

    return _rising(held, decide, least, most, limit)


def phragmen_steps(
    instance: Instance, profile: Profile, settings: Settings, least: int, most: int, limit: int
) -> tuple[Found, bool]:
    """Return the outcomes of Phragmén's rule, and whether every change is found."""
    held = contest(replace(instance, budget=least), profile, settings)
    order = gathering_order(held, profile)

    def decide(room: Room) -> tuple[list[int], list[int]]:
        winners: list[int] = []
        short: list[int] = []
        for project in order:
            missing = held.limits.costs[project] - room.left[0]
            if missing > 0:
                short.append(missing)
                break
            room.take(project)
            winners.append(project)
        if settings.completion is Completion.GREEDY:
            serving = complete(held, room, [project for project in held.entrants if project not in winners])
            winners += serving.winners
            short += _short(held, serving)
        return winners, short

    return _rising(held, decide, least, most, limit)


def _short(held: Contest, serving: Serving) -> list[int]:
    """Return by how much the whole budget refused projects."""
    return [
        held.limits.costs[project] - obstacle.left
        for project, (obstacle, _) in serving.met.items()
        if obstacle is not None and obstacle.kind == "budget"
    ]


def _rising(
    held: Contest, decide: Callable[[Room], tuple[list[int], list[int]]], least: int, most: int, limit: int
) -> tuple[Found, bool]:
    """Raise the budget by what the cheapest refusal is short of; after ``limit`` steps, by a coarse one at least."""
    found: Found = []
    budget, exact = least, True
    coarse = max((most - least) // limit, 1)
    while budget <= most:
        room = held.room.copy()
        room.left[0] += budget - least
        winners, short = decide(room)
        found.append((budget, _named(held, winners)))
        if not short:
            break
        step = min(short)
        if len(found) >= limit and step < coarse:
            step, exact = coarse, False
        budget += step
    return found, exact


def _named(held: Contest, winners: Sequence[int]) -> tuple[str, ...]:
    return tuple(held.id(project) for project in (*held.limits.mandatory, *winners))


def welfare_steps(
    instance: Instance,
    profile: Profile,
    settings: Settings,
    least: int,
    most: int,
    points: int,
    on_progress: Progress,
) -> tuple[Found, bool]:
    """Return the outcomes of maximum welfare at half of ``points`` budgets, then as many between as solves are left."""
    cost = {project.id: project.cost for project in instance.projects}
    # A committee's orders of some sets are no order of all sets, so nothing then holds between two budgets.
    lasting = not settings.committee_orders
    spaced = evenly(least, most, max(points // 2, 2), instance.budget)
    found: dict[int, tuple[str, ...]] = {}

    def solve(budget: int) -> int:
        winners = max_welfare(replace(instance, budget=budget), profile, settings).winners
        reached = max(sum(cost[project] for project in winners), least) if lasting else budget
        found[reached] = found[budget] = winners
        on_progress(min(len(found), points), points)
        return reached

    known = most + 1
    gaps = []
    for budget in reversed(spaced):
        if budget < known:
            gaps.append((budget, known))
            known = solve(budget)
    gaps = [(low, high) for low, high in gaps if high <= most]
    exact = lasting
    for low, high in gaps:
        known = high
        while exact and known - 1 > low:
            exact = len(found) < 2 * points
            known = solve(known - 1) if exact else known
    on_progress(points, points)
    return sorted(found.items()), exact


def evenly(least: int, most: int, points: int, announced: int) -> list[int]:
    """Return evenly spaced budgets, and the announced one if it lies between."""
    spaced = {least + (most - least) * place // max(points - 1, 1) for place in range(points)} | {most}
    return sorted(spaced | {budget for budget in (announced,) if least <= budget <= most})


def share_steps(
    instance: Instance,
    profile: Profile,
    settings: Settings,
    least: int,
    most: int,
    points: int,
    on_progress: Progress,
    enough: Callable[[], bool],
) -> tuple[Found, bool]:
    """Return the outcomes of Equal Shares, and whether every change is found; if not, budgets share their runs."""
    settings = settings.for_equal_shares(scale=instance.scale)
    held = contest(replace(instance, budget=least), profile, settings)
    costs = [project.cost for project in instance.projects]
    runs = Runs(Holdings(profile, costs, settings.utility is Utility.COST))
    if runs.are_few:
        every = outcomes(held, runs, least=least, most=most, on_progress=on_progress, enough=enough)
        if every is not None:
            return [(budget, _named(held, winners)) for budget, winners in every], True
    budgets = list(_sharing_budgets(runs, settings, instance.budget, least, most, points))
    found: Found = []
    for place, budget in enumerate(budgets, start=1):
        room = held.room.copy()
        room.left[0] += budget - least
        run, _ = raise_shares(replace(held, room=room), runs, keep=True)
        winners = list(run.winners)
        if settings.completion is Completion.GREEDY:
            rest = [project for project in held.entrants if project not in winners]
            winners += complete(held, run.room, rest).winners
        found.append((budget, _named(held, winners)))
        on_progress(place, len(budgets))
    return found, False


def _sharing_budgets(
    runs: Runs, settings: Settings, announced: int, least: int, most: int, points: int
) -> Iterator[int]:
    """Yield ascending budgets from ``least`` to ``most``: the announced one, and those a number of steps from it."""
    weight = runs.buyers.weight
    if settings.add1 is Add1.OFF or not weight or not settings.step:
        yield from evenly(least, most, points, announced)
        return
    apart = Fraction(settings.step * weight, runs.buyers.weight_scale)
    wide = Fraction(max(most - least, 1), points * DENSE)
    if apart <= wide:
        apart *= ceil(wide / apart)
        starts = 1
    else:
        starts = ceil(apart * points / max(most - least, 1))
    # Whole units only: a fraction of one would leave the shares of the other budgets.
    apart *= apart.denominator
    between: set[int] = set()
    for start in range(starts):
        first = announced + Fraction(apart * start // starts)
        first -= (first - least) // apart * apart
        between |= {int(first + apart * at) for at in range(int((most - first) // apart) + 1)}
    yield from sorted(between)
