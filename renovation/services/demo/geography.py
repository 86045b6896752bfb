"""A city's fabric drawn from a seed: streets, communities, grids and roads inside real district boundaries.

Each district gets a town core of small grids (about 15 hectares, as in an old town) and wide rural grids around it.
Grids are Voronoi cells; communities are neighbouring grids, streets neighbouring communities, so the levels nest
exactly; the edges between core grids are the roads.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Metres between the centres of core grids, how far the core reaches, and the ring of grids that closes it.
_GRID_M = 400.0
_CORE_M = 1_950.0
_RING_M = 2_500.0
_RURAL_GRIDS = 24
#: Rural grid centres keep this far from each other.
_RURAL_GAP_M = 3_000.0
_CORE_COMMUNITIES, _RURAL_COMMUNITIES = 16, 10
_CORE_STREETS, _RURAL_STREETS = 4, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Fabric:
    """One district in metres.

    Attributes
    ----------
    grids
        Cells; the first ``core`` of them are the town core.
    community_of, street_of
        Grid → community; community → street. The first street numbers are in the core.
    edges
        (rank, line) between core grids: 1 between streets, 2 between communities, 3 within one.
    """

    grids: NDArray[np.object_]
    core: int
    community_of: Ints
    street_of: Ints
    edges: list[tuple[int, Any]]

    def communities(self) -> NDArray[np.object_]:
        """Return each community's outline."""
        return _unions(self.grids, self.community_of)

    def streets(self) -> NDArray[np.object_]:
        """Return each street's outline."""
        return _unions(self.grids, self.street_of[self.community_of])


def weave(district: Any, centre: tuple[float, float], rng: random.Random) -> Fabric:
    """Return the fabric of a district (metres) around its town centre (metres)."""
    core, ring = _lattice(district, centre, rng)
    rural = _rural_points(district, centre, ring, rng)
    points = np.vstack([core, rural])
    cells = shapely.get_parts(
        shapely.voronoi_polygons(shapely.multipoints(points), extend_to=shapely.envelope(district), ordered=True)
    )
    grids = shapely.intersection(cells, district)
    core_community = _groups(core, _CORE_COMMUNITIES)
    rural_community = _groups(rural, _RURAL_COMMUNITIES)
    community_of = np.concatenate([core_community, rural_community + core_community.max() + 1])
    core_middles = _middles(core, core_community)
    rural_middles = _middles(rural, rural_community)
    core_street = _groups(core_middles, _CORE_STREETS)
    rural_street = _groups(rural_middles, _RURAL_STREETS)
    street_of = np.concatenate([core_street, rural_street + core_street.max() + 1])
    edges = _edges(grids[: len(core)], community_of, street_of)
    return Fabric(grids=grids, core=len(core), community_of=community_of, street_of=street_of, edges=edges)


def _lattice(district: Any, centre: tuple[float, float], rng: random.Random) -> tuple[Floats, Floats]:
    """Return a jittered, turned square lattice around the centre: the core, and the ring that closes it."""
    turn = rng.uniform(0, math.pi / 2)
    reach = int(_RING_M / _GRID_M) + 2
    core: list[tuple[float, float]] = []
    ring: list[tuple[float, float]] = []
    for row in range(-reach, reach + 1):
        for column in range(-reach, reach + 1):
            x = (column + rng.uniform(-0.13, 0.13)) * _GRID_M
            y = (row + rng.uniform(-0.13, 0.13)) * _GRID_M
            point = (
                centre[0] + x * math.cos(turn) - y * math.sin(turn),
                centre[1] + x * math.sin(turn) + y * math.cos(turn),
            )
            if math.hypot(x, y) <= _RING_M and shapely.contains_xy(district, *point):
                (core if math.hypot(x, y) <= _CORE_M else ring).append(point)
    return np.array(core), np.array(ring)


def _rural_points(district: Any, centre: tuple[float, float], ring: Floats, rng: random.Random) -> Floats:
    west, south, east, north = shapely.bounds(district)
    points: list[tuple[float, float]] = []
    while len(points) < _RURAL_GRIDS:
        point = (rng.uniform(west, east), rng.uniform(south, north))
        clear = all(math.dist(point, other) > _RURAL_GAP_M for other in points)
        if clear and math.dist(point, centre) > _RING_M + _RURAL_GAP_M / 2 and shapely.contains_xy(district, *point):
            points.append(point)
    return np.vstack([ring, np.array(points)])


def _groups(points: Floats, count: int) -> Ints:
    """Return a group number per point: neighbours together, by k-means from seeds far apart."""
    count = min(count, len(points))
    seeds = [int(np.argmin(points.sum(axis=1)))]
    distance = np.linalg.norm(points - points[seeds[0]], axis=1)
    while len(seeds) < count:
        seeds.append(int(np.argmax(distance)))
        distance = np.minimum(distance, np.linalg.norm(points - points[seeds[-1]], axis=1))
    middles = points[seeds]
    for _ in range(8):
        nearest = np.argmin(np.linalg.norm(points[:, None] - middles[None], axis=2), axis=1)
        middles = np.array([points[nearest == group].mean(axis=0) for group in range(count)])
    return nearest.astype(np.int64)


def _middles(points: Floats, groups: Ints) -> Floats:
    return np.array([points[groups == group].mean(axis=0) for group in range(groups.max() + 1)])


def _unions(grids: NDArray[np.object_], groups: Ints) -> NDArray[np.object_]:
    return np.array([shapely.union_all(grids[groups == group]) for group in range(groups.max() + 1)], dtype=object)


def _edges(core: NDArray[np.object_], community_of: Ints, street_of: Ints) -> list[tuple[int, Any]]:
    first, second = shapely.STRtree(core).query(core, predicate="touches")
    found = []
    for a, b in zip(first, second, strict=True):
        if a >= b:
            continue
        shared = shapely.line_merge(shapely.intersection(shapely.boundary(core[a]), shapely.boundary(core[b])))
        if shapely.get_type_id(shared) != shapely.GeometryType.LINESTRING or shapely.length(shared) < 1:
            continue
        one, other = community_of[a], community_of[b]
        rank = 3 if one == other else 2 if street_of[one] == street_of[other] else 1
        found.append((rank, shared))
    return found
