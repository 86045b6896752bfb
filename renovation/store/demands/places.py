"""Which estate, building and grid a pin lies in, and the names of the places around a demand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import numpy as np
import shapely
import sqlalchemy as sa

from renovation.geo.joins import containing
from renovation.geo.pins import degrees_of, metres_between_pin_and
from renovation.model.intake import BuildingChoice, EstateChoice, LinkedProject, PlaceFound, Surroundings
from renovation.model.places import AreaLevel
from renovation.model.scope import Scope
from renovation.store.rows import the_row
from renovation.store.schema.places import area, building, estate
from renovation.store.schema.projects import project, project_demand
from renovation.store.scoping import within

#: Widths are subtracted and compared in binary fractions: a hair of a degree, a tenth of a millimetre, is left open.
_SLACK_DEG = 1e-9


def _near(table: sa.Table) -> list[sa.ColumnElement[bool]]:
    """Return the conditions that keep outlines whose bounds meet the window of :func:`_window`."""
    west, east, south, north = (sa.bindparam(name, type_=sa.Float) for name in ("west", "east", "south", "north"))
    return [
        table.c.min_lon <= east,
        table.c.max_lon >= west,
        table.c.min_lat <= north,
        table.c.max_lat >= south,
    ]


def _begins_near(table: sa.Table, *kept: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Return the condition that lets the index on the bounds skip what begins too far west to reach the window.

    Half of a city begins to the west of any pin; nothing reaches farther east than the widest outline.
    """
    widest = sa.select(sa.func.max(table.c.max_lon - table.c.min_lon)).where(*kept).correlate(None).scalar_subquery()
    return table.c.min_lon >= sa.bindparam("west", type_=sa.Float) - widest - _SLACK_DEG


def _window(lon: float, lat: float, metres: float = 0.0) -> dict[str, float]:
    d_lon, d_lat = degrees_of(metres, lat)
    return {"west": lon - d_lon, "east": lon + d_lon, "south": lat - d_lat, "north": lat + d_lat}


# Asked for every pin: building these statements would cost more than running them.
@lru_cache(maxsize=256)
def _estates_near(scopes: tuple[Scope, ...]) -> Any:
    columns = (estate.c.id, estate.c.name, estate.c.geometry, estate.c.grid_id)
    return sa.select(*columns).where(*_near(estate), _begins_near(estate), *within(scopes))


@cache
def _grids_near() -> Any:
    grids = area.c.level == AreaLevel.GRID.value
    return sa.select(area.c.id, area.c.geometry).where(grids, *_near(area), _begins_near(area, grids))


@cache
def _buildings_near() -> Any:
    there = building.c.estate_id == sa.bindparam("estate_id", type_=sa.Integer)
    return sa.select(building.c.id, building.c.name, building.c.geometry).where(there, *_near(building))


@cache
def _site() -> Any:
    return sa.select(estate.c.geometry, estate.c.grid_id).where(
        estate.c.id == sa.bindparam("estate_id", type_=sa.Integer)
    )


def _containing(rows: list[Any], lon: float, lat: float) -> Any | None:
    """Return the row whose outline holds the point, the smallest by the tie rule of ``geo.joins``."""
    # Sorted here: asked to order by id, SQLite would walk the whole table rather than the index on the bounds.
    outlined = sorted((row for row in rows if row.geometry), key=lambda row: row.id)
    if not outlined:
        return None
    place = containing(np.array([shapely.from_wkb(row.geometry) for row in outlined], dtype=object), lon, lat)
    return outlined[place] if place >= 0 else None


@dataclass(frozen=True, slots=True)
class EstateSite:
    """Where an estate lies: its outline (WKB, EPSG:4490), and the grid it is filed under."""

    outline: bytes | None
    grid_id: int | None

    def metres_to(self, lon: float, lat: float) -> float | None:
        """Return how many metres a pin lies outside the outline; ``None`` without one."""
        return metres_between_pin_and(shapely.from_wkb(self.outline), lon, lat) if self.outline else None


def site_of(connection: sa.Connection, estate_id: int) -> EstateSite | None:
    """Return where an estate lies; ``None`` when it is not stored."""
    row = connection.execute(_site(), {"estate_id": estate_id}).first()
    return EstateSite(row.geometry, row.grid_id) if row else None


def grid_at(connection: sa.Connection, lon: float, lat: float) -> int | None:
    """Return the grid 网格 a point lies in."""
    found = _containing(list(connection.execute(_grids_near(), _window(lon, lat))), lon, lat)
    return found.id if found else None


def grid_of_pin(connection: sa.Connection, estate_id: int, lon: float, lat: float) -> int | None:
    """Return the grid a pin lies in, else the one its estate is filed under."""
    found = grid_at(connection, lon, lat)
    if found is None:
        site = site_of(connection, estate_id)
        found = site.grid_id if site else None
    return found


def building_at(connection: sa.Connection, estate_id: int, lon: float, lat: float) -> tuple[int, str] | None:
    """Return (id, name) of the building of an estate that a point lies in."""
    asked = {"estate_id": estate_id} | _window(lon, lat)
    found = _containing(list(connection.execute(_buildings_near(), asked)), lon, lat)
    return (found.id, found.name) if found else None


def place_at(
    connection: sa.Connection, lon: float, lat: float, *, scopes: Iterable[Scope] = (), within_m: float = 0.0
) -> PlaceFound:
    """Return what stands at a point (degrees, EPSG:4490), or the nearest estate within ``within_m`` metres."""
    rows = list(connection.execute(_estates_near(tuple(scopes)), _window(lon, lat, within_m)))
    found, distance = _containing(rows, lon, lat), 0.0
    if found is None and within_m:
        ranked = sorted(
            (metres_between_pin_and(shapely.from_wkb(row.geometry), lon, lat), row.id, row)
            for row in rows
            if row.geometry
        )
        if ranked and ranked[0][0] <= within_m:
            distance, _, found = ranked[0]
    grid_id = grid_at(connection, lon, lat)
    if found is None:
        return PlaceFound(estate_id=None, grid_id=grid_id)
    inside = building_at(connection, found.id, lon, lat)
    return PlaceFound(
        estate_id=found.id,
        estate_name=found.name,
        building_id=inside[0] if inside else None,
        building_name=inside[1] if inside else "",
        grid_id=grid_id or found.grid_id,
        distance_m=distance,
    )


def distance_from_estate(connection: sa.Connection, estate_id: int, lon: float, lat: float) -> float | None:
    """Return how many metres a pin lies outside an estate's outline; ``None`` without outline or estate."""
    site = site_of(connection, estate_id)
    return site.metres_to(lon, lat) if site else None


def building_belongs(connection: sa.Connection, building_id: int, estate_id: int) -> bool:
    """Tell whether a building stands in an estate."""
    query = sa.select(building.c.id).where(building.c.id == building_id, building.c.estate_id == estate_id)
    return connection.execute(query).first() is not None


def names_around(connection: sa.Connection, estate_id: int, building_id: int | None) -> Surroundings:
    """Return the estate's name, the building's, and the names of the areas the estate lies in, widest first.

    Raises
    ------
    NotFoundError
        ``estate.not_found``.
    """
    row = the_row(
        connection,
        sa.select(estate.c.name, estate.c.county_id, estate.c.street_id, estate.c.community_id).where(
            estate.c.id == estate_id
        ),
        "estate.not_found",
        id=estate_id,
    )
    ids = [row.county_id, row.street_id, row.community_id]
    wanted = sa.select(area.c.id, area.c.name).where(area.c.id.in_([i for i in ids if i]))
    names = {found.id: found.name for found in connection.execute(wanted)}
    inside = ""
    if building_id is not None:
        inside = connection.execute(sa.select(building.c.name).where(building.c.id == building_id)).scalar() or ""
    return Surroundings(estate=row.name, building=inside, areas=tuple(names[i] for i in ids if i in names))


def scope_of(connection: sa.Connection, estate_id: int) -> Scope:
    """Return the areas an estate lies in, whose own lists hold there."""
    columns = (estate.c.county_id, estate.c.street_id, estate.c.community_id, estate.c.grid_id)
    row = connection.execute(sa.select(*columns).where(estate.c.id == estate_id)).one()
    return Scope(**row._mapping, estate_id=estate_id)


def estate_choices(connection: sa.Connection, *, scopes: Iterable[Scope] = ()) -> tuple[EstateChoice, ...]:
    """Return every estate a form may offer, by street and name; the point is the middle of its bounds."""
    street = area.alias("street")
    query = (
        sa.select(
            estate.c.id,
            estate.c.name,
            sa.func.coalesce(street.c.name, "").label("street_name"),
            ((estate.c.min_lon + estate.c.max_lon) / 2).label("lon"),
            ((estate.c.min_lat + estate.c.max_lat) / 2).label("lat"),
        )
        .outerjoin(street, street.c.id == estate.c.street_id)
        .where(*within(scopes))
        .order_by("street_name", estate.c.name, estate.c.id)
    )
    return tuple(EstateChoice(**row._mapping) for row in connection.execute(query))


def building_choices(connection: sa.Connection, estate_id: int) -> tuple[BuildingChoice, ...]:
    """Return an estate's buildings."""
    query = (
        sa.select(
            building.c.id,
            building.c.name,
            ((building.c.min_lon + building.c.max_lon) / 2).label("lon"),
            ((building.c.min_lat + building.c.max_lat) / 2).label("lat"),
        )
        .where(building.c.estate_id == estate_id)
        .order_by(building.c.id)
    )
    return tuple(BuildingChoice(**row._mapping) for row in connection.execute(query))


def estate_outlines(
    connection: sa.Connection, *, scopes: Iterable[Scope], limit: int
) -> tuple[tuple[int, str, bytes], ...]:
    """Return (id, name, outline as WKB) of the first ``limit`` outlined estates by name."""
    query = (
        sa.select(estate.c.id, estate.c.name, estate.c.geometry)
        .where(*within(scopes), estate.c.geometry.is_not(None))
        .order_by(estate.c.name, estate.c.id)
        .limit(limit)
    )
    return tuple((row.id, row.name, row.geometry) for row in connection.execute(query))


def linked_projects(connection: sa.Connection, demand_id: int) -> tuple[LinkedProject, ...]:
    """Return the projects that answer a demand, oldest first."""
    query = (
        sa.select(project.c.id, project.c.code, project.c.name, project.c.status)
        .join(project_demand, project_demand.c.project_id == project.c.id)
        .where(project_demand.c.demand_id == demand_id)
        .order_by(project.c.id)
    )
    return tuple(LinkedProject(**row._mapping) for row in connection.execute(query))


def outline_of(connection: sa.Connection, estate_id: int) -> bytes | None:
    """Return an estate's outline as WKB, EPSG:4490."""
    return connection.execute(sa.select(estate.c.geometry).where(estate.c.id == estate_id)).scalar()


def built_on(connection: sa.Connection, estate_id: int) -> list[bytes]:
    """Return the outlines (WKB, EPSG:4490) of an estate's buildings."""
    drawn = sa.select(building.c.geometry).where(building.c.estate_id == estate_id, building.c.geometry.is_not(None))
    return list(connection.scalars(drawn))
