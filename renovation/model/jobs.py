"""Long work that a town does in a process of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class JobKind(StrEnum):
    """What is to be done."""

    BACKUP = "backup"


class JobState(StrEnum):
    """How far it is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_over(self) -> bool:
        """Whether nothing comes of it any more."""
        return self not in (JobState.WAITING, JobState.RUNNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class LongWork:
    """One piece of work.

    Attributes
    ----------
    account_id
        Who asked for it; ``None``: it comes every night.
    done, whole
        Parts done and in all; ``whole`` is 0 until that is known.
    result
        What came of it; of one that failed the error's ``code`` and ``fields``.
    """

    id: int
    kind: JobKind
    account_id: int | None
    login: str
    state: JobState
    done: int
    whole: int
    is_cancelled: bool
    asked_at: datetime
    ended_at: datetime | None
    result: dict[str, Any] = field(default_factory=dict)

    @property
    def percent(self) -> int:
        """How much of it is done, of a hundred."""
        return min(100, 100 * self.done // self.whole) if self.whole else 0
