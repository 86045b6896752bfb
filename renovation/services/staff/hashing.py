"""Passwords and PINs: argon2id hashes, and how long a door waits after wrong ones."""

from __future__ import annotations

import threading
import unicodedata
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

#: Wrong tries before a door waits; then 15 s, doubling, at most 15 min.
FREE_FAILURES = 5
_FIRST_WAIT = timedelta(seconds=15)
_LONGEST_WAIT = timedelta(minutes=15)

MAX_LENGTH = 200

_hasher = PasswordHasher()
#: One hash takes 64 MiB; a flood of attempts must not fill the memory.
_hashing = threading.BoundedSemaphore(2)


def folded(secret: str) -> str:
    """Return what is hashed: the same characters whatever keyboard typed them."""
    return unicodedata.normalize("NFKC", secret)


def hash_secret(secret: str) -> str:
    """Return the hash to keep."""
    with _hashing:
        return _hasher.hash(folded(secret))


def fits(kept: str, secret: str) -> bool:
    """Tell whether a secret is the one whose hash is kept."""
    with _hashing:
        try:
            return _hasher.verify(kept, folded(secret)[:MAX_LENGTH])
        except (VerificationError, InvalidHashError):
            return False


def pause_after(failures: int) -> timedelta:
    """Return how long a door waits once it has counted so many tries.

    It is kept in the transaction that counts the try, before anything is hashed, so that guesses sent at once wait too.
    """
    over = failures - FREE_FAILURES
    return min(_FIRST_WAIT * 2 ** min(over, 10), _LONGEST_WAIT) if over >= 0 else timedelta(0)
