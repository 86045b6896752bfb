"""Panels 专家评审: entries that assessors give points to, and the residents' votes that are added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from renovation.errors import InvalidError
from renovation.model.names import is_blank, name_key

MAX_NAME = 60
MAX_ENTRIES = 200
MAX_ASSESSORS = 30
MAX_CRITERIA = 12
#: The contest of Guangzhou's micro-renovation: of the residents' part 40 online, 60 on site.
ONLINE_SHARE = Fraction(2, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelCriterion:
    """What assessors look at, and the most points it can bring."""

    code: str
    name: str
    max_points: Fraction

    def __post_init__(self) -> None:
        if self.max_points <= 0:
            raise InvalidError("panel.max_not_positive", criterion=self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreSheet:
    """One assessor's points for one entry, by criterion."""

    assessor: str
    entry: str
    points: Mapping[str, Fraction]


class PanelChannel(StrEnum):
    """How residents vote beside a panel."""

    ONLINE = "online"
    ONSITE = "onsite"


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteChannel:
    """Votes of one channel, and its share of the public score."""

    kind: PanelChannel
    share: Fraction
    votes: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelEntry:
    """What is assessed: a project by its code, or anything else under a code of its own."""

    code: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """An assessor who steps out for an entry, and why."""

    assessor: str
    entry: str
    reason: str

    def __post_init__(self) -> None:
        if is_blank(self.reason):
            raise InvalidError("panel.conflict_without_reason", assessor=self.assessor)


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelSetup:
    """What a panel goes by, announced before the first points are given.

    Attributes
    ----------
    assessors
        Names as they are called in the minutes.
    public_share
        How much of the final score the residents' votes make, 0 … 1.
    channels
        The residents' votes; their shares add up to one.
    """

    name: str
    criteria: tuple[PanelCriterion, ...]
    entries: tuple[PanelEntry, ...]
    assessors: tuple[str, ...]
    drop_highest_and_lowest: bool = False
    public_share: Fraction = Fraction(0)
    channels: tuple[VoteChannel, ...] = ()

    def __post_init__(self) -> None:
        if not 0 < len(self.name.strip()) <= MAX_NAME or "\x00" in self.name:
            raise InvalidError("panel.name", limit=MAX_NAME)
        for field_name, found, limit in (
            ("criteria", self.criteria, MAX_CRITERIA),
            ("entries", self.entries, MAX_ENTRIES),
            ("assessors", self.assessors, MAX_ASSESSORS),
        ):
            if not 0 < len(found) <= limit:
                raise InvalidError(f"panel.{field_name}_count", limit=limit)
        _once([one.name for one in self.criteria])
        _once([one.code for one in self.entries])
        _once(self.assessors)
        if not 0 <= self.public_share <= 1:
            raise InvalidError("panel.shares")
        if self.public_share and sum((one.share for one in self.channels), Fraction(0)) != 1:
            raise InvalidError("panel.shares")


def _once(names: tuple[str, ...] | list[str]) -> None:
    for name in names:
        if is_blank(name) or len(name) > MAX_NAME or "\x00" in name:
            raise InvalidError("panel.name", limit=MAX_NAME)
    keys = [name_key(name) for name in names]
    if twice := next((name for name, key in zip(names, keys, strict=True) if keys.count(key) > 1), None):
        raise InvalidError("panel.twice", name=twice)


class PanelState(StrEnum):
    """Points can be given until the panel is closed."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A panel in the store with every sheet and conflict of interest."""

    id: int
    setup: PanelSetup
    state: PanelState
    created_at: datetime
    version: int = 1
    sheets: tuple[ScoreSheet, ...] = ()
    conflicts: tuple[Conflict, ...] = field(default=())

    @property
    def name(self) -> str:
        """The panel's name."""
        return self.setup.name
