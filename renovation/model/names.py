"""When two names are one: the key that names are compared and searched by.

People write one name in many ways: 阳光花苑（一期）, 阳光花苑 (一期), 阳光花苑“壹期”; ＡＢＣ公寓 and abc公寓.
:func:`name_key` takes away what does not tell names apart: width, case, blanks, loose marks and signs nobody can see,
the shape of brackets, quotes and dashes, and brackets, quotes and middle dots themselves where no digits or letters
run together without them (3(2)栋 stays apart from 32栋). A Chinese numeral is its figure (十期 is 10期). The figures of
cheques stand in many names (陆家村): alone they are figures only where a counter follows.

A key is never shown; what is kept and shown is the name as it was written first.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from renovation.model.numerals import read_numeral

#: What families of emoji and some scripts are written with; Python does not count them as printable.
JOINERS = "\u200c\u200d"
_UNSEEN = re.compile(
    "[\\s\\x00-\\x1f\\x7f-\\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a\U000e0000-\U000e0fff]+"
)
_SHAPES = {
    **dict.fromkeys("[{【〔〖〘〚〈《「『⟨⟪⦅", "("),
    **dict.fromkeys("]}】〕〗〙〛〉》」』⟩⟫⦆", ")"),
    **dict.fromkeys("‐‑‒–—―−⸺⸻﹘", "-"),
    **dict.fromkeys("•‧∙⋅・᛫", "·"),
}
_SHAPED = str.maketrans(_SHAPES)
#: What a name's brackets, quotes and dashes are by their kind, open or closed; what no kind says stands by itself.
_SHAPE_OF = {**dict.fromkeys(("Ps", "Pe", "Pi", "Pf"), "("), "Pd": "-"}


class _OneShape(dict[int, str]):
    def __missing__(self, code: int) -> str:
        self[code] = _SHAPE_OF.get(unicodedata.category(chr(code)), chr(code))
        return self[code]


_ONE_SHAPE = _OneShape(str.maketrans(dict.fromkeys("\"'`´<>", "(")))
_FIGURES, _STEPS, _CHEQUES = "〇零一二三四五六七八九", "十百千廿卅", "壹贰貳叁參肆伍陆陸柒捌玖"
_DIGITS = str.maketrans(_FIGURES, "00123456789")
_NUMERAL_SIGNS = f"{_FIGURES}{_STEPS}{_CHEQUES}两兩拾佰仟"
_NUMERAL = re.compile(f"(?<![0-9{_NUMERAL_SIGNS}])[{_NUMERAL_SIGNS}]+(?![0-9{_NUMERAL_SIGNS}])")
_IS_COUNTED = re.compile(f"[{_STEPS}拾佰仟]")
_UNFINISHED = tuple("十百千拾佰仟")
_COUNTERS = tuple("期栋幢座号区")
#: Brackets and dots that part no two digits or letters.
_BETWEEN_WORDS = re.compile(r"(?<![0-9a-z(·])[(·]+|[(·]+(?![0-9a-z(·])")


def fold(text: str) -> str:
    """Return a text without width, case, blanks and unseen signs, its brackets, dashes and dots in one shape."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    # Signs that nothing stands between any more may join into one.
    return unicodedata.normalize("NFKC", _UNSEEN.sub("", plain)).translate(_SHAPED)


def is_blank(text: str) -> bool:
    """Tell whether nobody would see anything of a text: blanks, fillers, joiners, marks without a sign to stand on."""
    folded = fold(text)
    # Folding makes a letter of one mark, the iota written under Greek ones.
    return not folded or _is_of_marks(folded) or (not text.isascii() and _is_of_marks(_UNSEEN.sub("", text)))


def _is_of_marks(text: str) -> bool:
    return all(unicodedata.category(sign)[0] == "M" for sign in text)


def _without_loose_marks(text: str) -> str:
    """Take away marks that make no sign with what they stand on; the vowels of scripts that write so stay."""
    kept: list[str] = []
    takes_marks = False
    for sign in text:
        kind = unicodedata.category(sign)
        if kind[0] != "M":
            takes_marks = kind == "Lo" and not unicodedata.name(sign, "").startswith("CJK")
        elif not takes_marks:
            continue
        kept.append(sign)
    return "".join(kept)


@lru_cache(maxsize=1 << 14)
def name_key(name: str) -> str:
    """Return what all spellings of a name have in common."""
    folded = fold(name)
    if not folded.isalnum():
        folded = unicodedata.normalize("NFKC", _without_loose_marks(folded)).translate(_ONE_SHAPE)
    key = _BETWEEN_WORDS.sub("", _NUMERAL.sub(_figure, folded).translate(_DIGITS))
    key = re.sub(r"\(+", "(", key)
    return key if key == name else name_key(key)


def _figure(found: re.Match[str]) -> str:
    is_counted = found.string.startswith(_COUNTERS, found.end())
    return _in_figures(found[0], is_counted=is_counted)


@lru_cache(maxsize=4096)
def _in_figures(numeral: str, *, is_counted: bool) -> str:
    if _IS_COUNTED.search(numeral) or (is_counted and len(numeral) == 1):
        number = read_numeral(numeral)
        return numeral if number is None else str(number)
    return numeral


def name_keys(names: Iterable[str]) -> frozenset[str]:
    """Return the keys of names, to ask whether others are among them."""
    return frozenset(map(name_key, names))


def known_as(name: str, known: Iterable[str]) -> str:
    """Return the spelling under which a name stands already, or the name itself where nothing of its key does."""
    key = name_key(name)
    return next((one for one in known if name_key(one) == key), name)


def search_key(*names: str) -> str:
    """Return the keys of what a search looks through, each on its line; :func:`search_words` are found within one."""
    return "\n".join(name_key(name) for name in names)


def search_words(query: str) -> tuple[str, ...]:
    """Return the key of each word of a query; all of them must be found.

    Who has typed 三十 may be on the way to 三十二: the zeros of a Chinese numeral at the end are not looked for.
    """
    keys = ((word, name_key(word)) for word in query.split())
    words = (key.rstrip("0") if fold(word).endswith(_UNFINISHED) else key for word, key in keys)
    return tuple(filter(None, words))


def finds(query: str, *names: str) -> bool:
    """Tell whether every word of a query stands in one of the names, however either is written."""
    looked_through = search_key(*names)
    return all(word in looked_through for word in search_words(query))
