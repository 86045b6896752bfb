"""Every page of the real app in a real browser, with the network cut."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from browser_harness import PHONE, Visit, serve_app, viewer

from renovation.config import CHECKOUT
from renovation.model.accounts import Role
from renovation.text import Language, text
from renovation.ui.navigation import PAGES, Entry

pytestmark = pytest.mark.browser

ENTRIES = [entry for entry in PAGES if (CHECKOUT / entry.path).is_file()]
MAPS = 'iframe[src*="streamlit_folium.st_folium"]'


def path_of(file: str) -> str:
    """Return the page's address; the first page has none."""
    return "" if file == "home" else file


def test_every_page_file_is_in_the_navigation() -> None:
    files = {path.stem for path in (CHECKOUT / "pages").glob("*.py")} - {"__init__"}
    assert files == {entry.file for entry in ENTRIES}


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.file)
def test_a_page_asks_nothing_of_the_world_and_fits_its_window(
    entry: Entry, app: str, visit: Callable[..., Visit], staff_tokens: dict[Role, str]
) -> None:
    window = visit(app)
    if not entry.public:
        window.sign_in(staff_tokens[viewer(entry)])
    page = window.open(path_of(entry.file))
    if page.locator(MAPS).count():
        window.map_frame()
    # A hidden page opened without saying which thing it is about may hold only a hint.
    assert entry.hidden or page.locator("h1").count() >= 1
    assert window.overflow() <= 1
    page.set_viewport_size(PHONE)
    page.wait_for_timeout(400)
    assert window.overflow() <= 1
    window.assert_clean()


def test_the_first_visitors_deep_link_finds_the_navigation(
    demonstration: Path, staff_tokens: dict[Role, str], visit: Callable[..., Visit], tmp_path: Path
) -> None:
    with serve_app(demonstration, tmp_path / "server.log") as address:
        window = visit(address)
        window.sign_in(staff_tokens[Role.ADMIN])
        page = window.open("settings")
        assert page.get_by_test_id("stSidebarNavLink").count() > 5


@pytest.mark.parametrize("entry", [entry for entry in ENTRIES if not entry.public], ids=lambda entry: entry.file)
def test_a_stranger_sees_no_staff_page(entry: Entry, app: str, visit: Callable[..., Visit]) -> None:
    window = visit(app)
    page = window.open(path_of(entry.file))
    assert page.locator("table, iframe, [data-testid=stDataFrame]").count() == 0
    assert page.get_by_text(text(f"page.{entry.file}", Language.ZH), exact=True).count() == 0
    assert not window.foreign
