"""Which part of the hierarchy of places somebody sees or asks for."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which part of the hierarchy an account, list, map or export speaks of; all ``None`` is everything."""

    county_id: int | None = None
    street_id: int | None = None
    community_id: int | None = None
    grid_id: int | None = None
    estate_id: int | None = None

    @property
    def narrowest_area(self) -> int | None:
        """The narrowest area that is named; ``None`` where an estate alone is, or nothing."""
        return next((one for one in (self.grid_id, self.community_id, self.street_id, self.county_id) if one), None)

    def holds(self, place: Scope) -> bool:
        """Tell whether a place, given with every level above it, lies in this part."""
        asked = ((getattr(self, item.name), getattr(place, item.name)) for item in fields(self))
        return all(wanted in (None, found) for wanted, found in asked)


#: The scope that narrows nothing.
EVERYWHERE = Scope()
