"""Signs of every kind where numbers, names and ids are asked for: by their kind in Unicode, never by a list."""

from __future__ import annotations

import sys
import unicodedata
from decimal import Decimal

import pytest
import sqlalchemy as sa
from hypothesis import example, given
from hypothesis import strategies as st

from renovation.errors import InvalidError
from renovation.imports.files.results import UnreadableError
from renovation.imports.files.values import days, values
from renovation.model.accounts import Actor
from renovation.model.elections import BallotKind
from renovation.model.money import fen_from_yuan
from renovation.model.names import is_blank, name_key
from renovation.model.polls import PollSettings
from renovation.rules.money.pricing import quantity_of
from renovation.services.typed import one_line, reason_of
from renovation.store import Store
from renovation.store.schema.polls import poll
from renovation.text import Language, error_text
from renovation.text.hidden import without_hidden

EVERY = [chr(code) for code in range(0x80, sys.maxunicode + 1)]
COUNTING = [sign for sign in EVERY if unicodedata.numeric(sign, None) is not None]
#: Full-width digits and Chinese numerals are typed; everything else that counts is not.
ODD = [
    sign
    for sign in COUNTING
    if sign != "〇"
    and not unicodedata.decomposition(sign).startswith("<wide>")
    and (unicodedata.category(sign) != "Lo" or unicodedata.decomposition(sign).startswith("<"))
]
#: What shows nothing and joins nothing: format signs, fillers and blanks of any script.
_SHOWN = ("ARABIC", "SYRIAC", "KAITHI", "EGYPTIAN", "INTERLINEAR", "SHORTHAND")
UNSEEN = [
    sign
    for sign in EVERY
    if unicodedata.category(sign) in ("Cf", "Zs", "Zl", "Zp")
    and not unicodedata.name(sign, "").startswith(
        ("ARABIC", "SYRIAC", "KAITHI", "EGYPTIAN", "INTERLINEAR", "SHORTHAND")
    )
] + list("\u115f\u1160\u3164\uffa0\u2800\u034f\ufe0f\U000e0100")


@pytest.mark.parametrize("pattern", ["{}", "1{}", "{}1", "12{}5", "1.{}"])
def test_no_odd_figure_is_a_number(pattern: str) -> None:
    assert len(ODD) > 800
    for sign in ODD:
        written = pattern.format(sign)
        for read in (values.number, values.whole, values.money, values.area, values.coordinate, values.share):
            with pytest.raises(UnreadableError):
                read(written)
        for typed in (fen_from_yuan, quantity_of):
            with pytest.raises(InvalidError):
                typed(written)
        with pytest.raises(UnreadableError):
            days.day(f"202{sign}-03-05")


def test_no_odd_figure_is_a_yes_or_a_choice() -> None:
    names = {str(digit): digit for digit in range(10)} | {"2类": 2}
    for sign in ODD:
        for read in (values.yes_no, lambda cell: values.choice(cell, names, allowed=tuple(names))):
            for written in (sign, f"{sign}类"):
                with pytest.raises(UnreadableError):
                    read(written)
    assert values.yes_no("１") == (True, False)


def test_figures_that_people_type_are_numbers() -> None:
    assert values.number("１２．５") == (Decimal("12.5"), True)
    assert values.number("三十二") == (Decimal(32), True)
    assert values.area("100m²")[0] == values.area("100㎡")[0] == Decimal(100)
    assert days.day("２０２６-０３-０５")[0] == days.day("2026-03-05")[0]


MARKS = [sign for sign in EVERY if unicodedata.category(sign) in ("Mn", "Me", "Mc")]
NO_CHARACTERS = [chr(code) for code in (*range(0xFDD0, 0xFDF0), *(plane << 16 | 0xFFFE for plane in range(17)))]
CONTROLS = [chr(code) for code in (*range(1, 9), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0x7F, 0xA0))]
HIDDEN = [
    *(sign for sign in UNSEEN if unicodedata.category(sign) == "Cf" and sign not in "\u200c\u200d"),
    *NO_CHARACTERS,
    *CONTROLS,
]


@example("\u0345")  # folded, it is a letter
@given(st.lists(st.sampled_from(UNSEEN + MARKS + NO_CHARACTERS + CONTROLS), max_size=8).map("".join))
def test_marks_controls_and_what_is_no_character_make_no_name(name: str) -> None:
    assert one_line(name, 60) == ""
    assert values.words(name)[0] == ""


@given(st.lists(st.sampled_from(HIDDEN), min_size=1, max_size=4).map("".join))
def test_what_hides_in_a_name_is_taken_out_and_said(hidden: str) -> None:
    assert values.words(f"阳光{hidden}花苑") == ("阳光花苑", True)
    assert without_hidden(f"a{hidden}b") == "ab"


ENGLAND = "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"


@pytest.mark.parametrize("name", ["👨\u200d👩\u200d👧", ENGLAND, "\u0600١٢", "ئۇيغۇر", "བོད་ཡིག", "𠮷", "é"])
def test_what_shows_stays(name: str) -> None:
    assert values.words(name) == (name, False)


@given(st.lists(st.sampled_from(UNSEEN), max_size=8).map("".join))
def test_a_name_of_unseen_signs_is_none(name: str) -> None:
    assert is_blank(name)
    assert one_line(name, 60) == ""
    assert values.words(name)[0] == ""
    with pytest.raises(InvalidError, match=r"poll\.title_missing"):
        PollSettings(title=name, ballot_kind=BallotKind.APPROVAL, budget=1)
    with pytest.raises(InvalidError, match=r"x\.y"):
        reason_of(name, "x.y")


@given(st.text(max_size=12), st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
def test_case_width_and_normal_form_tell_no_names_apart(name: str, form: str) -> None:
    assert name_key(unicodedata.normalize(form, name)) == name_key(name)
    assert name_key(name.upper()) == name_key(name.upper().lower())


@pytest.mark.parametrize("word", ["无", "没有", "N/A", "null", "None", "NIL", "unknown", "暂无", "-", "/", "…", "——"])
@pytest.mark.parametrize("around", ["{}", " {} ", "（{}）", "<{}>", "[{}]", "“{}”", "{}。"])
def test_a_word_for_nothing_refuses_no_file(word: str, around: str) -> None:
    cell = around.format(word)
    for read in (values.number, values.whole, values.money, values.area, values.coordinate):
        assert read(cell)[0] is None
    assert values.identifier(cell)[0] == ""


# U+DC80 to U+DCFF are how a damaged text file is read, which is refused as a whole.
@given(st.integers(0xD800, 0xDFFF).filter(lambda sign: not 0xDC80 <= sign <= 0xDCFF).map(chr), st.text(max_size=5))
def test_half_signs_are_refused_at_their_cell(half: str, rest: str) -> None:
    with pytest.raises(UnreadableError):
        values.words(f"名{half}{rest}".replace("\0", ""))


@pytest.mark.parametrize("half", ["\ud800", "a\udfff"])
def test_what_is_said_of_half_a_sign_can_be_written_down(half: str) -> None:
    for language in Language:
        assert error_text(InvalidError("survey.answer_stray", value=half), language).encode()


def test_what_one_engine_cannot_store_is_refused_by_both(store: Store, admin: Actor) -> None:
    with store.read() as connection:
        for given_ in ("half \ud800", "nul \0", '{"a": "\\ud800"}', '["\\u0000"]', '["\\udc00"]', 2**63, -(2**63) - 1):
            with pytest.raises(InvalidError, match=r"typed\.unstorable"):
                connection.execute(sa.select(poll.c.id).where(sa.literal(given_) == sa.literal(given_)))
        for fine in ("中文 😀", '{"a": "\\ud83d\\ude00"}', '["\\\\ud800"]', 2**63 - 1, "\\u0000"):
            connection.execute(sa.select(poll.c.id).where(sa.literal(fine) == sa.literal(fine)))
