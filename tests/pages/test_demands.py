"""The pages of demands and projects: strangers see nothing; staff go from a pin to a priced project."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import shapely
from streamlit.testing.v1 import AppTest

from renovation.model.accounts import Actor, Role
from renovation.model.demands import Demand, DemandCategory, DemandChannel, DemandDraft, DemandFilter, DemandStatus
from renovation.model.projects import ProjectFilter
from renovation.model.scope import EVERYWHERE
from renovation.services.demands import demands
from renovation.services.projects import projects
from renovation.store import Store
from renovation.store.schema.places import building, estate
from renovation.store.spatial import bounds_of
from renovation.ui.map import Drawing

OpenPage = Callable[..., AppTest]
CLERK = Actor(role=Role.SOCIAL_WORKER, login="worker")
ALL = DemandFilter(scope=EVERYWHERE)


@pytest.fixture
def estates(installation: Store) -> Store:
    """One estate with a building."""

    def box(lon: float, lat: float, size: float) -> dict[str, Any]:
        wkb = shapely.to_wkb(shapely.box(lon, lat, lon + size, lat + size))
        return {"geometry": wkb, **bounds_of([wkb])[0]}

    with installation.write() as unit:
        unit.connection.execute(
            estate.insert().values(id=1, code="E1", name="糖厂三号", status="surveyed", **box(114.4, 23.1, 0.002))
        )
        unit.connection.execute(
            building.insert().values(id=1, estate_id=1, name="3栋", **box(114.4004, 23.1004, 0.0004))
        )
        unit.commit()
    return installation


def pin(store: Store, text: str = "路灯不亮") -> Demand:
    return demands.take_demand(
        store,
        CLERK,
        DemandDraft(
            estate_id=1,
            category=DemandCategory.LIGHTING,
            text=text,
            channel=DemandChannel.WALK_IN,
            lon=114.4005,
            lat=23.1005,
        ),
    )


def button(page: AppTest, words: str) -> Any:
    return next(one for one in page.button if words in one.label)


def field(kind: Any, words: str) -> Any:
    return next(one for one in kind if one.label.startswith(words))


def test_whole_estates_point_lies_in_no_building_where_there_is_room(estates: Store) -> None:
    # A building over the estate's middle, as courtyards have it.
    middle = shapely.to_wkb(shapely.box(114.4006, 23.1006, 114.4014, 23.1014))
    with estates.write() as unit:
        unit.connection.execute(building.update().values(geometry=middle))
        unit.commit()
    place = demands.point_in_estate(estates, CLERK, 1)
    assert place is not None
    assert shapely.box(114.4, 23.1, 114.402, 23.102).contains(shapely.Point(place))
    assert not shapely.from_wkb(middle).intersects(shapely.Point(place))


@pytest.mark.parametrize("name", ["demands", "demand", "new_demand", "projects", "catalogue"])
def test_strangers_see_nothing(estates: Store, open_page: OpenPage, name: str) -> None:
    pin(estates, "只给工作人员看的话")
    page = open_page(name)
    assert not page.title
    assert not page.dataframe
    assert "只给工作人员看的话" not in str([one.value for one in (*page.markdown, *page.text, *page.caption)])


@pytest.mark.parametrize("name", ["demands", "new_demand", "projects"])
def test_empty_store_says_what_to_do(installation: Store, open_page: OpenPage, name: str) -> None:
    page = open_page(name, Role.PLANNER)
    assert page.info


def test_form_keeps_a_demand_and_shows_its_receipt(estates: Store, open_page: OpenPage) -> None:
    page = open_page("new_demand", Role.SOCIAL_WORKER)
    button(page, "保存").click().run()
    assert "小区" in page.error[0].value
    field(page.selectbox, "小区").select(1).run()
    field(page.selectbox, "楼栋").select(1).run()
    field(page.selectbox, "类别").select(DemandCategory.LIGHTING).run()
    field(page.text_area, "诉求内容").set_value("3栋楼下路灯不亮").run()
    button(page, "保存").click().run()
    assert "告知" in page.error[0].value
    field(page.checkbox, "已把").check().run()
    button(page, "保存").click().run()
    assert not page.exception
    (row,) = demands.list_demands(estates, CLERK, ALL)
    assert (row.demand.building_id, row.demand.channel) == (1, DemandChannel.WALK_IN)
    assert any(row.demand.receipt in html.proto.body for html in page.get("html"))
    assert button(page, "看这件诉求")
    button(page, "再登记").click().run()
    assert field(page.text_area, "诉求内容").value == ""


def test_similar_demand_is_joined_instead_of_kept_twice(estates: Store, open_page: OpenPage) -> None:
    first = pin(estates, "3栋楼下路灯坏了，晚上看不清路")
    page = open_page("new_demand", Role.SOCIAL_WORKER)
    field(page.selectbox, "小区").select(1).run()
    field(page.selectbox, "类别").select(DemandCategory.LIGHTING).run()
    field(page.text_area, "诉求内容").set_value("3栋楼下的照明灯坏掉了").run()
    button(page, "附议").click().run()
    assert not page.exception
    (row,) = demands.list_demands(estates, CLERK, ALL)
    assert (row.demand.id, row.demand.supporters) == (first.id, 2)


def test_list_leads_to_a_priced_project_in_the_form(estates: Store, open_page: OpenPage) -> None:
    one = pin(estates)
    page = open_page("demands", Role.PLANNER, **{"demands.selected": one.id})
    assert page.dataframe[0].value["内容"].tolist() == ["路灯不亮"]
    assert button(page, "转为改造项目")
    form = open_page("projects", Role.PLANNER, **{"projects.begin_demands": [one.id], "projects.mode": "form"})
    field(form.selectbox, "改造内容").select("W02").run()
    field(form.number_input, "数量").set_value(10).run()
    assert any("暂估价" in warning.value for warning in form.warning)
    button(form, "保存项目").click().run()
    assert not form.exception
    (row,) = projects.list_projects(estates, CLERK, ProjectFilter())
    assert row.project.demand_ids == (one.id,)
    assert row.project.cost == 4_350_000
    assert row.project.code in form.success[0].value


def test_demand_page_walks_from_dispatch_to_answer(estates: Store, open_page: OpenPage) -> None:
    one = pin(estates, "路灯**坏了**<script>")
    page = AppTest.from_file(open_page("demand", Role.SOCIAL_WORKER)._script_path, default_timeout=600)
    page.session_state["renovation.token"] = open_page("demand", Role.SOCIAL_WORKER).session_state["renovation.token"]
    page.query_params["demand"] = str(one.id)
    page.run()
    assert any(text.value == one.text for text in page.text)
    button(page, "分派给部门").click().run()
    button(page, "部门已接单").click().run()
    field(page.selectbox, "答复模板").select("lamp").run()
    button(page, "答复居民").click().run()
    assert not page.exception
    assert demands.demand_file(estates, CLERK, one.id).demand.status is DemandStatus.ANSWERED
    button(page, "没解决").click().run()
    assert not page.exception
    assert demands.demand_file(estates, CLERK, one.id).demand.status is DemandStatus.NOT_SOLVED


def test_catalogue_marks_its_assumptions(estates: Store, open_page: OpenPage) -> None:
    page = open_page("catalogue", Role.OBSERVER)
    assert len(page.dataframe[0].value) == 65
    assert "暂估价" in page.warning[0].value
    page.text_input[0].set_value("路灯").run()
    assert page.dataframe[0].value["编号"].tolist() == ["W02", "W03"]


def test_what_is_drawn_measures_the_quantity_and_is_kept(estates: Store, open_page: OpenPage) -> None:
    drawing = Drawing(
        kind="polygon", parts=(((114.4002, 23.1002), (114.4004, 23.1002), (114.4004, 23.1004), (114.4002, 23.1004)),)
    )
    state = {"projects.mode": "form", "map:project_form.new..0.map.1:drawing:polygon": drawing}
    form = open_page("projects", Role.PLANNER, **state)
    form.selectbox(key="project_form.new..0.estate").set_value(1).run()
    form.selectbox(key="project_form.new..0.item").set_value("J16").run()
    quantity = form.number_input(key="project_form.new..0.quantity")
    assert quantity.value == pytest.approx(453.6, rel=0.01)
    measured = quantity.value
    quantity.set_value(500.0).run()
    assert any("图上量得" in caption.value for caption in form.caption)
    form.button(key="project_form.new..0.take").click().run()
    assert form.number_input(key="project_form.new..0.quantity").value == measured
    form.number_input(key="project_form.new..0.quantity").set_value(480.0).run()
    form.button(key="project_form.new..0.save").click().run()
    assert not form.exception
    (row,) = projects.list_projects(estates, CLERK, ProjectFilter())
    assert float(row.project.quantity) == 480, "a typed figure stays"
    assert shapely.from_wkb(row.project.geometry).equals(drawing.geometry())
