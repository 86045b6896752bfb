"""Ties: a named order announced before the poll, or the committee's word after it; never the order of a file.

The lot order is drawn from a published seed: projects stand in the order of ``SHA-256(seed + "\\n" + id)``, which
anybody can recompute with a pocket script.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from renovation.errors import ConflictError
from renovation.model.elections import Candidate, Instance, Tie
from renovation.rules.election.settings import Settings, TieBreak

#: What a tie says it was decided by when the committee did it.
COMMITTEE = "committee"


class TieBreaker:
    """Order projects (named by their place in the instance) that a rule holds for equal."""

    def __init__(self, instance: Instance, settings: Settings, supporters: Sequence[int | Fraction]) -> None:
        self._projects = instance.projects
        self._name = settings.tie_break
        self._orders = settings.committee_orders
        self._keys = [(_key(settings, p, i, supporters[i]), p.id) for i, p in enumerate(instance.projects)]

    def ordered(self, tied: Iterable[int]) -> tuple[list[int], str]:
        """Return the tied projects in the order they are served, and what decided."""
        projects = sorted(tied, key=self._keys.__getitem__)
        ids = {self._projects[index].id for index in projects}
        for order in self._orders:
            if ids <= set(order):
                return sorted(projects, key=lambda index: order.index(self._projects[index].id)), COMMITTEE
        if self._name is not TieBreak.REFUSE and all(
            self._keys[projects[0]][0] == self._keys[index][0] for index in projects
        ):
            return projects, TieBreak.ID.value
        return projects, self._name.value

    def before(self, project: int, other: int) -> bool:
        """Tell whether ``project`` is served before ``other`` when both stand equal."""
        return self.ordered((project, other))[0][0] == project

    def tie(self, tied: Iterable[int]) -> Tie:
        """Record a tie that mattered.

        Raises
        ------
        ConflictError
            ``rules.tie_undecided``: ties are left to the committee, and it has not decided this one.
        """
        projects, decided_by = self.ordered(tied)
        if decided_by == TieBreak.REFUSE:
            raise ConflictError(
                "rules.tie_undecided",
                projects=tuple(self._projects[index].name or self._projects[index].id for index in projects),
                ids=tuple(self._projects[index].id for index in projects),
            )
        return Tie(projects=tuple(self._projects[index].id for index in projects), decided_by=decided_by)


def _key(settings: Settings, project: Candidate, index: int, supporters: int | Fraction) -> Any:
    match settings.tie_break:
        case TieBreak.CHEAPEST:
            return project.cost
        case TieBreak.DEAREST:
            return -project.cost
        case TieBreak.MORE_SUPPORTERS:
            return -supporters
        case TieBreak.LOT:
            return hashlib.sha256(f"{settings.seed}\n{project.id}".encode()).hexdigest()
        case TieBreak.FILE_ORDER:
            return index
        case _:
            return project.id
