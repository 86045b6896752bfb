"""Lists of pots and of what projects are promised: in by file, changed with a yes, refused by row, taken back whole."""

from __future__ import annotations

from decimal import Decimal

import pytest

from renovation.errors import ConflictError, ImportRefusedError
from renovation.imports.money.pots import parse_pots
from renovation.imports.money.sources import parse_sources
from renovation.model.accounts import Actor
from renovation.model.clock import now
from renovation.model.funding import Pot, SourceKind
from renovation.model.imports import ImportKind, ImportRecord, ImportSource
from renovation.model.items import ItemClass
from renovation.model.projects import ProjectDraft
from renovation.services.house.updates import update_text
from renovation.services.money import funding, pots
from renovation.services.money.money_lists import import_pot_list, import_source_list
from renovation.services.projects.items import keep_catalogue
from renovation.services.register import imports
from renovation.store import Store
from renovation.store.projects import projects
from renovation.store.schema.places import area, estate

WAN = 1_000_000
POTS = "资金名称,年度,金额（万元）,级别,支持类别,支持内容,支持地区,单项上限（万元）,主管部门,用途\n"
SOURCES = "项目编号,资金名称,资金年度,承诺金额（万元）,工时,备注\n"


@pytest.fixture
def works(store: Store, planner: Actor) -> Store:
    """A project of 20 万元 in a district, and a pot of 10 万元."""
    with store.write() as unit:
        keep_catalogue(unit.connection)
        unit.connection.execute(area.insert().values(id=1, code="C1", name="惠城区", level="county"))
        unit.connection.execute(estate.insert().values(id=1, code="E1", name="糖厂一号", status="listed", county_id=1))
        costs = {"cost": 20 * WAN, "cost_low": 1, "cost_high": 30 * WAN}
        draft = ProjectDraft(estate_id=1, item_code="W02", name="路灯", quantity=Decimal(1), **costs)
        projects.add(unit.connection, draft, unit="处", at=now())
        unit.commit()
    pots.keep_pot(store, planner, Pot(id="", name="区级改造资金", year=2027, amount=10 * WAN, owner="区住建局"))
    return store


def take_pots(store: Store, actor: Actor, *lines: str, **options: bool) -> ImportRecord:
    data = (POTS + "\n".join(lines)).encode()
    return import_pot_list(store, actor, parse_pots(data), source=ImportSource.of("资金.csv", data), **options)


def take_sources(store: Store, actor: Actor, *lines: str, **options: bool) -> ImportRecord:
    data = (SOURCES + "\n".join(lines)).encode()
    return import_source_list(store, actor, parse_sources(data), source=ImportSource.of("来源.csv", data), **options)


def test_a_list_of_pots_makes_and_changes_them_and_goes_again(works: Store, planner: Actor) -> None:
    lines = (
        "市级奖补,2027,5,市级,完善类、提升类,W02,惠城区,30,市住建局,补短板",
        "区级改造资金,2027,12.5,,,,,,,",
    )
    trial = take_pots(works, planner, *lines, dry_run=True)
    assert (trial.imported, trial.updated, trial.updates[0].fields) == (
        2,
        1,
        {"amount": (str(10 * WAN), str(125 * WAN // 10))},
    )
    assert "125,000" in update_text(works, planner, ImportKind.POTS, trial.updates[0], "zh-CN")
    with pytest.raises(ConflictError, match=r"import\.update_needs_yes"):
        take_pots(works, planner, *lines)
    record = take_pots(works, planner, *lines, update=True)
    held = {one.name: one for one in pots.pots(works, planner)}
    city, district = held["市级奖补"], held["区级改造资金"]
    assert (city.level, city.classes, city.items, city.areas, city.project_cap) == (
        SourceKind.CITY,
        {ItemClass.IMPROVEMENT, ItemClass.ENHANCEMENT},
        {"W02"},
        {"惠城区"},
        30 * WAN,
    )
    assert (district.amount, district.owner) == (125 * WAN // 10, "区住建局")
    with pytest.raises(ConflictError, match=r"import\.nothing_new"):
        take_pots(works, planner, *lines)
    more = take_pots(works, planner, "市级奖补,2027,60,,,,,,,", update=True)
    for one in (more, record):
        assert one.id is not None
        imports.undo_import(works, planner, one.id)
    assert [(one.name, one.amount) for one in pots.pots(works, planner)] == [("区级改造资金", 10 * WAN)]


def test_a_list_of_sources_keeps_what_each_pot_and_source_promises_and_goes_again(works: Store, planner: Actor) -> None:
    record = take_sources(
        works, planner, "P0001,区级改造资金,2027,6,,惠财〔2027〕3号", "P0001,居民出资,,0.5,,", "P0001,投工投劳,,,40,"
    )
    money = funding.project_money(works, planner, 1)
    assert {(one.kind, one.pledged, one.hours, one.note) for one in money.contributions} == {
        (SourceKind.DISTRICT, 6 * WAN, 0, "惠财〔2027〕3号"),
        (SourceKind.RESIDENTS, WAN // 2, 0, "来源.csv"),
        (SourceKind.IN_KIND, 0, 40, "来源.csv"),
    }
    more = take_sources(works, planner, "P0001,区级改造资金,,8,,", update=True)
    assert funding.project_money(works, planner, 1).funding.gap == 20 * WAN - 8 * WAN - WAN // 2
    # The later list goes first.
    assert record.id is not None
    assert more.id is not None
    with pytest.raises(ConflictError, match=r"import\.not_last"):
        imports.undo_import(works, planner, record.id)
    imports.undo_import(works, planner, more.id)
    assert funding.project_money(works, planner, 1).funding.gap == 20 * WAN - 6 * WAN - WAN // 2
    # Then the first one finds its rows as it left them, and goes too.
    imports.undo_import(works, planner, record.id)
    assert funding.project_money(works, planner, 1).contributions == ()


def test_every_fault_of_money_lists_names_row_and_column_and_nothing_is_kept(works: Store, planner: Actor) -> None:
    with pytest.raises(ImportRefusedError) as refused:
        take_pots(
            works,
            planner,
            "甲,2027,1,,,戏台,,,,",
            "乙,2027,1,,,,月球,,,",
            "丙,1999,1,,,,,,,",
            "甲,2027,2,,,,,,,",
        )
    assert [(one.row, one.column, one.code) for one in refused.value.faults] == [
        (2, "支持内容", "pot.list_items"),
        (3, "支持地区", "pot.list_areas"),
        (4, "年度", "pot.list_year"),
        (5, "资金名称", "planning.twice"),
    ]
    with pytest.raises(ImportRefusedError) as refused:
        take_sources(
            works,
            planner,
            "P0404,区级改造资金,2027,1,,",
            "P0001,没有的资金,,1,,",
            "P0001,区级改造资金,2027,11,,",
            "P0001,区级改造资金,2027,1,,",
            "P0001,居民出资,,21,,",
            "P0001,专营单位,,,,",
        )
    assert [(one.row, one.column, one.code) for one in refused.value.faults] == [
        (2, "项目编号", "payment.unknown_project"),
        (3, "资金名称", "payment.unknown_source"),
        (4, "承诺金额（万元）", "payment.pot_short"),
        (5, "资金名称", "planning.twice"),
        (6, "承诺金额（万元）", "project.list_more_than_lacks"),
        (7, "承诺金额（万元）", "planning.needed"),
    ]
    assert len(pots.pots(works, planner)) == 1
    assert funding.project_money(works, planner, 1).contributions == ()


def test_money_that_is_used_by_now_stays(works: Store, planner: Actor) -> None:
    record = take_pots(works, planner, "市级奖补,2027,5,市级,,,,,,")
    take_sources(works, planner, "P0001,市级奖补,,1,,")
    assert record.id is not None
    with pytest.raises(ConflictError) as refused:
        imports.undo_import(works, planner, record.id)
    assert (refused.value.code, refused.value.fields["names"]) == ("import.money_in_use", ("市级奖补",))
