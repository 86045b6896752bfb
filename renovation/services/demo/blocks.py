"""Estates drawn inside grids: a walled outline, rows of slab buildings, stairwells and doors."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import shapely
from shapely import affinity

#: Metres: road reserve around a grid, a building's depth and one stairwell's width, and gaps between buildings.
_RESERVE_M = 24.0
_DEPTH_M, _STAIR_M = 11.0, 14.5
_ROW_GAP_M, _END_GAP_M, _WALL_GAP_M = 17.0, 7.0, 5.0
MIN_DOORS, MAX_DOORS = 90, 900


@dataclass(frozen=True, slots=True, kw_only=True)
class Slab:
    """A building: outline in metres, floors, stairwells, doors per landing."""

    outline: Any
    floors: int
    stairs: int
    per_landing: int

    @property
    def doors(self) -> int:
        """Return how many households it has."""
        return self.floors * self.stairs * self.per_landing

    @property
    def floor_area_m2(self) -> float:
        """Return the dwelling floor area."""
        return float(shapely.area(self.outline)) * self.floors


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """An estate's outline (metres) and its buildings."""

    outline: Any
    slabs: list[Slab]


def draw_blocks(grid: Any, rng: random.Random, *, floors: int, halves: bool) -> list[Block]:
    """Return one estate in a grid, or two side by side with a lane between; fewer where they do not fit."""
    inner = shapely.buffer(grid, -_RESERVE_M)
    if inner.is_empty or shapely.get_type_id(inner) != shapely.GeometryType.POLYGON:
        return []
    middle = shapely.point_on_surface(shapely.centroid(inner)) if inner.contains(inner.centroid) else None
    if middle is None:
        return []
    turn = _longest_side(grid)
    wide, deep = rng.uniform(165, 250), rng.uniform(140, 215)
    if halves:
        wide = rng.uniform(250, 290)
        split = wide * rng.uniform(0.42, 0.58)
        spans = [(-wide / 2, -wide / 2 + split - 7), (-wide / 2 + split + 7, wide / 2)]
    else:
        spans = [(-wide / 2, wide / 2)]
    blocks = []
    for left, right in spans:
        corners = _corners(left, right, -deep / 2, deep / 2, rng)
        outline = _placed(shapely.Polygon(corners), turn, middle)
        outline = shapely.intersection(outline, inner)
        if shapely.get_type_id(outline) != shapely.GeometryType.POLYGON or shapely.area(outline) < 6_000:
            continue
        slabs = _rows(left, right, deep, outline, turn, middle, rng, floors)
        if sum(slab.doors for slab in slabs) >= MIN_DOORS:
            blocks.append(Block(outline=outline, slabs=slabs))
    return blocks


def _longest_side(grid: Any) -> float:
    """Return the direction (radians) of the grid's longest edge, so that walls run along a road."""
    corners = shapely.get_coordinates(shapely.get_exterior_ring(grid))
    longest = max(pairwise(corners), key=lambda pair: math.dist(*pair))
    return math.atan2(longest[1][1] - longest[0][1], longest[1][0] - longest[0][0])


def _placed(shape: Any, turn: float, middle: Any) -> Any:
    return affinity.translate(affinity.rotate(shape, turn, origin=(0, 0), use_radians=True), middle.x, middle.y)


def _corners(left: float, right: float, low: float, high: float, rng: random.Random) -> list[tuple[float, float]]:
    """Return a slightly skewed rectangle, often with a corner cut off."""
    corners = [
        (x + rng.uniform(0, 9) * (1 if x == left else -1), y + rng.uniform(0, 9) * (1 if y == low else -1))
        for x, y in ((left, low), (right, low), (right, high), (left, high))
    ]
    if rng.random() < 0.55:
        at = rng.randrange(4)
        cut = rng.uniform(0.12, 0.3)
        before, corner, after = corners[at - 1], corners[at], corners[(at + 1) % 4]
        corners[at : at + 1] = [
            (corner[0] + (before[0] - corner[0]) * cut, corner[1] + (before[1] - corner[1]) * cut),
            (corner[0] + (after[0] - corner[0]) * cut, corner[1] + (after[1] - corner[1]) * cut),
        ]
    return corners


def _rows(
    left: float, right: float, deep: float, outline: Any, turn: float, middle: Any, rng: random.Random, floors: int
) -> list[Slab]:
    inside = shapely.buffer(outline, -_WALL_GAP_M)
    slabs: list[Slab] = []
    doors = 0
    low = -deep / 2 + _WALL_GAP_M + 4
    while low + _DEPTH_M < deep / 2 - _WALL_GAP_M:
        start = left + _WALL_GAP_M + 4
        while start < right - 2 * _STAIR_M:
            stairs = rng.choice((2, 3, 3, 4))
            long = stairs * _STAIR_M
            shape = _placed(shapely.box(start, low, start + long, low + _DEPTH_M), turn, middle)
            slab = Slab(
                outline=shape,
                floors=max(3, floors + rng.choice((-1, 0, 0, 0))),
                stairs=stairs,
                per_landing=2 if rng.random() < 0.9 else 3,
            )
            # Some ground stays open: the yard where a pavilion or a playground may stand.
            if rng.random() > 0.08 and shapely.contains(inside, shape) and doors + slab.doors <= MAX_DOORS:
                slabs.append(slab)
                doors += slab.doors
            start += long + _END_GAP_M
        low += _DEPTH_M + _ROW_GAP_M
    return slabs
