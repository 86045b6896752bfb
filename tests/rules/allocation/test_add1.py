"""Add1 skips the steps that change nothing, and ends with the very runs that stepping one by one ends with."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from random import Random
from types import ModuleType

import pytest

from renovation.model.elections import Ballot, Candidate, Instance
from renovation.rules.allocation.add1 import FEW, Runs, raise_shares, usual_step
from renovation.rules.allocation.ledger import Holdings
from renovation.rules.allocation.registry import allocate
from renovation.rules.allocation.share_runs import Run, run_at
from renovation.rules.election.contest import Contest, contest
from renovation.rules.election.profile import Profile, profile_from_ballots
from renovation.rules.election.settings import Add1, Settings, Utility

ORACLES = Path(__file__).resolve().parents[2] / "oracles"


def _load(name: str) -> ModuleType:
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, ORACLES / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]


random_elections = _load("random_elections")


def _plainly(held: Contest, buyers: Holdings) -> tuple[Run, Run | None, int]:
    """Step one by one; also return how many runs that took."""
    step = Fraction(held.settings.step or 0, buyers.weight_scale)
    run, count = run_at(held, buyers, Fraction(held.room.left[0], max(buyers.weight, 1))), 1
    while run.unaffordable and buyers.weight:
        if held.settings.add1 is Add1.EXHAUSTIVE and all(
            run.room.obstacle(project) for project in held.entrants if project not in run.winners
        ):
            break
        following, count = run_at(held, buyers, run.share + step), count + 1
        if following.room.left[0] < 0:
            return run, following, count
        run = following
    return run, None, count


def _fine_steps(random: Random, *, unit: int, parts: int) -> tuple[Contest, Profile, Holdings]:
    """Return a small election full of ties, with costs times ``unit`` and steps of a ``parts``-th of the least cost."""
    instance, ballots = random_elections.random_election(random)
    settings = random_elections.random_settings(random, instance, "mes")
    least = min((project.cost for project in instance.projects if project.cost), default=1)
    projects = tuple(replace(project, cost=project.cost * unit) for project in instance.projects)
    instance = replace(instance, projects=projects, budget=instance.budget * unit)
    settings = replace(
        settings,
        add1=random.choice([Add1.EXHAUSTIVE, Add1.OVERSPEND]),
        step=max(least * unit // parts, 1),
        category_budgets={name: most * unit for name, most in settings.category_budgets.items()},
        area_budgets={name: most * unit for name, most in settings.area_budgets.items()},
    ).for_equal_shares(scale=1)
    profile = profile_from_ballots(instance, ballots)
    held = contest(instance, profile, settings)
    return held, profile, Holdings(profile, held.limits.costs, settings.utility is Utility.COST)


def _told(run: Run | None) -> object:
    return run and (run.share, run.winners, run.tied, run.blocked, run.unaffordable, run.room.left)


def _agree(seeds: range) -> int:
    most = 0
    for seed in seeds:
        random = Random(seed)
        held, _, buyers = _fine_steps(random, unit=random.choice([1, 17, 60]), parts=random.choice([2, 13, 60, 200]))
        run, over, count = _plainly(held, buyers)
        for few in (0, FEW):
            found = raise_shares(held, Runs(buyers, few=few))
            assert (_told(run), _told(over)) == tuple(map(_told, found)), f"seed {seed}, few {few}"
        most = max(most, count)
    return most


def test_ends_as_plain_stepping_ends() -> None:
    assert _agree(range(40)) > 200


@pytest.mark.slow
def test_ends_as_plain_stepping_ends_at_length() -> None:
    _agree(range(40, 400))


def test_one_memory_of_runs_serves_every_budget() -> None:
    held, profile, buyers = _fine_steps(Random(4), unit=60, parts=60)
    runs = Runs(buyers)
    for budget in range(held.instance.budget, 2 * held.instance.budget, held.instance.budget // 7):
        other = contest(replace(held.instance, budget=budget), profile, held.settings)
        assert tuple(map(_told, raise_shares(other, runs))) == tuple(map(_told, raise_shares(other, Runs(buyers))))


def test_three_voters_and_millions_of_steps() -> None:
    """Steps of one yuan from 400 to 600 million yuan each, where the first two voters could pay for both twins."""
    costs = {"a": 6 * 10**10, "b": 6 * 10**10, "c": 5 * 10**10}
    projects = tuple(Candidate(id=name, name=name, cost=cost) for name, cost in costs.items())
    instance = Instance(projects=projects, budget=12 * 10**10, scale=100)
    profile = profile_from_ballots(instance, [Ballot(("a", "b")), Ballot(("a", "b")), Ballot(("c",))])
    found = allocate("mes", instance, profile, Settings(add1=Add1.OVERSPEND))
    assert found.winners == ("a", "c")
    assert {outcome.reason.fields["share"] for outcome in found.outcomes} == {6 * 10**10 - 100}


def test_the_usual_step_is_a_ten_thousandth_of_the_budget_in_one_digit() -> None:
    yuan = {budget: usual_step(budget * 100) // 100 for budget in (1, 10_000, 990_000, 1_230_000, 45_600_000)}
    assert yuan == {1: 1, 10_000: 1, 990_000: 90, 1_230_000: 100, 45_600_000: 4_000}
