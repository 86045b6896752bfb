"""Demand lists into the store."""

from __future__ import annotations

from dataclasses import replace

import pytest

from renovation.errors import ConflictError, ImportRefusedError
from renovation.exports.register.places import PlaceFormat
from renovation.imports.demands.demands import parse_demands
from renovation.imports.register.estates import parse_estates
from renovation.model.accounts import Actor
from renovation.model.demands import DemandCategory, DemandChannel, DemandFilter
from renovation.model.imports import ImportKind, ImportRecord, ImportSource
from renovation.model.places import AreaLevel
from renovation.model.scope import EVERYWHERE, Scope
from renovation.services.demands.demands import (
    count_demands,
    demand_file,
    demands_stamp,
    join_demand,
    list_demands,
)
from renovation.services.demands.exports import export_demands
from renovation.services.demands.imports import import_demands
from renovation.services.house.updates import update_text
from renovation.services.register import imports
from renovation.services.register.places import list_areas
from renovation.store import Store
from renovation.store.demands import figures as demand_figures
from renovation.text import fault_text

SQUARE = "POLYGON((114.41 23.08,114.412 23.08,114.412 23.082,114.41 23.082,114.41 23.08))"
ESTATES = (
    f'编码,小区名称,街道,户数,wkt\nE1,荔香苑,桥东街道,120,"{SQUARE}"\nE2,桂景阁,桥西街道,80,POINT(114.45 23.09)\n'
).encode()
GOOD = (
    "小区,类别,内容,日期,经度,纬度\n荔香苑,停车难,车位太少,2026-03-05,,\nE2,照明,路灯不亮,,,\n,电梯,想装电梯,,114.411,23.081\n"
).encode()
BAD = "小区,内容,经度,纬度\n没有的苑,一,,\n,二,114.6,23.3\n荔香苑,三,114.5,23.2\n".encode()


@pytest.fixture
def city(store: Store, planner: Actor) -> Store:
    source = ImportSource.of("e.csv", ESTATES)
    imports.import_estates(store, planner, parse_estates(ESTATES, datum="cgcs2000"), source=source)
    return store


def test_each_demand_finds_its_estate(city: Store, planner: Actor) -> None:
    record = import_demands(city, planner, parse_demands(GOOD, datum="cgcs2000"), source=ImportSource.of("d.csv", GOOD))
    assert record.imported == 3
    wanted = DemandFilter(scope=EVERYWHERE)
    assert count_demands(city, planner, wanted) == 3
    texts = {row.demand.text for row in list_demands(city, planner, wanted)}
    assert texts == {"车位太少", "路灯不亮", "想装电梯"}
    parking = DemandFilter(scope=EVERYWHERE, categories=(DemandCategory.PARKING,))
    assert count_demands(city, planner, parking) == 1


def test_a_dry_run_and_strange_estates_keep_nothing(city: Store, planner: Actor) -> None:
    good = parse_demands(GOOD, datum="cgcs2000")
    import_demands(city, planner, good, source=ImportSource.of("d.csv", GOOD), dry_run=True)
    with pytest.raises(ImportRefusedError) as refused:
        import_demands(city, planner, parse_demands(BAD, datum="cgcs2000"), source=ImportSource.of("d.csv", BAD))
    assert [(f.code, f.row) for f in refused.value.faults] == [
        ("demand.estate_unknown", 2),
        ("demand.outside_estates", 3),
        ("demand.far_from_estate", 4),
    ]
    assert all(fault_text(f, "zh-CN") and fault_text(f, "en") for f in refused.value.faults)
    assert count_demands(city, planner, DemandFilter(scope=EVERYWHERE)) == 0


def test_a_list_nobody_has_dealt_with_can_be_taken_back(city: Store, planner: Actor) -> None:
    source, wanted = ImportSource.of("d.csv", GOOD), DemandFilter(scope=EVERYWHERE)
    record = import_demands(city, planner, parse_demands(GOOD, datum="cgcs2000"), source=source)
    stamp = demands_stamp(city, planner)
    assert record.id is not None
    imports.undo_import(city, planner, record.id)
    assert count_demands(city, planner, wanted) == 0
    with city.write() as unit:
        assert demand_figures.recount(unit.connection) == 0
    # Numbers of events come again; what a screen kept must not.
    assert demands_stamp(city, planner) != stamp
    again = import_demands(city, planner, parse_demands(GOOD, datum="cgcs2000"), source=source)
    join_demand(city, planner, list_demands(city, planner, wanted)[0].demand.id)
    assert again.id is not None
    with pytest.raises(ConflictError, match=r"import\.demands_in_use"):
        imports.undo_import(city, planner, again.id)
    assert count_demands(city, planner, wanted) == 3


_HEAD = "工单号,小区名称,类别,内容,来源,受理日期\n"
WEEK_1 = (
    f"{_HEAD}RX1,荔香苑,道路,路面塌了,热线,2026-03-02\nRX2,荔香苑,照明,路灯不亮,热线,2026-03-03\n"
    "RX3,桂景阁,管道,下水返水,热线,2026-03-04\n"
)
WEEK_2 = (
    WEEK_1.replace("路灯不亮", "南门路灯不亮")
    + "RX4,荔香苑,绿化,杂草,热线,2026-03-10\nRX1,荔香苑,绿化,枯树,来信,2026-03-11\n"
)
ALL = DemandFilter(scope=EVERYWHERE)


def taken(city: Store, planner: Actor, text: str, **agreed: bool) -> ImportRecord:
    data = text.encode()
    return import_demands(
        city, planner, parse_demands(data, datum="cgcs2000"), source=ImportSource.of("w", data), **agreed
    )


def test_a_cumulative_list_brings_only_what_is_new(city: Store, planner: Actor) -> None:
    taken(city, planner, WEEK_1)
    with pytest.raises(ConflictError, match=r"import\.update_needs_yes"):
        taken(city, planner, WEEK_2)
    trial = taken(city, planner, WEEK_2, dry_run=True)
    assert (trial.recognised, trial.imported, trial.updated) == (3, 3, 1)
    (update,) = trial.updates
    assert update.fields == {"text": ("路灯不亮", "南门路灯不亮")}
    assert "南门路灯不亮" in update_text(city, planner, ImportKind.DEMANDS, update, "zh-CN")
    taken(city, planner, WEEK_2, update=True)
    held = {(row.demand.channel, row.demand.source_number): row.demand.text for row in list_demands(city, planner, ALL)}
    assert held == {
        (DemandChannel.PHONE, "RX1"): "路面塌了",
        (DemandChannel.PHONE, "RX2"): "南门路灯不亮",
        (DemandChannel.PHONE, "RX3"): "下水返水",
        (DemandChannel.PHONE, "RX4"): "杂草",
        (DemandChannel.LETTER, "RX1"): "枯树",
    }
    with pytest.raises(ConflictError, match=r"import\.nothing_new"):
        taken(city, planner, WEEK_2)
    (found,) = list_demands(city, planner, DemandFilter(scope=EVERYWHERE, query="RX4"))
    assert found.demand.text == "杂草"


def test_what_a_later_list_changed_is_put_back(city: Store, planner: Actor) -> None:
    first = taken(city, planner, WEEK_1)
    moved = WEEK_1.replace("RX3,桂景阁,管道", "RX3,荔香苑,绿化").replace("路灯不亮", "灯不亮")
    second = taken(city, planner, moved, update=True)
    by_number = {row.demand.source_number: row for row in list_demands(city, planner, ALL)}
    assert (by_number["RX3"].estate_name, by_number["RX3"].demand.category) == ("荔香苑", DemandCategory.GREENERY)
    whole = demand_file(city, planner, by_number["RX2"].demand.id)
    assert [(event.step, event.note) for event in whole.events][-1] == ("list_changed", "路灯不亮")
    assert first.id is not None
    assert second.id is not None
    imports.undo_import(city, planner, second.id)
    back = demand_file(city, planner, whole.demand.id)
    # A window opened before the list, or between the two, must not write over what it has not seen.
    assert (back.demand.text, back.demand.version) == ("路灯不亮", whole.demand.version + 1)
    assert back.events[-1].step == "list_undone"
    assert {row.estate_name for row in list_demands(city, planner, ALL)} == {"荔香苑", "桂景阁"}
    with city.write() as unit:
        assert demand_figures.recount(unit.connection) == 0
    imports.undo_import(city, planner, first.id)
    assert count_demands(city, planner, ALL) == 0


def test_who_dealt_with_a_demand_knows_better_than_its_list(city: Store, planner: Actor) -> None:
    taken(city, planner, WEEK_1)
    for row in list_demands(city, planner, ALL):
        join_demand(city, planner, row.demand.id)
    with pytest.raises(ConflictError, match=r"import\.nothing_new"):
        taken(city, planner, WEEK_1.replace("管道", "绿化"))


def test_demands_without_a_number_are_known_by_day_and_words(city: Store, planner: Actor) -> None:
    plain = "小区,内容,日期\n荔香苑,路灯不亮,2026-03-02\n荔香苑,路灯不亮,2026-03-02\n荔香苑,积水,2026-03-02\n"
    taken(city, planner, plain)
    more = taken(city, planner, plain + "荔香苑,路灯不亮,2026-03-02\n荔香苑,路灯不亮,2026-03-03\n")
    assert (more.recognised, more.imported) == (3, 2)


def test_a_list_this_tool_wrote_is_known_by_its_receipts(city: Store, planner: Actor) -> None:
    taken(city, planner, WEEK_1)
    data = export_demands(city, planner, ALL, PlaceFormat.XLSX)[2]
    trial = import_demands(
        city, planner, parse_demands(data, datum="cgcs2000"), source=ImportSource.of("x", data), dry_run=True
    )
    assert (trial.recognised, trial.imported) == (3, 0)


def test_a_number_in_another_part_of_town_is_no_new_demand(city: Store, planner: Actor) -> None:
    taken(city, planner, WEEK_1)
    (street,) = [area for area in list_areas(city, planner, level=AreaLevel.STREET) if area.name == "桥东街道"]
    local = replace(planner, login="local", scope=Scope(street_id=street.id))
    with pytest.raises(ImportRefusedError) as refused:
        taken(city, local, WEEK_1.replace("桂景阁", "荔香苑"))
    assert [(fault.code, fault.row) for fault in refused.value.faults] == [("demand.number_elsewhere", 4)]


def test_subtypes_are_read_by_name_and_unknown_ones_said(city: Store, planner: Actor) -> None:
    text = "小区,内容,类别,子类\n荔香苑,一,道路,路面坑洼\n荔香苑,二,,pothole\n荔香苑,三,道路,大坑\n"
    parsed = parse_demands(text.encode(), datum="cgcs2000")
    assert [(row.category, row.subtype) for row in parsed.records] == [
        (DemandCategory.ROAD, "pothole"),
        (DemandCategory.ROAD, "pothole"),
        (DemandCategory.ROAD, ""),
    ]
    assert [(change.code, change.place.row) for change in parsed.changes] == [("demand.subtype_left_out", 4)]
