"""Rankings equal an independent library, and what is missing is never zero."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymcdm.methods import TOPSIS, WSM
from pymcdm.normalizations import minmax_normalization
from pymcdm.weights.subjective import AHP

from renovation.errors import InvalidError
from renovation.model.ranking import Criterion, Direction, Method, MissingPolicy, Normalisation, Weighting
from renovation.rules.programme.pairwise import weights_from_pairs
from renovation.rules.programme.ranking import largest_cut, rank, ranks_of, table_of, usual_cut


def weighting(*weights):
    return Weighting(weights={f"c{j}": Fraction(weight) for j, weight in enumerate(weights)})


def table(rows, directions=None, **changes):
    columns = list(zip(*rows, strict=True))
    directions = directions or [Direction.HIGHER] * len(columns)
    criteria = [
        Criterion(code=f"c{j}", name_zh=f"c{j}", direction=direction, **changes)
        for j, direction in enumerate(directions)
    ]
    values = {f"c{j}": column for j, column in enumerate(columns)}
    return table_of([f"a{i}" for i in range(len(rows))], values, criteria)


@given(data=st.data())
@settings(max_examples=200, deadline=None)
def test_weighted_sum_and_topsis_equal_pymcdm(data):
    n, m = data.draw(st.integers(2, 12)), data.draw(st.integers(1, 6))
    cell = st.integers(-50, 50)
    rows = data.draw(st.lists(st.lists(cell, min_size=m, max_size=m), min_size=n, max_size=n))
    weights = data.draw(st.lists(st.integers(1, 20), min_size=m, max_size=m))
    signs = data.draw(st.lists(st.sampled_from([1, -1]), min_size=m, max_size=m))
    directions = [Direction.HIGHER if sign == 1 else Direction.LOWER for sign in signs]
    ours = table(rows, directions)
    matrix, shares = np.array(rows, dtype=float), np.array(weights) / sum(weights)
    if all(len(set(column)) == 1 for column in matrix.T.tolist()):
        return  # every line equal: pymcdm divides zero by zero
    for method, theirs in ((Method.WEIGHTED_SUM, WSM), (Method.TOPSIS, TOPSIS)):
        expected = theirs(normalization_function=minmax_normalization)(
            matrix, shares, np.array(signs), validation=False
        )
        found = [score.score for score in rank(ours, weighting(*weights), method=method).scores]
        assert np.allclose(found, expected, rtol=0, atol=1e-9)


@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_pairwise_weights_and_consistency_equal_pymcdm(data):
    n = data.draw(st.integers(3, 9))
    codes = [f"c{j}" for j in range(n)]
    scale = st.sampled_from([Fraction(1, k) for k in range(2, 10)] + [Fraction(k) for k in range(1, 10)])
    judgements = {(a, b): data.draw(scale) for i, a in enumerate(codes) for b in codes[i + 1 :]}
    matrix = np.eye(n)
    for (a, b), times in judgements.items():
        matrix[codes.index(a), codes.index(b)] = float(times)
        matrix[codes.index(b), codes.index(a)] = float(1 / times)
    theirs = AHP(matrix=matrix)
    ours = weights_from_pairs(codes, judgements)
    assert math.isclose(ours.consistency_ratio, max(0.0, theirs.get_cr()), abs_tol=1e-9)
    assert np.allclose(list(ours.weights.values()), theirs(), rtol=0, atol=1e-9)


def test_consistent_judgements_have_ratio_zero_and_no_strain():
    ours = weights_from_pairs(["a", "b", "c"], {("a", "b"): 2, ("b", "c"): 3, ("c", "a"): Fraction(1, 6)})
    assert abs(ours.consistency_ratio) < 1e-9
    assert ours.is_consistent
    assert ours.most_strained is None
    assert math.isclose(ours.weights["a"], 0.6)


def test_the_most_strained_judgement_is_named():
    ours = weights_from_pairs(["a", "b", "c"], {("a", "b"): 2, ("b", "c"): 2, ("a", "c"): Fraction(1, 9)})
    assert ours.consistency_ratio > 0.1
    assert not ours.is_consistent
    assert ours.most_strained is not None


@pytest.mark.parametrize(
    "judgements",
    [
        {},
        {("a", "b"): 10},
        {("a", "b"): 0},
        {("a", "x"): 1},
        {("a", "b"): 2, ("b", "a"): 2},
    ],
)
def test_judgements_that_cannot_be_are_refused(judgements):
    with pytest.raises(InvalidError):
        weights_from_pairs(["a", "b"], judgements)


def test_missing_is_never_zero():
    ours = table([[10, None], [0, 5], [10, 0]])
    scores = rank(ours, weighting(1, 1)).by_id()
    assert scores["a0"].score == 1.0
    assert scores["a0"].missing == ("c1",)
    assert scores["a0"].normalised["c1"] is None
    assert scores["a1"].missing == ()


def test_one_good_value_alone_puts_nobody_first():
    rows = [[10, None, None], [5, 5, None], [0, 0, 9]]
    scores = rank(table(rows), weighting(1, 1, 1)).by_id()
    assert (scores["a0"].rank, scores["a0"].score) == (None, None)
    assert scores["a0"].missing == ("c1", "c2")
    assert scores["a1"].rank == 1


@pytest.mark.parametrize(
    ("policy", "expected"),
    [(MissingPolicy.WORST, 0.5), (MissingPolicy.MEDIAN, 0.75), (MissingPolicy.REFUSE, None)],
)
def test_other_answers_to_missing_are_chosen_by_name(policy, expected):
    criteria = [Criterion(code=f"c{j}", name_zh="x") for j in range(2)]
    ours = table_of(["a", "b", "c"], {"c0": [10, 0, 10], "c1": [None, 5, 0]}, criteria, missing=policy)
    score = rank(ours, weighting(1, 1)).by_id()["a"]
    assert score.score == expected
    assert score.missing == ("c1",)
    assert (score.rank is None) == (expected is None)


def test_a_line_with_nothing_known_is_not_ranked():
    ours = table([[None, None], [0, 5], [10, 0]])
    ranking = rank(ours, weighting(1, 1))
    assert ranking.scores[0].score is None
    assert ranking.order[-1] == "a0"
    assert rank(ours, weighting(1, 1), method=Method.TOPSIS).scores[0].rank is None


@given(
    rows=st.lists(st.lists(st.one_of(st.none(), st.integers(0, 9)), min_size=3, max_size=3), min_size=1, max_size=8),
    weights=st.lists(st.integers(0, 5), min_size=3, max_size=3).filter(any),
)
def test_contributions_sum_to_the_score(rows, weights):
    for score in rank(table(rows), weighting(*weights)).scores:
        if score.score is not None:
            assert math.isclose(sum(score.contributions.values()), score.score, abs_tol=1e-12)


def test_safety_goes_first_and_takes_nobodys_place():
    ours = table([[1], [2], [3]])
    ranking = rank(ours, weighting(1), bypass={"a0"})
    assert ranking.order == ("a0", "a2", "a1")
    by_id = ranking.by_id()
    assert (by_id["a0"].rank, by_id["a2"].rank, by_id["a1"].rank) == (None, 1, 2)
    assert by_id["a0"].bypasses


def test_equals_share_a_rank_even_when_floats_differ_in_the_last_digit():
    # 0.1 + 0.2 and 0.3 differ in binary; people see equal scores.
    ours = table([[1, 1, 0], [0, 0, 1], [0, 0, 0]])
    ranking = rank(ours, weighting(Fraction(1, 10), Fraction(2, 10), Fraction(3, 10)))
    assert [score.rank for score in ranking.scores] == [1, 1, 3]


def test_ranks_of_many_rows_at_once():
    assert ranks_of(np.array([[3.0, 1.0, 3.0], [1.0, np.nan, 2.0]])).tolist() == [[1, 3, 1], [2, 0, 1]]


def test_target_and_rank_normalisation():
    target = Criterion(
        code="c0", name_zh="x", direction=Direction.TARGET, normalisation=Normalisation.TARGET, target=10
    )
    ours = table_of(["a", "b", "c"], {"c0": [10, 15, 0]}, [target])
    assert ours.normalised[:, 0].tolist() == [1.0, 0.5, 0.0]
    ranked = Criterion(code="c0", name_zh="x", normalisation=Normalisation.RANK, direction=Direction.LOWER)
    ours = table_of(["a", "b", "c", "d"], {"c0": [1, 1000, 2, 2]}, [ranked])
    assert ours.normalised[:, 0].tolist() == [1.0, 0.0, 0.5, 0.5]


@pytest.mark.parametrize(
    ("ids", "values", "code"),
    [
        ([], {"c0": []}, "ranking.empty"),
        (["a", "a"], {"c0": [1, 2]}, "ranking.id_twice"),
        (["a"], {}, "ranking.no_column"),
        (["a"], {"c0": [1, 2]}, "ranking.length"),
        (["a"], {"c0": [math.inf]}, "ranking.infinite"),
    ],
)
def test_a_table_that_cannot_be_is_refused(ids, values, code):
    with pytest.raises(InvalidError) as refused:
        table_of(ids, values, [Criterion(code="c0", name_zh="x")])
    assert refused.value.code == code


def test_weights_are_checked():
    with pytest.raises(InvalidError):
        weighting(0, 0)
    with pytest.raises(InvalidError):
        weighting(1, -1)
    with pytest.raises(InvalidError):
        rank(table([[1]]), weighting(1, 1))
    with pytest.raises(InvalidError):
        Criterion(code="c", name_zh="x", direction=Direction.TARGET)


def test_the_cut_line_leaves_somebody_above_and_below():
    assert [usual_cut(count) for count in (1, 2, 3, 5, 6, 40)] == [1, 1, 1, 1, 2, 13]
    assert [largest_cut(count) for count in (1, 2, 3)] == [1, 1, 2]
    held = table([[3.0], [2.0], [1.0], [0.0]])
    found = rank(held, weighting(1), bypass={held.ids[3]})
    assert found.unranked == 0
    assert rank(table([[3.0], [None]]), weighting(1)).unranked == 1
    ranked = found.by_id()
    assert [ranked[name].is_above(1) for name in held.ids] == [True, False, False, True]
    assert [ranked[name].is_above(2) for name in held.ids] == [True, True, False, True]
