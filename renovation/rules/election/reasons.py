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


def changes(reason: Reason) -> Mapping[str, Any]:
    """Return the changes that would have made the project win, as far as the rule tells."""
    return {name: reason.fields[name] for name in CHANGE_FIELDS if name in reason.fields}
