"""A store in which nothing lasts: every call plays on the same scene, and what it commits is taken back after it.

One connection holds one transaction, units of work are savepoints in it, and nobody commits the whole. So a call costs
what it does and no more, on both engines, where a copy of the database would cost a second on PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from renovation.store import Store
from verbs.laid import World


class _Part:
    """What a service takes for a connection of its own: a savepoint that lasts as long as the caller keeps it."""

    def __init__(self, engine: _Engine) -> None:
        self._engine = engine
        self._savepoint: Any = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine.connection, name)

    def __enter__(self) -> _Part:
        self.begin()
        return self

    def __exit__(self, *_caught: object) -> None:
        self.rollback()

    def begin(self) -> None:
        if not self.in_transaction():
            self._savepoint = self._engine.connection.begin_nested()

    def in_transaction(self) -> bool:
        return self._savepoint is not None and self._savepoint.is_active

    def commit(self) -> None:
        self._savepoint.commit()
        self._savepoint = None
        self._engine.commits += 1

    def rollback(self) -> None:
        if self.in_transaction():
            self._savepoint.rollback()
        self._savepoint = None


class _Engine:
    """What :class:`Store` asks of an engine, over one connection."""

    def __init__(self, engine: sa.Engine) -> None:
        self.real = engine
        self.url, self.dialect = engine.url, engine.dialect
        self.commits = 0
        self.connection: Any = None

    def connect(self) -> _Part:
        return _Part(self)

    def dispose(self) -> None:
        self.real.dispose()


class Rehearsal:
    """A scene that is set once, and calls on it that leave no trace.

    Attributes
    ----------
    store
        What the services take.
    """

    def __init__(self, store: Store) -> None:
        self._engine = _Engine(store.engine)
        self._keys = {file.name: file.read_bytes() for file in store.keys.iterdir()}
        self._begun = self._keys
        self.store = replace(store, engine=self._engine)  # type: ignore[arg-type]

    @contextmanager
    def call(self, *, keep: bool = False) -> Iterator[Rehearsal]:
        """Begin on the scene as it was set, and leave it so; ``keep`` sets the scene instead."""
        with self._engine.real.connect() as connection:
            connection.info["immediate"] = True
            connection.begin()
            self._engine.connection, self._engine.commits = connection, 0
            self._begun = self._keys
            try:
                yield self
                if keep:
                    connection.commit()
                    self._keys = self._keys_now()
            finally:
                connection.rollback()
                connection.info.pop("immediate", None)
                self._engine.connection = None
                self._put_back(self._keys)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Take back what is done from here on, and leave what was done before."""
        savepoint = self._engine.connection.begin_nested()
        try:
            yield
        finally:
            savepoint.rollback()
            self._put_back(self._begun)

    def begin(self) -> None:
        """Take what has been done until now as a part of the scene."""
        self._engine.commits = 0
        self._begun = self._keys_now()

    @property
    def connection(self) -> sa.Connection:
        """The scene as it stands now."""
        return self._engine.connection

    @property
    def changed(self) -> bool:
        """Whether anything was committed since the call began, or a key written."""
        return self._engine.commits > 0 or self._keys_now() != self._begun

    def _keys_now(self) -> dict[str, bytes]:
        return {file.name: file.read_bytes() for file in self.store.keys.iterdir()}

    def _put_back(self, keys: dict[str, bytes]) -> None:
        for name, content in self._keys_now().items():
            if keys.get(name) != content:
                (self.store.keys / name).unlink()
        for name, content in keys.items():
            if not (self.store.keys / name).exists():
                (self.store.keys / name).write_bytes(content)


@dataclass
class Town:
    """The scene, and the world that was laid out in it."""

    rehearsal: Rehearsal
    world: World

    @property
    def store(self) -> Store:
        return self.rehearsal.store
