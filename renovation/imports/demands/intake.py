"""A locality's lists for intake, from CSV: sub-types with deadlines, dispatch rules, reply templates, synonyms."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from functools import cache
from typing import TypeVar

from renovation.config import CHECKOUT
from renovation.errors import Fault, ImportRefusedError
from renovation.model.demands import DemandCategory
from renovation.model.intake import DispatchRule, IntakeRules, ReplyTemplate, Subtype

#: The shipped lists; a locality may put its own files in their place.
DATA = CHECKOUT / "data"

_T = TypeVar("_T")


def _rows(content: bytes, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        decoded = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ImportRefusedError([Fault("figures.not_utf8")]) from None
    reader = csv.DictReader(io.StringIO(decoded, newline=""))
    try:
        missing = [name for name in columns if name not in (reader.fieldnames or ())]
        if missing:
            raise ImportRefusedError([Fault("figures.column_missing", column=name) for name in missing])
        for row in reader:
            yield reader.line_num, {name: (row[name] or "").strip() for name in columns}
    except csv.Error:
        raise ImportRefusedError([Fault("figures.not_csv", row=reader.line_num)]) from None


def _read(content: bytes, columns: tuple[str, ...], make: Callable[[dict[str, str]], _T]) -> tuple[_T, ...]:
    """Read every row, or refuse the file with the rows that cannot be read."""
    found: list[_T] = []
    faults: list[Fault] = []
    for number, row in _rows(content, columns):
        try:
            found.append(make(row))
        except ValueError as error:
            faults.append(Fault("figures.cell", row=number, fields={"value": str(error)[:40]}))
    if faults:
        raise ImportRefusedError(faults)
    return tuple(found)


def read_subtypes(content: bytes) -> tuple[Subtype, ...]:
    """Read the sub-types of the categories and their deadlines in calendar days."""

    def make(row: dict[str, str]) -> Subtype:
        return Subtype(
            category=DemandCategory(row["category"]),
            code=row["subtype"],
            name_zh=row["name_zh"],
            name_en=row["name_en"],
            days=int(row["days"]),
            source=row["source"],
        )

    return _read(content, ("category", "subtype", "name_zh", "name_en", "days", "source"), make)


def read_dispatch_rules(content: bytes) -> tuple[DispatchRule, ...]:
    """Read which department takes what where."""

    def make(row: dict[str, str]) -> DispatchRule:
        return DispatchRule(
            category=DemandCategory(row["category"]),
            subtype=row["subtype"],
            place=row["place"],
            department=row["department"],
            backup=row["backup"],
        )

    return _read(content, ("category", "subtype", "place", "department", "backup"), make)


def read_reply_templates(content: bytes) -> tuple[ReplyTemplate, ...]:
    """Read the replies people begin from."""

    def make(row: dict[str, str]) -> ReplyTemplate:
        category = row.pop("category")
        return ReplyTemplate(category=DemandCategory(category) if category else None, **row)

    return _read(content, ("code", "category", "title_zh", "text_zh", "title_en", "text_en"), make)


def read_synonyms(content: bytes) -> dict[str, str]:
    """Read which wordings mean the same; an empty meaning is filler."""
    return dict(_read(content, ("written", "means"), lambda row: (row["written"], row["means"])))


@cache
def intake_rules() -> IntakeRules:
    """Return every list, read once.

    Raises
    ------
    ImportRefusedError
        A list has faults; all of that list's are named.
    """
    return IntakeRules(
        subtypes=read_subtypes((DATA / "demand-categories.csv").read_bytes()),
        dispatch=read_dispatch_rules((DATA / "departments.csv").read_bytes()),
        replies=read_reply_templates((DATA / "reply-templates.csv").read_bytes()),
        synonyms=read_synonyms((DATA / "demand-synonyms.csv").read_bytes()),
    )
