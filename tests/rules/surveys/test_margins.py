"""Bounds hold what they promise, weights agree with another implementation."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import hypergeom

from renovation.rules.surveys.margins import at_least, portion
from renovation.rules.surveys.raking import rake

sys.path.insert(0, str(Path(__file__).parents[2] / "oracles"))
from raked import raked_by_table


def test_bounds_cover_the_truth_on_a_thousand_estates() -> None:
    chance = np.random.default_rng(20270301)
    covered = 0
    for _ in range(1_000):
        households = int(chance.integers(40, 800))
        holders = int(chance.binomial(households, chance.uniform(0.02, 0.98)))
        asked = max(1, int(households * chance.uniform(0.05, 0.9)))
        found = int(chance.hypergeometric(holders, households - holders, asked))
        one = portion(found, asked, households)
        covered += one.low <= Fraction(holders, households) <= one.high
    assert covered >= 940


def test_tails_are_those_of_the_distribution() -> None:
    for found, asked, population, holders in ((0, 5, 40, 3), (3, 10, 50, 8), (60, 120, 600, 280), (5, 5, 5, 5)):
        assert at_least(found, asked, population, holders) == pytest.approx(
            hypergeom.sf(found - 1, population, holders, asked), abs=1e-10
        )


def test_bounds_close_when_everybody_was_asked() -> None:
    one = portion(7, 20, 20)
    assert (one.low, one.share, one.high) == (Fraction(7, 20), Fraction(7, 20), Fraction(7, 20))
    wide = portion(7, 20, 2_000)
    assert wide.low < Fraction(1, 4) < one.share < Fraction(1, 2) < wide.high


def test_weights_are_those_of_another_implementation() -> None:
    chance = np.random.default_rng(7)
    buildings = [f"b{one}" for one in chance.integers(0, 5, 300)]
    tenure = ["tenant" if one < 0.15 else "owner" for one in chance.uniform(size=300)]
    rows = {f"b{one}": 80 + 20 * one for one in range(5)}
    columns = {"tenant": 240, "owner": 360}
    weights = rake([buildings, tenure], [rows, columns])
    assert weights is not None
    assert np.abs(weights - raked_by_table(buildings, tenure, rows, columns)).max() < 1e-9
    assert sum(weights[[one == "tenant" for one in tenure]]) == pytest.approx(240)


def test_nothing_is_weighted_to_totals_that_no_weights_meet() -> None:
    assert rake([["a", "a"], ["x", "y"]], [{"a": 10}, {"x": 10, "y": 0}]) is None
    assert rake([], []) is None
