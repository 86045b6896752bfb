"""Drawing points, lines and areas by clicks."""

from __future__ import annotations

import pytest
import shapely

from renovation.ui.map import Drawing, drawing_of

SQUARE = ((0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0))


def drawn(kind: str, *corners: tuple[float, float]) -> Drawing:
    """Click places one after another, then the corner that finishes the shape."""
    drawing = Drawing(kind=kind)
    for corner in corners:
        drawing = drawing.clicked(corner)
    closing = drawing.closing()
    return drawing if closing is None or kind == "point" else drawing.clicked((9, 9), corner=closing)


def test_every_click_is_a_point() -> None:
    found = drawn("point", *SQUARE).geometry()
    assert found is not None
    assert found.equals(shapely.MultiPoint(SQUARE))
    assert drawn("point", (1, 2)).undone().geometry() is None


def test_a_line_ends_at_its_last_corner_and_another_begins() -> None:
    first = drawn("line", *SQUARE[:3])
    assert first.geometry() == shapely.LineString(SQUARE[:3])
    second = first.clicked((7, 7)).clicked((8, 8)).clicked((8, 8), corner=1)
    assert second.geometry() == shapely.MultiLineString([SQUARE[:3], ((7, 7), (8, 8))])
    assert second.undone().corners == ((7, 7), (8, 8)), "a finished line opens again"


def test_an_area_closes_at_its_first_corner() -> None:
    assert Drawing(kind="polygon", corners=SQUARE[:2]).closing() is None
    found = drawn("polygon", *SQUARE).geometry()
    assert found is not None
    assert found.equals(shapely.Polygon(SQUARE))
    open_ = Drawing(kind="polygon", corners=SQUARE)
    assert open_.clicked((4, 4), corner=2) == open_, "a corner in between does nothing"
    assert open_.geometry() is None


def test_areas_that_cross_are_not_kept() -> None:
    assert drawn("polygon", SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3]).geometry() is None
    overlapping = Drawing(kind="polygon", parts=(SQUARE, tuple((x + 1, y) for x, y in SQUARE)))
    assert overlapping.geometry() is None


@pytest.mark.parametrize(
    ("kind", "geometry"),
    [
        ("point", shapely.MultiPoint(SQUARE)),
        ("line", shapely.LineString(SQUARE)),
        ("polygon", shapely.Polygon(SQUARE)),
        ("polygon", shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(2, 0, 3, 1)])),
    ],
)
def test_what_is_stored_comes_back(kind: str, geometry: shapely.Geometry) -> None:
    again = drawing_of(shapely.to_wkb(geometry), kind).geometry()
    assert again is not None
    assert again.equals(geometry)


def test_another_kind_or_a_hole_is_drawn_anew() -> None:
    ring = shapely.box(0, 0, 9, 9).difference(shapely.box(1, 1, 2, 2))
    assert drawing_of(ring, "polygon").parts == ()
    assert drawing_of(shapely.Point(1, 1), "line").parts == ()
    assert drawing_of(None, "line") == Drawing(kind="line")
