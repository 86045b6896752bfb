"""How thickly demands lie: a smoothed raster for heat maps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import ArrayLike

from renovation.geo.crs import Floats, Geometries

#: More squares than a screen has pixels show nothing more.
_MAX_SQUARES = 1200
#: A band begins at these shares of the greatest density.
_SHARES = (0.1, 0.25, 0.45, 0.7)


@dataclass(frozen=True, slots=True)
class Density:
    """Points per square kilometre on a raster.

    Attributes
    ----------
    per_km2
        Rows from south to north, columns from west to east.
    bounds
        West, south, east, north in metres.
    square_m
        Side of a square in metres.
    """

    per_km2: Floats
    bounds: tuple[float, float, float, float]
    square_m: float


def density(x: ArrayLike, y: ArrayLike, *, bandwidth_m: float = 250.0) -> Density | None:
    """Smooth points (metres, projected) with a Gaussian of deviation ``bandwidth_m``; ``None`` without points.

    Points are counted in squares of a quarter of the bandwidth, then the counts are smoothed: the error of that against
    the exact sum is below what a screen shows, and a million points take a fraction of a second. The raster reaches
    three bandwidths beyond the points, so that nothing is cut off.
    """
    from scipy.ndimage import gaussian_filter

    east, north = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    known = np.isfinite(east) & np.isfinite(north)
    if not known.any():
        return None
    east, north = east[known], north[known]
    margin = 3.0 * bandwidth_m
    left, bottom = float(east.min()) - margin, float(north.min()) - margin
    span = max(float(east.max()) - left, float(north.max()) - bottom) + margin
    square = max(bandwidth_m / 4.0, span / _MAX_SQUARES)
    columns = int(np.ceil((float(east.max()) + margin - left) / square))
    rows = int(np.ceil((float(north.max()) + margin - bottom) / square))
    place = ((north - bottom) / square).astype(np.int64) * columns + ((east - left) / square).astype(np.int64)
    counts = np.bincount(place, minlength=rows * columns).reshape(rows, columns).astype(float)
    smooth = gaussian_filter(counts, bandwidth_m / square, mode="constant", truncate=4.0)
    return Density(
        per_km2=smooth / (square * square) * 1e6,
        bounds=(left, bottom, left + columns * square, bottom + rows * square),
        square_m=square,
    )


def levels(found: Density) -> list[float]:
    """Return the densities at which bands begin: shares of the greatest, in two figures that a person can say."""
    return sorted({float(f"{share * float(found.per_km2.max()):.1e}") for share in _SHARES})


def bands(found: Density, limits: Sequence[float]) -> Geometries:
    """Return for each limit the area whose density reaches it but not the next, in metres; empty where none does.

    Parameters
    ----------
    limits
        Points per square kilometre, rising.
    """
    west, south, _, _ = found.bounds
    ends = [*limits[1:], np.inf]
    made = []
    for low, high in zip(limits, ends, strict=True):
        inside = (found.per_km2 >= low) & (found.per_km2 < high)
        # Each row's runs become one box each: a hundred times fewer shapes to unite than squares.
        edges = np.diff(np.pad(inside, ((0, 0), (1, 1))).astype(np.int8), axis=1)
        row, begin = np.nonzero(edges == 1)
        _, end = np.nonzero(edges == -1)
        x = west + np.stack([begin, end]) * found.square_m
        y = south + np.stack([row, row + 1]) * found.square_m
        made.append(shapely.union_all(shapely.box(x[0], y[0], x[1], y[1])))
    return np.array(made, dtype=object)
