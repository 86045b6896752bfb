"""Headings that take one to three rows: group names above, units or column numbers below."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from renovation.imports.files.sheets import SEARCHED_ROWS, Row, Sheet, Value, is_blank
from renovation.imports.files.values.units import is_unit
from renovation.model.names import fold

_MOST_ROWS = 3
_ORDINALS = re.compile(r"[(（]?(\d{1,3})[)）]?", re.ASCII)
_STEMS = "甲乙丙丁戊己庚辛"


@dataclass(frozen=True, slots=True)
class HeadingRows:
    """Rows of a sheet, read as one row of headings.

    Attributes
    ----------
    first, last
        Indices of the rows; -1 where the format has headings of its own.
    cells, groups
        By column: its heading, and what stands above it for several columns.
    score
        How many fields they name.
    """

    first: int
    last: int
    cells: list[Value]
    groups: list[str]
    score: int


def best_heading(sheet: Sheet, score: Callable[[Sequence[Value]], int]) -> HeadingRows:
    """Return the rows near the top that name most fields, the fewest and first of them."""
    if sheet.headings is not None:
        cells: list[Value] = list(sheet.headings)
        return HeadingRows(-1, -1, cells, [""] * len(cells), max(score(cells), 1))
    cells = list(sheet.rows[0].cells) if sheet.rows else []
    best = HeadingRows(0, 0, cells, [""] * len(cells), 0)
    near = sheet.rows[:SEARCHED_ROWS]
    for rows in range(1, _MOST_ROWS + 1):
        for first in range(len(near) - rows + 1):
            together = _together(sheet, near[first : first + rows])
            if together is not None and (found := score(together[0])) > best.score:
                best = HeadingRows(first, first + rows - 1, *together, found)
    return best


def below_headings(rows: Sequence[Row], width: int) -> tuple[list[Value], int]:
    """Return units that stand in a row of their own below the headings, and how many rows hold no data yet."""
    units: list[Value] = [None] * width
    skipped = 0
    for row in rows[:2]:
        filled = [cell for cell in row.cells if not is_blank(cell)]
        if filled and all(is_unit(cell) for cell in filled):
            units = [cell if not is_blank(cell) else None for cell in row.cells]
        elif not _numbers_columns(filled):
            break
        skipped += 1
    return units, skipped


def _numbers_columns(filled: Sequence[Value]) -> bool:
    """Tell whether a row only counts the columns, as forms of statistics do: 甲 乙 1 2 3."""
    said = [fold(str(cell)) for cell in filled]
    stems = 0
    while stems < min(len(said), len(_STEMS)) and said[stems] == _STEMS[stems]:
        stems += 1
    found = [_ORDINALS.fullmatch(text) for text in said[stems:]]
    counted = [int(match[1]) for match in found if match]
    return len(said) >= 3 and len(counted) == len(found) and counted == list(range(1, len(counted) + 1))


def _together(sheet: Sheet, rows: Sequence[Row]) -> tuple[list[Value], list[str]] | None:
    """Return the headings that several rows make and their groups, ``None`` where the lower ones are no headings."""
    if len(rows) == 1:
        return list(rows[0].cells), [""] * len(rows[0].cells)
    if any(low.number != high.number + 1 for high, low in pairwise(rows)):
        return None
    width = max(len(row.cells) for row in rows)
    groups: list[list[str]] = [[] for _ in range(width)]
    leaves: list[Value] = _padded(rows[0], width)
    for below in rows[1:]:
        lower = _padded(below, width)
        if not _are_names(lower):
            return None
        spans = _spans(sheet, below.number - 1, leaves, lower)
        for at, cell in enumerate(lower):
            if is_blank(cell):
                continue
            if not is_blank(leaves[at]) and at not in spans:
                return None
            if at in spans:
                groups[at].append(str(leaves[spans[at]]).strip())
        leaves = [low if not is_blank(low) else high for high, low in zip(leaves, lower, strict=True)]
    return _named(leaves, groups), ["·".join(above) for above in groups]


def _padded(row: Row, width: int) -> list[Value]:
    return [*row.cells, *[None] * (width - len(row.cells))]


def _are_names(cells: Sequence[Value]) -> bool:
    filled = [cell for cell in cells if not is_blank(cell)]
    return bool(filled) and all(isinstance(cell, str) and len(cell) <= 40 for cell in filled)


def _spans(sheet: Sheet, number: int, upper: Sequence[Value], lower: Sequence[Value]) -> dict[int, int]:
    """Return column → the column whose cell in the row ``number`` spans it: merged with it, or followed by blanks."""
    spans = {}
    for top, left, bottom, right in sheet.merged:
        if top <= number <= bottom and right > left and left <= len(upper) and not is_blank(upper[left - 1]):
            spans.update(dict.fromkeys(range(left - 1, min(right, len(upper))), left - 1))
    start: int | None = None
    for at, cell in enumerate(upper):
        if not is_blank(cell):
            start = at
        elif start is not None and not is_blank(lower[at]) and not is_blank(lower[start]):
            spans.setdefault(at, start)
            spans.setdefault(start, start)
    return spans


def _named(leaves: Sequence[Value], groups: Sequence[Sequence[str]]) -> list[Value]:
    """Name each column by its lowest heading, with its groups before it where two columns would be called alike."""
    often = Counter(fold(leaf) for leaf in leaves if isinstance(leaf, str))
    return [
        "·".join((*above, str(leaf).strip())) if above and often[fold(str(leaf))] > 1 else leaf
        for leaf, above in zip(leaves, groups, strict=True)
    ]
