"""The hierarchy of areas: files that bring it, acts by hand, nothing doubled, everything taken back."""

from __future__ import annotations

import json

import pytest
import shapely

from renovation.errors import ConflictError, DeniedError, ImportRefusedError
from renovation.imports.register.areas import parse_areas
from renovation.imports.register.estates import parse_estates
from renovation.model.accounts import Actor, Role
from renovation.model.imports import ImportKind, ImportRecord, ImportSource
from renovation.model.places import AreaLevel
from renovation.model.scope import Scope
from renovation.services.register import estates, imports
from renovation.services.register.areas import areas
from renovation.services.register.areas.imports import import_areas
from renovation.services.staff import accounts
from renovation.store import Store

LIST = "小区名称,街道,户数,经度,纬度\n荔香苑,桥东街道,120,114.41,23.08\n榕荫里,桥西街道,300,114.39,23.08\n"


def layer(*named: tuple[str, str, tuple[float, float, float, float]]) -> bytes:
    features = [
        {
            "type": "Feature",
            "properties": {"adcode": code, "name": name},
            "geometry": shapely.geometry.mapping(shapely.box(*box)),
        }
        for code, name, box in named
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


COUNTIES = layer(
    ("441302", "惠城区", (114.3, 23.0, 114.5, 23.2)),
    ("441303", "惠阳区", (114.5, 22.7, 114.7, 23.0)),
)


def take(store: Store, actor: Actor, data: bytes, *, level: AreaLevel | None = None, **options: bool) -> ImportRecord:
    parsed = parse_areas(data, datum="cgcs2000", level=level)
    return import_areas(store, actor, parsed, source=ImportSource.of("边界.geojson", data), **options)


def take_list(store: Store, actor: Actor, text: str = LIST, **options: bool) -> ImportRecord:
    parsed = parse_estates(text.encode(), datum="cgcs2000")
    return imports.import_estates(store, actor, parsed, source=ImportSource.of("名单.csv", text.encode()), **options)


def tree(store: Store, actor: Actor) -> dict[str, tuple[str, ...]]:
    return {line.area.name: line.trail for line in areas.list_hierarchy(store, actor)}


def homes(store: Store, actor: Actor) -> dict[str, tuple[str | None, str | None]]:
    names = {line.area.id: line.area.name for line in areas.list_hierarchy(store, actor)}
    found = estates.find_estates(store, actor)
    return {one.name: (names.get(one.county_id or 0), names.get(one.street_id or 0)) for one in found}


def test_a_county_that_comes_later_doubles_no_street(store: Store, planner: Actor) -> None:
    take_list(store, planner)
    tried = take(store, planner, COUNTIES, dry_run=True)
    assert [one.name for one in tried.effects.made] == ["惠城区", "惠阳区"]
    assert {one.name: one.after for one in tried.effects.moved} == {"桥东街道": ("惠城区",), "桥西街道": ("惠城区",)}
    assert tried.effects.estates == ("榕荫里", "荔香苑")
    assert tree(store, planner) == {"桥东街道": (), "桥西街道": ()}
    made = take(store, planner, COUNTIES)
    assert tree(store, planner) == {
        "惠城区": (),
        "桥东街道": ("惠城区",),
        "桥西街道": ("惠城区",),
        "惠阳区": (),
    }
    assert homes(store, planner) == {"荔香苑": ("惠城区", "桥东街道"), "榕荫里": ("惠城区", "桥西街道")}
    more = LIST.replace("街道,户数", "街道,县区,户数").replace("街道,120", "街道,惠城区,120").replace("香苑", "香园")
    take_list(store, planner, "\n".join(more.splitlines()[:2]) + "\n")
    assert [name for name in tree(store, planner) if "桥东" in name] == ["桥东街道"]
    last = imports.list_imports(store, planner, ImportKind.ESTATES)[0]
    imports.undo_import(store, planner, last.id or 0)
    imports.undo_import(store, planner, made.id or 0)
    assert tree(store, planner) == {"桥东街道": (), "桥西街道": ()}
    assert homes(store, planner) == {"荔香苑": (None, "桥东街道"), "榕荫里": (None, "桥西街道")}


def test_a_list_without_a_county_lies_in_the_one_there_is(store: Store, planner: Actor) -> None:
    areas.create_area(store, planner, AreaLevel.COUNTY, "惠城区")
    take_list(store, planner, "小区名称,街道\n荔香苑,桥东街道\n榕荫里,\n")
    assert tree(store, planner) == {"惠城区": (), "桥东街道": ("惠城区",)}
    assert homes(store, planner) == {"荔香苑": ("惠城区", "桥东街道"), "榕荫里": ("惠城区", None)}


def test_a_list_that_names_a_county_takes_the_street_that_lay_nowhere(store: Store, planner: Actor) -> None:
    take_list(store, planner, "小区名称,街道\n荔香苑,桥东街道\n")
    tried = take_list(store, planner, "小区名称,县区,街道\n桂景阁,惠城区,桥东街道办\n", dry_run=True)
    assert [(one.name, one.after) for one in tried.effects.moved] == [("桥东街道", ("惠城区",))]
    take_list(store, planner, "小区名称,县区,街道\n桂景阁,惠城区,桥东街道办\n")
    take_list(store, planner, "小区名称,县区,街道\n荷兰水乡,惠阳区,桥东街道\n")
    assert homes(store, planner) == {
        "荔香苑": ("惠城区", "桥东街道"),
        "桂景阁": ("惠城区", "桥东街道"),
        "荷兰水乡": ("惠阳区", "桥东街道"),
    }


def test_levels_are_known_by_name_code_column_or_word(store: Store, planner: Actor) -> None:
    assert [row.level for row in parse_areas(COUNTIES, datum="cgcs2000").records] == [AreaLevel.COUNTY] * 2
    listed = "县区,街道,社区\n惠城区,,\n惠城区,桥东街道,\n惠城区,桥东街道,东门社区\n"
    take(store, planner, listed.encode())
    assert tree(store, planner) == {"惠城区": (), "桥东街道": ("惠城区",), "东门社区": ("惠城区", "桥东街道")}
    coded = "网格编号,所属社区,所属街道\n441302002001001,东门社区,桥东街道\n".encode()
    [grid] = parse_areas(coded, datum="cgcs2000").records
    assert (grid.level, grid.name, grid.code) == (AreaLevel.GRID, "441302002001001", "441302002001001")
    unknown = parse_areas("名称\n第一片\n".encode(), datum="cgcs2000")
    assert [fault.code for fault in unknown.faults] == ["area.level_unknown"]
    assert parse_areas("名称\n第一片\n".encode(), datum="cgcs2000", level=AreaLevel.GRID).records[0].name == "第一片"
    asked = parse_areas("名称\n桥东街道\n".encode(), datum="cgcs2000", level=AreaLevel.COUNTY)
    assert [fault.code for fault in asked.warnings] == ["area.looks.street"]


def test_a_name_that_two_communities_share_makes_no_third(store: Store, planner: Actor) -> None:
    take(
        store,
        planner,
        "街道,社区名称,社区编码\n桥东街道,东门社区,441302002001\n桥东街道,东门社区,441302002002\n".encode(),
    )
    take_list(store, planner, "小区名称,街道,社区\n荔香苑,桥东街道,东门社区\n桂景阁,桥东街道,东门社区\n")
    assert len(areas.list_hierarchy(store, planner)) == 3


def test_outlines_and_official_codes_join_what_a_list_brought(store: Store, planner: Actor) -> None:
    take(store, planner, COUNTIES)
    take_list(store, planner)
    streets = layer(
        ("441302002", "桥东街道办事处", (114.4, 23.05, 114.45, 23.1)),
        ("441302003", "龙丰街道", (114.35, 23.05, 114.38, 23.1)),
    )
    with pytest.raises(ConflictError, match=r"import\.update_needs_yes"):
        take(store, planner, streets)
    record = take(store, planner, streets, update=True)
    assert (record.imported, record.updated) == (2, 1)
    lines = {line.area.name: line for line in areas.list_hierarchy(store, planner)}
    assert (lines["桥东街道办事处"].area.code, lines["桥东街道办事处"].has_outline) == ("441302002", True)
    assert lines["龙丰街道"].trail == ("惠城区",)
    with pytest.raises(ConflictError, match=r"import\.nothing_new"):
        take(store, planner, streets)
    imports.undo_import(store, planner, record.id or 0)
    assert "桥东街道" in tree(store, planner)
    assert "龙丰街道" not in tree(store, planner)


def test_an_outline_of_a_street_is_no_estate(store: Store, planner: Actor) -> None:
    parsed = parse_estates(
        layer(("1", "桥东街道", (114.4, 23.05, 114.45, 23.1)), ("2", "锦绣小区", (114.4, 23.05, 114.401, 23.051))),
        datum="cgcs2000",
    )
    assert [(fault.code, fault.fields["name"]) for fault in parsed.faults] == [("estate.looks.street", "桥东街道")]


def test_acts_by_hand_say_by_names_what_they_change_and_are_taken_back(store: Store, admin: Actor) -> None:
    take(store, admin, COUNTIES)
    take_list(store, admin)
    found = {line.area.name: line.area for line in areas.list_hierarchy(store, admin)}
    before = tree(store, admin), homes(store, admin)
    tried = areas.merge_areas(store, admin, found["桥西街道"].id, found["桥东街道"].id, dry_run=True)
    assert (tried.joined, tried.estates) == ((("桥西街道", "桥东街道"),), ("榕荫里",))
    assert (tree(store, admin), homes(store, admin)) == before
    areas.merge_areas(store, admin, found["桥西街道"].id, found["桥东街道"].id)
    assert homes(store, admin)["榕荫里"] == ("惠城区", "桥东街道")
    areas.edit_area(store, admin, found["桥东街道"].id, name="河南街道", code="", parent_id=found["惠阳区"].id)
    assert homes(store, admin) == dict.fromkeys(("荔香苑", "榕荫里"), ("惠阳区", "河南街道"))
    with pytest.raises(ConflictError, match=r"area\.not_empty"):
        areas.delete_area(store, admin, found["惠阳区"].id)
    for _ in range(2):
        last = areas.last_area_act(store, admin)
        assert last is not None
        areas.undo_area_act(store, admin, last.id)
    assert (tree(store, admin), homes(store, admin)) == before
    assert areas.last_area_act(store, admin) is None


def test_one_name_is_made_once(store: Store, planner: Actor) -> None:
    areas.create_area(store, planner, AreaLevel.STREET, "桥东街道")
    areas.create_area(store, planner, AreaLevel.COUNTY, "惠城区")
    assert tree(store, planner) == {"惠城区": (), "桥东街道": ("惠城区",)}
    with pytest.raises(ConflictError, match=r"area\.name_exists"):
        areas.create_area(store, planner, AreaLevel.STREET, "桥 东 街道办")
    areas.create_area(store, planner, AreaLevel.STREET, "河南岸街道", code="441302009")
    renamed = layer(("441302009", "江北街道", (114.35, 23.05, 114.38, 23.1)))
    assert take(store, planner, renamed, dry_run=True).updates[0].fields["name"] == ("河南岸街道", "江北街道")
    with pytest.raises(ImportRefusedError) as refused:
        take(store, planner, "名称,代码\n桥东街道,441302009\n".encode(), update=True)
    assert [fault.code for fault in refused.value.faults] == ["area.code_taken"]


def test_who_sees_a_part_of_town_changes_no_areas_and_sees_it_wherever_it_moves(store: Store, admin: Actor) -> None:
    take(store, admin, COUNTIES)
    take_list(store, admin)
    found = {line.area.name: line.area for line in areas.list_hierarchy(store, admin)}
    street = found["桥东街道"].id
    draft = accounts.AccountDraft(login="qiaodong", name="桥东", role=Role.PLANNER, scope=Scope(street_id=street))
    made, _ = accounts.create_account(store, admin, draft)
    with pytest.raises(DeniedError):
        areas.create_area(store, accounts.as_actor(made), AreaLevel.STREET, "别处街道")
    areas.edit_area(store, admin, street, name="桥东街道", code="", parent_id=found["惠阳区"].id)
    assert [one.name for one in estates.find_estates(store, accounts.as_actor(made))] == ["荔香苑"]
    tried = areas.merge_areas(store, admin, street, found["桥西街道"].id, dry_run=True)
    assert tried.accounts == ("桥东",)
    areas.merge_areas(store, admin, street, found["桥西街道"].id)
    (again,) = [one for one in accounts.list_accounts(store, admin) if one.login == "qiaodong"]
    assert [one.name for one in estates.find_estates(store, accounts.as_actor(again))] == ["荔香苑", "榕荫里"]
