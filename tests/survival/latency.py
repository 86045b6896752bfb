"""Time ballots of eight hands, beside this disk's own fdatasync: ``python tests/survival/latency.py [--url URL]``."""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
import time
from pathlib import Path

import storm

from renovation.model.polls import Channel
from renovation.services.polls import voting
from renovation.store import Store, migrate, open_store


def fdatasync_rate(folder: Path, seconds: float = 2.0) -> float:
    """Return how often a second this disk confirms a small write."""
    handle = os.open(folder / "probe", os.O_CREAT | os.O_WRONLY)
    count, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        os.write(handle, b"x" * 4096)
        os.fdatasync(handle)
        count += 1
    os.close(handle)
    return count / seconds


def measure(store: Store, ballots: int, threads: int) -> list[float]:
    """Return the seconds each ballot took, from the code to the receipt."""
    made = storm.lay_poll(store, ballots)
    took: list[float] = []
    guard = threading.Lock()

    def vote(mine: list[str]) -> None:
        for code in mine:
            began = time.perf_counter()
            voting.cast_ballot(store, storm.STATION, code, ("P1", "P2"), channel=Channel.STATION)
            with guard:
                took.append(time.perf_counter() - began)

    workers = [threading.Thread(target=vote, args=(made[n::threads],)) for n in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sorted(took)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--ballots", type=int, default=2000)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--url", default="")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = open_store(asked.url or f"sqlite:///{folder}/store.sqlite", folder / "keys")
        migrate(store)
        rate = fdatasync_rate(folder)
        began = time.perf_counter()
        took = measure(store, asked.ballots, asked.threads)
        elapsed = time.perf_counter() - began
        store.close()
    p99 = took[int(len(took) * 0.99)]
    print(
        f"{len(took)} ballots, {asked.threads} hands: {len(took) / elapsed:.0f}/s "
        f"({len(took) / elapsed / rate:.0%} of {rate:.0f} fdatasync/s), "
        f"p50 {took[len(took) // 2] * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms, worst {took[-1] * 1000:.0f} ms"
    )


if __name__ == "__main__":
    main()
