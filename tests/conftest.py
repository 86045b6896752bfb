"""Fixtures that every room shares.

What is dear and always the same (a migrated database, the demonstration city) is made once and copied.
"""

from __future__ import annotations

import gc
import json
import os
import shutil
import sqlite3
import sys
import tomllib
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from hypothesis import HealthCheck

from renovation.model import clock as one_clock
from renovation.model.accounts import Actor, Role
from renovation.services.acts import ActingUnit
from renovation.services.demo import load_demo
from renovation.services.staff import hashing
from renovation.store import Store, migrate, open_store, settings
from renovation.store.polls import sealing
from renovation.text import has_text

# How long an example takes says how busy the machine is, nothing else.
hypothesis.settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis.settings.load_profile("any machine")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the browser's files, those of slow tests first: what waits much and cannot be parted must not be last.

    Each test process takes a run of this list, so one waits for Chromium while the others reckon; the other way round
    one journey after another ran beside idle processors.
    """
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    browser = Path(__file__).parent / "browser"
    items.sort(key=lambda item: (not item.path.is_relative_to(browser), item.path not in slow))


#: What a process that a test starts takes for the program; pages under test put themselves in its place.
_MAIN = sys.modules["__main__"]


def pytest_runtest_teardown() -> None:
    """Give the test process its own name back."""
    sys.modules["__main__"] = _MAIN


def pytest_collection_finish() -> None:
    """Let nobody look through ten thousand tests for garbage again and again while they run."""
    gc.freeze()


#: ``once(name, build)``: a folder that the first test process to ask builds and the others only read.
Once = Callable[[str, Callable[[Path], None]], Path]


def absent(what: str) -> None:
    """Skip on a user's machine, fail where the environment promises everything."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is absent, and CI must have it")
    pytest.skip(f"{what} is absent")


@pytest.fixture(name="absent", scope="session")
def what_is_absent() -> Callable[[str], None]:
    """How a test says what it lacks."""
    return absent


@pytest.fixture(scope="session")
def pabulib_dir() -> Path:
    """The folder of real elections (``PABULIB_DIR``, or beside the checkout)."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data" / "pabulib"
    folder = Path(os.environ.get("PABULIB_DIR") or beside)
    if not (folder / "index.tsv").is_file():
        absent("the folder of real elections (PABULIB_DIR)")
    return folder


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Once:
    """Build a folder once per run, however many test processes share the run."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def made(name: str, build: Callable[[Path], None]) -> Path:
        folder = shared / name
        # SQLite's own lock works on every system, and falls with the process that holds it.
        lock = sqlite3.connect(shared / f"{name}.lock", isolation_level=None, timeout=1800)
        try:
            lock.execute("BEGIN EXCLUSIVE")
            if not (folder / "ready").is_file():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                build(folder)
                (folder / "ready").touch()
        finally:
            lock.close()
        return folder

    return made


@pytest.fixture(scope="session", autouse=True)
def cheap_hashing() -> Iterator[PasswordHasher]:
    """Hash with little memory and time; yields the hasher that users have."""
    quick = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        real = hashing._hasher
        patch.setattr(hashing, "_hasher", quick)
        yield real


@pytest.fixture(scope="session", autouse=True)
def patience_with_neighbours() -> Iterator[None]:
    """Wait longer for transactions of other test processes, and for a turn, than people would for each other."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("renovation.web.frame.PATIENCE_S", 600)
        patch.setattr(sealing, "_PATIENCE_SECONDS", 600)
        yield


@pytest.fixture(scope="session", autouse=True)
def no_waiting_for_the_disk() -> Iterator[None]:
    """Leave the writing to the system, in SQLite and beside it: what is killed in this process is never the machine."""

    def relax(connection: Any, record: Any, _proxy: Any) -> None:
        if isinstance(connection, sqlite3.Connection) and not record.info.get("relaxed"):
            # At the first use, after the store has asked for the opposite.
            connection.execute("PRAGMA synchronous=OFF")
            record.info["relaxed"] = True

    sa.event.listen(sa.Pool, "checkout", relax)
    with pytest.MonkeyPatch.context() as patch:
        # Four at every entry in the log.
        patch.setattr(os, "fsync", lambda _file: None)
        yield
    sa.event.remove(sa.Pool, "checkout", relax)


@pytest.fixture(scope="session", autouse=True)
def whole_entries_in_the_log() -> Iterator[None]:
    """Hold every entry that any test causes against the list of acts beside this file."""
    known = tomllib.loads(Path(__file__).with_name("log_entries.toml").read_text(encoding="utf-8"))
    log = ActingUnit.log

    def checked(unit: ActingUnit, act: str, object_kind: str, object_id: object, /, **detail: Any) -> None:
        # What the tests of the log itself write is not an act of any service.
        assert act == "settings.change" or has_text(f"act.{act}"), act
        said = [object_kind, *sorted(detail)]
        assert said == known.get(act, said), act
        log(unit, act, object_kind, object_id, **detail)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ActingUnit, "log", checked)
        yield


def switch_off_second_person(store: Store) -> None:
    """Let one person open, close and seal polls; what asks for two has tests of its own."""
    # Past the service: an entry in the log would make the store count as used.
    with store.write() as unit:
        settings.put(unit.connection, "two_persons", False)
        unit.commit()


@pytest.fixture(scope="session")
def lay_store(once: Once) -> Callable[[Path], Path]:
    """Lay an empty, migrated SQLite file into a folder and return the folder: ``lay_store(folder)``."""

    def build(folder: Path) -> None:
        store = open_store(f"sqlite:///{folder / 'store.sqlite'}", folder / "keys")
        migrate(store)
        store.close()

    template = once("migrated", build) / "store.sqlite"

    def lay(folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(template, folder / "store.sqlite")
        return folder

    return lay


@pytest.fixture(scope="session")
def make_store(lay_store: Callable[[Path], Path]) -> Iterator[Callable[[Path], Store]]:
    """Open an empty, migrated SQLite store in a folder: ``make_store(folder)``."""
    opened: list[Store] = []

    def make(folder: Path) -> Store:
        opened.append(open_store(f"sqlite:///{lay_store(folder) / 'store.sqlite'}", folder / "keys"))
        return opened[-1]

    yield make
    for store in opened:
        store.close()


@pytest.fixture(scope="session")
def demonstration_template(once: Once, lay_store: Callable[[Path], Path]) -> Path:
    """The home of the demonstration city, to be copied and never opened; what was told is in ``told.json``."""

    def build(folder: Path) -> None:
        told: list[tuple[str, int, int]] = []
        store = open_store(f"sqlite:///{lay_store(folder) / 'store.sqlite'}", folder / "keys")
        load_demo(store, lambda part, done, total: told.append((part, done, total)))
        store.close()
        (folder / "told.json").write_text(json.dumps(told), encoding="utf-8")

    return once("demonstration", build)


@pytest.fixture
def sqlite_store(tmp_path: Path, lay_store: Callable[[Path], Path]) -> Iterator[Store]:
    """An empty, migrated SQLite store."""
    store = open_store(f"sqlite:///{lay_store(tmp_path) / 'store.sqlite'}", tmp_path / "keys")
    switch_off_second_person(store)
    yield store
    store.close()


@pytest.fixture(scope="session")
def make_postgres_database() -> Iterator[Callable[[], str]]:
    """Make an empty database on the server that ``RENOVATION_TEST_POSTGRES`` names and return its URL."""
    server = os.environ.get("RENOVATION_TEST_POSTGRES")
    if not server:
        absent("a PostgreSQL server (RENOVATION_TEST_POSTGRES)")
    names: list[str] = []
    admin = sa.create_engine(str(server), isolation_level="AUTOCOMMIT")

    def make() -> str:
        names.append(f"renovation_{uuid.uuid4().hex[:12]}")
        with admin.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {names[-1]}"))
            connection.execute(sa.text(f"ALTER DATABASE {names[-1]} SET synchronous_commit TO off"))
        return sa.make_url(str(server)).set(database=names[-1]).render_as_string(hide_password=False)

    yield make
    with admin.connect() as connection:
        for name in names:
            connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def postgres_url(make_postgres_database: Callable[[], str]) -> str:
    """The URL of an empty database that nobody else uses."""
    return make_postgres_database()


#: Everybody else is sent away, filled tables are emptied whatever refers to them, and numbers begin at one again.
_EMPTY = """
DO $$
DECLARE
  one record;
  filled boolean;
BEGIN
  PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend';
  SET LOCAL session_replication_role = replica;
  FOR one IN SELECT tablename FROM pg_tables
    WHERE schemaname = 'public' AND tablename NOT IN ('spatial_ref_sys', 'alembic_version')
  LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM %I)', one.tablename) INTO filled;
    IF filled THEN EXECUTE format('DELETE FROM %I', one.tablename); END IF;
  END LOOP;
  PERFORM setval(format('%I.%I', schemaname, sequencename), 1, false) FROM pg_sequences WHERE last_value IS NOT NULL;
END $$
"""


@pytest.fixture(scope="session")
def migrated_postgres_url(make_postgres_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of this process's migrated database; ``store`` empties it for every test."""
    url = make_postgres_database()
    store = open_store(url, tmp_path_factory.mktemp("keys"))
    migrate(store)
    store.close()
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty, migrated store, on both engines in turn."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_store")
        return
    opened = open_store(request.getfixturevalue("migrated_postgres_url"), tmp_path / "keys")
    with opened.engine.begin() as connection:
        connection.execute(sa.text(_EMPTY))
    switch_off_second_person(opened)
    yield opened
    opened.close()


class Clock:
    """What the house reads as the time, set by hand (UTC)."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 21, 8, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def pass_time(self, **how_long: float) -> None:
        """Move on: ``pass_time(minutes=31)``."""
        self.at += timedelta(**how_long)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The one clock, standing still at four in the afternoon in China until the test moves it."""
    moved = Clock()
    monkeypatch.setattr(one_clock, "tick", moved)
    return moved


@pytest.fixture
def admin() -> Actor:
    """An administrator."""
    return Actor(role=Role.ADMIN, account_id=None, login="admin", name="管理员")


@pytest.fixture
def planner() -> Actor:
    """A planner."""
    return Actor(role=Role.PLANNER, login="planner", name="规划员")


@pytest.fixture
def social_worker() -> Actor:
    """A social worker."""
    return Actor(role=Role.SOCIAL_WORKER, login="worker", name="社工")


@pytest.fixture
def observer() -> Actor:
    """An observer."""
    return Actor(role=Role.OBSERVER, login="observer", name="观察员")
