"""Keep the databases of the present version, with something of everything in them, for the tests of later versions.

Run it as ``make released`` when a version is tagged, with ``RENOVATION_TEST_POSTGRES`` naming a server. It writes the
town of ``tests/services/verbs`` into ``tests/data/released``: ``<version>-sqlite.zip`` as a SQLite file, and
``<version>-postgresql.zip`` as PostgreSQL dumps the same town once it has moved there; in each the keys that were drawn
for it and for nothing else.
"""

from __future__ import annotations

import os
import sys
import tempfile
import uuid
import zipfile
from pathlib import Path
from unittest.mock import patch

import sqlalchemy as sa

from renovation import __version__
from renovation.model.accounts import Actor, Role
from renovation.model.canonical import pack
from renovation.services.house import moving
from renovation.store import Store, migrate, open_store, settings, start_store
from renovation.store.house.scratch import dump

HOUSE = Path(__file__).parents[2]
RELEASED = HOUSE / "tests" / "data" / "released"
STORE, DUMP, KEYS = "store.sqlite", "store.dump", "keys"
KINDS = ("sqlite", "postgresql")
ADMIN = Actor(role=Role.ADMIN, login="admin", name="管理员")


def _opened(folder: Path) -> Store:
    store = open_store(f"sqlite:///{folder / STORE}", folder / KEYS)
    migrate(store)
    with store.write() as unit:
        settings.put(unit.connection, "two_persons", False)
        unit.commit()
    return store


def write_released(target: Path) -> None:
    """Write the file of the present version."""
    sys.path.insert(0, str(HOUSE / "tests" / "services"))
    from verbs.world import lay_out

    from renovation.store.polls import sealing

    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        stores = [_opened(folder / name) for name in ("town", "laptop", "office")]
        # Nobody reads this town's file for what it has forgotten.
        with patch.object(sealing, "squeeze", lambda *_: True):
            lay_out(stores[0], stores[1], stores[2], folder)
        for store in stores:
            store.close()
        _keep(target, folder / "town", STORE)


def write_dumped(target: Path, released: Path, url: str) -> None:
    """Move a released file into an empty database on a server, and keep how the server dumps it."""
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        unpack(released, home)
        with moving.opened_alone(f"sqlite:///{home / STORE}", home / KEYS) as left:
            moving.move_store(left, ADMIN, url)
        town, _ = start_store(url, home / KEYS)
        dump(town, home / DUMP)
        town.close()
        _keep(target, home, DUMP)


def _keep(target: Path, home: Path, store: str) -> None:
    files = {store: (home / store).read_bytes()}
    files |= {f"{KEYS}/{one.relative_to(home / KEYS).as_posix()}": one.read_bytes() for one in found(home / KEYS)}
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(pack(files, compressed=True))


def found(folder: Path) -> list[Path]:
    """Return the files of a folder and of those in it."""
    return sorted(one for one in folder.rglob("*") if one.is_file())


def unpack(released: Path, home: Path) -> None:
    """Lay a released version's store out in a folder."""
    with zipfile.ZipFile(released) as archive:
        archive.extractall(home)


def main() -> None:
    """Keep both."""
    server = sa.make_url(os.environ["RENOVATION_TEST_POSTGRES"])
    name = f"renovation_released_{uuid.uuid4().hex[:8]}"
    admin = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    file, dumped = (RELEASED / f"{__version__}-{kind}.zip" for kind in KINDS)
    write_released(file)
    with admin.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
        try:
            write_dumped(dumped, file, server.set(database=name).render_as_string(hide_password=False))
        finally:
            connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    for written in (file, dumped):
        print(f"{written}: {written.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
