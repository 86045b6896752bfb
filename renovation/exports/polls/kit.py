"""Files that travel between the office and a venue: a kit out, a sealed box back. Each carries its own signature.

One line of plain ASCII, then JSON. The line names kind, version, poll and kit, the wrapped key (kits) and the length of
the rest, and ends with an HMAC-SHA256 over all other bytes of the file under a key of this one venue, which lies in no
file in the clear. So a signature is checked before anything is read. A kit carries the key wrapped under a passphrase
that is told apart from the file (scrypt, one-time pad, so a wrong passphrase shows in the signature).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Any

from renovation.model.canonical import to_json
from renovation.model.polls import StoredBallot

MIME = "application/octet-stream"
KIT = "renovation-kit"
BOX = "renovation-box"
VERSION = 2


def signature(signed: bytes, key: bytes) -> str:
    """Return the signature of bytes."""
    return hmac.new(key, signed, hashlib.sha256).hexdigest()


def _pad(passphrase: str, salt: bytes) -> bytes:
    return hashlib.scrypt(passphrase.encode(), salt=salt, n=2**15, r=8, p=1, dklen=32, maxmem=2**26)


def wrap_key(key: bytes, passphrase: str) -> tuple[str, str]:
    """Return a salt, and a venue's key (32 bytes) wrapped under a passphrase."""
    salt = secrets.token_bytes(16)
    pad = _pad(passphrase, salt)
    return salt.hex(), bytes(a ^ b for a, b in zip(key, pad, strict=True)).hex()


def unwrap_key(salt: str, wrapped: str, passphrase: str) -> bytes:
    """Return the key; under a wrong passphrase, a wrong key."""
    pad = _pad(passphrase, bytes.fromhex(salt))
    return bytes(a ^ b for a, b in zip(bytes.fromhex(wrapped), pad, strict=True))


def travel_file(
    kind: str, body: Mapping[str, Any], key: bytes, filename: str, wrapped: tuple[str, str] = ("-", "-")
) -> tuple[str, str, bytes]:
    """Return a signed file."""
    content = to_json(body, indent=1).encode()
    line = f"{kind} {VERSION} {body['poll']['id']} {body['kit']} {' '.join(wrapped)} {len(content)} ".encode("ascii")
    return filename, MIME, line + signature(line + content, key).encode("ascii") + b"\n" + content


def ballot_row(ballot: StoredBallot) -> dict[str, Any]:
    """Return what a box says of a ballot."""
    assert ballot.channel is not None  # a venue's store does not forget before the office has its box
    assert ballot.day is not None
    return {
        "id": ballot.id,
        "channel": ballot.channel.value,
        "day": ballot.day.isoformat(),
        "choices": list(ballot.choices),
        "points": [int(value) for value in ballot.points],
        "test": ballot.test,
    }
