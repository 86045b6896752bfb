"""Tables, one module per noun, all on one metadata."""

from renovation.store.schema import demands, facilities, places, polls, projects, scenarios, staff, stations
from renovation.store.schema.base import metadata

__all__ = ["demands", "facilities", "metadata", "places", "polls", "projects", "scenarios", "staff", "stations"]
