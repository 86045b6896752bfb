"""Weights are exact shares; an adopted scenario has frozen inputs."""

from datetime import UTC, datetime
from fractions import Fraction

import pytest

from renovation.errors import InvalidError
from renovation.model.funding import MatchingRule, SourceKind
from renovation.model.items import Benchmark, BenchmarkBasis
from renovation.model.ranking import Weighting
from renovation.model.scenarios import Scenario, ScenarioState


def test_shares_add_up_to_one_and_leaving_one_out_keeps_proportions():
    weighting = Weighting(weights={"a": 1, "b": 2, "c": Fraction(1, 3)})
    assert sum(weighting.shares.values()) == 1
    assert weighting.without("b").shares == {"a": Fraction(3, 4), "c": Fraction(1, 4)}
    with pytest.raises(InvalidError):
        weighting.without("a", "b", "c")


def test_an_adopted_scenario_needs_its_digest():
    with pytest.raises(InvalidError):
        Scenario(id="1", name="甲", state=ScenarioState.ADOPTED)
    adopted_at = datetime(2026, 11, 21, tzinfo=UTC)
    Scenario(id="1", name="甲", state=ScenarioState.ADOPTED, inputs_digest="x", adopted_at=adopted_at)


def test_what_public_money_is():
    assert {kind for kind in SourceKind if kind.is_public} == {
        SourceKind.CENTRAL,
        SourceKind.PROVINCE,
        SourceKind.CITY,
        SourceKind.DISTRICT,
        SourceKind.SPECIAL,
        SourceKind.LOTTERY,
    }


def test_bands_and_ratios_that_cannot_be():
    with pytest.raises(InvalidError):
        Benchmark(code="x", basis=BenchmarkBasis.PER_M2, low=2, high=1, scope_zh="", scope_en="", source="")
    with pytest.raises(InvalidError):
        MatchingRule(id="m", name="m", ratio=Fraction(0), cap=1)
