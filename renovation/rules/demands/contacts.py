"""Find what tells of a person in free text: telephone and identity numbers, addresses of mail and chat, names."""

from __future__ import annotations

import re

#: What stands where something was taken out.
MASK = "＊"
_DIGIT = r"[0-9０-９]"
_GAP = r"[ \-－—]?"
_PATTERNS = (
    # Identity card: 17 digits and a check symbol.
    re.compile(rf"(?<!{_DIGIT}){_DIGIT}{{17}}[0-9０-９xXｘＸ](?!{_DIGIT})"),
    # Mobile telephone, also in groups and with the country's code.
    re.compile(
        rf"(?<!{_DIGIT})(?:\+?86{_GAP})?[1１][3-9３-９]{_DIGIT}{_GAP}{_DIGIT}{{4}}{_GAP}{_DIGIT}{{4}}(?!{_DIGIT})"
    ),
    # Telephone at home: area code and 7 or 8 digits.
    re.compile(rf"(?<!{_DIGIT})[0０]{_DIGIT}{{2,3}}{_GAP}{_DIGIT}{{7,8}}(?!{_DIGIT})"),
    re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}"),
    re.compile(r"(?i:(?<=微信)|(?<=微信号)|(?<=QQ)|(?<=QQ号))[号:：是为 ]{0,3}[A-Za-z0-9_\-]{5,20}"),
    # What a form's heading announces.
    re.compile(
        r"(?:(?<=联系人)|(?<=姓名)|(?<=我叫)|(?<=我是)|(?<=联系电话)|(?<=电话))[:：是为 ]{0,3}"
        rf"(?:[一-鿿]{{1,3}}(?=[，。,.；;、\s]|$)|{_DIGIT}{{7,12}})"
    ),
    # A surname with its courtesy.
    re.compile(r"[一-鿿](?=先生|女士|小姐)"),
)
#: What stands before a courtesy without being anybody's name.
_NOBODY = frozenset("某位老各名的")


def contacts_in(text: str) -> tuple[str, ...]:
    """Return what of a text tells of a person, in the order it stands there."""
    return tuple(text[start:end] for start, end in _spans(text))


def masked(text: str) -> str:
    """Return the text with everything that tells of a person replaced by :data:`MASK`, one sign for one sign."""
    signs = list(text)
    for start, end in _spans(text):
        signs[start:end] = MASK * (end - start)
    return "".join(signs)


def _spans(text: str) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            start, end = match.span()
            if match.group() in _NOBODY or any(start < other_end and other < end for other, other_end in found):
                continue
            if end > start:
                found.append((start, end))
    return sorted(found)
