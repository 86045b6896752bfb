"""When two names are one: the key that names are compared and searched by.

People write one name in many ways: 阳光花苑（一期）, 阳光花苑 (一期), 阳光花苑［1期］; ＡＢＣ公寓 and abc公寓.
:func:`name_key` takes away what does not tell names apart: width, case, blanks, signs nobody can see, the shape of
brackets, and brackets and middle dots themselves where no digits or letters would run together (3(2)栋 stays apart from
32栋). A Chinese digit is its figure (一期 is 1期). Numerals of several signs stay as they are: 十 stands in many names,
and whoever searches for 三十 has to find 三十二.

A key is never shown; what is kept and shown is the name as it was written first.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_UNSEEN = re.compile(
    "[\\s\\x00-\\x1f\\x7f-\\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]+"
)
_SHAPES = {
    **dict.fromkeys("[{【〔〖〘〚〈《「『⟨⟪⦅", "("),
    **dict.fromkeys("]}】〕〗〙〛〉》」』⟩⟫⦆", ")"),
    **dict.fromkeys("‐‑‒–—―−⸺⸻﹘", "-"),
    **dict.fromkeys("•‧∙⋅・᛫", "·"),
}
_SHAPED = str.maketrans(_SHAPES)
_DIGITS = str.maketrans("〇零一二三四五六七八九", "00123456789")
#: Brackets and dots that part no two digits or letters.
_BETWEEN_WORDS = re.compile(r"(?<![0-9a-z()·])[()·]+|[()·]+(?![0-9a-z()·])")


def fold(text: str) -> str:
    """Return a text without width, case, blanks and unseen signs, its brackets, dashes and dots in one shape."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    # Signs that nothing stands between any more may join into one.
    return unicodedata.normalize("NFKC", _UNSEEN.sub("", plain)).translate(_SHAPED)


def name_key(name: str) -> str:
    """Return what all spellings of a name have in common."""
    key = _BETWEEN_WORDS.sub("", fold(name).translate(_DIGITS))
    return key if unicodedata.is_normalized("NFKC", key) else name_key(key)


def known_as(name: str, known: Iterable[str]) -> str:
    """Return the spelling under which a name stands already, or the name itself where nothing of its key does."""
    key = name_key(name)
    return next((one for one in known if name_key(one) == key), name)


def search_key(*names: str) -> str:
    """Return the keys of what a search looks through, each on its line; :func:`search_words` are found within one."""
    return "\n".join(name_key(name) for name in names)


def search_words(query: str) -> tuple[str, ...]:
    """Return the key of each word of a query; all of them must be found."""
    return tuple(key for word in query.split() if (key := name_key(word)))


def finds(query: str, *names: str) -> bool:
    """Tell whether every word of a query stands in one of the names, however either is written."""
    looked_through = search_key(*names)
    return all(word in looked_through for word in search_words(query))
