"""Budgets per category and area, and caps per area, from a small JSON or CSV file.

JSON: ``{"categories": {"绿化": 200000}, "areas": {"东区": 100000}, "caps": {"东区": 2}}``. CSV: lines of
``category;绿化;200000``, ``area;东区;100000``, ``cap;东区;2`` (comma or semicolon, heading ``kind;name;amount``).
Amounts are in units of the election's currency.
"""

from __future__ import annotations

import csv
import json

from renovation.errors import Fault, ImportRefusedError
from renovation.model.names import known_as
from renovation.rules.election.settings import exact_number

_KINDS = {"category": "category_budgets", "area": "area_budgets", "cap": "area_caps"}
_PLURAL = {"categories": "category", "areas": "area", "caps": "cap"}


def read_limits(data: bytes, *, scale: int) -> dict[str, dict[str, int]]:
    """Read limits as the fields of ``Settings`` (money in the smallest unit).

    Raises
    ------
    ImportRefusedError
        With every fault and its line.
    """
    faults: list[Fault] = []
    found: dict[str, dict[str, int]] = {name: {} for name in _KINDS.values()}
    for line, kind, name, value in _rows(data, faults):
        try:
            amount = exact_number(value) * (1 if kind == "cap" else scale)
            if kind not in _KINDS or not name or amount.denominator != 1 or amount < 0:
                raise ValueError
        except ValueError:
            faults.append(Fault("limits.line", row=line, fields={"value": f"{kind};{name};{value}"[:80]}))
            continue
        first = known_as(name, found[_KINDS[kind]])
        if first in found[_KINDS[kind]]:
            faults.append(Fault("limits.twice", row=line, fields={"value": name[:40]}))
        found[_KINDS[kind]][name] = int(amount)
    if faults:
        raise ImportRefusedError(faults)
    return found


def _rows(data: bytes, faults: list[Fault]) -> list[tuple[int | None, str, str, str]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        faults.append(Fault("limits.not_utf8"))
        return []
    if text.lstrip().startswith("{"):
        try:
            parsed = json.loads(text, parse_int=str, parse_float=str)
            kinds = {_PLURAL[kind]: entries for kind, entries in parsed.items()}
            return [
                (None, kind, str(name), str(amount))
                for kind, entries in kinds.items()
                for name, amount in entries.items()
            ]
        except (ValueError, KeyError, AttributeError, RecursionError):
            faults.append(Fault("limits.json"))
            return []
    rows: list[tuple[int | None, str, str, str]] = []
    reader = csv.reader(text.splitlines(), delimiter=";" if ";" in text else ",")
    for row in reader:
        cells = [cell.strip() for cell in row]
        if not any(cells) or cells == ["kind", "name", "amount"]:
            continue
        if len(cells) != 3:
            faults.append(Fault("limits.line", row=reader.line_num, fields={"value": ";".join(cells)[:80]}))
            continue
        rows.append((reader.line_num, cells[0], cells[1], cells[2]))
    return rows
