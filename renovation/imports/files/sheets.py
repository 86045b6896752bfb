"""What every kind of file becomes before its columns are understood: rows of plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from renovation.imports.files.results import Place

#: Headings are looked for in the first rows: titles, units and notes may stand above them.
SEARCHED_ROWS = 25
#: What a cell holds: text, a number, a yes/no, a day, one of the three below, or nothing.
Value = Any


@dataclass(frozen=True, slots=True)
class ErrorCell:
    """A cell that shows ``#REF!``, ``#DIV/0!`` or the like."""

    shown: str


@dataclass(frozen=True, slots=True)
class FormulaWithoutResult:
    """A formula nobody has calculated: the file holds no value for it."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A number whose cell shows more than the number: 23%, 12.0万, H6-001.

    Attributes
    ----------
    number
        What stands there as a number, with all its digits (23 for 0.23 shown as 23%); ``None`` where signs stand among
        the digits.
    unit
        What stands behind the number and says how it counts.
    text
        What the cell shows.
    is_scaled
        Whether it shows thousands or the like without saying so.
    """

    number: Decimal | None
    unit: str
    text: str
    is_scaled: bool = False

    def __str__(self) -> str:
        return self.text


DATES = (date, datetime, time)


@dataclass(slots=True)
class Row:
    """One row (or feature) of a file.

    Attributes
    ----------
    number
        The row as the spreadsheet shows it, or the feature's number; both start at 1.
    cells
        Values by column; trailing empty cells may be missing.
    geometry
        A shapely geometry in the file's own coordinates, for geodata.
    """

    number: int
    cells: list[Value]
    geometry: Any = None


@dataclass(slots=True)
class Sheet:
    """Rows of one table as they stand in the file, title rows included.

    Attributes
    ----------
    name
        The sheet's or layer's name; ``None`` for a file that has only one and does not name it.
    encoding
        What a text file was written in.
    features
        Whether rows are counted as features.
    headings
        Column headings where the format has them (geodata); otherwise they are looked for among the rows.
    merged
        Merged ranges: first row, first column, last row, last column (1-based).
    epsg
        What a geodata file says its coordinates are, e.g. ``"EPSG:4490"``.
    unknown_crs
        The name of what it says they are, where that is nothing known here (a city's own grid).
    cut
        Headings the format may have cut off → their bytes as they stand in the file.
    decimal_comma
        Whether the file separates columns as programs do that write decimals with a comma.
    hidden_rows, hidden_columns
        Rows and columns (1-based) that nobody sees who opens the file: hidden, filtered away, or of no height.
    measured
        Features whose coordinates carry a measure (M), which no reader here takes.
    """

    name: str | None
    rows: list[Row]
    encoding: str | None = None
    features: bool = False
    headings: list[str] | None = None
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    epsg: str | None = None
    unknown_crs: str | None = None
    decimal_comma: bool = False
    cut: dict[str, bytes] = field(default_factory=dict)
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    measured: frozenset[int] = frozenset()

    def place(self, number: int, column: str | None = None) -> Place:
        """Return where a row (and column) stands, as the person sees it."""
        if self.features:
            return Place(sheet=self.name, feature=number, column=column)
        return Place(sheet=self.name, row=number, column=column)


def is_blank(value: Value) -> bool:
    """Tell whether a cell holds nothing to read."""
    return value is None or (isinstance(value, str) and not value.strip())


def column_letters(number: int) -> str:
    """Return the letters of a 1-based column, as spreadsheets show them."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
