"""The pale ground every map of places stands on: boundaries, roads and, close up, buildings of the imported layers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import shapely
import streamlit as st

from renovation.config import settings
from renovation.model.accounts import PUBLIC
from renovation.model.places import AreaLevel
from renovation.model.scope import Scope
from renovation.services.register import estates, places
from renovation.ui.frame.state import store
from renovation.ui.map import BASE_BOUNDARY, BASE_BUILDING, BASE_ROAD, LineLayer, MapLayer, PolygonLayer, Style

#: An import of boundaries or roads shows on maps after at most this long.
_KEPT_S = 60
#: Buildings are drawn for at most this many estates; more would be grey dust.
MOST_BUILT = 40

_SCOPE_LINE = Style(fill="#FFFFFF", line="#6B767C", line_width=1.6, opacity=0, dashed=True)


@st.cache_data(ttl=_KEPT_S, show_spinner=False)
def _boundaries(url: str) -> list[tuple[str, str, bytes]]:
    del url  # tells one store's boundaries from another's
    found = places.list_areas(store(), PUBLIC, level=AreaLevel.COUNTY, outlines=True)
    return [(str(area.id), area.name, area.geometry) for area in found if area.geometry is not None]


@st.cache_data(ttl=_KEPT_S, show_spinner=False)
def _roads(url: str) -> list[tuple[int, bytes]]:
    del url
    return [(road.rank, road.geometry) for road in places.list_roads(store(), PUBLIC)]


def base_layers(scope: Scope = Scope(), *, built: Iterable[int] = ()) -> list[MapLayer]:  # noqa: B008 (frozen)
    """Return the layers to draw below a page's own; none of them is clickable.

    Parameters
    ----------
    scope
        Its street or community is outlined.
    built
        Estates whose buildings are drawn; ignored when there are more than ``MOST_BUILT``.
    """
    url = settings().database_url
    layers: list[MapLayer] = []
    if boundaries := _boundaries(url):
        layers.append(
            PolygonLayer(
                name="base_boundary",
                ids=[f"area-{area_id}" for area_id, _, _ in boundaries],
                geometries=[geometry for _, _, geometry in boundaries],
                labels=[name for _, name, _ in boundaries],
                styles={"": BASE_BOUNDARY},
                selectable=False,
            )
        )
    if roads := _roads(url):
        layers.append(
            LineLayer(
                name="base_road",
                ids=[f"road-{number}" for number in range(len(roads))],
                geometries=[geometry for _, geometry in roads],
                classes=[str(rank) for rank, _ in roads],
                styles={str(rank): _road(rank) for rank in (3, 2, 1)},
                selectable=False,
            )
        )
    wanted = list(built)
    if 0 < len(wanted) <= MOST_BUILT:
        standing = [b for b in estates.list_buildings(store(), PUBLIC, wanted) if b.geometry is not None]
        layers.append(
            PolygonLayer(
                name="base_building",
                ids=[f"building-{b.id}" for b in standing],
                geometries=[b.geometry for b in standing if b.geometry is not None],
                styles={"": BASE_BUILDING},
                selectable=False,
            )
        )
    narrow = scope.grid_id or scope.community_id or scope.street_id
    if narrow is not None and (outline := _outline(narrow)) is not None:
        layers.append(
            PolygonLayer(
                name="base_scope",
                ids=[f"scope-{narrow}"],
                geometries=[outline],
                styles={"": _SCOPE_LINE},
                selectable=False,
            )
        )
    return layers


def _road(rank: int) -> Style:
    return Style(line=BASE_ROAD.line, line_width=BASE_ROAD.line_width * (4 - rank), opacity=0)


def _outline(area_id: int) -> bytes | None:
    area = places.get_area(store(), PUBLIC, area_id)
    return None if area is None else area.geometry


def middle_of(geometry: bytes | None) -> tuple[float, float] | None:
    """Return a place inside a WKB geometry as (lon, lat), for markers and centres."""
    if geometry is None:
        return None
    shape: Any = shapely.point_on_surface(shapely.from_wkb(geometry))
    return None if shape.is_empty else (shape.x, shape.y)


def outline_of(geometry: bytes | None) -> bytes | None:
    """Return a place's geometry when it is an area; ``None`` for nothing or a mere point."""
    if geometry is None or int(shapely.get_dimensions(shapely.from_wkb(geometry))) < 2:
        return None
    return geometry
