"""Works an estate has seen before 历年改造: when, what, at what cost, paid from where."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from renovation.errors import InvalidError
from renovation.model.money import MAX_FEN

FIRST_YEAR = 1950
MAX_WHAT = 200
MAX_SOURCE = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class EstateWorkDraft:
    """Works as somebody writes them down.

    Attributes
    ----------
    year
        The year they were finished.
    cost
        Money spent in fen; ``None`` where nobody knows.
    source
        Who paid, and where that is written ("维修资金，2019年决算").
    """

    estate_id: int
    year: int
    what: str
    cost: int | None = None
    source: str = ""

    def __post_init__(self) -> None:
        if not FIRST_YEAR <= self.year <= 2100:
            raise InvalidError("estate_work.year", value=self.year, first=FIRST_YEAR)
        if not self.what.strip():
            raise InvalidError("estate_work.what_missing")
        if len(self.what) > MAX_WHAT or len(self.source) > MAX_SOURCE:
            raise InvalidError("estate_work.too_long", limit=MAX_WHAT if len(self.what) > MAX_WHAT else MAX_SOURCE)
        if "\x00" in self.what + self.source:
            raise InvalidError("estate_work.text_nul")
        if self.cost is not None and not 0 <= self.cost <= MAX_FEN:
            raise InvalidError("estate_work.cost", value=self.cost)


@dataclass(frozen=True, slots=True, kw_only=True)
class EstateWork:
    """Works on file; ``login`` wrote them down at ``added_at`` (UTC)."""

    id: int
    draft: EstateWorkDraft
    added_at: datetime
    login: str
