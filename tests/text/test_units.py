"""One unit of money on one screen: the headings and fields that a screen's module draws say 元 or 万元, never both."""

from __future__ import annotations

import ast
import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from renovation.text import catalogue
from renovation.text.units import unit_label

HOUSE = Path(__file__).parents[2] / "renovation"
UNITS = ("（万元）", "（元）")
#: What is counted by something else (a metre, a household, a person, a year) is a rate and no sum.
#: A rate per 10,000 yuan is no sum.
PER_WAN = {"coverage.column.per_wan"}
RATES = ("每", "单价", "低价", "中价", "高价")
#: Modules that one person sees at once, beside each module alone.
TOGETHER = (
    ("ui/money/project_money.py", "ui/money/payments.py"),
    ("ui/programme/annual_batch.py", "ui/programme/form.py"),
)
SCREENS = sorted(path.relative_to(HOUSE).as_posix() for path in (HOUSE / "ui").rglob("*.py"))


def keys_in(tree: ast.AST) -> Iterator[str]:
    """Yield the keys of the catalogue that a module may ask for, tables' headings and keys put together included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "words" and isinstance(node.value, ast.Constant):
            yield f"{node.value.value}."
        elif isinstance(node, ast.JoinedStr) and node.values and isinstance(node.values[0], ast.Constant):
            yield str(node.values[0].value)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def units_of(*modules: str) -> dict[str, list[str]]:
    """Return the keys with money in them that modules ask for, by their unit."""
    found: dict[str, list[str]] = {}
    asked = {key for name in modules for key in keys_in(ast.parse((HOUSE / name).read_text("utf-8")))}
    for key, said in catalogue().items():
        prefix = key[: key.rfind(".") + 1]
        if key not in asked and not (prefix in asked and prefix.count(".") > 1):
            continue
        words = said["zh-CN"]
        unit = next((unit for unit in UNITS if words.rstrip("*").endswith(unit)), "")
        if unit and not words.lstrip("*").startswith(RATES):
            found.setdefault(unit, []).append(key)
    return found


@pytest.mark.parametrize("modules", [*((name,) for name in SCREENS), *TOGETHER], ids=" + ".join)
def test_a_screen_says_money_in_one_unit(modules: tuple[str, ...]) -> None:
    assert len(found := units_of(*modules)) < 2, found


def test_english_counts_money_in_yuan_alone() -> None:
    """A sentence there says ¥145,000; a heading in ten thousands beside it would be a second unit."""
    mixed = {
        key: said["en"] for key, said in catalogue().items() if re.search(r"10,000 ?yuan|× 10,000|万元", said["en"])
    }
    assert [key for key in mixed if key not in PER_WAN] == []


def test_what_is_mixed_is_found() -> None:
    assert set(units_of("ui/programme/programme.py", "ui/money/pledges.py")) == set(UNITS)


@pytest.mark.parametrize("name", ["items-catalogue", "criteria"])
def test_every_unit_of_a_shipped_list_has_a_word_in_english(name: str) -> None:
    with (HOUSE.parent / "data" / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        units = {row["unit"] for row in csv.DictReader(file)}
    assert [unit for unit in units if not unit_label(unit, "en").replace("²", "2").isascii()] == []
    assert [unit for unit in units if unit_label(unit, "zh-CN").replace("m²", "㎡") != unit] == []
