"""The little map on a card: the estate, its buildings, every project as a dot, this one as a pin. Plain SVG."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable, Sequence
from html import escape

import shapely

from renovation.model.ballots import BallotMap
from renovation.model.polls import PollProject

_WIDTH, _HEIGHT, _MARGIN = 240.0, 180.0, 18.0


class _Frame:
    """Degrees to drawing units, keeping shapes as they are on the ground."""

    def __init__(self, bounds: tuple[float, float, float, float]) -> None:
        west, south, east, north = bounds
        self.squeeze = math.cos(math.radians((south + north) / 2))
        width = max((east - west) * self.squeeze, 1e-5)
        height = max(north - south, 1e-5)
        self.scale = min((_WIDTH - 2 * _MARGIN) / width, (_HEIGHT - 2 * _MARGIN) / height)
        self.west, self.north = west, north
        self.left = (_WIDTH - width * self.scale) / 2
        self.top = (_HEIGHT - height * self.scale) / 2

    def __call__(self, lon: float, lat: float) -> tuple[float, float]:
        x = self.left + (lon - self.west) * self.squeeze * self.scale
        y = self.top + (self.north - lat) * self.scale
        return round(x, 1), round(y, 1)


def _path(frame: _Frame, shapes: Iterable[bytes]) -> str:
    parts = []
    for wkb in shapes:
        for polygon in shapely.get_parts(shapely.from_wkb(wkb)):
            if polygon.geom_type == "Polygon":
                points = [frame(x, y) for x, y in polygon.exterior.coords]
                parts.append("M" + "L".join(f"{x},{y}" for x, y in points) + "Z")
    return "".join(parts)


def sketch(place: BallotMap, projects: Sequence[PollProject], shown: PollProject, title: str) -> str:
    """Draw where ``shown`` is; empty when it has no place."""
    if shown.lon is None or shown.lat is None:
        return ""
    points = [(one.lon, one.lat) for one in projects if one.lon is not None and one.lat is not None]
    corners = [shapely.Point(point).bounds for point in points]
    if place.outline is not None:
        corners.append(shapely.from_wkb(place.outline).bounds)
    west, south, east, north = (
        min(corner[0] for corner in corners),
        min(corner[1] for corner in corners),
        max(corner[2] for corner in corners),
        max(corner[3] for corner in corners),
    )
    frame = _Frame((west, south, east, north))
    outline = _path(frame, [place.outline]) if place.outline is not None else ""
    houses = _path(frame, place.buildings)
    dots = "".join(f'<circle cx="{x}" cy="{y}" r="3"/>' for x, y in (frame(lon, lat) for lon, lat in points))
    x, y = frame(shown.lon, shown.lat)
    drawing = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}">'
        f'<rect width="{_WIDTH:g}" height="{_HEIGHT:g}" fill="#f4f6f7"/>'
        f'<path d="{outline}" fill="#e3eaec" stroke="#6b7c85" stroke-width="1.5"/>'
        f'<path d="{houses}" fill="#bcc7cc"/><g fill="#5f6f77">{dots}</g>'
        f'<circle cx="{x}" cy="{y}" r="14" fill="#b3261e" stroke="#fff" stroke-width="2"/>'
        f'<text x="{x}" y="{y + 5.5}" fill="#fff" font-family="sans-serif" font-size="16" font-weight="700" '
        f'text-anchor="middle">{shown.number}</text></svg>'
    )
    # Streamlit cleans inline SVG away; as a picture it stays, and nothing in it can run.
    data = base64.b64encode(drawing.encode()).decode()
    return f'<img class="kiosk-map" alt="{escape(title)}" src="data:image/svg+xml;base64,{data}">'
