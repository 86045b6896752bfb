"""Equal Shares over all budgets: where ballots are few, the outcome at every single budget, ties and all."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from random import Random

import pytest

from renovation.errors import InvalidError
from renovation.model.elections import Ballot, Candidate, Instance
from renovation.rules.allocation import budget_steps
from renovation.rules.allocation.add1 import Runs
from renovation.rules.allocation.budget_sweep import sweep
from renovation.rules.allocation.registry import allocate
from renovation.rules.election.profile import profile_from_ballots
from renovation.rules.election.settings import Add1, Completion, Settings


def _election(random: Random) -> Instance:
    costs = [random.choice([5, 10, 10, 20, 30]) for _ in range(random.randint(3, 6))]
    return Instance(
        projects=tuple(Candidate(id=f"p{place}", name="", cost=cost) for place, cost in enumerate(costs)),
        budget=sum(costs) // 2,
    )


@pytest.mark.parametrize("seed", range(24))
def test_every_budget_is_what_a_run_at_it_gives(seed: int) -> None:
    random = Random(seed)
    instance = _election(random)
    ids = [project.id for project in instance.projects]
    ballots = [Ballot(tuple(one for one in ids if random.random() < 0.5)) for _ in range(random.randint(2, 6))]
    settings = Settings(
        add1=list(Add1)[seed % 3],
        step=random.choice([1, 3, 20]),
        completion=random.choice(list(Completion)),
        exclusive=((ids[0], ids[1]),) if seed % 4 == 0 else (),
    )
    profile = profile_from_ballots(instance, ballots)
    most = 2 * instance.budget
    found = sweep("mes", instance, profile, settings, least=1, most=most, points=100)
    assert found.exact
    for budget in range(1, most + 1):
        winners = allocate("mes", replace(instance, budget=budget), profile, settings).winners
        assert found.at(budget).winners == frozenset(winners), budget


def test_a_step_of_one_yuan_is_exact_to_the_fen() -> None:
    """Nine voters: a share of ten million ninths of a fen lies between any two budgets' steps."""
    random = Random(7)
    projects = tuple(
        Candidate(id=f"p{place}", name="", cost=random.choice([1, 2, 3, 5]) * 1_000_000_00) for place in range(12)
    )
    instance = Instance(projects=projects, budget=sum(project.cost for project in projects) // 2)
    ballots = [Ballot(tuple(p.id for p in projects if random.random() < 0.4)) for _ in range(9)]
    profile, settings = profile_from_ballots(instance, ballots), Settings(add1=Add1.OVERSPEND, step=100)
    found = sweep("mes", instance, profile, settings, least=1, most=instance.budget)
    assert found.exact
    for step in random.sample(found.steps[1:], 4):
        for budget in (step.budget - 1, step.budget):
            winners = allocate("mes", replace(instance, budget=budget), profile, settings).winners
            assert found.at(budget).winners == frozenset(winners)


def test_many_ballots_are_tried_at_budgets_that_share_their_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget_steps, "Runs", partial(Runs, few=0))
    instance = _election(Random(3))
    profile = profile_from_ballots(instance, [Ballot(("p0", "p1")), Ballot(("p1", "p2"))])
    for add1 in Add1:
        settings = Settings(add1=add1, step=2)
        found = sweep("mes", instance, profile, settings, least=0, most=2 * instance.budget, points=5)
        assert not found.exact
        assert instance.budget in found.tried
        for budget in found.tried[::3]:
            winners = allocate("mes", replace(instance, budget=budget), profile, settings).winners
            assert found.at(budget).winners == frozenset(winners)


def test_gives_up_finding_every_change_when_told_to() -> None:
    instance = _election(Random(3))
    profile = profile_from_ballots(instance, [Ballot(("p0", "p1")), Ballot(("p1", "p2"))])
    found = sweep("mes", instance, profile, Settings(), least=1, most=60, points=5, enough=lambda: True)
    assert not found.exact
    assert instance.budget in found.tried


def test_a_limit_that_cannot_hold_is_refused() -> None:
    instance = replace(_election(Random(1)), budget=10)
    with pytest.raises(InvalidError, match="negative_amount"):
        sweep("mes", instance, profile_from_ballots(instance, ()), Settings(area_caps={"x": -1}), least=1, most=9)
