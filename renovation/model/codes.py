"""Voting codes: nine random symbols and a check symbol, written ``XXXX-XXX-XXX``.

31 symbols without 0, O, 1, I, L; nine of them carry log2(31^9) = 44.6 random bits. The check symbol is a weighted sum
modulo the prime 31, which catches every single wrong symbol and every swap of two neighbours.
"""

from __future__ import annotations

import secrets
import unicodedata

from renovation.errors import InvalidError

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_VALUE = {symbol: value for value, symbol in enumerate(ALPHABET)}
RANDOM_SYMBOLS = 9
LENGTH = RANDOM_SYMBOLS + 1
_DASHES = frozenset("-‐‑‒–—―−﹘﹣－ー_·.")


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


def normalise_code(typed: str) -> str:
    """Forgive how a code was typed (case, full-width letters, spaces, dashes) and check its check symbol.

    0, O, 1, I and L never occur in a code, so they cannot be mapped to one symbol with certainty; the message says so.

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
        if symbol not in _VALUE:
            raise InvalidError("code.symbol", symbol=symbol)
    if len(symbols) != LENGTH:
        raise InvalidError("code.length", expected=LENGTH, got=len(symbols))
    code = "".join(symbols)
    if check_symbol(code[:RANDOM_SYMBOLS]) != code[RANDOM_SYMBOLS]:
        raise InvalidError("code.check")
    return code
