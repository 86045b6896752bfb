"""A locality's list as a workbook that people edit and load again; for editing here, so it has one language."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from renovation.exports.files.tables import Exported, TableSheet, workbook
from renovation.model.lists import LISTS, CellShape, Column, ListKind
from renovation.model.localities import Line
from renovation.text import Language, text


def list_xlsx(kind: ListKind, lines: Iterable[Line]) -> Exported:
    """Return a list as XLSX, under the headings that ``imports.files.lists`` knows."""
    columns = LISTS[kind].columns
    name = text(f"list.name.{kind.value}", Language.ZH)
    headings = [text(f"list.column.{kind.value}.{column.name}", Language.ZH) for column in columns]
    rows = [[_cell(column, line[column.name]) for column in columns] for line in lines]
    return workbook(name, [TableSheet(name=name, headings=headings, rows=rows)])


def _cell(column: Column, value: str) -> Any:
    if not value:
        return None
    match column.shape:
        case CellShape.WHOLE:
            return int(value)
        case CellShape.CHOICE:
            assert column.choices is not None
            return text(f"enum.{column.choices.__name__}.{value}", Language.ZH)
    return value
