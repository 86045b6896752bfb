"""Lists of projects with their own budgets: new ones for the register, and 概算, 财评 and sources of known ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction

from renovation.imports.files.cells import Cells
from renovation.imports.files.columns import Field
from renovation.imports.files.corrections import AS_IT_STANDS, Corrections
from renovation.imports.files.costs import COST_FIELDS, COST_FIGURES, SOURCE_FIELDS, SOURCES, residents_part
from renovation.imports.files.results import Findings, Parsed
from renovation.imports.files.rows import opened_table, parsed
from renovation.imports.files.values.classes import CLASS_NAMES, ITEM_CLASSES
from renovation.model.funding import SourceKind
from renovation.model.items import ItemClass
from renovation.model.names import name_key
from renovation.model.projects import CostBasis

FIELDS = (
    Field("code", ("项目编号", "编号", "project")),
    Field("estate_code", ("小区编码", "小区编号", "小区代码", "estate code")),
    Field("estate", ("小区名称", "小区", "小区名", "estate")),
    Field("name", ("项目名称", "名称", "name")),
    Field("item", ("改造内容", "内容编码", "内容", "item")),
    Field("item_class", ("类别", "内容类别", "class")),
    Field("quantity", ("工程量", "数量", "quantity")),
    Field("unit", ("单位", "计量单位", "unit")),
    *COST_FIELDS,
    Field("reviewed_on", ("财评日期", "评审日期", "reviewed on")),
    Field("reviewed_document", ("财评文号", "评审文号", "review document")),
    Field("estimate_on", ("概算日期", "estimated on")),
    Field("estimate_document", ("概算文号", "概算批复", "estimate document")),
    Field("cost_on", ("费用日期", "costed on")),
    Field("cost_document", ("费用依据", "cost document")),
    *SOURCE_FIELDS,
    Field("why", ("立项理由", "理由", "why")),
    Field("description", ("说明", "项目说明", "建设内容", "description")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureRow:
    """What a row says a project costs, in fen; without day or document those of the list are meant."""

    basis: CostBasis
    amount: int
    day: date | None = None
    document: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectFileRow:
    """A project as a row gives it; what it leaves out stays as it is, or follows from the price book.

    Attributes
    ----------
    code
        Of a project on file.
    item
        Code or name of an item of the catalogue; any other name, or none, is an item of the locality's own.
    share
        What residents bring, as a share of the cost that counts.
    sources
        What others than the pots bring, in fen; nothing is a source that gives nothing.
    """

    code: str = ""
    estate_code: str = ""
    estate: str = ""
    name: str = ""
    item: str = ""
    item_class: ItemClass | None = None
    quantity: Decimal | None = None
    unit: str = ""
    figures: tuple[FigureRow, ...] = ()
    share: Fraction | None = None
    sources: Mapping[SourceKind, int] = field(default_factory=dict)
    why: str = ""
    description: str = ""
    row: int = field(default=0, compare=False)


def parse_projects(
    data: bytes,
    *,
    datum: str = "",
    mapping: Mapping[str, str] | None = None,
    layer: str | None = None,
    corrections: Corrections = AS_IT_STANDS,
) -> Parsed[ProjectFileRow]:
    """Read a list of projects (XLSX or CSV) to its end; money in yuan, or in what its heading says.

    A list names places and has no coordinates: ``datum`` is taken as any kind of list takes it, and means nothing here.
    """
    findings = Findings(corrections=corrections)
    table = opened_table(data, FIELDS, findings, datum=datum, mapping=mapping, layer=layer)
    if table is None:
        return parsed(None, [], findings, "")
    first: dict[str, int] = {}
    records = [_project(Cells(table, row, findings), first) for row in table.rows]
    return parsed(table, records, findings, "")


def _project(cells: Cells, first: dict[str, int]) -> ProjectFileRow | None:
    before = cells.findings.count
    code = cells.code("code", 20)
    if code:
        cells.once(first, name_key(code), "code", "planning.twice", code)
    estate_code, estate = cells.code("estate_code", 40), cells.text("estate", 100)
    name = cells.text("name", 80)
    if not code:
        cells.missing("project.list_estate", "estate", estate_code or estate)
        cells.missing("project.list_name", "name", name)
    figures = []
    for column, basis in COST_FIGURES:
        amount = cells.money(column)
        day, document = cells.day(f"{column}_on"), cells.text(f"{column}_document", 200)
        if amount == 0:
            cells.fault("project.list_zero", column)
        elif amount is not None:
            figures.append(FigureRow(basis=basis, amount=amount, day=day, document=document))
    quantity = cells.number("quantity")
    if quantity is not None and quantity <= 0:
        cells.fault("project.list_zero", "quantity")
    sources = {kind: amount for name, kind in SOURCES.items() if (amount := cells.money(name)) is not None}
    raised, share = residents_part(cells)
    if raised is not None:
        sources[SourceKind.RESIDENTS] = raised
    made = ProjectFileRow(
        code=code,
        estate_code=estate_code,
        estate=estate,
        name=name,
        item=cells.text("item", 60),
        item_class=cells.choice("item_class", ITEM_CLASSES, tuple(CLASS_NAMES.values())),
        quantity=quantity,
        unit=cells.text("unit", 20),
        figures=tuple(figures),
        share=share,
        sources=sources,
        why=cells.text("why", 200),
        description=cells.text("description", 2000),
        row=cells.row.number,
    )
    return made if cells.findings.count == before else None
