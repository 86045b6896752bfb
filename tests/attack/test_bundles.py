"""A published bundle, edited in every place and made whole again by somebody who knows all but what stands on paper."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from renovation.cli import app
from renovation.cli import elections as commands
from renovation.errors import ConflictError, RenovationError
from renovation.exports.outcome import verify_bundle as stand_alone
from renovation.imports.polls.bundle import verify_bundle
from renovation.model.accounts import PUBLIC, Actor, Role
from renovation.model.canonical import digest_of, pack, root_of, to_json
from renovation.model.clock import now
from renovation.model.elections import NO, YES, BallotKind
from renovation.model.polls import Channel, PollProject, PollSettings
from renovation.services.house.verification import check_store
from renovation.services.outcome import publishing
from renovation.services.outcome.exports import ExportFormat, export_outcome
from renovation.services.outcome.results import allocate, election
from renovation.services.polls import codes, polls, ties, voting, ways_out
from renovation.store import Store
from renovation.store.polls import polls as poll_store
from renovation.text.formats import grouped

STATION, SECOND = Actor(role=Role.STATION), Actor(role=Role.ADMIN, login="zweite")
Files = dict[str, bytes]


@dataclass(frozen=True)
class Town:
    """What everybody can download, and the root that only the signed paper vouches for."""

    files: Files
    root: str
    store: Store
    poll_id: str


def _published(store: Store, admin: Actor, kind: BallotKind) -> Town:
    projects = [
        PollProject(
            number=n,
            key=f"P{n}",
            name=f"项目 {n}",
            cost=n * 10_000_000 + 50,
            description="说明；含分号",
            why="23 户反映",
            category="道路,绿化" if n % 2 else "照明",
            mandatory=n == 6,
            lon=109.4 + n / 1000,
            lat=24.3,
            extra={"neighborhood": "东区", "备注": "甲"},
        )
        for n in range(1, 7)
    ]
    settings = PollSettings(
        title="糖厂三号小区改造投票",
        ballot_kind=kind,
        budget=120_000_000,
        max_choices=3 if kind is BallotKind.APPROVAL else None,
        max_points=10 if kind is BallotKind.POINTS else None,
        tie_break="refuse",
        rule_settings={"area_caps": {"东区": 4}},
    )
    with store.write() as unit:
        poll_id = poll_store.add(unit.connection, settings, at=now())
        poll_store.set_projects(unit.connection, poll_id, projects)
        unit.commit()
    venue = polls.add_venue(store, admin, poll_id, "居民活动室")
    made = codes.make_batch(store, admin, poll_id, venue.id, 8, "第一批").slips
    polls.open_poll(store, admin, poll_id, denominator=200)
    votes: list[tuple[str, ...]] = [("P1",), ("P2",), (), ("P3", "P1"), ("P2", "P3"), ("P4",)]
    for slip, choices in zip(made, votes, strict=False):
        choices = choices[:1] if kind is BallotKind.CHOOSE_ONE else choices
        points = tuple(range(3, 3 + len(choices))) if kind is BallotKind.POINTS else ()
        if kind is BallotKind.YES_NO:
            points = (YES, NO)[: len(choices)]
        voting.cast_ballot(store, STATION, slip.code, choices, points, channel=Channel.STATION)
    polls.close_poll(store, admin, poll_id)
    publishing.reconcile_poll(store, admin, poll_id)
    ways_out.mark_impossible(store, admin, poll_id, "P4", reason="有高压线", second=SECOND)
    while True:
        try:
            allocate(election(store, admin, poll_id))
            break
        except ConflictError as tie:
            ties.decide_tie(store, admin, poll_id, tie.fields["ids"], "会议，12 票比 5 票")
    publishing.publish_poll(store, admin, poll_id)
    bundle = publishing.bundle_file(store, PUBLIC, poll_id)[2]
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    root = polls.get_poll(store, PUBLIC, poll_id).meta["ledger_root"]
    return Town(files, root, store, poll_id)


def _written(value: Any) -> bytes:
    return (to_json(value, indent=1) + "\n").encode()


def _with_manifest(files: Files) -> Files:
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in files.items() if name != "manifest.json"}
    return files | {"manifest.json": _written({"format": "renovation-bundle/1", "files": sums, "root": root_of(sums)})}


def _made_whole(files: Files) -> Files:
    """Work out again all that an outsider can: checksums, what was frozen, the root, the manifest."""
    try:
        ledger, poll = json.loads(files["ledger.json"]), json.loads(files["poll.json"])
        ledger["instance"] = digest_of(poll["id"], poll["settings"], poll["projects"])
        ledger["files"] = {
            name: hashlib.sha256(data).hexdigest()
            for name, data in files.items()
            if name not in ("ledger.json", "manifest.json")
        }
        ledger["root"] = digest_of({name: value for name, value in ledger.items() if name != "root"})
        files = files | {"ledger.json": _written(ledger)}
    except (KeyError, TypeError, ValueError):
        pass  # beyond mending
    return _with_manifest(files)


def _edited(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Yield a JSON value with each leaf changed, each key taken out, and neighbours of lists exchanged."""
    if isinstance(value, dict):
        yield ".".join(map(str, (*path, "+"))), value | {"more": 1}
        for key, inner in value.items():
            yield ".".join(map(str, (*path, key, "-"))), {name: kept for name, kept in value.items() if name != key}
            for where, changed in _edited(inner, (*path, key)):
                yield where, value | {key: changed}
    elif isinstance(value, list):
        yield ".".join(map(str, (*path, "+"))), [*value, 1]
        for place, inner in enumerate(value):
            if place and value[place - 1] != inner:
                swapped = [*value[: place - 1], inner, value[place - 1], *value[place + 1 :]]
                yield ".".join(map(str, (*path, place, "swap"))), swapped
            for where, changed in _edited(inner, (*path, place)):
                yield where, [*value[:place], changed, *value[place + 1 :]]
    else:
        other = value + "x" if isinstance(value, str) else not value if isinstance(value, bool) else (value or 0) + 1
        yield ".".join(map(str, path)), other


def _edits(files: Files) -> Iterator[tuple[str, Files]]:
    """Yield each edit with its name: every leaf, every cell, every line, every range of the script, every file."""
    for name in sorted(files):
        if name.endswith(".json"):
            for where, changed in _edited(json.loads(files[name])):
                yield f"{name} {where}", files | {name: _written(changed)}
            yield f"{name} spaces", files | {name: files[name] + b" "}
            twice = files[name].replace(b"{\n", b'{\n "format": "x",\n', 1)
            yield f"{name} a key twice", files | {name: twice}
    rows = list(csv.reader(io.StringIO(files["election.pb"].decode(), newline=""), delimiter=";"))
    for number, row in enumerate(rows):
        for place in range(len(row)):
            out = io.StringIO(newline="")
            cells = [cell + ("1" if at == place else "") for at, cell in enumerate(row)]
            csv.writer(out, delimiter=";").writerows([*rows[:number], cells, *rows[number + 1 :]])
            yield f"election.pb {number}:{place}", files | {"election.pb": out.getvalue().encode()}
    yield "election.pb a vote less", files | {"election.pb": b"\r\n".join(files["election.pb"].split(b"\r\n")[:-2])}
    receipts = files["receipts.txt"].splitlines(keepends=True)
    for place in range(len(receipts)):
        yield f"receipts.txt {place}-", files | {"receipts.txt": b"".join(receipts[:place] + receipts[place + 1 :])}
        changed = [*receipts[:place], b"0" * 64 + b"\n", *receipts[place + 1 :]]
        yield f"receipts.txt {place}", files | {"receipts.txt": b"".join(sorted(changed))}
    yield "receipts.txt order", files | {"receipts.txt": b"".join(reversed(receipts))}
    script = files["verify_bundle.py"]
    for start in range(0, len(script), len(script) // 60):
        broken = script[:start] + bytes([script[start] ^ 1]) + script[start + 1 :]
        yield f"verify_bundle.py {start}", files | {"verify_bundle.py": broken}
    yield "verify_bundle.py exchanged", files | {"verify_bundle.py": b'print("Everything agrees.")\n'}
    for name in sorted(files):
        if name != "manifest.json":
            yield f"{name} taken out", {kept: data for kept, data in files.items() if kept != name}
            yield f"{name} renamed", {(kept + "x" if kept == name else kept): data for kept, data in files.items()}
    yield "a file more", files | {"公告.txt": b"x"}
    # Names of two projects exchanged wherever they stand.
    turn = {"项目 1": "项目 2", "项目 2": "项目 1"}
    swapped = dict(files)
    for name in ("allocation.json", "election.pb", "poll.json"):
        words = files[name].decode()
        for old in turn:
            words = words.replace(old, f"<{old[-1]}>")
        for old, new in turn.items():
            words = words.replace(f"<{old[-1]}>", new)
        swapped[name] = words.encode()
    yield "names exchanged", swapped


def _caught(path: Path, files: Files, root: str) -> tuple[bool, bool]:
    """Tell whether the program and the script each find something."""
    path.write_bytes(pack(files))
    try:
        found = verify_bundle(path)
        ours = bool(found.differences) or root not in ("", found.ledger_root)
    except RenovationError:
        ours = True
    return ours, stand_alone.main([str(path), *([root] if root else []), "--lang", "en"]) != 0


@pytest.fixture
def town(store: Store, admin: Actor, request: pytest.FixtureRequest) -> Town:
    """A published poll of a kind of ballot."""
    if not store.is_sqlite and request.param is not BallotKind.APPROVAL:
        pytest.skip("one kind of ballot on the other engine is enough")
    return _published(store, admin, request.param)


@pytest.mark.parametrize("town", list(BallotKind), indirect=True, ids=lambda kind: kind.value)
def test_no_edit_of_a_bundle_passes_either_verifier(
    town: Town, tmp_path: Path, capsys: pytest.CaptureFixture[str], admin: Actor
) -> None:
    path = tmp_path / "bundle.zip"
    assert _caught(path, town.files, "") == (False, False)
    assert _caught(path, town.files, town.root) == (False, False)
    assert _made_whole(town.files) == town.files
    assert check_store(town.store, admin) == ()
    # What no kind of ballot shapes is edited once; the ballots, the outcome and the names for each kind.
    told_apart = ("election.pb", "allocation.json", "receipts.txt", "names")
    kind = polls.get_poll(town.store, PUBLIC, town.poll_id).settings.ballot_kind
    passed = []
    for what, files in _edits(town.files):
        if kind is not BallotKind.APPROVAL and not what.startswith(told_apart):
            continue
        capsys.readouterr()
        # Who makes only the checksums good is found without the paper, who makes everything good by the paper.
        alone = files if what.startswith("manifest.json") else _with_manifest(files)
        if _caught(path, alone, "") != (True, True):
            passed.append((what, "checksums"))
        whole = _made_whole(files)
        if whole != town.files and _caught(path, whole, town.root) != (True, True):
            passed.append((what, "everything"))
    assert passed == []


@pytest.mark.parametrize("town", [BallotKind.APPROVAL], indirect=True, ids=["approval"])
def test_a_zip_that_was_packed_anew_is_none_of_ours(
    town: Town, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = pack(town.files)

    def packed(names: list[str], method: int = zipfile.ZIP_STORED, comment: bytes = b"", year: int = 1980) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", method) as archive:
            for name in names:
                entry = zipfile.ZipInfo(name, (year, 1, 1, 0, 0, 0))
                entry.compress_type = method
                archive.writestr(entry, town.files.get(name, b""))
            archive.comment = comment
        return out.getvalue()

    names = sorted(town.files)
    with pytest.warns(UserWarning, match="Duplicate name"):
        twice = packed([*names, names[0]])
    bombs = io.BytesIO()
    with zipfile.ZipFile(bombs, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("election.pb", b"\0" * 50_000_000)
    changed = {
        "order": packed(names[::-1]),
        "comment": packed(names, comment=b"x"),
        "time": packed(names, year=2026),
        "compressed": packed(names, zipfile.ZIP_DEFLATED),
        "twice": twice,
        "folder": packed([*names, "inner/"]),
        "outside": packed([*names, "../../evil"]),
        "before": b"#!/bin/sh\n" + good,
        "behind": good + b"x",
        "cut": good[:-30],
        "bomb": bombs.getvalue(),
        "nothing": b"",
    }
    path = tmp_path / "bundle.zip"
    for what, data in changed.items():
        path.write_bytes(data)
        with suppress(RenovationError):
            assert verify_bundle(path).differences, what
        assert stand_alone.main([str(path)]) != 0, what


@pytest.mark.parametrize("town", [BallotKind.APPROVAL], indirect=True, ids=["approval"])
def test_the_commands_compare_with_the_paper_and_say_what_nobody_signed(town: Town, tmp_path: Path) -> None:
    commands.register(app)
    path = tmp_path / "bundle.zip"
    forged = json.loads(town.files["allocation.json"])
    forged["projects"][0]["text"]["zh-CN"] = "另一个理由"
    whole = _made_whole(town.files | {"allocation.json": _written(forged)})
    bare = _with_manifest({name: data for name, data in town.files.items() if name not in stand_alone.SEALED})
    on_paper = grouped(town.root)
    own = tmp_path / "mine.py"
    own.write_bytes(town.files["verify_bundle.py"])
    fingerprint = hashlib.sha256(own.read_bytes()).hexdigest()
    for files, code, words in (
        (town.files, 0, ("与给出的校验码相同", "与您给出的校验码相同", fingerprint)),
        (whole, 1, (town.root,)),
        (bare, 1, ("election.pb", "没有人签字担保")),
    ):
        path.write_bytes(pack(files))
        ours = CliRunner().invoke(app, ["verify", str(path), "--root", on_paper, "--lang", "zh-CN"])
        script = [sys.executable, "-I", "-S", str(own), str(path), *on_paper.split(), "--lang", "zh"]
        theirs = subprocess.run(script, capture_output=True, check=False)
        assert (ours.exit_code, theirs.returncode) == (code, code)
        said = theirs.stdout.decode()
        assert all(word in ours.stdout or word in said for word in words), (ours.stdout, said)
        assert words[-1] in ours.stdout
        assert words[-1] in said
    poll = polls.get_poll(town.store, PUBLIC, town.poll_id)
    assert poll.meta["verifier"] == fingerprint
    held = election(town.store, PUBLIC, town.poll_id)
    # The root stands on the paper that is signed, and on none that leaders and residents read.
    assert on_paper not in export_outcome(held, allocate(held), ExportFormat.NOTICE)[2].decode()


def test_every_sentence_of_the_script_is_in_both_languages() -> None:
    said = Path(stand_alone.__file__).read_text("utf-8")
    spoken = {words for words in stand_alone.CHINESE if said.count(f'"{words}"') >= 2}
    assert spoken == set(stand_alone.CHINESE)
