"""Money: pledged is not received, expired is not pledged, and the gap is exact."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renovation.errors import InvalidError
from renovation.model.funding import Contribution, MatchingRule, Pledge, PledgeState, Pot, SourceKind, Upkeep
from renovation.model.items import ItemClass
from renovation.rules.money.funding import funding_of, match, pot_refusal, unlocked_if_raised

TODAY = date(2026, 11, 21)


def pledge(**changes):
    values = {
        "id": "1",
        "project": "p",
        "supporter": "某企业",
        "kind": SourceKind.PRIVATE,
        "pledged_on": date(2026, 1, 1),
        "expires_on": date(2026, 12, 31),
        "amount": 1000,
    }
    return Pledge(**{**values, **changes})


def test_a_promise_lapses_the_day_after_its_last_day():
    assert pledge(expires_on=TODAY).state(TODAY) is PledgeState.OPEN
    assert pledge(expires_on=date(2026, 11, 20)).state(TODAY) is PledgeState.EXPIRED
    assert pledge(withdrawn_on=TODAY).state(TODAY) is PledgeState.WITHDRAWN
    assert pledge(received=1000, expires_on=date(2026, 2, 1)).state(TODAY) is PledgeState.FULFILLED


def test_pledged_received_and_lapsed_stand_apart():
    lines = [Contribution(project="p", kind=SourceKind.DISTRICT, pledged=5000, received=2000)]
    money = funding_of(
        10_000, lines, [pledge(received=300), pledge(id="2", amount=700, expires_on=date(2026, 6, 1))], today=TODAY
    )
    assert (money.received, money.promised, money.lapsed) == (2300, 3700, 700)
    assert (money.gap, money.gap_received) == (4000, 7700)


def test_work_in_kind_is_hours_and_never_money():
    lines = [Contribution(project="p", kind=SourceKind.IN_KIND, hours=Fraction(40))]
    money = funding_of(100, lines, today=TODAY)
    assert (money.hours, money.gap) == (40, 100)
    with pytest.raises(InvalidError):
        Contribution(project="p", kind=SourceKind.IN_KIND, pledged=1)


def test_residents_6000_and_the_community_tenfold():
    """成都月楿丽苑: residents 6 千, community 6 万."""
    rule = MatchingRule(id="m", name="配套", ratio=Fraction(10), cap=6_000_000, minimum=100_000)
    assert match(rule, 600_000) == 6_000_000
    assert match(rule, 99_999) == 0
    assert match(rule, 10**9) == 6_000_000
    assert unlocked_if_raised(6_600_000, [], [], [rule], today=TODAY) == 600_000


@given(
    cost=st.integers(0, 3000),
    received=st.integers(0, 800),
    ratio=st.fractions(Fraction(1, 7), 5, max_denominator=7),
    cap=st.integers(0, 1500),
    minimum=st.integers(0, 400),
)
def test_unlocking_names_the_least_sum(cost, received, ratio, cap, minimum):
    rule = MatchingRule(id="m", name="m", ratio=ratio, cap=cap, minimum=minimum)
    lines = [Contribution(project="p", kind=SourceKind.RESIDENTS, received=received)]
    answer = unlocked_if_raised(cost, lines, [], [rule], today=TODAY)

    def gap(extra):
        more = [*lines, Contribution(project="p", kind=SourceKind.RESIDENTS, received=extra)]
        return funding_of(cost, more, [], [rule], today=TODAY).gap

    assert gap(answer) == 0
    assert answer == 0 or gap(answer - 1) > 0


def test_a_pot_says_why_it_may_not_pay():
    pot = Pot(
        id="a",
        name="民生微实事",
        year=2027,
        amount=10**8,
        classes=frozenset({ItemClass.IMPROVEMENT}),
        areas=frozenset({"惠城区"}),
        project_cap=10**8,
    )
    fits = {"cost": 10**8, "item_classes": {ItemClass.IMPROVEMENT}, "areas": {"惠城区", "桥东街道"}, "year": 2027}
    assert pot_refusal(pot, **fits) is None
    assert pot_refusal(pot, **fits | {"areas": {"“惠城 区”"}}) is None
    for change, code in (
        ({"year": 2028}, "pot.year"),
        ({"item_classes": {ItemClass.BASIC}}, "pot.item_class"),
        ({"areas": {"惠阳区"}}, "pot.area"),
        ({"cost": 10**8 + 1}, "pot.cap"),
    ):
        assert pot_refusal(pot, **{**fits, **change}).code == code


def test_upkeep_is_settled_by_a_named_payer_who_agreed():
    assert not Upkeep(project="p", yearly_cost=1, payer="物业").is_settled
    assert not Upkeep(project="p", yearly_cost=1, payer=" ", agreed_on=TODAY).is_settled
    assert Upkeep(project="p", yearly_cost=1, payer="物业", agreed_on=TODAY).is_settled


@pytest.mark.parametrize("change", [{"amount": 0}, {"expires_on": date(2025, 1, 1)}, {"amount": -1}])
def test_a_pledge_that_cannot_be_is_refused(change):
    with pytest.raises(InvalidError):
        pledge(**change)


def test_a_review_that_lowers_the_cost_leaves_more_than_it_needs() -> None:
    lines = [Contribution(project="1", kind=SourceKind.CITY, pledged=600, received=0)]
    now = funding_of(500, lines, today=date(2026, 5, 1), planned={SourceKind.DISTRICT: 100})
    assert (now.gap, now.beyond) == (0, 200)
    assert funding_of(800, lines, today=date(2026, 5, 1)).beyond == 0
