"""What pots grant: in the order of projects' numbers, never more than there is, and nothing twice."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renovation.model.funding import (
    Contribution,
    FundedProject,
    MatchingRule,
    PlannedPayment,
    Pledge,
    Pot,
    SourceKind,
)
from renovation.model.items import ItemClass
from renovation.model.places import EstatePlace
from renovation.model.projects import ProjectStatus
from renovation.rules.money.books import Books, leverage_of, paid_twice, sum_of_fundings, sum_of_pots

DAY = date(2027, 3, 1)
HOME = EstatePlace(id=1, name="糖厂1号", county="惠城区", street="桥东", community="东一")
POT = Pot(id="1", name="区级", year=2027, amount=1000)
RULE = MatchingRule(id="1", name="1 配 2", ratio=Fraction(2), cap=10**6, pot="1")


def project(number: int, **changes: object) -> FundedProject:
    made = FundedProject(
        id=number, code=f"P{number}", name="路灯", item_code="J07", cost=900, status=ProjectStatus.PRICED, estate=HOME
    )
    return replace(made, **changes)


def raised(number: int, amount: int, **changes: object) -> Contribution:
    return Contribution(project=str(number), kind=SourceKind.RESIDENTS, received=amount, **changes)


def books(*lines: Contribution, pots=(POT,), rules=(RULE,), pledges=(), payments=(), **changes: object) -> Books:
    projects = {number: project(number, **changes) for number in (1, 2, 3)}
    by_project = {number: [line for line in lines if line.project == str(number)] for number in projects}
    promised = {number: [one for one in pledges if one.project == str(number)] for number in projects}
    return Books(
        day=DAY,
        projects=projects,
        contributions=by_project,
        pledges=promised,
        pots=pots,
        rules=rules,
        classes={"J07": ItemClass.BASIC},
        payments=payments,
    )


def test_the_pot_serves_projects_in_the_order_of_their_numbers_until_it_is_dry():
    held = books(raised(2, 300), raised(1, 300))
    assert [held.funding(held.projects[number]).matched for number in (1, 2, 3)] == [600, 400, 0]
    account = held.account(POT)
    assert (account.matched, account.free, account.projects, account.share_used) == (1000, 0, 2, 1)
    twice = sum_of_pots([account, replace(account, pot=replace(POT, carried=250), matched=0, programme=30)])
    assert twice == {
        "amount": 2000, "carried": 250, "programme": 30, "besides": 0, "matched": 1000, "promised": 1030, "paid": 0,
        "free": 970,
    }  # fmt: skip
    fundings = sum_of_fundings(held.funding(one) for one in held.projects.values())
    assert fundings == {"cost": 2700, "received": 600, "promised": 0, "matched": 1000, "planned": 0, "gap": 1100}
    assert replace(account, matched=250).share_used == Fraction(1, 4)
    assert replace(account, programme=5).share_used == 1
    assert replace(account, pot=replace(POT, amount=0)).share_used == 0
    # Nothing is left to match with: the residents of the third have to raise the whole gap themselves.
    assert held.unlocked(held.projects[3], held.funding(held.projects[3])) == 900
    alone = books()
    assert alone.unlocked(alone.projects[1], alone.funding(alone.projects[1])) == 300


def planned(amount: int, before: int = 0, year: int = 2027) -> PlannedPayment:
    return PlannedPayment(project=2, pot="1", amount=amount, year=year, before=before)


def test_what_an_adopted_programme_pays_is_missing_no_more_and_neither_matched_nor_promised_again():
    held = books(raised(1, 300), payments=[planned(800)])
    assert held.funding(held.projects[1]).matched == 200
    account = held.account(POT)
    assert (account.programme, account.promised, account.free, account.projects) == (800, 1000, 0, 2)
    assert (held.free_for("1", 2), held.free_for("1", 3)) == (800, 0)
    assert held.spendable(2027) == {"1": 0}
    assert held.spendable(2028) == {}
    two = held.funding(held.projects[2])
    assert (two.planned, two.gap, two.gap_received, two.by_kind) == (800, 100, 100, {SourceKind.DISTRICT: 800})
    assert held.unlocked(held.projects[2], two) == 100
    assert [one.amount for one in held.given(held.projects[2], counts_pledges=False)] == [800]
    # Recorded since: it counts once, as promised.
    paid = Contribution(project="2", kind=SourceKind.DISTRICT, pledged=500, pot="1")
    held = books(paid, payments=[planned(800)])
    account = held.account(POT)
    assert (account.programme, account.besides, account.promised, held.planned(2)) == (800, 0, 800, {"1": 300})
    assert held.funding(held.projects[2]).gap == 100
    # Promised before the programme was worked out: still to be paid.
    held = books(paid, payments=[planned(400, before=500)])
    assert (held.account(POT).besides, held.planned(2), held.funding(held.projects[2]).gap) == (500, {"1": 400}, 0)
    # What two programmes pay one project from one pot adds up, and what is recorded covers the earlier one first.
    held = books(replace(paid, pledged=300), payments=[planned(100, year=2028), planned(250)])
    assert (held.account(POT).programme, held.account(POT).besides, held.planned(2)) == (350, 0, {"1": 50})


def test_a_source_may_not_take_more_than_is_free_for_its_project():
    before = Contribution(project="1", kind=SourceKind.DISTRICT, pledged=700, pot="1")
    held = books(before)
    assert held.overdraft(replace(before, pledged=1000), before) == 0
    assert held.overdraft(replace(before, pledged=1001), before) == 1
    assert held.overdraft(replace(before, pledged=600), before) == 0
    assert held.overdraft(replace(before, project="2", pledged=301), None) == 1
    assert held.overdraft(raised(1, 10**6), None) == 0


@given(sums=st.lists(st.integers(0, 2000), min_size=3, max_size=3), amount=st.integers(0, 3000))
def test_a_pot_never_matches_with_money_it_does_not_have(sums, amount):
    pot = replace(POT, amount=amount)
    held = books(*(raised(number, one) for number, one in enumerate(sums, 1)), pots=(pot,))
    matched = [held.funding(held.projects[number]).matched for number in (1, 2, 3)]
    assert held.account(pot).matched == sum(matched) == min(amount, 2 * sum(sums))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"classes": frozenset({ItemClass.ENHANCEMENT})}, "pot.item_class"),
        ({"items": frozenset({"J01"})}, "pot.item"),
        ({"areas": frozenset({"惠阳区"})}, "pot.area"),
        ({"project_cap": 899}, "pot.cap"),
    ],
)
def test_a_pot_that_may_not_pay_matches_nothing(changes, code):
    pot = replace(POT, **changes)
    held = books(raised(1, 300), pots=(pot,))
    refusal = held.refusal(held.projects[1], pot)
    assert refusal is not None
    assert refusal.code == code
    assert held.funding(held.projects[1]).matched == 0
    assert held.rules_for(held.projects[1]) == []
    near = replace(POT, areas=frozenset({"桥东"}), classes=frozenset({ItemClass.BASIC}), project_cap=900)
    assert held.refusal(held.projects[1], near) is None


def test_what_others_give_counts_promises_or_only_what_has_arrived():
    promise = Pledge(
        id="1", project="1", supporter="某公司", kind=SourceKind.PRIVATE, pledged_on=DAY, expires_on=DAY, amount=50,
        received=20,
    )  # fmt: skip
    late = replace(promise, id="2", pledged_on=date(2027, 1, 1), expires_on=date(2027, 2, 1))
    held = books(replace(raised(1, 100), pledged=120), pledges=(promise, late))
    found = [(one.kind, one.amount, one.pot) for one in held.given(held.projects[1], counts_pledges=True)]
    assert found == [
        (SourceKind.RESIDENTS, 120, None),
        (SourceKind.PRIVATE, 50, None),
        (SourceKind.PRIVATE, 20, None),
        (SourceKind.DISTRICT, held.funding(held.projects[1]).matched, "1"),
    ]
    arrived = [one.amount for one in held.given(held.projects[1], counts_pledges=False)]
    assert arrived == [100, 20, 20]


def test_works_that_seem_to_be_paid_for_twice():
    city, other = replace(POT, id="2"), replace(POT, id="3", year=2026)
    pots = {pot.id: pot for pot in (POT, city, other)}

    def paid(number: int, pot: str) -> Contribution:
        return Contribution(project=str(number), kind=SourceKind.DISTRICT, pledged=1, pot=pot)

    lines = {1: [paid(1, "1"), paid(1, "2")], 2: [paid(2, "1"), paid(2, "3")], 3: [raised(3, 5)]}
    elsewhere = replace(HOME, id=2)
    found = paid_twice([project(1), project(2, estate=elsewhere), project(3)], lines, pots)
    assert [(one.estate_id, one.codes) for one in found] == [(1, ("P1",))]
    (pair,) = paid_twice([project(1, item_code="W01"), project(2, item_code="W01")], {1: lines[2], 2: lines[2]}, pots)
    assert pair.codes == ("P1", "P2")
    assert paid_twice([project(1, status=ProjectStatus.WITHDRAWN), project(2)], {1: lines[2], 2: lines[2]}, pots) == []


def test_social_money_per_yuan_of_public_money():
    held = books(raised(1, 300), Contribution(project="2", kind=SourceKind.CITY, received=300))
    fundings = [held.funding(one) for one in held.projects.values()]
    assert leverage_of(fundings) == Fraction(300, 900)
    assert leverage_of(fundings[2:]) is None


@given(data=st.data())
def test_a_book_written_line_by_line_is_the_book_read_anew(data):
    amounts = st.integers(0, 900)
    pots = (replace(POT, amount=data.draw(amounts)), replace(POT, id="2", project_cap=data.draw(amounts)))
    rules = (RULE, replace(RULE, id="2", counts_pledges=True), replace(RULE, id="3", pot="2"))
    payments = [planned(300, before=100), planned(200, year=2028)]
    lines: list[Contribution] = []
    written = books(pots=pots, rules=rules, payments=payments)
    for number in range(data.draw(st.integers(1, 8))):
        one = Contribution(
            project=str(data.draw(st.integers(1, 3))),
            kind=SourceKind.RESIDENTS,
            pledged=data.draw(amounts),
            received=data.draw(amounts),
            pot=data.draw(st.sampled_from([None, "1", "2"])),
            id=number,
        )
        before = data.draw(st.sampled_from([None, *(line for line in lines if line.project == one.project)]))
        if before is not None:
            one = replace(one, id=before.id)
            lines = [one if line.id == one.id else line for line in lines]
        else:
            lines.append(one)
        written.keep(one, before)
    cost = data.draw(amounts)
    for number in (1, 2, 3):
        written.know(project(number, cost=cost))
    anew = books(*lines, pots=pots, rules=rules, payments=payments, cost=cost)
    for one in anew.projects.values():
        assert written.funding(one) == anew.funding(one)
        assert written.planned(one.id) == anew.planned(one.id)
        assert [written.free_for(pot.id, one.id) for pot in pots] == [anew.free_for(pot.id, one.id) for pot in pots]
    assert [written.account(pot) for pot in pots] == [anew.account(pot) for pot in pots]
