"""Sheets keyed with number keys: as few keys as an answer needs, and none that is read as another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renovation.errors import InvalidError
from renovation.model.surveys import Form, FormKind, QuestionKind, fixed_form
from renovation.rules.surveys.keys import read_keys

FORMS = {kind: Form(version=1, questions=fixed_form(kind)) for kind in FormKind}
OPINION, BUILDING = FORMS[FormKind.OPINION], FORMS[FormKind.BUILDING]


def test_one_answer_is_one_key_and_goes_on() -> None:
    full = {
        "renew": ("yes",), "wishes": ("stair_hazard", "elderly_services"), "keep": ("trees", "yard"),
        "contribute": ("nothing",), "watch": ("no",), "tenure": ("tenant",), "ages": ("60_79", "80_up"),
        "step_free": ("yes",),
    }  # fmt: skip
    for typed in ("11.13+13+122+45+1", "1+1.13+1.3+1+2+2+4.5+1", "1+1.13+13+1+22+45+1"):
        assert {code: set(said) for code, said in read_keys(OPINION, typed).items()} == {
            code: set(said) for code, said in full.items()
        }
    assert read_keys(OPINION, "00+0+103") == read_keys(OPINION, "0++0+103")
    assert read_keys(OPINION, "0++0+103") == {"contribute": ("nothing",), "tenure": ("other",)}
    assert read_keys(OPINION, "+++++++1+") == {"step_free": ("yes",)}
    assert read_keys(BUILDING, "1996+16+2+40+3") == {
        "year": ("1996",), "structure": ("brick_concrete",), "floors": ("6",), "staircases": ("2",),
        "households": ("40",), "lift": ("none",),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("5", "keys_unknown"), ("1+16", "keys_unknown"), ("1.2", "answer_many"), ("1+1.2.3.4", "answer_many"),
        ("++++++++1", "keys_many"), ("1+1+1+111+1+11", "keys_many"), ("²", "keys_unknown"), ("１２", "keys_unknown"),
        ("1x", "keys_unknown"), ("++0x", "keys_unknown"), ("-1", "keys_unknown"),
    ],
)  # fmt: skip
def test_what_no_sheet_says_is_refused(typed: str, code: str) -> None:
    with pytest.raises(InvalidError, match=f"survey.{code}"):
        read_keys(OPINION, typed)


@given(st.sampled_from(list(FormKind)), st.data(), st.booleans())
def test_every_sheet_can_be_keyed_short_or_with_all_signs(kind: FormKind, data: st.DataObject, short: bool) -> None:
    said: dict[str, tuple[str, ...]] = {}
    typed, parted = "", True
    for question in FORMS[kind].questions:
        if question.kind is QuestionKind.WORDS:
            continue
        typed += "" if parted else "+"
        if question.choices:
            most = min(question.most, len(question.choices))
            given_ = data.draw(st.lists(st.sampled_from(question.choices), max_size=most, unique=True))
            numbers = [str(question.choices.index(one) + 1) for one in given_]
            goes_on = short and question.most == 1
            typed += ("" if short and len(question.choices) < 10 else ".").join(numbers) or ("0" if short else "")
            parted = goes_on
        else:
            given_ = data.draw(st.lists(st.integers(question.low, question.high).map(str), max_size=1))
            typed += "".join(given_) or ("0" if short else "")
            parted = False
        if given_:
            said[question.code] = tuple(given_)
    assert read_keys(FORMS[kind], typed) == said
