"""A locality's lists: the shipped ones, and the workbooks that people edit and load again."""

from __future__ import annotations

import csv
from enum import StrEnum
from functools import cache

from renovation.config import CHECKOUT
from renovation.errors import Fault
from renovation.imports.files.cells import Cells
from renovation.imports.files.columns import Field
from renovation.imports.files.corrections import AS_IT_STANDS, Corrections
from renovation.imports.files.results import Findings, Parsed, Place
from renovation.imports.files.rows import of_table, opened_table
from renovation.model.lists import LISTS, CellShape, Column, Line, Lines, ListKind, completed, faults_of
from renovation.model.names import fold
from renovation.text import Language, text

#: The shipped lists, with the source beside every figure.
DATA = CHECKOUT / "data"


@cache
def shipped(kind: ListKind) -> Lines:
    """Return the lines this program brings along."""
    with (DATA / LISTS[kind].file).open(encoding="utf-8-sig", newline="") as file:
        return completed(kind, csv.DictReader(file))


def parse_list(data: bytes, kind: ListKind, *, corrections: Corrections = AS_IT_STANDS) -> Parsed[Line]:
    """Read a list to its end; faults come with sheet, row and column."""
    findings = Findings(corrections=corrections)
    shape = LISTS[kind]
    fields = tuple(Field(one.name, _headings(kind, one), required=one.needed) for one in shape.columns)
    table = opened_table(data, fields, findings)
    if table is None:
        return of_table(None, (), findings)
    lines: list[Line] = []
    numbers: list[int] = []
    for row in table.rows:
        cells = Cells(table, row, findings)
        found = completed(kind, [{one.name: _cell(cells, one) for one in shape.columns}])
        lines += found
        numbers += [row.number] * len(found)
    if not findings.count:
        for fault in (worded(kind, one) for one in faults_of(kind, lines)):
            at = Place(sheet=table.sheet.name)
            if fault.row is not None:
                at = table.sheet.place(numbers[fault.row - 1], fault.column)
            said = dict(fault.fields)
            if "other" in said:
                said["other"] = numbers[said["other"] - 1]
            findings.fault(fault.code, at, **said)
    return of_table(table, lines, findings)


def worded(kind: ListKind, fault: Fault) -> Fault:
    """Return a fault with the catalogue's key of its column's heading and the name of its category."""
    fields = dict(fault.fields)
    if "category" in fields:
        fields["category"] = text(f"enum.DemandCategory.{fields['category']}", Language.ZH)
    column = fault.column and f"list.column.{kind.value}.{fault.column}"
    return Fault(fault.code, row=fault.row, column=column, fields=fields)


def _headings(kind: ListKind, column: Column) -> tuple[str, ...]:
    said = (text(f"list.column.{kind.value}.{column.name}", language) for language in Language)
    return tuple(dict.fromkeys((*said, column.name)))


def _cell(cells: Cells, column: Column) -> str:
    """Return what a cell holds, as lists keep it."""
    match column.shape:
        case CellShape.WHOLE:
            whole = cells.whole(column.name)
            return "" if whole is None else str(whole)
        case CellShape.DAY:
            day = cells.day(column.name)
            return day.isoformat() if day else ""
        case CellShape.CHOICE:
            assert column.choices is not None
            names = choices_named(column.choices)
            allowed = [text(f"enum.{column.choices.__name__}.{one.value}", Language.ZH) for one in column.choices]
            return cells.choice(column.name, names, allowed) or ""
        case _:
            return cells.text(column.name, column.longest)


def choices_named(choices: type[StrEnum]) -> dict[str, str]:
    """Return the folded names of members, in every language and as their codes, with the codes they stand for."""
    names = {
        fold(text(f"enum.{choices.__name__}.{one.value}", spoken)): one.value for one in choices for spoken in Language
    }
    return names | {fold(one.value): one.value for one in choices}
