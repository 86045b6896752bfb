"""Demand lists from other systems and paper registers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import shapely

from renovation.geo.crs import named_datum
from renovation.imports.files.cells import Cells
from renovation.imports.files.columns import Field
from renovation.imports.files.corrections import AS_IT_STANDS, Corrections
from renovation.imports.files.lists import shipped
from renovation.imports.files.located import CHINA, PLACE_FIELDS, Extent, located
from renovation.imports.files.results import Findings, Parsed
from renovation.imports.files.rows import first_names, folded_names, opened_table, parsed
from renovation.imports.files.values import days
from renovation.model.demands import MAX_TEXT, DemandCategory, DemandChannel, DemandKind
from renovation.model.intake import Subtype, is_receipt
from renovation.model.lists import ListKind
from renovation.model.localities import subtypes_of
from renovation.model.names import fold, name_key


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandFileRow:
    """A demand as a file gives it; the estate is named, not yet looked up.

    Attributes
    ----------
    number
        Its number in the list of its channel, verbatim.
    receipt
        The receipt that this tool gave it, in a list that this tool wrote.
    estate
        Code or name of the estate, verbatim; may be empty where there is a position.
    lon, lat
        Degrees, EPSG:4490, or ``None``.
    received_on
        The day it was received, as the file says.
    """

    number: str = ""
    receipt: str = ""
    estate: str = ""
    category: DemandCategory = DemandCategory.OTHER
    subtype: str = ""
    text: str
    channel: DemandChannel = DemandChannel.PAPER
    kind: DemandKind = DemandKind.DEMAND
    step_free: bool = False
    on_behalf: bool = False
    received_on: date | None = None
    lon: float | None = None
    lat: float | None = None
    row: int = field(default=0, compare=False)


_CATEGORIES = {
    DemandCategory.ROAD: ("道路", "路面", "道路破损"),
    DemandCategory.LIGHTING: ("照明", "路灯"),
    DemandCategory.PIPES: ("管道", "管网", "给排水", "下水道", "排水"),
    DemandCategory.ROOF_FACADE: ("屋面外墙", "房屋本体", "屋面", "外墙", "漏水", "房屋渗漏"),
    DemandCategory.FIRE_SAFETY: ("消防安全", "消防"),
    DemandCategory.PARKING: ("停车", "停车难", "车位"),
    DemandCategory.EBIKE: ("电动车充电", "电动自行车", "充电", "充电桩"),
    DemandCategory.GREENERY: ("绿化", "园林绿化"),
    DemandCategory.LIFT: ("加装电梯", "电梯"),
    DemandCategory.ACCESSIBILITY: ("无障碍", "适老化"),
    DemandCategory.ELDERLY: ("养老", "养老服务"),
    DemandCategory.CHILDREN: ("儿童", "儿童活动", "托育"),
    DemandCategory.SPORTS: ("健身", "体育健身"),
    DemandCategory.WASTE: ("垃圾", "环境卫生", "垃圾分类", "环卫"),
    DemandCategory.CABLES: ("线缆", "三线", "飞线"),
    DemandCategory.SECURITY: ("安防", "监控", "治安", "门禁"),
    DemandCategory.MANAGEMENT: ("物业管理", "物业"),
    DemandCategory.OTHER: ("其他", "其它"),
}
_CHANNELS = {
    DemandChannel.WALK_IN: ("上门反映", "来访", "现场", "窗口"),
    DemandChannel.HOME_VISIT: ("入户走访", "入户", "走访"),
    DemandChannel.MEETING: ("会议", "议事会", "居民会议"),
    DemandChannel.PHONE: ("电话", "热线", "12345"),
    DemandChannel.LETTER: ("信件", "来信", "信访"),
    DemandChannel.QR_FORM: ("扫码", "二维码", "网络", "微信"),
    DemandChannel.PAPER: ("纸质表", "纸质", "问卷"),
}
_KINDS = {
    DemandKind.DEMAND: ("诉求", "办理"),
    DemandKind.RECORD_ONLY: ("事件报备", "事件报备（不计考核）", "报备", "仅报备", "仅记录"),
}
_CATEGORY_NAMES, _CHANNEL_NAMES, _KIND_NAMES = folded_names(_CATEGORIES), folded_names(_CHANNELS), folded_names(_KINDS)
FIELDS = (
    Field(
        "number",
        ("来源编号", "工单号", "编号", "受理编号", "工单编号", "source number", "id"),
        identifies=True,
    ),
    Field("receipt", ("诉求编号", "回执号", "receipt"), identifies=True),
    Field("estate", ("小区名称", "小区", "所在小区", "小区编码", "estate"), identifies=True),
    Field("category", ("诉求类别", "类别", "分类", "诉求类型")),
    Field("subtype", ("子类", "小类", "二级分类")),
    Field("text", ("诉求内容", "内容", "问题描述", "反映内容", "描述", "意见建议", "description"), required=True),
    Field("channel", ("来源", "渠道", "诉求来源", "受理方式")),
    Field("kind", ("性质", "办理性质")),
    Field("step_free", ("需无障碍", "需要无障碍", "行动不便")),
    Field("on_behalf", ("代填", "代为反映", "代办")),
    Field("received_on", ("受理日期", "日期", "时间", "受理时间", "反映时间", "提交时间", "_submission_time", "date")),
    *PLACE_FIELDS,
)


def parse_demands(
    data: bytes,
    *,
    datum: str,
    mapping: Mapping[str, str] | None = None,
    layer: str | None = None,
    area: Extent = CHINA,
    corrections: Corrections = AS_IT_STANDS,
    subtypes: Sequence[Subtype] | None = None,
) -> Parsed[DemandFileRow]:
    """Read a list of demands of any kind of file to its end; as :func:`.parse_estates` does.

    Parameters
    ----------
    subtypes
        Those of the locality; the shipped ones where it is not said.
    """
    known = subtypes_of(shipped(ListKind.DEADLINES)) if subtypes is None else subtypes
    datum = named_datum(datum)
    findings = Findings(corrections=corrections)
    table = opened_table(data, FIELDS, findings, datum=datum, mapping=mapping, layer=layer)
    if table is None:
        return parsed(None, [], findings, datum)
    places = located(table, datum=datum, kinds=("point",), area=area, findings=findings, required=False)
    seen: dict[tuple[DemandChannel, str], int] = {}
    records = [
        _demand(Cells(table, row, findings), place, seen, known) for row, place in zip(table.rows, places, strict=True)
    ]
    return parsed(table, records, findings, datum)


def _demand(
    cells: Cells, place: Any, seen: dict[tuple[DemandChannel, str], int], subtypes: Sequence[Subtype]
) -> DemandFileRow | None:
    findings = cells.findings
    before = findings.count
    estate, text = cells.text("estate", 100), cells.text("text", MAX_TEXT)
    category, subtype = _kinds_of(cells, subtypes)
    channel = cells.choice("channel", _CHANNEL_NAMES, first_names(_CHANNELS))
    kind = cells.choice("kind", _KIND_NAMES, first_names(_KINDS))
    number, receipt, numbered = cells.code("number"), cells.code("receipt"), "number"
    if receipt and not number and not is_receipt(receipt):
        # Other offices call their own numbers by the heading under which this program lists its own.
        number, receipt, numbered = receipt, "", "receipt"
    record = DemandFileRow(
        number=number,
        receipt=receipt,
        estate=estate,
        category=category or DemandCategory.OTHER,
        subtype=subtype,
        text=text,
        channel=channel or DemandChannel.PAPER,
        kind=kind or DemandKind.DEMAND,
        step_free=cells.yes("step_free"),
        on_behalf=cells.yes("on_behalf"),
        received_on=cells.read("received_on", days.day),
        lon=None if place is None else float(shapely.get_x(place)),
        lat=None if place is None else float(shapely.get_y(place)),
        row=cells.row.number,
    )
    cells.missing("demand.text_missing", "text", text)
    if place is None and findings.count == before:
        cells.missing("demand.estate_missing", "estate", estate)
    is_sound = findings.count == before
    # A number is one within its channel; where that cannot be read, nobody can tell.
    if record.number and not findings.is_faulty(cells.table.place(cells.row, "channel")):
        cells.once(seen, (record.channel, name_key(record.number)), numbered, "demand.twice", record.number)
    return record if is_sound else None


def _kinds_of(cells: Cells, subtypes: Sequence[Subtype]) -> tuple[DemandCategory | None, str]:
    """Return the category and the code of the sub-type, which may be named by its code or in words.

    A sub-type of one category only says that category where the file does not; one that the locality's list does not
    have is left out, and said.
    """
    category = cells.choice("category", _CATEGORY_NAMES, first_names(_CATEGORIES))
    said = fold(cells.text("subtype", 60))
    known = [
        one for one in subtypes if one.code and said in {fold(name) for name in (one.code, one.name_zh, one.name_en)}
    ]
    fitting = [one for one in known if category in (one.category, None)]
    if said and len(fitting) != 1:
        place = cells.table.place(cells.row, "subtype")
        cells.findings.change("demand.subtype_left_out", place, before=cells.text("subtype", 60))
        return category, ""
    return (fitting[0].category, fitting[0].code) if said else (category, "")
