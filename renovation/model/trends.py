"""Where demands come from, and whether they grow."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Grouping(StrEnum):
    """What demands are counted by when one asks where they come from."""

    ESTATE = "estate"
    GRID = "grid"
    COMMUNITY = "community"
    STREET = "street"
    CATEGORY = "category"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """A group's demands and whether they grow.

    Attributes
    ----------
    key
        Id of the estate or area, or the category.
    demands, supporters
        All that the filter keeps.
    months
        Received in each of the last months, oldest first.
    before, recent
        Received in the last period of days, and in the equally long one before it.
    """

    key: int | str
    name: str
    demands: int
    supporters: int
    months: tuple[int, ...]
    before: int
    recent: int

    @property
    def change(self) -> int:
        """How many more came in lately than in the period before."""
        return self.recent - self.before
