"""Let networkx and esda answer what ``geo.py`` asks, in an environment of their own; see there.

Usage: ``python _geo_peers.py QUESTIONS.npz ANSWERS.npz``. Seconds are processor time, the median of the repeats.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import networkx
import numpy as np
from esda.getisord import G_Local
from libpysal.weights import WSP
from scipy.sparse import csr_matrix


def timed(work: Callable[[], np.ndarray], repeats: int) -> tuple[np.ndarray, float]:
    """Return the answer and the median seconds."""
    taken = []
    for _ in range(repeats):
        started = time.process_time()
        answer = work()
        taken.append(time.process_time() - started)
    return answer, statistics.median(taken)


def network_gains(asked: dict[str, np.ndarray], metres: float) -> Callable[[], np.ndarray]:
    """Prepare one bounded search per candidate, from its node outward."""
    graph = networkx.Graph()
    graph.add_nodes_from(range(int(asked["nodes"])))
    one, other = asked["edges"].T.tolist()
    graph.add_weighted_edges_from(zip(one, other, asked["lengths"].tolist(), strict=True))
    at_node: dict[int, list[int]] = {}
    for home in np.flatnonzero(~asked["covered"]).tolist():
        at_node.setdefault(int(asked["home_node"][home]), []).append(home)
    way, household = asked["home_way"].tolist(), asked["weights"].tolist()
    candidates = list(zip(asked["node"].tolist(), asked["way"].tolist(), strict=True))

    def gains() -> np.ndarray:
        found = np.zeros(len(candidates), dtype=np.int64)
        for place, (start, used) in enumerate(candidates):
            if used > metres:
                continue
            reached = networkx.single_source_dijkstra_path_length(graph, start, cutoff=metres - used)
            found[place] = sum(
                household[home]
                for at, distance in reached.items()
                for home in at_node.get(at, ())
                if way[home] <= metres - (used + distance)
            )
        return found

    return gains


def gi_star(asked: dict[str, np.ndarray]) -> Callable[[], np.ndarray]:
    """Prepare esda's Gi* with binary weights."""
    count = len(asked["values"])
    ones = np.ones(len(asked["indices"]))
    weights = WSP(csr_matrix((ones, asked["indices"], asked["indptr"]), shape=(count, count))).to_W()
    weights.transform = "B"
    return lambda: G_Local(asked["values"], weights, transform="B", permutations=0, star=True).Zs


def main() -> None:
    """Answer everything asked."""
    asked = dict(np.load(sys.argv[1]))
    answers: dict[str, object] = {}
    for metres in (500, 1000):
        found, seconds = timed(network_gains(asked, float(metres)), 2)
        answers |= {f"gains_{metres}": found, f"gains_{metres}_s": seconds}
    answers["z"], answers["z_s"] = timed(gi_star(asked), 5)
    np.savez(Path(sys.argv[2]), **answers)


if __name__ == "__main__":
    main()
