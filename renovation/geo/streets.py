"""Walking distance along a street layer.

Streets become a graph: every vertex of a line is a node (and places between far ones), lines that share a vertex meet
there. A place stands at
its nearest node, and the straight way to that node counts. Distances are metres in one projected CRS.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from renovation.errors import InvalidError
from renovation.geo.crs import Floats, Geometries

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedHomes:
    """Homes at the nodes of a network.

    Attributes
    ----------
    node
        Each home's node.
    order, way, starts
        Homes sorted by node, the straight way of each to it in metres, and where each node's homes start.
    """

    node: Ints
    order: Ints
    way: Floats
    starts: Ints


class StreetNetwork:
    """Streets people can walk, both ways.

    Parameters
    ----------
    nodes
        Positions, one row each: easting, northing in metres.
    first, second
        Node numbers at the two ends of each edge.
    lengths
        Metres of each edge. Of several edges between the same two nodes the shortest counts.

    Raises
    ------
    InvalidError
        ``geo.no_streets``: there is no edge.
    """

    def __init__(self, nodes: Floats, first: Ints, second: Ints, lengths: Floats) -> None:
        from scipy.spatial import cKDTree

        if not len(first):
            raise InvalidError("geo.no_streets")
        self.nodes = np.asarray(nodes, dtype=float).reshape(-1, 2)
        count = len(self.nodes)
        head, tail = np.concatenate([first, second]), np.concatenate([second, first])
        metres = np.concatenate([lengths, lengths]).astype(float)
        order = np.lexsort((metres, tail, head))
        head, tail, metres = head[order], tail[order], metres[order]
        shortest = np.ones(len(head), dtype=bool)
        shortest[1:] = (head[1:] != head[:-1]) | (tail[1:] != tail[:-1])
        shortest &= head != tail
        self._heads, self._tails, self._metres = head[shortest], tail[shortest], metres[shortest]
        self._starts = np.concatenate([[0], np.cumsum(np.bincount(self._heads, minlength=count))])
        self._tree = cKDTree(self.nodes)
        self._neighbours: list[list[tuple[int, float]]] | None = None

    @classmethod
    def from_lines(cls, lines: Geometries, *, snap_m: float = 0.01, every_m: float = 20.0) -> StreetNetwork:
        """Build the graph of lines in metres.

        Vertices closer than ``snap_m`` are one crossing. Lines get a node at least ``every_m``, so that a place beside
        a long straight street finds one near: its distance errs by that at most.

        Raises
        ------
        InvalidError
            ``geo.no_streets``.
        """
        parts = shapely.segmentize(shapely.get_parts(np.asarray(lines, dtype=object)), every_m)
        coordinates, line = shapely.get_coordinates(parts, return_index=True)
        if not len(coordinates):
            raise InvalidError("geo.no_streets")
        rounded = np.round(coordinates / snap_m).astype(np.int64)
        _, first_seen, node = np.unique(rounded, axis=0, return_index=True, return_inverse=True)
        node = node.reshape(-1)
        same_line = line[1:] == line[:-1]
        first, second = node[:-1][same_line], node[1:][same_line]
        lengths = np.hypot(*(coordinates[1:] - coordinates[:-1]).T)[same_line]
        return cls(coordinates[first_seen], first, second, lengths)

    def snapped(self, places: Floats) -> tuple[Ints, Floats]:
        """Return the nearest node of each place and the straight way to it in metres."""
        way, node = self._tree.query(np.asarray(places, dtype=float).reshape(-1, 2))
        return np.asarray(node, dtype=np.int64), np.asarray(way, dtype=float)

    def nearest(self, homes: PlacedHomes, facilities: Floats, metres: float) -> Floats:
        """Return each home's distance to its nearest facility, infinite beyond ``metres``."""
        from scipy.sparse import csr_array
        from scipy.sparse.csgraph import dijkstra

        facility_node, facility_way = self.snapped(facilities)
        if not len(facility_node):
            return np.full(len(homes.node), np.inf)
        # A node of its own leads to every facility, so that the way from its door to the street counts too. Zero
        # would mean "no edge": the offset of one metre is taken off again.
        count, source = len(self.nodes), len(self.nodes)
        best_way = np.full(count, np.inf)
        np.minimum.at(best_way, facility_node, facility_way)
        doors = np.flatnonzero(np.isfinite(best_way))
        graph = csr_array(
            (
                np.concatenate([self._metres, best_way[doors] + 1.0]),
                (np.concatenate([self._heads, np.full(len(doors), source)]), np.concatenate([self._tails, doors])),
            ),
            shape=(count + 1, count + 1),
        )
        distance = dijkstra(graph, directed=True, indices=source, limit=metres + 1.0)[homes.node] - 1.0
        distance[homes.order] += homes.way
        return np.where(distance <= metres, distance, np.inf)

    def covered(self, homes: PlacedHomes, facilities: Floats, metres: float) -> Flags:
        """Tell which homes have a facility within ``metres`` of walking."""
        return np.isfinite(self.nearest(homes, facilities, metres))

    def reach(
        self, candidates: Floats, homes: PlacedHomes, metres: float, *, only: Flags | None = None
    ) -> tuple[Ints, Ints]:
        """Return the pairs (candidate, home) no more than ``metres`` of walking apart, ordered by candidate.

        One bounded search per candidate: its cost depends on the streets around it, not on the city. ``only`` limits
        the homes that are looked at.
        """
        order, way, starts = homes.order, homes.way, homes.starts
        if only is not None:
            kept = only[order]
            starts = np.concatenate([[0], np.cumsum(kept)])[starts]
            order, way = order[kept], way[kept]
        counts = np.diff(starts)
        owner, node, left = self._searched(candidates, metres)
        inhabited = counts[node] > 0
        owner, node, left = owner[inhabited], node[inhabited], left[inhabited]
        repeat = counts[node]
        within = np.arange(repeat.sum()) - np.repeat(np.cumsum(repeat) - repeat, repeat)
        place = np.repeat(starts[node], repeat) + within
        near = way[place] <= np.repeat(left, repeat)
        return np.repeat(owner, repeat)[near], order[place[near]]

    def gains(
        self, candidates: Floats, homes: PlacedHomes, weights: ArrayLike, is_covered: Flags, metres: float
    ) -> Ints:
        """Return how many households each candidate, built alone, would bring within ``metres`` of walking."""
        candidate, home = self.reach(candidates, homes, metres, only=~np.asarray(is_covered, dtype=bool))
        weight = np.asarray(weights, dtype=np.int64)
        count = len(np.asarray(candidates).reshape(-1, 2))
        return np.bincount(candidate, weights=weight[home], minlength=count).astype(np.int64)

    def placed(self, homes: Floats) -> PlacedHomes:
        """Put homes at their nearest nodes, once for every question about them."""
        node, way = self.snapped(homes)
        order = np.lexsort((way, node))
        starts = np.concatenate([[0], np.cumsum(np.bincount(node, minlength=len(self.nodes)))])
        return PlacedHomes(node=node, order=order, way=way[order], starts=starts)

    def _searched(self, candidates: Floats, metres: float) -> tuple[Ints, Ints, Floats]:
        """Return for every candidate the nodes in reach and the metres left there."""
        # Lists: a bounded search touches a hundred nodes, and one call into an array library costs more than that.
        if self._neighbours is None:
            tails, lengths, starts = self._tails.tolist(), self._metres.tolist(), self._starts.tolist()
            self._neighbours = [list(zip(tails[a:b], lengths[a:b], strict=True)) for a, b in pairwise(starts)]
        neighbours = self._neighbours
        nodes, ways = self.snapped(candidates)
        owners: list[int] = []
        reached: list[int] = []
        distances: list[float] = []
        for number, (start, way) in enumerate(zip(nodes.tolist(), ways.tolist(), strict=True)):
            if way > metres:
                continue
            best = {start: way}
            done: dict[int, float] = {}
            queue = [(way, start)]
            while queue:
                distance, node = heappop(queue)
                if distance > best[node]:
                    continue
                done[node] = distance
                for other, length in neighbours[node]:
                    further = distance + length
                    if further <= metres and (other not in best or further < best[other]):
                        best[other] = further
                        heappush(queue, (further, other))
            owners.extend([number] * len(done))
            reached.extend(done)
            distances.extend(done.values())
        return (
            np.array(owners, dtype=np.int64),
            np.array(reached, dtype=np.int64),
            metres - np.array(distances, dtype=float),
        )
