"""How wide the columns of a long list are so that it reads on paper: by its own words, one sheet across or two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from unicodedata import east_asian_width

#: Size of the type, 小五; nothing that hangs on a wall or lies before a meeting is smaller.
POINTS = 9.0
#: Column widths are counted in digits of a workbook's default font; this one, or one as wide, is everywhere.
DEFAULT_FONT = {"font_name": "Arial", "font_size": 10}
#: Inches left and right of the list.
SIDE_INCHES = 0.4
#: A3 across less its margins, in points; the rest is left to programs that draw columns a little wider.
_ACROSS = (1190.55 - 2 * SIDE_INCHES * 72) * 0.93
#: A digit as a share of the type's size: a little more than 宋体 needs, for machines that have another font.
_NARROW = 0.62
_PADDING = 7.0
_LEADING = 1.35
_HEADING_LINES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintColumn:
    """A column as it stands on paper.

    Attributes
    ----------
    shown
        Every cell as it reads.
    least, most
        Points between which a column of words may be set; ``None`` for numbers, which never wrap.
    """

    heading: str
    shown: Sequence[str]
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintLayout:
    """Widths in points; ``is_split`` when the list is two sheets across."""

    widths: tuple[float, ...]
    is_split: bool


def _length(words: str) -> float:
    return POINTS * sum(1.0 if east_asian_width(sign) in "WFA" else _NARROW for sign in words)


def _bounds(column: PrintColumn) -> tuple[float, float]:
    longest = max((_length(part) for cell in column.shown for part in cell.split("\n")), default=0.0) + _PADDING
    # Headings wrap, but not to less than two signs a line and not to many lines.
    floor = max(2 * POINTS, _length(column.heading) / _HEADING_LINES + POINTS) + _PADDING
    if column.least is None or column.most is None:
        return max(longest, floor), max(longest, floor)
    most = max(min(longest, column.most), floor, min(column.least, _length(column.heading) + _PADDING))
    return min(most, column.least), most


def _fitted(bounds: Sequence[tuple[float, float]], room: float) -> list[float] | None:
    """Return widths between their bounds that fill the room as far as they may; ``None`` when there is too little."""
    least = sum(low for low, _ in bounds)
    if least > room:
        return None
    wish = sum(high - low for low, high in bounds)
    share = min(1.0, (room - least) / wish) if wish else 0.0
    return [low + share * (high - low) for low, high in bounds]


def lay_out(columns: Sequence[PrintColumn], *, repeated: int, split_at: int) -> PrintLayout:
    """Return the widths on A3 across.

    Parameters
    ----------
    repeated, split_at
        When one sheet is too narrow, the second begins with column ``split_at`` behind the first ``repeated`` ones.
    """
    bounds = [_bounds(column) for column in columns]
    whole = _fitted(bounds, _ACROSS)
    if whole is not None:
        return PrintLayout(widths=tuple(whole), is_split=False)
    left = _fitted(bounds[:split_at], _ACROSS) or [low for low, _ in bounds[:split_at]]
    rest = _ACROSS - sum(left[:repeated])
    right = _fitted(bounds[split_at:], rest) or [low for low, _ in bounds[split_at:]]
    return PrintLayout(widths=(*left, *right), is_split=True)


def lines_of(words: str, width: float) -> int:
    """Return how many lines a wrapped cell of a width in points needs."""
    room = max(width - _PADDING, POINTS)
    return sum(max(1, -(-int(_length(part)) // int(room))) for part in words.split("\n"))


def row_points(lines: int) -> float:
    """Return the height of a row of so many lines."""
    return POINTS * _LEADING * lines + 5


def excel_width(points: float) -> float:
    """Return points as the width a workbook is given whose default font is :data:`DEFAULT_FONT`.

    Widths are counted in digits of that font, seven pixels each, and five pixels around.
    """
    return max((points / 0.75 - 5) / 7, 1.0)
