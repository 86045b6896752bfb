"""Codes and receipts: what was typed is understood or refused, never taken for another code."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renovation.errors import InvalidError
from renovation.model.codes import (
    ALPHABET,
    LENGTH,
    RANDOM_SYMBOLS,
    check_symbol,
    commitment_of,
    format_code,
    format_receipt,
    make_code,
    normalise_code,
    read_receipt,
    receipt_number,
)

bodies = st.text(ALPHABET, min_size=RANDOM_SYMBOLS, max_size=RANDOM_SYMBOLS)
codes = bodies.map(lambda body: body + check_symbol(body))
FULL_WIDTH = str.maketrans({chr(n): chr(n + 0xFEE0) for n in range(0x21, 0x7F)})


@given(codes, st.sampled_from(["-", " ", "—", "　", "－", ""]), st.booleans(), st.booleans())
def test_spelling_is_forgiven(code: str, between: str, lower: bool, wide: bool) -> None:
    """H077: case, width, spaces and dashes do not matter."""
    typed = between.join((code[:4], code[4:7], code[7:]))
    typed = typed.lower() if lower else typed
    typed = typed.translate(FULL_WIDTH) if wide else typed
    assert normalise_code(f" {typed}\n") == code
    assert normalise_code(format_code(code)) == code


@given(codes, st.integers(0, LENGTH - 1), st.sampled_from(ALPHABET))
def test_every_single_wrong_symbol_is_caught(code: str, place: int, symbol: str) -> None:
    typed = code[:place] + symbol + code[place + 1 :]
    if typed == code:
        return
    with pytest.raises(InvalidError, match=r"code\.check"):
        normalise_code(typed)


@given(codes, st.integers(0, LENGTH - 2))
def test_every_swap_of_neighbours_is_caught(code: str, place: int) -> None:
    typed = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    if typed == code:
        return
    with pytest.raises(InvalidError, match=r"code\.check"):
        normalise_code(typed)


@given(codes, st.integers(0, LENGTH - 1))
def test_one_look_alike_is_repaired_or_refused_but_never_misread(code: str, place: int) -> None:
    typed_as = {"Q": "0", "D": "O", "7": "1", "J": "I", "C": "L"}
    foreign = typed_as.get(code[place])
    if foreign is None:
        return
    assert normalise_code(code[:place] + foreign + code[place + 1 :]) == code


@given(st.text(max_size=40))
def test_anything_else_is_refused_by_name(typed: str) -> None:
    said = ""
    try:
        understood = normalise_code(typed)
    except InvalidError as error:
        said = error.code
    else:
        assert len(understood) == LENGTH
    assert said in {"", "code.length", "code.symbol", "code.check"}


def test_codes_are_long_enough_and_differ() -> None:
    assert len(ALPHABET) ** RANDOM_SYMBOLS > 2**44
    assert not set("01OIL") & set(ALPHABET)
    assert len({make_code() for _ in range(2000)}) == 2000


@given(st.binary(min_size=32, max_size=32), st.sampled_from(["zh-CN", "en"]))
def test_receipts_read_back_in_either_language(secret: bytes, language: str) -> None:
    number = receipt_number(secret)
    shown = format_receipt(number, language)
    assert read_receipt(shown) == number
    assert read_receipt(shown.replace("-", " ").upper().translate(FULL_WIDTH)) == number
    assert commitment_of("a", number) != commitment_of("b", number)
