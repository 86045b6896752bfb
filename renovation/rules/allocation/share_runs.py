"""One pass of the Method of Equal Shares at a fixed share per voter.

Floats only search. Balances are float64, and whenever two prices, or money and cost, come within a relative 1e-9
(plus an absolute term for cancellation), the decision is redone with fractions by
:class:`renovation.rules.allocation.ledger.Ledger`, which replays the rounds exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from heapq import heapify, heappop, heappush

from renovation.rules.allocation.ledger import NEAR, FloatArray, Holdings, Ledger
from renovation.rules.election.constraints import Obstacle, Room
from renovation.rules.election.contest import Contest


@dataclass(slots=True)
class Run:
    """One pass of the method at a fixed share.

    Attributes
    ----------
    share
        What each unit of weight starts with.
    winners
        In the order taken.
    spent
        What the winners cost together.
    prices
        Per round: the price of the project taken, and a bound on its error.
    blocked
        Projects that a limit other than the supporters' money kept out, and the limit.
    unaffordable
        Projects that only their supporters' money keeps out.
    tied
        Round (0-based) -> projects that stood equal in it.
    """

    share: Fraction
    room: Room
    winners: list[int] = field(default_factory=list)
    spent: int = 0
    prices: list[tuple[float, float]] = field(default_factory=list)
    blocked: dict[int, Obstacle] = field(default_factory=dict)
    unaffordable: list[int] = field(default_factory=list)
    tied: dict[int, list[int]] = field(default_factory=dict)


def run_at(held: Contest, buyers: Holdings, share: Fraction) -> Run:
    """Run the method at a fixed share; only the limits below the whole budget can stop a project here."""
    run = Run(share, held.room.copy())
    money = buyers.start(float(share))
    ledger = Ledger(buyers, share)
    queue = _affordable(held, buyers, run)
    while True:
        priced: dict[int, tuple[float, float]] = {}
        near: list[int] = []
        limit = float("inf")
        while queue and queue[0][0] <= limit:
            low, project = heappop(queue)
            if project in priced:
                near.append(project)
                price, error = priced[project]
                limit = min(limit, price * (1 + NEAR) + error)
                continue
            obstacle = run.room.obstacle(project, total=False)
            if obstacle is not None:
                run.blocked[project] = obstacle
                continue
            found = buyers.price(project, money, max(low, 0.0))
            if found is None:
                exact = ledger.catch_up(run.winners).price(project)
                found = (float("inf"), 0.0) if exact is None else (float(exact), float(exact) * NEAR)
            if found[0] == float("inf"):
                run.unaffordable.append(project)
                continue
            priced[project] = found
            # The certified lower end: prices only rise, so it also holds in later rounds.
            heappush(queue, (found[0] - found[1], project))
        if not near:
            return _closed(run)
        chosen = near[0]
        if len(near) > 1:
            chosen, equal = _exactly(held, buyers, money, near, lambda: ledger.catch_up(run.winners))
            if len(equal) > 1:
                run.tied[len(run.winners)] = equal
            for project in near:
                if project != chosen:
                    heappush(queue, (priced[project][0] - priced[project][1], project))
        buyers.pay(chosen, money, priced[chosen][0])
        run.room.take(chosen)
        run.spent += held.limits.costs[chosen]
        run.winners.append(chosen)
        run.prices.append(priced[chosen])


def _closed(run: Run) -> Run:
    """Leave as unaffordable only what nothing but its supporters' money keeps out at the end."""
    for project in run.unaffordable:
        obstacle = run.room.obstacle(project, total=False)
        if obstacle is not None:
            run.blocked[project] = obstacle
    run.unaffordable = [project for project in run.unaffordable if project not in run.blocked]
    return run


def _affordable(held: Contest, buyers: Holdings, run: Run) -> list[tuple[float, int]]:
    """Return the projects that their supporters' shares suffice for, as a queue by lowest possible price."""
    queue = []
    above, below = run.share.numerator, run.share.denominator
    for project in held.entrants:
        if not buyers.total[project]:
            continue
        if buyers.total[project] * above < held.limits.costs[project] * below:
            run.unaffordable.append(project)
        else:
            queue.append((buyers.least_price[project] * (1 - NEAR), project))
    heapify(queue)
    return queue


def _exactly(
    held: Contest, buyers: Holdings, money: FloatArray, near: Sequence[int], exact: Callable[[], Ledger]
) -> tuple[int, list[int]]:
    """Choose among prices too close for floats; also return all that are exactly the lowest."""
    prices = {}
    for project in near:
        # Most ties are between projects that everybody can pay for in full; those need no replay.
        full = buyers.full(project, money)
        price = buyers.exact_least_price[project] if full else exact().price(project)
        if price is not None:
            prices[project] = price
    lowest = min(prices.values())
    equal = [project for project, price in prices.items() if price == lowest]
    return held.ties.ordered(equal)[0][0], equal
