"""What each reader makes of each kind of cell, held against what was read and found right once (``cells.txt``).

After a change that is meant, ``RENOVATION_KEEP_ANSWERS=1 pytest tests/imports/files/test_every_cell.py`` writes the
file anew, and the difference is read before it is kept.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from renovation.imports.files.results import Findings, Place, UnreadableError
from renovation.imports.files.sheets import ErrorCell, FormulaWithoutResult, Shown
from renovation.imports.files.values import days, readings, units, values
from renovation.model import clock, numerals
from renovation.model.money import MAX_FEN
from renovation.model.names import fold

KEPT = Path(__file__).with_name("cells.txt")
WRITTEN = tomllib.loads(KEPT.with_suffix(".toml").read_text(encoding="utf-8"))
SPECIAL = {
    "None": None,
    "empty": "",
    "blank": "  ",
    "True": True,
    "False": False,
    "int 0": 0,
    "int 1": 1,
    "int -1": -1,
    "int 7": 7,
    "int 1995": 1995,
    "int 2027": 2027,
    "int 1e9": 10**9,
    "int 1e9+1": 10**9 + 1,
    "int 1e15": 10**15,
    "int 1e15+1": 10**15 + 1,
    "int 1e15-1": 10**15 - 1,
    "int -1e15": -(10**15),
    "int 1e400": 10**400,
    "most yuan": MAX_FEN // 100,
    "most yuan + 1": MAX_FEN // 100 + 1,
    "float 0.1+0.2": 0.1 + 0.2,
    "float 33.3": 100 / 3,
    "float 0.004": 0.004,
    "float 0.005": 0.005,
    "float 12": 12.0,
    "float 12.5": 12.5,
    "float 1995": 1995.0,
    "float 1995.5": 1995.5,
    "float 1e15": 1e15,
    "float 1e16": 1e16,
    "float nan": float("nan"),
    "float inf": float("inf"),
    "#REF! in a cell": ErrorCell("#REF!"),
    "no result": FormulaWithoutResult(),
    "shown 23%": Shown(Decimal(23), "%", "23%"),
    "shown 12万": Shown(Decimal(12), "万", "12.0万"),
    "shown 1/3元": Shown(Decimal("0.333"), "元", "0.33元"),
    "shown 5亩": Shown(Decimal(5), "亩", "5亩"),
    "shown 3百": Shown(Decimal(3), "百", "3百"),
    "shown code": Shown(None, "", "H6-001"),
    "shown 7": Shown(Decimal(7), "", "7"),
    "day": date(2026, 5, 12),
    "day ahead": date(2026, 5, 13),
    "day of 1899": date(1899, 1, 1),
    "time": time(8, 30),
    "moment": datetime(2026, 5, 11, 23, tzinfo=UTC),
    "moment without zone": datetime(2026, 5, 12, 23, tzinfo=UTC).replace(tzinfo=None),
    "with space": " 12 户 ",
    "digits apart": "1 2",
    "space in year": "1995 年",
    "padded yes": " 是 ",
    "padded day": " 2026-05-12 ",
    "padded error": "#REF! ",
    "nul": "a\0b",
    "hidden": "甲\u200b乙",
    "reordered": "甲\u202e乙",
    "long nothing": "-" + " " * 23,
    "60 digits": "9" * 60,
    "61 digits": "9" * 61,
    "60 letters": "a" * 60,
    "61 letters": "a" * 61,
    "200 letters": "a" * 200,
    "201 letters": "a" * 201,
    "day with words": "2026-05-12 CST 3:00",
    "day with AM": "2026-05-12 3:00 AM",
    "day with p.m.": "2026-05-12 3:00 p.m.",
    "day with zone apart": "2026-05-11 16:00:00 GMT",
    "day with -1": "2026-05-12 3 - 1",
    "60 before": "单位：万元" + "、亩" * 27 + " ",
    "61 before": "单位：万元" + "、亩" * 28,
}
CELLS: dict[str, Any] = {**{one: one for kind in WRITTEN.values() for one in kind}, **SPECIAL}
NAMES = {"甲": 1, "无": 2, "abc": 3}
COMMAS, POINTS = values.COMMAS, values.COMMAS_AND_POINTS


def folded(reader: Callable[[str], Any]) -> Callable[[Any], Any]:
    return lambda cell: reader(fold(cell)) if isinstance(cell, str) else None


def written(reader: Callable[[str], Any]) -> Callable[[Any], Any]:
    return lambda cell: reader(cell) if isinstance(cell, str) else None


READERS: dict[str, Callable[[Any], Any]] = {
    "number": values.number,
    "number of things": partial(values.number, units=values.COUNTED),
    "number with commas": partial(values.number, doubtful=COMMAS),
    "number with commas and points": partial(values.number, doubtful=POINTS),
    "whole": values.whole,
    "whole in hundreds": partial(values.whole, scale=100),
    "whole up to 7": partial(values.whole, largest=7, doubtful=POINTS),
    "area": values.area,
    "area in 万㎡": partial(values.area, scale=10**4, doubtful=POINTS),
    "money": values.money,
    "money in 万元": partial(values.money, scale=10**4, doubtful=POINTS),
    "share": values.share,
    "share of one": partial(values.share, of_one=Fraction(1), doubtful=POINTS),
    "share without end": partial(values.share, largest=None),
    "year": days.year,
    "day": days.day,
    "words": values.words,
    "words up to 3": partial(values.words, longest=3),
    "identifier": values.identifier,
    "identifier up to 3": partial(values.identifier, longest=3),
    "choice": partial(values.choice, names=NAMES, allowed=["甲"]),
    "yes or no": values.yes_no,
    "coordinate": values.coordinate,
    "coordinate with points": partial(values.coordinate, doubtful=POINTS),
    "is nothing": values.is_nothing,
    "part": values.part_marked,
    "is unit": units.is_unit,
    "is foreign": folded(units.is_foreign),
    "factor": folded(units.factor),
    "unit behind": folded(units.behind),
    "units for all": units.stated_for_all,
    "numeral": written(numerals.read_numeral),
    "day in digits": written(numerals.in_digits),
}
COLUMNS: dict[str, tuple[list[Any], Fraction | None]] = {
    "large": ([23, 8, 2], None),
    "small": ([0.23, 0.5], None),
    "two ways": ([23, 1, 0.5], None),
    "one": ([1], None),
    "just above one": ([1.01], None),
    "marked and small": (["23%", 0.08], None),
    "marked and one": (["23%", 1], None),
    "marked and large": (["23%", 8], None),
    "marked": (["23%"], None),
    "nothing": ([None, "-", "x"], None),
    "zero": ([0], None),
    "percent, large": ([23, 0.5], values.PARTS["%"]),
    "percent, small": ([0.23, 1], values.PARTS["%"]),
    "percent, just above": ([0.23, 1.01], values.PARTS["%"]),
    "permille": ([230, 0.5], values.PARTS["‰"]),
    "permille, small": ([0.5], values.PARTS["‰"]),
    "percent, nothing": ([], values.PARTS["%"]),
}
DOUBTS: dict[str, list[Any]] = {
    "thousands": ["1.234"],
    "tenths": ["1.234", " 1.5 "],
    "hundredths": ["12.34"],
    "long": ["1.2345"],
    "nought": ["0.234"],
    "numbers": [1.5],
    "commas": ["1,5"],
    "minus": ["-1.5"],
    "nothing": [],
}


def told(reader: Callable[[Any], Any], cell: Any) -> str:
    try:
        found = reader(cell)
    except UnreadableError as refused:
        return f"! {refused.code} {sorted(refused.fields)}"
    return str(tuple(map(str, found)) if isinstance(found, tuple) else found)


def column(cells: list[Any], heading: Fraction | None) -> str:
    said: list[str] = []

    class Heard(Findings):
        def warn(self, code: str, place: Place = Place(), /, **fields: Any) -> None:  # noqa: B008
            said.append(f"? {code} {fields}")

        def change(self, code: str, place: Place = Place(), /, **fields: Any) -> None:  # noqa: B008
            said.append(f"{code} {fields}")

    return f"{readings.share_of(cells, heading, Place(), Heard())} {' '.join(said)}".strip()


def doubt(cells: list[Any], are_degrees: bool) -> str:
    return "commas" if readings.doubtful(cells, are_degrees=are_degrees) is COMMAS else "commas and points"


def test_what_each_reader_makes_of_each_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "tick", lambda: datetime(2026, 5, 12, 2, 30, tzinfo=UTC))
    lines = []
    for name, reader in READERS.items():
        found: dict[str, list[str]] = {}
        for label, cell in CELLS.items():
            made = told(reader, cell)
            found.setdefault("as it stands" if made == cell else made, []).append(label)
        # Whatever leaves the largest group turns up in another.
        found[max(found, key=lambda one: len(found[one]))] = ["the rest"]
        lines += [f"\n## {name}", *(f"{result}  ←  {' | '.join(cells)}" for result, cells in found.items())]
    lines += ["\n## share of a column", *(f"{column(*one)}  ←  {name}" for name, one in COLUMNS.items())]
    lines += ["\n## doubtful", *(f"{doubt(one, False)}, {doubt(one, True)}  ←  {name}" for name, one in DOUBTS.items())]
    text = "\n".join(lines) + "\n"
    if os.environ.get("RENOVATION_KEEP_ANSWERS"):
        KEPT.write_text(text, encoding="utf-8")
    assert text.splitlines() == KEPT.read_text(encoding="utf-8").splitlines()
