"""What a PostgreSQL server says of itself, for whoever has to mend it."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from renovation.store.engine import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFacts:
    """How a server is set.

    Attributes
    ----------
    version
        As ``server_version_num``: 150004.
    postgis
        Whether the extension is there, or can be added.
    durable
        Whether what is confirmed outlasts a power cut (``fsync``, ``full_page_writes``, ``synchronous_commit``).
    archives
        Whether the write-ahead log is copied away.
    places
        Connections that others than superusers may open.
    """

    version: int
    encoding: str
    postgis: bool
    durable: bool
    archives: bool
    places: int


def facts(store: Store) -> ServerFacts:
    """Return how the server of a store is set.

    Raises
    ------
    UnavailableError
        It does not answer.
    """
    names = (
        "server_version_num", "server_encoding", "fsync", "full_page_writes", "synchronous_commit", "archive_mode",
        "max_connections", "superuser_reserved_connections",
    )  # fmt: skip
    with store.read() as connection:
        said = {name: str(connection.execute(sa.func.current_setting(name).select()).scalar_one()) for name in names}
        known = sa.text("SELECT count(*) FROM pg_available_extensions WHERE name = 'postgis'")
        postgis = bool(connection.execute(known).scalar_one())
    return ServerFacts(
        version=int(said["server_version_num"]),
        encoding=said["server_encoding"],
        postgis=postgis,
        durable=[said["fsync"], said["full_page_writes"]] == ["on", "on"] and said["synchronous_commit"] != "off",
        archives=said["archive_mode"] != "off",
        places=int(said["max_connections"]) - int(said["superuser_reserved_connections"]),
    )
