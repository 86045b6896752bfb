"""How far a pin lies from an outline, or from another pin."""

from __future__ import annotations

import math

import numpy as np
import shapely

#: Metres per degree of latitude on the CGCS2000 ellipsoid, mean over China's latitudes (error below 0.5 %).
METRES_PER_DEGREE = 110_900.0
#: Degrees: what lies within a decimetre lies at the same place.
_SAME_PLACE = 1e-6


def metres_between_pin_and(geometry: shapely.Geometry, lon: float, lat: float) -> float:
    """Return the distance in metres from a pin to a geometry (both EPSG:4490), 0 inside.

    On a plane tangent at the pin, which is exact to a few parts in a thousand within a kilometre: enough to tell
    "at the gate" from "in another street", not for a measure that decides.
    """
    scale = np.array([math.cos(math.radians(lat)), 1.0]) * METRES_PER_DEGREE
    local = shapely.transform(geometry, lambda points: (points - (lon, lat)) * scale)
    return float(shapely.distance(local, shapely.Point(0.0, 0.0)))


def is_same_place(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Tell whether two positions (longitude, latitude) are one place, measured twice."""
    return max(abs(one[0] - other[0]), abs(one[1] - other[1])) <= _SAME_PLACE


def degrees_of(metres: float, lat: float) -> tuple[float, float]:
    """Return a distance as degrees of longitude and latitude at a latitude, for a search window."""
    degrees = metres / METRES_PER_DEGREE
    return degrees / max(math.cos(math.radians(lat)), 0.01), degrees
