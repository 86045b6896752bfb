"""What visitors may send, and taking a flood out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import shapely

from renovation.errors import NotFoundError, UnavailableError
from renovation.model.accounts import PUBLIC, Actor
from renovation.model.demands import DemandCategory, DemandChannel, DemandDraft, DemandStatus
from renovation.services.demands import demands, work
from renovation.services.house import floods
from renovation.services.house.floods import FloodAct, FloodFilter
from renovation.services.staff import visitors
from renovation.services.staff.visitors import VisitorLimits
from renovation.store import Store, audit
from renovation.store.schema.places import area, estate


def make_draft() -> DemandDraft:
    return DemandDraft(
        text="楼道灯坏了",
        estate_id=1,
        category=DemandCategory.LIGHTING,
        channel=DemandChannel.QR_FORM,
        lon=114.4005,
        lat=23.1005,
    )


@pytest.fixture
def city(store: Store) -> Store:
    """One estate in one street."""
    bounds = {"min_lon": 114.4, "min_lat": 23.1, "max_lon": 114.402, "max_lat": 23.102}
    outline = shapely.to_wkb(shapely.box(114.4, 23.1, 114.402, 23.102))
    with store.write() as unit:
        unit.connection.execute(area.insert().values(id=1, level="street", code="S1", name="桥东街道"))
        unit.connection.execute(
            estate.insert().values(
                id=1, code="E1", name="糖厂1号", status="surveyed", street_id=1, geometry=outline, **bounds
            )
        )
        unit.commit()
    return store


HALL = replace(PUBLIC, address="10.0.0.9")
ELSEWHERE = replace(PUBLIC, address="203.0.113.5")


def test_one_browser_is_stopped_and_the_hall_goes_on(city: Store, social_worker: Actor, clock: Any) -> None:
    for _ in range(VisitorLimits().browser):
        demands.take_demand(city, HALL, make_draft(), who="flooder")
    with pytest.raises(UnavailableError, match=r"visitor\.wait") as told:
        demands.take_demand(city, HALL, make_draft(), who="flooder")
    assert told.value.fields["minutes"] > 0
    # A hundred and fifty neighbours in the same hall, behind the same address.
    for turn in range(150):
        demands.take_demand(city, HALL, make_draft(), who=f"resident {turn}")
    demands.take_demand(city, social_worker, make_draft())
    clock.pass_time(minutes=61)
    demands.take_demand(city, HALL, make_draft(), who="flooder")


def test_who_throws_cookies_away_is_stopped_by_address_then_by_place(city: Store, admin: Actor) -> None:
    visitors.set_visitor_limits(city, admin, VisitorLimits(browser=5, address=8, place=12))
    for turn in range(8):
        demands.take_demand(city, ELSEWHERE, make_draft(), who=f"new {turn}")
    with pytest.raises(UnavailableError, match=r"visitor\.wait"):
        demands.take_demand(city, ELSEWHERE, make_draft(), who="new again")
    for turn in range(4):
        demands.take_demand(city, HALL, make_draft(), who=f"resident {turn}")
    with pytest.raises(UnavailableError, match=r"visitor\.wait"):
        demands.take_demand(city, HALL, make_draft(), who="one more")
    # What was refused was not counted, and raising the limit lets everybody go on at once.
    visitors.set_visitor_limits(city, admin, VisitorLimits())
    demands.take_demand(city, ELSEWHERE, make_draft(), who="new again")


@pytest.mark.parametrize("what", FloodAct)
def test_a_flood_is_taken_out_and_honest_demands_stay(city: Store, social_worker: Actor, what: FloodAct) -> None:
    honest = demands.take_demand(city, HALL, make_draft(), who="resident")
    flood = [demands.take_demand(city, ELSEWHERE, make_draft(), who=f"new {turn // 5}") for turn in range(30)]
    begun = flood.pop()
    work.dispatch_demand(city, social_worker, begun.id, "街道办事处")
    demands.join_demand(city, ELSEWHERE, honest.id, who="new 1")
    sign = floods.find_flood(city, social_worker, FloodFilter()).addresses[0][0]
    wanted = FloodFilter(address=sign)
    found = floods.find_flood(city, social_worker, wanted)
    assert len(found.rows) == 30
    assert floods.end_flood(city, social_worker, wanted, what) == (29 if what is FloodAct.MERGE else 30)
    held = {one.id: demands.demand_file(city, social_worker, one.id).demand for one in (honest, begun, *flood)}
    assert held[honest.id].status is DemandStatus.RECEIVED
    assert held[honest.id].supporters == 1
    assert held[begun.id].status is DemandStatus.DISPATCHED
    stays = {one.id for one in flood if held[one.id].status is not DemandStatus.MERGED}
    assert stays == ({flood[0].id} if what is FloodAct.MERGE else set())
    assert demands.follow_demand(city, flood[1].receipt).status is DemandStatus.MERGED
    with city.read() as connection:
        [entry] = [one for one in audit.entries(connection) if one.act == "demand.end_flood"]
    assert entry.detail["demands"] == (28 if what is FloodAct.MERGE else 29)
    if what is FloodAct.DROP:
        with pytest.raises(NotFoundError, match=r"demand\.flood_nothing"):
            floods.end_flood(city, social_worker, wanted, what)
    [ended] = floods.ended_floods(city, social_worker)
    assert ended.count == floods.undo_flood(city, social_worker, ended.at) == (29 if what is FloodAct.MERGE else 30)
    for one in (honest, *flood):
        back = demands.demand_file(city, social_worker, one.id).demand
        assert back.status is DemandStatus.RECEIVED
        assert back.merged_into is None
        assert back.supporters == (2 if one is honest else 1)
    assert floods.ended_floods(city, social_worker) == ()
    assert floods.find_flood(city, social_worker, wanted) == found


def test_where_something_came_from_is_forgotten(city: Store, clock: Any) -> None:
    demands.take_demand(city, HALL, make_draft(), who="resident")
    clock.pass_time(days=8)
    demands.take_demand(city, ELSEWHERE, make_draft(), who="another")
    with city.read() as connection:
        rows = connection.exec_driver_sql("SELECT visitor, address FROM arrival").all()
    assert len(rows) == 1
    assert "203.0.113.5" not in repr(rows)
