"""What every public verb writes and answers, held against what was read and found right once.

After a change that is meant, ``RENOVATION_KEEP_ANSWERS=1 pytest tests/services/test_answers.py`` writes the files in
``answers/`` anew, and the difference is read before it is kept.
"""

from __future__ import annotations

import dataclasses
import enum
import hashlib
import io
import os
import random
import re
import secrets
import textwrap
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import verbs
from verbs import Scene, Verb
from verbs.rehearsal import Rehearsal
from verbs.world import World, lay_out

from renovation.model import clock
from renovation.model.accounts import PERMISSIONS, STAFF_ROLES, Role
from renovation.store import Store
from renovation.store.polls import sealing
from renovation.store.schema.base import metadata

FOLDER = Path(__file__).with_name("answers")
KEEP = "RENOVATION_KEEP_ANSWERS"
#: The day on which all of it happens.
MOMENT = datetime(2026, 5, 12, 2, 30, tzinfo=UTC)
#: What is drawn by chance, or follows from it: keys, digests, receipts, codes.
_CHANCE = re.compile(
    r"\b(?=\d*[a-f])[0-9a-f]{8,}\b|\b(?=\d*[A-Z])[0-9A-HJKMNP-TV-Z]{10}\b|\b[0-9A-Z]{4}-[0-9A-Z]{3}-[0-9A-Z]{3}\b"
    r"|\$argon2\S+|\b(?=\D*\d)[\w-]{22,}\b|\b(?:[0-9A-Z]{4}-){2,}[0-9A-Z]{2,4}\b"
)
_EMPTY = ("", "None", "False", "[]", "{}")
#: Tokens of the columns that stand beside rows: how they change, tests of the columns hold.
_TOKENS = ("demands.state", "estates.state")
#: So many lines of an answer, and rows of a table, are written down; the rest goes into their digest.
_LINES, _ROWS = 8, 3
_FIRST = (Role.ADMIN, Role.PLANNER, Role.SOCIAL_WORKER, Role.SECOND_CLERK, Role.OBSERVER, Role.RESIDENT)
TABLE = {name: verb for name, verb in verbs.table().items() if not verb.alone}


@contextmanager
def standing_still() -> Iterator[None]:
    """Let the clock stand, and let chance repeat itself."""
    chance = random.Random(12)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "tick", lambda: MOMENT)
        patch.setattr(sealing, "squeeze", lambda _store: True)
        patch.setattr(secrets, "token_bytes", lambda size=32: chance.randbytes(size))
        patch.setattr(secrets, "token_hex", lambda size=32: chance.randbytes(size).hex())
        patch.setattr(secrets, "choice", chance.choice)
        patch.setattr(secrets, "randbelow", chance.randrange)
        yield


@pytest.fixture(scope="session")
def still_town(
    make_store: Callable[[Path], Store], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Rehearsal, World]:
    """The small town of the verbs, laid out on a day that stays, with chance that repeats itself."""
    folder = tmp_path_factory.mktemp("answers")
    with standing_still():
        rehearsal = Rehearsal(make_store(folder / "town"))
        with rehearsal.call(keep=True):
            world = lay_out(rehearsal.store, make_store(folder / "laptop"), make_store(folder / "office"), folder)
    return rehearsal, world


def plain(value: Any) -> str:
    """Write a value so that equal ones read alike."""
    if isinstance(value, enum.Enum):
        return str(value.value)
    if isinstance(value, bytes):
        if value[:2] == b"PK":
            with zipfile.ZipFile(io.BytesIO(value)) as packed:
                return f"zip({', '.join(sorted(packed.namelist()))})"
        return "bytes"
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
    if value is None or isinstance(value, bool | int | Fraction | date):
        return str(value)
    if isinstance(value, float):
        return f"{value:.6g}"
    return plain(value.to_csv()) if hasattr(value, "to_csv") else type(value).__name__


def rows(connection: sa.Connection) -> dict[str, dict[str, dict[str, str]]]:
    """Return every row of every table by what identifies it."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for table in metadata.sorted_tables:
        keys = [column.name for column in table.primary_key.columns]
        every = [dict(row._mapping) for row in connection.execute(sa.select(table))]
        if table.name == "setting":
            every = [row for row in every if row["key"] not in _TOKENS]
        found[table.name] = {
            "/".join(plain(row[key]) for key in keys): {name: plain(value) for name, value in row.items()}
            for row in every
        }
    return found


def written(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
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
        own = [_CHANCE.sub("#", line) for line in own]
        rest = sorted(own)[_ROWS:]
        told += [*sorted(own)[:_ROWS], *([f"… {len(rest)} more of {table} {_digest(rest)}"] if rest else [])]
    return told


def _digest(lines: list[str]) -> str:
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:12]


def short(told: str) -> list[str]:
    """Write a long text as its first lines and a digest of all of it."""
    lines = textwrap.wrap(_CHANCE.sub("#", told), 116, break_long_words=True, break_on_hyphens=False)
    if len(lines) <= _LINES:
        return lines
    return [*lines[:_LINES], f"… {_digest(lines)}"]


def told(still_town: tuple[Rehearsal, World], verb: Verb, differs: Any) -> list[str]:
    """Make an example call, and tell what it wrote and answered."""
    rehearsal, world = still_town
    with standing_still(), rehearsal.call():
        scene = Scene(world, world.one, verb.stage)
        if verb.before is not None:
            verb.before(scene)
        arguments = verb.arguments(scene, differs)
        rehearsal.begin()
        before = rows(rehearsal.connection)
        role = next(role for role in _FIRST if _may(verb, role))
        answer = verb.ask(rehearsal.store, world.staff[role], arguments)
        changes = written(before, rows(rehearsal.connection)) if rehearsal.changed else []
    return [line for part in (*changes, f"= {plain(answer)}") for line in short(part)]


def _may(verb: Verb, role: Role) -> bool:
    if not verb.asks:
        return role in STAFF_ROLES
    other = PERMISSIONS[verb.or_asks] if verb.or_asks else frozenset()
    return role in other or all(role in PERMISSIONS[action] for action in verb.asks)


def kept(wing: str) -> dict[str, str]:
    """Return what was found right, by verb."""
    path = FOLDER / f"{wing}.txt"
    parts = path.read_text(encoding="utf-8").split("\n## ")[1:] if path.is_file() else []
    return {part.split("\n", 1)[0]: part.split("\n", 1)[1].rstrip("\n") for part in parts}


@pytest.mark.parametrize("verb", TABLE.values(), ids=TABLE)
def test_what_a_verb_writes_and_answers(still_town: tuple[Rehearsal, World], verb: Verb) -> None:
    wing = verb.name.split(".")[0]
    found = "\n".join(line for differs in ({}, *verb.also) for line in told(still_town, verb, differs))
    if os.environ.get(KEEP):
        FOLDER.mkdir(exist_ok=True)
        every = kept(wing) | {verb.name: found}
        text = "".join(f"\n## {name}\n{every[name]}\n" for name in sorted(every))
        (FOLDER / f"{wing}.txt").write_text(text, encoding="utf-8")
    assert found == kept(wing).get(verb.name)
