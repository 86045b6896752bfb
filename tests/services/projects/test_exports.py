"""Projects out: what the filter keeps is what the file holds, with what was drawn."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
import shapely

from renovation.errors import DeniedError
from renovation.exports.register.places import PlaceFormat
from renovation.model.accounts import PUBLIC, Actor
from renovation.model.projects import ProjectFilter
from renovation.services.projects import projects
from renovation.services.projects.exports import export_projects
from renovation.store import Store
from renovation.store.schema.places import estate

LINE = shapely.LineString([(114.4, 23.1), (114.401, 23.1)])


@pytest.fixture
def city(sqlite_store: Store, planner: Actor) -> Store:
    outline = shapely.to_wkb(shapely.box(114.4, 23.1, 114.402, 23.102))
    with sqlite_store.write() as unit:
        unit.connection.execute(
            estate.insert().values(id=1, code="E1", name="糖厂", status="surveyed", geometry=outline)
        )
        unit.commit()
    for item, name, drawn in (("W02", "=路灯", None), ("J08", "雨污分流", shapely.to_wkb(LINE))):
        draft = projects.draft_from_item(
            sqlite_store, planner, estate_id=1, item_code=item, quantity=Decimal("12.5"), name=name, geometry=drawn
        )
        projects.create_project(sqlite_store, planner, draft)
    return sqlite_store


@pytest.mark.parametrize("format_", list(PlaceFormat))
def test_every_format_is_written(city: Store, planner: Actor, format_: PlaceFormat) -> None:
    name, _, data = export_projects(city, planner, ProjectFilter(), format_, datum="wgs84")
    assert name.endswith(format_.suffix)
    assert len(data) > 300


def test_the_filter_and_the_drawing_go_out(city: Store, planner: Actor) -> None:
    data = export_projects(city, planner, ProjectFilter(item_codes=("J08",)), PlaceFormat.GEOJSON)[2]
    (feature,) = json.loads(data)["features"]
    assert feature["geometry"]["type"] == "LineString"
    assert (feature["properties"]["项目名称"], feature["properties"]["数量"]) == ("雨污分流", 12.5)
    said = export_projects(city, planner, ProjectFilter(), PlaceFormat.CSV, datum="gcj02")[2].decode("utf-8-sig")
    assert "'=路灯" in said, "no cell becomes a formula"
    with pytest.raises(DeniedError):
        export_projects(city, PUBLIC, ProjectFilter(), PlaceFormat.CSV)
