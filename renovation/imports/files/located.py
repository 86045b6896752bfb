"""Where each row lies: its own geometry, WKT, or coordinates, in the stated datum, checked and brought to EPSG:4490."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from renovation.errors import InvalidError
from renovation.geo import checks
from renovation.geo.crs import area_of_use, epsg_of, is_rough, named_datum, to_store
from renovation.imports.files.columns import Field, ReadTable
from renovation.imports.files.results import Findings, Place, UnreadableError
from renovation.imports.files.sheets import Row
from renovation.imports.files.values.values import coordinate, is_nothing, words
from renovation.model.places import Datum

#: Columns any kind of place may carry.
PLACE_FIELDS = (
    Field(
        "lon", ("经度", "东经", "lng", "long", "longitude", "x坐标", "x", "东坐标", "横坐标", "点位经度", "中心经度")
    ),
    Field("lat", ("纬度", "北纬", "latitude", "y坐标", "y", "北坐标", "纵坐标", "点位纬度", "中心纬度")),
    Field("lonlat", ("经纬度", "坐标", "经纬度坐标", "位置坐标", "coordinates", "lnglat")),
    Field("datum", ("坐标系", "坐标基准", "坐标系统", "crs")),
    Field("wkt", ("范围", "边界", "几何", "geometry", "geom", "the_geom", "wkt几何", "空间范围")),
)
_LONGEST_WKT = 5_000_000
#: Boundaries are drawn by hand; places this far outside one are another city's or carry another datum.
_SUSPECT_M = checks.SHIFT_SUSPECT_M


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """Where the project's places may lie.

    Attributes
    ----------
    box
        West, south, east, north in degrees (EPSG:4490); outside it a file is refused.
    boundary
        The project's outline (shapely, EPSG:4490): outside it a file needs a yes.
    """

    box: tuple[float, float, float, float] = checks.CHINA
    boundary: Any = None


CHINA = Extent()


def located(
    table: ReadTable, *, datum: str, kinds: tuple[str, ...], area: Extent, findings: Findings, required: bool
) -> list[Any]:
    """Return each row's geometry in EPSG:4490, ``None`` where it has none; what is wrong is noted.

    Parameters
    ----------
    kinds
        What is welcome, see :func:`renovation.geo.checks.check`.
    required
        Whether every row must lie somewhere.
    """
    nowhere = [None] * len(table.rows)
    if table.sheet.unknown_crs is not None:
        findings.fault("datum.not_known", Place(sheet=table.sheet.name), name=table.sheet.unknown_crs)
        return nowhere
    stated = table.sheet.epsg
    if stated is not None and not _agree(stated, datum):
        findings.fault("datum.contradicts", Place(sheet=table.sheet.name), stated=stated, given=datum)
        return nowhere
    if _rows_contradict(table, datum, findings):
        return nowhere
    _say_what_counts(table, findings)
    given = [_raw(table, row, findings, datum) for row in table.rows]
    if _axes_exchanged(table, given, datum, findings):
        return nowhere
    if is_rough(datum) and any(shape is not None for shape in given):
        findings.warn("datum.rough", Place(sheet=table.sheet.name), given=datum)
    moved = to_store(np.array(given, dtype=object), datum=datum)
    _mend(table, moved, findings)
    fine = checks.sound(moved, kinds=kinds, box=area.box)
    outside: list[int] = list(np.flatnonzero(fine)) if area.boundary is not None else []
    for at in np.flatnonzero(~fine).tolist():
        row, geometry = table.rows[at], moved[at]
        place = table.place(row, _column_of(table))
        if geometry is None:
            if required and row.number not in findings.faulty:
                findings.fault("geometry.missing", place)
            continue
        found = checks.check(geometry, kinds=kinds)
        if found is None or found.problem is checks.GeometryProblem.OUT_OF_RANGE:
            # Swapped axes show as a latitude of 114; say so rather than "out of range".
            off = checks.outside_box(geometry, area.box)
            found = (
                off if off is not None and (found is None or off.problem is checks.GeometryProblem.SWAPPED) else found
            )
        if found is not None:
            findings.fault(f"geometry.{found.problem.value}", place, **found.fields)
    shapes = np.array(given, dtype=object)
    measured = shapely.has_m(shapes) | np.array([row.number in table.sheet.measured for row in table.rows], dtype=bool)
    for code, which in (
        ("geometry.height_dropped", shapely.has_z(shapes)),
        ("geometry.measure_dropped", measured),
        ("geometry.none", shapely.is_missing(shapes) & _can_lie_somewhere(table) & (not required)),
    ):
        rows = [table.rows[at] for at in np.flatnonzero(which).tolist()]
        table.say_of_rows(code, [row for row in rows if row.number not in findings.faulty], findings)
    _warn_outside(table, moved, outside, area, findings)
    return list(moved)


def _say_what_counts(table: ReadTable, findings: Findings) -> None:
    """Name what is not used where rows say in more than one way where they lie."""
    ways = [name for name in ("wkt", "lonlat", "lon") if name in table.columns]
    if table.sheet.features and ways:
        names = tuple(heading for name, heading in table.headings.items() if name in (*ways, "lat"))
        findings.change("geometry.shape_counts", Place(sheet=table.sheet.name), before=names)
    elif len(ways) > 1:
        several = [row for row in table.rows if sum(not is_nothing(table.cell(row, name)) for name in ways) > 1]
        table.say_of_rows("geometry.first_counts", several, findings)


def _can_lie_somewhere(table: ReadTable) -> bool:
    """Tell whether rows of this file say where they lie at all: geodata do, tables with such a column."""
    return table.sheet.features or _column_of(table) is not None


def _mend(table: ReadTable, moved: Any, findings: Findings) -> None:
    """Put right, in place, what only touches itself, as map software does on opening it; say where."""
    shapes = np.flatnonzero((shapely.get_dimensions(moved) == 2) & ~shapely.is_valid(moved))
    for at in shapes.tolist():
        if (whole := checks.mended(moved[at])) is not None:
            moved[at] = whole
            findings.change("geometry.mended", table.place(table.rows[at]))


def _axes_exchanged(table: ReadTable, given: list[Any], datum: str, findings: Findings) -> bool:
    """Tell whether projected coordinates stand the wrong way round: surveyors call the northing X.

    Both ways round are degrees somewhere on earth, so only where the system is meant for tells them apart.
    """
    used = area_of_use(datum)
    known = [at for at, geometry in enumerate(given) if geometry is not None and not shapely.is_empty(geometry)]
    if used is None or not known:
        return False
    shapes = np.array([given[at] for at in known], dtype=object)
    as_given = checks.within(to_store(shapes, datum=datum), used)
    other_way = checks.within(to_store(checks.swapped_back(shapes), datum=datum), used)
    for at in np.flatnonzero(~as_given & other_way).tolist():
        row = table.rows[known[at]]
        findings.fault("geometry.axes_exchanged", table.place(row, _column_of(table)))
    return bool((~as_given & other_way).any())


def _agree(stated: str, datum: str) -> bool:
    """Tell whether what a file says of its coordinates allows what the person says.

    GCJ-02 and BD-09 have no code a file could carry: such files usually say 4326, and the person knows better; a file
    that names one of them in words is one of this tool's own.
    """
    if stated in (Datum.GCJ02, Datum.BD09):
        return stated == named_datum(datum)
    meant = epsg_of(named_datum(datum))
    geographic = {"EPSG:4326", "EPSG:4490", "EPSG:4979", "EPSG:4480"}
    stated = stated if stated.startswith("EPSG:") else (epsg_of(stated) or "EPSG:4326")
    if meant is None or meant in geographic:
        return stated in geographic
    return stated == meant


def _rows_contradict(table: ReadTable, datum: str, findings: Findings) -> bool:
    """Tell whether a column names another datum than the person did, or one that nobody here knows."""
    wrong = False
    for row in table.rows if "datum" in table.columns else ():
        said = table.cell(row, "datum")
        if is_nothing(said):
            continue
        try:
            named = named_datum(str(said))
        except InvalidError:
            findings.fault("datum.not_known", table.place(row, "datum"), name=str(said)[:60])
            wrong = True
            continue
        if named != datum and not (_geographic(named) and _geographic(datum)):
            findings.fault("datum.contradicts", table.place(row, "datum"), stated=str(said), given=datum)
            wrong = True
    return wrong


def _geographic(datum: str) -> bool:
    return epsg_of(datum) in ("EPSG:4326", "EPSG:4490")


def _column_of(table: ReadTable) -> str | None:
    return next((name for name in ("wkt", "lonlat", "lon") if name in table.columns), None)


def _raw(table: ReadTable, row: Row, findings: Findings, datum: str) -> Any:
    """Return the geometry as it stands in the file, in the file's own coordinates."""
    if row.geometry is not None:
        return row.geometry
    try:
        wkt = table.cell(row, "wkt")
        if not is_nothing(wkt):
            return _from_wkt(wkt, datum)
        pair = table.cell(row, "lonlat")
        if not is_nothing(pair):
            return _from_pair(pair)
    except UnreadableError as error:
        name = "wkt" if "wkt" in table.columns else "lonlat"
        findings.refuse_cell(error, table.place(row, name), table.cell(row, name), may_be_empty=True)
        return None
    numbers: list[float | None] = []
    for name in ("lon", "lat"):
        try:
            doubtful = table.doubtful(name, are_degrees=area_of_use(datum) is None)
            value, changed = coordinate(table.cell(row, name), doubtful=doubtful)
        except UnreadableError as error:
            findings.refuse_cell(error, table.place(row, name), table.cell(row, name), may_be_empty=True)
            return None
        if changed and value is not None:
            findings.change("value.understood", table.place(row, name), before=table.cell(row, name), after=value)
        numbers.append(value)
    lon, lat = numbers
    if lon is None and lat is None:
        return None
    if lon is None or lat is None:
        findings.fault("geometry.half_a_pair", table.place(row, "lon" if lon is None else "lat"))
        return None
    return shapely.Point(lon, lat)


def _from_wkt(value: Any, datum: str) -> Any:
    text, _ = words(value, longest=_LONGEST_WKT)
    if (code := re.match(r"SRID=(\d{1,6});", text, re.IGNORECASE | re.ASCII)) is not None:
        text = text[code.end() :]
        # 0 is what databases write for "not said".
        if int(code[1]) and not _agree(f"EPSG:{code[1]}", datum):
            raise UnreadableError("datum.contradicts", stated=f"EPSG:{code[1]}", given=datum)
    try:
        return shapely.from_wkt(text)
    except shapely.errors.GEOSException:
        raise UnreadableError("geometry.bad_wkt", value=text[:40]) from None


def _from_pair(value: Any) -> Any:
    text, _ = words(value)
    bare = re.sub(r"[()（）\[\]【】]|(?:经度|纬度|lng|lon|lat)[:：=]?", "", text, flags=re.IGNORECASE)
    parts = [p for p in re.split(r"[,，、;；\s]+", bare) if p]
    if len(parts) != 2:
        raise UnreadableError("geometry.bad_pair", value=text[:40])
    lon, lat = (coordinate(part)[0] for part in parts)
    if lon is None or lat is None:
        raise UnreadableError("geometry.bad_pair", value=text[:40])
    return shapely.Point(lon, lat)


def _warn_outside(table: ReadTable, moved: Any, places: Sequence[int], area: Extent, findings: Findings) -> None:
    if not places:
        return
    distance = checks.distance_outside_m(np.array([moved[at] for at in places], dtype=object), area.boundary)
    for at, metres in zip(places, distance, strict=True):
        if metres > _SUSPECT_M:
            findings.warn("geometry.outside_boundary", table.place(table.rows[at]), metres=round(float(metres)))
