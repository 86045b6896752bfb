"""From a file to its records: the table with its columns, the names of choices, and the result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from renovation.imports.files.columns import Field, ReadTable, understood
from renovation.imports.files.files import read_file
from renovation.imports.files.results import Findings, Parsed
from renovation.model.names import fold
from renovation.text import Language, has_text, text

N = TypeVar("N", bound="_Numbered")
T = TypeVar("T")


class _Numbered(Protocol):
    """A record that knows its row."""

    @property
    def row(self) -> int: ...


def folded_names(table: Mapping[Any, tuple[str, ...]]) -> dict[str, Any]:
    """Return folded name → value of an enum: its own values, the names people write, and those this tool writes."""
    written = {fold(name): key for key, names in table.items() for name in (key.value, *names)}
    labels = {
        fold(text(label, language)): key
        for key in table
        for language in Language
        if has_text(label := f"enum.{type(key).__name__}.{key.value}")
    }
    return labels | written


def first_names(table: Mapping[Any, tuple[str, ...]]) -> tuple[str, ...]:
    """Return what a refusal lists as allowed."""
    return tuple(names[0] for names in table.values())


def opened_table(
    data: bytes,
    fields: tuple[Field, ...],
    findings: Findings,
    *,
    datum: str | None = None,
    mapping: Mapping[str, str] | None = None,
    layer: str | None = None,
) -> ReadTable | None:
    """Read a file of any kind and understand its columns; ``None`` when a fault leaves nothing to read."""
    sheets = read_file(data, findings, layer=layer)
    if not sheets:
        return None
    # A workbook's sheet is chosen here; other kinds have been narrowed by the reader.
    by_name = layer if layer is not None and any(s.name == layer for s in sheets) else None
    if layer is not None and by_name is None and len(sheets) > 1:
        by_name = layer
    return understood(sheets, fields, findings, mapping=mapping, datum=datum, sheet_name=by_name)


def parsed(table: ReadTable | None, records: list[N | None], findings: Findings, datum: str | None = None) -> Parsed[N]:
    """Return the result of a file read to its end: all records, or the faults and none."""
    read, faulty = [one for one in records if one is not None], findings.faulty
    # A fault without a row concerns them all.
    sound = [one for one in read if one.row not in faulty] if faulty and None not in faulty else []
    return replace(of_table(table, read, findings), sound=tuple(sound), datum=datum)


def of_table(table: ReadTable | None, records: Sequence[T], findings: Findings) -> Parsed[T]:
    """Return the result of a file whose records are not one to a row: see :func:`parsed`."""
    return Parsed(
        rows=0 if table is None else len(table.rows),
        records=() if findings.faulty else tuple(records),
        faults=findings.all_faults(),
        warnings=findings.all_warnings(),
        changes=findings.all_changes(),
        encoding=table.sheet.encoding if table else None,
        sheet=table.sheet.name if table else None,
        features=table is not None and table.sheet.features,
        mapping=findings.mapping,
        left=tuple(one for cells in findings.left.values() for one in cells),
    )
