"""A demand's deadline: its last day still counts, and works of a project know none."""

from __future__ import annotations

from datetime import date

import pytest

from renovation.model.demands import DemandStatus
from renovation.rules.demands.standing import DemandProgress, days_late, is_in_time, progress_of

TODAY = date(2026, 6, 10)


@pytest.mark.parametrize(
    ("status", "due_on", "late", "progress"),
    [
        (DemandStatus.RECEIVED, "2026-06-09", 1, DemandProgress.OVERDUE),
        (DemandStatus.RECEIVED, "2026-06-10", 0, DemandProgress.WAITING),
        (DemandStatus.RECEIVED, None, 0, DemandProgress.WAITING),
        (DemandStatus.IN_PROGRESS, "2026-05-31", 10, DemandProgress.OVERDUE),
        (DemandStatus.IN_PROGRESS, None, 0, DemandProgress.UNDER_WAY),
        (DemandStatus.IN_PROJECT, "2026-05-31", 0, DemandProgress.UNDER_WAY),
        (DemandStatus.ANSWERED, "2026-05-31", 0, DemandProgress.DONE),
        (DemandStatus.NO_OWNER, "2026-06-30", 0, DemandProgress.WAITING),
    ],
)
def test_deadline_of_a_demand(status: DemandStatus, due_on: str | None, late: int, progress: DemandProgress) -> None:
    assert days_late(status, due_on, TODAY) == late
    assert progress_of(status, due_on, TODAY) is progress


def test_an_answer_on_the_last_day_is_in_time() -> None:
    answers = {due: is_in_time(TODAY, due) for due in ("2026-06-09", "2026-06-10", "2026-06-11", None)}
    assert list(answers.values()) == [False, True, True, None]
