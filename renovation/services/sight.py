"""Which part of town somebody sees, and what lies in it."""

from __future__ import annotations

from collections.abc import Iterable

from renovation.errors import DeniedError, InvalidError, NotFoundError
from renovation.model.accounts import Actor, is_inner
from renovation.model.places import Estate
from renovation.model.polls import Poll, PollStage
from renovation.model.scenarios import ProgrammeInput
from renovation.model.scope import EVERYWHERE, Scope
from renovation.store import Connection, scoping
from renovation.store.projects import projects
from renovation.store.register import areas, estates


class Sight:
    """The store as somebody may see it.

    Attributes
    ----------
    connection
        What repositories take.
    writes
        What belongs to no part of town may be read by an account that sees a part, and changed by none.
    """

    writes = False

    def __init__(self, connection: Connection, actor: Actor) -> None:
        self.connection = connection
        self.actor = actor

    @property
    def scope(self) -> Scope:
        """The part of town in sight."""
        return self.actor.scope

    @property
    def is_staff(self) -> bool:
        """Whether inner notes may be read: kits, sealing, who did what."""
        return is_inner(self.actor)

    def as_told(self, held: Poll) -> Poll:
        """Return a poll as it may leave the services: whole to staff, else what is for everybody."""
        return held if self.is_staff else held.for_everybody

    @property
    def sees_all(self) -> bool:
        """Whether the whole town lies in sight."""
        return self.scope == EVERYWHERE

    def require_whole_town(self) -> None:
        """Refuse an account that sees a part of town.

        Raises
        ------
        DeniedError
            ``account.whole_town``.
        """
        if not self.sees_all:
            raise DeniedError("account.whole_town")

    def estates_in_sight(self, estate_ids: Iterable[int]) -> set[int]:
        """Return which of these estates lie in sight."""
        return scoping.inside(self.connection, self.scope, estate_ids)

    def projects_in_sight(self, project_ids: Iterable[int]) -> set[int]:
        """Return which of these projects lie in sight."""
        homes = projects.estates_of(self.connection, project_ids)
        seen = self.estates_in_sight(homes.values())
        return {project_id for project_id, estate_id in homes.items() if estate_id in seen}

    def places_of(self, found: Iterable[Poll]) -> dict[str, set[int]]:
        """Return the estates that each poll lies in; for an account that sees everything nobody asks."""
        found = tuple(found)
        if self.sees_all:
            return {held.id: set() for held in found}
        named = {
            held.id: [entry.project_id for entry in held.projects if entry.project_id is not None]
            for held in found
            if held.estate_id is None
        }
        homes = projects.estates_of(self.connection, {one for ids in named.values() for one in ids})
        return {
            held.id: {homes[one] for one in named[held.id] if one in homes}
            if held.estate_id is None
            else {held.estate_id}
            for held in found
        }

    def sees(self, held: Poll) -> bool:
        """Tell whether a poll is in sight."""
        return self.shows(held, self.places_of([held])[held.id])

    def shows(self, held: Poll, where: set[int]) -> bool:
        """Tell whether a poll that lies in these estates is in sight; a draft is for staff alone."""
        if held.stage is PollStage.DRAFT and not self.is_staff:
            return False
        return where <= self.estates_in_sight(where)

    def covers(self, scope: Scope) -> bool:
        """Tell whether a part of town, given by its narrowest place, lies in sight.

        Raises
        ------
        NotFoundError
            ``estate.not_found`` or ``account.place_unknown``.
        """
        return self.scope.holds(self._with_wider(scope))

    def _with_wider(self, scope: Scope) -> Scope:
        """Return a scope with every place above its narrowest one."""
        if scope.estate_id is not None:
            return estates.get(self.connection, scope.estate_id).place
        found: dict[str, int] = {}
        narrow = scope.narrowest_area
        while narrow is not None:
            area = areas.get_area(self.connection, narrow)
            if area is None:
                raise NotFoundError("account.place_unknown")
            found[f"{area.level.value}_id"] = area.id
            narrow = area.parent_id
        found.pop("city_id", None)
        return Scope(**found)

    def require_inside(self, estate: Estate) -> None:
        """Keep an editor from moving an estate out of sight.

        Raises
        ------
        InvalidError
            ``estate.leaves_scope``.
        """
        if not self.scope.holds(estate.place):
            raise InvalidError("estate.leaves_scope", name=estate.name)

    def require_in_sight(self, basis: ProgrammeInput, name: str) -> None:
        """Refuse a decision on a scenario that reaches beyond what the account sees.

        Raises
        ------
        DeniedError
            ``scenario.beyond_scope``.
        """
        reached = {place.estate_id for place in basis.places.values()}
        if reached != self.estates_in_sight(reached):
            raise DeniedError("scenario.beyond_scope", name=name)
