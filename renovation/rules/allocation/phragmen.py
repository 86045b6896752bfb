"""Sequential Phragmén for costs (Phragmén 1894; Los, Christoff and Grossi, *Proportional Budget Allocations: Towards a
Systematization*, IJCAI 2022).

Every voter earns money at the same pace. As soon as the supporters of a project together hold its cost, it is taken and
they start again from nothing. The rule stops when the next project would exceed the budget. Points and rankings are
read as support for whatever they give something to; a ballot of weight 2 earns like two voters.

A voter's load is the moment at which the last project she supports was taken, so a project's moment is
``(cost + sum of its supporters' loads) / their weight``: exact from a handful of fractions, one per round.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from heapq import heapify, heappop, heappush
from math import ceil

import numpy as np

from renovation.model.elections import Allocation, Instance, Reason
from renovation.rules.allocation.ledger import NEAR, Holdings, dot
from renovation.rules.allocation.serving import complete, completion_reasons
from renovation.rules.election.constraints import Obstacle, Room, refuse_unused
from renovation.rules.election.contest import Contest, contest, finish, obstacle_reason, plain
from renovation.rules.election.profile import Profile
from renovation.rules.election.reasons import SURELY
from renovation.rules.election.settings import Completion, Settings


def phragmen(instance: Instance, profile: Profile, settings: Settings) -> Allocation:
    """Take projects in the order in which their supporters have gathered the cost.

    Raises
    ------
    InvalidError
        The settings contradict themselves, the instance or the rule.
    ConflictError
        A tie that matters is left to the committee.
    """
    refuse_unused(settings, rule="phragmen", completion=True)
    held = contest(instance, profile, settings)
    earners = Holdings(profile, [project.cost for project in instance.projects], False)
    return _written(held, earners, _run(held, earners))


@dataclass(slots=True)
class PhragmenRun:
    """The rounds; ``moments`` are when each winner was taken, in money per unit of weight."""

    room: Room
    moments: list[Fraction] = field(default_factory=list)
    winners: list[int] = field(default_factory=list)
    blocked: dict[int, Obstacle] = field(default_factory=dict)
    tied: dict[int, list[int]] = field(default_factory=dict)
    stopper: int | None = None
    #: Exact moment at which the rule stopped.
    stopped_at: Fraction = Fraction(0)
    #: Round (from 1) in which each merged ballot's supporters last paid; 0 where never.
    last: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def loads(self, earners: Holdings, project: int) -> Fraction:
        """Return the weighted sum of the supporters' loads, exactly."""
        rounds = self.last[earners.members[project]]
        weights = [0] * (len(self.moments) + 1)
        for number in np.unique(rounds).tolist():
            weights[number] = int(earners.exact_weights[project][rounds == number].sum())
        return sum((self.moments[n - 1] * w for n, w in enumerate(weights) if n and w), Fraction(0))

    def moment(self, earners: Holdings, project: int) -> Fraction:
        """Return when the supporters of ``project`` will have gathered its cost."""
        return (earners.costs[project] + self.loads(earners, project)) / earners.total[project]


def _run(held: Contest, earners: Holdings) -> PhragmenRun:
    run = PhragmenRun(held.room.copy(), last=np.zeros(earners.size, dtype=np.int64))
    load = np.zeros(earners.size)
    queue = [(earners.costs[p] / earners.total[p] * (1 - NEAR), p) for p in held.entrants if earners.total[p]]
    heapify(queue)
    while True:
        known: dict[int, float] = {}
        near: list[int] = []
        limit = float("inf")
        while queue and queue[0][0] <= limit:
            _, project = heappop(queue)
            if project in known:
                near.append(project)
                limit = min(limit, known[project] * (1 + NEAR))
                continue
            obstacle = run.room.obstacle(project, total=False)
            if obstacle is not None:
                run.blocked[project] = obstacle
                continue
            # All terms are positive, so the rounding error stays far below NEAR.
            gathered = dot(earners.weights[project], load[earners.members[project]])
            known[project] = float(earners.costs[project] + gathered) / earners.total[project]
            heappush(queue, (known[project] * (1 - NEAR), project))
        if not near:
            return run
        moments = {project: run.moment(earners, project) for project in near}
        first = min(moments.values())
        equal = [project for project in near if moments[project] == first]
        chosen = held.ties.ordered(equal)[0][0]
        if len(equal) > 1:
            run.tied[len(run.winners)] = equal
        if run.room.obstacle(chosen) is not None:
            run.stopper, run.stopped_at = chosen, first
            return run
        for project in near:
            if project != chosen:
                heappush(queue, (known[project] * (1 - NEAR), project))
        run.room.take(chosen)
        run.winners.append(chosen)
        run.moments.append(first)
        run.last[earners.members[chosen]] = len(run.winners)
        load[earners.members[chosen]] = float(first)


def gathering_order(held: Contest, profile: Profile) -> list[int]:
    """Return the projects in the order in which they would be taken if the whole budget were no limit."""
    endless = held.room.copy()
    endless.left[0] = sum(held.limits.costs)
    return _run(replace(held, room=endless), Holdings(profile, held.limits.costs, False)).winners


def _written(held: Contest, earners: Holdings, run: PhragmenRun) -> Allocation:
    mattering = {
        place: tied
        for place, tied in run.tied.items()
        if set(run.winners[place : place + len(tied)]) != set(tied)
        or len(set(run.moments[place : place + len(tied)])) > 1
    }
    ties = [held.ties.tie(tied) for tied in mattering.values()]
    scale = earners.weight_scale
    reasons: dict[int, Reason] = {}
    for place, project in enumerate(run.winners):
        payers = plain(Fraction(earners.total[project], scale))
        fields = held.told(project) | {"round": place + 1, "payers": payers, "share": run.moments[place] * scale}
        reasons[project] = Reason("phragmen.selected", fields)
    for project in held.entrants:
        if project not in reasons:
            reasons[project] = _lost(held, earners, run, mattering, project)
    winners = list(run.winners)
    if held.settings.completion is Completion.GREEDY:
        serving = complete(held, run.room, [project for project in held.entrants if project not in winners])
        winners += serving.winners
        ties += [held.ties.tie(tied) for tied in serving.ties]
        reasons |= completion_reasons(held, serving, changes=False)
    return finish(held, rule="phragmen", winners=winners, reasons=reasons, ties=ties)


def _lost(held: Contest, earners: Holdings, run: PhragmenRun, mattering: dict[int, list[int]], project: int) -> Reason:
    common = held.told(project)
    if not earners.total[project]:
        return Reason("no_vote", common)
    obstacle = run.blocked.get(project) or run.room.obstacle(project, total=False)
    if obstacle is not None:
        return obstacle_reason(held, project, obstacle, **common)
    left = run.room.left[0]
    common["left"] = left
    cost_to = _cost_to(held, earners, run, project)
    if cost_to is not None and held.settings.completion is Completion.NONE:
        common |= {"cost_to": cost_to, SURELY: True}
    for place, tied in mattering.items():
        rival = run.winners[place] if place < len(run.winners) else run.stopper
        if project in tied and rival is not None and project != rival:
            decided_by = held.ties.ordered((project, rival))[1]
            lost = {"rivals": (held.id(rival),), "decided_by": decided_by, "round": place + 1}
            return Reason("phragmen.lost_tie", common | lost)
    if project == run.stopper:
        return Reason("phragmen.short", common | {"short": held.limits.costs[project] - left})
    assert run.stopper is not None  # only a stop leaves supported projects behind
    return Reason("phragmen.stopped", common | {"by": held.id(run.stopper)})


def _cost_to(held: Contest, earners: Holdings, run: PhragmenRun, project: int) -> int | None:
    """Return a lower cost at which the project is gathered before the rule stops and fits what is left then.

    Until it is taken, a cheaper project changes nothing for the others, so this cost surely suffices.
    """
    lower = run.room.money(project)
    if project != run.stopper:
        gathered = run.stopped_at * earners.total[project] - run.loads(earners, project)
        lower = min(lower, ceil(gathered) - 1)
    return lower if 0 < lower < held.limits.costs[project] else None
