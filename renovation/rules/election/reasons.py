"""What the fields of a reason are, so that texts and files can show them without knowing the rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from renovation.model.elections import Reason

#: Money, in the instance's smallest unit.
MONEY_FIELDS = frozenset({"cost", "left", "short", "money", "cost_to", "payment", "share"})
#: One project id, or several.
PROJECT_FIELDS = frozenset({"by", "rivals"})
#: The smallest change, each alone, that would have made the project win.
CHANGE_FIELDS = ("cost_to", "extra_votes", "extra_points")
#: Set beside ``cost_to`` where that cost surely suffices, but a higher one may do
#: (:mod:`renovation.rules.allocation.smallest_change` finds the highest).
SURELY = "surely"

#: Every code a rule gives; each has a text in every language.
CODES = frozenset(
    {
        "mandatory",
        "impossible",
        "no_vote",
        "below_floor",
        "excluded",
        "area_cap",
        "budget",
        "category_budget",
        "area_budget",
        "lost_tie",
        "per_cost.lost_tie",
        "greedy.selected",
        "greedy.stopped",
        "mes.selected",
        "mes.short",
        "mes.lost_tie",
        "completion.selected",
        "completion.budget",
        "phragmen.selected",
        "phragmen.stopped",
        "phragmen.short",
        "phragmen.lost_tie",
        "max_welfare.selected",
        "max_welfare.displaced",
        "max_welfare.lost_tie",
        "max_welfare.too_dear",
        "max_welfare.category_too_dear",
        "max_welfare.area_too_dear",
    }
)


def changes(reason: Reason) -> Mapping[str, Any]:
    """Return the changes that would have made the project win, as far as the rule tells."""
    return {name: reason.fields[name] for name in CHANGE_FIELDS if name in reason.fields}
