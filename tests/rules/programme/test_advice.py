"""What rules cost, what money buys, which rules collide."""

import random

import pytest

from renovation.model.funding import Pot
from renovation.model.programme import (
    Capacity,
    Constraint,
    ConstraintKind,
    Exclusion,
    GroupRule,
    Lock,
    Order,
    PlannedProject,
    Problem,
    SolveState,
)
from renovation.rules.programme.advice import (
    collisions,
    constraints_of,
    is_feasible,
    next_money,
    price_constraints,
    relaxed,
)
from renovation.rules.programme.programme import plan_programme


def project(name, cost, votes, **changes):
    return PlannedProject(id=name, cost=cost, votes=votes, **changes)


def problem(projects, amount, **changes):
    pots = (Pot(id="a", name="区级", year=2027, amount=amount),)
    return Problem(**{"years": (2027,), "projects": projects, "pots": pots, **changes})


THREE = (
    project("x", 60, 9, areas=frozenset({"甲"})),
    project("y", 50, 8, areas=frozenset({"甲"})),
    project("z", 50, 1, areas=frozenset({"乙"})),
)


def test_a_floor_has_a_price():
    asked = problem(THREE, 110, group_rules=(GroupRule(group="乙", min_count=1),))
    found = plan_programme(asked, gap=0)
    assert found.objective == 10
    prices = {(price.kind, price.name): price for price in price_constraints(asked, found, gap=0)}
    assert prices[ConstraintKind.GROUP_FLOOR, "乙"].price == 7
    assert prices[ConstraintKind.POT, "a"].price == 8


def test_orders_are_priced_together_and_steps_are_told():
    asked = problem(THREE, 110, orders=(Order(first="z", then="x", is_required=True),))
    found = plan_programme(asked, gap=0)
    steps = []
    prices = price_constraints(asked, found, gap=0, step=lambda done, of: steps.append((done, of)))
    assert steps == [(0, 2), (1, 2)]
    (order,) = (price for price in prices if price.kind is ConstraintKind.ORDER)
    assert (order.count, order.objective, order.price) == (1, 17, 17 - found.objective)
    assert price_constraints(asked, found, cancel=lambda: True) == ()


def test_the_next_money_names_what_it_buys():
    asked = problem(THREE, 60)
    found = plan_programme(asked, gap=0)
    (gain,) = next_money(asked, found, added=50, gap=0)
    assert (gain.gain, gain.enters, gain.leaves) == (8, ("y",), ())


def test_two_duties_that_exceed_the_pot_collide_with_it():
    projects = (
        project("m", 60, 0, mandatory=True),
        project("n", 60, 0, promised_year=2027),
        project("o", 1, 5),
    )
    asked = problem(projects, 100, capacities=(Capacity(year=2027, sites=9),))
    assert plan_programme(asked).state is SolveState.INFEASIBLE
    assert {(one.kind, one.name) for one in collisions(asked)} == {
        (ConstraintKind.POT, "a"),
        (ConstraintKind.MANDATORY, "m"),
        (ConstraintKind.PROMISED, "n"),
    }


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"locks": (Lock(project="x", is_chosen=True, reason="r"), Lock(project="y", is_chosen=True, reason="r")),
             "exclusions": (Exclusion(projects=("x", "y")),)},
            {ConstraintKind.LOCK, ConstraintKind.EXCLUSION},
        ),
        (
            {"group_rules": (GroupRule(group="甲", min_count=2),), "capacities": (Capacity(year=2027, sites=1),)},
            {ConstraintKind.GROUP_FLOOR, ConstraintKind.CAPACITY},
        ),
        ({"group_rules": (GroupRule(group="丙", min_count=1),)}, {ConstraintKind.GROUP_FLOOR}),
    ],
)  # fmt: skip
def test_collisions_name_the_kinds(changes, expected):
    assert {one.kind for one in collisions(problem(THREE, 10**6, **changes))} == expected


def test_a_feasible_problem_has_no_collision_and_cancel_says_nothing():
    assert collisions(problem(THREE, 100)) == ()
    infeasible = problem((project("m", 60, 0, mandatory=True),), 0)
    assert collisions(infeasible, cancel=lambda: True) is None


def test_what_collides_is_minimal_on_random_problems():
    chance = random.Random(3)
    seen = 0
    while seen < 25:
        projects = tuple(
            project(f"p{i}", chance.randint(1, 30), chance.randint(0, 9), mandatory=chance.random() < 0.5)
            for i in range(5)
        )
        asked = problem(
            projects,
            chance.randint(10, 60),
            exclusions=(Exclusion(projects=("p0", "p1")),),
            capacities=(Capacity(year=2027, sites=chance.randint(1, 4)),),
        )
        found = collisions(asked)
        if not found:
            continue
        seen += 1
        every = constraints_of(asked)
        kept_only = [one for one in every if one not in found]
        assert not is_feasible(relaxed(asked, kept_only))
        for one in found:
            assert is_feasible(relaxed(asked, [*kept_only, one]))


def test_constraints_are_listed_by_kind():
    asked = problem(THREE, 1, group_rules=(GroupRule(group="甲", min_count=1, max_cost=5),))
    assert Constraint(ConstraintKind.GROUP_CAP, "甲", 0) in constraints_of(asked)
    assert len(constraints_of(asked)) == 3
