"""What is wrong with a geometry, before anything is measured or stored."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from renovation.geo.crs import Floats, Geometries

#: A polygon of a whole district has a few thousand corners; more is a digitising accident or an attack.
MAX_VERTICES = 200_000
#: Two outlines that share this much of the smaller one are one ground.
_NEARLY_WHOLE = 0.9
#: Longitude and latitude of China with a margin: west, south, east, north.
CHINA = (73.0, 3.0, 136.0, 54.0)
#: A place this far outside the project's boundary deserves a question (GCJ-02 and BD-09 shift by 100-700 m).
SHIFT_SUSPECT_M = 50.0
#: Old estates have 1 to 30 hectares, and the largest estates of China just under 5 km²: what is larger is a street or
#: district, unless somebody says that it is not.
MAX_GROUND_M2 = 5_000_000.0


class GeometryProblem(StrEnum):
    """What can be wrong; each is a code ``geometry.<value>`` of the catalogue."""

    MISSING = "missing"
    EMPTY = "empty"
    WRONG_TYPE = "wrong_type"
    NOT_FINITE = "not_finite"
    OUT_OF_RANGE = "out_of_range"
    POLE = "pole"
    ANTIMERIDIAN = "antimeridian"
    TOO_MANY_VERTICES = "too_many_vertices"
    SELF_CROSSING = "self_crossing"
    INVALID = "invalid"
    NO_AREA = "no_area"
    SWAPPED = "swapped"
    OUTSIDE_AREA = "outside_area"


@dataclass(frozen=True, slots=True)
class Found:
    """A problem of one geometry and the numbers its sentence needs."""

    problem: GeometryProblem
    fields: dict[str, Any]


_POLYGONAL = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
_POINTS = (shapely.GeometryType.POINT,)
_LINES = (shapely.GeometryType.LINESTRING, shapely.GeometryType.MULTILINESTRING)
KINDS = {"polygon": _POLYGONAL, "point": _POINTS, "line": _LINES}


def check(geometry: Any, *, kinds: tuple[str, ...], max_vertices: int = MAX_VERTICES) -> Found | None:
    """Return the first problem of a geometry in degrees (EPSG:4490), ``None`` when it is sound.

    Parameters
    ----------
    kinds
        What is welcome: ``"polygon"``, ``"point"``, ``"line"``.
    """
    if geometry is None:
        return Found(GeometryProblem.MISSING, {})
    kind = shapely.GeometryType(shapely.get_type_id(geometry))
    if shapely.is_empty(geometry):
        return Found(GeometryProblem.EMPTY, {})
    if not any(kind in KINDS[name] for name in kinds):
        return Found(GeometryProblem.WRONG_TYPE, {"found": kind.name.lower()})
    vertices = int(shapely.get_num_coordinates(geometry))
    if vertices > max_vertices:
        return Found(GeometryProblem.TOO_MANY_VERTICES, {"vertices": vertices, "limit": max_vertices})
    found = _check_position(shapely.get_coordinates(geometry))
    if found is not None or kind not in _POLYGONAL:
        return found
    if not shapely.is_valid(geometry):
        reason = str(shapely.is_valid_reason(geometry))
        where = reason[reason.find("[") + 1 : reason.find("]")] if "[" in reason else ""
        crossing = reason.startswith(("Self-intersection", "Ring Self-intersection"))
        return Found(GeometryProblem.SELF_CROSSING if crossing else GeometryProblem.INVALID, {"where": where})
    if shapely.area(geometry) <= 0:
        return Found(GeometryProblem.NO_AREA, {})
    return None


def mended(polygon: Any) -> Any:
    """Return an invalid polygon as the valid one that covers the very same ground; ``None`` where that is a question.

    A ring that only touches itself, or a line drawn there and back, encloses one area however it is read. Where rings
    cross, it depends on the reader, and somebody has to look.
    """
    whole = shapely.make_valid(polygon, method="structure", keep_collapsed=False)
    if shapely.get_type_id(whole) not in _POLYGONAL or shapely.is_empty(whole):
        return None
    drawn = shapely.area(polygon)
    return whole if abs(shapely.area(whole) - drawn) <= 1e-9 * max(drawn, 1e-12) else None


def sound(
    geometries: Geometries,
    *,
    kinds: tuple[str, ...],
    box: tuple[float, float, float, float],
) -> NDArray[np.bool_]:
    """Tell at once for many geometries in degrees which have nothing :func:`check` or :func:`outside_box` would find.

    The others are few, and are asked one by one what is wrong.
    """
    geometries = np.asarray(geometries, dtype=object)
    welcome = np.array([int(kind) for name in kinds for kind in KINDS[name]])
    result = np.isin(shapely.get_type_id(geometries), welcome) & ~shapely.is_empty(geometries)
    result &= shapely.get_num_coordinates(geometries) <= MAX_VERTICES
    coordinates, owner = shapely.get_coordinates(geometries, return_index=True)
    result[owner[~np.isfinite(coordinates).all(axis=1)]] = False
    with np.errstate(invalid="ignore"):
        west, south, east, north = shapely.bounds(geometries).T
        result &= (west >= box[0]) & (south >= box[1]) & (east <= box[2]) & (north <= box[3])
        result &= (east - west <= 180) & (np.abs(south) < 89.9) & (np.abs(north) < 89.9)
    polygons = result & (shapely.get_dimensions(geometries) == 2)
    result[polygons] = shapely.is_valid(geometries[polygons]) & (shapely.area(geometries[polygons]) > 0)
    return result


def _check_position(coordinates: Floats) -> Found | None:
    if not np.isfinite(coordinates).all():
        return Found(GeometryProblem.NOT_FINITE, {})
    lon, lat = coordinates[:, 0], coordinates[:, 1]
    wild = (np.abs(lon) > 180) | (np.abs(lat) > 90)
    if wild.any():
        at = int(np.argmax(wild))
        return Found(GeometryProblem.OUT_OF_RANGE, {"lon": float(lon[at]), "lat": float(lat[at])})
    if (np.abs(lat) >= 89.9).any():
        return Found(GeometryProblem.POLE, {})
    if lon.max() - lon.min() > 180:
        return Found(GeometryProblem.ANTIMERIDIAN, {})
    return None


def swapped_back(geometry: Any) -> Any:
    """Return the geometry with longitude and latitude exchanged."""
    return shapely.transform(geometry, lambda c: c[:, ::-1])


def within(geometries: Geometries, box: tuple[float, float, float, float]) -> NDArray[np.bool_]:
    """Tell of each geometry whether it lies wholly in ``box`` (west, south, east, north)."""
    west, south, east, north = np.moveaxis(shapely.bounds(np.asarray(geometries, dtype=object)), -1, 0)
    return (box[0] <= west) & (box[1] <= south) & (east <= box[2]) & (north <= box[3])


def outside_box(geometry: Any, box: tuple[float, float, float, float] = CHINA) -> Found | None:
    """Tell whether a geometry leaves ``box`` (west, south, east, north), and whether swapped axes are why."""
    west, south, east, north = shapely.bounds(geometry)
    if box[0] <= west and box[1] <= south and east <= box[2] and north <= box[3]:
        return None
    fields = {"lon": round((west + east) / 2, 6), "lat": round((south + north) / 2, 6)}
    cured = box[0] <= south and box[1] <= west and north <= box[2] and east <= box[3]
    return Found(GeometryProblem.SWAPPED if cured else GeometryProblem.OUTSIDE_AREA, fields)


def distance_outside_m(geometries: Geometries, boundary: Any) -> Floats:
    """Return how far (metres) each geometry's middle lies outside ``boundary``; 0 inside. All in EPSG:4490."""
    from renovation.geo.crs import from_store, metric_crs_of

    geometries = np.asarray(geometries, dtype=object)
    crs = metric_crs_of(np.array([boundary], dtype=object))
    edge = from_store(np.array([boundary], dtype=object), datum=crs)[0]
    shapely.prepare(edge)
    return np.asarray(shapely.distance(shapely.centroid(from_store(geometries, datum=crs)), edge), dtype=float)


def covering(polygons: Geometries, others: Geometries) -> list[tuple[int, int, float, bool]]:
    """Return which polygons cover which of others nearly whole by the smaller one, by how much, and whether by the
    larger one too: then both are one outline.
    """
    polygons, others = np.asarray(polygons, dtype=object), np.asarray(others, dtype=object)
    first, second = shapely.STRtree(others).query(polygons, predicate="intersects")
    common = shapely.area(shapely.intersection(polygons[first], others[second]))
    areas = np.stack([shapely.area(polygons[first]), shapely.area(others[second])])
    part, whole = common / areas.min(axis=0), common / areas.max(axis=0)
    found = zip(first.tolist(), second.tolist(), part.tolist(), (whole >= _NEARLY_WHOLE).tolist(), strict=True)
    return [one for one in found if np.isfinite(one[2]) and one[2] >= _NEARLY_WHOLE]


def overlaps(polygons: Geometries, *, share: float = 0.2) -> list[tuple[int, int, float]]:
    """Return pairs of polygons that cover each other by at least ``share`` of the smaller one.

    Neighbours digitised by hand overlap in slivers; an estate drawn twice overlaps nearly whole.
    """
    polygons = np.asarray(polygons, dtype=object)
    first, second = shapely.STRtree(polygons).query(polygons, predicate="intersects")
    once = first < second
    first, second = first[once], second[once]
    common = shapely.area(shapely.intersection(polygons[first], polygons[second]))
    part: NDArray[np.float64] = common / np.minimum(shapely.area(polygons[first]), shapely.area(polygons[second]))
    return [
        (int(a), int(b), float(p)) for a, b, p in zip(first, second, part, strict=True) if np.isfinite(p) and p >= share
    ]


def is_same_outline(one: bytes, other: bytes) -> bool:
    """Tell whether two outlines (WKB, EPSG:4490) are one, corner by corner, to a centimetre."""
    return bool(shapely.equals_exact(shapely.from_wkb(one), shapely.from_wkb(other), 1e-7))
