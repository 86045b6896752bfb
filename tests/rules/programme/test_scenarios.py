"""Scenarios: a stable digest, figures side by side, and what changed."""

from fractions import Fraction

from renovation.model.funding import Pot
from renovation.model.items import ItemClass
from renovation.model.programme import PlannedProject, Problem
from renovation.rules.programme.programme import plan_programme
from renovation.rules.programme.scenarios import (
    Reach,
    Residents,
    best_columns,
    changes_between,
    column_of,
    equity_of_programme,
)


def problem(amount, **changes):
    projects = (
        PlannedProject(id="a", cost=60, votes=9, households=10, item_classes=frozenset(ItemClass)),
        PlannedProject(id="b", cost=50, votes=8, households=20),
        PlannedProject(id="c", cost=40, votes=7, households=30),
    )
    values = {"years": (2027,), "projects": projects, "pots": (Pot(id="p", name="p", year=2027, amount=amount),)}
    return Problem(**{**values, **changes})


STREETS = (Residents(street="东", households=100, elderly=40), Residents(street="西", households=50))
REACH = {
    "a": (Reach(street="东", households=10, elderly=5),),
    "b": (Reach(street="东", households=10, elderly=38), Reach(street="西", households=20)),
    "c": (Reach(street="别处", households=9),),
}


def test_money_is_shared_over_streets_without_losing_a_fen():
    found = plan_programme(problem(110), gap=0)
    assert {line.project for line in found.chosen} == {"a", "b"}
    equity = equity_of_programme(found, STREETS, REACH)
    east, west = equity.streets
    assert east.money_per_household == Fraction(60 + 17, 100)
    assert west.money_per_household == Fraction(33, 50)
    assert east.elderly_share_reached == 1
    assert west.elderly_share_reached is None
    assert equity.share_reached == Fraction(40, 150)


def test_people_of_an_estate_are_reached_once_however_much_is_done_there():
    found = plan_programme(problem(110), gap=0)
    twice = {
        "a": (Reach(street="东", households=30, elderly=12, estate="E1"),),
        "b": (Reach(street="东", households=12, elderly=12, estate="E1"), Reach(street="西", households=20)),
    }
    equity = equity_of_programme(found, STREETS, twice)
    assert equity.streets[0].elderly_share_reached == Fraction(12, 40)
    assert equity.streets[0].share_reached == Fraction(30, 100)
    apart = {**twice, "b": (Reach(street="东", households=12, elderly=9, estate="E2"),)}
    assert equity_of_programme(found, STREETS, apart).streets[0].elderly_share_reached == Fraction(21, 40)


def test_columns_mark_the_best_and_changes_are_told():
    small, big = plan_programme(problem(60), gap=0), plan_programme(problem(100), gap=0)
    columns = [
        column_of(name, problem(100), one, equity_of_programme(one, STREETS, REACH))
        for name, one in (("小", small), ("大", big))
    ]
    best = best_columns(columns)
    assert best["votes"] == ("大",)
    assert best["elderly_share"] == ()
    assert columns[1].money + columns[1].money_left == 100
    changed = changes_between(small, big)
    assert set(changed.enters) | {line.project for line in small.chosen} >= {line.project for line in big.chosen}
    assert changes_between(big, big).enters == ()
