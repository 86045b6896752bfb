"""Criteria from the chain: exact, and unknown where something is missing."""

from fractions import Fraction

import pytest

from renovation.imports.projects.catalogue import read_default_weights, read_standard_criteria
from renovation.model.ranking import Direction
from renovation.rules.programme.criteria import Figures, criterion_values, value_columns
from renovation.rules.programme.ranking import rank, table_of

KNOWN = Figures(
    id="E1",
    households=200,
    demands=30,
    votes=80,
    voters=120,
    vulnerable_households=50,
    coverage_gain=12,
    safety_deficits=2,
    service_deficits=3,
    service_possible=6,
    built_year=1996,
    consent_share=Fraction(4, 5),
    survey_coverage=Fraction(9, 10),
    readiness=Fraction(1, 2),
    residents_money=1_000_000,
    upkeep_agreed=True,
    cost=100_000_000,
)


def test_values_are_exact():
    values = criterion_values(KNOWN, year=2026)
    assert values == {
        "demand_density": 15,
        "vote_share": Fraction(2, 3),
        "households": 200,
        "vulnerable": Fraction(1, 4),
        "coverage_gain": 12,
        "safety_deficit": 2,
        "service_deficit": 3,
        "age": 30,
        "willingness": Fraction(17, 20),
        "readiness": Fraction(1, 2),
        "contribution": Fraction(101, 200),
        "cost_per_household": 5000,
        "age_deficit": Fraction(1, 2),
    }


def test_nothing_known_is_nothing_said():
    assert set(criterion_values(Figures(id="x"), year=2026).values()) == {None}
    assert criterion_values(Figures(id="x", demands=3, households=0), year=2026)["demand_density"] is None


def test_names_and_formulas_stand_beside_every_value():
    criteria = {one.code: one for one in read_standard_criteria()}
    assert criteria.keys() == criterion_values(KNOWN, year=2026).keys()
    assert all(one.source for one in criteria.values())
    assert criteria["cost_per_household"].direction is Direction.LOWER
    weighted, _ = read_default_weights()
    assert {one.code for one in weighted} <= criteria.keys()
    assert all(criteria[one.code].is_cash == one.is_cash for one in weighted)


def test_columns_make_a_ranking_with_own_columns():
    criteria, (example, *_) = read_default_weights()
    figures = [KNOWN, Figures(id="E2", built_year=1980, households=10)]
    codes = [one.code for one in criteria]
    columns = value_columns(figures, codes, year=2026, own={"readiness": [0.5, 1.0]})
    assert columns["readiness"] == [0.5, 1.0]
    ranking = rank(table_of(["E1", "E2"], columns, criteria), example)
    assert ranking.by_id()["E2"].missing == tuple(code for code in codes if code != "readiness")
    # One known value of six would otherwise put it first.
    assert ranking.by_id()["E2"].rank is None
    with pytest.raises(KeyError):
        value_columns(figures, ["other"], year=2026)
