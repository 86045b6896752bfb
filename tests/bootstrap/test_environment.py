"""What the bootstrap decides before anything is installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from renovation.bootstrap import commands, environment
from renovation.config import CHECKOUT


@pytest.fixture
def venv(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A place for an environment that is not this one."""
    monkeypatch.setattr(environment, "VENV", tmp_path / "venv")
    return tmp_path / "venv"


def test_the_test_lock_holds_the_run_lock() -> None:
    run, test = (environment._pins(environment.HERE / f"{kind}.lock") for kind in ("run", "test"))
    assert len(run) > 50
    assert run < test


def test_every_locked_package_has_a_digest() -> None:
    for kind in ("run", "test"):
        lock = (environment.HERE / f"{kind}.lock").read_text(encoding="utf-8")
        for entry in lock.replace("\\\n", " ").splitlines():
            assert "--hash=sha256:" in entry or not entry.strip() or entry.startswith("#"), entry


def test_a_stamp_counts_only_for_the_same_lock(venv: Path) -> None:
    assert not environment._is_current("run")
    environment.venv_python().parent.mkdir(parents=True)
    environment.venv_python().touch()
    environment._stamp("run").write_text("another state", encoding="utf-8")
    assert not environment._is_current("run")
    environment._stamp("run").write_text(environment._state(environment.HERE / "run.lock"), encoding="utf-8")
    assert environment._is_current("run")
    assert environment.prepare("run") == environment.venv_python()


def test_an_environment_is_made_without_ensurepip(venv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment.importlib.util, "find_spec", lambda _name: None)
    command = environment._pip()
    assert environment._answers([*command, "--version"])
    assert command[:2] != [str(environment.venv_python()), "-m"]


def test_a_refusal_is_told_in_both_languages(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_kind: str) -> Path:
        raise environment.BootstrapError("没有网络", "no network")

    monkeypatch.setattr(environment, "prepare", refuse)
    assert commands.main(["run"]) == 1
    assert "没有网络" in capsys.readouterr().out
    assert commands.main(["nonsense"]) == 2


def test_it_runs_as_a_folder_without_anything_installed() -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(CHECKOUT / "renovation" / "bootstrap")],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 2
    assert "usage" in done.stdout
