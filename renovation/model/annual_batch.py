"""The annual batch 年度批次 as it is kept: who is in, who waits since when, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from renovation.errors import InvalidError
from renovation.model.elections import Reason
from renovation.model.money import fen
from renovation.model.planning import Band


class Standing(StrEnum):
    """Where an estate stands."""

    IN_BATCH = "in_batch"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSettings:
    """What a planner asks of a year's batch.

    Attributes
    ----------
    budget
        Fen.
    max_estates
        How many estates can be worked on; ``None`` for no limit.
    weighting
        Name of the saved weighting that ranks the estates; ``""`` for the shipped example.
    """

    year: int
    budget: int
    max_estates: int | None = None
    weighting: str = ""

    def __post_init__(self) -> None:
        fen(self.budget)
        if not 2000 <= self.year <= 2100:
            raise InvalidError("batch.year", value=self.year)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptLine:
    """One estate's line.

    Attributes
    ----------
    need
        Need score 0 … 100; ``None`` when nothing is known.
    cost
        What its projects still need, in fen; ``None`` while none is priced.
    reasons
        Why it is in, or every gate in its way, or the money.
    """

    estate_id: int
    code: str
    name: str
    county: str
    street: str
    households: int | None
    standing: Standing
    is_willing: bool
    is_eligible: bool
    is_urgent: bool
    need: float | None
    band: Band | None
    rank: int | None
    cost: int | None
    reasons: tuple[Reason, ...]
    waiting_since: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptBatch:
    """A year's batch with everything in it; lines stand in the order they were looked at. Money in fen."""

    settings: BatchSettings
    lines: tuple[KeptLine, ...]
    pool_size: int
    spent: int
    left: int
    saved_at: datetime | None = None
    saved_by: str = ""

    @property
    def chosen(self) -> tuple[KeptLine, ...]:
        """List the estates in the batch."""
        return tuple(line for line in self.lines if line.standing is Standing.IN_BATCH)

    @property
    def waiting(self) -> tuple[KeptLine, ...]:
        """List the estates carried over."""
        return tuple(line for line in self.lines if line.standing is Standing.WAITING)
