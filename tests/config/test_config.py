"""Settings from the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from renovation.config import CHECKOUT, DoorKind, read_settings
from renovation.errors import InvalidError


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "DATABASE_URL", "DOOR", "PORT", "ADDRESS", "TILE_URL", "SECRETS"):
        monkeypatch.delenv(f"RENOVATION_{name}", raising=False)


def test_everything_has_a_default() -> None:
    found = read_settings()
    assert found.home == CHECKOUT / ".renovation"
    assert found.database_url == f"sqlite:///{(CHECKOUT / '.renovation' / 'store.sqlite').as_posix()}"
    assert (found.door, found.address, found.port, found.tile_url) == (DoorKind.BOTH, "localhost", 8501, "")


def test_the_store_follows_the_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RENOVATION_HOME", str(tmp_path))
    assert read_settings().database_url == f"sqlite:///{(tmp_path / 'store.sqlite').as_posix()}"
    assert read_settings().key_dir == tmp_path / "keys"
    monkeypatch.setenv("RENOVATION_DATABASE_URL", "postgresql+psycopg://a@b/c")
    assert read_settings().database_url == "postgresql+psycopg://a@b/c"


@pytest.mark.parametrize(("name", "value"), [("DOOR", "back"), ("PORT", "many"), ("PORT", "0")])
def test_a_wrong_value_is_named(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"RENOVATION_{name}", value)
    with pytest.raises(InvalidError) as refused:
        read_settings()
    assert refused.value.fields == {"name": f"RENOVATION_{name}", "value": value}


def test_a_folder_that_a_vault_fills_stands_for_variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "renovation_database_url").write_text("postgresql+psycopg://a:geheim@b/c\n", encoding="ascii")
    monkeypatch.setenv("RENOVATION_SECRETS", str(tmp_path))
    assert read_settings().database_url == "postgresql+psycopg://a:geheim@b/c"
    monkeypatch.setenv("RENOVATION_SECRETS", str(tmp_path / "gone"))
    with pytest.raises(InvalidError) as refused:
        read_settings()
    assert refused.value.fields["name"] == "RENOVATION_SECRETS"
