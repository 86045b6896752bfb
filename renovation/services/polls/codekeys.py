"""The keys of voting codes, which never lie in the database.

One file ``codes.key`` holds the master key. Every venue of every poll has a key of its own derived from it, so that a
kit for one venue carries nothing that opens another's codes. A venue's laptop has the derived key alone.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from renovation.errors import UnavailableError
from renovation.store import Connection, Store
from renovation.store.polls import codes

_MASTER = "codes.key"
_BYTES = 32


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


def _room_file(store: Store, poll_id: str, venue_name: str) -> Path:
    name = hashlib.sha256(f"{poll_id}|{venue_name}".encode()).hexdigest()[:24]
    return store.keys / f"venue-{name}.key"


def make_master(store: Store, connection: Connection) -> None:
    """Make the master key where there is none and no code was ever made under one.

    Raises
    ------
    UnavailableError
        ``code.key_missing``: codes exist and their key has gone.
    """
    path = store.keys / _MASTER
    if path.exists():
        return
    if codes.rooms(connection):
        raise UnavailableError("code.key_missing", folder=str(store.keys))
    try:
        write_new(path, secrets.token_bytes(_BYTES))
    except FileExistsError:
        return


def keep_room_key(store: Store, poll_id: str, venue_name: str, key: bytes) -> None:
    """Keep the key of one venue, as a kit brought it."""
    path = _room_file(store, poll_id, venue_name)
    if not path.exists() or path.read_bytes() != key:
        path.unlink(missing_ok=True)
        write_new(path, key)


def room_key(store: Store, poll_id: str, venue_name: str) -> bytes:
    """Return the key of a poll's codes at a venue (``""``: codes bound to none).

    Raises
    ------
    UnavailableError
        ``code.key_missing``.
    """
    try:
        own = _room_file(store, poll_id, venue_name)
        if own.exists():
            return own.read_bytes()
        master = (store.keys / _MASTER).read_bytes()
    except OSError:
        raise UnavailableError("code.key_missing", folder=str(store.keys)) from None
    return keyed(master, f"venue|{poll_id}|{venue_name}")


def lost_keys(store: Store) -> int:
    """Return how many sets of codes (one per poll and venue) were made under a key that is not here any more."""
    with store.read() as connection:
        rooms = codes.rooms(connection)
    lost = 0
    for poll_id, venue_name in rooms:
        try:
            room_key(store, poll_id, venue_name)
        except UnavailableError:
            lost += 1
    return lost


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
