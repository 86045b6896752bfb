"""What would have made a loser win: every answer is checked by running the rule at it and one unit beside it."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path
from random import Random
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from renovation.errors import ConflictError
from renovation.model.elections import Ballot, Instance
from renovation.rules.allocation.registry import REGISTRY, allocate
from renovation.rules.allocation.smallest_change import Certainty, smallest_change
from renovation.rules.election.profile import profile_from_ballots
from renovation.rules.election.settings import Add1, Settings, TieBreak


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


def _wins(rule: str, instance: Instance, ballots: list[Ballot], chosen: Settings, project: str) -> bool:
    try:
        return project in allocate(rule, instance, profile_from_ballots(instance, ballots), chosen).winners
    except ConflictError:
        return False


def _at(instance: Instance, project: str, cost: int) -> Instance:
    changed = (replace(p, cost=cost, full_cost=None) if p.id == project else p for p in instance.projects)
    return replace(instance, projects=tuple(changed))


@pytest.mark.parametrize("rule", [rule for rule in REGISTRY if rule != "max-welfare"])
@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=st.integers(0, 100_000))
def test_the_least_change_wins_and_no_smaller_one_does(rule: str, seed: int) -> None:
    _check(rule, seed)


@settings(max_examples=8, deadline=None, derandomize=True)
@given(seed=st.integers(0, 100_000))
def test_the_least_change_under_maximum_welfare(seed: int) -> None:
    _check("max-welfare", seed)


def _check(rule: str, seed: int) -> None:
    random = Random(seed)
    instance, ballots = _elections().random_election(random)
    chosen = _elections().random_settings(random, instance, rule)
    profile = profile_from_ballots(instance, ballots)
    try:
        winners = allocate(rule, instance, profile, chosen).winners
    except ConflictError:
        return
    losers = [project for project in instance.projects if project.id not in winners]
    if not losers:
        return
    project = random.choice(losers)
    found = smallest_change(rule, instance, profile, chosen, project.id)
    if found.cost_to is not None:
        assert 0 < found.cost_to < project.cost
        assert _wins(rule, _at(instance, project.id, found.cost_to), ballots, chosen, project.id)
    if found.cost is Certainty.LEAST:
        above = range((found.cost_to or 0) + 1, project.cost)
        tried = {*above[:6], *above[-6:], *random.sample(above, min(len(above), 10))}
        assert not any(_wins(rule, _at(instance, project.id, cost), ballots, chosen, project.id) for cost in tried)
    if found.extra_ballots is not None:
        more = [_elections().naming(instance, project.id)] * found.extra_ballots
        assert _wins(rule, instance, ballots + more, chosen, project.id)
        if found.ballots is Certainty.LEAST:
            tried = range(found.extra_ballots)
            assert not any(_wins(rule, instance, ballots + more[:k], chosen, project.id) for k in tried)


def test_says_what_it_cannot_prove() -> None:
    instance, ballots = _elections().random_election(Random(3))
    profile = profile_from_ballots(instance, ballots)
    raised = Settings(add1=Add1.OVERSPEND, step=1)
    loser = next(o.project for o in allocate("mes", instance, profile, raised).outcomes if not o.selected)
    seen: list[int] = []
    found = smallest_change("mes", instance, profile, raised, loser, on_progress=seen.append)
    assert found.cost is Certainty.SUFFICES
    assert seen == list(range(1, found.runs + 1))
    dearest = Settings(tie_break=TieBreak.DEAREST)
    loser = next(o.project for o in allocate("greedy", instance, profile, dearest).outcomes if not o.selected)
    assert smallest_change("greedy", instance, profile, dearest, loser).cost is Certainty.SUFFICES
