"""One estate is recognised however it is written and wherever it is drawn, on both engines."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
import shapely

from renovation.errors import ConflictError, ImportRefusedError
from renovation.imports.demands.demands import parse_demands
from renovation.imports.files.results import FileVerdict
from renovation.imports.register.estates import parse_estates
from renovation.model.accounts import Actor
from renovation.model.imports import ImportRecord, ImportSource
from renovation.model.places import EstateFilter
from renovation.services.demands.imports import import_demands
from renovation.services.register import estates, imports
from renovation.services.register.outlines import draw_outline
from renovation.store import Store
from renovation.text import fault_text

SQUARE = "POLYGON((114.41 23.08,114.412 23.08,114.412 23.082,114.41 23.082,114.41 23.08))"
NAMED = "小区编码,小区名称,经度,纬度\nH6-401,阳光花苑（一期）,114.4126,23.0879\nH6-402,ABC公寓,114.4226,23.0879\n"


def take(store: Store, actor: Actor, rows: str, **asked: Any) -> ImportRecord:
    data = rows.encode()
    return imports.import_estates(
        store, actor, parse_estates(data, datum="cgcs2000"), source=ImportSource.of("e.csv", data), **asked
    )


@pytest.fixture
def named(store: Store, planner: Actor) -> Store:
    take(store, planner, NAMED)
    return store


def refused(store: Store, actor: Actor, rows: str) -> list[str]:
    with pytest.raises(ImportRefusedError) as caught:
        take(store, actor, rows)
    for fault in caught.value.faults:
        assert fault_text(fault, "zh-CN")
        assert fault_text(fault, "en")
    return [fault.code for fault in caught.value.faults]


def test_demands_find_the_estate_however_its_name_is_written_and_say_so(named: Store, planner: Actor) -> None:
    rows = "小区名称,诉求内容,经度,纬度\n" + "".join(
        f"{name},{number},114.4126,23.0879\n"
        for number, name in enumerate(
            ("阳光花苑(一期)", "阳光花苑 （一期）", "阳光花苑［1期］", "阳光花苑（一期）", "ｈ６－４０１")
        )
    )
    parsed = parse_demands(rows.encode(), datum="cgcs2000")
    record = import_demands(named, planner, parsed, source=ImportSource.of("d.csv", b"d"))
    assert record.imported == 5
    assert [(one.row, one.known) for one in record.known_as] == [(row, "阳光花苑（一期）") for row in (2, 3, 4)]
    answered = parsed.with_answers(record)
    assert answered.verdict is FileVerdict.OK_NORMALISED
    assert [change.place.column for change in answered.changes] == ["小区名称"] * 3


@pytest.mark.parametrize("name", ["阳光花苑(一期)", "阳光花苑 ［１期］", "ａｂｃ公寓", "Abc\u200b公寓"])
def test_a_name_of_the_register_is_no_new_estate(named: Store, planner: Actor, name: str) -> None:
    for rows in (f"小区名称\n{name}\n", f"小区编码,小区名称\nNEW1,{name}\n"):
        assert refused(named, planner, rows) == ["register.name_exists"]
    one, other = estates.find_estates(named, planner)
    wanted = one if "abc" in name.casefold() or "ａ" in name else other
    with pytest.raises(ConflictError, match=r"estate\.name_exists"):
        estates.edit_estate(named, planner, replace(wanted, name=name))
    # One's own name may be spelled anew.
    mine = other if wanted is one else one
    assert estates.edit_estate(named, planner, replace(mine, name=name.replace("\u200b", ""))).version == 2


def test_a_file_may_not_bring_one_name_twice(store: Store, planner: Actor) -> None:
    rows = "小区编码,小区名称,街道\nA1,新村(东),桥东街道\nA2,新村（东）,桥东街道办事处\n"
    assert refused(store, planner, rows) == ["estate.twice"]
    assert take(store, planner, rows.replace("桥东街道办事处", "桥西街道")).imported == 2


def test_a_code_is_known_in_every_width(named: Store, planner: Actor) -> None:
    trial = take(named, planner, "小区编码,小区名称,户数\nｈ6－401,阳光花苑（一期）,12\n", dry_run=True)
    assert [(one.field, one.written, one.known) for one in trial.known_as] == [("code", "ｈ6－401", "H6-401")]
    assert [update.code for update in trial.updates] == ["H6-401"]


def test_areas_are_found_in_every_spelling(store: Store, planner: Actor) -> None:
    take(store, planner, "编码,小区名称,街道,社区\nA1,甲苑,桥东街道,第一社区（北）\n")
    record = take(store, planner, "编码,小区名称,街道,社区\nA2,乙苑,桥 东,第一社区(北)\n")
    assert record.created_areas == 0
    assert len({one.community_id for one in estates.find_estates(store, planner)}) == 1


@pytest.mark.parametrize("query", ["阳光花苑(一期)", "１期", "h6－401", "阳光 一期"])
def test_the_search_finds_it_in_every_spelling(named: Store, planner: Actor, query: str) -> None:
    assert [one.code for one in estates.find_estates(named, planner, EstateFilter(query=query))] == ["H6-401"]
    estates.edit_estate(named, planner, replace(estates.find_estates(named, planner)[0], name="改名苑"))
    assert [one.code for one in estates.find_estates(named, planner, EstateFilter(query="改 名苑"))] == ["H6-401"]


def test_an_outline_of_the_register_is_refused_and_a_part_of_one_asked_about(store: Store, planner: Actor) -> None:
    take(store, planner, f'编码,小区名称,wkt\nE1,荔香苑,"{SQUARE}"\n')
    assert refused(store, planner, f'编码,小区名称,wkt\nE2,别名苑,"{SQUARE}"\n') == ["register.outline_taken"]
    nearly = SQUARE.replace("114.412 ", "114.41205 ")
    assert refused(store, planner, f'编码,小区名称,wkt\nE2,别名苑,"{nearly}"\n') == ["register.outline_taken"]
    part = SQUARE.replace("114.412 ", "114.411 ")
    rows = f'编码,小区名称,wkt\nE2,别名苑,"{part}"\n'
    assert [one.code for one in take(store, planner, rows, dry_run=True).questions] == ["register.outline_covers"]
    with pytest.raises(ConflictError, match=r"import\.outline_needs_yes"):
        take(store, planner, rows)
    assert take(store, planner, rows, update=True).imported == 1
    # The same estate may bring its own outline again.
    assert take(store, planner, f'编码,小区名称,户数,wkt\nE1,荔香苑,99,"{SQUARE}"\n', update=True).updated == 1


def test_a_drawn_outline_is_held_against_the_register(store: Store, planner: Actor) -> None:
    take(store, planner, f'编码,小区名称,wkt\nE1,荔香苑,"{SQUARE}"\nE2,桂景阁,POINT(114.43 23.08)\n')
    second = next(one for one in estates.find_estates(store, planner) if one.code == "E2")

    def draw(wkt: str, **asked: Any) -> None:
        draw_outline(store, planner, second.id, shapely.from_wkt(wkt).wkb, version=second.version, **asked)

    for agreed in (False, True):
        with pytest.raises(ConflictError, match=r"estate\.outline\.taken"):
            draw(SQUARE, agreed=agreed)
    part = SQUARE.replace("114.412 ", "114.411 ")
    with pytest.raises(ConflictError, match=r"estate\.outline\.covers"):
        draw(part)
    district = "POLYGON((114.5 23.0,114.6 23.0,114.6 23.1,114.5 23.1,114.5 23.0))"
    with pytest.raises(ConflictError, match=r"estate\.outline\.large"):
        draw(district)
    draw(district, agreed=True)


def test_a_whole_district_is_asked_about(store: Store, planner: Actor) -> None:
    ring = [[114.3, 23.0], [114.6, 23.0], [114.6, 23.3], [114.3, 23.3], [114.3, 23.0]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    feature = {"type": "Feature", "properties": {"小区名称": "一千平方公里的小区"}, "geometry": shape}
    data = json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()
    parsed = parse_estates(data, datum="cgcs2000")
    assert parsed.verdict is FileVerdict.WARN
    (warning,) = parsed.warnings
    assert warning.code == "estate.large"
    assert "公顷" in fault_text(warning, "zh-CN")
    # The largest estates there are pass unasked.
    for east, verdict in (("114.429", FileVerdict.OK), ("114.435", FileVerdict.WARN)):
        wide = SQUARE.replace("114.412", east).replace("23.082", "23.102")
        assert parse_estates(f'编码,小区名称,wkt\nE1,荔香苑,"{wide}"\n'.encode(), datum="cgcs2000").verdict is verdict
