"""The commonest tasks take no more clicks than this, counted in a real browser; what is typed is not counted."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browser_harness import Visit, enter, opened, serve_app
from playwright.sync_api import Browser, Locator, expect

from renovation.model.accounts import Role
from renovation.text import Language, text

pytestmark = [pytest.mark.browser, pytest.mark.slow]

#: Pixels of a grid: its heading and a line.
_HEADING, _LINE = 38, 35


def says(key: str, **fields: object) -> str:
    """Return what a key of the catalogue says in Chinese."""
    return text(key, Language.ZH, **fields)


class Hand:
    """A hand that counts its clicks."""

    def __init__(self, window: Visit) -> None:
        self.window, self.page, self.clicks = window, window.page, 0

    def click(self, what: Locator) -> None:
        """Click, and wait until the page has answered."""
        what.click()
        self.clicks += 1
        self.window.idle()

    def press(self, key: str) -> None:
        """Click the button that says this."""
        self.click(self.page.get_by_role("button", name=says(key), exact=True).first)

    def open_line(self, line: int, across: int) -> None:
        """Click a cell of the page's list, so many pixels from its left edge."""
        grid = self.page.get_by_test_id("stDataFrame").last
        grid.scroll_into_view_if_needed()
        self.page.wait_for_timeout(500)
        box = grid.bounding_box()
        assert box is not None
        before = self.page.url
        self.page.mouse.click(box["x"] + across, box["y"] + _HEADING + _LINE * line + _LINE // 2)
        self.clicks += 1
        self.page.wait_for_function("before => location.href !== before", arg=before, polling=50)
        self.window.idle()

    def choose(self, label: str, typed: str) -> None:
        """Pick from a list: a click, then the keyboard."""
        box = self.page.get_by_role("combobox", name=label).first
        box.click()
        self.clicks += 1
        box.fill(typed)
        self.page.get_by_role("option").filter(has_text=typed).first.wait_for()
        self.page.keyboard.press("Enter")
        self.page.keyboard.press("Tab")
        self.window.idle()

    def type(self, field: Locator, words: str) -> None:
        """Type into a field and leave it."""
        field.fill(words)
        self.page.keyboard.press("Tab")
        self.window.idle()


@pytest.fixture(scope="module")
def city(demonstration: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Callable[[Role], str]]]:
    """Serve a demonstration city that these tests may change."""
    home = shutil.copytree(demonstration, tmp_path_factory.mktemp("clicks") / "home")
    with opened(home) as store, serve_app(home, home.parent / "server.log") as address:
        yield address, lambda role: enter(store, role)


@pytest.fixture
def hand(browser: Browser, city: tuple[str, Callable[[Role], str]]) -> Iterator[Callable[[Role, str], Hand]]:
    """Begin a task: ``hand(role, page)``, signed in and on the page that the board or the navigation leads to."""
    windows: list[Visit] = []

    def begin(role: Role, path: str) -> Hand:
        window = Visit.begin(browser, city[0])
        windows.append(window)
        window.sign_in(city[1](role))
        window.open(path)
        return Hand(window)

    yield begin
    for window in windows:
        window.assert_clean()
        window.close()


def test_a_demand_is_dispatched_in_2(hand: Callable[[Role, str], Hand]) -> None:
    one = hand(Role.SOCIAL_WORKER, "demands?statuses=received")
    one.open_line(0, 300)
    one.press("demand.act.dispatch")
    expect(one.page.locator("h3").first).to_contain_text(says("enum.DemandStatus.dispatched"))
    assert one.clicks <= 2
    one.page.go_back()
    one.page.wait_for_url("**/demands?statuses=received")


def test_a_demand_is_answered_in_4(hand: Callable[[Role, str], Hand]) -> None:
    one = hand(Role.SOCIAL_WORKER, "demands?statuses=accepted")
    one.open_line(0, 420)
    one.type(one.page.get_by_role("textbox", name=says("demand.field.reply")).first, "路灯已经修好，夜里可以放心走。")
    one.press("demand.act.answer")
    expect(one.page.locator("h3").first).to_contain_text(says("enum.DemandStatus.answered"))
    assert one.clicks <= 4


def test_a_demand_becomes_a_project_in_4(hand: Callable[[Role, str], Hand]) -> None:
    one = hand(Role.PLANNER, "demands?statuses=received")
    one.open_line(1, 300)
    one.press("demand.act.make_project")
    one.choose(says("project.column.item"), "W02")
    one.type(one.page.get_by_role("spinbutton").first, "12")
    one.press("project.form.save")
    expect(one.page.get_by_test_id("stMain")).to_contain_text("已保存")
    assert one.clicks <= 4


def test_a_programme_is_kept_as_a_scenario_and_adopted_in_4_each(hand: Callable[[Role, str], Hand]) -> None:
    one = hand(Role.PLANNER, "programme")
    one.press("page_programme.solve")
    name = one.page.get_by_role("textbox", name=says("page_scenarios.name"))
    name.wait_for()
    one.type(name, "四下")
    one.press("page_programme.keep")
    assert one.clicks <= 4
    one = hand(Role.PLANNER, "scenarios")
    # What is adopted is taken back first, within the same four.
    one.type(one.page.get_by_role("textbox", name=says("page_scenarios.back_reason")), "会议改期")
    one.press("page_scenarios.take_back")
    one.click(one.page.get_by_text(says("page_scenarios.sure_adopt")).first)
    one.press("page_scenarios.adopt")
    expect(one.page.get_by_role("button", name=says("page_scenarios.take_back"))).to_be_visible()
    assert one.clicks <= 4
