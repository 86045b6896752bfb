"""Which column is which: headings in Chinese or English, wherever in the sheet they stand."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from renovation.errors import Fault
from renovation.imports.files.heading_rows import HeadingRows, below_headings, best_heading
from renovation.imports.files.results import Findings, Place
from renovation.imports.files.sheets import Row, Sheet, Value, column_letters, is_blank
from renovation.imports.files.values import readings, totals, units
from renovation.imports.files.values.headings import ReadHeading, may_be, strange_datum, taken_apart
from renovation.imports.files.values.values import PARTS
from renovation.model.names import fold

#: Characters of a cell that a fault repeats.
_LONGEST_SHOWN = 200
#: Headings that a refusal repeats.
_HEADINGS_SEEN = 12
_IGNORED = {"序号", "编号序号", "no", "no.", "seq", "fid", "objectid", "ogc_fid"}
_TOTALS = re.compile(
    r".{0,20}(?:合计|总计|小计|共计)(?:[(（].{0,12}[)）]|[0-9]{0,6}个?(?:小区|项目)?)[:：]?|总数|平均|平均值|(?:sub)?totals?[:：]?",
    re.IGNORECASE,
)
_NOTES = re.compile(r"(?:备注|注|说明|填表|制表|审核|单位负责人|负责人|填报|数据来源|来源)[\w人日期]*[:：0-9]")
#: Words before a heading that say no more than it does by itself.
_QUALIFIED = re.compile(r"^(?:所属|所在|隶属|城镇|老旧|总)+(?=.)")
#: Fields whose heading may name the datum of what stands below it.
_PLACED = {"lon", "lat", "lonlat", "wkt"}
_PLACES = (("wkt",), ("lonlat",), ("lon", "lat"))


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a record and the headings it goes by (the first is how messages call it).

    ``identifies``: rows are told apart by it, so no cell of it may be left empty because it cannot be read.
    ``may_be_empty``: its cells may, although there must be a column of it.
    """

    name: str
    headings: tuple[str, ...]
    required: bool = False
    identifies: bool = False
    may_be_empty: bool = False


@dataclass(slots=True)
class ReadTable:
    """A sheet whose columns are understood.

    Attributes
    ----------
    columns
        Field → 0-based column.
    headings
        Field → heading as it stands in the file.
    scales
        Field → what its heading multiplies by to give square metres, yuan or ones (10,000 under 万元).
    parts
        Field → what its heading says that numbers are parts of: a hundredth under %.
    shown
        Every heading of the file.
    stated
        Units of area and money that a line above the headings states for the whole table.
    needed
        Fields whose cells are never left empty.
    """

    sheet: Sheet
    columns: dict[str, int]
    headings: dict[str, str]
    rows: list[Row]
    scales: dict[str, int | Fraction] = field(default_factory=dict)
    parts: dict[str, Fraction] = field(default_factory=dict)
    shown: tuple[str, ...] = ()
    stated: tuple[str, ...] = ()
    needed: frozenset[str] = frozenset()
    _doubtful: dict[str, re.Pattern[str] | None] = field(default_factory=dict)
    _shares: dict[str, Fraction] = field(default_factory=dict)
    _numbers: dict[int, Row] = field(default_factory=dict)

    def cell(self, row: Row, name: str) -> Value:
        """Return what a row holds for a field, ``None`` where the file has no such column."""
        column = self.columns.get(name)
        return None if column is None or column >= len(row.cells) else row.cells[column]

    def name_of(self, row: Row) -> str:
        """Return how a row is called in a sentence about several: its name, its code, or else its first words."""
        own = (self.cell(row, name) for name in ("name", "id", "code", "number", "pot", "group"))
        said = next((cell for cell in (*own, *row.cells) if cell is not None and not is_blank(cell)), row.number)
        return str(said).strip()

    def say_of_rows(self, code: str, rows: Sequence[Row], findings: Findings) -> None:
        """Note one thing that holds of several rows, by count and by name."""
        if rows:
            findings.change_rows(code, [self.place(row) for row in rows], [self.name_of(row) for row in rows])

    def place(self, row: Row, name: str | None = None) -> Place:
        """Return where a row, or its cell for a field, stands."""
        return self.sheet.place(row.number, self.headings.get(name) if name else None)

    def stands(self, place: Fault) -> str:
        """Return what stands in the first cell that a fault names; nothing for cells of other tables."""
        column = next((self.columns[name] for name, heading in self.headings.items() if heading == place.column), None)
        number = place.row if place.feature is None else place.feature
        if column is None or number is None or place.sheet != self.sheet.name:
            return ""
        self._numbers = self._numbers or {row.number: row for row in self.rows}
        row = self._numbers.get(number)
        value = row.cells[column] if row is not None and column < len(row.cells) else None
        return "" if value is None else str(value)[:_LONGEST_SHOWN]

    def scale(self, name: str, known: Mapping[str, Fraction]) -> int | Fraction:
        """Return what a field's numbers multiply by: its heading says so, or else the line above the table."""
        for_all = next((known[unit] for unit in self.stated if unit in known), 1)
        return self.scales.get(name, for_all)

    def doubtful(self, name: str, *, are_degrees: bool = False) -> re.Pattern[str] | None:
        """Return what can be read two ways in a field's column; ``None`` where points surely part decimals."""
        if name not in self._doubtful:
            comma = self.sheet.decimal_comma
            column = (self.cell(row, name) for row in self.rows)
            self._doubtful[name] = readings.doubtful(column, are_degrees=are_degrees) if comma else None
        return self._doubtful[name]

    def share_of(self, name: str, findings: Findings) -> Fraction:
        """Return what plain numbers of a field are parts of, one answer for its column, and note how it is read."""
        if name not in self._shares:
            column = (self.cell(row, name) for row in self.rows)
            place = Place(sheet=self.sheet.name, column=self.headings.get(name))
            self._shares[name] = readings.share_of(column, self.parts.get(name), place, findings)
        return self._shares[name]

    def mapping(self) -> dict[str, str]:
        """Return heading → field, as an import record keeps it."""
        return {heading: name for name, heading in self.headings.items()}


def understood(
    sheets: Sequence[Sheet],
    fields: Sequence[Field],
    findings: Findings,
    *,
    mapping: Mapping[str, str] | None = None,
    datum: str | None = None,
    sheet_name: str | None = None,
) -> ReadTable | None:
    """Find the sheet and row with the headings, and match them to fields.

    Parameters
    ----------
    mapping
        Heading → field, decided by the person; it wins over what the headings seem to say. An empty field name
        leaves a column out.
    datum
        What was stated; of several pairs of coordinates in one file the pair named after it is taken.

    Returns
    -------
    Table or None
        ``None`` when a fault was noted that leaves nothing to read.
    """
    if sheet_name is not None:
        named = [s for s in sheets if s.name == sheet_name]
        if not named:
            findings.fault("sheet.missing", name=sheet_name, present=tuple(s.name or "" for s in sheets))
            return None
        sheets = named
    filled = [s for s in sheets if s.rows and (s.headings or any(not is_blank(c) for r in s.rows for c in r.cells))]
    if not filled:
        if not findings.faulty:
            findings.fault("file.empty")
        return None
    chosen = {fold(heading): name for heading, name in (mapping or {}).items()}
    known = _known_names(fields)
    found = [(best_heading(s, lambda cells: _score(cells, known, chosen)), s) for s in filled]
    heads, sheet = max(found, key=lambda one: one[0].score)
    if heads.score == 0:
        _nothing_matched(sheet, fields, findings)
        return None
    left = tuple(s.name for _, s in found if s is not sheet and s.name is not None)
    if left:
        findings.change("sheet.left", Place(sheet=sheet.name), before=left, after=len(left))
    rivals = [s for other, s in found if s is not sheet and other.score == heads.score]
    if rivals and all(s.name for s in (sheet, *rivals)):
        findings.warn("sheet.several", name=sheet.name, others=tuple(s.name or "" for s in rivals))
    table = _matched(sheet, heads, fields, known, chosen, findings, datum)
    if table is None:
        return None
    _data_rows(table, heads, findings)
    _correct(table, findings)
    findings.table = table
    return table


def _correct(table: ReadTable, findings: Findings) -> None:
    """Put what somebody said is meant in the place of what stands in a cell."""
    said = findings.corrections
    if not said.cells and not said.words:
        return
    for row in table.rows:
        for name, column in table.columns.items():
            value = row.cells[column] if column < len(row.cells) else None
            meant = said.meant(table.headings[name], row.number, value)
            if meant is not None:
                row.cells.extend([None] * (column + 1 - len(row.cells)))
                row.cells[column] = meant
                findings.change("cell.corrected", table.place(row, name), before=value or "", after=meant)


def _known_names(fields: Sequence[Field]) -> dict[str, str]:
    return {fold(h): f.name for f in fields for h in (f.name, *f.headings)}


def _unqualified(name: str) -> str:
    return _QUALIFIED.sub("", name)


def _score(cells: Sequence[Value], known: Mapping[str, str], chosen: Mapping[str, str]) -> int:
    names = set()
    for cell in cells:
        if isinstance(cell, str):
            heading = taken_apart(cell, known)
            name = chosen.get(fold(heading.shown)) or known.get(heading.name) or known.get(_unqualified(heading.name))
            if name:
                names.add(name)
    return len(names)


def _nothing_matched(sheet: Sheet, fields: Sequence[Field], findings: Findings) -> None:
    first = next((r for r in sheet.rows if any(not is_blank(c) for c in r.cells)), None)
    seen = tuple(str(c)[:20] for c in (first.cells if first else []) if not is_blank(c))[:_HEADINGS_SEEN]
    wanted = tuple(f.headings[0] for f in fields if f.required) or (fields[0].headings[0],)
    findings.fault("column.none_known", Place(sheet=sheet.name), seen=seen, wanted=wanted)


def _matched(
    sheet: Sheet,
    heads: HeadingRows,
    fields: Sequence[Field],
    known: Mapping[str, str],
    chosen: Mapping[str, str],
    findings: Findings,
    datum: str | None,
) -> ReadTable | None:
    names = {f.name for f in fields}
    cells, at = heads.cells, heads.last
    row_number = None if at < 0 else sheet.rows[at].number
    here = Place(sheet=sheet.name, row=row_number)
    for written, wish in chosen.items():
        if wish and wish not in names:
            findings.fault("column.unknown_field", here, field=wish, allowed=tuple(sorted(names)))
        if written not in {fold(taken_apart(c, known).shown) for c in cells}:
            findings.fault("column.not_in_file", here, column=written)
    candidates: dict[str, list[tuple[int, ReadHeading]]] = {}
    loose: dict[str, list[tuple[int, ReadHeading]]] = {}
    ignored: list[str] = []
    seen: dict[str, int] = {}
    for column, cell in enumerate(cells):
        if is_blank(cell):
            continue
        heading = taken_apart(cell, known, heads.groups[column])
        folded = fold(heading.shown)
        if folded in seen:
            findings.fault(
                "column.repeated", here, name=heading.shown,
                columns=(column_letters(seen[folded] + 1), column_letters(column + 1)),
            )  # fmt: skip
        seen.setdefault(folded, column)
        name = chosen[folded] if folded in chosen else known.get(heading.name)
        if name is None and (name := _completed(sheet, heading.shown, fields)) is not None:
            whole = next(f for f in fields if f.name == name)
            findings.change("column.heading", here, before=heading.shown, after=whole.headings[0])
        if name in names:
            candidates.setdefault(str(name), []).append((column, heading))
        elif heading.name not in _IGNORED:
            ignored.append(heading.shown)
            if folded not in chosen and (meant := known.get(_unqualified(heading.name))) is not None:
                loose.setdefault(meant, []).append((column, heading))
    for meant, found in loose.items():
        # A column that is called so outright goes before one that nearly is.
        if meant not in candidates and len(found) == 1:
            candidates[meant] = found
            ignored.remove(found[0][1].shown)
            whole = next(f for f in fields if f.name == meant)
            findings.change("column.heading", here, before=found[0][1].shown, after=whole.headings[0])
    table = ReadTable(sheet, {}, {}, sheet.rows[at + 1 :])
    table.needed = frozenset(f.name for f in fields if f.identifies or (f.required and not f.may_be_empty))
    table.shown = tuple(str(cell).strip() for cell in cells if not is_blank(cell))
    below, _ = below_headings(table.rows, len(cells)) if at >= 0 else ([], 0)
    for row in sheet.rows[: max(heads.first, 0)]:
        for cell in row.cells:
            if said := units.stated_for_all(cell):
                table.stated = said
                findings.change("column.unit_for_all", sheet.place(row.number), before=str(cell).strip())
    used_for = {name: _one_of(name, found, chosen, findings, here, datum) for name, found in candidates.items()}
    _leave_other_places(used_for, findings, here, datum)
    for field_name, (column, used) in used_for.items():
        table.columns[field_name], table.headings[field_name] = column, used.shown
        if field_name in _PLACED and (strange := strange_datum(used)):
            findings.fault("datum.not_known", here, name=strange)
        if field_name in _PLACED and not may_be(used.datum, datum):
            findings.warn("datum.heading_differs", here, name=used.shown, said=used.datum, given=datum)
        under = below[column] if column < len(below) else None
        unit = used.unit if under is None else fold(str(under)).strip("()[]【】")
        if (scale := units.factor(unit)) is not None:
            table.scales[field_name] = scale
        if (part := PARTS.get(units.bare_unit(unit))) is not None:
            table.parts[field_name] = part
        elif scale is None and units.is_foreign(unit):
            findings.fault("column.unit_unknown", here, name=used.shown, unit=unit)
        if any(c.isspace() for c in used.shown) and not used.shown.isascii():
            wanted = next(f for f in fields if f.name == field_name)
            findings.change("column.heading", here, before=used.shown, after=wanted.headings[0])
    if ignored:
        findings.change("column.ignored", here, before=tuple(ignored))
    findings.mapping = table.mapping()
    missing = [f for f in fields if f.required and f.name not in table.columns]
    for lacking in missing:
        aliases = [fold(h) for h in lacking.headings]
        near = [h for h in ignored if difflib.get_close_matches(fold(h), aliases, n=1, cutoff=0.5)]
        if near:
            findings.fault("column.missing_near", here, name=lacking.headings[0], near=tuple(near))
        else:
            findings.fault("column.missing", here, name=lacking.headings[0])
    return None if missing else table


def _leave_other_places(
    used: dict[str, tuple[int, ReadHeading]], findings: Findings, here: Place, datum: str | None
) -> None:
    """Leave out, and name, ways to say where rows lie whose headings name another datum, where one does not."""
    ways = [way for way in _PLACES if all(name in used for name in way)]
    fits = [way for way in ways if all(may_be(used[name][1].datum, datum) for name in way)]
    for way in ways if fits else ():
        if way not in fits:
            left = tuple(used.pop(name)[1].shown for name in way)
            findings.change("column.pair_left", here, before=left)


def _completed(sheet: Sheet, shown: str, fields: Sequence[Field]) -> str | None:
    """Return the only field with a heading that begins as a cut one does."""
    raw = sheet.cut.get(shown)
    if raw is None or sheet.encoding is None:
        return None
    found = {f.name for f in fields for h in f.headings if h.encode(sheet.encoding, "ignore").startswith(raw)}
    return found.pop() if len(found) == 1 else None


def _one_of(
    name: str,
    found: list[tuple[int, ReadHeading]],
    chosen: Mapping[str, str],
    findings: Findings,
    here: Place,
    datum: str | None,
) -> tuple[int, ReadHeading]:
    """Return the one column for a field: chosen by the person, or named after the stated datum."""
    if len(found) == 1:
        return found[0]
    by_person = [f for f in found if chosen.get(fold(f[1].shown)) == name]
    by_datum = [f for f in found if datum is not None and f[1].datum == datum]
    # Within a decimetre these two are one; and what no datum is named for is the stated one if all others are named.
    alike = [f for f in found if {datum, f[1].datum} == {"wgs84", "cgcs2000"}]
    unnamed = [f for f in found if f[1].datum is None and datum is not None]
    left_over = unnamed if not by_datum and not alike and len(found) > len(unnamed) else []
    narrowed_by = {
        "column.pair_chosen": by_person, "column.pair_of_datum": by_datum, "column.pair_alike": alike,
        "column.pair_unnamed": left_over,
    }  # fmt: skip
    for code, narrowed in narrowed_by.items():
        if len(narrowed) == 1:
            others = tuple(h.shown for _, h in found if h is not narrowed[0][1])
            findings.change(code, here, before=others, after=narrowed[0][1].shown)
            return narrowed[0]
    code = "column.several_pairs" if name in _PLACED and datum is not None else "column.duplicate"
    findings.fault(code, here, names=tuple(h.shown for _, h in found), field=name, given=datum or "")
    return found[0]


def _data_rows(table: ReadTable, heads: HeadingRows, findings: Findings) -> None:
    """Keep the rows with data: not blank, not totals, not notes below the table; fill merged cells down."""
    sheet, width = table.sheet, len(heads.cells)
    _, skipped = below_headings(table.rows, width) if heads.last >= 0 else ([], 0)
    for row in table.rows[:skipped]:
        findings.change("row.below_headings", sheet.place(row.number))
    table.rows = table.rows[skipped:]
    _fill_merged(table, heads.last, findings)
    kept, sums = [], []
    for row in table.rows:
        filled = [c for c in row.cells if not is_blank(c)]
        if not filled and row.geometry is None:
            continue
        if not sheet.features:
            first = next((c for c in filled if isinstance(c, str)), "")
            if any(isinstance(c, str) and _TOTALS.fullmatch(fold(c)) for c in filled[:3]):
                findings.change("row.total", sheet.place(row.number), before=first)
                if "平均" not in first:
                    sums.append(row)
                continue
            if len(filled) <= 2 and isinstance(filled[0], str) and _NOTES.match(fold(filled[0])):
                findings.change("row.note", sheet.place(row.number), before=first)
                continue
            _check_width(sheet, row, width, findings)
        kept.append(row)
    table.rows = kept
    _say_what_is_hidden(table, heads, findings)
    if len(sums) == 1:
        _compare_totals(table, sums[0], findings)
    if not kept and not findings.faulty:
        findings.fault("file.no_rows", Place(sheet=sheet.name))


def _say_what_is_hidden(table: ReadTable, heads: HeadingRows, findings: Findings) -> None:
    """Say of rows, columns and cells that nobody sees in the spreadsheet that they are read all the same."""
    sheet = table.sheet
    table.say_of_rows("row.hidden", [row for row in table.rows if row.number in sheet.hidden_rows], findings)
    hidden = [at for at in table.columns.values() if at + 1 in sheet.hidden_columns]
    if hidden:
        names = tuple(str(heads.cells[at]).strip() for at in sorted(hidden))
        findings.change("column.hidden", Place(sheet=sheet.name), before=names, after=len(names))
    by_number = {row.number: row for row in table.rows}
    across = [
        by_number[number]
        for number in sorted({top for top, left, _, right in sheet.merged if right > left})
        if number in by_number
    ]
    table.say_of_rows("cells.merged_across", across, findings)


def _compare_totals(table: ReadTable, total: Row, findings: Findings) -> None:
    """Hold the one row of totals against what its columns add up to."""
    agreeing = []
    for name in table.columns.keys() - table.parts.keys():
        sums = totals.compared(table.cell(total, name), [table.cell(row, name) for row in table.rows])
        if sums is None:
            continue
        if totals.agree(*sums, rows=len(table.rows)):
            agreeing.append(table.headings[name])
        else:
            findings.total_differs(table.place(total, name), stated=f"{sums[0]:f}", added=f"{sums[1]:f}")
    if agreeing:
        in_order = tuple(heading for heading in table.headings.values() if heading in agreeing)
        findings.change("row.total_agrees", table.sheet.place(total.number), before=in_order)


def _check_width(sheet: Sheet, row: Row, width: int, findings: Findings) -> None:
    beyond = [i for i, c in enumerate(row.cells) if i >= width and not is_blank(c)]
    if beyond:
        findings.fault("row.beyond_headings", sheet.place(row.number), column=column_letters(beyond[0] + 1))
    elif sheet.encoding is not None and len(row.cells) < width:
        findings.fault("row.too_short", sheet.place(row.number), found=len(row.cells), wanted=width)


def _fill_merged(table: ReadTable, at: int, findings: Findings) -> None:
    below = table.sheet.rows[at].number if at >= 0 else 0
    by_number = {row.number: row for row in table.rows}
    for top, left, bottom, right in table.sheet.merged:
        source = by_number.get(top)
        if top <= below or bottom == top or source is None or left > len(source.cells):
            continue
        value = source.cells[left - 1]
        if is_blank(value):
            continue
        for number in range(top + 1, bottom + 1):
            row = by_number.get(number)
            if row is None:
                continue
            row.cells.extend([None] * (left - len(row.cells)))
            row.cells[left - 1] = value
        span = f"{column_letters(left)}{top}:{column_letters(right)}{bottom}"
        findings.change("cells.merged", table.sheet.place(top), before=span, after=str(value))
