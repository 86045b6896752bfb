"""What a call on the small town wrote, logged and answered, or why it was refused, as lines that a person can read."""

from __future__ import annotations

import dataclasses
import enum
import hashlib
import io
import random
import re
import secrets
import textwrap
import zipfile
from collections import defaultdict, deque
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
import sqlalchemy as sa

from renovation.model import clock
from renovation.model.accounts import PERMISSIONS, STAFF_ROLES, Actor, Role
from renovation.store.polls import sealing
from renovation.store.schema.base import metadata
from renovation.store.schema.polls import running_digest
from verbs import Verb
from verbs.laid import World

#: The day on which all of it happens.
MOMENT = datetime(2026, 5, 12, 2, 30, tzinfo=UTC)
#: What is drawn by chance, or follows from it: keys, digests, receipts, codes.
_CHANCE = re.compile(
    r"\b(?=\d*[a-f])[0-9a-f]{8,}\b|\b(?=\d*[A-Z])[0-9A-HJKMNP-TV-Z]{10}\b|\b[0-9A-Z]{4}-[0-9A-Z]{3}-[0-9A-Z]{3}\b"
    r"|\$argon2\S+|\b(?=\D*\d)[\w-]{22,}\b|\b(?=[\d-]*[A-Z])(?:[A-Z]{2}-)?[0-9A-Z]{4}(?:-[0-9A-Z]{2,4})+\b"
)
_EMPTY = ("", "None", "False", "[]", "{}")
#: Tokens of the columns that stand beside rows: how they change, tests of the columns hold.
_TOKENS = ("demands.state", "estates.state")
#: So many lines of an answer, and rows of a table, are written down; the rest goes into their digest.
_LINES, _ROWS, _WIDTH = 8, 3, 150
_WORDS = re.compile(r", |[{}\[\]()]")
_FIRST = (
    Role.ADMIN,
    Role.PLANNER,
    Role.SOCIAL_WORKER,
    Role.SECOND_CLERK,
    Role.OBSERVER,
    Role.DEPARTMENT,
    Role.RESIDENT,
)

Rows = dict[str, dict[str, dict[str, str]]]


@contextmanager
def standing_still() -> Iterator[None]:
    """Let the clock stand, and let chance repeat itself."""
    chance = random.Random(12)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "tick", lambda: MOMENT)
        patch.setattr(sealing, "squeeze", lambda *_: True)
        patch.setattr("renovation.services.register.photos.empty_wal", lambda *_: True)
        patch.setattr(secrets, "token_bytes", lambda size=32: chance.randbytes(size))
        patch.setattr(secrets, "token_hex", lambda size=32: chance.randbytes(size).hex())
        patch.setattr(secrets, "choice", chance.choice)
        patch.setattr(secrets, "randbelow", chance.randrange)
        yield


def who_asks(world: World, verb: Verb) -> Actor:
    """Return who makes the example call: the first of the staff that may."""

    def may(role: Role) -> bool:
        if not verb.asks:
            return role in STAFF_ROLES
        other = PERMISSIONS[verb.or_asks] if verb.or_asks else frozenset()
        return role in other or all(role in PERMISSIONS[action] for action in verb.asks)

    return world.staff[next(role for role in _FIRST if may(role))]


def plain(value: Any) -> str:
    """Write a value so that equal ones read alike."""
    if isinstance(value, enum.Enum):
        return str(value.value)
    if isinstance(value, bytes):
        return _file(value)
    if isinstance(value, str):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        held = {one.name: plain(getattr(value, one.name)) for one in dataclasses.fields(value)}
        # What is empty is not said, so that a new field does not change every answer.
        told = ", ".join(f"{name}={one}" for name, one in held.items() if one not in _EMPTY)
        return f"{type(value).__name__}({told})"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{plain(key)}: {plain(one)}" for key, one in value.items()) + "}"
    if isinstance(value, set | frozenset):
        return "{" + ", ".join(sorted(plain(one) for one in value)) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(plain(one) for one in value) + "]"
    if value is None or isinstance(value, bool | int | Fraction | Decimal | date):
        return str(value)
    if isinstance(value, float):
        return f"{value:.6g}"
    return plain(value.to_csv()) if hasattr(value, "to_csv") else type(value).__name__


#: What a packed file holds besides its content: looks, moments, what belongs together.
_WRAPPING = re.compile(
    r"docProps/|styles|theme|settings|fontTable|\.rels$|Content_Types|\.(?:png|jpe?g|dbf|shp|shx|ttf)$"
)


def _file(content: bytes) -> str:
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            names = sorted(packed.namelist())
            inside = [_file(packed.read(name)) for name in names if not _WRAPPING.search(name)]
        return f"zip({', '.join(names)}: {' '.join(inside)})"
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "bytes"
    return re.sub(r"(?:\s|<[^>]*>)+", " ", text) if text.isprintable() or "\n" in text else "bytes"


def snapshot(connection: sa.Connection) -> dict[str, list[Any]]:
    """Return what lies in every table, as it lies there: quick, and enough to tell which have changed."""
    # The running digest is chance throughout; what it holds together, its own tests hold.
    names = (table.name for table in metadata.sorted_tables if table is not running_digest)
    return {name: connection.exec_driver_sql(f"SELECT * FROM {name}").fetchall() for name in names}


#: What tables held lately, as it lay there and in words: most calls find and leave the same.
_READ: dict[str, deque[tuple[list[Any], dict[str, dict[str, str]]]]] = defaultdict(lambda: deque(maxlen=4))


def rows(connection: sa.Connection, names: Collection[str], raw: Mapping[str, list[Any]]) -> Rows:
    """Return every row of these tables by what identifies it.

    Parameters
    ----------
    raw
        What lies in the tables now.
    """
    found: Rows = {}
    for table in metadata.sorted_tables:
        if table.name not in names:
            continue
        known = next((read for held, read in _READ[table.name] if held == raw[table.name]), None)
        if known is not None:
            found[table.name] = known
            continue
        keys = [column.name for column in table.primary_key.columns]
        every = [dict(row._mapping) for row in connection.execute(sa.select(table))]
        if table.name == "setting":
            every = [row for row in every if row["key"] not in _TOKENS]
        found[table.name] = {
            "/".join(plain(row[key]) for key in keys): {name: plain(value) for name, value in row.items()}
            for row in every
        }
        _READ[table.name].append((raw[table.name], found[table.name]))
    return found


@dataclasses.dataclass
class Scenery:
    """The rows before a call; those after it are compared with them."""

    connection: sa.Connection

    def __post_init__(self) -> None:
        self._raw = snapshot(self.connection)
        self._rows = rows(self.connection, self._raw, self._raw)

    def written(self) -> list[str]:
        """Tell what a call has written, logs included."""
        now = snapshot(self.connection)
        changed = {name for name, held in now.items() if held != self._raw[name]}
        return written(
            {name: self._rows[name] for name in self._rows if name in changed}, rows(self.connection, changed, now)
        )


def written(before: Rows, after: Rows) -> list[str]:
    """Tell row by row what became different, without what follows from chance."""
    told = []
    for table in before:
        old, new = before[table], after[table]
        own: list[str] = []
        for key in sorted({**old, **new}):
            if key not in old and table == "audit":
                own.append("log {act} by {role} of {object_kind} {object_id}: {detail}".format(**new[key]))
            elif key not in old:
                own.append(f"+ {table} {plain({k: v for k, v in new[key].items() if v not in ('None', '')})}")
            elif key not in new:
                own.append(f"- {table} {key}")
            elif old[key] != new[key]:
                own.append(f"~ {table} {key}: {plain({k: v for k, v in new[key].items() if v != old[key][k]})}")
        own = sorted(without_chance(line) for line in own)
        rest = own[_ROWS:]
        told += [*own[:_ROWS], *([f"… {len(rest)} more of {table} {digest(rest)}"] if rest else [])]
    return told


def without_chance(line: str) -> str:
    """Blot out what is drawn by chance."""
    return _CHANCE.sub("#", line)


def digest(lines: list[str]) -> str:
    """Return a short name of all of it."""
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:12]


def short(told: str) -> list[str]:
    """Write a long text as its first lines and a digest of all of it."""
    lines = textwrap.wrap(without_chance(told), 116, break_long_words=True, break_on_hyphens=False)
    if len(lines) <= _LINES:
        return lines
    return [*lines[:_LINES], f"… {digest(lines)}"]


def otherwise(usual: list[str], found: list[str]) -> str:
    """Tell what a call did otherwise than the usual one: the words that are new, and a digest of all."""
    lines = [without_chance(line) for line in found]
    if len(found) == 1 and not found[0].startswith("= "):
        return lines[0][:_WIDTH]
    known = {word for line in usual for word in _WORDS.split(without_chance(line))}
    new = [word for line in lines for word in _WORDS.split(line) if word not in known]
    return f"{', '.join(dict.fromkeys(new))[:_WIDTH]} … {digest(lines)}"


@dataclasses.dataclass(frozen=True)
class Kept:
    """A file per wing of what was found right, by verb; ``RENOVATION_KEEP_ANSWERS=1`` writes it anew."""

    folder: Any
    anew: bool

    def hold(self, verb: Verb, found: str) -> None:
        """Hold what was found against what was kept."""
        path = self.folder / f"{verb.name.split('.')[0]}.txt"
        parts = path.read_text(encoding="utf-8").split("\n## ")[1:] if path.is_file() else []
        kept = {part.split("\n", 1)[0]: part.split("\n", 1)[1].rstrip("\n") for part in parts}
        if self.anew:
            kept[verb.name] = found
            self.folder.mkdir(exist_ok=True)
            path.write_text("".join(f"\n## {name}\n{kept[name]}\n" for name in sorted(kept)), encoding="utf-8")
        assert found == kept.get(verb.name)
