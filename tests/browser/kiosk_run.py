"""Many voters in a row at one station in a real browser: does anybody see anything of the one before?

    python tests/browser/kiosk_run.py --voters 1000 [--url URL]

The test suite runs the same with fewer voters.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parent))

from browser_harness import Visit, launch, opened, serve_app, vote_key, vote_step

from renovation.model.accounts import Actor, Role
from renovation.model.clock import now, today
from renovation.model.elections import BallotKind
from renovation.model.polls import PollProject, PollSettings, PollStage
from renovation.services.polls import codes, polls, stations
from renovation.store import Store
from renovation.store.polls import polls as stored

TITLE = "糖厂三号居民投票"
PIN = "730518"
_ADMIN = Actor(role=Role.ADMIN, login="admin")
_NAMES = ("楼道路灯", "充电车棚", "无障碍坡道", "休闲长椅", "屋面防水", "绿化补种")
#: How ten voters leave, in any order: half of them press "next person".
_LEAVE = (*["done"] * 5, "back", "reload", "tab", "idle", "typed")


@dataclass
class Outcome:
    """What the run found. ``cleared_s`` is the time from the last press to a screen without any choice."""

    voters: int = 0
    leaks: list[str] = field(default_factory=list)
    cleared_s: list[float] = field(default_factory=list)
    ballots: int = 0


@dataclass(frozen=True)
class OpenPoll:
    """A poll that takes ballots at one venue, and codes for it."""

    id: str
    venue_id: int
    codes: list[str]


def open_poll(store: Store, settings: PollSettings, voters: int) -> OpenPoll:
    """Open a poll on six projects with a code for each voter."""
    projects = [
        PollProject(number=number, key=f"p{number}", name=name, cost=number * 10_000_00, why=f"{number} 户反映")
        for number, name in enumerate(_NAMES, 1)
    ]
    with store.write() as unit:
        poll_id = stored.add(unit.connection, settings, at=now())
        stored.set_projects(unit.connection, poll_id, projects)
        unit.commit()
    venue = polls.add_venue(store, _ADMIN, poll_id, "活动室", f"{today()} 0:00-24:00")
    with store.write() as unit:
        stored.move_on(unit.connection, poll_id, PollStage.DRAFT, PollStage.OPEN)
        unit.commit()
    slips = codes.make_batch(store, _ADMIN, poll_id, venue.id, voters, "批次").slips
    return OpenPoll(poll_id, venue.id, [slip.code for slip in slips])


def prepare(home: Path, voters: int, url: str = "") -> tuple[str, str, list[str]]:
    """Open a poll with a code for each voter and a station for it; return the poll, the station's token, the codes."""
    settings = PollSettings(title=TITLE, ballot_kind=BallotKind.APPROVAL, max_choices=3, budget=1_000_000_00)
    with opened(home, url) as store:
        poll = open_poll(store, settings, voters)
        token = stations.start_station(store, _ADMIN, poll.id, poll.venue_id, PIN)
    return poll.id, token, poll.codes


def vote(visit: Visit, home: Path, poll_id: str, slips: list[str], seed: int = 1, url: str = "") -> Outcome:
    """Let one voter after another vote, and look for traces of each before the next."""
    drawn = random.Random(seed)
    outcome = Outcome()
    visit.page.goto(f"{visit.address}/")
    leaving: list[str] = []
    for slip in slips:
        leaving = leaving or drawn.sample(_LEAVE, len(_LEAVE))
        outcome.voters += 1
        _one(visit, slip, drawn.sample(range(1, len(_NAMES) + 1), drawn.randint(1, 3)), leaving.pop(), outcome)
    with opened(home, url) as store, store.read() as connection:
        outcome.ballots = len(stored.ballots(connection, poll_id))
    return outcome


def to_the_last_step(page: Page, slip: str, numbers: list[int], *, by_mouse: bool = True) -> None:
    """Fill a ballot in, up to the button that casts it."""
    page.locator(BOX).fill(slip)
    page.keyboard.press("Enter")
    for step in ("how", "choose", "check"):
        page.locator(f"body.{step}").wait_for()
        for number in numbers if step == "choose" else ():
            vote_key(page, str(number), "choose")
        if by_mouse:
            page.locator(".next").click()
        else:
            vote_key(page, "Enter", step)
    page.locator("body.cast").wait_for()


def _one(visit: Visit, slip: str, numbers: list[int], leave: str, outcome: Outcome) -> None:
    page, by_mouse = visit.page, outcome.voters % 4 != 0
    to_the_last_step(page, slip, numbers, by_mouse=by_mouse)
    begun = time.monotonic()
    if by_mouse:
        page.locator(".next").click()
    else:
        vote_key(page, "Enter", "cast")
    receipt = page.locator(RECEIPT).inner_text()
    assert not [name for name in _NAMES if name in page.inner_text("body")]
    outcome.cleared_s.append(time.monotonic() - begun)
    _leave(visit, leave)
    visit.page.wait_for_function(_FRESH, polling=_POLL_MS)
    seen = visit.page.evaluate(_EVERYTHING) + str(visit.context.cookies())
    outcome.leaks += [
        f"voter {outcome.voters} left by {leave}: {trace}" for trace in (slip, receipt, *_NAMES) if trace in seen
    ]


_POLL_MS = 25
BOX = "#code"
RECEIPT = "p.receipt"
#: The first screen is there.
_FRESH = """() => document.querySelector('body.welcome #code') && !document.querySelector('#code').value"""
#: All that a next voter, or a script in the page, could read.
_EVERYTHING = """() => [
  document.documentElement.outerHTML, ...[...document.querySelectorAll('input')].map(input => input.value),
  location.href, document.title, document.cookie, JSON.stringify(history.state),
  JSON.stringify({...localStorage}), JSON.stringify({...sessionStorage}),
].join(' ')"""
#: The clock is moved on; the page's own watch does the rest.
_LATER = "seconds => { const now = Date.now.bind(Date); Date.now = () => now() + 1000 * seconds }"


def _leave(visit: Visit, how: str) -> None:
    page = visit.page
    if how == "tab":
        # The next person opens a second tab on the same computer.
        visit.page = visit.context.new_page()
        visit.page.goto(f"{visit.address}/accounts")
        page.close()
    elif how == "reload":
        page.reload()
    elif how == "back":
        # Away and back again finds the page as new.
        page.goto("about:blank")
        page.go_back()
    elif how == "idle":
        # The page's own watch has to be there before the clock is moved.
        vote_step(page, "receipt")
        page.evaluate(_LATER, 95)
        page.locator("body.welcome").wait_for()
    else:
        page.locator(".next").click()
        page.locator("body.welcome").wait_for()
        if how == "typed":
            # Typed and not sent: the server never knew of it, and it must go all the same.
            vote_step(page, "welcome")
            page.locator(BOX).press_sequentially("ABCD")
            page.evaluate(_LATER, 80)


def run(home: Path, log: Path, voters: int, url: str = "") -> Outcome:
    """Prepare a station, serve the app and let the voters in."""
    poll_id, token, slips = prepare(home, voters, url)
    with serve_app(home, log, url) as address, sync_playwright() as playwright:
        browser = launch(playwright)
        visit = Visit.begin(browser, address)
        visit.context.add_cookies([{"name": "renovation_station", "value": token, "url": address}])
        outcome = vote(visit, home, poll_id, slips, url=url)
        browser.close()
    return outcome


def main() -> int:
    """Run and print what was found; exit with 1 if anything leaked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--voters", type=int, default=1000)
    parser.add_argument("--url", default="")
    asked = parser.parse_args()
    voters = asked.voters
    with tempfile.TemporaryDirectory() as folder:
        outcome = run(Path(folder) / "home", Path(folder) / "server.log", voters, asked.url)
    slowest = max(outcome.cleared_s)
    print(
        f"{outcome.voters} voters, {outcome.ballots} ballots, {len(outcome.leaks)} leaks, cleared in ≤ {slowest:.2f} s"
    )
    for leak in outcome.leaks:
        print(leak)
    return 1 if outcome.leaks or outcome.ballots != voters else 0


if __name__ == "__main__":
    sys.exit(main())
