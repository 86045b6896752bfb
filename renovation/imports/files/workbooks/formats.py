"""What a cell of a spreadsheet shows of its number: 0.23 as 23%, 120,000 as 12.0万, 7 as H6-007.

Only what changes the reading is told: percent signs, steps that a format divides by, words and zeros that it adds.
Colours, spaces, signs of currency, the brackets of negative numbers and how many decimals are shown mean nothing new.
"""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from decimal import Decimal

from renovation.imports.files.sheets import Shown

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|!(?P<marked>.)|[_*].|\[(?P<bracket>[^\]]*)\]|(?P<digit>[0#?])|(?P<sign>.)',
    re.DOTALL,
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?[0-9]+(?:\.[0-9]+)?)")
_TESTS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq, "<>": operator.ne}
#: Literals that say nothing of what a number counts.
_SILENT = re.compile(r"[\s¥￥$€£+\-–—()（）:,，'‘’]|RMB|CNY")


@dataclass(frozen=True, slots=True)
class _Section:
    """One part of a format: what stands before, among and behind its digits, and the step it shows numbers in.

    ``places`` are its digits (0, # or ?) and the literals among them in their order; ``shift`` the power of ten that a
    number is multiplied by.
    """

    condition: tuple[str, Decimal] | None = None
    before: str = ""
    places: tuple[str, ...] = ()
    behind: str = ""
    shift: int = 0
    has_point: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether it shows a number as the number it is."""
        said = _SILENT.sub("", self.before + self.behind)
        among = any(place not in "0#?" for place in self.places)
        return not (self.shift or said or among or (not self.has_point and self.places.count("0") > 1))

    def shown(self, value: Decimal) -> Shown:
        """Return what a cell with ``value`` shows."""
        number = value.scaleb(self.shift)
        if self.has_point:
            text = f"{abs(number):f}"
        else:
            digits = list(str(round(abs(number))).zfill(self.places.count("0")))
            parts: list[str] = []
            for at, place in reversed(list(enumerate(self.places))):
                if place not in "0#?":
                    parts.append(place)
                elif digits:
                    first = not any(other in "0#?" for other in self.places[:at])
                    parts.append("".join(digits) if first else digits.pop())
            text = "".join(reversed(parts))
        among = [place for place in self.places if place not in "0#?"]
        # 0"."0,"万" writes the decimal point as a word.
        moved = -len(self.places[self.places.index(".") + 1 :]) if among == ["."] else 0
        is_number = among in ([], ["."]) and not _SILENT.sub("", self.before)
        sign = "-" if number < 0 and not {"-", "("} & set(self.before) else ""
        unit = _SILENT.sub("", self.behind)
        return Shown(
            number=number.scaleb(moved) if is_number else None,
            unit=unit,
            text=f"{sign}{self.before}{text}{self.behind}".strip(),
            is_scaled=self.shift < 0 and not unit,
        )


class NumberFormat:
    """A format code, taken apart once for all the cells that carry it."""

    def __init__(self, code: str) -> None:
        self._sections = [_section(part) for part in _parts(re.sub(r"General|G/通用格式", "#", code))][:3]
        self.is_plain = all(section.is_plain for section in self._sections)

    def shown(self, value: int | float) -> Shown | int | float:
        """Return what a number's cell shows, or the number where it shows nothing else."""
        exact = Decimal(format(value, ".15g"))
        section = self._section_of(exact)
        return value if section.is_plain else section.shown(exact)

    def _section_of(self, value: Decimal) -> _Section:
        asked = [one for one in self._sections if one.condition is not None]
        for one in asked:
            if one.condition is not None and _TESTS[one.condition[0]](value, one.condition[1]):
                return one
        free = [one for one in self._sections if one.condition is None] or self._sections
        at = 0 if asked or value > 0 else 1 if value < 0 else 2
        return free[at] if at < len(free) else free[0]


def _parts(code: str) -> list[str]:
    ends = [found.start() for found in _TOKEN.finditer(code) if found["sign"] == ";"]
    return [code[start:end] for start, end in zip([0, *(end + 1 for end in ends)], [*ends, len(code)], strict=True)]


def _section(code: str) -> _Section:
    pieces: list[tuple[bool, str]] = []
    condition = None
    shift = commas = 0
    has_point = False
    for found in _TOKEN.finditer(code):
        literal = next((found[name] for name in ("quoted", "escaped", "marked") if found[name] is not None), None)
        bracket, sign = found["bracket"], found["sign"]
        if found["digit"]:
            pieces.append((True, found["digit"]))
            commas = 0
        elif literal is not None:
            pieces.append((False, literal))
        elif bracket is not None and (test := _CONDITION.fullmatch(bracket.strip())) is not None:
            condition = (test[1], Decimal(test[2]))
        elif bracket is not None and bracket.startswith("$"):
            pieces.append((False, bracket[1:].partition("-")[0]))
        elif sign == ",":
            commas += any(is_digit for is_digit, _ in pieces)
        elif sign == ".":
            shift, commas, has_point = shift - 3 * commas, 0, True
        elif sign in ("E", "e", "/", "@"):
            return _Section(condition)
        elif sign is not None:
            shift += 2 * (sign == "%")
            pieces.append((False, sign))
    at = [place for place, (is_digit, _) in enumerate(pieces) if is_digit]
    if not at:
        return _Section(condition)
    texts = [text for _, text in pieces]
    return _Section(
        condition,
        before="".join(texts[: at[0]]),
        places=tuple(text for text in texts[at[0] : at[-1] + 1] if text),
        behind="".join(texts[at[-1] + 1 :]),
        shift=shift - 3 * commas,
        has_point=has_point,
    )
