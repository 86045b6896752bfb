"""Keep a database file of the present version, with something of everything in it, for the tests of later versions.

Run it as ``make released`` when a version is tagged. It writes ``tests/data/released/<version>.zip``: the town of
``tests/services/verbs`` as a SQLite file, and the keys that were drawn for it and for nothing else.
"""

from __future__ import annotations

import sys
import tempfile
import zipfile
from pathlib import Path
from unittest.mock import patch

from renovation import __version__
from renovation.model.canonical import pack
from renovation.store import Store, migrate, open_store, settings

HOUSE = Path(__file__).parents[2]
RELEASED = HOUSE / "tests" / "data" / "released"
STORE, KEYS = "store.sqlite", "keys"


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
        home = folder / "town"
        files = {STORE: (home / STORE).read_bytes()}
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


if __name__ == "__main__":
    written = RELEASED / f"{__version__}.zip"
    write_released(written)
    print(f"{written}: {written.stat().st_size / 1000:.0f} kB")
