"""A programme as a mixed-integer problem, and what HiGHS answers as exact whole numbers again.

The solver works in floats. Each answer is rounded to projects and years and replayed in whole fen; where rounding hid
an overspent pot, a missed floor or a burst cap, a cut that only wrong answers break is added and the search goes on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from renovation.model.programme import SolveState
from renovation.rules.programme.ledger import ProgrammeLedger, Shape
from renovation.rules.solver import Cancel, Floats, Milp, MilpState, Progress, Report, solve_milp

#: More rounds than this has never been seen; the bound keeps a broken solver from looping.
_MAX_ROUNDS = 25


@dataclass(slots=True)
class _Rows:
    """Rows of the matrix while they are gathered."""

    row: list[int] = field(default_factory=list)
    column: list[int] = field(default_factory=list)
    data: list[float] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)

    def add(self, entries: Mapping[int, float], low: float = -np.inf, high: float = np.inf) -> None:
        number = len(self.low)
        for column, value in entries.items():
            self.row.append(number)
            self.column.append(column)
            self.data.append(value)
        self.low.append(low)
        self.high.append(high)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the search found: a ledger of the chosen projects (``None`` if nothing) and an upper bound."""

    state: SolveState
    ledger: ProgrammeLedger | None
    bound: int


class _Model:
    """Columns: one per project and year it can be done in, then one per class of payers and pot."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        problem = shape.problem
        self.at: dict[tuple[int, int], int] = {}
        for i, payers in enumerate(shape.payers):
            for year in payers:
                self.at[i, year] = len(self.at)
        self.keys = list(self.at)
        amounts = [pot.amount for pot in problem.pots]
        # Sums near 10⁶ keep the solver's tolerances far below what a project costs.
        self.unit = max(1.0, max(amounts, default=0) / 1e6)
        self.value_unit = max(1.0, max(shape.values, default=0) / 1e4)
        self.rows = _Rows()
        self.columns = len(self.at)
        self._money()
        self._choices()
        self._orders()
        self._groups()

    def years_of(self, i: int) -> list[int]:
        return list(self.shape.payers[i])

    def _money(self) -> None:
        problem, unit = self.shape.problem, self.unit
        per_pot: list[dict[int, float]] = [{} for _ in problem.pots]
        classes: dict[tuple[int, frozenset[int]], dict[int, float]] = {}
        for (i, year), column in self.at.items():
            cost = problem.projects[i].cost
            if not cost:
                continue
            payers = self.shape.payers[i][year]
            if len(payers) == 1:
                (pot,) = payers
                per_pot[pot][column] = cost / unit
            else:
                classes.setdefault((year, payers), {})[column] = cost / unit
        for (_, payers), entries in classes.items():
            for pot in sorted(payers):
                per_pot[pot][self.columns] = 1.0
                entries[self.columns] = -1.0
                self.columns += 1
            self.rows.add(entries, 0.0, 0.0)
        for pot, entries in enumerate(per_pot):
            self.rows.add(entries, high=problem.pots[pot].amount / unit)

    def _choices(self) -> None:
        problem = self.shape.problem
        for i in range(len(problem.projects)):
            entries = {self.at[i, year]: 1.0 for year in self.years_of(i)}
            if self.shape.must(i):
                self.rows.add(entries, 1.0, 1.0)
            elif len(entries) > 1:
                self.rows.add(entries, high=1.0)
        for exclusion in problem.exclusions:
            places = {self.shape.place[name] for name in exclusion.projects}
            self.rows.add({self.at[i, year]: 1.0 for i in places for year in self.years_of(i)}, high=1.0)
        for capacity in problem.capacities:
            entries = {
                column: float(problem.projects[i].sites)
                for (i, year), column in self.at.items()
                if year == capacity.year
            }
            self.rows.add(entries, high=float(capacity.sites))

    def _orders(self) -> None:
        problem, place = self.shape.problem, self.shape.place
        for order in problem.orders:
            first, then = place[order.first], place[order.then]
            for year in problem.years:
                until = {self.at[then, one]: 1.0 for one in self.years_of(then) if one <= year}
                if not until:
                    continue
                if order.is_required:
                    early = {self.at[first, one]: -1.0 for one in self.years_of(first) if one <= year}
                    self.rows.add(until | early, high=0.0)
                else:
                    late = {self.at[first, one]: 1.0 for one in self.years_of(first) if one > year}
                    if late:
                        self.rows.add(until | late, high=1.0)

    def _groups(self) -> None:
        problem, unit = self.shape.problem, self.unit
        members: list[list[int]] = [[] for _ in problem.group_rules]
        for (i, year), column in self.at.items():
            for number in self.shape.rules_of[i]:
                if problem.group_rules[number].year in (None, year):
                    members[number].append(column)
        for rule, columns in zip(problem.group_rules, members, strict=True):
            costs = {column: problem.projects[self.keys[column][0]].cost / unit for column in columns}
            counts = dict.fromkeys(columns, 1.0)
            if rule.min_cost or rule.max_cost is not None:
                high = np.inf if rule.max_cost is None else rule.max_cost / unit
                self.rows.add(costs, rule.min_cost / unit if rule.min_cost else -np.inf, high)
            if rule.min_count or rule.max_count is not None:
                self.rows.add(
                    counts, float(rule.min_count), np.inf if rule.max_count is None else float(rule.max_count)
                )

    def milp(self) -> Milp:
        """Return the problem as it stands, cuts included."""
        from scipy import sparse

        value = np.zeros(self.columns)
        upper = np.full(self.columns, np.inf)
        integer = np.zeros(self.columns, dtype=np.int8)
        count = len(self.at)
        value[:count] = [self.shape.values[i] / self.value_unit for i, _ in self.keys]
        upper[:count] = 1.0
        integer[:count] = 1
        rows = self.rows
        matrix = sparse.csr_array(
            (np.array(rows.data), (np.array(rows.row, dtype=np.int32), np.array(rows.column, dtype=np.int32))),
            shape=(len(rows.low), self.columns),
        )
        return Milp(
            value=value,
            rows=matrix,
            low=np.array(rows.low),
            high=np.array(rows.high),
            upper=upper,
            integer=integer,
        )

    def replay(self, x: Floats) -> ProgrammeLedger | None:
        """Put a rounded answer into a ledger of whole fen, or add a cut and return nothing."""
        ledger = ProgrammeLedger(self.shape)
        chosen = [key for key, value in zip(self.keys, x[: len(self.keys)], strict=True) if value > 0.5]
        for i, year in chosen:
            cost = self.shape.problem.projects[i].cost
            payers = self.shape.payers[i][year]
            stuck = ledger.purses[year].pay(payers, cost) if cost else frozenset()
            if stuck:
                cover = [key for key in chosen if key[1] == year and self.shape.payers[key[0]][year] <= stuck]
                self.rows.add({self.at[key]: 1.0 for key in cover}, high=float(len(cover) - 1))
                return None
            ledger.take(i, year)
        return ledger if self._keeps_groups(ledger) else None

    def _keeps_groups(self, ledger: ProgrammeLedger) -> bool:
        for number, rule in enumerate(self.shape.problem.group_rules):
            member = {
                key: column
                for key, column in self.at.items()
                if number in self.shape.rules_of[key[0]] and rule.year in (None, key[1])
            }
            inside = [column for key, column in member.items() if ledger.chosen.get(key[0]) == key[1]]
            if rule.max_cost is not None and ledger.cost[number] > rule.max_cost:
                self.rows.add(dict.fromkeys(inside, 1.0), high=float(len(inside) - 1))
                return False
            if ledger.cost[number] < rule.min_cost:
                self.rows.add(dict.fromkeys(set(member.values()) - set(inside), 1.0), low=1.0)
                return False
        return True


def search(
    shape: Shape,
    *,
    gap: float,
    time_limit: float,
    report: Report | None = None,
    cancel: Cancel | None = None,
) -> Answer:
    """Find the best programme of a problem."""
    model = _Model(shape)
    unit = model.value_unit
    worst = sum(shape.values)
    if not model.columns:
        is_free = not any(shape.must(i) for i in range(len(shape.values))) and not ProgrammeLedger(shape).open_floors()
        state = SolveState.OPTIMAL if is_free else SolveState.INFEASIBLE
        return Answer(state=state, ledger=ProgrammeLedger(shape) if is_free else None, bound=0)

    def report_in_units(progress: Progress) -> None:
        assert report is not None
        best = None if progress.best is None else progress.best * unit
        bound = None if progress.bound is None else progress.bound * unit
        report(Progress(best=best, bound=bound, gap=progress.gap))

    for _ in range(_MAX_ROUNDS):
        result = solve_milp(
            model.milp(),
            gap=gap,
            time_limit=time_limit,
            report=report_in_units if report is not None else None,
            cancel=cancel,
        )
        if result.state is MilpState.INFEASIBLE:
            return Answer(state=SolveState.INFEASIBLE, ledger=None, bound=0)
        # Values are whole, so a bound of 12.4 means 12; the hair keeps 11.9999999 from becoming 11.
        bound = int(min(float(worst), np.floor(result.bound * unit + 1e-6 * max(1.0, unit)))) if worst else 0
        if result.state is MilpState.CANCELLED:
            return Answer(state=SolveState.CANCELLED, ledger=None, bound=worst)
        if result.x is None:
            return Answer(state=SolveState.STOPPED, ledger=None, bound=bound)
        ledger = model.replay(result.x)
        if ledger is not None:
            state = SolveState.OPTIMAL if result.state is MilpState.OPTIMAL else SolveState.STOPPED
            return Answer(state=state, ledger=ledger, bound=bound)
    return Answer(state=SolveState.STOPPED, ledger=None, bound=worst)
