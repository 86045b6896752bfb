"""Choose the year's programme: the best projects under all pots and rules, exactly, with the reason of every line."""

from __future__ import annotations

from renovation.model.elections import Reason
from renovation.model.programme import Baseline, GroupUse, LeftOut, PlanLine, PotUse, Problem, Programme, SolveState
from renovation.rules.programme.ledger import ProgrammeLedger, Shape, greedy, shape_of
from renovation.rules.programme.milp import search
from renovation.rules.programme.purse import Payers
from renovation.rules.solver import Cancel, Report

RULES_VERSION = "programme-1"
#: 0.1 %: closer than any vote count is meant.
GAP = 0.001
TIME_LIMIT = 60.0


def plan_programme(
    problem: Problem,
    *,
    gap: float = GAP,
    time_limit: float = TIME_LIMIT,
    report: Report | None = None,
    cancel: Cancel | None = None,
) -> Programme:
    """Choose the programme with the largest objective.

    Parameters
    ----------
    gap
        Relative gap at which the search may end; 0 proves the optimum.
    time_limit
        Seconds for the search; what is best by then is returned as "stopped".
    report, cancel
        Progress of the search (objective in whole units), and whether to stop it. A cancelled search returns the
        baseline.

    Returns
    -------
    Programme
        Never below a feasible baseline. Money left that still buys something has bought it, and works stand in the
        earliest year that has room. An infeasible problem has no lines; see ``programme_advice.collisions``.
    """
    shape = shape_of(problem)
    baseline, plain = greedy(shape)
    answer = search(shape, gap=gap, time_limit=time_limit, report=report, cancel=cancel)
    ledger = answer.ledger
    if ledger is not None:
        ledger.fill()
    if baseline.is_feasible and (ledger is None or ledger.objective < plain.objective):
        ledger = plain
    if ledger is None or answer.state is SolveState.INFEASIBLE:
        return _result(shape, ProgrammeLedger(shape), answer.state, answer.bound, baseline, is_planned=False)
    ledger.pull_forward()
    return _result(shape, ledger, answer.state, max(answer.bound, ledger.objective), baseline, is_planned=True)


def _result(
    shape: Shape, ledger: ProgrammeLedger, state: SolveState, bound: int, baseline: Baseline, *, is_planned: bool
) -> Programme:
    problem = shape.problem
    objective = ledger.objective
    pots = []
    for number, pot in enumerate(problem.pots):
        left = ledger.purses[pot.year].left[number] if pot.year in ledger.purses else pot.amount
        pots.append(PotUse(pot=pot.id, amount=pot.amount, spent=pot.amount - left, left=left))
    return Programme(
        state=state,
        objective=objective,
        bound=bound,
        gap=(bound - objective) / objective if objective else float(bound > 0),
        chosen=_lines(shape, ledger),
        left_out=_left_out(shape, ledger) if is_planned else (),
        total_cost=sum(problem.projects[i].cost for i in ledger.chosen),
        pots=tuple(pots),
        groups=tuple(
            GroupUse(rule=rule, cost=ledger.cost[number], count=ledger.count[number])
            for number, rule in enumerate(problem.group_rules)
        ),
        baseline=baseline,
        rules_version=RULES_VERSION,
    )


def _lines(shape: Shape, ledger: ProgrammeLedger) -> tuple[PlanLine, ...]:
    """List the chosen projects by year and value, each with the pots that pay it."""
    problem = shape.problem
    order = sorted(ledger.chosen, key=lambda i: (ledger.chosen[i], -shape.values[i], i))
    purses: dict[tuple[int, Payers], dict[int, int]] = {}
    lines = []
    for i in order:
        year, project = ledger.chosen[i], problem.projects[i]
        payers = shape.payers[i][year]
        if (year, payers) not in purses:
            purses[year, payers] = ledger.purses[year].payments(payers)
        lines.append(
            PlanLine(
                project=project.id,
                year=year,
                cost=project.cost,
                payments=_split(problem, purses[year, payers], project.cost),
                reason=_chosen_reason(shape, i),
            )
        )
    return tuple(lines)


def _split(problem: Problem, purse: dict[int, int], cost: int) -> tuple[tuple[str, int], ...]:
    """Take a project's cost out of what the pots pay for its class; one pot alone where one suffices."""
    enough = sorted((money, pot) for pot, money in purse.items() if money >= cost)
    takes: list[tuple[int, int]] = [(enough[0][1], cost)] if enough and cost else []
    if not takes:
        for pot in sorted(purse, key=lambda number: -purse[number]):
            part = min(cost, purse[pot])
            if part:
                takes.append((pot, part))
                cost -= part
    for pot, part in takes:
        purse[pot] -= part
    return tuple((problem.pots[pot].id, part) for pot, part in takes)


def _chosen_reason(shape: Shape, i: int) -> Reason:
    project = shape.problem.projects[i]
    match shape.must(i):
        case "locked":
            return Reason("programme.locked_in", {"why": shape.locks[i].reason})
        case "promised":
            return Reason("programme.promised", {"year": project.promised_year})
        case "mandatory":
            return Reason("programme.mandatory")
    if not project.cost:
        return Reason("programme.chosen_paid_elsewhere")
    fields = {"votes": project.votes, "households": project.households, "cost": project.cost}
    return Reason(f"programme.chosen_for_{shape.problem.objective.value}", fields)


def _left_out(shape: Shape, ledger: ProgrammeLedger) -> tuple[LeftOut, ...]:
    """Say of each project that is not chosen what stands in its way in the programme as it is."""
    problem = shape.problem
    found = []
    for i in sorted(range(len(problem.projects)), key=lambda i: (-shape.values[i], i)):
        if i in ledger.chosen:
            continue
        lock = shape.locks.get(i)
        if lock is not None and not lock.is_chosen:
            reason = Reason("programme.locked_out", {"why": lock.reason})
        else:
            reason = _refusal(ledger, i)
        found.append(LeftOut(project=problem.projects[i].id, reason=reason))
    return tuple(found)


def _refusal(ledger: ProgrammeLedger, i: int) -> Reason:
    """Try every year and keep the refusal that says most: money short by least, else the last year's rule."""
    money: list[Reason] = []
    other: Reason | None = None
    for year in ledger.shape.payers[i]:
        refusal = ledger.add(i, year)
        if refusal is None:
            ledger.remove(i)
            return Reason("programme.no_value")
        if refusal.code == "programme.money":
            money.append(refusal)
        else:
            other = refusal
    if money:
        return min(money, key=lambda reason: int(reason.fields["short"]))
    return other or Reason("programme.no_pot_at_all")
