"""What sheets of buildings brought into their records."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import sqlalchemy as sa

from renovation.model.surveys import BuildingFact
from renovation.store.rows import put_row, read_row
from renovation.store.schema.places import building
from renovation.store.schema.surveys import building_fact


def facts(connection: sa.Connection, estate_ids: Collection[int]) -> tuple[BuildingFact, ...]:
    """Return what is known of the buildings of estates."""
    query = (
        sa.select(building_fact)
        .join(building, building.c.id == building_fact.c.building_id)
        .where(building.c.estate_id.in_(list(estate_ids)))
        .order_by(building_fact.c.building_id, building_fact.c.code)
    )
    return tuple(read_row(BuildingFact, row) for row in connection.execute(query))


def put(connection: sa.Connection, brought: Iterable[BuildingFact]) -> None:
    """Write facts of buildings over those of the same questions."""
    for one in brought:
        keys = {"building_id": one.building_id, "code": one.code}
        values = {"said": list(one.said), "survey_id": one.survey_id, "taken_on": one.taken_on}
        put_row(connection, building_fact, keys, values)
