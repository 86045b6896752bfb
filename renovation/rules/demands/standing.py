"""How a demand stands against its deadline, and what its answer is worth."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from enum import StrEnum

from renovation.model.demands import WAITING_STATUSES, DemandStatus
from renovation.model.intake import GroupFigures


class DemandProgress(StrEnum):
    """What a person wants to see of a demand at a glance."""

    DONE = "done"
    UNDER_WAY = "under_way"
    WAITING = "waiting"
    OVERDUE = "overdue"


_DONE = frozenset({DemandStatus.ANSWERED, DemandStatus.CLOSED, DemandStatus.MERGED})
_UNDER_WAY = frozenset({DemandStatus.ACCEPTED, DemandStatus.IN_PROGRESS, DemandStatus.IN_PROJECT})


def days_late(status: DemandStatus, due_on: str | None, today: date) -> int:
    """Return the days a demand waits past its deadline, 0 in time or where none is set.

    One that became part of a project waits for works instead.
    """
    if status not in WAITING_STATUSES or due_on is None:
        return 0
    return max(0, (today - date.fromisoformat(due_on)).days)


def progress_of(status: DemandStatus, due_on: str | None, today: date) -> DemandProgress:
    """Return how a demand stands at a glance; being late outweighs being under way."""
    if days_late(status, due_on, today):
        return DemandProgress.OVERDUE
    if status in _DONE:
        return DemandProgress.DONE
    return DemandProgress.UNDER_WAY if status in _UNDER_WAY else DemandProgress.WAITING


def busiest_first(groups: Iterable[GroupFigures]) -> list[GroupFigures]:
    """Return groups by how many demands they received, equals by name."""
    return sorted(groups, key=lambda group: (-group.received, group.name))


def is_in_time(answered_on: date, due_on: str | None) -> bool | None:
    """Tell whether an answer came by the deadline's last day; ``None`` where none is set."""
    return None if due_on is None else answered_on <= date.fromisoformat(due_on)
