"""The register, an estate's file and the import page, each alone."""

from __future__ import annotations

import random
from collections.abc import Callable

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from renovation.model.accounts import Actor, Role
from renovation.model.places import AreaLevel, Deficit, EstateFilter, EstateType, FacilityDraft
from renovation.model.scope import Scope
from renovation.services.demo import places as demo_places
from renovation.services.register import estates, facilities, places
from renovation.store import Store

OpenPage = Callable[..., AppTest]
PLANNER = Actor(role=Role.PLANNER, login="planner")


@pytest.fixture
def city(installation: Store) -> Store:
    """The places of the demonstration city."""
    builder = Actor(role=Role.ADMIN, login="demo")
    demo_places.build(installation, builder, random.Random("2020:places"), lambda *_: None)
    return installation


def everything(page: AppTest) -> str:
    elements = [*page.markdown, *page.caption, *page.title, *page.info, *page.text, *page.subheader, *page.success]
    return "\n".join(str(element.value) for element in elements)


@pytest.mark.parametrize("name", ["estates", "estate", "imports"])
def test_strangers_see_nothing(city: Store, open_page: OpenPage, name: str) -> None:
    page = open_page(name)
    assert "请先登录" in everything(page)
    assert len(page.dataframe) == 0
    assert len(page.title) == 0


def test_empty_register_says_what_to_do(open_page: OpenPage) -> None:
    page = open_page("estates", Role.PLANNER)
    assert "请导入小区名单" in everything(page)


def test_list_figures_and_filter_agree(city: Store, open_page: OpenPage) -> None:
    page = open_page("estates", Role.PLANNER)
    assert f"小区 **{demo_places.ESTATES}**" in everything(page)
    assert len(page.dataframe[0].value) == demo_places.ESTATES
    wanted = EstateFilter(deficits=(Deficit.PIPES, Deficit.PARKING))
    expected = estates.sum_estates(city, PLANNER, wanted).estates
    page.multiselect(key="estates.deficits").set_value([Deficit.PIPES, Deficit.PARKING]).run()
    assert not page.exception
    assert f"小区 **{expected}**" in everything(page)
    assert len(page.dataframe[0].value) == expected
    page.text_input(key="estates.query").set_value("没有这样的小区").run()
    assert "没有小区符合这些条件" in everything(page)
    page.button(key="estates.clear_all").click().run()
    assert f"小区 **{demo_places.ESTATES}**" in everything(page)


def test_chosen_estate_is_shown_beside_the_map(city: Store, open_page: OpenPage) -> None:
    estate = estates.find_estates(city, PLANNER)[0]
    page = open_page("estates", Role.OBSERVER, **{"estates.selected": estate.id})
    assert estate.name in [subheader.value for subheader in page.subheader]


def open_file(open_page: OpenPage, estate_id: int, role: Role = Role.PLANNER, **state: object) -> AppTest:

    return open_page("estate", role, **{"renovation.scope": Scope(estate_id=estate_id), **state})


def test_file_shows_facts_and_every_section(city: Store, open_page: OpenPage) -> None:
    estate = estates.find_estates(city, PLANNER)[0]
    page = open_file(open_page, estate.id)
    assert page.title[0].value == estate.name
    for section in ("buildings", "chain", "consents", "history", "edit", "outline"):
        page.session_state["estate.section"] = section
        page.run()
        assert not page.exception, section


def test_observer_cannot_edit(city: Store, open_page: OpenPage) -> None:
    estate = estates.find_estates(city, PLANNER)[0]
    page = open_file(open_page, estate.id, Role.OBSERVER)
    options = page.get("button_group")[0].proto.options
    assert "修改档案" not in str(options)


def test_edit_is_saved_with_its_history(city: Store, open_page: OpenPage) -> None:
    estate = estates.find_estates(city, PLANNER)[0]
    page = open_file(open_page, estate.id, **{"estate.section": "edit"})
    next(box for box in page.text_input if box.label == "小区名称").set_value("荔香新苑")
    next(box for box in page.number_input if box.label == "户数").set_value(321)
    next(button for button in page.button if button.label == "保存修改").click().run()
    assert not page.exception
    assert "已保存" in everything(page)
    file = estates.get_estate_file(city, PLANNER, estate.id)
    assert file.estate.name == "荔香新苑"
    assert file.estate.facts.households == 321
    assert set(file.history[0].fields) == {"name", "households"}


def test_edit_of_a_file_somebody_else_changed_is_refused(city: Store, open_page: OpenPage) -> None:
    from dataclasses import replace

    estate = estates.find_estates(city, PLANNER)[0]
    page = open_file(open_page, estate.id, **{"estate.section": "edit"})
    estates.edit_estate(city, PLANNER, replace(estate, name="别人先改"))
    next(box for box in page.text_input if box.label == "小区名称").set_value("我后改")
    next(button for button in page.button if button.label == "保存修改").click().run()
    assert "刚被别人改过" in page.error[0].value
    assert estates.get_estate(city, PLANNER, estate.id).name == "别人先改"


def test_unknown_estate_is_said_in_words(city: Store, open_page: OpenPage) -> None:
    page = open_file(open_page, 999_999)
    assert "登记册里没有编号" in page.error[0].value


LIST = "小区名称,县区,街道,户数,经度,纬度\n导入苑,惠城区,某某街道,120户,114.41,23.08\n"


def upload(page: AppTest, content: str) -> AppTest:
    page.get("file_uploader")[0].set_value(("名单.csv", content.encode(), "text/csv")).run()
    next(box for box in page.selectbox if box.key == "imports.datum.0").select_index(1).run()
    assert not page.exception, page.exception
    return page


def test_file_is_checked_saved_and_undone(city: Store, open_page: OpenPage) -> None:
    page = upload(open_page("imports", Role.PLANNER), LIST)
    page.button(key="imports.take").click().run()
    assert not page.exception
    assert "已导入 1 条" in everything(page)
    assert len(estates.find_estates(city, PLANNER, EstateFilter(query="导入苑"))) == 1
    streets = places.list_areas(city, PLANNER, level=AreaLevel.STREET)
    assert "某某街道" in {area.name for area in streets}
    page.button(key="imports.undo").click().run()
    assert "已撤销" in everything(page)
    assert estates.find_estates(city, PLANNER, EstateFilter(query="导入苑")) == ()


def test_faults_are_listed_once_and_nothing_can_be_saved(
    city: Store, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[pd.DataFrame] = []

    def showing(frame: pd.DataFrame, **_options: object) -> pd.DataFrame:
        shown.append(frame)
        return frame

    monkeypatch.setattr("streamlit.data_editor", showing)
    page = upload(open_page("imports", Role.PLANNER), LIST.replace("120户", "很多"))
    assert "1 处要修改" in page.error[0].value
    (fault,) = shown[-1].to_dict("records")
    assert (fault["列"], fault["原文"], fault["行"]) == ("户数", "很多", "2")
    assert "不是能确定的数字" in fault["问题"]
    assert not [one for one in page.get("html") if "不是能确定的数字" in one.proto.body]
    assert not [button for button in page.button if button.key == "imports.take"]


def test_cells_nobody_can_read_are_mended_in_place_or_left_empty(
    city: Store, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def typing(frame: pd.DataFrame, **_options: object) -> pd.DataFrame:
        return frame.assign(改为=["商品房" if stands == "祖屋" else "" for stands in frame["原文"]])

    monkeypatch.setattr("streamlit.data_editor", typing)
    rows = (
        LIST.replace("户数", "户数,产权性质").replace("120户", "很多,祖屋")
        + "乙苑,惠城区,某某街道,90,祖屋,114.43,23.09\n"
    )
    page = upload(open_page("imports", Role.PLANNER), rows)
    next(button for button in page.button if button.label == "按改正后的内容重新核对").click().run()
    assert not page.exception, page.exception
    assert "1 处要修改" in page.error[0].value
    next(button for button in page.button if button.label == "读不出的格子留空").click().run()
    assert not page.exception, page.exception
    page.button(key="imports.take").click().run()
    found = {one.name: one.facts for one in estates.find_estates(city, PLANNER) if one.name in ("导入苑", "乙苑")}
    assert {name: facts.estate_type for name, facts in found.items()} == dict.fromkeys(found, EstateType.COMMODITY)
    assert (found["导入苑"].households, found["导入苑"].note) == (None, "户数：很多")


def test_columns_are_matched_by_the_person_and_remembered(city: Store, open_page: OpenPage) -> None:
    content = LIST.replace("户数", "住了多少家")
    page = upload(open_page("imports", Role.PLANNER), content)
    assert "没有导入 1 列：住了多少家" in page.expander[0].label
    next(box for box in page.selectbox if box.label == "住了多少家").select("households")
    next(button for button in page.button if button.label == "按这个对应重新检查").click().run()
    assert not page.exception
    assert "没有导入" not in page.expander[0].label
    page.button(key="imports.take").click().run()
    (estate,) = estates.find_estates(city, PLANNER, EstateFilter(query="导入苑"))
    assert estate.facts.households == 120
    again = upload(open_page("imports", Role.PLANNER), content.replace("导入苑", "第二苑"))
    assert "没有导入" not in again.expander[0].label


def test_an_estate_a_building_and_a_facility_are_entered_by_hand(installation: Store, open_page: OpenPage) -> None:
    page = open_page("estates", Role.PLANNER)
    page.text_input(key="estate.new.0.name").set_value("荔香苑").run()
    page.text_input(key="estate.new.0.typed").set_value("114.4123, 23.0812").run()
    page.button(key="estate.new.0.save").click().run()
    assert not page.exception
    (made,) = estates.find_estates(installation, PLANNER)
    assert (made.name, made.code, made.geometry is not None) == ("荔香苑", "H0001", True)
    assert "只有位置、还没有画范围的小区：1" in everything(page)

    file = open_page(
        "estate", Role.PLANNER, **{"renovation.scope": Scope(estate_id=made.id), "estate.section": "buildings"}
    )
    form = f"building.new.{made.id}.0"
    file.text_input(key=f"{form}.name").set_value("3栋").run()
    file.text_area(key=f"{form}.doors").set_value("1单元：101-202").run()
    file.button(key=f"{form}.save").click().run()
    assert not file.exception
    (building,) = estates.list_buildings(installation, PLANNER, [made.id])
    ((unit, doors),) = estates.doors_of(installation, PLANNER, building.id)
    assert (unit.name, [door.number for door in doors]) == ("1单元", ["101", "102", "201", "202"])

    facilities.keep_facility(installation, PLANNER, FacilityDraft(kind="公厕", name="一站", lon=114.4, lat=23.1))
    places_page = open_page("facilities", Role.PLANNER)
    places_page.selectbox(key="facility.new.0.kind").set_value("公厕").run()
    places_page.text_input(key="facility.new.0.typed").set_value("23.08, 114.41").run()
    assert "经度和纬度有没有写反" in places_page.error[0].value
    places_page.text_input(key="facility.new.0.typed").set_value("114.41, 23.08").run()
    places_page.button(key="facility.new.0.save").click().run()
    assert not places_page.exception
    assert len(places_page.dataframe[0].value) == 2


def test_the_hierarchy_says_by_names_what_an_act_would_change(installation: Store, open_page: OpenPage) -> None:
    page = open_page("areas", Role.PLANNER)
    assert "还没有区域" in everything(page)
    page.text_input(key="areas.new.0.name").set_value("惠城区").run()
    page.button(key="areas.new.0.do").click().run()
    assert not page.exception
    assert [one.name for one in places.list_areas(installation, PLANNER)] == ["惠城区"]
    assert page.button(key="areas.undo").label == "撤销最近一次：新建区域（惠城区）"
    page.button(key="areas.undo").click().run()
    assert places.list_areas(installation, PLANNER) == ()


def test_first_steps_are_put_off_and_taken_up(installation: Store, open_page: OpenPage) -> None:
    page = open_page("set_up", Role.ADMIN)
    page.text_input(key="set_up.place.0.name").set_value("惠城区").run()
    page.button(key="set_up.place.0.save").click().run()
    page.button(key="set_up.later.areas").click().run()
    assert not page.exception
    assert page.button(key="set_up.later.areas").label == "现在做"
    again = open_page("set_up", Role.ADMIN)
    assert "留到以后" in everything(again)
    home = open_page("home", Role.ADMIN)
    assert not home.exception
