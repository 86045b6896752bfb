"""``renovation doctor`` and the command line behind ``renovation serve``."""

from __future__ import annotations

import json
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from renovation.bootstrap.assets import ASSETS, missing_assets, prepare_assets
from renovation.cli.answers import opened_store
from renovation.cli.health import State, examine
from renovation.cli.system import prepare
from renovation.config import CHECKOUT, read_settings
from renovation.errors import UnavailableError
from renovation.store import MOVED, settings
from renovation.text import Language, text


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RENOVATION_HOME", str(tmp_path))
    monkeypatch.delenv("RENOVATION_DATABASE_URL", raising=False)


def states() -> dict[str, State]:
    """Return the state of every part looked at."""
    return {check.name: check.state for check in examine()}


def test_assets_are_copied_once_and_again_when_altered(tmp_path: Path) -> None:
    vendor = tmp_path / "vendor"
    assert len(missing_assets(vendor)) == len(ASSETS)
    assert prepare_assets(vendor) == len(ASSETS)
    assert prepare_assets(vendor) == 0
    (vendor / "leaflet" / "leaflet.js").write_text("other", encoding="utf-8")
    assert missing_assets(vendor) == ("leaflet/leaflet.js",)
    assert prepare_assets(vendor) == 1


def test_doctor_finds_a_prepared_installation_in_order(tmp_path: Path) -> None:
    assert states()["store"] is State.NOTE
    prepare(read_settings(), Language.ZH)
    found = states()
    assert State.BROKEN not in found.values()
    assert found["store"] is State.GOOD
    assert found["assets"] is State.GOOD


def test_doctor_names_a_store_that_was_left() -> None:
    prepare(read_settings(), Language.ZH)
    with opened_store() as store, store.write() as unit:
        settings.put(unit.connection, MOVED, {"to": "postgresql://town", "day": "2026-11-28"})
        unit.commit()
    (left,) = [check for check in examine() if check.name == "store"]
    assert left.state is State.BROKEN
    assert "postgresql://town" in text(f"system.doctor.{left.says}", Language.EN, **left.fields)
    with pytest.raises(UnavailableError) as refused:
        prepare(read_settings(), Language.ZH)
    assert refused.value.code == "store.moved"


def test_doctor_says_everything_in_both_languages() -> None:
    for check in examine():
        for language in Language:
            assert text(f"system.doctor.{check.says}", language, **check.fields)


@pytest.mark.parametrize(
    ("name", "value", "part"),
    [
        ("RENOVATION_PORT", "many", "configuration"),
        ("RENOVATION_DATABASE_URL", "nonsense", "store"),
        ("RENOVATION_DATABASE_URL", "postgresql+psycopg://nobody@localhost:1/none?connect_timeout=2", "store"),
    ],
)
def test_doctor_names_what_is_broken_and_fails(
    name: str, value: str, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    done = subprocess.run(
        [sys.executable, "-m", "renovation.cli", "doctor", "--format", "json"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    broken = [entry for entry in json.loads(done.stdout) if entry["state"] == "broken"]
    assert [entry["check"] for entry in broken] == [part]
    assert set(broken[0]["text"]) == {"zh-CN", "en"}


def test_doctor_names_what_a_town_lacks(monkeypatch: pytest.MonkeyPatch, postgres_url: str) -> None:
    def found() -> dict[str, State]:
        checks = [check for check in examine(town=True) if check.name in ("town", "address", "processes", "backups")]
        for check in checks:
            assert all(text(f"system.doctor.{check.says}", language, **check.fields) for language in Language)
        return {check.says: check.state for check in checks}

    lacks = ("town_sqlite", "town_no_address", "town_silent", "town_no_backup")
    assert found() == dict.fromkeys(lacks, State.BROKEN)
    monkeypatch.setenv("RENOVATION_DATABASE_URL", postgres_url)
    monkeypatch.setenv("RENOVATION_RESIDENTS_URL", "https://vote.example")
    told = found()
    # Databases of tests do not wait for the disk.
    assert told["town_durable"] is State.BROKEN
    assert told["town_host"] is State.BROKEN
    assert "town_sqlite" not in told
    monkeypatch.setenv("RENOVATION_HOSTS", "vote.example")
    assert found()["town_address"] is State.GOOD


def test_a_store_that_is_no_store_is_broken(tmp_path: Path) -> None:
    (tmp_path / "store.sqlite").write_bytes(b"not a database" * 100)
    assert states()["store"] is State.BROKEN


def test_online_tiles_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RENOVATION_TILE_URL", "https://tiles.example/{z}/{x}/{y}")
    assert states()["tiles"] is State.NOTE


def test_the_shipped_configuration_keeps_to_itself() -> None:
    import tomllib

    shipped = tomllib.loads((CHECKOUT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert shipped["browser"]["gatherUsageStats"] is False
    assert shipped["client"]["showErrorDetails"] == "none"
    assert shipped["server"]["address"] == "localhost"
    assert shipped["server"]["enableStaticServing"] is True
    assert shipped["server"]["enableXsrfProtection"] is True
    assert shipped["server"]["maxUploadSize"] <= 20


def test_doctor_tells_damage_lost_keys_and_a_taken_port(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    prepare(read_settings(), Language.ZH)
    with sqlite3.connect(tmp_path / "store.sqlite") as damaged:
        damaged.execute("PRAGMA writable_schema=ON")
        damaged.execute("UPDATE sqlite_master SET rootpage = 999999 WHERE name = 'estate'")
    damaged.close()
    assert [check.says for check in examine() if check.state is State.BROKEN] == ["store_damaged"]
    with socket.create_server(("localhost", 0)) as other:
        monkeypatch.setenv("RENOVATION_PORT", str(other.getsockname()[1]))
        assert states()["port"] is State.NOTE
        refused = subprocess.run(
            [sys.executable, "-m", "renovation.cli", "serve"],
            cwd=CHECKOUT,
            capture_output=True,
            check=False,
        )
    assert refused.returncode == 1
    assert b"RENOVATION_PORT" in refused.stderr


def test_a_file_is_no_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("", encoding="utf-8")
    monkeypatch.setenv("RENOVATION_HOME", str(tmp_path / "list.txt"))
    assert states()["room"] is State.BROKEN


@pytest.mark.skipif(sys.platform == "win32", reason="arguments are text there")
@pytest.mark.parametrize("arguments", [["verify", b"\xff"], ["areas", "list", b"\xff"], ["import", "estates", b"\xff"]])
def test_an_argument_that_is_no_text_is_refused_in_words(arguments: list[str | bytes]) -> None:
    command = [sys.executable, "-m", "renovation.cli", *arguments]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, check=False)
    assert done.returncode in (1, 2)
    assert done.stderr
    assert b"Traceback" not in done.stderr
    assert b"lost sys" not in done.stderr
