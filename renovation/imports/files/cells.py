"""Cells of a table whose columns are understood, read one by one with every fault noted at its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeVar

from renovation.imports.files.columns import ReadTable
from renovation.imports.files.results import Findings, UnreadableError
from renovation.imports.files.sheets import Row, Shown, Value
from renovation.imports.files.values import days, units, values
from renovation.imports.files.values.classes import CLASS_NAMES, ITEM_CLASSES
from renovation.model.clock import day_of
from renovation.model.items import ItemClass
from renovation.model.names import fold, name_key

T = TypeVar("T")

#: What a cell says whose value on file goes: an empty cell changes nothing.
CLEAR = ("清空", "(清空)", "（清空）", "clear", "(clear)")
#: What was made of a cell by its own words → by the unit in its column's heading alone.
_BY_HEADING = {"value.understood": "value.by_heading", "value.understood_money": "value.by_heading_money"}
_BARE = re.compile(r"-?[\d,]*\.?\d+", re.ASCII)
_SEPARATORS = re.compile(r"[;；、,，|/\n]+")


class Cells:
    """The cells of one row. Every reader returns ``None`` (or ``""``) for what is missing or was noted as a fault."""

    __slots__ = ("findings", "row", "table")

    def __init__(self, table: ReadTable, row: Row, findings: Findings) -> None:
        self.table, self.row, self.findings = table, row, findings

    def read(
        self,
        name: str,
        reader: Callable[[Value], tuple[T | None, bool | str]],
        *,
        as_money: bool = False,
    ) -> T | None:
        """Read a cell with one of the readers of ``values``; ``as_money`` has a message write what was read as yuan."""
        if name not in self.table.columns:
            return None
        raw = self.table.cell(self.row, name)
        try:
            value, changed = reader(raw)
        except UnreadableError as error:
            may_be_empty = name not in self.table.needed
            self.findings.refuse_cell(error, self.table.place(self.row, name), raw, may_be_empty=may_be_empty)
            return None
        if isinstance(raw, Shown) and raw.is_scaled:
            self.findings.warn("value.scaled_display", self.table.place(self.row, name))
        if changed:
            empty = value is None or value == ""
            taken = "value.taken_as_empty" if empty else "value.understood_money" if as_money else "value.understood"
            code = changed if isinstance(changed, str) else taken
            after = "" if value is None else value if as_money else _said(value)
            before = day_of(raw) if isinstance(raw, datetime) and raw.time() == time.min else raw
            # Where the heading alone makes the difference, a line for every row would hide what is worth reading.
            by_heading = code in _BY_HEADING and self.table.scales.get(name, 1) != 1 and _is_bare(raw)
            self.findings.change(
                _BY_HEADING[code] if by_heading else code,
                self.table.place(self.row, name),
                before=before,
                after=after,
                by_column=by_heading,
            )
        return value

    def fault(self, code: str, name: str | None = None, **fields: Any) -> None:
        """Note a fault at a cell."""
        self.findings.fault(code, self.table.place(self.row, name), **fields)

    def cleared(self, names: Sequence[str]) -> frozenset[str]:
        """Return which of these fields say 清空: what is on file goes. Their cells then hold nothing more to read."""
        found = {name for name in names if (raw := self.table.cell(self.row, name)) and str(raw).strip() in CLEAR}
        for name in found:
            self.row.cells[self.table.columns[name]] = None
        return frozenset(found)

    def strange(self, name: str, word: str, allowed: Sequence[str]) -> None:
        """Refuse a word of a list that nobody knows, or leave it out where somebody decided so."""
        error = UnreadableError("value.unknown_choice", value=word[:40], allowed=allowed)
        self.findings.refuse_cell(error, self.table.place(self.row, name), word, may_be_empty=True)

    def meant(self, name: str, word: str) -> str:
        """Return what somebody said is meant by one word of a list, the word itself where nobody did."""
        return self.findings.corrections.meant(self.table.headings[name], 0, word) or word

    def missing(self, code: str, name: str, found: object) -> None:
        """Note that a field holds nothing, unless its cell has a fault already."""
        place = self.table.place(self.row, name)
        if not found and not self.findings.is_faulty(place):
            self.findings.fault(code, place)

    def once(self, seen: dict[T, int], key: T, name: str, code: str, shown: str) -> None:
        """Refuse what an earlier row, whatever else is wrong with it, names too: neither may silently win."""
        if (first := seen.setdefault(key, self.row.number)) != self.row.number:
            self.fault(code, name, id=shown[:40], other=first)

    def text(self, name: str, longest: int = 200) -> str:
        """Read words; nothing known is empty."""
        found = self.read(name, lambda value: values.words(value, longest=longest))
        return "" if found is None or values.is_nothing(found) else found

    def code(self, name: str, longest: int = 60) -> str:
        """Read an identifier verbatim."""
        return self.read(name, lambda value: values.identifier(value, longest=longest)) or ""

    def needed(self, name: str, longest: int = 200) -> str:
        """Read a code that must be there."""
        found = self.read(name, lambda value: values.identifier(value, longest=longest)) or ""
        self.missing("planning.needed", name, found)
        return found

    def number(self, name: str) -> Decimal | None:
        """Read an exact number."""
        return self.read(name, lambda value: values.number(value, doubtful=self.table.doubtful(name)))

    def whole(self, name: str, largest: int = 10**9) -> int | None:
        """Read a count up to ``largest``."""
        scale, doubtful = self.table.scales.get(name, 1), self.table.doubtful(name)
        return self.read(name, lambda value: values.whole(value, scale=scale, largest=largest, doubtful=doubtful))

    def area(self, name: str, *, may_be_zero: bool = False) -> Decimal | None:
        """Read square metres."""
        scale, doubtful = self.table.scale(name, units.AREAS), self.table.doubtful(name)
        return self.read(
            name, lambda value: values.area(value, scale=scale, doubtful=doubtful, may_be_zero=may_be_zero)
        )

    def money(self, name: str) -> int | None:
        """Read yuan as fen, 万元 where the heading says so."""
        scale, doubtful = self.table.scale(name, units.MONIES), self.table.doubtful(name)
        return self.read(
            name,
            lambda value: values.money(value, scale=scale, doubtful=doubtful),
            as_money=True,
        )

    def share(self, name: str) -> Fraction | None:
        """Read a share of 0..1 as its whole column is read."""
        doubtful = self.table.doubtful(name)
        of_one = self.table.share_of(name, self.findings)
        return self.read(name, lambda value: values.share(value, of_one=of_one, doubtful=doubtful))

    def yes(self, name: str) -> bool:
        """Read yes; anything else that is known, or nothing, is no."""
        return bool(self.read(name, values.yes_no))

    def choice(self, name: str, names: Mapping[str, T], allowed: Sequence[str]) -> T | None:
        """Read one of several named values."""
        return self.read(name, lambda value: values.choice(value, names, allowed=allowed))

    def classes(self, name: str) -> frozenset[ItemClass]:
        """Read the classes of works that a cell lists."""
        found = set()
        for part in self.parts(name):
            kind = ITEM_CLASSES.get(fold(self.meant(name, part)))
            if kind is None:
                self.strange(name, part, tuple(CLASS_NAMES.values()))
            else:
                found.add(kind)
        return frozenset(found)

    def parts(self, name: str) -> tuple[str, ...]:
        """Read a list separated by ; 、 , | or /."""
        found = self.text(name, 2000)
        return tuple(part.strip() for part in _SEPARATORS.split(found) if part.strip())

    def day(self, name: str) -> date | None:
        """Read a day: a date cell, 2026-11-21, 2026/11/21 or 2026年11月21日."""
        return self.read(name, days.day)


class Spellings:
    """The first spelling of each name in the tables of a file; what :func:`name_key` calls the same is that one."""

    def __init__(self) -> None:
        self._first: dict[str, str] = {}

    def add(self, written: str) -> None:
        """Know a name by how it is written here, unless it is known already."""
        self._first.setdefault(name_key(written), written)

    def of(self, cells: Cells, name: str, written: str) -> str:
        """Return how a name was written first, and say so where this cell writes it otherwise."""
        known = self._first.setdefault(name_key(written), written)
        if known != written:
            cells.findings.change("register.known_as", cells.table.place(cells.row, name), before=written, after=known)
        return known


def _is_bare(raw: Value) -> bool:
    """Tell whether a cell holds a number and nothing else."""
    return isinstance(raw, int | float | Decimal) or bool(_BARE.fullmatch(str(raw).strip()))


def _said(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, Fraction):
        return f"{float(value):.1%}"
    return str(getattr(value, "value", value))
