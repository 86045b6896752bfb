"""Doors as people write them: "1单元：101-604 701", one stairwell a line."""

from __future__ import annotations

import re
from collections.abc import Mapping

from renovation.errors import InvalidError
from renovation.model.names import is_blank, name_key

#: Doors of one building that somebody enters at once.
MOST_DOORS = 2_000
MAX_STAIRWELL, MAX_DOOR = 20, 20
_RANGE = re.compile(r"(\d{1,6})\s*[-–—~至到]\s*(\d{1,6})")
_PARTS = re.compile(r"[\s、，,;；/|]+")
#: The first two digits of a door's number from the end are the door, what stands before them is the floor.
_HUNDRED = 100


def read_doors(words: str) -> dict[str, tuple[str, ...]]:
    """Return stairwell → doors of lines such as "1单元：101-604 701".

    Raises
    ------
    InvalidError
        ``building.doors_unreadable``: a line names no stairwell, ``building.doors_many``, ``building.stairwell_twice``.
    """
    found: dict[str, tuple[str, ...]] = {}
    for line in filter(str.strip, words.splitlines()):
        name, colon, listed = line.replace("：", ":").partition(":")
        name = " ".join(name.split())[:MAX_STAIRWELL]
        if not colon or is_blank(name):
            raise InvalidError("building.doors_unreadable", value=line.strip()[:40])
        if any(name_key(one) == name_key(name) for one in found):
            raise InvalidError("building.stairwell_twice", name=name)
        found[name] = list_doors(listed)
    if sum(map(len, found.values())) > MOST_DOORS:
        raise InvalidError("building.doors_many", most=MOST_DOORS)
    return found


def list_doors(words: str) -> tuple[str, ...]:
    """Return the doors of one stairwell; a range runs floor by floor (101-604: 101 … 104, 201 … 604).

    Raises
    ------
    InvalidError
        ``building.doors_unreadable``, ``building.doors_many``.
    """
    return tuple(dict.fromkeys(door for part in _PARTS.split(words) if part for door in _doors_of(part)))


def _doors_of(part: str) -> list[str]:
    span = _RANGE.fullmatch(part)
    if span is None:
        if len(part) > MAX_DOOR or not part.isprintable():
            raise InvalidError("building.doors_unreadable", value=part[:40])
        return [part]
    first, last = int(span[1]), int(span[2])
    if first < _HUNDRED:
        floors, doors = range(1), range(first, last + 1)
    else:
        floors = range(first // _HUNDRED, last // _HUNDRED + 1)
        doors = range(first % _HUNDRED, last % _HUNDRED + 1)
    if not floors or not doors:
        raise InvalidError("building.doors_unreadable", value=part[:40])
    if len(floors) * len(doors) > MOST_DOORS:
        raise InvalidError("building.doors_many", most=MOST_DOORS)
    return [str(floor * _HUNDRED + door) for floor in floors for door in doors]


def doors_text(doors: Mapping[str, tuple[str, ...]]) -> str:
    """Return stairwells and doors as :func:`read_doors` reads them."""
    return "\n".join(f"{name}: {' '.join(numbers)}" for name, numbers in doors.items())
