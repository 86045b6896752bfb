"""One book of money: what an adopted programme pays is read alike by gap, pledges, pots, batch and documents."""

from __future__ import annotations

import io
import json

import openpyxl
import pytest
import sqlalchemy as sa

from renovation.exports.programme.source import PaperDetails
from renovation.model.accounts import PUBLIC, Actor
from renovation.model.clock import today
from renovation.model.funding import Contribution, SourceKind
from renovation.model.programme import Objective
from renovation.model.scenarios import ProgrammeSettings
from renovation.rules.programme.programme import plan_programme
from renovation.services.money import funding, pledges, pots
from renovation.services.programme import programme
from renovation.services.programme.annual_batch import batch_basis
from renovation.services.programme.documents import ProgrammeDocument, export_programme
from renovation.services.programme.input import programme_input
from renovation.store import Store

WAN = 1_000_000


@pytest.fixture
def town(store: Store, planner: Actor, two_estates: None) -> Store:
    """Two projects of 10 万元, one with residents' money, one with 3 万元 of the pot of 2027; a second pot of 2028."""
    lines = (
        Contribution(project="1", kind=SourceKind.RESIDENTS, pledged=WAN),
        Contribution(project="2", kind=SourceKind.DISTRICT, pledged=3 * WAN, pot="1"),
    )
    for line in lines:
        funding.record_contribution(store, planner, line)
    return store


def adopt(store: Store, planner: Actor, *years: int) -> str:
    asked = ProgrammeSettings(years=years, objective=Objective.HOUSEHOLDS, only_passing=False)
    basis = programme_input(store, planner, asked)
    made = programme.save_scenario(
        store, planner, name=f"{years[0]} 年", basis=basis, programme=plan_programme(basis.problem)
    )
    programme.adopt_scenario(store, planner, made.id)
    return made.id


def test_nobody_is_asked_to_pay_what_the_adopted_programme_pays(town: Store, planner: Actor) -> None:
    pledges.open_for_adoption(town, planner, 1)
    (before,) = pledges.adoptable_projects(town, PUBLIC)
    assert (before.funding.gap, before.unlocked) == (9 * WAN, 9 * WAN)
    adopt(town, planner, 2027)
    (after,) = pledges.adoptable_projects(town, PUBLIC)
    assert (after.funding.planned, after.funding.gap, after.unlocked) == (9 * WAN, 0, 0)
    assert after.funding.there == after.funding.cost
    seen = funding.project_money(town, planner, 1)
    assert [(pot.name, amount) for pot, amount in seen.planned] == [("区级", 9 * WAN)]
    assert [row.funding.gap for row in funding.money_rows(town, planner)] == [0, 0]


def test_a_batch_and_a_scenario_of_the_adopted_year_are_thought_of_in_its_place(town: Store, planner: Actor) -> None:
    before = batch_basis(town, planner)
    assert (before.costs_in(2027), before.budgets) == ({1: 9 * WAN, 2: 7 * WAN}, {2027: 27 * WAN, 2028: 5 * WAN})
    adopt(town, planner, 2027)
    after = batch_basis(town, planner)
    assert (after.costs_in(2027), after.budgets) == (before.costs_in(2027), before.budgets)
    assert after.costs_in(2028) == {1: 0, 2: 0}
    asked = ProgrammeSettings(years=(2027,), objective=Objective.HOUSEHOLDS, only_passing=False)
    again = programme_input(town, planner, asked, besides=2027)
    assert again.problem.whole_money == before.budgets[2027]
    assert again.whole_pots == {"1": 30 * WAN}


def test_the_sums_of_pots_lines_and_documents_are_one(town: Store, planner: Actor) -> None:
    scenario = adopt(town, planner, 2027, 2028)
    with town.read() as connection:
        rows = connection.execute(sa.text("SELECT programme FROM scenario WHERE state = 'adopted'")).scalars()
        lines = [line for kept in rows for line in (json.loads(kept) if isinstance(kept, str) else kept)["chosen"]]
        by_hand = connection.execute(sa.text("SELECT SUM(pledged) FROM project_funding WHERE pot_id IS NOT NULL"))
        besides = by_hand.scalar_one()
    by_pot: dict[str, int] = {}
    for line in lines:
        assert sum(paid for _, paid in line["payments"]) == line["cost"]
        for pot, paid in line["payments"]:
            by_pot[pot] = by_pot.get(pot, 0) + paid
    accounts = pots.pot_accounts(town, planner)
    assert {one.pot.id: one.programme for one in accounts if one.programme} == by_pot
    assert sum(one.programme for one in accounts) == sum(line["cost"] for line in lines) == 16 * WAN
    assert sum(one.besides for one in accounts) == besides
    assert sum(one.promised + one.free for one in accounts) == 35 * WAN
    details = PaperDetails(day=today())
    data = export_programme(town, planner, scenario, ProgrammeDocument.ROLL_UP, details=details)[2]
    *papers, total = openpyxl.load_workbook(io.BytesIO(data), data_only=True).worksheets[4].iter_rows(min_row=4)
    spent = [round(row[9].value * WAN) for row in papers]
    assert (sum(spent), round(total[9].value * WAN)) == (16 * WAN, 16 * WAN)
    # What the pot had promised before stands beside what it holds in all.
    assert {row[1].value: (row[6].value, row[8].value) for row in papers} == {"区级": (30, 3), "市级": (5, 0)}
