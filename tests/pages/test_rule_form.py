"""A planner sets every limit of a draft's rule on screen, and is told by name what contradicts itself."""

from __future__ import annotations

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from renovation.model.accounts import Role
from renovation.model.clock import now
from renovation.model.elections import BallotKind
from renovation.model.polls import PollProject, PollSettings
from renovation.rules.polls.instances import settings_of
from renovation.store import Store
from renovation.store.polls import polls as poll_store

OpenPage = Callable[..., AppTest]


def test_a_planner_sets_rule_rest_ties_floors_and_limits(installation: Store, open_page: OpenPage) -> None:
    settings = PollSettings(title="改什么", ballot_kind=BallotKind.APPROVAL, budget=40_000_000, max_choices=2)
    area = {"neighborhood": "东区"}
    entries = [
        PollProject(number=n, key=f"P{n}", name=f"项目{n}", cost=n * 5_000_000, category="improvement", extra=area)
        for n in (1, 2, 3)
    ]
    with installation.write() as unit:
        poll_id = poll_store.add(unit.connection, settings, at=now())
        poll_store.set_projects(unit.connection, poll_id, entries)
        unit.commit()
    key = f"poll.settings.{poll_id}.0"
    page = open_page("polls", Role.PLANNER)
    page.button(key=f"renovation.polls.open.{poll_id}").click().run()
    page.selectbox(key=f"{key}.rule").set_value("mes")
    page.selectbox(key=f"{key}.tie").set_value("lot")
    page.number_input(key=f"{key}.groups").set_value(1).run()
    page.selectbox(key=f"{key}.rest.mes").set_value("add1-exhaustive+greedy").run()
    page.number_input(key=f"{key}.step").set_value(2.5)
    page.selectbox(key=f"{key}.utility").set_value("cardinality")
    page.number_input(key=f"{key}.floor").set_value(3)
    page.number_input(key=f"{key}.relative_floor").set_value(5.0)
    page.multiselect(key=f"{key}.group.0").set_value(["P1"])
    page.number_input(key=f"{key}.category.improvement.1000000").set_value(30.0)
    page.number_input(key=f"{key}.area.东区.1000000").set_value(20.0)
    page.number_input(key=f"{key}.cap.东区").set_value(2)
    page.button(key=f"{key}.save").click().run()
    assert any("种子" in said.value for said in page.error)
    page.text_input(key=f"{key}.seed").set_value("20261121")
    page.button(key=f"{key}.save").click().run()
    assert any("至少要有两个不同的项目" in said.value for said in page.error)
    page.multiselect(key=f"{key}.group.0").set_value(["P1", "P2"])
    page.button(key=f"{key}.save").click().run()
    assert not page.exception
    assert not page.error
    with installation.read() as connection:
        held = poll_store.get(connection, poll_id)
    assert held.settings.rule == "mes"
    assert settings_of(held).as_dict() == {
        "utility": "cardinality",
        "add1": "exhaustive",
        "step": 250,
        "completion": "greedy",
        "tie_break": "lot",
        "floor": 3,
        "relative_floor": "1/20",
        "exclusive": [["P1", "P2"]],
        "category_budgets": {"improvement": 30_000_000},
        "area_budgets": {"东区": 20_000_000},
        "area_caps": {"东区": 2},
        "seed": "20261121",
    }
