"""The lives of projects and demands: every status is reached and left, and every act is somebody's."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from renovation.model.demands import DemandStatus
from renovation.model.lives import DEMAND_LIFE, PROJECT_LIFE, DemandAct, Life, ProjectAct
from renovation.model.projects import ProjectStatus

SERVICES = Path(__file__).resolve().parents[2] / "renovation" / "services"
LIVES: list[tuple[Life[Any, Any], type[StrEnum], type[StrEnum], set[StrEnum]]] = [
    (PROJECT_LIFE, ProjectStatus, ProjectAct, {ProjectStatus.DONE, ProjectStatus.WITHDRAWN}),
    (DEMAND_LIFE, DemandStatus, DemandAct, {DemandStatus.CLOSED}),
]


@pytest.mark.parametrize(("life", "statuses", "acts", "ends"), LIVES, ids=["project", "demand"])
def test_every_status_is_reached_from_the_first_and_only_ends_stay(
    life: Life[Any, Any], statuses: type[StrEnum], acts: type[StrEnum], ends: set[StrEnum]
) -> None:
    reached, left = {life.begins}, [life.begins]
    while left:
        for following in life.follows(left.pop()) - reached:
            reached.add(following)
            left.append(following)
    assert reached == set(statuses)
    assert {status for status in statuses if life.is_over(status)} == ends
    assert {step.act for step in life.steps} == set(acts)
    assert len(set(life.steps)) == len(life.steps)


def test_every_act_of_a_project_has_a_service_that_takes_it() -> None:
    said = "".join(path.read_text(encoding="utf-8") for path in SERVICES.rglob("*.py"))
    assert [act.name for act in ProjectAct if f"ProjectAct.{act.name}" not in said] == []
