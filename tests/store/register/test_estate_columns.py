"""The register in columns: whatever changes an estate, whoever does it, the next answer is the new one."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import shapely

from renovation.model.imports import ImportKind, ImportSource
from renovation.model.places import Deficit, EstateDraft, EstateFacts, EstateFilter, EstateType
from renovation.store import Store, open_store, wipe
from renovation.store.register import estate_columns, estates, imports
from renovation.store.register.estate_columns import forget_copies, read_columns
from renovation.store.schema.places import estate

DAY = date(2026, 3, 1)
EVERYTHING = EstateFilter()


@pytest.fixture(autouse=True)
def small_files(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Write a file for a handful of estates too."""
    monkeypatch.setattr(estate_columns, "_WORTH_A_FILE", 1)
    forget_copies()
    yield
    forget_copies()


def draft(number: int) -> EstateDraft:
    facts = EstateFacts(
        built_year=1980 + number if number % 2 else None,
        estate_type=EstateType.MIXED if number % 3 else None,
        floor_area_m2=1000.5 * (number + 1),
        maintenance_fund=3_000_000_000 + number,
        elderly_share=Fraction(1, 3) if number % 2 else None,
        deficits=frozenset({Deficit.PIPES}),
    )
    outline = shapely.to_wkb(shapely.box(114 + number / 100, 23, 114.002 + number / 100, 23.002)) if number else None
    return EstateDraft(code=f"E{number}", name=f"小区{number}", facts=facts, geometry=outline)


def add(store: Store, *numbers: int) -> list[int]:
    with store.write() as unit:
        drafts = [draft(number) for number in numbers]
        ids = estates.add_estates(unit.connection, drafts, collected_on=DAY, collector="社工甲")
        unit.commit()
    return ids


def rename(store: Store, estate_id: int, name: str) -> None:
    with store.write() as unit:
        one = estates.get(unit.connection, estate_id)
        estates.update(unit.connection, replace(one, name=name, geometry=draft(9).geometry))
        unit.commit()


def rows(store: Store, *, from_copy: bool = True, **options: Any) -> dict[int, tuple[Any, ...]]:
    """Return every cell that a reader sees; ``from_copy=False`` asks the tables alone."""
    if not from_copy:
        forget_copies()
        # A filter that every estate passes is answered by rows where no copy is held.
        options["wanted"] = EstateFilter(query="E")
    with store.read() as connection:
        frame = read_columns(connection, options.pop("wanted", EVERYTHING), **options)
    cells = frame.drop(columns="geometry").astype(object).where(lambda cells: cells.notna(), None)
    return {
        one: (*cells.loc[one], None if outline is None else outline.wkb)
        for one, outline in zip(frame.index, frame.geometry, strict=True)
    }


def test_copy_tells_what_the_tables_tell(store: Store) -> None:
    ids = add(store, 0, 1, 2, 3)
    by_rows = rows(store, from_copy=False)
    assert list(by_rows) == ids
    forget_copies()
    assert rows(store) == by_rows, "read anew"
    assert rows(store) == by_rows, "from memory"
    forget_copies()
    assert rows(store) == by_rows, "from the file"
    assert list(rows(store, window=(114.015, 23, 114.025, 23.01))) == [ids[2]]
    with store.read() as connection:
        narrow = read_columns(connection, EVERYTHING, only=("name",))
    assert list(narrow.columns) == ["name", "geometry"]
    assert narrow.crs.to_epsg() == 4490


def test_every_change_shows_at_once(store: Store) -> None:
    first, second = add(store, 1, 2)

    def agree() -> dict[int, tuple[Any, ...]]:
        seen = rows(store)
        held = dict(estate_columns._held)
        by_rows = rows(store, from_copy=False)
        estate_columns._held.update(held)
        assert seen == by_rows
        return seen

    before = agree()
    with store.read() as connection:
        kept = estates.columns_of(connection, first)
    rename(store, first, "改名苑")
    assert agree()[first] != before[first]
    with store.write() as unit:
        kept.pop("version")
        estates.put_back(unit.connection, first, kept)
        unit.commit()
    assert agree()[first][1] == "小区1"
    add(store, 3)
    assert len(agree()) == 3
    with store.write() as unit:
        import_id = imports.add(
            unit.connection,
            at=datetime(2026, 1, 1, tzinfo=UTC),
            login="planner",
            kind=ImportKind.ESTATES,
            source=ImportSource(filename="a.xlsx", sha256="0" * 64),
            datum="cgcs2000",
            mapping={},
            rows=1,
        )
        unit.connection.execute(estate.update().where(estate.c.id == second).values(import_id=import_id))
        unit.commit()
    with store.write() as unit:
        imports.remove_estates(unit.connection, import_id)
        unit.commit()
    assert second not in agree()
    with store.write() as unit:
        wipe.wipe(unit.connection)
        unit.commit()
    assert agree() == {}


def test_change_taken_back_leaves_no_trace(store: Store) -> None:
    (only,) = add(store, 1)
    before = rows(store)
    with store.write() as unit:
        estates.update(unit.connection, replace(estates.get(unit.connection, only), name="未保存"))
        assert read_columns(unit.connection, EVERYTHING)["name"].tolist() == ["未保存"]
    assert rows(store) == before


def test_many_edits_behind_is_read_anew(sqlite_store: Store) -> None:
    (only,) = add(sqlite_store, 1)
    rows(sqlite_store)
    for number in range(45):
        rename(sqlite_store, only, f"第{number}次")
    forget_copies()  # the file is 45 edits old
    assert rows(sqlite_store)[only][1] == "第44次"


def test_restored_backup_is_not_mistaken_for_what_came_after_it(sqlite_store: Store, tmp_path: Path) -> None:
    (only,) = add(sqlite_store, 1)
    with sqlite3.connect(tmp_path / "store.sqlite", isolation_level=None) as connection:
        connection.execute("VACUUM INTO ?", (str(tmp_path / "backup.sqlite"),))
    connection.close()
    rename(sqlite_store, only, "备份之后")
    assert rows(sqlite_store)[only][1] == "备份之后"
    sqlite_store.close()
    for left in tmp_path.glob("store.sqlite*"):
        left.unlink()
    shutil.copy(tmp_path / "backup.sqlite", tmp_path / "store.sqlite")
    # As many changes as before, and the same version: only a random token tells them apart.
    rename(sqlite_store, only, "恢复之后")
    assert rows(sqlite_store)[only][1] == "恢复之后"


def test_damaged_file_is_read_past(sqlite_store: Store, tmp_path: Path) -> None:
    add(sqlite_store, 1, 2)
    seen = rows(sqlite_store)
    file = tmp_path / "cache" / "estates.arrow"
    for content in (file.read_bytes()[:200], b"not a file of columns", b""):
        file.write_bytes(content)
        forget_copies()
        assert rows(sqlite_store) == seen


def test_other_process_edits_and_this_one_sees_it(sqlite_store: Store, tmp_path: Path) -> None:
    ids = add(sqlite_store, 1, 2)
    rows(sqlite_store)
    edit = (
        "import sys; from dataclasses import replace; from pathlib import Path\n"
        "from renovation.store import open_store\nfrom renovation.store.register import estates\n"
        "store = open_store('sqlite:///' + sys.argv[1] + '/store.sqlite', Path(sys.argv[1], 'keys'))\n"
        "with store.write() as unit:\n"
        "    one = estates.get(unit.connection, int(sys.argv[2]))\n"
        "    estates.update(unit.connection, replace(one, name='别处改的')); unit.commit()\n"
    )
    subprocess.run([sys.executable, "-c", edit, str(tmp_path), str(ids[0])], check=True)
    assert rows(sqlite_store)[ids[0]][1] == "别处改的"
    again = open_store(f"sqlite:///{tmp_path / 'store.sqlite'}", tmp_path / "keys")
    assert rows(again) == rows(again, from_copy=False)
    again.close()
