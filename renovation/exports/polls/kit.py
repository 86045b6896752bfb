"""Files that travel between the office and a venue: a kit out, a sealed box back. Each carries its own signature.

The format is JSON: ``{"kind", "body", "signature"}``; the signature is an HMAC-SHA256 over kind and canonical body
under a key of this one venue, which lies in no file in the clear. A kit carries the key wrapped under a passphrase that
is told apart from the file (scrypt, one-time pad, so a wrong passphrase shows in the signature).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Any

from renovation.model.canonical import to_json

MIME = "application/json"
KIT = "renovation-kit"
BOX = "renovation-box"
VERSION = 1


def signature(kind: str, body: Mapping[str, Any], key: bytes) -> str:
    """Return the signature of a body."""
    return hmac.new(key, kind.encode() + b"\0" + to_json(body).encode(), hashlib.sha256).hexdigest()


def _pad(passphrase: str, salt: bytes) -> bytes:
    return hashlib.scrypt(passphrase.encode(), salt=salt, n=2**15, r=8, p=1, dklen=32, maxmem=2**26)


def wrap_key(key: bytes, passphrase: str) -> dict[str, str]:
    """Return a venue's key (32 bytes) wrapped under a passphrase."""
    salt = secrets.token_bytes(16)
    pad = _pad(passphrase, salt)
    return {"salt": salt.hex(), "wrapped": bytes(a ^ b for a, b in zip(key, pad, strict=True)).hex()}


def unwrap_key(wrapped: Mapping[str, str], passphrase: str) -> bytes:
    """Return the key; under a wrong passphrase, a wrong key."""
    pad = _pad(passphrase, bytes.fromhex(wrapped["salt"]))
    return bytes(a ^ b for a, b in zip(bytes.fromhex(wrapped["wrapped"]), pad, strict=True))


def travel_file(kind: str, body: Mapping[str, Any], key: bytes, filename: str) -> tuple[str, str, bytes]:
    """Return a signed file."""
    content = {"kind": kind, "version": VERSION, "body": body, "signature": signature(kind, body, key)}
    return filename, MIME, to_json(content, indent=1).encode()
