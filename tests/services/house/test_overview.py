"""The board of the chain: what waits at each link, what of it is late, and what a department has given back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest

from renovation.model.accounts import Actor
from renovation.model.clock import now
from renovation.model.consents import ConsentCount, ConsentDraft, Matter
from renovation.model.demands import DemandCategory, DemandChannel, DemandDraft, DemandFilter, DemandStatus
from renovation.model.intake import Part
from renovation.model.lists import ListKind
from renovation.model.projects import ProjectFilter
from renovation.model.scope import EVERYWHERE
from renovation.services import lists
from renovation.services.demands import demands, work
from renovation.services.house.overview import Task, read_overview
from renovation.services.money import gates
from renovation.services.projects import projects
from renovation.services.projects.items import keep_catalogue
from renovation.store import Store
from renovation.store.schema.places import estate
from renovation.store.schema.polls import poll
from renovation.store.schema.projects import project
from renovation.store.schema.scenarios import work_plan

_ROAD = {"status": "surveyed", "min_lon": 114.4, "min_lat": 23.1, "max_lon": 114.402, "max_lat": 23.102}


@pytest.fixture
def town(store: Store) -> Store:
    """One estate, with three projects of the programme and the works."""
    with store.write() as unit:
        keep_catalogue(unit.connection)
        unit.connection.execute(estate.insert().values(id=1, code="E1", name="荔香苑", **_ROAD))
        plans = (
            ("in_programme", "2026-10", "2026-12"),
            ("in_programme", "2026-11", ""),
            ("in_works", "2026-05", "2026-09"),
        )
        for number, (status, starts, ends) in enumerate(plans, start=1):
            row = {
                "id": number, "code": f"XM{number}", "estate_id": 1, "item_code": "W02", "name": f"项目{number}",
                "quantity": "1", "unit": "项", "cost": 100, "cost_low": 1, "cost_high": 1000, "status": status,
                "created_at": now(),
            }  # fmt: skip
            unit.connection.execute(project.insert().values(row))
            unit.connection.execute(work_plan.insert().values(project_id=number, starts=starts, ends=ends))
        unit.commit()
    return store


def late(store: Store, actor: Actor) -> dict[Task, int]:
    """Return what is late on the board."""
    return {one.task: one.late for one in read_overview(store, actor).waiting if one.late}


def test_works_are_late_once_their_planned_month_is_over(town: Store, planner: Actor, clock: Any) -> None:
    assert late(town, planner) == {Task.PROJECTS_IN_PROGRAMME: 1, Task.PROJECTS_IN_WORKS: 1}
    wanted = ProjectFilter(late_on=clock.at.date())
    assert {row.project.code for row in projects.list_projects(town, planner, wanted)} == {"XM1", "XM3"}


def test_consent_that_has_run_out_before_the_works_is_told(town: Store, planner: Actor, clock: Any) -> None:
    day = clock.at.date()
    count = {"total_heads": 9, "agree_heads": 9, "total_area": Fraction(9), "agree_area": Fraction(9)}
    vote = ConsentDraft(
        estate_id=1,
        matter=Matter.ORDINARY,
        subject="改造",
        count=ConsentCount(**count),
        decided_on=day,
        evidence="表决票",
        valid_until=day + timedelta(days=30),
    )
    gates.record_consent(town, planner, vote)

    def told() -> list[int]:
        waiting = read_overview(town, planner).waiting
        return [one.count for one in waiting if one.task is Task.CONSENTS_RUN_OUT]

    clock.pass_time(days=30)
    assert told() == []
    clock.pass_time(days=1)
    assert told() == [1]
    # A newer vote counts in its place, and works that have begun ask for none.
    gates.record_consent(town, planner, replace(vote, decided_on=clock.at.date(), valid_until=None))
    assert told() == []
    clock.pass_time(days=731)
    assert told() == [1]
    with town.write() as unit:
        unit.connection.execute(estate.update().values(status="in_works"))
        unit.commit()
    assert told() == []


def test_a_poll_is_late_by_the_days_that_the_town_has_set(
    store: Store, admin: Actor, make_open_poll: Any, clock: Any
) -> None:
    make_open_poll()
    clock.pass_time(days=13)
    assert late(store, admin) == {}
    clock.pass_time(days=2)
    assert late(store, admin) == {Task.POLLS_OPEN: 1}
    for stage, task in (("closed", Task.POLLS_CLOSED), ("reconciled", Task.POLLS_RECONCILED)):
        with store.write() as unit:
            unit.connection.execute(poll.update().values(stage=stage, closed_at=clock.at - timedelta(days=8)))
            unit.commit()
        assert late(store, admin) == {task: 1}
    held = lists.read_list(store, admin, ListKind.THRESHOLDS)
    lines = [{**line, "value": "0"} if line["code"] == "poll.publish_days" else line for line in held.lines]
    lists.save_list(store, admin, ListKind.THRESHOLDS, lines, version=held.version)
    assert late(store, admin) == {}
    # A draft waits since the day it was made.
    for days, count in ((29, {}), (31, {Task.POLLS_DRAFT: 1})):
        with store.write() as unit:
            unit.connection.execute(poll.update().values(stage="draft", created_at=clock.at - timedelta(days=days)))
            unit.commit()
        assert late(store, admin) == count


def test_a_refused_part_stands_on_the_board_until_it_is_given_anew(town: Store, social_worker: Actor) -> None:
    draft = DemandDraft(
        estate_id=1,
        category=DemandCategory.ROOF_FACADE,
        text="屋面漏水",
        channel=DemandChannel.PHONE,
        lon=114.401,
        lat=23.101,
    )
    one, other = (demands.take_demand(town, social_worker, draft) for _ in range(2))
    for asked in (one, other):
        work.split_demand(
            town, social_worker, asked.id, [Part(department="甲", task="修"), Part(department="乙", task="查")]
        )
    first, _ = demands.demand_file(town, social_worker, one.id).tasks
    work.move_task(town, social_worker, first.id, DemandStatus.REFUSED, note="不归我们")

    def refused() -> int:
        found = read_overview(town, social_worker).waiting
        count = sum(line.count for line in found if line.task is Task.PARTS_REFUSED)
        wanted = DemandFilter(scope=EVERYWHERE, part_refused=True)
        assert demands.count_demands(town, social_worker, wanted) == count
        assert len(demands.demand_points(town, social_worker, wanted)) == count
        return count

    assert refused() == 1
    work.reassign_task(town, social_worker, first.id, "丙")
    assert refused() == 0
