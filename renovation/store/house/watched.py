"""A store whose writing is watched, and can be broken off at any statement and once more before anything is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import sqlalchemy as sa

from renovation.store.engine import Hook, Store, Unit, at_commit

#: ``told(table, rows)``: what a statement is about to write; an empty name for one that only reads.
Told: TypeAlias = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class _Watched(Store):
    told: Told
    last: Callable[[], None]

    @contextmanager
    def write(self) -> Iterator[Unit]:
        with Store.write(self) as unit:
            sa.event.listen(unit.connection, "before_cursor_execute", self._statement)
            at_commit(unit.connection, "watched", lambda: _LastLook(self.last))
            yield unit

    def _statement(self, _connection: Any, _cursor: Any, said: str, given: Any, _context: Any, _many: bool) -> None:
        verb, *words = said.split(maxsplit=3)
        if verb in ("INSERT", "UPDATE"):
            self.told(words[verb == "INSERT"], len(given) if isinstance(given, list) else 1)
        else:
            self.told("", 0)


class _LastLook(Hook):
    def __init__(self, last: Callable[[], None]) -> None:
        self._last = last

    def before(self, _connection: sa.Connection) -> None:
        self._last()


def watched(store: Store, told: Told, last: Callable[[], None]) -> Store:
    """Return a store like another one whose units of work tell what they write.

    Parameters
    ----------
    told
        Told before every statement of a unit of work; what it raises breaks the unit off.
    last
        Called before anything is kept; what it raises drops the unit.
    """
    return _Watched(engine=store.engine, keys=store.keys, lock=store.lock, told=told, last=last)
