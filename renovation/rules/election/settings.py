"""How a rule is to be run: everything that is published beside its name before the poll opens."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from fractions import Fraction
from math import isfinite
from typing import Any

from renovation.errors import InvalidError

#: More yes than no.
HALF = Fraction(1, 2)


class Utility(StrEnum):
    """What a chosen project is worth to a voter who supports it.

    With points or Borda scores, either is multiplied by the voter's own points for the project.
    """

    COST = "cost"
    CARDINALITY = "cardinality"


class Add1(StrEnum):
    """Whether the shares of Equal Shares are raised step by step, and when that stops."""

    OFF = "off"
    #: Stop when no further project fits the budget, or before overspending.
    EXHAUSTIVE = "exhaustive"
    #: Stop only before overspending.
    OVERSPEND = "overspend"


class Completion(StrEnum):
    """What happens to money that the rule itself leaves over."""

    NONE = "none"
    GREEDY = "greedy"


class TieBreak(StrEnum):
    """Who goes first among projects that stand equal; what is still equal then goes by id."""

    ID = "id"
    CHEAPEST = "cheapest"
    DEAREST = "dearest"
    MORE_SUPPORTERS = "more-supporters"
    LOT = "lot"
    REFUSE = "refuse"
    #: For conformance checks only: files often list winners first.
    FILE_ORDER = "file-order"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A rule's settings.

    Attributes
    ----------
    utility
        Of Equal Shares; ``None`` is cost. The other rules count each project's score once.
    step
        By how much Add1 raises every voter's share, in the instance's smallest money unit; ``None`` is one unit of
        the currency.
    floor
        Least score a project needs to take part; ``None`` is any score at all: what nobody has named never wins. Only
        an explicit 0 lets it.
    relative_floor
        Least score as a share of the ballots cast (by weight).
    yes_share
        Of yes/no ballots: a project takes part if its yeses are more than this share of its yeses and noes; ``None`` is
        one half, so more yes than no.
    exclusive
        Groups of project ids of which at most one may win.
    category_budgets, area_budgets
        Caps in the smallest money unit, within the whole budget.
    area_caps
        Most projects per area.
    seed
        The published word from which the lot order is drawn.
    committee_orders
        Decisions taken after a refused tie: project ids, first served first.
    impossible
        Projects found impossible after the vote had begun, and the published reason of each; votes stay counted.
    """

    utility: Utility | None = None
    add1: Add1 = Add1.OFF
    step: int | None = None
    completion: Completion = Completion.NONE
    tie_break: TieBreak = TieBreak.ID
    floor: int | Fraction | None = None
    relative_floor: Fraction | None = None
    yes_share: Fraction | None = None
    exclusive: tuple[tuple[str, ...], ...] = ()
    category_budgets: Mapping[str, int] = field(default_factory=dict)
    area_budgets: Mapping[str, int] = field(default_factory=dict)
    area_caps: Mapping[str, int] = field(default_factory=dict)
    seed: str | None = None
    committee_orders: tuple[tuple[str, ...], ...] = ()
    impossible: Mapping[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the settings as plain JSON values, absent ones left out; :func:`settings_from` reads them back."""
        shown: dict[str, Any] = {}
        for item in fields(self):
            value = getattr(self, item.name)
            if value is None or value == () or value == {}:
                continue
            if isinstance(value, StrEnum):
                value = value.value
            elif isinstance(value, Fraction):
                value = value.numerator if value.denominator == 1 else str(value)
            elif isinstance(value, tuple):
                value = [list(group) for group in value]
            elif isinstance(value, Mapping):
                value = dict(value)
            shown[item.name] = value
        return shown

    @property
    def more_than(self) -> Fraction:
        """The share of yes among yes and no that a project has to exceed."""
        return HALF if self.yes_share is None else self.yes_share

    def for_equal_shares(self, *, scale: int) -> Settings:
        """Fill in what was left to the rule and to the currency (``scale`` smallest units)."""
        return replace(self, utility=self.utility or Utility.COST, step=scale if self.step is None else self.step)


#: Numbers as people write them; an exponent could name a number that fills the memory.
_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,9}|/[1-9]\d{0,14})?", re.ASCII)


def exact_number(value: object) -> Fraction:
    """Read a whole number, a decimal or a fraction.

    Raises
    ------
    ValueError
        It is none, or has more than 15 digits.
    """
    if isinstance(value, Fraction):
        return value
    if isinstance(value, float) and "e" in repr(value) and isfinite(value):
        return Fraction(value)
    if isinstance(value, bool) or not _NUMBER.fullmatch(written := str(value).strip()):
        raise ValueError(str(value)[:80])
    return Fraction(written)


_ENUMS: Mapping[str, type[StrEnum]] = {
    "utility": Utility,
    "add1": Add1,
    "completion": Completion,
    "tie_break": TieBreak,
}


def _chosen(name: str, value: Any) -> StrEnum:
    try:
        return _ENUMS[name](value)
    except ValueError:
        choices = tuple(_ENUMS[name])
        raise InvalidError("rules.unknown_choice", name=name, value=str(value)[:80], choices=choices) from None


def settings_from(values: Mapping[str, Any]) -> Settings:
    """Read settings from plain JSON values (a stored poll, a bundle).

    Raises
    ------
    InvalidError
        ``rules.unknown_setting``, ``rules.unknown_choice`` or ``rules.bad_setting``, naming it.
    """
    known = {item.name for item in fields(Settings)}
    if unknown := sorted(set(values) - known):
        raise InvalidError("rules.unknown_setting", name=unknown[0])
    read: dict[str, Any] = {}
    for name, value in values.items():
        try:
            if name in _ENUMS:
                value = _chosen(name, value)
            elif name in ("floor", "relative_floor", "yes_share") and value is not None:
                value = exact_number(value)
            elif name in ("exclusive", "committee_orders"):
                value = tuple(tuple(str(project) for project in group) for group in value)
            elif name in ("category_budgets", "area_budgets", "area_caps"):
                value = {str(key): int(amount) for key, amount in value.items()}
            elif name == "impossible":
                value = {str(key): str(reason) for key, reason in value.items()}
            elif name == "step" and value is not None:
                value = int(value)
        except (ValueError, TypeError, AttributeError, ZeroDivisionError):
            raise InvalidError("rules.bad_setting", name=name, value=str(value)[:80]) from None
        read[name] = value
    return Settings(**read)
