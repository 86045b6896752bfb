"""Kill the server while somebody votes in a browser: ``python tests/attack/web_kills.py [--kills 200] [--url URL]``.

The real server, the real ballot in Chromium; kill -9 at a random moment after "cast" was
pressed. A receipt that anybody saw must be in the store; a code that is spent has its one ballot and its one receipt;
and whoever saw none presses again and gets the receipt of what was counted, or is counted now.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Error, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1] / "browser"))

import kiosk_run
from browser_harness import CHECKOUT, Visit, _await_health, free_port, launch, opened

from renovation.model.accounts import Actor, Role
from renovation.model.polls import Channel
from renovation.services.house import verification
from renovation.services.polls import voting
from renovation.store.polls import codes
from renovation.store.polls import polls as stored

STATION = Actor(role=Role.STATION)
CHECKER = Actor(role=Role.ADMIN, login="kills")


@dataclass
class Outcome:
    """What the kills left behind."""

    kills: int = 0
    seen: int = 0
    saved_unseen: int = 0
    lost: int = 0
    other_receipt: int = 0
    miscounted: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether no ballot was lost, doubled or answered otherwise, and nothing is named as changed."""
        return not (self.lost or self.other_receipt or self.miscounted or self.faults)


def start(home: Path, port: int, log: Path, url: str = "") -> subprocess.Popen[bytes]:
    """Start the server as ``make run`` does and wait until it answers."""
    variables = {"RENOVATION_HOME": str(home), "RENOVATION_DATABASE_URL": url, "RENOVATION_PORT": str(port)}
    with log.open("a", encoding="utf-8") as output:
        command = [sys.executable, "-m", "renovation.cli", "serve"]
        server = subprocess.Popen(
            command, cwd=CHECKOUT, env={**os.environ, **variables}, stdout=output, stderr=subprocess.STDOUT
        )
    _await_health(f"http://localhost:{port}", server, log)
    return server


def _cast_and_kill(page: Page, server: subprocess.Popen[bytes], after_s: float) -> str:
    """Press "cast", kill the server a moment later, and return the receipt on the screen, if any."""
    killer = threading.Timer(after_s, server.kill)
    page.locator(".next").click(no_wait_after=True)
    killer.start()
    killer.join()
    server.wait()
    with contextlib.suppress(Error):
        page.locator(kiosk_run.RECEIPT).wait_for(timeout=1000)
        return page.locator(kiosk_run.RECEIPT).inner_text().strip()
    return ""


def kill_again(home: Path, log: Path, kills: int, url: str = "", seed: int = 0) -> Outcome:
    """Vote in a browser and kill the server so many times; look into the store after each."""
    poll_id, token, slips = kiosk_run.prepare(home, kills, url)
    rng, port, outcome, within = random.Random(seed), free_port(), Outcome(), 0.25
    with sync_playwright() as playwright:
        browser = launch(playwright)
        for slip in slips:
            server = start(home, port, log, url)
            try:
                visit = Visit.begin(browser, f"http://localhost:{port}")
                cookie = {"name": "renovation_station", "value": token, "url": visit.address}
                visit.context.add_cookies([cookie])
                visit.page.goto(visit.address)
                kiosk_run.to_the_last_step(visit.page, slip, [1])
                receipt = _cast_and_kill(visit.page, server, rng.random() * within)
                visit.context.close()
            finally:
                server.kill()
                server.wait()
            outcome.kills += 1
            outcome.seen += bool(receipt)
            was_kept = _look(home, url, poll_id, slip, receipt, outcome)
            # However fast the machine is, about half of the kills are to fall before a ballot is kept.
            within *= 0.8 if was_kept else 1.25
            if outcome.kills % 20 == 0:
                print(outcome, file=sys.stderr, flush=True)
        browser.close()
    return outcome


def _look(home: Path, url: str, poll_id: str, slip: str, receipt: str, outcome: Outcome) -> bool:
    """Try again as the voter would, look for every fault, and tell whether the ballot had been kept."""
    with opened(home, url) as store:
        told = voting.cast_ballot(store, STATION, slip, ("p2",), channel=Channel.STATION)
        outcome.saved_unseen += told.repeated and not receipt
        outcome.lost += bool(receipt) and not told.repeated
        outcome.other_receipt += bool(receipt) and told.code not in receipt
        with store.read() as connection:
            ballots, receipts = len(stored.ballots(connection, poll_id)), len(codes.receipts(connection, poll_id))
        outcome.miscounted += not ballots == receipts == outcome.kills
        outcome.faults += [fault.code for fault in verification.check_store(store, CHECKER)]
    return told.repeated


def main() -> int:
    """Kill and print what happened."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--url", default="")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        outcome = kill_again(Path(folder) / "home", Path(folder) / "server.log", asked.kills, asked.url)
    print(f"{outcome} clean={outcome.is_clean}")
    return 0 if outcome.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
