"""Street layers: the lines people walk along."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import shapely

from renovation.geo.crs import named_datum
from renovation.imports.files.cells import Cells
from renovation.imports.files.columns import Field, ReadTable
from renovation.imports.files.corrections import AS_IT_STANDS, Corrections
from renovation.imports.files.located import CHINA, PLACE_FIELDS, Extent, located
from renovation.imports.files.results import Findings, Parsed
from renovation.imports.files.rows import opened_table, parsed
from renovation.imports.files.sheets import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class StreetRow:
    """A street. ``geometry`` is a (Multi)LineString as WKB in EPSG:4490."""

    name: str = ""
    kind: str = ""
    geometry: bytes
    row: int = field(default=0, compare=False)


FIELDS = (
    Field("name", ("道路名称", "路名", "名称", "name")),
    Field("kind", ("道路等级", "道路类型", "等级", "highway", "fclass")),
    *PLACE_FIELDS,
)


def parse_streets(
    data: bytes,
    *,
    datum: str,
    mapping: Mapping[str, str] | None = None,
    layer: str | None = None,
    area: Extent = CHINA,
    corrections: Corrections = AS_IT_STANDS,
) -> Parsed[StreetRow]:
    """Read a street layer of any kind of file to its end; as :func:`.parse_estates` does."""
    datum = named_datum(datum)
    findings = Findings(corrections=corrections)
    table = opened_table(data, FIELDS, findings, datum=datum, mapping=mapping, layer=layer)
    if table is None:
        return parsed(None, [], findings, datum)
    places = located(table, datum=datum, kinds=("line",), area=area, findings=findings, required=True)
    records = [_street(table, row, place, findings) for row, place in zip(table.rows, places, strict=True)]
    return parsed(table, records, findings, datum)


def _street(table: ReadTable, row: Row, place: Any, findings: Findings) -> StreetRow | None:
    before = findings.count
    cells = Cells(table, row, findings)
    name, kind = cells.text("name", 80), cells.text("kind", 60)
    if place is None or findings.count != before:
        return None
    return StreetRow(name=name, kind=kind, geometry=shapely.to_wkb(place), row=row.number)
