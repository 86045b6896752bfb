"""One error family: a code, the fields that say where, and the cure.

``text`` turns ``code`` and ``fields`` into a sentence in zh-CN and en (catalogue key ``error.<code>``);
nothing here is shown to a person as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


class RenovationError(Exception):
    """Refuse an act, with a code the catalogue knows and the fields its sentence needs.

    Parameters
    ----------
    code
        Dotted lower-case name, e.g. ``"poll.empty"``; the catalogue holds ``error.poll.empty``.
    **fields
        What the sentence names: plain values (str, int, Fraction, date), never objects.
    """

    def __init__(self, code: str, /, **fields: Any) -> None:
        super().__init__(code, fields)
        self.code = code
        self.fields = fields

    def __str__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.fields.items())
        return f"{self.code}({shown})" if shown else self.code


class InvalidError(RenovationError):
    """A value cannot exist: out of range, contradictory, or of the wrong shape."""


class DeniedError(RenovationError):
    """The role may not do this, or nobody is signed in."""


class StageError(RenovationError):
    """The act exists, but not in this stage."""


class NotFoundError(RenovationError):
    """Nothing is stored under this id."""


class ConflictError(RenovationError):
    """Somebody else was first, or the stored version has moved on."""


class UnavailableError(RenovationError):
    """The store cannot take the act now (disk full, read-only, busy); nothing was changed."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong (or changed) in a file, and where.

    Attributes
    ----------
    code
        Catalogue key below ``fault.``.
    sheet, row, column, feature
        The place as the person sees it: sheet name, spreadsheet row (1-based, header counted), column
        heading, feature number (1-based). ``None`` where it does not apply.
    fields
        What the sentence names besides the place.
    also
        Further rows (or features) of which the same holds.
    stood
        What stands in the cell of the first row, where that can be shown.
    """

    code: str
    sheet: str | None = None
    row: int | None = None
    column: str | None = None
    feature: int | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    also: tuple[int, ...] = ()
    stood: str = field(default="", compare=False)


class ImportRefusedError(RenovationError):
    """A file was read to the end, has faults, and nothing of it was taken."""

    def __init__(self, faults: Sequence[Fault], /, **fields: Any) -> None:
        super().__init__("import.refused", count=len(faults), **fields)
        self.faults = tuple(faults)
