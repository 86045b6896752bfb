"""What somebody has begun to write: still there after looking elsewhere, and after the session has ended."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from browser_harness import Staff, Visit, opened
from playwright.sync_api import Locator, Page, expect

from renovation.model.accounts import Role
from renovation.model.clock import now
from renovation.services.demo import DEMO_PASSWORD
from renovation.services.staff import accounts
from renovation.store import Store
from renovation.store.staff import accounts as stored
from renovation.text import Language, text

pytestmark = pytest.mark.browser

WORDS = "楼道灯坏了两个月，老人晚上不敢下楼"


def says(key: str, **fields: object) -> str:
    return text(key, Language.ZH, **fields)


def field(page: Page) -> Locator:
    return page.get_by_label(says("demand.field.text"))


def turn_to(visit: Visit, name: str) -> None:
    """Click a page's name as a hand does: pressed for a moment."""
    words = says(f"page.{name}")
    visit.page.get_by_role("link", name=words, exact=True).click(delay=200)
    expect(visit.page.get_by_role("heading", name=words, exact=True)).to_be_visible()
    visit.idle()


def choose_estate(page: Page) -> str:
    page.get_by_role("combobox", name=says("demand.field.estate")).click()
    first = page.get_by_role("option").first
    name = first.inner_text()
    first.click()
    return name


def age(store: Store, token: str, minutes: int) -> None:
    """Let a session look as if nobody had clicked for so long."""
    with store.write() as unit:
        stored.touch_session(unit.connection, accounts.token_hash(token), now() - timedelta(minutes=minutes))
        unit.commit()


def sign_in(visit: Visit, login: str) -> None:
    visit.page.get_by_label(says("account.login")).fill(login)
    visit.page.get_by_label(says("account.password"), exact=True).fill(DEMO_PASSWORD)
    visit.page.get_by_role("button", name=says("account.sign_in"), exact=True).click()


def sign_out(visit: Visit) -> None:
    button = visit.page.get_by_role("button", name=says("account.sign_out"), exact=True)
    button.click()
    # Turning to another page at once would take the click back.
    expect(button).to_have_count(0)
    visit.idle()


def test_a_half_filled_demand_waits_for_its_writer(app: str, visit: Callable[..., Visit], staff: Staff) -> None:
    window = visit(app)
    window.sign_in(staff.token(Role.SOCIAL_WORKER))
    page = window.open("new_demand")
    estate = choose_estate(page)
    window.idle()
    field(page).press_sequentially(WORDS)
    turn_to(window, "demands")
    turn_to(window, "new_demand")
    expect(field(page)).to_have_value(WORDS)
    expect(page.get_by_role("combobox", name=says("demand.field.estate"))).to_have_value(estate)
    # Words reach the server while they are typed, so a reload finds them too.
    field(page).press_sequentially("。")
    page.wait_for_timeout(1500)
    window.idle()
    page.reload()
    expect(field(page)).to_have_value(WORDS + "。")
    window.idle()
    page.get_by_role("button", name=says("draft.discard"), exact=True).click()
    expect(field(page)).to_have_value("")
    turn_to(window, "demands")
    turn_to(window, "new_demand")
    expect(field(page)).to_have_value("")
    expect(page.get_by_role("button", name=says("draft.discard"), exact=True)).to_have_count(0)


def test_the_end_of_a_session_is_told_and_takes_nothing(demonstration, app: str, visit: Callable[..., Visit]) -> None:  # type: ignore[no-untyped-def]
    window = visit(app)
    page = window.open("sign_in")
    sign_in(window, "shegong")
    window.idle()
    turn_to(window, "new_demand")
    field(page).press_sequentially(WORDS)
    token = next(one["value"] for one in window.context.cookies() if one["name"] == "renovation_session")
    page.wait_for_timeout(1500)
    window.idle()
    with opened(demonstration) as store:
        age(store, token, 27)
        stay = page.get_by_role("button", name=says("shell.stay"), exact=True)
        expect(stay).to_be_visible()
        stay.click()
        expect(stay).to_have_count(0)
        assert accounts.session_account(store, token) is not None
        age(store, token, 31)
    page.get_by_role("button", name=says("demand.form.save"), exact=True).click()
    expect(page.get_by_text(says("shell.session_over"), exact=True)).to_be_visible()
    expect(field(page)).to_have_count(0)
    # Somebody else finds the page, and nothing in it.
    sign_in(window, "guihua")
    expect(field(page)).to_have_value("")
    sign_out(window)
    window.open("new_demand")
    sign_in(window, "shegong")
    expect(field(page)).to_have_value(WORDS)
    window.idle()
    sign_out(window)
    window.open("new_demand")
    sign_in(window, "shegong")
    expect(field(page)).to_have_value("")


@pytest.mark.parametrize(
    ("path", "label", "typed"),
    [
        ("money", "money.column.name", "市级老旧小区补助"),
        ("estate?estate=1", "estate.column.note", "三号楼漏水，已两次报修"),
        ("panel", "panel.field.assessors", "张工、李工、周工"),
    ],
    ids=["a pot", "an estate's file", "a panel"],
)
def test_other_forms_wait_as_well(
    app: str, visit: Callable[..., Visit], staff: Staff, path: str, label: str, typed: str
) -> None:
    window = visit(app)
    window.sign_in(staff.token(Role.PLANNER))
    page = window.open(path)
    if path.startswith("estate"):
        page.get_by_role("radio", name=says("estate.file.tab_edit"), exact=True).click()
        window.idle()

    def written() -> Locator:
        return page.get_by_label(says(label), exact=True).last

    opener = {"panel": "panel.new", "money": "money.new_pot"}.get(path)
    if opener and not written().is_visible():
        page.get_by_text(says(opener), exact=True).click()
    written().fill("")
    written().press_sequentially(typed)
    # Sent while it is typed, so a reload finds it.
    page.wait_for_timeout(1500)
    window.idle()
    page.reload()
    window.idle()
    if path.startswith("estate"):
        page.get_by_role("radio", name=says("estate.file.tab_edit"), exact=True).click()
        window.idle()
    expect(written()).to_have_value(typed)
    discard = page.get_by_role("button", name=says("draft.discard"), exact=True)
    expect(discard).to_be_visible()
    discard.click()
    expect(discard).to_have_count(0)
    expect(written()).not_to_have_value(typed)
