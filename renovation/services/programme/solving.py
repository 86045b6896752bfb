"""The long computations behind a programme: choosing it, and what its rules and more money would change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from renovation.model.programme import Constraint, Programme, SolveState
from renovation.model.scenarios import ProgrammeInput
from renovation.rules.programme.advice import (
    NEXT_MILLION,
    ConstraintPrice,
    PotGain,
    collisions,
    next_money,
    price_constraints,
)
from renovation.rules.programme.programme import plan_programme
from renovation.rules.solver import Progress

#: Searches behind "what would more money buy" are shorter than the one that decides.
_ADVICE_LIMIT_S = 10
#: How close a search is, is told in parts of so many.
_PARTS = 1000

#: ``told(done, whole)``.
Told = Callable[[int, int], None]
#: Whether to stop; what is found by then is the answer.
Cancel = Callable[[], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """An answer, with the question it answers."""

    basis: ProgrammeInput
    programme: Programme
    collisions: tuple[Constraint, ...] = ()

    @property
    def is_of_register(self) -> bool:
        """Whether it was chosen from what is on file, and not from somebody's own list."""
        return all(place.project_id for place in self.basis.places.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What rules cost and what more money would buy; ``is_partial`` when somebody stopped it."""

    prices: tuple[ConstraintPrice, ...] = ()
    gains: tuple[PotGain, ...] = ()
    is_partial: bool = False


def solve(basis: ProgrammeInput, told: Told, cancel: Cancel) -> Solved:
    """Choose a programme; where none is possible, find which rules collide."""
    closest = 0

    def report(progress: Progress) -> None:
        nonlocal closest
        if progress.gap is not None:
            closest = max(closest, min(_PARTS, round(_PARTS * (1 - progress.gap))))
            told(closest, _PARTS)

    found = plan_programme(basis.problem, report=report, cancel=cancel)
    reasons: Sequence[Constraint] = ()
    if found.state is SolveState.INFEASIBLE:
        reasons = collisions(basis.problem, time_limit=_ADVICE_LIMIT_S, cancel=cancel) or ()
    return Solved(basis=basis, programme=found, collisions=tuple(reasons))


def advise(solved: Solved, told: Told, cancel: Cancel) -> Advice:
    """Find what more money would buy and what each rule costs."""
    problem, found, limit = solved.basis.problem, solved.programme, _ADVICE_LIMIT_S
    gains = next_money(problem, found, added=NEXT_MILLION, time_limit=limit, step=told, cancel=cancel)
    prices = price_constraints(problem, found, time_limit=limit, step=told, cancel=cancel)
    return Advice(prices=tuple(prices), gains=tuple(gains), is_partial=cancel())
