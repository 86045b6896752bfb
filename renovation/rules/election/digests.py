"""The one hash that a result sheet prints and people sign."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from renovation.model.canonical import digest_of


def ledger_root(ledger: Mapping[str, Any]) -> str:
    """Return the SHA-256 over everything a ledger says but the root itself.

    ``exports/outcome/verify_bundle.py`` does the same without this code.

    Parameters
    ----------
    ledger
        ``ledger.json`` of a bundle: the checksum of every other file, and of the poll's rows in the store.
    """
    return digest_of({name: value for name, value in ledger.items() if name != "root"})
