"""Comparison, pairwise duels and the budget slider."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from random import Random
from types import ModuleType

import pytest

from renovation.errors import InvalidError
from renovation.model.elections import Ballot, Candidate, Instance
from renovation.rules.allocation.budget_sweep import range_of_interest, sweep
from renovation.rules.allocation.comparison import compare, complaints, too_small
from renovation.rules.allocation.registry import REGISTRY, allocate
from renovation.rules.election.profile import profile_from_ballots
from renovation.rules.election.settings import Settings, TieBreak


def _elections() -> ModuleType:
    name = "random_elections"
    if name not in sys.modules:
        path = Path(__file__).resolve().parents[2] / "oracles" / f"{name}.py"
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


INSTANCE = Instance(
    projects=tuple(Candidate(id=name, name=name, cost=cost) for name, cost in {"a": 6, "b": 6, "c": 4}.items()),
    budget=12,
)
BALLOTS = [Ballot(("a", "b"))] * 8 + [Ballot(("c",))] * 4 + [Ballot(())] * 4


def test_compares_by_hand() -> None:
    profile = profile_from_ballots(INSTANCE, BALLOTS)
    allocations = [allocate("greedy", INSTANCE, profile), allocate("mes", INSTANCE, profile)]
    assert [a.winners for a in allocations] == [("a", "b"), ("a",)]
    groups = {"1 栋": profile_from_ballots(INSTANCE, BALLOTS[8:]), "2 栋": profile_from_ballots(INSTANCE, BALLOTS[:3])}
    found = compare(INSTANCE, profile, allocations, divisions=[groups], smallest_group=5)
    assert found.chosen_by_all == ("a",)
    assert found.disputed == {"b": (0,)}
    greedy = found.columns[0]
    assert greedy.money_used == 1
    assert greedy.overall.ballots == 16
    assert greedy.overall.at_least == (Fraction(1, 2), Fraction(1, 2), 0, 0, 0)
    assert (greedy.overall.average_chosen, greedy.overall.average_money) == (1, 6)
    assert greedy.overall.excluded == Fraction(4, 12)
    assert greedy.groups["2 栋"] is None
    assert greedy.groups["1 栋"] is not None
    assert greedy.groups["1 栋"].excluded == 1


def test_no_small_rest_is_left_to_subtract() -> None:
    assert too_small({"a": 100, "b": 40, "c": 3}, 143, 10) == {"b", "c"}
    assert too_small({"a": 100, "b": 40, "c": 3, "d": 8}, 151, 10) == {"c", "d"}
    assert too_small({"a": 100, "b": 40}, 145, 10) == {"b"}  # five ballots are in no group
    assert too_small({"a": 100, "b": 40}, 140, 10) == set()


def test_a_large_group_left_out_may_complain() -> None:
    profile = profile_from_ballots(INSTANCE, [Ballot(("a", "b"))] * 8 + [Ballot(("c",))] * 4)
    (complaint,) = complaints(INSTANCE, profile, ("a", "b"))
    assert (complaint.project, complaint.supporters, complaint.due) == ("c", 4, 4)
    assert complaints(INSTANCE, profile, ("a", "c")) == ()


def test_equal_shares_leaves_no_complaint() -> None:
    for seed in range(80):
        random = Random(seed)
        instance, ballots = _elections().random_election(random)
        instance = replace(instance, projects=tuple(replace(p, mandatory=False) for p in instance.projects))
        profile = profile_from_ballots(instance, ballots)
        if profile.values is None:
            assert complaints(instance, profile, allocate("mes", instance, profile).winners) == (), f"seed {seed}"


@pytest.mark.parametrize("rule", REGISTRY)
def test_the_slider_shows_what_the_rule_gives(rule: str) -> None:
    for seed in range(3 if rule == "max-welfare" else 8):
        random = Random(seed)
        instance, ballots = _elections().random_election(random)
        instance = replace(instance, projects=tuple(replace(p, mandatory=False) for p in instance.projects))
        settings = replace(_elections().random_settings(random, instance, rule), tie_break=TieBreak.ID)
        profile = profile_from_ballots(instance, ballots)
        most = instance.budget * 2
        done: list[tuple[int, int]] = []

        def progress(at: int, of: int, done: list[tuple[int, int]] = done) -> None:
            done.append((at, of))

        few = seed % 4 > 0
        points = 6 if few else 40
        found = sweep(rule, instance, profile, settings, least=0, most=most, points=points, on_progress=progress)
        assert found.exact or rule == "mes" or (rule == "max-welfare" and few)
        tried = {found.least, instance.budget, found.most, *found.tried[:: max(len(found.tried) // 9, 1)]}
        if found.exact:
            assert (found.least, found.most) == (0, most)
            tried |= {*range(0, most, max(most // 5, 1))} | {step.budget - 1 for step in found.steps[1:6]}
        for budget in tried:
            expected = allocate(rule, replace(instance, budget=budget), profile, settings)
            assert found.at(budget).winners == set(expected.winners), f"seed {seed}, budget {budget}"
            assert found.at(budget).total_cost == expected.total_cost
        for step in found.steps[1:]:
            assert step.entered or step.left
            assert all(step.budget in found.enters(project) for project in step.entered)
            assert all(step.budget in found.leaves(project) for project in step.left)
        assert not done or done[-1][0] == done[-1][1]


def test_the_slider_refuses_what_it_has_not_computed() -> None:
    profile = profile_from_ballots(INSTANCE, BALLOTS)
    found = sweep("greedy", INSTANCE, profile, Settings(), least=5, most=10)
    with pytest.raises(InvalidError, match="budget_outside"):
        found.at(11)
    with pytest.raises(InvalidError, match="budget_outside"):
        sweep("greedy", INSTANCE, profile, Settings(), least=5, most=4)
    with pytest.raises(InvalidError, match=r"rules\.unknown"):
        sweep("magic", INSTANCE, profile, Settings(), least=5, most=9)


def test_the_slider_spans_what_is_worth_looking_at() -> None:
    dear = Instance(projects=(Candidate(id="a", name="a", cost=90), Candidate(id="b", name="b", cost=400)), budget=100)
    assert range_of_interest("greedy", dear) == (1, 200)
    assert range_of_interest("mes", dear) == (1, 150)
    cheap = replace(dear, projects=(replace(dear.projects[0], mandatory=True), replace(dear.projects[1], cost=30)))
    assert range_of_interest("greedy", cheap) == (90, 120)
    assert range_of_interest("greedy", replace(cheap, budget=500)) == (90, 500)


def test_projects_that_win_soonest_stand_first() -> None:
    found = sweep("greedy", INSTANCE, profile_from_ballots(INSTANCE, BALLOTS), Settings(), least=0, most=200)
    first = [found.ranges(project.id)[0][0] for project in found.soonest_first(INSTANCE)]
    assert first == sorted(first)
    assert all(found.ranges(project.id) for project in found.soonest_first(INSTANCE))
