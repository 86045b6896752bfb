"""Criteria from the chain: exact, and unknown where something is missing."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from renovation.imports.files.lists import shipped
from renovation.imports.projects.catalogue import read_catalogue, read_default_weights, read_standard_criteria
from renovation.model.gates import Gate, GateResult, GateState
from renovation.model.items import Beneficiary
from renovation.model.lists import ListKind
from renovation.model.localities import deficits_of
from renovation.model.places import Deficit, Estate, EstateFacts
from renovation.model.projects import Project, ProjectStatus
from renovation.model.ranking import Direction
from renovation.rules.programme.criteria import (
    Figures,
    Paid,
    criterion_values,
    figures_of_estate,
    figures_of_project,
    value_columns,
    with_projects,
)
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


ESTATE = Estate(
    id=1,
    code="E1",
    name="糖厂1号",
    facts=EstateFacts(
        households=200,
        elderly_share=Fraction(1, 4),
        deficits=frozenset({Deficit.PIPES, Deficit.LIGHTING, Deficit.ROOF_LEAK}),
    ),
)
GATES = [
    GateResult(gate=gate, state=state, reason="")
    for gate, state in zip(Gate, (GateState.PASS, GateState.FAIL, GateState.UNKNOWN, GateState.PASS), strict=False)
]

RULES = deficits_of(shipped(ListKind.DEFICITS))


def test_a_file_that_nobody_has_surveyed_is_a_gap_and_no_clean_bill():
    seen = figures_of_estate(ESTATE, 7, GATES, RULES)
    assert (seen.demands, seen.vulnerable_households, seen.readiness) == (7, 50, Fraction(1, 2))
    assert (seen.safety_deficits, seen.service_deficits) == (2, 1)
    bare = replace(ESTATE, facts=EstateFacts())
    blank = figures_of_estate(bare, 0, [GATES[2]], RULES)
    assert (blank.safety_deficits, blank.vulnerable_households, blank.readiness) == (None, None, None)
    surveyed = replace(bare, facts=EstateFacts(survey_coverage=Fraction(1, 2)))
    assert figures_of_estate(surveyed, 0, (), RULES).safety_deficits == 0


def test_an_estate_is_priced_by_its_projects_and_unknown_without():
    seen = figures_of_estate(ESTATE, 7, (), RULES)
    assert with_projects(seen, []) == seen
    paid = Paid(residents_money=50, upkeep_agreed=True)
    told = with_projects(seen, [(100, paid), (200, None)])
    assert (told.cost, told.residents_money, told.upkeep_agreed) == (300, 50, False)
    assert with_projects(seen, [(100, paid)]).upkeep_agreed


def test_a_project_counts_what_it_mends_and_whom_it_serves():
    seen = figures_of_estate(ESTATE, 7, (), RULES)
    (item,) = (one for one in read_catalogue() if one.code == "J06")
    project = Project(
        id=1, code="P1", estate_id=1, item_code="J06", name="供水", quantity=Decimal(1), unit="m", cost=900,
        cost_low=800, cost_high=1000, status=ProjectStatus.PRICED,
    )  # fmt: skip
    told = figures_of_project(
        project, seen, ESTATE.facts.deficits, item, RULES, demands=3, votes=(20, 30), coverage_gain=4
    )
    assert (told.id, told.demands, told.votes, told.voters, told.cost) == ("P1", 3, 20, 30, 900)
    assert (told.safety_deficits, told.service_deficits, told.coverage_gain) == (1, 0, 4)
    assert (told.residents_money, told.upkeep_agreed) == (None, None)
    assert told.vulnerable_households == 50
    parked = replace(item, beneficiaries=(Beneficiary.VEHICLE_OWNER,))
    assert figures_of_project(project, seen, frozenset(), parked, RULES, demands=0).vulnerable_households == 0


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
