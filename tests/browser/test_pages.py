"""Every page of the real app in a real browser, with the network cut."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from browser_harness import LAPTOP, PHONE, Visit

from renovation.config import CHECKOUT
from renovation.model.accounts import Role
from renovation.text import Language, text
from renovation.ui.navigation import PAGES

pytestmark = pytest.mark.browser

FILES = sorted(path.stem for path in (CHECKOUT / "pages").glob("*.py") if path.stem != "__init__")
PUBLIC = {entry.file for entry in PAGES if entry.public}


def path_of(file: str) -> str:
    """Return the page's address; the first page has none."""
    return "" if file == "home" else file


def test_every_page_file_is_in_the_navigation() -> None:
    assert set(FILES) <= {entry.file for entry in PAGES}


@pytest.mark.parametrize("file", FILES)
def test_a_page_asks_nothing_of_the_world(
    file: str, app: str, visit: Callable[..., Visit], staff_tokens: dict[Role, str]
) -> None:
    window = visit(app)
    window.sign_in(staff_tokens[Role.PLANNER if file not in PUBLIC else Role.ADMIN])
    page = window.open(path_of(file))
    if page.locator("iframe").count():
        window.map_frame()
    assert page.locator("h1").count() >= 1
    window.assert_clean()


@pytest.mark.parametrize("file", [file for file in FILES if file not in PUBLIC])
def test_a_stranger_sees_no_staff_page(file: str, app: str, visit: Callable[..., Visit]) -> None:
    window = visit(app)
    page = window.open(path_of(file))
    assert page.locator("table, iframe, [data-testid=stDataFrame]").count() == 0
    assert page.get_by_text(text(f"page.{file}", Language.ZH), exact=True).count() == 0
    assert window.foreign == []


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("viewport", [LAPTOP, PHONE], ids=["laptop", "phone"])
def test_no_page_scrolls_sideways(
    file: str, viewport: dict[str, int], app: str, visit: Callable[..., Visit], staff_tokens: dict[Role, str]
) -> None:
    window = visit(app, viewport=viewport)
    window.sign_in(staff_tokens[Role.ADMIN])
    page = window.open(path_of(file))
    overflow = page.evaluate(
        """() => {
          const main = document.querySelector('[data-testid="stMain"]')
          return Math.max(main.scrollWidth - main.clientWidth, document.documentElement.scrollWidth - innerWidth)
        }"""
    )
    assert overflow <= 1
