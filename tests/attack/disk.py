"""A disk as a power cut leaves it: what was flushed stays, of everything else each part stays or is lost by chance.

What is done to files below a folder is recorded in order (``recorder.c``), and played here. Of what was written and not
flushed, each sector of 512 bytes stays or goes. A name that was given, taken away or changed holds for good once the
file or its folder is flushed; of the rest, so many of the first as chance will have it.
"""

from __future__ import annotations

import random
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

HERE = Path(__file__).parent
SECTOR = 512


@dataclass(frozen=True, slots=True)
class Record:
    """A write (``W``), truncation (``T``), flush (``S``), new name (``R``), second name (``L``) or end (``U``)."""

    kind: str
    name: str
    at: int
    data: bytes = b""


@dataclass(eq=False)
class Held:
    """What is on the disk of a file for good, and what was written since."""

    durable: bytearray = field(default_factory=bytearray)
    since: list[Record] = field(default_factory=list)

    def flush(self) -> None:
        """Keep for good what was written."""
        for record in self.since:
            _apply(self.durable, record)
        self.since.clear()

    def left(self, rng: random.Random) -> bytes:
        """Return what a power cut leaves of it."""
        content = bytearray(self.durable)
        for record in self.since:
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


#: Names and what they are from then on; ``None`` where there is nothing any more.
Names = dict[str, Held | None]


class Disk:
    """The files below a folder, from a base that was flushed whole."""

    def __init__(self, base: Path) -> None:
        self._base = base
        #: What names mean to whoever runs, what they mean after a power cut for certain, and what changed between.
        self._now: Names = {}
        self._sure: Names = {}
        self._loose: list[Names] = []

    def take(self, record: Record) -> None:
        """Play what was done."""
        name = record.name
        if record.kind == "S":
            self._flush(name)
        elif record.kind in "RL":
            if (held := self._held(name)) is not None:
                self._name({record.data.decode(): held, **({name: None} if record.kind == "R" else {})})
        elif record.kind == "U":
            self._held(name)
            self._name({name: None})
        else:
            if (held := self._held(name)) is None:
                held = Held()
                self._name({name: held})
            held.since.append(record)

    def _held(self, name: str) -> Held | None:
        """Return the file of this name, if there is one."""
        if name not in self._now:
            base = self._base / name
            self._now[name] = self._sure[name] = Held(bytearray(base.read_bytes())) if base.is_file() else None
        return self._now[name]

    def _name(self, names: Names) -> None:
        for name in names:
            self._held(name)
        self._now |= names
        self._loose.append(names)

    def _flush(self, name: str) -> None:
        is_folder = (self._base / name).is_dir()
        held = None if is_folder else self._held(name)
        if held is not None:
            held.flush()
        settled: set[int] = set()
        named: set[str] = set()
        for at in reversed(range(len(self._loose))):
            names = self._loose[at]
            is_meant = any(_folder(one) == name if is_folder else names[one] is held for one in names)
            # What was done to the same names before holds as well.
            if (is_meant and (is_folder or held is not None)) or named & names.keys():
                settled.add(at)
                named |= names.keys()
        for at in sorted(settled):
            self._sure |= self._loose[at]
        self._loose = [names for at, names in enumerate(self._loose) if at not in settled]

    def cut(self, image: Path, rng: random.Random) -> None:
        """Write what a power cut leaves into a folder that is a copy of the base."""
        names = dict(self._sure)
        for changed in self._loose[: rng.randint(0, len(self._loose))]:
            names |= changed
        for name, held in names.items():
            if held is None:
                (image / name).unlink(missing_ok=True)
            else:
                (image / name).write_bytes(held.left(rng))


def _folder(name: str) -> str:
    return str(PurePosixPath(name).parent)


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


def build_recorder(folder: Path) -> Path | None:
    """Compile the recorder; ``None`` where there is no Linux or no compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if not sys.platform.startswith("linux") or compiler is None:
        return None
    made = folder / "recorder.so"
    flags = ["-shared", "-fPIC", "-O1", "-w"]
    command = [compiler, *flags, str(HERE / "recorder.c"), "-o", str(made), "-ldl", "-lpthread"]
    return made if subprocess.run(command, check=False).returncode == 0 else None


def read_records(log: Path, end: int) -> Iterator[Record]:
    """Return what was recorded up to a place in the log, in order; a record that is not whole there is left out."""
    with log.open("rb") as handle:
        while handle.tell() + 5 <= end:
            kind, length = struct.unpack("<cI", handle.read(5))
            name = handle.read(length).decode()
            place = handle.read(16)
            if handle.tell() > end or len(place) < 16:
                return
            at, size = struct.unpack("<QQ", place)
            data = handle.read(size) if kind in b"WRL" else b""
            if handle.tell() <= end and len(data) == (size if kind in b"WRL" else 0):
                yield Record(kind.decode(), name, at, data)
