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
from renovation.store.schema.base import metadata

__all__ = [
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
