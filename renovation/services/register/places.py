"""Areas of the hierarchy: lists for the scope selector, outlines for the map, and which of them a place lies in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from renovation.errors import Fault
from renovation.imports.files.results import Parsed
from renovation.model.accounts import Action, Actor
from renovation.model.places import Area, AreaLevel, Road
from renovation.model.scope import Scope
from renovation.services.doors import Door, reading
from renovation.store import Connection, Store
from renovation.store.register import areas

Window = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """The areas a place lies in; ``None`` where the layer has none there."""

    county_id: int | None = None
    street_id: int | None = None
    community_id: int | None = None
    grid_id: int | None = None


def list_areas(
    store: Store,
    actor: Actor | None,
    *,
    level: AreaLevel | None = None,
    parent_id: int | None = None,
    outlines: bool = False,
    within: Window | None = None,
) -> tuple[Area, ...]:
    """Return the areas the actor may see, by code. Names of areas are public.

    Parameters
    ----------
    outlines
        Whether to read their geometry too.
    within
        Only areas whose bounding box meets this window (west, south, east, north in degrees).
    """
    with reading(store, actor, Action.SEE_PUBLIC) as door:
        found = areas.list_areas(door.connection, level=level, parent_id=parent_id, outlines=outlines, within=within)
        root = door.scope.narrowest_area
        if root is None:
            return found
        everything = {area.id: area for area in areas.list_areas(door.connection)}
    return tuple(area for area in found if _related(everything, area.id, root))


def _chain(areas_by_id: dict[int, Area], area_id: int | None) -> list[int]:
    chain: list[int] = []
    while area_id is not None and area_id in areas_by_id:
        chain.append(area_id)
        area_id = areas_by_id[area_id].parent_id
    return chain


def _related(areas_by_id: dict[int, Area], area_id: int, root: int) -> bool:
    """Tell whether an area lies in ``root``, or ``root`` in it."""
    return root in _chain(areas_by_id, area_id) or area_id in _chain(areas_by_id, root)


def list_roads(
    store: Store, actor: Actor | None, *, within: Window | None = None, rank_to: int = 3
) -> tuple[Road, ...]:
    """Return roads of the base layer, main roads (rank 1) first."""
    with reading(store, actor, Action.SEE_PUBLIC) as door:
        return areas.list_roads(door.connection, within=within, rank_to=rank_to)


def locate(connection: Connection, lon: float, lat: float) -> Placement:
    """Return the areas that contain a place (degrees, EPSG:4490); of several of one level the smallest."""
    point = shapely.Point(lon, lat)
    found: dict[AreaLevel, tuple[float, int]] = {}
    for area in areas.list_areas(connection, outlines=True, within=(lon, lat, lon, lat)):
        if area.geometry is None:
            continue
        outline = shapely.from_wkb(area.geometry)
        if shapely.intersects(outline, point):
            candidate = (shapely.area(outline), area.id)
            found[area.level] = min(found.get(area.level, candidate), candidate)
    ids = {level: pair[1] for level, pair in found.items()}
    return Placement(
        county_id=ids.get(AreaLevel.COUNTY),
        street_id=ids.get(AreaLevel.STREET),
        community_id=ids.get(AreaLevel.COMMUNITY),
        grid_id=ids.get(AreaLevel.GRID),
    )


def are_outside(door: Door, shapes: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Tell of each shape (EPSG:4490) whether it lies outside the part of town in sight.

    Raises
    ------
    DeniedError
        ``account.whole_town``: nobody has drawn where that part lies.
    """
    if door.sees_all or not len(shapes):
        return np.zeros(len(shapes), dtype=bool)
    if door.scope.estate_id is not None:
        outline = door.estate(door.scope.estate_id).geometry
    else:
        area = _narrowest_area(door)
        outline = area.geometry if area else None
    drawn = shapely.from_wkb(outline)
    if drawn is None or shapely.get_dimensions(drawn) < 2:
        door.require_whole_town()
    outside: NDArray[np.bool_] = ~shapely.intersects(drawn, shapes)
    return outside


def outside_part(door: Door, parsed: Parsed[Any], rows: Sequence[Any], shapes: NDArray[np.object_]) -> list[Fault]:
    """Return a fault for each row of a file that lies outside the part of town in sight.

    Raises
    ------
    DeniedError
        As for :func:`are_outside`.
    """
    return [
        parsed.fault("register.outside_scope", row.row, "name", name=row.name)
        for row, is_outside in zip(rows, are_outside(door, shapes), strict=True)
        if is_outside
    ]


def part_name(door: Door) -> str:
    """Return the name of the part of town in sight, for titles; ``""`` for all of it."""
    if door.scope.estate_id is not None:
        return door.estate(door.scope.estate_id).name
    area = _narrowest_area(door)
    return area.name if area else ""


def _narrowest_area(door: Door) -> Area | None:
    narrow = door.scope.narrowest_area
    return None if narrow is None else areas.get_area(door.connection, narrow)


def trail(store: Store, actor: Actor | None, scope: Scope) -> tuple[str, ...]:
    """Return the names of a scope from wide to narrow ("惠城区", "荔湖街道"); empty for everywhere."""
    with reading(store, actor, Action.SEE_PUBLIC) as door:
        wanted = (scope.county_id, scope.street_id, scope.community_id, scope.grid_id)
        found = [areas.get_area(door.connection, area_id) for area_id in wanted if area_id is not None]
    return tuple(area.name for area in found if area is not None)


def get_area(store: Store, actor: Actor | None, area_id: int) -> Area | None:
    """Return an area with its outline, ``None`` where there is none of this id. Areas are public."""
    with reading(store, actor, Action.SEE_PUBLIC) as door:
        return areas.get_area(door.connection, area_id)
