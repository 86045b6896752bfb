"""Places out, as GeoJSON, GeoPackage, zipped Shapefile and rows with coordinates.

The datum is chosen by whoever exports and stated in the file. GCJ-02 and BD-09 have no code that a file could
carry; such files are marked as having no known CRS, and their description names the datum. Equal places give equal
bytes.
"""

from __future__ import annotations

import csv
import io
import json
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np
import shapely

from renovation.exports.files.tables import Exported, file_stem
from renovation.geo.crs import epsg_of, from_store, named_datum
from renovation.model.canonical import pack
from renovation.text import Language, text

_T = TypeVar("_T")

GEOJSON = "application/geo+json"
GEOPACKAGE = "application/geopackage+sqlite3"
ZIP = "application/zip"
#: Files carry a date of change; a fixed one keeps equal exports equal.
_FIXED_DAY = "2000-01-01"
_SHAPES = {0: "point", 1: "line", 2: "polygon"}
_NAME_BYTES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceLayer:
    """Places with their columns.

    Attributes
    ----------
    rows
        One row of plain values (str, int, float, Decimal, Fraction, date, bool, ``None``) per place.
    geometries
        WKB in EPSG:4490, or ``None``, in the order of the rows.
    """

    name: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Any]]
    geometries: Sequence[bytes | None]

    @classmethod
    def of(
        cls,
        name: str,
        columns: Mapping[str, Callable[[_T], Any]],
        found: Sequence[_T],
        place: Callable[[_T], bytes | None],
    ) -> Self:
        """Return a layer of things: heading → what stands below it of each, and where each lies."""
        rows = [[read(one) for read in columns.values()] for one in found]
        return cls(name=name, headings=list(columns), rows=rows, geometries=[place(one) for one in found])


def datum_name(datum: str, language: Language | str) -> str:
    """Return what a person calls a datum."""
    datum = named_datum(datum)
    if datum.startswith("EPSG:"):
        return text("datum.projected", language, epsg=datum)
    return text(f"datum.{datum}", language)


def geojson(layer: PlaceLayer, *, datum: str) -> Exported:
    """Return the layer as GeoJSON with a ``crs`` member where the datum has a code, and a ``datum`` member always."""
    datum = named_datum(datum)
    shapes = shapely.to_geojson(_moved(layer, datum))
    lines = []
    for number, (row, shape) in enumerate(zip(layer.rows, shapes, strict=True), 1):
        properties = {h: _json_value(v) for h, v in zip(layer.headings, row, strict=True)}
        said = json.dumps(properties, ensure_ascii=False, separators=(",", ":"))
        lines.append(f'{{"type":"Feature","id":{number},"properties":{said},"geometry":{shape or "null"}}}')
    head: dict[str, Any] = {"type": "FeatureCollection", "name": layer.name, "datum": datum}
    if epsg := epsg_of(datum):
        urn = f"urn:ogc:def:crs:EPSG::{epsg.removeprefix('EPSG:')}"
        head["crs"] = {"type": "name", "properties": {"name": urn}}
    opened = json.dumps(head, ensure_ascii=False, separators=(",", ":"))[:-1]
    data = f'{opened},"features":[\n' + ",\n".join(lines) + "\n]}\n"
    return f"{file_stem(layer.name)}.geojson", GEOJSON, data.encode("utf-8", errors="replace")


def geopackage(layer: PlaceLayer, *, datum: str) -> Exported:
    """Return the layer as a GeoPackage."""
    return geopackage_of(layer.name, [(layer, "")], datum=datum)


def geopackage_of(name: str, layers: Sequence[tuple[PlaceLayer, str]], *, datum: str) -> Exported:
    """Return several layers as one GeoPackage.

    Parameters
    ----------
    layers
        Each with its QGIS style (QML), or ``""``. Styles go into the table ``layer_styles``, which QGIS
        reads by itself.
    """
    datum = named_datum(datum)
    with tempfile.TemporaryDirectory(prefix="renovation-") as folder:
        path = Path(folder, "export.gpkg")
        for layer, _ in layers:
            shapes = _moved(layer, datum)
            kind, many = _common_type(shapes)
            _write(
                path, layer, shapes, datum, driver="GPKG", layer=_layer_name(layer.name), geometry_type=kind,
                promote_to_multi=many,
                layer_options={"DESCRIPTION": datum_name(datum, "zh-CN"), "SPATIAL_INDEX": "YES"},
            )  # fmt: skip
        if styled := [(_layer_name(layer.name), style) for layer, style in layers if style]:
            _write_styles(path, styled)
        return f"{file_stem(name)}.gpkg", GEOPACKAGE, path.read_bytes()


def _write_styles(path: Path, styled: Sequence[tuple[str, str]]) -> None:
    """Add the table in which QGIS keeps the styles of a GeoPackage's layers."""
    from pyogrio import raw

    count = len(styled)
    columns: dict[str, Any] = {
        "f_table_catalog": [""] * count,
        "f_table_schema": [""] * count,
        "f_table_name": [layer for layer, _ in styled],
        "f_geometry_column": ["geom"] * count,
        "styleName": [layer for layer, _ in styled],
        "styleQML": [style for _, style in styled],
        "styleSLD": [""] * count,
        "useAsDefault": [True] * count,
        "description": [""] * count,
        "owner": [""] * count,
        "ui": [""] * count,
        "update_time": [np.datetime64(_FIXED_DAY, "ms")] * count,
    }
    raw.write(
        str(path),
        geometry=None,
        field_data=[np.array(v, dtype=None if isinstance(v[0], bool) else getattr(v[0], "dtype", object))
                    for v in columns.values()],
        fields=np.array(list(columns), dtype=object),
        driver="GPKG",
        layer="layer_styles",
        layer_options={"FID": "id"},
    )  # fmt: skip


def shapefile(layer: PlaceLayer, *, datum: str) -> Exported:
    """Return the layer as a zipped Shapefile in UTF-8, with a list of the headings, which the format cuts to ten bytes.

    A Shapefile holds one kind of geometry: points, lines and polygons go into one each. Places without geometry go with
    the first. Text beyond 254 bytes is cut by the format.
    """
    datum = named_datum(datum)
    shapes = _moved(layer, datum)
    dimension = shapely.get_dimensions(shapes)
    kinds = sorted({int(d) for d in dimension if d >= 0}) or [2]
    short = _short_names(layer.headings)
    stem = file_stem(layer.name)
    members = {"fields.csv": _field_list(short, layer.headings, datum)}
    with tempfile.TemporaryDirectory(prefix="renovation-") as folder:
        for kind in kinds:
            chosen = np.flatnonzero((dimension == kind) | ((dimension < 0) & (kind == kinds[0]))).tolist()
            part = PlaceLayer(
                name=stem,
                headings=short,
                rows=[[_fitting(v) for v in layer.rows[i]] for i in chosen],
                geometries=[layer.geometries[i] for i in chosen],
            )
            base = stem if len(kinds) == 1 else f"{stem}_{_SHAPES[kind]}"
            multi = {0: "Point", 1: "MultiLineString", 2: "MultiPolygon"}[kind]
            _write(
                Path(folder, f"part{kind}.shp"), part, shapes[chosen], datum, driver="ESRI Shapefile",
                geometry_type=multi, promote_to_multi=kind > 0, encoding="UTF-8",
                layer_options={"DBF_DATE_LAST_UPDATE": _FIXED_DAY},
            )  # fmt: skip
            for file in sorted(Path(folder).glob(f"part{kind}.*")):
                members[base + file.suffix] = file.read_bytes()
            if not Path(folder, f"part{kind}.prj").exists():
                # Without any .prj readers refuse the file; a local system says that no code is known.
                members[f"{base}.prj"] = f'LOCAL_CS["{datum}",UNIT["degree",0.0174532925199433]]'.encode()
    return f"{stem}.zip", ZIP, pack(members, compressed=True)


def place_rows(
    layer: PlaceLayer, *, datum: str, language: Language | str, outlines: bool = False
) -> tuple[list[str], list[list[Any]]]:
    """Return headings and rows with longitude, latitude and the datum's code added, for XLSX and CSV.

    The position is a point inside the place. ``outlines`` adds the geometry as WKT, for CSV: XLSX cells are too small.
    """
    datum = named_datum(datum)
    shapes = _moved(layer, datum)
    points = shapely.point_on_surface(shapes)
    x, y = shapely.get_x(points), shapely.get_y(points)
    wkt = shapely.to_wkt(shapes, rounding_precision=9) if outlines else [None] * len(shapes)
    extra = ["lon", "lat", "datum"] + (["wkt"] if outlines else [])
    headings = [*layer.headings, *(text(f"geodata.column.{name}", language) for name in extra)]
    rows = []
    for row, lon, lat, outline in zip(layer.rows, x.tolist(), y.tolist(), wkt, strict=True):
        known = lon == lon
        place = [round(lon, 9) if known else None, round(lat, 9) if known else None, datum if known else None]
        rows.append([*row, *place, *([outline] if outlines else [])])
    return headings, rows


def _layer_name(name: str) -> str:
    """Return a name GeoPackage takes: letters, digits and underscores, not beginning with a digit."""
    plain = re.sub(r"\W+", "_", file_stem(name)).strip("_")
    return plain if plain and not plain[0].isdigit() else f"layer_{plain}"


def _moved(layer: PlaceLayer, datum: str) -> Any:
    return from_store(shapely.from_wkb(np.array(list(layer.geometries), dtype=object)), datum=datum)


def _common_type(shapes: Any) -> tuple[str, bool]:
    """Return the one geometry type all places fit, and whether single ones must become multi."""
    kinds = {int(k) for k in shapely.get_type_id(shapes) if k >= 0}
    for single, multi, name in ((0, 4, "Point"), (1, 5, "LineString"), (3, 6, "Polygon")):
        if kinds and kinds <= {single, multi}:
            return (name, False) if kinds == {single} else (f"Multi{name}", True)
    return "Unknown", False


def _write(path: Path, places: PlaceLayer, shapes: Any, datum: str, **options: Any) -> None:
    import warnings

    import pyogrio
    from pyogrio import raw

    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{_FIXED_DAY}T00:00:00.000Z"})
    columns = [_column([row[at] for row in places.rows]) for at in range(len(places.headings))]
    with warnings.catch_warnings():
        # No CRS for GCJ-02 and BD-09 is what is meant here, not an oversight.
        warnings.filterwarnings("ignore", message="'crs' was not provided")
        raw.write(
            str(path),
            geometry=np.array(shapely.to_wkb(shapes), dtype=object),
            field_data=[values for values, _ in columns],
            fields=np.array(list(places.headings), dtype=object),
            field_mask=[mask for _, mask in columns],
            crs=epsg_of(datum),
            **options,
        )


def _column(values: list[Any]) -> tuple[Any, Any]:
    """Return a column as the narrowest array that holds it, and which of its values are missing."""
    missing = np.array([v is None for v in values], dtype=bool)
    present = [v for v in values if v is not None]
    if present and all(isinstance(v, int) and not isinstance(v, bool) and abs(v) < 2**63 for v in present):
        return np.array([0 if v is None else v for v in values], dtype=np.int64), missing
    if present and all(isinstance(v, int | float | Decimal | Fraction) and not isinstance(v, bool) for v in present):
        return np.array([0.0 if v is None else float(v) for v in values], dtype=float), missing
    return np.array([None if v is None else _json_text(v) for v in values], dtype=object), missing


def _json_text(value: Any) -> str:
    plain = _json_value(value)
    # A C library ends a text at its first NUL; a visible mark loses nothing else.
    return str(plain).replace("\x00", "\u2400")


def _json_value(value: Any) -> Any:
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, Decimal | Fraction):
        exact = Fraction(value)
        return exact.numerator if exact.denominator == 1 else float(exact)
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


def _fitting(value: Any) -> Any:
    """Cut text to the 254 bytes a Shapefile holds, between characters."""
    if not isinstance(value, str):
        return value
    return value.encode("utf-8", errors="replace")[:254].decode("utf-8", errors="ignore")


def _short_names(headings: Sequence[str]) -> list[str]:
    """Return headings cut to ten bytes between characters, each once."""
    found: list[str] = []
    for heading in headings:
        name, number = _cut_bytes(heading, _NAME_BYTES) or "f", 1
        base = name
        while name.casefold() in {f.casefold() for f in found}:
            name, number = f"{_cut_bytes(base, _NAME_BYTES - len(str(number)))}{number}", number + 1
        found.append(name)
    return found


def _cut_bytes(text: str, limit: int) -> str:
    return text.encode("utf-8", errors="replace")[:limit].decode("utf-8", errors="ignore")


def _field_list(short: Sequence[str], headings: Sequence[str], datum: str) -> bytes:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerows([("field", "heading"), *zip(short, headings, strict=True), ("datum", datum)])
    return buffer.getvalue().encode("utf-8-sig")
