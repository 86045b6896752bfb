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
from itertools import zip_longest
from pathlib import Path
from typing import Any

from renovation.errors import Fault, ImportRefusedError, RenovationError
from renovation.imports.polls.pabulib import PabulibFile, read_pabulib
from renovation.model.canonical import digest_of, pack, root_of, sums_of, to_json
from renovation.model.elections import AGAINST, Allocation, BallotKind
from renovation.rules.allocation.registry import allocate
from renovation.rules.election.digests import ledger_root
from renovation.rules.election.settings import Settings, exact_number, settings_from
from renovation.rules.election.tally import tally

NEEDED = ("allocation.json", "election.pb", "manifest.json", "receipts.txt", "settings.json")
#: The bundle of a poll of our own has these as well, all or none.
SEALED = ("ledger.json", "poll.json", "reconciliation.json")
_JSON = ("allocation.json", "manifest.json", "settings.json", *SEALED)
#: More than this is refused before anything is read.
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
        The root hash to compare with the one on the signed reconciliation sheet; empty where the bundle has no ledger,
        and nothing in it is vouched for by anybody.
    verifier
        The checksum of the script in the bundle; it stands on the result sheet as well.
    files
        The names of the files.
    """

    differences: tuple[Fault, ...]
    allocation: Allocation
    election: PabulibFile
    root: str
    ledger_root: str = ""
    verifier: str = ""
    files: tuple[str, ...] = ()


#: What the zip reader raises on damage (``zlib.error`` is an Exception of its own).
_NO_ZIP = (zipfile.BadZipFile, RuntimeError, NotImplementedError, ValueError, EOFError, struct.error, zlib.error)


def unpacked(source: Path | bytes) -> dict[str, bytes]:
    """Return the files of a zip file (or its bytes) or a folder by name.

    Raises
    ------
    ImportRefusedError
        It is no zip file or folder, is larger than it says or packed in another way than ours, or holds a name twice.
    """
    if isinstance(source, Path) and source.is_dir():
        inside = sorted(source.iterdir())
        if any(not item.is_file() for item in inside) or sum(item.stat().st_size for item in inside) > MOST_BYTES:
            raise ImportRefusedError([Fault("bundle.not_zip")])
        return {item.name: item.read_bytes() for item in inside}
    try:
        if isinstance(source, Path) and (source.stat().st_size > MOST_BYTES or not source.is_file()):
            raise ImportRefusedError([Fault("bundle.not_zip")])
        data = source if isinstance(source, bytes) else source.read_bytes()
        with zipfile.ZipFile(BytesIO(data)) as archive:
            entries = archive.infolist()
            if len({entry.filename for entry in entries}) < len(entries):
                raise ImportRefusedError([Fault("bundle.twice")])
            # Ours is stored as it is; whatever unpacks to more than the file holds is somebody else's.
            if sum(entry.file_size for entry in entries) > len(data) or any(entry.compress_type for entry in entries):
                raise ImportRefusedError([Fault("bundle.packing")])
            return {entry.filename: _member(archive, entry) for entry in entries}
    except _NO_ZIP:
        raise ImportRefusedError([Fault("bundle.not_zip")]) from None


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
        What :func:`unpacked` refuses, or the bundle lacks a file.
    """
    files = unpacked(source)
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
    changed = _form(files)
    try:
        held = {name: json.loads(files[name]) for name in _JSON if name in files}
        manifest, published, settings = (held[f"{name}.json"] for name in ("manifest", "allocation", "settings"))
        changed += _sums(files, manifest, settings["format"])
        election = read_pabulib(files["election.pb"])
        ran = settings_from(settings["settings"])
        allocation = allocate(settings["rule"], election.instance, election.profile, ran)
        differences = [
            *changed,
            *_compared(election, allocation, published),
            *_agreeing(election, allocation, published, settings),
            *_receipts(files, election),
            *_packing(source, files),
        ]
        sealed = all(name in held for name in SEALED)
        if any(name in held for name in SEALED):
            differences += [Fault("bundle.missing", fields={"name": name}) for name in SEALED if name not in held]
        if sealed:
            differences += _ledger(files, held["ledger.json"], settings["rule"], ran)
            differences += _promised(election, held["poll.json"], held["ledger.json"])
            differences += _reconciliation(files, held["reconciliation.json"], election)
        return Verification(
            differences=tuple(differences),
            allocation=allocation,
            election=election,
            root=str(manifest["root"]),
            ledger_root=str(held["ledger.json"]["root"]) if sealed else "",
            verifier=hashlib.sha256(files["verify_bundle.py"]).hexdigest() if "verify_bundle.py" in files else "",
            files=tuple(sorted(files)),
        )
    except (RenovationError, *_UNREADABLE) as error:
        # What was changed is named first; that it can no longer be read only follows from it.
        if isinstance(error, RenovationError) and not changed:
            raise
        raise ImportRefusedError([*changed, Fault("bundle.damaged")]) from None


#: What a value of another kind than it should be makes Python say.
_UNREADABLE = (KeyError, IndexError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)


def _form(files: Mapping[str, bytes]) -> list[Fault]:
    """Find what is written otherwise than this program writes it: a key twice, a space, a number in other digits."""
    found = []
    for name in _JSON:
        try:
            same = name not in files or (to_json(json.loads(files[name]), indent=1) + "\n").encode() == files[name]
        except _UNREADABLE:
            same = False
        if not same:
            found.append(Fault("bundle.form", fields={"name": name}))
    receipts = files["receipts.txt"]
    if receipts != b"".join(b"%s\n" % line for line in sorted(receipts.split())):
        found.append(Fault("bundle.form", fields={"name": "receipts.txt"}))
    return found


def _packing(source: Path | bytes, files: Mapping[str, bytes]) -> list[Fault]:
    """Find a byte that was changed between the files."""
    if isinstance(source, Path):
        if source.is_dir():
            return []
        source = source.read_bytes()
    return [] if source == pack(files) else [Fault("bundle.packing")]


def _sums(files: Mapping[str, bytes], manifest: Mapping[str, Any], kind: str) -> list[Fault]:
    listed: Mapping[str, str] = manifest["files"]
    found = []
    for name in sorted({*files, *listed} - {"manifest.json"}):
        if name not in files:
            found.append(Fault("bundle.missing", fields={"name": name}))
        elif name not in listed:
            found.append(Fault("bundle.unlisted", fields={"name": name}))
        elif hashlib.sha256(files[name]).hexdigest() != listed[name]:
            found.append(Fault("bundle.changed", fields={"name": name}))
    if manifest != {"format": kind, "files": listed, "root": root_of(listed)}:
        found.append(Fault("bundle.root"))
    return found


def _compared(election: PabulibFile, allocation: Allocation, published: Mapping[str, Any]) -> list[Fault]:
    found = []
    if published["ballots"] != election.profile.size:
        fields = {"found": election.profile.size, "value": published["ballots"]}
        found.append(Fault("bundle.ballots", fields=fields))
    count = tally(election.instance, election.profile)
    rows = {row["id"]: row for row in published["projects"]}
    counts = zip(election.profile.projects, count.votes, count.scores, count.against, strict=True)
    answers = election.instance.ballot_kind is BallotKind.YES_NO
    for project, votes, score, against in counts:
        row, declared = rows.get(project, {}), election.declared[project]
        for column, recounted in (("votes", votes), ("score", score), *([(AGAINST, against)] if answers else [])):
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


def _agreeing(
    election: PabulibFile, allocation: Allocation, published: Mapping[str, Any], settings: Mapping[str, Any]
) -> list[Fault]:
    """Find where the files say different things of one thing: a name, a cost, a sum, a reason, a setting."""
    scale = election.instance.scale
    outcomes = {outcome.project: outcome for outcome in allocation.outcomes}
    said: list[tuple[object, object]] = [
        (published["rule"], settings["rule"]),
        (published["rules_version"], settings["rules_version"]),
        (settings["scale"], scale),
        (settings["currency"], election.instance.currency),
        (exact_number(published["budget"]) * scale, election.instance.budget),
        (exact_number(published["total_cost"]) * scale, allocation.total_cost),
        (list(published["winners"]), list(allocation.winners)),
        (
            [(tuple(tie["projects"]), tie["decided_by"]) for tie in published["ties"]],
            [(tuple(tie.projects), tie.decided_by) for tie in allocation.ties],
        ),
        ([row["id"] for row in published["projects"]], list(outcomes)),
    ]
    named = {project.id: project for project in election.instance.projects}
    for row in published["projects"]:
        project, outcome = named[row["id"]], outcomes[row["id"]]
        said += [
            (row["name"], project.name),
            (exact_number(row["cost"]) * scale, project.cost),
            (row["rank"], outcome.rank),
            (row["reason"]["code"], outcome.reason.code),
        ]
    return [
        Fault("bundle.disagree", fields={"value": str(one)[:80], "found": str(other)[:80]})
        for one, other in said
        if one != other
    ]


def _ledger(files: Mapping[str, bytes], ledger: Mapping[str, Any], rule: str, ran: Settings) -> list[Fault]:
    """Work the root hash of the signed sheet out again."""
    sums = sums_of(files)
    covered = {name: digest for name, digest in sums.items() if name not in ("ledger.json", "manifest.json")}
    found = [
        Fault("bundle.not_sealed", fields={"name": name})
        for name in sorted({*covered, *ledger["files"]})
        if covered.get(name) != ledger["files"].get(name)
    ]
    if ledger_root(ledger) != ledger["root"]:
        found.append(Fault("bundle.ledger_root"))
    announced = ledger["announced"]
    promised = settings_from({name: value for name, value in announced.items() if name != "rule"}).as_dict()
    as_run = ran.as_dict()
    if announced["rule"] != rule or any(as_run.get(name) != value for name, value in promised.items()):
        found.append(Fault("bundle.announced"))
    return found


def _promised(election: PabulibFile, poll: Mapping[str, Any], ledger: Mapping[str, Any]) -> list[Fault]:
    """Hold what voters were promised against what was counted."""
    if digest_of(poll["id"], poll["settings"], poll["projects"]) != ledger["instance"]:
        return [Fault("bundle.not_sealed", fields={"name": "poll.json"})]
    promised = [[one["key"], one["name"], one["cost"], one["mandatory"]] for one in poll["projects"]]
    counted = [[one.id, one.name, one.cost, one.mandatory] for one in election.instance.projects]
    return [
        Fault("bundle.disagree", fields={"value": str(one), "found": str(other)})
        for one, other in zip_longest(promised, counted)
        if one != other
    ]


def _reconciliation(files: Mapping[str, bytes], record: Mapping[str, Any], election: PabulibFile) -> list[Fault]:
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
