"""Voting codes: nine random symbols and a check symbol, written ``XXXX-XXX-XXX``.

31 symbols without 0, O, 1, I, L; nine of them carry log2(31^9) = 44.6 random bits. The check symbol is a weighted sum
modulo the prime 31, which catches every single wrong symbol and every swap of two neighbours.
"""

from __future__ import annotations

import itertools
import math
import secrets
import unicodedata

from renovation.errors import InvalidError

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_VALUE = {symbol: value for value, symbol in enumerate(ALPHABET)}
RANDOM_SYMBOLS = 9
LENGTH = RANDOM_SYMBOLS + 1
#: What a symbol outside the alphabet may have been on the slip.
_LOOK_ALIKES = {"0": "QDCG", "O": "QDCG", "1": "7JT", "I": "JT7", "L": "J7C"}
_MOST_REPAIRS = 16
_DASHES = frozenset("-‐‑‒–—―−﹘﹣－ー_·.。、,/")


def check_symbol(body: str) -> str:
    """Return the check symbol of nine symbols: -Σ (i+1)·value mod 31, weights 1..9 distinct and non-zero."""
    total = sum((place + 1) * _VALUE[symbol] for place, symbol in enumerate(body))
    return ALPHABET[-total % len(ALPHABET)]


def make_code() -> str:
    """Draw a code from the operating system's randomness."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_SYMBOLS))
    return body + check_symbol(body)


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
