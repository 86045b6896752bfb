"""Files of an account that sees a part of town: they change and make nothing outside it, and are undone in it alone."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import shapely

from renovation.errors import DeniedError, ImportRefusedError
from renovation.imports.register.estates import parse_estates
from renovation.imports.register.facilities import parse_facilities
from renovation.imports.register.streets import parse_streets
from renovation.model.accounts import Actor
from renovation.model.imports import ImportRecord, ImportSource
from renovation.model.scope import Scope
from renovation.services.register import estates, imports
from renovation.services.register.facilities import import_facilities, list_facilities
from renovation.services.register.places import list_roads
from renovation.store import Store
from renovation.store.schema.places import estate as estate_table

TOWN = "编号,小区名称,街道,户数,经度,纬度\nE1,荔香苑,桥东街道,120,114.41,23.08\nE2,桂景阁,桥西街道,80,114.45,23.09\n"
#: Around 荔香苑, and not around 桂景阁.
NEAR = shapely.to_wkb(shapely.box(114.40, 23.07, 114.42, 23.09))


def take_estates(store: Store, actor: Actor, text: str) -> ImportRecord:
    parsed = parse_estates(text.encode(), datum="cgcs2000")
    return imports.import_estates(store, actor, parsed, source=ImportSource.of("x.csv", text.encode()), update=True)


@pytest.fixture
def ids(store: Store, planner: Actor) -> dict[str, int]:
    """Two estates of two streets, by code."""
    take_estates(store, planner, TOWN)
    return {one.code: one.id for one in estates.find_estates(store, planner)}


@pytest.fixture
def local(store: Store, planner: Actor, ids: dict[str, int]) -> Actor:
    """A planner of the first estate alone."""
    return replace(planner, login="local", scope=Scope(estate_id=ids["E1"]))


def test_an_account_of_one_estate_changes_that_one_alone(store: Store, local: Actor, planner: Actor) -> None:
    take_estates(store, local, "编号,小区名称,户数\nE1,荔香苑,121\n")
    for text in (
        "编号,小区名称,户数\nE2,桂景阁,81\n",
        "编号,小区名称,街道,户数\nE3,新小区,桥东街道,30\n",
        "编号,小区名称,户数\nE1,荔香苑,122\nE2,桂景阁,81\n",
    ):
        with pytest.raises(ImportRefusedError) as refused:
            take_estates(store, local, text)
        assert [fault.code for fault in refused.value.faults] == ["register.outside_scope"]
    assert {one.code: one.facts.households for one in estates.find_estates(store, planner)} == {"E1": 121, "E2": 80}


def test_an_account_of_a_street_moves_no_estate_out_of_it(store: Store, planner: Actor, ids: dict[str, int]) -> None:
    street = estates.get_estate(store, planner, ids["E1"]).street_id
    local = replace(planner, scope=Scope(street_id=street))
    take_estates(store, local, "编号,小区名称,街道,户数\nE3,新小区,桥东街道,30\nE1,荔香苑,,121\n")
    for text in ("编号,小区名称,街道\nE1,荔香苑,桥西街道\n", "编号,小区名称,街道\nE2,桂景阁,桥东街道\n"):
        with pytest.raises(ImportRefusedError, match=r"import\.refused"):
            take_estates(store, local, text)


def test_facilities_and_streets_lie_inside_a_part_that_somebody_has_drawn(
    store: Store, planner: Actor, ids: dict[str, int], local: Actor
) -> None:
    def facilities(text: str) -> ImportRecord:
        parsed = parse_facilities(text.encode(), datum="cgcs2000")
        return import_facilities(store, local, parsed, source=ImportSource.of("f.csv", text.encode()))

    def streets(name: str, lon: float) -> ImportRecord:
        line = {"type": "LineString", "coordinates": [[lon, 23.08], [lon, 23.081]]}
        feature = {"type": "Feature", "properties": {"name": name}, "geometry": line}
        text = json.dumps({"type": "FeatureCollection", "features": [feature]})
        parsed = parse_streets(text.encode(), datum="cgcs2000")
        return imports.import_streets(store, local, parsed, source=ImportSource.of("s.json", text.encode()))

    here = "名称,类别,经度,纬度\n一站,养老服务站,114.411,23.08\n"
    with pytest.raises(DeniedError, match="whole_town"):
        facilities(here)
    with store.write() as unit:
        unit.connection.execute(estate_table.update().where(estate_table.c.id == ids["E1"]).values(geometry=NEAR))
        unit.commit()
    taken = facilities(here), streets("东门路", 114.41)
    with pytest.raises(ImportRefusedError, match="refused"):
        facilities("名称,类别,经度,纬度\n公厕,公厕,114.45,23.09\n")
    with pytest.raises(ImportRefusedError, match="refused"):
        streets("西门路", 114.45)
    assert [one.name for one in list_facilities(store, planner)] == ["一站"]
    assert [one.name for one in list_roads(store, planner)] == ["东门路"]
    elsewhere = replace(local, scope=Scope(estate_id=ids["E2"]))
    with store.write() as unit:
        far = shapely.to_wkb(shapely.box(114.44, 23.08, 114.46, 23.1))
        unit.connection.execute(estate_table.update().where(estate_table.c.id == ids["E2"]).values(geometry=far))
        unit.commit()
    for record in taken:
        assert record.id is not None
        with pytest.raises(DeniedError, match="not_yours"):
            imports.undo_import(store, elsewhere, record.id)
        imports.undo_import(store, local, record.id)


def test_who_sees_a_part_lists_and_takes_back_their_own_files(store: Store, planner: Actor, local: Actor) -> None:
    assert imports.list_imports(store, local) == ()
    (whole,) = imports.list_imports(store, planner)
    assert whole.id is not None
    # The same person, who saw the whole town when the file came in.
    narrowed = replace(planner, scope=local.scope)
    for actor in (local, narrowed):
        with pytest.raises(DeniedError, match="not_yours"):
            imports.undo_import(store, actor, whole.id)
    mine = take_estates(store, local, "编号,小区名称,户数\nE1,荔香苑,121\n")
    assert [one.id for one in imports.list_imports(store, local)] == [mine.id]
    assert mine.id is not None
    imports.undo_import(store, local, mine.id)
    assert {one.facts.households for one in estates.find_estates(store, planner)} == {120, 80}
