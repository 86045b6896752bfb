"""Drawing an outline corner by corner."""

from __future__ import annotations

import pytest
from shapely import MultiPolygon, Polygon, box

from renovation.ui.map.outline import Outline, outline_of

SQUARE = ((0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0))


def drawn(*corners: tuple[float, float]) -> Outline:
    """Click corners one after another."""
    outline = Outline()
    for corner in corners:
        outline = outline.clicked(corner)
    return outline


def test_three_corners_and_the_first_again_make_an_area() -> None:
    assert drawn(*SQUARE[:2]).polygon() is None
    outline = drawn(*SQUARE)
    for one in (outline, outline.clicked((0.0, 0.0), corner=0)):
        found = one.polygon()
        assert found is not None
        assert found.equals(Polygon(SQUARE))


def test_two_corners_cannot_be_closed() -> None:
    outline = drawn(*SQUARE[:2])
    assert outline.clicked((0.0, 0.0), corner=0) == outline


def test_a_corner_is_taken_and_put_elsewhere() -> None:
    closed = drawn(*SQUARE).clicked((0, 0), corner=0)
    held = closed.clicked((4, 4), corner=2)
    assert held.held == 2
    assert held.clicked((4, 4), corner=2).held is None
    assert held.clicked((5.0, 5.0)).corners[2] == (5.0, 5.0)


def test_a_place_on_an_edge_becomes_a_corner_there() -> None:
    closed = drawn(*SQUARE).clicked((0, 0), corner=0)
    assert closed.clicked((2.0, 0.1)).corners[1] == (2.0, 0.1)
    assert closed.clicked((-0.1, 2.0)).corners[-1] == (-0.1, 2.0)


def test_taking_back_opens_what_is_no_area_any_more() -> None:
    closed = drawn(*SQUARE[:3]).clicked((0, 0), corner=0)
    assert closed.undone() == Outline(corners=SQUARE[:2])
    assert Outline().undone() == Outline()


def test_a_crossing_outline_is_no_area() -> None:
    crossing = drawn((0.0, 0.0), (4.0, 4.0), (4.0, 0.0), (0.0, 4.0)).clicked((0, 0), corner=0)
    assert crossing.closed
    assert crossing.polygon() is None


def test_a_click_on_a_corner_that_is_gone_changes_nothing() -> None:
    outline = drawn(*SQUARE)
    assert outline.clicked((0, 0), corner=9) == outline


@pytest.mark.parametrize(
    "geometry",
    [
        MultiPolygon([box(0, 0, 1, 1), box(2, 2, 3, 3)]),
        Polygon(SQUARE, [[(1, 1), (2, 1), (2, 2)]]),
    ],
)
def test_parts_and_holes_are_left_to_files(geometry: Polygon | MultiPolygon) -> None:
    assert outline_of(geometry) is None


def test_a_stored_outline_is_closed() -> None:
    found = outline_of(MultiPolygon([box(0, 0, 1, 1)]).wkb)
    assert found is not None
    assert found.closed
    assert len(found.corners) == 4
