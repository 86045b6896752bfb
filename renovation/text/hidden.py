"""Characters nobody can see, by their kind in Unicode: what reorders a line or hides in it; what only joins stays."""

from __future__ import annotations

import re
import unicodedata

#: What families of emoji and some scripts are written with, and what breaks lines and columns.
_STAYS = "\u200c\u200d\t\n\r"
#: Signs of format that show: numbers and verses of Arabic, Syriac and Kaithi are written under them.
_SHOWN = re.compile("[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd]")
#: A flag spelled out in signs that mean nothing elsewhere.
_FLAG = re.compile("(\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f)")
#: Halves that stand for single bytes are how a damaged text file is read; that file is refused by what it is.
_SURROGATE = re.compile(r"[\ud800-\udc7f\udd00-\udfff]")
_REORDERING = re.compile(r"[\x00\u202a-\u202e\u2066-\u2069]")


def without_hidden(text: str) -> str:
    """Return the text as it shows, without controls, signs of format and what Unicode says is no character.

    Text of any script reads right without them; with them a name can show as another one, or hold words nobody sees.
    """
    # All of them count as not printable, and nearly every text is.
    if text.isprintable():
        return text
    parts = _FLAG.split(text)
    return "".join(
        part if at % 2 else "".join(sign for sign in part if not _hides(sign)) for at, part in enumerate(parts)
    )


def _hides(sign: str) -> bool:
    if sign.isprintable() or sign in _STAYS:
        return False
    kind = unicodedata.category(sign)
    return kind == "Cc" or (kind == "Cf" and not _SHOWN.match(sign)) or (kind == "Cn" and _is_no_character(ord(sign)))


def _is_no_character(code: int) -> bool:
    return code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF


def half_sign(text: str) -> bool:
    """Tell whether the text holds half of a sign (a lone surrogate), which no file and no database can keep."""
    return not text.isascii() and _SURROGATE.search(text) is not None


def reorders(text: str) -> bool:
    """Tell whether the text holds what may never be kept: NUL, or an override of the writing direction."""
    return _REORDERING.search(text) is not None
