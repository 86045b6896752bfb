"""A list of payments, as a finance office keeps it: project, pot or source, amount, day, document."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from renovation.imports.files.cells import Cells
from renovation.imports.files.columns import Field, understood
from renovation.imports.files.files import read_file
from renovation.imports.files.results import Findings, Parsed

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


def parse_payments(data: bytes) -> Parsed[PaymentRow]:
    """Read a list of payments (CSV or XLSX) to its end; money in yuan, or in what its heading says."""
    findings = Findings()
    sheets = read_file(data, findings)
    table = understood(sheets, FIELDS, findings) if sheets else None
    if table is None:
        return Parsed(rows=0, records=(), faults=findings.all_faults())
    found = []
    for row in table.rows:
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
    faults = findings.all_faults()
    return Parsed(
        rows=len(table.rows),
        records=() if faults else tuple(found),
        faults=faults,
        warnings=findings.all_warnings(),
        changes=findings.all_changes(),
        encoding=table.sheet.encoding,
        sheet=table.sheet.name,
        mapping=table.mapping(),
    )
