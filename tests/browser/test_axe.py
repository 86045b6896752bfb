"""The app's pages that residents see, checked with axe-core against WCAG 2.2 A and AA."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browser_harness import LAPTOP, PHONE, Visit, violations
from playwright.sync_api import Browser

from renovation.ui.frame.navigation import PAGES

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def resident(browser: Browser, app: str) -> Iterator[Visit]:
    """A resident's window, in which one page is opened after the other."""
    window = Visit.begin(browser, app)
    window.open()
    yield window
    window.close()


@pytest.mark.parametrize("file", [entry.file for entry in PAGES if entry.public])
def test_every_page_of_residents(file: str, resident: Visit) -> None:
    resident.page.set_viewport_size(LAPTOP)
    page = resident.go("" if file == "home" else file)
    found = violations(page)
    resident.resize(PHONE)
    assert found + violations(page) == []
