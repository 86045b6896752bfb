"""What a change of the hierarchy has done, by names: read before it is kept, so that somebody may think again."""

from __future__ import annotations

from collections.abc import Sequence

from renovation.model.areas import AreaEffects, AreaMove
from renovation.services.register.areas.placing import Gazetteer
from renovation.store import Connection
from renovation.store.register import area_journal


def effects_of(connection: Connection, gazetteer: Gazetteer, *, joined: Sequence[tuple[str, str]] = ()) -> AreaEffects:
    """Return what a unit of work has made of the hierarchy so far."""
    made = [gazetteer.by_id[one] for one in gazetteer.made if one in gazetteer.by_id]
    return AreaEffects(
        made=tuple(AreaMove(name=one.name, before=(), after=gazetteer.trail(one.parent_id)) for one in made),
        joined=tuple(joined),
        moved=tuple(gazetteer.moved),
        estates=area_journal.names_of(connection, "estate", gazetteer.journal.touched("estate")),
        accounts=area_journal.names_of(connection, "account", gazetteer.journal.touched("account")),
    )
