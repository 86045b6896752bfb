"""A key that many draw at once is one key, and nobody reads it before all of it stands there."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from renovation.config import Configuration
from renovation.errors import UnavailableError
from renovation.store import Store, files, keys
from renovation.store.polls import codekeys


def test_drawn_at_once_it_is_one(tmp_path: Path) -> None:
    for turn in range(40):
        path, start = tmp_path / f"{turn}.key", threading.Barrier(8)

        def draw(_one: int, path: Path = path, start: threading.Barrier = start) -> bytes:
            start.wait()
            keys.make_file(path)
            return path.read_bytes()

        with ThreadPoolExecutor(8) as pool:
            drawn = set(pool.map(draw, range(8)))
        assert [len(key) for key in drawn] == [keys.KEY_BYTES]
    assert len(list(tmp_path.iterdir())) == 40


def test_where_files_cannot_be_linked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "hardlink_to", refused)
    monkeypatch.setattr(Path, "rename", refused)
    files.write_new(tmp_path / "one.key", b"1")
    with pytest.raises(FileExistsError):
        files.write_new(tmp_path / "one.key", b"2")
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("one.key", b"1")]


def test_a_cut_key_of_signs_is_said(tmp_path: Path) -> None:
    (tmp_path / keys.SIGNS_KEY).write_bytes(b"")
    with pytest.raises(UnavailableError) as told:
        keys.signs_key(tmp_path)
    assert told.value.code == "code.key_cut"


def test_a_key_that_a_vault_holds_is_that_of_the_store(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store.write() as unit:
        made = codekeys.make_master(unit.connection)
        unit.commit()
    vault = tmp_path / "vault"
    vault.mkdir()
    (store.keys / "codes.key").rename(vault / "codes.key")
    assert codekeys.key_fault(store) is not None
    monkeypatch.setattr(keys, "outside", lambda: Configuration(secrets=vault))
    assert codekeys.key_fault(store) is None
    with store.write() as unit:
        assert codekeys.make_master(unit.connection) == made
    assert not (store.keys / "codes.key").exists()
    (vault / "codes.key").write_bytes(bytes(keys.KEY_BYTES))
    wrong = codekeys.key_fault(store)
    assert wrong is not None
    assert (wrong.code, wrong.fields["folder"]) == ("code.key_foreign", str(vault))
