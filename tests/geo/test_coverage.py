"""Who gains from what."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from renovation.errors import InvalidError
from renovation.geo import coverage
from renovation.geo.streets import StreetNetwork


def _city(seed: int):
    rng = np.random.default_rng(seed)
    homes = rng.integers(0, 3000, (400, 2)).astype(float)
    weights = rng.integers(0, 60, 400)
    return homes, weights, rng.integers(0, 3000, (6, 2)).astype(float), rng.integers(0, 3000, (30, 2)).astype(float)


def _brute_covered(homes, facilities, metres):
    return (np.hypot(*(homes[:, None, :] - facilities[None]).transpose(2, 0, 1)) <= metres).any(axis=1)


@given(st.integers(0, 10_000), st.sampled_from([300, 500, 1000]))
@settings(max_examples=25, deadline=None)
def test_gains_equal_recomputing_the_city(seed, metres):
    homes, weights, facilities, candidates = _city(seed)
    now = coverage.Homes(homes, weights).covered(facilities, metres)
    assert np.array_equal(now, _brute_covered(homes, facilities, metres))
    gained = coverage.Homes(homes, weights).gains(candidates, now, metres)
    for number, candidate in enumerate(candidates):
        after = _brute_covered(homes, np.vstack([facilities, candidate]), metres)
        assert gained[number] == weights[after & ~now].sum()


def test_a_distance_equal_to_the_limit_counts():
    homes = np.array([[0.0, 0.0], [300.0, 0.0], [300.0001, 0.0]])
    assert coverage.Homes(homes, [1, 1, 1]).covered(np.array([[0.0, 0.0]]), 300).tolist() == [True, True, False]
    assert coverage.Homes(homes, [1, 1, 1]).gains(np.array([[0.0, 0.0]]), np.zeros(3, bool), 300).tolist() == [2]


def test_choosing_keeps_all_other_gains_current():
    homes, weights, facilities, candidates = _city(3)
    now = coverage.Homes(homes, weights).covered(facilities, 500)
    pairs = coverage.Homes(homes, weights).reach(candidates, 500)
    choices = coverage.Choices(*pairs, weights=weights, is_covered=now, count=len(candidates))
    assert np.array_equal(choices.gains, coverage.Homes(homes, weights).gains(candidates, now, 500))
    built = list(facilities)
    for _ in range(8):
        best = int(choices.ranking()[0])
        expected = choices.gains[best]
        assert choices.choose(best) == expected
        built.append(candidates[best])
        now = _brute_covered(homes, np.array(built), 500)
        assert np.array_equal(choices.is_covered, now)
        assert np.array_equal(choices.gains, coverage.Homes(homes, weights).gains(candidates, now, 500))
    assert set(choices.chosen).isdisjoint(choices.ranking().tolist())


def test_shares_are_exact_and_least_served_come_first():
    is_covered = np.array([True, False, True, True])
    by = coverage.covered_share_by(is_covered, [1, 2, 3, 1], [0, 0, 1, -1])
    assert list(by.items()) == [(0, Fraction(1, 3)), (1, Fraction(1))]


def test_nothing_to_serve_and_nothing_that_serves():
    none, some = np.empty((0, 2)), np.array([[0.0, 0.0]])
    assert coverage.Homes(some, [1]).covered(none, 300).tolist() == [False]
    assert coverage.Homes(none, []).covered(some, 300).tolist() == []
    assert coverage.Homes(none, []).gains(some, np.zeros(0, bool), 300).tolist() == [0]
    assert coverage.Homes(some, [1]).reach(none, 300)[0].size == 0


def _grid_streets(step: float = 100.0, count: int = 12) -> np.ndarray:
    ends = step * (count - 1)
    at = np.arange(count) * step
    lines = [shapely.LineString([(x, y) for x in at]) for y in at] + [
        shapely.LineString([(x, y) for y in at]) for x in at
    ]
    assert ends > 0
    return np.array(lines)


def test_walking_follows_the_streets():
    streets = StreetNetwork.from_lines(_grid_streets())
    homes = np.array([[0.0, 0.0], [300.0, 200.0], [305.0, 200.0], [1100.0, 1100.0]])
    facility = np.array([[0.0, 0.0]])
    assert streets.nearest(streets.placed(homes), facility, 600).tolist() == pytest.approx([0, 500, 505, np.inf])
    assert streets.covered(streets.placed(homes), facility, 500).tolist() == [True, True, False, False]


@pytest.mark.parametrize("metres", [250.0, 400.0, 900.0])
def test_network_gains_equal_recomputing_the_city(metres):
    rng = np.random.default_rng(4)
    streets = StreetNetwork.from_lines(_grid_streets())
    homes, weights = rng.uniform(0, 1100, (150, 2)), rng.integers(1, 40, 150)
    facilities, candidates = rng.uniform(0, 1100, (2, 2)), rng.uniform(0, 1100, (12, 2))
    placed = streets.placed(homes)
    now = streets.covered(placed, facilities, metres)
    gained = streets.gains(candidates, placed, weights, now, metres)
    for number, candidate in enumerate(candidates):
        after = streets.covered(placed, np.vstack([facilities, candidate]), metres)
        assert gained[number] == weights[after & ~now].sum()
    reached = streets.reach(candidates, placed, metres)
    choices = coverage.Choices(*reached, weights=weights, is_covered=now, count=len(candidates))
    assert np.array_equal(choices.gains, gained)


def test_network_gains_are_what_networkx_says():
    rng = np.random.default_rng(31)
    nodes = np.round(rng.uniform(0, 1000, (40, 2)))
    pairs = [(i, j) for i in range(40) for j in range(i + 1, 40) if np.hypot(*(nodes[i] - nodes[j])) < 230]
    one, other = np.array(pairs).T
    lengths = np.round(np.hypot(*(nodes[one] - nodes[other]).T) * 1.1)
    homes, weights, covered = rng.integers(0, 40, 120), rng.integers(1, 30, 120), rng.random(120) < 0.3
    candidates = nodes[rng.integers(0, 40, 10)]
    streets = StreetNetwork(nodes, one, other, lengths)
    # single_source_dijkstra_path_length(…, cutoff=metres) of networkx 3.6 from each candidate's node;
    # `python -m benchmarks.geo --peers` asks it anew, on 100,000 nodes.
    expected = {
        300.0: [347, 46, 173, 209, 198, 256, 241, 82, 377, 153],
        600.0: [778, 46, 602, 718, 569, 690, 773, 378, 885, 543],
    }
    for metres, gains in expected.items():
        assert streets.gains(candidates, streets.placed(nodes[homes]), weights, covered, metres).tolist() == gains


@pytest.mark.parametrize("open_share", [0.1, 0.9])
def test_gains_count_open_homes_only_whether_few_or_many(open_share):
    rng = np.random.default_rng(8)
    homes, weights, candidates = (
        rng.uniform(0, 3000, (2000, 2)),
        rng.integers(1, 40, 2000),
        rng.uniform(0, 3000, (30, 2)),
    )
    now = rng.random(2000) > open_share
    apart = np.hypot(*(homes[None] - candidates[:, None]).transpose(2, 0, 1))
    expected = ((apart <= 500.0) & ~now) @ weights
    assert np.array_equal(coverage.Homes(homes, weights).gains(candidates, now, 500.0), expected)


def test_places_no_street_leads_to_are_not_reached():
    lines = np.array([shapely.LineString([(0, 0), (100, 0)]), shapely.LineString([(0, 50), (100, 50)])])
    streets = StreetNetwork.from_lines(lines)
    assert np.isinf(streets.nearest(streets.placed(np.array([[0.0, 50.0]])), np.array([[0.0, 0.0]]), 1000)).all()
    assert streets.reach(np.array([[5000.0, 0.0]]), streets.placed(np.array([[0.0, 0.0]])), 300)[0].size == 0


def test_no_streets_are_refused():
    with pytest.raises(InvalidError):
        StreetNetwork.from_lines(np.array([], dtype=object))
