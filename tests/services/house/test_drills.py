"""A restore that is rehearsed: what it finds, that nothing of it is left, and the server's own form there and back."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from renovation.errors import ConflictError, ImportRefusedError, InvalidError, UnavailableError
from renovation.model.accounts import PUBLIC, Actor
from renovation.model.polls import Channel
from renovation.services.house import backups, drills
from renovation.services.polls import voting
from renovation.store import Store, open_store
from renovation.store.house import scratch
from renovation.store.house.moving import sums
from renovation.store.schema.polls import ballot


def tables(url: str) -> set[str]:
    """Return the tables of a database."""
    engine = sa.create_engine(url)
    try:
        return set(sa.inspect(engine).get_table_names()) - {"spatial_ref_sys"}
    finally:
        engine.dispose()


@pytest.fixture
def backed_up(store: Store, make_held: Callable[..., Any], admin: Actor, tmp_path: Path) -> Path:
    """A backup of a store with a poll that is open and has ballots."""
    held = make_held(store, admin)
    for code in held.codes[:3]:
        voting.cast_ballot(store, PUBLIC, code, ("P1",), channel=Channel.PHONE)
    return tmp_path / "backups" / backups.make_backup(store, admin, tmp_path / "backups").name


def test_a_restore_is_rehearsed_and_leaves_nothing(
    store: Store, admin: Actor, backed_up: Path, make_postgres_database: Callable[[], str], tmp_path: Path
) -> None:
    before, url = backed_up.read_bytes(), "" if store.is_sqlite else make_postgres_database()
    found = drills.drill_backup(store, admin, backed_up, scratch_url=url)
    assert (found.polls, found.ballots) == (1, 3)
    assert found == drills.drill_backup(store, admin, backed_up, scratch_url=url)
    assert backed_up.read_bytes() == before
    assert not url or tables(url) == set()
    with closing(sqlite3.connect(backed_up)) as raw:
        raw.execute("UPDATE ballot SET choices = '[\"P2\"]' WHERE id = (SELECT min(id) FROM ballot)")
        raw.commit()
    with pytest.raises(ImportRefusedError) as changed:
        drills.drill_backup(store, admin, backed_up, scratch_url=url)
    assert changed.value.faults
    assert not url or tables(url) == set()


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_the_servers_own_form_holds_the_same_and_no_order_of_writing(
    store: Store,
    make_postgres_database: Callable[[], str],
    make_held: Callable[..., Any],
    admin: Actor,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = make_postgres_database()
    held = make_held(store, admin)
    for code in held.codes[:6]:
        voting.cast_ballot(store, PUBLIC, code, ("P1",), channel=Channel.PHONE)
    folder = tmp_path / "backups"
    plain = folder / backups.make_backup(store, admin, folder).name
    dumped = drills.dump_backup(store, admin, plain, scratch_url=url)
    assert dumped.read_bytes().startswith(b"PGDMP")
    assert tables(url) == set()
    # As a restore reads it, by the server's own program.
    with scratch.scratch_store(store, url, is_laid=False) as here:
        scratch.read_dump(here, dumped)
        with here.read() as connection, store.read() as live:
            assert sums(connection)["ballot"] == sums(live)["ballot"]
            rows = list(connection.execute(sa.text("SELECT id FROM ballot ORDER BY ctid")).scalars())
            assert rows == sorted(connection.execute(sa.select(ballot.c.id)).scalars())
    assert tables(url) == set()
    with drills.backup_of(store, admin, dumped, scratch_url=url) as back:
        assert backups.restore_backup(store, admin, back, folder).ballots == 6
    with pytest.raises(ConflictError, match=r"drill\.not_empty"):
        drills.drill_backup(store, admin, plain, scratch_url=store.engine.url.render_as_string(hide_password=False))
    with pytest.raises(UnavailableError, match=r"drill\.no_database"):
        drills.drill_backup(store, admin, plain, scratch_url=f"{url}_absent")
    monkeypatch.setattr(scratch.shutil, "which", lambda _name: None)
    with pytest.raises(UnavailableError, match=r"dump\.no_program"):
        drills.dump_backup(store, admin, plain, scratch_url=url)
    laptop = open_store(f"sqlite:///{tmp_path / 'laptop.sqlite'}", tmp_path / "keys")
    with pytest.raises(InvalidError, match=r"dump\.on_server"):
        drills.drill_backup(laptop, admin, dumped)
    laptop.close()
