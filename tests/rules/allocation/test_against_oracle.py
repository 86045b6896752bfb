"""Every rule against the exact oracle, and what the rules promise, on small elections full of ties.

``python tests/oracles/compare.py 20000`` runs the same comparison at length.
"""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path
from random import Random
from types import ModuleType

import pytest

from renovation.model.elections import Allocation, Ballot, Instance
from renovation.rules.allocation.registry import REGISTRY, allocate
from renovation.rules.election.profile import profile_from_ballots
from renovation.rules.election.settings import Add1, Completion, Settings, TieBreak

ORACLES = Path(__file__).resolve().parents[2] / "oracles"


def _load(name: str) -> ModuleType:
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, ORACLES / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]


exact_rules = _load("exact_rules")
random_elections = _load("random_elections")
compare = _load("compare")

#: Rules whose outcome can be read as taking one project after the other.
SEQUENTIAL = [rule for rule in REGISTRY if rule != "max-welfare"]


def _decide(rule: str, instance: Instance, ballots: list[Ballot], settings: Settings) -> Allocation:
    return allocate(rule, instance, profile_from_ballots(instance, ballots), settings)


@pytest.mark.parametrize("part", range(6))
def test_agrees_with_the_oracle(part: int) -> None:
    for seed in range(part * 25, part * 25 + 25):
        assert compare.differences(seed) == [], f"seed {seed}"


@pytest.mark.slow
def test_agrees_with_the_oracle_at_length() -> None:
    for seed in range(150, 400):
        assert compare.differences(seed) == [], f"seed {seed}"


@pytest.mark.parametrize("rule", REGISTRY)
def test_keeps_every_limit_and_explains_every_project(rule: str) -> None:
    for seed in range(40):
        random = Random(seed)
        instance, ballots = random_elections.random_election(random)
        settings = random_elections.random_settings(random, instance, rule)
        allocation = _decide(rule, instance, ballots, settings)
        oracle = exact_rules.Oracle(instance, ballots, settings)
        assert oracle.allowed(allocation.winners)
        assert allocation.total_cost == sum(oracle.cost[p] for p in allocation.winners)
        assert sorted(o.project for o in allocation.outcomes) == sorted(oracle.cost)
        assert [o.rank for o in allocation.outcomes] == list(range(1, len(oracle.cost) + 1))
        assert {o.project for o in allocation.outcomes if o.selected} == set(allocation.winners)
        if rule in ("greedy", "greedy-per-cost") or settings.completion is Completion.GREEDY:
            rest = [p for p in oracle.entrants if p not in allocation.winners]
            assert not any(oracle.allowed([*allocation.winners, p]) for p in rest)


@pytest.mark.parametrize("rule", REGISTRY)
def test_order_and_merging_change_nothing(rule: str) -> None:
    for seed in range(30):
        random = Random(seed)
        instance, ballots = random_elections.random_election(random)
        settings = random_elections.random_settings(random, instance, rule)
        allocation = _decide(rule, instance, ballots, settings)
        projects = list(instance.projects)
        random.shuffle(projects)
        shuffled = random.sample(ballots, len(ballots))
        again = _decide(rule, replace(instance, projects=tuple(projects)), shuffled, settings)
        assert again == allocation
        twice = replace(settings, step=None, add1=Add1.OFF, floor=None)
        doubled = replace(instance, projects=instance.projects)
        once = _decide(rule, doubled, ballots, twice).winners
        # Every ballot cast twice is every ballot of double weight: nobody's share of anything changes.
        assert _decide(rule, doubled, ballots * 2, twice).winners == once


@pytest.mark.parametrize("rule", SEQUENTIAL)
def test_every_tie_that_decides_is_flagged(rule: str) -> None:
    for seed in range(60):
        random = Random(seed)
        instance, ballots = random_elections.random_election(random)
        settings = random_elections.random_settings(random, instance, rule)
        settings = replace(settings, tie_break=TieBreak.LOT, add1=Add1.OFF)
        found = [_decide(rule, instance, ballots, replace(settings, seed=str(n))) for n in range(4)]
        if len({frozenset(allocation.winners) for allocation in found}) > 1:
            assert all(allocation.ties for allocation in found), f"seed {seed}"


@pytest.mark.parametrize("rule", SEQUENTIAL)
def test_a_lower_cost_that_a_reason_names_wins(rule: str) -> None:
    told = 0
    for seed in range(60):
        random = Random(seed)
        instance, ballots = random_elections.random_election(random)
        settings = random_elections.random_settings(random, instance, rule)
        for outcome in _decide(rule, instance, ballots, settings).outcomes:
            cost = outcome.reason.fields.get("cost_to")
            if cost is None:
                continue
            told += 1
            assert outcome.project in _with_cost(rule, instance, ballots, settings, outcome.project, cost), seed
            if rule.startswith("greedy"):
                above = _with_cost(rule, instance, ballots, settings, outcome.project, cost + 1)
                assert outcome.project not in above, f"seed {seed}: {outcome}"
    assert told > 5


def _with_cost(
    rule: str, instance: Instance, ballots: list[Ballot], settings: Settings, project: str, cost: int
) -> tuple[str, ...]:
    projects = tuple(replace(p, cost=cost) if p.id == project else p for p in instance.projects)
    return _decide(rule, replace(instance, projects=projects), ballots, settings).winners


@pytest.mark.parametrize("rule", ["greedy", "greedy-stop", "greedy-per-cost"])
def test_the_extra_votes_that_a_reason_names_win_and_fewer_do_not(rule: str) -> None:
    told = 0
    for seed in range(150):
        random = Random(seed)
        instance, ballots = random_elections.random_election(random)
        if any(ballot.weight != 1 for ballot in ballots):
            continue
        settings = random_elections.random_settings(random, instance, rule)
        for outcome in _decide(rule, instance, ballots, settings).outcomes:
            extra = outcome.reason.fields.get("extra_votes")
            if extra is None:
                continue
            told += 1
            more = [random_elections.naming(instance, outcome.project)] * extra
            assert outcome.project in _decide(rule, instance, ballots + more, settings).winners, f"seed {seed}"
            assert outcome.project not in _decide(rule, instance, ballots + more[1:], settings).winners, f"seed {seed}"
    assert told > 50


@pytest.mark.parametrize("rule", ["greedy", "greedy-stop", "greedy-per-cost", "max-welfare"])
def test_more_votes_never_hurt(rule: str) -> None:
    for seed in range(60):
        random = Random(seed)
        instance, ballots = random_elections.random_election(random)
        settings = replace(random_elections.random_settings(random, instance, rule), relative_floor=None)
        if instance.ballot_kind.value in ("cumulative", "ordinal"):
            continue
        for winner in _decide(rule, instance, ballots, settings).winners:
            assert (
                winner
                in _decide(rule, instance, [*ballots, random_elections.naming(instance, winner)], settings).winners
            )


def test_max_welfare_is_never_below_any_other_rule() -> None:
    for seed in range(60):
        random = Random(seed)
        instance, ballots = random_elections.random_election(random)
        settings = random_elections.random_settings(random, instance, "greedy")
        score = exact_rules.Oracle(instance, ballots, settings).score
        best = sum(score[p] for p in _decide("max-welfare", instance, ballots, settings).winners)
        for rule in SEQUENTIAL:
            assert sum(score[p] for p in _decide(rule, instance, ballots, settings).winners) <= best
