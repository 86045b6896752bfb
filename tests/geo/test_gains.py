"""Homes and estates by how they are served, and what a candidate brings for its money."""

from __future__ import annotations

import numpy as np

from renovation.geo.gains import LivedIn, Served, served_by_estate


def test_an_estate_stands_as_most_of_its_households_do() -> None:
    homes = LivedIn(
        places=np.zeros((5, 2)),
        households=np.array([10, 4, 4, 3, 3]),
        estate_ids=np.array([7, 7, 7, 8, 8]),
        street_ids=np.full(5, -1),
        outlines=np.full(5, None, dtype=object),
        estate_names={},
    )
    states = np.array([one.value for one in (Served.UNCOVERED, *[Served.COVERED] * 2, Served.GAINED, Served.UNCOVERED)])
    ids, first, ways, households = served_by_estate(homes, states)
    assert (ids.tolist(), first.tolist(), households.tolist()) == ([7, 8], [0, 3], [18, 6])
    # As many households stand one way as the other in the second: the worse counts.
    assert ways == [Served.UNCOVERED, Served.UNCOVERED]
