"""Maximum welfare: the set of highest total score under all limits, as an exact integer programme (HiGHS, gap 0).

Among sets of equal total, the one that contains the first project in the order of the tie-break wins, then the second,
and so on. Projects without a score are never taken: they would not raise the total.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import gcd, lcm
from typing import Any

import numpy as np

from renovation.errors import InvalidError
from renovation.model.elections import Allocation, Instance, Reason, Tie
from renovation.rules.election.constraints import Obstacle, refuse_unused
from renovation.rules.election.contest import Contest, contest, finish, obstacle_reason
from renovation.rules.election.profile import Profile
from renovation.rules.election.settings import Settings

#: Projects whose order is settled by one programme: their powers of two stay far inside a float's whole numbers.
CHUNK = 20
#: Solutions that only the solver's tolerance allows are cut off; more of them would mean amounts beyond its range.
MOST_CUTS = 50


def max_welfare(instance: Instance, profile: Profile, settings: Settings) -> Allocation:
    """Choose the set of highest total score.

    Raises
    ------
    InvalidError
        The settings contradict themselves, the instance or the rule; or ``rules.no_solution``: optimality was not
        proven.
    ConflictError
        A tie that matters is left to the committee.
    """
    refuse_unused(settings, rule="max-welfare")
    held = contest(instance, profile, settings)
    programme = IntegerProgramme(held)
    best = programme.best()
    other = programme.another(best)
    ties: list[Tie] = []
    lost: dict[int, str] = {}
    if other is not None:
        first = programme.first_in_order(best)
        if other == first:
            other = best
        differing = sorted(first ^ other)
        tie = held.ties.tie(differing)
        ties.append(tie)
        best = first
        lost = dict.fromkeys(other - first, tie.decided_by)
    winners = sorted(best, key=lambda project: programme.order.index(project))
    winners.sort(key=lambda project: -held.tally.scores[project])
    reasons = {project: _reason(held, programme, best, lost, project) for project in held.entrants}
    return finish(held, rule="max-welfare", winners=winners, reasons=reasons, ties=ties)


_TOO_DEAR = {
    "budget": "max_welfare.too_dear",
    "category_budget": "max_welfare.category_too_dear",
    "area_budget": "max_welfare.area_too_dear",
}


def _reason(held: Contest, programme: IntegerProgramme, best: set[int], lost: dict[int, str], project: int) -> Reason:
    fields: dict[str, Any] = {
        "votes": held.tally.votes[project],
        "score": held.tally.scores[project],
        "cost": held.limits.costs[project],
    }
    if project in best:
        return Reason("max_welfare.selected", fields)
    if project in programme.impossible:
        found = obstacle_reason(held, project, programme.impossible[project], **fields)
        # This rule serves nobody in turn: what does not fit an untouched pot is dearer than all of it.
        return Reason(_TOO_DEAR[found.code], found.fields) if found.code in _TOO_DEAR else found
    if project in lost:
        return Reason("max_welfare.lost_tie", fields | {"decided_by": lost[project]})
    return Reason("max_welfare.displaced" if held.tally.scores[project] else "no_vote", fields)


class IntegerProgramme:
    """The integer programme of an election.

    Attributes
    ----------
    order
        The projects that can be taken, in the order of the tie-break.
    impossible
        Projects that do not even fit alone beside the mandatory ones.
    """

    def __init__(self, held: Contest) -> None:
        self._held = held
        obstacles = {project: held.room.obstacle(project) for project in held.entrants}
        self.impossible: dict[int, Obstacle] = {p: o for p, o in obstacles.items() if o is not None}
        possible = [p for p in held.entrants if obstacles[p] is None and held.tally.scores[p] > 0]
        self.order = held.ties.ordered(possible)[0] if possible else []
        scale = lcm(*(Fraction(held.tally.scores[p]).denominator for p in self.order)) if self.order else 1
        gains = [int(held.tally.scores[p] * scale) for p in self.order]
        shared = gcd(*gains) or 1
        #: Whole-number gain per project, beside ``order``.
        self.gains = [gain // shared for gain in gains]
        self._rows, self._most = self._limits()

    def _limits(self) -> tuple[list[list[int]], list[int]]:
        """Return the limits as rows of whole numbers and what each may add up to."""
        held, limits = self._held, self._held.limits
        rows: list[list[int]] = []
        most: list[int] = []
        for pot, left in enumerate(held.room.left):
            row = [limits.costs[p] if pot in limits.pots_of[p] else 0 for p in self.order]
            shared = gcd(*row) or 1
            rows.append([cost // shared for cost in row])
            most.append(left // shared)
        for group in sorted({group for p in self.order for group in limits.groups_of[p]}):
            rows.append([int(group in limits.groups_of[p]) for p in self.order])
            most.append(1)
        for area, left in held.room.cap_left.items():
            rows.append([int(limits.cap_of[p] == area) for p in self.order])
            most.append(left)
        return rows, most

    def total(self, chosen: set[int]) -> int:
        """Return the whole-number total of a set."""
        return sum(gain for project, gain in zip(self.order, self.gains, strict=True) if project in chosen)

    def best(self) -> set[int]:
        """Return a set of highest total, proven."""
        found = self._solve(self.gains, [], [])
        return set() if found is None else found

    def another(self, best: set[int]) -> set[int] | None:
        """Return another set of the same total, if there is one."""
        if not best:
            return None
        # Every gain is positive, so another set of the same total lacks at least one of these.
        row = [-int(project in best) for project in self.order]
        return self._solve([0] * len(self.order), [self.gains, row], [self.total(best), 1 - len(best)])

    def first_in_order(self, best: set[int]) -> set[int]:
        """Return, among the sets of the same total, the one that contains the first projects in order.

        Raises
        ------
        InvalidError
            ``rules.no_solution``.
        """
        rows, least = [self.gains], [self.total(best)]
        for start in range(0, len(self.order), CHUNK):
            chunk = self.order[start : start + CHUNK]
            gains = [0] * len(self.order)
            for place in range(len(chunk)):
                gains[start + place] = 2 ** (CHUNK - 1 - place)
            found = self._solve(gains, rows, least)
            if found is None:
                raise InvalidError("rules.no_solution")
            best = found
            rows, least = [*rows, gains], [*least, sum(g for p, g in zip(self.order, gains, strict=True) if p in best)]
        return best

    def _solve(self, gains: Sequence[int], rows: Sequence[Sequence[int]], least: Sequence[int]) -> set[int] | None:
        """Maximise ``gains`` under the limits and ``rows`` of at least ``least``; check the answer in whole numbers."""
        from scipy.optimize import Bounds, LinearConstraint, milp

        if not self.order:
            return None
        rows, least = list(rows), list(least)
        for _ in range(MOST_CUTS):
            matrix = np.array([*self._rows, *([-value for value in row] for row in rows)], dtype=float)
            upper = np.array([*self._most, *(-value for value in least)], dtype=float)
            answer = milp(
                -np.array(gains, dtype=float),
                constraints=LinearConstraint(matrix, -np.inf, upper),
                integrality=np.ones(len(self.order)),
                bounds=Bounds(0, 1),
                options={"mip_rel_gap": 0.0},
            )
            if answer.status == 2:
                return None
            if answer.status != 0 or answer.x is None:
                raise InvalidError("rules.no_solution")
            taken = np.round(answer.x).astype(int).tolist()
            if self._fits(taken, rows, least):
                reached = sum(gain * take for gain, take in zip(gains, taken, strict=True))
                if -answer.mip_dual_bound >= reached + 1:
                    raise InvalidError("rules.no_solution")
                return {project for project, take in zip(self.order, taken, strict=True) if take}
            rows.append([1 - 2 * take for take in taken])
            least.append(1 - sum(taken))
        raise InvalidError("rules.no_solution")

    def _fits(self, taken: list[int], rows: Sequence[Sequence[int]], least: Sequence[int]) -> bool:
        def total(row: Sequence[int]) -> int:
            return sum(value * take for value, take in zip(row, taken, strict=True))

        return all(total(row) <= most for row, most in zip(self._rows, self._most, strict=True)) and all(
            total(row) >= value for row, value in zip(rows, least, strict=True)
        )
