"""Voting stations: computers in a community room that show one poll and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """A computer locked to voting in one poll, at one of its venues."""

    id: int
    poll_id: str
    venue_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveStation:
    """A station in use, as staff see it in their list."""

    id: int
    title: str
    venue: str
    login: str
    started_at: datetime
