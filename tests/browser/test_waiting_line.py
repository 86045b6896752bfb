"""A phone whose typed code has to wait tries it again by itself, and its owner types nothing twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from browser_harness import PHONE, Visit, opened, serve_app
from kiosk_run import BOX, TITLE, open_poll
from playwright.sync_api import expect

from renovation.model import addresses
from renovation.model.clock import now
from renovation.model.codes import make_code
from renovation.model.elections import BallotKind
from renovation.model.polls import PollSettings
from renovation.services.staff import guesses
from renovation.store.staff import budgets

pytestmark = pytest.mark.browser


def _flood(home: Path) -> None:
    """Leave nothing of what is looked up for all: who has just come waits some twelve seconds for it then."""
    with opened(home) as store, store.write() as unit:
        while budgets.take(unit.connection, "guesses", now(), guesses.SHARED, left=0) is None:
            pass
        unit.commit()


def test_a_code_that_has_to_wait_is_tried_again_by_the_page(visit: Callable[..., Visit], tmp_path: Path) -> None:
    settings = PollSettings(title=TITLE, ballot_kind=BallotKind.APPROVAL, budget=1_000_000_00, max_choices=3)
    with opened(tmp_path) as store:
        code = open_poll(store, settings, 2).codes.pop()
    with serve_app(tmp_path, tmp_path / "server.log") as address:
        phone = visit(address, viewport=PHONE)
        page = phone.page
        page.goto(f"{address}{addresses.VOTE}")
        page.locator(BOX).fill(code)
        _flood(tmp_path)
        page.locator(".next").click()
        expect(page.locator("#again")).to_contain_text("秒后这一页自己再试")
        expect(page.locator(BOX)).to_have_value(code)
        # Untouched.
        page.locator("body.how").wait_for()
        # What is changed by hand is not sent by itself.
        page.goto(f"{address}{addresses.VOTE}")
        page.locator(BOX).fill(make_code())
        _flood(tmp_path)
        page.locator(".next").click()
        page.locator("#again").wait_for()
        page.locator(BOX).press("Backspace")
        expect(page.locator("#again")).to_be_hidden()
        assert not phone.foreign
