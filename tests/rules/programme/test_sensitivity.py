"""How firm: the same seed gives the same answer, and a named swap really swaps."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from renovation.errors import InvalidError
from renovation.model.ranking import Criterion, Method, Weighting
from renovation.rules.programme.ranking import rank, shares_of, table_of, topsis, topsis_of_many
from renovation.rules.programme.sensitivity import (
    Agreement,
    agreement,
    doubts,
    examine,
    random_shares,
    rank_ranges,
    weight_swaps,
)


def make(rows, cash=()):
    columns = list(zip(*rows, strict=True))
    criteria = [Criterion(code=f"c{j}", name_zh="x", is_cash=j in cash) for j in range(len(columns))]
    values = {f"c{j}": column for j, column in enumerate(columns)}
    return table_of([f"a{i}" for i in range(len(rows))], values, criteria)


def weights(*values):
    return Weighting(weights={f"c{j}": Fraction(value) for j, value in enumerate(values)})


CELL = st.one_of(st.none(), st.integers(0, 20))
TABLE = st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=3, max_size=8)


@given(rows=TABLE, chosen=st.lists(st.integers(1, 9), min_size=3, max_size=3), cut=st.integers(1, 4))
@settings(max_examples=200, deadline=None)
def test_a_swap_levels_the_two_it_names(rows, chosen, cut):
    table = make(rows)
    for swap in weight_swaps(table, weights(*chosen), cut=cut):
        shares = weights(*chosen).shares
        scale = (1 - swap.share_after) / (1 - swap.share)
        moved = {code: float(share) * scale for code, share in shares.items()} | {swap.criterion: swap.share_after}
        if not any(moved.values()):
            continue
        moved = {code: Fraction(max(0.0, share)) for code, share in moved.items()}
        scores = rank(table, Weighting(weights=moved)).by_id()
        entering, leaving = scores[swap.entering].score, scores[swap.leaving].score
        if entering is not None and leaving is not None:
            assert math.isclose(entering, leaving, abs_tol=1e-7)


@given(rows=TABLE, chosen=st.lists(st.integers(1, 9), min_size=3, max_size=3), cut=st.integers(1, 4))
@settings(max_examples=100, deadline=None)
def test_nothing_crosses_the_cut_before_the_named_change(rows, chosen, cut):
    table = make([[0 if cell is None else cell for cell in row] for row in rows])
    base = rank(table, weights(*chosen))
    inside = set(base.order[:cut])
    swaps = {swap.criterion: swap for swap in weight_swaps(table, weights(*chosen), cut=cut)}
    for code, share in weights(*chosen).shares.items():
        reach = abs(swaps[code].change) if code in swaps else 1.0
        for sign in (-1, 1):
            after = float(share) + sign * reach * 0.999
            if not 0 < after < 1:
                continue
            moved = {
                other: Fraction(after) if other == code else Fraction(float(old) * (1 - after) / (1 - float(share)))
                for other, old in weights(*chosen).shares.items()
            }
            scores = rank(table, Weighting(weights=moved)).by_id()
            lowest = min(scores[name].score for name in inside)
            highest = max((scores[name].score for name in table.ids if name not in inside), default=-1.0)
            assert lowest >= highest - 1e-9


def test_the_same_seed_gives_the_same_ranges_and_holds_the_rank():
    rows = np.random.default_rng(1).integers(0, 100, size=(40, 5)).tolist()
    table = make(rows)
    chosen = weights(5, 4, 3, 2, 1)
    first, second = (rank_ranges(table, chosen, cut=10) for _ in range(2))
    assert first == second
    for one in first:
        assert one.best <= one.low <= one.median <= one.high <= one.worst
        assert one.best <= one.rank <= one.worst
    assert math.isclose(sum(one.in_cut for one in first), 10, abs_tol=0.2)


def test_no_spread_leaves_every_rank_where_it_is():
    table = make([[3, 1], [2, 2], [1, 1]])
    for one in rank_ranges(table, weights(1, 1), cut=1, runs=10, spread=0):
        assert one.best == one.worst == one.rank


def test_without_cash_the_poor_estate_enters():
    table = make([[10, 9], [8, 10], [9, 0]], cash={1})
    firmness = examine(table, weights(1, 1), cut=2, others={"equal": weights(1, 1)})
    cashless = firmness.comparisons[0]
    assert cashless.name == "without_cash"
    assert (cashless.enters, cashless.leaves) == (("a2",), ("a1",))
    assert firmness.comparisons[1].enters == ()
    assert firmness.smallest_swap is not None


def test_a_safety_matter_takes_nobodys_place():
    table = make([[10, 9], [8, 10], [9, 0]])
    firmness = examine(table, weights(1, 1), cut=1, bypass={"a0"})
    assert [one.id for one in firmness.ranges] == ["a1", "a2"]
    assert firmness.ranges[0].rank == rank(table, weights(1, 1), bypass={"a0"}).by_id()["a1"].rank == 1


def test_without_a_cash_criterion_nothing_is_compared():
    firmness = examine(make([[1, 2], [2, 1]]), weights(1, 1), cut=1, method=Method.TOPSIS)
    assert firmness.comparisons == ()


def test_methods_that_order_alike_agree_and_equals_only_have_no_order():
    assert agreement(make([[1, 1], [2, 2], [3, 3]]), weights(1, 1), cut=1) == Agreement(kendall=1.0, same_in_cut=1.0)
    assert agreement(make([[1, 1], [1, 1]]), weights(1, 1), cut=1).kendall is None


def test_a_cut_below_one_is_refused():
    with pytest.raises(InvalidError):
        examine(make([[1]]), weights(1), cut=0)
    with pytest.raises(InvalidError):
        rank_ranges(make([[1]]), weights(1), cut=1, spread=2)


def test_ranges_by_topsis_rank_every_weighting_as_topsis_does():
    chance = np.random.default_rng(3)
    rows = [[None if chance.random() < 0.1 else int(x) for x in row] for row in chance.integers(0, 50, (15, 4))]
    table, chosen = make(rows), weights(5, 3, 1, 0)
    drawn = random_shares(shares_of(table, chosen), runs=40)
    one_by_one = np.array([topsis(table.normalised, shares) for shares in drawn])
    np.testing.assert_allclose(topsis_of_many(table.normalised, drawn), one_by_one, rtol=0, atol=1e-12)
    ranked = rank(table, chosen, method=Method.TOPSIS).by_id()
    ranges = examine(table, chosen, cut=5, method=Method.TOPSIS, runs=40).ranges
    assert [span.rank for span in ranges] == [ranked[span.id].rank for span in ranges]


def test_figures_that_hardly_differ_or_are_mostly_unknown_are_named() -> None:
    criteria = [Criterion(code=code, name_zh=code, name_en=code) for code in ("near", "far", "gaps", "idle")]
    values = {
        "near": [100.0, 100.5, 101.0, 100.2],
        "far": [1.0, 2.0, 3.0, 4.0],
        "gaps": [None, None, None, 7.0],
        "idle": [5.0, 5.01, 5.02, 5.0],
    }
    table = table_of(["a", "b", "c", "d"], values, criteria)
    found = doubts(table, {"near": 0.4, "far": 0.4, "gaps": 0.2, "idle": 0.0})
    assert (found.narrow, found.sparse, found.mostly_unknown) == (("near",), ("gaps",), False)
    assert doubts(table, {"gaps": 1.0}).mostly_unknown
