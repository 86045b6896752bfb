"""Degrees to the units of a small drawing, for maps that are a few lines of SVG."""

from __future__ import annotations

import math
from collections.abc import Iterable

import shapely


class Sketch:
    """A drawing of a place, as wide and high as said; shapes stay as they are on the ground.

    Parameters
    ----------
    points
        (lon, lat) of what must fit in.
    shapes
        WKB of what must fit in.
    """

    def __init__(
        self,
        points: Iterable[tuple[float, float]],
        shapes: Iterable[bytes] = (),
        *,
        width: float,
        height: float,
        margin: float,
    ) -> None:
        corners = [(lon, lat, lon, lat) for lon, lat in points]
        corners += [shapely.from_wkb(wkb).bounds for wkb in shapes]
        west, south = (min(corner[side] for corner in corners) for side in (0, 1))
        east, north = (max(corner[side] for corner in corners) for side in (2, 3))
        self._squeeze = math.cos(math.radians((south + north) / 2))
        wide = max((east - west) * self._squeeze, 1e-5)
        high = max(north - south, 1e-5)
        self._scale = min((width - 2 * margin) / wide, (height - 2 * margin) / high)
        self._west, self._north = west, north
        self._left = (width - wide * self._scale) / 2
        self._top = (height - high * self._scale) / 2

    def at(self, lon: float, lat: float) -> tuple[float, float]:
        """Return where a place is on the drawing."""
        x = self._left + (lon - self._west) * self._squeeze * self._scale
        y = self._top + (self._north - lat) * self._scale
        return round(x, 1), round(y, 1)

    def lonlat(self, x: float, y: float) -> tuple[float, float]:
        """Return the place (degrees) at a point of the drawing."""
        lon = self._west + (x - self._left) / (self._squeeze * self._scale)
        return lon, self._north - (y - self._top) / self._scale

    def path(self, shapes: Iterable[bytes], *, finest: float = 0.0) -> str:
        """Return the outlines of polygons (WKB) as a path of SVG; corners closer than ``finest`` units are left out."""
        parts = []
        for wkb in shapes:
            shape = shapely.from_wkb(wkb)
            if finest:
                shape = shape.simplify(finest / self._scale)
            for polygon in shapely.get_parts(shape):
                if polygon.geom_type == "Polygon" and not polygon.is_empty:
                    points = [self.at(x, y) for x, y in polygon.exterior.coords]
                    parts.append("M" + "L".join(f"{x:g},{y:g}" for x, y in points) + "Z")
        return "".join(parts)
