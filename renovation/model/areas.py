"""Areas above the estate: which level a name speaks of, and what a change of the hierarchy would change, by names."""

from __future__ import annotations

import re
from dataclasses import dataclass

from renovation.errors import InvalidError
from renovation.model.names import fold, is_blank
from renovation.model.places import AreaLevel

#: From wide to narrow.
LEVELS = tuple(AreaLevel)
#: The columns of an estate's and an account's place by level; nobody's part of town is named by its city.
LEVEL_COLUMNS: dict[AreaLevel, str] = {level: f"{level.value}_id" for level in AreaLevel if level is not AreaLevel.CITY}
MAX_NAME, MAX_CODE = 80, 30

_ENDINGS = (
    (AreaLevel.GRID, re.compile(r"网格(?:\d+)?号?$|grid$")),
    (AreaLevel.STREET, re.compile(r"(?:街道办事处|街道办|街道|镇|乡)$")),
    (AreaLevel.COMMUNITY, re.compile(r"(?:居委会|居民委员会|社区|村委会|村民委员会|行政村|村)$")),
    (AreaLevel.COUNTY, re.compile(r"(?:县|旗|(?<![小片园校厂])区)$")),
)


def likely_level(name: str, code: str = "") -> AreaLevel | None:
    """Return the level that a name's ending, or else an official code's length, speaks of; ``None`` for neither."""
    key = fold(name)
    for level, ending in _ENDINGS:
        if ending.search(key):
            return level
    return level_of_code(code)


def level_of_code(code: str) -> AreaLevel | None:
    """Return the level of an official code 统计用区划代码: 6, 9 or 12 digits, with zeros for what is left open."""
    if not (code.isascii() and code.isdigit() and len(code) in (6, 9, 12)):
        return None
    short = code
    while len(short) > 6 and short.endswith("000"):
        short = short[:-3]
    if len(short) == 6:
        return AreaLevel.CITY if short.endswith("00") else AreaLevel.COUNTY
    return AreaLevel.STREET if len(short) == 9 else AreaLevel.COMMUNITY


def is_wider(one: AreaLevel, other: AreaLevel) -> bool:
    """Tell whether areas of one level may hold areas of another."""
    return LEVELS.index(one) < LEVELS.index(other)


def check_area(name: str, code: str) -> None:
    """Refuse what no area is called.

    Raises
    ------
    InvalidError
        ``area.name_missing``, ``area.too_long``.
    """
    if is_blank(name):
        raise InvalidError("area.name_missing")
    if len(name) > MAX_NAME or len(code) > MAX_CODE:
        raise InvalidError("area.too_long", name=name[:MAX_NAME], longest=MAX_NAME, code=MAX_CODE)


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaMove:
    """An area that comes to lie elsewhere: names of what it lay in before and lies in after, from wide to narrow."""

    name: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaEffects:
    """What a change of the hierarchy does to its neighbours, by their names.

    Attributes
    ----------
    made
        Areas that are new, each with what it lies in.
    joined
        Areas that become one with another: (name, the other's name).
    moved
        Areas that come to lie in others.
    estates
        Estates that come to lie in other areas.
    accounts
        Staff whose part of town is another afterwards.
    """

    made: tuple[AreaMove, ...] = ()
    joined: tuple[tuple[str, str], ...] = ()
    moved: tuple[AreaMove, ...] = ()
    estates: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaCounts:
    """What lies in an area: areas right below it, estates anywhere in it, and staff whose part of town it is."""

    areas: int = 0
    estates: int = 0
    accounts: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing would miss it."""
        return not (self.areas or self.estates or self.accounts)


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaAct:
    """An act by hand on the hierarchy that can be taken back, as the log calls it ("merge")."""

    id: int
    act: str
    name: str
    login: str
