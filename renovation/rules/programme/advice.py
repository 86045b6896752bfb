"""What a programme's rules cost: the objective with each relaxed, what more money would buy, which rules collide."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from renovation.model.programme import Constraint, ConstraintKind, Problem, Programme, SolveState
from renovation.rules.programme.ledger import greedy, shape_of
from renovation.rules.programme.milp import search
from renovation.rules.programme.programme import GAP, TIME_LIMIT, plan_programme

#: 100 万元 in fen.
NEXT_MILLION = 100_000_000

#: Called with how many of how many problems are solved.
Step = Callable[[int, int], None]
Cancel = Callable[[], bool]

#: Priced as a whole: one order rule more or less says little, and there may be thousands.
_PRICED_TOGETHER = (
    ConstraintKind.ORDER,
    ConstraintKind.EXCLUSION,
    ConstraintKind.MANDATORY,
    ConstraintKind.PROMISED,
)


def constraints_of(problem: Problem) -> tuple[Constraint, ...]:
    """List every rule of a problem."""
    kind = ConstraintKind
    found = [Constraint(kind.POT, pot.id, i) for i, pot in enumerate(problem.pots)]
    for i, rule in enumerate(problem.group_rules):
        if rule.min_cost or rule.min_count:
            found.append(Constraint(kind.GROUP_FLOOR, rule.group, i))
        if rule.max_cost is not None or rule.max_count is not None:
            found.append(Constraint(kind.GROUP_CAP, rule.group, i))
    found += [Constraint(kind.CAPACITY, str(capacity.year), i) for i, capacity in enumerate(problem.capacities)]
    found += [Constraint(kind.ORDER, f"{order.first} → {order.then}", i) for i, order in enumerate(problem.orders)]
    found += [Constraint(kind.EXCLUSION, ",".join(one.projects), i) for i, one in enumerate(problem.exclusions)]
    for i, project in enumerate(problem.projects):
        if project.mandatory:
            found.append(Constraint(kind.MANDATORY, project.id, i))
        if project.promised_year is not None:
            found.append(Constraint(kind.PROMISED, project.id, i))
    found += [Constraint(kind.LOCK, lock.project, i) for i, lock in enumerate(problem.locks)]
    return tuple(found)


def relaxed(problem: Problem, constraints: Iterable[Constraint]) -> Problem:
    """Return the problem without some of its rules; a relaxed pot never runs dry."""
    gone: dict[ConstraintKind, set[int]] = {kind: set() for kind in ConstraintKind}
    for constraint in constraints:
        gone[constraint.kind].add(constraint.index)
    kind = ConstraintKind
    plenty = sum(project.cost for project in problem.projects)
    rules = []
    for i, rule in enumerate(problem.group_rules):
        if i in gone[kind.GROUP_FLOOR]:
            rule = replace(rule, min_cost=0, min_count=0)
        if i in gone[kind.GROUP_CAP]:
            rule = replace(rule, max_cost=None, max_count=None)
        rules.append(rule)
    projects = list(problem.projects)
    for i in gone[kind.MANDATORY]:
        projects[i] = replace(projects[i], mandatory=False)
    for i in gone[kind.PROMISED]:
        projects[i] = replace(projects[i], promised_year=None)
    return replace(
        problem,
        projects=tuple(projects),
        pots=tuple(
            replace(pot, amount=max(pot.amount, plenty)) if i in gone[kind.POT] else pot
            for i, pot in enumerate(problem.pots)
        ),
        group_rules=tuple(rules),
        capacities=tuple(one for i, one in enumerate(problem.capacities) if i not in gone[kind.CAPACITY]),
        orders=tuple(one for i, one in enumerate(problem.orders) if i not in gone[kind.ORDER]),
        exclusions=tuple(one for i, one in enumerate(problem.exclusions) if i not in gone[kind.EXCLUSION]),
        locks=tuple(one for i, one in enumerate(problem.locks) if i not in gone[kind.LOCK]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ConstraintPrice:
    """What a rule costs: the objective without it, and the difference. ``name`` is empty for all rules of a kind."""

    kind: ConstraintKind
    name: str
    count: int
    objective: int
    price: int


def price_constraints(
    problem: Problem,
    programme: Programme,
    *,
    gap: float = GAP,
    time_limit: float = TIME_LIMIT,
    step: Step | None = None,
    cancel: Cancel | None = None,
) -> tuple[ConstraintPrice, ...]:
    """Plan again without each rule in turn, dearest first.

    Prices are as exact as ``gap``; a price below it is shown as zero. A cancelled run returns what it has.
    """
    singles: list[tuple[ConstraintKind, str, list[Constraint]]] = []
    together: dict[ConstraintKind, list[Constraint]] = {}
    for constraint in constraints_of(problem):
        if constraint.kind in _PRICED_TOGETHER:
            together.setdefault(constraint.kind, []).append(constraint)
        else:
            singles.append((constraint.kind, constraint.name, [constraint]))
    asked = singles + [(kind, "", found) for kind, found in together.items()]
    prices = []
    for done, (kind, name, found) in enumerate(asked):
        if step is not None:
            step(done, len(asked))
        if cancel is not None and cancel():
            break
        without = plan_programme(relaxed(problem, found), gap=gap, time_limit=time_limit, cancel=cancel)
        if without.state is SolveState.CANCELLED:
            break
        prices.append(
            ConstraintPrice(
                kind=kind,
                name=name,
                count=len(found),
                objective=without.objective,
                price=max(0, without.objective - programme.objective),
            )
        )
    return tuple(sorted(prices, key=lambda price: -price.price))


@dataclass(frozen=True, slots=True, kw_only=True)
class PotGain:
    """What more money in one pot would bring: the objective's gain, and which projects would come and go."""

    pot: str
    added: int
    gain: int
    enters: tuple[str, ...]
    leaves: tuple[str, ...]


def next_money(
    problem: Problem,
    programme: Programme,
    *,
    added: int = NEXT_MILLION,
    gap: float = GAP,
    time_limit: float = TIME_LIMIT,
    step: Step | None = None,
    cancel: Cancel | None = None,
) -> tuple[PotGain, ...]:
    """Say what the next million (by default) would buy in each pot, best first."""
    now = {line.project for line in programme.chosen}
    gains = []
    for done, pot in enumerate(problem.pots):
        if step is not None:
            step(done, len(problem.pots))
        if cancel is not None and cancel():
            break
        pots = tuple(replace(one, amount=one.amount + added) if one is pot else one for one in problem.pots)
        richer = replace(problem, pots=pots)
        more = plan_programme(richer, gap=gap, time_limit=time_limit, cancel=cancel)
        if more.state is SolveState.CANCELLED:
            break
        then = [line.project for line in more.chosen]
        # Within the gap a richer pot may seem to lose; then it changes nothing that can be told apart.
        is_better = more.objective > programme.objective
        gains.append(
            PotGain(
                pot=pot.id,
                added=added,
                gain=more.objective - programme.objective if is_better else 0,
                enters=tuple(name for name in then if name not in now) if is_better else (),
                leaves=tuple(sorted(now - set(then))) if is_better else (),
            )
        )
    return tuple(sorted(gains, key=lambda gain: -gain.gain))


def is_feasible(problem: Problem, *, time_limit: float = TIME_LIMIT) -> bool:
    """Tell whether any programme keeps every rule. A search that runs out of time counts as not.

    Without an objective the first programme found ends the search, so it is not watched.
    """
    shape = shape_of(problem)
    if greedy(shape)[0].is_feasible:
        return True
    worthless = replace(shape, values=(0,) * len(shape.values))
    answer = search(worthless, gap=GAP, time_limit=time_limit)
    return answer.state is not SolveState.INFEASIBLE and answer.ledger is not None


def collisions(
    problem: Problem,
    *,
    time_limit: float = TIME_LIMIT,
    cancel: Cancel | None = None,
) -> tuple[Constraint, ...] | None:
    """Find rules that cannot all be kept, none of which can be left out of the list.

    A deletion filter that drops half of what is left at a time: drop a part, and keep it dropped while the rest still
    collides. Empty when the problem is feasible; ``None`` when cancelled.
    """
    everything = constraints_of(problem)

    def collide(kept: Collection[Constraint]) -> bool:
        if cancel is not None and cancel():
            raise _CancelledError
        keep = set(kept)
        return not is_feasible(relaxed(problem, (one for one in everything if one not in keep)), time_limit=time_limit)

    try:
        if not collide(everything):
            return ()
        return tuple(sorted(_minimal(everything, collide), key=everything.index))
    except _CancelledError:
        return None


class _CancelledError(Exception):
    """Leaves the filter."""


def _minimal(constraints: Sequence[Constraint], collide: Callable[[Collection[Constraint]], bool]) -> list[Constraint]:
    """Shrink a colliding list to a minimal one, halving the parts that are tried."""
    needed: list[Constraint] = []
    rest = list(constraints)
    while rest and not (needed and collide(needed)):
        # The shortest beginning of the rest that, with what is needed, still collides ends with a needed rule.
        low, high = 0, len(rest)
        while high - low > 1:
            middle = (low + high) // 2
            if collide([*needed, *rest[:middle]]):
                high = middle
            else:
                low = middle
        needed.append(rest[high - 1])
        rest = rest[: high - 1]
    return needed
