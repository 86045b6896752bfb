"""民法典 278, by heads and by area, at the very edge."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renovation.errors import InvalidError
from renovation.imports.files.lists import shipped
from renovation.model.consents import ConsentCount, Matter, VoteScope
from renovation.model.lists import ListKind
from renovation.model.localities import thresholds_of
from renovation.rules.money.consent import decide

LAW = thresholds_of(shipped(ListKind.THRESHOLDS))


def count(part, agree, total=300):
    return ConsentCount(
        total_heads=total,
        total_area=Fraction(total * 80),
        agree_heads=agree,
        agree_area=Fraction(agree * 80),
        object_heads=part - agree,
        object_area=Fraction((part - agree) * 80),
    )


def test_two_thirds_exactly_is_a_quorum_and_one_less_is_not():
    assert decide(count(200, 200), matter=Matter.ORDINARY, thresholds=LAW).passed
    assert not decide(count(199, 199), matter=Matter.ORDINARY, thresholds=LAW).passed


def test_half_is_not_more_than_half():
    assert not decide(count(200, 100), matter=Matter.ORDINARY, thresholds=LAW).passed
    assert decide(count(200, 101), matter=Matter.ORDINARY, thresholds=LAW).passed


def test_three_quarters_exactly_is_enough_for_a_major_matter():
    assert decide(count(200, 150), matter=Matter.MAJOR, thresholds=LAW).passed
    assert not decide(count(200, 149), matter=Matter.MAJOR, thresholds=LAW).passed


def test_heads_alone_do_not_carry_it():
    owners = ConsentCount(
        total_heads=30, total_area=Fraction(3000), agree_heads=29, agree_area=Fraction(1400), object_heads=1,
        object_area=Fraction(1600),
    )  # fmt: skip
    result = decide(owners, matter=Matter.ORDINARY, thresholds=LAW)
    assert not result.passed
    assert [test.name for test in result.tests if not test.passed] == ["majority_area"]


def test_who_abstains_takes_part():
    owners = ConsentCount(
        total_heads=3, total_area=Fraction(3), agree_heads=1, agree_area=Fraction(1), abstain_heads=1,
        abstain_area=Fraction(1),
    )  # fmt: skip
    result = decide(owners, matter=Matter.ORDINARY, thresholds=LAW)
    assert [test.passed for test in result.tests] == [True, True, False, False]


def test_one_owner_whose_part_is_taken_stops_a_lift():
    result = decide(
        count(12, 12, 12), matter=Matter.MAJOR, thresholds=LAW, scope=VoteScope.UNIT, extra_consents={"102": False}
    )
    assert not result.passed
    assert result.extra_missing == ("102",)
    assert result.scope is VoteScope.UNIT


@given(total=st.integers(1, 60), data=st.data())
def test_missing_heads_are_the_least_that_pass(total, data):
    part = data.draw(st.integers(0, total))
    agree = data.draw(st.integers(0, part))
    for matter in Matter:
        missing = decide(count(part, agree, total), matter=matter, thresholds=LAW).heads_missing

        def heads_pass(more, matter=matter):
            tests = decide(count(part + more, agree + more, 10**6), matter=matter, thresholds=LAW).tests
            return 3 * (part + more) >= 2 * total and tests[2].passed

        assert heads_pass(missing)
        assert missing == 0 or not heads_pass(missing - 1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"agree_heads": 4},
        {"agree_area": Fraction(301)},
        {"agree_heads": -1},
        {"total_heads": 0},
        {"total_area": Fraction(0)},
    ],
)
def test_counts_that_cannot_be_are_refused(wrong):
    values = {"total_heads": 3, "total_area": Fraction(300), "agree_heads": 1, "agree_area": Fraction(100)}
    with pytest.raises(InvalidError):
        ConsentCount(**{**values, **wrong})
