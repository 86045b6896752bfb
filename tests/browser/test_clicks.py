"""The commonest tasks take no more clicks than this, counted in a real browser; what is typed is not counted."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from browser_harness import Visit, enter, open_list, opened, serve_app
from playwright.sync_api import Browser, Locator, expect

from renovation.model.accounts import Actor, Role
from renovation.model.places import EstateDraft, EstateFacts
from renovation.services.register import by_hand
from renovation.services.register.by_hand import NewEstate
from renovation.store import Store
from renovation.store.register import estates as estates_store
from renovation.text import Language, text

pytestmark = [pytest.mark.browser, pytest.mark.slow]

#: Pixels of a grid: its heading, a line, and the column of boxes at its edge.
_HEADING, _LINE, _EDGE = 38, 35, 38
#: A place where no estate lies, and half the side of one (degrees).
_FREE, _SIDE = (114.395, 23.095), 0.0008


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

    def mark_line(self, line: int) -> None:
        """Choose a line of the page's first list by the box at its edge."""
        grid = self.page.get_by_test_id("stDataFrame").first
        grid.scroll_into_view_if_needed()
        self.page.wait_for_timeout(500)
        box = grid.bounding_box()
        assert box is not None
        self.page.mouse.click(box["x"] + _EDGE // 2, box["y"] + _HEADING + _LINE * line + _LINE // 2)
        self.clicks += 1
        self.window.idle()

    def choose(self, label: str, typed: str, *, last: bool = False) -> None:
        """Pick from the page's first or last list of that name: a click, then the keyboard."""
        boxes = self.page.get_by_role("combobox", name=label)
        box = boxes.last if last else boxes.first
        self.clicks += 1
        open_list(box, typed)
        self.page.keyboard.press("Enter")
        self.page.keyboard.press("Tab")
        self.window.idle()

    def type(self, field: Locator, words: str) -> None:
        """Type into a field and leave it."""
        field.fill(words)
        self.page.keyboard.press("Tab")
        self.window.idle()


@pytest.fixture(scope="module")
def city(demonstration: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Store]]:
    """Serve a demonstration city that these tests may change."""
    home = shutil.copytree(demonstration, tmp_path_factory.mktemp("clicks") / "home")
    with opened(home) as store, serve_app(home, home.parent / "server.log") as address:
        yield address, store


@pytest.fixture
def ask(city: tuple[str, Store]) -> Callable[[str], list[Any]]:
    """Ask the database itself: ``ask(query)`` → its rows."""

    def rows(query: str) -> list[Any]:
        with city[1].read() as connection:
            return list(connection.execute(sa.text(query)))

    return rows


@pytest.fixture
def hand(browser: Browser, city: tuple[str, Store]) -> Iterator[Callable[[Role, str], Hand]]:
    """Begin a task: ``hand(role, page)``, signed in and on the page that the board or the navigation leads to."""
    windows: list[Visit] = []

    def begin(role: Role, path: str) -> Hand:
        window = Visit.begin(browser, city[0])
        windows.append(window)
        window.sign_in(enter(city[1], role))
        window.open(path)
        return Hand(window)

    yield begin
    for window in windows:
        window.assert_clean()
        window.close()


def test_a_demand_is_taken_in_7(hand: Callable[[Role, str], Hand], ask: Callable[[str], list[Any]]) -> None:
    one = hand(Role.SOCIAL_WORKER, "new_demand")
    [(home,)] = ask("SELECT name FROM estate ORDER BY id LIMIT 1")
    one.choose(says("demand.field.estate"), home)
    one.choose(says("demand.field.category"), says("enum.DemandCategory.lighting"))
    words = "车棚后墙的开关盒没有盖，孩子够得着"
    one.type(one.page.get_by_role("textbox", name=says("demand.field.text")), words)
    one.click(one.page.get_by_text(says("demand.form.notice_given")))
    one.press("demand.form.save")
    [(receipt,)] = ask(f"SELECT receipt FROM demand WHERE text = '{words}'")
    expect(one.page.get_by_test_id("stMain")).to_contain_text(receipt)
    assert one.clicks <= 7


def test_a_demand_is_joined_in_4(hand: Callable[[Role, str], Hand], ask: Callable[[str], list[Any]]) -> None:
    one = hand(Role.SOCIAL_WORKER, "new_demand")
    query = """SELECT d.id, d.text, e.name, d.supporters FROM demand d JOIN estate e ON d.estate_id = e.id
               WHERE d.status = 'accepted' ORDER BY d.id DESC LIMIT 1"""
    [(number, words, home, before)] = ask(query)
    one.choose(says("demand.field.estate"), home)
    one.type(one.page.get_by_role("textbox", name=says("demand.field.text")), words)
    one.press("demand.form.join")
    [(after,)] = ask(f"SELECT supporters FROM demand WHERE id = {number}")
    assert (after, one.clicks <= 4) == (before + 1, True)


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


def test_a_source_is_recorded_in_5(hand: Callable[[Role, str], Hand], ask: Callable[[str], list[Any]]) -> None:
    one = hand(Role.PLANNER, "money")
    one.click(one.page.get_by_text(says("money.section.projects"), exact=True))
    one.mark_line(0)
    one.click(one.page.get_by_text(says("money.new_source"), exact=True))
    one.choose(says("money.source.from"), says("source_kind.private"))
    one.type(one.page.get_by_role("spinbutton", name=says("money.source.pledged")).first, "1234")
    one.press("money.save_source")
    assert ask("SELECT count(*) FROM project_funding WHERE pledged = 123400") == [(1,)]
    assert one.clicks <= 5


def test_an_outline_of_four_corners_is_drawn_in_5(
    hand: Callable[[Role, str], Hand], city: tuple[str, Store], ask: Callable[[str], list[Any]]
) -> None:
    made = by_hand.create_estate(city[1], Actor(role=Role.ADMIN, login="admin"), NewEstate(name="果园里", pin=_FREE))
    one = hand(Role.SOCIAL_WORKER, f"estate?estate={made.id}")
    west, south = _FREE
    for lon, lat in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
        one.window.click_map(west + lon * _SIDE, south + lat * _SIDE)
        one.clicks += 1
    one.press("estate.file.draw_save")
    [(kept,)] = ask(f"SELECT min_lon FROM estate WHERE id = {made.id}")
    assert abs(kept - (west - _SIDE)) < _SIDE / 5
    assert one.clicks <= 5


def test_one_gate_of_one_estate_is_recorded_in_3(
    hand: Callable[[Role, str], Hand], ask: Callable[[str], list[Any]]
) -> None:
    [(before,)] = ask("SELECT count(*) FROM gate_fact")
    one = hand(Role.SOCIAL_WORKER, "gates")
    one.mark_line(0)
    one.choose(says("gates.gate"), says("gate.no_double_funding"), last=True)
    one.type(one.page.get_by_role("textbox", name=says("gates.source")), "建管科 2026-11-20 核对")
    one.press("gates.save")
    assert ask("SELECT count(*) FROM gate_fact") == [(before + 1,)]
    assert one.clicks <= 3


def test_gates_of_100_estates_are_recorded_in_8(
    hand: Callable[[Role, str], Hand], city: tuple[str, Store], ask: Callable[[str], list[Any]]
) -> None:
    with city[1].write() as unit:
        many = [EstateDraft(code=f"PL{at:03}", name=f"平{at:03}", facts=EstateFacts()) for at in range(100)]
        estates_store.add_estates(unit.connection, many, collected_on=date(2026, 3, 1), collector="测试")
        unit.commit()
    one = hand(Role.SOCIAL_WORKER, "gates")
    one.click(one.page.get_by_role("link", name=says("estate_table.from_gates")))
    grid = one.page.get_by_test_id("stDataFrame").last
    one.page.wait_for_timeout(500)
    box = grid.bounding_box()
    assert box is not None
    one.page.mouse.click(box["x"] + 300, box["y"] + _HEADING + _LINE // 2)
    one.clicks += 1
    one.window.context.grant_permissions(["clipboard-read", "clipboard-write"])
    line = "\t".join(("无", "是", "无", "", "2026-11-20", "摸底表"))
    one.page.evaluate("words => navigator.clipboard.writeText(words)", "\n".join([line] * 100))
    one.page.keyboard.press("Control+V")
    one.window.idle()
    one.click(one.page.get_by_role("button", name="保存"))
    assert ask("SELECT count(DISTINCT estate_id) FROM gate_fact WHERE source = '摸底表'") == [(100,)]
    assert one.clicks <= 8
