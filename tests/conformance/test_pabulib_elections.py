"""Real elections: counts, official winners and the reference answers.

The one file that the project ships is always checked; the others only where ``PABULIB_DIR`` (or the usual sibling
folder) holds them.
"""

from __future__ import annotations

import csv
import os
from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest

from renovation.imports.polls.pabulib import PabulibFile, read_pabulib
from renovation.imports.polls.pabulib_rules import declared_rule
from renovation.rules.allocation.registry import allocate
from renovation.rules.election.settings import Add1, Settings, TieBreak
from renovation.rules.election.tally import tally

ROOT = Path(__file__).resolve().parents[2]
WIELICZKA = ROOT / "data" / "elections" / "poland_wieliczka_2023_green-budget.pb"
FOLDER = Path(os.environ.get("PABULIB_DIR", ROOT.parent / "shared" / "data" / "pabulib"))
RULES = {
    "greedy_skip": ("greedy", Settings()),
    "mes": ("mes", Settings()),
    "add1stop": ("mes", Settings(add1=Add1.EXHAUSTIVE)),
    "add1nostop": ("mes", Settings(add1=Add1.OVERSPEND)),
}


def _table(name: str) -> list[dict[str, str]]:
    if not (FOLDER / name).exists():
        return []
    with open(FOLDER / name, encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t"))


INDEX = _table("index.tsv")
ANSWERS = _table("reference-answers.tsv")
needs_files = pytest.mark.skipif(not INDEX and os.environ.get("CI") != "true", reason=f"no elections in {FOLDER}")


@cache
def _read(path: Path) -> PabulibFile:
    return read_pabulib(path)


def _file(name: str) -> PabulibFile:
    return _read(FOLDER / "files" / name)


def _selected(election: PabulibFile) -> set[str]:
    return {project for project, columns in election.declared.items() if columns.get("selected") == "1"}


def _check_count(election: PabulibFile) -> None:
    count = tally(election.instance, election.profile)
    for column, found in (("votes", count.votes), ("score", count.scores)):
        for project, value in zip(election.instance.projects, found, strict=True):
            if column in election.declared[project.id]:
                assert Fraction(election.declared[project.id][column]) == value, (project.id, column)


def test_wieliczka_is_counted_as_its_file_says() -> None:
    election = _read(WIELICZKA)
    assert election.profile.size == 6586
    _check_count(election)


def test_wieliczka_equal_shares_gives_the_official_winners() -> None:
    election = _read(WIELICZKA)
    allocation = allocate("mes", election.instance, election.profile, Settings(add1=Add1.OVERSPEND))
    assert set(allocation.winners) == _selected(election)
    assert allocation.total_cost == 995_079
    assert declared_rule(election.instance) == ("mes", Settings(add1=Add1.OVERSPEND))


def test_wieliczka_greedy_takes_other_projects() -> None:
    election = _read(WIELICZKA)
    allocation = allocate("greedy", election.instance, election.profile)
    assert (len(allocation.winners), allocation.total_cost, allocation.ties) == (23, 998_997, ())


@needs_files
def test_all_files_are_there() -> None:
    assert (len(INDEX), len(ANSWERS)) == (20, 54)


@needs_files
@pytest.mark.parametrize("row", INDEX, ids=lambda row: row["file"])
def test_count_equals_the_files_own(row: dict[str, str]) -> None:
    election = _file(row["file"])
    assert election.profile.size == int(row["votes"])
    _check_count(election)


@needs_files
@pytest.mark.parametrize("row", ANSWERS, ids=lambda row: f"{row['file']}-{row['rule']}")
def test_reference_answer(row: dict[str, str]) -> None:
    election = _file(row["file"])
    rule, settings = RULES[row["rule"]]
    allocation = allocate(rule, election.instance, election.profile, settings)
    assert sorted(allocation.winners) == [winner for winner in row["winners_sorted"].split(",") if winner]
    assert allocation.total_cost == int(row["total_cost"])
    assert len(allocation.outcomes) == len(election.instance.projects)


@needs_files
@pytest.mark.parametrize(
    "row", [row for row in INDEX if row["greedy_variant_reproduces_official"] != "n/a"], ids=lambda row: row["file"]
)
def test_declared_rule_gives_the_official_winners(row: dict[str, str]) -> None:
    election = _file(row["file"])
    rule, settings = declared_rule(election.instance)
    allocation = allocate(rule, election.instance, election.profile, settings)
    assert bool(allocation.ties) == (row["tie_critical"] == "yes"), allocation.ties
    if row["tie_critical"] == "yes":
        # Within a tie, files list the winners first: for this check alone their order decides.
        rule, settings = declared_rule(election.instance)
        settings = replace(settings, tie_break=TieBreak.FILE_ORDER)
        allocation = allocate(rule, election.instance, election.profile, settings)
    agrees = row["greedy_variant_reproduces_official"] != "no"
    assert (set(allocation.winners) == _selected(election)) is agrees


@needs_files
def test_exclusive_pair_gives_the_official_winners_of_bielany() -> None:
    election = _file("Poland_Warszawa_2022_Bielany.pb")
    rule, settings = declared_rule(election.instance)
    settings = replace(settings, exclusive=(("201", "1932"),))
    allocation = allocate(rule, election.instance, election.profile, settings)
    assert set(allocation.winners) == _selected(election)
    assert allocation.outcome("1932").reason.code == "excluded"
