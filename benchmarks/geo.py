"""Measure joins, coverage, walking distance and hot spots beside their peers, on the same data in the same run.

Run ``python -m benchmarks.geo [--points N]`` from the project's folder. geopandas and scipy are the project's own;
networkx and esda are measured where they are installed (an environment of their own), and named as missing elsewhere.
Every figure is the median of the repeats; peers and ours take turns, so that a busy machine slows both.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import shapely

from renovation.geo import coverage
from renovation.geo.density import density
from renovation.geo.hotspots import gi_star, shared_vertex_neighbours
from renovation.geo.joins import PolygonIndex
from renovation.geo.streets import StreetNetwork

SIDE_M = 60_000.0


def turns(*works: Callable[[], Any], repeats: int = 3) -> list[float]:
    """Return the median seconds of each work, taking turns."""
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(repeats):
        for place, work in enumerate(works):
            started = time.perf_counter()
            work()
            taken[place].append(time.perf_counter() - started)
    return [statistics.median(seconds) for seconds in taken]


def say(what: str, ours: float, peer: float | None, peer_name: str, goal: str, same: str) -> None:
    """Print one line of the table."""
    against = "not installed" if peer is None else f"{peer * 1000:10.1f} ms  ratio {ours / peer:6.3f}"
    print(f"{what:<46} ours {ours * 1000:9.1f} ms | {peer_name:<24} {against} | goal {goal:<8} | {same}", flush=True)


def towns(count: int, spread: float, chance: np.random.Generator) -> np.ndarray:
    """Return places gathered around forty towns."""
    centres = chance.uniform(5_000, SIDE_M - 5_000, (40, 2))
    return np.clip(centres[chance.integers(0, 40, count)] + chance.normal(0, spread, (count, 2)), 0, SIDE_M)


def grids(count: int, chance: np.random.Generator) -> np.ndarray:
    """Return cells that fill the city without gaps, with about thirty vertices each."""
    city = shapely.box(0, 0, SIDE_M, SIDE_M)
    seeds = shapely.MultiPoint(chance.uniform(0, SIDE_M, (count, 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(seeds, extend_to=city))
    return shapely.segmentize(shapely.intersection(cells, city), 110.0)


def joins(points: int, chance: np.random.Generator) -> None:
    """Assign points to grids and to overlapping estates."""
    import geopandas as gpd

    x, y = towns(points, 2_500, chance).T
    estates = shapely.buffer(shapely.points(towns(20_000, 2_500, chance)), chance.uniform(20, 90, 20_000), quad_segs=7)
    at = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y))
    for name, polygons in (("grids", grids(8_271, chance)), ("estates", estates)):
        started = time.perf_counter()
        index = PolygonIndex(polygons)
        built = time.perf_counter() - started
        layer = gpd.GeoDataFrame(geometry=polygons)
        ours, peer = turns(lambda: index.pairs(x, y), lambda: gpd.sjoin(at, layer, predicate="intersects"))  # noqa: B023
        point, polygon = index.pairs(x, y)
        joined = gpd.sjoin(at, layer, predicate="intersects")
        expected = np.sort(joined.index.to_numpy() * len(polygons) + joined["index_right"].to_numpy())
        same = np.array_equal(point * len(polygons) + polygon, expected)
        shared = len(point) - len(np.unique(point))
        say(f"{points:,} points into {len(polygons):,} {name}, all pairs", ours, peer, "geopandas.sjoin", "<= 1",
            f"same pairs: {same}, {shared:,} in several; index built in {built:.2f} s")  # fmt: skip
        (ours,) = turns(lambda: index.assign(x, y))  # noqa: B023
        say(f"{points:,} points into {len(polygons):,} {name}, one each", ours, peer, "geopandas.sjoin", "<= 1", "")


def straight(chance: np.random.Generator) -> None:
    """Coverage and gains in a straight line."""
    import geopandas as gpd
    from scipy.spatial import cKDTree

    homes, facilities, candidates = (towns(n, 2_500, chance) for n in (200_000, 1_500, 2_000))
    weights = chance.integers(1, 80, len(homes))

    started = time.perf_counter()
    city = coverage.Homes(homes, weights)
    built = time.perf_counter() - started

    def by_hand() -> np.ndarray:
        return cKDTree(facilities).query(homes, distance_upper_bound=500.0)[0] <= 500.0

    ours, peer = turns(lambda: city.covered(facilities, 500), by_hand, repeats=5)
    now = city.covered(facilities, 500)
    say("coverage 500 m, 200,000 buildings, 1,500 facilities", ours, peer, "scipy cKDTree by hand", "<= 1",
        f"same: {np.array_equal(now, by_hand())}")  # fmt: skip

    open_points = gpd.GeoSeries(shapely.points(homes))
    tree, weight_open = open_points.sindex, np.where(now, 0, weights)

    def per_candidate() -> np.ndarray:
        found = np.zeros(len(candidates), dtype=np.int64)
        for place, candidate in enumerate(shapely.points(candidates)):
            hits = tree.query(candidate, predicate="dwithin", distance=500.0)
            found[place] = weight_open[hits].sum()
        return found

    ours, peer = turns(lambda: city.gains(candidates, now, 500), per_candidate)
    gained = city.gains(candidates, now, 500)
    say("gain of 2,000 candidates, straight line 500 m", ours, peer, "geopandas per candidate", "<= 0.1",
        f"same: {np.array_equal(gained, per_candidate())}; index {built * 1000:.0f} ms (both prebuilt)")  # fmt: skip
    checked = chance.choice(len(candidates), 5, replace=False)
    for place in checked:
        after = city.covered(np.vstack([facilities, candidates[place]]), 500)
        assert gained[place] == weights[after & ~now].sum()

    started = time.perf_counter()
    pairs = city.reach(candidates, 500)
    choices = coverage.Choices(*pairs, weights=weights, is_covered=now, count=len(candidates))
    built = time.perf_counter() - started
    steps = []
    for _ in range(100):
        best = int(choices.ranking()[0])
        started = time.perf_counter()
        choices.choose(best)
        choices.ranking()
        steps.append(time.perf_counter() - started)
    chosen = np.vstack([facilities, candidates[choices.chosen]])
    now = city.covered(chosen, 500)
    same = np.array_equal(choices.gains, city.gains(candidates, now, 500))
    usual, worst = statistics.median(steps) * 1000, max(steps) * 1000
    print(f"{'re-rank 2,000 candidates after choosing one':<46} ours {usual:9.2f} ms median, {worst:.2f} ms worst "
          f"of 100 | goal 10 ms | same as anew: {same}; built in {built:.2f} s")  # fmt: skip


def streets(chance: np.random.Generator) -> None:
    """Coverage and gains along streets."""
    from scipy.spatial import Delaunay

    nodes = towns(100_000, 2_500, chance)
    triangles = Delaunay(nodes).simplices
    sides = np.sort(np.vstack([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [0, 2]]]), axis=1)
    edges = np.unique(sides, axis=0)
    edges = edges[chance.random(len(edges)) < 134_000 / len(edges)]
    lengths = np.hypot(*(nodes[edges[:, 0]] - nodes[edges[:, 1]]).T)
    network = StreetNetwork(nodes, edges[:, 0], edges[:, 1], lengths)
    homes, facilities, candidates = (towns(n, 2_500, chance) for n in (200_000, 1_500, 2_000))
    weights = chance.integers(1, 80, len(homes))
    placed = network.placed(homes)
    (seconds,) = turns(lambda: network.covered(placed, facilities, 500))
    now = network.covered(placed, facilities, 500)
    share = weights[now].sum() / weights.sum()
    print(f"{'coverage on the network, 500 m, 100,000 nodes':<46} ours {seconds * 1000:9.1f} ms | share {share:.1%}")
    peer = networkx_peer(network, edges, lengths, homes, weights, now, candidates)
    for metres in (500.0, 1000.0):
        what = f"gain of 2,000 candidates, network {metres:.0f} m"
        ours = partial(network.gains, candidates, placed, weights, now, metres)
        ours()
        if peer is None:
            say(what, turns(ours)[0], None, "networkx cutoff", "<= 1", "")
            continue
        theirs = partial(peer, metres)
        seconds_ours, seconds_theirs = turns(ours, theirs, repeats=2)
        differing = int((ours() != theirs()).sum())
        say(what, seconds_ours, seconds_theirs, "networkx cutoff", "<= 1", f"candidates that differ: {differing}")


def networkx_peer(
    network: StreetNetwork,
    edges: np.ndarray,
    lengths: np.ndarray,
    homes: np.ndarray,
    weights: np.ndarray,
    now: np.ndarray,
    candidates: np.ndarray,
) -> Callable[[float], np.ndarray] | None:
    """Return gains by one bounded networkx search per candidate, ``None`` where networkx is not installed."""
    try:
        import networkx
    except ImportError:
        return None
    graph = networkx.Graph()
    graph.add_nodes_from(range(len(network.nodes)))
    graph.add_weighted_edges_from(zip(edges[:, 0].tolist(), edges[:, 1].tolist(), lengths.tolist(), strict=True))
    home_node, home_way = network.snapped(homes)
    node, way = network.snapped(candidates)
    at_node: dict[int, list[int]] = {}
    for home in np.flatnonzero(~now).tolist():
        at_node.setdefault(int(home_node[home]), []).append(home)
    homes_left, household = home_way.tolist(), weights.tolist()

    def gains(metres: float) -> np.ndarray:
        found = np.zeros(len(candidates), dtype=np.int64)
        for place, (start, used) in enumerate(zip(node.tolist(), way.tolist(), strict=True)):
            if used > metres:
                continue
            reached = networkx.single_source_dijkstra_path_length(graph, start, cutoff=metres - used)
            found[place] = sum(
                household[home]
                for at, distance in reached.items()
                for home in at_node.get(at, ())
                if homes_left[home] <= metres - (used + distance)
            )
        return found

    return gains


def hot_spots(chance: np.random.Generator) -> None:
    """Gi* and density."""
    cells = grids(8_271, chance)
    counts = PolygonIndex(cells).assign(*towns(100_000, 2_500, chance).T)
    values = np.bincount(counts[counts >= 0], minlength=len(cells)).astype(float)
    started = time.perf_counter()
    neighbours = shared_vertex_neighbours(cells, digits=3)
    linked = time.perf_counter() - started
    try:
        from esda.getisord import G_Local
        from libpysal.weights import WSP
    except ImportError:
        (ours,) = turns(lambda: gi_star(values, neighbours), repeats=5)
        say("Gi* on 8,271 grids", ours, None, "esda, binary", "<= 0.5", f"contiguity {linked * 1000:.0f} ms")
    else:
        from scipy.sparse import csr_matrix

        weights = WSP(csr_matrix(neighbours)).to_W()
        weights.transform = "B"

        def by_esda() -> Any:
            return G_Local(values, weights, transform="B", permutations=0, star=True)

        ours, peer = turns(lambda: gi_star(values, neighbours), by_esda, repeats=5)
        apart = np.abs(gi_star(values, neighbours).z - by_esda().Zs).max()
        say("Gi* on 8,271 grids", ours, peer, "esda, binary", "<= 0.5",
            f"largest difference of z {apart:.1e}; contiguity {linked * 1000:.0f} ms")  # fmt: skip
    x, y = towns(1_000_000, 2_500, chance).T
    (ours,) = turns(lambda: density(x, y))
    print(f"{'density of 1,000,000 points':<46} ours {ours * 1000:9.1f} ms | goal 500 ms")


def main() -> None:
    """Run everything."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--points", type=int, default=1_000_000)
    given = options.parse_args()
    chance = np.random.default_rng(20260301)
    joins(given.points, chance)
    straight(chance)
    streets(chance)
    hot_spots(chance)


if __name__ == "__main__":
    main()
