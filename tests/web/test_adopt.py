"""A resident adopts a project: one offer however often the form is sent, and a number to take to the office."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest

from renovation.model import addresses
from renovation.model.accounts import Actor
from renovation.model.projects import ProjectDraft
from renovation.services.money import pledges
from renovation.services.projects import projects
from renovation.store import Store


@pytest.fixture
def lamps(store: Store, estate: int, planner: Actor) -> int:
    """A project that lacks 20,000 yuan, open for adoption."""
    one = projects.create_project(
        store,
        planner,
        ProjectDraft(
            estate_id=estate, item_code="W02", name="路灯<i>**", quantity=Decimal(8), cost=2_000_000,
            cost_low=1_500_000, cost_high=2_500_000,
        ),
    )  # fmt: skip
    pledges.open_for_adoption(store, planner, one.id, wanted="灯杆")
    return int(one.id)


def form_of(resident: Any, project: int) -> tuple[str, dict[str, str]]:
    """Return the address of a project's form, and what its hidden fields hold."""
    path = f"{addresses.ADOPT}?project={project}"
    page = resident.get(path)
    assert page.status_code == 200
    return path, dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]+)"', page.text)[1:])


def test_without_projects_the_page_says_so(resident: Any) -> None:
    assert "没有可以认领" in resident.get(addresses.ADOPT).text
    assert resident.get(f"{addresses.ADOPT}?project=7").status_code == 404


def test_an_offer_is_kept_once(store: Store, lamps: int, resident: Any, planner: Actor) -> None:
    shown = resident.get(addresses.ADOPT).text
    assert "路灯&lt;i&gt;**" in shown
    assert "还差 20,000 元" in shown
    path, hidden = form_of(resident, lamps)
    fields = hidden | {"name": "三栋邻居", "kind": "residents", "amount": "５００元", "hours": ""}
    sent = resident.post_form(path, fields, follow_redirects=False)
    assert (sent.status_code, sent.headers["location"]) == (303, addresses.ADOPT)
    assert resident.post_form(path, fields).status_code == 200
    (row,) = pledges.list_pledges(store, planner)
    assert row.pledge.amount == 50_000
    assert row.pledge.reference in resident.get(addresses.ADOPT).text
    # The form anew is another offer.
    path, hidden = form_of(resident, lamps)
    resident.post_form(path, fields | hidden)
    assert len(pledges.list_pledges(store, planner)) == 2
    assert row.pledge.reference not in resident.post_form(addresses.ADOPT, {"act": "again"}).text


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"amount": "一些"}, "一些"),
        ({"name": "张三13800138000"}, "号码"),
        ({"amount": "-5"}, "-5"),
        ({"name": ""}, "名称"),
    ],
)
def test_what_is_wrong_is_said_and_the_rest_stays(
    lamps: int, resident: Any, store: Store, planner: Actor, wrong: dict[str, str], said: str
) -> None:
    path, hidden = form_of(resident, lamps)
    fields = hidden | {"name": "三栋邻居", "kind": "charity", "amount": "500"} | wrong
    answer = resident.post_form(path, fields)
    assert answer.status_code == 422
    alert = re.search(r'role="alert">(.*?)</p>', answer.text, re.DOTALL)
    assert alert
    assert said in alert[1]
    assert '<option value="charity" selected>' in answer.text
    assert pledges.list_pledges(store, planner) == ()
    mended = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]+)"', answer.text)[1:])
    assert mended == hidden


def test_a_browser_leaves_so_many_offers_an_hour(lamps: int, resident: Any) -> None:
    said = []
    for _ in range(12):
        path, hidden = form_of(resident, lamps)
        said.append(resident.post_form(path, hidden | {"name": "邻居", "kind": "in_kind", "hours": "1"}).status_code)
    assert said[0] == 200
    assert said[-1] == 503


@pytest.mark.parametrize("amount", ["5000" + " " * 60 + "000", "1" * 70, "5000" + " " * 60 + "x", "1元" * 4_000])
def test_an_amount_is_read_to_its_last_sign(
    store: Store, lamps: int, resident: Any, planner: Actor, amount: str
) -> None:
    path, hidden = form_of(resident, lamps)
    fields = hidden | {"name": "三栋邻居", "kind": "residents", "amount": amount, "hours": ""}
    assert resident.post_form(path, fields).status_code == 422
    assert not pledges.list_pledges(store, planner)
