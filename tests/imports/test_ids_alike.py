"""An id that stands twice in a file is found by every reader, however it is written the second time."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from alike import OTHERWISE
from hypothesis import given
from hypothesis import strategies as st

from renovation.errors import Fault, ImportRefusedError
from renovation.imports.demands.demands import parse_demands
from renovation.imports.files.lists import parse_list
from renovation.imports.money.pots import parse_pots
from renovation.imports.polls.limits import read_limits
from renovation.imports.programme.programme import read_problem
from renovation.imports.programme.ranking import read_criteria, read_own_columns, read_ranking_table
from renovation.imports.projects.catalogue import read_catalogue
from renovation.imports.projects.price_book import parse_price_book
from renovation.imports.projects.projects import parse_projects
from renovation.imports.register.estates import parse_estates
from renovation.imports.register.facilities import parse_facilities
from renovation.model.lists import ListKind


def csv(heading: str, line: str, one: str, other: str) -> bytes:
    return "\n".join([heading, line.format(one), line.format(other)]).encode()


def ranked(data: bytes) -> Any:
    criteria, _ = read_criteria("编码,权重\na,1\n".encode())
    return read_ranking_table(data, criteria)


def problem(data: bytes) -> Any:
    return read_problem(data, pots="资金编号,金额,年度\n市,100,2026\n".encode())


def pots(data: bytes) -> Any:
    return read_problem("项目编号,费用\np,1\n".encode(), pots=data)


def places(one: str, other: str) -> bytes:
    features = [
        {"type": "Feature", "id": name, "properties": {"小区名称": f"小区{at}"}, "geometry": None}
        for at, name in enumerate((one, other))
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


ITEM = read_catalogue()[0]
READERS: dict[str, tuple[Callable[[str, str], bytes], Callable[[bytes], Any]]] = {
    "codes of estates": (
        lambda one, other: csv("小区编码,小区名称", "{0},甲{0}", one, other),
        lambda data: parse_estates(data, datum="wgs84"),
    ),
    "names of estates": (
        lambda one, other: csv("小区名称", "{}", one, other),
        lambda data: parse_estates(data, datum="wgs84"),
    ),
    "features": (places, lambda data: parse_estates(data, datum="wgs84")),
    "facilities": (
        lambda one, other: csv("编号,类别,经度,纬度", "{},站,114.4,23.1", one, other),
        lambda data: parse_facilities(data, datum="wgs84"),
    ),
    "demands": (
        lambda one, other: csv("工单号,诉求内容,小区", "{},路灯坏,甲", one, other),
        lambda data: parse_demands(data, datum="wgs84"),
    ),
    "criteria": (lambda one, other: csv("编码,权重", "{},1", one, other), read_criteria),
    "a table to rank": (lambda one, other: csv("编号,a", "{},1", one, other), ranked),
    "own columns": (lambda one, other: csv("编号,得分", "{},1", one, other), read_own_columns),
    "a programme": (lambda one, other: csv("项目编号,费用", "{},1", one, other), problem),
    "its pots": (lambda one, other: csv("资金编号,金额,年度", "{},1,2026", one, other), pots),
    "codes of projects": (lambda one, other: csv("项目编号,费用", "{},1", one, other), parse_projects),
    "pots": (lambda one, other: csv("资金名称,年度,金额", "{},2026,1", one, other), parse_pots),
    "a list of the locality's own": (
        lambda one, other: csv("设施类别,服务半径（米）", "{},300", one, other),
        lambda data: parse_list(data, ListKind.FACILITIES),
    ),
    "limits": (
        lambda one, other: csv("kind;name;amount", "category;{};5", one, other),
        lambda data: read_limits(data, scale=100),
    ),
}


@pytest.mark.parametrize("kind", READERS)
@given(st.sampled_from(OTHERWISE), st.from_regex(r"[B-Yb-y][B-Yb-y0-9]{2,8}", fullmatch=True))
def test_no_reader_takes_two_spellings_for_two(kind: str, otherwise: Callable[[str], str], name: str) -> None:
    made, read = READERS[kind]
    faults: tuple[Fault, ...]
    try:
        faults = read(made(name, otherwise(name))).faults
    except ImportRefusedError as refused:
        faults = refused.faults
    assert [fault.code.rpartition(".")[2] for fault in faults] in (["twice"], ["duplicate_id"])


@given(st.sampled_from(OTHERWISE))
def test_an_item_is_known_however_its_code_is_written(otherwise: Callable[[str], str]) -> None:
    data = f"编码,低,中,高,地区,年份\n{otherwise(ITEM.code)},1,2,3,惠城,2026\n".encode()
    (book,) = parse_price_book(data, items=[ITEM]).records
    assert [entry.code for entry in book.entries] == [ITEM.code]
