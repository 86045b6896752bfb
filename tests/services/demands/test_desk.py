"""A department's desk: it sees and does its own work alone, and what it does moves the demand."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import openpyxl
import pytest
import shapely

from renovation.errors import DeniedError, InvalidError, NotFoundError, RenovationError, StageError
from renovation.model import clock
from renovation.model.accounts import Action, Actor, Role, may
from renovation.model.demands import Demand, DemandCategory, DemandChannel, DemandDraft, DemandStatus
from renovation.model.desk import DeskState
from renovation.model.intake import Part
from renovation.model.photos import PhotoOwner, PhotoOwnerKind
from renovation.services.demands import demands, desk, work
from renovation.services.demands.desk import DeskFilter
from renovation.services.register import photos
from renovation.services.staff import accounts
from renovation.services.staff.accounts import AccountDraft
from renovation.store import Store
from renovation.store.schema.places import estate

HOUSING, STREET = "住房和城乡建设局", "街道办事处"
EVERY = DeskFilter(states=())


def department(name: str) -> Actor:
    """Return somebody of a department."""
    return Actor(role=Role.DEPARTMENT, login="dept", name="经办人", department=name)


HOUSES, STREETS = department(HOUSING), department(STREET)


@pytest.fixture
def city(store: Store) -> Store:
    """One estate."""
    with store.write() as unit:
        box = shapely.to_wkb(shapely.box(114.4, 23.1, 114.41, 23.11))
        values = {"id": 1, "code": "E1", "name": "荔香苑", "geometry": box, "status": "surveyed"}
        unit.connection.execute(estate.insert().values(**values))
        unit.commit()
    return store


def take(city: Store, actor: Actor, text: str = "3栋屋面漏水，联系王女士 13800138000") -> Demand:
    """Take a demand in."""
    draft = DemandDraft(
        estate_id=1,
        category=DemandCategory.ROOF_FACADE,
        text=text,
        channel=DemandChannel.PHONE,
        lon=114.405,
        lat=23.105,
    )
    return demands.take_demand(city, actor, draft)


def parted(city: Store, actor: Actor) -> Demand:
    """Take a demand and part it between both departments."""
    one = take(city, actor)
    parts = [Part(department=HOUSING, task="修屋面"), Part(department=STREET, task="通知住户")]
    return work.split_demand(city, actor, one.id, parts)


def part_of(city: Store, actor: Actor, one: Demand) -> int:
    """Return the number of a department's own part."""
    (line,) = desk.read_desk_file(city, actor, one.id).lines
    assert line.task_id is not None
    return line.task_id


def test_a_desk_shows_its_own_work_without_contacts_and_receipts(city: Store, social_worker: Actor) -> None:
    mine, other = take(city, social_worker), take(city, social_worker, "楼道脏")
    take(city, social_worker, "还没有派")
    work.dispatch_demand(city, social_worker, mine.id, HOUSING, note="请联系住户 13900139000")
    work.dispatch_demand(city, social_worker, other.id, STREET)
    (line,) = desk.read_desk(city, HOUSES).lines
    assert (line.demand_id, line.state, line.estate_name) == (mine.id, DeskState.NEW, "荔香苑")
    seen = desk.read_desk_file(city, HOUSES, mine.id)
    said = f"{line} {seen}"
    for secret in (mine.receipt, "13800138000", "13900139000", "王女士", social_worker.login):
        assert secret not in said, secret
    with pytest.raises(NotFoundError):
        desk.read_desk_file(city, HOUSES, other.id)
    assert photos.photos_of(city, HOUSES, PhotoOwner(kind=PhotoOwnerKind.DEMAND, id=mine.id)) == ()
    for kind, number in ((PhotoOwnerKind.DEMAND, other.id), (PhotoOwnerKind.ESTATE, 1)):
        with pytest.raises(NotFoundError):
            photos.photos_of(city, HOUSES, PhotoOwner(kind=kind, id=number))


def test_a_department_accepts_begins_and_answers(city: Store, social_worker: Actor) -> None:
    one = work.dispatch_demand(city, social_worker, take(city, social_worker).id, HOUSING)
    with pytest.raises(NotFoundError):
        work.accept_demand(city, STREETS, one.id)
    work.accept_demand(city, HOUSES, one.id)
    work.begin_demand(city, HOUSES, one.id)
    assert work.answer_demand(city, HOUSES, one.id, "屋面已修好").status is DemandStatus.ANSWERED
    assert demands.follow_demand(city, one.receipt).reply == "屋面已修好"
    assert desk.read_desk(city, HOUSES).lines == ()
    assert [line.state for line in desk.read_desk(city, HOUSES, EVERY).lines] == [DeskState.DONE]


def test_a_refusal_goes_back_to_dispatch_and_is_no_longer_the_desks(city: Store, social_worker: Actor) -> None:
    one = work.dispatch_demand(city, social_worker, take(city, social_worker).id, HOUSING)
    with pytest.raises(InvalidError, match=r"demand\.reason_missing"):
        work.refuse_demand(city, HOUSES, one.id, " ")
    back = work.refuse_demand(city, HOUSES, one.id, "不归我们")
    assert (back.status, back.refusals) == (DemandStatus.REFUSED, 1)
    work.dispatch_demand(city, social_worker, one.id, STREET)
    assert desk.read_desk(city, HOUSES, EVERY).lines == ()
    assert [line.demand_id for line in desk.read_desk(city, STREETS).lines] == [one.id]


def test_everything_else_is_refused(city: Store, social_worker: Actor) -> None:
    one = work.dispatch_demand(city, social_worker, take(city, social_worker).id, HOUSING)
    allowed = {Action.SEE_PUBLIC, Action.DO_WORK, Action.SEE_DESK, Action.SEE_PHOTOS}
    assert {action for action in Action if may(HOUSES, action)} == allowed
    for act in (
        lambda: demands.demand_file(city, HOUSES, one.id),
        lambda: work.dispatch_demand(city, HOUSES, one.id, STREET),
        lambda: work.split_demand(city, HOUSES, one.id, [Part(department=HOUSING, task="a")] * 2),
        lambda: demands.take_demand(city, HOUSES, replace_draft()),
        lambda: desk.read_desk(city, social_worker),
    ):
        with pytest.raises(DeniedError):
            act()


def replace_draft() -> DemandDraft:
    """Return any demand."""
    return DemandDraft(
        estate_id=1, category=DemandCategory.OTHER, text="x", channel=DemandChannel.PHONE, lon=114.405, lat=23.105
    )


def test_all_parts_done_answer_the_demand_in_the_words_of_all(city: Store, social_worker: Actor) -> None:
    one = parted(city, social_worker)
    mine, theirs = part_of(city, HOUSES, one), part_of(city, STREETS, one)
    with pytest.raises(NotFoundError):
        work.move_task(city, HOUSES, theirs, DemandStatus.ACCEPTED)
    with pytest.raises(StageError, match=r"demand\.act_on_part"):
        work.accept_demand(city, HOUSES, one.id)
    work.move_task(city, HOUSES, mine, DemandStatus.ACCEPTED)
    work.move_task(city, STREETS, theirs, DemandStatus.ACCEPTED)
    work.move_task(city, HOUSES, mine, DemandStatus.IN_PROGRESS)
    assert demands.demand_file(city, social_worker, one.id).demand.status is DemandStatus.IN_PROGRESS
    with pytest.raises(InvalidError, match=r"demand\.reply_missing"):
        work.move_task(city, HOUSES, mine, DemandStatus.ANSWERED)
    work.move_task(city, HOUSES, mine, DemandStatus.ANSWERED, note="屋面修好")
    work.move_task(city, STREETS, theirs, DemandStatus.ANSWERED, note="住户已知")
    done = demands.demand_file(city, social_worker, one.id).demand
    assert (done.status, done.reply) == (
        DemandStatus.ANSWERED,
        "住房和城乡建设局: 屋面修好\n街道办事处: 住户已知",
    )
    with pytest.raises(StageError, match=r"demand\.task_step"):
        work.move_task(city, HOUSES, mine, DemandStatus.ANSWERED, note="再说一遍")


def test_a_refused_part_is_given_to_another_and_all_refused_go_back(city: Store, social_worker: Actor) -> None:
    one = parted(city, social_worker)
    mine, theirs = part_of(city, HOUSES, one), part_of(city, STREETS, one)
    work.move_task(city, STREETS, theirs, DemandStatus.ACCEPTED)
    work.move_task(city, HOUSES, mine, DemandStatus.REFUSED, note="不归我们")
    work.move_task(city, STREETS, theirs, DemandStatus.ANSWERED, note="住户已知")
    assert demands.demand_file(city, social_worker, one.id).demand.status is DemandStatus.ACCEPTED
    with pytest.raises(DeniedError):
        work.reassign_task(city, HOUSES, mine, STREET)
    work.reassign_task(city, social_worker, mine, "水务局")
    water = department("水务局")
    assert desk.read_desk(city, HOUSES, EVERY).lines == ()
    work.move_task(city, water, mine, DemandStatus.ACCEPTED)
    work.move_task(city, water, mine, DemandStatus.ANSWERED, note="换了管")
    assert demands.demand_file(city, social_worker, one.id).demand.status is DemandStatus.ANSWERED

    both = parted(city, social_worker)
    for who in (HOUSES, STREETS):
        work.move_task(city, who, part_of(city, who, both), DemandStatus.REFUSED, note="不归我们")
    back = demands.demand_file(city, social_worker, both.id)
    assert (back.demand.status, back.demand.refusals) == (DemandStatus.REFUSED, 1)
    again = work.dispatch_demand(city, social_worker, both.id, "水务局")
    assert demands.demand_file(city, social_worker, again.id).tasks == ()
    assert work.accept_demand(city, water, again.id).status is DemandStatus.ACCEPTED


def test_a_clash_tells_a_department_no_receipt(city: Store, social_worker: Actor) -> None:
    one = work.dispatch_demand(city, social_worker, take(city, social_worker).id, HOUSING)
    for act in (
        lambda: work.accept_demand(city, HOUSES, one.id, version=one.version - 1),
        lambda: work.begin_demand(city, HOUSES, one.id),
    ):
        with pytest.raises(RenovationError) as met:
            act()
        assert met.value.fields["receipt"] == str(one.id)


def test_late_things_come_first_and_the_file_is_the_screen(
    city: Store, social_worker: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = work.dispatch_demand(city, social_worker, take(city, social_worker, "旧的").id, HOUSING)
    moment = datetime.now(UTC) + timedelta(days=40)
    monkeypatch.setattr(clock, "tick", lambda: moment)
    new = work.dispatch_demand(city, social_worker, take(city, social_worker, "新的").id, HOUSING)
    found = desk.read_desk(city, HOUSES)
    assert [line.demand_id for line in found.lines] == [old.id, new.id]
    assert (found.late, found.lines[0].late > 0, found.counts[DeskState.NEW]) == (1, True, 2)
    assert [line.demand_id for line in desk.read_desk(city, HOUSES, DeskFilter(late_only=True)).lines] == [old.id]
    assert [line.demand_id for line in desk.read_desk(city, HOUSES, DeskFilter(query="新的")).lines] == [new.id]
    name, _, content = desk.export_desk(city, HOUSES)
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert HOUSING in name
    assert [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)][:2] == [old.id, new.id]


def test_an_account_of_a_department_is_bound_to_one(store: Store, admin: Actor) -> None:
    with pytest.raises(InvalidError, match=r"account\.department_missing"):
        AccountDraft(login="zhu", name="朱", role=Role.DEPARTMENT)
    draft = AccountDraft(login="zhu", name="朱", role=Role.DEPARTMENT, department=f" {HOUSING} ")
    made, _ = accounts.create_account(store, admin, draft)
    assert accounts.as_actor(made).department == HOUSING
    moved = accounts.change_role(store, admin, made.id, Role.OBSERVER, department=HOUSING)
    assert moved.department == ""
    with pytest.raises(InvalidError, match=r"account\.department_missing"):
        accounts.change_role(store, admin, made.id, Role.DEPARTMENT)
