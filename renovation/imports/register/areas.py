"""Areas above the estate: boundary layers and lists of districts, streets, communities and grids."""

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
from renovation.imports.files.rows import first_names, folded_names, opened_table, parsed
from renovation.imports.files.sheets import Row
from renovation.model.areas import LEVELS, MAX_CODE, MAX_NAME, is_wider, likely_level
from renovation.model.names import name_key
from renovation.model.places import AreaLevel


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaRow:
    """An area as a file gives it; ``above`` names what it lies in, by level.

    ``geometry`` is a (Multi)Polygon as WKB in EPSG:4490, or ``None`` in a mere list.
    """

    level: AreaLevel
    code: str = ""
    name: str
    above: Mapping[AreaLevel, str] = field(default_factory=dict)
    geometry: bytes | None = None
    row: int = field(default=0, compare=False)


_LEVELS = {
    AreaLevel.CITY: ("市", "城市", "地级市"),
    AreaLevel.COUNTY: ("县（区）", "区（县）", "县区", "区县", "区", "县", "district"),
    AreaLevel.STREET: ("街道（镇）", "街道", "镇", "乡镇", "镇街", "town", "subdistrict"),
    AreaLevel.COMMUNITY: ("社区（村）", "社区", "村", "居委会", "village"),
    AreaLevel.GRID: ("网格",),
}
FIELDS = (
    Field("level", ("级别", "层级", "行政级别", "区划级别")),
    Field("code", ("区划代码", "行政区划代码", "行政区代码", "统计用区划代码", "编码", "代码", "编号",
          "网格编码", "网格编号", "网格代码", "街道编码", "街道编号", "街道代码", "社区编码", "社区编号", "社区代码",
          "adcode", "xzqdm", "xzdm", "pac", "gb", "dm", "id")),
    Field("name", ("名称", "区划名称", "行政区名称", "区域名称", "name_zh", "mc", "xzqmc", "xzmc")),
    Field("parent", ("上级", "上级区域", "上级区划", "所属区域", "上级名称", "parent")),
    Field("county", ("县（区）", "县区", "区县", "县（市、区）", "县市区", "所属区县", "行政区", "区", "district")),
    Field("street", ("街道（镇）", "街道", "镇街", "乡镇街道", "所属街道", "街镇", "subdistrict")),
    Field("community", ("社区（村）", "社区", "所属社区", "社区名称", "居委会名称")),
    Field("grid", ("网格", "网格名称")),
    *PLACE_FIELDS,
)  # fmt: skip
_LEVEL_NAMES = folded_names(_LEVELS)
#: What the heading of a column of codes says of whose they are.
_CODES_OF = {"网格": AreaLevel.GRID, "社区": AreaLevel.COMMUNITY, "街道": AreaLevel.STREET}


def parse_areas(
    data: bytes,
    *,
    datum: str,
    mapping: Mapping[str, str] | None = None,
    layer: str | None = None,
    area: Extent = CHINA,
    level: AreaLevel | None = None,
    corrections: Corrections = AS_IT_STANDS,
) -> Parsed[AreaRow]:
    """Read areas of any kind of file to its end; as :func:`.parse_estates` does.

    Parameters
    ----------
    level
        What the person says the file holds; where nobody does, a column says it for each row, or the name does.
    """
    datum = named_datum(datum)
    findings = Findings(corrections=corrections)
    table = opened_table(data, FIELDS, findings, datum=datum, mapping=mapping, layer=layer)
    if table is None:
        return parsed(None, [], findings, datum)
    places = located(table, datum=datum, kinds=("polygon",), area=area, findings=findings, required=False)
    seen: dict[tuple[Any, ...], int] = {}
    records = [_area(table, row, place, level, findings, seen) for row, place in zip(table.rows, places, strict=True)]
    return parsed(table, records, findings, datum)


def _code_level(table: ReadTable) -> AreaLevel | None:
    """Return the level that a column of codes is said to be of."""
    heading = table.headings.get("code", "")
    return next((level for word, level in _CODES_OF.items() if word in heading), None)


def _area(
    table: ReadTable,
    row: Row,
    place: Any,
    stated: AreaLevel | None,
    findings: Findings,
    seen: dict[tuple[Any, ...], int],
) -> AreaRow | None:
    before = findings.count
    cells = Cells(table, row, findings)
    code, name = cells.code("code", MAX_CODE), cells.text("name", MAX_NAME)
    said: dict[AreaLevel, str] = {one: cells.text(one.value, MAX_NAME) for one in LEVELS if one is not AreaLevel.CITY}
    level = stated or cells.choice("level", _LEVEL_NAMES, first_names(_LEVELS))
    if not name:
        # A list whose columns are the levels names in each row the narrowest that is filled, or that codes are of.
        filled = [one for one in LEVELS if said.get(one) or (code and one is _code_level(table))]
        narrow = level or (filled[-1] if filled else None)
        name = "" if narrow is None else said.get(narrow, "")
        level = narrow if name or narrow is AreaLevel.GRID else level
    if not name and level is AreaLevel.GRID:
        name = code
    likely = likely_level(name, code)
    level = level or likely
    cells.missing("area.name_missing", "name", name)
    if name and level is None and findings.count == before:
        findings.fault("area.level_unknown", table.place(row, "name"), name=name)
    elif level is not None and likely not in (None, level):
        findings.warn(f"area.looks.{likely}", table.place(row, "name"), name=name)
    if findings.count != before or level is None:
        return None
    above = {one: words for one, words in said.items() if words and is_wider(one, level)}
    if parent := cells.text("parent", MAX_NAME):
        # What a name does not tell is the next wider level.
        whose = likely_level(parent) or next((one for one in reversed(LEVELS) if is_wider(one, level)), level)
        above = {whose: parent, **above} if is_wider(whose, level) else above
    if code:
        cells.once(seen, (level, "code", name_key(code)), "code", "area.twice", code)
    cells.once(seen, (level, name_key(name), *sorted(map(name_key, above.values())), code), "name", "area.twice", name)
    return AreaRow(
        level=level,
        code=code,
        name=name,
        above=above,
        geometry=None if place is None else shapely.to_wkb(place),
        row=row.number,
    )
