"""Numbers written by hand, by properties rather than by one example each."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from cn2an import an2cn
from hypothesis import given, settings
from hypothesis import strategies as st

from renovation.imports.files.results import UnreadableError
from renovation.imports.files.values import days, units, values
from renovation.model.clock import today
from renovation.model.numerals import STEPS, read_numeral

NUMBERS = st.one_of(st.integers(1, 10**12), st.integers(1, 20_000), st.integers(1, 10**6).map(lambda n: n * 10**4))
_FORMAL = str.maketrans("一二三四五六七八九十百千", "壹贰叁肆伍陆柒捌玖拾佰仟")


def spelled(number: int) -> str:
    """Write a number as schools teach it; written here once more, without the library that reads."""
    if number >= 10**12:
        return spelled(number // 10**8) + "亿" + joined(number % 10**8, 10**7)
    for step, name in ((10**8, "亿"), (10**4, "万"), (1000, "千"), (100, "百"), (10, "十")):
        if number >= step:
            return spelled(number // step) + name + joined(number % step, step // 10)
    return "零一二三四五六七八九"[number]


def joined(rest: int, next_step: int) -> str:
    return "" if not rest else ("" if rest >= next_step else "零") + spelled(rest)


@settings(deadline=None)
@given(NUMBERS)
def test_every_number_is_read_as_it_is_spelled(number):
    text = spelled(number)
    spoken = text[1:] if text.startswith("一十") else text
    for written in (text, spoken, text.translate(_FORMAL), text.replace("万", "萬").replace("亿", "億")):
        assert read_numeral(written) == number, written
    assert read_numeral(text.replace("二千", "两千").replace("二万", "两万").replace("二亿", "两亿")) == number


@settings(deadline=None)
@given(st.integers(1, 9999), st.integers(0, 9999), st.integers(0, 9999))
def test_digits_among_the_steps(hundred_millions, tens_of_thousands, ones):
    text = f"{hundred_millions}亿"
    text += f"{tens_of_thousands}万" if tens_of_thousands else ""
    text += f"{ones}" if ones >= 1000 and tens_of_thousands else ""
    number = hundred_millions * 10**8 + tens_of_thousands * 10**4 + (ones if text[-1].isdigit() else 0)
    assert values.number(text) == (number, True)


@settings(deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), st.sampled_from(["百", "千", "万"]))
def test_the_last_step_may_be_left_unsaid(head, tail, step):
    assert read_numeral(spelled(head) + step + spelled(tail)) == head * STEPS[step] + tail * STEPS[step] // 10
    assert read_numeral(spelled(head) + step + "零" + spelled(tail)) == head * STEPS[step] + tail


@settings(deadline=None)
@given(st.text(alphabet="零〇一二两三五九十百千万亿点廿05,", min_size=1, max_size=9))
def test_what_is_read_is_spelled_the_same(text):
    """Nothing is read as something near: spelled again, only 零, 一 before 十 and a last step may differ."""
    found = read_numeral(text)
    if found is None or "点" in text or any(c in text for c in "05,"):
        return
    plain = text.replace("〇", "零").replace("两", "二").replace("廿", "二十")
    whole = spelled(int(found))
    bare = [one.replace("零", "").replace("一十", "十") for one in (plain, whole, whole[:-1])]
    assert bare[0] in bare[1:]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "万",
            "百",
            "千",
            "亿",
            "万亿",
            "亿万",
            "三五",
            "一二三",
            "一亿五",
            "一亿五千",
            "1亿5000",
            "1万05",
            "3.5万5千",
        ),
        *("三万五万", "一百一百", "三点", "点五", "半", "几十", "十几", "三百多", "一万零零五", "五零", "百五"),
    ],
)
def test_what_is_no_number_or_could_be_two_is_refused(text):
    with pytest.raises(UnreadableError) as caught:
        values.number(text)
    assert caught.value.code == "value.not_number"


@settings(deadline=None)
@given(st.integers(1, 10**8), st.sampled_from(sorted(units.MONIES)))
def test_money_in_every_unit(number, unit):
    fen = Fraction(number) * units.MONIES[unit] * 100
    if fen > 10**15:
        with pytest.raises(UnreadableError, match="too_large"):
            values.money(f"{number}{unit}")
    else:
        assert values.money(f"{number}{unit}") == (fen, True)
    assert values.money(spelled(number) + "元") == (number * 100, True)


@settings(deadline=None)
@given(
    st.decimals(min_value="0.01", max_value=900, places=2),
    st.sampled_from([unit for unit, square_metres in units.AREAS.items() if square_metres <= 10**4]),
)
def test_areas_in_every_unit(number, unit):
    found, _ = values.area(f"{number}{unit}")
    exact = Fraction(number) * units.AREAS[unit]
    assert found is not None
    assert abs(Fraction(found) - exact) <= Fraction(1, 200)


@settings(deadline=None)
@given(st.integers(1, 10**9), st.sampled_from(values.COUNTED.split("|")))
def test_counts_in_every_unit(number, unit):
    assert values.whole(f"{number}{unit}") == (number, True)
    assert values.whole(f"{number:,}{unit}") == (number, True)
    assert values.whole(spelled(number) + unit) == (number, True)


@settings(deadline=None)
@given(st.dates(date(1900, 1, 1), today()))
def test_days_in_every_form(day):
    year = "".join("〇一二三四五六七八九"[int(digit)] for digit in str(day.year))
    in_words = f"{year}年{spelled(day.month)}月{spelled(day.day)}日"
    for text in (
        f"{day:%Y-%m-%d}", f"{day:%Y/%m/%d}", f"{day.year}/{day.month}/{day.day}", f"{day.year}.{day.month}.{day.day}",
        f"{day.year}年{day.month}月{day.day}日", in_words, in_words.replace("一十", "十"),
    ):  # fmt: skip
        assert days.day(text)[0] == day, text
        assert days.year(text)[0] == day.year, text


@pytest.mark.parametrize("text", ["2025-11-05T17:30:00Z", "2025-11-05T17:30:00.000+00:00", "2025-11-06T00:30:00+08:00"])
def test_a_moment_with_a_zone_has_its_day_in_china(text):
    assert days.day(text)[0] == date(2025, 11, 6)


@settings(deadline=None)
@given(st.integers(0, 179), st.integers(0, 59), st.integers(0, 5999))
def test_degrees_minutes_and_seconds(degrees, minutes, hundredths):
    exact = degrees + minutes / 60 + hundredths / 360_000
    seconds = f"{hundredths // 100}.{hundredths % 100:02}"
    for text in (
        f"{degrees}°{minutes}′{seconds}″",
        f"{degrees}°{minutes}'{seconds}\"E",
        f"东经{degrees}度{minutes}分{seconds}秒",
    ):
        found, changed = values.coordinate(text)
        assert changed
        assert found == pytest.approx(exact, abs=1e-12)


@pytest.mark.parametrize("text", ["114°75′", "114°25′61″", "114°99.5′", "-114°25′W"])
def test_minutes_and_seconds_end_at_sixty(text):
    with pytest.raises(UnreadableError):
        values.coordinate(text)


@pytest.mark.parametrize(("text", "fen"), [("3.5万", 3_500_000), ("三万五", 3_500_000), ("350", 350_000_000)])
def test_a_heading_s_unit_counts_once(text, fen):
    assert values.money(text, scale=10_000)[0] == fen


@pytest.mark.parametrize("text", ["5千", "三百五十"])
def test_a_cell_that_may_have_its_unit_or_the_heading_s(text):
    with pytest.raises(UnreadableError) as caught:
        values.money(text, scale=10_000)
    assert caught.value.code == "value.unit_twice"
    assert values.money(text)[0] is not None
    assert values.money(f"{text}元", scale=10_000)[0] == values.money(text)[0]


@given(st.integers(1, 10**14))
@settings(max_examples=300)
def test_an_amount_as_a_receipt_writes_it(fen):
    receipt = an2cn(f"{fen // 100}.{fen % 100:02d}", "rmb")
    try:
        assert values.money(receipt)[0] == fen
    except UnreadableError:
        # The writer leaves 零 out behind 亿 (壹亿壹仟); a person may mean 110 million by it.
        assert re.search("亿[^零万]+元", receipt)


@pytest.mark.parametrize("text", ["1.5元5角", "3元50分", "二十角", "角", "三元角", "5分5角"])
def test_yuan_jiao_and_fen_in_disorder_are_refused(text):
    with pytest.raises(UnreadableError):
        values.money(text)


def test_amounts_far_apart_are_told_apart():
    assert values.money("一亿五千万元")[0] == 150_000_000_00
    assert values.money("两亿三千四百万")[0] == 234_000_000_00
    assert values.number("三点五万")[0] == Decimal(35_000)
