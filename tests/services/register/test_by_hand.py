"""Estates, buildings, doors and facilities entered by hand: nothing doubled, nothing in use taken away."""

from __future__ import annotations

import pytest
import shapely

from renovation.errors import ConflictError, ImportRefusedError, InvalidError, NotFoundError
from renovation.imports.register.buildings import parse_buildings
from renovation.model.accounts import Actor
from renovation.model.doors import doors_text, read_doors
from renovation.model.imports import ImportRecord, ImportSource
from renovation.model.places import AreaLevel, EstateFacts, FacilityDraft
from renovation.services.register import buildings, by_hand, estates, facilities, imports
from renovation.services.register.areas import areas
from renovation.services.register.by_hand import NewEstate, typed_place
from renovation.services.register.outlines import draw_outline
from renovation.store import Store, audit

PIN = (114.41, 23.08)


def test_an_estate_is_made_placed_outlined_and_deleted(store: Store, planner: Actor) -> None:
    areas.create_area(store, planner, AreaLevel.COUNTY, "惠城区")
    areas.create_area(store, planner, AreaLevel.STREET, "桥东街道")
    street = areas.find_area(store, planner, "桥东")
    made = by_hand.create_estate(
        store, planner, NewEstate(name="荔香苑", area_id=street.id, pin=PIN, facts=EstateFacts(households=120))
    )
    assert (made.code, made.street_id, made.county_id) == ("H0001", street.id, street.parent_id)
    assert made.facts.households == 120
    with pytest.raises(ConflictError, match=r"estate\.name_exists"):
        by_hand.create_estate(store, planner, NewEstate(name="荔 香 苑", area_id=street.id))
    with pytest.raises(ConflictError, match=r"estate\.code_exists"):
        by_hand.create_estate(store, planner, NewEstate(name="榕荫里", code="h0001"))
    moved = by_hand.place_estate(store, planner, made.id, (114.42, 23.09), version=made.version)
    assert shapely.from_wkb(moved.geometry).x == pytest.approx(114.42)
    outline = shapely.to_wkb(shapely.box(114.42, 23.09, 114.422, 23.092))
    drawn = draw_outline(store, planner, made.id, outline, version=moved.version)
    with pytest.raises(ConflictError, match=r"estate\.has_outline"):
        by_hand.place_estate(store, planner, made.id, PIN, version=drawn.version)
    with pytest.raises(InvalidError, match=r"estate\.delete_reason"):
        by_hand.delete_estate(store, planner, made.id, " ")
    building = buildings.create_building(store, planner, made.id, "3栋")
    with pytest.raises(ConflictError, match=r"estate\.in_use"):
        by_hand.delete_estate(store, planner, made.id, "重复登记")
    buildings.delete_building(store, planner, building, "登记有误")
    by_hand.delete_estate(store, planner, made.id, "重复登记")
    with pytest.raises(NotFoundError):
        estates.get_estate(store, planner, made.id)
    with store.read() as connection:
        (entry,) = audit.entries(connection, act="estate.delete")
    assert (entry.detail["name"], entry.detail["reason"]) == ("荔香苑", "重复登记")


def test_a_typed_place_says_its_datum_and_that_axes_are_exchanged() -> None:
    assert typed_place("114.4123，23.0812", "cgcs2000") == pytest.approx((114.4123, 23.0812))
    lon, lat = typed_place("(114.4123 23.0812)", "gcj02")
    assert 0.002 < abs(lon - 114.4123) + abs(lat - 23.0812) < 0.02
    for words, code in (("23.0812, 114.4123", "place.outside"), ("桥东街道3号", "place.unreadable")):
        with pytest.raises(InvalidError, match=code.replace(".", r"\.")):
            typed_place(words, "cgcs2000")


def test_doors_run_floor_by_floor_and_stay_once_given() -> None:
    doors = read_doors("1单元：101-302 701\n2单元: 1-3、5")
    assert doors == {"1单元": ("101", "102", "201", "202", "301", "302", "701"), "2单元": ("1", "2", "3", "5")}
    assert read_doors(doors_text(doors)) == doors
    for words, code in (
        ("101 102", "doors_unreadable"),
        ("1:1\n一单元:2\n1：3", "stairwell_twice"),
        ("1:101-99999", "doors_"),
    ):
        with pytest.raises(InvalidError, match=rf"building\.{code}"):
            read_doors(words)


def test_buildings_change_with_their_doors(store: Store, planner: Actor) -> None:
    estate = by_hand.create_estate(store, planner, NewEstate(name="荔香苑", pin=PIN))
    one = buildings.create_building(store, planner, estate.id, "3栋", floors=6, doors={"1单元": ("101", "102")})
    with pytest.raises(ConflictError, match=r"building\.name_exists"):
        buildings.create_building(store, planner, estate.id, "３ 栋")
    with pytest.raises(InvalidError, match=r"building\.doors_reason"):
        buildings.edit_building(store, planner, one, name="3栋", floors=6, has_lift=False, doors={"1单元": ("101",)})
    buildings.edit_building(
        store,
        planner,
        one,
        name="三号楼",
        floors=7,
        has_lift=True,
        doors={"1单元": ("101",), "2单元": ("201",)},
        reason="登记有误",
    )
    (held,) = estates.list_buildings(store, planner, [estate.id])
    assert (held.name, held.floors, held.has_lift) == ("三号楼", 7, True)
    stairs = estates.doors_of(store, planner, one)
    assert {unit.name: [door.number for door in doors] for unit, doors in stairs} == {
        "1单元": ["101"],
        "2单元": ["201"],
    }


def test_a_facility_is_entered_once_changed_and_deleted(store: Store, planner: Actor) -> None:
    draft = FacilityDraft(kind="公厕", name="一站", code="F1", lon=PIN[0], lat=PIN[1])
    made = facilities.keep_facility(store, planner, draft)
    for again, code in (
        (draft, "code_exists"),
        (FacilityDraft(kind="公 厕", name="一站", lon=PIN[0], lat=PIN[1]), "exists"),
    ):
        with pytest.raises(ConflictError, match=rf"facility\.{code}"):
            facilities.keep_facility(store, planner, again)
    moved = facilities.keep_facility(
        store, planner, FacilityDraft(kind="公厕", name="一站改", code="F1", lon=114.42, lat=23.09), made.id
    )
    assert facilities.list_facilities(store, planner) == (moved,)
    with pytest.raises(InvalidError, match=r"facility\.delete_reason"):
        facilities.delete_facility(store, planner, made.id, "")
    facilities.delete_facility(store, planner, made.id, "已停用")
    assert facilities.list_facilities(store, planner) == ()


def test_a_list_of_buildings_adds_what_is_lacking_and_is_taken_back(store: Store, planner: Actor) -> None:
    one = by_hand.create_estate(store, planner, NewEstate(name="荔香苑", pin=PIN))
    held = buildings.create_building(store, planner, one.id, "3栋", floors=6, doors={"1单元": ("101",)})
    heading = "小区名称,楼栋,层数,有无电梯,单元,门牌"
    text = f"{heading}\n荔香苑,3栋,7,有,1单元,101-102\n荔香苑,3 栋,,,2单元,201\n荔香苑,4栋,6,无,,\n"

    def take(words: str = text, **options: bool) -> ImportRecord:
        parsed = parse_buildings(words.encode(), datum="cgcs2000")
        source = ImportSource.of("楼栋.csv", words.encode())
        return buildings.import_buildings(store, planner, parsed, source=source, **options)

    def doors() -> dict[str, list[str]]:
        return {unit.name: [door.number for door in found] for unit, found in estates.doors_of(store, planner, held)}

    with pytest.raises(ConflictError, match=r"import\.update_needs_yes"):
        take()
    record = take(update=True)
    assert (record.imported, record.updated) == (2, 1)
    found = {each.name: each for each in estates.list_buildings(store, planner, [one.id])}
    assert (found["3栋"].floors, found["3栋"].has_lift, found["4栋"].has_lift) == (7, True, False)
    assert doors() == {"1单元": ["101", "102"], "2单元": ["201"]}
    with pytest.raises(ConflictError, match=r"import\.nothing_new"):
        take()
    imports.undo_import(store, planner, record.id or 0)
    (left,) = estates.list_buildings(store, planner, [one.id])
    assert (left.name, left.floors, left.has_lift, doors()) == ("3栋", 6, None, {"1单元": ["101"]})
    with pytest.raises(ImportRefusedError) as refused:
        take("小区名称,楼栋,门牌\n没有的小区,1栋,101\n荔香苑,1栋,604-101\n")
    assert [fault.code for fault in refused.value.faults] == ["building.estate_unknown", "building.doors_unreadable"]
