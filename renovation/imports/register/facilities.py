"""Facilities 设施 that serve households: what coverage is measured to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import shapely

from renovation.geo.crs import named_datum
from renovation.imports.files.cells import Cells
from renovation.imports.files.columns import Field
from renovation.imports.files.corrections import AS_IT_STANDS, Corrections
from renovation.imports.files.located import CHINA, PLACE_FIELDS, Extent, located
from renovation.imports.files.results import Findings, Parsed
from renovation.imports.files.rows import opened_table, parsed
from renovation.model.names import name_key


@dataclass(frozen=True, slots=True, kw_only=True)
class FacilityRow:
    """A facility, or a candidate for one.

    Attributes
    ----------
    kind
        What it is, as the file says (养老服务站, 充电棚 …); empty for candidates of one kind.
    lon, lat
        Degrees, EPSG:4490: a point inside it.
    """

    code: str = ""
    name: str = ""
    kind: str = ""
    lon: float
    lat: float
    row: int = field(default=0, compare=False)


FIELDS = (
    Field("code", ("设施编号", "编号", "编码", "项目编号", "id"), identifies=True),
    Field("name", ("设施名称", "名称", "项目名称", "name")),
    Field("kind", ("设施类别", "设施类型", "类别", "类型", "kind")),
    *PLACE_FIELDS,
)


def parse_facilities(
    data: bytes,
    *,
    datum: str,
    mapping: Mapping[str, str] | None = None,
    layer: str | None = None,
    area: Extent = CHINA,
    kinds_required: bool = True,
    corrections: Corrections = AS_IT_STANDS,
) -> Parsed[FacilityRow]:
    """Read facilities (or, without ``kinds_required``, candidates) of any kind of file to its end.

    See :func:`renovation.imports.register.estates.parse_estates`.
    """
    datum = named_datum(datum)
    findings = Findings(corrections=corrections)
    table = opened_table(data, FIELDS, findings, datum=datum, mapping=mapping, layer=layer)
    if table is None:
        return parsed(None, [], findings, datum)
    places = located(
        table, datum=datum, kinds=("point", "polygon", "line"), area=area, findings=findings, required=True
    )
    seen: dict[tuple[str, str], int] = {}
    records = [
        _facility(Cells(table, row, findings), place, seen, kinds_required=kinds_required)
        for row, place in zip(table.rows, places, strict=True)
    ]
    return parsed(table, records, findings, datum)


def _facility(
    cells: Cells, place: Any, seen: dict[tuple[str, str], int], *, kinds_required: bool
) -> FacilityRow | None:
    before = cells.findings.count
    code, name, kind = cells.code("code"), cells.text("name", 100), cells.text("kind", 60)
    if kinds_required:
        cells.missing("facility.kind_missing", "kind", kind)
    is_sound = cells.findings.count == before and place is not None
    if code:
        cells.once(seen, (name_key(kind), name_key(code)), "code", "facility.twice", code)
    if not is_sound:
        return None
    inside = shapely.point_on_surface(place)
    return FacilityRow(code=code, name=name, kind=kind, lon=inside.x, lat=inside.y, row=cells.row.number)
