"""Areas, estates and buildings in the store, on both engines."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction

import pytest
import shapely

from renovation.errors import ConflictError, NotFoundError
from renovation.model.places import (
    AreaDraft,
    AreaLevel,
    BuildingDraft,
    Deficit,
    DeficitRecord,
    EstateDraft,
    EstateFacts,
    EstateFilter,
    EstateType,
    ManagementForm,
    Road,
)
from renovation.model.scope import Scope
from renovation.store import Store
from renovation.store.register import areas, buildings, estates
from renovation.store.register.estate_columns import read_columns

DAY = date(2026, 3, 1)


def square(lon: float, lat: float, side: float = 0.002) -> bytes:
    return bytes(shapely.to_wkb(shapely.box(lon, lat, lon + side, lat + side)))


def fill(store: Store) -> tuple[list[int], list[int]]:
    """Two counties with three estates; return the ids of both."""
    with store.write() as unit:
        county_ids = areas.add_areas(
            unit.connection,
            [
                AreaDraft(level=AreaLevel.COUNTY, code="1", name="甲区", geometry=square(114, 23, 0.1)),
                AreaDraft(level=AreaLevel.COUNTY, code="2", name="乙区", geometry=square(114.1, 23, 0.1)),
            ],
        )
        drafts = [
            EstateDraft(
                code="E1",
                name="荔香苑",
                county_id=county_ids[0],
                geometry=square(114.01, 23.01),
                facts=EstateFacts(
                    address="演示路 1 号",
                    built_year=1988,
                    estate_type=EstateType.WORK_UNIT,
                    management_form=ManagementForm.NONE,
                    buildings=3,
                    households=120,
                    floor_area_m2=9000.5,
                    elderly_share=Fraction(1, 3),
                    maintenance_fund=3_000_000_000,
                    deficits=frozenset({Deficit.PIPES, Deficit.PARKING}),
                ),
            ),
            EstateDraft(
                code="E2",
                name="100%_苑",
                county_id=county_ids[1],
                geometry=square(114.11, 23.01),
                facts=EstateFacts(built_year=2003, deficits=frozenset({Deficit.PARKING})),
            ),
            EstateDraft(code="E3", name="无图小区", county_id=county_ids[1], facts=EstateFacts()),
        ]
        ids = estates.add_estates(unit.connection, drafts, collected_on=DAY, collector="社工甲")
        unit.commit()
    return county_ids, ids


def codes(store: Store, wanted: EstateFilter, **options: object) -> list[str]:
    with store.read() as connection:
        return [estate.code for estate in estates.find(connection, wanted, **options)]  # type: ignore[arg-type]


def test_estate_comes_back_as_it_went_in(store: Store) -> None:
    county_ids, ids = fill(store)
    with store.read() as connection:
        estate = estates.get(connection, ids[0])
        records = estates.deficit_records(connection, ids[0])
    assert estate.facts.elderly_share == Fraction(1, 3)
    assert estate.facts.maintenance_fund == 3_000_000_000
    assert estate.facts.deficits == {Deficit.PIPES, Deficit.PARKING}
    assert estate.geometry == square(114.01, 23.01)
    assert estate.county_id == county_ids[0]
    assert {record.deficit for record in records} == {Deficit.PIPES, Deficit.PARKING}
    assert records[0].collected_on == DAY


def test_filter_narrows_by_everything_it_names(store: Store) -> None:
    county_ids, ids = fill(store)
    assert codes(store, EstateFilter()) == ["E1", "E2", "E3"]
    assert codes(store, EstateFilter(query="荔香")) == ["E1"]
    assert codes(store, EstateFilter(query="%")) == ["E2"]
    assert codes(store, EstateFilter(query="演示路")) == ["E1"]
    assert codes(store, EstateFilter(deficits=(Deficit.PARKING,))) == ["E1", "E2"]
    assert codes(store, EstateFilter(deficits=(Deficit.PARKING, Deficit.PIPES))) == ["E1"]
    assert codes(store, EstateFilter(types=(EstateType.WORK_UNIT, EstateType.MIXED))) == ["E1"]
    assert codes(store, EstateFilter(management_forms=(ManagementForm.NONE,))) == ["E1"]
    assert codes(store, EstateFilter(built_from=1990, built_to=2010)) == ["E2"]
    assert codes(store, EstateFilter(scope=Scope(county_id=county_ids[1]))) == ["E2", "E3"]
    assert codes(store, EstateFilter(), allowed=Scope(estate_id=ids[2])) == ["E3"]


def test_window_asks_the_bounding_boxes(store: Store) -> None:
    fill(store)
    assert codes(store, EstateFilter(), window=(114.0, 23.0, 114.05, 23.05)) == ["E1"]
    assert codes(store, EstateFilter(), window=(114.0121, 23.0, 114.2, 23.2)) == ["E2"]
    with store.read() as connection:
        found = areas.list_areas(connection, within=(114.15, 23.05, 114.15, 23.05))
    assert [area.code for area in found] == ["2"]


def test_figures_add_up(store: Store) -> None:
    fill(store)
    with store.read() as connection:
        figures = estates.figures(connection, EstateFilter())
        nothing = estates.figures(connection, EstateFilter(query="没有这样的小区"))
    assert (figures.estates, figures.buildings, figures.households) == (3, 3, 120)
    assert figures.floor_area_m2 == 9000.5
    assert figures.without_outline == 1
    assert (nothing.estates, nothing.households) == (0, 0)


def test_two_editors_of_one_version_cannot_both_win(store: Store) -> None:
    _, ids = fill(store)
    with store.read() as connection:
        read = estates.get(connection, ids[0])
    with store.write() as unit:
        first = estates.update(unit.connection, replace(read, name="荔香新苑"))
        unit.commit()
    assert first.version == 2
    with pytest.raises(ConflictError, match=r"estate\.changed"), store.write() as unit:
        estates.update(unit.connection, replace(read, name="别的名字"))


def test_outside_the_allowed_scope_nothing_is_found(store: Store) -> None:
    county_ids, ids = fill(store)
    with pytest.raises(NotFoundError), store.read() as connection:
        estates.get(connection, ids[0], allowed=Scope(county_id=county_ids[1]))


def test_newest_finding_of_a_deficit_counts(store: Store) -> None:
    _, ids = fill(store)
    gone = DeficitRecord(deficit=Deficit.PIPES, present=False, collected_on=date(2026, 5, 1), collector="社工乙")
    with store.write() as unit:
        estates.add_deficits(unit.connection, ids[0], [gone])
        unit.commit()
    with store.read() as connection:
        records = {record.deficit: record for record in estates.deficit_records(connection, ids[0])}
    assert records[Deficit.PIPES] == gone
    assert records[Deficit.PARKING].present


def test_history_is_newest_first(store: Store) -> None:
    _, ids = fill(store)
    with store.write() as unit:
        for hour in (8, 9):
            estates.add_change(
                unit.connection,
                ids[0],
                at=datetime(2026, 3, 1, hour, tzinfo=UTC),
                login="worker",
                fields={"name": ("旧", str(hour))},
            )
        unit.commit()
    with store.read() as connection:
        history = estates.changes(connection, ids[0])
    assert [change.fields["name"][1] for change in history] == ["9", "8"]


def test_buildings_units_and_doors(store: Store) -> None:
    _, ids = fill(store)
    drafts = [
        BuildingDraft(
            estate_id=ids[0],
            name=f"{number} 栋",
            floors=7,
            has_lift=False,
            geometry=square(114.0101, 23.0101 + number * 0.0004, 0.0002),
            doors={"1 单元": ("101", "102"), "2 单元": ("101",)},
        )
        for number in (1, 2)
    ]
    with store.write() as unit:
        building_ids = buildings.add_buildings(unit.connection, drafts)
        unit.commit()
    with store.read() as connection:
        assert [b.id for b in buildings.buildings_of(connection, ids)] == building_ids
        assert buildings.household_counts(connection, ids[0]) == dict.fromkeys(building_ids, (2, 3))
        assert [u.name for u in buildings.units_of(connection, building_ids[:1])] == ["1 单元", "2 单元"]


def test_columns_are_the_same_estates(store: Store) -> None:
    _, ids = fill(store)
    with store.read() as connection:
        frame = read_columns(connection, EstateFilter())
        part = read_columns(connection, EstateFilter(), window=(114.0, 23.0, 114.05, 23.05), only=("name",))
        empty = read_columns(connection, EstateFilter(query="没有"))
    assert list(frame.index) == ids
    assert frame.crs.to_epsg() == 4490
    assert frame.loc[ids[0], "elderly_share"] == pytest.approx(1 / 3)
    assert frame.loc[ids[0], "geometry"].equals(shapely.from_wkb(square(114.01, 23.01)))
    assert frame.loc[ids[2], "geometry"] is None
    assert frame["built_year"].isna().tolist() == [False, False, True]
    assert part.columns.tolist() == ["name", "geometry"]
    assert len(part) == 1
    assert len(empty) == 0


def test_roads_come_by_window_and_rank(store: Store) -> None:
    line = bytes(shapely.to_wkb(shapely.LineString([(114, 23), (114.01, 23)])))
    with store.write() as unit:
        areas.add_roads(
            unit.connection,
            [Road(name="小巷", rank=3, geometry=line), Road(name="演示大道", rank=1, geometry=line)],
        )
        unit.commit()
    with store.read() as connection:
        assert [road.name for road in areas.list_roads(connection)] == ["演示大道", "小巷"]
        assert [road.name for road in areas.list_roads(connection, rank_to=1)] == ["演示大道"]
        assert areas.list_roads(connection, within=(115, 23, 116, 24)) == ()
