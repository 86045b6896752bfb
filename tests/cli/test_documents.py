"""``renovation documents``: what it writes is tested with the service; here that it says what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from renovation.cli import documents


def test_without_an_adopted_scenario_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RENOVATION_HOME", str(tmp_path))
    monkeypatch.delenv("RENOVATION_DATABASE_URL", raising=False)
    app = typer.Typer()
    documents.register(app)
    out = tmp_path / "documents.zip"
    answer = CliRunner().invoke(app, ["--out", str(out), "--lang", "zh-CN"])
    assert answer.exit_code == 2
    assert "方案" in answer.stderr
    assert not out.exists()
