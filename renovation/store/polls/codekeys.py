"""The keys of voting codes and of the running digest, which never lie in the database.

One file ``codes.key`` holds the master key. Every venue of every poll has a key of its own derived from it, so that a
kit for one venue carries nothing that opens another's codes. A venue's laptop has the derived key alone.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from renovation.errors import UnavailableError
from renovation.store import settings
from renovation.store.engine import KEY_DIR, Connection, Store
from renovation.store.schema.polls import code_batch, venue

_MASTER = "codes.key"
_BYTES = 32
#: Setting: key file → fingerprint of the key in it.
_FINGERPRINTS = "key_fingerprints"


def write_new(path: Path, content: bytes) -> None:
    """Write a file that must not exist yet, readable by its owner alone.

    Raises
    ------
    FileExistsError
        Another process was first.
    """
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)
    handle = os.open(path, flags, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _room_file(folder: Path, poll_id: str, venue_name: str) -> Path:
    name = hashlib.sha256(f"{poll_id}|{venue_name}".encode()).hexdigest()[:24]
    return folder / f"venue-{name}.key"


#: Built once: it runs for every voter.
_ROOMS = (
    sa.select(code_batch.c.poll_id, sa.func.coalesce(venue.c.name, "").label("venue"))
    .select_from(code_batch.outerjoin(venue, venue.c.id == code_batch.c.venue_id))
    .distinct()
)


def rooms(connection: Connection) -> list[tuple[str, str]]:
    """Return (poll id, venue name) of every set of codes that has a key of its own; no venue is ``""``."""
    return [(row[0], row[1]) for row in connection.execute(_ROOMS)]


def make_master(connection: Connection) -> bytes:
    """Return the master key, made where there is none and nothing was ever made under one.

    Raises
    ------
    UnavailableError
        ``code.key_missing``: codes exist and their key has gone; ``code.key_cut`` or ``code.key_foreign``: the file
        there is not the key they were made under.
    """
    ring = key_ring(connection)
    path = ring.folder / _MASTER
    if not (path.exists() or ring.knows_master or any(not ring.is_own(*room) for room in rooms(connection))):
        with suppress(FileExistsError):  # another process was first
            write_new(path, secrets.token_bytes(_BYTES))
    key = ring.master()
    _note(connection, path)
    return key


def keep_room_key(connection: Connection, poll_id: str, venue_name: str, key: bytes) -> None:
    """Keep the key of one venue, as a kit brought it."""
    path = _room_file(key_ring(connection).folder, poll_id, venue_name)
    if not path.exists() or path.read_bytes() != key:
        path.unlink(missing_ok=True)
        write_new(path, key)
    _note(connection, path)


def _fingerprints(connection: Connection) -> dict[str, str]:
    return dict(settings.get(connection, _FINGERPRINTS, {}))


def _note(connection: Connection, path: Path) -> None:
    """Have the store know which key its codes are made under; what it knows tells nothing of the key."""
    held = _fingerprints(connection)
    found = _fingerprint(path.read_bytes())
    if held.get(path.name) != found:
        settings.put(connection, _FINGERPRINTS, held | {path.name: found})


def _fingerprint(key: bytes) -> str:
    return keyed(key, "fingerprint").hex()


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys in their folder, held against the fingerprints that the store knows."""

    folder: Path
    fingerprints: Mapping[str, str]

    @property
    def knows_master(self) -> bool:
        """Whether anything was ever made under the master key."""
        return _MASTER in self.fingerprints

    def is_own(self, poll_id: str, venue_name: str) -> bool:
        """Tell whether a venue's key came with a kit and does not follow from the master key."""
        own = _room_file(self.folder, poll_id, venue_name)
        return own.exists() or own.name in self.fingerprints

    def master(self) -> bytes:
        """Return the master key.

        Raises
        ------
        UnavailableError
            ``code.key_missing``, ``code.key_cut`` or ``code.key_foreign``.
        """
        return self._read(self.folder / _MASTER)

    def room(self, poll_id: str, venue_name: str) -> bytes:
        """Return the key of a poll's codes at a venue (``""``: codes bound to none).

        Raises
        ------
        UnavailableError
            ``code.key_missing``, ``code.key_cut`` or ``code.key_foreign``.
        """
        if self.is_own(poll_id, venue_name):
            return self._read(_room_file(self.folder, poll_id, venue_name))
        return keyed(self.master(), f"venue|{poll_id}|{venue_name}")

    def _read(self, path: Path) -> bytes:
        where = {"folder": str(self.folder), "file": path.name}
        try:
            key = path.read_bytes()
        except OSError:
            raise UnavailableError("code.key_missing", **where) from None
        if len(key) != _BYTES:
            raise UnavailableError("code.key_cut", **where, size=len(key), right=_BYTES)
        if self.fingerprints.get(path.name) not in (None, _fingerprint(key)):
            raise UnavailableError("code.key_foreign", **where)
        return key


def key_ring(connection: Connection) -> KeyRing:
    """Return the keys as this transaction knows them."""
    return KeyRing(connection.get_execution_options()[KEY_DIR], _fingerprints(connection))


def key_fault(store: Store) -> UnavailableError | None:
    """Return what is wrong with the keys that the store knows, if anything."""
    with store.read() as connection:
        ring, wanted = key_ring(connection), rooms(connection)
    try:
        if ring.knows_master:
            ring.master()
        for poll_id, venue_name in wanted:
            ring.room(poll_id, venue_name)
    except UnavailableError as error:
        return error
    return None


def keyed(key: bytes, message: str) -> bytes:
    """Return the keyed hash of a message."""
    return hmac.new(key, message.encode(), hashlib.sha256).digest()


def code_hmac(key: bytes, code: str) -> str:
    """Return what the store holds of a code."""
    return keyed(key, f"code|{code}").hex()


def attempt_hmac(key: bytes, attempt: str) -> str:
    """Return what the store holds of an attempt; nothing for none."""
    return keyed(key, f"attempt|{attempt}").hex() if attempt else ""


def receipt_secret(key: bytes, code: str, turn: int) -> bytes:
    """Return what a receipt is made from; ``turn`` counts up only when two receipts would coincide."""
    return keyed(key, f"receipt|{turn}|{code}")
