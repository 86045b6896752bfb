"""Who has a facility within reach, who would, and the files that say so."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
import shapely

from renovation.errors import DeniedError, InvalidError
from renovation.exports.register.places import PlaceFormat
from renovation.geo.gains import Question, with_chosen
from renovation.geo.service_area import Way
from renovation.imports.files.lists import shipped
from renovation.imports.register.estates import parse_estates
from renovation.imports.register.facilities import parse_facilities
from renovation.imports.register.streets import parse_streets
from renovation.model.accounts import PUBLIC, Actor
from renovation.model.imports import ImportSource
from renovation.model.lists import ListKind
from renovation.model.localities import facilities_of
from renovation.services.projects import items, projects
from renovation.services.register import coverage, imports
from renovation.services.register.coverage import measure_coverage
from renovation.services.register.coverage_exports import CoverageContent, export_coverage
from renovation.services.register.estates import find_estates
from renovation.services.register.facilities import import_facilities
from renovation.store import Store

KIND = "养老服务站"
ESTATES = (
    "小区名称,街道,户数,经度,纬度\n荔香苑,桥东街道,120,114.41,23.08\n桂景阁,桥西街道,80,114.45,23.09\n"
    "榕荫居,桥西街道,50,114.453,23.09\n"
).encode()
FACILITIES = f"编号,名称,类别,经度,纬度\nA,一站,{KIND},114.411,23.08\n".encode()
STREETS = 'name,wkt\n下角路,"LINESTRING(114.40 23.08,114.42 23.08)"\n'.encode()
KINDS = facilities_of(shipped(ListKind.FACILITIES))
ITEM = KINDS[KIND].items[0]


def _source(data: bytes) -> ImportSource:
    return ImportSource.of("x.csv", data)


@pytest.fixture
def city(store: Store, planner: Actor) -> Store:
    imports.import_estates(store, planner, parse_estates(ESTATES, datum="cgcs2000"), source=_source(ESTATES))
    import_facilities(store, planner, parse_facilities(FACILITIES, datum="cgcs2000"), source=_source(FACILITIES))
    return store


def add_project(store: Store, planner: Actor, name: str, lon: float, lat: float) -> int:
    estate = find_estates(store, planner)[0]
    draft = projects.draft_from_item(
        store,
        planner,
        estate_id=estate.id,
        item_code=ITEM,
        quantity=Decimal(100),
        name=name,
        geometry=shapely.to_wkb(shapely.Point(lon, lat)),
    )
    return projects.create_project(store, planner, draft).id


def test_now_and_with_every_candidate(city: Store, planner: Actor) -> None:
    east = add_project(city, planner, "东", 114.4505, 23.09)
    far = add_project(city, planner, "远", 114.6, 23.3)
    further_east = add_project(city, planner, "更东", 114.4545, 23.09)
    found = measure_coverage(city, planner, Question(kind=KIND, metres=300, item_codes=(ITEM,)))
    assert (found.area.households, found.area.covered, len(found.facilities)) == (250, 120, 1)
    assert found.area.way is Way.STRAIGHT
    gains = {c.project_id: int(gain) for c, gain in zip(found.candidates, found.area.gains, strict=True)}
    assert gains == {east: 130, far: 0, further_east: 50}

    nothing = with_chosen(found)
    assert [(s.name, s.households, s.now, s.then) for s in nothing.streets] == [
        ("桥西街道", 130, Fraction(0), Fraction(0)),
        ("桥东街道", 120, Fraction(1), Fraction(1)),
    ]
    assert found.candidates[nothing.ranking()[0]].project_id == east

    chosen = with_chosen(found, [further_east, 999])
    assert (chosen.covered, int(chosen.gains.sum())) == (170, 80)
    assert [found.candidates[at].project_id for at in chosen.ranking()] == [further_east, east, far]
    assert with_chosen(found, [further_east, east]).covered == 250
    assert with_chosen(found).covered == 120, "choosing leaves the answer as it was"


@pytest.mark.parametrize("format_", list(PlaceFormat))
@pytest.mark.parametrize("content", list(CoverageContent))
def test_files_say_what_the_screen_says(
    sqlite_store: Store, planner: Actor, content: CoverageContent, format_: PlaceFormat
) -> None:
    imports.import_estates(sqlite_store, planner, parse_estates(ESTATES, datum="cgcs2000"), source=_source(ESTATES))
    add_project(sqlite_store, planner, "东", 114.4505, 23.09)
    found = measure_coverage(sqlite_store, planner, Question(kind=KIND, metres=300, item_codes=(ITEM,)))
    then = with_chosen(found, [found.candidates[0].project_id])
    name, _, data = export_coverage(planner, found, then, content, format_, datum="gcj02")
    assert name.endswith(format_.suffix)
    assert len(data) > 200
    if format_ is PlaceFormat.CSV:
        said = data.decode("utf-8-sig")
        assert ("所选项目带来的" in said) is (content is CoverageContent.HOMES)
        assert "gcj02" in said
    with pytest.raises(DeniedError):
        export_coverage(PUBLIC, found, then, content, format_)


def test_walking_needs_a_street_layer(city: Store, planner: Actor) -> None:
    question = Question(kind=KIND, metres=500, walking=True)
    assert not coverage.has_streets(city, planner)
    with pytest.raises(InvalidError) as refused:
        measure_coverage(city, planner, question)
    assert refused.value.code == "geo.no_streets"
    imports.import_streets(city, planner, parse_streets(STREETS, datum="cgcs2000"), source=_source(STREETS))
    assert coverage.has_streets(city, planner)
    found = measure_coverage(city, planner, question)
    assert (found.area.covered, found.area.way) == (120, Way.NETWORK)


def test_the_stamp_moves_with_what_is_measured(city: Store, planner: Actor) -> None:
    before = coverage.coverage_stamp(city, planner)
    add_project(city, planner, "新", 114.45, 23.09)
    assert coverage.coverage_stamp(city, planner) != before
    with pytest.raises(DeniedError):
        coverage.coverage_stamp(city, None)


def test_an_empty_register_has_no_share(store: Store, planner: Actor) -> None:
    found = measure_coverage(store, planner, Question(kind=KIND, metres=500, item_codes=(ITEM,)))
    assert (found.area.share, found.candidates, with_chosen(found).streets) == (None, (), ())


def test_kinds_name_items_of_the_catalogue(store: Store, planner: Actor) -> None:
    codes = {item.code for item in items.catalogue(store, planner)}
    assert {code for kind in KINDS.values() for code in kind.items} <= codes
    assert (KINDS[KIND].name("en"), KINDS[KIND].name("zh-CN")) == ("Elder-care station", KIND)
