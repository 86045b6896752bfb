"""Documents of a kept scenario: its own numbers, the register's facts, and who may write them."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import openpyxl
import pytest
import shapely

from renovation.errors import DeniedError, InvalidError, NotFoundError
from renovation.exports.programme.source import PaperDetails
from renovation.model.accounts import Actor
from renovation.model.clock import now, today
from renovation.model.funding import Contribution, MatchingRule, PaymentDraft, Pot, SourceKind
from renovation.model.places import EstateDraft, EstateFacts
from renovation.model.programme import Objective
from renovation.model.projects import ProjectDraft
from renovation.model.scenarios import OtherMoney, ProgrammeSettings, WorkPlan
from renovation.model.scope import Scope
from renovation.rules.programme.basis import basis_digest, input_changes
from renovation.rules.programme.programme import plan_programme
from renovation.services.money import funding, payments, pots
from renovation.services.programme import programme, work_plans
from renovation.services.programme.documents import (
    ProgrammeDocument,
    export_estate_map,
    export_programme,
    programme_paper,
)
from renovation.services.programme.input import programme_input
from renovation.services.projects.items import keep_catalogue
from renovation.store import Store
from renovation.store.money import pots as pot_store
from renovation.store.projects import projects
from renovation.store.register import estates
from renovation.store.schema.places import area, estate

DETAILS = PaperDetails(day=date(2026, 11, 22), office="区住建局", city="惠州市")


@pytest.fixture
def scenario_id(store: Store, planner: Actor) -> str:
    """A draft scenario of two projects, one of them with residents' money."""
    with store.write() as unit:
        keep_catalogue(unit.connection)
        outline = shapely.box(114.4, 23.08, 114.402, 23.081).wkb
        facts = EstateFacts(households=300, built_year=1991, buildings=6, floor_area_m2=21000.0)
        draft = EstateDraft(code="E1", name="糖厂三号小区", facts=facts, geometry=outline)
        estates.add_estates(unit.connection, [draft], collected_on=date(2026, 3, 1), collector="测试")
        for code, name, cost in (("J05", "楼道照明", 10_000_001), ("W12", "坡道", 7_000_000)):
            costs = {"cost": cost, "cost_low": cost, "cost_high": cost}
            made = ProjectDraft(estate_id=1, item_code=code, name=name, quantity=Decimal("12.5"), **costs)
            projects.add(unit.connection, made, unit="处", at=now())
        unit.commit()
    pots.keep_pot(store, planner, Pot(id="", name="区级专项", year=2027, amount=30_000_000, owner="区财政局"))
    line = Contribution(project="2", kind=SourceKind.RESIDENTS, pledged=500_000)
    funding.record_contribution(store, planner, line)
    basis = programme_input(
        store, planner, ProgrammeSettings(years=(2027,), objective=Objective.HOUSEHOLDS, only_passing=False)
    )
    found = plan_programme(basis.problem)
    return programme.save_scenario(store, planner, name="方案甲", basis=basis, programme=found).id


def test_the_list_holds_the_scenario_and_the_register(store: Store, planner: Actor, scenario_id: str) -> None:
    name, _, data = export_programme(store, planner, scenario_id, ProgrammeDocument.LIST, details=DETAILS)
    assert name == "惠州市2027年老旧小区改造项目清单.xlsx"
    sheet = openpyxl.load_workbook(io.BytesIO(data), data_only=True).worksheets[0]
    assert "讨论稿" in sheet["A2"].value
    head, *lines, total = ([cell.value for cell in row] for row in sheet.iter_rows(min_row=3))
    rows = {row[head.index("改造内容")]: dict(zip(head, row, strict=True)) for row in lines}
    assert len(rows) == 2
    for cost, row in zip((10.000001, 7.0), rows.values(), strict=True):
        assert row["投资（万元）"] == cost
        assert (row["户数"], row["建成年份"], row["楼栋数"], row["建筑面积（㎡）"]) == (300, 1991, 6, 21000)
    given = [row["资金来源：居民出资（万元）"] for row in rows.values()]
    assert given == [None, 0.5]
    assert total[head.index("投资（万元）")] == 17.000001


def test_an_adopted_scenario_is_no_draft_any_more(store: Store, planner: Actor, scenario_id: str) -> None:
    programme.adopt_scenario(store, planner, scenario_id)
    paper = programme_paper(store, planner, scenario_id, DETAILS, language="zh-CN")
    assert paper.warning == ""
    assert paper.gap == 0


def test_money_that_moves_later_changes_no_document(store: Store, planner: Actor, scenario_id: str) -> None:
    programme.adopt_scenario(store, planner, scenario_id)
    before = export_programme(store, planner, scenario_id, ProgrammeDocument.LIST, details=DETAILS)
    (account,) = pots.pot_accounts(store, planner)
    assert (account.pot.amount, account.programme, account.free) == (30_000_000, 16_500_001, 13_499_999)
    # A matching rule of that pot promises none of it either.
    rule = MatchingRule(id="", name="1 比 3", ratio=Fraction(3), cap=30_000_000, pot=account.pot.id)
    made = pots.add_matching_rule(
        store, planner, replace(rule, kinds=frozenset({SourceKind.PRIVATE}), counts_pledges=True)
    )
    # The programme pays the project already, so nobody may give it more; what an older store holds is counted.
    paid = PaymentDraft(project=1, amount=9_000_000, paid_on=today(), document="回单", kind=SourceKind.PRIVATE)
    with pytest.raises(InvalidError, match=r"payment\.more_than_lacks"):
        payments.record_payment(store, planner, paid)
    given = Contribution(project="1", kind=SourceKind.PRIVATE, pledged=9_000_000)
    with store.write() as unit:
        pot_store.add_contribution(unit.connection, given)
        unit.commit()
    assert pots.pot_accounts(store, planner)[0].matched == 13_499_999
    pots.remove_matching_rule(store, planner, int(made.id))
    # The adopted programme holds on to its part of the pot; the project it is for may draw on it.
    asked = Contribution(project="2", kind=SourceKind.DISTRICT, pledged=20_000_001, pot=account.pot.id)
    with pytest.raises(InvalidError, match=r"funding\.more_than_lacks"):
        funding.record_contribution(store, planner, asked)
    funding.record_contribution(store, planner, replace(asked, pledged=6_500_000))
    (account,) = pots.pot_accounts(store, planner)
    assert (account.programme, account.besides) == (16_500_001, 0)
    (line,) = [one for one in funding.project_money(store, planner, 2).contributions if one.pot is None]
    assert line.id is not None
    funding.remove_contribution(store, planner, line.id)
    kind = Contribution(project="2", kind=SourceKind.CHARITY, pledged=500_000)
    funding.record_contribution(store, planner, kind)
    assert export_programme(store, planner, scenario_id, ProgrammeDocument.LIST, details=DETAILS) == before
    held = programme.scenario(store, planner, scenario_id)
    assert held.places["P0002"].other_money == (OtherMoney(kind=SourceKind.RESIDENTS, amount=500_000),)
    swapped = replace(held.places["P0002"], other_money=(OtherMoney(kind=SourceKind.CHARITY, amount=500_000),))
    now_asked = replace(held.basis, places={**held.places, "P0002": swapped})
    assert input_changes(held.basis, now_asked).sources == ("P0002",)


def test_facts_and_drawings_stay_those_of_the_scenario(store: Store, planner: Actor, scenario_id: str) -> None:
    before = export_programme(store, planner, scenario_id, ProgrammeDocument.LIST, details=DETAILS)
    held = programme.scenario(store, planner, scenario_id)
    (home, *_) = held.basis.estates
    with store.write() as unit:
        known = estates.get(unit.connection, 1)
        estates.update(unit.connection, replace(known, facts=replace(known.facts, households=9_999, built_year=2001)))
        unit.commit()
    assert export_programme(store, planner, scenario_id, ProgrammeDocument.LIST, details=DETAILS) == before
    found = input_changes(held.basis, programme_input(store, planner, held.settings))
    assert home.code in found.estates
    later = replace(held.basis, facts_day=date(2030, 1, 1))
    assert later == held.basis
    assert basis_digest(later) == held.scenario.inputs_digest


def test_when_and_by_whom_stand_on_the_list(store: Store, planner: Actor, observer: Actor, scenario_id: str) -> None:
    plan = WorkPlan(project_id=1, starts="2027-03", ends="2027-06", builder="惠民建设公司", note="暑假前完工")
    assert work_plans.keep_work_plans(store, planner, [plan, WorkPlan(project_id=2)]) == 1
    assert work_plans.keep_work_plans(store, planner, [plan]) == 0
    data = export_programme(store, planner, scenario_id, ProgrammeDocument.LIST, details=DETAILS)[2]
    sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
    head, *lines, _ = ([cell.value for cell in row] for row in sheet.iter_rows(min_row=3))
    rows = {row[head.index("改造内容")]: dict(zip(head, row, strict=True)) for row in lines}
    (row,) = [row for name, row in rows.items() if "照明" in name]
    assert [row[name] for name in ("计划开工", "计划完工", "实施单位", "备注")] == [
        "2027-03", "2027-06", "惠民建设公司", "暑假前完工",
    ]  # fmt: skip
    with pytest.raises(InvalidError, match=r"work_plan\.ends_before"):
        replace(plan, ends="2027-02")
    with pytest.raises(InvalidError, match=r"work_plan\.month"):
        replace(plan, starts="2027年3月")
    for actor, error in ((observer, DeniedError), (replace(planner, scope=Scope(county_id=9)), NotFoundError)):
        with pytest.raises(error):
            work_plans.keep_work_plans(store, actor, [replace(plan, note="")])


def test_the_package_is_the_same_twice_and_has_a_map(store: Store, planner: Actor, scenario_id: str) -> None:
    first = export_programme(store, planner, scenario_id, ProgrammeDocument.PACKAGE, details=DETAILS)
    assert first == export_programme(store, planner, scenario_id, ProgrammeDocument.PACKAGE, details=DETAILS)
    names = zipfile.ZipFile(io.BytesIO(first[2])).namelist()
    assert "小区位置图/E1_糖厂三号小区.svg" in names
    drawn = export_estate_map(store, planner, scenario_id, "E1", details=DETAILS)
    assert drawn is not None
    assert "糖厂三号小区" in drawn[2].decode()


def test_only_those_who_publish_write_documents(store: Store, social_worker: Actor, scenario_id: str) -> None:
    with pytest.raises(DeniedError):
        export_programme(store, social_worker, scenario_id, ProgrammeDocument.NOTICE)
    with pytest.raises(DeniedError):
        export_estate_map(store, None, scenario_id, "E1")


def test_a_planner_of_one_county_writes_and_decides_that_county_alone(sqlite_store: Store, planner: Actor) -> None:
    store = sqlite_store
    with store.write() as unit:
        keep_catalogue(unit.connection)
        for number, name in ((1, "惠城区"), (2, "惠阳区")):
            unit.connection.execute(area.insert().values(id=number, level="county", code=f"44130{number}", name=name))
            unit.connection.execute(
                estate.insert().values(
                    id=number,
                    code=f"E{number}",
                    name=f"糖厂{number}号",
                    status="listed",
                    county_id=number,
                    households=90,
                )
            )
            costs = {"cost": 4_000_000, "cost_low": 1, "cost_high": 5_000_000}
            made = ProjectDraft(estate_id=number, item_code="J05", name=f"照明{number}", quantity=Decimal(1), **costs)
            projects.add(unit.connection, made, unit="处", at=now())
        unit.commit()
    pots.keep_pot(store, planner, Pot(id="", name="市级", year=2027, amount=10_000_000))
    asked = ProgrammeSettings(years=(2027,), objective=Objective.HOUSEHOLDS, only_passing=False)
    basis = programme_input(store, planner, asked)
    kept = programme.save_scenario(store, planner, name="全市", basis=basis, programme=plan_programme(basis.problem))
    of_county = replace(planner, scope=Scope(county_id=2))
    paper = programme_paper(store, of_county, kept.id, DETAILS, language="zh-CN")
    assert [line.facts.id for line in paper.works] == ["P0002"]
    assert [(pot.amount, pot.spent, pot.left) for pot in paper.pots] == [(6_000_000, 4_000_000, 2_000_000)]
    name, _, data = export_programme(store, of_county, kept.id, ProgrammeDocument.LIST, details=DETAILS)
    assert name == "惠州市惠阳区2027年老旧小区改造项目清单.xlsx"
    assert "照明1".encode() not in zipfile.ZipFile(io.BytesIO(data)).read("xl/sharedStrings.xml")
    seen = programme.scenario(store, of_county, kept.id)
    assert input_changes(seen.basis, programme_input(store, of_county, asked)).is_same
    for refused in (
        lambda: programme.adopt_scenario(store, of_county, kept.id),
        lambda: programme.copy_scenario(store, of_county, kept.id, name="乙"),
        lambda: programme.remove_scenario(store, of_county, kept.id),
        lambda: programme.annotate_scenario(store, of_county, kept.id, name="乙", note=""),
    ):
        with pytest.raises(DeniedError, match=r"scenario\.beyond_scope"):
            refused()
