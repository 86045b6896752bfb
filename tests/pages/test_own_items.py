"""Works that no catalogue lists, through the form of a project as a planner fills it in."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from renovation.model.accounts import Role
from renovation.model.imports import ImportKind
from renovation.store import Store
from renovation.store.schema.places import estate
from renovation.store.schema.projects import project


def labelled(widgets: object, label: str) -> object:
    return next(one for one in widgets if one.label.startswith(label))  # type: ignore[attr-defined]


def test_an_own_item_becomes_a_project(installation: Store, open_page: Callable[..., AppTest]) -> None:
    with installation.write() as unit:
        unit.connection.execute(estate.insert().values(id=1, code="E1", name="糖厂", status="surveyed"))
        unit.commit()
    page = open_page("projects", Role.PLANNER, **{"projects.mode": "form"})
    assert not page.exception
    home = labelled(page.selectbox, "小区")
    home.select(1).run()  # type: ignore[attr-defined]
    item = labelled(page.selectbox, "改造内容")
    item.select("own").run()  # type: ignore[attr-defined]
    assert not page.exception
    labelled(page.text_input, "改造内容名称").set_value("古井保护")  # type: ignore[attr-defined]
    labelled(page.number_input, "数量").set_value(1.0)  # type: ignore[attr-defined]
    labelled(page.number_input, "金额").set_value(3.5)  # type: ignore[attr-defined]
    labelled(page.text_input, "文号").set_value("区财评〔2027〕9号")  # type: ignore[attr-defined]
    page.run()
    labelled(page.button, "保存项目").click()  # type: ignore[attr-defined]
    page.run()
    assert not page.exception
    assert [one.value for one in page.error] == []
    said = "".join(one.value for one in [*page.success, *page.caption, *page.markdown])
    assert "古井保护" in said
    assert "价目里没有这项内容" in said


def test_a_list_of_projects_is_taken_in_without_asking_for_a_datum(
    installation: Store, open_page: Callable[..., AppTest]
) -> None:
    with installation.write() as unit:
        unit.connection.execute(estate.insert().values(id=1, code="E1", name="糖厂", status="surveyed"))
        unit.commit()
    page = open_page("imports", Role.PLANNER, **{"imports.kind": ImportKind.PROJECTS})
    assert not page.exception
    data = "小区编码,项目名称,财评（万元）,财评文号\nE1,古井保护,3.5,区财评〔2027〕9号\n".encode()
    page.get("file_uploader")[0].set_value(("项目.csv", data, "text/csv")).run()
    assert not page.exception
    labelled(page.button, "导入").click()  # type: ignore[attr-defined]
    page.run()
    assert not page.exception
    with installation.read() as connection:
        assert connection.execute(sa.select(project.c.name, project.c.cost)).all() == [("古井保护", 3_500_000)]
