"""Let PostgreSQL's disk run full while people vote: ``python tests/attack/full_disk.py FOLDER [--ballots 400]``.

FOLDER is empty and lies on a small file system of its own (as root: ``mount -t tmpfs -o size=160m small FOLDER``). A
server is made there with the programs that ``pg_config --bindir`` names. Hands vote while ballast leaves the server no
room, and again once there is some: a confirmed ballot must be there, once and whole; whoever was refused was told so by
name and is counted by the second try; nothing is named as changed.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "survival"))

import storm
from own_server import Server

from renovation.errors import RenovationError
from renovation.model.codes import commitment_of, read_receipt
from renovation.model.polls import Channel
from renovation.services.house import verification
from renovation.services.polls import polls, voting
from renovation.store import Store, migrate, open_store

#: What the store says while its disk has no room, or the server it lies on has stopped for that.
TROUBLE = frozenset({"store.full", "store.lost", "store.busy", "store.read_only"})


def fill(folder: Path) -> Path:
    """Leave no room on the folder's file system."""
    ballast = folder / "ballast"
    with ballast.open("wb") as out, suppress(OSError):
        while True:
            os.write(out.fileno(), bytes(4096))
    return ballast


def vote(store: Store, codes: Sequence[str]) -> dict[str, str]:
    """Let four hands cast a ballot with each code; return its receipt, or why it was refused."""

    def cast(code: str) -> str:
        try:
            return voting.cast_ballot(store, storm.STATION, code, ("P1", "P2"), channel=Channel.STATION).code
        except RenovationError as error:
            return f"refused:{error.code}"

    with ThreadPoolExecutor(4) as hands:
        return dict(zip(codes, hands.map(cast, codes), strict=True))


def main() -> int:
    """Fill the disk, make room, and print what became of every ballot; 1 if one fared otherwise than it should."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--ballots", type=int, default=400)
    asked = parser.parse_args()
    server = Server.made(asked.folder)
    assert server.start()
    with tempfile.TemporaryDirectory() as home:
        store = open_store(server.url, Path(home) / "keys")
        try:
            migrate(store)
            made = storm.lay_poll(store, asked.ballots)
            (poll,) = polls.list_polls(store, storm.ADMIN)
            quarter = len(made) // 4
            told = vote(store, made[:quarter])
            ballast = fill(asked.folder)
            told |= vote(store, made[quarter:])
            confirmed = {code: words for code, words in told.items() if not words.startswith("refused:")}
            refused = Counter(words for words in told.values() if words.startswith("refused:"))
            ballast.unlink()
            began = time.perf_counter()
            server.start()
            again = vote(store, [code for code in made if code not in confirmed])
            took = time.perf_counter() - began
            ledger = storm.read_ledger(store, storm.by_hash(store, poll.id, made))
            lost = sum(
                code not in ledger.spent or commitment_of(poll.id, read_receipt(words)) not in ledger.receipts
                for code, words in confirmed.items()
            )
            silent = sum(words.startswith("refused:") for words in again.values())
            whole = len(ledger.spent) == ledger.ballots == len(ledger.receipts) == len(made)
            faults = [fault.code for fault in verification.check_store(store, storm.ADMIN)]
            named = {words.removeprefix("refused:") for words in refused} <= TROUBLE
        finally:
            store.close()
            server.stop()
    clean = not lost and not silent and whole and not faults and named and bool(refused)
    print(
        f"confirmed {len(confirmed)} refused {dict(refused)} lost {lost} still refused {silent} whole {whole}"
        f" faults {faults} {took:.1f} s after there was room clean={clean}"
    )
    return int(not clean)


if __name__ == "__main__":
    sys.exit(main())
