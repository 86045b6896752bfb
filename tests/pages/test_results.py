"""The pages of outcomes: nothing for strangers, an empty state, and a real election on screen."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from renovation.config import CHECKOUT
from renovation.imports.polls.pabulib import read_pabulib
from renovation.model.accounts import Actor, Role
from renovation.model.clock import now, today
from renovation.model.elections import BallotKind
from renovation.model.polls import Channel, PollProject, PollSettings, PollStage, StoredBallot
from renovation.services.polls.elections import import_election
from renovation.store import Store
from renovation.store.polls import polls as poll_store

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
    assert written.count('<td class="reason"') == 64
    assert not re.search('<td class="reason"[^>]*></td>', written)


def test_a_planner_takes_the_election_that_comes_along(open_page: OpenPage) -> None:
    page = open_page("import_election", Role.PLANNER)
    page.checkbox(key="election.sample").check().run()
    assert any("完全一致" in said.value for said in page.success)
    next(button for button in page.button if button.label == "导入这场选举").click().run()
    assert any("已导入" in said.value for said in page.success)


def _equal_poll(installation: Store) -> str:
    """A closed poll of three projects with the same votes, of which one fits."""
    settings = PollSettings(
        title="三选一", ballot_kind=BallotKind.APPROVAL, budget=10_000_000, max_choices=3, tie_break="refuse"
    )
    keys = ("P1", "P2", "P3")
    with installation.write() as unit:
        poll_id = poll_store.add(unit.connection, settings, at=now(), stage=PollStage.CLOSED)
        entries = [PollProject(number=n, key=k, name=f"项目{n}", cost=10_000_000) for n, k in enumerate(keys, 1)]
        poll_store.set_projects(unit.connection, poll_id, entries)
        cast = [
            StoredBallot(id=f"{n:032x}", poll_id=poll_id, channel=Channel.STATION, day=today(), choices=keys)
            for n in range(12)
        ]
        poll_store.add_ballots(unit.connection, cast)
        unit.commit()
    return poll_id


def test_an_administrator_enters_the_committees_order(installation: Store, open_page: OpenPage) -> None:
    _equal_poll(installation)
    assert any("条件完全相同" in said.value for said in open_page("results", Role.OBSERVER).warning)
    page = open_page("results", Role.ADMIN)
    for box, key in zip(page.selectbox[1:], ("P2", "P3", "P1"), strict=True):
        box.set_value(key)
    page.text_area[0].input("会议决定，12 比 3")
    page = next(button for button in page.button if "议事会的决定" in button.label).click().run()
    assert not page.exception
    assert "入选 1 项" in page.subheader[0].value
    assert any("会议决定，12 比 3" in said.value for said in page.markdown)
    page.selectbox[-1].set_value("P1").run()
    assert any("试过多种更低的费用" in said.value for said in page.markdown)


def test_settings_of_ones_own_are_compared_and_the_budget_moves(installation: Store, open_page: OpenPage) -> None:
    poll_id = _equal_poll(installation)
    with installation.write() as unit:
        version = poll_store.get(unit.connection, poll_id).version
        meta = {"tie_decisions": '[{"order": ["P3", "P1", "P2"], "reason": "会议", "login": "a", "day": "2026-11-21"}]'}
        poll_store.replace_meta(unit.connection, poll_id, version, meta)
        unit.commit()
    page = open_page("compare", Role.PLANNER)
    page.selectbox(key=f"compare.form.{poll_id}.0.tie").set_value("dearest").run()
    page = page.button(key=f"compare.form.{poll_id}.0.add").click().run()
    assert not page.exception
    assert len(page.multiselect[0].value) == 3
    assert any("并列时" in element.proto.body for element in page.get("html"))
    page.slider(key=f"compare.budget.{poll_id}").set_value(20.0).run()
    assert any("入选 2 项" in said.value for said in page.markdown)
