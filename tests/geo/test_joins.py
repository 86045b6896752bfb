"""Points into polygons."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from renovation.geo.joins import PolygonIndex, containing


def _layer(seed: int, count: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    centres = shapely.points(rng.uniform(0, 10_000, (count, 2)))
    return shapely.buffer(centres, rng.uniform(20, 900, count), quad_segs=3)


@pytest.mark.parametrize(("seed", "count"), [(1, 1), (2, 40), (3, 400)])
def test_pairs_equal_geopandas(seed, count):
    polygons = _layer(seed, count)
    x, y = np.random.default_rng(seed + 10).uniform(-500, 10_500, (2, 20_000))
    point, polygon = PolygonIndex(polygons).pairs(x, y)
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y))
    peer = gpd.sjoin(points, gpd.GeoDataFrame(geometry=polygons), predicate="intersects")
    expected = np.sort(peer.index.to_numpy() * count + peer["index_right"].to_numpy())
    assert np.array_equal(point * count + polygon, expected)


def test_tie_goes_to_the_smallest_area_then_the_first():
    large, small, twin = shapely.box(0, 0, 10, 10), shapely.box(2, 2, 5, 5), shapely.box(2, 2, 5, 5)
    index = PolygonIndex(np.array([large, twin, small]))
    assert index.assign([3, 8, 11], [3, 8, 11]).tolist() == [1, 0, -1]


def test_assign_agrees_with_pairs_by_the_tie_rule():
    polygons = _layer(5, 300)
    x, y = np.random.default_rng(6).uniform(0, 10_000, (2, 5_000))
    index = PolygonIndex(polygons)
    point, polygon = index.pairs(x, y)
    expected = np.full(len(x), -1)
    area = shapely.area(polygons)
    for p in np.unique(point):
        inside = polygon[point == p]
        expected[p] = min(inside, key=lambda i: (area[i], i))
    assert np.array_equal(index.assign(x, y), expected)


def test_corners_and_shared_borders_count_as_inside():
    index = PolygonIndex(np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]))
    assert index.assign([0, 1, 2, 2.0000001], [0, 0.5, 1, 1]).tolist() == [0, 0, 1, -1]


def test_empty_layers_and_wild_points_answer_none():
    assert PolygonIndex(np.array([], dtype=object)).assign([1.0], [1.0]).tolist() == [-1]
    assert PolygonIndex(np.array([None, shapely.Polygon()], dtype=object)).pairs([1.0], [1.0])[0].size == 0
    index = PolygonIndex(np.array([None, shapely.box(0, 0, 1, 1)], dtype=object))
    assert index.assign([np.nan, np.inf, 0.5], [0.5, 0.5, 0.5]).tolist() == [-1, -1, 1]


def test_one_point_needs_no_index():
    polygons = np.array([shapely.box(0, 0, 10, 10), shapely.box(2, 2, 5, 5)])
    assert [containing(polygons, 3, 3), containing(polygons, 9, 9), containing(polygons, 20, 3)] == [1, 0, -1]
