"""Measure joins, coverage, walking distance and hot spots beside their peers, on the same data in the same run.

Run ``python -m benchmarks.geo [--points N] [--peers]`` from the project's folder. geopandas and scipy are the project's
own; ``--peers`` runs networkx and esda (both BSD) beside it in an environment of their own, ``benchmarks/.venv-peers``,
which it makes with ``pip install networkx esda libpysal``. Every figure is the median processor time of the repeats;
geopandas, scipy and ours take turns, so that a busy machine slows both.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import tempfile
import time
import venv
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from renovation.geo import coverage
from renovation.geo.density import density
from renovation.geo.hotspots import gi_star, shared_vertex_neighbours
from renovation.geo.joins import PolygonIndex
from renovation.geo.streets import StreetNetwork

SIDE_M = 60_000.0
PEERS = Path(__file__).resolve().parent / ".venv-peers"


def turns(*works: Callable[[], Any], repeats: int = 3) -> list[float]:
    """Return the median seconds of each work, taking turns."""
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(repeats):
        for place, work in enumerate(works):
            started = time.process_time()
            work()
            taken[place].append(time.process_time() - started)
    return [statistics.median(seconds) for seconds in taken]


def say(what: str, ours: float, peer: Any, peer_name: str, goal: str, same: str) -> None:
    """Print one line of the table."""
    against = "not asked (--peers)" if peer is None else f"{peer * 1000:10.1f} ms  ratio {ours / peer:6.3f}"
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
        started = time.process_time()
        index = PolygonIndex(polygons)
        built = time.process_time() - started
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

    started = time.process_time()
    city = coverage.Homes(homes, weights)
    built = time.process_time() - started

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

    started = time.process_time()
    pairs = city.reach(candidates, 500)
    choices = coverage.Choices(*pairs, weights=weights, is_covered=now, count=len(candidates))
    built = time.process_time() - started
    steps = []
    for _ in range(100):
        best = int(choices.ranking()[0])
        started = time.process_time()
        choices.choose(best)
        choices.ranking()
        steps.append(time.process_time() - started)
    chosen = np.vstack([facilities, candidates[choices.chosen]])
    now = city.covered(chosen, 500)
    same = np.array_equal(choices.gains, city.gains(candidates, now, 500))
    usual, worst = statistics.median(steps) * 1000, max(steps) * 1000
    print(f"{'re-rank 2,000 candidates after choosing one':<46} ours {usual:9.2f} ms median, {worst:.2f} ms worst "
          f"of 100 | goal 10 ms | same as anew: {same}; built in {built:.2f} s")  # fmt: skip


def streets(chance: np.random.Generator) -> tuple[dict[str, np.ndarray], dict[int, Callable[[], np.ndarray]]]:
    """Coverage along streets; return the question of gains and our ways to answer it, by metres."""
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
    home_node, home_way = network.snapped(homes)
    node, way = network.snapped(candidates)
    asked = {
        "nodes": np.array(len(nodes)), "edges": edges, "lengths": lengths, "home_node": home_node,
        "home_way": home_way, "weights": weights, "covered": now, "node": node, "way": way,
    }  # fmt: skip
    return asked, {metres: partial(network.gains, candidates, placed, weights, now, metres) for metres in (500, 1000)}


def hot_spots(chance: np.random.Generator) -> tuple[dict[str, np.ndarray], Callable[[], np.ndarray]]:
    """Density; return the question of Gi* and our way to answer it."""
    cells = grids(8_271, chance)
    counts = PolygonIndex(cells).assign(*towns(100_000, 2_500, chance).T)
    values = np.bincount(counts[counts >= 0], minlength=len(cells)).astype(float)
    started = time.process_time()
    neighbours = shared_vertex_neighbours(cells, digits=3)
    linked = time.process_time() - started
    x, y = towns(1_000_000, 2_500, chance).T
    (ours,) = turns(lambda: density(x, y))
    print(f"{'density of 1,000,000 points':<46} ours {ours * 1000:9.1f} ms | goal 500 ms")
    print(f"{'contiguity of 8,271 grids':<46} ours {linked * 1000:9.1f} ms")
    asked = {"values": values, "indices": neighbours.indices, "indptr": neighbours.indptr}
    return asked, lambda: gi_star(values, neighbours).z


def peers_answer(asked: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Put the questions to networkx and esda in an environment of their own, made where it is missing."""
    python = PEERS / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        venv.create(PEERS, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "networkx", "esda", "libpysal"], check=True)
    with tempfile.TemporaryDirectory() as folder:
        questions, answers = Path(folder, "questions.npz"), Path(folder, "answers.npz")
        np.savez(questions, **asked)
        subprocess.run([python, PEERS.parent / "_geo_peers.py", questions, answers], check=True)
        return dict(np.load(answers))


def main() -> None:
    """Run everything."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--points", type=int, default=1_000_000)
    options.add_argument("--peers", action="store_true", help="run networkx and esda too, in their own environment")
    given, _ = options.parse_known_args()
    chance = np.random.default_rng(20260301)
    joins(given.points, chance)
    straight(chance)
    street_question, gains = streets(chance)
    grid_question, z = hot_spots(chance)
    theirs = peers_answer(street_question | grid_question) if given.peers else {}
    for metres, ours in gains.items():
        ours()
        same = f"candidates that differ: {int((ours() != theirs[f'gains_{metres}']).sum())}" if theirs else ""
        say(f"gain of 2,000 candidates, network {metres} m", turns(ours)[0], theirs.get(f"gains_{metres}_s"),
            "networkx cutoff", "<= 1", same)  # fmt: skip
    same = f"largest difference of z: {np.abs(z() - theirs['z']).max():.1e}" if theirs else ""
    say("Gi* on 8,271 grids", turns(z, repeats=5)[0], theirs.get("z_s"), "esda, binary", "<= 0.5", same)
    if theirs:
        assert np.abs(z() - theirs["z"]).max() <= 1e-9
        assert all(np.array_equal(ours(), theirs[f"gains_{metres}"]) for metres, ours in gains.items())


if __name__ == "__main__":
    main()
