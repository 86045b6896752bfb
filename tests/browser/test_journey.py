"""A newcomer's ten minutes, without a manual and without a network: from a demand to the posted notice."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from browser_harness import Visit, enter, opened, serve_app
from kiosk_run import RECEIPT, to_the_last_step
from playwright.sync_api import Page, expect

from renovation.model import addresses
from renovation.model.accounts import Role
from renovation.model.codes import ALPHABET
from renovation.services.demo import DEMO_PASSWORD

CODE = re.compile(rf"\b[{ALPHABET}]{{4}}-[{ALPHABET}]{{3}}-[{ALPHABET}]{{3}}\b")


def choose(visit: Visit, label: str, typed: str) -> None:
    """Pick from a list by typing, as a person in a hurry does."""
    box = visit.page.get_by_role("combobox", name=label).first
    box.click()
    box.fill(typed)
    visit.page.get_by_role("option").filter(has_text=typed).first.click()
    # A list of several choices stays open and hides the rest of the page until one leaves it.
    visit.page.keyboard.press("Tab")
    visit.idle()


def press(visit: Visit, name: str) -> None:
    """Press a button and wait until the page has answered."""
    visit.page.get_by_role("button", name=name).first.click()
    visit.idle()


def estate_with_projects(page: Page) -> str:
    """Return the estate of the demonstration's draft poll."""
    return page.get_by_role("button", name="改什么，大家来选").first.inner_text().split("改什么")[0]


def vote_for_the_first(window: Visit, code: str) -> str:
    """Go through the ballot with a code, and return the receipt."""
    window.page.goto(f"{window.address}{addresses.VOTE}")
    to_the_last_step(window.page, code.lower(), [1])
    window.page.locator(".next").click()
    return window.page.locator(RECEIPT).inner_text()


def second_person(window: Visit) -> None:
    """Confirm as another member of the demonstration city's staff."""
    window.page.get_by_label("第二人的登录名").fill("shegong")
    window.page.get_by_label("第二人的密码").fill(DEMO_PASSWORD)
    window.page.keyboard.press("Tab")
    window.idle()


@pytest.mark.browser
@pytest.mark.slow
def test_from_a_demand_to_the_notice(visit: Callable[..., Visit], demonstration: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(demonstration, home)
    with opened(home) as store:
        token = enter(store, Role.ADMIN)
    with serve_app(home, tmp_path / "server.log") as address:
        window = visit(address)
        window.sign_in(token)
        page = window.open("polls")
        estate = estate_with_projects(page)

        window.go("estates")
        page.get_by_placeholder("名称、编码或地址").fill(estate)
        page.keyboard.press("Enter")
        window.idle()

        window.go("new_demand")
        choose(window, "小区", estate)
        choose(window, "类别", "照明")
        page.get_by_label("诉求内容").fill("三栋后面的巷子晚上一盏灯也没有，老人不敢走")
        page.keyboard.press("Tab")
        window.idle()
        page.get_by_text("已把上面的告知读给居民").click()
        window.idle()
        press(window, "保存，给诉求编号")
        receipt = page.locator('[data-testid="stMain"]').inner_text()
        assert re.search(r"\d{4}", receipt)

        window.go("projects")
        page.get_by_text("新建项目").click()
        window.idle()
        choose(window, "小区", estate)
        choose(window, "改造内容", "W02")
        page.get_by_role("spinbutton").first.fill("12")
        page.keyboard.press("Tab")
        window.idle()
        page.get_by_label("项目名称").fill("后巷太阳能路灯")
        page.keyboard.press("Tab")
        window.idle()
        choose(window, "回应哪些诉求", "三栋后面的巷子")
        press(window, "保存项目")
        expect(page.locator('[data-testid="stMain"]')).to_contain_text("后巷太阳能路灯")

        window.go("polls")
        page.get_by_text("新建一场投票").click()
        window.idle()
        choose(window, "小区", estate)
        choose(window, "项目", "后巷太阳能路灯")
        page.get_by_role("textbox", name="投票名称").fill("后巷要不要装灯")
        page.keyboard.press("Tab")
        window.idle()
        press(window, "保存为草稿")
        press(window, "开始投票")
        second_person(window)
        press(window, "我已核对，确定")

        window.go("codes")
        choose(window, "选一场投票", "后巷要不要装灯")
        press(window, "制作并准备打印")
        sheet = page.frame_locator("iframe").first.locator("body").inner_text()
        code = CODE.search(sheet)
        assert code is not None

        vote_for_the_first(window, code[0])

        window.go("polls")
        page.get_by_role("button", name="后巷要不要装灯").click()
        window.idle()
        press(window, "结束投票")
        second_person(window)
        press(window, "我已核对，确定")

        window.go("results")
        choose(window, "投票场次", "后巷要不要装灯")
        expect(page.locator("table.outcome td.reason").first).to_contain_text("入选")
        window.go("exports")
        choose(window, "投票场次", "后巷要不要装灯")
        with page.expect_download() as waiting:
            page.get_by_role("button", name="Excel 表格").click()
        waiting.value.save_as(tmp_path / "result.xlsx")
        assert (tmp_path / "result.xlsx").stat().st_size > 4000
        notice = page.frame_locator("iframe").first
        expect(notice.locator("h1")).to_contain_text("后巷要不要装灯")
        expect(notice.get_by_role("button", name="打印")).to_be_visible()
        window.assert_clean()
