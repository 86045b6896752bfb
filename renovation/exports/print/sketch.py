"""A small black-and-white map as SVG: the estate's outline, its buildings, and numbered places."""

from __future__ import annotations

import math
from collections.abc import Sequence

import shapely
from markupsafe import Markup

_WIDTH, _HEIGHT, _MARGIN = 640.0, 300.0, 26.0


def sketch(
    outline: bytes | None, points: Sequence[tuple[int, float, float]], buildings: Sequence[bytes] = ()
) -> Markup:
    """Draw an estate and its numbered projects; empty where nothing has a place.

    Parameters
    ----------
    outline
        (Multi)Polygon as WKB, EPSG:4490.
    buildings
        The same, drawn inside it.
    points
        (number, longitude, latitude), degrees. Numbers that would cover each other are moved apart.
    """
    shape = shapely.from_wkb(outline) if outline else None
    if shape is None and not points:
        return Markup("")
    places = shapely.points([(lon, lat) for _, lon, lat in points])
    west, south, east, north = shapely.total_bounds([*([shape] if shape is not None else []), *places])
    narrow = math.cos(math.radians((south + north) / 2))
    wide, high = max((east - west) * narrow, 1e-5), max(north - south, 1e-5)
    scale = min((_WIDTH - 2 * _MARGIN) / wide, (_HEIGHT - 2 * _MARGIN) / high)
    left, top = (_WIDTH - wide * scale) / 2, (_HEIGHT - high * scale) / 2

    def at(lon: float, lat: float) -> tuple[float, float]:
        return left + (lon - west) * narrow * scale, top + (north - lat) * scale

    parts = []
    houses = shapely.from_wkb(list(buildings))
    drawn = [(polygon, "#f2f2f2", 2) for polygon in (shapely.get_parts(shape) if shape is not None else ())]
    for polygon, fill, line in [*drawn, *((house, "#c8c8c8", 1) for house in shapely.get_parts(houses))]:
        ring = " ".join(f"{x:.1f},{y:.1f}" for x, y in (at(*xy) for xy in shapely.get_coordinates(polygon.exterior)))
        parts.append(f'<polygon points="{ring}" fill="{fill}" stroke="#000" stroke-width="{line}"/>')
    for number, (x, y) in _apart([(number, at(lon, lat)) for number, lon, lat in points]):
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="14" fill="#fff" stroke="#000" stroke-width="2"/>')
        parts.append(f'<text x="{x:.1f}" y="{y + 5.5:.1f}" text-anchor="middle" font-size="16">{int(number)}</text>')
    box = f"0 0 {_WIDTH:.0f} {_HEIGHT:.0f}"
    return Markup(f'<svg class="map" viewBox="{box}" role="img">{"".join(parts)}</svg>')  # noqa: S704 (numbers only)


def _apart(spots: list[tuple[int, tuple[float, float]]]) -> list[tuple[int, tuple[float, float]]]:
    placed: list[tuple[int, tuple[float, float]]] = []
    for number, (x, y) in spots:
        turn = 0
        spot = (x, y)
        while any(math.dist(spot, other) < 30 for _, other in placed) and turn < 60:
            turn += 1
            angle, away = turn * 2.4, 12 * math.sqrt(turn)
            spot = (
                min(max(x + away * math.cos(angle), 16), _WIDTH - 16),
                min(max(y + away * math.sin(angle), 16), _HEIGHT - 16),
            )
        placed.append((number, spot))
    return placed
