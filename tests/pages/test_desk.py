"""A department's desk, walked: accept, begin and answer; the first page of the role is its desk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import shapely
from streamlit.testing.v1 import AppTest

from renovation.model.accounts import Actor, Role
from renovation.model.demands import DemandCategory, DemandChannel, DemandDraft, DemandStatus
from renovation.services.demands import demands, work
from renovation.services.staff import accounts
from renovation.store import Store
from renovation.store.schema.places import estate

OFFICE = "住房和城乡建设局"


@pytest.fixture
def office(installation: Store, sign_in: Callable[[Role], tuple[str, Actor]]) -> str:
    """A session of a department's account, and one demand that was sent to it."""
    with installation.write() as unit:
        box = shapely.to_wkb(shapely.box(114.4, 23.1, 114.41, 23.11))
        values = {"id": 1, "code": "E1", "name": "荔香苑", "geometry": box, "status": "surveyed"}
        unit.connection.execute(estate.insert().values(**values))
        unit.commit()
    worker = sign_in(Role.SOCIAL_WORKER)[1]
    draft = DemandDraft(
        estate_id=1,
        category=DemandCategory.ROAD,
        text="路面坑洼，电话 13800138000",
        channel=DemandChannel.PHONE,
        lon=114.405,
        lat=23.105,
    )
    one = demands.take_demand(installation, worker, draft)
    work.dispatch_demand(installation, worker, one.id, OFFICE)
    token, actor = sign_in(Role.DEPARTMENT)
    assert actor.account_id is not None
    admin = replace(sign_in(Role.ADMIN)[1], session="")
    accounts.change_role(installation, admin, actor.account_id, Role.DEPARTMENT, department=OFFICE)
    made = accounts.list_accounts(installation, admin)
    account = next(one for one in made if one.id == actor.account_id)
    del token
    return accounts.begin_session(installation, account).token


def test_a_department_works_a_demand_off(
    installation: Store, office: str, open_page: Callable[..., AppTest], sign_in: Callable[[Role], tuple[str, Actor]]
) -> None:
    page = open_page("desk", None, **{"renovation.token": office})
    assert page.title[0].value == "待办诉求"
    assert "13800138000" not in "".join(text.value for text in page.text)
    page.button(key="desk.accepted").click().run()
    assert any(said.value.endswith("已接单。") for said in page.success)
    page.button(key="desk.in_progress").click().run()
    page.text_area[0].input("已修好").run()
    next(button for button in page.button if button.label == "答复居民").click().run()
    assert not page.exception
    assert "没有诉求" in page.info[0].value
    worker = sign_in(Role.SOCIAL_WORKER)[1]
    done = demands.demand_file(installation, worker, 1).demand
    assert (done.status, done.reply) == (DemandStatus.ANSWERED, "已修好")


def test_other_roles_have_no_desk(open_page: Callable[..., AppTest]) -> None:
    page = open_page("desk", Role.SOCIAL_WORKER)
    assert [info.value for info in page.info] == ["您的岗位不使用这一页。需要时请联系管理员。"]
