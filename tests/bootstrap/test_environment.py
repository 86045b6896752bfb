"""What the bootstrap decides before anything is installed."""

from __future__ import annotations

import functools
import hashlib
import http.server
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
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


@pytest.fixture
def bare(venv: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A Python without ensurepip and pip, and a person without settings; returns the person's home."""
    monkeypatch.setattr(environment.importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setattr(environment, "_answers", lambda _command: False)
    for name in ("PIP_INDEX_URL", "PIP_CONFIG_FILE", "XDG_CONFIG_HOME", "http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "nothing"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    monkeypatch.setenv("APPDATA", str(tmp_path / "home"))
    monkeypatch.setattr(environment, "_EVERYBODY", tmp_path / "pip.conf")
    return tmp_path / "home"


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a package index on this machine that offers pip's wheel, as a few bytes."""
    wheel = b"not a wheel, but on record"
    monkeypatch.setattr(environment, "PIP_SHA256", hashlib.sha256(wheel).hexdigest())
    folder = tmp_path / "index" / "simple" / "pip"
    folder.mkdir(parents=True)
    (folder / environment.PIP_WHEEL).write_bytes(wheel)
    (folder / "index.html").write_text(f'<a href="./{environment.PIP_WHEEL}#sha256=0">pip</a>', encoding="utf-8")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path / "index"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/simple"
        server.shutdown()


def test_without_a_named_index_nothing_is_fetched(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def reach(*_arguments: object, **_options: object) -> None:
        raise AssertionError("somebody was asked")

    monkeypatch.setattr(environment.urllib.request, "urlopen", reach)
    with pytest.raises(environment.BootstrapError) as told:
        environment._pip()
    assert all("sudo apt install python3-venv" in text for text in told.value.args)


@pytest.mark.parametrize("where", ["variable", "file", "person", "everybody"])
def test_pip_of_last_resort_comes_from_the_index_that_pip_would_use(
    bare: Path, index: str, where: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if where == "variable":
        monkeypatch.setenv("PIP_INDEX_URL", f"{index}/")
    else:
        person = bare / ("pip/pip.ini" if os.name == "nt" else ".config/pip/pip.conf")
        path = {"file": tmp_path / "own.conf", "person": person, "everybody": tmp_path / "pip.conf"}[where]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"[global]\nindex-url = {index}\n", encoding="utf-8")
        if where == "file":
            monkeypatch.setenv("PIP_CONFIG_FILE", str(path))
    assert environment._fetch_pip().read_bytes() == b"not a wheel, but on record"
    monkeypatch.setattr(environment, "PIP_SHA256", "0" * 64)
    with pytest.raises(environment.BootstrapError, match="不一致"):
        environment._fetch_pip()


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/simple", "http://clerk:secret@/simple", "nonsense"])
def test_an_index_that_does_not_give_pip_is_told_without_its_address(
    bare: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", address)
    with pytest.raises(environment.BootstrapError) as told:
        environment._pip()
    assert all("python3-venv" in text and address not in text for text in told.value.args)


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
