"""Voting codes: nine random symbols and a check symbol, written ``XXXX-XXX-XXX``.

31 symbols without 0, O, 1, I, L; nine of them carry log2(31^9) = 44.6 random bits. The check symbol is a weighted sum
modulo the prime 31, which catches every single wrong symbol and every swap of two neighbours.
"""

from __future__ import annotations

import hashlib
import itertools
import math
import re
import secrets
import unicodedata

from renovation.errors import InvalidError

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_VALUE = {symbol: value for value, symbol in enumerate(ALPHABET)}
RANDOM_SYMBOLS = 9
LENGTH = RANDOM_SYMBOLS + 1
#: Symbols of the tag that a slip's QR carries behind the code: 64 bits.
TAG_SYMBOLS = 13
#: What a symbol outside the alphabet may have been on the slip.
_LOOK_ALIKES = {"0": "QDCG", "O": "QDCG", "1": "7JT", "I": "JT7", "L": "J7C"}
_MOST_REPAIRS = 16
_MOST_SCANNED = 300
_DASHES = frozenset("-‐‑‒–—―−﹘﹣－ー_·.。、,/")


def check_symbol(body: str) -> str:
    """Return the check symbol of nine symbols: -Σ (i+1)·value mod 31, weights 1..9 distinct and non-zero."""
    total = sum((place + 1) * _VALUE[symbol] for place, symbol in enumerate(body))
    return ALPHABET[-total % len(ALPHABET)]


def make_code() -> str:
    """Draw a code from the operating system's randomness."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_SYMBOLS))
    return body + check_symbol(body)


def code_of(secret: bytes) -> str:
    """Return the code that a keyed hash (32 bytes) stands for, always the same."""
    body = _symbols(secret, RANDOM_SYMBOLS)
    return body + check_symbol(body)


def _symbols(secret: bytes, count: int) -> str:
    number, symbols = int.from_bytes(secret, "big"), []
    for _ in range(count):
        number, place = divmod(number, len(ALPHABET))
        symbols.append(ALPHABET[place])
    return "".join(symbols)


def format_code(code: str) -> str:
    """Write a code in its groups: ``XXXX-XXX-XXX``."""
    return f"{code[:4]}-{code[4:7]}-{code[7:]}"


def _repair(symbols: list[str]) -> str:
    """Replace symbols that no code has, when their look-alikes and the check symbol leave exactly one code."""
    options = [_LOOK_ALIKES.get(symbol, symbol) for symbol in symbols]
    if math.prod(len(option) for option in options) > _MOST_REPAIRS:
        foreign = next(symbol for symbol in symbols if symbol in _LOOK_ALIKES)
        raise InvalidError("code.symbol", symbol=foreign)
    fitting = [
        "".join(candidate)
        for candidate in itertools.product(*options)
        if check_symbol("".join(candidate[:RANDOM_SYMBOLS])) == candidate[RANDOM_SYMBOLS]
    ]
    if len(fitting) != 1:
        raise InvalidError("code.symbol", symbol=next(symbol for symbol in symbols if symbol in _LOOK_ALIKES))
    return fitting[0]


def normalise_code(typed: str) -> str:
    """Forgive how a code was typed (case, full-width letters, spaces, dashes) and check its check symbol.

    0, O, 1, I and L never occur in a code. One that was typed stands for what it looks like (0 for Q or D, 1 for 7 or
    J, …) where the check symbol leaves exactly one possibility; otherwise the message names it.

    Raises
    ------
    InvalidError
        ``code.length``, ``code.symbol`` or ``code.check``.
    """
    if len(typed) > 200:
        raise InvalidError("code.length", expected=LENGTH, got=len(typed))
    folded = unicodedata.normalize("NFKC", typed).upper()
    symbols = [c for c in folded if not c.isspace() and c not in _DASHES and unicodedata.category(c) != "Cf"]
    for symbol in symbols:
        if symbol not in _VALUE and symbol not in _LOOK_ALIKES:
            raise InvalidError("code.symbol", symbol=symbol)
    if len(symbols) != LENGTH:
        raise InvalidError("code.length", expected=LENGTH, got=len(symbols))
    if any(symbol in _LOOK_ALIKES for symbol in symbols):
        return _repair(symbols)
    code = "".join(symbols)
    if check_symbol(code[:RANDOM_SYMBOLS]) != code[RANDOM_SYMBOLS]:
        raise InvalidError("code.check")
    return code


def make_tag(secret: bytes) -> str:
    """Return the tag that a keyed hash (32 bytes) stands for."""
    return _symbols(secret, TAG_SYMBOLS)


def with_tag(shown: str, tag: str) -> str:
    """Write a code as a slip's QR holds it: ``XXXX-XXX-XXX.`` and the tag; without one, as it is shown."""
    return f"{shown}.{tag}" if tag else shown


def read_code(given: str) -> tuple[str, str]:
    """Return the code and the tag of what was scanned, an address before it or not; of what was typed, no tag.

    Raises
    ------
    InvalidError
        As for :func:`normalise_code`.
    """
    scanned = given.rsplit("#", 1)[-1] if len(given) <= _MOST_SCANNED else ""
    body, dot, tag = scanned.strip().rpartition(".")
    tag = tag.upper()
    if dot and len(tag) == TAG_SYMBOLS and all(symbol in _VALUE for symbol in tag):
        return normalise_code(body), tag
    return normalise_code(scanned or given), ""


_PAIRS = """
松树=pine 柳树=willow 竹林=bamboo 荷花=lotus 菊花=aster 梅花=plum 茶叶=tea 麦田=wheat
苹果=apple 橙子=orange 葡萄=grape 西瓜=melon 花生=peanut 核桃=walnut 蘑菇=mushroom 萝卜=radish
燕子=swallow 喜鹊=magpie 白鹤=crane 海鸥=gull 金鱼=goldfish 蝴蝶=butterfly 蜜蜂=bee 松鼠=squirrel
熊猫=panda 骏马=horse 山羊=goat 小鹿=deer 青蛙=frog 乌龟=turtle 大象=elephant 白兔=rabbit
太阳=sun 月亮=moon 星星=star 彩虹=rainbow 白云=cloud 春雨=rain 雪花=snow 清风=breeze
高山=mountain 河流=river 湖水=lake 海浪=wave 沙滩=beach 小岛=island 森林=forest 草原=meadow
灯塔=lighthouse 石桥=bridge 木船=boat 风筝=kite 铃铛=bell 钢琴=piano 竹笛=flute 大鼓=drum
毛笔=brush 书本=book 雨伞=umbrella 茶壶=teapot 钥匙=key 时钟=clock 地图=map 车站=station
"""
_WORDS = tuple(pair.split("=") for pair in _PAIRS.split())
_CHINESE = tuple(chinese for chinese, _ in _WORDS)
_ENGLISH = tuple(english for _, english in _WORDS)
_DIGITS = 10
_SPACE = len(_WORDS) ** 2 * 10**_DIGITS


def receipt_number(secret: bytes) -> int:
    """Return the number that a keyed hash (32 bytes) stands for."""
    return int.from_bytes(secret, "big") % _SPACE


def format_receipt(number: int, language: str) -> str:
    """Write a receipt in the words of a language: ``松树-海鸥-482-739-1560``."""
    pair, digits = divmod(number, 10**_DIGITS)
    first, second = divmod(pair, len(_WORDS))
    words = _ENGLISH if str(language) == "en" else _CHINESE
    shown = f"{digits:0{_DIGITS}d}"
    return f"{words[first]}-{words[second]}-{shown[:3]}-{shown[3:6]}-{shown[6:]}"


def read_receipt(typed: str) -> int:
    """Return the number of a receipt as somebody copied it, in either language, with any spacing.

    Raises
    ------
    InvalidError
        ``receipt.shape``.
    """
    folded = unicodedata.normalize("NFKC", typed[:200]).lower()
    digits = "".join(re.findall(r"[0-9]", folded))
    found = re.findall("|".join((*_CHINESE, *sorted(_ENGLISH, key=len, reverse=True))), folded)
    if len(found) != 2 or len(digits) != _DIGITS:
        raise InvalidError("receipt.shape")
    first, second = ((_CHINESE if word in _CHINESE else _ENGLISH).index(word) for word in found)
    return (first * len(_WORDS) + second) * 10**_DIGITS + int(digits)


def commitment_of(poll_id: str, number: int) -> str:
    """Return what the public list holds of a receipt."""
    return hashlib.sha256(f"receipt|{poll_id}|{number}".encode()).hexdigest()
