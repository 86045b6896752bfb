"""Race one code a thousand times: ``python tests/survival/races.py [--races 1000] [--url URL]``."""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import storm

from renovation.errors import ConflictError
from renovation.model.accounts import PUBLIC, Actor, Role
from renovation.model.polls import Channel
from renovation.services.polls import codes, polls, voting
from renovation.store import Store, migrate, open_store

WORKER = Actor(role=Role.SOCIAL_WORKER, login="races")


def _phone(store: Store, code: str, attempt: str) -> Callable[[], object]:
    return lambda: voting.cast_ballot(store, PUBLIC, code, ("P1",), channel=Channel.PHONE, attempt=attempt)


def _station(store: Store, code: str, attempt: str) -> Callable[[], object]:
    return lambda: voting.cast_ballot(store, storm.STATION, code, ("P2",), channel=Channel.STATION, attempt=attempt)


def _paper(store: Store, poll_id: str, code: str) -> Callable[[], object]:
    return lambda: codes.hand_out_paper(store, WORKER, poll_id, code)


def racers(kind: str, store: Store, poll_id: str, code: str) -> list[Callable[[], object]]:
    """Return who races for a code."""
    if kind == "two phones":
        return [_phone(store, code, "a"), _phone(store, code, "b")]
    if kind == "phone and station":
        return [_phone(store, code, "a"), _station(store, code, "b")]
    if kind == "phone and paper":
        return [_phone(store, code, "a"), _paper(store, poll_id, code)]
    return [_phone(store, code, str(one)) for one in range(8)]


def race(tries: list[Callable[[], object]]) -> list[object]:
    """Let everybody go at once; an exception is an outcome."""
    barrier = threading.Barrier(len(tries))
    outcomes: list[object] = [None] * len(tries)

    def run(place: int) -> None:
        barrier.wait()
        try:
            outcomes[place] = tries[place]()
        except Exception as error:
            outcomes[place] = error

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(tries))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def run(store: Store, kind: str, races: int) -> Counter[str]:
    """Race so many codes and count what happened; only ``one winner`` may occur."""
    found: Counter[str] = Counter()
    slips = storm.lay_poll(store, races)
    (poll, *_) = polls.list_polls(store, storm.ADMIN)
    for code in slips:
        outcomes = race(racers(kind, store, poll.id, code))
        losers = [one for one in outcomes if isinstance(one, Exception)]
        polite = all(isinstance(one, ConflictError) for one in losers)
        found["one winner" if polite and len(losers) == len(outcomes) - 1 else f"{len(losers)} losers"] += 1
    counts = polls.turnout(store, storm.ADMIN, poll.id).by_channel
    found.update({f"ballots by {channel}": count for channel, count in counts.items()})
    return found


def main() -> int:
    """Race on a fresh store and print what happened; 1 if any race had no winner, or two."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--races", type=int, default=1000)
    parser.add_argument("--url", default="")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(asked.url or f"sqlite:///{folder}/store.sqlite", Path(folder) / "keys")
        migrate(store)
        fair = True
        for kind in ("two phones", "phone and station", "phone and paper", "eight phones"):
            found = run(store, kind, asked.races)
            fair &= found["one winner"] == asked.races
            print(kind, dict(found))
        store.close()
    return int(not fair)


if __name__ == "__main__":
    sys.exit(main())
