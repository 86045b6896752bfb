"""A voting station in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from browser_harness import Visit, opened, serve_app
from kiosk_run import PIN, TITLE, prepare, vote
from playwright.sync_api import Page, expect

from renovation.model.accounts import Role
from renovation.model.clock import now
from renovation.model.scope import EVERYWHERE
from renovation.services.staff import accounts
from renovation.store.polls import polls as stored
from renovation.store.staff import accounts as stored_accounts

#: Many more voters in a row: ``python tests/browser/kiosk_run.py --voters 1000``.
VOTERS = 100


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_no_voter_sees_anything_of_the_one_before(visit: Callable[..., Visit], tmp_path: Path) -> None:
    """H082: whether the voter before pressed Back, reloaded or opened another tab."""
    home = tmp_path / "home"
    poll_id, token, slips = prepare(home, VOTERS)
    with serve_app(home, tmp_path / "server.log") as address:
        window = visit(address)
        window.context.add_cookies([{"name": "renovation_station", "value": token, "url": address}])
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


@pytest.mark.browser
def test_every_tab_of_the_browser_is_locked_with_it(visit: Callable[..., Visit], tmp_path: Path) -> None:
    """Also those opened before: one that nobody signed in on, and one of somebody else of the staff."""
    home = tmp_path / "home"
    prepare(home, 1)
    held = []
    with opened(home) as store:
        for login in ("zhang", "li"):
            with store.write() as unit:
                account = stored_accounts.add(
                    unit.connection,
                    login=login,
                    name=login,
                    role=Role.SOCIAL_WORKER,
                    password_hash="none",
                    created_at=now(),
                    scope=EVERYWHERE,
                )
                unit.commit()
            held.append(accounts.begin_session(store, account).token)
    with serve_app(home, tmp_path / "server.log") as address:
        window = visit(address)
        public = window.open("check_receipt")
        tabs = [public]
        for token in held:
            window.sign_in(token)
            window.page = window.context.new_page()
            tabs.append(window.open("station" if token == held[-1] else "demands"))
        for label in ("工作人员密码（6 位数字）", "再输一次"):
            window.page.get_by_role("textbox", name=label).fill(PIN)
        window.page.keyboard.press("Enter")
        for tab in tabs[1:]:
            expect(tab.locator("h1")).to_have_text([TITLE])
        public.get_by_role("link", name="看结果").click()
        expect(public.locator("h1")).to_have_text([TITLE])
        assert "renovation_session" not in {cookie["name"] for cookie in window.context.cookies()}


@pytest.mark.browser
def test_a_key_held_down_casts_no_ballot(visit: Callable[..., Visit], tmp_path: Path) -> None:
    home = tmp_path / "home"
    poll_id, token, slips = prepare(home, 1)
    with serve_app(home, tmp_path / "server.log") as address:
        window = visit(address)
        window.context.add_cookies([{"name": "renovation_station", "value": token, "url": address}])
        page = window.open()
        page.get_by_label("投票码").fill(slips[0])
        for _ in range(80):
            # A second "down" without an "up" is what a held key sends.
            page.keyboard.down("Enter")
            page.wait_for_timeout(30)
        page.keyboard.up("Enter")
        expect(page.get_by_role("heading", name="怎么投")).to_be_visible(timeout=60_000)
        with opened(home) as store, store.read() as connection:
            assert stored.ballots(connection, poll_id) == ()
