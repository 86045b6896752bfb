"""Tables to rank, and the criteria to rank them by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from renovation.errors import ImportRefusedError
from renovation.imports.files.cells import Cells
from renovation.imports.files.columns import Field, ReadTable
from renovation.imports.files.corrections import AS_IT_STANDS, Corrections
from renovation.imports.files.headings import headings_of
from renovation.imports.files.results import CellChange, Findings, Place
from renovation.imports.files.rows import opened_table
from renovation.imports.files.sheets import Value
from renovation.imports.files.values import values
from renovation.model.names import fold, name_key
from renovation.model.ranking import Criterion, Direction, Normalisation, Weighting

CRITERIA_FIELDS = (
    Field("code", ("编码", "指标编码", "编号", "criterion"), required=True),
    Field("name_zh", ("名称", "指标", "指标名称", "name")),
    Field("name_en", ("英文名称",)),
    Field("weight", ("权重", "weight_example"), required=True),
    Field("direction", ("方向",)),
    Field("normalisation", ("归一化", "标准化", "normalization")),
    Field("target", ("目标值", "目标")),
    Field("is_cash", ("居民出资", "出资指标", "cash")),
    Field("unit", ("单位",)),
    Field("source", ("来源",)),
)
_ID = Field("id", ("编号", "编码", "小区编码", "项目编号", "序号"), required=True)
_NAME = Field("name", ("名称", "小区名称", "小区", "项目名称", "项目"))
_BYPASS = Field("bypass", ("安全优先", "立查立改", "safety"))
#: More own columns than this is not a table of criteria.
MOST_OWN_COLUMNS = 20

_DIRECTIONS = {
    Direction.HIGHER: ("higher", "越高越好", "越大越好", "越多越好", "正向", "高", "+", "max"),
    Direction.LOWER: ("lower", "越低越好", "越小越好", "越少越好", "负向", "逆向", "低", "-", "min"),
    Direction.TARGET: ("target", "越接近目标越好", "接近目标", "目标"),
}
_NORMALISATIONS = {
    Normalisation.MIN_MAX: ("min_max", "min-max", "最小到最大", "最大最小", "最小最大", "极差"),
    Normalisation.RANK: ("rank", "按名次", "名次", "排名"),
    Normalisation.TARGET: ("target", "按与目标的距离", "目标"),
}
DIRECTION_NAMES = {fold(name): kind for kind, names in _DIRECTIONS.items() for name in names}
NORMALISATION_NAMES = {fold(name): kind for kind, names in _NORMALISATIONS.items() for name in names}


def _named(known: Mapping[Any, Sequence[str]]) -> tuple[str, ...]:
    """List the words to choose from, the Chinese one beside the code."""
    return tuple(f"{next(name for name in names if not name.isascii())}（{names[0]}）" for names in known.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingTable:
    """What a file says: alternatives, values by criterion (``None`` where not known), and safety matters."""

    ids: tuple[str, ...]
    names: tuple[str, ...]
    values: dict[str, tuple[float | None, ...]]
    bypass: frozenset[str]


def _table(data: bytes, fields: Sequence[Field], findings: Findings) -> ReadTable:
    table = opened_table(data, tuple(fields), findings)
    if table is None:
        raise ImportRefusedError(findings.all_faults())
    return table


def _finish(findings: Findings, notes: list[CellChange] | None) -> None:
    """Refuse a table with faults; otherwise hand out what was taken differently from how it stands."""
    if findings.faulty:
        raise ImportRefusedError(findings.all_faults())
    if notes is not None:
        notes += findings.all_changes()


def read_criteria(
    data: bytes, *, notes: list[CellChange] | None = None, corrections: Corrections = AS_IT_STANDS
) -> tuple[tuple[Criterion, ...], Weighting]:
    """Read criteria and their weights from a CSV or XLSX table, one criterion per row.

    Parameters
    ----------
    notes
        Gets what was taken differently from how it stands in the file.

    Raises
    ------
    ImportRefusedError
        With every fault.
    InvalidError
        ``weight.all_zero``.
    """
    findings = Findings(can_ask=False, corrections=corrections)
    table = _table(data, CRITERIA_FIELDS, findings)
    criteria: list[Criterion] = []
    weights: dict[str, Fraction] = {}
    first: dict[str, int] = {}
    for row in table.rows:
        cells = Cells(table, row, findings)
        before = findings.count
        code = cells.needed("code")
        weight, target = _figure(cells, "weight"), _figure(cells, "target")
        direction = cells.choice("direction", DIRECTION_NAMES, _named(_DIRECTIONS)) or Direction.HIGHER
        normalisation = (
            cells.choice("normalisation", NORMALISATION_NAMES, _named(_NORMALISATIONS)) or Normalisation.MIN_MAX
        )
        if code:
            cells.once(first, name_key(code), "code", "planning.twice", code)
        if weight is not None and weight < 0:
            cells.fault("planning.weight_negative", "weight", value=str(weight))
        if weight is None and findings.count == before:
            cells.fault("planning.needed", "weight")
        if target is None and (direction is Direction.TARGET or normalisation is Normalisation.TARGET):
            cells.fault("planning.no_target", "target")
        if findings.count > before or weight is None:
            continue
        weights[code] = Fraction(weight)
        criteria.append(
            Criterion(
                code=code,
                name_zh=cells.text("name_zh") or code,
                name_en=cells.text("name_en"),
                direction=direction,
                normalisation=normalisation,
                target=None if target is None else float(target),
                unit=cells.text("unit"),
                is_cash=cells.yes("is_cash"),
                source=cells.text("source", 500),
            )
        )
    _finish(findings, notes)
    return tuple(criteria), Weighting(weights=weights)


def read_ranking_table(
    data: bytes,
    criteria: Sequence[Criterion],
    *,
    notes: list[CellChange] | None = None,
    corrections: Corrections = AS_IT_STANDS,
) -> RankingTable:
    """Read the alternatives and their values; a criterion's column is headed by its code or name.

    A criterion whose column is missing, a value that is no number, and an id that stands twice are faults; an empty
    cell is "not known".

    Parameters
    ----------
    notes
        Gets what was taken differently from how it stands in the file.

    Raises
    ------
    ImportRefusedError
        With every fault.
    """
    findings = Findings(can_ask=False, corrections=corrections)
    columns = [
        Field(
            f"value.{one.code}",
            tuple(dict.fromkeys(name for name in (one.code, one.name_zh, one.name_en) if name)),
            required=True,
            may_be_empty=True,
        )
        for one in criteria
    ]
    table = _table(data, (_ID, _NAME, _BYPASS, *columns), findings)
    for one in criteria:
        _refuse_mixed(table, f"value.{one.code}", findings)
    ids: list[str] = []
    seen: dict[str, int] = {}
    names: list[str] = []
    bypass: set[str] = set()
    by_code: dict[str, list[float | None]] = {one.code: [] for one in criteria}
    for row in table.rows:
        cells = Cells(table, row, findings)
        name = cells.needed("id")
        if name:
            cells.once(seen, name_key(name), "id", "planning.twice", name)
        ids.append(name)
        names.append(cells.text("name"))
        if cells.yes("bypass"):
            bypass.add(name)
        for one in criteria:
            number = _figure(cells, f"value.{one.code}")
            by_code[one.code].append(None if number is None else float(number))
    _finish(findings, notes)
    return RankingTable(
        ids=tuple(ids),
        names=tuple(names),
        values={code: tuple(column) for code, column in by_code.items()},
        bypass=frozenset(bypass),
    )


def read_own_columns(
    data: bytes, *, notes: list[CellChange] | None = None, corrections: Corrections = AS_IT_STANDS
) -> dict[str, dict[str, float]]:
    """Read whatever columns of numbers a table has beside its ids: heading → id → value; empty cells are not known.

    A column without a single number (names, streets) is left aside; a column of numbers with words in it is at fault.

    Parameters
    ----------
    notes
        Gets what was taken differently from how it stands in the file.

    Raises
    ------
    ImportRefusedError
        With every fault.
    """
    findings = Findings(can_ask=False, corrections=corrections)
    taken = {fold(name) for field in (_ID, _NAME, _BYPASS) for name in (field.name, *field.headings)}
    headings = [one for one in headings_of(data, (_ID, _NAME)) if fold(one) not in taken]
    columns = [Field(f"own.{number}", (heading,)) for number, heading in enumerate(dict.fromkeys(headings))]
    table = _table(data, (_ID, _NAME, _BYPASS, *columns), findings)
    numeric = [
        one
        for one in columns
        if any(values.number_or_none(table.cell(row, one.name)) is not None for row in table.rows)
    ]
    aside = tuple(table.headings[one.name] for one in columns if one not in numeric)
    if aside:
        findings.change("column.ignored", Place(sheet=table.sheet.name), before=aside)
    if not numeric:
        findings.fault("planning.no_numbers")
    if len(numeric) > MOST_OWN_COLUMNS:
        findings.fault("planning.many_columns", count=len(numeric), limit=MOST_OWN_COLUMNS)
    for one in numeric:
        _refuse_mixed(table, one.name, findings)
    found: dict[str, dict[str, float]] = {one.headings[0]: {} for one in numeric}
    first: dict[str, int] = {}
    for row in table.rows:
        cells = Cells(table, row, findings)
        name = cells.needed("id")
        if name:
            cells.once(first, name_key(name), "id", "planning.twice", name)
        for one in numeric:
            number = _figure(cells, one.name)
            if number is not None:
                found[one.headings[0]][name] = float(number)
    _finish(findings, notes)
    return found


def _figure(cells: Cells, name: str) -> Decimal | None:
    """Read a number; 23% is 0.23, so that a column may hold shares written either way."""
    doubtful = cells.table.doubtful(name)

    def read(value: Value) -> tuple[Decimal | None, bool]:
        if values.part_marked(value) is None:
            return values.number(value, doubtful=doubtful)
        found, _ = values.share(value, doubtful=doubtful, largest=None)
        return None if found is None else Decimal(found.numerator) / found.denominator, True

    return cells.read(name, read)


def _refuse_mixed(table: ReadTable, name: str, findings: Findings) -> None:
    """Refuse a column of 23% and 8: nobody can tell whether 8 is a share."""
    column = [table.cell(row, name) for row in table.rows]
    if not any(values.part_marked(cell) for cell in column):
        return
    for row, cell in zip(table.rows, column, strict=True):
        number = None if values.part_marked(cell) else values.number_or_none(cell)
        if number is not None and abs(number) > 1:
            findings.fault("planning.share_or_number", table.place(row, name), value=str(cell)[:40])
