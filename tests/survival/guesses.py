"""Flood the public door with wrong codes while one voter uses a station: ``python tests/survival/guesses.py``."""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from pathlib import Path

import storm

from renovation.errors import NotFoundError, UnavailableError
from renovation.model.codes import make_code
from renovation.model.polls import Channel
from renovation.services.polls import voting
from renovation.store import migrate, open_store

#: Looked up in any minute, and an honest voter's wait at a station meanwhile.
MOST_A_MINUTE, LONGEST_S = 60, 60.0


def main() -> int:
    """Flood for a while and print what was looked up, and how long an honest voter waited; 1 if either is too much."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--guesses", type=int, default=100_000)
    parser.add_argument("--threads", type=int, default=8)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = open_store(f"sqlite:///{folder}/store.sqlite", folder / "keys")
        migrate(store)
        made = storm.lay_poll(store, 50)
        looked_up: list[float] = []
        began = time.perf_counter()

        def flood(count: int) -> None:
            for _ in range(count):
                try:
                    voting.start_ballot(store, make_code())
                except NotFoundError:
                    looked_up.append(time.perf_counter() - began)
                except UnavailableError:
                    continue

        count = asked.guesses // asked.threads
        threads = [threading.Thread(target=flood, args=(count,)) for _ in range(asked.threads)]
        for thread in threads:
            thread.start()
        waits = []
        for code in made:
            if not any(thread.is_alive() for thread in threads):
                break
            start = time.perf_counter()
            voting.start_ballot(store, code, actor=storm.STATION)
            voting.cast_ballot(store, storm.STATION, code, ("P1",), channel=Channel.STATION)
            waits.append(time.perf_counter() - start)
            time.sleep(1)
        for thread in threads:
            thread.join()
        elapsed = time.perf_counter() - began
        store.close()
    most = max(sum(start <= at < start + 60 for at in looked_up) for start in looked_up)
    print(
        f"{asked.guesses} guesses in {elapsed:.0f} s: {len(looked_up)} looked up, at most {most} in a minute; "
        f"{len(waits)} voters at a station meanwhile, the slowest {max(waits):.1f} s"
    )
    return int(most > MOST_A_MINUTE or max(waits) > LONGEST_S)


if __name__ == "__main__":
    sys.exit(main())
