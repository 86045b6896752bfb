"""Rows out, as XLSX and CSV: numbers stay numbers, text stays text, equal rows give equal bytes.

What residents wrote never becomes a formula: XLSX cells are written as strings, and CSV cells that a spreadsheet
could run get an apostrophe before them, which an import takes off again (:mod:`renovation.text.cells`).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeAlias
from unicodedata import east_asian_width

from renovation.model.clock import in_china
from renovation.text.cells import guarded

#: File name, MIME type, bytes.
Exported: TypeAlias = tuple[str, str, bytes]

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv"
#: Spreadsheets keep fifteen digits of a number; a longer integer goes out as text.
_EXACT_DIGITS = 10**15
_LONGEST_CELL = 32_767
_WIDEST = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSheet:
    """One sheet: ``rows`` hold str, int, float, Decimal, Fraction, date, datetime (UTC), bool or ``None``.

    Numbers in the columns ``shares`` are shown as percentages.
    """

    name: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Any]]
    shares: frozenset[int] = frozenset()


def file_stem(name: str) -> str:
    """Return a name without what file systems refuse."""
    return re.sub(r'[\x00-\x1f<>:"/\\|?*]+', "_", name).strip(" .")[:80] or "export"


def workbook(name: str, sheets: Sequence[TableSheet]) -> Exported:
    """Return the sheets as an Excel workbook: headings bold and frozen, filters on, columns as wide as their text."""
    import xlsxwriter

    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(buffer, options)
    # The moment of writing would make two equal exports differ.
    book.set_properties({"created": datetime(2000, 1, 1)})  # noqa: DTZ001 - the library takes naive moments only
    bold = book.add_format({"bold": True, "bg_color": "#EEF2F5", "border": 1, "text_wrap": True, "valign": "vcenter"})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    percent = book.add_format({"num_format": "0.0%"})
    taken: set[str] = set()
    for sheet in sheets:
        page = book.add_worksheet(_sheet_name(sheet.name, taken))
        for column, heading in enumerate(sheet.headings):
            page.write_string(0, column, _cut(heading), bold)
        for number, row in enumerate(sheet.rows, 1):
            for column, value in enumerate(row):
                _write(page, number, column, value, day, moment, percent if column in sheet.shares else None)
        for column, heading in enumerate(sheet.headings):
            shown = [heading, *(_shown(row[column]) for row in sheet.rows[:200] if column < len(row))]
            page.set_column(column, column, min(max(map(_width, shown)) + 2, _WIDEST))
        page.freeze_panes(1, 0)
        # On paper: A4 across, as wide as the columns, the headings on every page.
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        page.repeat_rows(0)
        if sheet.rows and sheet.headings:
            page.autofilter(0, 0, len(sheet.rows), len(sheet.headings) - 1)
    book.close()
    return f"{file_stem(name)}.xlsx", XLSX, buffer.getvalue()


def csv_table(name: str, headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> Exported:
    """Return rows as CSV in UTF-8 with its mark, which Excel needs to show Chinese."""
    buffer = io.StringIO(newline="")
    # Quoted text cannot be taken for another separator by whoever guesses it.
    writer = csv.writer(buffer, lineterminator="\r\n", quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow([guarded(heading) for heading in headings])
    for row in rows:
        writer.writerow([_plain(value) for value in row])
    return f"{file_stem(name)}.csv", CSV, buffer.getvalue().encode("utf-8-sig", errors="replace")


def _plain(value: Any) -> str | int | float | Decimal:
    """Return what a CSV cell holds: numbers as numbers, all else as guarded text."""
    if isinstance(value, Fraction):
        return value.numerator if value.denominator == 1 else float(value)
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return value
    return guarded(_shown(value))


def _write(page: Any, row: int, column: int, value: Any, day: Any, moment: Any, figure: Any) -> None:
    if value is None or value == "":
        return
    if isinstance(value, bool):
        page.write_boolean(row, column, value)
    elif isinstance(value, int | float | Decimal | Fraction):
        if isinstance(value, int) and abs(value) >= _EXACT_DIGITS:
            page.write_string(row, column, str(value))
        else:
            page.write_number(row, column, float(value), figure)
    elif isinstance(value, datetime):
        page.write_datetime(row, column, _local(value), moment)
    elif isinstance(value, date):
        page.write_datetime(row, column, datetime(value.year, value.month, value.day), day)  # noqa: DTZ001
    else:
        page.write_string(row, column, _cut(str(value)))


def _local(value: datetime) -> datetime:
    """Return a moment of the store as the clock on the wall showed it, without its zone."""
    return in_china(value).replace(tzinfo=None)


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, datetime):
        return f"{_local(value):%Y-%m-%d %H:%M}"
    return str(value)


def _cut(text: str) -> str:
    """Keep to what one cell can hold; the last character then says that there was more."""
    return text if len(text) <= _LONGEST_CELL else text[: _LONGEST_CELL - 1] + "…"


def _width(text: str) -> int:
    first = text.split("\n", 1)[0][:_WIDEST]
    return sum(2 if east_asian_width(c) in "WF" else 1 for c in first)


def _sheet_name(wanted: str, taken: set[str]) -> str:
    """Return a name Excel allows (31 characters, none of ``[]:*?/\\``, no apostrophe at the ends) and not taken yet."""
    base = re.sub(r"[\x00-\x1f\[\]:*?/\\]", "_", wanted).strip("'")[:31] or "Sheet"
    name, number = base, 2
    while name.casefold() in taken or name.casefold() == "history":
        name, number = f"{base[:27]}_{number}", number + 1
    taken.add(name.casefold())
    return name
