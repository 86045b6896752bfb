"""Equity: Gini against its definition, and nothing known is nothing said."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from renovation.rules.programme.equity import StreetFigures, equity_of, gini


def by_definition(places):
    people = sum(n for n, _ in places)
    total = sum(money for _, money in places)
    differences = sum(
        n * m * abs(Fraction(x, n) - Fraction(y, m)) for n, x in places for m, y in places
    )  # fmt: skip
    return differences / (2 * people * total)


@given(st.lists(st.tuples(st.integers(1, 500), st.integers(0, 10**9)), min_size=1, max_size=7))
def test_gini_equals_the_mean_difference(places):
    if sum(money for _, money in places):
        assert gini(places) == by_definition(places)
        assert 0 <= gini(places) < 1
    else:
        assert gini(places) is None


def test_equal_money_per_household_is_zero():
    assert gini([(10, 1000), (30, 3000)]) == 0


def test_a_programme_over_three_streets():
    found = equity_of(
        [
            StreetFigures(
                street="桥东", households=100, money=1000, households_reached=40, elderly=50, elderly_reached=20
            ),
            StreetFigures(street="桥西", households=100, money=0, elderly=30, elderly_reached=0),
            StreetFigures(street="龙丰", households=0, money=0),
        ]
    )
    assert found.money_per_household == 5
    assert found.share_reached == Fraction(1, 5)
    assert found.elderly_share_reached == Fraction(1, 4)
    assert found.gini == Fraction(1, 2)
    assert found.without_anything == ("桥西",)
    assert found.streets[0].elderly_share_reached == Fraction(2, 5)
    assert found.streets[2].money_per_household is None


def test_nothing_gives_nothing():
    found = equity_of([])
    assert (found.gini, found.money_per_household, found.elderly_share_reached) == (None, None, None)
