"""The pages of outcomes: nothing for strangers, an empty state, and a real election on screen."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from renovation.config import CHECKOUT
from renovation.imports.pabulib import read_pabulib
from renovation.model.accounts import Actor, Role
from renovation.services.elections import import_election
from renovation.store import Store

OpenPage = Callable[..., AppTest]
WIELICZKA = CHECKOUT / "data" / "elections" / "poland_wieliczka_2023_green-budget.pb"


@pytest.mark.parametrize("name", ["results", "exports", "compare"])
def test_strangers_see_nothing(open_page: OpenPage, name: str) -> None:
    page = open_page(name)
    assert not page.selectbox
    assert not page.dataframe


@pytest.mark.parametrize("name", ["results", "exports", "compare"])
def test_without_an_ended_poll_the_page_says_what_to_do(open_page: OpenPage, name: str) -> None:
    page = open_page(name, Role.PLANNER)
    assert any("还没有结束的投票" in info.value for info in page.info)


def test_an_observer_sees_a_reason_for_every_project(
    installation: Store, sign_in: Callable[[Role], tuple[str, Actor]], open_page: OpenPage
) -> None:
    actor = sign_in(Role.ADMIN)[1]
    import_election(installation, actor, read_pabulib(WIELICZKA, voters=True), title="维利奇卡", source="file")
    page = open_page("results", Role.OBSERVER)
    assert "入选 30 项" in page.subheader[0].value
    written = "".join(element.proto.body for element in page.get("html"))
    assert written.count('<td class="reason">') == 64
    assert '<td class="reason"></td>' not in written


def test_a_planner_takes_the_election_that_comes_along(open_page: OpenPage) -> None:
    page = open_page("import_election", Role.PLANNER)
    page.checkbox(key="election.sample").check().run()
    assert any("完全一致" in said.value for said in page.success)
    next(button for button in page.button if button.label == "导入这场选举").click().run()
    assert any("已导入" in said.value for said in page.success)
