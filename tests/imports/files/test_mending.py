"""Cells that nobody can read are mended alike in every table that people bring."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import renovation.imports
from renovation.errors import Fault, ImportRefusedError
from renovation.imports.files.corrections import AS_IT_STANDS, Corrections
from renovation.imports.files.lists import parse_list
from renovation.imports.money.payments import parse_payments
from renovation.imports.money.pots import parse_pots
from renovation.imports.money.sources import parse_sources
from renovation.imports.programme.programme import ProblemRefusedError, read_problem
from renovation.imports.programme.ranking import read_criteria, read_own_columns, read_ranking_table
from renovation.imports.projects.catalogue import read_catalogue
from renovation.imports.projects.price_book import parse_price_book
from renovation.model.lists import ListKind

LEFT_EMPTY = Corrections(leave_empty=True)
CRITERIA, _ = read_criteria("编码,权重\na,1\n".encode())
POTS = "资金编号,金额,年度\nx,1,2027\n".encode()


def planned(data: bytes, corrections: Corrections) -> Any:
    """Read projects; what was decided holds for them alone."""
    try:
        return read_problem(data, pots=POTS, corrections={"projects": corrections})
    except ProblemRefusedError as error:
        raise ImportRefusedError(error.by_table["projects"]) from None


#: Table → its text with %s in a cell that may be empty, what nobody can read there, what is meant, and the reader.
TABLES: dict[str, tuple[str, str, str, Callable[[bytes, Corrections], Any]]] = {
    "prices": (
        "编码,低,中,高,来源,日期\nW02,1,2,3,询价,%s\n", "去年", "2025-03-01",
        lambda data, said: parse_price_book(
            data, items=read_catalogue(), locality="惠城区", year=2027, corrections=said
        ),
    ),
    "payments": (
        "项目编号,资金名称,资金年度,金额,到账日期,凭证\nP1,市级,%s,3,2026-10-08,收据\n", "明后年", "2027",
        lambda data, said: parse_payments(data, corrections=said),
    ),
    "pots": (
        "资金名称,年度,金额,单项上限\n市级,2027,3,%s\n", "再议", "30",
        lambda data, said: parse_pots(data, corrections=said),
    ),
    "sources": (
        "项目编号,资金名称,资金年度,承诺金额\nP1,市级,%s,3\n", "明后年", "2027",
        lambda data, said: parse_sources(data, corrections=said),
    ),
    "replies": (
        "类别,中文标题,中文内容\n%s,收到,已收到\n", "马路牙子", "道路",
        lambda data, said: parse_list(data, ListKind.REPLIES, corrections=said),
    ),
    "criteria": (
        "编码,权重,目标值\na,1,%s\n", "大约", "30",
        lambda data, said: read_criteria(data, corrections=said),
    ),
    "ranked": (
        "编号,a\nE1,%s\nE2,4\n", "没测", "9",
        lambda data, said: read_ranking_table(data, CRITERIA, corrections=said),
    ),
    "own columns": (
        "编号,得分\nE1,%s\nE2,4\n", "没测", "9",
        lambda data, said: read_own_columns(data, corrections=said),
    ),
    "projects": ("项目编号,费用,户数\na,100,%s\n", "几十户吧", "40", planned),
    "classes": ("项目编号,费用,类别\na,100,%s\n", "完善性", "完善类", planned),
}  # fmt: skip


def faults_of(read: Any, data: bytes, said: Corrections) -> tuple[Fault, ...]:
    """Return what refuses a table, however its reader says so."""
    try:
        return tuple(getattr(read(data, said), "faults", ()))
    except ImportRefusedError as error:
        return error.faults


@pytest.mark.parametrize("name", TABLES)
def test_a_cell_is_refused_with_what_stands_there_mended_or_left_empty(name: str) -> None:
    table, strange, meant, read = TABLES[name]
    data = (table % strange).encode()
    (fault,) = faults_of(read, data, AS_IT_STANDS)
    assert (fault.row, fault.stood) == (2, strange)
    heading = str(fault.column)
    assert faults_of(read, data, Corrections(cells={(heading, 2): meant})) == ()
    assert faults_of(read, data, Corrections(words={(heading, strange): meant})) == ()
    assert faults_of(read, data, Corrections(leave_empty=True)) == ()


def test_what_tells_rows_apart_is_never_left_empty() -> None:
    data = "编码,低,中,高\nW02,几块,2,3\n".encode()
    read = TABLES["prices"][3]
    (fault,) = faults_of(read, data, LEFT_EMPTY)
    assert fault.column == "低"


def test_a_price_book_taken_with_cells_left_empty_says_which() -> None:
    table, strange, _, read = TABLES["prices"]
    parsed = read((table % strange).encode(), LEFT_EMPTY)
    assert [(one.row, one.column, one.stood) for one in parsed.left] == [(2, "日期", strange)]
    assert parsed.records[0].by_code["W02"].day is None


def test_no_reader_of_a_table_goes_without_corrections() -> None:
    room = Path(renovation.imports.__path__[0])
    plain = re.compile(r"\bFindings\((?!.*corrections=)")
    without = {
        str(file.relative_to(room))
        for file in room.rglob("*.py")
        if any(plain.search(line) for line in file.read_text().splitlines() if not line.startswith("class "))
    }
    # Headings are only looked at; what field teams send is as their forms took it, and is refused row by row.
    assert without == {"files/headings.py", "surveys/visits.py"}
