"""The store: units of work, the log's chain, and column types, on both engines."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path

import pytest
import shapely
import sqlalchemy as sa

from renovation.config import settings as configuration
from renovation.errors import InvalidError, RenovationError, UnavailableError
from renovation.model.accounts import Action, Actor
from renovation.model.clock import now
from renovation.services.acts import acting
from renovation.store import POOL, Store, audit, migrate, newest_version, open_store, schema_version, settings
from renovation.store.schema.places import estate
from renovation.store.schema.scenarios import weighting
from renovation.store.schema.staff import audit as audit_table

sys.path.insert(0, str(Path(__file__).parent))
from shapes import lay_newest, shape


def test_migrations_make_exactly_the_schema(store: Store, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    assert schema_version(store) == newest_version()
    assert migrate(store) is False
    url = f"sqlite:///{tmp_path / 'newest.sqlite'}" if store.is_sqlite else request.getfixturevalue("postgres_url")
    newest = open_store(url, tmp_path / "newest")
    lay_newest(newest)
    # A change of ``store/schema`` without a migration that makes it stands out here.
    assert shape(store) == shape(newest)
    newest.close()


@pytest.mark.parametrize(
    ("kind", "said", "code"),
    [
        (sa.exc.OperationalError, "database or disk is full", "store.full"),
        (sa.exc.OperationalError, "No space left on device", "store.full"),
        (sa.exc.OperationalError, "attempt to write a readonly database", "store.read_only"),
        (sa.exc.OperationalError, "cannot execute INSERT in a read-only transaction", "store.read_only"),
        (sa.exc.OperationalError, "database is locked", "store.busy"),
        (sa.exc.OperationalError, "the system is busy", "store.busy"),
        (sa.exc.OperationalError, "connection refused", "store.lost"),
        (sa.exc.InternalError, "no space left on device", "store.full"),
        (sa.exc.InternalError, "in a read-only transaction", "store.read_only"),
    ],
)
def test_what_a_database_says_is_told_as_what_can_be_done(
    sqlite_store: Store, kind: type[sa.exc.DBAPIError], said: str, code: str
) -> None:
    for door in (sqlite_store.read, sqlite_store.write):
        with pytest.raises(UnavailableError) as refused, door():
            raise kind("SELECT", {}, Exception(said))
        assert refused.value.code == code


@pytest.mark.parametrize(
    ("kind", "said", "code"),
    [
        (sa.exc.IntegrityError, "UNIQUE constraint failed: pot.name", "typed.there_already"),
        (sa.exc.IntegrityError, 'duplicate key value violates unique constraint "uq"', "typed.there_already"),
        (sa.exc.IntegrityError, "FOREIGN KEY constraint failed", "typed.not_there"),
        (sa.exc.IntegrityError, "NOT NULL constraint failed: pot.name", "typed.unstorable"),
        (sa.exc.DataError, "value too long for type character varying(60)", "typed.unstorable"),
    ],
)
def test_what_is_wrong_with_what_was_given_is_said_in_words(
    sqlite_store: Store, kind: type[sa.exc.DBAPIError], said: str, code: str
) -> None:
    for door in (sqlite_store.read, sqlite_store.write):
        with pytest.raises(RenovationError) as refused, door():
            raise kind("INSERT", {}, Exception(said))
        assert refused.value.code == code


def test_other_faults_of_a_database_stay_what_they_are(sqlite_store: Store) -> None:
    with pytest.raises(sa.exc.ProgrammingError), sqlite_store.read():
        raise sa.exc.ProgrammingError("SELECT", {}, Exception("no such table"))


def test_a_column_has_the_same_room_on_both_engines(store: Store) -> None:
    made = {"subject": "estates", "name": "甲" * 60, "content": {}, "login": "a", "saved_at": now()}
    with store.write() as unit:
        unit.connection.execute(weighting.insert(), [made])
        for name, given in (("name", "甲" * 61), ("name", "甲" * 10**6), ("login", "a" * 61)):
            wide = made | {name: given}
            for statement, rows in (
                (weighting.insert(), [made | {"name": "乙"}, wide]),
                (weighting.insert().values(**wide), None),
                (weighting.update().values(**{name: given}), None),
            ):
                with pytest.raises(InvalidError, match=r"typed\.too_long"):
                    unit.connection.execute(statement, rows)
        with pytest.raises(InvalidError, match=r"typed\.unstorable"):
            unit.connection.execute(weighting.update().values(id=2**31))
        # Whoever asks for what is longer than a column finds nothing, and is not refused.
        found = unit.connection.execute(sa.select(weighting.c.name).where(weighting.c.name == "甲" * 61))
        assert found.first() is None


def test_leaving_a_unit_without_commit_rolls_back(store: Store) -> None:
    with store.write() as unit:
        settings.put(unit.connection, "kept", 1)
        unit.commit()
    with store.write() as unit:
        settings.put(unit.connection, "lost", 1)
    with pytest.raises(ZeroDivisionError), store.write() as unit:
        settings.put(unit.connection, "lost", 1 // 0)
    with store.read() as connection:
        assert settings.get(connection, "kept") == 1
        assert settings.get(connection, "lost") is None


def test_geometry_share_and_moment_come_back_as_they_went_in(store: Store) -> None:
    polygon = shapely.to_wkb(shapely.box(114.1, 23.1, 114.2, 23.2))
    with store.write() as unit:
        unit.connection.execute(
            estate.insert().values(
                code="E1", name="糖厂三号", status="surveyed", geometry=polygon, elderly_share=Fraction(1, 3)
            )
        )
        unit.commit()
    with store.read() as connection:
        row = connection.execute(sa.select(estate)).one()
    assert row.geometry == polygon
    assert row.elderly_share == Fraction(1, 3)


def test_log_is_chained_and_a_changed_entry_is_named(store: Store, admin: Actor) -> None:
    """H076: line breaks and terminal codes in a field forge no entry of the log."""
    for number in range(5):
        with acting(store, admin, Action.CHANGE_SETTINGS) as unit:
            unit.log("settings.change", "setting", number, text="a\nb\x1b[31m", day=now())
            unit.commit()
    with store.read() as connection:
        assert audit.first_broken(connection) is None
        assert [entry.seq for entry in audit.entries(connection)] == [1, 2, 3, 4, 5]
    with store.write() as unit:
        unit.connection.execute(audit_table.update().where(audit_table.c.seq == 3).values(login="somebody"))
        unit.commit()
    with store.read() as connection:
        assert audit.first_broken(connection) == 3


def test_a_server_that_ended_its_connections_is_not_noticed(migrated_postgres_url: str, tmp_path: Path) -> None:
    store = open_store(migrated_postgres_url, tmp_path / "keys")
    ended = sa.text(
        "SELECT count(pg_terminate_backend(pid, 60000)) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    try:
        with ExitStack() as held:
            for _ in range(3):
                held.enter_context(store.read()).execute(sa.text("SELECT 1"))
        with sa.create_engine(migrated_postgres_url, poolclass=sa.NullPool).connect() as other:
            assert other.execute(ended).scalar_one() >= 3
        with store.read() as connection, store.write() as unit:
            assert connection.scalar(sa.text("SELECT 1")) == unit.connection.scalar(sa.text("SELECT 1")) == 1
    finally:
        store.close()


def test_a_server_that_stops_in_the_middle_of_an_act_is_told_by_name(
    migrated_postgres_url: str, tmp_path: Path
) -> None:
    store = open_store(migrated_postgres_url, tmp_path / "keys")
    gone = sa.text("SELECT pg_terminate_backend(pg_backend_pid())")
    try:
        with pytest.raises(UnavailableError) as refused, store.write() as unit:
            unit.connection.execute(gone)
        assert refused.value.code == "store.lost"
        with pytest.raises(UnavailableError) as refused, store.read() as connection:
            connection.execute(gone)
        assert refused.value.code == "store.lost"
        with store.write() as unit:
            assert unit.connection.scalar(sa.text("SELECT 1")) == 1
    finally:
        store.close()


def test_a_residents_process_waits_for_nothing_for_long(
    migrated_postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RENOVATION_ROLE", "web")
    configuration.cache_clear()
    store = open_store(migrated_postgres_url, tmp_path / "keys")
    try:
        with store.read() as connection:
            limits = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
            assert [connection.scalar(sa.text(f"SHOW {name}")) for name in limits] == ["3s", "10s", "20s"]
        with ExitStack() as held:
            for _ in range(POOL + 4):
                held.enter_context(store.read())
            with pytest.raises(UnavailableError) as refused:
                held.enter_context(store.read())
        assert refused.value.code == "store.busy"
    finally:
        store.close()
        configuration.cache_clear()
