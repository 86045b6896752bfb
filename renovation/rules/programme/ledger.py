"""A programme in the making, kept in whole fen: what still fits, why something does not, and the plain baseline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from renovation.model.elections import Reason
from renovation.model.names import name_key, name_keys
from renovation.model.programme import Baseline, GroupRule, Lock, Objective, PlannedProject, Problem
from renovation.rules.money.funding import pot_refusal
from renovation.rules.programme.purse import Payers, Purse

#: Scores and blends are counted in whole points, so that a sum is a sum.
SCORE_POINTS = 10**6
BLEND_POINTS = 10**9


def values_of(problem: Problem) -> tuple[int, ...]:
    """Return what each project adds to the objective, in whole units.

    Votes and households as they are; a score in millionths; a blend in billionths of the weighted shares.
    """
    projects = problem.projects
    match problem.objective:
        case Objective.VOTES:
            return tuple(project.votes for project in projects)
        case Objective.HOUSEHOLDS:
            return tuple(project.households for project in projects)
        case Objective.SCORE:
            return tuple(round(project.score * SCORE_POINTS) for project in projects)
        case Objective.BLEND:
            columns = {
                Objective.VOTES: [Fraction(project.votes) for project in projects],
                Objective.SCORE: [project.score for project in projects],
                Objective.HOUSEHOLDS: [Fraction(project.households) for project in projects],
            }
            weight_sum = sum(problem.blend.values(), Fraction(0))
            totals = [Fraction(0)] * len(projects)
            for objective, weight in problem.blend.items():
                column = columns[objective]
                whole = sum(column, Fraction(0))
                if whole:
                    totals = [
                        total + weight / weight_sum * value / whole for total, value in zip(totals, column, strict=True)
                    ]
            return tuple(round(total * BLEND_POINTS) for total in totals)


@dataclass(frozen=True, slots=True)
class Shape:
    """What follows from a problem once and for all: payers per project and year, who is bound to whom.

    ``payers[i]`` maps a year to the numbers of the pots (in the problem's order) that may pay project ``i`` then.
    """

    problem: Problem
    values: tuple[int, ...]
    place: Mapping[str, int]
    payers: tuple[Mapping[int, Payers], ...]
    locks: Mapping[int, Lock]
    before: Mapping[int, tuple[tuple[int, bool], ...]]
    after: Mapping[int, tuple[tuple[int, bool], ...]]
    rivals: Mapping[int, tuple[int, ...]]
    rules_of: tuple[tuple[int, ...], ...]

    def must(self, i: int) -> str | None:
        """Say why project ``i`` has to be in: ``"mandatory"``, ``"promised"``, ``"locked"``, or not at all."""
        lock = self.locks.get(i)
        if lock is not None and lock.is_chosen:
            return "locked"
        project = self.problem.projects[i]
        if project.promised_year is not None:
            return "promised"
        return "mandatory" if project.mandatory else None


def shape_of(problem: Problem) -> Shape:
    """Work out who may pay for what and who is bound to whom."""
    place = {project.id: i for i, project in enumerate(problem.projects)}
    locks = {place[lock.project]: lock for lock in problem.locks}
    payers = tuple(_payers(problem, project, locks.get(i)) for i, project in enumerate(problem.projects))
    before: dict[int, list[tuple[int, bool]]] = {}
    after: dict[int, list[tuple[int, bool]]] = {}
    for order in problem.orders:
        first, then = place[order.first], place[order.then]
        before.setdefault(then, []).append((first, order.is_required))
        after.setdefault(first, []).append((then, order.is_required))
    rivals: dict[int, list[int]] = {}
    for exclusion in problem.exclusions:
        for name in exclusion.projects:
            rivals.setdefault(place[name], []).extend(place[other] for other in exclusion.projects if other != name)
    return Shape(
        problem=problem,
        values=values_of(problem),
        place=place,
        payers=payers,
        locks=locks,
        before={i: tuple(found) for i, found in before.items()},
        after={i: tuple(found) for i, found in after.items()},
        rivals={i: tuple(found) for i, found in rivals.items()},
        rules_of=tuple(
            tuple(number for number, rule in enumerate(problem.group_rules) if name_key(rule.group) in own)
            for own in (name_keys(project.memberships) for project in problem.projects)
        ),
    )


def _payers(problem: Problem, project: PlannedProject, lock: Lock | None) -> dict[int, Payers]:
    found: dict[int, Payers] = {}
    for year in problem.years:
        if project.years and year not in project.years:
            continue
        if project.promised_year is not None and year > project.promised_year:
            continue
        if lock is not None and (not lock.is_chosen or (lock.year is not None and lock.year != year)):
            continue
        payers = frozenset(
            number
            for number, pot in enumerate(problem.pots)
            if pot_refusal(
                pot,
                cost=project.whole_cost,
                item_classes=project.item_classes,
                items=project.items,
                areas=project.areas,
                year=year,
            )
            is None
        )
        if payers or not project.cost:
            found[year] = payers
    return found


class ProgrammeLedger:
    """The projects chosen so far and all that they use up."""

    def __init__(self, shape: Shape) -> None:
        problem = shape.problem
        self.shape = shape
        self.chosen: dict[int, int] = {}
        self.purses = {year: Purse([pot.amount for pot in problem.pots]) for year in problem.years}
        self.sites = {capacity.year: capacity.sites for capacity in problem.capacities}
        self.cost = [0] * len(problem.group_rules)
        self.count = [0] * len(problem.group_rules)

    @property
    def objective(self) -> int:
        """Return the sum of the chosen projects' values."""
        return sum(self.shape.values[i] for i in self.chosen)

    def rules(self, i: int, year: int) -> Iterable[tuple[int, GroupRule]]:
        """Yield the group rules a project counts for in a year."""
        for number in self.shape.rules_of[i]:
            rule = self.shape.problem.group_rules[number]
            if rule.year is None or rule.year == year:
                yield number, rule

    def blocker(self, i: int, year: int) -> Reason | None:
        """Say what keeps a project out of a year, money aside, or ``None``."""
        shape, project = self.shape, self.shape.problem.projects[i]
        name = shape.problem.projects
        if year not in shape.payers[i]:
            return Reason("programme.no_pot", {"year": year})
        for other in shape.rivals.get(i, ()):
            if other in self.chosen:
                return Reason("programme.excluded_by", {"other": name[other].name or name[other].id})
        for first, is_required in shape.before.get(i, ()):
            at = self.chosen.get(first)
            if (at is None and is_required) or (at is not None and at > year):
                return Reason("programme.waits_for", {"other": name[first].name or name[first].id})
        for then, _ in shape.after.get(i, ()):
            at = self.chosen.get(then)
            if at is not None and at < year:
                return Reason("programme.too_late_for", {"other": name[then].name or name[then].id})
        if project.sites > self.sites.get(year, project.sites):
            return Reason("programme.capacity", {"year": year})
        for number, rule in self.rules(i, year):
            over = self.cost[number] + project.cost - rule.max_cost if rule.max_cost is not None else 0
            if over > 0:
                return Reason("programme.group_money", {"group": rule.group, "short": over})
            if rule.max_count is not None and self.count[number] >= rule.max_count:
                return Reason("programme.group_count", {"group": rule.group, "limit": rule.max_count})
        return None

    def add(self, i: int, year: int) -> Reason | None:
        """Take a project into a year if everything allows it, else say why not."""
        refusal = self.blocker(i, year)
        if refusal is not None:
            return refusal
        cost = self.shape.problem.projects[i].cost
        payers = self.shape.payers[i][year]
        if cost and self.purses[year].pay(payers, cost):
            return Reason("programme.money", {"year": year, "short": self.purses[year].shortage(payers, cost)})
        self.take(i, year)
        return None

    def take(self, i: int, year: int) -> None:
        """Enter a project that is paid for."""
        self._count(i, year, 1)
        self.chosen[i] = year

    def remove(self, i: int) -> int:
        """Take a project out again; return the year it was in."""
        year = self.chosen.pop(i)
        cost = self.shape.problem.projects[i].cost
        if cost:
            self.purses[year].refund(self.shape.payers[i][year], cost)
        self._count(i, year, -1)
        return year

    def _count(self, i: int, year: int, sign: int) -> None:
        project = self.shape.problem.projects[i]
        if year in self.sites:
            self.sites[year] -= sign * project.sites
        for number, _ in self.rules(i, year):
            self.cost[number] += sign * project.cost
            self.count[number] += sign

    def add_soonest(self, i: int) -> Reason | None:
        """Take a project into the first year that allows it; the reason is the last year's."""
        refusal: Reason | None = Reason("programme.no_pot_at_all")
        for year in self.shape.problem.years:
            if year in self.shape.payers[i]:
                refusal = self.add(i, year)
                if refusal is None:
                    return None
        return refusal

    def open_floors(self) -> tuple[int, ...]:
        """List the group rules whose floor is not reached."""
        return tuple(
            number
            for number, rule in enumerate(self.shape.problem.group_rules)
            if self.cost[number] < rule.min_cost or self.count[number] < rule.min_count
        )

    def is_complete(self) -> bool:
        """Tell whether every floor is reached and every project that has to be in is in."""
        has_musts = all(i in self.chosen for i in range(len(self.shape.values)) if self.shape.must(i))
        return has_musts and not self.open_floors()

    def fill(self) -> None:
        """Add whatever still fits, the most valuable first, until nothing does."""
        places = range(len(self.shape.values))
        by_value = sorted(places, key=lambda i: (-self.shape.values[i], self.shape.problem.projects[i].cost, i))
        has_grown = True
        while has_grown:
            # A required first part may come later in the list than what waits for it.
            before = len(self.chosen)
            for i in by_value:
                if i not in self.chosen and self.shape.values[i] > 0:
                    self.add_soonest(i)
            has_grown = len(self.chosen) > before and any(
                is_required for found in self.shape.before.values() for _, is_required in found
            )

    def pull_forward(self) -> None:
        """Move chosen projects to earlier years where money, order and capacity allow; the objective stays."""
        for i in sorted(self.chosen, key=lambda i: (-self.shape.values[i], i)):
            now = self.chosen[i]
            if any(rule.year is not None for _, rule in self.rules(i, now)):
                continue
            self.remove(i)
            if not any(year < now and self.add(i, year) is None for year in self.shape.problem.years):
                refusal = self.add(i, now)
                assert refusal is None


def _needs(shape: Shape, i: int) -> list[int]:
    """List what a project cannot do without, what has to come first first."""
    found: dict[int, None] = {}
    waiting = [i]
    for at in waiting:
        for first, is_required in shape.before.get(at, ()):
            if is_required and first not in found and first != i:
                found[first] = None
                waiting.append(first)
    return list(found)[::-1]


def greedy(shape: Shape) -> tuple[Baseline, ProgrammeLedger]:
    """Go down the list by value and skip what does not fit.

    What has to be in goes first, then what floors ask for, then the rest.
    """
    ledger = ProgrammeLedger(shape)
    places = range(len(shape.values))
    for i in sorted((i for i in places if shape.must(i)), key=lambda i: len(shape.payers[i])):
        # Those with the fewest years first; what they need goes before them.
        for needed in [*_needs(shape, i), i]:
            if needed not in ledger.chosen:
                ledger.add_soonest(needed)
    by_value = sorted(places, key=lambda i: (-shape.values[i], shape.problem.projects[i].cost, i))
    for number in ledger.open_floors():
        for i in by_value:
            if number not in ledger.open_floors():
                break
            if i not in ledger.chosen and number in shape.rules_of[i]:
                ledger.add_soonest(i)
    ledger.fill()
    projects = shape.problem.projects
    baseline = Baseline(
        objective=ledger.objective,
        chosen={projects[i].id: year for i, year in sorted(ledger.chosen.items())},
        is_feasible=ledger.is_complete(),
    )
    return baseline, ledger
