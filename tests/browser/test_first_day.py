"""A district office's first day: from an empty store, with its own files, to a map with hierarchy, prices and pots."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter
from browser_harness import Visit, opened, serve_app
from playwright.sync_api import expect

from renovation.model.accounts import Actor, Role
from renovation.services.house.set_up import SetUpStep, StepState, read_set_up
from renovation.services.projects import prices
from renovation.services.register import estates
from renovation.services.register.areas import areas

#: Opening a dialogue, choosing a file in it, and confirming.
CLICKS_PER_FILE = 3
MOST_CLICKS = 120
OFFICE = Actor(role=Role.ADMIN, login="office")

_COUNT = """addEventListener("click", event => event.isTrusted && window.countClick(), true)"""
#: Corners of three streets that share a county.
_WEST, _SOUTH = 114.40, 23.05


def boundaries(path: Path) -> Path:
    """Write what a surveying office sends: a county with its streets, official codes, and nothing else."""

    def box(west: float, south: float, east: float, north: float) -> dict[str, object]:
        ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
        return {"type": "Polygon", "coordinates": [ring]}

    named = [("441399", "江北区", box(_WEST, _SOUTH, _WEST + 0.09, _SOUTH + 0.03))]
    named += [
        (f"44139900{at}", f"{name}街道", box(_WEST + 0.03 * at, _SOUTH, _WEST + 0.03 * (at + 1), _SOUTH + 0.03))
        for at, name in enumerate(("东湖", "文昌", "水口"))
    ]
    features = [
        {"type": "Feature", "properties": {"代码": code, "名称": name}, "geometry": shape}
        for code, name, shape in named
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False), "utf-8")
    return path


def register(path: Path, count: int = 48) -> Path:
    """Write a list of estates as offices keep it: a title above, a total below, places by street and by point."""
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("台账")
    sheet.write(0, 0, "江北区老旧小区改造摸底台账")
    sheet.write_row(
        1, 0, ["序号", "小区名称", "街道", "社区", "建成年份", "栋数", "户数", "建筑面积（万㎡）", "经度", "纬度"]
    )
    for at in range(count):
        street = ("东湖街道", "文昌街道", "水口街道")[at % 3]
        sheet.write_row(
            2 + at,
            0,
            [
                at + 1,
                f"{'春夏秋冬'[at % 4]}{'兰竹梅菊松柏'[at // 4 % 6]}{'苑园里村'[at // 24]}",
                street,
                f"{street[:2]}{'一二'[at // 3 % 2]}社区",
                1982 + at % 18,
                2 + at % 9,
                60 + 7 * at,
                round(0.6 + 0.05 * at, 2),
                _WEST + 0.03 * (at % 3) + 0.002 + 0.0015 * (at // 3),
                _SOUTH + 0.003 + 0.0014 * (at // 3),
            ],
        )
    sheet.write_row(2 + count, 0, ["合计", "", "", "", "", "", sum(60 + 7 * at for at in range(count))])
    book.close()
    return path


class Hand:
    """One person at one window, whose clicks are counted."""

    def __init__(self, window: Visit) -> None:
        self.window, self.page, self.clicks = window, window.page, 0

        def clicked() -> None:
            self.clicks += 1

        self.page.expose_function("countClick", clicked)
        self.page.add_init_script(_COUNT)

    def press(self, name: str) -> None:
        """Press a button or follow a link, and wait for the answer."""
        found = self.page.locator('[data-testid="stMain"]').get_by_role("button", name=name)
        link = self.page.locator('[data-testid="stMain"]').get_by_role("link", name=name)
        found.or_(link).first.click()
        self.window.idle()

    def fill(self, label: str, words: str) -> None:
        """Type into a field and leave it."""
        self.page.get_by_label(label, exact=True).first.click()
        self.page.get_by_label(label, exact=True).first.fill(words)
        self.page.keyboard.press("Tab")
        self.window.idle()

    def choose(self, label: str, option: str) -> None:
        """Pick from a list."""
        self.page.get_by_role("combobox", name=label).first.click()
        self.page.get_by_role("option").filter(has_text=option).first.click()
        self.window.idle()

    def bring(self, file: Path) -> None:
        """Choose a file, say what its coordinates refer to, and take it in with what it asks."""
        self.page.locator('input[type="file"]').first.set_input_files(file)
        self.clicks += CLICKS_PER_FILE
        self.window.idle()
        self.choose("文件里的坐标是哪种坐标系", "国家 2000")
        for yes in ("我看过上面的提示", "我看过这些改动"):
            box = self.page.get_by_text(yes)
            if box.count():
                box.first.click()
                self.window.idle()
        self.press("导入这")

    def go_on(self) -> None:
        """Turn back to the page of first steps, by the navigation."""
        self.page.get_by_test_id("stSidebar").get_by_role("link", name="初始设置").first.click()
        self.page.wait_for_url("**/set_up")
        self.window.idle()


@pytest.mark.browser
@pytest.mark.slow
def test_from_nothing_to_a_map_with_prices_and_two_pots(
    visit: Callable[..., Visit], lay_store: Callable[[Path], Path], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    lay_store(home)
    with serve_app(home, tmp_path / "server.log") as address:
        window = visit(address)
        hand, page = Hand(window), window.page
        window.open()
        hand.fill("姓名", "区住建局")
        hand.fill("登录名", "office")
        hand.fill("密码", "Lychee-garden-2026")
        hand.fill("再输一次密码", "Lychee-garden-2026")
        hand.press("建账号，开始使用")
        hand.press("继续初始设置")

        hand.fill("这里叫什么", "江北区")
        hand.press("保存名称")
        expect(page.get_by_text("已完成 1 步")).to_be_visible()
        hand.press("导入边界或名单")
        hand.bring(boundaries(tmp_path / "边界.geojson"))
        hand.go_on()
        hand.press("导入小区")
        hand.bring(register(tmp_path / "摸底台账.xlsx"))
        hand.go_on()
        hand.press("用目录暂估价建立")
        page.locator('[class*="st-key-set_up-prices"]').get_by_role("button", name="以后再说").click()
        window.idle()
        page.locator('[class*="st-key-set_up-lists"]').get_by_role("button", name="以后再说").click()
        window.idle()
        for name, amount in (("省级补助", "3000000"), ("区级配套", "5000000")):
            hand.fill("名称", name)
            hand.fill("金额（元）", amount)
            hand.press("保存这笔资金")
            if name == "省级补助":
                hand.press("资金台账")
        page.get_by_test_id("stSidebar").get_by_role("link", name="小区").first.click()
        window.idle()
        window.map_frame()
        expect(page.get_by_text("48").first).to_be_visible()
        window.assert_clean()
    print(f"{hand.clicks} clicks; waited {sum(window.waited):.0f} s in all, {max(window.waited):.1f} s at most")
    assert hand.clicks <= MOST_CLICKS, hand.clicks
    with opened(home) as store:
        found = read_set_up(store, OFFICE)
        states = {line.step: line.state for line in found.steps}
        done = (SetUpStep.PLACE, SetUpStep.AREAS, SetUpStep.ESTATES, SetUpStep.POTS)
        assert all(states[step] is StepState.DONE for step in done), states
        assert states[SetUpStep.PRICES] is StepState.LATER
        assert (prices.books(store, OFFICE)[0].locality, found.place) == ("江北区", "江北区")
        lines = {line.area.name: line for line in areas.list_hierarchy(store, OFFICE)}
        assert lines["东湖街道"].trail == ("江北区",)
        assert lines["东湖一社区"].trail == ("江北区", "东湖街道")
        assert (lines["江北区"].counts.estates, lines["文昌街道"].counts.estates) == (48, 16)
        assert estates.sum_estates(store, OFFICE).without_outline == 0
