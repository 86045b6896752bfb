"""Ranking, programme and scenarios on screen: nothing for strangers, and the way a planner goes."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from renovation.model.accounts import Actor, Role
from renovation.model.clock import now, today
from renovation.model.funding import Pot
from renovation.model.places import Deficit, EstateDraft, EstateFacts, RenovationStatus
from renovation.model.programme import Capacity, GroupRule, Objective
from renovation.model.projects import ProjectDraft
from renovation.model.ranking import Subject
from renovation.model.scenarios import ProgrammeInput, ProgrammeSettings
from renovation.services.house.work import kinds
from renovation.services.money import pots
from renovation.services.programme import programme, ranking, solving
from renovation.services.projects.items import keep_catalogue
from renovation.store import Store
from renovation.store.programme import rankings
from renovation.store.projects import projects
from renovation.store.register import estates

OpenPage = Callable[..., AppTest]


@pytest.fixture
def small_city(installation: Store) -> Store:
    """Six estates with two projects each."""
    drafts = [
        EstateDraft(
            code=f"E{n}",
            name=f"小区{n}",
            facts=EstateFacts(
                built_year=1980 + n,
                households=100 * n,
                elderly_share=Fraction(n, 20),
                willingness=Fraction(60 + 5 * n, 100),
                survey_coverage=Fraction(9, 10),
                status=RenovationStatus.WILLING,
                deficits=frozenset(list(Deficit)[:n]),
            ),
        )
        for n in range(1, 7)
    ]
    with installation.write() as unit:
        keep_catalogue(unit.connection)
        estates.add_estates(unit.connection, drafts, collected_on=date(2026, 3, 1), collector="测试")
        for n in range(1, 7):
            for code, name in (("J05", "楼道照明"), ("W12", "坡道")):
                draft = ProjectDraft(
                    estate_id=n,
                    item_code=code,
                    name=name,
                    quantity=Decimal(n),
                    cost=n * 10_000_000,
                    cost_low=n * 9_000_000,
                    cost_high=n * 12_000_000,
                )
                projects.add(unit.connection, draft, unit="处", at=now())
        unit.commit()
    return installation


@pytest.mark.parametrize("name", ["ranking", "programme", "scenarios"])
def test_strangers_and_observers_see_nothing(open_page: OpenPage, name: str) -> None:
    for page in (open_page(name), open_page(name, Role.OBSERVER)):
        assert not page.dataframe
        assert not page.slider


def _lines_ranked(page: AppTest) -> int:
    listed = next(one.proto.body for one in page.get("html") if "rank-list" in one.proto.body)
    return listed.count("<tr ")


def test_a_planner_moves_a_weight_and_keeps_it(small_city: Store, open_page: OpenPage) -> None:
    page = open_page("ranking", Role.PLANNER)
    assert any("示例" in caption.value for caption in page.caption)
    assert _lines_ranked(page) == 6
    page.segmented_control(key="rank.view").set_value("weights").run()
    for slider in page.slider:
        slider.set_value(100 if slider.label == "户均费用" else 0)
    page.run()
    assert not page.exception
    assert not any("示例，不是标准" in caption.value for caption in page.caption)
    page.text_input(key="rank.name.estates.0.name").set_value("会上的权重").run()
    page.button(key="rank.estates.keep").click().run()
    assert not page.exception
    with small_city.read() as connection:
        kept = rankings.listed(connection, Subject.ESTATES)
    assert [one.name for one in kept] == ["会上的权重"]
    assert kept[0].weighting.shares["cost_per_household"] == 1
    # The list has no sliders, and yet follows from them.
    page.segmented_control(key="rank.view").set_value("list").run()
    assert any("按户均费用 100%" in caption.value for caption in page.caption)


def test_projects_are_ranked_on_the_same_page(small_city: Store, open_page: OpenPage) -> None:
    page = open_page("ranking", Role.PLANNER, **{"rank.subject": Subject.PROJECTS})
    assert _lines_ranked(page) == 12
    assert ranking.example_weightings(Subject.PROJECTS)


def solve(page: AppTest) -> None:
    """Press "solve" and wait; a search that is not over at once goes on beside the page, which asks again."""
    button(page, "计算").click().run()
    while page.session_state["renovation.jobs.watched"]:
        page.run()


def test_a_planner_solves_a_programme_and_keeps_it(small_city: Store, open_page: OpenPage, planner: Actor) -> None:
    pots.keep_pot(small_city, planner, Pot(id="", name="市级补助", year=2030, amount=100_000_000))
    page = open_page(
        "programme",
        Role.PLANNER,
        **{"programme.begun.2030": ProgrammeSettings(years=(2030,), objective=Objective.HOUSEHOLDS)},
    )
    solve(page)
    assert not page.exception
    assert any("最优方案" in said.value for said in page.success)
    listed = next(table.value for table in page.dataframe if "资金来源" in table.value)
    assert 0 < listed["本计划安排资金（万元）"].sum() <= 100
    assert all(listed["理由"])
    next(box for box in page.text_input if box.label == "方案名称").set_value("甲")
    next(button for button in page.button if button.label == "保存方案").click().run()
    assert not page.exception
    assert [one.name for one in programme.list_scenarios(small_city, planner)] == ["甲"]
    kept = programme.list_scenarios(small_city, planner)[0]

    page = open_page("scenarios", Role.PLANNER)
    # What was chosen stays chosen after something is done with it, so that the next button means the one that is named.
    button(page, "复制一份").click().run()
    copy = next(one.id for one in programme.list_scenarios(small_city, planner) if one.id != kept.id)
    assert next(box for box in page.selectbox if box.label == "方案").value == copy
    button(page, "保存").click().run()
    assert any("已保存" in said.value for said in page.success)
    picked = next(box for box in page.selectbox if box.label == "方案")
    assert picked.value == copy
    picked.set_value(kept.id).run()
    next(box for box in page.checkbox if "会议已同意" in box.label).check().run()
    next(button for button in page.button if button.label == "采用").click().run()
    assert not page.exception
    assert any("已采用“甲”" in said.value for said in page.success)
    assert any("已锁定" in said.value for said in page.info)
    held = programme.adopted(small_city, planner)
    assert held is not None
    assert held.id == kept.id


def button(page: AppTest, label: str) -> Any:
    return next(one for one in page.button if one.label == label)


def test_rules_that_collide_are_named_and_a_decision_needs_its_reason(
    small_city: Store, open_page: OpenPage, planner: Actor
) -> None:
    pots.keep_pot(small_city, planner, Pot(id="", name="市级补助", year=2030, amount=30_000_000))
    asked = ProgrammeSettings(
        years=(2030,),
        objective=Objective.HOUSEHOLDS,
        group_rules=(GroupRule(group="improvement", min_count=5, source="年度任务"),),
        capacities=(Capacity(year=2030, sites=4),),
    )
    page = open_page("programme", Role.PLANNER, **{"programme.begun.2030": asked})
    solve(page)
    assert not page.exception
    said = " ".join(one.value for one in page.markdown)
    assert "放宽其中一条" in said
    assert "“完善类”的下限" in said
    assert "2030" in said
    # A hand's decision: refused without a reason, kept with one, and then it stands on the list.
    project = next(box for box in page.selectbox if box.label == "项目")
    project.set_value(project.options[0].split(" ")[0])
    button(page, "加上").click().run()
    assert any("没有写理由" in one.value for one in page.error)
    next(box for box in page.text_input if box.label.startswith("理由")).set_value("已答复居民")
    button(page, "加上").click().run()
    assert not page.exception
    assert any("已答复居民" in one.value for one in page.text)
    assert any("再点“计算”" in one.value for one in page.warning)


def test_a_search_shows_its_progress_and_can_be_stopped(
    small_city: Store, open_page: OpenPage, planner: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("renovation.ui.jobs._AT_ONCE_S", 0)
    pots.keep_pot(small_city, planner, Pot(id="", name="市级补助", year=2030, amount=30_000_000))
    asked = ProgrammeSettings(years=(2030,), objective=Objective.HOUSEHOLDS)

    def search(found: ProgrammeInput, told: Callable[[int, int], None], cancel: Callable[[], bool]) -> object:
        told(1, 2)
        while not cancel():
            time.sleep(0.01)
        return solving.solve(found, told, cancel)

    with monkeypatch.context() as patched:
        patched.setattr(kinds, "solve", search)
        page = open_page("programme", Role.PLANNER, **{"programme.begun.2030": asked})
        button(page, "计算").click().run()
        assert any("50" in str(one.proto) for one in page.get("progress"))
        button(page, "停止").click().run()
        while page.session_state["renovation.jobs.watched"]:
            page.run()
    assert not page.exception
    # The plain list is there at once, so that a stopped search still has an answer.
    assert page.session_state["programme.result"].programme.chosen
    assert not [one for one in page.button if one.label == "停止"]


def test_prices_and_the_next_million_stand_beside_the_answer(
    small_city: Store, open_page: OpenPage, planner: Actor
) -> None:
    pots.keep_pot(small_city, planner, Pot(id="", name="市级补助", year=2030, amount=30_000_000))
    asked = ProgrammeSettings(years=(2030,), objective=Objective.HOUSEHOLDS, capacities=(Capacity(year=2030, sites=1),))
    page = open_page("programme", Role.PLANNER, **{"programme.begun.2030": asked})
    solve(page)
    # Thirty wan reach 300 households, whether on one site or two; any more money reaches 600 on the one site.
    button(page, "试算").click().run()
    while page.session_state["renovation.jobs.watched"]:
        page.run()
    assert not page.exception
    prices = next(table.value for table in page.dataframe if "放宽后增加" in table.value)
    found = dict(zip(prices["约束条件"], prices["放宽后增加"], strict=True))
    assert found == {"2030 年的施工力量": "0 户", "资金“市级补助（2030）”的金额": "300 户"}
    said = " ".join(one.value for one in page.markdown)
    assert "再加 100 万元：目标增加 300 户" in said


def test_the_lives_of_all_nouns_are_shown_as_tables(open_page: OpenPage) -> None:
    page = open_page("lives", Role.OBSERVER)
    assert [one.value for one in page.subheader] == ["项目", "诉求", "小区"]


def test_a_year_begins_with_what_is_left_of_earlier_pots(
    installation: Store, open_page: Callable[..., AppTest], planner: Actor
) -> None:
    year = today().year + 1
    pots.keep_pot(installation, planner, Pot(id="", name="区级改造资金", year=year - 1, amount=30_000_000))
    pots.keep_pot(installation, planner, Pot(id="", name="市级奖补", year=year, amount=0))
    page = open_page("programme", Role.PLANNER, **{"programme.start": "pots"})
    assert not page.exception
    next(one for one in page.button if one.label == f"结转到 {year} 年").click().run()
    assert not page.exception
    assert [one.value for one in page.success] == [f"已把 1 笔资金的结余结转到 {year} 年。"]
    held = {(one.name, one.year): one.amount for one in pots.pots(installation, planner)}
    assert (held["区级改造资金", year - 1], held["区级改造资金", year]) == (0, 30_000_000)
