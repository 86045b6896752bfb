"""The one door for coordinates: datums in and out of the store, and projected systems for metres.

The store holds EPSG:4490 (CGCS2000, longitude before latitude). WGS-84 is equal to it within a metre and passes
unchanged. GCJ-02 (高德, 腾讯) and BD-09 (百度) are shifted by 100-700 m; their forward formulas are the ones in
common use (Krasovsky ellipsoid), the inverses are found by fixed-point iteration to well below a millimetre of the
same formulas. No official reference for GCJ-02 is public, so that is self-consistency, not a survey's accuracy.

A datum is given as the text of :class:`~renovation.model.places.Datum` (``"gcj02"``) or as ``"EPSG:n"``.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from renovation.errors import InvalidError
from renovation.model.places import Datum

#: What the store holds.
STORE_CRS = "EPSG:4490"

Floats = NDArray[np.float64]
Geometries = NDArray[np.object_]

_SEMI_MAJOR_M = 6378245.0
_ECCENTRICITY_SQUARED = 0.00669342162296594323
_BD_TURN = np.pi * 3000.0 / 180.0
#: The shift applies inside this box only (longitude, then latitude).
_SHIFTED_BOX = (72.004, 137.8347, 0.8293, 55.8271)
_EPSG = re.compile(r"(?:EPSG\s*[:：]?\s*|URN:OGC:DEF:CRS:EPSG:[\d.]*:)?(\d{4,6})", re.ASCII)
#: What is left of a datum's name without 坐标系 and the like.
_NAMES = {
    **dict.fromkeys(("wgs84", "wgs1984", "gps"), Datum.WGS84),
    **dict.fromkeys(("cgcs2000", "国家2000", "2000国家", "中国2000"), Datum.CGCS2000),
    **dict.fromkeys(("gcj02", "火星", "高德", "高德地图", "腾讯", "腾讯地图"), Datum.GCJ02),
    **dict.fromkeys(("bd09", "bd09ll", "百度", "百度地图"), Datum.BD09),
}
_FILLER = re.compile(r"[\s_\-]|大地|坐标系统?|坐标")
_SAME_AS_STORE = {Datum.WGS84.value, Datum.CGCS2000.value, "EPSG:4326", "EPSG:4490"}


def named_datum(name: str) -> str:
    """Return the datum's canonical text: a value of ``Datum`` or ``"EPSG:n"``.

    Raises
    ------
    InvalidError
        ``geo.datum_unknown``: no such datum, or an EPSG code that is not known.
    """
    shown = name.strip()
    key = _FILLER.sub("", shown).casefold()
    if key in _NAMES:
        return _NAMES[key].value
    found = _EPSG.fullmatch(shown.upper())
    if found is None:
        raise InvalidError("geo.datum_unknown", value=shown[:40])
    code = f"EPSG:{found.group(1)}"
    if code not in _SAME_AS_STORE:
        _transformer(code, STORE_CRS)
    return code


def epsg_of(datum: str) -> str | None:
    """Return the EPSG code a file can carry for ``datum``; ``None`` for GCJ-02 and BD-09, which have none."""
    return {
        Datum.WGS84.value: "EPSG:4326",
        Datum.CGCS2000.value: "EPSG:4490",
        Datum.GCJ02.value: None,
        Datum.BD09.value: None,
    }.get(datum, datum)


@cache
def _transformer(source: str, target: str) -> Any:
    # pyproj costs a quarter of a second to import; most pages never change coordinates.
    from pyproj import Transformer
    from pyproj.exceptions import CRSError, ProjError

    try:
        return Transformer.from_crs(source, target, always_xy=True)
    except (CRSError, ProjError):
        raise InvalidError("geo.datum_unknown", value=source) from None


@cache
def area_of_use(datum: str) -> tuple[float, float, float, float] | None:
    """Return west, south, east, north (degrees) of where a projected system is used, with a margin of 1.5°.

    ``None`` for degrees, GCJ-02 and BD-09, and where the system's definition does not say.
    """
    if (code := epsg_of(named_datum(datum))) is None or code in _SAME_AS_STORE:
        return None
    from pyproj import CRS

    crs = CRS.from_user_input(code)
    used = crs.area_of_use
    if used is None or crs.is_geographic or used.west > used.east:
        return None
    return used.west - 1.5, used.south - 1.5, used.east + 1.5, used.north + 1.5


@cache
def is_rough(datum: str) -> bool:
    """Tell whether positions in ``datum`` reach the store some 50 to 150 m off, since no shift to it is public.

    That is so of 北京54, 西安80 and other datums on an ellipsoid of their own.
    """
    if (code := epsg_of(named_datum(datum))) is None or code in _SAME_AS_STORE:
        return False
    from pyproj import CRS

    ellipsoid = CRS.from_user_input(code).ellipsoid
    own = ellipsoid is not None and round(ellipsoid.semi_major_metre) != 6_378_137
    return own and "Ballpark" in _transformer(code, STORE_CRS).description


def _shift(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Return the GCJ-02 offset in degrees at WGS-84 positions."""
    x, y = lon - 105.0, lat - 35.0
    pi = np.pi
    root = np.sqrt(np.abs(x))
    common = (20.0 * np.sin(6.0 * x * pi) + 20.0 * np.sin(2.0 * x * pi)) * 2.0 / 3.0
    d_lat = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + common
    d_lat += (20.0 * np.sin(y * pi) + 40.0 * np.sin(y / 3.0 * pi)) * 2.0 / 3.0
    d_lat += (160.0 * np.sin(y / 12.0 * pi) + 320.0 * np.sin(y * pi / 30.0)) * 2.0 / 3.0
    d_lon = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + common
    d_lon += (20.0 * np.sin(x * pi) + 40.0 * np.sin(x / 3.0 * pi)) * 2.0 / 3.0
    d_lon += (150.0 * np.sin(x / 12.0 * pi) + 300.0 * np.sin(x / 30.0 * pi)) * 2.0 / 3.0
    radians = lat / 180.0 * pi
    magic = 1.0 - _ECCENTRICITY_SQUARED * np.sin(radians) ** 2
    root_magic = np.sqrt(magic)
    d_lat = d_lat * 180.0 / (_SEMI_MAJOR_M * (1.0 - _ECCENTRICITY_SQUARED) / (magic * root_magic) * pi)
    d_lon = d_lon * 180.0 / (_SEMI_MAJOR_M / root_magic * np.cos(radians) * pi)
    west, east, south, north = _SHIFTED_BOX
    outside = (lon < west) | (lon > east) | (lat < south) | (lat > north)
    return np.where(outside, 0.0, d_lon), np.where(outside, 0.0, d_lat)


def gcj02_from_wgs84(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Shift WGS-84 degrees to GCJ-02."""
    lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    d_lon, d_lat = _shift(lon, lat)
    return lon + d_lon, lat + d_lat


def wgs84_from_gcj02(lon: Floats, lat: Floats, *, iterations: int = 6) -> tuple[Floats, Floats]:
    """Undo :func:`gcj02_from_wgs84`; four passes reach a micrometre, the usual single pass errs by up to 5 m."""
    lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    found_lon, found_lat = lon, lat
    for _ in range(iterations):
        d_lon, d_lat = _shift(found_lon, found_lat)
        found_lon, found_lat = lon - d_lon, lat - d_lat
    return found_lon, found_lat


def bd09_from_gcj02(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Shift GCJ-02 degrees to BD-09."""
    lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD_TURN)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD_TURN)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def gcj02_from_bd09(lon: Floats, lat: Floats, *, iterations: int = 8) -> tuple[Floats, Floats]:
    """Undo :func:`bd09_from_gcj02`, by the same fixed-point iteration as GCJ-02."""
    lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    found_lon, found_lat = lon - 0.0065, lat - 0.006
    for _ in range(iterations):
        there_lon, there_lat = bd09_from_gcj02(found_lon, found_lat)
        found_lon, found_lat = found_lon + (lon - there_lon), found_lat + (lat - there_lat)
    return found_lon, found_lat


def store_coordinates(x: Floats, y: Floats, *, datum: str) -> tuple[Floats, Floats]:
    """Return longitude and latitude in EPSG:4490 of positions given in ``datum``.

    For a projected ``"EPSG:n"``, ``x`` is easting and ``y`` northing whatever the axis order of its definition.

    Raises
    ------
    InvalidError
        ``geo.datum_unknown``.
    """
    datum = named_datum(datum)
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if datum in _SAME_AS_STORE:
        return x, y
    if datum == Datum.GCJ02.value:
        return wgs84_from_gcj02(x, y)
    if datum == Datum.BD09.value:
        return wgs84_from_gcj02(*gcj02_from_bd09(x, y))
    lon, lat = _transformer(datum, STORE_CRS).transform(x, y)
    return np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)


def coordinates_in(lon: Floats, lat: Floats, *, datum: str) -> tuple[Floats, Floats]:
    """Return positions of the store (EPSG:4490) in ``datum``, for an export or an online base map."""
    datum = named_datum(datum)
    lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    if datum in _SAME_AS_STORE:
        return lon, lat
    if datum == Datum.GCJ02.value:
        return gcj02_from_wgs84(lon, lat)
    if datum == Datum.BD09.value:
        return bd09_from_gcj02(*gcj02_from_wgs84(lon, lat))
    x, y = _transformer(STORE_CRS, datum).transform(lon, lat)
    return np.asarray(x, dtype=float), np.asarray(y, dtype=float)


def to_store(geometries: Geometries, *, datum: str) -> Geometries:
    """Return shapely geometries given in ``datum`` in EPSG:4490, flattened to two dimensions."""
    datum = named_datum(datum)
    flat = shapely.force_2d(np.asarray(geometries, dtype=object))
    if datum in _SAME_AS_STORE:
        return flat
    return shapely.transform(flat, lambda c: np.column_stack(store_coordinates(c[:, 0], c[:, 1], datum=datum)))


def from_store(geometries: Geometries, *, datum: str) -> Geometries:
    """Return geometries of the store (EPSG:4490) in ``datum``."""
    datum = named_datum(datum)
    flat = np.asarray(geometries, dtype=object)
    if datum in _SAME_AS_STORE:
        return flat
    return shapely.transform(flat, lambda c: np.column_stack(coordinates_in(c[:, 0], c[:, 1], datum=datum)))


def metric_crs(lon: float, lat: float = 23.0) -> str:
    """Return the projected system that measures metres around a place.

    In China the CGCS2000 3-degree Gauss-Krüger zone of the longitude (EPSG:4534 at 75°E to EPSG:4554 at 135°E,
    eastings without zone number); elsewhere the UTM zone, so that files from other countries still measure.
    """
    if 73.5 <= lon < 136.5 and 0 < lat < 60:
        return f"EPSG:{4534 + round((lon - 75.0) / 3.0)}"
    zone = min(int((lon + 180.0) // 6.0) + 1, 60)
    return f"EPSG:{(32600 if lat >= 0 else 32700) + zone}"


def metric_crs_of(geometries: Geometries) -> str:
    """Return :func:`metric_crs` at the middle of what ``geometries`` (EPSG:4490) span."""
    west, south, east, north = shapely.total_bounds(np.asarray(geometries, dtype=object))
    if np.isnan(west):
        return metric_crs(114.0)
    return metric_crs((west + east) / 2.0, (south + north) / 2.0)


def metric_coordinates(lon: Floats, lat: Floats, *, crs: str) -> tuple[Floats, Floats]:
    """Return easting and northing in metres of positions of the store."""
    return coordinates_in(lon, lat, datum=crs)


def to_metric(geometries: Geometries, *, crs: str | None = None) -> tuple[Geometries, str]:
    """Return geometries of the store in a projected system, and that system.

    ``crs`` defaults to :func:`metric_crs_of`; give it when several layers are to be measured together.
    """
    crs = crs or metric_crs_of(geometries)
    return from_store(geometries, datum=crs), crs


def area_m2(geometries: Geometries) -> Floats:
    """Return areas in square metres of polygons of the store.

    Each is measured in the 3-degree zone of its own longitude: a city across a zone's edge keeps its scale.
    """
    return _measure(geometries, shapely.area)


def length_m(geometries: Geometries) -> Floats:
    """Return lengths in metres of lines of the store (the perimeter of polygons)."""
    return _measure(geometries, shapely.length)


def _measure(geometries: Geometries, measure: Any) -> Floats:
    geometries = np.asarray(geometries, dtype=object)
    result = np.zeros(len(geometries), dtype=float)
    bounds = shapely.bounds(geometries)
    with np.errstate(invalid="ignore"):
        middle = np.column_stack([bounds[:, 0] + bounds[:, 2], bounds[:, 1] + bounds[:, 3]]) / 2.0
    known = ~np.isnan(middle[:, 0])
    systems = np.array([metric_crs(*place) if ok else "" for place, ok in zip(middle, known, strict=True)])
    for crs in np.unique(systems[known]):
        chosen = systems == crs
        result[chosen] = measure(from_store(geometries[chosen], datum=str(crs)))
    return result
