"""Keep the server busy for hours and watch what it holds: ``python tests/survival/soak.py [--minutes 60] [--url URL]``.

The real server with the demonstration city. One window of a planner and one of an administrator stay open and turn
through every page; beside them a visitor comes, opens a page and goes, again and again. Told are the growth of the
server's memory once it is warm, its open files and threads, and how long turning a page took early and late.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1] / "browser"))

from browser_harness import Staff, Visit, free_port, launch, serve, viewer

from renovation.config import CHECKOUT
from renovation.model.accounts import Role
from renovation.services.demo import load_demo
from renovation.store import Store, migrate, open_store
from renovation.ui.frame.navigation import PAGES, Entry

#: The part of the run in which caches fill; what grows there is not counted.
WARM_UP = 1 / 3
_MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Sample:
    """What the server held at a moment: seconds since the start, bytes in memory, open files, threads."""

    at: float
    memory: int
    files: int
    threads: int


@dataclass
class Outcome:
    """What the run saw. ``turned`` has when a page was asked for and the seconds it took."""

    samples: list[Sample] = field(default_factory=list)
    turned: list[tuple[float, float]] = field(default_factory=list)
    visitors: int = 0

    def growth(self) -> float:
        """Return the slope of the memory once warm, in MB an hour."""
        return growth(self.samples, self.samples[-1].at * WARM_UP)

    def p95(self, start: float, end: float) -> float:
        """Return the 95th percentile of the pages turned between two parts of the run."""
        last = self.samples[-1].at
        return statistics.quantiles([took for at, took in self.turned if start <= at / last <= end], n=20)[-1]

    def _warm(self, last: float) -> list[Sample]:
        return [sample for sample in self.samples if sample.at >= last * WARM_UP]

    def __str__(self) -> str:
        warm = self._warm(self.samples[-1].at)
        first, last = warm[0], warm[-1]
        return (
            f"{last.at / 60:.0f} min, {len(self.turned)} pages turned, {self.visitors} visitors; "
            f"memory {first.memory / _MEGABYTE:.0f} MB once warm, {last.memory / _MEGABYTE:.0f} MB at the end, "
            f"{self.growth():+.1f} MB/h; files {first.files} → {last.files}, threads {first.threads} → {last.threads}; "
            f"p95 of a page {self.p95(0, WARM_UP):.1f} s in the first third, "
            f"{self.p95(1 - WARM_UP, 1):.1f} s in the last"
        )


def growth(samples: Sequence[Sample], since: float) -> float:
    """Return the slope of the memory after so many seconds, in MB an hour, by least squares."""
    counted = [sample for sample in samples if sample.at >= since]
    hours, held = [one.at / 3600 for one in counted], [one.memory / _MEGABYTE for one in counted]
    return statistics.linear_regression(hours, held).slope


def server_process(port: int) -> Path:
    """Return the folder below ``/proc`` of whoever serves on this port."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if b"streamlit" in command and f"--server.port={port}".encode() in command:
            return folder
    raise RuntimeError(f"nobody serves on {port}")


def look(process: Path, began: float) -> Sample:
    """Read what the server holds now."""
    status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines() if ":" in line)
    return Sample(
        at=time.monotonic() - began,
        # What lies on the disk for want of room is held as well.
        memory=sum(int(status[name].split()[0]) for name in ("VmRSS", "VmSwap")) * 1024,
        files=len(list((process / "fd").iterdir())),
        threads=int(status["Threads"]),
    )


@contextmanager
def served(url: str, home: Path) -> Iterator[tuple[str, Path]]:
    """Serve the store as ``make run`` does; yield the address and the server's folder below ``/proc``."""
    port = free_port()
    names = {"RENOVATION_HOME": str(home), "RENOVATION_DATABASE_URL": url, "RENOVATION_PORT": str(port)}
    command = [sys.executable, "-m", "renovation.cli", "serve"]
    with serve(command, CHECKOUT, port, home / "server.log", **names) as address:
        yield address, server_process(port)


def _turn(window: Visit, entry: Entry, began: float, outcome: Outcome) -> None:
    asked = time.monotonic()
    window.go("" if entry.file == "home" else entry.file)
    outcome.turned.append((asked - began, time.monotonic() - asked))


def _visitor(browser: Browser, address: str, entry: Entry) -> None:
    window = Visit.begin(browser, address)
    window.open(entry.file)
    window.close()


def soak(browser: Browser, store: Store, address: str, process: Path, minutes: float) -> Outcome:
    """Turn pages and let visitors come and go for so long."""
    entries = [entry for entry in PAGES if (CHECKOUT / entry.path).is_file()]
    public = itertools.cycle([entry for entry in entries if entry.public and entry.file != "home"])
    staff, outcome, began = Staff(store), Outcome(), time.monotonic()
    windows: dict[Role, Visit] = {}
    for entry in itertools.cycle([entry for entry in entries if not entry.public]):
        if time.monotonic() - began > minutes * 60:
            break
        role = viewer(entry)
        if role not in windows:
            windows[role] = Visit.begin(browser, address)
            windows[role].sign_in(staff.token(role))
            windows[role].open()
        windows[role].sign_in(staff.token(role))
        _turn(windows[role], entry, began, outcome)
        _visitor(browser, address, next(public))
        outcome.visitors += 1
        outcome.samples.append(look(process, began))
        if outcome.visitors % 50 == 0 and outcome.visitors > 100:
            print(outcome, file=sys.stderr, flush=True)
    for window in windows.values():
        window.close()
    return outcome


def main() -> None:
    """Soak a fresh demonstration city and print what was seen."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--url", default="")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        store = open_store(asked.url or f"sqlite:///{home}/store.sqlite", home / "keys")
        migrate(store)
        load_demo(store)
        with served(asked.url, home) as (address, process), sync_playwright() as playwright:
            browser = launch(playwright)
            print(soak(browser, store, address, process, asked.minutes))
            browser.close()
        store.close()


if __name__ == "__main__":
    main()
