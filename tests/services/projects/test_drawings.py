"""What a drawing measures, and which drawings are refused."""

from __future__ import annotations

from decimal import Decimal

import pytest
import shapely

from renovation.config import settings
from renovation.errors import InvalidError
from renovation.geo.drawings import check_drawing
from renovation.imports.projects.catalogue import read_catalogue
from renovation.services.projects.drawings import drawn_quantity

ITEMS = {item.code: item for item in read_catalogue((settings().data_dir / "items-catalogue.csv").read_bytes())}
#: About 102.5 m by 110.7 m at 23°N.
BOX = shapely.box(114.41, 23.11, 114.411, 23.111)


def test_areas_lines_and_counts_in_the_items_unit() -> None:
    area = drawn_quantity(ITEMS["J16"], shapely.to_wkb(BOX))
    assert area is not None
    assert float(area) == pytest.approx(11_350, rel=2e-3)
    two = drawn_quantity(ITEMS["J16"], shapely.to_wkb(shapely.union(BOX, shapely.box(114.42, 23.11, 114.421, 23.111))))
    assert float(two or 0) == pytest.approx(2 * float(area), rel=1e-4)
    line = drawn_quantity(ITEMS["J08"], shapely.to_wkb(shapely.LineString([(114.41, 23.11), (114.41, 23.111)])))
    assert float(line or 0) == pytest.approx(110.75, rel=1e-3)
    lamps = drawn_quantity(ITEMS["W03"], shapely.to_wkb(shapely.MultiPoint([(114.41, 23.11), (114.42, 23.12)])))
    assert lamps == Decimal(2)
    assert drawn_quantity(ITEMS["J16"], None) is None
    assert drawn_quantity(ITEMS["J06"], shapely.to_wkb(shapely.LineString([(114, 23), (114.1, 23)]))) is None


@pytest.mark.parametrize(
    "drawing",
    [
        b"no wkb",
        shapely.to_wkb(shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])),
        shapely.to_wkb(shapely.GeometryCollection()),
        shapely.to_wkb(shapely.Point(514, 23)),
        shapely.to_wkb(shapely.MultiPoint([(114 + i / 10_000, 23) for i in range(600)])),
    ],
)
def test_what_cannot_be_a_project_is_refused(drawing: bytes) -> None:
    with pytest.raises(InvalidError, match=r"project\.drawing"):
        check_drawing(drawing)


def test_sound_drawings_and_none_at_all_are_taken() -> None:
    check_drawing(None)
    for shape in (BOX, shapely.MultiPoint([(114, 23), (114.1, 23)]), shapely.LineString([(114, 23), (114.1, 23)])):
        check_drawing(shapely.to_wkb(shape))
