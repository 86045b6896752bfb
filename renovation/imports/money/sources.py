"""Lists of what each project is promised: by which pot or source, how much, and hours of work in kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from renovation.imports.files.cells import Cells
from renovation.imports.files.columns import Field
from renovation.imports.files.corrections import AS_IT_STANDS, Corrections
from renovation.imports.files.results import Findings, Parsed
from renovation.imports.files.rows import opened_table, parsed

FIELDS = (
    Field("project", ("项目编号", "编号", "project")),
    Field("estate", ("小区名称", "小区", "estate")),
    Field("name", ("项目名称", "project name")),
    Field("from", ("资金名称", "来源", "资金来源", "from"), required=True),
    Field("year", ("资金年度", "年度", "year")),
    Field("pledged", ("承诺金额", "安排金额", "金额", "promised")),
    Field("hours", ("工时", "投工工时", "hours")),
    Field("note", ("备注", "依据", "note")),
)
#: The columns of a list that goes out to be edited and comes back, in their order: money to the fen.
WRITTEN = ("项目编号", "小区", "项目名称", "资金名称", "资金年度", "承诺金额（元）", "投工工时", "备注")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """A line: ``source`` is the name of a pot or of a kind of source, ``year`` tells pots of one name apart; in fen.

    ``project`` is a number; a project that has none yet is meant by its name, and by its estate where several have it.
    """

    row: int = field(compare=False)
    source: str
    project: str = ""
    estate: str = ""
    name: str = ""
    year: int | None = None
    pledged: int | None = None
    hours: Decimal | None = None
    note: str = ""


def parse_sources(
    data: bytes,
    *,
    datum: str = "",
    mapping: Mapping[str, str] | None = None,
    layer: str | None = None,
    corrections: Corrections = AS_IT_STANDS,
) -> Parsed[SourceRow]:
    """Read a list of sources (XLSX or CSV) to its end; money in yuan, or in what its heading says.

    ``datum`` is taken as any kind of list takes it, and means nothing here.
    """
    findings = Findings(corrections=corrections)
    table = opened_table(data, FIELDS, findings, datum=datum, mapping=mapping, layer=layer)
    if table is None:
        return parsed(None, [], findings, "")
    return parsed(table, [_source(Cells(table, row, findings)) for row in table.rows], findings, "")


def _source(cells: Cells) -> SourceRow | None:
    before = cells.findings.count
    project, source = cells.code("project", 20), cells.text("from")
    estate, name = cells.text("estate", 100), cells.text("name", 80)
    year, pledged, hours = cells.whole("year", 9999), cells.money("pledged"), cells.number("hours")
    if hours is not None and hours < 0:
        cells.fault("value.negative", "hours", value=str(hours))
    note = cells.text("note", 200)
    cells.missing("planning.needed", "project" if "project" in cells.table.columns else "name", project or name)
    cells.missing("planning.needed", "from", source)
    cells.missing("planning.needed", "pledged", pledged is not None or hours is not None)
    if cells.findings.count > before:
        return None
    return SourceRow(
        row=cells.row.number,
        project=project,
        estate=estate,
        name=name,
        source=source,
        year=year,
        pledged=pledged,
        hours=hours,
        note=note,
    )
