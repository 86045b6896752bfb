"""What is kept of a file that was taken in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from typing import Self

from renovation.errors import Fault
from renovation.model.areas import AreaEffects


class ImportKind(StrEnum):
    """What a file brought."""

    AREAS = "areas"
    ESTATES = "estates"
    BUILDINGS = "buildings"
    DEMANDS = "demands"
    FACILITIES = "facilities"
    STREETS = "streets"
    PRICES = "prices"
    PROJECTS = "projects"
    POTS = "pots"
    SOURCES = "sources"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSource:
    """The file: its name and the SHA-256 of its bytes."""

    filename: str
    sha256: str

    @classmethod
    def of(cls, filename: str, data: bytes) -> Self:
        """Return the source of ``data``."""
        return cls(filename=filename, sha256=hashlib.sha256(data).hexdigest())


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordUpdate:
    """What a row of a file changes of something the store holds: field → (before, after)."""

    record_id: int
    row: int | None
    sheet: str | None
    code: str
    name: str
    fields: Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAs:
    """What a row calls by another spelling than the register: it is taken for the same."""

    row: int | None
    field: str
    written: str
    known: str


@dataclass(frozen=True, slots=True)
class LeftEmpty:
    """A cell that nobody could read and that was left empty: its row (or feature), its heading, what stood there."""

    row: int
    column: str
    stood: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRecord:
    """One file taken in; a dry run's has no ``id``.

    Attributes
    ----------
    datum
        What its coordinates were stated to refer to.
    mapping
        Heading in the file → field.
    workbook_id
        The first record of the workbook whose sheet it was, taken in with the others and taken back with them.
    created_areas
        How many streets, communities and the like it named first.
    imported
        How many of its rows brought something: a new record or a change.
    updated
        How many of ``imported`` changed what the store held before.
    updates
        What it changed of each; only a record just made or tried has them.
    same_as
        The import that took this very file before, where nothing tells its records from those; only of a trial.
    known_as
        What it spells otherwise than the register, each spelling once; as above.
    effects
        What it does to the hierarchy of areas, by names; as above.
    left
        Cells that nobody could read and that were left empty.
    questions
        What the register asks about before the file is taken (fault, with its place); only a dry run's has them.
    """

    id: int | None
    at: datetime
    login: str
    kind: ImportKind
    source: ImportSource
    datum: str
    rows: int
    imported: int
    created_areas: int = 0
    updated: int = 0
    updates: tuple[RecordUpdate, ...] = ()
    same_as: ImportRecord | None = None
    known_as: tuple[KnownAs, ...] = ()
    effects: AreaEffects = field(default_factory=AreaEffects)
    questions: tuple[Fault, ...] = ()
    left: tuple[LeftEmpty, ...] = ()
    mapping: Mapping[str, str] = field(default_factory=dict)
    workbook_id: int | None = None
    undone_at: datetime | None = None

    @property
    def recognised(self) -> int:
        """How many of its rows the store held before, changed by the file or not."""
        return self.rows - self.imported + self.updated


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """A file as a person took it in: a list, or a workbook whose sheets have a record each, the last one first."""

    parts: tuple[ImportRecord, ...]

    @property
    def head(self) -> ImportRecord:
        """The first of its records."""
        return self.parts[-1]

    @property
    def imported(self) -> int:
        """How many rows brought something."""
        return sum(one.imported for one in self.parts)

    @property
    def updated(self) -> int:
        """How many of them changed what the store held before."""
        return sum(one.updated for one in self.parts)

    @property
    def left(self) -> int:
        """How many cells were left empty."""
        return sum(len(one.left) for one in self.parts)


def files_of(records: Iterable[ImportRecord]) -> tuple[ImportedFile, ...]:
    """Return the files that records, newest first, are of."""
    found = groupby(records, key=lambda one: one.workbook_id or one.id)
    return tuple(ImportedFile(tuple(parts)) for _, parts in found)
