"""Measure what a visit to a resident's plain page and a whole vote cost, beside a page of the app in the same server.

Run ``python -m benchmarks.plain`` from the project's folder; Chromium must be installed. Bytes are what a fresh browser
is sent; processor time is the server's, the mean of many visits.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from renovation.bootstrap.assets import prepare_assets
from renovation.config import CHECKOUT
from renovation.model import addresses
from renovation.model.elections import BallotKind
from renovation.model.polls import PollSettings

sys.path.insert(0, str(CHECKOUT / "tests" / "browser"))

from browser_harness import PHONE, launch, opened, prepare_home, serve_app
from kiosk_run import RECEIPT, open_poll, to_the_last_step

VISITS = 20
PLAIN = (addresses.RECEIPT, addresses.MY_DEMAND, addresses.RESULTS, addresses.ADOPT)
#: A page of the app that holds least.
PEER = "/sign_in"


def server_seconds(port: str) -> float:
    """Return the processor time that the server on a port has taken so far (Linux)."""
    wanted = f"--server.port={port}".encode()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if wanted in (process / "cmdline").read_bytes().split(b"\0"):
                # Behind the name in brackets: fields 14 and 15 of the file are the ticks in user and system mode.
                ticks = (process / "stat").read_text().rpartition(")")[2].split()[11:13]
                return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
    raise RuntimeError("no server")


def visit(browser: Browser, url: str, there: str) -> tuple[int, int]:
    """Open a page in a fresh window and return the bytes and requests that it took."""
    context = browser.new_context(viewport=PHONE)
    page = context.new_page()
    sizes: list[int] = []
    link = context.new_cdp_session(page)
    link.send("Network.enable")
    link.on("Network.loadingFinished", lambda told: sizes.append(int(told["encodedDataLength"])))
    page.goto(url)
    page.wait_for_selector(there)
    page.wait_for_timeout(300)
    context.close()
    return sum(sizes), len(sizes)


def vote(browser: Browser, url: str, code: str) -> tuple[int, int]:
    """Vote on a phone, from the first page to the receipt, and return the bytes and requests that it took."""
    context = browser.new_context(viewport=PHONE)
    page = context.new_page()
    sizes: list[int] = []
    link = context.new_cdp_session(page)
    link.send("Network.enable")
    link.on("Network.loadingFinished", lambda told: sizes.append(int(told["encodedDataLength"])))
    page.goto(url)
    to_the_last_step(page, code, [1, 2])
    page.locator(".next").click()
    page.locator(RECEIPT).wait_for()
    page.wait_for_timeout(300)
    context.close()
    return sum(sizes), len(sizes)


def main() -> None:
    """Print everything."""
    prepare_assets()
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        home = Path(scratch, "home")
        prepare_home(home)
        with opened(home) as store:
            settings = PollSettings(title="投票", ballot_kind=BallotKind.APPROVAL, budget=1_000_000_00, max_choices=3)
            codes = open_poll(store, settings, VISITS + 1).codes
        browser = launch(playwright)
        with serve_app(home, Path(scratch, "log.txt")) as address:
            for path, there in (*((path, "main") for path in PLAIN), (PEER, "input")):
                visit(browser, address + path, there)
                before = server_seconds(address.rpartition(":")[2])
                taken = [visit(browser, address + path, there) for _ in range(VISITS)]
                spent = (server_seconds(address.rpartition(":")[2]) - before) / VISITS
                print(f"{path}: {taken[-1][0] / 1024:,.1f} KB in {taken[-1][1]} requests, {spent * 1000:.1f} ms of "
                      "the server's processor")  # fmt: skip
            vote(browser, address + addresses.VOTE, codes.pop())
            before = server_seconds(address.rpartition(":")[2])
            taken = [vote(browser, address + addresses.VOTE, code) for code in codes]
            spent = (server_seconds(address.rpartition(":")[2]) - before) / len(codes)
            print(f"a whole vote: {taken[-1][0] / 1024:,.1f} KB in {taken[-1][1]} requests, {spent * 1000:.1f} ms")
        browser.close()


if __name__ == "__main__":
    main()
