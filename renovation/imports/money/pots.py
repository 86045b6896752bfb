"""Lists of pots of money: what there is for a year, from which level, and what it may pay for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from renovation.imports.files.cells import Cells
from renovation.imports.files.columns import Field
from renovation.imports.files.corrections import AS_IT_STANDS, Corrections
from renovation.imports.files.results import Findings, Parsed
from renovation.imports.files.rows import opened_table, parsed
from renovation.imports.files.values.levels import LEVELS, LEVELS_SAID
from renovation.model.funding import SourceKind
from renovation.model.items import ItemClass
from renovation.model.names import name_key

FIELDS = (
    Field("name", ("资金名称", "名称", "pot"), required=True),
    Field("year", ("资金年度", "年度", "年份", "year"), required=True),
    Field("amount", ("金额", "额度", "预算", "安排金额", "amount"), required=True),
    Field("level", ("级别", "资金级别", "来源", "资金来源", "资金渠道", "level")),
    Field("classes", ("支持类别", "类别", "classes")),
    Field("items", ("支持内容", "内容编码", "works")),
    Field("areas", ("支持地区", "地区", "范围", "places")),
    Field("project_cap", ("单项上限", "project cap")),
    Field("owner", ("主管部门", "主管单位", "主管", "归口", "owner")),
    Field("purpose", ("用途", "purpose")),
)
#: The columns of a list that goes out to be edited and comes back, in their order: money as people speak of pots.
WRITTEN = (
    "资金名称", "年度", "金额（元）", "级别", "支持类别", "支持内容", "支持地区", "单项上限（元）",
    "主管部门", "用途",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PotRow:
    """A pot as a row gives it, money in fen; what it leaves out stays as it is on file."""

    row: int = field(compare=False)
    name: str
    year: int
    amount: int
    level: SourceKind | None = None
    classes: frozenset[ItemClass] = frozenset()
    items: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    project_cap: int | None = None
    owner: str = ""
    purpose: str = ""


def parse_pots(
    data: bytes,
    *,
    datum: str = "",
    mapping: Mapping[str, str] | None = None,
    layer: str | None = None,
    corrections: Corrections = AS_IT_STANDS,
) -> Parsed[PotRow]:
    """Read a list of pots (XLSX or CSV) to its end; money in yuan, or in what its heading says.

    ``datum`` is taken as any kind of list takes it, and means nothing here.
    """
    findings = Findings(corrections=corrections)
    table = opened_table(data, FIELDS, findings, datum=datum, mapping=mapping, layer=layer)
    if table is None:
        return parsed(None, [], findings, "")
    first: dict[tuple[str, int], int] = {}
    return parsed(table, [_pot(Cells(table, row, findings), first) for row in table.rows], findings, "")


def _pot(cells: Cells, first: dict[tuple[str, int], int]) -> PotRow | None:
    before = cells.findings.count
    name, year, amount = cells.text("name", 80), cells.whole("year", 9999), cells.money("amount")
    for column, value in (("name", name), ("year", year), ("amount", amount is not None)):
        cells.missing("planning.needed", column, value)
    if name and year:
        cells.once(first, (name_key(name), year), "name", "planning.twice", name)
    level = cells.choice("level", LEVELS, LEVELS_SAID)
    classes, cap = cells.classes("classes"), cells.money("project_cap")
    items, areas = cells.parts("items"), cells.parts("areas")
    owner, purpose = cells.text("owner", 80), cells.text("purpose", 200)
    if cells.findings.count > before or year is None or amount is None:
        return None
    return PotRow(
        row=cells.row.number,
        name=name,
        year=year,
        amount=amount,
        level=level,
        classes=classes,
        items=items,
        areas=areas,
        project_cap=cap,
        owner=owner,
        purpose=purpose,
    )
