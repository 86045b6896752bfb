"""XLSX from strangers, streamed.

The sheets are walked with expat instead of being loaded by a library, for four reasons: a cell at the far corner
must not allocate the rows before it; a formula without a stored result must be told from an empty cell in one pass;
entity declarations must never be expanded; and 400,000 cells must take seconds. Which part is what, the package's own
types and relations say, as Excel follows them; what is subtle about days (date styles, two calendars) is openpyxl's.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Callable
from typing import Any, Literal
from urllib.parse import unquote
from xml.parsers import expat

from renovation.imports.files.results import Findings, UnreadableError
from renovation.imports.files.sheets import ErrorCell, FormulaWithoutResult, Row, Sheet, Value, column_letters
from renovation.imports.files.workbooks.formats import NumberFormat

MAX_CELLS = 3_000_000
#: No list of places has more; a cell beyond is a slip of the hand, and rows as wide as it would fill the memory.
MAX_COLUMNS = 1_000
_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})", re.ASCII)
_INTEGER = re.compile(r"-?\d{1,30}", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_WORKBOOK = re.compile(r"vnd\.(?:openxmlformats-officedocument\.spreadsheetml|ms-excel)\.(?:sheet|template)\..*main")
_TRUE = ("1", "true")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def is_workbook(archive: zipfile.ZipFile) -> bool:
    """Tell whether a zip is an Excel workbook."""
    return _Package(archive).workbook is not None


def read_workbook(archive: zipfile.ZipFile, findings: Findings, *, wanted: str | None = None) -> list[Sheet]:
    """Read the values of every visible sheet; macros, links, pictures and formulas are left where they are.

    Sheets that are hidden are named and left out, unless one is asked for by its name.

    Raises
    ------
    UnreadableError
        ``workbook.binary``, ``.broken``, ``.entities``, ``.too_many_cells``, ``.far_cell``; ``archive.broken``;
        ``workbook.all_hidden``, ``workbook.broken``, ``workbook.too_many_cells``.
    """
    package = _Package(archive)
    part = package.workbook
    if part is None or part.casefold().endswith(".bin"):
        raise UnreadableError("workbook.binary")
    book = _Book()
    _walk(archive, part, book.start)
    related = package.related(part)
    styles, strings = _Styles(), _Strings()
    if (found := package.single("styles", related)) is not None:
        _walk(archive, found, styles.start, styles.end)
    if (found := package.single("sharedStrings", related)) is not None:
        _walk(archive, found, strings.start, strings.end, strings.text)
    formats = styles.of_cells()
    sheets: list[Sheet] = []
    hidden: list[str] = []
    for title, relation_id, visible in book.sheets:
        kind, entry = related.get(relation_id, ("worksheet", ""))
        if kind != "worksheet":
            continue
        if not visible and title != wanted:
            hidden.append(title)
            continue
        if not entry:
            raise UnreadableError("workbook.broken", part=title)
        reader = _Cells(strings.found, formats, book.mac_calendar)
        _walk(archive, entry, reader.start, reader.end, reader.text)
        if sum(max(cells) for cells in reader.rows.values()) > 8 * MAX_CELLS:
            raise UnreadableError("workbook.too_many_cells", limit=MAX_CELLS)
        rows = [
            Row(number, [cells.get(column) for column in range(1, max(cells) + 1)])
            for number, cells in sorted(reader.rows.items())
        ]
        sheets.append(
            Sheet(
                name=title,
                rows=rows,
                merged=reader.merged,
                hidden_rows=frozenset(number for number in reader.rows if reader.is_hidden(number)),
                hidden_columns=frozenset(reader.hidden_columns),
            )
        )
    if hidden and not sheets:
        raise UnreadableError("workbook.all_hidden", names=tuple(hidden[:10]))
    if hidden:
        findings.change("sheet.hidden", before=tuple(hidden), after=len(hidden))
    return sheets


class _Package:
    """Which part of a workbook's zip is what: the package says so itself, and names and their case are free."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._entries = {_folded(name): name for name in archive.namelist()}
        self._types: dict[str, str] = {}
        if (types := self._entries.get("[content_types].xml")) is not None:
            _walk(archive, types, self._typed)

    def _typed(self, name: str, attributes: dict[str, str]) -> None:
        entry = self._entries.get(_folded(attributes.get("PartName", "").lstrip("/")))
        if name == "Override" and entry is not None:
            self._types.setdefault(attributes.get("ContentType", ""), entry)

    def of_type(self, pattern: re.Pattern[str]) -> str | None:
        """Return the entry that the package says to be of a type."""
        return next((entry for kind, entry in self._types.items() if pattern.search(kind)), None)

    @property
    def workbook(self) -> str | None:
        """The part that lists the sheets; ``None`` where the zip is something else."""
        return self.of_type(_WORKBOOK) or self._entries.get("xl/workbook.xml")

    def related(self, part: str) -> dict[str, tuple[str, str]]:
        """Return relation id → (kind, entry) of what a part relates to inside the package."""
        folder, name = posixpath.split(part)
        found: dict[str, tuple[str, str]] = {}

        def relation(element: str, attributes: dict[str, str]) -> None:
            if element == "Relationship" and attributes.get("TargetMode") != "External":
                # An absolute target counts from the package, a relative one from the part's folder.
                target = posixpath.normpath(posixpath.join("/", folder, attributes.get("Target", "")))
                kind = attributes.get("Type", "").rpartition("/")[2]
                found[attributes.get("Id", "")] = (kind, self._entries.get(_folded(target.lstrip("/")), ""))

        if (relations := self._entries.get(_folded(f"{folder}/_rels/{name}.rels"))) is not None:
            _walk(self._archive, relations, relation)
        return found

    def single(self, kind: str, related: dict[str, tuple[str, str]]) -> str | None:
        """Return the one part of a kind: by the workbook's relation to it, or else by its type."""
        by_relation = next((entry for one, entry in related.values() if one == kind and entry), None)
        return by_relation or self.of_type(re.compile(rf"\.{kind}\+xml$"))


def _folded(name: str) -> str:
    return unquote(name.replace("\\", "/")).casefold()


def _walk(
    archive: zipfile.ZipFile,
    part: str,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> None:
    """Send one XML part's elements, by local name, to the handlers."""
    import zlib

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.buffer_size = 65_536
    local: dict[str, str] = {}

    def started(name: str, attributes: dict[str, str]) -> None:
        start(local.get(name) or local.setdefault(name, name.rpartition(":")[2]), attributes)

    def ended(name: str) -> None:
        if end is not None:
            end(local[name])

    def declared(*_: Any) -> None:
        raise UnreadableError("workbook.entities")

    parser.StartElementHandler = started
    parser.EndElementHandler = ended
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = declared
    parser.EntityDeclHandler = declared
    try:
        with archive.open(part) as stream:
            while chunk := stream.read(1 << 18):
                parser.Parse(chunk, False)
            parser.Parse(b"", True)
    except (expat.ExpatError, ValueError, IndexError, KeyError):
        raise UnreadableError("workbook.broken", part=part) from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError):
        raise UnreadableError("archive.broken") from None


def _unescaped(text: str) -> str:
    """Undo ``_x000D_``, the way the format writes characters XML cannot hold."""
    return _ESCAPED.sub(lambda m: chr(int(m.group(1), 16)), text) if "_x" in text else text


class _Book:
    def __init__(self) -> None:
        self.sheets: list[tuple[str, str, bool]] = []
        self.mac_calendar = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "sheet":
            relation = next((v for k, v in attributes.items() if k.rpartition(":")[2] == "id" and ":" in k), "")
            visible = attributes.get("state", "visible") == "visible"
            self.sheets.append((attributes.get("name", ""), relation, visible))
        elif name == "workbookPr":
            self.mac_calendar = attributes.get("date1904", "0") in _TRUE


class _Styles:
    """What the cell styles make of a number."""

    def __init__(self) -> None:
        self._formats: dict[int, str] = {}
        self._cell_formats: list[int] = []
        self._inside = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "numFmt":
            self._formats[int(attributes["numFmtId"])] = attributes.get("formatCode", "")
        elif name == "cellXfs":
            self._inside = True
        elif name == "xf" and self._inside:
            self._cell_formats.append(int(attributes.get("numFmtId", "0")))

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self._inside = False

    def of_cells(self) -> list[NumberFormat | Literal["day"] | None]:
        """Return by style what it makes of a number: a day, something else than the number, or the number itself."""
        from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format

        # 27-36 and 50-58 are dates in Chinese Excel, whose text the file leaves out.
        eastern = {*range(27, 37), *range(50, 59)}
        made: dict[int, NumberFormat | Literal["day"] | None] = {}
        for number in set(self._cell_formats):
            code = self._formats.get(number) or BUILTIN_FORMATS.get(number, "")
            if is_date_format(code) or (number in eastern and number not in self._formats):
                made[number] = "day"
            else:
                shown = NumberFormat(code)
                made[number] = None if shown.is_plain else shown
        return [made[number] for number in self._cell_formats]


class _Strings:
    """Shared strings; readings of characters (``rPh``) are not part of them."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._parts: list[str] = []
        self._reading = False
        self._phonetic = False

    def start(self, name: str, _: dict[str, str]) -> None:
        if name == "si":
            self._parts = []
        elif name == "rPh":
            self._phonetic = True
        elif name == "t":
            self._reading = not self._phonetic

    def end(self, name: str) -> None:
        if name == "t":
            self._reading = False
        elif name == "rPh":
            self._phonetic = False
        elif name == "si":
            self.found.append(_unescaped("".join(self._parts)))

    def text(self, data: str) -> None:
        if self._reading:
            self._parts.append(data)


class _Cells:
    """The cells of one sheet."""

    def __init__(
        self, strings: list[str], formats: list[NumberFormat | Literal["day"] | None], mac_calendar: bool
    ) -> None:
        self.rows: dict[int, dict[int, Value]] = {}
        self.merged: list[tuple[int, int, int, int]] = []
        self.hidden_columns: set[int] = set()
        self._rows_seen: dict[int, bool] = {}
        self._rows_are_hidden = False
        self._strings, self._formats, self._mac = strings, formats, mac_calendar
        self._row = self._column = self._count = 0
        self._kind = self._style = ""
        self._formula = self._reading = self._has_value = False
        self._parts: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            found = _REFERENCE.fullmatch(attributes.get("r", ""))
            if found:
                self._column, self._row = _column_number(found.group(1)), int(found.group(2))
            else:
                self._column += 1
            self._kind, self._style = attributes.get("t", "n"), attributes.get("s", "")
            self._formula = self._has_value = False
            self._parts = []
        elif name == "v" or (name == "t" and self._kind == "inlineStr"):
            self._reading = self._has_value = True
        elif name == "f":
            self._formula = True
        elif name == "row":
            self._row = int(attributes.get("r", self._row + 1))
            self._column = 0
            if "hidden" in attributes or "ht" in attributes or self._rows_are_hidden:
                self._rows_seen[self._row] = _is_unseen(attributes, "ht", unless_said=self._rows_are_hidden)
        elif name == "col":
            if _is_unseen(attributes, "width"):
                begin, stop = int(attributes.get("min", "1")), int(attributes.get("max", "1"))
                self.hidden_columns.update(range(begin, min(stop, MAX_COLUMNS) + 1))
        elif name == "sheetFormatPr":
            self._rows_are_hidden = attributes.get("zeroHeight", "0") in _TRUE
        elif name == "mergeCell":
            ends = [_REFERENCE.fullmatch(end) for end in attributes.get("ref", "").split(":")]
            if len(ends) == 2 and ends[0] and ends[1]:
                first, last = ends[0], ends[1]
                self.merged.append(
                    (int(first[2]), _column_number(first[1]), int(last[2]), _column_number(last[1])),
                )

    def end(self, name: str) -> None:
        if name in ("v", "t"):
            self._reading = False
        elif name == "c":
            value = self._value()
            if value is not None:
                if self._column > MAX_COLUMNS:
                    raise UnreadableError("workbook.far_cell", cell=f"{column_letters(self._column)}{self._row}")
                self._count += 1
                if self._count > MAX_CELLS:
                    raise UnreadableError("workbook.too_many_cells", limit=MAX_CELLS)
                self.rows.setdefault(self._row, {})[self._column] = value

    def text(self, data: str) -> None:
        if self._reading:
            self._parts.append(data)

    def is_hidden(self, row: int) -> bool:
        """Tell whether a row does not show, by a filter too."""
        return self._rows_seen.get(row, self._rows_are_hidden)

    def _value(self) -> Value:
        raw = "".join(self._parts)
        if self._formula and (not self._has_value or (not raw and self._kind == "n")):
            return FormulaWithoutResult()
        if self._kind == "s":
            return self._strings[int(raw)] or None if raw else None
        if self._kind in ("str", "inlineStr"):
            return _unescaped(raw) or None
        if not raw:
            return None
        if self._kind == "b":
            return raw.strip() in _TRUE
        if self._kind == "e":
            return ErrorCell(raw[:20])
        if self._kind == "d":
            from openpyxl.utils.datetime import from_ISO8601

            return from_ISO8601(raw)
        if not _NUMBER.fullmatch(raw):
            # No spreadsheet writes this; whoever did is asked what it means.
            return raw
        style = int(self._style) if self._style.isascii() and self._style.isdigit() else -1
        shown = self._formats[style] if 0 <= style < len(self._formats) else None
        if shown == "day":
            from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, from_excel

            try:
                return from_excel(float(raw), CALENDAR_MAC_1904 if self._mac else CALENDAR_WINDOWS_1900)
            except (OverflowError, ValueError):
                return ErrorCell(raw[:20])
        number = int(raw) if _INTEGER.fullmatch(raw) else float(raw)
        return number if shown is None else shown.shown(number)


def _is_unseen(attributes: dict[str, str], size: str, *, unless_said: bool = False) -> bool:
    """Tell whether a row or column is hidden, or so low or narrow that it does not show."""
    is_said = attributes.get("hidden")
    return (unless_said if is_said is None else is_said in _TRUE) or float(attributes.get(size, "1")) == 0


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number
