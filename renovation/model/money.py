"""Money is integer fen (1/100 yuan); nothing that decides uses a float."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import NewType

from renovation.errors import InvalidError

Fen = NewType("Fen", int)

FEN_PER_YUAN = 100
FEN_PER_WAN = 1_000_000
#: 10 trillion yuan; a longer number is a typing error, and it fits a 64-bit column.
MAX_FEN = 10**15

_PLAIN = re.compile(r"[+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|[+]?\d+(?:\.\d+)?", re.ASCII)


def fen(value: int) -> Fen:
    """Take an integer as fen.

    Raises
    ------
    InvalidError
        ``money.not_integer``, ``money.negative`` or ``money.too_large``.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidError("money.not_integer", value=str(value))
    if value < 0:
        raise InvalidError("money.negative", value=str(value))
    if value > MAX_FEN:
        raise InvalidError("money.too_large")
    return Fen(value)


def fen_from_yuan(value: int | Decimal | Fraction | str) -> Fen:
    """Convert yuan to fen exactly; refuse what is finer than one fen.

    Raises
    ------
    InvalidError
        ``money.not_number``, ``money.negative``, ``money.too_large`` or ``money.finer_than_fen``.
    """
    if isinstance(value, str):
        text = value.strip()
        if len(text) > 40 or not _PLAIN.fullmatch(text):
            raise InvalidError("money.not_number", value=text[:40])
        try:
            value = Decimal(text.replace(",", ""))
        except InvalidOperation:  # pragma: no cover - the pattern admits only decimals
            raise InvalidError("money.not_number", value=text) from None
    if isinstance(value, Decimal) and not value.is_finite():
        raise InvalidError("money.not_number", value=str(value))
    exact = Fraction(value) * FEN_PER_YUAN
    if exact.denominator != 1:
        raise InvalidError("money.finer_than_fen", value=str(value))
    return fen(exact.numerator)


def fen_in(value: float | Decimal, unit: int = FEN_PER_YUAN) -> int:
    """Return what a field of a form holds in fen, by the digits that stand in it and not by its binary float.

    Parameters
    ----------
    unit
        What the field counts in: yuan, or :data:`FEN_PER_WAN`.
    """
    return int((Decimal(str(value)) * unit).to_integral_value())


def yuan(amount: int) -> Decimal:
    """Return fen as exact yuan."""
    return Decimal(amount) / FEN_PER_YUAN


def wan(amount: int) -> Decimal:
    """Return fen as exact 万元 (10,000 yuan)."""
    return Decimal(amount) / FEN_PER_WAN
