"""Rankings from the store: the chain's own figures, weightings under a name, own columns, the list as a file."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import openpyxl
import pytest

from renovation.errors import DeniedError, ImportRefusedError
from renovation.model.accounts import Actor
from renovation.model.clock import now
from renovation.model.funding import Pot
from renovation.model.places import Deficit, EstateDraft, EstateFacts, RenovationStatus
from renovation.model.programme import Lock, Objective
from renovation.model.projects import ProjectDraft
from renovation.model.ranking import Method, MissingPolicy, SavedWeighting, Subject
from renovation.model.scenarios import ProgrammeSettings
from renovation.rules.programme.basis import input_changes
from renovation.rules.programme.programme import plan_programme
from renovation.services.money import pots
from renovation.services.programme import programme, ranking
from renovation.services.programme.input import programme_input
from renovation.services.programme.ranking_figures import ranking_basis
from renovation.services.projects.items import keep_catalogue
from renovation.store import Store
from renovation.store.projects import projects
from renovation.store.register import estates


@pytest.fixture
def city(store: Store) -> Store:
    """Three estates, the third one hardly known; pipes before paving and a dangerous wall in the first."""
    drafts = [
        EstateDraft(
            code=f"E{n}",
            name=f"小区{n}",
            facts=EstateFacts(
                built_year=1980 + n if n < 3 else None,
                households=100 * n,
                elderly_share=Fraction(1, 5) if n < 3 else None,
                willingness=Fraction(80, 100) if n < 3 else None,
                survey_coverage=Fraction(9, 10) if n < 3 else None,
                status=RenovationStatus.WILLING,
                deficits=frozenset({Deficit.PIPES, Deficit.PARKING}) if n < 3 else frozenset(),
            ),
        )
        for n in range(1, 4)
    ]
    works = (
        (1, "J06", "供水管网"),
        (1, "J15", "沥青路面"),
        (1, "J03", "外墙排险"),
        (2, "W16", "停车位"),
        (3, "W04", "绿化"),
    )
    with store.write() as unit:
        keep_catalogue(unit.connection)
        estates.add_estates(unit.connection, drafts, collected_on=date(2026, 3, 1), collector="测试")
        for estate_id, code, name in works:
            draft = ProjectDraft(
                estate_id=estate_id,
                item_code=code,
                name=name,
                quantity=Decimal(1),
                cost=10_000_000,
                cost_low=9_000_000,
                cost_high=12_000_000,
            )
            projects.add(unit.connection, draft, unit="处", at=now())
        unit.commit()
    return store


def test_figures_come_from_the_chain_and_gaps_stay_gaps(city: Store, planner: Actor) -> None:
    found = ranking_basis(city, planner, Subject.ESTATES, year=2026)
    assert [one.id for one in found.alternatives] == ["E1", "E2", "E3"]
    values = found.values(["households", "age", "safety_deficit", "vulnerable", "cost_per_household", "demand_density"])
    assert values["households"] == [100, 200, 300]
    assert values["age"] == [45, 44, None]
    assert values["safety_deficit"] == [1, 1, None]
    assert values["vulnerable"] == [0.2, 0.2, None]
    assert values["cost_per_household"] == [3000, 500, pytest.approx(333.333, rel=1e-4)]
    assert values["demand_density"] == [0, 0, 0]

    lines = ranking_basis(city, planner, Subject.PROJECTS, year=2026)
    assert [one.name for one in lines.alternatives] == ["供水管网", "沥青路面", "外墙排险", "停车位", "绿化"]
    assert lines.urgent == {"P0003"}
    assert lines.values(["vote_share"])["vote_share"] == [None] * 5
    assert lines.values(["safety_deficit"])["safety_deficit"] == [1, 0, 0, 0, None]


def test_a_weighting_is_kept_and_the_list_goes_out_as_a_workbook(city: Store, planner: Actor, observer: Actor) -> None:
    basis = ranking_basis(city, planner, Subject.PROJECTS, year=2026)
    criteria = ranking.criteria_for(basis)
    example = ranking.example_weightings(Subject.PROJECTS)[0]
    assert example.is_example
    saved = SavedWeighting(name="会上", subject=Subject.PROJECTS, criteria=criteria, weighting=example, cut=2)
    with pytest.raises(DeniedError):
        ranking.save_weighting(city, observer, saved)
    ranking.save_weighting(city, planner, saved)
    kept = ranking.weightings(city, planner, Subject.PROJECTS)[0]
    assert kept.weighting.weights == example.weights
    assert not kept.weighting.is_example
    assert kept.criteria == criteria
    table = ranking.ranking_table(basis, criteria, MissingPolicy.KNOWN_ONLY)
    found = ranking.work_out(table, example, method=Method.WEIGHTED_SUM, cut=2, bypass=basis.urgent)
    assert found.ranking.order[0] == "P0003"
    # Of the fifth less than half is known.
    assert ranking.scores(city, planner, kept).keys() == {f"P000{n}" for n in range(1, 5)}
    content = ranking.export_ranking(planner, basis, found, saved, format_="xlsx", language="zh-CN")[2]
    rows = list(openpyxl.load_workbook(io.BytesIO(content)).worksheets[0].iter_rows(values_only=True))
    assert [row[1] for row in rows[1:]] == list(found.ranking.order)
    scores = found.ranking.by_id()
    for row in rows[1:]:
        assert row[6] == pytest.approx(scores[row[1]].score, abs=1e-6)
    ranking.remove_weighting(city, planner, Subject.PROJECTS, "会上")
    assert not ranking.weightings(city, planner, Subject.PROJECTS)


def test_own_columns_join_the_criteria(city: Store, planner: Actor) -> None:
    table = "编号,名称,满意度,街道\nE1,小区1,3.5,甲\nE2,小区2,,乙\nE9,不在册,4,丙\n".encode()
    taken = ranking.import_columns(city, planner, Subject.ESTATES, table, filename="自有.csv")
    assert (taken.headings, taken.matched, taken.unmatched) == (("满意度",), 1, ("E9",))
    basis = ranking_basis(city, planner, Subject.ESTATES)
    assert basis.values(["own:满意度"])["own:满意度"] == [3.5, None, None]
    assert ranking.criteria_for(basis)[-1].name_zh == "满意度"
    for wrong in ("编号,满意度\nX1,3\n", "编号,名称\nE1,甲\n", "编号,满意度\nE1,3\nE1,四\n"):
        with pytest.raises(ImportRefusedError):
            ranking.import_columns(city, planner, Subject.ESTATES, wrong.encode(), filename="错.csv")
    ranking.remove_column(city, planner, Subject.ESTATES, "own:满意度")
    assert not ranking_basis(city, planner, Subject.ESTATES).own


def test_a_programme_is_asked_of_the_store(city: Store, planner: Actor) -> None:
    pots.keep_pot(city, planner, Pot(id="", name="市级", year=2027, amount=30_000_000))
    pots.keep_pot(city, planner, Pot(id="", name="另一年", year=2028, amount=10_000_000))
    lock = Lock(project="P0005", is_chosen=True, reason="已答复")
    settings = ProgrammeSettings(years=(2027,), objective=Objective.HOUSEHOLDS, locks=(lock,), only_passing=False)
    asked = programme_input(city, planner, settings)
    assert [project.id for project in asked.problem.projects] == ["P0001", "P0002", "P0003", "P0004", "P0005"]
    assert [pot.name for pot in asked.problem.pots] == ["市级"]
    assert [(order.first, order.then) for order in asked.problem.orders] == [("P0001", "P0002")]
    assert asked.problem.projects[0].groups == {"basic"}
    assert asked.places["P0001"].whole_cost == 10_000_000
    found = plan_programme(asked.problem)
    assert {line.project for line in found.chosen} >= {"P0004", "P0005"}
    made = programme.save_scenario(city, planner, name="甲", basis=asked, programme=found)
    programme.adopt_scenario(city, planner, made.id)
    again = programme_input(city, planner, settings, besides=2027)
    assert input_changes(asked, again).is_same
    # What is adopted is on offer in no other scenario of any year, and its money is spoken for.
    later = programme_input(city, planner, replace(settings, locks=()))
    assert {one.code: (one.why, one.programme, one.year) for one in later.aside} == {
        line.project: ("held", "甲", 2027) for line in found.chosen
    }
    assert [pot.amount for pot in later.problem.pots] == [30_000_000 - found.total_cost]

    # What was promised for 2027 has to be in the next one, at the latest in its first year.
    later = programme_input(city, planner, ProgrammeSettings(years=(2028,), only_passing=False))
    promised = {project.id: project.promised_year for project in later.problem.projects if project.promised_year}
    assert promised == {line.project: 2028 for line in found.chosen}
