"""Lists of buildings, stairwells and doors: a row for a building, for a stairwell, or for a single door."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import shapely

from renovation.errors import InvalidError
from renovation.geo.crs import named_datum
from renovation.imports.files.cells import Cells
from renovation.imports.files.columns import Field
from renovation.imports.files.corrections import AS_IT_STANDS, Corrections
from renovation.imports.files.located import CHINA, PLACE_FIELDS, Extent, located
from renovation.imports.files.results import Findings, Parsed
from renovation.imports.files.rows import opened_table, parsed
from renovation.imports.files.values import values
from renovation.model.doors import MAX_STAIRWELL, list_doors


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildingRow:
    """A building, one of its stairwells, or doors of one, as a row gives them.

    ``geometry`` is the outline as WKB in EPSG:4490, where the file knows it.
    """

    estate_code: str = ""
    estate: str = ""
    building: str
    floors: int | None = None
    has_lift: bool | None = None
    stairwell: str = ""
    doors: tuple[str, ...] = ()
    geometry: bytes | None = None
    row: int = field(default=0, compare=False)


FIELDS = (
    Field("estate_code", ("小区编码", "小区编号", "小区代码", "estate code")),
    Field("estate", ("小区名称", "小区", "小区名", "estate")),
    Field("building", ("楼栋", "楼栋名称", "栋号", "楼号", "幢号", "楼栋号", "building"), required=True),
    Field("floors", ("层数", "楼层数", "总层数", "地上层数", "floors")),
    Field("has_lift", ("有无电梯", "电梯", "是否有电梯", "有电梯", "lift")),
    Field("stairwell", ("单元", "单元号", "单元名称", "stairwell")),
    Field("doors", ("门牌", "门牌号", "户号", "房号", "房间号", "doors")),
    *PLACE_FIELDS,
)
_MOST_FLOORS = 120


def parse_buildings(
    data: bytes,
    *,
    datum: str,
    mapping: Mapping[str, str] | None = None,
    layer: str | None = None,
    area: Extent = CHINA,
    corrections: Corrections = AS_IT_STANDS,
) -> Parsed[BuildingRow]:
    """Read buildings of any kind of file to its end; as :func:`.parse_estates` does."""
    datum = named_datum(datum)
    findings = Findings(corrections=corrections)
    table = opened_table(data, FIELDS, findings, datum=datum, mapping=mapping, layer=layer)
    if table is None:
        return parsed(None, [], findings, datum)
    places = located(table, datum=datum, kinds=("polygon",), area=area, findings=findings, required=False)
    records = [_building(Cells(table, row, findings), place) for row, place in zip(table.rows, places, strict=True)]
    return parsed(table, records, findings, datum)


def _building(cells: Cells, place: Any) -> BuildingRow | None:
    before = cells.findings.count
    code, estate = cells.code("estate_code", 40), cells.text("estate", 100)
    building, stairwell = cells.text("building", 40), cells.text("stairwell", MAX_STAIRWELL)
    floors, has_lift = cells.whole("floors", _MOST_FLOORS), cells.read("has_lift", values.yes_no)
    words = cells.text("doors", 2000)
    cells.missing("building.name_missing", "building", building)
    if not code:
        cells.missing("building.estate_missing", "estate", estate)
    doors: tuple[str, ...] = ()
    try:
        doors = list_doors(words)
    except InvalidError as error:
        cells.fault(error.code, "doors", **error.fields)
    if cells.findings.count != before:
        return None
    return BuildingRow(
        estate_code=code,
        estate=estate,
        building=building,
        floors=floors or None,
        has_lift=has_lift,
        stairwell=stairwell or ("1单元" if doors else ""),
        doors=doors,
        geometry=None if place is None else shapely.to_wkb(place),
        row=cells.row.number,
    )
