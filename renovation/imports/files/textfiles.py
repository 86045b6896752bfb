"""CSV and its cousins: encodings, separators, and the row a spreadsheet would show."""

from __future__ import annotations

import codecs
import csv
import io
import re

from renovation.imports.files.results import Findings, UnreadableError
from renovation.imports.files.sheets import SEARCHED_ROWS, Row, Sheet, column_letters, is_blank
from renovation.text.cells import bare

MAX_CELL = 1_000_000
MAX_LINE = 2_000_000
MAX_ROWS = 400_000
_SEPARATORS = (",", "\t", ";", "|")
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)


def read_text(data: bytes, findings: Findings) -> Sheet:
    """Read a delimited text file in UTF-8, GB18030 or UTF-16 with its mark.

    Undecodable bytes and NUL characters become faults at their row and column.

    Raises
    ------
    UnreadableError
        ``file.empty``, ``text.line_too_long``, ``text.too_many_rows``, ``text.utf16_unmarked``, ``file.not_text``.
    """
    if not data.strip():
        raise UnreadableError("file.empty")
    text, encoding = _decoded(data)
    # A line nobody could have typed is refused before it is cut into cells.
    start = 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        if end - start > MAX_LINE:
            raise UnreadableError("text.line_too_long")
        start = end + 1
    separator = _separator(text)
    sheet = Sheet(name=None, rows=[], encoding=encoding, decimal_comma=separator == ";")
    damaged: list[tuple[str, int, int, dict[str, str]]] = []
    csv.field_size_limit(MAX_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    number = 0
    try:
        for cells in reader:
            number += 1
            if number > MAX_ROWS:
                raise UnreadableError("text.too_many_rows", limit=MAX_ROWS)
            for column, cell in enumerate(cells):
                if "\x00" in cell:
                    damaged.append(("value.nul", number, column, {}))
                if not cell.isascii() and any("\ud800" <= c <= "\udfff" for c in cell):
                    damaged.append(("text.bad_encoding", number, column, {"encoding": encoding}))
            sheet.rows.append(Row(number, [bare(cell) if cell else None for cell in cells]))
    except csv.Error as error:
        code = "text.cell_too_long" if "field limit" in str(error) else "text.bad_quotes"
        findings.fault(code, sheet.place(number + 1))
    headings = _fullest(sheet)
    for code, row, column, fields in damaged:
        heading = (
            headings.cells[column] if headings and headings.number != row and column < len(headings.cells) else None
        )
        findings.fault(code, sheet.place(row, heading or column_letters(column + 1)), **fields)
    return sheet


def _fullest(sheet: Sheet) -> Row | None:
    """Return the row that most likely holds the headings, while nobody knows yet which fields are looked for."""
    return max(sheet.rows[:SEARCHED_ROWS], key=lambda row: sum(not is_blank(c) for c in row.cells), default=None)


def _decoded(data: bytes) -> tuple[str, str]:
    """Decode, keeping bad bytes as lone surrogates so that they can be found again in their cells."""
    for mark, codec, name in _MARKS:
        if data.startswith(mark):
            return _decoded_as(codec, data), name
    head = data[:4096]
    if head.count(0) > len(head) // 5:
        # Signs of two bytes have their zeros all on one side.
        one_side = max(head[::2].count(0), head[1::2].count(0)) > 0.9 * head.count(0)
        raise UnreadableError("text.utf16_unmarked" if one_side else "file.not_text")
    try:
        return data.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError:
        pass
    as_utf8 = data.decode("utf-8", errors="surrogateescape")
    damaged = sum("\udc80" <= c <= "\udcff" for c in as_utf8)
    sound = sum(not c.isascii() for c in as_utf8) - damaged
    # GB18030 read as UTF-8 is nearly all damage. Mostly sound text is UTF-8 with a broken character; decoding that
    # as GB18030 might succeed and would store mojibake.
    if sound > 2 * damaged:
        return as_utf8, "UTF-8"
    text = data.decode("gb18030", errors="surrogateescape")
    return text, "GB18030"


def _decoded_as(codec: str, data: bytes) -> str:
    """Decode a file with its mark, up to what cannot be: a sign cut in half at the end, or no sign at all."""
    if codec == "utf-8-sig":
        return data.decode(codec, errors="surrogateescape")
    try:
        return data.decode(codec, errors="surrogatepass")
    except UnicodeDecodeError as error:
        return f"{data[: error.start].decode(codec, errors='surrogatepass')}\udcff"


def _separator(text: str) -> str:
    """Choose the separator that cuts the first lines into the most columns, most evenly."""
    bare_text = re.sub(r'"[^"]*"', "", text[:20_000])
    lines = [line for line in bare_text.splitlines() if line.strip()][:12]

    def evenness(mark: str) -> tuple[int, int]:
        counts = [line.count(mark) for line in lines]
        usual = max(set(counts), key=lambda c: (counts.count(c), c)) if counts else 0
        return (counts.count(usual) if usual else 0, usual)

    best = max(_SEPARATORS, key=lambda mark: (min(1, evenness(mark)[1]), *evenness(mark)))
    return best if evenness(best)[1] else ","
