"""A workbook's parts are found by what the package says of them, not by the names that one program gives them."""

from __future__ import annotations

import io
import zipfile
from datetime import date

import pytest
from hostile_files import book

from renovation.imports.demands.demands import parse_demands
from renovation.imports.files.files import read_file
from renovation.imports.files.results import Findings

ROWS = [["小区", "内容", "受理日期"], ["荔香苑", "路灯不亮", date(2026, 3, 5)]]
_OPEN, _STRICT = b"http://schemas.openxmlformats.org/", b"http://purl.oclc.org/ooxml/"


def shared_strings() -> bytes:
    """Return a workbook with shared strings, as Excel writes them."""
    import xlsxwriter

    buffer = io.BytesIO()
    made = xlsxwriter.Workbook(buffer, {"in_memory": True})
    page = made.add_worksheet("清单")
    page.write_row(0, 0, ROWS[0])
    page.write_row(1, 0, ROWS[1][:2])
    page.write_datetime(1, 2, ROWS[1][2], made.add_format({"num_format": "yyyy/m/d"}))
    made.close()
    return buffer.getvalue()


def renamed(data: bytes, names: dict[str, str], texts: dict[bytes, bytes]) -> bytes:
    source, buffer = zipfile.ZipFile(io.BytesIO(data)), io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.namelist():
            content = source.read(entry)
            for old, new in texts.items():
                content = content.replace(old, new)
            target.writestr(names.get(entry, entry), content)
    return buffer.getvalue()


_STRINGS, _STYLES, _PAGE = "xl/sharedStrings.xml", "xl/styles.xml", "xl/worksheets/sheet1.xml"
_ALL = (_STRINGS, _STYLES, _PAGE, "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/theme/theme1.xml")
PARTS = {
    "capital": ({_STRINGS: "xl/SharedStrings.xml"}, {b"sharedStrings.xml": b"SharedStrings.xml"}),
    "capital in the zip only": ({_STRINGS: "xl/SharedStrings.xml"}, {}),
    "capital in the relations only": ({}, {b"worksheets/sheet1.xml": b"Worksheets/Sheet1.XML"}),
    "other names": (
        {_STYLES: "xl/look/s.xml", _PAGE: "xl/pages/p1.xml", _STRINGS: "xl/t.xml"},
        {
            b"worksheets/sheet1.xml": b"pages/p1.xml",
            b'"styles.xml"': b'"look/s.xml"',
            b"/xl/styles.xml": b"/xl/look/s.xml",
            b"sharedStrings.xml": b"t.xml",
        },
    ),
    "absolute targets": ({}, {b'Target="work': b'Target="/xl/work', b'Target="styles': b'Target="/xl/styles'}),
    "another folder": (
        {name: name.replace("xl/", "book/") for name in _ALL},
        {b"/xl/": b"/book/", b'Target="xl/': b'Target="book/'},
    ),
    "strict": ({}, {_OPEN + b"officeDocument/2006/": _STRICT, _OPEN + b"spreadsheetml/2006/": _STRICT}),
}


@pytest.mark.parametrize("name", PARTS)
def test_a_workbook_is_read_whatever_its_parts_are_called(name):
    data = renamed(shared_strings(), *PARTS[name])
    found = parse_demands(data, datum="wgs84")
    (demand,) = found.records
    assert (demand.estate, demand.text, demand.received_on) == ("荔香苑", "路灯不亮", date(2026, 3, 5))


def test_a_sheet_whose_part_is_missing_is_not_passed_over():
    findings = Findings()
    data = renamed(shared_strings(), {"xl/worksheets/sheet1.xml": "xl/worksheets/other.xml"}, {})
    assert read_file(data, findings) == []
    assert [fault.code for fault in findings.all_faults()] == ["workbook.broken"]


def test_a_binary_workbook_is_named():
    binary = b"application/vnd.ms-excel.sheet.binary.macroEnabled.main"
    xml = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    data = renamed(
        shared_strings(), {"xl/workbook.xml": "xl/workbook.bin"}, {xml: binary, b"workbook.xml": b"workbook.bin"}
    )
    findings = Findings()
    read_file(data, findings)
    assert [fault.code for fault in findings.all_faults()] == ["workbook.binary"]


@pytest.mark.parametrize("folder", ["", "清单/", "导出\\"])
def test_one_table_in_a_zip_is_read(folder):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(f"{folder}诉求.XLSX", book(*ROWS))
        archive.writestr("__MACOSX/._诉求.XLSX", b"x")
    assert len(parse_demands(buffer.getvalue(), datum="wgs84").records) == 1


def test_several_tables_in_a_zip_and_a_page_in_disguise_are_named():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in ("a.csv", "b.csv"):
            archive.writestr(name, "小区,内容\n荔香苑,路灯\n")
    for data, code in ((buffer.getvalue(), "archive.several"), (b"<html><table></table></html>", "file.web_page")):
        assert [fault.code for fault in parse_demands(data, datum="wgs84").faults] == [code]
