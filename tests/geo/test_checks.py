"""What is wrong with a geometry."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from renovation.geo.checks import GeometryProblem, check, distance_outside_m, outside_box, overlaps, swapped_back
from renovation.geo.crs import from_store

SQUARE = shapely.box(114.41, 23.11, 114.42, 23.12)
BOW_TIE = shapely.Polygon([(114, 23), (115, 24), (115, 23), (114, 24)])


@pytest.mark.parametrize(
    ("geometry", "problem"),
    [
        (SQUARE, None),
        (None, GeometryProblem.MISSING),
        (shapely.Polygon(), GeometryProblem.EMPTY),
        (shapely.Point(114, 23), GeometryProblem.WRONG_TYPE),
        (BOW_TIE, GeometryProblem.SELF_CROSSING),
        (shapely.box(190, 23, 191, 24), GeometryProblem.OUT_OF_RANGE),
        (shapely.box(114, 89.95, 115, 90), GeometryProblem.POLE),
        (shapely.box(-179, 23, 179, 24), GeometryProblem.ANTIMERIDIAN),
        (shapely.Polygon([(114, 23), (115, 24), (114, 23)]), GeometryProblem.INVALID),
        (shapely.box(114, 23, np.inf, 24), GeometryProblem.NOT_FINITE),
    ],
)
def test_each_problem_is_named(geometry, problem):
    found = check(geometry, kinds=("polygon",))
    assert (found.problem if found else None) == problem


def test_too_many_vertices():
    found = check(shapely.Point(114, 23).buffer(1, quad_segs=40), kinds=("polygon",), max_vertices=100)
    assert found.problem == GeometryProblem.TOO_MANY_VERTICES
    assert found.fields["limit"] == 100


def test_swapped_axes_are_recognised():
    assert outside_box(SQUARE) is None
    assert outside_box(swapped_back(SQUARE)).problem == GeometryProblem.SWAPPED
    assert outside_box(shapely.Point(20, 50)).problem == GeometryProblem.OUTSIDE_AREA


def test_distance_outside_a_boundary_shows_a_wrong_datum():
    estates = np.array([shapely.box(114.4101, 23.1101, 114.4103, 23.1103)])
    shifted = from_store(estates, datum="gcj02")
    tight = shapely.box(114.41, 23.11, 114.4104, 23.1104)
    assert distance_outside_m(estates, tight)[0] == 0
    assert 100 < distance_outside_m(shifted, tight)[0] < 700


def test_estates_drawn_twice_are_found():
    assert overlaps(np.array([SQUARE, SQUARE, shapely.box(114.42, 23.11, 114.43, 23.12)])) == [(0, 1, 1.0)]
