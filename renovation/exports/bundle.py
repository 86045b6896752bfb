"""The published bundle: everything that anybody needs to recount an election, and a script that does it.

A zip file with ``election.pb`` (anonymous ballots in an order that follows from their content alone),
``settings.json`` (format, rule, its settings, money unit, rules version), ``allocation.json``, ``receipts.txt`` (one
receipt per line, sorted), ``verify_bundle.py`` (verbatim) and ``manifest.json`` (SHA-256 of each, and a root over
all). The same election gives the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from importlib import resources
from typing import Any

from renovation.exports.allocations import allocation_json
from renovation.exports.pabulib import declared_results, write_pabulib
from renovation.model.elections import Allocation, Instance
from renovation.rules.profile import Profile
from renovation.rules.tally import tally

FORMAT = "renovation-bundle/1"
MIME = "application/zip"
VERIFIER = "verify_bundle.py"
#: Zip entries carry a time; a fixed one keeps equal bundles equal.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


def write_bundle(
    instance: Instance,
    profile: Profile,
    allocation: Allocation,
    *,
    receipts: Iterable[str] = (),
    filename: str = "bundle.zip",
) -> tuple[str, str, bytes]:
    """Write the bundle of a decided election: ``(filename, MIME type, bytes)``.

    Raises
    ------
    InvalidError
        What :func:`renovation.exports.pabulib.write_pabulib` refuses.
    """
    files = bundle_files(instance, profile, allocation, receipts=receipts)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(files.items()):
            entry = zipfile.ZipInfo(name, _NO_TIME)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data, zipfile.ZIP_DEFLATED)
    return filename, MIME, out.getvalue()


def bundle_files(
    instance: Instance, profile: Profile, allocation: Allocation, *, receipts: Iterable[str] = ()
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
    }
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    return files | {"manifest.json": _json({"format": FORMAT, "files": sums, "root": root_of(sums)})}


def root_of(sums: Mapping[str, str]) -> str:
    """Return the checksum over all checksums: what a notice prints."""
    return hashlib.sha256("".join(f"{name} {sums[name]}\n" for name in sorted(sums)).encode()).hexdigest()


def _json(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
