"""The ballot in a real browser: with scripts and without, by keys, in small windows, and at a locked station."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from browser_harness import PHONE, Visit, make_phone, opened, serve_app, violations, vote_key, vote_step
from kiosk_run import BOX, PIN, RECEIPT, TITLE, OpenPoll, open_poll, to_the_last_step, vote
from playwright.sync_api import Browser, Page, expect

from renovation.model import addresses
from renovation.model.accounts import Actor, Role
from renovation.model.clock import now
from renovation.model.elections import BallotKind
from renovation.model.polls import PollSettings
from renovation.model.scope import EVERYWHERE
from renovation.services.polls import stations
from renovation.services.staff import accounts
from renovation.store.polls import polls as stored
from renovation.store.staff import accounts as stored_accounts

pytestmark = pytest.mark.browser

#: Many more voters in a row: ``python tests/browser/kiosk_run.py --voters 1000``.
VOTERS = 10
#: The browser's own bars take their part of a laptop's and of a phone's screen.
WINDOWS = ({"width": 1366, "height": 600}, {"width": 390, "height": 620})
_ADMIN = Actor(role=Role.ADMIN, login="admin")
_KINDS = {
    BallotKind.APPROVAL: {"max_choices": 3},
    BallotKind.CHOOSE_ONE: {},
    BallotKind.KNAPSACK: {},
    BallotKind.POINTS: {"max_points": 6},
    BallotKind.RANKING: {"max_choices": 3},
    BallotKind.YES_NO: {},
}
#: Text and the plain colour behind it whose contrast is below 7:1.
_FAINT = """() => {
  const shade = colour => {
    const [r, g, b, a] = [...colour.match(/[\\d.]+/g).map(Number), 1]
    const part = [r, g, b].map(v => v / 255).map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    return { light: .2126 * part[0] + .7152 * part[1] + .0722 * part[2], a }
  }
  const behind = at => {
    for (; at; at = at.parentElement) {
      const found = shade(getComputedStyle(at).backgroundColor)
      if (found.a === 1) return found.light
    }
    return 1
  }
  return [...document.querySelectorAll("body *")].filter(at => at.checkVisibility() && !at.closest("svg") &&
      [...at.childNodes].some(node => node.nodeType === 3 && node.data.trim())).map(at => {
    const pair = [shade(getComputedStyle(at).color).light, behind(at)].sort((a, b) => b - a)
    return [at.textContent.trim().slice(0, 30), (pair[0] + .05) / (pair[1] + .05)]
  }).filter(([, ratio]) => ratio < 7)
}"""
#: What decides a step and cannot be seen or reached without scrolling.
_HIDDEN = """() => [...document.querySelectorAll("h1, .foot button:not([hidden]), .foot .status")].filter(at => {
  const box = at.getBoundingClientRect()
  const there = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2)
  return box.top < 0 || box.bottom > innerHeight || box.right > innerWidth || !(at === there || at.contains(there))
}).map(at => at.textContent)"""


_BELOW = """found => found.filter(at => at.querySelector(".do").getBoundingClientRect().bottom >
  document.querySelector(".foot").getBoundingClientRect().top).length"""
#: Where the mouse was last.
_NOTE_MOUSE = """() => addEventListener("mousemove", event => {
  window.lies = { screenX: event.screenX, screenY: event.screenY, clientX: event.clientX, clientY: event.clientY }
}, true)"""


@dataclass
class Hall:
    """A server with a poll of each kind, and codes for each."""

    home: Path
    address: str
    polls: dict[BallotKind, OpenPoll]

    def code(self, kind: BallotKind) -> str:
        """Return a code that nobody has used."""
        return self.polls[kind].codes.pop()

    def station(self, window: Visit) -> None:
        """Make a window a station of the approval poll."""
        poll = self.polls[BallotKind.APPROVAL]
        with opened(self.home) as store:
            token = stations.start_station(store, _ADMIN, poll.id, poll.venue_id, PIN)
        window.context.add_cookies([{"name": "renovation_station", "value": token, "url": self.address}])

    def cast(self, kind: BallotKind) -> Counter[tuple[tuple[str, ...], tuple[int | Fraction, ...]]]:
        """Return the ballots in the poll of a kind: what each chose, and its points."""
        with opened(self.home) as store, store.read() as connection:
            return Counter((one.choices, one.points) for one in stored.ballots(connection, self.polls[kind].id))

    def ballots(self, kind: BallotKind) -> int:
        """Return how many have voted in the poll of a kind."""
        return self.cast(kind).total()


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """Serve a poll of each kind of ballot."""
    home = tmp_path_factory.mktemp("hall")
    with opened(home) as store:
        held = {
            kind: open_poll(store, PollSettings(title=TITLE, ballot_kind=kind, budget=1_000_000_00, **more), 30)
            for kind, more in _KINDS.items()
        }
    with serve_app(home, home / "server.log") as address:
        yield Hall(home, address, held)


def _begin(hall: Hall, page: Page, kind: BallotKind) -> None:
    page.goto(f"{hall.address}{addresses.VOTE}")
    page.locator(BOX).fill(hall.code(kind))
    page.keyboard.press("Enter")
    page.locator("body.how").wait_for()


@pytest.mark.parametrize(
    ("kind", "old"),
    [*((kind, False) for kind in _KINDS), (BallotKind.APPROVAL, True), (BallotKind.POINTS, True)],
    ids=lambda one: one.value if isinstance(one, BallotKind) else "old" if one else "without scripts",
)
def test_every_kind_is_voted_on_any_phone(hall: Hall, browser: Browser, kind: BallotKind, old: bool) -> None:
    context, errors = make_phone(browser, old=old), []
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(error))
    _begin(hall, page, kind)
    page.get_by_role("button", name="开始选").click()
    fields = page.locator(".do input")
    if fields.first.get_attribute("type") == "number":
        fields.nth(3).fill("1")
    else:
        fields.nth(3).check()
    for words in ("选好了，检查一下", "没错，下一步", "投出这一票"):
        page.get_by_role("button", name=words).click()
    receipt = page.locator(RECEIPT).inner_text()
    # Back to what was cast, and pressed again.
    page.go_back()
    page.reload()
    assert receipt == page.locator(RECEIPT).inner_text()
    context.close()
    assert errors == []
    assert hall.ballots(kind) >= 1


@pytest.mark.parametrize("kind", list(_KINDS), ids=lambda kind: kind.value)
def test_every_screen_of_a_ballot(kind: BallotKind, hall: Hall, visit: Callable[..., Visit]) -> None:
    window = visit(hall.address)
    page, found, before = window.page, {}, hall.ballots(kind)
    _begin(hall, page, kind)
    vote_key(page, "Enter", "how")
    # Nothing is chosen: whether by Enter or by mouse, nothing goes on.
    vote_key(page, "Enter", "choose")
    page.locator("[role=alert]:visible").wait_for()
    page.locator(".next").click()
    vote_step(page, "choose")
    vote_key(page, "1", "choose")
    if kind is BallotKind.APPROVAL:
        # With the keyboard alone: the place is kept when a card turns into a chosen one.
        take = page.locator("#p2 .take input")
        take.focus()
        page.keyboard.press("Space")
        page.get_by_text("已选 2 / 3").wait_for()
        expect(take).to_be_focused()
        take.blur()
        vote_key(page, "3", "choose")
    for look in ("plain", "contrast"):
        found[f"choose {look}"] = violations(page) + page.evaluate(_FAINT)
        page.locator("button[name=contrast]").click()
        page.locator(f"html{'.contrast' if look == 'plain' else ':not(.contrast)'}").wait_for()
    for step in ("choose", "check", "cast"):
        vote_key(page, "Enter", step)
        page.locator(f"body:not(.{step})").wait_for()
        found[f"after {step}"] = violations(page) + page.evaluate(_FAINT)
        if kind is not BallotKind.APPROVAL:
            # What follows looks the same for every kind of ballot.
            break
    assert {name: one for name, one in found.items() if one} == {}
    assert hall.ballots(kind) == before + (kind is BallotKind.APPROVAL)
    window.assert_clean()


@pytest.mark.parametrize("size", WINDOWS, ids=lambda size: f"{size['width']}x{size['height']}")
def test_what_decides_is_seen_in_small_windows(size: dict[str, int], hall: Hall, visit: Callable[..., Visit]) -> None:
    window = visit(hall.address, viewport=size)
    page = window.page
    for turn in range(3):
        _begin(hall, page, BallotKind.APPROVAL)
        for _ in range(turn):
            page.locator("button[name=size]").click()
            page.wait_for_load_state()
        page.locator(f"html.size{turn}").wait_for()
        for step, after in itertools.pairwise(("how", "choose", "check", "cast", "receipt")):
            vote_step(page, step)
            assert (turn, step, page.evaluate(_HIDDEN)) == (turn, step, [])
            assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
            if step == "choose":
                # What lies below is counted.
                below = page.locator("article").evaluate_all(_BELOW)
                assert page.locator(".below").is_visible() == bool(below)
                assert below or size["width"] > size["height"]
                for number in "123":
                    vote_key(page, number, "choose")
                page.evaluate("scrollTo(0, 0)")
                page.wait_for_function("() => scrollY === 0")
            vote_key(page, "Enter", step)
            page.locator(f"body.{after}").wait_for()
        assert page.evaluate(_HIDDEN) == []
        page.locator(".next").click()
        page.locator("body.welcome").wait_for()
    window.assert_clean()


def test_enter_alone_and_numbers_alone_cast_nothing(hall: Hall, visit: Callable[..., Visit]) -> None:
    window = visit(hall.address)
    page, before = window.page, hall.ballots(BallotKind.APPROVAL)
    hall.station(window)
    _begin(hall, page, BallotKind.APPROVAL)
    vote_key(page, "Enter", "how")
    for _ in range(4):
        # The sentence of the screen before looks the same.
        with page.expect_navigation():
            vote_key(page, "Enter", "choose")
        page.locator("[role=alert]:visible").wait_for()
    for number in "1234560987654321":
        vote_key(page, number, "choose")
    page.locator("body.choose").wait_for()
    # A blank one is two acts with keys of their own, and Enter leads back from it.
    page.reload()
    vote_key(page, "k", "choose")
    vote_key(page, "Enter", "blank")
    vote_key(page, "k", "choose")
    vote_key(page, "b", "blank")
    expect(page.get_by_role("checkbox")).to_be_checked()
    vote_key(page, "Enter", "blank")
    page.locator("body.choose").wait_for()
    assert hall.ballots(BallotKind.APPROVAL) == before
    vote_key(page, "k", "choose")
    vote_key(page, "b", "blank")
    page.get_by_role("button", name="投出空白票").click()
    page.locator(RECEIPT).wait_for()
    assert hall.ballots(BallotKind.APPROVAL) == before + 1


#: What is keyed with the number pad alone, and the ballot that it is: a number again takes it back.
_NUMBERS = {
    BallotKind.CHOOSE_ONE: ("32", {2: ""}),
    BallotKind.KNAPSACK: ("12363", {1: "", 2: "", 6: ""}),
    BallotKind.POINTS: ("111111122", {1: "给了 6 分"}),
    BallotKind.RANKING: ("31233", {1: "排第 1 位", 2: "排第 2 位", 3: "排第 3 位"}),
    BallotKind.YES_NO: ("12-334--", {1: "同意", 2: "不同意"}),
}
_SAID = """() => Object.fromEntries([...document.querySelectorAll(".item.chosen")].map(item => [
  item.querySelector(".number").textContent,
  item.querySelector(".cost").textContent.split(" · ").slice(1).join("")]))"""


def test_numbers_alone_choose_what_the_check_says_and_cast_nothing(hall: Hall, visit: Callable[..., Visit]) -> None:
    page = visit(hall.address, viewport=WINDOWS[0]).page
    for kind, (keys, meant) in _NUMBERS.items():
        before = hall.ballots(kind)
        _begin(hall, page, kind)
        for step, numbers in (("how", "123-0"), ("choose", keys), ("check", "4561-0"), ("cast", "1230-")):
            for key in numbers:
                vote_key(page, key, step)
            if step == "check":
                said = page.evaluate(_SAID)
                assert (kind, {int(number): words for number, words in said.items()}) == (kind, meant)
            if step != "cast":
                vote_key(page, "Enter", step)
        vote_step(page, "cast")
        assert hall.ballots(kind) == before


@pytest.mark.parametrize("size", WINDOWS, ids=lambda size: f"{size['width']}x{size['height']}")
def test_enter_alone_casts_nothing_of_any_kind(size: dict[str, int], hall: Hall, visit: Callable[..., Visit]) -> None:
    page = visit(hall.address, viewport=size).page
    for kind in _KINDS:
        before = hall.ballots(kind)
        _begin(hall, page, kind)
        vote_key(page, "Enter", "how")
        for _ in range(3):
            # The sentence of the screen before looks the same.
            with page.expect_navigation():
                vote_key(page, "Enter", "choose")
            expect(page.get_by_role("alert")).to_be_in_viewport()
        assert (kind, hall.ballots(kind)) == (kind, before)


#: What a mouse presses, and the ballot that it is: a press again takes it back.
_PRESSED: dict[BallotKind, tuple[tuple[str, ...], tuple[str, ...], tuple[int, ...]]] = {
    BallotKind.APPROVAL: (("#p2 .take", "#p5 .take", "#p2 .take", "#p1 .take"), ("p1", "p5"), ()),
    BallotKind.CHOOSE_ONE: (("#p1 .take", "#p4 .take"), ("p4",), ()),
    BallotKind.KNAPSACK: (("#p1 .take", "#p6 .take", "#p3 .take", "#p6 .take"), ("p1", "p3"), ()),
    BallotKind.POINTS: (("#p2 .more", "#p2 .more", "#p3 .more", "#p2 .less"), ("p2", "p3"), (1, 1)),
    BallotKind.RANKING: (("#p3 .more", "#p5 .more", "#p1 .more", "#p5 .less"), ("p3", "p1"), ()),
    BallotKind.YES_NO: (
        ("#p1 .take >> nth=0", "#p3 .take >> nth=1", "#p4 .take >> nth=0", "#p4 .take >> nth=2"),
        ("p1", "p3"),
        (1, -1),
    ),
}


def test_the_mouse_alone_casts_what_it_pressed(hall: Hall, visit: Callable[..., Visit]) -> None:
    page = visit(hall.address, viewport=WINDOWS[0]).page
    for kind, (presses, choices, points) in _PRESSED.items():
        before = hall.cast(kind)
        _begin(hall, page, kind)
        page.locator(".next").click()
        vote_step(page, "choose")
        page.locator(".next").click()
        page.locator("[role=alert]:visible").wait_for()
        vote_step(page, "choose")
        for place in presses:
            page.locator(place).click()
        for step in ("choose", "check", "cast"):
            page.locator(f"body.{step} .next").click()
        page.locator(RECEIPT).wait_for()
        assert list((hall.cast(kind) - before).elements()) == [(choices, points)], kind


def test_a_key_held_down_casts_no_ballot(hall: Hall, visit: Callable[..., Visit]) -> None:
    window = visit(hall.address)
    page, before = window.page, hall.ballots(BallotKind.APPROVAL)
    hall.station(window)
    page.goto(hall.address)
    page.locator(BOX).fill(hall.code(BallotKind.APPROVAL))
    for _ in range(60):
        # A second "down" without an "up" is what a held key sends.
        page.keyboard.down("Enter")
        page.wait_for_timeout(30)
    page.keyboard.up("Enter")
    expect(page.get_by_role("heading", name="怎么投")).to_be_visible()
    assert hall.ballots(BallotKind.APPROVAL) == before


def test_a_code_behind_the_hash_goes_into_the_box_and_out_of_the_address(
    hall: Hall, visit: Callable[..., Visit]
) -> None:
    page = visit(hall.address).page
    page.goto(f"{hall.address}{addresses.VOTE}#{hall.code(BallotKind.CHOOSE_ONE)}")
    page.wait_for_function("() => !location.hash")
    page.get_by_role("button", name="下一步").click()
    page.locator("body.how").wait_for()


def test_while_the_server_is_away_nothing_on_the_screen_is_lost(hall: Hall, visit: Callable[..., Visit]) -> None:
    page = visit(hall.address, viewport=PHONE).page
    _begin(hall, page, BallotKind.RANKING)
    page.locator(".next").click()
    vote_key(page, "2", "choose")
    page.context.set_offline(True)
    page.locator(".next").click()
    expect(page.get_by_text("没看到投票回执，就是还没投")).to_be_visible()
    page.context.set_offline(False)
    expect(page.locator("#lost")).to_be_hidden()
    page.locator(".next").click()
    expect(page.get_by_text("排第 1 位")).to_be_visible()


def test_a_receipt_stays_as_long_as_it_says(hall: Hall, visit: Callable[..., Visit]) -> None:
    """At a station until somebody goes on or the seconds that it counts are over; on one's own phone as it is left."""
    phone, window = visit(hall.address, viewport=PHONE).page, visit(hall.address)
    hall.station(window)
    begun = now()
    for page in (phone, window.page):
        page.goto(f"{hall.address}{addresses.VOTE}")
        to_the_last_step(page, hall.code(BallotKind.APPROVAL), [1])
        # From here on the time is what the test says, however slow the machine.
        page.clock.set_fixed_time(begun)
        page.locator(".next").click()
        page.locator(RECEIPT).wait_for()
    own, station = phone.locator(RECEIPT).inner_text(), window.page
    assert phone.locator(".countdown").count() == 0
    phone.clock.set_fixed_time(begun + timedelta(minutes=30))
    counted, copied = station.locator(".countdown"), 45
    station.evaluate(_NOTE_MOUSE)
    station.mouse.move(300, 200, steps=3)
    for after in (0, 15, 30, copied):
        station.clock.set_fixed_time(begun + timedelta(seconds=after))
        expect(counted).to_contain_text(f"{90 - after} 秒后")
    # The browser tells of a mouse that lies where it lay; nobody is there for that.
    for name in ("pointermove", "mousemove"):
        station.locator("body").dispatch_event(name, {**station.evaluate("() => window.lies"), "bubbles": True})
    station.clock.set_fixed_time(begun + timedelta(seconds=copied + 5))
    expect(counted).to_contain_text("40 秒后")
    # A hand on it is somebody who still copies the receipt.
    station.mouse.move(200, 200, steps=3)
    expect(counted).to_contain_text("90 秒后")
    station.clock.set_fixed_time(begun + timedelta(seconds=copied + 5 + 91))
    station.locator(BOX).wait_for()
    assert station.locator(RECEIPT).count() == 0
    assert own == phone.locator(RECEIPT).inner_text()


def test_nothing_leads_out_of_a_station_but_the_pin(hall: Hall, visit: Callable[..., Visit]) -> None:
    window = visit(hall.address)
    page = window.page
    hall.station(window)
    closed = ("", "kiosk", "log?scope=1", "deep/er/estates?x=%3Cscript%3E", "?page=log", "r/results", "r/adopt", "r/")
    for path in closed:
        page.goto(f"{hall.address}/{path}")
        assert page.locator("h1").all_inner_texts() == [TITLE]
        assert page.url == f"{hall.address}{addresses.VOTE}"
        assert page.locator("a[href]:visible").count() == 0
    for path in ("r/results/bundle?poll=x", "r/adopt"):
        # Nor what is asked for without a page in mind.
        answer = page.context.request.get(f"{hall.address}/{path}", max_redirects=0, headers={"accept": "*/*"})
        assert answer.status == 303
    page.get_by_text("工作人员", exact=True).click()
    page.get_by_label("工作人员密码").fill(PIN)
    page.get_by_role("button", name="结束投票，改回普通电脑").click()
    page.get_by_role("heading", name="登录").wait_for()
    window.assert_clean()


def test_every_tab_of_the_browser_is_locked_with_it(visit: Callable[..., Visit], hall: Hall) -> None:
    """Also those opened before: one that nobody signed in on, and one of somebody else of the staff."""
    held = []
    with opened(hall.home) as store:
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
    window = visit(hall.address)
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
    assert {tab.url for tab in tabs} == {f"{hall.address}{addresses.VOTE}"}
    assert "renovation_session" not in {cookie["name"] for cookie in window.context.cookies()}


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_no_voter_sees_anything_of_the_one_before(visit: Callable[..., Visit], hall: Hall) -> None:
    """H082: whether the voter before pressed Back, reloaded or opened another tab."""
    settings = PollSettings(title=TITLE, ballot_kind=BallotKind.APPROVAL, max_choices=3, budget=1_000_000_00)
    with opened(hall.home) as store:
        poll = open_poll(store, settings, VOTERS)
        token = stations.start_station(store, _ADMIN, poll.id, poll.venue_id, PIN)
    window = visit(hall.address)
    window.context.add_cookies([{"name": "renovation_station", "value": token, "url": hall.address}])
    outcome = vote(window, hall.home, poll.id, poll.codes)
    window.assert_clean()
    assert outcome.leaks == []
    assert outcome.ballots == VOTERS
