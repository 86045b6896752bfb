"""Keys that never lie in the database: files in a folder beside it, held against fingerprints that the store knows."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from renovation.config import settings as outside
from renovation.errors import UnavailableError
from renovation.store import settings
from renovation.store.engine import KEY_DIR, Connection
from renovation.store.files import write_new

KEY_BYTES = 32
_NONCE_BYTES = 12
#: The key that stands behind the second factors of staff.
STAFF_KEY = "staff.key"
#: The key of the signs that stand for addresses; losing it does no more than begin their counts anew.
SIGNS_KEY = "signs.key"
#: Setting: key file → fingerprint of the key in it.
_FINGERPRINTS = "key_fingerprints"


def sealed(key: bytes, plain: bytes) -> bytes:
    """Return what nobody reads or changes without the key of 256 bits (AES-GCM, its nonce first)."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, None)


def unsealed(key: bytes, held: bytes) -> bytes | None:
    """Return what :func:`sealed` was given; nothing where another key sealed it or somebody has changed it."""
    try:
        return AESGCM(key).decrypt(held[:_NONCE_BYTES], held[_NONCE_BYTES:], None)
    except InvalidTag:
        return None


def keyed(key: bytes, message: str) -> bytes:
    """Return the keyed hash of a message, whatever it is made of."""
    return hmac.new(key, message.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()


def make_file(path: Path) -> None:
    """Draw a key into a file, unless there is one or a vault holds it."""
    if place_of(path) != path:
        return
    with suppress(FileExistsError):  # another process was first
        write_new(path, secrets.token_bytes(KEY_BYTES))


def place_of(path: Path) -> Path:
    """Return where a key lies: in the folder that a key vault fills, else beside the store."""
    vault = outside().secrets
    given = None if vault is None else vault / path.name
    return given if given is not None and given.is_file() else path


def key_folder(connection: Connection) -> Path:
    """Return the folder of the keys of the store that this transaction is of."""
    folder: Path = connection.get_execution_options()[KEY_DIR]
    return folder


def fingerprints(connection: Connection) -> dict[str, str]:
    """Return the fingerprints of the keys that something was made under, by the name of their file."""
    return dict(settings.get(connection, _FINGERPRINTS, {}))


def note_key(connection: Connection, path: Path) -> None:
    """Have the store know which key is used; what it knows tells nothing of the key."""
    held = fingerprints(connection)
    found = _fingerprint(place_of(path).read_bytes())
    if held.get(path.name) != found:
        settings.put(connection, _FINGERPRINTS, held | {path.name: found})


def _fingerprint(key: bytes) -> str:
    return keyed(key, "fingerprint").hex()


def read_key(path: Path, known: Mapping[str, str]) -> bytes:
    """Return the key in a file.

    Parameters
    ----------
    known
        What :func:`fingerprints` told.

    Raises
    ------
    UnavailableError
        ``code.key_missing``, ``code.key_cut`` or ``code.key_foreign``.
    """
    path = place_of(path)
    where = {"folder": str(path.parent), "file": path.name}
    try:
        key = path.read_bytes()
    except OSError:
        raise UnavailableError("code.key_missing", **where) from None
    if len(key) != KEY_BYTES:
        raise UnavailableError("code.key_cut", **where, size=len(key), right=KEY_BYTES)
    if known.get(path.name) not in (None, _fingerprint(key)):
        raise UnavailableError("code.key_foreign", **where)
    return key


@cache
def signs_key(folder: Path) -> bytes:
    """Return the key of the signs that stand for addresses, drawn where there is none.

    Raises
    ------
    UnavailableError
        ``code.key_missing`` or ``code.key_cut``.
    """
    make_file(folder / SIGNS_KEY)
    return read_key(folder / SIGNS_KEY, {})


def staff_key(connection: Connection, *, make: bool = False) -> bytes:
    """Return the key behind second factors.

    Parameters
    ----------
    make
        Draw one where there is none and nothing was ever made under one.

    Raises
    ------
    UnavailableError
        ``code.key_missing``, ``code.key_cut`` or ``code.key_foreign``.
    """
    path, known = key_folder(connection) / STAFF_KEY, fingerprints(connection)
    if make and STAFF_KEY not in known:
        make_file(path)
    key = read_key(path, known)
    if make:
        note_key(connection, path)
    return key
