"""Cut the power while people vote, again and again: ``python tests/attack/power_cut.py [--cuts 50] [--server]``.

Every write, flush and renaming of the store's files is recorded while ballots are cast (``recorder.c``, loaded before
the C library, so that SQLite and PostgreSQL are the ones people have). Then the power is cut at a random record
(``disk.py``). The store is opened from what is left: every ballot that was confirmed before the cut must be there, once
and whole, and the running digest and the ends held outside agree.

With ``--server`` four hands vote on a PostgreSQL server of its own, whose programs ``pg_config --bindir`` names, and
the machine that runs both loses its power; the server is kept so small that it writes its tables, checkpoints and log
files anew all the time. This plays a disk that honours a flush. ``--careless`` leaves the flushing out
(``synchronous=OFF``, ``fsync=off``); it must lose ballots, or this script could not see a loss.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from disk import Disk, build_recorder, read_records
from own_server import Server

from renovation.errors import RenovationError
from renovation.model.accounts import Actor, Role
from renovation.model.codes import commitment_of, normalise_code, read_receipt
from renovation.model.polls import Channel
from renovation.services.house import verification
from renovation.services.polls import polls, voting
from renovation.store import Store, damage, migrate, open_store
from renovation.store.polls import codekeys
from renovation.store.schema.polls import ballot, receipt, voter_code

sys.path.insert(0, str(Path(__file__).parents[1] / "survival"))
#: Pages in the write-ahead log before it is copied back; few, so that many cuts fall into the copying.
CHECKPOINT = 60
#: The same for a server: as few buffers and as short a log as it takes, tables written all the time.
SMALL = """
shared_buffers=2MB
max_wal_size=2MB
checkpoint_timeout=30s
bgwriter_delay=10ms
autovacuum_naptime=1s
"""
HANDS = 4
CHOICES = (("P1", "P2"), ("P3",), (), ("P1", "P4", "P5"))


@dataclass
class Outcome:
    """What the cuts left behind."""

    cuts: int = 0
    confirmed: int = 0
    lost: int = 0
    half: int = 0
    damaged: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether nothing was lost, halved or damaged, and nothing is named as changed."""
        return not (self.lost or self.half or self.damaged or self.faults)


def vote(url: str, keys: str, codes_file: str, careless: str) -> None:
    """Cast ballots until there are no codes left, noting each receipt as somebody reads it (run as a child)."""
    store = open_store(url, Path(keys))

    def settle(connection: Any, _record: Any, _proxy: Any) -> None:
        connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT}")
        if careless:
            connection.execute("PRAGMA synchronous=OFF")

    if store.is_sqlite:
        sa.event.listen(store.engine, "checkout", settle)
    station = Actor(role=Role.STATION)
    # Unbuffered, so that a line is one write, recorded after all that the confirmation rests on.
    handle = os.open(Path(keys).parent / "acks", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def cast(turn: tuple[int, str]) -> None:
        place, code = turn
        told = voting.cast_ballot(store, station, code, CHOICES[place % len(CHOICES)], channel=Channel.STATION)
        os.write(handle, f"{code} {told.code}\n".encode())

    with ThreadPoolExecutor(1 if store.is_sqlite else HANDS) as hands:
        list(hands.map(cast, enumerate(Path(codes_file).read_text(encoding="utf-8").split())))
    os._exit(0)  # no tidy end: the power goes


@contextmanager
def reopened(image: Path, *, is_server: bool) -> Iterator[Store]:
    """Open what a cut has left, as whoever switches the machine on again does."""
    server = Server.left(image) if is_server else None
    try:
        if server and not server.start(flushes=False):
            raise RenovationError("store.damaged")
        store = open_store(server.url if server else f"sqlite:///{image / 'store.sqlite'}", image / "keys")
        try:
            yield store
        finally:
            store.close()
    finally:
        if server:
            server.stop("immediate")


#: Every index against its table, and every row of every table, as PostgreSQL itself checks them.
_SOUND = """
SELECT count(bt_index_parent_check(i.indexrelid, true)) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_am a ON a.oid = c.relam WHERE a.amname = 'btree' AND c.relpersistence = 'p'
"""
_HARM = "SELECT count(*) FROM pg_class c, verify_heapam(c.oid) WHERE c.relkind = 'r' AND c.relpersistence = 'p'"


def is_damaged(store: Store) -> bool:
    """Tell whether what is left is no sound database."""
    if store.is_sqlite:
        return bool(damage(store))
    with store.engine.begin() as connection:
        connection.execute(sa.text("CREATE EXTENSION amcheck"))
        connection.execute(sa.text(_SOUND))
        return bool(connection.execute(sa.text(_HARM)).scalar_one())


def look(store: Store, poll_id: str, confirmed: dict[str, str], outcome: Outcome) -> None:
    """Count what is wrong with what is left."""
    if is_damaged(store):
        outcome.damaged += 1
        return
    with store.read() as connection:
        key = codekeys.key_ring(connection).room(poll_id, "")
        states = {row[0]: row[1] for row in connection.execute(sa.select(voter_code.c.code_hmac, voter_code.c.state))}
        listed = set(connection.execute(sa.select(receipt.c.commitment)).scalars())
        ballots = connection.execute(sa.select(sa.func.count()).select_from(ballot)).scalar_one()
    for code, told in confirmed.items():
        there = states.get(codekeys.code_hmac(key, normalise_code(code))) == "spent"
        outcome.lost += not (there and commitment_of(poll_id, read_receipt(told)) in listed)
    spent = sum(state == "spent" for state in states.values())
    outcome.half += not (spent == ballots == len(listed))
    outcome.faults += [fault.code for fault in verification.check_store(store, Actor(role=Role.ADMIN, login="cut"))]


def cut_power(
    folder: Path, *, cuts: int, ballots: int, seed: int = 0, careless: bool = False, is_server: bool = False
) -> Outcome | None:
    """Record ``ballots`` votes, and cut the power at so many moments; ``None`` where nothing can be recorded here."""
    import storm

    recorder = build_recorder(folder)
    if recorder is None:
        return None
    # A server runs as somebody else.
    folder.chmod(0o755)
    live, log, rng = folder / "live", folder / "log", random.Random(seed)
    live.mkdir()
    server = Server.made(live, SMALL) if is_server else None
    assert server is None or server.start()
    url = server.url if server else f"sqlite:///{live / 'store.sqlite'}"
    store: Store = open_store(url, live / "keys")
    migrate(store)
    made = storm.lay_poll(store, ballots)
    (poll,) = polls.list_polls(store, storm.ADMIN)
    store.close()
    if server:
        server.stop()
    shutil.copytree(live, folder / "base")
    (folder / "codes").write_text("\n".join(made), encoding="utf-8")
    log.touch()
    log.chmod(0o666)
    watched = {"LD_PRELOAD": str(recorder), "RECORD_DIR": str(live), "RECORD_LOG": str(log)}
    assert server is None or server.start(flushes=not careless, variables=watched)
    command = [sys.executable, __file__, "--vote", url, str(live / "keys"), str(folder / "codes")]
    subprocess.run([*command, "careless" if careless else ""], check=True, env={**os.environ, **watched})
    end = log.stat().st_size
    if server:
        server.stop("immediate")
    moments = set(rng.sample(range(1, sum(1 for _ in read_records(log, end))), cuts))
    disk, confirmed, outcome = Disk(folder / "base"), dict[str, str](), Outcome()
    for moment, record in enumerate(read_records(log, end)):
        if moment in moments:
            image = folder / "image"
            shutil.rmtree(image, ignore_errors=True)
            shutil.copytree(folder / "base", image)
            disk.cut(image, rng)
            outcome.cuts += 1
            outcome.confirmed += len(confirmed)
            try:
                with reopened(image, is_server=is_server) as store:
                    look(store, poll.id, confirmed, outcome)
            except (RenovationError, sa.exc.DatabaseError):
                outcome.damaged += 1
            print(outcome, file=sys.stderr, flush=True)
        if record.name == "acks":
            if record.kind == "W":
                confirmed |= dict([record.data.decode().split()])
            continue
        disk.take(record)
    return outcome


def main() -> int:
    """Cut the power and print what happened; 1 if something was lost that must not be, or nothing that must."""
    if sys.argv[1:2] == ["--vote"]:
        vote(*sys.argv[2:6])
    parser = argparse.ArgumentParser()
    parser.add_argument("--cuts", type=int, default=50)
    parser.add_argument("--ballots", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--careless", action="store_true")
    parser.add_argument("--server", action="store_true", help="cut the power of a PostgreSQL server")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = cut_power(
            Path(folder),
            cuts=asked.cuts,
            ballots=asked.ballots,
            seed=asked.seed,
            careless=asked.careless,
            is_server=asked.server,
        )
    if found is None:
        print("no compiler, or no Linux: nothing can be recorded")
        return 0
    print(f"{found} clean={found.is_clean}")
    return int(found.is_clean == asked.careless)


if __name__ == "__main__":
    sys.exit(main())
