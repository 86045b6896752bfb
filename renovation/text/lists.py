"""How the lines of a locality's list read, and what differs between two of its states."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from renovation.model.lists import LISTS, CellShape, Column, LineChange, ListKind
from renovation.text import Language, text

#: Columns that a program's list has beside what people may change; they stay out of sight.
_HIDDEN = {ListKind.THRESHOLDS: {"code", "mark"}, ListKind.REPLIES: {"code"}, ListKind.BENCHMARKS: {"code", "mark"}}
_NOTES = {Language.ZH: "note_en", Language.EN: "note_zh"}
#: Cells that are enough to know a line by.
_NAMED_BY = 4


@dataclass(frozen=True, slots=True)
class ChangeWords:
    """A line that differs: what became of it, which it is, and the cells that moved."""

    act: str
    line: str
    cells: tuple[str, ...]


def hidden_columns(kind: ListKind, language: Language) -> set[str]:
    """Return the columns of a list that nobody is shown."""
    return _HIDDEN.get(kind, set()) | ({_NOTES[language]} if kind is ListKind.THRESHOLDS else set())


def heading(kind: ListKind, name: str, language: Language) -> str:
    """Return the heading of a list's column."""
    return text(f"list.column.{kind.value}.{name}", language)


def shown_cell(column: Column, value: str, language: Language) -> str:
    """Return a cell as people read it."""
    if column.shape is CellShape.CHOICE and value:
        assert column.choices is not None
        return text(f"enum.{column.choices.__name__}.{value}", language)
    return value


def change_words(kind: ListKind, changes: Sequence[LineChange], language: Language) -> list[ChangeWords]:
    """Return what differs between two states, line by line."""
    return [_words(kind, one, language) for one in changes]


def logged_changes(kind: ListKind, logged: Iterable[Mapping[str, Any]], language: Language) -> list[str]:
    """Return what the log keeps of changed lines, a sentence each; of a line that stayed it has key and moved cells."""
    said = []
    for one in logged:
        named = dict(zip(LISTS[kind].key, one.get("line", ()), strict=False))
        before, after = (None if one[side] is None else {**named, **one[side]} for side in ("before", "after"))
        words = _words(kind, LineChange(key=tuple(named.values()), before=before, after=after), language)
        line = _line(kind, named, language) if named else words.line
        said.append(" ".join((words.act, line, *words.cells)))
    return said


def _words(kind: ListKind, one: LineChange, language: Language) -> ChangeWords:
    act = "new" if one.before is None else "gone" if one.after is None else "changed"
    moved = [column for column in LISTS[kind].columns if act == "changed" and _differs(one, column.name)]
    return ChangeWords(
        act=text(f"list.change.{act}", language),
        line=_line(kind, one.after or one.before or {}, language),
        cells=tuple(_move(kind, column, one, language) for column in moved),
    )


def _differs(one: LineChange, name: str) -> bool:
    return (one.before or {}).get(name) != (one.after or {}).get(name)


def _move(kind: ListKind, column: Column, one: LineChange, language: Language) -> str:
    before, after = (
        shown_cell(column, (line or {}).get(column.name, ""), language) for line in (one.before, one.after)
    )
    said = heading(kind, column.name, language)
    return text("list.change.cell", language, heading=said, before=before or "—", after=after or "—")


def _line(kind: ListKind, line: Mapping[str, str], language: Language) -> str:
    """Return what a line is, in a few words: its first filled cells."""
    hidden = hidden_columns(kind, language)
    shown = [column for column in LISTS[kind].columns if column.name not in hidden]
    cells = [cell for column in shown if (cell := shown_cell(column, line.get(column.name, ""), language))]
    return " · ".join(cells[:_NAMED_BY])
