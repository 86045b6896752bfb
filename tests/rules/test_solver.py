"""HiGHS behind one door: cores, whole searches, the log, the child."""

import numpy as np
import pytest
from scipy import sparse

from renovation.rules import solver
from renovation.rules.solver import Milp, MilpState, parse_progress, solve_milp


def knapsack(count, seed=1, budget=0.3):
    chance = np.random.default_rng(seed)
    costs = chance.integers(10, 1000, count).astype(float)
    return Milp(
        value=chance.integers(1, 400, count).astype(float),
        rows=sparse.csr_array(costs[None, :]),
        low=np.array([-np.inf]),
        high=np.array([costs.sum() * budget]),
        upper=np.ones(count),
        integer=np.ones(count, dtype=np.int8),
    )


def test_a_core_is_within_the_gap_of_the_whole():
    problem = knapsack(1500)
    by_core = solve_milp(problem, gap=0.001)
    whole = solve_milp(problem, gap=0.0)
    assert by_core.state is whole.state is MilpState.OPTIMAL
    best = problem.value @ whole.x
    assert best * 0.999 <= problem.value @ by_core.x <= best + 1e-6 <= by_core.bound + 1e-5
    assert (problem.rows @ by_core.x <= problem.high + 1e-6).all()


def test_a_core_that_misses_the_gap_gives_way_to_the_whole(monkeypatch):
    monkeypatch.setattr(solver, "CORE_SIZES", (5,))
    problem = knapsack(60, budget=0.05)
    answer = solve_milp(problem, gap=1e-9)
    assert problem.value @ answer.x == pytest.approx(problem.value @ solve_milp(problem).x)


def test_what_cannot_be_is_infeasible_in_both_ways():
    problem = knapsack(700)
    impossible = Milp(
        value=problem.value,
        rows=problem.rows,
        low=np.array([1e9]),
        high=np.array([2e9]),
        upper=problem.upper,
        integer=problem.integer,
    )
    assert solve_milp(impossible, gap=0.001).state is MilpState.INFEASIBLE
    assert solve_milp(impossible).state is MilpState.INFEASIBLE


def test_a_row_of_the_log_is_read_and_other_lines_are_not():
    line = " L   0   0   0   0.00%   -132617.223232  -132546   0.05%   184   40   234   2083   12.8s"
    step = parse_progress(line, 10.0)
    assert (step.best, step.bound) == (132_556, pytest.approx(132_627.223232))
    assert step.gap == pytest.approx(71.223232 / 132_556)
    nothing_yet = parse_progress("  0   0   0   0.00%   -174560   inf   inf   0   0   0   0   1.3s")
    assert (nothing_yet.best, nothing_yet.bound, nothing_yet.gap) == (None, 174_560, None)
    assert parse_progress("Solving report") is None


def test_the_child_gives_the_same_answer_and_can_be_stopped():
    problem = knapsack(300)
    steps = []
    watched = solve_milp(problem, gap=0.0, report=steps.append)
    assert problem.value @ watched.x == pytest.approx(problem.value @ solve_milp(problem).x)
    assert solve_milp(problem, cancel=lambda: True).state is MilpState.CANCELLED
