"""Cells as planners fill them in, read as numbers, years, shares, choices and text.

Every reader takes a cell and returns ``(value, changed)``: ``changed`` says that the value was understood rather than
taken as it stands, so that the person is shown what it became. What cannot be understood for certain is refused.
Understood: full-width digits, 1,200 and 1，200, 3.5万 and 三万五 (35,000), units written behind the number, 约, and
暂无数据 and the like for "nothing known". Not understood, because it can mean two things: 1.234,50, 1_000, 1e3.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar

from renovation.imports.files.results import UnreadableError
from renovation.imports.files.sheets import DATES, ErrorCell, FormulaWithoutResult, Shown, Value
from renovation.model.money import MAX_FEN
from renovation.model.names import fold, is_blank
from renovation.model.numerals import STEPS, odd_figure, read_numeral
from renovation.text.hidden import half_sign, without_hidden

C = TypeVar("C")

#: Words for "nothing known", without the signs around them: （无）, N/A, <null>, 无。
_NOTHING = {"", "空", "空白", "无", "没有", "null", "none", "nil", "na", "unknown", "notavailable"} | {
    *("无数据", "没有数据", "暂无数据", "暂无", "未知", "不详", "不清楚", "不明", "未填", "未填写"),
    *("待核实", "待定", "待补充"),
}
#: Signs that say something of their own where they stand alone.
_SAYING = "%‰*#&@!?"
#: What a spreadsheet shows where a formula went wrong; ``#N/A`` in a text file is how many programs write "no data".
_ERRORS = {"#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!"}
#: What may stand behind a number, by what is counted; another kind's unit is refused rather than dropped.
COUNTED = "户|栋|幢|座|个单元|个|单元|层|楼|人|株|棵|处"
MONEY = "元整|元|圆|块"
AREA = "平方米|平方|平米|平|m2|sqm"
#: Units of land in square metres; 1 亩 is a fifteenth of a hectare (国务院关于在我国统一实行法定计量单位的命令, 1984).
LAND = {
    "亩": Fraction(2000, 3),
    "公顷": Fraction(10_000),
    "ha": Fraction(10_000),
    "hm2": Fraction(10_000),
    "平方公里": Fraction(10**6),
    "平方千米": Fraction(10**6),
    "km2": Fraction(10**6),
}
BARE = "%"
_SCALES = dict(sorted(STEPS.items(), key=lambda step: -len(step[0])))
_PLAIN = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?", re.ASCII)
#: Where decimals may be written with a comma: 1,5 and 1.234 can be read two ways, 0.234, 1.5 and 114.4211 in one only.
COMMAS = re.compile(r"\d,\d", re.ASCII)
COMMAS_AND_POINTS = re.compile(r"\d,\d|(?<!\d)[1-9]\d{0,2}(?:\.\d{3})+(?!\d)", re.ASCII)
_USUAL = re.compile(r"\d{1,14}(?:\.\d{1,15})?", re.ASCII)
_LONGEST_NOTHING = 24
_DECIMAL_COMMA = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})*,\d{1,2}|[+-]?\d+,\d+", re.ASCII)
_MINUS = str.maketrans(dict.fromkeys("−–—﹣", "-"))
_LAND_BEHIND = re.compile(rf"(.*[0-9百千万亿])\s*({'|'.join(LAND)})")
_YES = {"是", "有", "存在", "√", "✓", "✔", "☑", "1", "y", "yes", "true", "缺", "需要"}
_NO = {"否", "无", "没有", "不存在", "×", "✗", "✘", "x", "0", "n", "no", "false", "不缺", "不需要"}
_LARGEST = 10**15
_DIGIT = "[0-9〇零一二三四五六七八九两壹贰叁肆伍陆柒捌玖]"
#: Money as it is said and as it stands on a receipt: 三千五百元九角一分, 壹佰元零伍分整, 5角.
_COINS = re.compile(
    rf"(?:(?P<yuan>.+)[元圆块]零?)?(?=.*[角分])(?:(?P<jiao>{_DIGIT})角)?零?(?:(?P<fen>{_DIGIT})分)?[整正]?"
)
#: Signs of a number, spaces and unit included; what is longer is none, and is not looked through.
_LONGEST = 60
_PARTS_OF_A_YUAN = (("jiao", "0.1"), ("fen", "0.01"))


def is_nothing(value: Value) -> bool:
    """Tell whether a cell says that nothing is known."""
    if not isinstance(value, str):
        return value is None
    if len(value) >= _LONGEST_NOTHING:
        return False
    folded = fold(value)
    bare = "".join(sign for sign in folded if sign not in "<>" and unicodedata.category(sign)[0] != "P")
    return bare in _NOTHING and (bare != "" or not any(sign in _SAYING for sign in folded))


def number(value: Value, *, units: str = BARE, doubtful: re.Pattern[str] | None = None) -> tuple[Decimal | None, bool]:
    """Read an exact number.

    Parameters
    ----------
    units
        Alternatives of a pattern: what may be written behind the number and is taken off.
    doubtful
        What could be read two ways in a file whose decimals may be written with a comma, and is refused.

    Raises
    ------
    UnreadableError
        ``value.*``: not a number, a date, an error cell, a formula without result, too long, too large;
        ``value.decimal_comma``, ``value.is_date``, ``value.not_number``, ``value.odd_figure``, ``value.too_long``.
    """
    refuse_special(value)
    if value is None:
        return None, False
    if isinstance(value, bool):
        raise UnreadableError("value.not_number", value=str(value))
    if isinstance(value, int):
        _refuse_large(Decimal(value) if abs(value) <= _LARGEST else Decimal("Infinity"))
        return Decimal(value), False
    if isinstance(value, float):
        # Fifteen digits are what the spreadsheet keeps and shows; the rest is the binary fraction's tail.
        exact = Decimal(format(value, ".15g"))
        _refuse_large(exact)
        return exact, False
    if isinstance(value, DATES):
        raise UnreadableError("value.is_date", value=_day_text(value))
    text = _in_words(value)
    # Nearly every cell is a plain number; what follows is for the rest.
    if _USUAL.fullmatch(text) and not (doubtful and doubtful.search(text)):
        return Decimal(text), False
    if len(text) > _LONGEST:
        raise UnreadableError("value.too_long", value=text[:20] + "…", limit=_LONGEST)
    if is_nothing(text):
        return None, bool(text.strip())
    if odd_figure(text):
        raise UnreadableError("value.odd_figure", value=text, sign=odd_figure(text))
    plain = unicodedata.normalize("NFKC", text).translate(_MINUS).strip()
    if doubtful and doubtful.search(plain):
        raise UnreadableError("value.decimal_comma", value=text)
    found = _number_in(plain, units)
    if found is None:
        code = "value.decimal_comma" if _DECIMAL_COMMA.fullmatch(plain) else "value.not_number"
        raise UnreadableError(code, value=text)
    _refuse_large(found)
    return found, not re.fullmatch(r"-?\d+(?:\.\d+)?", text.strip(), re.ASCII)


def number_or_none(value: Value) -> Decimal | None:
    """Return the number that a cell holds, ``None`` for nothing and for words."""
    try:
        return number(value)[0]
    except UnreadableError:
        return None


def _in_words(value: Value) -> str:
    """Return what a number's cell shows, with every digit that it holds."""
    if isinstance(value, Shown) and value.number is not None:
        return f"{value.number:f}{value.unit}"
    return str(value)


def _number_in(plain: str, units: str) -> Decimal | None:
    core = re.sub(r"^(?:约|大约|近|共|合计|人民币|¥|￥|RMB|CNY)\s*", "", plain, flags=re.IGNORECASE)
    if not re.search(r"\d\s+\d", core):
        core = re.sub(r"\s+", "", core)
    core = re.sub(rf"(?:{units})?(?:左右|上下)?$", "", core, count=1)
    scale = 1
    for name, factor in _SCALES.items():
        if core.endswith(name) and _PLAIN.fullmatch(core.removesuffix(name)):
            core, scale = core.removesuffix(name), factor
            break
    if _PLAIN.fullmatch(core):
        return Decimal(core.replace(",", "")) * scale
    return read_numeral(core)


def _scale(value: Value, units: str, scale: int | Fraction) -> int | Fraction:
    """Return what a cell's number multiplies by: 1 where it says 3.5万元 itself, else what its heading says."""
    if scale == 1 or not isinstance(value, str | Shown):
        return scale
    text = unicodedata.normalize("NFKC", _in_words(value))
    if re.search(rf"[万亿萬億]|{units}", text):
        return 1
    if re.search("[百千佰仟]", text):
        raise UnreadableError("value.unit_twice", value=text[:40])
    return scale


def whole(
    value: Value, *, scale: int | Fraction = 1, largest: int = 10**9, doubtful: re.Pattern[str] | None = None
) -> tuple[int | None, bool]:
    """Read a count: not negative, no fraction; ``scale`` is 100 under a heading in 百户.

    Raises
    ------
    UnreadableError
        ``value.not_whole`` or ``value.out_of_range``.
    """
    found, changed = number(value, units=COUNTED, doubtful=doubtful)
    if found is None:
        return None, changed
    _refuse_negative(found, value)
    if (scale := _scale(value, COUNTED, scale)) != 1:
        found, changed = found * int(scale), True
    if found != found.to_integral_value():
        raise UnreadableError("value.not_whole", value=str(value))
    if found > largest:
        raise UnreadableError("value.out_of_range", value=str(value)[:40], least=0, most=largest)
    return int(found), changed


def area(
    value: Value,
    *,
    scale: int | Fraction = 1,
    doubtful: re.Pattern[str] | None = None,
    may_be_zero: bool = False,
) -> tuple[Decimal | None, bool]:
    """Read square metres, more than 0 and less than 100 km²; ``scale`` is 10,000 under a heading in 万㎡.

    Raises
    ------
    UnreadableError
        ``value.no_area`` or ``value.out_of_range``.
    """
    _refuse_odd(value)
    written = unicodedata.normalize("NFKC", _in_words(value)).strip() if isinstance(value, str | Shown) else ""
    land = _LAND_BEHIND.fullmatch(written)
    found, changed = number(land[1] if land else value, units=AREA, doubtful=doubtful)
    if found is None:
        return None, changed
    _refuse_negative(found, value)
    scale = LAND[land[2]] if land else _scale(value, AREA, scale)
    square_metres = _decimal(Fraction(found) * scale)
    if square_metres == 0 and not may_be_zero:
        raise UnreadableError("value.no_area", value=str(value)[:40])
    if square_metres >= 10**8:
        raise UnreadableError("value.out_of_range", value=str(value)[:40], least=0, most=10**8)
    return square_metres, changed or scale != 1


def _decimal(exact: Fraction) -> Decimal:
    """Return a number as written in decimals; thirds, which 亩 give, to the hundredth."""
    found = Decimal(exact.numerator) / Decimal(exact.denominator)
    return found if Fraction(found) == exact else found.quantize(Decimal("0.01"))


def money(
    value: Value, *, scale: int | Fraction = 1, doubtful: re.Pattern[str] | None = None
) -> tuple[int | None, bool | str]:
    """Read yuan as fen; ``scale`` is 10,000 under a heading in 万元.

    What somebody typed must be exact; what a spreadsheet worked out (100/3) is taken to the fen.

    Raises
    ------
    UnreadableError
        ``value.finer_than_fen``, ``value.not_number`` or ``value.too_large``.
    """
    typed = isinstance(value, str) and len(value) <= _LONGEST and not odd_figure(value)
    coins = _COINS.fullmatch(unicodedata.normalize("NFKC", value).strip()) if typed else None
    found, changed = number((coins["yuan"] or 0) if coins else value, units=MONEY, doubtful=doubtful)
    if found is None:
        return None, changed
    _refuse_negative(found, value)
    if coins:
        if found != found.to_integral_value():
            raise UnreadableError("value.not_number", value=str(value)[:40])
        found, changed = found + sum(_coin(coins[name]) * Decimal(part) for name, part in _PARTS_OF_A_YUAN), True
    scale = _scale(value, MONEY, scale)
    exact = Fraction(found) * scale * 100
    amount = int(exact + Fraction(1, 2))
    if amount != exact and (amount == 0 or not isinstance(value, float | Shown)):
        raise UnreadableError("value.finer_than_fen", value=str(value))
    if amount > MAX_FEN:
        raise UnreadableError("value.too_large", value=str(value)[:40])
    return amount, "value.rounded_to_fen" if amount != exact else changed or scale != 1


def _coin(digit: str | None) -> int:
    return int(read_numeral(digit) or 0) if digit else 0


#: Signs behind a number that say what it is a part of.
PARTS = {"%": Fraction(1, 100), "‰": Fraction(1, 1000)}
_MARKED = re.compile(r"(?P<core>.*?)(?P<part>[%‰])(?P<about>左右|上下)?", re.DOTALL)


def part_marked(value: Value) -> Fraction | None:
    """Return what a cell that says % or ‰ itself multiplies by."""
    marked = _marked(value)
    return PARTS[marked["part"]] if marked else None


def _marked(value: Value) -> re.Match[str] | None:
    return None if value is None else _MARKED.fullmatch(unicodedata.normalize("NFKC", _in_words(value)).strip())


def share(
    value: Value,
    *,
    of_one: Fraction = PARTS["%"],
    largest: int | None = 1,
    doubtful: re.Pattern[str] | None = None,
) -> tuple[Fraction | None, bool]:
    """Read a share up to ``largest``: ``23%``, or a plain number that counts ``of_one`` as all of its column do.

    Raises
    ------
    UnreadableError
        ``value.not_number``: a sign of a share with no number before it, or two signs; ``value.out_of_range``.
    """
    _refuse_odd(value)
    marked = _marked(value)
    if marked and (not marked["core"].strip() or any(sign in marked["core"] for sign in PARTS)):
        raise UnreadableError("value.not_number", value=str(value)[:40])
    found, changed = number(marked["core"] if marked else value, doubtful=doubtful)
    if found is None:
        return None, changed
    result = Fraction(found) * (PARTS[marked["part"]] if marked else of_one)
    changed = changed or bool(marked and marked["about"])
    if largest is None:
        return result, changed
    _refuse_negative(found, value)
    if result > largest:
        raise UnreadableError("value.out_of_range", value=str(value)[:40], least="0%", most="100%")
    return result, changed


def words(value: Value, *, longest: int = 200) -> tuple[str, bool]:
    """Read text, verbatim but for spaces around it and characters that reorder or hide text.

    Raises
    ------
    UnreadableError
        ``value.nul``, ``value.half_sign`` or ``value.too_long``.
    """
    refuse_special(value)
    if value is None:
        return "", False
    if isinstance(value, bool):
        return ("是" if value else "否"), True
    if isinstance(value, DATES):
        return _day_text(value), True
    text = format(value, ".15g") if isinstance(value, float) else str(value)
    if "\x00" in text:
        raise UnreadableError("value.nul")
    if half_sign(text):
        raise UnreadableError("value.half_sign")
    if len(text) > longest:
        raise UnreadableError("value.too_long", value=text[:20] + "…", limit=longest)
    clean = without_hidden(text).strip()
    if is_blank(clean):
        clean = ""
    return clean, clean != text


def identifier(value: Value, *, longest: int = 60) -> tuple[str, bool]:
    """Read a code verbatim: 001 and 1 differ, 1E5 stays 1E5.

    A number cell is taken only while it surely shows what was typed: spreadsheets keep fifteen digits.

    Raises
    ------
    UnreadableError
        ``value.digits_lost``, ``value.is_date`` or ``value.not_code``.
    """
    refuse_special(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        if abs(value) >= 10**15:
            raise UnreadableError("value.digits_lost", value=str(value)[:20])
        if value % 1:
            raise UnreadableError("value.not_code", value=format(value, ".15g"))
        return str(int(value)), False
    if isinstance(value, DATES):
        raise UnreadableError("value.is_date", value=_day_text(value))
    if isinstance(value, str) and is_nothing(value):
        return "", bool(value.strip())
    return words(value, longest=longest)


def choice(value: Value, names: Mapping[str, C], *, allowed: Sequence[str]) -> tuple[C | None, bool]:
    """Read one of several named values; ``names`` has folded names, ``allowed`` is what a refusal lists.

    Raises
    ------
    UnreadableError
        ``value.unknown_choice`` or ``value.odd_figure``.
    """
    refuse_special(value)
    if is_nothing(value) and (not isinstance(value, str) or fold(value) not in names):
        return None, value is not None and bool(str(value).strip())
    _refuse_odd(value)
    folded = fold(str(value))
    if folded not in names:
        raise UnreadableError("value.unknown_choice", value=str(value)[:40], allowed=allowed)
    return names[folded], folded != str(value)


def yes_no(value: Value) -> tuple[bool | None, bool]:
    """Read 是/否, 有/无, √/×, 1/0.

    Raises
    ------
    UnreadableError
        ``value.not_yes_no`` or ``value.odd_figure``.
    """
    refuse_special(value)
    if isinstance(value, bool):
        return value, False
    _refuse_odd(value)
    folded = fold(str(value)) if value is not None else ""
    if folded in _YES:
        return True, False
    if folded in _NO:
        return False, False
    if is_nothing(value):
        return None, bool(folded)
    raise UnreadableError("value.not_yes_no", value=str(value)[:40])


_DEGREES = re.compile(
    r"([EWNS东西南北])?[经纬]?(\d{1,3})[°度](?:([0-5]?\d(?:\.\d+)?)['′分])?(?:([0-5]?\d(?:\.\d+)?)[\"″秒])?([EWNS])?",
    re.IGNORECASE | re.ASCII,
)


def coordinate(value: Value, *, doubtful: re.Pattern[str] | None = None) -> tuple[float | None, bool]:
    """Read a longitude, latitude, easting or northing: a number, or degrees with minutes and seconds."""
    written = unicodedata.normalize("NFKC", str(value)) if isinstance(value, str | Shown) else ""
    if ("°" in written or "度" in written) and not odd_figure(str(value)):
        plain = re.sub(r"\s", "", written.replace("''", '"').replace("′′", '"'))
        found = _DEGREES.fullmatch(plain)
        if found:
            before, degrees, minutes, seconds, after = found.groups()
            angle = Fraction(degrees) + Fraction(minutes or 0) / 60 + Fraction(seconds or 0) / 3600
            south_or_west = (before or after or "").upper() in {"W", "S", "西", "南"}
            return float(-angle if south_or_west else angle), True
    exact, changed = number(value, units="度|°|米|m", doubtful=doubtful)
    return (None if exact is None else float(exact)), changed


def refuse_special(value: Value) -> None:
    """Refuse a cell that holds no value: an error, or a formula nobody calculated.

    Raises
    ------
    UnreadableError
        ``value.error_cell`` or ``value.formula_without_result``.
    """
    if isinstance(value, ErrorCell):
        raise UnreadableError("value.error_cell", value=value.shown)
    # Saved as CSV, an error is a word like any other.
    if isinstance(value, str) and value[:1] == "#" and value.strip() in _ERRORS:
        raise UnreadableError("value.error_cell", value=value.strip())
    if isinstance(value, FormulaWithoutResult):
        raise UnreadableError("value.formula_without_result")


def _refuse_odd(value: Value) -> None:
    """Refuse a sign that folds into a digit and is none that people type: ① is no yes."""
    if isinstance(value, str) and (sign := odd_figure(value)):
        raise UnreadableError("value.odd_figure", value=value[:40], sign=sign)


def _refuse_large(exact: Decimal) -> None:
    if not exact.is_finite() or abs(exact) > _LARGEST:
        raise UnreadableError("value.too_large", value=str(exact)[:20])


def _refuse_negative(exact: Decimal, value: Value) -> None:
    if exact < 0:
        raise UnreadableError("value.negative", value=str(value)[:40])


def _day_text(value: Value) -> str:
    return value.strftime("%Y-%m-%d") if isinstance(value, date) else str(value)
