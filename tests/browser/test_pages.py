"""Every page of the real app in a real browser, with the network cut."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browser_harness import LAPTOP, PHONE, Staff, Visit, opened, serve_app, viewer
from playwright.sync_api import Browser

from renovation.config import CHECKOUT
from renovation.model import clock
from renovation.model.accounts import Role
from renovation.model.clock import now
from renovation.services.staff import accounts
from renovation.text import Language, text
from renovation.ui.frame.navigation import PAGES, Entry

pytestmark = pytest.mark.browser

ENTRIES = [entry for entry in PAGES if (CHECKOUT / entry.path).is_file()]
MAPS = 'iframe[src*="streamlit_folium.st_folium"]'


def path_of(file: str) -> str:
    """Return the page's address; the first page has none."""
    return "" if file == "home" else file


def test_a_shared_session_is_begun_anew_once_it_is_over(demonstration: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(demonstration) as store:
        staff = Staff(store)
        first = staff.token(Role.ADMIN)
        assert staff.token(Role.ADMIN) == first
        later = now() + accounts.IDLE
        monkeypatch.setattr(clock, "tick", lambda: later)
        second = staff.token(Role.ADMIN)
        assert second != first
        assert accounts.session_account(store, second) is not None


def test_every_page_file_is_in_the_navigation() -> None:
    files = {path.stem for path in (CHECKOUT / "pages").glob("*.py")} - {"__init__"}
    assert files == {entry.file for entry in ENTRIES}


@pytest.fixture(scope="module")
def window_for(browser: Browser, app: str, staff: Staff) -> Iterator[Callable[[Entry], Visit]]:
    """Each role's window, in which one page is opened after the other, as people do."""
    opened: dict[Role | None, Visit] = {}

    def find(entry: Entry) -> Visit:
        role = None if entry.public else viewer(entry)
        token = None if role is None else staff.token(role)
        if role in opened and opened[role].token != token:
            opened.pop(role).close()
        if role not in opened:
            opened[role] = Visit.begin(browser, app)
            if token is not None:
                opened[role].sign_in(token)
            opened[role].open()
        opened[role].forget()
        return opened[role]

    yield find
    for window in opened.values():
        window.close()


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.file)
def test_a_page_asks_nothing_of_the_world_and_fits_its_window(
    entry: Entry, window_for: Callable[[Entry], Visit]
) -> None:
    window = window_for(entry)
    page = window.page
    page.set_viewport_size(LAPTOP)
    window.go(path_of(entry.file))
    if page.locator(MAPS).count():
        window.map_frame()
    # The file of one thing, opened without saying of which, may hold only a hint.
    assert entry.file in ("estate", "demand") or page.locator("h1").count() >= 1
    assert window.overflow() <= 1
    window.resize(PHONE)
    assert window.overflow() <= 1
    assert page.get_by_test_id("stAlertContentError").count() == 0
    window.assert_clean()


def test_the_first_visitors_deep_link_finds_the_navigation(
    demonstration: Path, staff: Staff, visit: Callable[..., Visit], tmp_path: Path
) -> None:
    with serve_app(demonstration, tmp_path / "server.log") as address:
        window = visit(address)
        window.sign_in(staff.token(Role.ADMIN))
        page = window.open("settings")
        assert page.get_by_test_id("stSidebarNavLink").count() > 5


@pytest.mark.parametrize("file", ["estates", "log", "accounts"])
def test_a_stranger_sees_no_staff_page(file: str, app: str, visit: Callable[..., Visit]) -> None:
    """The rest, page by page, is in ``tests/pages/test_every_page.py``; here it is the whole app that is asked."""
    window = visit(app)
    page = window.open(file)
    assert page.locator("table, iframe, [data-testid=stDataFrame]").count() == 0
    assert page.get_by_text(text(f"page.{file}", Language.ZH), exact=True).count() == 0
    assert not window.foreign
