"""The ten minutes of README.md, clicked step by step in the demonstration city by the roles that it names."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from browser_harness import Visit, opened, serve_app
from playwright.sync_api import expect
from test_journey import CODE, choose, press, second_person, vote_for_the_first

from renovation.model.accounts import Role

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WORDS = "车棚门口的路灯晚上不亮，老人看不见台阶"


@pytest.fixture
def city(demonstration: Path, tmp_path: Path) -> Iterator[tuple[str, Callable[[str], Any]]]:
    """Serve a demonstration city of one's own: its address, and what a query of its store answers first."""
    home = shutil.copytree(demonstration, tmp_path / "home")

    def ask(query: str) -> Any:
        with opened(home) as store, store.read() as connection:
            return connection.execute(sa.text(query)).first()

    with serve_app(home, tmp_path / "server.log") as address:
        yield address, ask


def confirm(window: Visit) -> None:
    """Confirm with another member of staff."""
    second_person(window)
    press(window, "我已核对，确定")


def test_ten_minutes(visit: Callable[..., Visit], city: tuple[str, Callable[[str], Any]], tmp_path: Path) -> None:
    address, ask = city

    def begin(role: Role) -> Visit:
        """Come in by the first page: a role, and no password."""
        window = visit(address)
        window.open()
        window.page.locator(f".st-key-enter_{role.value} button").click()
        window.page.get_by_test_id("stSidebar").get_by_role("link", name="首页").wait_for()
        window.idle()
        return window

    def turn(window: Visit, page: str) -> None:
        """Follow the navigation."""
        window.page.get_by_test_id("stSidebar").get_by_role("link", name=page, exact=True).first.click()
        window.page.locator("h1").filter(has_text=page).first.wait_for()
        window.idle()

    title, home, lon, lat = ask(
        """SELECT p.title, e.name, (e.min_lon + e.max_lon) / 2, (e.min_lat + e.max_lat) / 2 FROM poll p
           JOIN estate e ON p.estate_id = e.id WHERE p.stage = 'draft'"""
    )

    # 1. Filter the map, open an estate's file.
    window = begin(Role.SOCIAL_WORKER)
    page, main = window.page, window.page.get_by_test_id("stMain")
    turn(window, "小区")
    page.get_by_placeholder("名称、编码或地址").fill(home)
    page.keyboard.press("Enter")
    window.idle()
    grid = page.get_by_test_id("stDataFrame").last
    grid.scroll_into_view_if_needed()
    page.wait_for_timeout(700)
    box = grid.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 70, box["y"] + 55)
    page.wait_for_url("**/estate?estate=*")
    window.idle()
    expect(page.locator("h1")).to_contain_text(home)

    # 2. A demand by a click on the map; its number appears at once.
    turn(window, "登记诉求")
    choose(window, "小区", home)
    window.click_map(lon, lat)
    choose(window, "类别", "照明")
    page.get_by_label("诉求内容").fill(WORDS)
    page.keyboard.press("Tab")
    window.idle()
    page.get_by_text("已把上面的告知读给居民").click()
    window.idle()
    press(window, "保存，给诉求编号")
    number, receipt = ask(f"SELECT id, receipt FROM demand WHERE text = '{WORDS}'")
    expect(main).to_contain_text(receipt)
    window.assert_clean()
    window.close()

    # 3. A project from that demand and an item of the catalogue, with a range and a word on assumed prices.
    window = begin(Role.PLANNER)
    page, main = window.page, window.page.get_by_test_id("stMain")
    window.open(f"demand?demand={number}")
    press(window, "转为改造项目")
    choose(window, "改造内容", "W02")
    page.get_by_role("spinbutton").first.fill("4")
    page.keyboard.press("Tab")
    window.idle()
    expect(main).to_contain_text("暂估价")
    press(window, "保存项目")
    cost, low, high = ask(
        f"""SELECT p.cost, p.cost_low, p.cost_high FROM project p JOIN project_demand d ON d.project_id = p.id
            WHERE d.demand_id = {number}"""
    )
    assert 0 < low <= cost <= high
    window.assert_clean()
    window.close()

    # 4. The draft opens as it is shipped, with a second person's password.
    window = begin(Role.ADMIN)
    page, main = window.page, window.page.get_by_test_id("stMain")
    window.open("polls")
    press(window, title)
    press(window, "开始投票")
    confirm(window)
    assert ask(f"SELECT stage FROM poll WHERE title = '{title}'") == ("open",)

    # 5. Slips with codes.
    window.open("codes")
    choose(window, "选一场投票", title)
    press(window, "制作并准备打印")
    code = CODE.search(page.frame_locator("iframe").first.locator("body").inner_text())
    assert code is not None

    # 6. A resident votes and keeps the receipt; the next voter finds an empty screen.
    kept = vote_for_the_first(window, code[0])
    window.open("kiosk")
    expect(page.frame_locator("iframe").get_by_label("投票码")).to_have_value("")

    # 7. The poll is closed, and the result says who was selected and why.
    window.open("polls")
    press(window, title)
    main.locator("summary").filter(has_text="结束投票").click()
    why = main.get_by_label("为什么还是要这样做").first
    why.fill("演示到此为止")
    why.press("Enter")
    window.idle()
    press(window, "结束投票")
    confirm(window)
    window.open("results")
    choose(window, "投票场次", title)
    expect(page.locator("table.outcome td.reason").first).not_to_be_empty()

    # 8. The numbers agree, and two people seal.
    window.open("reconcile")
    choose(window, "选一场投票", title)
    press(window, "封存本场投票")
    confirm(window)

    # 9. Published and taken home; anybody checks the receipt.
    window.open("exports")
    choose(window, "投票场次", title)
    press(window, "公布结果")
    press(window, "我已核对，确定")
    expect(page.frame_locator("iframe").first.locator("body")).to_contain_text(title)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Excel 表格").click()
    assert waiting.value.suggested_filename.endswith(".xlsx")
    window.assert_clean()
    page.goto(f"{address}/r/receipt")
    page.locator("#receipt").fill(kept)
    page.keyboard.press("Enter")
    expect(page.locator(".note.good")).to_contain_text(title)
    assert ask(f"SELECT stage FROM poll WHERE title = '{title}'") == ("published",)
