"""Many voters in a row at one station without a browser: ``python tests/attack/station_http.py [--voters 1000]``.

The real server, one set of cookies, and forms sent as the plain pages say (``--url`` for PostgreSQL). Voters leave in
five ways: they go on to the next person, or leave the receipt standing, or begin again, or go while they choose or just
before they cast, and come back later. Before each voter the ballot's first page,
three more pages in turn (of the ballot, and others) and all cookies are looked through for what all those before had:
code, receipt, choice. In the end each has the ballot they filled in.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

sys.path.insert(0, str(Path(__file__).parents[1] / "browser"))

import kiosk_run
from browser_harness import opened, serve_app

from renovation.model import addresses
from renovation.rules.polls.filling import BallotStep
from renovation.store.polls import polls as stored

_HIDDEN = re.compile(r'type="hidden" name="([^"]+)" value="([^"]*)"')
_ACTION = re.compile(r'<form method="post" action="([^"]+)" id="ballot"')
_STEP = re.compile(r'data-step="(\w+)"')
_WORD = re.compile(r"[^\W_](?:[\w-]*[^\W_])?")
_RECEIPT = re.compile(r'class="receipt said">([^<]+)<')
_WAYS = ("next", "stand", "again", "choosing", "casting")
_PAGES = ("/", *(f"{addresses.VOTE}/{step.value}" for step in BallotStep if step is not BallotStep.WELCOME),
          addresses.RECEIPT, "/codes", "/log")  # fmt: skip


@dataclass
class Outcome:
    """What the voters left behind, and what anybody saw of another."""

    visits: int = 0
    left: Counter[str] = field(default_factory=Counter)
    pages: int = 0
    leaks: list[str] = field(default_factory=list)
    ballots: int = 0
    miscounted: int = 0


class Station:
    """The one browser of a station: its cookies and the page that it shows."""

    def __init__(self, address: str, token: str) -> None:
        self._client = httpx2.Client(base_url=address, follow_redirects=True, timeout=60)
        self._client.headers |= {"accept": "text/html", "origin": address}
        self._client.cookies.set("renovation_station", token)
        self.page = ""

    def open(self, path: str = addresses.VOTE) -> str:
        """Open a page and return all that it brings."""
        answer = self._client.get(path)
        self.page = answer.text
        return f"{answer.url} {self.page}"

    def press(self, act: str, **fields: Any) -> None:
        """Send the page's form with one of its buttons."""
        body = self.page.split("</form>")[0]
        said: dict[str, list[str]] = {}
        for name, value in _HIDDEN.findall(body):
            said.setdefault(name, []).append(value)
        action = _ACTION.search(self.page)
        assert action, self.page[:500]
        self.page = self._client.post(action[1], data={**said, "act": act, **fields}).text

    @property
    def step(self) -> str:
        """The step that is shown."""
        found = _STEP.search(self.page)
        return found[1] if found else ""

    @property
    def held(self) -> list[str]:
        """The names of what the browser keeps."""
        return [one.name for one in self._client.cookies.jar if one.value]

    @property
    def cookies(self) -> str:
        """All that the browser keeps."""
        return " ".join(f"{one.name}={one.value}" for one in self._client.cookies.jar)


def look(station: Station, before: list[tuple[str, str]], outcome: Outcome) -> None:
    """Open every page as the next person could, and look for what those before had."""
    seen = station.open() + station.cookies
    if set(station.held) & {"renovation_ballot", "renovation_comfort", "renovation_ticket"}:
        outcome.leaks.append(f"visit {outcome.visits}: the browser still keeps {station.held}")
    # Three pages each time, so that all are opened again and again.
    for path in [_PAGES[(3 * outcome.visits + turn) % len(_PAGES)] for turn in range(3)]:
        seen += station.open(path)
        outcome.pages += 1
        if station.step != BallotStep.WELCOME:
            outcome.leaks.append(f"visit {outcome.visits}: {path} shows {station.step}")
    words = set(_WORD.findall(seen))
    for at, (what, trace) in enumerate(before):
        bare = trace.replace("-", "")
        is_near = at >= len(before) - 40
        if {trace, bare} & words or (is_near and (trace in seen or bare in seen)):
            outcome.leaks.append(f"visit {outcome.visits}: {what} of another")
    outcome.leaks += [f"visit {outcome.visits}: a project" for name in kiosk_run._NAMES if name in seen]


def fill(station: Station, slip: str, numbers: list[int]) -> None:
    """Fill a ballot in up to the button that casts it."""
    station.press("code", code=slip)
    station.press("choose")
    if "checked" in station.page:
        raise AssertionError("somebody else's choice stands on the ballot")
    station.press("check", pick=[str(number) for number in numbers])
    station.press("cast")


def vote(station: Station, slips: list[str], seed: int = 1) -> tuple[Outcome, Counter[tuple[str, ...]]]:
    """Let the voters in one after another; return what was seen, and the ballots that they filled in."""
    drawn, outcome, meant = random.Random(seed), Outcome(), Counter[tuple[str, ...]]()
    before: list[tuple[str, str]] = []
    waiting = [(slip, way) for slip, way in zip(slips, drawn.choices(_WAYS, k=len(slips)), strict=True)]
    while waiting:
        slip, way = waiting.pop(0)
        look(station, before, outcome)
        outcome.visits += 1
        if outcome.visits % 50 == 0:
            print(outcome, meant.total(), file=sys.stderr, flush=True)
        outcome.left[way] += 1
        station.open()
        numbers = sorted(drawn.sample(range(1, len(kiosk_run._NAMES) + 1), drawn.randint(1, 3)))
        before.append(("the code", slip))
        if way == "choosing":
            station.press("code", code=slip)
            station.press("choose")
            station.press("choose", pick=[str(number) for number in numbers])
        else:
            fill(station, slip, numbers)
        if way in ("choosing", "casting"):
            # Nothing is cast; they come back among those who are left.
            waiting.insert(drawn.randint(0, len(waiting)), (slip, "next"))
            continue
        station.press("cast")
        found = _RECEIPT.search(station.page)
        assert found, (station.step, station.page[:500])
        before.append(("the receipt", found[1]))
        meant[tuple(f"p{number}" for number in numbers)] += 1
        if way == "next":
            station.press("leave")
        elif way == "again":
            station.open(f"{addresses.VOTE}/receipt")
    look(station, before, outcome)
    return outcome, meant


def run(home: Path, log: Path, voters: int, url: str = "") -> Outcome:
    """Prepare a station, serve the app, let the voters in and count their ballots."""
    poll_id, token, slips = kiosk_run.prepare(home, voters, url)
    with serve_app(home, log, url) as address:
        outcome, meant = vote(Station(address, token), slips)
    with opened(home, url) as store, store.read() as connection:
        kept = Counter(tuple(ballot.choices) for ballot in stored.ballots(connection, poll_id))
    outcome.ballots = kept.total()
    outcome.miscounted = ((kept - meant) + (meant - kept)).total()
    return outcome


def main() -> int:
    """Run and print what was found; 1 if anybody saw anything of another, or a ballot is not the one filled in."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--voters", type=int, default=1000)
    parser.add_argument("--url", default="")
    asked = parser.parse_args()
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        outcome = run(Path(folder) / "home", Path(folder) / "server.log", asked.voters, asked.url)
    print(f"{outcome} {time.perf_counter() - began:.0f} s")
    return int(bool(outcome.leaks or outcome.miscounted) or outcome.ballots != asked.voters)


if __name__ == "__main__":
    sys.exit(main())
