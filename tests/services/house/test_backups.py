"""Backups that restore, and what is refused."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa

from renovation.errors import DeniedError, InvalidError, UnavailableError
from renovation.model.accounts import Action, Actor
from renovation.services.acts import acting
from renovation.services.house import backups, log
from renovation.store import Store, migrate, open_store, settings
from renovation.store.house import backups as stored
from renovation.text import Language


def note(store: Store, admin: Actor, key: str) -> None:
    with acting(store, admin, Action.CHANGE_SETTINGS) as unit:
        settings.put(unit.connection, key, True)
        unit.log("settings.change", "setting", key)
        unit.commit()


def noted(store: Store, key: str) -> bool:
    with store.read() as connection:
        return bool(settings.get(connection, key))


def test_backup_comes_back_and_what_was_there_is_kept(sqlite_store: Store, admin: Actor, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    note(sqlite_store, admin, "before")
    made = backups.make_backup(sqlite_store, admin, folder)
    note(sqlite_store, admin, "after")
    examined = backups.restore_backup(sqlite_store, admin, folder / made.name, folder)
    assert examined.log_entries == 2
    assert noted(sqlite_store, "before")
    assert not noted(sqlite_store, "after")
    assert log.check_log(sqlite_store, admin).first_broken is None
    note(sqlite_store, admin, "later")
    kept = [backup for backup in backups.list_backups(sqlite_store, admin, folder) if "before" in backup.name]
    backups.restore_backup(sqlite_store, admin, folder / kept[0].name, folder)
    assert noted(sqlite_store, "after")


def test_only_the_admin_backs_up(sqlite_store: Store, planner: Actor, tmp_path: Path) -> None:
    for attempt in (backups.make_backup, backups.list_backups):
        with pytest.raises(DeniedError):
            attempt(sqlite_store, planner, tmp_path)
    with pytest.raises(DeniedError):
        backups.restore_backup(sqlite_store, planner, tmp_path / "x", tmp_path)


def test_damaged_foreign_and_altered_files_are_refused(sqlite_store: Store, admin: Actor, tmp_path: Path) -> None:
    """H088: what was damaged or altered is not put in the place of what is there."""
    for number in range(40):
        note(sqlite_store, admin, f"key{number}")
    made = tmp_path / backups.make_backup(sqlite_store, admin, tmp_path).name
    whole = made.read_bytes()
    cases: dict[str, bytes] = {
        "backup.not_sqlite": b"PK\x03\x04 not a database",
        "backup.damaged": whole[: len(whole) // 2],
    }
    for code, content in cases.items():
        file = tmp_path / "case.sqlite"
        file.write_bytes(content)
        with pytest.raises(InvalidError, match=code):
            backups.restore_backup(sqlite_store, admin, file, tmp_path)

    foreign = tmp_path / "foreign.sqlite"
    with sqlite3.connect(foreign) as other:
        other.execute("CREATE TABLE album (id INTEGER)")
    other.close()
    with pytest.raises(InvalidError, match=r"backup\.foreign"):
        backups.restore_backup(sqlite_store, admin, foreign, tmp_path)

    for code, statement in (
        ("backup.log_broken", "UPDATE audit SET login = 'somebody' WHERE seq = 7"),
        ("backup.newer", "UPDATE alembic_version SET version_num = '9999'"),
    ):
        file = tmp_path / "altered.sqlite"
        file.write_bytes(whole)
        with sqlite3.connect(file) as altered:
            altered.execute(statement)
        altered.close()
        with pytest.raises(InvalidError, match=code):
            backups.restore_backup(sqlite_store, admin, file, tmp_path)
    with pytest.raises(InvalidError, match=r"backup\.missing"):
        backups.restore_backup(sqlite_store, admin, tmp_path / "absent.sqlite", tmp_path)
    assert noted(sqlite_store, "key39")


def test_backup_during_writes_is_whole(sqlite_store: Store, admin: Actor, tmp_path: Path) -> None:
    for number in range(10):
        note(sqlite_store, admin, f"key{number}")
        made = tmp_path / f"copy{number}.sqlite"
        stored.copy_to(sqlite_store, made)
        copy = open_store(f"sqlite:///{made}", tmp_path / "keys")
        assert noted(copy, f"key{number}")
        copy.close()


def test_postgresql_is_told_to_use_its_own_tool(postgres_url: str, admin: Actor, tmp_path: Path) -> None:
    store = open_store(postgres_url, tmp_path / "keys")
    migrate(store)
    with pytest.raises(UnavailableError, match=r"backup\.use_pg_dump"):
        backups.make_backup(store, admin, tmp_path)
    store.close()


def test_log_exports_and_names_a_changed_entry(store: Store, admin: Actor, observer: Actor, planner: Actor) -> None:
    note(store, admin, "one")
    note(store, admin, "two")
    assert [entry.object_id for entry in log.read_log(store, observer)] == ["two", "one"]
    assert log.read_log(store, observer, log.LogFilter(noun="poll")) == []
    # What the screen says can be searched for, the role in words too.
    assert [entry.object_id for entry in log.read_log(store, observer, log.LogFilter(words="管理员 two"))] == ["two"]
    name, kind, content = log.export_log(store, admin, None, Language.ZH, as_csv=True)
    assert name.endswith(".csv")
    assert kind == "text/csv"
    assert "two" in content.decode("utf-8-sig")
    assert log.export_log(store, admin, None, Language.EN)[2].startswith(b"PK")
    with pytest.raises(DeniedError):
        log.read_log(store, planner)
    assert log.check_log(store, planner).entries == 2
    with store.write() as unit:
        unit.connection.execute(sa.text("UPDATE audit SET login = 'x' WHERE seq = 2"))
        unit.commit()
    assert log.check_log(store, planner).first_broken == 2
