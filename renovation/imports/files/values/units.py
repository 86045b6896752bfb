"""Units as headings, rows below them and cells name them: 万元, 亩, 公顷, 百户."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction

from renovation.imports.files.sheets import Value
from renovation.imports.files.values.values import AREA, COUNTED, LAND, PARTS
from renovation.model.names import fold
from renovation.model.numerals import STEPS

_STEPS = {"": 1, **STEPS}
#: What one of the unit is in square metres.
AREAS: Mapping[str, Fraction] = {
    **{f"{step}{unit}": Fraction(factor) for step, factor in _STEPS.items() for unit in AREA.split("|")},
    **LAND,
    "万亩": 10**4 * LAND["亩"],
}
#: What one of the unit is in yuan.
MONIES: Mapping[str, Fraction] = {f"{step}元": Fraction(factor) for step, factor in _STEPS.items()}
_COUNTS: Mapping[str, Fraction] = {
    f"{step}{unit}": Fraction(factor) for step, factor in _STEPS.items() for unit in COUNTED.split("|")
}
_BARE: Mapping[str, Fraction] = {step: Fraction(factor) for step, factor in _STEPS.items() if step}
_OTHERS = {"年", *PARTS, "米", "m", "度", "°", "是/否", "有/无"}
_KNOWN: Mapping[str, Fraction] = {**_BARE, **_COUNTS, **AREAS, **MONIES}
_BEFORE = re.compile(r"^(?:计量|金额|面积|数量)?单位[:：为]?")
_LONGEST_FIRST = "|".join(sorted((re.escape(unit) for unit in (*AREAS, *MONIES, *PARTS)), key=len, reverse=True))
#: Units of money, area and length that nobody here converts.
_FOREIGN = re.compile(
    r"[百千万亿]{0,2}(?:(?:[美港澳欧日韩加新台]元|[美外港]币|美金|英镑|卢布|usd|hkd|eur|jpy)"
    r"|公亩|顷|坪|平方(?:英尺|英里|码|尺|分米|厘米)|[cd]m2|ft2|sqft|英尺|英里|华里|公里|千米|公分|厘米|[kcd]m|ft)"
)
_BEHIND = re.compile(rf"(.{{2,}}?)[/_,，、:：|\-—]?({_LONGEST_FIRST})")
#: 面积单位 says what follows; 编制单位：住建局 names nobody's unit and is left alone.
_FOR_ALL = re.compile(r"(?:计量|金额|面积)?单位[:：为](.+)")


def bare_unit(text: str) -> str:
    """Return a folded unit without 单位 before it."""
    return _BEFORE.sub("", text).strip()


def factor(unit: str) -> Fraction | None:
    """Return what a heading in ``unit`` multiplies by to give square metres, yuan or ones; ``None`` for other words."""
    return _KNOWN.get(bare_unit(unit))


def behind(name: str) -> tuple[str, str] | None:
    """Take a folded heading like 建筑面积/万m2 apart into its name and its unit."""
    found = _BEHIND.fullmatch(name)
    return (found[1], found[2]) if found else None


def is_unit(value: Value) -> bool:
    """Tell whether a cell holds a unit and nothing else, in brackets or not."""
    if not isinstance(value, str):
        return False
    unit = bare_unit(fold(value).strip("()（）[]【】"))
    return unit in _KNOWN or unit in _OTHERS


def is_foreign(unit: str) -> bool:
    """Tell whether a folded word names a unit of money, area or length that nobody here converts (美元, 平方英尺)."""
    unit = bare_unit(unit)
    return unit not in _KNOWN and unit not in _OTHERS and _FOREIGN.fullmatch(unit) is not None


def stated_for_all(value: Value) -> tuple[str, ...]:
    """Return the units of area and money that a line above a table states: 单位：万平方米、万元."""
    found = _FOR_ALL.search(fold(value)) if isinstance(value, str) and len(value) <= 60 else None
    if found is None:
        return ()
    units = [unit for unit in re.split(r"[、,，;；/和及)）]+", found[1]) if unit]
    return tuple(units) if units and all(unit in AREAS or unit in MONIES or is_unit(unit) for unit in units) else ()
