"""The store of every released version opens in this one: nothing is lost or changed, on either engine."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from renovation.model.accounts import Actor
from renovation.services.house import log, moving, verification
from renovation.store import Store, newest_version, open_store, schema_version, start_store
from renovation.store.house.scratch import read_dump
from renovation.store.schema import carried

sys.path.insert(0, str(Path(__file__).parent))
from released import DUMP, KEYS, KINDS, RELEASED, STORE, unpack, write_dumped, write_released
from shapes import lay_newest, shape

#: Until there is a released version, the present one stands for it.
VERSIONS = sorted({file.name.rpartition("-")[0] for file in RELEASED.glob("*.zip")}) or [None]
EACH = pytest.mark.parametrize("version", VERSIONS, ids=lambda one: one or "present")
#: Released column → why a later version holds something else there. Nothing so far.
CHANGED: dict[str, str] = {}


def rows(url: str) -> dict[str, dict[str, list[Any]]]:
    """Return table → column → what stands in it, as the database itself reads it."""
    engine = sa.create_engine(url)
    with engine.connect() as raw:
        asked = (
            "SELECT name FROM sqlite_master WHERE type = 'table'"
            if engine.dialect.name == "sqlite"
            else "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        held = {}
        for table in raw.exec_driver_sql(asked).scalars().all():
            found = raw.exec_driver_sql(f'SELECT * FROM "{table}"')
            columns = list(found.keys())
            lines = [tuple(map(repr, line)) for line in found]
            held[table] = {column: sorted(line[at] for line in lines) for at, column in enumerate(columns)}
    engine.dispose()
    return held


def assert_it_holds(before: dict[str, dict[str, list[Any]]], after: dict[str, dict[str, list[Any]]]) -> None:
    """Check that every column of before holds the same after."""
    beside = ("alembic_version", "sqlite_sequence", "spatial_ref_sys")
    for table, columns in before.items():
        for column, values in columns.items():
            if f"{table}.{column}" not in CHANGED and table not in beside:
                assert after[table][column] == values, f"{table}.{column}"


def assert_it_is_sound(store: Store, admin: Actor, newest: Store) -> None:
    """Check a store that was upgraded: whole, and made as one that begins with this version."""
    assert schema_version(store) == newest_version()
    assert verification.check_store(store, admin) == ()
    assert log.check_log(store, admin).first_broken is None
    # Not so where a migration that is out already was written over instead of a new one added.
    lay_newest(newest)
    assert shape(store) == shape(newest)


@EACH
def test_a_released_store_opens_with_all_it_held(
    version: str | None, tmp_path: Path, postgres_url: str, admin: Actor
) -> None:
    home = tmp_path / "home"
    kept = RELEASED / f"{version}-sqlite.zip"
    if version is None:
        kept = tmp_path / "present.zip"
        write_released(kept)
    unpack(kept, home)
    url = f"sqlite:///{home / STORE}"
    before = rows(url)
    empty = {table.name for table in carried() if table.name in before and not next(iter(before[table.name].values()))}
    assert empty <= MAY_BE_EMPTY
    store, _ = start_store(url, home / KEYS)
    newest = open_store(f"sqlite:///{tmp_path / 'newest.sqlite'}", home / KEYS)
    assert_it_is_sound(store, admin, newest)
    newest.close()
    store.close()
    assert_it_holds(before, rows(url))
    with moving.opened_alone(url, home / KEYS) as left:
        moved = moving.move_store(left, admin, postgres_url)
    assert moved.kept
    town, _ = start_store(postgres_url, home / KEYS)
    assert verification.check_store(town, admin) == ()
    town.close()


@EACH
def test_a_released_town_opens_with_all_it_held(
    version: str | None, tmp_path: Path, make_postgres_database: Callable[[], str], admin: Actor
) -> None:
    home, kept = tmp_path / "home", RELEASED / f"{version}-postgresql.zip"
    if version is None:
        file, kept = (tmp_path / f"present-{kind}.zip" for kind in KINDS)
        write_released(file)
        write_dumped(kept, file, make_postgres_database())
    unpack(kept, home)
    url = make_postgres_database()
    laid = open_store(url, home / KEYS)
    with laid.engine.begin() as connection:
        connection.execute(sa.text("CREATE EXTENSION postgis"))
    read_dump(laid, home / DUMP)
    laid.close()
    before = rows(url)
    town, _ = start_store(url, home / KEYS)
    newest = open_store(make_postgres_database(), home / KEYS)
    assert_it_is_sound(town, admin, newest)
    newest.close()
    town.close()
    assert_it_holds(before, rows(url))


#: What a small town has nothing of.
MAY_BE_EMPTY = frozenset(
    {
        "area_act", "ballot_group", "box", "building_fact", "demand_follower", "demand_meeting", "estate_deficit",
        "known_browser", "local_list", "project_figure", "recovery_code", "session", "survey_late",
        "survey_poll", "under_way",
    }
)  # fmt: skip
