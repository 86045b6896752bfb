"""Datums in and out of the store."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from renovation.errors import InvalidError
from renovation.geo import crs

#: WGS-84 and GCJ-02 pairs (lat, lon) published with the common implementations.
KNOWN = [
    ((31.1774276, 121.5272106), (31.17530398364597, 121.531541859215)),
    ((22.543847, 113.912316), (22.540796131694766, 113.9171764808363)),
    ((39.911954, 116.377817), (39.91334545536069, 116.38404722455657)),
]
LON, LAT = st.floats(74, 134), st.floats(18, 53)


@pytest.mark.parametrize(("wgs", "gcj"), KNOWN)
def test_gcj02_gives_the_published_pairs(wgs, gcj):
    lon, lat = crs.gcj02_from_wgs84(np.array([wgs[1]]), np.array([wgs[0]]))
    assert (lat[0], lon[0]) == pytest.approx(gcj, abs=1e-9)


@given(lon=LAT.flatmap(lambda _: LON), lat=LAT, datum=st.sampled_from(["gcj02", "bd09"]))
def test_the_inverse_undoes_the_shift_to_a_micrometre(lon, lat, datum):
    there = crs.coordinates_in(np.array([lon]), np.array([lat]), datum=datum)
    back = crs.store_coordinates(*there, datum=datum)
    assert abs(back[0][0] - lon) * 111_000 < 1e-6
    assert abs(back[1][0] - lat) * 111_000 < 1e-6


def test_the_shift_is_hundreds_of_metres_in_huizhou():
    place = np.array([shapely.Point(114.41, 23.11)])
    for datum in ("gcj02", "bd09"):
        moved = crs.from_store(place, datum=datum)
        metric = crs.metric_crs(114.41)
        apart = shapely.distance(crs.from_store(place, datum=metric), crs.from_store(moved, datum=metric))[0]
        assert 100 < apart < 1500


def test_no_shift_outside_china():
    lon, lat = crs.gcj02_from_wgs84(np.array([20.07]), np.array([49.99]))
    assert (lon[0], lat[0]) == (20.07, 49.99)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("WGS-84", "wgs84"),
        ("GCJ-02", "gcj02"),
        ("BD_09", "bd09"),
        ("国家2000", "cgcs2000"),
        ("epsg:4547", "EPSG:4547"),
        ("4547", "EPSG:4547"),
        ("urn:ogc:def:crs:EPSG::4490", "EPSG:4490"),
    ],
)
def test_names_of_a_datum(written, meant):
    assert crs.named_datum(written) == meant


@pytest.mark.parametrize("written", ["", "beijing54", "EPSG:999999", "projected"])
def test_unknown_datums_are_refused(written):
    with pytest.raises(InvalidError) as refused:
        crs.named_datum(written)
    assert refused.value.code == "geo.datum_unknown"


def test_projected_eastings_come_back():
    east, north = crs.coordinates_in(np.array([114.41]), np.array([23.11]), datum="EPSG:4547")
    assert 500_000 < east[0] < 600_000
    assert 2_500_000 < north[0] < 2_600_000
    lon, lat = crs.store_coordinates(east, north, datum="EPSG:4547")
    assert (lon[0], lat[0]) == pytest.approx((114.41, 23.11), abs=1e-9)


@pytest.mark.parametrize(
    ("lon", "lat", "expected"),
    [(114.4, 23, "EPSG:4547"), (112.4, 23, "EPSG:4546"), (75, 40, "EPSG:4534"), (20.07, 50, "EPSG:32634")],
)
def test_the_zone_of_a_longitude(lon, lat, expected):
    assert crs.metric_crs(lon, lat) == expected


def test_areas_and_lengths_are_in_metres():
    square = shapely.box(114.41, 23.11, 114.41 + 1 / 102_500, 23.11 + 1 / 110_750)
    assert crs.area_m2(np.array([square, None]))[0] == pytest.approx(1.0, rel=0.01)
    assert crs.length_m(np.array([shapely.LineString([(114.41, 23.11), (114.41, 23.12)])]))[0] == pytest.approx(
        1107.5, rel=0.001
    )


def test_heights_are_dropped_and_missing_geometries_stay_missing():
    moved = crs.to_store(np.array([shapely.Point(114, 23, 5), None], dtype=object), datum="gcj02")
    assert not shapely.has_z(moved[0])
    assert moved[1] is None
