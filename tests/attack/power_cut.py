"""Cut the power while people vote, again and again: ``python tests/attack/power_cut.py [--cuts 50]``.

Every write and flush of the store's files is recorded while ballots are cast (``recorder.c``, loaded before the C
library, so that SQLite is the one people have). Then the power is cut at a random record: what was flushed stays; of
what was not, each sector of 512 bytes stays or is lost by chance. The store is opened from what is left: every ballot
that was confirmed before the cut must be there, once and whole, and the running digest and the ends held outside agree.

This plays a disk that honours a flush. ``--careless`` leaves the flushing out (``synchronous=OFF``); it must lose
ballots, or this script could not see a loss.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from renovation.errors import RenovationError
from renovation.model.accounts import Actor, Role
from renovation.model.codes import commitment_of, normalise_code, read_receipt
from renovation.model.polls import Channel
from renovation.services.house import verification
from renovation.services.polls import polls, voting
from renovation.store import Store, damage, migrate, open_store
from renovation.store.polls import codekeys
from renovation.store.schema.polls import ballot, receipt, voter_code

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "survival"))
SECTOR = 512
#: Pages in the write-ahead log before it is copied back; few, so that many cuts fall into the copying.
CHECKPOINT = 60
CHOICES = (("P1", "P2"), ("P3",), (), ("P1", "P4", "P5"))


@dataclass(frozen=True, slots=True)
class Record:
    """A write, truncation (``T``) or flush (``S``) of a file."""

    kind: str
    name: str
    at: int
    data: bytes = b""


@dataclass
class Held:
    """What is on the disk of a file for good, and what was written since."""

    durable: bytearray = field(default_factory=bytearray)
    since: list[Record] = field(default_factory=list)


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


def build_recorder(folder: Path) -> Path | None:
    """Compile the recorder; ``None`` where there is no Linux or no compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if not sys.platform.startswith("linux") or compiler is None:
        return None
    made = folder / "recorder.so"
    command = [
        compiler,
        "-shared",
        "-fPIC",
        "-O1",
        "-w",
        str(HERE / "recorder.c"),
        "-o",
        str(made),
        "-ldl",
        "-lpthread",
    ]
    return made if subprocess.run(command, check=False).returncode == 0 else None


def read_records(log: Path) -> Iterator[Record]:
    """Return what was recorded, in order; a record cut by the end of the child is left out."""
    content, place = log.read_bytes(), 0
    while place + 5 <= len(content):
        kind, length = chr(content[place]), struct.unpack_from("<I", content, place + 1)[0]
        name = content[place + 5 : place + 5 + length].decode()
        at, size = struct.unpack_from("<QQ", content, place + 5 + length)
        place += 5 + length + 16
        data = content[place : place + size] if kind == "W" else b""
        place += len(data)
        yield Record(kind, name, at, data)


def _write(content: bytearray, at: int, data: bytes) -> None:
    if len(content) < at + len(data):
        content.extend(bytes(at + len(data) - len(content)))
    content[at : at + len(data)] = data


def _apply(content: bytearray, record: Record) -> None:
    if record.kind == "T":
        if len(content) > record.at:
            del content[record.at :]
        else:
            content.extend(bytes(record.at - len(content)))
    else:
        _write(content, record.at, record.data)


def left_of(held: Held, rng: random.Random) -> bytes:
    """Return what a power cut leaves of a file: of what was not flushed, each sector by chance."""
    content = bytearray(held.durable)
    for record in held.since:
        if record.kind == "T":
            if rng.random() < 0.5:
                _apply(content, record)
            continue
        place = 0
        while place < len(record.data):
            step = SECTOR - (record.at + place) % SECTOR
            if rng.random() < 0.5:
                _write(content, record.at + place, record.data[place : place + step])
            place += step
    return bytes(content)


def vote(url: str, keys: str, codes_file: str, careless: str) -> None:
    """Cast ballots until there are no codes left, noting each receipt as somebody reads it (run as a child)."""
    store = open_store(url, Path(keys))

    def settle(connection: Any, _record: Any, _proxy: Any) -> None:
        connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT}")
        if careless:
            connection.execute("PRAGMA synchronous=OFF")

    sa.event.listen(store.engine, "checkout", settle)
    station = Actor(role=Role.STATION)
    # Unbuffered, so that a line is one write, recorded after all that the confirmation rests on.
    handle = os.open(Path(keys).parent / "acks", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for place, code in enumerate(Path(codes_file).read_text(encoding="utf-8").split()):
        told = voting.cast_ballot(store, station, code, CHOICES[place % len(CHOICES)], channel=Channel.STATION)
        os.write(handle, f"{code} {told.code}\n".encode())
    os._exit(0)  # no tidy end: the power goes


def look(folder: Path, poll_id: str, confirmed: dict[str, str], outcome: Outcome) -> None:
    """Open what is left and count what is wrong with it."""
    store = open_store(f"sqlite:///{folder / 'store.sqlite'}", folder / "keys")
    try:
        if damage(store):
            outcome.damaged += 1
            return
        with store.read() as connection:
            key = codekeys.key_ring(connection).room(poll_id, "")
            states = {
                row[0]: row[1] for row in connection.execute(sa.select(voter_code.c.code_hmac, voter_code.c.state))
            }
            listed = set(connection.execute(sa.select(receipt.c.commitment)).scalars())
            ballots = connection.execute(sa.select(sa.func.count()).select_from(ballot)).scalar_one()
        for code, told in confirmed.items():
            there = states.get(codekeys.code_hmac(key, normalise_code(code))) == "spent"
            outcome.lost += not (there and commitment_of(poll_id, read_receipt(told)) in listed)
        spent = sum(state == "spent" for state in states.values())
        outcome.half += not (spent == ballots == len(listed))
        outcome.faults += [fault.code for fault in verification.check_store(store, Actor(role=Role.ADMIN, login="cut"))]
    except (RenovationError, sa.exc.DatabaseError):
        outcome.damaged += 1
    finally:
        store.close()


def cut_power(folder: Path, *, cuts: int, ballots: int, seed: int = 0, careless: bool = False) -> Outcome | None:
    """Record ``ballots`` votes, and cut the power at so many moments; ``None`` where nothing can be recorded here."""
    import storm

    recorder = build_recorder(folder)
    if recorder is None:
        return None
    live, rng = folder / "live", random.Random(seed)
    live.mkdir()
    store: Store = open_store(f"sqlite:///{live / 'store.sqlite'}", live / "keys")
    migrate(store)
    made = storm.lay_poll(store, ballots)
    (poll,) = polls.list_polls(store, storm.ADMIN)
    store.close()
    shutil.copytree(live, folder / "base")
    (folder / "codes").write_text("\n".join(made), encoding="utf-8")
    command = [sys.executable, __file__, "--vote", f"sqlite:///{live / 'store.sqlite'}", str(live / "keys")]
    watched = {"LD_PRELOAD": str(recorder), "RECORD_DIR": str(live), "RECORD_LOG": str(folder / "log")}
    arguments = [*command, str(folder / "codes"), "careless" if careless else ""]
    subprocess.run(arguments, check=True, env={**os.environ, **watched})
    records = list(read_records(folder / "log"))
    moments = sorted(rng.sample(range(1, len(records)), min(cuts, len(records) - 1)))
    held: dict[str, Held] = {}
    confirmed: dict[str, str] = {}
    outcome = Outcome()
    for moment, record in enumerate(records):
        if moments and moment == moments[0]:
            moments.pop(0)
            image = folder / "image"
            shutil.rmtree(image, ignore_errors=True)
            shutil.copytree(folder / "base", image)
            for name, file in held.items():
                (image / name).write_bytes(left_of(file, rng))
            outcome.cuts += 1
            outcome.confirmed += len(confirmed)
            look(image, poll.id, confirmed, outcome)
        if record.name == "acks":
            confirmed |= dict([record.data.decode().split()])
            continue
        if record.name not in held:
            base = folder / "base" / record.name
            held[record.name] = Held(bytearray(base.read_bytes()) if base.is_file() else bytearray())
        if record.kind != "S":
            held[record.name].since.append(record)
            continue
        for one in held[record.name].since:
            _apply(held[record.name].durable, one)
        held[record.name].since.clear()
    return outcome


def main() -> None:
    """Cut the power and print what happened."""
    if sys.argv[1:2] == ["--vote"]:
        vote(*sys.argv[2:6])
        return
    parser = argparse.ArgumentParser()
    parser.add_argument("--cuts", type=int, default=50)
    parser.add_argument("--ballots", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--careless", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = cut_power(
            Path(folder), cuts=asked.cuts, ballots=asked.ballots, seed=asked.seed, careless=asked.careless
        )
    print("no compiler, or no Linux: nothing can be recorded" if found is None else f"{found} clean={found.is_clean}")
    sys.exit(found is not None and not (found.is_clean or asked.careless))


if __name__ == "__main__":
    main()
