"""What reading a file gives: records or faults, and everything that was changed on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, TypeVar

from renovation.errors import Fault, RenovationError

T = TypeVar("T")

#: Enough to mend a file in one go; a file with more is wrong as a whole, and the last line says how many follow.
MAX_LISTED = 500
MAX_LISTED_CHANGES = 5000


class Verdict(StrEnum):
    """What may be done with a file."""

    OK = "OK"
    OK_NORMALISED = "OK_NORMALISED"
    WARN = "WARN"
    REFUSE = "REFUSE"


class UnreadableError(RenovationError):
    """A file, cell or geometry cannot be taken; becomes a :class:`~renovation.errors.Fault` of the same code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in a file: the sheet's name, the row as the spreadsheet shows it, the column's heading, the feature."""

    sheet: str | None = None
    row: int | None = None
    column: str | None = None
    feature: int | None = None


NOWHERE = Place()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something taken differently from how it stands in the file; shown before anything is saved.

    ``code`` is a catalogue key below ``change.``, whose sentence names ``before`` and ``after``.
    """

    code: str
    place: Place = NOWHERE
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed(Generic[T]):
    """A file read to its end.

    Attributes
    ----------
    rows
        Rows or features with data.
    records
        What was read; empty when there are faults: the whole file or nothing.
    sound
        The records of rows without a fault in a file that has some: what the register says to them is told at once.
    warnings
        What needs somebody's explicit yes.
    datum
        What the coordinates were taken to refer to, as stated by the person.
    encoding, sheet
        What was found in the file.
    features
        Whether its rows are counted as features.
    mapping
        Heading in the file → field.
    """

    rows: int
    records: tuple[T, ...]
    faults: tuple[Fault, ...] = ()
    sound: tuple[T, ...] = ()
    warnings: tuple[Fault, ...] = ()
    changes: tuple[Change, ...] = ()
    datum: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    features: bool = False
    mapping: Mapping[str, str] = field(default_factory=dict)

    def place(self, number: int | None, wanted: str = "") -> Place:
        """Return where a row or feature stands, and its column for a field."""
        column = next((heading for heading, name in self.mapping.items() if name == wanted), None)
        at = {"feature": number} if self.features else {"row": number}
        return Place(sheet=self.sheet, column=column, **at)

    def fault(self, code: str, number: int, wanted: str, /, **fields: Any) -> Fault:
        """Return what is wrong with what a row or feature says of a field."""
        return _at(code, self.place(number, wanted), fields)

    def with_register(self, found: Sequence[Fault]) -> tuple[Fault, ...]:
        """Return the file's own faults and those the register found, in the order of the file."""
        return tuple(sorted((*self.faults, *found), key=lambda f: (f.code == "more", f.row or f.feature or 0)))

    @property
    def verdict(self) -> Verdict:
        """Say what may be done with the file."""
        if self.faults:
            return Verdict.REFUSE
        if self.warnings:
            return Verdict.WARN
        return Verdict.OK_NORMALISED if self.changes else Verdict.OK


class Findings:
    """Gathers faults, warnings and changes while a file is read to its end."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.warnings: list[Fault] = []
        self.changes: list[Change] = []
        #: Heading → field, as far as columns were understood; known even where a needed one is missing.
        self.mapping: dict[str, str] = {}
        self._unlisted = self._unlisted_changes = 0

    def fault(self, code: str, place: Place = NOWHERE, /, **fields: Any) -> None:
        """Note what refuses the file."""
        if len(self.faults) >= MAX_LISTED:
            self._unlisted += 1
            return
        self.faults.append(_at(code, place, fields))

    def refuse(self, error: UnreadableError, place: Place = NOWHERE) -> None:
        """Note a fault that was raised."""
        self.fault(error.code, place, **error.fields)

    def warn(self, code: str, place: Place = NOWHERE, /, **fields: Any) -> None:
        """Note what needs a yes."""
        if len(self.warnings) < MAX_LISTED:
            self.warnings.append(_at(code, place, fields))

    def change(self, code: str, place: Place = NOWHERE, /, *, before: object = "", after: object = "") -> None:
        """Note what is taken differently from how it stands."""
        if len(self.changes) < MAX_LISTED_CHANGES:
            self.changes.append(Change(code=code, place=place, before=_shown(before), after=_shown(after)))
        else:
            self._unlisted_changes += 1

    def all_faults(self) -> tuple[Fault, ...]:
        """Return the faults in the order of the file, each once, with a last line for those not listed."""
        listed: list[Fault] = []
        for fault in sorted(self.faults, key=lambda f: f.row or f.feature or 0):
            if fault not in listed[-10:]:
                listed.append(fault)
        more = [Fault("more", fields={"count": self._unlisted})] if self._unlisted else []
        return (*listed, *more)

    def all_changes(self) -> tuple[Change, ...]:
        """Return the changes, with a last line for those not listed."""
        more = [Change(code="more", after=str(self._unlisted_changes))] if self._unlisted_changes else []
        return (*self.changes, *more)


def _at(code: str, place: Place, fields: Mapping[str, Any]) -> Fault:
    return Fault(code, place.sheet, place.row, place.column, place.feature, fields)


def _shown(value: object) -> str:
    text = str(value)
    return text if len(text) <= 60 else text[:59] + "…"
