"""Demands out: what the filter keeps is what the file holds; the bulletin's numbers are the store's; hot spots."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pytest
import shapely
from docx import Document

from renovation.errors import DeniedError, InvalidError
from renovation.exports.demands.form import demand_poster, paper_demand_form
from renovation.exports.register.places import PlaceFormat
from renovation.geo.hotspots import Spot
from renovation.model.accounts import PUBLIC, Actor
from renovation.model.clock import today
from renovation.model.demands import DemandCategory, DemandChannel, DemandDraft, DemandFilter, Grouping
from renovation.model.scope import EVERYWHERE, Scope
from renovation.services.demands import demands
from renovation.services.demands import work as demand_work
from renovation.services.demands.exports import BulletinFormat, demand_bulletin, export_demands
from renovation.services.demands.hotspots import export_spots, grid_spots
from renovation.services.demands.trends import demand_density, demand_trends_by
from renovation.store import Store
from renovation.store.schema.demands import demand
from renovation.store.schema.places import area, estate
from renovation.store.spatial import bounds_of

ALL = DemandFilter(scope=EVERYWHERE)
SIDE = 12


@pytest.fixture
def city(sqlite_store: Store, social_worker: Actor) -> Store:
    """A chequerboard of grids, each with an estate; five demands in each of nine neighbouring grids."""

    def box(lon: float, lat: float, size: float) -> dict[str, object]:
        wkb = shapely.to_wkb(shapely.box(lon, lat, lon + size, lat + size))
        return {"geometry": wkb, **bounds_of([wkb])[0]}

    with sqlite_store.write() as unit:
        unit.connection.execute(area.insert().values(id=1, level="street", code="S", name="桥东街道"))
        for row in range(SIDE):
            for column in range(SIDE):
                number = 10 + row * SIDE + column
                lon, lat = round(114.4 + 0.01 * column, 6), round(23.1 + 0.01 * row, 6)
                unit.connection.execute(
                    area.insert().values(
                        id=number, level="grid", code=f"G{number}", name=f"网格{number}", **box(lon, lat, 0.01)
                    )
                )
                unit.connection.execute(
                    estate.insert().values(
                        id=number,
                        code=f"E{number}",
                        name=f"小区{number}",
                        status="surveyed",
                        street_id=1 if row < SIDE // 2 else None,
                        grid_id=number,
                        **box(lon, lat, 0.01),
                    )
                )
        unit.commit()
    for row in (3, 4, 5):
        for column in (3, 4, 5):
            for number in range(5):
                demands.take_demand(
                    sqlite_store,
                    social_worker,
                    DemandDraft(
                        estate_id=10 + row * SIDE + column,
                        category=DemandCategory.LIGHTING,
                        text="=1+1" if number else "路灯不亮",
                        channel=DemandChannel.PHONE,
                        lon=114.405 + 0.01 * column,
                        lat=23.105 + 0.01 * row,
                    ),
                )
    return sqlite_store


def test_workbook_holds_the_filter_and_runs_nothing(city: Store, social_worker: Actor) -> None:
    name, _, content = export_demands(city, social_worker, ALL, PlaceFormat.XLSX)
    assert name == "诉求.xlsx"
    page = openpyxl.load_workbook(io.BytesIO(content)).active
    rows = list(page.iter_rows(min_row=2))
    assert len(rows) == 45
    assert all(cell.data_type != "f" for row in rows for cell in row)
    narrow = DemandFilter(scope=EVERYWHERE, query="路灯")
    content = export_demands(city, social_worker, narrow, PlaceFormat.CSV)[2]
    assert len(content.decode("utf-8-sig").strip().splitlines()) == 10


def test_geopackage_holds_points_in_the_stated_datum(city: Store, social_worker: Actor, tmp_path: Path) -> None:
    import pyogrio

    file = tmp_path / "demands.gpkg"
    file.write_bytes(export_demands(city, social_worker, ALL, PlaceFormat.GPKG)[2])
    about = pyogrio.read_info(file)
    assert (about["features"], about["geometry_type"], about["crs"]) == (45, "Point", "EPSG:4490")


def test_bulletin_says_the_stores_numbers(city: Store, social_worker: Actor) -> None:
    for row in demands.list_demands(city, social_worker, ALL, limit=10):
        demand_work.dispatch_demand(city, social_worker, row.demand.id, "城管局")
        demand_work.accept_demand(city, social_worker, row.demand.id)
        demand_work.answer_demand(city, social_worker, row.demand.id, "已修好")
    month = f"{today():%Y-%m}"
    content = demand_bulletin(city, social_worker, EVERYWHERE, month, BulletinFormat.XLSX)[2]
    book = openpyxl.load_workbook(io.BytesIO(content))
    for sheet in book.worksheets[:4]:
        rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
        assert sum(row[1] for row in rows[:-1]) == rows[-1][1] == 45
        assert sum(row[2] for row in rows[:-1]) == rows[-1][2] == 10
    assert book.worksheets[4].max_row == 46
    name, _, content = demand_bulletin(city, social_worker, Scope(street_id=1), month, BulletinFormat.DOCX)
    assert name.startswith("桥东街道")
    document = Document(io.BytesIO(content))
    assert any("共收到 45 件，答复 10 件" in paragraph.text for paragraph in document.paragraphs)
    department = [[cell.text for cell in row.cells] for row in document.tables[0].rows]
    assert department[1:] == [
        ["未分派", "35", "0", "0%", "—", "0", "—"],
        ["城管局", "10", "10", "100%", "100%", "0", "—"],
        ["合计", "45", "10", "22.2%", "100%", "0", "—"],
    ]
    assert content == demand_bulletin(city, social_worker, Scope(street_id=1), month, BulletinFormat.DOCX)[2]
    empty = demand_bulletin(city, social_worker, EVERYWHERE, "2001-02", BulletinFormat.XLSX)[2]
    assert openpyxl.load_workbook(io.BytesIO(empty)).worksheets[4].max_row == 1
    with pytest.raises(InvalidError):
        demand_bulletin(city, social_worker, EVERYWHERE, "二月", BulletinFormat.XLSX)


def test_days_narrow_the_filter(city: Store, social_worker: Actor) -> None:
    yesterday = today() - timedelta(days=1)
    assert demands.count_demands(city, social_worker, replace(ALL, received_from=yesterday)) == 45
    assert demands.count_demands(city, social_worker, replace(ALL, received_to=yesterday - timedelta(days=1))) == 0


def test_one_filter_drives_list_map_figures_trends_and_file(city: Store, social_worker: Actor) -> None:
    first, second = (row.demand for row in demands.list_demands(city, social_worker, ALL, limit=2))
    demand_work.dispatch_demand(city, social_worker, first.id, "城管局")
    with city.write() as unit:
        unit.connection.execute(
            demand.update()
            .where(demand.c.id.in_([first.id, second.id]))
            .values(received_on="2026-01-15", due_on="2026-01-20", grid_id=10)
        )
        unit.commit()
    in_grid = replace(ALL, scope=Scope(grid_id=10))
    for wanted, count in (
        (replace(ALL, received_from=date(2026, 1, 1), received_to=date(2026, 1, 31)), 2),
        (replace(ALL, received_from=date(2026, 2, 1)), 43),
        (replace(ALL, departments=("城管局",)), 1),
        (replace(ALL, overdue_on=today()), 2),
        (replace(ALL, overdue_on=date(2026, 1, 20)), 0),
        # Both were pinned in a grid their estate is not filed under.
        (in_grid, 2),
        (replace(in_grid, departments=("城管局",)), 1),
    ):
        assert demands.count_demands(city, social_worker, wanted) == count
        assert len(demands.list_demands(city, social_worker, wanted)) == count
        assert len(demands.demand_points(city, social_worker, wanted)) == count
        assert demands.figures(city, social_worker, wanted).total.received == count
        lines = export_demands(city, social_worker, wanted, PlaceFormat.CSV)[2].decode("utf-8-sig").splitlines()
        assert len(lines) == count + 1
        assert sum(spot.demands for spot in grid_spots(city, social_worker, wanted)) == count
        for by in (Grouping.GRID, Grouping.ESTATE, Grouping.CATEGORY):
            assert sum(one.demands for one in demand_trends_by(city, social_worker, wanted, by)) == count


def test_planted_cluster_is_hot_and_the_rest_is_not(city: Store, social_worker: Actor) -> None:
    spots = grid_spots(city, social_worker, ALL)
    assert len(spots) == SIDE * SIDE
    hot = {spot.id for spot in spots if spot.spot is Spot.HOT}
    assert {10 + row * SIDE + column for row in (3, 4, 5) for column in (3, 4, 5)} <= hot
    assert len(hot) <= 25
    assert sum(spot.demands for spot in spots) == 45
    assert len(grid_spots(city, social_worker, DemandFilter(scope=Scope(street_id=1)))) == SIDE * SIDE // 2


def test_paper_form_asks_what_the_screen_asks() -> None:
    name, _, content = paper_demand_form(estate="糖厂<3>号")
    page = content.decode()
    assert name == "居民诉求登记表.html"
    assert "糖厂&lt;3&gt;号" in page
    assert "http" not in page
    assert page.count("☐") == len(DemandCategory) + 3


def test_poster_carries_the_address_in_code_and_words() -> None:
    link = "https://example.org/r/demand?estate=3"
    name, _, content = demand_poster(link, estate="糖厂<3>号")
    page = content.decode()
    assert name == "糖厂_3_号扫一扫，提诉求.html"
    assert (link in page, "糖厂&lt;3&gt;号" in page, "<svg" in page) == (True, True, True)


def test_strangers_take_nothing_out(city: Store) -> None:
    with pytest.raises(DeniedError):
        export_demands(city, PUBLIC, ALL, PlaceFormat.CSV)
    with pytest.raises(DeniedError):
        grid_spots(city, PUBLIC, ALL)


def test_trends_come_from_kept_counters_and_agree_with_the_demands(city: Store, social_worker: Actor) -> None:
    by_grid = demand_trends_by(city, social_worker, ALL, Grouping.GRID)
    assert [(one.name, one.demands, one.recent, one.change) for one in by_grid[:1]] == [("网格49", 5, 5, 5)]
    assert (len(by_grid), sum(by_grid[0].months), by_grid[0].months[-1]) == (9, 5, 5)
    # A channel is no counter's business: the same numbers must come from the demands themselves.
    phoned = replace(ALL, channels=(DemandChannel.PHONE,))
    for by in Grouping:
        counted, walked = (demand_trends_by(city, social_worker, wanted, by) for wanted in (ALL, phoned))
        assert counted == walked, by
    (lighting,) = demand_trends_by(city, social_worker, ALL, Grouping.CATEGORY)
    assert (lighting.key, lighting.demands, lighting.supporters) == ("lighting", 45, 45)
    assert [one.demands for one in demand_trends_by(city, social_worker, ALL, Grouping.STREET)] == [45]
    assert demand_trends_by(city, social_worker, replace(ALL, scope=Scope(grid_id=10)), Grouping.GRID) == ()


def test_density_and_hot_grids_go_out_as_they_are_shown(city: Store, social_worker: Actor) -> None:
    bands = demand_density(city, social_worker, ALL)
    thickest = shapely.from_wkb(bands[-1].outline)
    assert bands[0].per_km2 < bands[-1].per_km2
    assert thickest.distance(shapely.Point(114.435, 23.135)) < 0.001
    spots = grid_spots(city, social_worker, ALL)
    name, _, content = export_spots(social_worker, spots, PlaceFormat.CSV, datum="gcj02")
    lines = content.decode("utf-8-sig").splitlines()
    assert name.endswith(".csv")
    assert len(lines) == SIDE * SIDE + 1
    assert "热点" in lines[1]
    with pytest.raises(DeniedError):
        export_spots(PUBLIC, spots, PlaceFormat.CSV)
