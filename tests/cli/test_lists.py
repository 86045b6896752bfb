"""Local rules from the command line: out to a workbook, in again for one place, and what a file asks or lacks."""

from __future__ import annotations

import json
from typing import get_args

import openpyxl
import pytest
import typer
from typer.testing import CliRunner

from renovation.cli import areas, lists, places
from renovation.cli.answers import opened_store
from renovation.model.lists import ListKind
from renovation.store import audit

runner = CliRunner()


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("RENOVATION_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("RENOVATION_DATABASE_URL", raising=False)
    app = typer.Typer()
    for noun in (areas, lists, places):
        noun.register(app)
    return lambda *said: runner.invoke(app, [str(one) for one in said])


def test_every_list_can_be_asked_for():
    assert set(get_args(lists.WHICH)) == {kind.value for kind in ListKind}


def test_a_list_is_written_edited_and_taken_in_for_one_place(run, tmp_path):
    file = tmp_path / "承办单位.xlsx"
    assert run("areas", "create", "江北区", "--level", "county").exit_code == 0
    assert run("local-rules", "departments", "--out", file).exit_code == 0
    book = openpyxl.load_workbook(file)
    sheet = book.active
    headings = [cell.value for cell in sheet[1]]
    at = headings.index("承办单位") + 1
    sheet.cell(2, at).value = "江北区城管分局"
    book.save(file)

    trial = run("import", "local-rules", "departments", file, "--place", "江北区", "--dry-run", "--format", "json")
    assert trial.exit_code == 0, trial.output
    said = json.loads(trial.stdout)
    assert (said["taken"], len(said["changes"])) == (False, 1)
    assert "江北区城管分局" in said["changes"][0]["cells"][0]

    assert run("import", "local-rules", "departments", file, "--place", "江北区").exit_code == 0
    held = json.loads(run("local-rules", "departments", "--place", "江北区", "--format", "json").stdout)
    town = json.loads(run("local-rules", "departments", "--format", "json").stdout)
    assert held["own"]
    assert "江北区城管分局" in json.dumps(held["lines"], ensure_ascii=False)
    assert "江北区城管分局" not in json.dumps(town["lines"], ensure_ascii=False)
    with opened_store() as store, store.read() as connection:
        assert [entry.act for entry in audit.entries(connection, act="list.")] == ["list.change"]

    sheet.cell(1, at).value = "别的"
    book.save(file)
    refused = run("import", "local-rules", "departments", file)
    assert refused.exit_code == 2
    assert "承办单位" in refused.stderr
