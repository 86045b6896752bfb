"""The desk for what came in without an account, and the limits for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from streamlit.testing.v1 import AppTest

from renovation.model.accounts import PUBLIC, Actor, Role
from renovation.model.demands import DemandCategory, DemandChannel, DemandDraft, DemandFilter, DemandStatus
from renovation.model.scope import EVERYWHERE
from renovation.services.demands import demands
from renovation.services.staff import visitors
from renovation.store import Store
from renovation.store.schema.places import area, estate

ADMIN = Actor(role=Role.ADMIN, login="admin")
OpenPage = Callable[..., AppTest]


def pour_in(store: Store) -> None:
    with store.write() as unit:
        unit.connection.execute(area.insert().values(id=1, level="street", code="S1", name="桥东街道"))
        home = {"id": 1, "code": "E1", "name": "糖厂宿舍", "status": "surveyed", "street_id": 1}
        unit.connection.execute(estate.insert().values(**home))
        unit.commit()
    for turn in range(4):
        draft = DemandDraft(
            text=f"灌入 **第{turn}件**",
            estate_id=1,
            category=DemandCategory.LIGHTING,
            channel=DemandChannel.QR_FORM,
            lon=114.4,
            lat=23.1,
        )
        demands.take_demand(store, replace(PUBLIC, address="203.0.113.5"), draft, who="one browser")


def test_a_flood_is_dropped_after_a_second_look(installation: Store, open_page: OpenPage) -> None:
    pour_in(installation)
    page = open_page("floods", Role.SOCIAL_WORKER)
    assert any("**4** 件" in one.value for one in page.markdown)
    page.button(key="floods.drop.ask").click().run()
    page.button(key="floods.drop.go").click().run()
    assert not page.exception
    rows = demands.list_demands(installation, ADMIN, DemandFilter(scope=EVERYWHERE))
    assert {row.demand.status for row in rows} <= {DemandStatus.MERGED}
    assert any("没有还未办理的网上来件" in one.value for one in page.info)


def test_limits_are_set(installation: Store, open_page: OpenPage) -> None:
    page = open_page("settings", Role.ADMIN)
    [most] = [one for one in page.number_input if one.label == "一个浏览器"]
    most.set_value(3)
    [button] = [one for one in page.button if "保存上限" in one.label]
    button.click().run()
    assert not page.exception
    assert visitors.visitor_limits(installation, ADMIN).browser == 3
