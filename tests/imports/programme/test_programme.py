"""A planners' workbook becomes a problem: projects, pots, rules; faults by sheet and row."""

from fractions import Fraction

import pytest

from renovation.errors import ImportRefusedError, InvalidError
from renovation.exports.files.tables import TableSheet, workbook
from renovation.imports.programme.programme import read_problem
from renovation.model.items import ItemClass
from renovation.model.programme import Capacity, Exclusion, GroupRule, Lock, Objective, Order

PROJECT_ROWS = (
    {"项目编号": "p1", "项目名称": "雨污分流", "费用（万元）": 35.5, "票数": 120, "得分": 0.75, "户数": 300,
     "类别": "基础类", "县区": "惠城区", "街道": "桥东", "必做": "是"},
    {"项目编号": "p2", "项目名称": "路面", "费用（万元）": 20, "票数": 200, "户数": 300, "类别": "完善",
     "县区": "惠城区", "街道": "桥东", "承诺年份": 2027, "先做": "p1", "二选一": "p3", "可实施年份": "2027；2028"},
    {"项目编号": "p3", "项目名称": "停车位", "费用（万元）": 12, "票数": 90, "户数": 80, "类别": "完善类",
     "县区": "惠阳区", "必须配套": "p2", "人工确定": "不列入", "人工确定理由": "居民反对"},
)  # fmt: skip
HEADINGS = tuple(dict.fromkeys(heading for row in PROJECT_ROWS for heading in row))
PROJECTS = TableSheet(
    name="项目", headings=HEADINGS, rows=[[row.get(heading) for heading in HEADINGS] for row in PROJECT_ROWS]
)
POTS = TableSheet(
    name="资金",
    headings=["资金编号", "资金名称", "年度", "金额（万元）", "级别", "支持类别", "支持地区", "单项上限（万元）"],
    rows=[
        ["a", "区级配套", 2027, 60, "区级", None, "惠城区、惠阳区", None],
        ["b", "福彩", 2028, 30, "福彩", "完善类", None, 25],
    ],
)
RULES = TableSheet(
    name="规则",
    headings=["对象", "最低金额", "最高金额（万元）", "最少项数", "最多项数", "最多工点", "年度"],
    rows=[["惠城区", 1000.5, 50, 1, None, None, None], ["全部", None, None, None, None, 3, 2027]],
)


def book(*sheets):
    return workbook("x", sheets)[2]


def test_a_workbook_of_three_sheets():
    problem = read_problem(book(PROJECTS, POTS, RULES))
    assert problem.years == (2027, 2028)
    first, second, third = problem.projects
    assert (first.cost, first.votes, first.score, first.mandatory) == (35_500_000, 120, Fraction(3, 4), True)
    assert first.areas == {"惠城区", "桥东"}
    assert first.item_classes == {ItemClass.BASIC}
    assert (second.promised_year, second.years) == (2027, {2027, 2028})
    assert third.households == 80
    assert problem.orders == (Order(first="p1", then="p2"), Order(first="p2", then="p3", is_required=True))
    assert problem.exclusions == (Exclusion(projects=("p2", "p3")),)
    assert problem.locks == (Lock(project="p3", is_chosen=False, reason="居民反对"),)
    assert problem.group_rules == (GroupRule(group="惠城区", min_cost=100_050, max_cost=50_000_000, min_count=1),)
    assert problem.capacities == (Capacity(year=2027, sites=3),)
    assert [pot.amount for pot in problem.pots] == [60_000_000, 30_000_000]
    assert problem.pots[1].project_cap == 25_000_000
    assert problem.pots[0].areas == {"惠城区", "惠阳区"}


def test_three_files_and_another_objective():
    problem = read_problem(
        "编号,费用\na,100\n".encode(),
        pots="资金编号,金额,年度\nx,100,2027\n".encode(),
        rules="对象,最多项数,年度,最多工点\na,1,,\n,,2027,3\n".encode(),
        objective=Objective.BLEND,
        blend={Objective.VOTES: Fraction(1)},
    )
    assert problem.projects[0].cost == 10_000
    assert problem.group_rules[0].max_count == 1
    assert problem.capacities == (Capacity(year=2027, sites=3),)
    assert problem.objective is Objective.BLEND


def test_without_pots_it_says_so():
    with pytest.raises(InvalidError) as refused:
        read_problem("编号,费用\na,100\n".encode())
    assert refused.value.code == "programme.no_pots"


def test_every_fault_is_named():
    projects = (
        "编号,费用,类别,先做,人工确定,可实施年份\na,约,完善类,,,\nb,1,奇怪类,,,\nc,1,,zz,,\nd,1,,,列入,\na,1,,,,某年\n"
    ).encode()
    with pytest.raises(ImportRefusedError) as refused:
        read_problem(projects, pots="资金编号,金额,年度\nx,,2027\nx,5,\n".encode())
    found = {(fault.code, fault.row, fault.column) for fault in refused.value.faults}
    assert {
        ("planning.needed", 2, "金额"),
        ("planning.twice", 3, "资金编号"),
        ("value.not_number", 2, "费用"),
        ("value.unknown_choice", 3, "类别"),
        ("planning.unknown_project", 4, "先做"),
        ("planning.lock_without_reason", 5, None),
        ("planning.twice", 6, "编号"),
        ("planning.not_list", 6, "可实施年份"),
    } <= found


@pytest.mark.parametrize("content", [b"", b"PK", b"\x00\x01", b"x,y\n1,2\n"])
def test_what_is_no_project_list_is_refused(content):
    with pytest.raises(ImportRefusedError):
        read_problem(content, pots="资金编号,金额,年度\nx,1,2027\n".encode())
