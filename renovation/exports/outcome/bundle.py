"""The published bundle: everything that anybody needs to recount an election, and a script that does it.

A zip file with ``election.pb`` (anonymous ballots in an order that follows from their content alone),
``settings.json`` (format, rule, its settings, money unit, rules version), ``allocation.json``, ``receipts.txt`` (one
receipt per line, sorted), ``verify_bundle.py`` (verbatim) and ``manifest.json`` (SHA-256 of each, and a root over
all). The bundle of a poll of our own has two more: ``reconciliation.json`` (the counts that were made to agree) and
``ledger.json`` (what the root hash on the signed result sheet is made of). The same election gives the same bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from importlib import resources
from typing import Any

from renovation.exports.outcome.allocations import allocation_json
from renovation.exports.outcome.pabulib import declared_results, write_pabulib
from renovation.model.canonical import pack, root_of, to_json
from renovation.model.elections import Allocation, Instance
from renovation.rules.election.profile import Profile
from renovation.rules.election.tally import tally

FORMAT = "renovation-bundle/1"
MIME = "application/zip"
VERIFIER = "verify_bundle.py"


def write_bundle(
    instance: Instance,
    profile: Profile,
    allocation: Allocation,
    *,
    receipts: Iterable[str] = (),
    records: Mapping[str, Mapping[str, Any]] | None = None,
    filename: str = "bundle.zip",
) -> tuple[str, str, bytes]:
    """Write the bundle of a decided election: ``(filename, MIME type, bytes)``.

    Parameters
    ----------
    records
        Further JSON files by name: ``ledger.json``, ``reconciliation.json``.

    Raises
    ------
    InvalidError
        What :func:`renovation.exports.outcome.pabulib.write_pabulib` refuses.
    """
    files = bundle_files(instance, profile, allocation, receipts=receipts, records=records)
    return filename, MIME, pack(files)


def bundle_files(
    instance: Instance,
    profile: Profile,
    allocation: Allocation,
    *,
    receipts: Iterable[str] = (),
    records: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[str, bytes]:
    """Return the bundle's files by name."""
    declared = declared_results(instance, tally(instance, profile), allocation)
    settings = {
        "format": FORMAT,
        "rule": allocation.rule,
        "settings": dict(allocation.settings),
        "scale": instance.scale,
        "currency": instance.currency,
        "rules_version": allocation.rules_version,
    }
    files = {
        "election.pb": write_pabulib(instance, profile, declared=declared)[2],
        "settings.json": _json(settings),
        "allocation.json": _json(allocation_json(instance, allocation, ballots=profile.size)),
        "receipts.txt": "".join(f"{receipt}\n" for receipt in sorted(receipts)).encode(),
        VERIFIER: resources.files(__package__).joinpath(VERIFIER).read_bytes(),
        **{name: _json(record) for name, record in (records or {}).items()},
    }
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    return files | {"manifest.json": _json({"format": FORMAT, "files": sums, "root": root_of(sums)})}


def _json(value: Mapping[str, Any]) -> bytes:
    return (to_json(value, indent=1) + "\n").encode()
