"""Backups that restore, and what is refused."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from renovation.errors import ConflictError, DeniedError, InvalidError
from renovation.model.accounts import PUBLIC, Action, Actor, Role
from renovation.model.polls import Channel
from renovation.services.acts import acting
from renovation.services.house import backups, log, verification
from renovation.services.polls import stations, voting
from renovation.services.staff import accounts
from renovation.services.staff.accounts import AccountDraft
from renovation.store import Store, open_store, settings
from renovation.store.house import backups as stored
from renovation.store.house.borders import StaffState
from renovation.store.schema import metadata
from renovation.store.staff import accounts as account_store
from renovation.text import Language

PASSWORD = "梧桐树下 1987 的灯"


def note(store: Store, admin: Actor, key: str) -> None:
    with acting(store, admin, Action.CHANGE_SETTINGS) as unit:
        settings.put(unit.connection, key, True)
        unit.log("settings.change", "setting", key)
        unit.commit()


def noted(store: Store, key: str) -> bool:
    with store.read() as connection:
        return bool(settings.get(connection, key))


def test_backup_comes_back_and_what_was_there_is_kept(store: Store, admin: Actor, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    note(store, admin, "before")
    made = backups.make_backup(store, admin, folder)
    note(store, admin, "after")
    examined = backups.restore_backup(store, admin, folder / made.name, folder)
    assert examined.log_entries == 2
    assert noted(store, "before")
    assert not noted(store, "after")
    assert log.check_log(store, admin).first_broken is None
    note(store, admin, "later")
    kept = [backup for backup in backups.list_backups(store, admin, folder) if "before" in backup.name]
    backups.restore_backup(store, admin, folder / kept[0].name, folder)
    assert noted(store, "after")


def test_making_and_restoring_stand_in_the_log(store: Store, admin: Actor, tmp_path: Path) -> None:
    made = backups.make_backup(store, admin, tmp_path)
    assert os.name == "nt" or (tmp_path / made.name).stat().st_mode & 0o077 == 0, "its owner's alone"
    backups.restore_backup(store, admin, tmp_path / made.name, tmp_path)
    entries = log.read_log(store, admin)
    assert [one.act for one in entries][:2] == ["backup.restore", "backup.make"]
    assert {one.object_id for one in entries[:2]} == {made.name}


@pytest.mark.parametrize("look", [backups.examine_backup, backups.compare_backup])
def test_a_backup_that_is_gone_is_said_to_be(
    store: Store, admin: Actor, tmp_path: Path, look: Callable[[Store, Actor, Path], object]
) -> None:
    with pytest.raises(InvalidError) as refused:
        look(store, admin, tmp_path / "gone.sqlite")
    assert refused.value.code == "backup.missing"


@pytest.mark.parametrize(("cast", "allowed"), [(1, False), (9, False), (10, True), (0, True)])
def test_a_backup_does_not_show_what_few_people_voted_since_the_last(
    store: Store, admin: Actor, tmp_path: Path, make_held: Callable[..., Any], cast: int, allowed: bool
) -> None:
    held = make_held(store, admin, size=24)
    for slip in held.codes[:10]:
        voting.cast_ballot(store, PUBLIC, slip, ["P1"], channel=Channel.PHONE)
    backups.make_backup(store, admin, tmp_path)
    for slip in held.codes[10 : 10 + cast]:
        voting.cast_ballot(store, PUBLIC, slip, ["P1"], channel=Channel.PHONE)
    if allowed:
        backups.make_backup(store, admin, tmp_path)
        return
    with pytest.raises(ConflictError) as refused:
        backups.make_backup(store, admin, tmp_path)
    assert refused.value.code == "backup.too_few_ballots"


def test_only_the_admin_backs_up(store: Store, planner: Actor, tmp_path: Path) -> None:
    for attempt in (backups.make_backup, backups.list_backups):
        with pytest.raises(DeniedError):
            attempt(store, planner, tmp_path)
    with pytest.raises(DeniedError):
        backups.restore_backup(store, planner, tmp_path / "x", tmp_path)


def test_damaged_foreign_and_altered_files_are_refused(store: Store, admin: Actor, tmp_path: Path) -> None:
    """H088: what was damaged or altered is not put in the place of what is there."""
    for number in range(40):
        note(store, admin, f"key{number}")
    made = tmp_path / backups.make_backup(store, admin, tmp_path).name
    whole = made.read_bytes()
    cases: dict[str, bytes] = {
        "backup.not_sqlite": b"PK\x03\x04 not a database",
        "backup.damaged": whole[: len(whole) // 2],
    }
    for code, content in cases.items():
        file = tmp_path / "case.sqlite"
        file.write_bytes(content)
        with pytest.raises(InvalidError, match=code):
            backups.restore_backup(store, admin, file, tmp_path)

    foreign = tmp_path / "foreign.sqlite"
    with sqlite3.connect(foreign) as other:
        other.execute("CREATE TABLE album (id INTEGER)")
    other.close()
    with pytest.raises(InvalidError, match=r"backup\.foreign"):
        backups.restore_backup(store, admin, foreign, tmp_path)

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
            backups.restore_backup(store, admin, file, tmp_path)
    with pytest.raises(InvalidError, match=r"backup\.missing"):
        backups.restore_backup(store, admin, tmp_path / "absent.sqlite", tmp_path)
    assert noted(store, "key39")


def test_backup_during_writes_is_whole(store: Store, admin: Actor, tmp_path: Path) -> None:
    for number in range(10):
        note(store, admin, f"key{number}")
        made = tmp_path / f"copy{number}.sqlite"
        stored.copy_to(store, made)
        copy = open_store(f"sqlite:///{made}", tmp_path / "keys")
        assert noted(copy, f"key{number}")
        copy.close()


def test_every_row_goes_into_a_backup_and_comes_back(
    store: Store, admin: Actor, tmp_path: Path, demonstration_template: Path
) -> None:
    city = shutil.copytree(demonstration_template, tmp_path / "city")
    shutil.copytree(city / "keys", store.keys, dirs_exist_ok=True)
    stored.copy_from(store, city / "store.sqlite")

    def rows(opened: Store) -> dict[str, list[tuple[Any, ...]]]:
        with opened.read() as connection:
            return {
                table.name: [tuple(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key))]
                for table in metadata.sorted_tables
            }

    before = rows(store)
    assert sum(bool(found) for found in before.values()) > 40
    stored.copy_to(store, tmp_path / "copy.sqlite")
    copy = open_store(f"sqlite:///{tmp_path / 'copy.sqlite'}", store.keys)
    assert rows(copy) == before
    with copy.read() as connection:
        assert verification.faults(connection) == ()
    copy.close()
    account = accounts.create_account(store, admin, AccountDraft(login="lin", name="林", role=Role.PLANNER))[0]
    stored.copy_from(store, tmp_path / "copy.sqlite")
    assert rows(store) == before
    again = accounts.create_account(store, admin, AccountDraft(login="lin", name="林", role=Role.PLANNER))[0]
    assert again.id == account.id, "numbers go on where the rows end"


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


def _altered(file: Path, statement: str, tmp_path: Path) -> Path:
    copy = tmp_path / "altered.sqlite"
    copy.write_bytes(file.read_bytes())
    with sqlite3.connect(copy) as altered:
        altered.execute(statement)
    altered.close()
    return copy


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER more AFTER INSERT ON ballot BEGIN DELETE FROM ballot WHERE id = new.id; END",
        "CREATE VIEW spoils AS SELECT * FROM account",
        "CREATE TABLE aside (id INTEGER)",
        "CREATE INDEX aside ON account (name)",
        "ALTER TABLE account ADD COLUMN aside TEXT",
        "DROP TABLE photo",
    ],
)
def test_only_this_programs_schema_comes_in(store: Store, admin: Actor, tmp_path: Path, statement: str) -> None:
    made = tmp_path / backups.make_backup(store, admin, tmp_path).name
    file = _altered(made, statement, tmp_path)
    with pytest.raises(InvalidError, match=r"backup\.schema"):
        backups.restore_backup(store, admin, file, tmp_path)
    last = log.read_log(store, admin)[0]
    assert (last.act, last.detail["reason"]) == ("backup.refused", "backup.schema")


def test_another_communitys_store_moves_only_on_purpose(
    store: Store, admin: Actor, tmp_path: Path, make_store: Callable[[Path], Store]
) -> None:
    other = make_store(tmp_path / "other")
    theirs = tmp_path / "theirs" / backups.make_backup(other, admin, tmp_path / "theirs").name
    backups.make_backup(store, admin, tmp_path)
    with pytest.raises(ConflictError, match=r"backup\.other_installation"):
        backups.restore_backup(store, admin, theirs, tmp_path)
    assert backups.compare_backup(store, admin, theirs).other_installation
    backups.restore_backup(store, admin, theirs, tmp_path, moved=True)
    assert not backups.compare_backup(store, admin, theirs).other_installation


def test_accounts_and_settings_that_change_are_told_and_take_two(store: Store, tmp_path: Path) -> None:
    first = accounts.create_first_account(store, AccountDraft(login="chen", name="陈", role=Role.ADMIN), PASSWORD)
    chen = accounts.as_actor(first)
    made = tmp_path / backups.make_backup(store, chen, tmp_path).name
    lin, _ = accounts.create_account(store, chen, AccountDraft(login="lin", name="林", role=Role.PLANNER))
    accounts.reset_password(store, chen, first.id)
    note(store, chen, "later")
    found = backups.compare_backup(store, chen, made)
    assert [(one.kind, one.name) for one in found.differences] == [
        ("account", "lin"),
        ("password", "chen"),
        ("setting", "later"),
    ]
    assert found.differences[0].before == StaffState(role=Role.PLANNER, active=True, scope=())
    assert found.differences[1].before == found.differences[1].after == ""
    for second in (None, chen):
        with pytest.raises(DeniedError, match=r"poll\.second_person"):
            backups.restore_backup(store, chen, made, tmp_path, second=second)
    backups.restore_backup(store, chen, made, tmp_path, second=accounts.as_actor(lin))
    assert log.read_log(store, chen)[0].detail["second"] == "lin"


def test_a_backup_that_fails_its_look_is_not_listed(
    store: Store, admin: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(store: Store, target: Path, *_told: object) -> None:
        target.write_bytes(b"SQLite format 3\x00" + bytes(4096))

    monkeypatch.setattr(stored, "copy_to", damaged)
    with pytest.raises(InvalidError, match=r"backup\.damaged"):
        backups.make_backup(store, admin, tmp_path)
    assert backups.list_backups(store, admin, tmp_path) == []
    assert log.read_log(store, admin)[0].act == "backup.failed"


def test_a_second_factor_that_a_restore_takes_away_is_told_and_what_was_ended_stays_ended(
    store: Store, admin: Actor, make_held: Callable[..., Any], tmp_path: Path
) -> None:
    held = make_held(store, admin)
    station = stations.start_station(store, admin, held.poll.id, held.venue.id, "730518")
    first = accounts.create_first_account(store, AccountDraft(login="chen", name="陈", role=Role.ADMIN), PASSWORD)
    lost = accounts.sign_in(store, "chen", PASSWORD)
    stays = accounts.sign_in(store, "chen", PASSWORD)
    chen = accounts.as_actor(first)
    made = tmp_path / backups.make_backup(store, chen, tmp_path).name
    accounts.sign_out(store, lost.token)
    for one in stations.list_stations(store, admin):
        stations.close_station(store, admin, one.id)
    with store.write() as unit:
        account_store.set_second_factor(unit.connection, first.id, seed="ab" * 16, step=0, code_hashes=["c" * 64])
        unit.commit()
    told = [
        (one.kind, one.name, one.before, one.after) for one in backups.compare_backup(store, chen, made).differences
    ]
    assert told == [("factor", "chen", "on", "off")]
    backups.restore_backup(store, chen, made, tmp_path)
    assert accounts.session_account(store, lost.token) is None
    assert accounts.session_account(store, stays.token) is not None
    assert stations.active_station(store, station) is None
