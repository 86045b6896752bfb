"""Who gains: candidates ticked on the page change the figures beside them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
import shapely
from streamlit.testing.v1 import AppTest

from renovation.imports.files.lists import shipped
from renovation.imports.register.estates import parse_estates
from renovation.imports.register.facilities import parse_facilities
from renovation.model.accounts import Role
from renovation.model.imports import ImportSource
from renovation.model.lists import ListKind
from renovation.model.localities import facilities_of
from renovation.services.projects import projects
from renovation.services.register import imports
from renovation.services.register.estates import find_estates
from renovation.services.register.facilities import import_facilities
from renovation.store import Store

KIND = "养老服务站"
ESTATES = "小区名称,街道,户数,经度,纬度\n荔香苑,桥东街道,120,114.41,23.08\n桂景阁,桥西街道,80,114.45,23.09\n".encode()
FACILITIES = f"编号,名称,类别,经度,纬度\nA,一站,{KIND},114.411,23.08\n".encode()

OpenPage = Callable[..., AppTest]


@pytest.fixture
def city(installation: Store, sign_in: Callable[..., tuple[str, object]]) -> Store:
    planner = sign_in(Role.PLANNER)[1]
    source = ImportSource.of("x.csv", ESTATES)
    imports.import_estates(installation, planner, parse_estates(ESTATES, datum="cgcs2000"), source=source)
    import_facilities(installation, planner, parse_facilities(FACILITIES, datum="cgcs2000"), source=source)
    draft = projects.draft_from_item(
        installation,
        planner,
        estate_id=find_estates(installation, planner)[0].id,
        item_code=facilities_of(shipped(ListKind.FACILITIES))[KIND].items[0],
        quantity=Decimal(100),
        name="桥西照料点",
        geometry=shapely.to_wkb(shapely.Point(114.4505, 23.09)),
    )
    projects.create_project(installation, planner, draft)
    return installation


def line(page: AppTest) -> str:
    return next(element.value for element in page.markdown if "现在已覆盖" in element.value)


def test_choosing_a_candidate_shows_who_gains(city: Store, open_page: OpenPage) -> None:
    page = open_page("coverage", Role.PLANNER)
    assert "现在已覆盖 **60%** 120 / 200 户" in line(page)
    table = page.dataframe[-1].value
    assert (table["项目名称"].tolist(), table["单独建增加户数"].tolist()) == (["桥西照料点"], [80])
    page.button(key="coverage.best").click().run()
    assert not page.exception
    assert "加上所选 1 个项目 **100%** +80 户" in line(page)
    streets = page.dataframe[0].value
    assert streets["建成后"].tolist() == [100, 100]
    page.button(key="coverage.clear").click().run()
    assert "加上所选" not in line(page)


def test_walking_without_streets_says_why_not(city: Store, open_page: OpenPage) -> None:
    page = open_page("coverage", Role.PLANNER, **{"coverage.way": "network"})
    assert any("还没有道路图层" in info.value for info in page.info)
    assert "**60%**" in line(page)
