"""The keys of voting codes and of the running digest, which never lie in the database.

One file ``codes.key`` holds the master key. Every venue of every poll has a key of its own derived from it, so that a
kit for one venue carries nothing that opens another's codes. A venue's laptop has the derived key alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from renovation.errors import UnavailableError
from renovation.model.codes import make_tag
from renovation.store.engine import Connection, Store
from renovation.store.files import write_whole
from renovation.store.keys import (
    STAFF_KEY,
    fingerprints,
    key_folder,
    keyed,
    make_file,
    note_key,
    read_key,
    staff_key,
)
from renovation.store.schema.polls import code_batch, venue

_MASTER = "codes.key"


def _room_file(folder: Path, poll_id: str, room: str) -> Path:
    name = hashlib.sha256(f"{poll_id}|{room}".encode()).hexdigest()[:24]
    return folder / f"venue-{name}.key"


#: Built once: it runs for every voter.
_ROOMS = (
    sa.select(code_batch.c.poll_id, sa.func.coalesce(venue.c.room, "").label("room"))
    .select_from(code_batch.outerjoin(venue, venue.c.id == code_batch.c.venue_id))
    .distinct()
)


def rooms(connection: Connection) -> list[tuple[str, str]]:
    """Return (poll id, room of the venue) of every set of codes that has a key of its own; no venue is ``""``."""
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
        make_file(path)
    key = ring.master()
    note_key(connection, path)
    return key


def keep_room_key(connection: Connection, poll_id: str, room: str, key: bytes) -> None:
    """Keep the key of one venue, as a kit brought it."""
    path = _room_file(key_ring(connection).folder, poll_id, room)
    if not path.exists() or path.read_bytes() != key:
        write_whole(path, key)
    note_key(connection, path)


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys in their folder, held against the fingerprints that the store knows."""

    folder: Path
    fingerprints: Mapping[str, str]

    @property
    def knows_master(self) -> bool:
        """Whether anything was ever made under the master key."""
        return _MASTER in self.fingerprints

    def is_own(self, poll_id: str, room: str) -> bool:
        """Tell whether a venue's key came with a kit and does not follow from the master key."""
        own = _room_file(self.folder, poll_id, room)
        return own.exists() or own.name in self.fingerprints

    def master(self) -> bytes:
        """Return the master key.

        Raises
        ------
        UnavailableError
            ``code.key_missing``, ``code.key_cut`` or ``code.key_foreign``.
        """
        return read_key(self.folder / _MASTER, self.fingerprints)

    def room(self, poll_id: str, room: str) -> bytes:
        """Return the key of a poll's codes at a venue (``""``: codes bound to none).

        Raises
        ------
        UnavailableError
            ``code.key_missing``, ``code.key_cut`` or ``code.key_foreign``.
        """
        if self.is_own(poll_id, room):
            return read_key(_room_file(self.folder, poll_id, room), self.fingerprints)
        return keyed(self.master(), f"venue|{poll_id}|{room}")


def key_ring(connection: Connection) -> KeyRing:
    """Return the keys as this transaction knows them."""
    return KeyRing(key_folder(connection), fingerprints(connection))


def key_fault(store: Store) -> UnavailableError | None:
    """Return what is wrong with the keys that the store knows, if anything."""
    with store.read() as connection:
        ring, wanted = key_ring(connection), rooms(connection)
        try:
            if STAFF_KEY in ring.fingerprints:
                staff_key(connection)
        except UnavailableError as error:
            return error
    try:
        if ring.knows_master:
            ring.master()
        for poll_id, room in wanted:
            ring.room(poll_id, room)
    except UnavailableError as error:
        return error
    return None


def code_hmac(key: bytes, code: str) -> str:
    """Return what the store holds of a code."""
    return keyed(key, f"code|{code}").hex()


def code_tag(key: bytes, code: str) -> str:
    """Return what a slip's QR carries behind the code: whoever shows it guessed nothing."""
    return make_tag(keyed(key, f"tag|{code}"))


def rescue_hmac(key: bytes, code: str) -> str:
    """Return what a kit holds of the sealed code that stands for a lost PIN."""
    return keyed(key, f"rescue|{code}").hex()


def attempt_hmac(key: bytes, attempt: str) -> str:
    """Return what the store holds of an attempt; nothing for none."""
    return keyed(key, f"attempt|{attempt}").hex() if attempt else ""


def receipt_secret(key: bytes, code: str, turn: int) -> bytes:
    """Return what a receipt is made from; ``turn`` counts up only when two receipts would coincide."""
    return keyed(key, f"receipt|{turn}|{code}")
