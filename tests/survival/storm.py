"""Kill a storm of voters again and again, and ask the store what became of every ballot.

Run by hand for the full figures: ``python tests/survival/storm.py [--kills 200] [--confirmed 20000] [--url URL]``.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import get_all_start_methods, get_context
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import voters

from renovation.model.accounts import Actor, Role
from renovation.model.clock import now
from renovation.model.codes import commitment_of, normalise_code, read_receipt
from renovation.model.elections import BallotKind
from renovation.model.polls import Channel, PollProject, PollSettings
from renovation.services.polls import codes, polls, voting
from renovation.store import Store, migrate, open_store
from renovation.store.polls import codekeys
from renovation.store.polls import polls as poll_store
from renovation.store.schema.polls import ballot, receipt, voter_code

#: What imports the program once and is forked for every storm, where the system can.
_PROCESSES: Any = get_context("forkserver" if "forkserver" in get_all_start_methods() else "spawn")
if "forkserver" in get_all_start_methods():
    _PROCESSES.set_forkserver_preload(["renovation.services.polls.voting"])
ADMIN = Actor(role=Role.ADMIN, login="storm")
SECOND = Actor(role=Role.OBSERVER, login="storm-second")
STATION = Actor(role=Role.STATION)


@dataclass
class Outcome:
    """What a storm left behind."""

    kills: int = 0
    confirmed: int = 0
    lost: int = 0
    doubled: int = 0
    half: int = 0
    burnt: int = 0
    unconfirmed: int = 0
    other_receipt: int = 0
    refused: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether nothing was lost, doubled, halved, burnt or answered otherwise."""
        return not (self.lost or self.doubled or self.half or self.burnt or self.other_receipt or self.refused)


def lay_poll(store: Store, voters: int) -> list[str]:
    """Open a poll of five projects with this many codes."""
    settings = PollSettings(title="风暴", ballot_kind=BallotKind.APPROVAL, budget=60_000_000, max_choices=3)
    entries = [PollProject(number=n, key=f"P{n}", name=f"项目{n}", cost=10_000_000) for n in range(1, 6)]
    with store.write() as unit:
        poll_id = poll_store.add(unit.connection, settings, at=now())
        poll_store.set_projects(unit.connection, poll_id, entries)
        unit.commit()
    made: list[str] = []
    while len(made) < voters:
        size = min(codes.MOST_CODES, voters - len(made))
        made += [slip.code for slip in codes.make_batch(store, ADMIN, poll_id, None, size, f"{len(made)}").slips]
    polls.open_poll(store, ADMIN, poll_id, denominator=voters, second=SECOND)
    return made


@dataclass(frozen=True)
class Ledger:
    """What the store holds: which of the codes are spent, which receipts are listed, how many ballots there are."""

    spent: frozenset[str]
    receipts: frozenset[str]
    ballots: int


def by_hash(store: Store, poll_id: str, made: list[str]) -> dict[str, str]:
    """Return what the store holds of each code → the code (the storm has the key; nobody else does)."""
    with store.read() as connection:
        key = codekeys.key_ring(connection).room(poll_id, "")
    return {codekeys.code_hmac(key, normalise_code(code)): code for code in made}


def read_ledger(store: Store, by_hmac: Mapping[str, str]) -> Ledger:
    """Read the ledger, with the codes by name."""
    with store.read() as connection:
        return ledger_in(connection, by_hmac)


def ledger_in(connection: sa.Connection, by_hmac: Mapping[str, str]) -> Ledger:
    """Read the ledger of a store or of a copy of it."""
    spent = connection.execute(sa.select(voter_code.c.code_hmac).where(voter_code.c.state == "spent")).scalars()
    return Ledger(
        spent=frozenset(by_hmac[one] for one in spent),
        receipts=frozenset(connection.execute(sa.select(receipt.c.commitment)).scalars()),
        ballots=connection.execute(sa.select(sa.func.count()).select_from(ballot)).scalar_one(),
    )


def _one_run(store: Store, mine: list[str], *, threads: int, kill_after: int, planted: bool) -> dict[str, str]:
    """Let voters run, kill -9 after so many confirmations and a moment; return what was confirmed."""
    url = store.engine.url.render_as_string(hide_password=False)
    told, telling = _PROCESSES.Pipe(duplex=False)
    child = _PROCESSES.Process(target=voters.vote, args=(url, store.keys, mine, threads, planted, telling))
    child.start()
    telling.close()
    seen: dict[str, str] = {}
    # A line cut by the kill was never a confirmation that anybody read.
    with suppress(EOFError, OSError), told:
        while True:
            code, answer = told.recv()
            seen[code] = answer
            if len(seen) == kill_after:
                threading.Timer(random.random() * 0.02, child.kill).start()
    child.join()
    _settle(store)
    return seen


def _settle(store: Store) -> None:
    """Wait until a server has done with what the killed hands had asked of it: it may still be committing that."""
    busy = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'"
    )
    while not store.is_sqlite:
        with store.read() as connection:
            if not connection.execute(sa.text(busy)).scalar_one():
                return
        time.sleep(0.05)


def storm(
    store: Store, *, kills: int, confirmed: int, threads: int = 8, planted: bool = False, stop_when_dirty: bool = False
) -> Outcome:
    """Storm a store with voters, killing them ``kills`` times over about ``confirmed`` ballots."""
    per_kill = max(confirmed // kills, 1)
    made = lay_poll(store, confirmed + kills * threads * 3)
    (poll,) = polls.list_polls(store, ADMIN)
    named = by_hash(store, poll.id, made)
    outcome = Outcome()
    answered: dict[str, str] = {}
    for _ in range(kills):
        left = [code for code in made if code not in answered][: per_kill + threads * 20]
        seen = _one_run(store, left, threads=threads, kill_after=per_kill, planted=planted)
        outcome.kills += 1
        refused = {code for code, words in seen.items() if words.startswith("refused:")}
        outcome.refused += [seen[code] for code in sorted(refused)]
        fresh = {code: words for code, words in seen.items() if code not in refused}
        answered |= fresh
        outcome.confirmed += len(fresh)
        ledger = read_ledger(store, named)
        outcome.lost = sum(
            code not in ledger.spent or commitment_of(poll.id, read_receipt(words)) not in ledger.receipts
            for code, words in answered.items()
        )
        outcome.half += abs(ledger.ballots - len(ledger.receipts))
        outcome.burnt += max(len(ledger.spent) - ledger.ballots, 0)
        outcome.doubled += max(ledger.ballots - len(ledger.spent), 0)
        if stop_when_dirty and not outcome.is_clean:
            return outcome
        # Whoever got no answer presses again: the receipt must be there, and nothing counted twice.
        silent = sorted(ledger.spent - answered.keys())
        outcome.unconfirmed += len(silent)
        again = random.sample(sorted(fresh), min(len(fresh), 25))
        for code in (*silent, *again):
            told = voting.cast_ballot(store, STATION, code, ("P5",), channel=Channel.STATION)
            if not told.repeated or told.code != answered.setdefault(code, told.code):
                outcome.other_receipt += 1
        if read_ledger(store, named).ballots != ledger.ballots:
            outcome.doubled += 1
        if outcome.kills % 10 == 0:
            print(outcome, file=sys.stderr, flush=True)
    return outcome


def main() -> int:
    """Storm a fresh store and print what happened; 1 if a ballot fared otherwise than it should."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--confirmed", type=int, default=20_000)
    parser.add_argument("--url", default="")
    parser.add_argument("--planted", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(asked.url or f"sqlite:///{folder}/store.sqlite", Path(folder) / "keys")
        migrate(store)
        began = time.perf_counter()
        outcome = storm(store, kills=asked.kills, confirmed=asked.confirmed, planted=asked.planted)
        store.close()
    print(f"{outcome} clean={outcome.is_clean} {time.perf_counter() - began:.0f} s")
    return int(not outcome.is_clean)


if __name__ == "__main__":
    sys.exit(main())
