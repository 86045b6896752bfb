"""Fixtures that every room shares."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from renovation.model.accounts import Actor, Role
from renovation.store import Store, migrate, open_store, settings


def absent(what: str) -> None:
    """Skip on a user's machine, fail where the environment promises everything."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is absent, and CI must have it")
    pytest.skip(f"{what} is absent")


@pytest.fixture(scope="session")
def pabulib_dir() -> Path:
    """The folder of real elections (``PABULIB_DIR``, or beside the checkout)."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data" / "pabulib"
    folder = Path(os.environ.get("PABULIB_DIR") or beside)
    if not (folder / "index.tsv").is_file():
        absent("the folder of real elections (PABULIB_DIR)")
    return folder


def switch_off_second_person(store: Store) -> None:
    """Let one person open, close and seal polls; what asks for two has tests of its own."""
    # Past the service: an entry in the log would make the store count as used.
    with store.write() as unit:
        settings.put(unit.connection, "two_persons", False)
        unit.commit()


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    """An empty, migrated SQLite store."""
    store = open_store(f"sqlite:///{tmp_path / 'store.sqlite'}", tmp_path / "keys")
    migrate(store)
    switch_off_second_person(store)
    yield store
    store.close()


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """The URL of an empty database of its own on the server that ``RENOVATION_TEST_POSTGRES`` names."""
    server = os.environ.get("RENOVATION_TEST_POSTGRES")
    if not server:
        absent("a PostgreSQL server (RENOVATION_TEST_POSTGRES)")
    name = f"renovation_{uuid.uuid4().hex[:12]}"
    admin = sa.create_engine(str(server), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    yield sa.make_url(str(server)).set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty, migrated store, on both engines in turn."""
    if request.param == "sqlite":
        opened = open_store(f"sqlite:///{tmp_path / 'store.sqlite'}", tmp_path / "keys")
    else:
        opened = open_store(request.getfixturevalue("postgres_url"), tmp_path / "keys")
    migrate(opened)
    switch_off_second_person(opened)
    yield opened
    opened.close()


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
