"""Areas above the estate, and the roads that the offline map draws."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from renovation.model.places import Area, AreaDraft, AreaLevel, Road
from renovation.store.rows import read_row, values_of
from renovation.store.schema.places import area, road
from renovation.store.spatial import bounds_of, in_window


def add_areas(connection: sa.Connection, drafts: Sequence[AreaDraft]) -> list[int]:
    """Insert areas and return their ids in the order given. Parents must stand in the store already."""
    if not drafts:
        return []
    boxes = bounds_of([draft.geometry for draft in drafts])
    rows = [values_of(area, draft) | box for draft, box in zip(drafts, boxes, strict=True)]
    statement = area.insert().returning(area.c.id, sort_by_parameter_order=True)
    return list(connection.execute(statement, rows).scalars())


def list_areas(
    connection: sa.Connection,
    *,
    level: AreaLevel | None = None,
    parent_id: int | None = None,
    outlines: bool = False,
    within: tuple[float, float, float, float] | None = None,
) -> tuple[Area, ...]:
    """Return areas by code; without ``outlines`` their geometry stays in the store (it is most of the bytes)."""
    columns = [area.c.id, area.c.level, area.c.code, area.c.name, area.c.parent_id]
    query = sa.select(*columns, area.c.geometry) if outlines else sa.select(*columns)
    if level is not None:
        query = query.where(area.c.level == level.value)
    if parent_id is not None:
        query = query.where(area.c.parent_id == parent_id)
    if within is not None:
        query = query.where(in_window(connection, area, within))
    return tuple(_area(row) for row in connection.execute(query.order_by(area.c.code, area.c.id)))


def get_area(connection: sa.Connection, area_id: int) -> Area | None:
    """Return an area with its outline."""
    row = connection.execute(sa.select(area).where(area.c.id == area_id)).first()
    return _area(row) if row else None


def outlined(connection: sa.Connection) -> set[int]:
    """Return the areas that somebody has drawn."""
    return set(connection.scalars(sa.select(area.c.id).where(area.c.min_lon.is_not(None))))


def next_number(connection: sa.Connection) -> int:
    """Return a number that no area has yet."""
    return int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(area.c.id), 0) + 1)).scalar_one())


def _area(row: sa.Row) -> Area:
    return read_row(Area, row)


def add_roads(connection: sa.Connection, roads: Sequence[Road], *, import_id: int | None = None) -> None:
    """Insert roads of the base layer."""
    if not roads:
        return
    boxes = bounds_of([line.geometry for line in roads])
    rows = [values_of(road, line) | {"import_id": import_id} | box for line, box in zip(roads, boxes, strict=True)]
    connection.execute(road.insert(), rows)


def any_road(connection: sa.Connection) -> bool:
    """Tell whether there is a street layer."""
    return connection.execute(sa.select(road.c.id).limit(1)).first() is not None


def list_roads(
    connection: sa.Connection, *, within: tuple[float, float, float, float] | None = None, rank_to: int = 3
) -> tuple[Road, ...]:
    """Return roads whose bounding box meets ``within`` (west, south, east, north), main roads first."""
    query = sa.select(road.c.name, road.c.rank, road.c.geometry).where(road.c.rank <= rank_to)
    if within is not None:
        query = query.where(in_window(connection, road, within))
    return tuple(read_row(Road, row) for row in connection.execute(query.order_by(road.c.rank, road.c.id)))
