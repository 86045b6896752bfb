"""The pages from a scenario to the notice board: documents, panels, the annual batch."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from renovation.model.accounts import Role
from renovation.services.programme import panels
from renovation.store import Store

OpenPage = Callable[..., AppTest]


@pytest.mark.parametrize("name", ["programme_documents", "panel", "annual_batch"])
def test_strangers_see_nothing_and_staff_are_told_what_comes_first(open_page: OpenPage, name: str) -> None:
    page = open_page(name)
    assert not page.text_input
    assert not page.number_input
    assert not page.selectbox
    assert open_page(name, Role.PLANNER).info


def test_a_planner_sets_a_panel_up(installation: Store, sign_in: Callable[..., object], open_page: OpenPage) -> None:
    page = open_page("panel", Role.PLANNER)
    page.text_input(key="panel.new.0.name").set_value("微改造评审")
    page.text_area(key="panel.new.0.others").set_value("方案甲\n方案乙")
    page.text_area(key="panel.new.0.assessors").set_value("张工\n李工")
    page.button(key="panel.new.0.save").click().run()
    assert not page.exception
    actor = sign_in(Role.PLANNER)[1]  # type: ignore[index]
    (made,) = panels.list_panels(installation, actor)
    assert [entry.name for entry in made.setup.entries] == ["方案甲", "方案乙"]
    assert sum(one.max_points for one in made.setup.criteria) == 100
    assert any("还缺 4 份评分" in said.value for said in page.info)
    # Before the first points everything announced can still change.
    page.text_area(key=f"panel.edit.{made.id}.0.assessors").set_value("张工\n周工\n吴工")
    page.button(key=f"panel.edit.{made.id}.0.save").click().run()
    assert not page.exception
    assert panels.get_panel(installation, actor, made.id).setup.assessors == ("张工", "周工", "吴工")
