"""What reading a file gives: records or faults, and everything that was changed on the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

from renovation.errors import Fault, RenovationError
from renovation.imports.files.corrections import AS_IT_STANDS, Corrections
from renovation.model.imports import ImportRecord, LeftEmpty

T = TypeVar("T")

#: Enough kinds of fault to mend a file in one go; a file with more is wrong as a whole, and the last line says so.
MAX_LISTED = 500
MAX_LISTED_CHANGES = 5000
#: Names that one line about many rows says.
_NAMED = 12


class FileVerdict(StrEnum):
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
class CellChange:
    """Something taken differently from how it stands in the file; shown before anything is saved.

    ``code`` is a catalogue key below ``change.``, whose sentence names ``before`` and ``after``; ``also`` are further
    rows (or features) of which the same holds. An amount of money stands in ``after`` in fen.
    """

    code: str
    place: Place = NOWHERE
    before: str | tuple[str, ...] = ""
    after: str | int | tuple[str, ...] = ""
    also: tuple[int, ...] = ()


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
    left
        Cells that were left empty because nobody can read them.
    """

    rows: int
    records: tuple[T, ...]
    faults: tuple[Fault, ...] = ()
    sound: tuple[T, ...] = ()
    warnings: tuple[Fault, ...] = ()
    changes: tuple[CellChange, ...] = ()
    datum: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    features: bool = False
    mapping: Mapping[str, str] = field(default_factory=dict)
    left: tuple[LeftEmpty, ...] = ()

    def place(self, number: int | None, wanted: str = "") -> Place:
        """Return where a row or feature stands, and its column for a field."""
        column = next((heading for heading, name in self.mapping.items() if name == wanted), None)
        at = {"feature": number} if self.features else {"row": number}
        return Place(sheet=self.sheet, column=column, **at)

    def fault(self, code: str, number: int, wanted: str, /, **fields: Any) -> Fault:
        """Return what is wrong with what a row or feature says of a field."""
        return _at(code, self.place(number, wanted), fields)

    def with_register(self, found: Iterable[Fault]) -> tuple[Fault, ...]:
        """Return the file's own faults and those the register found, in the order of the file."""
        return gathered((*self.faults, *found))

    def with_answers(self, trial: ImportRecord) -> Parsed[T]:
        """Return the file with what the register answers to it: names it spells otherwise, and what it asks about."""
        known = [
            CellChange(
                code="register.known_as", place=self.place(one.row, one.field), before=one.written, after=one.known
            )
            for one in trial.known_as
        ]
        return replace(self, changes=(*self.changes, *known), warnings=(*self.warnings, *trial.questions))

    @property
    def verdict(self) -> FileVerdict:
        """Say what may be done with the file."""
        if self.faults:
            return FileVerdict.REFUSE
        if self.warnings:
            return FileVerdict.WARN
        return FileVerdict.OK_NORMALISED if self.changes else FileVerdict.OK


def left_empty(changes: Iterable[CellChange]) -> int:
    """Return how many cells were left empty because nobody can read them."""
    return sum(len(change.also) + 1 for change in changes if change.code == "cell.left_empty")


def gathered(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """Return faults in the order of the file, those that say the same of several rows as one."""
    kinds = _Kinds()
    for fault in faults:
        kinds.add(fault)
        for number in fault.also:
            kinds.add(_moved(fault, number))
    return tuple(sorted(kinds.found(), key=lambda f: (f.code == "more", f.row or f.feature or 0)))


class _Kinds:
    """Faults by what they say, each with the rows it says it of."""

    def __init__(self) -> None:
        self._rows: dict[tuple[Any, ...], tuple[Fault, list[int]]] = {}
        self.unlisted = 0

    def add(self, fault: Fault, *, most: int | None = None) -> None:
        """Note a fault; of more than ``most`` kinds only how many more there are."""
        said = tuple((name, str(value)) for name, value in fault.fields.items())
        key = (fault.code, fault.sheet, fault.column, fault.feature is None, said)
        if key not in self._rows and most is not None and len(self._rows) >= most:
            self.unlisted += 1
            return
        number = fault.row if fault.feature is None else fault.feature
        _, rows = self._rows.setdefault(key, (fault, []))
        if number is not None and (not rows or rows[-1] != number):
            rows.append(number)

    def found(self) -> list[Fault]:
        """Return them, each at its first row."""
        listed = []
        for fault, rows in self._rows.values():
            numbers = sorted(set(rows))
            moved = _moved(fault, numbers[0]) if numbers else fault
            listed.append(replace(moved, also=tuple(numbers[1:])))
        return listed


def _moved(fault: Fault, number: int) -> Fault:
    """Return a fault at another row (or feature)."""
    return replace(fault, row=number) if fault.feature is None else replace(fault, feature=number)


class Cited(Protocol):
    """A table whose cells faults name."""

    def stands(self, place: Fault) -> str:
        """Return what stands in the first cell that a fault names; nothing for cells of other tables."""
        ...


class Findings:
    """Gathers faults, warnings and changes while a file is read to its end.

    Parameters
    ----------
    can_ask
        Whether somebody can be asked for a yes; otherwise what could be read two ways refuses the file.
    corrections
        What somebody decided about cells that cannot be read.

    Attributes
    ----------
    count
        How many faults were noted so far.
    faulty
        Rows (or features) with a fault; ``None`` among them for one that concerns the whole file.
    mapping
        Heading → field, as far as columns were understood; known even where a needed one is missing.
    left
        Row (or feature) → its cells that were left empty.
    table
        What is read, once its columns are understood.
    """

    def __init__(self, *, can_ask: bool = True, corrections: Corrections = AS_IT_STANDS) -> None:
        self._can_ask = can_ask
        self.corrections = corrections
        self.left: dict[int, list[LeftEmpty]] = {}
        self.count = 0
        self.faulty: set[int | None] = set()
        self.mapping: dict[str, str] = {}
        self.table: Cited | None = None
        self._faults, self._warnings = _Kinds(), _Kinds()
        self._cells: set[tuple[int | None, str | None]] = set()
        self._changes: dict[tuple[Any, ...], tuple[CellChange, list[int]]] = {}
        self._unlisted_changes = 0

    def fault(self, code: str, place: Place = NOWHERE, /, **fields: Any) -> None:
        """Note what refuses the file."""
        number = place.row if place.feature is None else place.feature
        if number not in self.faulty:
            self._cells.clear()
        self.count += 1
        self.faulty.add(number)
        self._cells.add((number, place.column))
        self._faults.add(_at(code, place, fields), most=MAX_LISTED)

    def refuse(self, error: UnreadableError, place: Place = NOWHERE) -> None:
        """Note a fault that was raised."""
        self.fault(error.code, place, **error.fields)

    def refuse_cell(self, error: UnreadableError, place: Place, raw: object, *, may_be_empty: bool) -> None:
        """Note that a cell cannot be read, or leave it empty where somebody decided so."""
        number = place.row if place.feature is None else place.feature
        if not (self.corrections.leave_empty and may_be_empty and number is not None and place.column):
            self.refuse(error, place)
            return
        self.left.setdefault(number, []).append(LeftEmpty(number, place.column, _clipped(raw)))
        self.change("cell.left_empty", place, before=raw)

    def note_of(self, number: int) -> str:
        """Return what stood in the cells of a row that were left empty, as a note keeps it."""
        return "\n".join(f"{one.column}：{one.stood}" for one in self.left.get(number, ()))

    def is_faulty(self, place: Place) -> bool:
        """Tell whether a cell of the row that is being read has a fault already."""
        return (place.row if place.feature is None else place.feature, place.column) in self._cells

    def warn(self, code: str, place: Place = NOWHERE, /, **fields: Any) -> None:
        """Note what needs a yes."""
        if not self._can_ask and code != "sheet.several":
            self.fault(code, place, **fields)
            return
        self._warnings.add(_at(code, place, fields), most=MAX_LISTED)

    def total_differs(self, place: Place, *, stated: str, added: str) -> None:
        """Note that a row of totals says another sum than its column gives: a question, where somebody can be asked."""
        if self._can_ask:
            self.warn("row.total_differs", place, stated=stated, added=added)
        else:
            self.change("row.total_differs", place, before=stated, after=added)

    def change(
        self, code: str, place: Place = NOWHERE, /, *, before: object = "", after: object = "", by_column: bool = False
    ) -> None:
        """Note what is taken differently from how it stands.

        Parameters
        ----------
        by_column
            Whether all cells of the column are one line, with the first as its example.
        """
        made = CellChange(
            code=code, place=place, before=_shown(before), after=after if isinstance(after, int) else _shown(after)
        )
        said = () if by_column else (made.before, made.after)
        key = (code, place.sheet, place.column, place.feature is None, *said)
        if key not in self._changes and len(self._changes) >= MAX_LISTED_CHANGES:
            self._unlisted_changes += 1
            return
        number = place.row if place.feature is None else place.feature
        self._changes.setdefault(key, (made, []))[1].extend(() if number is None else (number,))

    def change_rows(self, code: str, places: Sequence[Place], names: Sequence[str]) -> None:
        """Note one thing that holds of several rows (or features): how many they are, and the first of their names."""
        numbers = [at.row if at.feature is None else at.feature for at in places]
        named = tuple(map(_clipped, names[:_NAMED])) + ("…",) * (len(names) > _NAMED)
        made = CellChange(code=code, place=places[0], before=named, after=len(places))
        self._changes[code, places[0].sheet, len(self._changes)] = (made, [n for n in numbers if n is not None])

    def all_faults(self) -> tuple[Fault, ...]:
        """Return the faults in the order of the file, one per kind, with a last line for those not listed."""
        unlisted = self._faults.unlisted
        more = [Fault("more", fields={"count": unlisted})] if unlisted else []
        table, found = self.table, gathered((*self._faults.found(), *more))
        return found if table is None else tuple(replace(fault, stood=table.stands(fault)) for fault in found)

    def all_warnings(self) -> tuple[Fault, ...]:
        """Return what needs a yes, one per kind, in the order of the file."""
        return gathered(self._warnings.found())

    def all_changes(self) -> tuple[CellChange, ...]:
        """Return the changes, one per kind, with a last line for those not listed."""
        more = [CellChange(code="more", after=str(self._unlisted_changes))] if self._unlisted_changes else []
        return (*(replace(made, also=tuple(rows[1:])) for made, rows in self._changes.values()), *more)


def _at(code: str, place: Place, fields: Mapping[str, Any]) -> Fault:
    return Fault(code, place.sheet, place.row, place.column, place.feature, fields)


def _shown(value: object) -> str | tuple[str, ...]:
    if isinstance(value, tuple):
        return tuple(_clipped(one) for one in value)
    return _clipped(value)


def _clipped(value: object) -> str:
    text = str(value)
    return text if len(text) <= 60 else text[:59] + "…"
