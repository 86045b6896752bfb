"""Long work: done beside the page that asked for it, on a laptop in the same process, in a town by one of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class JobKind(StrEnum):
    """What is to be done."""

    BACKUP = "backup"
    IMPORT = "import"
    PROGRAMME = "programme"
    ADVICE = "advice"
    DOCUMENTS = "documents"


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
    """One piece of work; neither what it is about nor what came of it stands here.

    Attributes
    ----------
    account_id
        Who asked for it; ``None``: it comes every night.
    done, whole
        Parts done and in all; ``whole`` is 0 until that is known.
    is_cancelled
        Whether somebody has called it off; what runs stops soon after.
    """

    id: int
    kind: JobKind
    account_id: int | None
    state: JobState = JobState.WAITING
    done: int = 0
    whole: int = 0
    is_cancelled: bool = False
    asked_at: datetime
    ended_at: datetime | None = None

    @property
    def share(self) -> float:
        """How much of it is done, of one."""
        return min(1.0, self.done / self.whole) if self.whole else 0.0
