"""A voting station in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from browser_harness import Visit, serve_app
from kiosk_run import PIN, TITLE, prepare, vote
from playwright.sync_api import Page

#: Many more voters in a row: ``python tests/browser/kiosk_run.py --voters 1000``.
VOTERS = 100


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_no_voter_sees_anything_of_the_one_before(visit: Callable[..., Visit], tmp_path: Path) -> None:
    """H082: whether the voter before pressed Back, reloaded or opened another tab."""
    home = tmp_path / "home"
    poll_id, token, slips = prepare(home, VOTERS)
    with serve_app(home, tmp_path / "server.log") as address:
        window = visit(address)
        window.context.add_cookies([{"name": "renovation_station", "value": token, "url": address}])
        window.context.set_default_timeout(60_000)
        outcome = vote(window, home, poll_id, slips)
        window.assert_clean()
    assert outcome.leaks == []
    assert outcome.ballots == VOTERS


def _assert_only_the_ballot(page: Page, address: str) -> None:
    assert page.locator("h1").all_inner_texts() == [TITLE]
    assert page.url == f"{address}/"
    assert page.locator('[role="dialog"]:visible').count() == 0
    assert page.locator('[data-testid="stSidebarNav"]').count() == 0
    assert page.locator('a[href]:not([href^="#"]):visible').count() == 0


@pytest.mark.browser
def test_nothing_leads_out_of_a_station_but_the_pin(visit: Callable[..., Visit], tmp_path: Path) -> None:
    home = tmp_path / "home"
    _, token, _ = prepare(home, 1)
    with serve_app(home, tmp_path / "server.log") as address:
        window = visit(address)
        window.context.add_cookies([{"name": "renovation_station", "value": token, "url": address}])
        for path in ("kiosk", "log?scope=1", "deep/er/estates?x=%3Cscript%3E", "?page=log"):
            page = window.open(path)
            _assert_only_the_ballot(page, address)
        page.go_back()
        window.idle()
        # Keys that Streamlit itself listens to.
        page.keyboard.press("c")
        page.keyboard.press("r")
        window.idle()
        _assert_only_the_ballot(page, address)
        page.get_by_role("button", name="工作人员").click()
        page.get_by_label("工作人员密码").fill(PIN)
        page.get_by_role("button", name="结束投票，改回普通电脑").click()
        page.get_by_role("heading", name="登录").wait_for()
        window.assert_clean()
