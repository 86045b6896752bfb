"""Measure the move of a city from its file to PostgreSQL, rehearsed and for good, both compared row by row.

Run ``python -m benchmarks.move [--estates 20000] [--demands 100000] [--polls 50] [--ballots 200000]`` from the
project's folder, with ``RENOVATION_TEST_POSTGRES`` naming a server on which databases may be made. Every ballot is cast
by the program itself before the measurement, which takes longer than the move.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from benchmarks._town import database, server
from benchmarks.store import fill
from renovation.config import CHECKOUT
from renovation.model.accounts import Actor, Role
from renovation.model.polls import Channel
from renovation.services.house import moving
from renovation.services.polls import voting
from renovation.store import migrate, open_store

sys.path.insert(0, str(CHECKOUT / "tests" / "town"))

from town_harness import ADMIN, open_poll

_STATION = Actor(role=Role.STATION)
_GOAL_S = 600


def main() -> None:
    """Measure and say."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--estates", type=int, default=20_000)
    parser.add_argument("--demands", type=int, default=100_000)
    parser.add_argument("--polls", type=int, default=50)
    parser.add_argument("--ballots", type=int, default=200_000)
    given, _ = parser.parse_known_args()
    server()
    with ExitStack() as held:
        home = Path(held.enter_context(tempfile.TemporaryDirectory()))
        file = f"sqlite:///{home / 'store.sqlite'}"
        store = open_store(file, home / "keys")
        migrate(store)
        began = time.perf_counter()
        fill(store, given.estates, given.demands)
        each = given.ballots // given.polls
        for _turn in range(given.polls):
            for scanned in open_poll(store, each).scanned:
                voting.cast_ballot(store, _STATION, scanned, ("P1", "P2"), channel=Channel.STATION)
        store.close()
        print(f"city written in {time.perf_counter() - began:.0f} s; load {os.getloadavg()[0]:.1f}")
        url = held.enter_context(database())
        for rehearse in (True, False):
            began = time.perf_counter()
            with moving.opened_alone(file, home / "keys") as old:
                moved = moving.move_store(old, ADMIN, url, rehearse=rehearse)
            took = time.perf_counter() - began
            said = "rehearsed" if rehearse else "moved"
            what = f"{moved.rows} rows of {moved.tables} tables, {moved.polls} polls"
            print(f"{said}: {what} in {took:.0f} s (<= {_GOAL_S} s)")


if __name__ == "__main__":
    main()
