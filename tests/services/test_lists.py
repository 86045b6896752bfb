"""What a locality sets for itself: held in the store, by place, in versions, and read by everything that decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction

import pytest
import shapely

from renovation.errors import ConflictError, DeniedError, ImportRefusedError, InvalidError, NotFoundError
from renovation.imports.files.lists import shipped
from renovation.model import clock
from renovation.model.accounts import Actor
from renovation.model.demands import Demand, DemandCategory, DemandChannel, DemandDraft, DemandKind
from renovation.model.lists import LISTS, Line, ListKind, differences, faults_of
from renovation.model.scope import Scope
from renovation.services import lists
from renovation.services.demands import demands, work
from renovation.services.money import gates
from renovation.store import Store, audit
from renovation.store.schema.places import area, estate

COUNTY, OTHER, STREET = 1, 2, 3
LAMP = {"category": "lighting", "subtype": "street_lamp"}


def _changed(kind: ListKind, wanted: dict[str, str], **cells: str) -> list[Line]:
    """Return the shipped lines with cells of those that fit changed."""
    found = [
        {**line, **cells} if all(line[name] == value for name, value in wanted.items()) else line
        for line in shipped(kind)
    ]
    assert found != list(shipped(kind))
    return found


@pytest.fixture
def town(store: Store) -> Store:
    """Two counties, a street in the first, and an estate in each county."""
    with store.write() as unit:
        insert = unit.connection.execute
        for number, name in ((COUNTY, "惠城区"), (OTHER, "惠阳区")):
            insert(area.insert().values(id=number, level="county", code=f"C{number}", name=name))
        insert(area.insert().values(id=STREET, level="street", code="S", name="桥东街道", parent_id=COUNTY))
        for number, county, street in ((1, COUNTY, STREET), (2, OTHER, None)):
            box = shapely.box(114.4, 23.1, 114.41, 23.11)
            values = {
                "id": number,
                "code": f"E{number}",
                "name": f"小区{number}",
                "geometry": shapely.to_wkb(box),
                "status": "surveyed",
            }
            insert(estate.insert().values(**values, county_id=county, street_id=street))
        unit.commit()
    return store


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> Callable[[date], None]:
    """Set the day."""
    return lambda day: monkeypatch.setattr(clock, "tick", lambda: datetime(day.year, day.month, day.day, 2, tzinfo=UTC))


def _lamp(store: Store, actor: Actor, estate_id: int) -> Demand:
    draft = DemandDraft(
        estate_id=estate_id,
        category=DemandCategory.LIGHTING,
        subtype="street_lamp",
        text="路灯不亮",
        channel=DemandChannel.WALK_IN,
        lon=114.405,
        lat=23.105,
    )
    return demands.take_demand(store, actor, draft)


def test_shipped_lists_have_no_fault() -> None:
    for kind in ListKind:
        assert not faults_of(kind, shipped(kind)), kind
        assert all(set(line) == {column.name for column in LISTS[kind].columns} for line in shipped(kind))


def test_a_deadline_in_working_days_leaves_holidays_out_and_what_was_decided_stays(
    town: Store, planner: Actor, social_worker: Actor, on: Callable[[date], None]
) -> None:
    on(date(2026, 9, 29))
    before = _lamp(town, social_worker, 1)
    assert before.due_on == "2026-10-06"
    lines = _changed(ListKind.DEADLINES, LAMP, day_kind="working", days="3")
    held = lists.save_list(town, planner, ListKind.DEADLINES, lines, version=0)
    assert (held.version, held.own) == (1, True)
    # 30 September, then the 8th and 9th of October behind the holidays.
    assert _lamp(town, social_worker, 1).due_on == "2026-10-09"
    assert demands.demand_file(town, social_worker, before.id).demand.due_on == "2026-10-06"
    assert lists.years_lacking(town, planner) == ()
    on(date(2026, 11, 28))
    assert lists.years_lacking(town, planner) == (2027,)


def test_a_street_goes_before_its_county_before_the_town(town: Store, planner: Actor, social_worker: Actor) -> None:
    def due(estate_id: int) -> int:
        one = _lamp(town, social_worker, estate_id)
        assert one.due_on is not None
        return (date.fromisoformat(one.due_on) - clock.day_of(one.received_at)).days

    def days(number: str) -> list[Line]:
        return _changed(ListKind.DEADLINES, LAMP, days=number)

    lists.save_list(town, planner, ListKind.DEADLINES, days("5"), area_id=COUNTY, version=0)
    assert (due(1), due(2)) == (5, 7)
    held = lists.save_list(town, planner, ListKind.DEADLINES, days("2"), area_id=STREET, version=0)
    assert (due(1), due(2)) == (2, 7)
    assert lists.places_with_lists(town, planner, ListKind.DEADLINES) == (COUNTY, STREET)
    gone = lists.follow_town(town, planner, ListKind.DEADLINES, STREET, version=held.version)
    assert (gone.held_by, gone.own, due(1)) == (COUNTY, False, 5)
    back = lists.restore_list(town, planner, ListKind.DEADLINES, 1, area_id=STREET, version=gone.version)
    assert (back.version, due(1)) == (3, 2)
    with pytest.raises(InvalidError, match=r"list\.town_only"):
        lists.save_list(town, planner, ListKind.HOLIDAYS, (), area_id=COUNTY, version=0)
    with pytest.raises(NotFoundError, match=r"list\.place_unknown"):
        lists.read_list(town, planner, ListKind.DEADLINES, 99)


def test_departments_and_replies_come_from_the_place(town: Store, planner: Actor, social_worker: Actor) -> None:
    one, other = _lamp(town, social_worker, 1), _lamp(town, social_worker, 2)
    lines = [*shipped(ListKind.DEPARTMENTS), {**LAMP, "department": "路灯管理所"}]
    lists.save_list(town, planner, ListKind.DEPARTMENTS, lines, area_id=COUNTY, version=0)
    reply = {"title_zh": "已换灯", "text_zh": "灯已换新。"}
    lists.save_list(town, planner, ListKind.REPLIES, [reply], area_id=COUNTY, version=0)
    rules = [work.suggest_department(town, social_worker, number) for number in (one.id, other.id)]
    assert [rule and rule.department for rule in rules] == ["路灯管理所", "城市管理和综合执法局"]
    assert [found.text("en") for found in work.reply_templates(town, social_worker, one.id)] == ["灯已换新。"]
    assert len(work.reply_templates(town, social_worker, other.id)) > 1
    assert work.dispatch_demand(town, social_worker, one.id, "路灯管理").department == "路灯管理所"


def test_every_change_stands_in_the_log_with_before_and_after(town: Store, planner: Actor) -> None:
    lines = [*_changed(ListKind.DEADLINES, LAMP, days="4"), {**LAMP, "subtype": "洗墙灯", "name_zh": "洗墙灯"}]
    lines[-1] |= {"days": "9", "day_kind": "working"}
    lists.save_list(town, planner, ListKind.DEADLINES, [lines[0], *lines[2:]], version=0)
    with town.read() as connection:
        *_, entry = audit.entries(connection)
    assert (entry.act, entry.object_id, entry.detail["version"]) == ("list.change", "deadlines", 1)
    gone, moved, new = entry.detail["changes"]
    assert (gone["before"]["subtype"], gone["after"]) == ("pothole", None)
    assert (moved["before"], moved["after"]) == ({"days": "7"}, {"days": "4"})
    assert (new["before"], new["after"]["name_zh"]) == (None, "洗墙灯")


def test_lines_that_cannot_be_are_all_named_and_nothing_is_kept(town: Store, planner: Actor) -> None:
    lines = _changed(ListKind.DEADLINES, LAMP, days="bald", day_kind="monday")
    with pytest.raises(ImportRefusedError) as met:
        lists.save_list(town, planner, ListKind.DEADLINES, [*lines[1:], lines[-1]], version=0)
    codes = [fault.code for fault in met.value.faults]
    assert codes == ["list.cell_whole", "list.cell_choice", "list.twice", "list.category_missing"]
    assert lists.read_list(town, planner, ListKind.DEADLINES).version == 0


def test_law_and_the_lines_of_thresholds_are_fixed(town: Store, planner: Actor) -> None:
    held = lists.read_list(town, planner, ListKind.THRESHOLDS)
    with pytest.raises(InvalidError, match=r"list\.lines_fixed"):
        lists.save_list(town, planner, ListKind.THRESHOLDS, held.lines[1:], version=0)
    for cells in ({"value": "1/2"}, {"source": "自己定的"}):
        lines = _changed(ListKind.THRESHOLDS, {"code": "consent.quorum"}, **cells)
        with pytest.raises(InvalidError, match=r"threshold\.fixed"):
            lists.save_list(town, planner, ListKind.THRESHOLDS, lines, version=0)
    gates.set_threshold(town, planner, "estate.consent", Fraction(3, 5), source="区政府2026年第4号文")
    found = gates.thresholds(town, planner)["estate.consent"]
    assert (found.value, found.source, found.mark) == (Fraction(3, 5), "区政府2026年第4号文", "V")
    assert lists.read_list(town, planner, ListKind.THRESHOLDS).version == 1


def test_a_workbook_goes_out_and_comes_back_and_shows_what_differs(town: Store, planner: Actor) -> None:
    for kind in ListKind:
        held = lists.read_list(town, planner, kind)
        if not held.lines:
            continue
        _, _, content = lists.export_list(town, planner, kind)
        parsed = lists.read_list_file(town, planner, kind, content)
        assert not parsed.faults, kind
        assert differences(kind, held.lines, parsed.records) == (), kind


def test_two_people_do_not_overwrite_each_other(town: Store, planner: Actor) -> None:
    lists.save_list(town, planner, ListKind.SYNONYMS, [{"written": "街灯", "means": "灯"}], version=0)
    with pytest.raises(ConflictError, match=r"list\.changed"):
        lists.save_list(town, planner, ListKind.SYNONYMS, [{"written": "灯杆", "means": "灯"}], version=0)
    same = lists.save_list(town, planner, ListKind.SYNONYMS, [{"written": "街灯", "means": "灯"}], version=1)
    assert same.version == 1


def test_who_sees_a_part_of_town_sets_what_holds_there_alone(town: Store, planner: Actor, social_worker: Actor) -> None:
    local = replace(planner, scope=Scope(county_id=COUNTY))
    lines = _changed(ListKind.DEADLINES, LAMP, days="4")
    lists.save_list(town, local, ListKind.DEADLINES, lines, area_id=STREET, version=0)
    for area_id in (lists.TOWN, OTHER):
        with pytest.raises(DeniedError, match=r"account\.whole_town"):
            lists.save_list(town, local, ListKind.DEADLINES, lines, area_id=area_id, version=0)
    with pytest.raises(DeniedError, match=r"account\.not_allowed"):
        lists.save_list(town, social_worker, ListKind.DEADLINES, lines, version=0)


def test_a_demand_that_becomes_one_gets_the_places_deadline(town: Store, planner: Actor, social_worker: Actor) -> None:
    one = _lamp(town, social_worker, 1)
    work.change_kind(town, social_worker, one.id, DemandKind.RECORD_ONLY)
    lists.save_list(
        town, planner, ListKind.DEADLINES, _changed(ListKind.DEADLINES, LAMP, days="1"), area_id=COUNTY, version=0
    )
    again = work.change_kind(town, social_worker, one.id, DemandKind.DEMAND)
    assert again.due_on == (clock.day_of(one.received_at) + (date(2026, 1, 2) - date(2026, 1, 1))).isoformat()
