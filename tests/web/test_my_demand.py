"""A resident follows a demand by its number and judges the answer; the number stands in no address."""

from __future__ import annotations

from typing import Any

import pytest

from renovation.model import addresses
from renovation.model.accounts import PUBLIC, Actor, Role
from renovation.model.demands import Demand, DemandCategory, DemandChannel, DemandDraft, DemandStatus
from renovation.services.demands import demands
from renovation.services.demands import work as demand_work
from renovation.store import Store

CLERK = Actor(role=Role.SOCIAL_WORKER, login="worker")


@pytest.fixture
def answered(store: Store, estate: int) -> Demand:
    """A demand that was answered."""
    draft = DemandDraft(
        estate_id=estate, category=DemandCategory.LIGHTING, text="路灯**坏了**<script>", channel=DemandChannel.WALK_IN,
        lon=114.4005, lat=23.1005,
    )  # fmt: skip
    one = demands.take_demand(store, CLERK, draft)
    demand_work.dispatch_demand(store, CLERK, one.id, "城管局")
    demand_work.accept_demand(store, CLERK, one.id)
    demand_work.answer_demand(store, CLERK, one.id, "灯已换好")
    return one


def test_a_resident_follows_and_judges(store: Store, answered: Demand, resident: Any) -> None:
    wrong = resident.post_form(addresses.MY_DEMAND, {"act": "look", "receipt": "SQ-nonsense"})
    assert wrong.status_code == 422
    assert "诉求编号" in wrong.text
    sent = resident.post_form(
        addresses.MY_DEMAND, {"act": "look", "receipt": answered.receipt.lower()}, follow_redirects=False
    )
    assert (sent.status_code, sent.headers["location"]) == (303, addresses.MY_DEMAND)
    page = resident.get(addresses.MY_DEMAND).text
    assert "灯已换好" in page
    assert "路灯**坏了**&lt;script&gt;" in page
    assert 'value="not_solved"' in page
    verdict = {"act": "not_solved", "receipt": answered.receipt, "stars": "2"}
    assert "没解决" in resident.post_form(addresses.MY_DEMAND, verdict).text
    assert demands.follow_demand(store, answered.receipt).status is DemandStatus.NOT_SOLVED
    # A second press does no harm.
    assert resident.post_form(addresses.MY_DEMAND, verdict).status_code == 422
    closed = resident.post_form(addresses.MY_DEMAND, {"act": "done"})
    assert answered.receipt not in closed.text
    assert answered.receipt not in resident.get(addresses.MY_DEMAND).text


def test_who_joined_judges_nothing(store: Store, estate: int, resident: Any) -> None:
    draft = DemandDraft(
        estate_id=estate, category=DemandCategory.LIGHTING, text="路灯不亮", channel=DemandChannel.QR_FORM,
        lon=114.4005, lat=23.1005,
    )  # fmt: skip
    one = demands.take_demand(store, PUBLIC, draft)
    joined = demands.join_demand(store, PUBLIC, one.id, who="another")
    demand_work.dispatch_demand(store, CLERK, one.id, "城管局")
    demand_work.accept_demand(store, CLERK, one.id)
    demand_work.answer_demand(store, CLERK, one.id, "灯已换好")
    page = resident.post_form(addresses.MY_DEMAND, {"act": "look", "receipt": joined.receipt}).text
    assert "灯已换好" in page
    assert "路灯不亮" not in page
    assert 'value="solved"' not in page
    verdict = {"act": "solved", "receipt": joined.receipt}
    assert resident.post_form(addresses.MY_DEMAND, verdict).status_code == 403


def test_guesses_of_an_address_wait(resident: Any) -> None:
    said = []
    for turn in range(40):
        number = demands.make_receipt() if turn else "SQ-0000"
        said.append(resident.post_form(addresses.MY_DEMAND, {"act": "look", "receipt": number}).status_code)
    assert said[0] == 422
    assert {404, 503} <= set(said)
