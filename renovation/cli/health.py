"""Look at every part an installation needs, without changing any of it."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import metadata
from typing import Any

from renovation.config import Configuration, read_settings
from renovation.errors import RenovationError
from renovation.model.clock import moment_of, now
from renovation.text import Language, error_text, fault_text

#: SQLite before this version can, very rarely, damage a WAL file when two connections write and checkpoint at once
#: (https://sqlite.org/wal.html#walresetbug); the store's writer lock keeps that from happening in one process.
WAL_RESET_FIXED = (3, 51, 3)

#: Versions whose absence or age would show as odd behaviour rather than as a message.
_NAMED = ("streamlit", "folium", "streamlit-folium", "geopandas", "SQLAlchemy")

#: Warn below this much free room for the store.
_ROOM_BYTES = 500_000_000


class State(StrEnum):
    """How a part stands."""

    GOOD = "good"
    NOTE = "note"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Check:
    """One part looked at. ``says`` is the catalogue key below ``system.doctor``."""

    name: str
    state: State
    says: str
    fields: dict[str, Any] = field(default_factory=dict)


def examine(*, town: bool = False) -> list[Check]:
    """Look at everything and return the findings in reading order; with ``town``, at what a town's server needs too."""
    checks = list(_python())
    try:
        settings = read_settings()
    except RenovationError as error:
        said = {language.name.lower(): error_text(error, language) for language in Language}
        checks.append(Check("configuration", State.BROKEN, "config_broken", said))
        return checks
    checks.append(Check("configuration", State.GOOD, "config", {"home": str(settings.home), "door": settings.door}))
    parts: tuple[Callable[[Configuration], Iterator[Check]], ...] = (
        _packages,
        _assets,
        _fonts,
        _room,
        _store,
        _port,
        _online,
        *((_database, _addresses, _processes, _backups) if town else ()),
    )
    for part in parts:
        checks += part(settings)
    return checks


def _python() -> Iterator[Check]:
    state = State.GOOD if sys.version_info >= (3, 11) else State.BROKEN
    yield Check(
        "python", state, "python" if state is State.GOOD else "python_old", {"version": platform.python_version()}
    )


def _packages(_settings: Configuration) -> Iterator[Check]:
    absent = []
    found = []
    for name in _NAMED:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            absent.append(name)
    if absent:
        yield Check("packages", State.BROKEN, "packages_absent", {"names": tuple(absent)})
    else:
        yield Check("packages", State.GOOD, "packages", {"names": tuple(found)})


def _assets(settings: Configuration) -> Iterator[Check]:
    from renovation.bootstrap.assets import missing_assets

    try:
        missing = missing_assets(settings.vendor_dir)
    except FileNotFoundError as error:
        yield Check("assets", State.BROKEN, "assets_uninstalled", {"name": str(error)})
        return
    if missing:
        yield Check("assets", State.BROKEN, "assets_missing", {"count": len(missing), "first": missing[0]})
    else:
        yield Check("assets", State.GOOD, "assets")


def _fonts(_settings: Configuration) -> Iterator[Check]:
    # Only Linux comes without a Chinese font; the screens are drawn by the browser, which may be on another machine.
    lister = shutil.which("fc-list")
    if os.name == "nt" or sys.platform == "darwin" or lister is None:
        yield Check("fonts", State.GOOD, "fonts_unchecked")
        return
    listed = subprocess.run(  # noqa: S603 (a fixed system tool)
        [lister, ":lang=zh-cn", "family"], capture_output=True, text=True, check=False
    ).stdout
    state = State.GOOD if listed.strip() else State.NOTE
    yield Check("fonts", state, "fonts" if state is State.GOOD else "fonts_missing")


def _room(settings: Configuration) -> Iterator[Check]:
    place = settings.home
    while not place.exists():
        place = place.parent
    if not place.is_dir():
        yield Check("room", State.BROKEN, "room_no_folder", {"place": str(place)})
        return
    if not os.access(place, os.W_OK):
        yield Check("room", State.BROKEN, "room_locked", {"place": str(place)})
        return
    free = shutil.disk_usage(place).free
    state = State.GOOD if free >= _ROOM_BYTES else State.NOTE
    yield Check("room", state, "room" if state is State.GOOD else "room_scarce", {"megabytes": free // 1_000_000})


def _store(settings: Configuration) -> Iterator[Check]:
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError, SQLAlchemyError

    from renovation.services.house.verification import at_start
    from renovation.store import damage, newest_version, open_store, refuse_left, schema_version

    try:
        url = make_url(settings.database_url)
    except ArgumentError:
        yield Check("store", State.BROKEN, "store_url")
        return
    shown = url.render_as_string(hide_password=True)
    if url.get_backend_name() == "sqlite":
        fixed = sqlite3.sqlite_version_info >= WAL_RESET_FIXED
        yield Check(
            "sqlite",
            State.GOOD if fixed else State.NOTE,
            "sqlite" if fixed else "sqlite_old",
            {"version": sqlite3.sqlite_version},
        )
        if not url.database or not os.path.exists(url.database):
            yield Check("store", State.NOTE, "store_absent", {"url": shown})
            return
    store = None
    try:
        store = open_store(settings.database_url, settings.key_dir)
        version = schema_version(store)
        newest = version == newest_version()
        damaged = damage(store)
        if newest and not damaged:
            refuse_left(store)
        faults = at_start(store) if newest and not damaged else ()
    except RenovationError as error:
        said = {language.name.lower(): error_text(error, language) for language in Language}
        yield Check("store", State.BROKEN, "store_broken", {"url": shown, **said})
        return
    except SQLAlchemyError as error:
        if type(orig := getattr(error, "orig", None)) is sqlite3.DatabaseError:  # no SQLite file, or one in pieces
            yield Check("store", State.BROKEN, "store_damaged", {"url": shown, "said": str(orig)})
            return
        said = {language.name.lower(): str(getattr(error, "orig", error)).splitlines()[0] for language in Language}
        yield Check("store", State.BROKEN, "store_broken", {"url": shown, **said})
        return
    finally:
        if store is not None:
            store.close()
    if damaged:
        yield Check("store", State.BROKEN, "store_damaged", {"url": shown, "said": damaged})
    elif newest:
        yield Check("store", State.GOOD, "store", {"url": shown, "version": version})
    else:
        yield Check("store", State.NOTE, "store_behind", {"url": shown})
    for fault in faults:
        said = {language.name.lower(): fault_text(fault, language) for language in Language}
        yield Check("keys", State.BROKEN, "keys", said)


def port_taken(settings: Configuration, port: int = 0) -> bool:
    """Whether something answers already where the server would listen, or at another port of its address."""
    host = "localhost" if settings.address in {"0.0.0.0", "::"} else settings.address  # noqa: S104
    try:
        socket.create_connection((host, port or settings.port), timeout=1).close()
    except OSError:
        return False
    return True


def _port(settings: Configuration) -> Iterator[Check]:
    taken = port_taken(settings)
    state = State.NOTE if taken else State.GOOD
    yield Check(
        "port", state, "port_taken" if taken else "port", {"port": settings.port, "next": settings.port % 65535 + 1}
    )


def _online(settings: Configuration) -> Iterator[Check]:
    if settings.tile_url and not settings.tile_attribution:
        yield Check("tiles", State.NOTE, "tiles_unattributed")
    elif settings.tile_url:
        yield Check("tiles", State.NOTE, "tiles_online")
    else:
        yield Check("tiles", State.GOOD, "tiles_off")


#: PostgreSQL that is looked after still, and the connections that one process keeps.
_OLDEST_POSTGRES, _A_PROCESS = 130000, 20


def _database(settings: Configuration) -> Iterator[Check]:
    from renovation.store import open_store
    from renovation.store.house.server import facts

    if settings.is_sqlite:
        yield Check("town", State.BROKEN, "town_sqlite")
        return
    try:
        store = open_store(settings.database_url, settings.key_dir)
        try:
            found = facts(store)
        finally:
            store.close()
    except (RenovationError, ImportError, ValueError):
        return  # said by the store's own check
    needed = (settings.web_processes + settings.staff_processes + 1) * _A_PROCESS
    looked = {
        "town_old": found.version >= _OLDEST_POSTGRES,
        "town_encoding": found.encoding == "UTF8",
        "town_postgis": found.postgis,
        "town_durable": found.durable,
        "town_places": found.places >= needed,
        "town_archive": found.archives,
    }
    fields = {"version": found.version // 10000, "places": found.places, "needed": needed, "encoding": found.encoding}
    for says in (says for says, is_good in looked.items() if not is_good):
        yield Check("town", State.NOTE if says == "town_archive" else State.BROKEN, says, fields)
    if all(looked.values()):
        yield Check("town", State.GOOD, "town_database", fields)


def _addresses(settings: Configuration) -> Iterator[Check]:
    from urllib.parse import urlsplit

    name = urlsplit(settings.residents_url).hostname or ""
    if not name:
        yield Check("address", State.BROKEN, "town_no_address")
    elif not settings.residents_url.startswith("https://"):
        yield Check("address", State.BROKEN, "town_open", {"url": settings.residents_url})
    elif name not in settings.host_names:
        yield Check("address", State.BROKEN, "town_host", {"name": name})
    else:
        yield Check("address", State.GOOD, "town_address", {"url": settings.residents_url})
    if settings.logs is None:
        yield Check("logs", State.NOTE, "town_no_logs")


def _processes(settings: Configuration) -> Iterator[Check]:
    wanted = [port for ports in settings.town_ports for port in ports]
    silent = tuple(str(port) for port in wanted if not port_taken(settings, port))
    if silent:
        yield Check("processes", State.BROKEN, "town_silent", {"ports": silent})
    else:
        yield Check("processes", State.GOOD, "town_processes", {"ports": tuple(map(str, wanted))})


def _backups(settings: Configuration) -> Iterator[Check]:
    folder = settings.backup_dir
    made = [file.stat().st_mtime for file in folder.iterdir() if file.is_file()] if folder.is_dir() else []
    days = (now() - moment_of(max(made))).days if made else 0
    if not made or days > 1:
        yield Check("backups", State.BROKEN, "town_backup_old" if made else "town_no_backup", {"days": days})
    else:
        yield Check("backups", State.GOOD, "town_backup")
