"""A list of payments, as a finance office keeps it: project, pot or source, amount, day, document."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from renovation.imports.files.cells import Cells
from renovation.imports.files.columns import Field
from renovation.imports.files.corrections import AS_IT_STANDS, Corrections
from renovation.imports.files.results import Findings, Parsed
from renovation.imports.files.rows import opened_table, parsed

FIELDS = (
    Field("project", ("项目编号", "编号", "project"), required=True),
    Field("from", ("资金名称", "来源", "资金来源", "from"), required=True),
    Field("year", ("资金年度", "年度", "year")),
    Field("amount", ("金额", "到账金额", "拨付金额", "amount"), required=True),
    Field("paid_on", ("到账日期", "拨付日期", "日期", "date"), required=True),
    Field("document", ("凭证", "凭证号", "文号", "回单编号", "document"), required=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRow:
    """A line: ``source`` is the name of a pot or of a kind of source, ``year`` tells pots of one name apart."""

    row: int
    project: str
    source: str
    amount: int
    paid_on: date
    document: str
    year: int | None = None


def parse_payments(data: bytes, *, corrections: Corrections = AS_IT_STANDS) -> Parsed[PaymentRow]:
    """Read a list of payments (CSV or XLSX) to its end; money in yuan, or in what its heading says."""
    findings = Findings(corrections=corrections)
    table = opened_table(data, FIELDS, findings)
    found: list[PaymentRow | None] = []
    for row in table.rows if table else ():
        assert table is not None
        cells = Cells(table, row, findings)
        before = findings.count
        project, source, document = cells.needed("project"), cells.text("from"), cells.text("document", 120)
        amount, day, year = cells.money("amount"), cells.day("paid_on"), cells.whole("year", 9999)
        for name, value in (("from", source), ("amount", amount), ("paid_on", day), ("document", document)):
            cells.missing("planning.needed", name, value)
        if findings.count == before and amount is not None and day is not None:
            found.append(
                PaymentRow(
                    row=row.number, project=project, source=source, amount=amount, paid_on=day, document=document,
                    year=year,
                )
            )  # fmt: skip
    return parsed(table, found, findings)
