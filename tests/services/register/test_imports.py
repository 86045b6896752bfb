"""Estate files into the register: whole or nothing, areas by name, undo, remembered columns."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import permutations

import pytest

from renovation.errors import ConflictError, DeniedError, ImportRefusedError
from renovation.exports.register.places import PlaceFormat
from renovation.imports.files.headings import headings_of
from renovation.imports.files.results import Parsed
from renovation.imports.register.estates import FIELDS, EstateRow, parse_estates
from renovation.imports.register.streets import parse_streets
from renovation.model.accounts import Actor, Role
from renovation.model.imports import ImportKind, ImportSource
from renovation.model.places import AreaLevel, Deficit, EstateFilter
from renovation.model.scope import Scope
from renovation.services.register import estates, imports
from renovation.services.register.estates import edit_estate
from renovation.services.register.exports import export_estates
from renovation.services.register.outlines import draw_outline
from renovation.services.register.places import list_areas, list_roads
from renovation.store import Store, audit
from renovation.text import fault_text

LIST = """小区名称,县区,街道,社区,建成年份,户数,经度,纬度
荔香苑,惠城区,桥东街道,东门社区,1988年,120户,114.41,23.08
桂景阁,惠城,桥东街道,西门社区,1995,80,114.42,23.09
榕荫里,惠阳区,淡水街道,,2001,300,114.46,22.79
"""


def read(text: str = LIST, datum: str = "cgcs2000", **options: object) -> Parsed[EstateRow]:
    return parse_estates(text.encode(), datum=datum, **options)  # type: ignore[arg-type]


def source(text: str = LIST) -> ImportSource:
    return ImportSource.of("名单.csv", text.encode())


def test_file_becomes_estates_areas_record_and_log(store: Store, planner: Actor) -> None:
    record = imports.import_estates(store, planner, read(), source=source())
    assert record.id is not None
    assert (record.rows, record.imported, record.datum) == (3, 3, "cgcs2000")
    assert record.created_areas == 6
    assert record.mapping["小区名称"] == "name"
    found = {e.name: e for e in estates.find_estates(store, planner)}
    assert found["荔香苑"].facts.households == 120
    assert found["荔香苑"].facts.built_year == 1988
    # "惠城" and "惠城区" are one district; the street of that name is one street.
    assert found["荔香苑"].county_id == found["桂景阁"].county_id
    assert found["荔香苑"].street_id == found["桂景阁"].street_id
    assert found["荔香苑"].community_id != found["桂景阁"].community_id
    assert found["榕荫里"].community_id is None
    assert [a.name for a in list_areas(store, planner, level=AreaLevel.COUNTY)] == ["惠城区", "惠阳区"]
    with store.read() as connection:
        (entry,) = audit.entries(connection, act="import.take")
    assert entry.detail["file"] == "名单.csv"
    assert entry.detail["sha256"] == source().sha256


def test_dry_run_keeps_nothing(store: Store, planner: Actor) -> None:
    record = imports.import_estates(store, planner, read(), source=source(), dry_run=True)
    assert record.id is None
    assert record.created_areas == 6
    assert estates.find_estates(store, planner) == ()
    assert list_areas(store, planner) == ()
    assert imports.list_imports(store, planner) == ()


def test_faults_of_the_file_refuse_it_whole(store: Store, planner: Actor) -> None:
    bad = read(LIST.replace("1995", "很早以前"))
    with pytest.raises(ImportRefusedError) as refused:
        imports.import_estates(store, planner, bad, source=source())
    assert refused.value.faults[0].row == 3
    assert estates.find_estates(store, planner) == ()


def test_what_the_register_holds_already_refuses_the_file_whole(store: Store, planner: Actor) -> None:
    imports.import_estates(store, planner, read(), source=source())
    again = LIST + "新小区,惠城区,桥东街道,东门社区,1990,50,114.43,23.08\n"
    with pytest.raises(ImportRefusedError) as refused:
        imports.import_estates(store, planner, read(again), source=source(again))
    assert [fault.row for fault in refused.value.faults] == [2, 3, 4]
    assert "荔香苑" in fault_text(refused.value.faults[0], "zh-CN")
    assert len(estates.find_estates(store, planner)) == 3


def test_local_staff_import_only_their_own_area(store: Store, planner: Actor, observer: Actor) -> None:
    imports.import_estates(store, planner, read(), source=source())
    (county,) = [a for a in list_areas(store, planner, level=AreaLevel.COUNTY) if a.name == "惠阳区"]
    local = Actor(role=Role.SOCIAL_WORKER, login="local", scope=Scope(county_id=county.id))
    mixed = "小区名称,县区,户数\n新一,惠阳区,10\n新二,惠城区,20\n"
    with pytest.raises(ImportRefusedError) as refused:
        imports.import_estates(store, local, read(mixed), source=source(mixed))
    assert [fault.code for fault in refused.value.faults] == ["register.outside_scope"]
    with pytest.raises(DeniedError):
        imports.import_estates(store, observer, read(), source=source())


def test_last_import_can_be_undone_with_the_areas_it_made(store: Store, planner: Actor) -> None:
    first = imports.import_estates(store, planner, read(), source=source())
    more = "小区名称,县区,街道\n新小区,惠城区,河南岸街道\n"
    second = imports.import_estates(store, planner, read(more), source=source(more))
    assert first.id is not None
    assert second.id is not None
    with pytest.raises(ConflictError, match=r"import\.not_last"):
        imports.undo_import(store, planner, first.id)
    imports.undo_import(store, planner, second.id)
    assert {e.name for e in estates.find_estates(store, planner)} == {"荔香苑", "桂景阁", "榕荫里"}
    assert "河南岸街道" not in {a.name for a in list_areas(store, planner)}
    assert "惠城区" in {a.name for a in list_areas(store, planner)}
    imports.undo_import(store, planner, first.id)
    assert list_areas(store, planner) == ()
    with pytest.raises(ConflictError, match=r"import\.undone"):
        imports.undo_import(store, planner, first.id)
    assert [r.undone_at is not None for r in imports.list_imports(store, planner)] == [True, True]


def test_import_in_use_stays(store: Store, planner: Actor) -> None:
    record = imports.import_estates(store, planner, read(), source=source())
    assert record.id is not None
    estate = estates.find_estates(store, planner, EstateFilter(query="荔香苑"))[0]
    edit_estate(store, planner, replace(estate, name="荔香新苑"))
    with pytest.raises(ConflictError, match=r"import\.in_use"):
        imports.undo_import(store, planner, record.id)
    assert len(estates.find_estates(store, planner)) == 3
    assert imports.list_imports(store, planner)[0].undone_at is None


def test_estates_come_again_by_code_are_changed_after_a_yes_and_put_back(store: Store, planner: Actor) -> None:
    first = (
        "编码,小区名称,县区,户数,60岁以上占比,停车难,经度,纬度\n"
        "E1,荔香苑,惠城区,120,30%,是,114.41,23.08\nE2,桂景阁,惠城区,80,,,114.42,23.09\n"
    )
    begun = imports.import_estates(store, planner, read(first), source=source(first))
    before = {e.code: e for e in estates.find_estates(store, planner)}
    again = (
        "编码,小区名称,户数,60岁以上占比,停车难,经度,纬度\n"
        "E1,荔香新苑,132,,否,114.411,23.08\nE2,桂景阁,80,,,,\nE3,新小区,50,,,,\n"
    )
    parsed = read(again)
    tried = imports.import_estates(store, planner, parsed, source=source(again), dry_run=True)
    (update,) = tried.updates
    assert (update.row, update.code) == (2, "E1")
    assert update.fields["households"] == ("120", "132")
    assert set(update.fields) == {"name", "households", "deficits", "place"}
    with pytest.raises(ConflictError, match=r"import\.update_needs_yes"):
        imports.import_estates(store, planner, parsed, source=source(again))
    record = imports.import_estates(store, planner, parsed, source=source(again), update=True)
    after = {e.code: e for e in estates.find_estates(store, planner)}
    assert (record.imported, record.updated, record.recognised) == (2, 1, 2)
    assert (after["E1"].name, after["E1"].facts.households) == ("荔香新苑", 132)
    # What the file leaves empty stays; the column that says "no" takes the deficit away.
    assert (after["E1"].facts.elderly_share, after["E1"].facts.deficits) == (Fraction(3, 10), frozenset())
    assert after["E1"].county_id == before["E1"].county_id
    assert after["E2"] == before["E2"]
    assert record.id is not None
    imports.undo_import(store, planner, record.id)
    undone = {e.code: e for e in estates.find_estates(store, planner)}
    assert undone == before | {"E1": replace(before["E1"], version=3)}
    file = estates.get_estate_file(store, planner, before["E1"].id)
    assert [(r.deficit, r.present) for r in file.deficits] == [(Deficit.PARKING, True)]
    assert [change.fields["households"] for change in file.history] == [("132", "120"), ("120", "132")]
    once_more = imports.import_estates(store, planner, parsed, source=source(again), update=True)
    changed = estates.get_estate(store, planner, before["E1"].id)
    edited = edit_estate(store, planner, replace(changed, name="改过"))
    assert once_more.id is not None
    with pytest.raises(ConflictError, match=r"import\.in_use"):
        imports.undo_import(store, planner, once_more.id)
    # As the list left it again, it may be taken back; and so may the list before, whose estates are as it made them.
    edit_estate(store, planner, replace(changed, version=edited.version))
    for one in (once_more, begun):
        assert one.id is not None
        imports.undo_import(store, planner, one.id)
    assert estates.find_estates(store, planner) == ()


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_new_known_and_changed_estates_come_in_any_order(
    sqlite_store: Store, planner: Actor, order: tuple[int, ...]
) -> None:
    heading = "小区编号,小区名称,县区,街道,户数"
    known = f"{heading}\nA-1,荔香苑,惠城区,桥东街道,120\nA-2,桂景阁,惠城区,桥东街道,80\n"
    imports.import_estates(sqlite_store, planner, read(known), source=source(known))
    rows = ["A-1,荔香苑,惠城区,桥东街道,120", "A-2,桂景阁,惠城区,桥东街道,95", "A-3,榕荫里,惠城区,桥东街道,60"]
    again = "\n".join([heading, *(rows[at] for at in order)])
    record = imports.import_estates(sqlite_store, planner, read(again), source=source(again), update=True)
    assert (record.imported, record.rows) == (2, 3)
    found = {one.code: (one.facts.households, one.version) for one in estates.find_estates(sqlite_store, planner)}
    assert found == {"A-1": (120, 1), "A-2": (95, 2), "A-3": (60, 1)}


def test_a_refusal_stands_in_the_log_and_nowhere_else(sqlite_store: Store, planner: Actor, observer: Actor) -> None:
    bad = read(LIST.replace("1995", "很早以前"))
    imports.note_refusal(sqlite_store, planner, ImportKind.ESTATES, source(), bad.faults)
    with sqlite_store.read() as connection:
        (entry,) = audit.entries(connection, act="import.")
    assert (entry.act, entry.detail["file"], entry.detail["faults"]) == ("import.refuse", "名单.csv", 1)
    assert imports.list_imports(sqlite_store, planner) == ()
    with pytest.raises(DeniedError):
        imports.note_refusal(sqlite_store, observer, ImportKind.ESTATES, source(), bad.faults)


def test_place_gives_the_areas_a_file_does_not_name(store: Store, planner: Actor) -> None:
    import shapely

    named = "小区名称,县区,街道\n有范围的,惠城区,桥东街道\n"
    imports.import_estates(store, planner, read(named), source=source(named))
    # The register's areas get outlines elsewhere; here the estate's own outline proves the Point case stays a point.
    points = "小区名称,经度,纬度\n只有点的,114.41,23.08\n"
    imports.import_estates(store, planner, read(points), source=source(points))
    estate = estates.find_estates(store, planner, EstateFilter(query="只有点的"))[0]
    assert shapely.from_wkb(estate.geometry).geom_type == "Point"
    assert estates.get_estate_file(store, planner, estate.id).outline_m2 is None
    drawn = draw_outline(
        store, planner, estate.id, shapely.to_wkb(shapely.box(114.409, 23.079, 114.411, 23.081)), version=1
    )
    assert shapely.from_wkb(drawn.geometry).geom_type == "Polygon"


def test_matching_of_columns_is_remembered_per_set_of_headings(store: Store, planner: Actor) -> None:
    headings = ("甲", "乙")
    assert imports.remembered_mapping(store, planner, ImportKind.ESTATES, headings) is None
    imports.remember_mapping(store, planner, ImportKind.ESTATES, headings, {"甲": "name"})
    assert imports.remembered_mapping(store, planner, ImportKind.ESTATES, ("乙", "甲")) == {"甲": "name"}
    assert imports.remembered_mapping(store, planner, ImportKind.ESTATES, ("甲",)) is None


def test_headings_are_found_below_title_rows() -> None:
    assert headings_of(LIST.encode(), FIELDS) == tuple(LIST.splitlines()[0].split(","))
    titled = "惠城区老旧小区名单,,,\n,,,\n序号,小区名称,户数,特别说明\n1,荔香苑,20,无\n"
    assert headings_of(titled.encode(), FIELDS) == ("序号", "小区名称", "户数", "特别说明")


def test_streets_become_the_base_of_the_map_and_can_be_undone(sqlite_store: Store, planner: Actor) -> None:
    text = (
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"name":"演达大道","highway":"primary"},'
        '"geometry":{"type":"MultiLineString","coordinates":[[[114.4,23.1],[114.5,23.1]],[[114.5,23.1],[114.5,23.2]]]}}]}'
    )
    parsed = parse_streets(text.encode(), datum="wgs84")
    record = imports.import_streets(sqlite_store, planner, parsed, source=source(text))
    assert record.id is not None
    roads = list_roads(sqlite_store, planner)
    assert [(road.name, road.rank) for road in roads] == [("演达大道", 1)] * 2
    imports.undo_import(sqlite_store, planner, record.id)
    assert list_roads(sqlite_store, planner) == ()


@pytest.mark.parametrize("format_", list(PlaceFormat))
@pytest.mark.parametrize("datum", ["cgcs2000", "gcj02"])
def test_what_is_exported_can_be_imported_elsewhere(
    sqlite_store: Store, planner: Actor, format_: PlaceFormat, datum: str
) -> None:
    imports.import_estates(sqlite_store, planner, read(), source=source())
    before = {e.name: e for e in estates.find_estates(sqlite_store, planner)}
    name, mime_type, content = export_estates(sqlite_store, planner, EstateFilter(), format_, datum=datum)
    assert name
    assert mime_type
    parsed = parse_estates(content, datum=datum)
    assert parsed.faults == ()
    rows = {row.name: row for row in parsed.records}
    assert rows.keys() == before.keys()
    import shapely

    for estate in before.values():
        row = rows[estate.name]
        assert row.code == estate.code
        assert row.households == estate.facts.households
        there, here = shapely.from_wkb(row.geometry), shapely.from_wkb(estate.geometry)
        assert shapely.distance(there, here) < 1e-6
