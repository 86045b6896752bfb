"""What a locality sets for itself as lists of lines: their columns, what a line means, and how two states differ.

Lines are kept as they are typed and exported: text under the names of columns; ``model/localities.py`` makes objects.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction

from renovation.errors import Fault
from renovation.model.demands import DemandCategory
from renovation.model.items import BenchmarkBasis
from renovation.model.localities import DeficitSide, Line
from renovation.model.names import is_blank, name_key
from renovation.model.places import Deficit
from renovation.model.workdays import DayKind, Holiday

Lines = tuple[Line, ...]

#: More lines than any locality needs; a file with more is another list.
MAX_LINES = 1000


class ListKind(StrEnum):
    """The lists a locality may make its own."""

    DEADLINES = "deadlines"
    DEPARTMENTS = "departments"
    REPLIES = "replies"
    HOLIDAYS = "holidays"
    OFFICE = "office"
    THRESHOLDS = "thresholds"
    DEFICITS = "deficits"
    FACILITIES = "facilities"
    BENCHMARKS = "benchmarks"
    SYNONYMS = "synonyms"


class CellShape(StrEnum):
    """What a column holds."""

    TEXT = "text"
    LONG = "long"
    CODES = "codes"
    WHOLE = "whole"
    NUMBER = "number"
    DAY = "day"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a list.

    Attributes
    ----------
    choices
        The members a ``CHOICE`` is among; their words are the catalogue's ``enum.<class>.<value>``.
    fixed
        Nobody changes it on screen.
    """

    name: str
    shape: CellShape = CellShape.TEXT
    needed: bool = False
    longest: int = 60
    choices: type[StrEnum] | None = None
    fixed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ListShape:
    """How a list is made up.

    Attributes
    ----------
    file
        The shipped lines, below ``data/``.
    key
        Columns that tell lines apart.
    by_place
        Whether a county or street may have its own in the place of the town's.
    grows
        Whether lines may be added and taken out.
    """

    file: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    by_place: bool = False
    grows: bool = True


_CATEGORY = Column(name="category", shape=CellShape.CHOICE, choices=DemandCategory, needed=True)
_SOURCE = Column(name="source", longest=200)

LISTS: Mapping[ListKind, ListShape] = {
    ListKind.DEADLINES: ListShape(
        file="demand-categories.csv",
        columns=(
            _CATEGORY,
            Column(name="subtype"),
            Column(name="name_zh", needed=True),
            Column(name="name_en"),
            Column(name="days", shape=CellShape.WHOLE, needed=True),
            Column(name="day_kind", shape=CellShape.CHOICE, choices=DayKind, needed=True),
            _SOURCE,
        ),
        key=("category", "subtype"),
        by_place=True,
    ),
    ListKind.DEPARTMENTS: ListShape(
        file="departments.csv",
        columns=(
            _CATEGORY,
            Column(name="subtype"),
            Column(name="place", longest=80),
            Column(name="department", needed=True),
            Column(name="backup"),
        ),
        key=("category", "subtype", "place"),
        by_place=True,
    ),
    ListKind.REPLIES: ListShape(
        file="reply-templates.csv",
        columns=(
            Column(name="code"),
            Column(name="category", shape=CellShape.CHOICE, choices=DemandCategory),
            Column(name="title_zh", needed=True),
            Column(name="text_zh", shape=CellShape.LONG, needed=True, longest=2000),
            Column(name="title_en"),
            Column(name="text_en", shape=CellShape.LONG, longest=2000),
        ),
        key=("code",),
        by_place=True,
    ),
    ListKind.HOLIDAYS: ListShape(
        file="holidays.csv",
        columns=(
            Column(name="day", shape=CellShape.DAY, needed=True),
            Column(name="kind", shape=CellShape.CHOICE, choices=Holiday, needed=True),
            Column(name="name"),
            _SOURCE,
        ),
        key=("day",),
    ),
    ListKind.OFFICE: ListShape(
        file="office.csv",
        columns=(
            Column(name="name", needed=True),
            Column(name="address", longest=120),
            Column(name="phone"),
            Column(name="person"),
            Column(name="hours", longest=120),
        ),
        key=(),
        by_place=True,
    ),
    ListKind.THRESHOLDS: ListShape(
        file="thresholds.csv",
        columns=(
            Column(name="code", needed=True, fixed=True),
            Column(name="value", shape=CellShape.NUMBER, needed=True),
            Column(name="unit", fixed=True),
            Column(name="source", needed=True, longest=200),
            Column(name="mark", fixed=True),
            Column(name="note_zh", fixed=True, longest=200),
            Column(name="note_en", fixed=True, longest=200),
        ),
        key=("code",),
        grows=False,
    ),
    ListKind.DEFICITS: ListShape(
        file="deficits.csv",
        columns=(
            Column(name="deficit", shape=CellShape.CHOICE, choices=Deficit, needed=True, fixed=True),
            Column(name="safety", shape=CellShape.CHOICE, choices=DeficitSide, needed=True),
            Column(name="items", shape=CellShape.CODES, longest=400),
        ),
        key=("deficit",),
        grows=False,
    ),
    ListKind.FACILITIES: ListShape(
        file="facility-kinds.csv",
        columns=(
            Column(name="kind", needed=True),
            Column(name="name_en"),
            Column(name="items", shape=CellShape.CODES, longest=400),
            Column(name="metres", shape=CellShape.WHOLE, needed=True),
        ),
        key=("kind",),
    ),
    ListKind.BENCHMARKS: ListShape(
        file="benchmarks.csv",
        columns=(
            Column(name="code"),
            Column(name="basis", shape=CellShape.CHOICE, choices=BenchmarkBasis, needed=True),
            Column(name="low_yuan", shape=CellShape.NUMBER, needed=True),
            Column(name="high_yuan", shape=CellShape.NUMBER, needed=True),
            Column(name="scope_zh", needed=True, longest=120),
            Column(name="scope_en", longest=120),
            Column(name="source", needed=True, longest=400),
            Column(name="mark"),
        ),
        key=("code",),
    ),
    ListKind.SYNONYMS: ListShape(
        file="demand-synonyms.csv",
        columns=(Column(name="written", needed=True), Column(name="means")),
        key=("written",),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldList:
    """A list as it holds for a place.

    Attributes
    ----------
    area_id
        The county or street it was asked for; 0 is the town.
    own
        Whether the place has this list of its own; otherwise it follows ``held_by``.
    held_by
        The place whose lines these are.
    version
        Counts the changes of ``area_id``'s own list; 0 where nobody has changed anything.
    """

    kind: ListKind
    area_id: int
    held_by: int
    lines: Lines
    version: int
    at: datetime | None = None
    login: str = ""

    @property
    def own(self) -> bool:
        """Whether the place has this list of its own."""
        return self.held_by == self.area_id


@dataclass(frozen=True, slots=True, kw_only=True)
class ListVersion:
    """One earlier state of a place's list; ``lines`` is ``None`` where the place gave its own up."""

    kind: ListKind
    area_id: int
    version: int
    at: datetime
    login: str
    lines: Lines | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineChange:
    """A line that differs: ``before`` is ``None`` for a new one, ``after`` for one that is gone."""

    key: tuple[str, ...]
    before: Line | None
    after: Line | None


def key_of_line(kind: ListKind, line: Line) -> tuple[str, ...]:
    """Return what tells a line of a list from the others."""
    return tuple(name_key(line.get(name, "")) for name in LISTS[kind].key)


def differences(kind: ListKind, before: Iterable[Line], after: Iterable[Line]) -> tuple[LineChange, ...]:
    """Return the lines that differ: changed and gone ones in the old order, then new ones."""
    old = {key_of_line(kind, line): line for line in before}
    new = {key_of_line(kind, line): line for line in after}
    moved = [LineChange(key=key, before=line, after=new.get(key)) for key, line in old.items() if new.get(key) != line]
    return (*moved, *(LineChange(key=key, before=None, after=line) for key, line in new.items() if key not in old))


def completed(kind: ListKind, lines: Iterable[Line]) -> Lines:
    """Return lines as they are kept: every column, trimmed, empty lines left out, codes nobody typed made of names."""
    found = []
    for line in lines:
        full = {column.name: " ".join(line.get(column.name, "").split()) for column in LISTS[kind].columns}
        if not any(full.values()):
            continue
        match kind:
            case ListKind.REPLIES:
                full["code"] = full["code"] or full["title_zh"]
            case ListKind.BENCHMARKS:
                full["code"] = full["code"] or full["scope_zh"]
        found.append(full)
    return tuple(found)


def faults_of(kind: ListKind, lines: Sequence[Line]) -> tuple[Fault, ...]:
    """Return what is wrong with lines, each at its number from 1 on."""
    shape = LISTS[kind]
    faults: list[Fault] = []
    seen: dict[tuple[str, ...], int] = {}
    if len(lines) > MAX_LINES:
        return (Fault("list.long", fields={"limit": MAX_LINES}),)
    if kind is ListKind.OFFICE and len(lines) > 1:
        faults.append(Fault("list.one_line"))
    for number, line in enumerate(lines, 1):
        for column in shape.columns:
            if code := _wrong(column, line[column.name]):
                fields = {"value": line[column.name][:40], "limit": column.longest}
                faults.append(Fault(code, row=number, column=column.name, fields=fields))
        if shape.key and (first := seen.setdefault(key_of_line(kind, line), number)) != number:
            faults.append(Fault("list.twice", row=number, fields={"other": first}))
    if kind is ListKind.DEADLINES:
        there = {line["category"] for line in lines if not line["subtype"]}
        faults += [
            Fault("list.category_missing", fields={"category": category})
            for category in DemandCategory
            if category.value not in there
        ]
    return tuple(faults)


_NUMBER = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,9}|/[1-9]\d{0,14})?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _wrong(column: Column, value: str) -> str:
    """Return the code of what is wrong with a cell, or nothing."""
    if is_blank(value):
        return "list.cell_empty" if column.needed else ""
    if len(value) > column.longest:
        return "list.cell_long"
    if not value.isprintable():
        return "list.cell_sign"
    try:
        match column.shape:
            case CellShape.WHOLE:
                if not (value.isascii() and value.isdigit() and int(value) <= 100_000):
                    return "list.cell_whole"
            case CellShape.NUMBER:
                if not _NUMBER.fullmatch(value) or not 0 <= Fraction(value) <= 10**12:
                    return "list.cell_number"
            case CellShape.DAY:
                if not _DAY.fullmatch(value):
                    return "list.cell_day"
                date.fromisoformat(value)
            case CellShape.CHOICE:
                assert column.choices is not None
                column.choices(value)
    except (ValueError, ZeroDivisionError):
        return {CellShape.NUMBER: "list.cell_number", CellShape.DAY: "list.cell_day"}.get(
            column.shape, "list.cell_choice"
        )
    return ""
