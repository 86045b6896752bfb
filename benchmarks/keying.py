"""How many paper ballots a clerk keys in a minute, at a clerk's own speed, on the real page, until the server has them.

Run ``python -m benchmarks.keying`` from the project's folder; Chromium must be installed. A key of the
number pad takes 0.45 s (8,000 an hour, what data entry is usually reckoned with), a look at the next sheet 1.5 s.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

from renovation.bootstrap.assets import prepare_assets
from renovation.config import CHECKOUT
from renovation.model.accounts import Actor, Role
from renovation.model.clock import today
from renovation.model.elections import BallotKind
from renovation.model.polls import PollSettings
from renovation.services.polls import codes, paper
from renovation.services.staff import accounts
from renovation.services.staff.accounts import AccountDraft
from renovation.store import Store

sys.path.insert(0, str(CHECKOUT / "tests" / "browser"))

from browser_harness import Visit, launch, opened, serve_app
from kiosk_run import open_poll

SHEETS = 60
LOOK_S, KEY_S = 1.5, 0.45
#: How many of the 20,330 ballots of Gdynia's green budget of 2023, at most 3 of 6, name one, two, three projects.
NAMED = (0.41, 0.17, 0.42)
PASSWORD = "tide-lantern-82-orchid"
TITLE = "录入多快"
_CLERK = Actor(role=Role.SOCIAL_WORKER, login="clerk")


def written(drawn: random.Random) -> str:
    """Return the keys of one sheet; a few are blank or spoiled."""
    at = drawn.random()
    if at < 0.06:
        return "0" if at < 0.03 else "-"
    return "".join(map(str, drawn.sample(range(1, 7), drawn.choices((1, 2, 3), NAMED)[0])))


def a_clerk(store: Store) -> str:
    """Make the accounts of an office and return the session of one who keys."""
    first = AccountDraft(login="office", name="office", role=Role.ADMIN)
    office = accounts.as_actor(accounts.create_first_account(store, first, PASSWORD))
    made, given = accounts.create_account(store, office, AccountDraft(login="li", name="li", role=Role.SOCIAL_WORKER))
    token = accounts.sign_in(store, "li", given).token
    accounts.change_own_password(store, accounts.as_actor(made, token=token), token, given, PASSWORD)
    return accounts.sign_in(store, "li", PASSWORD).token


def main() -> None:
    """Print the figures."""
    drawn = random.Random(1)
    box = [written(drawn) for _ in range(SHEETS)]
    prepare_assets()
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        home = Path(scratch, "home")
        home.mkdir()
        with opened(home) as store:
            settings = PollSettings(title=TITLE, ballot_kind=BallotKind.APPROVAL, budget=1_000_000_00, max_choices=3)
            poll = open_poll(store, settings, SHEETS)
            for code in poll.codes:
                codes.hand_out_paper(store, _CLERK, poll.id, code)
            paper.make_batch(store, _CLERK, poll.id, poll.venue_id, "一箱", today(), SHEETS)
            token = a_clerk(store)
        browser = launch(playwright)
        with serve_app(home, Path(scratch, "log.txt")) as address:
            window = Visit.begin(browser, address)
            window.sign_in(token)
            window.open()
            window.go("paper")
            page = window.page
            expect(page.get_by_text(f"1 / {SHEETS}", exact=True)).to_be_visible()
            begun = time.monotonic()
            for keys in box:
                page.wait_for_timeout(LOOK_S * 1000)
                for key in (*keys, "Enter"):
                    page.wait_for_timeout(KEY_S * 1000)
                    page.keyboard.press(key)
            spent = time.monotonic() - begun
            expect(page.get_by_text(f"已录 {SHEETS} / {SHEETS} 张")).to_be_visible()
            kept = time.monotonic() - begun
        browser.close()
    average = sum(len(one) + 1 for one in box) / SHEETS
    print(f"{SHEETS} sheets, {average:.2f} keys each: {60 * SHEETS / spent:.1f} a minute while typing, "
          f"{60 * SHEETS / kept:.1f} until the server has the last one, {kept - spent:.1f} s behind")  # fmt: skip


if __name__ == "__main__":
    main()
