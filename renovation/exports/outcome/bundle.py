"""The published bundle: everything that anybody needs to recount an election, and a script that does it.

A zip file with ``election.pb`` (anonymous ballots in an order that follows from their content alone),
``settings.json`` (format, rule, its settings, money unit, rules version), ``allocation.json``, ``receipts.txt`` (one
receipt per line, sorted), ``verify_bundle.py`` (verbatim) and ``manifest.json`` (SHA-256 of each, and a checksum over
all). The bundle of a poll of our own has three more: ``poll.json`` (what voters were promised, word for word, and what
was decided since), ``reconciliation.json`` (the counts that were made to agree) and ``ledger.json`` (what the root hash
on the signed reconciliation sheet is made of: the SHA-256 of every file but itself and the manifest, and of the rows in
the store). The same election gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import resources
from typing import Any

from renovation.exports.outcome.allocations import allocation_json
from renovation.exports.outcome.pabulib import declared_results, write_pabulib
from renovation.model.canonical import root_of, sums_of, to_json
from renovation.model.elections import Allocation, Instance
from renovation.rules.election.digests import ledger_root
from renovation.rules.election.profile import Profile
from renovation.rules.election.tally import tally

FORMAT = "renovation-bundle/1"
MIME = "application/zip"
VERIFIER = "verify_bundle.py"
LEDGER = "ledger.json"


def bundle_files(
    instance: Instance,
    profile: Profile,
    allocation: Allocation | None,
    *,
    receipts: Iterable[str] = (),
    records: Mapping[str, Mapping[str, Any]] | None = None,
    ledger: Mapping[str, Any] | None = None,
) -> dict[str, bytes]:
    """Return the bundle's files by name.

    Parameters
    ----------
    allocation
        ``None`` while the committee has a tie to decide: the result and its settings are then missing.
    records
        Further JSON files by name: ``poll.json``, ``reconciliation.json``.
    ledger
        What the root covers besides the files, for a poll that is sealed.
    """
    declared = declared_results(instance, tally(instance, profile), allocation)
    files = {
        "election.pb": write_pabulib(instance, profile, declared=declared)[2],
        "receipts.txt": "".join(f"{receipt}\n" for receipt in sorted(receipts)).encode(),
        VERIFIER: verifier(),
        **{name: _json(record) for name, record in (records or {}).items()},
    }
    if allocation is not None:
        settings = {
            "format": FORMAT,
            "rule": allocation.rule,
            "settings": dict(allocation.settings),
            "scale": instance.scale,
            "currency": instance.currency,
            "rules_version": allocation.rules_version,
        }
        files["settings.json"] = _json(settings)
        files["allocation.json"] = _json(allocation_json(instance, allocation, ballots=profile.size))
    if ledger is not None:
        covered = {"format": FORMAT, **ledger, "files": sums_of(files)}
        files[LEDGER] = _json(covered | {"root": ledger_root(covered)})
    sums = sums_of(files)
    return files | {"manifest.json": _json({"format": FORMAT, "files": sums, "root": root_of(sums)})}


def verifier() -> bytes:
    """Return the script that recounts a bundle without this program."""
    return resources.files(__package__).joinpath(VERIFIER).read_bytes()


def _json(value: Mapping[str, Any]) -> bytes:
    return (to_json(value, indent=1) + "\n").encode()
