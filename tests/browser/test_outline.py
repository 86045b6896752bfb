"""Drawing an outline in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from browser_harness import Visit

pytestmark = pytest.mark.browser

SCRIPT = Path(__file__).with_name("outline_script.py").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def address(serve_script: Callable[[str], str]) -> str:
    """Where the page of ``outline_script.py`` is served."""
    return serve_script(SCRIPT)


def test_an_outline_is_drawn_closed_and_mended(address: str, visit: Callable[..., Visit]) -> None:
    window = visit(address)
    window.open()
    for corner in ((114.35, 23.05), (114.45, 23.05), (114.45, 23.15), (114.35, 23.15)):
        window.click_map(*corner)
    # What is drawn counts before it is closed, so that saving is the next click.
    window.page.get_by_text("area=[114.35, 23.05, 114.45, 23.15]", exact=True).wait_for()
    window.click_map(114.35, 23.05)
    window.click_map(114.45, 23.15)
    window.click_map(114.48, 23.18)
    window.page.get_by_text("area=[114.35, 23.05, 114.48, 23.18]", exact=True).wait_for()
    window.page.get_by_role("button", name="重新画").click()
    window.page.get_by_text("area=None", exact=True).wait_for()
    window.assert_clean()
