"""The lives of projects, demands and estates: every status is reached, left, written, read."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import Any

import pytest

from renovation.config import CHECKOUT
from renovation.model.demands import DemandStatus
from renovation.model.lives import (
    DEMAND_LIFE,
    ESTATE_FOLLOWS,
    ESTATE_LIFE,
    PROJECT_LIFE,
    DemandAct,
    EstateAct,
    Life,
    ProjectAct,
)
from renovation.model.places import RenovationStatus
from renovation.model.projects import ProjectStatus
from renovation.text import has_text
from renovation.text.lives import PAGE_OF, lives_document, next_acts, word

LIVES: list[tuple[Life[Any, Any], type[StrEnum], type[StrEnum], set[StrEnum]]] = [
    (PROJECT_LIFE, ProjectStatus, ProjectAct, {ProjectStatus.DONE, ProjectStatus.WITHDRAWN}),
    (DEMAND_LIFE, DemandStatus, DemandAct, {DemandStatus.CLOSED}),
    (ESTATE_LIFE, RenovationStatus, EstateAct, set()),
]


@pytest.mark.parametrize(("life", "statuses", "acts", "ends"), LIVES, ids=["project", "demand", "estate"])
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
    assert {step.act for step in life.steps} == set(acts) - {life.born}
    assert len(set(life.steps)) == len(life.steps)


def _said(*folders: str) -> str:
    return "".join(
        path.read_text(encoding="utf-8")
        for folder in folders
        for path in sorted((CHECKOUT / folder).rglob("*.py"))
        if "demo" not in path.parts
    )


def test_every_act_of_projects_and_estates_has_a_service_that_does_it() -> None:
    said = _said("renovation/services")
    # What an act on a project does to its estate is asked of the table, and done with it.
    done = {act.name for act in EstateAct if f"EstateAct.{act.name}" in said} | {
        act.name for act in ESTATE_FOLLOWS.values()
    }
    assert [
        act.name for act in ProjectAct if f"ProjectAct.{act.name}" not in said and act is not PROJECT_LIFE.born
    ] == []
    assert {act.name for act in EstateAct} - done == {"ENTER", "RECORD"}, "a file and a form write whatever they say"


def test_every_status_has_a_service_that_writes_it_and_a_screen_that_reads_it() -> None:
    """A status is written by an act of its life; a demand's by name."""
    written = _said("renovation/services")
    assert [one.name for one in DemandStatus if f"DemandStatus.{one.name}" not in written] == []
    for life, statuses, _, _ in LIVES:
        assert {step.after for step in life.steps} | {life.begins} == set(statuses)
        for status in statuses:
            for language in ("zh-CN", "en"):
                assert word(status, language)
                assert all(has_text(f"page.{PAGE_OF[act]}") and word(act, language) for act in next_acts(status))


def test_acts_lead_to_pages_that_are_there() -> None:
    assert set(PAGE_OF) == {act for _, _, acts, _ in LIVES for act in acts}
    assert [page for page in PAGE_OF.values() if not (CHECKOUT / "pages" / f"{page}.py").is_file()] == []


def test_the_drawn_lives_are_the_table() -> None:
    """``docs/lives.md`` is written from the table; ``RENOVATION_KEEP_ANSWERS=1`` writes it anew."""
    path = CHECKOUT / "docs" / "lives.md"
    if os.environ.get("RENOVATION_KEEP_ANSWERS"):
        path.write_text(lives_document(), encoding="utf-8", newline="\n")
    assert path.read_text(encoding="utf-8") == lives_document()
