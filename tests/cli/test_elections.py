"""The commands tally, allocate and verify, as scripts rely on them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from renovation.cli import elections
from renovation.exports.outcome.bundle import bundle_files
from renovation.imports.polls.pabulib import read_pabulib
from renovation.model.canonical import pack
from renovation.rules.allocation.registry import allocate

ROOT = Path(__file__).resolve().parents[2]
WIELICZKA = ROOT / "data" / "elections" / "poland_wieliczka_2023_green-budget.pb"

SMALL = """META
key;value
budget;10
vote_type;approval
rule;greedy-threshold
min_project_score_threshold;2
PROJECTS
project_id;cost;name;category
1;6;灯;a
2;5;"=1+1";a
3;4;x;b
VOTES
voter_id;vote
1;1,2
2;1,2
3;1,3
4;3
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.pb"
    path.write_text(SMALL, encoding="utf-8")
    return path


def _run(*arguments: object) -> Any:
    app = typer.Typer()
    elections.register(app)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def _json(*arguments: object) -> list[dict[str, Any]]:
    result = _run(*arguments, "--format", "json")
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_tally(small: Path) -> None:
    (one, two) = _json("tally", small, WIELICZKA)
    assert one["file"] == str(small)
    assert [(p["id"], p["votes"], p["cost"]) for p in one["projects"]] == [("1", 3, 6), ("2", 2, 5), ("3", 2, 4)]
    assert (two["ballots"], two["budget"]) == (6586, 1_000_000)
    assert "灯" in _run("tally", small).stdout


def test_allocate_says_everything(small: Path) -> None:
    (found,) = _json("allocate", small)
    assert set(found) == {
        "file", "ballots", "budget", "rule", "settings", "rules_version", "projects", "winners", "total_cost", "ties",
    }  # fmt: skip
    assert (found["rule"], found["settings"]["floor"], found["ballots"], found["budget"]) == ("greedy", 2, 4, 10)
    assert (found["winners"], found["total_cost"], found["ties"]) == (["1", "3"], 10, [])
    second = found["projects"][1]
    assert second == {
        "id": "2",
        "name": "=1+1",
        "cost": 5,
        "votes": 2,
        "score": 2,
        "rank": 2,
        "selected": False,
        "reason": {
            "code": "budget", "rank": 2, "votes": 2, "score": 2, "cost": 5,
            "left": 4, "short": 1, "cost_to": 4, "extra_votes": 2,
        },
        "text": second["text"],
    }  # fmt: skip
    assert second["text"]["zh-CN"].startswith("得票第 2（2 票），轮到时只剩 4")
    assert second["text"]["en"].startswith("Ranked 2 with 2 votes")


def test_wieliczka_as_officially_decided() -> None:
    (found,) = _json("allocate", WIELICZKA, "--rule", "mes", "--add1", "overspend")
    (declared,) = _json("allocate", WIELICZKA)
    assert found == declared
    assert (len(found["winners"]), found["total_cost"]) == (30, 995_079)


@pytest.mark.parametrize(
    ("options", "winners"),
    [
        (["--rule", "greedy-stop"], ["1"]),
        (["--rule", "greedy-per-cost"], ["1", "3"]),
        (["--rule", "phragmen"], ["1", "3"]),
        (["--rule", "max-welfare"], ["1", "3"]),
        (["--rule", "mes", "--completion", "greedy"], ["1", "3"]),
        (["--rule", "mes", "--completion", "add1+greedy", "--utility", "cardinality"], ["1", "3"]),
        (["--rule", "mes", "--completion", "add1-overspend", "--step", "1"], ["1", "3"]),
        (["--exclusive", "1,3"], ["1"]),
        (["--floor", "3"], ["1"]),
        (["--floor", "75%"], ["1"]),
        (["--rule", "greedy", "--tie-break", "dearest"], ["1", "3"]),
        (["--rule", "greedy", "--tie-break", "lot", "--seed", "x"], ["1", "3"]),
    ],
)
def test_options(small: Path, options: list[str], winners: list[str]) -> None:
    assert _json("allocate", small, *options)[0]["winners"] == winners


@pytest.mark.parametrize("text", ['{"categories": {"a": 5}}', "kind;name;amount\ncategory;a;5\n", "category,a,5\n"])
def test_budgets_from_a_file(small: Path, tmp_path: Path, text: str) -> None:
    limits = tmp_path / "limits"
    limits.write_text(text, encoding="utf-8")
    (found,) = _json("allocate", small, "--budgets", limits)
    assert found["settings"]["category_budgets"] == {"a": 5}
    assert found["winners"] == ["2", "3"]
    assert found["projects"][0]["reason"]["code"] == "category_budget"


def test_bad_files_are_named_and_the_others_still_done(small: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.pb"
    bad.write_text(SMALL.replace("1;6;灯", "1;sechs;灯"), encoding="utf-8")
    result = _run("allocate", bad, tmp_path / "absent.pb", tmp_path, small, "--format", "json")
    assert result.exit_code == 2
    assert [json.loads(line)["file"] for line in result.stdout.splitlines()] == [str(small)]
    assert f"{bad}: 第 9 行“cost”列：“sechs”不是金额" in result.stderr
    assert "Traceback" not in result.stderr
    assert f"{tmp_path / 'absent.pb'}: " in result.stderr


@pytest.mark.parametrize(
    "options",
    [
        ["--rule", "magic"],
        ["--rule", "greedy", "--add1", "overspend"],
        ["--add1", "often"],
        ["--floor", "many"],
        ["--completion", "magic"],
        ["--exclusive", "1,9"],
        ["--tie-break", "lot"],
    ],
)
def test_refuses_options_in_words(small: Path, options: list[str]) -> None:
    result = _run("allocate", small, *options, "--lang", "en")
    assert result.exit_code == 2
    assert result.stderr.startswith(f"{small}: ")
    assert result.stdout == ""


def test_an_outcome_without_a_winner_says_so_and_ends_with_one(small: Path) -> None:
    for format_ in ("json", "table"):
        result = _run("allocate", small, "--floor", "99", "--format", format_, "--lang", "en")
        assert result.exit_code == 1
        assert result.stderr.startswith(f"{small}: no project wins by its votes")
    assert "0 projects selected" in result.stdout


def test_refuses_bad_limits(small: Path, tmp_path: Path) -> None:
    limits = tmp_path / "limits"
    for text in ("category;a\n", "category;a;x\n", "{", '{"odd": {}}', "category;a;1\ncategory;a;2\n"):
        limits.write_text(text, encoding="utf-8")
        refused = _run("allocate", small, "--budgets", limits)
        assert (refused.exit_code, refused.stderr[: len(str(limits))]) == (2, str(limits))
    limits.write_bytes(b"\xff")
    assert _run("allocate", small, "--budgets", limits).exit_code == 2
    missing = _run("allocate", small, "--budgets", tmp_path / "none.csv")
    assert (missing.exit_code, missing.stderr.startswith(str(tmp_path / "none.csv"))) == (2, True)


def test_table_gives_one_sentence_per_project(small: Path) -> None:
    shown = _run("allocate", small, "--rule", "greedy", "--lang", "en").stdout.splitlines()
    assert shown[0].endswith("4 ballots (0 blank), budget 10")
    assert len(shown) == 4 + 3


def test_verify(small: Path, tmp_path: Path) -> None:
    election = read_pabulib(small)
    allocation = allocate("greedy", election.instance, election.profile)
    data = pack(bundle_files(election.instance, election.profile, allocation))
    path = tmp_path / "bundle.zip"
    path.write_bytes(data)
    result = _run("verify", path, "--lang", "en")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "Everything agrees."
    path.write_bytes(data[:100])
    assert _run("verify", path).exit_code == 2
    assert _run("verify", tmp_path / "absent.zip").exit_code == 2


def test_stdout_holds_nothing_but_answers(small: Path) -> None:
    """The solver sometimes prints a line of its own from C; stand in for it at the level of file descriptors."""
    script = (
        "import os,sys\n"
        "from renovation import cli\n"
        "import renovation.rules.allocation.registry as registry\n"
        "real=registry.allocate\n"
        "def noisy(*given):\n"
        "    os.write(1, b'noise\\n')\n"
        "    return real(*given)\n"
        "registry.allocate=noisy\n"
        "sys.argv[1:] = ['allocate', sys.argv[1], '--rule', 'max-welfare', '--format', 'json']\n"
        "cli.main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(small)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "noise\n")
    assert json.loads(done.stdout)["winners"] == ["1", "3"]


def test_nothing_is_funded_without_a_vote_and_nothing_decided_without_a_ballot(small: Path, tmp_path: Path) -> None:
    text = SMALL.replace("min_project_score_threshold;2\n", "").replace("1;1,2\n2;1,2\n3;1,3\n4;3\n", "1;2\n")
    small.write_text(text, encoding="utf-8")
    [found] = _json("allocate", small)
    assert found["winners"] == ["2"]
    assert {one["id"]: one["reason"]["code"] for one in found["projects"] if not one["selected"]} == {
        "1": "no_vote",
        "3": "no_vote",
    }
    assert _json("allocate", small, "--floor", "0")[0]["winners"] == ["2", "3"]
    for votes, words in (("", "一张选票也没有"), ("1;\n2;\n", "全部空白")):
        empty = tmp_path / "empty.pb"
        empty.write_text(text.replace("1;2\n", votes), encoding="utf-8")
        result = _run("allocate", empty)
        assert result.exit_code == 2
        assert words in result.stderr
