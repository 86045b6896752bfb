"""Demands from pin to reply, on both engines."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
import shapely
import sqlalchemy as sa

from renovation.errors import ConflictError, DeniedError, InvalidError, NotFoundError, StageError, UnavailableError
from renovation.model.accounts import PUBLIC, Actor, Role
from renovation.model.demands import (
    DemandCategory,
    DemandChannel,
    DemandDraft,
    DemandFilter,
    DemandKind,
    DemandStatus,
)
from renovation.model.intake import MeetingDraft, Part, make_receipt, normalise_receipt
from renovation.model.scope import EVERYWHERE, Scope
from renovation.services.demands import demands, work
from renovation.services.house.overview import read_overview
from renovation.services.money import gates
from renovation.services.staff import guesses
from renovation.store import Store, audit
from renovation.store.demands import figures as demand_figures
from renovation.store.schema.demands import demand
from renovation.store.schema.places import area, building, estate
from renovation.store.spatial import bounds_of

ALL = DemandFilter(scope=EVERYWHERE)
LAMP = "3栋楼下路灯坏了，晚上看不清路"


@pytest.fixture
def city(store: Store) -> Store:
    """Two estates in two streets; the first has a grid and a building."""

    def box(lon: float, lat: float, size: float) -> dict[str, object]:
        wkb = shapely.to_wkb(shapely.box(lon, lat, lon + size, lat + size))
        return {"geometry": wkb, **bounds_of([wkb])[0]}

    with store.write() as unit:
        insert = unit.connection.execute
        for number, name in ((1, "桥东街道"), (2, "桥西街道")):
            insert(area.insert().values(id=number, level="street", code=f"S{number}", name=name))
        insert(area.insert().values(id=3, level="grid", code="G1", name="第一网格", **box(114.40, 23.10, 0.01)))
        for number, lon in ((1, 114.40), (2, 114.45)):
            insert(
                estate.insert().values(
                    id=number,
                    code=f"E{number}",
                    name=f"糖厂{number}号",
                    status="surveyed",
                    street_id=number,
                    **box(lon, 23.10, 0.002),
                )
            )
        insert(building.insert().values(id=1, estate_id=1, name="3栋", **box(114.4004, 23.1004, 0.0004)))
        unit.commit()
    return store


def draft(text: str = LAMP, **fields: object) -> DemandDraft:
    values: dict[str, object] = {
        "estate_id": 1,
        "category": DemandCategory.LIGHTING,
        "channel": DemandChannel.WALK_IN,
        "lon": 114.4005,
        "lat": 23.1005,
    }
    return DemandDraft(text=text, **(values | fields))  # type: ignore[arg-type]


def counters_are_right(store: Store) -> bool:
    with store.write() as unit:
        return demand_figures.recount(unit.connection) == 0


def test_pin_finds_its_places_and_gives_a_receipt(city: Store, social_worker: Actor) -> None:
    one = demands.take_demand(city, social_worker, draft(subtype="street_lamp"))
    assert (one.building_id, one.grid_id, one.status) == (1, 3, DemandStatus.RECEIVED)
    assert normalise_receipt(one.receipt.lower().replace("-", " ")) == one.receipt
    assert normalise_receipt(one.receipt.removeprefix("SQ-")) == one.receipt
    assert one.due_on is not None
    assert counters_are_right(city)
    found = demands.place_at(city, social_worker, 114.4005, 23.1005)
    assert (found.estate_name, found.building_name, found.grid_id) == ("糖厂1号", "3栋", 3)
    beside = demands.place_at(city, social_worker, 114.4024, 23.1005)
    assert beside.estate_id == 1
    assert 30 < beside.distance_m < 60
    assert demands.place_at(city, social_worker, 114.43, 23.1005).estate_id is None


def test_what_cannot_be_is_refused_and_leaves_nothing(city: Store, social_worker: Actor, observer: Actor) -> None:
    for wrong, code in (
        (draft(lon=114.45), "demand.far_from_estate"),
        (draft(estate_id=2, lon=114.451, building_id=1), "demand.building_elsewhere"),
        (draft(subtype="ramp"), "demand.subtype_unknown"),
    ):
        with pytest.raises(InvalidError) as caught:
            demands.take_demand(city, social_worker, wrong)
        assert caught.value.code == code
    with pytest.raises(NotFoundError):
        demands.take_demand(city, social_worker, draft(estate_id=99))
    with pytest.raises(DeniedError):
        demands.take_demand(city, observer, draft())
    assert demands.count_demands(city, observer, ALL) == 0


def test_same_wish_is_suggested_and_joined(city: Store, social_worker: Actor) -> None:
    one = demands.take_demand(city, social_worker, draft())
    demands.take_demand(city, social_worker, draft("下水道堵了", category=DemandCategory.PIPES))
    demands.take_demand(city, social_worker, draft(estate_id=2, lon=114.451))
    found = demands.similar_demands(city, PUBLIC, 1, DemandCategory.LIGHTING, "楼下照明灯坏掉了，黑漆漆的")
    assert [near.number for near in found] == [one.id]
    joined = demands.join_demand(city, PUBLIC, found[0].number)
    assert joined.supporters == 2
    assert counters_are_right(city)
    with city.read() as connection:
        assert not any(LAMP in str(entry.detail) for entry in audit.entries(connection))


def test_from_dispatch_to_the_residents_verdict(city: Store, social_worker: Actor) -> None:
    one = demands.take_demand(city, social_worker, draft(subtype="stair_light"))
    rule = work.suggest_department(city, social_worker, one.id)
    assert rule is not None
    assert rule.department == "街道办事处"
    sent = work.dispatch_demand(city, social_worker, one.id, rule.department, version=one.version)
    with pytest.raises(ConflictError):
        work.dispatch_demand(city, social_worker, one.id, "城管", version=one.version)
    with pytest.raises(StageError):
        work.answer_demand(city, social_worker, one.id, "好了")
    work.accept_demand(city, social_worker, sent.id)
    work.begin_demand(city, social_worker, sent.id)
    answered = work.answer_demand(city, social_worker, sent.id, "已维修")
    assert answered.status is DemandStatus.ANSWERED
    seen = demands.follow_demand(city, one.receipt.lower())
    assert (seen.reply, seen.steps[-1][1]) == ("已维修", DemandStatus.ANSWERED)
    again = work.judge_answer(city, one.receipt, solved=False, rating=2)
    assert again.status is DemandStatus.NOT_SOLVED
    with pytest.raises(StageError):
        work.judge_answer(city, one.receipt, solved=True)
    work.answer_demand(city, social_worker, one.id, "换了新灯")
    assert work.judge_answer(city, one.receipt, solved=True, rating=5).status is DemandStatus.CLOSED
    figures = demands.figures(city, social_worker, ALL)
    total = figures.total
    assert (total.received, total.answered, total.closed, total.on_time, total.rating_sum) == (1, 1, 1, 1, 5)
    assert [group.name for group in figures.by_street] == ["桥东街道"]
    assert counters_are_right(city)


def test_refusals_end_in_a_joint_meeting_that_splits_the_demand(city: Store, social_worker: Actor) -> None:
    planner = replace(social_worker, role=Role.PLANNER)
    gates.set_threshold(city, planner, work.MEETING_AFTER, Fraction(2), source="区诉求办理办法")
    one = demands.take_demand(city, social_worker, draft("桥下没有灯，路也烂", category=DemandCategory.ROAD))
    for department in ("交通运输局", "城管局"):
        work.dispatch_demand(city, social_worker, one.id, department)
        one = work.refuse_demand(city, social_worker, one.id, "不属于本部门职责")
    assert one.status is DemandStatus.NO_OWNER
    meeting = MeetingDraft(
        held_on=date(2026, 3, 1),
        present=("交通运输局", "城管局", "水务局"),
        decision="交通修桥，城管装灯",
        parts=(Part(department="交通运输局", task="修桥面"), Part(department="城管局", task="装路灯")),
    )
    one = work.hold_meeting(city, social_worker, one.id, meeting)
    assert (one.status, one.department) == (DemandStatus.DISPATCHED, "交通运输局")
    whole = demands.demand_file(city, social_worker, one.id)
    assert [task.department for task in whole.tasks] == ["交通运输局", "城管局"]
    assert whole.meetings[0].present == meeting.present
    first, second = (task.id for task in whole.tasks)
    with pytest.raises(InvalidError) as unexplained:
        work.move_task(city, social_worker, first, DemandStatus.REFUSED, note=" ")
    assert unexplained.value.code == "demand.reason_missing"
    work.move_task(city, social_worker, first, DemandStatus.ACCEPTED)
    with pytest.raises(StageError) as caught:
        work.answer_demand(city, social_worker, one.id, "好了")
    assert caught.value.code == "demand.parts_open"
    work.move_task(city, social_worker, first, DemandStatus.ANSWERED, note="桥面已修")
    work.move_task(city, social_worker, second, DemandStatus.ACCEPTED)
    work.move_task(city, social_worker, second, DemandStatus.ANSWERED, note="灯已装")
    with pytest.raises(StageError):
        work.move_task(city, social_worker, second, DemandStatus.ACCEPTED)
    answered = demands.demand_file(city, social_worker, one.id).demand
    assert (answered.status, answered.reply) == (DemandStatus.ANSWERED, "交通运输局: 桥面已修\n城管局: 灯已装")
    assert counters_are_right(city)


def test_duplicates_merge_with_their_supporters(city: Store, social_worker: Actor) -> None:
    stays = demands.take_demand(city, social_worker, draft())
    twin = demands.take_demand(city, social_worker, draft("楼下路灯不亮"))
    demands.join_demand(city, social_worker, twin.id)
    assert work.merge_demand(city, social_worker, twin.id, stays.id).supporters == 3
    assert demands.follow_demand(city, twin.receipt).merged_into == stays.id
    assert demands.figures(city, social_worker, ALL).total.received == 1
    elsewhere = demands.take_demand(city, social_worker, draft(estate_id=2, lon=114.451))
    with pytest.raises(InvalidError):
        work.merge_demand(city, social_worker, elsewhere.id, stays.id)
    with pytest.raises(InvalidError):
        work.merge_demand(city, social_worker, stays.id, stays.id)
    assert counters_are_right(city)


def test_record_only_stays_out_of_the_figures_until_it_is_raised(city: Store, social_worker: Actor) -> None:
    one = demands.take_demand(city, social_worker, draft(kind=DemandKind.RECORD_ONLY))
    assert one.due_on is None
    figures = demands.figures(city, social_worker, ALL)
    assert (figures.total.received, figures.record_only) == (0, 1)
    raised = work.change_kind(city, social_worker, one.id, DemandKind.DEMAND)
    assert raised.due_on is not None
    assert demands.figures(city, social_worker, ALL).total.received == 1
    assert counters_are_right(city)


def test_filter_and_scope_narrow_list_map_and_figures_alike(city: Store, social_worker: Actor) -> None:
    demands.take_demand(city, social_worker, draft())
    demands.take_demand(city, social_worker, draft("100%的_路", estate_id=2, lon=114.451, category=DemandCategory.ROAD))
    for wanted, expected in (
        (ALL, 2),
        (DemandFilter(scope=Scope(street_id=2)), 1),
        (DemandFilter(scope=EVERYWHERE, categories=(DemandCategory.ROAD,)), 1),
        (DemandFilter(scope=EVERYWHERE, query="0%的_"), 1),
        (DemandFilter(scope=EVERYWHERE, query="%"), 1),
        (DemandFilter(scope=EVERYWHERE, query="糖厂1"), 1),
        (DemandFilter(scope=EVERYWHERE, statuses=(DemandStatus.CLOSED,)), 0),
        (DemandFilter(scope=EVERYWHERE, channels=(DemandChannel.PHONE,)), 0),
    ):
        assert len(demands.list_demands(city, social_worker, wanted)) == expected
        assert demands.count_demands(city, social_worker, wanted) == expected
        assert len(demands.demand_points(city, social_worker, wanted)) == expected
        assert demands.figures(city, social_worker, wanted).total.received == expected
    narrow = replace(social_worker, scope=Scope(street_id=1))
    assert demands.count_demands(city, narrow, ALL) == 1
    other = demands.list_demands(city, social_worker, DemandFilter(scope=Scope(street_id=2)))[0].demand
    with pytest.raises(NotFoundError):
        demands.demand_file(city, narrow, other.id)
    with pytest.raises(NotFoundError):
        work.dispatch_demand(city, narrow, other.id, "城管")


@pytest.mark.parametrize("typed", ["", "SQ-", "SQ-ABCD", "x" * 500, "SQ-2222-222-223", "'; drop table"])
def test_mistyped_receipts_are_told_so(city: Store, typed: str) -> None:
    with pytest.raises(InvalidError) as caught:
        demands.follow_demand(city, typed)
    assert caught.value.code == "demand.receipt_wrong"


def test_strangers_read_nothing(city: Store, social_worker: Actor) -> None:
    one = demands.take_demand(city, social_worker, draft())
    for call in (
        lambda: demands.list_demands(city, PUBLIC, ALL),
        lambda: demands.demand_file(city, PUBLIC, one.id),
        lambda: demands.figures(city, PUBLIC, ALL),
        lambda: work.answer_demand(city, PUBLIC, one.id, "x"),
        lambda: work.answer_demand(city, None, one.id, "x"),
    ):
        with pytest.raises(DeniedError):
            call()


def test_wrong_counters_are_found_and_mended(city: Store, social_worker: Actor) -> None:
    demands.take_demand(city, social_worker, draft())
    with city.write() as unit:
        unit.connection.execute(sa.text("UPDATE demand_count SET demands = 7"))
        assert demand_figures.recount(unit.connection) == 1
        assert demand_figures.recount(unit.connection) == 0


def test_guessing_receipts_soon_means_waiting(city: Store, social_worker: Actor) -> None:
    one = demands.take_demand(city, social_worker, draft())
    for _ in range(guesses.FREE):
        with pytest.raises(NotFoundError):
            demands.follow_demand(city, make_receipt())
    for look in (
        lambda: demands.follow_demand(city, one.receipt),
        lambda: work.judge_answer(city, one.receipt, solved=True),
    ):
        with pytest.raises(UnavailableError, match=r"code\.wait"):
            look()
    # The desk has a budget of its own, and a slip of the pen costs nothing.
    assert demands.follow_demand(city, one.receipt, actor=social_worker).receipt == one.receipt
    with pytest.raises(InvalidError):
        demands.follow_demand(city, one.receipt[:-1] + ("2" if one.receipt[-1] != "2" else "3"), actor=social_worker)


def test_the_first_page_and_the_figures_name_the_same_overdue_demands(
    city: Store, social_worker: Actor, planner: Actor
) -> None:
    waiting, planned = (demands.take_demand(city, social_worker, draft(text)) for text in (LAMP, "停车位不够"))
    with city.write() as unit:
        unit.connection.execute(sa.update(demand).values(due_on="2020-01-01"))
        unit.connection.execute(
            sa.update(demand).where(demand.c.id == planned.id).values(status=DemandStatus.IN_PROJECT.value)
        )
        unit.commit()
    home = read_overview(city, planner).counts.demands_overdue
    assert home == demands.figures(city, planner, ALL).total.overdue == 1
    assert waiting.due_on is not None


def test_strangers_get_no_words_and_no_receipts_and_join_once(city: Store, social_worker: Actor) -> None:
    marked = "张三家门口路灯坏了 标记七七"
    one = demands.take_demand(city, social_worker, draft(marked))
    work.dispatch_demand(city, social_worker, one.id, "住建局", note="内部备注八八")
    found = demands.similar_demands(city, PUBLIC, 1, DemandCategory.LIGHTING, marked)
    joined = demands.join_demand(city, PUBLIC, found[0].number, who="甲")
    seen = demands.follow_demand(city, joined.receipt)
    public = repr((found, joined, seen))
    for private in ("标记七七", "内部备注八八", one.receipt, social_worker.login, str(one.lon), str(one.lat)):
        assert private not in public, private
    assert joined.receipt != one.receipt
    assert (seen.status, seen.is_own, seen.supporters) == (DemandStatus.DISPATCHED, False, 2)
    assert demands.similar_demands(city, social_worker, 1, None, marked)[0].demand is not None
    for _ in range(2):
        with pytest.raises(ConflictError, match=r"demand\.joined_already"):
            demands.join_demand(city, PUBLIC, one.id, who="甲")
    assert demands.join_demand(city, PUBLIC, one.id, who="乙").supporters == 3
    work.accept_demand(city, social_worker, one.id)
    work.answer_demand(city, social_worker, one.id, "已修好")
    with pytest.raises(DeniedError, match=r"demand\.not_yours"):
        work.judge_answer(city, joined.receipt, solved=True, rating=1)
    with pytest.raises(StageError, match=r"demand\.join_closed"):
        demands.join_demand(city, PUBLIC, one.id, who="丙")
    assert work.judge_answer(city, one.receipt, solved=True, rating=5).status is DemandStatus.CLOSED
    assert counters_are_right(city)


def test_a_number_of_a_channels_list_is_taken_once(city: Store, social_worker: Actor) -> None:
    demands.take_demand(city, social_worker, draft(source_number="GD-77"))
    with pytest.raises(ConflictError, match=r"demand\.number_taken"):
        demands.take_demand(city, social_worker, draft("另一件事", source_number="GD-77"))
