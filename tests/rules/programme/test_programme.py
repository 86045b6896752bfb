"""The programme equals brute force, never spends a fen too much, and gives its reasons."""

import itertools
import random
from dataclasses import replace
from fractions import Fraction

import pytest

from renovation.errors import InvalidError
from renovation.model.funding import Pot
from renovation.model.items import ItemClass
from renovation.model.programme import (
    Capacity,
    Exclusion,
    GroupRule,
    Lock,
    Objective,
    Order,
    PlannedProject,
    Problem,
    SolveState,
)
from renovation.rules.programme.basis import first_year
from renovation.rules.programme.ledger import BLEND_POINTS, values_of
from renovation.rules.programme.programme import plan_programme

CLASSES = tuple(ItemClass)


def random_problem(chance, *, biggest=30):
    """Draw a small problem in which every kind of rule occurs."""
    years = (2027, 2028)[: chance.randint(1, 2)]
    count = chance.randint(1, 6 if len(years) == 1 else 5)
    districts = ["A", "B"]
    projects = tuple(
        PlannedProject(
            id=f"p{i}",
            cost=chance.randint(0, biggest),
            votes=chance.randint(0, 9),
            households=chance.randint(0, 9),
            score=Fraction(chance.randint(0, 9), 9),
            item_classes=frozenset({chance.choice(CLASSES[:2])}),
            areas=frozenset({chance.choice(districts)}),
            sites=chance.randint(1, 2),
            mandatory=chance.random() < 0.08,
            promised_year=chance.choice(years) if chance.random() < 0.08 else None,
            years=frozenset({chance.choice(years)}) if chance.random() < 0.1 else frozenset(),
            whole=chance.randint(biggest // 2, biggest + 9) if chance.random() < 0.3 else 0,
        )
        for i in range(count)
    )
    pots = tuple(
        Pot(
            id=f"pot{j}",
            name=f"pot{j}",
            year=chance.choice(years),
            amount=chance.randint(0, 2 * biggest),
            classes=frozenset({chance.choice(CLASSES[:2])}) if chance.random() < 0.3 else frozenset(),
            areas=frozenset({chance.choice(districts)}) if chance.random() < 0.3 else frozenset(),
            project_cap=chance.randint(biggest // 2, biggest) if chance.random() < 0.2 else None,
        )
        for j in range(chance.randint(1, 4))
    )
    pairs = list(itertools.combinations([project.id for project in projects], 2))
    chance.shuffle(pairs)
    rules = []
    if chance.random() < 0.4:
        rules.append(GroupRule(group="A", min_count=chance.randint(0, 1), max_cost=chance.randint(0, 2 * biggest)))
    if chance.random() < 0.3:
        rules.append(
            GroupRule(
                group="B",
                min_cost=chance.randint(0, biggest),
                max_count=chance.randint(1, 3),
                year=chance.choice(years),
            )
        )
    locks = []
    if chance.random() < 0.2:
        locks.append(Lock(project="p0", is_chosen=chance.random() < 0.5, reason="会议决定"))
    return Problem(
        years=years,
        projects=projects,
        pots=pots,
        group_rules=tuple(rules),
        orders=tuple(Order(first=a, then=b, is_required=chance.random() < 0.5) for a, b in pairs[:1]),
        exclusions=tuple(Exclusion(projects=pair) for pair in pairs[1:2] if chance.random() < 0.5),
        capacities=tuple(Capacity(year=year, sites=chance.randint(1, 6)) for year in years if chance.random() < 0.4),
        locks=tuple(locks),
        objective=chance.choice([Objective.VOTES, Objective.HOUSEHOLDS, Objective.SCORE]),
    )


def may_pay(pot, project, year):
    return (
        pot.year == year
        and (not pot.classes or project.item_classes <= pot.classes)
        and (not pot.items or project.items <= pot.items)
        and (not pot.areas or bool(project.areas & pot.areas))
        and (pot.project_cap is None or project.whole_cost <= pot.project_cap)
    )


def is_allowed(problem, plan):
    """Check a plan (id → year) from the definitions alone; money by Hall's condition over all sets of pots."""
    by_id = {project.id: project for project in problem.projects}
    for project in problem.projects:
        year = plan.get(project.id)
        if year is None:
            if project.mandatory or project.promised_year is not None:
                return False
            continue
        if project.years and year not in project.years:
            return False
        if project.promised_year is not None and year > project.promised_year:
            return False
    for year in problem.years:
        pots = [pot for pot in problem.pots if pot.year == year]
        chosen = [by_id[name] for name, at in plan.items() if at == year]
        payers = [{pot.id for pot in pots if may_pay(pot, project, year)} for project in chosen]
        if any(not payer and project.cost for payer, project in zip(payers, chosen, strict=True)):
            return False
        for size in range(len(pots) + 1):
            for some in itertools.combinations(pots, size):
                names = {pot.id for pot in some}
                due = sum(p.cost for p, payer in zip(chosen, payers, strict=True) if payer <= names)
                if due > sum(pot.amount for pot in some):
                    return False
    for rule in problem.group_rules:
        inside = [
            by_id[name]
            for name, at in plan.items()
            if rule.group in by_id[name].memberships and rule.year in (None, at)
        ]
        cost = sum(project.cost for project in inside)
        if cost < rule.min_cost or (rule.max_cost is not None and cost > rule.max_cost):
            return False
        if len(inside) < rule.min_count or (rule.max_count is not None and len(inside) > rule.max_count):
            return False
    for order in problem.orders:
        first, then = plan.get(order.first), plan.get(order.then)
        if then is not None and ((first is None and order.is_required) or (first is not None and first > then)):
            return False
    if any(sum(name in plan for name in exclusion.projects) > 1 for exclusion in problem.exclusions):
        return False
    for capacity in problem.capacities:
        if sum(by_id[name].sites for name, at in plan.items() if at == capacity.year) > capacity.sites:
            return False
    return all(
        (lock.project in plan) == lock.is_chosen and (lock.year is None or plan.get(lock.project) in (None, lock.year))
        for lock in problem.locks
    )


def brute_force(problem):
    """Return the best objective over every plan, or ``None`` when no plan is allowed."""
    values = values_of(problem)
    best = None
    for years in itertools.product((None, *problem.years), repeat=len(problem.projects)):
        plan = {p.id: year for p, year in zip(problem.projects, years, strict=True) if year is not None}
        worth = sum(value for value, year in zip(values, years, strict=True) if year is not None)
        if (best is None or worth > best) and is_allowed(problem, plan):
            best = worth
    return best


@pytest.mark.parametrize("part", range(10))
def test_fifty_times_ten_small_problems_equal_brute_force(part):
    chance = random.Random(part)
    infeasible = 0
    for _ in range(50):
        problem = random_problem(chance, biggest=chance.choice([6, 30, 10**9]))
        best = brute_force(problem)
        found = plan_programme(problem, gap=0)
        if best is None:
            infeasible += 1
            assert found.state is SolveState.INFEASIBLE
            assert not found.chosen
            continue
        assert found.state is SolveState.OPTIMAL
        assert found.objective == best
        assert found.bound >= best
        plan = {line.project: line.year for line in found.chosen}
        assert is_allowed(problem, plan)
        assert found.baseline.objective <= best or not found.baseline.is_feasible
        assert_money_adds_up(problem, found)
        assert {line.project for line in found.left_out} | set(plan) == {project.id for project in problem.projects}
    assert infeasible <= 35


def assert_money_adds_up(problem, found):
    pots = {pot.id: pot for pot in problem.pots}
    spent = dict.fromkeys(pots, 0)
    costs = {project.id: project for project in problem.projects}
    for line in found.chosen:
        assert sum(money for _, money in line.payments) == line.cost == costs[line.project].cost
        for pot, money in line.payments:
            assert money > 0
            assert may_pay(pots[pot], costs[line.project], line.year)
            spent[pot] += money
    for use in found.pots:
        assert use.spent == spent[use.pot]
        assert use.spent + use.left == use.amount == pots[use.pot].amount
        assert use.left >= 0
    assert found.total_cost == sum(spent.values())


def one_year(projects, amount, **changes):
    pots = (Pot(id="a", name="区级", year=2027, amount=amount),)
    return Problem(**{"years": (2027,), "projects": projects, "pots": pots, **changes})


def project(name, cost, votes, **changes):
    return PlannedProject(id=name, cost=cost, votes=votes, **changes)


def test_the_best_set_beats_the_plain_list_and_both_are_shown():
    found = plan_programme(one_year((project("big", 100, 10), project("x", 60, 7), project("y", 40, 6)), 100), gap=0)
    assert found.objective == 13
    assert found.baseline.objective == 10
    assert found.baseline.chosen == {"big": 2027}
    (out,) = found.left_out
    assert (out.project, out.reason.code, out.reason.fields["short"]) == ("big", "programme.money", 100)


def test_one_fen_too_much_is_too_much():
    found = plan_programme(one_year((project("a", 10**12, 5), project("b", 1, 5)), 10**12), gap=0)
    assert found.objective == 5
    assert plan_programme(one_year((project("a", 10**12, 5), project("b", 1, 5)), 10**12 + 1), gap=0).objective == 10


def test_a_project_may_be_paid_out_of_two_pots():
    pots = (Pot(id="a", name="a", year=2027, amount=60), Pot(id="b", name="b", year=2027, amount=50))
    found = plan_programme(Problem(years=(2027,), projects=(project("p", 100, 1),), pots=pots), gap=0)
    (line,) = found.chosen
    assert line.payments == (("a", 60), ("b", 40))
    assert [use.left for use in found.pots] == [0, 10]


def test_works_stand_in_the_earliest_year_with_room():
    pots = tuple(Pot(id=str(year), name=str(year), year=year, amount=100) for year in (2027, 2028, 2029))
    projects = (project("a", 60, 9), project("b", 60, 5), project("c", 40, 3))
    found = plan_programme(Problem(years=(2027, 2028, 2029), projects=projects, pots=pots), gap=0)
    assert {line.project: line.year for line in found.chosen} == {"a": 2027, "b": 2028, "c": 2027}


def test_locks_promises_and_duties_stand_in_the_reasons():
    projects = (
        project("m", 10, 0, mandatory=True),
        project("q", 10, 0, promised_year=2027),
        project("l", 10, 0),
        project("o", 10, 99),
        project("v", 10, 5),
    )
    locks = (
        Lock(project="l", is_chosen=True, reason="样板点"),
        Lock(project="o", is_chosen=False, reason="另有资金"),
    )
    found = plan_programme(one_year(projects, 40, locks=locks), gap=0)
    assert {line.project: line.reason.code for line in found.chosen} == {
        "v": "programme.chosen_for_votes",
        "m": "programme.mandatory",
        "q": "programme.promised",
        "l": "programme.locked_in",
    }
    (out,) = found.left_out
    assert (out.reason.code, out.reason.fields["why"]) == ("programme.locked_out", "另有资金")


def test_a_blend_counts_shares_of_totals():
    projects = (
        project("a", 1, 3, households=0),
        project("b", 1, 1, households=10),
    )
    blend = {Objective.VOTES: Fraction(1), Objective.HOUSEHOLDS: Fraction(3)}
    problem = one_year(projects, 1, objective=Objective.BLEND, blend=blend)
    assert values_of(problem) == (BLEND_POINTS * 3 // 16, BLEND_POINTS * 13 // 16)
    assert [line.project for line in plan_programme(problem, gap=0).chosen] == ["b"]


def test_progress_and_cancel_come_from_a_child_process():
    chance = random.Random(5)
    projects = tuple(project(f"p{i}", chance.randint(10**6, 10**8), chance.randint(1, 400)) for i in range(200))
    problem = one_year(projects, 10**9)
    steps = []
    watched = plan_programme(problem, gap=0, report=steps.append)
    assert watched.objective == plan_programme(problem, gap=0).objective
    assert steps
    assert all(step.best is None or step.best <= watched.bound + 1 for step in steps)
    asked = iter([False, False, True])
    cancelled = plan_programme(problem, gap=0, cancel=lambda: next(asked))
    assert cancelled.state is SolveState.CANCELLED
    assert cancelled.objective == cancelled.baseline.objective > 0


def test_a_large_search_tells_progress_in_whole_units():
    chance = random.Random(6)
    projects = tuple(project(f"p{i}", chance.randint(10**6, 10**8), chance.randint(1, 400)) for i in range(1200))
    steps = []
    found = plan_programme(one_year(projects, 10**10), report=steps.append)
    assert found.state is SolveState.OPTIMAL
    assert found.gap <= 0.001
    assert steps
    # The bound of a core may lie below that of the whole, but both are in votes and near the answer.
    assert all(step.best is None or step.best <= found.bound + 1 for step in steps)
    assert abs(steps[-1].bound - found.objective) < 0.01 * found.objective


def test_nothing_to_choose_from():
    assert plan_programme(one_year((), 100)).state is SolveState.OPTIMAL
    no_pot = plan_programme(Problem(years=(2027,), projects=(project("p", 1, 1),), pots=()))
    assert no_pot.state is SolveState.OPTIMAL
    assert no_pot.left_out[0].reason.code == "programme.no_pot_at_all"
    must = replace(project("p", 1, 1), mandatory=True)
    assert plan_programme(Problem(years=(2027,), projects=(must,), pots=())).state is SolveState.INFEASIBLE


@pytest.mark.parametrize(
    "wrong",
    [
        {"years": ()},
        {"years": (2028, 2027)},
        {"projects": (project("p", 1, 1),) * 2},
        {"orders": (Order(first="p", then="x"),)},
        {"objective": Objective.BLEND},
        {"pots": (Pot(id="a", name="a", year=2027, amount=1),) * 2},
    ],
)
def test_problems_that_cannot_be_are_refused(wrong):
    with pytest.raises(InvalidError):
        one_year(**{"projects": (project("p", 1, 1),), "amount": 1, **wrong})


def test_a_lock_needs_a_reason():
    with pytest.raises(InvalidError):
        Lock(project="p", is_chosen=True, reason=" ")


def test_a_programme_is_first_thought_of_for_the_next_year_with_money():
    assert first_year([2026, 2028, 2027], 2026) == 2027
    assert first_year([2025, 2024], 2026) == 2024
    assert first_year([], 2026) == 2027
