"""The laptop's store in another database: equal to the last row, begun again at any step, and the old one left."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from renovation.errors import ConflictError, ImportRefusedError, InvalidError, RenovationError, UnavailableError
from renovation.model.accounts import PUBLIC, Actor
from renovation.model.areas import AreaLevel
from renovation.model.polls import Channel
from renovation.services.house import moving, verification
from renovation.services.polls import voting
from renovation.services.register.areas import areas
from renovation.store import Store, Unit, engine, open_store, settings, start_store
from renovation.store.house import copies
from renovation.store.house import moving as copying
from renovation.store.schema import metadata
from renovation.store.schema.polls import ballot

WAYS = ("sqlite", "postgresql")


@pytest.fixture
def home(sqlite_store: Store, make_held: Callable[..., Any], admin: Actor, tmp_path: Path) -> Path:
    """A laptop's folder: areas in areas, and a poll that is open with a ballot."""
    areas.create_area(sqlite_store, admin, AreaLevel.COUNTY, "惠城区")
    county = areas.find_area(sqlite_store, admin, "惠城区")
    areas.create_area(sqlite_store, admin, AreaLevel.STREET, "桥东街道", parent_id=county.id)
    held = make_held(sqlite_store, admin)
    voting.cast_ballot(sqlite_store, PUBLIC, held.codes[0], ("P1",), channel=Channel.PHONE)
    sqlite_store.close()
    return tmp_path


@pytest.fixture(params=WAYS)
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path / 'new' / 'store.sqlite'}"


def url_of(home: Path) -> str:
    """Return the address of a laptop's store."""
    return f"sqlite:///{home / 'store.sqlite'}"


def move(home: Path, admin: Actor, to: str, *, rehearse: bool = False) -> moving.Moved:
    """Move as the command does."""
    with moving.opened_alone(url_of(home), home / "keys") as store:
        return moving.move_store(store, admin, to, rehearse=rehearse)


def refused(home: Path, url: str) -> str:
    """Return the code with which a store refuses to be used; empty where it does not."""
    try:
        store, _ = start_store(url, home / "keys")
    except UnavailableError as error:
        return error.code
    store.close()
    return ""


def held(url: str, home: Path) -> copying.Sums:
    """Return what lies in a store, used or not."""
    store = open_store(url, home / "keys")
    try:
        with store.read() as connection:
            return copying.sums(connection)
    finally:
        store.close()


def test_everything_arrives_and_the_old_store_is_left(home: Path, admin: Actor, new_url: str) -> None:
    told: list[tuple[str, int, int]] = []
    with moving.opened_alone(url_of(home), home / "keys") as store:
        moved = moving.move_store(store, admin, new_url, told=lambda *one: told.append(one))
    assert moved.kept
    assert moved.rows == told[-1][1] == told[-1][2]
    assert "renovation_test@" not in moved.to
    assert held(new_url, home) == held(url_of(home), home)
    assert refused(home, url_of(home)) == "store.moved"
    new, _ = start_store(new_url, home / "keys")
    try:
        assert verification.check_store(new, admin) == ()
        assert verification.at_start(new) == ()
        # Numbers go on where the old ones ended.
        areas.create_area(new, admin, AreaLevel.COUNTY, "博罗县")
    finally:
        new.close()
    with pytest.raises(ConflictError) as again:
        move(home, admin, new_url)
    assert again.value.code == "move.not_empty"


def test_a_rehearsal_keeps_nothing(home: Path, admin: Actor, new_url: str) -> None:
    move(home, admin, new_url, rehearse=True)  # names the installation
    before = held(url_of(home), home)
    rehearsed = move(home, admin, new_url, rehearse=True)
    assert not rehearsed.kept
    assert rehearsed.rows == sum(one.rows for one in before.values()) + 2  # the log's entry, and the copy's counts
    assert held(url_of(home), home) == before
    assert not any(one.rows for one in held(new_url, home).values())
    assert refused(home, url_of(home)) == ""
    assert move(home, admin, new_url).rows == rehearsed.rows


@pytest.mark.parametrize("step", [3, 4, 5])
def test_what_breaks_off_is_begun_again(
    home: Path, admin: Actor, new_url: str, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After tables and a name the new store is filled, the old one marked, the new one released; the power fails."""
    made: list[Unit] = []
    commit = Unit.commit

    def fail(unit: Unit) -> None:
        made.append(unit)
        if len(made) == step:
            raise OSError("the power is gone")
        commit(unit)

    with monkeypatch.context() as patch:
        patch.setattr(Unit, "commit", fail)
        with pytest.raises(OSError, match="power"):
            move(home, admin, new_url)
    assert refused(home, url_of(home)) == ("store.moved" if step == 5 else "")
    assert refused(home, new_url) == ("" if step == 3 else "store.arriving")
    moved = move(home, admin, new_url)
    assert refused(home, url_of(home)) == "store.moved"
    assert refused(home, new_url) == ""
    assert moved.rows == sum(one.rows for one in held(new_url, home).values())


def test_nobody_else_has_the_store_meanwhile(
    home: Path, admin: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_S", 0.2)
    serving, _ = start_store(url_of(home), home / "keys")
    with serving.read() as connection:
        settings.get(connection, "installation")
    try:
        with pytest.raises(UnavailableError) as in_use:
            move(home, admin, f"sqlite:///{tmp_path / 'new.sqlite'}")
        assert in_use.value.code == "move.in_use"
    finally:
        serving.close()
    with moving.opened_alone(url_of(home), home / "keys") as _alone, pytest.raises(UnavailableError) as busy:
        start_store(url_of(home), home / "keys")
    assert busy.value.code == "store.busy"


def test_a_changed_store_is_not_moved(home: Path, admin: Actor, new_url: str) -> None:
    store, _ = start_store(url_of(home), home / "keys")
    with store.write() as unit:
        unit.connection.execute(
            ballot.delete().where(ballot.c.id == sa.select(sa.func.min(ballot.c.id)).scalar_subquery())
        )
        unit.commit()
    store.close()
    with pytest.raises(ImportRefusedError):
        move(home, admin, new_url)
    assert refused(home, url_of(home)) == ""
    assert not any(one.rows for one in held(new_url, home).values())


def test_what_differs_is_not_kept(home: Path, admin: Actor, new_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    replace_all = copies.replace_all

    def with_a_fault(source: sa.Connection, target: sa.Connection, told: copies.Told) -> None:
        replace_all(source, target, told)
        target.execute(sa.text("UPDATE area SET code = 'X'"))

    monkeypatch.setattr(copies, "replace_all", with_a_fault)
    with pytest.raises(UnavailableError) as differs:
        move(home, admin, new_url)
    assert (differs.value.code, differs.value.fields["tables"]) == ("move.differs", ("area",))
    assert refused(home, url_of(home)) == ""
    assert not any(one.rows for one in held(new_url, home).values())


def test_where_nothing_can_be_moved_to(
    home: Path, admin: Actor, tmp_path: Path, make_store: Callable[[Path], Store]
) -> None:
    other = make_store(tmp_path / "somebody")
    areas.create_area(other, admin, AreaLevel.COUNTY, "别人的区")
    for url, code in [
        (f"sqlite:///{tmp_path / 'somebody' / 'store.sqlite'}", "move.not_empty"),
        (url_of(home), "move.same"),
        ("a table", "move.url"),
        ("oracle://somewhere", "move.url"),
    ]:
        with pytest.raises(RenovationError) as refusal:
            move(home, admin, url)
        assert refusal.value.code == code


def test_only_a_file_is_left(store: Store, admin: Actor, tmp_path: Path) -> None:
    if store.is_sqlite:
        pytest.skip("the embedded store")
    with pytest.raises(InvalidError) as from_server:
        moving.move_store(store, admin, f"sqlite:///{tmp_path / 'new.sqlite'}")
    assert from_server.value.code == "move.from_server"


def test_no_table_waits_for_one_that_comes_later() -> None:
    order = {table.name: at for at, table in enumerate(metadata.sorted_tables)}
    for table in metadata.sorted_tables:
        for key in table.foreign_keys:
            assert order[key.column.table.name] <= order[table.name], (table.name, key)
