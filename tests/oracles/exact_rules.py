"""The rules once more, slowly: plain fractions, one loop per voter, straight from the papers' definitions.

Nothing of ``renovation.rules`` is used but the settings' names. Projects are named by id throughout.

Sources: greedy and names from Rey and Maly (2023); Equal Shares from Peters, Pierczyński and Skowron (2021), Add1 from
Faliszewski et al. (2023); sequential Phragmén for costs from Los, Christoff and Grossi (2022).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from fractions import Fraction
from itertools import combinations

from renovation.model.elections import Ballot, BallotKind, Instance
from renovation.rules.election.settings import Add1, Completion, Settings, TieBreak, Utility


class Oracle:
    """An election, ready for :meth:`decide`."""

    def __init__(self, instance: Instance, ballots: list[Ballot], settings: Settings) -> None:
        self.instance, self.settings = instance, settings
        self.cost = {p.id: p.cost for p in instance.projects}
        self.project = {p.id: p for p in instance.projects}
        self.voters: list[tuple[Fraction, dict[str, Fraction]]] = []
        for ballot in ballots:
            values: dict[str, Fraction] = {}
            distinct = list(dict.fromkeys(ballot.choices))
            for place, name in enumerate(distinct):
                if instance.ballot_kind is BallotKind.RANKING:
                    values[name] = Fraction(max((instance.max_choices or len(distinct)) - place, 0))
                elif instance.ballot_kind in (BallotKind.POINTS, BallotKind.YES_NO):
                    values[name] = Fraction(ballot.points[ballot.choices.index(name)])
                else:
                    values[name] = Fraction(1)
            self.voters.append((ballot.weight, values))
        noes = {p: sum((w for w, v in self.voters if v.get(p, 0) < 0), Fraction(0)) for p in self.cost}
        self.voters = [(w, {p: value for p, value in v.items() if value >= 0}) for w, v in self.voters]
        self.weight = sum((w for w, _ in self.voters), Fraction(0))
        self.votes = {p: sum((w for w, v in self.voters if p in v), Fraction(0)) for p in self.cost}
        self.score = {p: sum((w * v.get(p, 0) for w, v in self.voters), Fraction(0)) for p in self.cost}
        self.mandatory = sorted(p.id for p in instance.projects if p.mandatory and p.id not in settings.impossible)
        floor = max(Fraction(settings.floor or 0), (settings.relative_floor or 0) * self.weight)
        share = Fraction(1, 2) if settings.yes_share is None else settings.yes_share
        able = [p for p in self.cost if p not in self.mandatory and p not in settings.impossible]
        able = [p for p in able if not noes[p] or self.votes[p] > share * (self.votes[p] + noes[p])]
        self.entrants = [p for p in able if self.score[p] >= floor and (settings.floor == 0 or self.score[p] > 0)]

    def order(self, project: str) -> tuple[object, str]:
        """Return the sort key of the tie-break."""
        place = [p.id for p in self.instance.projects].index(project)
        key: object = {
            TieBreak.ID: project,
            TieBreak.CHEAPEST: self.cost[project],
            TieBreak.DEAREST: -self.cost[project],
            TieBreak.MORE_SUPPORTERS: -self.votes[project],
            TieBreak.LOT: hashlib.sha256(f"{self.settings.seed}\n{project}".encode()).hexdigest(),
            TieBreak.FILE_ORDER: place,
        }[self.settings.tie_break]
        return key, project

    def first(self, tied: Iterable[str]) -> str:
        """Return the tied project that is served first."""
        return min(tied, key=self.order)

    def allowed(self, chosen: Iterable[str], *, total: bool = True) -> bool:
        """Tell whether a set keeps every limit."""
        chosen = list(chosen)
        if total and sum(self.cost[p] for p in chosen) > self.instance.budget:
            return False
        for category, most in self.settings.category_budgets.items():
            if sum(self.cost[p] for p in chosen if category in self.project[p].categories) > most:
                return False
        for area, most in self.settings.area_budgets.items():
            if sum(self.cost[p] for p in chosen if self.project[p].area == area) > most:
                return False
        for area, most in self.settings.area_caps.items():
            if sum(self.project[p].area == area for p in chosen) > most:
                return False
        return all(len(set(group) & set(chosen)) < 2 for group in self.settings.exclusive)

    def only_money(self, chosen: list[str], project: str) -> bool:
        """Tell whether nothing but money can keep ``project`` out beside ``chosen``."""
        area = self.project[project].area
        cap = self.settings.area_caps.get(area) if area is not None else None
        if cap is not None and sum(self.project[p].area == area for p in chosen) >= cap:
            return False
        return not any(project in group and set(group) & set(chosen) for group in self.settings.exclusive)

    def decide(self, rule: str) -> list[str]:
        """Return the winners in the order taken (maximum welfare: in any order)."""
        return {
            "greedy": lambda: self.greedy(self.by_score()),
            "greedy-stop": lambda: self.greedy(self.by_score(), stop=True),
            "greedy-per-cost": lambda: self.greedy(self.by_score_per_cost()),
            "mes": self.equal_shares,
            "phragmen": self.phragmen,
            "max-welfare": self.max_welfare,
        }[rule]()

    def by_score(self) -> Callable[[str], tuple[object, ...]]:
        """Return the sort key of greedy."""
        return lambda p: (-self.score[p], *self.order(p))

    def by_score_per_cost(self) -> Callable[[str], tuple[object, ...]]:
        """Return the sort key of greedy per cost; a free project with a score comes first, one without last."""

        def key(project: str) -> tuple[object, ...]:
            if not self.score[project]:
                return (2, Fraction(0), *self.order(project))
            if not self.cost[project]:
                return (0, Fraction(0), *self.order(project))
            return (1, -self.score[project] / self.cost[project], *self.order(project))

        return key

    def greedy(self, key: Callable[[str], tuple[object, ...]], *, stop: bool = False) -> list[str]:
        """Take what fits in order; ``stop`` ends at the first project for which the money does not suffice."""
        chosen = list(self.mandatory)
        for project in sorted(self.entrants, key=key):
            if self.allowed([*chosen, project]):
                chosen.append(project)
            elif stop and self.only_money(chosen, project):
                break
        return chosen

    def completed(self, chosen: list[str]) -> list[str]:
        """Spend the rest greedily, if the settings say so."""
        if self.settings.completion is Completion.GREEDY:
            rest = [p for p in self.entrants if p not in chosen]
            for project in sorted(rest, key=self.by_score()):
                if self.allowed([*chosen, project]):
                    chosen = [*chosen, project]
        return chosen

    def utility(self, project: str, values: dict[str, Fraction]) -> Fraction:
        """Return what the project is worth to a voter."""
        cost = self.cost[project] or 1
        return values.get(project, Fraction(0)) * (1 if self.settings.utility is Utility.CARDINALITY else cost)

    def price(self, project: str, money: list[Fraction]) -> Fraction | None:
        """Return the lowest rho at which the supporters together pay the cost."""
        buyers = [
            (held / u, held, u, weight)
            for held, (weight, values) in zip(money, self.voters, strict=True)
            if (u := self.utility(project, values)) > 0
        ]
        cost = Fraction(self.cost[project])
        if not buyers or sum(weight * held for _, held, _, weight in buyers) < cost:
            return None
        if not cost:
            return Fraction(0)
        buyers.sort(key=lambda buyer: buyer[0])
        rest_utility = sum(u * weight for _, _, u, weight in buyers)
        for ratio, held, u, weight in buyers:
            rho = cost / rest_utility
            if rho <= ratio:
                return rho
            cost -= weight * held
            rest_utility -= u * weight
        raise AssertionError("the supporters hold the cost")

    def shares(self, share: Fraction) -> tuple[list[str], bool]:
        """Run Equal Shares at a share; also tell whether a project is left out for want of its supporters' money."""
        money = [share] * len(self.voters)
        chosen = list(self.mandatory)
        while True:
            prices = {}
            short = False
            for project in self.entrants:
                if project in chosen or not self.allowed([*chosen, project], total=False):
                    continue
                rho = self.price(project, money)
                if rho is not None:
                    prices[project] = rho
                elif any(self.utility(project, values) for _, values in self.voters):
                    short = True
            if not prices:
                return chosen, short
            lowest = min(prices.values())
            best = self.first(p for p, rho in prices.items() if rho == lowest)
            for place, (_, values) in enumerate(self.voters):
                money[place] -= min(money[place], lowest * self.utility(best, values))
            chosen.append(best)

    def equal_shares(self) -> list[str]:
        """Equal Shares, its Add1 and its completion."""
        budget = self.instance.budget - sum(self.cost[p] for p in self.mandatory)
        if not self.voters:
            return self.completed(list(self.mandatory))
        share = Fraction(budget) / self.weight
        chosen, short = self.shares(share)
        step = self.settings.step if self.settings.step is not None else self.instance.scale
        while self.settings.add1 is not Add1.OFF and short:
            fits = any(p not in chosen and self.allowed([*chosen, p]) for p in self.entrants)
            if self.settings.add1 is Add1.EXHAUSTIVE and not fits:
                break
            share += step
            following, short_then = self.shares(share)
            if sum(self.cost[p] for p in following) > self.instance.budget:
                break
            chosen, short = following, short_then
        return self.completed(chosen)

    def phragmen(self) -> list[str]:
        """Sequential Phragmén: least new load first, stop when the next would exceed the budget."""
        load = [Fraction(0)] * len(self.voters)
        chosen = list(self.mandatory)
        while True:
            moments = {}
            for project in self.entrants:
                backers = [i for i, (_, values) in enumerate(self.voters) if values.get(project, 0) > 0]
                if project in chosen or not backers or not self.allowed([*chosen, project], total=False):
                    continue
                weight = sum((self.voters[i][0] for i in backers), Fraction(0))
                gathered = sum((self.voters[i][0] * load[i] for i in backers), Fraction(0))
                moments[project] = (self.cost[project] + gathered) / weight
            if not moments:
                return self.completed(chosen)
            soonest = min(moments.values())
            best = self.first(p for p, moment in moments.items() if moment == soonest)
            if not self.allowed([*chosen, best]):
                return self.completed(chosen)
            chosen.append(best)
            for i, (_, values) in enumerate(self.voters):
                if values.get(best, 0) > 0:
                    load[i] = soonest

    def max_welfare(self) -> list[str]:
        """Try every set."""
        useful = sorted((p for p in self.entrants if self.score[p] > 0), key=self.order)
        best, reached = list(self.mandatory), (Fraction(0), [False] * len(useful))
        for size in range(1, len(useful) + 1):
            for extra in combinations(useful, size):
                value = (sum((self.score[p] for p in extra), Fraction(0)), [p in extra for p in useful])
                if value > reached and self.allowed([*self.mandatory, *extra]):
                    best, reached = [*self.mandatory, *extra], value
        return best
