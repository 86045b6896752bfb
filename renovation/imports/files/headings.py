"""Which columns a file has, so that a person can say what each of them is."""

from __future__ import annotations

from collections.abc import Sequence

from renovation.imports.files.columns import Field, understood
from renovation.imports.files.files import read_file
from renovation.imports.files.results import Findings
from renovation.imports.files.sheets import SEARCHED_ROWS, Row, Sheet, is_blank


def headings_of(data: bytes, fields: Sequence[Field], *, layer: str | None = None) -> tuple[str, ...]:
    """Return the column headings of a file in their order, empty when nothing like a heading is found.

    Parameters
    ----------
    fields
        What is looked for: the row with the headings is the one that names most of them.
    """
    sheets = read_file(data, Findings(), layer=layer)
    if not sheets:
        return ()
    by_name = layer if layer is not None and any(sheet.name == layer for sheet in sheets) else None
    # Without required fields, any one known heading is enough to find the row.
    table = understood(sheets, [Field(f.name, f.headings) for f in fields], Findings(), sheet_name=by_name)
    sheet = table.sheet if table is not None else sheets[0]
    if sheet.headings is not None:
        return tuple(heading for heading in sheet.headings if heading)
    if table is not None:
        return table.shown
    row = _fullest(sheet)
    return () if row is None else tuple(str(cell).strip() for cell in row.cells if not is_blank(cell))


def _fullest(sheet: Sheet) -> Row | None:
    """Return the row with most words among the first ones."""
    rows = sheet.rows[:SEARCHED_ROWS]
    words = [len({cell.strip() for cell in row.cells if isinstance(cell, str) and cell.strip()}) for row in rows]
    return rows[words.index(max(words))] if any(words) else None
