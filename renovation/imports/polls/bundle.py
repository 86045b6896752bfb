"""A published bundle in: checked against its manifest, and recounted with the same rules as the original.

The independent recount is ``exports/outcome/verify_bundle.py``, which shares no code with this; both must agree.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any

from renovation.errors import Fault, ImportRefusedError, RenovationError
from renovation.imports.polls.pabulib import PabulibFile, read_pabulib
from renovation.model.canonical import pack, root_of
from renovation.model.elections import Allocation
from renovation.rules.allocation.registry import allocate
from renovation.rules.election.digests import ledger_root, public_digest
from renovation.rules.election.settings import exact_number, settings_from
from renovation.rules.election.tally import tally

NEEDED = ("allocation.json", "election.pb", "manifest.json", "receipts.txt", "settings.json")
#: More than this unpacked is refused before anything is unpacked.
MOST_BYTES = 2_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What a recount found.

    Attributes
    ----------
    differences
        One fault (``bundle.…``) per thing that does not agree; none where all does.
    allocation
        The recount.
    root
        The manifest's root.
    ledger_root
        The root hash to compare with the one on the signed result sheet; empty where the bundle has no ledger.
    """

    differences: tuple[Fault, ...]
    allocation: Allocation
    election: PabulibFile
    root: str
    ledger_root: str = ""


#: What the zip reader raises on damage (``zlib.error`` is an Exception of its own).
_NO_ZIP = (zipfile.BadZipFile, RuntimeError, NotImplementedError, ValueError, EOFError, struct.error, zlib.error)


def _member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    try:
        return archive.read(entry)
    except _NO_ZIP:
        raise ImportRefusedError([Fault("bundle.changed", fields={"name": entry.filename})]) from None


def read_bundle(source: Path | bytes) -> dict[str, bytes]:
    """Return a bundle's files by name, from a zip file (or its bytes) or a folder.

    Raises
    ------
    ImportRefusedError
        It is no zip file or folder, unpacks to too much, or lacks a file.
    """
    if isinstance(source, Path) and source.is_dir():
        files = {item.name: item.read_bytes() for item in sorted(source.iterdir()) if item.is_file()}
    else:
        try:
            with zipfile.ZipFile(BytesIO(source) if isinstance(source, bytes) else source) as archive:
                entries = archive.infolist()
                if sum(entry.file_size for entry in entries) > MOST_BYTES:
                    raise ImportRefusedError([Fault("bundle.too_large")])
                if len({entry.filename for entry in entries}) < len(entries):
                    raise ImportRefusedError([Fault("bundle.twice")])
                files = {entry.filename: _member(archive, entry) for entry in entries}
        except _NO_ZIP:
            raise ImportRefusedError([Fault("bundle.not_zip")]) from None
    missing = [name for name in NEEDED if name not in files]
    if missing:
        raise ImportRefusedError([Fault("bundle.missing", fields={"name": name}) for name in missing])
    return files


def verify_bundle(source: Path | bytes) -> Verification:
    """Check a bundle's sums, count its ballots and apply its rule again.

    Raises
    ------
    ImportRefusedError
        The bundle or its ballots cannot be read.
    InvalidError
        Its settings contradict themselves.
    """
    files = read_bundle(source)
    changed: list[Fault] = []
    try:
        manifest = json.loads(files["manifest.json"])
        changed = _sums(files, manifest)
        settings, published = (json.loads(files[name]) for name in ("settings.json", "allocation.json"))
        election = read_pabulib(files["election.pb"])
        allocation = allocate(
            settings["rule"], election.instance, election.profile, settings_from(settings["settings"])
        )
        differences = [
            *changed,
            *_compared(election, allocation, published),
            *_receipts(files, election),
            *_ledger(files, election, settings),
            *_reconciliation(files, election),
            *_packing(source, files),
        ]
        return Verification(
            differences=tuple(differences),
            allocation=allocation,
            election=election,
            root=str(manifest["root"]),
            ledger_root=str(json.loads(files["ledger.json"])["root"]) if "ledger.json" in files else "",
        )
    except (RenovationError, KeyError, TypeError, ValueError, AttributeError, ZeroDivisionError) as error:
        # What was changed is named first; that it can no longer be read only follows from it.
        if isinstance(error, RenovationError) and not changed:
            raise
        raise ImportRefusedError([*changed, Fault("bundle.damaged")]) from None


def _packing(source: Path | bytes, files: Mapping[str, bytes]) -> list[Fault]:
    """Find a byte that was changed between the files."""
    if isinstance(source, Path):
        if source.is_dir():
            return []
        source = source.read_bytes()
    return [] if source == pack(files) else [Fault("bundle.packing")]


def _sums(files: Mapping[str, bytes], manifest: Mapping[str, Any]) -> list[Fault]:
    listed: Mapping[str, str] = manifest["files"]
    found = []
    for name in sorted({*files, *listed} - {"manifest.json"}):
        if name not in files:
            found.append(Fault("bundle.missing", fields={"name": name}))
        elif name not in listed:
            found.append(Fault("bundle.unlisted", fields={"name": name}))
        elif hashlib.sha256(files[name]).hexdigest() != listed[name]:
            found.append(Fault("bundle.changed", fields={"name": name}))
    if root_of(listed) != manifest["root"]:
        found.append(Fault("bundle.root"))
    return found


def _compared(election: PabulibFile, allocation: Allocation, published: Mapping[str, Any]) -> list[Fault]:
    found = []
    if published["ballots"] != election.profile.size:
        fields = {"found": election.profile.size, "value": published["ballots"]}
        found.append(Fault("bundle.ballots", fields=fields))
    count = tally(election.instance, election.profile)
    rows = {row["id"]: row for row in published["projects"]}
    for project, votes, score in zip(election.profile.projects, count.votes, count.scores, strict=True):
        row, declared = rows.get(project, {}), election.declared[project]
        for column, recounted in (("votes", votes), ("score", score)):
            said = [exact_number(row.get(column, -1))]
            said += [exact_number(declared[column])] if column in declared else []
            found += [
                Fault("bundle.count", fields={"project": project, "found": str(recounted), "value": str(value)})
                for value in said
                if abs(recounted - value) > Fraction(1, 10**6)
            ]
    selected = {project for project, row in rows.items() if row["selected"]}
    if sorted(published["winners"]) != sorted(allocation.winners) or selected != set(allocation.winners):
        found.append(Fault("bundle.winners", fields={"found": allocation.winners}))
    return found


def _receipts(files: Mapping[str, bytes], election: PabulibFile) -> list[Fault]:
    receipts = files["receipts.txt"].decode("utf-8").split()
    if len(set(receipts)) < len(receipts) or len(receipts) > election.profile.size:
        return [Fault("bundle.receipts", fields={"found": len(receipts), "ballots": election.profile.size})]
    return []


def _ledger(files: Mapping[str, bytes], election: PabulibFile, settings: Mapping[str, Any]) -> list[Fault]:
    """Work the root hash of the signed sheet out again."""
    if "ledger.json" not in files:
        return []
    ledger = json.loads(files["ledger.json"])
    announced = ledger["announced"]
    receipts = files["receipts.txt"].decode("utf-8").split()
    public = public_digest(election.instance, election.profile, receipts, announced)
    found = []
    if public != ledger["public"]:
        found.append(Fault("bundle.public"))
    if ledger_root(ledger["instance"], ledger["public"], ledger["tables"]) != ledger["root"]:
        found.append(Fault("bundle.ledger_root"))
    ran = settings_from(settings["settings"]).as_dict()
    promised = settings_from({name: value for name, value in announced.items() if name != "rule"}).as_dict()
    if announced["rule"] != settings["rule"] or any(ran.get(name) != value for name, value in promised.items()):
        found.append(Fault("bundle.announced"))
    return found


def _reconciliation(files: Mapping[str, bytes], election: PabulibFile) -> list[Fault]:
    if "reconciliation.json" not in files:
        return []
    record = json.loads(files["reconciliation.json"])
    channels = record["by_channel"]
    receipts = len(files["receipts.txt"].decode("utf-8").split())
    found = []
    if sum(channels.values()) != election.profile.size:
        fields = {"found": election.profile.size, "value": sum(channels.values())}
        found.append(Fault("bundle.channels", fields=fields))
    on_screen = channels.get("station", 0) + channels.get("phone", 0)
    if on_screen != receipts:
        found.append(Fault("bundle.receipts", fields={"found": receipts, "ballots": on_screen}))
    if not record["sealed_with_open_lines_because"] and any(line["left"] != line["right"] for line in record["lines"]):
        found.append(Fault("bundle.lines"))
    return found
