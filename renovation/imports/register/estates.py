"""Estate files: what planners have, as rows the estate register can take."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import shapely

from renovation.geo import checks
from renovation.geo.crs import area_m2, named_datum
from renovation.imports.files.cells import Cells
from renovation.imports.files.columns import Field, ReadTable
from renovation.imports.files.corrections import AS_IT_STANDS, Corrections
from renovation.imports.files.located import CHINA, PLACE_FIELDS, Extent, located
from renovation.imports.files.results import Findings, Parsed
from renovation.imports.files.rows import first_names, folded_names, opened_table, parsed
from renovation.imports.files.sheets import Row
from renovation.imports.files.values import days, values
from renovation.imports.register.estate_gates import CONSENT_FIELDS, GATE_FIELDS, GatesRow, gates_row
from renovation.model.areas import likely_level
from renovation.model.names import fold, name_key
from renovation.model.places import Deficit, EstateFacts, EstateType, ManagementForm


@dataclass(frozen=True, slots=True, kw_only=True)
class EstateRow:
    """An estate as a file gives it; places above it are named, not yet looked up.

    Attributes
    ----------
    code
        The file's own code, verbatim; empty where the file has none.
    floor_area_m2
        Square metres, exact as written.
    geometry
        WKB in EPSG:4490: a (Multi)Polygon, or a Point where the file knows no more; ``None`` where it knows nothing.
    left
        What stood in cells that nobody can read and that were left empty; it belongs into the note.
    gates
        What it says of gates and consent; ``None`` where it says nothing.
    cleared
        Fields whose cells say that what is on file goes.
    place
        Sheet, row or feature it stood in, for messages of later steps.
    """

    code: str = ""
    name: str
    district: str = ""
    street: str = ""
    community: str = ""
    grid_code: str = ""
    address: str = ""
    built_year: int | None = None
    estate_type: EstateType | None = None
    management_form: ManagementForm | None = None
    buildings: int | None = None
    units: int | None = None
    households: int | None = None
    floor_area_m2: Decimal | None = None
    elderly_share: Fraction | None = None
    floors_without_lift: int | None = None
    deficits: frozenset[Deficit] = frozenset()
    geometry: bytes | None = None
    maintenance_fund_fen: int | None = None
    no_committee_reason: str = ""
    disputes: str = ""
    old_trees: int | None = None
    heritage: str = ""
    willingness: Fraction | None = None
    survey_coverage: Fraction | None = None
    note: str = ""
    left: str = ""
    gates: GatesRow | None = None
    cleared: frozenset[str] = frozenset()
    row: int = field(default=0, compare=False)

    def facts(self) -> EstateFacts:
        """Return what the register keeps of the row besides its identity."""
        return EstateFacts(
            address=self.address,
            built_year=self.built_year,
            estate_type=self.estate_type,
            management_form=self.management_form,
            buildings=self.buildings,
            units=self.units,
            households=self.households,
            floor_area_m2=None if self.floor_area_m2 is None else float(self.floor_area_m2),
            elderly_share=self.elderly_share,
            floors_without_lift=self.floors_without_lift,
            maintenance_fund=self.maintenance_fund_fen,
            no_committee_reason=self.no_committee_reason,
            disputes=self.disputes,
            old_trees=self.old_trees,
            heritage=self.heritage,
            willingness=self.willingness,
            survey_coverage=self.survey_coverage,
            deficits=self.deficits,
            note=self.noted(self.note),
        )

    def noted(self, note: str) -> str:
        """Return a note with what stood in the cells that were left empty, once."""
        if not self.left or self.left in note:
            return note
        return f"{note}\n{self.left}" if note else self.left


_DEFICIT_HEADINGS = {
    Deficit.STAIR_HAZARD: ("楼道隐患", "楼梯隐患", "楼道安全隐患", "楼梯踏步扶手破损"),
    Deficit.PIPES: ("管道破损", "管线破损", "给排水管道老化", "供水管网老化", "管网老化", "管道老化"),
    Deficit.ROOF_LEAK: ("屋面渗漏", "屋顶漏水", "屋面漏水", "屋顶渗漏"),
    Deficit.FACADE: ("外墙脱落", "外立面破损", "外墙破损", "围护安全", "墙面脱落"),
    Deficit.FIRE_ACCESS: ("消防通道", "消防通道不畅", "消防隐患", "消防通道堵塞"),
    Deficit.LIGHTING: ("照明不足", "缺少照明", "路灯缺失", "缺照明"),
    Deficit.DRAINAGE: ("排水不畅", "内涝", "积水", "雨污合流", "雨污未分流"),
    Deficit.CABLES: ("线路杂乱", "飞线", "线缆杂乱", "三线杂乱", "架空线"),
    Deficit.ACCESSIBILITY: ("无障碍缺失", "缺无障碍设施", "无障碍设施不足", "适老化不足"),
    Deficit.PARKING: ("停车难", "停车位不足", "缺停车位", "停车泊位不足"),
    Deficit.EBIKE_CHARGING: ("充电桩不足", "缺电动车充电", "电动自行车充电不足", "缺充电设施"),
    Deficit.GREEN_SPACE: ("绿地不足", "缺绿地", "绿化不足", "绿化缺失"),
    Deficit.ELDERLY_SERVICES: ("养老服务缺失", "缺养老设施", "养老服务不足", "缺养老服务"),
    Deficit.CHILDREN_SPACE: ("儿童活动场地缺失", "缺儿童活动场地", "缺儿童游乐", "托育服务缺失"),
    Deficit.WASTE_SORTING: ("垃圾分类不足", "缺垃圾分类", "垃圾分类设施缺失", "环卫设施不足"),
}
_DEFICIT_FIELDS = {deficit: f"deficit.{deficit.value}" for deficit in Deficit}
_TYPES = {
    EstateType.WORK_UNIT: ("单位房改房", "房改房", "单位房", "单位宿舍", "职工宿舍", "单位集资房", "集资房"),
    EstateType.COMMODITY: ("商品房", "普通商品房", "商品住房", "商品住宅"),
    EstateType.PUBLIC: ("直管公房", "公房", "公有住房", "公租房"),
    EstateType.MIXED: ("混合", "混合产权", "多种", "其他"),
}
_FORMS = {
    ManagementForm.OWNERS_COMMITTEE: ("业委会", "业主委员会", "业主自管", "业主自治"),
    ManagementForm.MANAGEMENT_COMMITTEE: ("物管会", "物业管理委员会"),
    ManagementForm.RESIDENTS_COMMITTEE: ("居委代行", "居委会代管", "居委会", "社区代管", "居委会代行", "社区居委会"),
    ManagementForm.PROPERTY_COMPANY: ("物业", "物业公司", "物业服务企业", "专业物业", "有物业"),
    ManagementForm.NONE: ("无", "无物业", "无管理", "无人管理", "没有", "无物业管理"),
}
FIELDS = (
    Field(
        "code",
        ("小区编码", "小区编号", "编码", "编号", "小区代码", "estate code", "estate_code", "id"),
        identifies=True,
    ),
    Field("name", ("小区名称", "小区", "名称", "小区名", "estate", "estate name", "estate_name"), required=True),
    Field("district", ("县（区）", "县区", "区县", "区（县）", "县（市、区）", "县市区",
          "所属区县", "区", "行政区", "county")),
    Field("street", ("街道", "镇街", "街道（镇）", "乡镇街道", "所属街道", "街镇", "乡镇", "镇", "subdistrict")),
    Field("community", ("社区", "所属社区", "社区名称", "居委会名称", "社区（村）", "社区居委会", "居委会", "村居")),
    Field("grid_code", ("网格编码", "网格", "网格编号", "所属网格", "grid")),
    Field("address", ("地址", "详细地址", "小区地址", "坐落", "位置")),
    Field("built_year", ("建成年份", "建成年代", "建成时间", "建造年份", "竣工年份", "竣工年代", "竣工时间", "建设年代",
          "建设年份", "建造年代", "建筑年代", "年份", "year")),
    Field("estate_type", ("小区类型", "房屋性质", "产权性质", "住房类型", "类型", "type")),
    Field("management_form", ("管理方式", "管理形式", "物业管理方式", "管理主体", "物业管理", "management")),
    Field("buildings", ("楼栋数", "栋数", "幢数", "楼栋", "楼幢数", "楼栋总数")),
    Field("units", ("单元数", "单元", "单元总数")),
    Field("households", ("户数", "居民户数", "总户数", "住户数", "受益户数")),
    Field("floor_area_m2", ("建筑面积", "总建筑面积", "面积", "住宅建筑面积", "floor area", "floor_area")),
    Field("elderly_share", ("老年人占比", "60岁以上占比", "老年人口占比", "老年人比例", "老龄化率", "elderly share")),
    Field("floors_without_lift", ("无电梯层数", "无电梯楼层数", "无电梯楼层", "floors without lift")),
    Field("deficits", ("设施短板", "短板", "缺项", "存在问题", "缺失项", "主要问题")),
    Field("maintenance_fund_fen", ("维修资金余额", "维修资金", "专项维修资金", "专项维修资金余额", "maintenance fund")),
    Field("no_committee_reason", ("未成立业委会的原因", "未成立原因", "why no owners' committee")),
    Field("disputes", ("矛盾纠纷", "纠纷情况", "disputes")),
    Field("old_trees", ("古树大树", "古树名木", "古树大树（棵）", "old trees")),
    Field("heritage", ("历史建筑", "文保建筑", "历史文化建筑", "heritage")),
    Field("willingness", ("改造意愿", "意愿率", "改造意愿率", "愿意改造比例", "同意改造率",
          "居民改造意愿", "居民改造意愿率", "居民意愿", "居民意愿率", "willing to renovate")),
    Field("survey_coverage", ("入户调查率", "调查覆盖率", "入户率", "入户调查覆盖率", "survey coverage")),
    Field("note", ("备注", "说明", "remark", "remarks", "note")),
    *GATE_FIELDS,
    *CONSENT_FIELDS,
    *(Field(f"deficit.{deficit.value}", (*names, deficit.value)) for deficit, names in _DEFICIT_HEADINGS.items()),
    *PLACE_FIELDS,
)  # fmt: skip


#: What a cell may take away of an estate on file.
CLEARABLE = (
    "address", "built_year", "estate_type", "management_form", "buildings", "units", "households", "floor_area_m2",
    "elderly_share", "floors_without_lift", "maintenance_fund_fen", "no_committee_reason", "disputes", "old_trees",
    "heritage", "willingness", "survey_coverage", "note",
)  # fmt: skip
_TYPE_NAMES, _FORM_NAMES, _DEFICIT_NAMES = folded_names(_TYPES), folded_names(_FORMS), folded_names(_DEFICIT_HEADINGS)


def parse_estates(
    data: bytes,
    *,
    datum: str,
    mapping: Mapping[str, str] | None = None,
    layer: str | None = None,
    area: Extent = CHINA,
    corrections: Corrections = AS_IT_STANDS,
) -> Parsed[EstateRow]:
    """Read an estate file of any kind to its end.

    Parameters
    ----------
    datum
        What the coordinates refer to, as the person said: ``wgs84``, ``cgcs2000``, ``gcj02``, ``bd09`` or ``EPSG:n``.
    mapping
        Heading → field (see ``FIELDS``); wins over recognised headings. An empty field leaves the column out.
    layer
        Sheet, layer or shapefile to read where a file has several.
    area
        Where estates may lie.

    Raises
    ------
    InvalidError
        ``geo.datum_unknown``.
    """
    datum = named_datum(datum)
    findings = Findings(corrections=corrections)
    table = opened_table(data, FIELDS, findings, datum=datum, mapping=mapping, layer=layer)
    if table is None:
        return parsed(None, [], findings, datum)
    places = located(table, datum=datum, kinds=("polygon", "point"), area=area, findings=findings, required=False)
    written = shapely.to_wkb(np.array(places, dtype=object))
    flags = [deficit for deficit in Deficit if _DEFICIT_FIELDS[deficit] in table.columns]
    seen: dict[tuple[str, ...], int] = {}
    records = [_estate(table, row, wkb, flags, findings, seen) for row, wkb in zip(table.rows, written, strict=True)]
    _refuse_areas(table, records, places, findings)
    if not findings.faulty:
        _warn_overlaps(table, records, places, findings)
        _warn_large(table, records, places, findings)
    return parsed(table, records, findings, datum)


def _estate(
    table: ReadTable,
    row: Row,
    geometry: bytes | None,
    flags: list[Deficit],
    findings: Findings,
    seen: dict[tuple[str, ...], int],
) -> EstateRow | None:
    before = findings.count
    cells = Cells(table, row, findings)
    cleared = cells.cleared(CLEARABLE)
    record: dict[str, Any] = {
        "code": cells.code("code", 40),
        "name": cells.text("name", 100),
        "district": cells.text("district", 60),
        "street": cells.text("street", 60),
        "community": cells.text("community", 60),
        "grid_code": cells.code("grid_code", 30),
        "address": cells.text("address"),
        "built_year": cells.read("built_year", days.year),
        "estate_type": cells.choice("estate_type", _TYPE_NAMES, first_names(_TYPES)),
        "management_form": cells.choice("management_form", _FORM_NAMES, first_names(_FORMS)),
        "buildings": cells.whole("buildings", 10_000),
        "units": cells.whole("units", 100_000),
        "households": cells.whole("households", 1_000_000),
        "floor_area_m2": cells.area("floor_area_m2"),
        "elderly_share": cells.share("elderly_share"),
        "floors_without_lift": cells.whole("floors_without_lift", 200),
        "maintenance_fund_fen": cells.money("maintenance_fund_fen"),
        "no_committee_reason": cells.text("no_committee_reason"),
        "disputes": cells.text("disputes", 500),
        "old_trees": cells.whole("old_trees", 100_000),
        "heritage": cells.text("heritage"),
        "willingness": cells.share("willingness"),
        "survey_coverage": cells.share("survey_coverage"),
        "deficits": _deficits(cells, flags),
        "note": cells.text("note", 2000),
        "cleared": cleared,
    }
    record["gates"] = gates_row(cells, households=record["households"], floor_area_m2=record["floor_area_m2"])
    record["left"] = findings.note_of(row.number)
    cells.missing("estate.name_missing", "name", record["name"])
    is_sound = findings.count == before
    if code := record["code"]:
        cells.once(seen, ("code", name_key(code)), "code", "estate.twice", code)
    elif name := record["name"]:
        place = (record["district"], record["street"], record["community"], name)
        cells.once(seen, ("name", *map(name_key, place)), "name", "estate.twice", name)
    return EstateRow(**record, geometry=geometry, row=row.number) if is_sound else None


def _deficits(cells: Cells, flags: list[Deficit]) -> frozenset[Deficit]:
    """Read deficits from yes/no columns and from one column that lists them."""
    found = {deficit for deficit in flags if cells.yes(_DEFICIT_FIELDS[deficit])}
    listed = cells.text("deficits", 500)
    for part in re.split(r"[、，,;；/\n|]+", "" if listed in ("无", "没有") else listed):
        if values.is_nothing(part):
            continue
        known = _DEFICIT_NAMES.get(fold(cells.meant("deficits", part.strip())))
        if known is None:
            cells.strange("deficits", part.strip(), first_names(_DEFICIT_HEADINGS))
        else:
            found.add(known)
    return frozenset(found)


def _refuse_areas(table: ReadTable, records: list[EstateRow | None], places: list[Any], findings: Findings) -> None:
    """Refuse outlines of streets, communities and districts: as estates they would swallow all that lie in them."""
    for record, place in zip(records, places, strict=True):
        if record is None or place is None or shapely.get_dimensions(place) < 2:
            continue
        level = likely_level(record.name)
        if level is not None:
            findings.fault(f"estate.looks.{level}", table.sheet.place(record.row), name=record.name)


def _warn_large(table: ReadTable, records: list[EstateRow | None], places: list[Any], findings: Findings) -> None:
    outlined = [i for i, p in enumerate(places) if p is not None and shapely.get_dimensions(p) == 2]
    grounds = area_m2(np.array([places[i] for i in outlined], dtype=object))
    for at, ground in zip(outlined, grounds, strict=True):
        record = records[at]
        if record is not None and ground > checks.MAX_GROUND_M2:
            findings.warn("estate.large", table.sheet.place(record.row), name=record.name, hectares=round(ground / 1e4))


def _warn_overlaps(table: ReadTable, records: list[EstateRow | None], places: list[Any], findings: Findings) -> None:
    outlined = [i for i, p in enumerate(places) if p is not None and shapely.get_dimensions(p) == 2]
    if len(outlined) < 2:
        return
    for first, second, part in checks.overlaps(np.array([places[i] for i in outlined], dtype=object)):
        one, two = records[outlined[first]], records[outlined[second]]
        if one is not None and two is not None:
            findings.warn(
                "estate.overlap", table.sheet.place(two.row), name=two.name, other=one.name, percent=round(part * 100)
            )
