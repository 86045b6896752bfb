"""A published bundle in: checked against its manifest, and recounted with the same rules as the original.

The independent recount is ``exports/verify_bundle.py``, which shares no code with this; both must agree.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any

from renovation.errors import Fault, ImportRefusedError
from renovation.imports.pabulib import PabulibFile, read_pabulib
from renovation.model.elections import Allocation
from renovation.rules.registry import allocate
from renovation.rules.settings import settings_from
from renovation.rules.tally import tally

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
        The manifest's root, to compare with the printed one.
    """

    differences: tuple[Fault, ...]
    allocation: Allocation
    election: PabulibFile
    root: str


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
                files = {entry.filename: archive.read(entry) for entry in entries}
                if len(files) < len(entries):
                    raise ImportRefusedError([Fault("bundle.twice")])
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError):
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
    try:
        manifest, settings, published = (
            json.loads(files[name]) for name in ("manifest.json", "settings.json", "allocation.json")
        )
        election = read_pabulib(files["election.pb"])
        allocation = allocate(
            settings["rule"], election.instance, election.profile, settings_from(settings["settings"])
        )
        differences = [
            *_sums(files, manifest),
            *_compared(election, allocation, published),
            *_receipts(files, election),
        ]
        return Verification(
            differences=tuple(differences), allocation=allocation, election=election, root=str(manifest["root"])
        )
    except (KeyError, TypeError, ValueError, AttributeError, ZeroDivisionError):
        raise ImportRefusedError([Fault("bundle.damaged")]) from None


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
    root = hashlib.sha256("".join(f"{name} {listed[name]}\n" for name in sorted(listed)).encode()).hexdigest()
    if root != manifest["root"]:
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
            said = [Fraction(str(row.get(column, -1)))]
            said += [Fraction(declared[column].strip())] if column in declared else []
            found += [
                Fault("bundle.count", fields={"project": project, "found": str(recounted), "value": str(value)})
                for value in said
                if abs(recounted - value) > Fraction(1, 10**6)
            ]
    selected = {project for project, row in rows.items() if row["selected"]}
    if sorted(published["winners"]) != sorted(allocation.winners) or selected != set(allocation.winners):
        found.append(Fault("bundle.winners", fields={"found": ", ".join(allocation.winners)}))
    return found


def _receipts(files: Mapping[str, bytes], election: PabulibFile) -> list[Fault]:
    receipts = files["receipts.txt"].decode("utf-8").split()
    if len(set(receipts)) < len(receipts) or len(receipts) > election.profile.size:
        return [Fault("bundle.receipts", fields={"found": len(receipts), "ballots": election.profile.size})]
    return []
