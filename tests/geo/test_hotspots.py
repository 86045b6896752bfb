"""Hot spots and density."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from renovation.geo.density import bands, density
from renovation.geo.hotspots import Spot, gi_star, shared_vertex_neighbours


def _board(side: int) -> np.ndarray:
    return np.array([shapely.box(c, r, c + 1, r + 1) for r in range(side) for c in range(side)])


def test_queen_contiguity_of_a_board():
    neighbours = shared_vertex_neighbours(_board(5))
    degree = np.asarray(neighbours.sum(axis=1)).reshape(5, 5)
    assert degree[0, 0] == 3
    assert degree[0, 2] == 5
    assert degree[2, 2] == 8
    assert (neighbours != neighbours.T).nnz == 0


def test_borders_without_common_vertices_do_not_touch():
    halves = np.array([shapely.box(0, 0, 1, 3), shapely.box(1, 1, 2, 2)])
    assert shared_vertex_neighbours(halves).nnz == 0


def test_gi_star_is_the_textbook_formula():
    rng = np.random.default_rng(2)
    x = rng.poisson(3, 36).astype(float)
    neighbours = shared_vertex_neighbours(_board(6))
    found = gi_star(x, neighbours)
    weights = neighbours.toarray() + np.eye(36)
    n, mean = 36, x.mean()
    s = np.sqrt((x**2).sum() / n - mean**2)
    for i in range(n):
        w = weights[i]
        expected = (w @ x - mean * w.sum()) / (s * np.sqrt((n * (w**2).sum() - w.sum() ** 2) / (n - 1)))
        assert found.z[i] == pytest.approx(expected, abs=1e-12)


def test_thousands_of_areas_are_judged_together():
    x = np.random.default_rng(4).poisson(3, 400).astype(float)
    x[:3] += 5
    found = gi_star(x, shared_vertex_neighbours(_board(20)))
    by_p = np.sort(found.p)
    passed = np.flatnonzero(by_p <= 0.05 * np.arange(1, 401) / 400)
    assert 0 < (found.spots != Spot.ORDINARY).sum() == passed[-1] + 1 < (found.p < 0.05).sum()


def test_a_cluster_is_hot_and_the_rest_is_not():
    x = np.ones((12, 12))
    x[3:6, 3:6] = 20
    found = gi_star(x.reshape(-1), shared_vertex_neighbours(_board(12)))
    spots = found.spots.reshape(12, 12)
    assert spots[4, 4] is Spot.HOT
    assert spots[10, 10] is Spot.ORDINARY


def test_equal_counts_have_no_hot_spot():
    found = gi_star([4] * 16, shared_vertex_neighbours(_board(4)))
    assert not found.z.any()
    assert set(found.spots) == {Spot.ORDINARY}
    assert len(gi_star([], shared_vertex_neighbours(np.array([], dtype=object))).z) == 0


def test_density_bands_part_the_plane():
    rng = np.random.default_rng(2)
    found = density(*rng.normal(0, 1000, (2, 3000)), bandwidth_m=200)
    low, high = bands(found, [100.0, 300.0])
    square_km2 = (found.square_m / 1000) ** 2
    per_km2 = found.per_km2
    assert low.area / 1e6 == pytest.approx(((per_km2 >= 100) & (per_km2 < 300)).sum() * square_km2)
    assert high.area / 1e6 == pytest.approx((per_km2 >= 300).sum() * square_km2)
    assert low.intersection(high).area == pytest.approx(0)
    assert high.contains(shapely.Point(0, 0))


def test_density_keeps_the_number_of_points():
    rng = np.random.default_rng(1)
    x, y = rng.normal(0, 2000, (2, 5000))
    found = density(x, y, bandwidth_m=200)
    assert found.per_km2.sum() * (found.square_m / 1000) ** 2 == pytest.approx(5000, rel=1e-3)
    west, south, _, _ = found.bounds
    row, column = np.unravel_index(found.per_km2.argmax(), found.per_km2.shape)
    assert abs(west + column * found.square_m) < 1500
    assert abs(south + row * found.square_m) < 1500
    assert density([], []) is None


def test_gi_star_is_what_esda_says_with_binary_weights():
    counts = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3, 8, 4, 6, 2, 6, 4, 3]
    # G_Local(counts, lat2W(5, 5, rook=False), transform="B", permutations=0, star=True).Zs of esda 2.9;
    # `python -m benchmarks.geo --peers` asks it anew, over 8,271 grids.
    expected = [
        -0.8382339165605129, -0.6156853285598822, -1.728369657282561, -0.8011327166803283, -1.0542735857771397,
        -0.05934316419854254, 0.7458136634314722, 0.08580157189919563, 1.0758197091976105, 0.31155161204235,
        0.12610422392190404, 0.7458136634314722, 1.240822732080679, 1.9008348236129557, 1.4242359407650294,
        -0.4302379404394357, 0.2508045947822653, 1.0758197091976105, 1.735831800729887, 1.2387885526445823,
        -1.2703132549937668, -1.1720274929212213, -0.6156853285598822, -0.05934316419854254, 0.025924760305994828,
    ]  # fmt: skip
    assert gi_star(counts, shared_vertex_neighbours(_board(5))).z == pytest.approx(expected, abs=1e-9)
