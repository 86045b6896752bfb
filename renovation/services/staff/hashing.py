"""Passwords and PINs: argon2id hashes."""

from __future__ import annotations

import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MAX_LENGTH = 200

_hasher = PasswordHasher()
#: One hash takes 64 MiB; a flood of attempts must not fill the memory.
_hashing = threading.BoundedSemaphore(2)


def folded(secret: str) -> str:
    """Return a secret in the same characters whatever keyboard typed it."""
    return unicodedata.normalize("NFKC", secret)


def _hashed(secret: str) -> bytes:
    # Half a sign is no character, and still somebody may send one. One sign more than any password has: what only
    # begins like one is another.
    return folded(secret)[: MAX_LENGTH + 1].encode("utf-8", "surrogatepass")


def hash_secret(secret: str) -> str:
    """Return the hash to keep."""
    with _hashing:
        return _hasher.hash(_hashed(secret))


def fits(kept: str, secret: str) -> bool:
    """Tell whether a secret is the one whose hash is kept."""
    with _hashing:
        try:
            return _hasher.verify(kept, _hashed(secret))
        except (VerificationError, InvalidHashError):
            return False


def is_outdated(kept: str) -> bool:
    """Tell whether a hash was made with other rounds or memory than new ones are."""
    return _hasher.check_needs_rehash(kept)
