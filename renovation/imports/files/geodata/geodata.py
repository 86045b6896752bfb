"""GeoJSON, GeoPackage and zipped Shapefile from strangers, as rows with a geometry each."""

from __future__ import annotations

import json
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import shapely

from renovation.geo import checks
from renovation.imports.files import archives
from renovation.imports.files.geodata import dbf
from renovation.imports.files.geodata.vectors import read_layers
from renovation.imports.files.results import Findings, Place, UnreadableError
from renovation.imports.files.sheets import Row, Sheet
from renovation.model.names import name_key

#: Positions in one file: a city's estates have half a million.
MAX_POSITIONS = 3_000_000
#: Objects in one file: a feature has three.
MAX_OBJECTS = 1_500_000
#: Bytes of one feature, and of a whole text in memory, where a Chinese sign makes two of every byte.
MAX_FEATURE = 6_000_000
MAX_TEXT = 120_000_000
#: Cells of the table that the features make, those left empty before a filled one included.
MAX_CELLS = 10_000_000
#: Different names of properties in a file.
MAX_PROPERTIES = 500
_SPACE = re.compile(r"[ \t\r\n]*")
_NEEDED = (".shp", ".shx", ".dbf", ".prj")
_DEPTH = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}


class _DuplicateKeyError(Exception):
    def __init__(self, key: str, feature: int | None) -> None:
        self.key, self.feature = key, feature


class _Objects:
    """Builds the objects of a text, and knows how many features were complete when a key came twice."""

    def __init__(self) -> None:
        self.features = 0

    def __call__(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            names = [name for name, _ in pairs]
            raise _DuplicateKeyError(
                next(name for name, count in Counter(names).items() if count > 1), self.features + 1
            )
        self.features += found.get("type") == "Feature"
        return found


def _constant(name: str) -> float:
    raise UnreadableError("geojson.not_a_number", value=name)


def read_geojson(data: bytes, findings: Findings) -> Sheet:
    """Read a FeatureCollection; geometries are checked as they are written, before anything closes or mends them.

    Raises
    ------
    UnreadableError
        ``geojson.*``: not JSON, not a FeatureCollection, a key twice, too many positions; ``geojson.broken``,
        ``geojson.duplicate_key``, ``geojson.several``, ``geojson.topology``, ``geojson.truncated``,
        ``geojson.no_features``, ``geojson.not_collection``, ``geojson.not_utf8``,
        ``geojson.too_large_feature``, ``geojson.too_many_cells``, ``geojson.too_many_positions``,
        ``geojson.too_many_properties``; ``geometry.too_many_vertices``; ``file.too_large``.
    """
    _refuse_heavy(data)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableError("geojson.not_utf8") from None
    around: dict[str, Any] = {}
    features = _one_by_one(text, around)
    del text
    headings: dict[str, int] = {}
    sheet = Sheet(name=None, rows=[], features=True, encoding="UTF-8")
    ids: dict[str, int] = {}
    measured: set[int] = set()
    number = in_all = 0
    for number, feature in enumerate(features, 1):
        place = Place(feature=number)
        if not isinstance(feature, dict) or feature.get("type") != "Feature":
            findings.fault("geojson.not_feature", place)
            continue
        _check_id(feature.get("id"), number, ids, findings)
        properties = feature.get("properties") or {}
        if not isinstance(properties, dict):
            findings.fault("geojson.no_properties", place)
            continue
        cells: list[Any] = []
        for name, value in properties.items():
            column = headings.setdefault(name, len(headings))
            if column >= MAX_PROPERTIES:
                # Each feature with names of its own would make a table as wide as it is long.
                raise UnreadableError("geojson.too_many_properties", limit=MAX_PROPERTIES, feature=number)
            cells.extend([None] * (column + 1 - len(cells)))
            cells[column] = json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
        in_all += len(cells)
        if in_all > MAX_CELLS:
            raise UnreadableError("geojson.too_many_cells", limit=MAX_CELLS, feature=number)
        try:
            geometry = _geometry(feature.get("geometry"))
        except UnreadableError as error:
            findings.refuse(error, place)
            continue
        if geometry is not None and geometry.has_z and _most_numbers(feature["geometry"]["coordinates"]) > 3:
            measured.add(number)
        sheet.rows.append(Row(number, cells, geometry))
    if around.get("type") == "Topology":
        raise UnreadableError("geojson.topology")
    if around.get("type") != "FeatureCollection" or "features" not in around:
        raise UnreadableError("geojson.not_collection")
    if not number:
        raise UnreadableError("geojson.no_features")
    sheet.epsg, sheet.unknown_crs = _stated_crs(around.get("crs"), around.get("datum"))
    sheet.headings, sheet.measured = list(headings), frozenset(measured)
    return sheet


def _refuse_heavy(data: bytes) -> None:
    """Refuse, before anything is built from it, what would take many times its size in memory."""
    if data.count(b"[") > MAX_POSITIONS or data.count(b"{") > MAX_OBJECTS:
        raise UnreadableError("geojson.too_many_positions", limit=MAX_POSITIONS)
    widest = 4 if max(data) >= 0xF0 else 2 if max(data) >= 0xC4 else 1
    if len(data) * widest > MAX_TEXT:
        raise UnreadableError("file.too_large", megabytes=MAX_TEXT // widest // 10**6)
    begin, feature = 0, 0
    while begin >= 0:
        # No feature is longer than what lies between the words that begin the ones around it.
        end = data.find(b'"Feature"', begin + 1)
        stop = len(data) if end < 0 else end
        if stop - begin > MAX_FEATURE:
            if (vertices := data.count(b"[", begin, stop)) > checks.MAX_VERTICES:
                limit = checks.MAX_VERTICES
                raise UnreadableError("geometry.too_many_vertices", vertices=vertices, limit=limit, feature=feature)
            raise UnreadableError("geojson.too_large_feature", megabytes=MAX_FEATURE // 10**6)
        begin, feature = end, feature + 1


def _one_by_one(text: str, around: dict[str, Any]) -> Iterator[Any]:
    """Yield the features of a text, each forgotten before the next is built; the rest of it goes to ``around``.

    Raises
    ------
    UnreadableError
        ``geojson.broken``, ``geojson.duplicate_key``; ``geojson.not_a_number``, ``geojson.several``,
        ``geojson.truncated``.
    """
    objects = _Objects()
    decoder = json.JSONDecoder(object_pairs_hook=objects, parse_constant=_constant)
    at = _SPACE.match(text, 0).end()  # type: ignore[union-attr]  # matches nothing as well

    def sign(wanted: str) -> str:
        nonlocal at
        found = text[at : at + 1]
        if not found or found not in wanted:
            raise json.JSONDecodeError("expected", text, at)
        at = _SPACE.match(text, at + 1).end()  # type: ignore[union-attr]
        return found

    def value() -> Any:
        nonlocal at
        found, end = decoder.raw_decode(text, at)
        at = _SPACE.match(text, end).end()  # type: ignore[union-attr]
        return found

    try:
        if not text.startswith("{", at):
            value()
            raise UnreadableError("geojson.not_collection")
        sign("{")
        more = not text.startswith("}", at) or sign("}") != "}"
        while more:
            if not text.startswith('"', at):
                raise json.JSONDecodeError("expected", text, at)
            name = value()
            sign(":")
            if name in around:
                raise _DuplicateKeyError(name, None)
            if name == "features" and text.startswith("[", at):
                around[name] = True
                sign("[")
                inside = not text.startswith("]", at) or sign("]") != "]"
                while inside:
                    yield value()
                    inside = sign(",]") == ","
            else:
                around[name] = value()
            more = sign(",}") == ","
        if at < len(text):
            raise json.JSONDecodeError("extra", text, at)
    except _DuplicateKeyError as error:
        raise UnreadableError(
            "geojson.duplicate_key", name=error.key[:60], feature=error.feature if "features" in around else None
        ) from None
    except json.JSONDecodeError as error:
        if not text[error.pos :].strip():
            raise UnreadableError("geojson.truncated", line=error.lineno) from None
        if around and error.msg == "extra" and text.startswith("{", error.pos):
            raise UnreadableError("geojson.several") from None
        raise UnreadableError("geojson.broken", line=error.lineno, column=error.colno) from None
    except (ValueError, RecursionError):
        raise UnreadableError("geojson.broken", line=1, column=1) from None
    if around.get("type") == "Feature":
        feature, around["type"], around["features"] = dict(around), "FeatureCollection", True
        yield feature


def _check_id(given: Any, number: int, ids: dict[str, int], findings: Findings) -> None:
    if given is None:
        return
    # 1 and "1" are different to a program and the same to the person who reads the list.
    if (first := ids.setdefault(name_key(str(given)), number)) != number:
        findings.fault("geojson.duplicate_id", Place(feature=number), id=str(given)[:40], other=first)


def _stated_crs(crs: Any, datum: Any) -> tuple[str | None, str | None]:
    """Return what the file says of its coordinates, or else the name of what nobody here knows.

    ``datum`` is a word of files of this tool. Without either it is WGS-84 by the standard, and the person says more.
    """
    from renovation.errors import InvalidError
    from renovation.geo.crs import named_datum

    said = datum if crs is None else crs
    if said is None:
        return None, None
    properties = said.get("properties") if isinstance(said, dict) else None
    name = (
        next((properties[key] for key in ("name", "code", "href") if key in properties), said) if properties else said
    )
    if str(name).upper().endswith("CRS84"):
        return "EPSG:4326", None
    try:
        return named_datum(str(name)), None
    except InvalidError:
        return None, str(name)[:60]


def _geometry(given: Any) -> Any:
    """Build a geometry from GeoJSON's own words, refusing what shapely would quietly close, convert or drop."""
    if given is None:
        return None
    if not isinstance(given, dict) or given.get("type") not in _DEPTH:
        raise UnreadableError(
            "geojson.unknown_geometry", value=str(given.get("type") if isinstance(given, dict) else given)[:40]
        )
    kind, coordinates = given["type"], given.get("coordinates")
    if not isinstance(coordinates, list) or not coordinates:
        raise UnreadableError("geometry.empty")
    depth = _DEPTH[kind]
    if depth == 0:
        return shapely.Point(positions([coordinates])[0])
    if depth == 1:
        points = positions(coordinates)
        return shapely.MultiPoint(points) if kind == "MultiPoint" else as_line(points)
    if kind == "MultiLineString":
        return shapely.MultiLineString([as_line(positions(_list(part))) for part in coordinates])
    if kind == "Polygon":
        return as_polygon(coordinates)
    return shapely.MultiPolygon([as_polygon(_list(part)) for part in coordinates])


def _most_numbers(given: list[Any]) -> int:
    """Return how many numbers the longest position in coordinates has."""
    return max(map(_most_numbers, given)) if isinstance(given[0], list) else len(given)


def _list(given: Any) -> list[Any]:
    if not isinstance(given, list) or not given:
        raise UnreadableError("geometry.empty")
    return given


def as_line(points: Any) -> Any:
    """Build a line of positions.

    Raises
    ------
    UnreadableError
        ``geometry.too_few_points``.
    """
    if len(points) < 2:
        raise UnreadableError("geometry.too_few_points", found=len(points), least=2)
    return shapely.LineString(points)


def as_polygon(rings: list[Any]) -> Any:
    """Build a polygon of rings, each closed as it is written.

    Raises
    ------
    UnreadableError
        ``geometry.empty``, ``geometry.not_closed``, ``geometry.too_few_points``; see :func:`positions`.
    """
    built = []
    for ring in rings:
        points = positions(_list(ring))
        if len(points) < 4:
            raise UnreadableError("geometry.too_few_points", found=len(points), least=4)
        if not (points[0][:2] == points[-1][:2]).all():
            raise UnreadableError("geometry.not_closed")
        built.append(points)
    return shapely.Polygon(built[0], built[1:])


def positions(given: list[Any]) -> Any:
    """Return positions as an array of x, y and, where one has it, the height, which is left out (and said) later.

    Raises
    ------
    UnreadableError
        ``geometry.bad_position``, ``geometry.not_finite``, ``geometry.not_numbers``.
    """
    lengths = {len(p) if isinstance(p, list) else -1 for p in given}
    if not lengths <= {2, 3, 4}:
        raise UnreadableError("geometry.bad_position")
    if not {type(n) for n in chain.from_iterable(given)} <= {int, float}:
        raise UnreadableError("geometry.not_numbers")
    longest = max(lengths)
    same = given if len(lengths) == 1 else [p + [0] * (longest - len(p)) for p in given]
    try:
        return np.array(same, dtype=float)[:, :3]
    except OverflowError:
        raise UnreadableError("geometry.not_finite") from None


def read_geopackage(data: bytes, findings: Findings, *, layer: str | None = None) -> list[Sheet]:
    """Read the layers of a GeoPackage that have geometries (or the one named); tables without are named."""
    layers = read_layers({"file.gpkg": data}, "file.gpkg", layer=layer)
    if beside := next((found.beside for found in layers), ()):
        findings.change("geopackage.tables_left", before=beside, after=len(beside))
    return [
        Sheet(
            name=found.name,
            rows=[
                Row(number, row, None if wkb is None else _from_wkb(wkb))
                for number, (row, wkb) in enumerate(zip(found.rows, found.geometries, strict=True), 1)
            ],
            features=True,
            headings=found.columns,
            epsg=found.epsg,
            unknown_crs=found.unknown_crs,
            measured=frozenset(at + 1 for at in found.measured),
        )
        for found in layers
    ]


def _from_wkb(wkb: bytes) -> Any:
    try:
        return shapely.from_wkb(wkb)
    except shapely.errors.GEOSException:
        raise UnreadableError("geodata.broken") from None


def shapefiles_in(archive: zipfile.ZipFile) -> list[str]:
    """Return the stems (path without ending) of shapefiles in a zip, complete or not."""
    stems: dict[str, str] = {}
    for name in archives.names(archive):
        path = PurePosixPath(name)
        if path.suffix.lower() in _NEEDED:
            stems.setdefault(str(path.with_suffix("")).casefold(), str(path.with_suffix("")))
    return sorted(stems.values())


def read_shapefile(archive: zipfile.ZipFile, findings: Findings, *, layer: str | None = None) -> Sheet | None:
    """Read a zipped Shapefile; ``None`` when parts are missing or there are several, which is noted.

    Raises
    ------
    UnreadableError
        ``shapefile.*``, ``geodata.broken``, ``archive.broken``; ``shapefile.none``, ``shapefile.parts_differ``.
    """
    stems = shapefiles_in(archive)
    if layer is not None:
        stems = [s for s in stems if PurePosixPath(s).name == layer]
    if not stems:
        raise UnreadableError("shapefile.none")
    if len(stems) > 1:
        findings.fault("shapefile.several", names=tuple(PurePosixPath(s).name for s in stems))
        return None
    entries = {shown.casefold(): name for shown, name in archives.names(archive).items()}
    parts = {end: entries.get(f"{stems[0]}{end}".casefold()) for end in (*_NEEDED, ".cpg")}
    missing = [end for end in _NEEDED if parts[end] is None]
    name = PurePosixPath(stems[0]).name
    if missing:
        findings.fault("shapefile.missing_part", Place(sheet=name), parts=tuple(missing))
        return None
    inside = {end: archives.content(archive, entry) for end, entry in parts.items() if entry is not None}
    code_page = inside[".cpg"].decode("ascii", errors="replace") if ".cpg" in inside else None
    attributes = dbf.read_dbf(inside[".dbf"], code_page=code_page)
    layers = read_layers({f"file{end}": inside[end] for end in (".shp", ".shx", ".prj")}, "file.shp")
    geometries = layers[0].geometries if layers else []
    epsg, unknown = (layers[0].epsg, layers[0].unknown_crs) if layers else (None, None)
    if epsg is None and unknown is None and inside[".prj"].strip():
        # What GDAL makes nothing of is still named.
        unknown = inside[".prj"].decode("utf-8", errors="replace").strip()[:60]
    if len(geometries) != len(attributes.rows):
        raise UnreadableError("shapefile.parts_differ", shapes=len(geometries), rows=len(attributes.rows))
    for number in attributes.deleted:
        findings.change("shapefile.deleted", Place(sheet=name, feature=number))
    for number, column in attributes.damaged:
        findings.fault(
            "text.bad_encoding", Place(sheet=name, feature=number, column=column), encoding=attributes.encoding
        )
    return Sheet(
        name=name,
        rows=[
            Row(number, row, None if wkb is None else _from_wkb(wkb))
            for number, (row, wkb) in enumerate(zip(attributes.rows, geometries, strict=True), 1)
            if row is not None
        ],
        features=True,
        headings=attributes.names,
        encoding=attributes.encoding,
        cut=attributes.cut,
        measured=frozenset(at + 1 for at in layers[0].measured) if layers else frozenset(),
        epsg=epsg,
        unknown_crs=unknown,
    )
