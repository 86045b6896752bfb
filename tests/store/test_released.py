"""The store of every released version opens in this one: nothing is lost or changed, on either engine."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from renovation.model.accounts import Actor
from renovation.services.house import log, moving, verification
from renovation.store import newest_version, schema_version, start_store
from renovation.store.schema import carried

sys.path.insert(0, str(Path(__file__).parent))
from released import RELEASED, STORE, unpack, write_released

#: Until there is a released version, the present one stands for it.
FILES = [*sorted(RELEASED.glob("*.zip")), *([] if any(RELEASED.glob("*.zip")) else [None])]
#: Released column → why a later version holds something else there. Nothing so far.
CHANGED: dict[str, str] = {}


def rows(file: Path) -> dict[str, dict[str, list[Any]]]:
    """Return table → column → what stands in it, of a file as SQLite itself reads it."""
    held: dict[str, dict[str, list[Any]]] = {}
    with closing(sqlite3.connect(file)) as raw:
        names = [name for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in names:
            columns = [str(row[1]) for row in raw.execute(f'PRAGMA table_info("{table}")')]
            held[table] = {
                column: sorted(map(repr, (value for (value,) in raw.execute(f'SELECT "{column}" FROM "{table}"'))))
                for column in columns
            }
    return held


@pytest.mark.parametrize("released", FILES, ids=lambda one: one.stem if one else "present")
def test_a_released_store_opens_with_all_it_held(
    released: Path | None, tmp_path: Path, postgres_url: str, admin: Actor
) -> None:
    home = tmp_path / "home"
    if released is None:
        released = tmp_path / "present.zip"
        write_released(released)
    unpack(released, home)
    before = rows(home / STORE)
    empty = {table.name for table in carried() if table.name in before and not next(iter(before[table.name].values()))}
    assert empty <= MAY_BE_EMPTY
    url = f"sqlite:///{home / STORE}"
    store, _ = start_store(url, home / "keys")
    assert schema_version(store) == newest_version()
    assert verification.check_store(store, admin) == ()
    assert log.check_log(store, admin).first_broken is None
    store.close()
    after = rows(home / STORE)
    for table, columns in before.items():
        for column, values in columns.items():
            if f"{table}.{column}" not in CHANGED and table not in ("alembic_version", "sqlite_sequence"):
                assert after[table][column] == values, f"{table}.{column}"
    with moving.opened_alone(url, home / "keys") as left:
        moved = moving.move_store(left, admin, postgres_url)
    assert moved.kept
    town, _ = start_store(postgres_url, home / "keys")
    assert verification.check_store(town, admin) == ()
    town.close()


#: What a small town has nothing of.
MAY_BE_EMPTY = frozenset(
    {
        "area_act", "ballot_group", "box", "building_fact", "demand_follower", "demand_meeting", "estate_deficit",
        "known_browser", "local_list", "project_figure", "recovery_code", "session", "survey_late",
        "survey_poll", "under_way",
    }
)  # fmt: skip
