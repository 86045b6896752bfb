"""Bundles: both recounts agree with the publication and with each other, and notice every change."""

from __future__ import annotations

import ast
import importlib.util
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from renovation.errors import ImportRefusedError
from renovation.exports.outcome import verify_bundle as stand_alone
from renovation.exports.outcome.bundle import bundle_files, root_of
from renovation.imports.polls.bundle import verify_bundle
from renovation.imports.polls.pabulib import read_pabulib
from renovation.model.canonical import pack
from renovation.model.elections import Ballot, Candidate, Instance
from renovation.rules.allocation.registry import REGISTRY, allocate
from renovation.rules.election.profile import profile_from_ballots
from renovation.rules.election.settings import Add1, Settings
from renovation.text import Language, fault_text

ROOT = Path(__file__).resolve().parents[3]
WIELICZKA = ROOT / "data" / "elections" / "poland_wieliczka_2023_green-budget.pb"


def _random_elections():
    name = "random_elections"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, ROOT / "tests" / "oracles" / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


def _bundle() -> dict[str, bytes]:
    projects = tuple(Candidate(id=id_, name=f"项目 {id_}", cost=cost) for id_, cost in (("1", 3), ("2", 4), ("3", 5)))
    instance = Instance(projects=projects, budget=8)
    ballots = [Ballot(("1", "2")), Ballot(("2",)), Ballot(("3",)), Ballot(())]
    profile = profile_from_ballots(instance, ballots)
    return bundle_files(instance, profile, allocate("greedy", instance, profile), receipts=["B", "A"])


def _unpacked(files: dict[str, bytes], folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def _resealed(files: dict[str, bytes]) -> dict[str, bytes]:
    sums = {
        name: stand_alone.hashlib.sha256(data).hexdigest() for name, data in files.items() if name != "manifest.json"
    }
    return files | {"manifest.json": json.dumps({"files": sums, "root": root_of(sums)}).encode()}


def test_both_recounts_agree_on_wieliczka_and_the_script_runs_alone(tmp_path: Path) -> None:
    election = read_pabulib(WIELICZKA)
    allocation = allocate("mes", election.instance, election.profile, Settings(add1=Add1.OVERSPEND))
    name, decided = "bundle.zip", (election.instance, election.profile, allocation)
    data = pack(bundle_files(*decided, receipts=["A1", "B2"]))
    assert data == pack(bundle_files(*decided, receipts=["B2", "A1"]))
    inside = verify_bundle(data)
    assert inside.differences == ()
    assert inside.allocation == allocation
    (tmp_path / name).write_bytes(data)
    with zipfile.ZipFile(tmp_path / name) as archive:
        archive.extract("verify_bundle.py", tmp_path)
    script = [sys.executable, "-I", "-S", "verify_bundle.py", name]
    done = subprocess.run(script, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"checksum {inside.root}" in done.stdout
    assert ", ".join(allocation.winners) in done.stdout


def test_the_script_imports_only_the_standard_library() -> None:
    tree = ast.parse(Path(stand_alone.__file__).read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names


@pytest.mark.parametrize("rule", REGISTRY)
def test_both_recounts_agree_on_elections_full_of_ties(rule: str, tmp_path: Path) -> None:
    elections = _random_elections()
    for seed in range(25):
        random = Random(seed)
        instance, ballots = elections.random_election(random)
        settings = elections.random_settings(random, instance, rule)
        profile = profile_from_ballots(instance, ballots)
        allocation = allocate(rule, instance, profile, settings)
        files = bundle_files(instance, profile, allocation)
        folder = _unpacked(files, tmp_path / str(seed))
        assert stand_alone.verify(folder)[0] == [], f"seed {seed}"
        assert verify_bundle(folder).differences == (), f"seed {seed}"


def _change_json(name: str, change: Callable[[dict], object]) -> Callable[[dict[str, bytes]], dict[str, bytes]]:
    def changed(files: dict[str, bytes]) -> dict[str, bytes]:
        value = json.loads(files[name])
        change(value)
        return _resealed(files | {name: json.dumps(value).encode()})

    return changed


@pytest.mark.parametrize(
    "change",
    [
        lambda files: files | {"receipts.txt": b"A\nC\n"},
        lambda files: files | {"extra.txt": b""},
        lambda files: {name: data for name, data in files.items() if name != "verify_bundle.py"},
        lambda files: _resealed(files | {"receipts.txt": b"A\nA\n"}),
        lambda files: _resealed(files | {"receipts.txt": b"A\nB\nC\nD\nE\n"}),
        lambda files: _resealed(files | {"election.pb": files["election.pb"].replace(b";2\r\n", b";3\r\n")}),
        _change_json("allocation.json", lambda value: value.update(winners=["1"])),
        _change_json("allocation.json", lambda value: value.update(ballots=5)),
        _change_json("allocation.json", lambda value: value["projects"][0].update(votes=9)),
        _change_json("allocation.json", lambda value: value["projects"][0].update(selected=False)),
        _change_json("settings.json", lambda value: value.update(rule="mes")),
        _change_json("settings.json", lambda value: value["settings"].update(floor=2)),
    ],
)
def test_both_recounts_notice_a_change(
    change: Callable[[dict[str, bytes]], dict[str, bytes]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = _unpacked(_bundle(), tmp_path / "good")
    assert verify_bundle(folder).differences == ()
    assert stand_alone.main([str(folder)]) == 0
    changed = _unpacked(change(_bundle()), tmp_path / "changed")
    found = verify_bundle(changed).differences
    assert found
    assert all(fault_text(fault, language) for fault in found for language in Language)
    assert stand_alone.main([str(changed)]) == 1
    assert "DIFFERS" in capsys.readouterr().out


@pytest.mark.parametrize(
    "change",
    [
        lambda files: files | {"election.pb": b"nonsense"},
        lambda files: files | {"settings.json": b"[]"},
        lambda files: files | {"allocation.json": b"{"},
        lambda files: {name: data for name, data in files.items() if name != "receipts.txt"},
    ],
)
def test_both_refuse_what_is_no_bundle(
    change: Callable[[dict[str, bytes]], dict[str, bytes]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = _unpacked(change(_bundle()), tmp_path / "broken")
    with pytest.raises(ImportRefusedError):
        verify_bundle(folder)
    assert stand_alone.main([str(folder)]) == 2
    assert capsys.readouterr().err.startswith("Cannot verify")


def test_refuses_other_files(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"PK nothing")
    with pytest.raises(ImportRefusedError):
        verify_bundle(tmp_path / "x.zip")
    assert stand_alone.main([str(tmp_path / "x.zip")]) == 2
    assert stand_alone.main([str(tmp_path / "absent.zip")]) == 2
    assert stand_alone.main([]) == 2


def test_yuan_and_limits_survive_the_way_through_a_bundle(tmp_path: Path) -> None:
    projects = tuple(
        Candidate(id=str(n), name="x", cost=150 * n, categories=("绿化",), area="东", mandatory=n == 1, full_cost=10**6)
        for n in range(1, 6)
    )
    instance = Instance(projects=projects, budget=1000, scale=100, currency="CNY")
    profile = profile_from_ballots(instance, [Ballot(("2", "3")), Ballot(("5",)), Ballot(("3", "4"))])
    settings = Settings(
        category_budgets={"绿化": 900}, area_caps={"东": 2}, exclusive=(("3", "4"),), add1=Add1.EXHAUSTIVE, step=10
    )
    allocation = allocate("mes", instance, profile, settings)
    folder = _unpacked(bundle_files(instance, profile, allocation), tmp_path / "b")
    assert verify_bundle(folder).allocation == replace(allocation)
    assert stand_alone.verify(folder)[0] == []


def test_both_recounts_end_where_add1_takes_millions_of_steps(tmp_path: Path) -> None:
    costs = {"a": 6 * 10**10, "b": 6 * 10**10, "c": 5 * 10**10}
    projects = tuple(Candidate(id=name, name=name, cost=cost) for name, cost in costs.items())
    instance = Instance(projects=projects, budget=12 * 10**10, scale=100)
    profile = profile_from_ballots(instance, [Ballot(("a", "b")), Ballot(("a", "b")), Ballot(("c",))])
    allocation = allocate("mes", instance, profile, Settings(add1=Add1.OVERSPEND))
    folder = _unpacked(bundle_files(instance, profile, allocation), tmp_path / "bundle")
    problems, summary = stand_alone.verify(folder)
    assert (problems, summary["winners"]) == ([], ["a", "c"])
    assert verify_bundle(folder).differences == ()
