"""One pass over projects in an order, taking what fits: the heart of the greedy rules and of greedy completion."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cmp_to_key
from math import ceil, floor
from typing import Any

from renovation.model.elections import BallotKind, Reason, Tie
from renovation.rules.election.constraints import Obstacle, Room
from renovation.rules.election.contest import Contest, obstacle_reason
from renovation.rules.election.reasons import SURELY
from renovation.rules.election.settings import TieBreak
from renovation.rules.election.ties import TieBreaker

#: Obstacles that less cost can remove.
MONEY = ("budget", "category_budget", "area_budget")

#: Tells which of two projects goes first: negative or positive, 0 where they stand equal.
Compare = Callable[[int, int], int]


def by_votes(held: Contest) -> Compare:
    """Higher score first."""
    scores = held.tally.scores
    return lambda a, b: _sign(scores[b] - scores[a])


def by_votes_per_cost(held: Contest) -> Compare:
    """Higher score per unit of cost first; what costs nothing and has a score goes before everything."""
    scores, costs = held.tally.scores, held.limits.costs

    def compare(a: int, b: int) -> int:
        if costs[a] and costs[b]:
            return _sign(scores[b] * costs[a] - scores[a] * costs[b])
        ranks = [2 if not costs[p] and scores[p] else 0 if not scores[p] else 1 for p in (a, b)]
        return ranks[1] - ranks[0]

    return compare


def _sign(value: int | Fraction) -> int:
    return (value > 0) - (value < 0)


def grouped(projects: Sequence[int], compare: Compare) -> list[list[int]]:
    """Group projects that stand equal, first served first."""
    groups: list[list[int]] = []
    for project in sorted(projects, key=cmp_to_key(compare)):
        if groups and compare(groups[-1][0], project) == 0:
            groups[-1].append(project)
        else:
            groups.append([project])
    return groups


class Serving:
    """One pass over groups of equal projects.

    Attributes
    ----------
    winners
        In the order taken.
    before
        The room before each winner was taken, and at the end.
    met
        Per project: the obstacle at its turn (``None`` for winners), and how many winners came before it.
    stopper
        The project at which the rule stopped, if it did.
    ties
        Groups in which another order would have given another outcome.
    rivals
        For a project that lost such a tie: those of its group that won.
    """

    def __init__(self, ties: TieBreaker, room: Room, groups: Sequence[Sequence[int]], *, stop: bool = False) -> None:
        self.room = room.copy()
        self.winners: list[int] = []
        self.before: list[Room] = [self.room.copy()]
        self.met: dict[int, tuple[Obstacle | None, int]] = {}
        self.stopper: int | None = None
        self.ties: list[list[int]] = []
        self.rivals: dict[int, list[int]] = {}
        for group in groups:
            self._serve(ties.ordered(group)[0] if len(group) > 1 else group, stop=stop)

    def _serve(self, group: Sequence[int], *, stop: bool) -> None:
        start = self.before[-1]
        stopped_earlier = self.stopper is not None
        for project in group:
            obstacle = self.room.obstacle(project)
            if self.stopper is not None and (obstacle is None or obstacle.kind in MONEY):
                obstacle = Obstacle("stopped", self.stopper, self.room.left[0])
            self.met[project] = (obstacle, len(self.winners))
            if obstacle is None:
                self.room.take(project)
                self.winners.append(project)
                self.before.append(self.room.copy())
            elif stop and self.stopper is None and obstacle.kind in MONEY:
                self.stopper = project
        if len(group) < 2 or stopped_earlier:
            return
        won = [project for project in group if self.met[project][0] is None]
        could = [project for project in group if project not in won and start.obstacle(project) is None]
        # Another order of the group gives another outcome exactly if a loser could have been served first or, where
        # the rule stops at a misfit, if the misfit could have come before a winner.
        if could or (won and self.stopper in group):
            self.ties.append(list(group))
            self.rivals |= {project: won for project in could if won}


class Greedy:
    """A greedy rule run to its end, with its reasons.

    Parameters
    ----------
    order
        Builds the comparison from an election.
    per_cost
        Whether that comparison divides by cost (it decides how changes are computed).
    """

    def __init__(self, held: Contest, *, order: Callable[[Contest], Compare], stop: bool, per_cost: bool) -> None:
        self._held = held
        self._order = order
        self._stop = stop
        self._per_cost = per_cost
        compare = order(held)
        self._serving = Serving(held.ties, held.room, grouped(held.entrants, compare), stop=stop)
        self.winners = self._serving.winners
        everyone = grouped(range(len(held.instance.projects)), compare)
        self.ranking = [project for group in everyone for project in held.ties.ordered(group)[0]]
        self._alone = {group[0] for group in everyone if len(group) == 1}

    def ties(self) -> list[Tie]:
        """Return the ties that mattered."""
        return [self._held.ties.tie(group) for group in self._serving.ties]

    def reasons(self) -> dict[int, Reason]:
        """Explain every project that is not mandatory."""
        rank = {project: place for place, project in enumerate(self.ranking, start=1)}
        return {project: self._reason(project, rank[project]) for project in self._serving.met} | {
            project: Reason(refusal.code, {**refusal.fields, **self._changes(project, None), "rank": rank[project]})
            for project, refusal in self._held.refused.items()
            if refusal.code != "impossible"
        }

    def _common(self, project: int, rank: int) -> dict[str, Any]:
        held = self._held
        fields: dict[str, Any] = {"rank": rank, **held.told(project)}
        if self._per_cost:
            fields["per_cost"] = True
        return fields

    def _reason(self, project: int, rank: int) -> Reason:
        held, serving = self._held, self._serving
        obstacle, taken = serving.met[project]
        common = self._common(project, rank)
        if obstacle is None:
            return Reason("greedy.selected", common | {"left": serving.before[taken].left[0]})
        changes = self._changes(project, obstacle)
        if project in serving.rivals:
            rivals = serving.rivals[project]
            decided_by = held.ties.ordered([project, *rivals])[1]
            lost = {"rivals": tuple(held.id(other) for other in rivals), "decided_by": decided_by}
            return Reason("per_cost.lost_tie" if self._per_cost else "lost_tie", common | lost | changes)
        if obstacle.kind == "stopped":
            stopped = {"by": held.id(obstacle.what), "left": obstacle.left}
            return Reason("greedy.stopped", common | stopped | changes)
        return obstacle_reason(held, project, obstacle, **common, **changes)

    def _changes(self, project: int, obstacle: Obstacle | None) -> dict[str, Any]:
        """Return the smallest change of cost and of votes, each alone, that would have made the project win."""
        changes: dict[str, Any] = {}
        cost = self._cost_to(project, obstacle)
        if cost is not None:
            changes["cost_to"] = cost
        extra = self._extra(project)
        points = self._held.instance.ballot_kind in (BallotKind.POINTS, BallotKind.RANKING)
        if extra is not None and not points:
            extra = self._past_rising_floor(project, extra)
        if extra is not None:
            changes["extra_points" if points else "extra_votes"] = extra
        return changes

    def _past_rising_floor(self, project: int, extra: int) -> int | None:
        """Return how many further ballots it takes where the floor is a share of them, and so rises with each.

        ``None`` where the higher floor would shut others out, which changes more than this project's place.
        """
        held = self._held
        share = held.settings.relative_floor
        if share is None:
            return extra
        if share == 1:
            return None
        extra = max(extra, ceil((share * held.weight - held.tally.scores[project]) / (1 - share)))
        floor_then = max(Fraction(held.settings.floor or 0), share * (held.weight + extra))
        shut_out = any(held.tally.scores[other] < floor_then for other in held.entrants if other != project)
        return None if shut_out else extra

    def _extra(self, project: int) -> int | None:
        """Return the least extra score: enough for the floor, and to be served while there is still room."""
        held, serving = self._held, self._serving
        last = max((k for k, room in enumerate(serving.before) if room.obstacle(project) is None), default=None)
        if last is None:
            return None
        score = held.tally.scores[project]
        needed = max(ceil(held.limits.least_score - score), int(held.limits.needs_vote and not score))
        if against := held.tally.against[project]:
            share = held.settings.more_than
            needed = max(needed, floor((share * (score + against) - score) / (1 - share)) + 1)
        rival = serving.winners[last] if last < len(serving.winners) else serving.stopper
        if rival is not None and rival != project:
            ours, theirs = (held.limits.costs[p] if self._per_cost else 1 for p in (project, rival))
            if not theirs:
                return None
            gap = Fraction(held.tally.scores[rival]) * ours / theirs - score
            first = self._first_when_equal(project, rival, score + gap)
            needed = max(needed, ceil(gap) if first else floor(gap) + 1)
        return needed or None

    def _first_when_equal(self, project: int, rival: int, score: int | Fraction) -> bool:
        """Tell whether ``project``, raised to ``score``, is served before ``rival`` if they then stand equal."""
        held = self._held
        first, decided_by = held.ties.ordered((project, rival))
        if decided_by == TieBreak.MORE_SUPPORTERS or (
            held.settings.tie_break is TieBreak.MORE_SUPPORTERS and decided_by == TieBreak.ID
        ):
            votes = score if held.tally.votes == held.tally.scores else held.tally.votes[project]
            return (-votes, held.id(project)) < (-held.tally.votes[rival], held.id(rival))
        return first[0] == project and decided_by != TieBreak.REFUSE

    def _cost_to(self, project: int, obstacle: Obstacle | None) -> int | None:
        """Return the highest lower cost (above 0) at which the project wins, all else equal."""
        held, serving = self._held, self._serving
        if obstacle is None:
            return None
        cost = held.limits.costs[project]
        own = serving.before[serving.met[project][1]].money(project) if obstacle.kind in MONEY else 0
        by_cost = held.settings.tie_break in (TieBreak.CHEAPEST, TieBreak.DEAREST)
        if not self._per_cost and (not by_cost or project in self._alone):
            return own if 0 < own < cost else None
        # Less cost also moves the project forward: past a winner, to where more money is left, or past the stopper.
        candidates = {own}
        stopper = () if serving.stopper in (None, project) else (serving.stopper,)
        for place, rival in enumerate((*serving.winners, *stopper)):
            if serving.before[place].only_money(project):
                candidates.update(self._edges(project, rival, serving.before[place].money(project), sure=not by_cost))
        for lower in sorted((c for c in candidates if 0 < c < cost), reverse=True):
            if not by_cost or self._wins_at(project, lower):
                return lower
        return None

    def _edges(self, project: int, rival: int, money: int, *, sure: bool) -> list[int]:
        """Return costs at or around which ``project`` is served before ``rival``, within ``money``.

        ``sure``: the order of the tie-break does not depend on cost, so that the one right cost is known.
        """
        held = self._held
        if not self._per_cost:
            edge = held.limits.costs[rival]
            return [min(money, edge + change) for change in (-1, 0, 1)]
        score = held.tally.scores[rival]
        if not score:
            return []  # level with every other project without a score, whatever it costs
        exact = held.tally.scores[project] * Fraction(held.limits.costs[rival]) / score
        if sure:
            first, decided_by = held.ties.ordered((project, rival))
            served = first[0] == project and decided_by != TieBreak.REFUSE
            return [min(money, floor(exact) if served else ceil(exact) - 1)]
        return [min(money, floor(exact) + change) for change in (-1, 0)]

    def _wins_at(self, project: int, cost: int) -> bool:
        held = self._held
        projects = list(held.instance.projects)
        projects[project] = replace(projects[project], cost=cost, full_cost=None)
        instance = replace(held.instance, projects=tuple(projects))
        costs = tuple(candidate.cost for candidate in projects)
        limits = replace(held.limits, costs=costs)
        room = Room(limits)
        for other in limits.mandatory:
            room.take(other)
        ties = TieBreaker(instance, held.settings, held.tally.votes)
        changed = replace(held, instance=instance, limits=limits, ties=ties, room=room)
        serving = Serving(ties, room, grouped(held.entrants, self._order(changed)), stop=self._stop)
        return project in serving.winners


def complete(held: Contest, room: Room, rest: Sequence[int]) -> Serving:
    """Spend what a rule left over on the rest by score, skipping what does not fit."""
    return Serving(held.ties, room, grouped(rest, by_votes(held)))


def completion_reasons(held: Contest, serving: Serving, *, changes: bool) -> Mapping[int, Reason]:
    """Explain what greedy completion decided; ``changes`` where lower cost is known to suffice."""
    reasons: dict[int, Reason] = {}
    for project, (obstacle, taken) in serving.met.items():
        fields: dict[str, Any] = {
            "votes": held.tally.votes[project],
            "score": held.tally.scores[project],
            "cost": held.limits.costs[project],
        }
        if obstacle is None:
            reasons[project] = Reason("completion.selected", fields | {"left": serving.before[taken].left[0]})
        elif project in serving.rivals:
            rivals = [held.id(other) for other in serving.rivals[project]]
            decided_by = held.ties.ordered([project, *serving.rivals[project]])[1]
            reasons[project] = Reason("lost_tie", fields | {"rivals": tuple(rivals), "decided_by": decided_by})
        else:
            by_cost = held.settings.tie_break in (TieBreak.CHEAPEST, TieBreak.DEAREST)
            if changes and obstacle.kind in MONEY and not by_cost:
                # A lower cost may already do in the rule itself, before completion.
                fields |= {"cost_to": serving.before[taken].money(project), SURELY: True}
            found = obstacle_reason(held, project, obstacle, **fields)
            code = "completion.budget" if obstacle.kind == "budget" else obstacle.kind
            reasons[project] = Reason(code, found.fields)
    return reasons
