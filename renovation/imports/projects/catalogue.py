"""The item catalogue, the standard criteria and the example weights: figures with their source, from CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any, TypeVar

from renovation.config import CHECKOUT
from renovation.errors import Fault, ImportRefusedError, InvalidError
from renovation.model.items import Beneficiary, GeometryKind, Item, ItemClass
from renovation.model.money import fen_from_yuan
from renovation.model.names import name_key
from renovation.model.ranking import Criterion, Direction, Normalisation, Weighting
from renovation.rules.election.settings import exact_number

#: The shipped figures; a locality may pass its own file instead.
DATA = CHECKOUT / "data"

_CLASSES = {
    "基础类": ItemClass.BASIC,
    "完善类": ItemClass.IMPROVEMENT,
    "提升类": ItemClass.ENHANCEMENT,
}
_ITEM_COLUMNS = (
    "code",
    "name_zh",
    "name_en",
    "class",
    "unit",
    "unit_cost_low",
    "unit_cost_high",
    "cost_basis",
    "beneficiaries",
    "geometry",
    "indoor_outdoor",
    "depends_on",
    "conflicts_with",
    "department",
    "source",
)

_T = TypeVar("_T")


def _rows(content: bytes, columns: Iterable[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each row with its number in the file, or refuse a file that lacks a column."""
    try:
        decoded = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ImportRefusedError([Fault("figures.not_utf8")]) from None
    reader = csv.DictReader(io.StringIO(decoded, newline=""))
    try:
        headings = reader.fieldnames or ()
        missing = [name for name in columns if name not in headings]
        if missing:
            raise ImportRefusedError([Fault("figures.column_missing", column=name) for name in missing])
        for row in reader:
            yield reader.line_num, {key: (value or "").strip() for key, value in row.items() if isinstance(key, str)}
    except csv.Error:
        raise ImportRefusedError([Fault("figures.not_csv", row=reader.line_num)]) from None


def _list(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(";") if part.strip())


def _one_of(kinds: type[_T], value: str, column: str) -> _T:
    try:
        return kinds(value)  # type: ignore[call-arg]
    except ValueError:
        raise _CellError(column, value) from None


class _CellError(Exception):
    """A cell that cannot be read, caught by the row's reader."""

    def __init__(self, column: str, value: str) -> None:
        super().__init__(column, value)
        self.column = column
        self.value = value


def _item(row: dict[str, str]) -> Item:
    if row["class"] not in _CLASSES:
        raise _CellError("class", row["class"])
    costs = []
    for column in ("unit_cost_low", "unit_cost_high"):
        try:
            costs.append(fen_from_yuan(row[column]))
        except InvalidError:
            raise _CellError(column, row[column]) from None
    return Item(
        code=row["code"],
        name_zh=row["name_zh"],
        name_en=row["name_en"],
        item_class=_CLASSES[row["class"]],
        unit=row["unit"],
        unit_cost_low=costs[0],
        unit_cost_high=costs[1],
        cost_basis=row["cost_basis"],
        assumed=row["cost_basis"].startswith("assumption"),
        beneficiaries=tuple(_one_of(Beneficiary, name, "beneficiaries") for name in _list(row["beneficiaries"])),
        geometry=_one_of(GeometryKind, row["geometry"], "geometry"),
        indoor=row["indoor_outdoor"] == "indoor",
        depends_on=_list(row["depends_on"]),
        conflicts_with=_list(row["conflicts_with"]),
        departments=_list(row["department"]),
        source=row["source"],
    )


def read_catalogue(content: bytes | None = None) -> tuple[Item, ...]:
    """Read the item catalogue (the shipped one by default).

    Raises
    ------
    ImportRefusedError
        With every fault: a column missing, a cell unreadable, a code twice, or a rule that names an unknown code.
    """
    if content is None:
        content = (DATA / "items-catalogue.csv").read_bytes()
    items: list[Item] = []
    rows: dict[str, int] = {}
    seen: dict[str, int] = {}
    faults: list[Fault] = []
    for number, row in _rows(content, _ITEM_COLUMNS):
        try:
            item = _item(row)
        except _CellError as error:
            faults.append(Fault("figures.cell", row=number, column=error.column, fields={"value": error.value[:40]}))
            continue
        except InvalidError as error:
            faults.append(Fault(error.code, row=number, fields=error.fields))
            continue
        if (first := seen.setdefault(name_key(item.code), number)) != number:
            faults.append(Fault("figures.twice", row=number, fields={"value": item.code, "first": first}))
            continue
        rows[item.code] = number
        items.append(item)
    for item in items:
        for column, codes in (("depends_on", item.depends_on), ("conflicts_with", item.conflicts_with)):
            faults += [
                Fault("figures.unknown_code", row=rows[item.code], column=column, fields={"value": code})
                for code in codes
                if code not in rows
            ]
    if faults:
        raise ImportRefusedError(faults)
    return tuple(items)


def _number(row: dict[str, str], column: str) -> Fraction:
    try:
        return exact_number(row[column])
    except ValueError:
        raise _CellError(column, row[column]) from None


def _refuse_cell(number: int, error: _CellError) -> ImportRefusedError:
    return ImportRefusedError(
        [Fault("figures.cell", row=number, column=error.column, fields={"value": error.value[:40]})]
    )


def read_standard_criteria() -> tuple[Criterion, ...]:
    """Read the criteria the tool can fill in from what is on file (``rules.criteria``), their formula as source."""
    content = (DATA / "criteria.csv").read_bytes()
    criteria = []
    columns = ("code", "name_zh", "name_en", "direction", "normalisation", "unit", "is_cash", "source")
    for number, row in _rows(content, columns):
        try:
            normalisation = _one_of(Normalisation, row["normalisation"], "normalisation")
            criteria.append(_criterion(row, normalisation=normalisation, unit=row["unit"]))
        except _CellError as error:
            raise _refuse_cell(number, error) from None
    return tuple(criteria)


def _criterion(row: dict[str, str], **more: Any) -> Criterion:
    return Criterion(
        code=row["code"],
        name_zh=row["name_zh"],
        name_en=row["name_en"],
        direction=_one_of(Direction, row["direction"], "direction"),
        is_cash=row["is_cash"] == "yes",
        source=row["source"],
        **more,
    )


def read_default_weights(content: bytes | None = None) -> tuple[tuple[Criterion, ...], tuple[Weighting, ...]]:
    """Read the example criteria and the named weightings (示例) beside them.

    Returns
    -------
    criteria, weightings
        The first weighting is the default; every one of them is marked as an example.
    """
    if content is None:
        content = (DATA / "default-weights.csv").read_bytes()
    fixed = ("code", "name_zh", "name_en", "direction", "is_cash", "source")
    criteria: list[Criterion] = []
    weights: dict[str, dict[str, Fraction]] = {}
    for number, row in _rows(content, fixed):
        try:
            criteria.append(_criterion(row))
            for column in row:
                if column.startswith("weight_"):
                    weights.setdefault(column.removeprefix("weight_"), {})[row["code"]] = _number(row, column)
        except _CellError as error:
            raise _refuse_cell(number, error) from None
    return (
        tuple(criteria),
        tuple(Weighting(name=name, weights=shares, is_example=True) for name, shares in weights.items()),
    )
