"""Tables, one module per noun, all on one metadata."""

from renovation.store.schema import (
    demands,
    facilities,
    panels,
    places,
    planning,
    polls,
    projects,
    scenarios,
    staff,
    stations,
    surveys,
)
from renovation.store.schema.base import carried, metadata

__all__ = [
    "carried",
    "demands",
    "facilities",
    "metadata",
    "panels",
    "places",
    "planning",
    "polls",
    "projects",
    "scenarios",
    "staff",
    "stations",
    "surveys",
]
