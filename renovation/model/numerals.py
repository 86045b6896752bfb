"""Numbers as Chinese writes and says them: 一亿五千万, 三万五, 1亿5000万, 壹佰贰拾万, 三点五万.

``cn2an`` reads them; what it makes of a text is then spelled again and held against the text, so that words which are
no number, or could be two, are refused instead of being read as something near.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

#: What may stand behind a number or before its unit.
STEPS = {
    **{"百": 100, "千": 1000, "万": 10**4, "十万": 10**5, "百万": 10**6, "千万": 10**7},
    **{"亿": 10**8, "十亿": 10**9, "百亿": 10**10, "千亿": 10**11, "万亿": 10**12},
}
_DIGITS = "零一二三四五六七八九"
_PLAIN = str.maketrans(
    {
        **dict(
            zip("〇两兩萬億壹贰貳叁參肆伍陆陸柒捌玖拾佰仟", "零二二万亿一二二三三四五六六七八九十百千", strict=True)
        ),
        **{"廿": "二十", "卅": "三十", "卌": "四十"},
    }
)
_NUMERAL = re.compile(rf"零|[{_DIGITS[1:]}十](?:[{_DIGITS}十百千万亿]{{0,40}}[{_DIGITS[1:]}十百千万亿])?")
_WRITTEN = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d{0,11}", re.ASCII)
_POINT = re.compile(rf"([^点]+)点([{_DIGITS}]{{1,9}})({'|'.join(sorted(STEPS, key=len, reverse=True))})?")
_YEAR = re.compile(rf"[〇{_DIGITS}]{{4}}(?=年)")
_OF_A_DAY = re.compile(rf"[{_DIGITS}十廿卅]{{1,3}}(?=[月日号])")


def odd_figure(text: str) -> str:
    """Return the first sign that counts something without being a digit people type: ², ①, ½, Ⅳ, ٣, ㊀; or nothing.

    Full-width digits and Chinese numerals are typed; the raised figure of m² belongs to its unit.
    """
    if text.isascii():
        return ""
    for place, sign in enumerate(text):
        if sign.isascii() or unicodedata.numeric(sign, None) is None:
            continue
        made_of = unicodedata.decomposition(sign)
        is_written = unicodedata.category(sign) == "Lo" or sign == "〇"
        is_typed = made_of.startswith("<wide>") or (is_written and not made_of.startswith("<"))
        in_a_unit = made_of.startswith("<super>") and text[place - 1 : place].isalpha()
        if not (is_typed or in_a_unit):
            return sign
    return ""


def read_numeral(text: str) -> Decimal | None:
    """Return the number that a text writes in Chinese, with digits among it or not; ``None`` for everything else.

    The last digit may leave its step out where only one can be meant (三万五 is 35,000). What can be two numbers is
    none: 一亿五千 (5,000 more, or 50 million), 三五 (35, or three to five), 万.
    """
    plain = text.translate(_PLAIN)
    if (parts := _POINT.fullmatch(plain)) is None:
        whole = _whole(plain)
        return None if whole is None else Decimal(whole)
    before, behind = _whole(parts[1]), "".join(str(_DIGITS.index(digit)) for digit in parts[2])
    if before is None or (parts[3] and before >= 10**4):
        return None
    found = Decimal(f"{before}.{behind}") * STEPS.get(parts[3] or "", 1)
    return found.to_integral_value() if found == found.to_integral_value() else found


def _whole(plain: str) -> int | None:
    spelled = _WRITTEN.sub(lambda found: _spelled(int(found[0].replace(",", ""))), plain)
    spelled = re.sub(rf"(?<![{_DIGITS[1:]}])十", "一十", spelled)
    _, big, rest = spelled.rpartition("亿")
    if not _NUMERAL.fullmatch(spelled) or "零零" in spelled:
        return None
    if big and rest and "万" not in rest and rest[0] != "零":
        return None
    # Loading it costs more than reading most files.
    from cn2an import cn2an

    try:
        found = int(cn2an(spelled, "normal"))
        again = _spelled(found)
    except (ValueError, KeyError, IndexError):
        return None
    left_out = again[:-1] if len(again) > 2 and again[-1] in "十百千" else again
    return found if _key(spelled) in (_key(again), _key(left_out)) else None


def _spelled(number: int) -> str:
    from cn2an import an2cn

    return str(an2cn(number, "low"))


def _key(spelled: str) -> str:
    """Return a numeral without what may be written or left out: 零 between its parts, 一 before 十."""
    return spelled.replace("零", "").replace("一十", "十")


def in_digits(text: str) -> str:
    """Return a year or day with its Chinese numerals in digits: 二〇二六年三月五日 becomes 2026年3月5日."""

    def year(found: re.Match[str]) -> str:
        return "".join(str(_DIGITS.index(digit)) for digit in found[0].replace("〇", "零"))

    return _OF_A_DAY.sub(lambda found: str(read_numeral(found[0]) or found[0]), _YEAR.sub(year, text))
