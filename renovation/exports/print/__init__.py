"""The print pack of a poll: A4 pages for the browser's print dialogue, black-and-white safe, nothing from outside."""

from renovation.exports.print.pages import (
    SheetLine,
    attendance_sheet,
    batch_cover,
    code_slips,
    paper_ballots,
    poster,
    reconciliation_sheet,
    report_sheets,
    rescue_sheet,
    result_sheet,
)

__all__ = [
    "SheetLine",
    "attendance_sheet",
    "batch_cover",
    "code_slips",
    "paper_ballots",
    "poster",
    "reconciliation_sheet",
    "report_sheets",
    "rescue_sheet",
    "result_sheet",
]
