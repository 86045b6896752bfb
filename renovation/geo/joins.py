"""Which polygon does a point lie in? An index built once per layer and asked as often as wished.

Tie rule: a point in several polygons, or on a border they share, belongs to the polygon with the **smallest area**
(the more specific place), and among equal areas to the one that stands **first** in the layer. The border counts
as inside, as in ``geopandas.sjoin(predicate="intersects")``.
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from renovation.geo.crs import Floats, Geometries

Ints = NDArray[np.int64]

#: Squares of the raster per polygon and at most; finer answers more points without a test but costs more to build.
_SQUARES_PER_POLYGON = 48
_MAX_SQUARES = 600_000
_OUTSIDE = -1
_MIXED = -2


class PolygonIndex:
    """Polygons of one layer, ready to be asked for the points in them.

    The layer's extent is cut into squares. A square wholly inside one polygon, or outside all, answers by itself;
    only points in the other squares are tested, and only against the polygons that touch their square.

    Parameters
    ----------
    polygons
        Valid (Multi)Polygons, all in one CRS; points must come in the same. ``None`` and empty ones contain nothing.
    """

    def __init__(self, polygons: Geometries) -> None:
        self.polygons = np.array(polygons, dtype=object)
        shapely.prepare(self.polygons)
        areas = np.nan_to_num(shapely.area(self.polygons))
        #: Position in the order of the tie rule: area, then place in the layer.
        self._precedence = np.empty(len(self.polygons), dtype=np.int64)
        self._precedence[np.lexsort((np.arange(len(areas)), areas))] = np.arange(len(areas))
        self._raster()

    def __len__(self) -> int:
        return len(self.polygons)

    def _raster(self) -> None:
        west, south, east, north = shapely.total_bounds(self.polygons) if len(self.polygons) else (np.nan,) * 4
        self._empty = bool(np.isnan(west))
        if self._empty:
            return
        wanted = min(max(len(self.polygons) * _SQUARES_PER_POLYGON, 256), _MAX_SQUARES)
        span_x, span_y = max(east - west, 1e-12), max(north - south, 1e-12)
        side = np.sqrt(span_x * span_y / wanted)
        self._columns = int(min(max(np.ceil(span_x / side), 1), _MAX_SQUARES))
        self._rows = int(min(max(np.ceil(span_y / side), 1), _MAX_SQUARES))
        self._west, self._south, self._east, self._north = west, south, east, north
        self._width, self._height = span_x / self._columns, span_y / self._rows

        row, column = np.divmod(np.arange(self._columns * self._rows), self._columns)
        # Rounding may put a point on a square's edge into its neighbour: each square is asked for a hair more.
        hair_x, hair_y = self._width * 1e-7, self._height * 1e-7
        left, bottom = west + column * self._width, south + row * self._height
        squares = shapely.box(
            left - hair_x, bottom - hair_y, left + self._width + hair_x, bottom + self._height + hair_y
        )
        tree = shapely.STRtree(squares)
        polygon, square = tree.query(self.polygons, predicate="intersects")
        inner_polygon, inner_square = tree.query(self.polygons, predicate="contains_properly")
        touching = np.bincount(square, minlength=len(squares))

        self._answer = np.where(touching == 0, _OUTSIDE, _MIXED).astype(np.int64)
        sole = touching[inner_square] == 1
        self._answer[inner_square[sole]] = inner_polygon[sole]
        mixed = self._answer[square] == _MIXED
        square, polygon = square[mixed], polygon[mixed]
        # Within a square by precedence, so that the first hit of a point is the one the tie rule wants.
        order = np.lexsort((self._precedence[polygon], square))
        self._touching = polygon[order]
        counts = np.bincount(square, minlength=len(squares))
        self._starts = np.concatenate([[0], np.cumsum(counts)])

    def _squares_of(self, x: Floats, y: Floats) -> Ints:
        """Return each point's square, -1 outside the layer's extent (and for what is no number)."""
        inside = (x >= self._west) & (x <= self._east) & (y >= self._south) & (y <= self._north)
        with np.errstate(invalid="ignore"):
            column = np.minimum((x - self._west) / self._width, self._columns - 1)
            row = np.minimum((y - self._south) / self._height, self._rows - 1)
            square = np.where(inside, row, 0).astype(np.int64) * self._columns + np.where(inside, column, 0).astype(
                np.int64
            )
        return np.where(inside, square, -1)

    def assign(self, x: Floats, y: Floats) -> Ints:
        """Return the place in the layer of the polygon each point belongs to, -1 for none; see the tie rule above."""
        x, y = np.atleast_1d(np.asarray(x, dtype=float)), np.atleast_1d(np.asarray(y, dtype=float))
        if self._empty:
            return np.full(len(x), -1, dtype=np.int64)
        square = self._squares_of(x, y)
        result = np.where(square >= 0, self._answer[square], _OUTSIDE)
        point, polygon = self._mixed_pairs(x, y, square, np.flatnonzero(result == _MIXED))
        result[result == _MIXED] = _OUTSIDE
        if len(point):
            best = np.full(len(x), np.iinfo(np.int64).max)
            np.minimum.at(best, point, self._precedence[polygon])
            chosen = self._precedence[polygon] == best[point]
            result[point[chosen]] = polygon[chosen]
        return result

    def pairs(self, x: Floats, y: Floats) -> tuple[Ints, Ints]:
        """Return every (point, polygon) pair, ordered by point and then by polygon: no tie rule applied."""
        x, y = np.atleast_1d(np.asarray(x, dtype=float)), np.atleast_1d(np.asarray(y, dtype=float))
        if self._empty:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
        square = self._squares_of(x, y)
        answer = np.where(square >= 0, self._answer[square], _OUTSIDE)
        sure = np.flatnonzero(answer >= 0)
        point, polygon = self._mixed_pairs(x, y, square, np.flatnonzero(answer == _MIXED))
        point, polygon = np.concatenate([sure, point]), np.concatenate([answer[sure], polygon])
        order = np.lexsort((polygon, point))
        return point[order], polygon[order]

    def _mixed_pairs(self, x: Floats, y: Floats, square: Ints, points: Ints) -> tuple[Ints, Ints]:
        """Test ``points`` against the polygons that touch their squares."""
        counts = (self._starts[square[points] + 1] - self._starts[square[points]]) if len(points) else points
        point = np.repeat(points, counts)
        if not len(point):
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
        ends = np.cumsum(counts)
        within = np.arange(len(point)) - np.repeat(ends - counts, counts)
        polygon = self._touching[self._starts[square[point]] + within]
        # Neighbouring tests of one polygon find it in the processor's cache.
        order = np.argsort(polygon, kind="stable")
        point, polygon = point[order], polygon[order]
        hit = shapely.intersects_xy(self.polygons[polygon], x[point], y[point])
        return point[hit], polygon[hit]


def containing(polygons: Geometries, x: float, y: float) -> int:
    """Return the place of the polygon a single point belongs to, -1 for none, by the tie rule; needs no index."""
    polygons = np.asarray(polygons, dtype=object)
    hits = np.flatnonzero(shapely.intersects_xy(polygons, x, y))
    if not len(hits):
        return -1
    return int(hits[np.argmin(shapely.area(polygons[hits]))])
