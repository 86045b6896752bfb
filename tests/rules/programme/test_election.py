"""Elections with budgets per category or area become programmes."""

from fractions import Fraction

import pytest

from renovation.errors import InvalidError
from renovation.model.elections import Candidate, Instance
from renovation.model.programme import Objective
from renovation.rules.programme.election import TOTAL, problem_of
from renovation.rules.programme.programme import plan_programme


def instance(*projects, budget=100):
    return Instance(projects=projects, budget=budget)


def candidate(name, cost, *categories, area=None):
    return Candidate(id=name, name=name, cost=cost, categories=categories, area=area)


def test_budgets_that_split_the_whole_are_pots():
    asked = instance(candidate("a", 60, "x"), candidate("b", 50, "y"), candidate("c", 40, "x"))
    problem = problem_of(asked, (5, 4, 3), category_budgets={"x": 60, "y": 40})
    assert [pot.id for pot in problem.pots] == ["x", "y"]
    found = plan_programme(problem, gap=0)
    assert [line.project for line in found.chosen] == ["a"]
    assert [use.left for use in found.pots] == [0, 40]


def test_budgets_that_overlap_are_caps_under_the_whole():
    asked = instance(candidate("a", 60, "x", "y"), candidate("b", 40, "y"), candidate("c", 30))
    problem = problem_of(asked, (5, 4, 3), category_budgets={"x": 60, "y": 60})
    assert [pot.id for pot in problem.pots] == [TOTAL]
    found = plan_programme(problem, gap=0)
    assert {line.project for line in found.chosen} == {"a", "c"}
    assert {use.rule.group: use.cost for use in found.groups} == {"x": 60, "y": 60}


def test_areas_without_any_budget_and_points():
    asked = instance(candidate("a", 60, area="n"), candidate("b", 50, area="s"), budget=0)
    problem = problem_of(asked, (Fraction(5, 2), 4), area_budgets={"n": 60, "s": 10})
    assert problem.objective is Objective.SCORE
    assert [line.project for line in plan_programme(problem, gap=0).chosen] == ["a"]
    with pytest.raises(InvalidError):
        problem_of(instance(budget=0), ())


def test_one_budget_alone_is_a_knapsack():
    problem = problem_of(instance(candidate("a", 60), candidate("b", 50), candidate("c", 50)), (5, 4, 3))
    assert plan_programme(problem, gap=0).objective == 7
