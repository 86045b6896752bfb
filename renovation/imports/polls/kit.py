"""Read a kit or a sealed box, and say by name what is wrong with it. Nothing is believed before its signature fits."""

from __future__ import annotations

import json
from typing import Any

from renovation.errors import InvalidError

_MOST_BYTES = 20_000_000
_VERSION = 1


def read_travel_file(content: bytes, kind: str) -> tuple[dict[str, Any], str]:
    """Return the body and the signature of a file that claims to be of a kind.

    Raises
    ------
    InvalidError
        ``kit.too_large``, ``kit.truncated``, ``kit.not_one``, ``kit.other_kind`` or ``kit.version``.
    """
    if len(content) > _MOST_BYTES:
        raise InvalidError("kit.too_large")
    try:
        read = json.loads(content.decode("utf-8"), object_pairs_hook=_no_key_twice)
    except (UnicodeDecodeError, RecursionError):
        raise InvalidError("kit.not_one") from None
    except json.JSONDecodeError as error:
        # A file cut short is still waiting for something at its very end.
        cut = content.lstrip().startswith(b"{") and error.pos >= len(error.doc.rstrip()) - 1
        cut = cut or error.msg.startswith("Unterminated")
        raise InvalidError("kit.truncated" if cut else "kit.not_one") from None
    if not isinstance(read, dict) or not isinstance(read.get("body"), dict):
        raise InvalidError("kit.not_one")
    if read.get("kind") != kind:
        raise InvalidError("kit.other_kind")
    if read.get("version") != _VERSION:
        raise InvalidError("kit.version", version=str(read.get("version"))[:20])
    return read["body"], str(read.get("signature", ""))


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        raise InvalidError("kit.not_one")
    return read
