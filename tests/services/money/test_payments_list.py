"""A finance office's list of payments: all or none, and the same list twice records nothing twice."""

from __future__ import annotations

from decimal import Decimal

import pytest

from renovation.errors import ImportRefusedError
from renovation.imports.money.payments import parse_payments
from renovation.model.accounts import Actor
from renovation.model.clock import now
from renovation.model.funding import Pot
from renovation.model.projects import ProjectDraft
from renovation.services.money import payments, pots
from renovation.services.money.payments import PaymentsTaken
from renovation.services.projects.items import keep_catalogue
from renovation.store import Store
from renovation.store.projects import projects
from renovation.store.schema.places import estate

HEAD = "项目编号,资金名称,资金年度,金额（万元）,到账日期,凭证\n"
WAN = 1_000_000


@pytest.fixture
def works(store: Store, planner: Actor) -> Store:
    """A project of 20 万元, and pots of one name in two years."""
    with store.write() as unit:
        keep_catalogue(unit.connection)
        unit.connection.execute(estate.insert().values(id=1, code="E1", name="糖厂一号", status="listed"))
        costs = {"cost": 20 * WAN, "cost_low": 1, "cost_high": 30 * WAN}
        draft = ProjectDraft(estate_id=1, item_code="W02", name="路灯", quantity=Decimal(1), **costs)
        projects.add(unit.connection, draft, unit="处", at=now())
        unit.commit()
    for year in (2026, 2027):
        pots.keep_pot(store, planner, Pot(id="", name="区级改造资金", year=year, amount=10 * WAN))
    return store


def listed(*lines: str) -> bytes:
    return (HEAD + "\n".join(lines) + "\n").encode()


def test_a_list_is_taken_once(works: Store, planner: Actor) -> None:
    parsed = parse_payments(
        listed("P0001,区级改造资金,2027,3.5,2026-10-08,惠财拨12号", "P0001,居民出资,,0.2,2026/10/09,收据 7a")
    )
    assert parsed.faults == ()
    assert payments.import_payments(works, planner, parsed, dry_run=True).recorded == 2
    assert payments.payments(works, planner) == ()
    taken = payments.import_payments(works, planner, parsed)
    assert taken == PaymentsTaken(recorded=2, amount=3_700_000, recognised=0)
    again = payments.import_payments(works, planner, parsed)
    assert (again.recorded, again.recognised) == (0, 2)
    # Nor does another way to write a project's number or a voucher make it another payment.
    otherwise = [
        parse_payments(listed(f"{code},居民出资,,0.2,2026-10-09,{voucher}"))
        for code, voucher in (("p0001", "收据 7A"), ("Ｐ0001", "收据　７a"), ("P 0001", "收\u00ad据7a"))
    ]
    assert {payments.import_payments(works, planner, one).recorded for one in otherwise} == {0}
    accounts = {one.pot.year: one.paid for one in pots.pot_accounts(works, planner)}
    assert accounts == {2026: 0, 2027: 3_500_000}
    (newest, _) = payments.payments(works, planner)
    # What was taken back is no record any more: the list brings it anew.
    payments.undo_payment(works, planner, newest.id, reason="收据作废")
    assert payments.import_payments(works, planner, parsed).recorded == 1


def test_every_line_that_cannot_be_is_named_and_nothing_is_taken(works: Store, planner: Actor) -> None:
    lines = listed(
        "P0001,区级改造资金,2027,3.5,2026-10-08,惠财拨12号",
        "P0404,区级改造资金,2027,1,2026-10-08,惠财拨13号",
        "P0001,区级改造资金,,1,2026-10-08,惠财拨14号",
        "P0001,区级改造资金,2027,9,2026-10-08,惠财拨15号",
    )
    with pytest.raises(ImportRefusedError) as refused:
        payments.import_payments(works, planner, parse_payments(lines))
    assert [(one.row, one.code) for one in refused.value.faults] == [
        (3, "payment.unknown_project"),
        (4, "payment.unknown_source"),
        (5, "payment.pot_short"),
    ]
    assert payments.payments(works, planner) == ()
    unread = parse_payments(listed("P0001,区级改造资金,2027,三块,2026-10-08,", ",居民出资,,1,明天,收据"))
    assert {one.row for one in unread.faults} == {2, 3}
    with pytest.raises(ImportRefusedError):
        payments.import_payments(works, planner, unread)
