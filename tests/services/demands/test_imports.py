"""Demand lists into the store."""

from __future__ import annotations

import pytest

from renovation.errors import ConflictError, ImportRefusedError
from renovation.imports.demands.demands import parse_demands
from renovation.imports.register.estates import parse_estates
from renovation.model.accounts import Actor
from renovation.model.demands import DemandCategory, DemandFilter
from renovation.model.imports import ImportSource
from renovation.model.scope import EVERYWHERE
from renovation.services.demands.demands import (
    count_demands,
    demands_stamp,
    join_demand,
    list_demands,
)
from renovation.services.demands.imports import import_demands
from renovation.services.register import imports
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
