"""Cells of a table whose columns are understood, read one by one with every fault noted at its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from renovation.imports.files import units, values
from renovation.imports.files.columns import Table
from renovation.imports.files.results import Findings, UnreadableError
from renovation.imports.files.sheets import Row, Value
from renovation.model.money import yuan

T = TypeVar("T")

_SEPARATORS = re.compile(r"[;；、,，|/\n]+")


class Cells:
    """The cells of one row."""

    def __init__(self, table: Table, row: Row, findings: Findings) -> None:
        self.table = table
        self.row = row
        self.findings = findings

    def read(
        self,
        name: str,
        reader: Callable[[Value], tuple[T | None, bool]],
        *,
        shown: Callable[[T], object] = lambda value: value,
    ) -> T | None:
        """Read a cell with one of the readers of ``imports.values``; a fault gives ``None``.

        ``shown`` turns the value into what a message says of it.
        """
        raw = self.table.cell(self.row, name)
        try:
            value, changed = reader(raw)
        except UnreadableError as error:
            self.findings.refuse(error, self.table.place(self.row, name))
            return None
        if changed:
            code = "value.taken_as_empty" if value in (None, "") else "value.understood"
            after = "" if value is None else shown(value)
            self.findings.change(code, self.table.place(self.row, name), before=raw, after=after)
        return value

    def fault(self, code: str, name: str | None = None, **fields: Any) -> None:
        """Note a fault at a cell."""
        self.findings.fault(code, self.table.place(self.row, name), **fields)

    def text(self, name: str, longest: int = 200) -> str:
        """Read words; nothing known is empty."""
        found = self.read(name, lambda value: values.words(value, longest=longest))
        return "" if found is None or values.is_nothing(found) else found

    def needed(self, name: str, longest: int = 200) -> str:
        """Read a code that must be there."""
        before = len(self.findings.faults)
        found = self.read(name, lambda value: values.identifier(value, longest=longest)) or ""
        if not found and len(self.findings.faults) == before:
            self.fault("planning.needed", name)
        return found

    def money(self, name: str) -> int | None:
        """Read yuan as fen, 万元 where the heading says so."""
        scale = self.table.scale(name, units.MONIES)
        return self.read(
            name,
            lambda value: values.money(value, scale=scale, decimal_comma=self.table.sheet.decimal_comma),
            shown=lambda fen: f"{yuan(fen)} 元",
        )

    def number(self, name: str) -> Decimal | None:
        """Read an exact number."""
        return self.read(name, lambda value: values.number(value, decimal_comma=self.table.sheet.decimal_comma))

    def whole(self, name: str, largest: int = 10**9) -> int | None:
        """Read a count."""
        comma = self.table.sheet.decimal_comma
        scale = self.table.scales.get(name, 1)
        return self.read(name, lambda value: values.whole(value, scale=scale, largest=largest, decimal_comma=comma))

    def yes(self, name: str) -> bool:
        """Read yes; anything else that is known, or nothing, is no."""
        return bool(self.read(name, values.yes_no))

    def one_of(self, name: str, names: Mapping[str, T], allowed: str) -> T | None:
        """Read one of several named values."""
        return self.read(name, lambda value: values.choice(value, names, allowed=allowed))

    def parts(self, name: str) -> tuple[str, ...]:
        """Read a list separated by ; 、 , | or /."""
        found = self.text(name, 2000)
        return tuple(part.strip() for part in _SEPARATORS.split(found) if part.strip())

    def day(self, name: str) -> date | None:
        """Read a day: a date cell, 2026-11-21, 2026/11/21 or 2026年11月21日."""
        return self.read(name, values.day)
