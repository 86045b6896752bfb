"""What residents see, checked with axe-core against WCAG 2.2 A and AA."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.resources import files

import pytest
from browser_harness import LAPTOP, PHONE, Visit, opened, serve_app, vote_key
from kiosk_run import open_poll
from playwright.sync_api import Browser, Page, expect

from renovation.model.elections import BallotKind
from renovation.model.polls import PollSettings
from renovation.ui.frame.navigation import PAGES

pytestmark = pytest.mark.browser

_AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
_RUN = """async () => (await axe.run(document, {
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], resultTypes: ["violations"],
})).violations.map(one => one.id + ": " + one.nodes.map(node => node.target + " " + node.failureSummary).join(" | "))"""
_KINDS = {
    BallotKind.APPROVAL: {"max_choices": 3},
    BallotKind.CHOOSE_ONE: {},
    BallotKind.KNAPSACK: {},
    BallotKind.POINTS: {"max_points": 6},
    BallotKind.RANKING: {},
    BallotKind.YES_NO: {},
}


@dataclass
class Polls:
    """A server with a poll of each kind, and a code for each."""

    address: str
    codes: dict[BallotKind, str]


@pytest.fixture(scope="module")
def polls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Polls]:
    """Serve a poll of each kind of ballot."""
    home = tmp_path_factory.mktemp("axe")
    codes = {}
    with opened(home) as store:
        for kind, more in _KINDS.items():
            settings = PollSettings(title=f"投票 {kind.value}", ballot_kind=kind, budget=1_000_000_00, **more)
            codes[kind] = open_poll(store, settings, 1).codes[0]
    with serve_app(home, home / "server.log") as address:
        yield Polls(address, codes)


def _violations(page: Page) -> list[str]:
    if not page.evaluate("() => Boolean(window.axe)"):
        page.evaluate(_AXE)
    return list(page.evaluate(_RUN))


def _press(window: Visit, words: str) -> None:
    window.page.get_by_role("button", name=words).first.click()
    window.idle()


@pytest.mark.parametrize("kind", list(_KINDS), ids=lambda kind: kind.value)
def test_every_screen_of_a_ballot(kind: BallotKind, polls: Polls, visit: Callable[..., Visit]) -> None:
    window = visit(polls.address)
    page = window.open("kiosk")
    page.get_by_label("投票码").fill(polls.codes[kind])
    page.keyboard.press("Enter")
    page.get_by_role("button", name="开始选").wait_for()
    window.idle()
    found = {"how": _violations(page)} if kind is BallotKind.APPROVAL else {}
    vote_key(page, "Enter", "how")
    page.get_by_role("button", name="一项也不选").wait_for()
    window.idle()
    vote_key(page, "1", "choose")
    page.get_by_role("button", name="选好了，检查一下").wait_for()
    window.idle()
    if kind is BallotKind.APPROVAL:
        # With the keyboard alone: the place is kept when a card turns into a chosen one.
        take = page.locator('[class*="_take_2"] button')
        take.focus()
        page.keyboard.press("Space")
        page.get_by_text("已选 2 / 3").wait_for()
        window.idle()
        expect(take).to_be_focused()
        take.blur()
    found["choose"] = _violations(page)
    if kind is BallotKind.KNAPSACK:
        _press(window, "黑底黄字")
        _press(window, "字大一些")
        found["contrast"] = _violations(page)
    for before, name, next_words in (
        ("choose", "review", "没错，下一步"),
        ("review", "confirm", "投出这一票"),
        ("confirm", "receipt", "好了，下一位"),
    ):
        vote_key(page, "Enter", before)
        page.get_by_role("button", name=next_words).wait_for()
        window.idle()
        found[name] = _violations(page)
        if kind is not BallotKind.APPROVAL:
            # What follows looks the same for every kind of ballot.
            break
    assert {name: one for name, one in found.items() if one} == {}
    window.assert_clean()


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
    found = _violations(page)
    resident.resize(PHONE)
    assert found + _violations(page) == []
