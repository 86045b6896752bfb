"""Signs that count something and are no digits that people type: raised, circled, of other scripts."""

from __future__ import annotations

import unicodedata

OTHER_DIGITS = [
    sign
    for sign in map(chr, range(0x80, 0x110000))
    if unicodedata.category(sign) in ("Nd", "No", "Nl") and not unicodedata.decomposition(sign).startswith("<wide>")
    if sign not in "〇" and not "〡" <= sign <= "〩"
]
