"""Rows out, and back in."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from renovation.exports.files.tables import TableSheet, csv_table, workbook
from renovation.imports.files.archives import opened
from renovation.imports.files.results import Findings
from renovation.imports.files.textfiles import read_text
from renovation.imports.files.workbooks.workbooks import read_workbook
from renovation.text.cells import bare, guarded

RISKY = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\x00=1",
    "＝1",
    "＋1",
    "－1",
    "＠1",
    "'=1",
    "''=1",
    " =1",
    "'plain",
]
_START = st.sampled_from(
    ["", "=", "+", "-", "@", "＝", "＋", "－", "＠", "'", "''", "\t", " ", "\n", "'=", "=HYPERLINK("]
)
_TEXT = st.builds(str.__add__, _START, st.text(st.characters(exclude_categories=["Cs"]), max_size=20))


def _read_csv(data: bytes) -> list[list[str | None]]:
    findings = Findings()
    return [row.cells for row in read_text(data, findings).rows]


@given(_TEXT)
@settings(max_examples=1000)
def test_the_guard_is_exact_and_nothing_risky_stays_bare(text):
    shown = guarded(text)
    assert bare(shown) == text
    assert not shown.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))
    assert not shown.startswith(("\t", "\r", "\n", "\x00"))


@given(st.lists(_TEXT.filter(lambda t: t.strip() and "\r" not in t), min_size=1, max_size=5))
@settings(max_examples=300, deadline=None)
def test_csv_comes_back_as_it_went(texts):
    """H071: the guard of CSV cells is undone by the reader."""
    _, _, data = csv_table("x", ["名称"] + ["另"] * (len(texts) - 1), [texts])
    assert _read_csv(data)[1] == texts


@pytest.mark.parametrize("name", RISKY)
def test_risky_names_survive_xlsx_as_text(name):
    """H071: names a spreadsheet would run are text in XLSX and come back as they were."""
    _, _, data = workbook("x", [TableSheet(name="表", headings=["名称"], rows=[[name]])])
    assert openpyxl.load_workbook(io.BytesIO(data))["表"]["A2"].data_type != "f"
    assert read_workbook(opened(data), Findings())[0].rows[1].cells == [name]


def test_numbers_stay_numbers_and_moments_are_local():
    row = [
        1,
        2.5,
        Decimal("3.25"),
        Fraction(1, 4),
        10**17,
        True,
        date(2026, 3, 5),
        datetime(2026, 3, 4, 17, 0, tzinfo=UTC),
    ]
    _, _, data = workbook("x", [TableSheet(name="表", headings=list("abcdefgh"), rows=[row])])
    cells = next(openpyxl.load_workbook(io.BytesIO(data))["表"].iter_rows(min_row=2, values_only=True))
    assert cells[:6] == (1, 2.5, 3.25, 0.25, str(10**17), True)
    assert [str(day) for day in cells[6:]] == ["2026-03-05 00:00:00", "2026-03-05 01:00:00"]
    assert _read_csv(csv_table("x", list("abcdefgh"), [row])[2])[1] == [
        "1", "2.5", "3.25", "0.25", str(10**17), "1", "2026-03-05", "2026-03-05 01:00",
    ]  # fmt: skip


def test_equal_rows_give_equal_bytes():
    sheet = TableSheet(name="表", headings=["名称"], rows=[["糖厂三号"], [None]])
    assert workbook("x", [sheet]) == workbook("x", [sheet])
    assert csv_table("x", ["名称"], sheet.rows) == csv_table("x", ["名称"], sheet.rows)


def test_names_of_files_and_sheets_are_allowed_ones():
    sheets = [
        TableSheet(name="a/b:c" * 10, headings=["x"], rows=[]),
        TableSheet(name="a/b:c" * 10, headings=["x"], rows=[]),
    ]
    name, mime, data = workbook('惠城区 "清单"/2026', sheets)
    assert name == "惠城区 _清单_2026.xlsx"
    assert mime.endswith("sheet")
    assert len(openpyxl.load_workbook(io.BytesIO(data)).sheetnames) == 2


def test_text_longer_than_a_cell_says_so():
    _, _, data = workbook("x", [TableSheet(name="表", headings=["x"], rows=[["长" * 40_000]])])
    assert read_workbook(opened(data), Findings())[0].rows[1].cells[0].endswith("长…")
