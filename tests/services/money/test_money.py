"""Pots, sources, matching, pledges and upkeep, on both engines."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from renovation.errors import ConflictError, DeniedError, InvalidError, NotFoundError, StageError, UnavailableError
from renovation.model.accounts import PUBLIC, Actor, Role
from renovation.model.clock import today
from renovation.model.funding import (
    Contribution,
    MatchingRule,
    Payment,
    PaymentDraft,
    PledgeState,
    Pot,
    SourceKind,
    Upkeep,
)
from renovation.model.items import ItemClass
from renovation.model.projects import CostBasis, CostFigure, ProjectDraft, ProjectStatus
from renovation.model.scope import Scope
from renovation.rules.money.books import leverage_of, sum_of_pots
from renovation.services.house import floods
from renovation.services.house.floods import FloodAct, FloodFilter
from renovation.services.money import funding, payments, pledges, pots
from renovation.services.projects import projects
from renovation.services.projects.budgets import record_figure
from renovation.services.staff import visitors
from renovation.store import Store, audit
from renovation.store.projects import projects as projects_store
from renovation.store.schema.places import area, estate

WAN = 1_000_000


@pytest.fixture
def works(store: Store, planner: Actor) -> tuple[Store, int, int]:
    """Two projects of 20 万元: lamps in 惠城区, wall repairs (基础类) in 惠阳区."""
    with store.write() as unit:
        for number, name in ((1, "惠城区"), (2, "惠阳区")):
            unit.connection.execute(area.insert().values(id=number, level="county", code=f"44130{number}", name=name))
            unit.connection.execute(
                estate.insert().values(
                    id=number, code=f"E{number}", name=f"糖厂{number}号", status="listed", county_id=number
                )
            )
        unit.commit()
    made = [
        projects.create_project(
            store,
            planner,
            ProjectDraft(
                estate_id=number,
                item_code=item,
                name=name,
                quantity=Decimal(1),
                cost=20 * WAN,
                cost_low=15 * WAN,
                cost_high=25 * WAN,
            ),
        )
        for number, item, name in ((1, "W02", "路灯"), (2, "J01", "屋面防水"))
    ]
    return store, made[0].id, made[1].id


def pay(store: Store, actor: Actor, project: int, amount: int, **differs: Any) -> Payment:
    draft = PaymentDraft(project=project, amount=amount, paid_on=today(), document="惠财拨〔2027〕12 号", **differs)
    return payments.record_payment(store, actor, draft)


def pot(**values: object) -> Pot:
    return Pot(**({"id": "", "name": "区级改造资金", "year": 2027, "amount": 30 * WAN} | values))  # type: ignore[arg-type]


def test_a_pot_pays_what_it_may_and_says_what_is_left(works: tuple[Store, int, int], planner: Actor) -> None:
    store, lamps, roof = works
    kept = pots.keep_pot(
        store,
        planner,
        pot(areas=frozenset({"惠城区"}), classes=frozenset({ItemClass.IMPROVEMENT}), project_cap=25 * WAN),
    )
    assert pots.pots(store, planner, 2027) == (kept,)
    assert pots.pots(store, planner, 2026) == ()
    line = Contribution(project=str(lamps), kind=SourceKind.CITY, pledged=12 * WAN, pot=kept.id)
    first = funding.record_contribution(store, planner, line)
    assert first.kind is SourceKind.DISTRICT
    made = pay(store, planner, lamps, 5 * WAN, pot=kept.id)
    with pytest.raises(InvalidError, match=r"funding\.pot_refuses"):
        funding.record_contribution(store, planner, replace(line, project=str(roof)))
    (account,) = pots.pot_accounts(store, planner)
    assert (account.besides, account.paid, account.free, account.projects) == (12 * WAN, 5 * WAN, 18 * WAN, 1)
    seen = funding.project_money(store, planner, lamps)
    assert (seen.funding.received, seen.funding.promised, seen.funding.gap) == (5 * WAN, 7 * WAN, 8 * WAN)
    assert seen.unlocked == 8 * WAN
    assert [reason.code for reason in funding.project_money(store, planner, roof).refusals] == ["pot.item_class"]
    with pytest.raises(InvalidError, match=r"funding\.received_by_payment"):
        funding.record_contribution(store, planner, replace(first, received=12 * WAN))
    first = replace(first, received=5 * WAN)
    funding.record_contribution(store, planner, replace(first, pledged=11 * WAN))
    with pytest.raises(ConflictError):
        funding.record_contribution(store, planner, first)
    with pytest.raises(ConflictError, match=r"pot\.in_use"):
        pots.remove_pot(store, planner, int(kept.id))
    with pytest.raises(ConflictError, match=r"pot\.twice"):
        pots.keep_pot(store, planner, pot())
    assert first.id is not None
    with pytest.raises(ConflictError, match=r"funding\.paid"):
        funding.remove_contribution(store, planner, first.id)
    payments.undo_payment(store, planner, made.id, reason="重复登记")
    funding.remove_contribution(store, planner, first.id)
    pots.remove_pot(store, planner, int(kept.id))
    assert pots.pots(store, planner) == ()


def test_matching_unlocks_and_counts_against_its_pot(works: tuple[Store, int, int], planner: Actor) -> None:
    store, lamps, _ = works
    kept = pots.keep_pot(store, planner, pot())
    pots.add_matching_rule(
        store, planner, MatchingRule(id="", name="1 比 3 配套", ratio=Fraction(3), cap=12 * WAN, pot=kept.id)
    )
    assert funding.project_money(store, planner, lamps).unlocked == 8 * WAN
    pay(store, planner, lamps, WAN, kind=SourceKind.RESIDENTS)
    seen = funding.project_money(store, planner, lamps)
    assert (seen.funding.matched, seen.funding.gap, seen.unlocked) == (3 * WAN, 16 * WAN, 7 * WAN)
    assert [added for _, added in seen.matches] == [3 * WAN]
    (account,) = pots.pot_accounts(store, planner)
    assert (account.matched, account.free, account.projects) == (3 * WAN, 27 * WAN, 1)
    assert leverage_of(row.funding for row in funding.money_rows(store, planner)) == Fraction(1, 3)


def test_a_pot_is_never_promised_twice_without_a_decision(works: tuple[Store, int, int], planner: Actor) -> None:
    store, lamps, roof = works
    kept = pots.keep_pot(store, planner, pot(amount=15 * WAN))
    line = Contribution(project=str(lamps), kind=SourceKind.DISTRICT, pledged=12 * WAN, pot=kept.id)
    first = funding.record_contribution(store, planner, line)
    more = Contribution(project=str(roof), kind=SourceKind.DISTRICT, pledged=4 * WAN, pot=kept.id, note="区长办公会定")
    with pytest.raises(ConflictError) as refused:
        funding.record_contribution(store, planner, more)
    assert refused.value.code == "funding.pot_short"
    assert (refused.value.fields["left"], refused.value.fields["over"]) == (3 * WAN, WAN)
    with pytest.raises(ConflictError, match=r"funding\.pot_short"):
        funding.record_contribution(store, planner, replace(more, note=" "), over_pot=True)
    # What is received of a promise takes nothing more out of the pot.
    pay(store, planner, lamps, 12 * WAN, pot=kept.id)
    with pytest.raises(ConflictError, match=r"payment\.pot_short") as short:
        pay(store, planner, lamps, 4 * WAN, pot=kept.id)
    assert (short.value.fields["left"], short.value.fields["over"]) == (3 * WAN, WAN)
    funding.record_contribution(store, planner, more, over_pot=True)
    (account,) = pots.pot_accounts(store, planner)
    assert account.free == -WAN
    with store.read() as connection:
        (noted,) = [one for one in audit.entries(connection) if one.act == "money.over_pot"]
    assert (noted.detail["beyond"], noted.detail["why"]) == (WAN, "区长办公会定")
    # Less than before is always taken, even from a pot that promised too much.
    assert funding.record_contribution(store, planner, replace(first, pledged=11 * WAN, received=12 * WAN))


def test_each_payment_has_its_day_and_document_and_comes_back_with_a_reason(
    works: tuple[Store, int, int], planner: Actor
) -> None:
    store, lamps, roof = works
    kept = pots.keep_pot(store, planner, pot())
    # Nobody has recorded the source: the payment makes it, promising nothing.
    first = pay(store, planner, lamps, 3 * WAN, pot=kept.id)
    second = pay(store, planner, lamps, 2 * WAN, pot=kept.id)
    (line,) = funding.project_money(store, planner, lamps).contributions
    assert (line.pledged, line.received, line.kind) == (0, 5 * WAN, SourceKind.DISTRICT)
    assert [one.id for one in payments.payments(store, planner)] == [second.id, first.id]
    assert payments.payments(store, planner, roof) == ()
    (account,) = pots.pot_accounts(store, planner)
    assert (account.paid, account.besides, account.free) == (5 * WAN, 5 * WAN, 25 * WAN)
    for wrong, code in (
        ({"paid_on": today() + timedelta(days=1)}, r"day\.ahead"),
        ({"document": " "}, r"payment\.document_missing"),
        ({"amount": 0}, r"payment\.nothing"),
        ({"kind": SourceKind.IN_KIND}, r"payment\.in_kind"),
    ):
        draft = PaymentDraft(project=lamps, amount=WAN, paid_on=today(), document="12 号")
        with pytest.raises(InvalidError, match=code):
            payments.record_payment(store, planner, replace(draft, **wrong))  # type: ignore[arg-type]
    with pytest.raises(InvalidError, match=r"payment\.reason_missing"):
        payments.undo_payment(store, planner, first.id, reason=" ")
    undone = payments.undo_payment(store, planner, first.id, reason="记错项目")
    assert (undone.undone_on, undone.undone_by, undone.undone_why) == (today(), planner.login, "记错项目")
    with pytest.raises(ConflictError, match=r"payment\.undone"):
        payments.undo_payment(store, planner, first.id, reason="再撤")
    assert funding.project_money(store, planner, lamps).funding.received == 2 * WAN
    assert pots.pot_accounts(store, planner)[0].paid == 2 * WAN
    with store.read() as connection:
        said = [(one.act, one.detail["document"]) for one in audit.entries(connection) if "document" in one.detail]
    assert sorted(act for act, _ in said) == ["money.pay", "money.pay", "money.pay_undo"]
    assert {document for _, document in said} == {"惠财拨〔2027〕12 号"}
    with pytest.raises(NotFoundError, match=r"payment\.not_found"):
        payments.undo_payment(store, replace(planner, scope=Scope(county_id=2)), second.id, reason="不在辖区")


def test_a_pot_that_runs_dry_matches_no_more(works: tuple[Store, int, int], planner: Actor) -> None:
    store, lamps, roof = works
    kept = pots.keep_pot(store, planner, pot(amount=4 * WAN))
    pots.add_matching_rule(
        store, planner, MatchingRule(id="", name="1 比 3 配套", ratio=Fraction(3), cap=12 * WAN, pot=kept.id)
    )
    for number in (lamps, roof):
        pay(store, planner, number, WAN, kind=SourceKind.RESIDENTS)
    found = {row.place.id: row.funding for row in funding.money_rows(store, planner)}
    assert [found[number].matched for number in (lamps, roof)] == [3 * WAN, WAN]
    assert funding.project_money(store, planner, roof).funding.matched == WAN
    (account,) = pots.pot_accounts(store, planner)
    assert (account.matched, account.free) == (4 * WAN, 0)
    pledges.open_for_adoption(store, planner, roof)
    assert [one.funding.matched for one in pledges.adoptable_projects(store, PUBLIC)] == [WAN]
    # Nothing is left to match with: residents have to raise the whole gap.
    assert funding.project_money(store, planner, roof).unlocked == found[roof].gap


def test_an_offer_counts_once_staff_confirm_it(works: tuple[Store, int, int], planner: Actor, observer: Actor) -> None:
    store, lamps, _ = works
    with pytest.raises(NotFoundError, match=r"pledge\.not_adoptable"):
        pledges.offer_pledge(store, PUBLIC, lamps, supporter="三栋邻居", amount=WAN)
    pledges.open_for_adoption(store, planner, lamps, wanted="8 盏灯的灯杆")
    for name, error in (("张三13800138000", "pledge.name_has_number"), (" \x00[]", "pledge.name_missing")):
        with pytest.raises(InvalidError, match=error):
            pledges.offer_pledge(store, PUBLIC, lamps, supporter=name, amount=WAN)
    reference = pledges.offer_pledge(store, PUBLIC, lamps, supporter="三栋邻居", amount=2 * WAN)
    assert reference.startswith("RL-")
    (shown,) = pledges.adoptable_projects(store, PUBLIC)
    assert (shown.funding.promised, shown.funding.gap, shown.supporters) == (0, 20 * WAN, ())
    (row,) = pledges.list_pledges(store, planner, [PledgeState.OFFERED])
    with pytest.raises(StageError):
        pledges.receive(store, planner, int(row.pledge.id), row.pledge.version, amount=WAN, document="回单")
    with pytest.raises(DeniedError):
        pledges.confirm_offer(store, observer, int(row.pledge.id))
    kept = pledges.confirm_offer(store, planner, int(row.pledge.id), expires_on=today() + timedelta(days=9))
    assert pledges.adoptable_projects(store, PUBLIC)[0].supporters == ("三栋邻居",)
    pledges.receive(store, planner, int(kept.id), kept.version, amount=WAN, document="银行回单 7")
    with pytest.raises(ConflictError, match=r"pledge\.changed"):
        pledges.receive(store, planner, int(kept.id), kept.version, amount=WAN, document="银行回单 7")
    with pytest.raises(InvalidError, match=r"pledge\.more_than_promised"):
        pledges.receive(store, planner, int(kept.id), kept.version + 1, amount=WAN + 1, document="银行回单 8")
    held = funding.project_money(store, planner, lamps).funding
    assert (held.received, held.promised) == (WAN, WAN)
    late = funding.project_money(store, planner, lamps, today() + timedelta(days=10)).funding
    assert (late.received, late.promised, late.lapsed) == (WAN, 0, WAN)
    (arrived,) = payments.payments(store, planner, lamps)
    assert (arrived.supporter, arrived.document, arrived.pot) == ("三栋邻居", "银行回单 7", None)
    pledges.withdraw_pledge(store, planner, int(kept.id))
    assert pledges.list_pledges(store, planner)[0].state is PledgeState.WITHDRAWN
    with store.read() as connection:
        assert "三栋邻居" not in repr(audit.entries(connection))


def test_a_flood_of_offers_waits(works: tuple[Store, int, int], planner: Actor) -> None:
    store, lamps, _ = works
    limits = visitors.VisitorLimits(browser=2, address=3)
    visitors.set_visitor_limits(store, Actor(role=Role.ADMIN, login="admin"), limits)
    pledges.open_for_adoption(store, planner, lamps)
    for _ in range(2):
        pledges.offer_pledge(
            store, PUBLIC, lamps, supporter="邻居", kind=SourceKind.IN_KIND, hours=Fraction(8), who="one browser"
        )
    with pytest.raises(UnavailableError, match=r"visitor\.wait"):
        pledges.offer_pledge(store, PUBLIC, lamps, supporter="邻居", amount=WAN, who="one browser")
    pledges.offer_pledge(store, PUBLIC, lamps, supporter="邻居", amount=WAN, who="another")
    with pytest.raises(UnavailableError, match=r"visitor\.wait"):
        pledges.offer_pledge(store, PUBLIC, lamps, supporter="邻居", amount=WAN, who="a third")
    assert pledges.record_pledge(store, planner, lamps, supporter="某公司", kind=SourceKind.PRIVATE, amount=WAN)
    offered = pledges.list_pledges(store, planner, [PledgeState.OFFERED])
    assert floods.end_flood(store, planner, FloodFilter(), FloodAct.DROP) == len(offered) == 3
    assert pledges.list_pledges(store, planner, [PledgeState.OFFERED]) == ()
    [ended] = floods.ended_floods(store, planner)
    assert floods.undo_flood(store, planner, ended.at) == 3
    back = pledges.list_pledges(store, planner, [PledgeState.OFFERED])
    assert [one.pledge.reference for one in back] == [one.pledge.reference for one in offered]


def test_a_project_closes_only_once_its_upkeep_is_agreed(works: tuple[Store, int, int], planner: Actor) -> None:
    store, lamps, _ = works
    with store.write() as unit:
        one = projects_store.get(unit.connection, lamps)
        projects_store.change(unit.connection, one, status=ProjectStatus.CHOSEN.value)
        unit.commit()
    begun = projects.advance_project(store, planner, lamps, 2)
    assert begun.status is ProjectStatus.IN_WORKS
    with pytest.raises(StageError, match=r"project\.upkeep_open"):
        projects.advance_project(store, planner, lamps, begun.version)
    with pytest.raises(InvalidError, match=r"upkeep\.payer_missing"):
        funding.set_upkeep(store, planner, Upkeep(project=str(lamps), yearly_cost=1, payer=" ", agreed_on=today()))
    funding.set_upkeep(
        store,
        planner,
        Upkeep(
            project=str(lamps),
            yearly_cost=60_000,
            payer="物业公司",
            payer_kind=SourceKind.COMMON_INCOME,
            yearly_income=10_000,
            agreed_on=today(),
        ),
    )
    assert funding.project_money(store, planner, lamps).upkeep.is_settled
    with pytest.raises(ConflictError):
        projects.advance_project(store, planner, lamps, begun.version)
    done = projects.advance_project(store, planner, lamps, begun.version + 1)
    assert done.status is ProjectStatus.DONE
    with pytest.raises(StageError, match=r"project\.step"):
        projects.advance_project(store, planner, lamps, done.version)
    with pytest.raises(StageError, match=r"pledge\.project_over"):
        pledges.open_for_adoption(store, planner, lamps)


def test_money_stays_inside_the_scope_and_double_funding_is_seen(works: tuple[Store, int, int], planner: Actor) -> None:
    store, lamps, roof = works
    elsewhere = replace(planner, scope=Scope(county_id=2))
    assert [row.place.id for row in funding.money_rows(store, elsewhere)] == [roof]
    with pytest.raises(NotFoundError):
        funding.project_money(store, elsewhere, lamps)
    one, two = (pots.keep_pot(store, planner, pot(name=name)) for name in ("甲", "乙"))
    for number in (one.id, two.id):
        funding.record_contribution(
            store, planner, Contribution(project=str(lamps), kind=SourceKind.DISTRICT, pledged=WAN, pot=number)
        )
    (found,) = funding.double_funding(store, planner)
    assert (found.estate_id, found.codes) == (1, ("P0001",))
    assert funding.double_funding(store, elsewhere) == ()


def test_nobody_promises_or_pays_more_than_a_project_lacks(works: tuple[Store, int, int], planner: Actor) -> None:
    """A source, a payment, a pledge and an offer are refused with the figure; what stands may be lowered any time."""
    store, lamps, _ = works
    kept = pots.keep_pot(store, planner, pot())
    line = Contribution(project=str(lamps), kind=SourceKind.DISTRICT, pledged=15 * WAN, pot=kept.id)
    held = funding.record_contribution(store, planner, line)
    own = Contribution(project=str(lamps), kind=SourceKind.RESIDENTS, pledged=5 * WAN + 1)
    with pytest.raises(InvalidError) as refused:
        funding.record_contribution(store, planner, own)
    assert (refused.value.code, refused.value.fields["lacks"]) == ("funding.more_than_lacks", 5 * WAN)
    with pytest.raises(InvalidError, match=r"funding\.more_than_lacks"):
        funding.record_contribution(store, planner, replace(held, pledged=20 * WAN + 1))
    with pytest.raises(InvalidError) as refused:
        pay(store, planner, lamps, 20 * WAN + 1, pot=kept.id)
    assert (refused.value.code, refused.value.fields["lacks"]) == ("payment.more_than_lacks", 20 * WAN)
    with pytest.raises(InvalidError, match=r"payment\.more_than_lacks"):
        pay(store, planner, lamps, 5 * WAN + 1, kind=SourceKind.RESIDENTS)
    promise = {"supporter": "三栋邻居", "kind": SourceKind.RESIDENTS}
    with pytest.raises(InvalidError, match=r"pledge\.more_than_lacks"):
        pledges.record_pledge(store, planner, lamps, amount=5 * WAN + 1, **promise)
    pledges.open_for_adoption(store, planner, lamps)
    with pytest.raises(InvalidError, match=r"pledge\.more_than_lacks"):
        pledges.offer_pledge(store, PUBLIC, lamps, amount=5 * WAN + 1, **promise)
    pledges.offer_pledge(store, PUBLIC, lamps, amount=5 * WAN, **promise)
    (offer,) = pledges.list_pledges(store, planner, [PledgeState.OFFERED])
    funding.record_contribution(store, planner, replace(own, pledged=3 * WAN))
    with pytest.raises(InvalidError, match=r"pledge\.more_than_lacks"):
        pledges.confirm_offer(store, planner, int(offer.pledge.id))
    funding.record_contribution(store, planner, replace(held, pledged=12 * WAN))
    pledges.confirm_offer(store, planner, int(offer.pledge.id))
    assert funding.project_money(store, planner, lamps).funding.gap == 0


def test_a_pot_keeps_what_it_promised_when_a_review_lifts_the_cost_above_its_cap(
    works: tuple[Store, int, int], planner: Actor
) -> None:
    """The cap is of the whole project; a promise made below it is paid, and no more is promised."""
    store, lamps, _ = works
    kept = pots.keep_pot(store, planner, pot(project_cap=20 * WAN))
    line = Contribution(project=str(lamps), kind=SourceKind.DISTRICT, pledged=10 * WAN, pot=kept.id)
    held = funding.record_contribution(store, planner, line)
    one = projects.get_project(store, planner, lamps)
    review = CostFigure(basis=CostBasis.REVIEWED, amount=21 * WAN, day=today(), document="区财评〔2027〕3号")
    record_figure(store, planner, lamps, one.version, review)
    pay(store, planner, lamps, 10 * WAN, pot=kept.id)
    with pytest.raises(InvalidError, match=r"funding\.pot_refuses"):
        funding.record_contribution(store, planner, replace(held, pledged=11 * WAN, received=10 * WAN))
    assert [one.id for one in funding.project_money(store, planner, lamps).open_pots] == [kept.id]


def test_what_is_left_of_a_pot_is_carried_into_the_next_year_once(
    works: tuple[Store, int, int], planner: Actor
) -> None:
    store, lamps, _ = works
    old = pots.keep_pot(store, planner, pot(areas=frozenset({"惠城区"})))
    pots.keep_pot(store, planner, pot(year=2028, name="市级奖补", amount=WAN))
    line = Contribution(project=str(lamps), kind=SourceKind.DISTRICT, pledged=12 * WAN, pot=old.id)
    funding.record_contribution(store, planner, line)
    assert [(one.pot.name, one.free) for one in pots.pots_left(store, planner, 2028)] == [(old.name, 18 * WAN)]
    (new,) = pots.carry_over(store, planner, 2028)
    assert (new.year, new.amount, new.carried, new.areas) == (2028, 18 * WAN, 18 * WAN, {"惠城区"})
    accounts = {(one.pot.name, one.pot.year): (one.pot.amount, one.free) for one in pots.pot_accounts(store, planner)}
    assert accounts[old.name, 2027] == (12 * WAN, 0)
    assert accounts[old.name, 2028] == (18 * WAN, 18 * WAN)
    assert pots.pots_left(store, planner, 2028) == ()
    with pytest.raises(ConflictError, match=r"pot\.nothing_left"):
        pots.carry_over(store, planner, 2028)
    # A year that has the pot already gets the rest on top.
    funding.remove_contribution(store, planner, funding.project_money(store, planner, lamps).contributions[0].id or 0)
    (more,) = pots.carry_over(store, planner, 2028)
    assert (more.id, more.amount, more.carried) == (new.id, 30 * WAN, 30 * WAN)
    # What was carried over is nobody's to enter, and no more than there is.
    changed = pots.keep_pot(store, planner, replace(more, carried=0, owner="区住建局"), more.version)
    assert changed.carried == 30 * WAN
    assert pots.keep_pot(store, planner, replace(changed, amount=20 * WAN), changed.version).carried == 20 * WAN
    assert sum_of_pots(pots.pot_accounts(store, planner))["carried"] == 20 * WAN
