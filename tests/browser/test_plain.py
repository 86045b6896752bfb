"""The residents' plain pages in a browser: without scripts from the first page to the last, and inside the app."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browser_harness import LAPTOP, PHONE, Visit, make_phone, opened, violations
from playwright.sync_api import Browser, Page

from renovation.model import addresses
from renovation.model.accounts import Actor, Role
from renovation.model.demands import DemandFilter, DemandStatus
from renovation.model.scope import EVERYWHERE
from renovation.services.demands import demands, work
from renovation.text import Language, text
from renovation.web import residents

#: The smallest picture.
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAAAAABX3VL4AAAADklEQVR4nGNsYGBiYAAAApIAhPd8o1gAAAAASUVORK5CYII="
CLERK = Actor(role=Role.SOCIAL_WORKER, login="worker")

pytestmark = pytest.mark.browser

NO_PAGE = ("/language", "-worker.js", "/bundle", "/sketch", "{name}", "/alive", "/read-code")
PAGES = [route.path for route in residents.ROUTES if not route.path.endswith(NO_PAGE)]
#: The app's page that shows a plain one.
SHOWN = {
    "kiosk": addresses.VOTE,
    "check_receipt": addresses.RECEIPT,
    "public_demand": addresses.DEMAND,
    "my_demand": addresses.MY_DEMAND,
    "public_results": addresses.RESULTS,
    "adopt": addresses.ADOPT,
}


@pytest.fixture(params=[False, True], ids=["without scripts", "old"])
def phone(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A phone whose browser runs no scripts at all, and one of 2015."""
    context = make_phone(browser, old=request.param)
    page, errors = context.new_page(), []
    page.on("pageerror", lambda error: errors.append(error))
    yield page
    context.close()
    assert errors == []


@pytest.mark.parametrize("path", PAGES)
def test_a_plain_page_is_for_everybody(app: str, path: str, visit: Callable[..., Visit]) -> None:
    window = visit(app)
    for size in (LAPTOP, PHONE):
        window.page.set_viewport_size(size)
        for language in Language:
            window.page.goto(f"{app}{path}?lang={language.value}")
            assert violations(window.page) == []
            assert window.page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
    assert [*window.foreign, *window.errors, *window.refused] == []


@pytest.mark.parametrize("name", SHOWN)
def test_the_app_shows_the_plain_page(app: str, name: str, visit: Callable[..., Visit]) -> None:
    window = visit(app)
    page = window.open(name)
    title = text(f"page.{name}", Language.ZH)
    first = text("kiosk.welcome", Language.ZH) if name == "kiosk" else title
    inside = page.frame_locator(f'iframe[title="{title}"]')
    assert inside.locator("h1").text_content() == first
    # The frame around names the page already.
    assert inside.locator("nav").is_hidden()
    assert page.frames[-1].url.startswith(f"{app}{SHOWN[name]}?")
    window.assert_clean()


def test_a_receipt_is_checked_without_scripts(app: str, phone: Page) -> None:
    phone.goto(f"{app}{addresses.RECEIPT}")
    phone.get_by_role("button", name="English").click()
    phone.get_by_label("Receipt").fill("松树-海鸥-482-739-1560")
    phone.get_by_role("button", name="Check").click()
    assert phone.url == f"{app}{addresses.RECEIPT}"
    phone.get_by_text("This receipt is not on any list").wait_for()
    phone.reload()
    phone.get_by_text("This receipt is not on any list").wait_for()
    phone.get_by_role("button", name="中文").click()
    phone.get_by_role("heading", name="查投票回执").wait_for()


def test_a_demand_is_given_followed_and_judged_without_scripts(app: str, phone: Page, demonstration: Path) -> None:
    phone.goto(f"{app}{addresses.DEMAND}")
    phone.get_by_label("哪个小区").fill("康乐")
    phone.get_by_role("button", name="找一找").click()
    phone.get_by_role("link", name="康乐小区").click()
    phone.get_by_role("button", name="在图上点出具体位置").click(position={"x": 150, "y": 160})
    phone.get_by_text("已点在").wait_for()
    phone.get_by_role("button", name="下一步").click()
    phone.get_by_label("类别").select_option("lighting")
    phone.get_by_label("诉求内容").fill("楼道里的灯一闪一闪")
    phone.get_by_role("button", name="下一步").click()
    phone.get_by_label("现场照片").set_input_files(
        {"name": "灯.png", "mimeType": "image/png", "buffer": base64.b64decode(DOT)}
    )
    phone.get_by_label("我已看过").check()
    phone.get_by_role("button", name="保存").click()
    number = phone.locator(".large").text_content() or ""
    assert number.startswith("SQ-")
    assert phone.url == f"{app}{addresses.DEMAND}"
    phone.reload()
    assert phone.locator(".large").text_content() == number
    with opened(demonstration) as store:
        kept = demands.by_receipt(store, number, CLERK)
        (row,) = [
            row
            for row in demands.list_demands(store, CLERK, DemandFilter(scope=EVERYWHERE), limit=5)
            if row.demand.receipt == kept
        ]
        assert row.demand.building_id is not None
        work.dispatch_demand(store, CLERK, row.demand.id, "城管局")
        work.accept_demand(store, CLERK, row.demand.id)
        work.answer_demand(store, CLERK, row.demand.id, "灯已换好")
    phone.get_by_role("link", name="查诉求进度").first.click()
    phone.get_by_label("诉求编号").fill(number)
    phone.get_by_role("button").last.click()
    phone.get_by_text("灯已换好").wait_for()
    phone.get_by_role("button", name="解决了", exact=True).click()
    with opened(demonstration) as store:
        assert demands.follow_demand(store, number).status is DemandStatus.CLOSED
