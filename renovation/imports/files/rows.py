"""Reading one row's cells, with what is wrong or changed noted at its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, time
from decimal import Decimal
from fractions import Fraction
from typing import Any, Protocol, TypeVar

from renovation.imports.files import units, values
from renovation.imports.files.columns import Field, Table, understood
from renovation.imports.files.files import read_file
from renovation.imports.files.results import Findings, Parsed, UnreadableError
from renovation.imports.files.sheets import Row, Value
from renovation.model.clock import day_of
from renovation.model.money import yuan

R = TypeVar("R")
N = TypeVar("N", bound="_Numbered")


class _Numbered(Protocol):
    """A record that knows its row."""

    @property
    def row(self) -> int: ...


def folded_names(table: Mapping[Any, tuple[str, ...]]) -> dict[str, Any]:
    """Return folded name → value of an enum, from the enum's own values and the names people write."""
    return {values.folded_name(n): key for key, names in table.items() for n in (key.value, *names)}


def first_names(table: Mapping[Any, tuple[str, ...]]) -> str:
    """Return what a refusal lists as allowed."""
    return "、".join(names[0] for names in table.values())


class RowReader:
    """The cells of one row. Every reader returns ``None`` (or ``""``) for what is missing or was noted as a fault."""

    __slots__ = ("_comma", "_findings", "_row", "_table")

    def __init__(self, table: Table, row: Row, findings: Findings) -> None:
        self._table, self._row, self._findings = table, row, findings
        self._comma = table.sheet.decimal_comma

    def read(self, name: str, reader: Callable[[Value], tuple[Any, bool]], *, shown: Any = None) -> Any:
        """Read a field's cell; ``shown`` turns the value into what a message says of it."""
        if name not in self._table.columns:
            return None
        raw = self._table.cell(self._row, name)
        try:
            value, changed = reader(raw)
        except UnreadableError as error:
            self._findings.refuse(error, self._table.place(self._row, name))
            return None
        if changed:
            code = "value.taken_as_empty" if value in (None, "") else "value.understood"
            after = "" if value is None else (shown or _said)(value)
            before = day_of(raw) if isinstance(raw, datetime) and raw.time() == time.min else raw
            self._findings.change(code, self._table.place(self._row, name), before=before, after=after)
        return value

    def text(self, name: str, longest: int = 200) -> str:
        """Read text; what says that nothing is known becomes empty."""
        found = self.read(name, lambda v: values.words(v, longest=longest))
        return "" if found is None or values.is_nothing(found) else str(found)

    def code(self, name: str) -> str:
        """Read an identifier verbatim."""
        return self.read(name, values.identifier) or ""

    def count(self, name: str, largest: int = 10**7) -> int | None:
        """Read a count up to ``largest``."""
        scale = self._table.scales.get(name, 1)
        found: int | None = self.read(
            name, lambda v: values.whole(v, scale=scale, largest=largest, decimal_comma=self._comma)
        )
        return found

    def area(self, name: str) -> Decimal | None:
        """Read square metres."""
        scale = self._table.scale(name, units.AREAS)
        found: Decimal | None = self.read(name, lambda v: values.area(v, scale=scale, decimal_comma=self._comma))
        return found

    def money(self, name: str) -> int | None:
        """Read yuan as fen."""
        scale = self._table.scale(name, units.MONIES)
        found: int | None = self.read(
            name, lambda v: values.money(v, scale=scale, decimal_comma=self._comma), shown=lambda fen: f"{yuan(fen)} 元"
        )
        return found

    def share(self, name: str) -> Fraction | None:
        """Read a share of 0..1."""
        percent = name in self._table.percents
        found: Fraction | None = self.read(name, lambda v: values.share(v, percent=percent, decimal_comma=self._comma))
        return found

    def choice(self, name: str, names: Mapping[str, R], allowed: str) -> R | None:
        """Read one of several named values."""
        found: R | None = self.read(name, lambda v: values.choice(v, names, allowed=allowed))
        return found

    def yes_no(self, name: str) -> bool | None:
        """Read 是 or 否."""
        found: bool | None = self.read(name, values.yes_no)
        return found

    def missing(self, code: str, name: str, found: object) -> None:
        """Note that a field holds nothing, unless its cell has a fault already."""
        place = self._table.place(self._row, name)
        if not found and not any(
            (f.row or f.feature, f.column) == (self._row.number, place.column) for f in self._findings.faults[-20:]
        ):
            self._findings.fault(code, place)

    def fault(self, code: str, name: str, **fields: Any) -> None:
        """Note a fault at the row's cell for a field."""
        self._findings.fault(code, self._table.place(self._row, name), **fields)


def _said(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, Fraction):
        return f"{float(value):.1%}"
    return str(getattr(value, "value", value))


def opened_table(
    data: bytes,
    fields: tuple[Field, ...],
    findings: Findings,
    *,
    datum: str,
    mapping: Mapping[str, str] | None,
    layer: str | None,
) -> Table | None:
    """Read a file of any kind and understand its columns; ``None`` when a fault leaves nothing to read."""
    sheets = read_file(data, findings, layer=layer)
    if not sheets:
        return None
    # A workbook's sheet is chosen here; other kinds have been narrowed by the reader.
    by_name = layer if layer is not None and any(s.name == layer for s in sheets) else None
    if layer is not None and by_name is None and len(sheets) > 1:
        by_name = layer
    return understood(sheets, fields, findings, mapping=mapping, datum=datum, sheet_name=by_name)


def parsed(table: Table | None, records: list[N | None], findings: Findings, datum: str) -> Parsed[N]:
    """Return the result of a file read to its end: all records, or the faults and none."""
    faulty = {f.feature or f.row for f in findings.faults}
    # A fault without a row concerns them all.
    sound = tuple(r for r in records if r is not None and r.row not in faulty) if faulty and None not in faulty else ()
    return Parsed(
        rows=0 if table is None else len(table.rows),
        records=() if findings.faults else tuple(r for r in records if r is not None),
        faults=findings.all_faults(),
        sound=sound,
        warnings=tuple(findings.warnings),
        changes=findings.all_changes(),
        datum=datum,
        encoding=table.sheet.encoding if table else None,
        sheet=table.sheet.name if table else None,
        features=table is not None and table.sheet.features,
        mapping=findings.mapping,
    )
