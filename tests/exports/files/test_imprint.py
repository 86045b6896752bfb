"""The issuing office stands on every paper that leaves, put there in one place."""

from __future__ import annotations

import ast
import io
from datetime import date
from pathlib import Path
from zipfile import ZipFile

import openpyxl
import pytest
from docx import Document

import renovation
from renovation.exports.demands.form import demand_poster, paper_demand_form
from renovation.exports.files.imprint import imprint, marked
from renovation.exports.files.official import OfficialPaper, Paragraph, official_docx
from renovation.exports.files.tables import Exported, TableSheet, csv_table, workbook
from renovation.model.localities import Office
from renovation.text import Language

OFFICE = Office(
    name='惠城区住建局<"&', address="江北1号", phone="0752-1234567", person="陈工", hours="周一至周五 9:00-17:00"
)
SHEET = TableSheet(name="清单", headings=["甲", "乙"], rows=[["一", 2]])
PAPER = OfficialPaper(
    title="报告", blocks=[Paragraph("正文")], office="住建局", day=date(2026, 11, 28), day_words="2026年11月28日"
)
SCREENS = Path(renovation.__file__).parent


def text_of(made: Exported) -> str:
    """Return everything a file says, unpacked."""
    if made[0].endswith(".html"):
        return made[2].decode()
    with ZipFile(io.BytesIO(made[2])) as archive:
        return "".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())


@pytest.mark.parametrize(
    "made",
    [
        paper_demand_form(),
        demand_poster("https://a.example", estate="荔香苑"),
        official_docx(PAPER),
        workbook("清单", [SHEET, SHEET]),
    ],
    ids=["form", "poster", "word", "excel"],
)
def test_a_paper_says_who_issues_it_and_stays_readable(made: Exported) -> None:
    signed = marked(made, OFFICE, Language.ZH)
    said = text_of(signed)
    assert signed[:2] == made[:2]
    assert "0752-1234567" in said
    assert "陈工" in said
    assert '住建局<"&' not in said
    assert marked(made, OFFICE, Language.ZH) == signed
    if made[0].endswith(".xlsx"):
        book = openpyxl.load_workbook(io.BytesIO(signed[2]))
        assert [sheet.oddFooter.left.text.strip()[:6] for sheet in book] == ["惠城区住建局"] * 2
        assert [[cell.value for cell in row] for row in book.worksheets[0]] == [["甲", "乙"], ["一", 2]]
    if made[0].endswith(".docx"):
        assert Document(io.BytesIO(signed[2])).paragraphs[-1].text == imprint(OFFICE, Language.ZH)


def test_data_and_papers_of_nobody_stay_as_they_are() -> None:
    table = csv_table("a", ["甲"], [["一"]])
    assert marked(table, OFFICE, Language.ZH) is table
    book = workbook("清单", [SHEET])
    assert marked(book, Office(), Language.ZH) is book


#: The door itself, and what shows a page of the residents inside the app.
_DOORS = ("offer.py", "plain.py")


def test_every_file_leaves_by_the_door_that_marks_it() -> None:
    """No screen hands a file out, or shows a page to print, beside ``offer``; no command writes one unmarked."""
    beside = [
        f"{file.name}:{node.lineno}"
        for folder in (SCREENS / "ui", SCREENS.parent / "pages")
        for file in folder.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in ("download_button", "iframe") and file.name not in _DOORS
        if not (node.attr == "iframe" and "marked(" in file.read_text("utf-8"))
    ]
    assert beside == []
    for file in (SCREENS / "cli").glob("*.py"):
        source = file.read_text("utf-8")
        assert "write_file(out" not in source or "marked(" in source, file.name
