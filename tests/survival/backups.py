"""Make backups one after another while people vote: ``python tests/survival/backups.py [--backups 100] [--url URL]``.

Four hands vote without a break. A backup has to stand up to the look that every backup gets, hold every ballot that was
confirmed before it was begun, whole, and must not make anybody wait. One in ten is put back into a store of its own.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import storm

from renovation.errors import ConflictError, RenovationError
from renovation.model.codes import commitment_of, read_receipt
from renovation.model.polls import Channel
from renovation.services.house import backups, verification
from renovation.services.polls import polls, voting
from renovation.store import Store, migrate, open_store
from renovation.store.house import backups as stored

HANDS = 4


class Hands:
    """Who votes meanwhile: what each was told, and how long the slowest waited."""

    def __init__(self, store: Store, codes: Sequence[str]) -> None:
        self.told: dict[str, str] = {}
        self.waits: list[float] = []
        self.wrong: list[str] = []
        self.is_over = threading.Event()
        self._store = store
        self._threads = [threading.Thread(target=self._vote, args=(codes[at::HANDS],)) for at in range(HANDS)]
        for thread in self._threads:
            thread.start()

    def _vote(self, mine: Sequence[str]) -> None:
        for code in mine:
            if self.is_over.is_set():
                return
            began = time.perf_counter()
            try:
                told = voting.cast_ballot(self._store, storm.STATION, code, ("P1", "P2"), channel=Channel.STATION)
            except RenovationError as error:
                self.wrong.append(error.code)
                continue
            self.waits.append(time.perf_counter() - began)
            self.told[code] = told.code
            # People, not a flood: there has to be something left for the last backup.
            time.sleep(0.05)

    def end(self) -> None:
        """Let nobody else in."""
        self.is_over.set()
        for thread in self._threads:
            thread.join()


def main() -> int:
    """Back up, look, and print what was found; 1 if a backup lacked anything."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--backups", type=int, default=100)
    parser.add_argument("--url", default="")
    asked = parser.parse_args()
    lacking = half = put_back = faults = 0
    took: list[float] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = open_store(asked.url or f"sqlite:///{folder}/store.sqlite", folder / "keys")
        migrate(store)
        made = storm.lay_poll(store, 200 * asked.backups)
        (poll,) = polls.list_polls(store, storm.ADMIN)
        named = storm.by_hash(store, poll.id, made)
        hands = Hands(store, made)
        while len(took) < asked.backups and not hands.wrong:
            confirmed, began = dict(hands.told), time.perf_counter()
            try:
                kept = backups.make_backup(store, storm.ADMIN, folder / "backups")
            except ConflictError:
                # Fewer than ten since the last.
                time.sleep(0.1)
                continue
            took.append(time.perf_counter() - began)
            with stored.reading_file(folder / "backups" / kept.name) as copy:
                ledger = storm.ledger_in(copy, named)
            lacking += sum(
                code not in ledger.spent or commitment_of(poll.id, read_receipt(told)) not in ledger.receipts
                for code, told in confirmed.items()
            )
            half += not len(ledger.spent) == ledger.ballots == len(ledger.receipts)
            if len(took) % 10 == 1:
                put_back += 1
                faults += _put_back(folder, kept.name, put_back)
            (folder / "backups" / kept.name).unlink()
        hands.end()
        store.close()
    waits = sorted(hands.waits)
    print(
        f"{len(took)} backups while {len(waits)} voted: {lacking} ballots lacking, {half} half, {put_back} put back"
        f" with {faults} faults, votes refused {hands.wrong}; a backup took ≤ {max(took):.1f} s, a vote"
        f" {waits[len(waits) // 2] * 1000:.0f} ms, 99 of 100 ≤ {waits[len(waits) * 99 // 100] * 1000:.0f} ms, the"
        f" slowest {waits[-1] * 1000:.0f} ms"
    )
    return int(bool(lacking or half or faults or hands.wrong))


def _put_back(folder: Path, name: str, turn: int) -> int:
    """Restore a backup into an empty store with a copy of the keys, and return what its check finds."""
    home = folder / f"home{turn}"
    shutil.copytree(folder / "keys", home / "keys")
    for head in (home / "keys").glob("*.head"):
        head.unlink()
    store = open_store(f"sqlite:///{home}/store.sqlite", home / "keys")
    try:
        migrate(store)
        backups.restore_backup(
            store, storm.ADMIN, folder / "backups" / name, home / "backups", second=storm.SECOND, moved=True
        )
        return len(verification.check_store(store, storm.ADMIN))
    finally:
        store.close()


if __name__ == "__main__":
    sys.exit(main())
