"""What somebody decided about cells nobody can read: what is meant, or that they are left empty."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self, TypeAlias

from renovation.model.names import fold

#: Cells, words, and whether the rest is left empty, in the order in which equal decisions are equal.
Decided: TypeAlias = tuple[tuple[tuple[tuple[str, int], str], ...], tuple[tuple[tuple[str, str], str], ...], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrections:
    """Decisions about single cells and words of a file; the file itself stays as it is.

    Attributes
    ----------
    cells
        (Heading, row or feature) → what is meant there.
    words
        (Heading, word as it stands) → what is meant wherever it stands in that column.
    leave_empty
        Whether a cell that cannot be read is left empty, with a note of what stood there, instead of refusing the file.
    """

    cells: Mapping[tuple[str, int], str] = field(default_factory=dict)
    words: Mapping[tuple[str, str], str] = field(default_factory=dict)
    leave_empty: bool = False

    def __post_init__(self) -> None:
        folded = {(heading, fold(word)): meant for (heading, word), meant in self.words.items()}
        object.__setattr__(self, "words", folded)

    @classmethod
    def of(cls, decided: Decided) -> Self:
        """Return the decisions that :attr:`decided` told."""
        cells, words, leave_empty = decided
        return cls(cells=dict(cells), words=dict(words), leave_empty=leave_empty)

    @property
    def decided(self) -> Decided:
        """Return what was decided as one value that can be compared and kept by."""
        return (tuple(sorted(self.cells.items())), tuple(sorted(self.words.items())), self.leave_empty)

    def meant(self, heading: str, number: int, value: object) -> str | None:
        """Return what is meant by what stands in a cell; ``None`` where nobody said."""
        found = self.cells.get((heading, number))
        if found is None and isinstance(value, str):
            found = self.words.get((heading, fold(value)))
        return found


#: Nothing was decided: the file is taken as it stands.
AS_IT_STANDS = Corrections()
