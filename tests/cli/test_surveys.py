"""Surveys from the command line: an export taken in once, figures, the form; faults in a line each with the cure."""

from __future__ import annotations

import io
import json
from datetime import timedelta

import pytest
import shapely
import typer
from pyxform.xls2xform import convert
from typer.testing import CliRunner

from renovation.cli import surveys
from renovation.cli.answers import OPERATOR, opened_store
from renovation.model.clock import now, today
from renovation.model.places import EstateDraft, EstateFacts
from renovation.model.surveys import FormKind, SurveyDraft
from renovation.services.register import buildings
from renovation.services.surveys import campaigns, visits
from renovation.store.register import estates

runner = CliRunner()
NUMBERS = ("101", "102", "201", "202", "301", "302")


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("RENOVATION_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("RENOVATION_DATABASE_URL", raising=False)
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    app = typer.Typer()
    surveys.register(app)
    return lambda *said: runner.invoke(app, ["survey", *map(str, said)])


@pytest.fixture
def survey(run):
    outline = shapely.to_wkb(shapely.box(114.40, 23.08, 114.41, 23.09))
    with opened_store() as store:
        with store.write() as unit:
            draft = EstateDraft(code="E1", name="糖厂一号", facts=EstateFacts(), geometry=outline)
            (estate,) = estates.add_estates(unit.connection, [draft], collected_on=today(), collector="摸底")
            unit.commit()
        home = buildings.create_building(store, OPERATOR, estate, "1栋", doors={"1单元": NUMBERS})
        draft = SurveyDraft(
            name="糖厂一号入户",
            kind=FormKind.OPINION,
            estate_ids=(estate,),
            begins_on=today() - timedelta(days=3),
            ends_on=today() + timedelta(days=30),
            keep_until=today() + timedelta(days=90),
        )
        made = campaigns.create_survey(store, OPERATOR, draft)
        found = visits.doors_of(store, OPERATOR, made, home)
        return made, [one.household_id for _, doors in found for one in doors]


def export(path, doors, renew="yes"):
    heads = "start,form_version,door,outcome,answers/renew,_uuid"
    rows = [f"{now().isoformat()},1,d{door},answered,{renew},uuid-{at:06}" for at, door in enumerate(doors)]
    path.write_text("\n".join([heads, *rows]) + "\n", encoding="utf-8")
    return path


def test_an_export_is_tried_taken_and_recognised(run, survey, tmp_path):
    number, doors = survey
    file = export(tmp_path / "kobo.csv", doors)
    brought = {"rows": 6, "recorded": 6, "recognised": 0, "moved": 0, "asked_twice": 0}
    said = [
        json.loads(run("import", file, "--campaign", number, *more, "--format", "json").stdout)
        for more in (["--dry-run"], [], [])
    ]
    assert said == [brought, brought, brought | {"recorded": 0, "recognised": 6}]
    trial, taken = (run("import", file, "--campaign", number, *more) for more in (["--dry-run"], []))
    assert trial.exit_code == taken.exit_code == 0
    assert len(trial.stdout.splitlines()) == len(taken.stdout.splitlines()) == 1


def test_figures_are_told_as_a_line_an_estate_and_as_one_object(run, survey, tmp_path):
    number, doors = survey
    assert run("import", export(tmp_path / "kobo.csv", doors[:5]), "--campaign", number).exit_code == 0
    found = json.loads(run("figures", "--campaign", number, "--format", "json").stdout)
    assert set(found) == {"whole", "estates", "buildings", "units", "options", "missing", "by_building", "by_unit"}
    whole = found["whole"]
    assert (whole["doors"], whole["answered"], whole["outcomes"], whole["waiting"]) == (6, 5, {"answered": 5}, 0)
    assert whole["willing"] == {"found": 5, "asked": 5, "low": "5/6", "high": "1"}
    yes = next(one for one in found["options"] if (one["question"], one["option"]) == ("renew", "yes"))
    assert yes["portion"] == whole["willing"]
    assert run("figures", "--campaign", number).stdout.count("糖厂一号") == 1


def test_the_form_is_written_as_the_app_s_own_reader_takes_it(run, survey, tmp_path):
    out = tmp_path / "form.xlsx"
    assert run("xlsform", "--campaign", survey[0], "--out", out).exit_code == 0
    made = convert(io.BytesIO(out.read_bytes()), validate=False, file_type=".xlsx")
    assert made.warnings == []
    assert "<renew/>" in made.xform


def test_what_is_wrong_is_said_in_a_line_each_with_its_cure(run, survey, tmp_path):
    number, doors = survey
    good = export(tmp_path / "good.csv", doors)
    wrong = export(tmp_path / "wrong.csv", [*doors[:2], 10**6], renew="perhaps")
    (tmp_path / "other.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (tmp_path / "bytes.xlsx").write_bytes(b"\x00\x01PK nothing")
    gone = tmp_path / "gone" / "form.xlsx"
    for said, lines in (
        (("figures", "--campaign", number + 1), 1),
        (("xlsform", "--campaign", number + 1, "--out", tmp_path / "x.xlsx"), 1),
        (("xlsform", "--campaign", number, "--out", gone), 1),
        (("import", good, "--campaign", number + 1), 1),
        (("import", tmp_path / "none.csv", "--campaign", number), 1),
        (("import", tmp_path / "other.csv", "--campaign", number), 1),
        (("import", tmp_path / "bytes.xlsx", "--campaign", number), 1),
        (("import", wrong, "--campaign", number, "--format", "json"), 2),
    ):
        found = run(*said)
        assert (found.exit_code, found.stdout, len(found.stderr.splitlines())) == (2, "", lines), found.output
        assert "Traceback" not in found.stderr
        assert "“”" not in found.stderr
        # What is wrong, and what to do about it.
        assert all(line.count("。") >= 1 for line in found.stderr.splitlines()), found.stderr
    found = json.loads(run("figures", "--campaign", number, "--format", "json").stdout)
    assert found["whole"]["answered"] == 0
    with opened_store() as store:
        campaigns.close_survey(store, OPERATOR, number)
    closed = run("import", good, "--campaign", number)
    assert (closed.exit_code, len(closed.stderr.splitlines())) == (2, 1)
