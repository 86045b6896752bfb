"""Names are one however they are written, and stay two where they are two."""

from __future__ import annotations

import unicodedata

import pytest
from cn2an import an2cn
from hypothesis import given
from hypothesis import strategies as st

from renovation.model.names import finds, name_key


@pytest.mark.parametrize(
    "spellings",
    [
        "阳光花苑（一期）|阳光花苑(一期)|阳光花苑［一期］|阳光花苑【一期】|阳光花苑 （ 1期 ）",
        "阳光花苑（一期）|阳光花苑一期|阳光\u200b花苑〔１期〕|阳光花苑㈠期",
        "ABC公寓|ＡＢＣ公寓|abc公寓|Abc 公寓|\ufeffABC公寓\u3000|A\u00adBC公寓",
        "H6-401|Ｈ６－４０１|h6–401|h6‑401",
        "阳光·花苑|阳光•花苑|阳光・花苑|阳光花苑",
        "糖厂三号|糖厂3号|糖厂３号",
        "3(2)栋|３（２）栋|3［2］栋",
        "阳光花苑“一期”|阳光花苑「一期」|阳光花苑《一期》|阳光花苑<一期>|阳光花苑\"一期\"|阳光花苑'壹期'|阳光花苑‹1期›",
        '3“2”栋|3"2"栋|3<2>栋|3(2)栋',
        "阳光花苑|阳光\u0301花苑|阳光花苑\u20dd|阳\u3099光花苑|\u0301阳光花苑",
        "荔香苑十期|荔香苑10期|荔香苑拾期|荔香苑１０期|荔香苑（十）期",
        "荔香苑壹期|荔香苑一期|荔香苑1期",
        "三十二号|32号|叁拾贰号|卅二号",
        "一百零二栋|102栋|壹佰零贰栋",
        "荔香苑|荔香\U0001bca0苑|荔香苑\U0001d173|荔香苑\ufff0",
    ],
)
def test_spellings_of_one_name_have_one_key(spellings: str) -> None:
    assert len({name_key(one) for one in spellings.split("|")}) == 1


@pytest.mark.parametrize(
    "names",
    [
        "3(2)栋|32栋",
        "3(1)(2)栋|312栋",
        "荔香苑（一）（二）|荔香苑12",
        "A·1座|A1座",
        "1-1栋|11栋",
        "糖厂三号|糖厂五号",
        "一期|二期",
        "三十号|三号",
        "十期|一期",
        "陆家村|六家村",
        "ก่|ก้",
        "བོད|བད",
        "café|cafe",
    ],
)
def test_names_that_differ_keep_two_keys(names: str) -> None:
    one, other = names.split("|")
    assert name_key(one) != name_key(other)


@given(st.text() | st.text("一二十百两壹陆拾廿0 1()“”<>·期号a\u0301"))
def test_a_key_is_its_own_key(text: str) -> None:
    assert name_key(name_key(text)) == name_key(text)


@pytest.mark.parametrize("query", ["阳光花苑", "阳光 一期", "(一期)", "１期 阳光", "花苑（1", "SUNNY"])
def test_a_search_finds_a_name_however_either_is_written(query: str) -> None:
    assert finds(query, "阳光 花苑（一期）", "Ｓｕｎｎｙ Garden")
    assert not finds(f"{query} 二期", "阳光 花苑（一期）", "Ｓｕｎｎｙ Garden")


def test_a_search_does_not_run_over_the_end_of_a_name() -> None:
    assert all(
        finds(*pair) for pair in (("三十", "三十二号"), ("三十二", "32号"), ("32", "三十二号"), ("一百", "102栋"))
    )
    assert not finds("号糖", "三号", "糖厂")
    assert finds(" ", "什么都有")


@given(st.integers(1, 9999), st.sampled_from("期号栋"))
def test_a_number_is_one_in_figures_and_in_words(number: int, counter: str) -> None:
    spelled = an2cn(number, "low")
    assert {name_key(f"荔香苑{one}{counter}") for one in (str(number), spelled, an2cn(number, "up"))} == {
        f"荔香苑{number}{counter}"
    }
    assert finds(spelled, f"荔香苑{number}{counter}")


@given(st.sampled_from([chr(c) for c in range(0x110000) if unicodedata.category(chr(c)) in {"Pi", "Pf", "Ps", "Pe"}]))
def test_every_bracket_and_quote_is_only_a_shape(sign: str) -> None:
    assert name_key(f"阳光{sign}花苑") == "阳光花苑"
    assert name_key(f"3{sign}2栋") == name_key("3(2栋")
