"""Which department takes a demand, and by when: category × place rules and deadlines, from a locality's lists."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import TypeGuard

from renovation.model.demands import DemandCategory
from renovation.model.intake import DispatchRule, IntakeRules
from renovation.model.names import name_key

#: Metres; gardens, car parks and crossings that residents speak of lie within it.
_FARTHEST_M = 500.0
#: A click this near an estate means the estate: gates and pavements lie outside the outline.
NEAR_ESTATE_M = 80.0


def rule_for(
    rules: Iterable[DispatchRule], category: DemandCategory, *, subtype: str = "", places: Collection[str] = ()
) -> DispatchRule | None:
    """Return the most specific rule that fits: place before sub-type before category, then the first listed.

    Parameters
    ----------
    places
        Names of the estate and of every area it lies in.
    """
    keys = set(map(name_key, places))
    fitting = [
        rule
        for rule in rules
        if rule.category == category
        and rule.subtype in ("", subtype)
        and (not rule.place or name_key(rule.place) in keys)
    ]
    return max(fitting, key=lambda rule: (bool(rule.place), bool(rule.subtype)), default=None)


def departments(rules: Iterable[DispatchRule]) -> tuple[str, ...]:
    """List every department once, in the order the rules name them."""
    names = (name for rule in rules for name in (rule.department, rule.backup) if name)
    return tuple(dict.fromkeys(names))


def department_named(typed: str, known: Iterable[str]) -> str:
    """Return the one department that a few typed characters can only mean, else what was typed.

    "住房" stands for "住房和城乡建设局"; kept as typed, it would be one more department in the figures.
    """
    key = name_key(typed)
    names = {name_key(one): one for one in known}
    if not key or key in names:
        return names.get(key, "")
    meant = [one for other, one in names.items() if key in other]
    return meant[0] if len(meant) == 1 else typed.strip()


def is_too_far(metres: float | None) -> TypeGuard[float]:
    """Tell whether a pin lies so far from its estate's outline that it is a slip of the hand; never without one."""
    return metres is not None and metres > _FARTHEST_M


def due_day(lists: IntakeRules, category: DemandCategory, subtype: str, received: date) -> date | None:
    """Return the last day for an answer, in calendar or working days; ``None`` when the list sets no deadline."""
    row = lists.subtype(category, subtype) or next(
        (row for row in lists.subtypes if row.category == category and not row.code), None
    )
    return None if row is None else lists.calendar.last_day(received, row.days, row.day_kind)
