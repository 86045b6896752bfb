"""What the store costs at the size of a city, beside GeoParquet: ``python -m benchmarks.store [--postgres URL]``.

20,000 estates with a project each, 8,100 grids, 100,000 demands, on SQLite in a folder of its own; ``--postgres`` (or
``RENOVATION_TEST_POSTGRES``) measures the same on a database of its own on that server. Medians, wall clock and
processor time of this process; a PostgreSQL server spends its own besides, so there only the wall clock tells.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import shapely
import sqlalchemy as sa

from renovation.model.accounts import Actor, Role
from renovation.model.demands import (
    DemandCategory,
    DemandChannel,
    DemandDraft,
    DemandFilter,
    DemandKind,
    DemandStatus,
    Grouping,
)
from renovation.model.intake import make_receipt
from renovation.model.places import (
    AreaDraft,
    AreaLevel,
    Deficit,
    EstateDraft,
    EstateFacts,
    EstateFilter,
    EstateType,
    ManagementForm,
    RenovationStatus,
)
from renovation.model.projects import ProjectStatus
from renovation.model.scope import EVERYWHERE, Scope
from renovation.services.acts import acting
from renovation.services.demands import demands
from renovation.services.demands import hotspots as demand_hotspots
from renovation.services.demands import trends as demand_trends
from renovation.services.house import overview
from renovation.services.projects.items import keep_catalogue
from renovation.services.register import estates
from renovation.store import Store, migrate, open_store
from renovation.store.demands import figures as demand_figures
from renovation.store.register import areas, estate_columns
from renovation.store.register import estates as estate_rows
from renovation.store.register_state import Register, mark_changed
from renovation.store.schema.demands import demand, demand_task
from renovation.store.schema.projects import project
from renovation.store.schema.scenarios import work_plan

GUIDE = Actor(login="planner", role=Role.PLANNER)
WORKER = Actor(login="worker", role=Role.SOCIAL_WORKER)
#: What the register's page asks for.
PAGE = (
    "name", "county_id", "street_id", "built_year", "estate_type", "management_form", "households", "floor_area_m2",
    "willingness", "status", "deficits",
)  # fmt: skip
SIDE = 90  # grids per row and column
STEP = 0.6 / SIDE
WISHES = (
    "楼道灯坏了三个月没人修，晚上老人上下楼看不见台阶",
    "下水道返水，一楼厨房和卫生间经常被淹",
    "电动车没地方充电，有人从楼上飞线",
    "想加装电梯，六楼老人腿脚不便",
    "消防通道被私家车堵住，救护车进不来",
    "屋顶漏水，七楼住户墙面发霉",
    "外墙瓷砖脱落，砸到过人",
    "垃圾桶太少，夏天味道大",
    "小孩没有地方玩，空地都停了车",
    "雨污合流，一下大雨就积水",
)


def timed(work: str, act: Callable[[], Any], *, goal: str = "", peer: float | None = None, repeats: int = 5) -> float:
    """Print the medians of one piece of work; return its processor time in seconds."""
    wall, cpu = [], []
    for _ in range(repeats):
        started, used = time.perf_counter(), time.process_time()
        act()
        wall.append(time.perf_counter() - started)
        cpu.append(time.process_time() - used)
    line = f"{work:<70} {statistics.median(wall) * 1000:9.1f} {statistics.median(cpu) * 1000:9.1f}"
    if peer:
        line += f"  {statistics.median(cpu) / peer:6.2f}x"
    print(f"{line}  {goal}", flush=True)
    return statistics.median(cpu)


def fill(store: Store, estate_count: int, demand_count: int) -> None:
    """Write the city: grids that fill a square of 0.6 degrees, estates in them, demands in the estates."""
    chance = np.random.default_rng(20260301)
    west, south = 114.0, 23.0
    with store.write() as unit:
        (county,) = areas.add_areas(unit.connection, [AreaDraft(level=AreaLevel.COUNTY, code="c", name="甲区")])
        streets = areas.add_areas(
            unit.connection,
            [AreaDraft(level=AreaLevel.STREET, code=f"s{n}", name=f"街道{n}", parent_id=county) for n in range(60)],
        )
        communities = areas.add_areas(
            unit.connection,
            [
                AreaDraft(level=AreaLevel.COMMUNITY, code=f"m{n}", name=f"社区{n}", parent_id=streets[n % 60])
                for n in range(900)
            ],
        )
        column, row = np.divmod(np.arange(SIDE * SIDE), SIDE)
        boxes = shapely.box(
            west + column * STEP, south + row * STEP, west + (column + 1) * STEP, south + (row + 1) * STEP
        )
        grids = areas.add_areas(
            unit.connection,
            [
                AreaDraft(
                    level=AreaLevel.GRID,
                    code=f"g{n}",
                    name=f"网格{n}",
                    parent_id=communities[n % 900],
                    geometry=bytes(outline),
                )
                for n, outline in enumerate(shapely.to_wkb(boxes))
            ],
        )
        places = chance.uniform((west, south), (west + 0.6, south + 0.6), (estate_count, 2))
        outlines = shapely.to_wkb(
            shapely.buffer(shapely.points(places), chance.uniform(2e-4, 9e-4, estate_count), quad_segs=7)
        )
        cell = ((places - (west, south)) / STEP).astype(int) @ (SIDE, 1)
        drafts = [
            EstateDraft(
                code=f"E{n:06}",
                name=f"荔香苑{n}号",
                geometry=bytes(outlines[n]),
                county_id=county,
                street_id=streets[int(cell[n]) % 900 % 60],
                community_id=communities[int(cell[n]) % 900],
                grid_id=grids[int(cell[n])],
                facts=EstateFacts(
                    address=f"江南街道麦地路{n}号",
                    built_year=int(chance.integers(1975, 2005)),
                    estate_type=list(EstateType)[n % 4],
                    management_form=list(ManagementForm)[n % 5],
                    no_committee_reason="业主人数不足" if n % 3 == 0 else "",
                    buildings=int(chance.integers(1, 30)),
                    units=int(chance.integers(1, 90)),
                    households=int(chance.integers(50, 2000)),
                    floor_area_m2=float(chance.uniform(3e3, 2e5)),
                    elderly_share=Fraction(int(chance.integers(1, 100)), 100),
                    floors_without_lift=int(chance.integers(3, 9)),
                    maintenance_fund=int(chance.integers(0, 10**9)),
                    willingness=Fraction(int(chance.integers(0, 100)), 100),
                    survey_coverage=Fraction(int(chance.integers(0, 100)), 100),
                    status=list(RenovationStatus)[n % 6],
                    deficits=frozenset(list(Deficit)[k] for k in chance.integers(0, 15, 5)),
                ),
            )
            for n in range(estate_count)
        ]
        ids = estate_rows.add_estates(unit.connection, drafts, collected_on=date(2026, 1, 1), collector="社工")
        fill_demands(unit.connection, chance, demand_count, ids, places, [grids[at] for at in cell])
        fill_projects(unit.connection, ids)
        unit.commit()
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")


def fill_demands(
    connection: sa.Connection, chance: np.random.Generator, count: int, ids: list[int], places: Any, grids: list[int]
) -> None:
    """Write demands of two years, most of them in a tenth of the estates, and their counters."""
    statuses = [DemandStatus.RECEIVED, DemandStatus.DISPATCHED, DemandStatus.IN_PROGRESS, DemandStatus.ANSWERED,
                DemandStatus.CLOSED, DemandStatus.CLOSED, DemandStatus.MERGED, DemandStatus.NOT_SOLVED]  # fmt: skip
    today = datetime(2026, 11, 20, 4, tzinfo=UTC)
    at = np.where(
        chance.random(count) < 0.5,
        chance.integers(0, len(ids) // 10, count),
        chance.integers(0, len(ids), count),
    )
    rows = []
    for n, (place, ago) in enumerate(zip(at.tolist(), chance.integers(0, 730, count).tolist(), strict=True)):
        status = statuses[int(chance.integers(0, len(statuses)))]
        received = today - timedelta(days=ago, seconds=n % 3600)
        answered = status in (DemandStatus.ANSWERED, DemandStatus.CLOSED)
        rows.append(
            {
                "receipt": make_receipt(),
                "estate_id": ids[place],
                "grid_id": grids[place],
                "category": list(DemandCategory)[int(chance.integers(0, len(DemandCategory)))].value,
                "kind": (DemandKind.RECORD_ONLY if n % 25 == 0 else DemandKind.DEMAND).value,
                "text": f"{WISHES[n % len(WISHES)]}，{n % 40}栋",
                "channel": list(DemandChannel)[n % len(DemandChannel)].value,
                "status": status.value,
                "lon": float(places[place][0]),
                "lat": float(places[place][1]),
                "supporters": 1 + n % 7,
                "department": f"部门{n % 12}" if status is not DemandStatus.RECEIVED else "",
                "due_on": f"{received + timedelta(days=30):%Y-%m-%d}",
                "received_at": received,
                "received_on": f"{received:%Y-%m-%d}",
                "in_time": n % 5 > 0 if answered else None,
                "rating": 1 + n % 5 if status is DemandStatus.CLOSED else None,
            }
        )
    connection.execute(demand.insert(), rows)
    demand_figures.recount(connection)
    mark_changed(connection, Register.DEMANDS, None)


def fill_projects(connection: sa.Connection, ids: list[int]) -> None:
    """Write a project in every estate, with a plan of works, and a part of every twentieth demand that is refused."""
    statuses = [ProjectStatus.PRICED, ProjectStatus.NOT_CHOSEN, ProjectStatus.IN_PROGRAMME, ProjectStatus.IN_WORKS]
    keep_catalogue(connection)
    rows = [
        {
            "id": n, "code": f"P{n:06}", "estate_id": place, "item_code": "W02", "name": f"路灯{n}", "quantity": "1",
            "unit": "盏", "cost": 100_000, "cost_low": 90_000, "cost_high": 120_000,
            "status": statuses[n % len(statuses)].value, "created_at": datetime(2026, 1, 5, tzinfo=UTC),
        }
        for n, place in enumerate(ids, start=1)
    ]  # fmt: skip
    connection.execute(project.insert(), rows)
    plans = [{"project_id": n, "starts": f"2026-{1 + n % 12:02}", "ends": ""} for n in range(1, len(rows) + 1)]
    connection.execute(work_plan.insert(), plans)
    numbers = connection.execute(sa.select(demand.c.id).where(demand.c.id % 20 == 0)).scalars()
    part = {"department": "甲", "task": "查看", "status": DemandStatus.REFUSED.value}
    connection.execute(demand_task.insert(), [{"demand_id": number, **part} for number in numbers])


def register(store: Store, folder: Path) -> None:
    """Measure the register of estates beside a GeoParquet file of the same columns."""
    import geopandas

    def read(only: tuple[str, ...] | None = PAGE, wanted: EstateFilter | None = None) -> Any:
        return estates.estate_columns_of(store, GUIDE, wanted, only=only)

    def from_file(only: tuple[str, ...] | None = PAGE) -> Any:
        estate_columns.forget_copies()
        return read(only)

    def anew() -> Any:
        (folder / "cache" / "estates.arrow").unlink(missing_ok=True)
        return from_file()

    def edited() -> Any:
        one = estates.get_estate(store, GUIDE, 7)
        with acting(store, GUIDE, estates.Action.EDIT_ESTATES) as unit:
            estate_rows.update(unit.connection, replace(one, name=one.name + "改"))
            unit.commit()

    everything = read(None)
    whole, page = folder / "whole.parquet", folder / "page.parquet"
    everything.to_parquet(whole)
    everything[[*PAGE, "geometry"]].to_parquet(page)
    size = f"{len(everything):,} estates"
    peer = timed(f"{size}, columns of the page: geopandas.read_parquet", lambda: geopandas.read_parquet(page))
    timed(f"{size}, columns of the page: in a process just started", from_file, peer=peer, goal="<= 1.3x")
    timed(f"{size}, columns of the page: once more", read, peer=peer, goal="<= 1.3x")
    edited()
    after = []
    for _ in range(3):
        edited()
        used = time.process_time()
        read()
        after.append(time.process_time() - used)
    changed = statistics.median(after)
    print(f"{'  after one of them was edited':<80} {changed * 1000:9.1f}  {changed / peer:6.2f}x  <= 1.3x")
    timed(f"{size}, columns of the page: row by row, after a whole import", anew, peer=peer, repeats=3)
    scope = EstateFilter(scope=Scope(street_id=int(everything["street_id"].iloc[0])))
    timed(f"{size}: those of one street", lambda: read(PAGE, scope))
    peer = timed(f"{size}, every column: geopandas.read_parquet", lambda: geopandas.read_parquet(whole))
    timed(f"{size}, every column: in a process just started", lambda: from_file(None), peer=peer, goal="<= 1.3x")
    timed(f"{size}, every column: once more", lambda: read(None), peer=peer, goal="<= 1.3x")
    same = read(None)
    frame = geopandas.read_parquet(whole)
    frame = frame.assign(name=same["name"])  # one estate was renamed above
    alike = all(
        (same[name].astype(object).fillna("-") == frame[name].astype(object).fillna("-")).all() for name in PAGE
    )
    print(f"  same cells and outlines as the file: {alike and bool((same.geometry == frame.geometry).all())}")


def screens(store: Store) -> None:
    """Measure what each view of the demands' pages asks."""
    everything = DemandFilter(scope=EVERYWHERE)
    street = replace(everything, scope=Scope(street_id=estates.get_estate(store, GUIDE, 7).street_id))
    channel = replace(everything, channels=(DemandChannel.PHONE,))

    def listed(offset: int) -> Any:
        return demands.list_demands(store, GUIDE, everything, limit=500, offset=offset)

    def trends(by: Grouping) -> Any:
        return demand_trends.demand_trends_by(store, GUIDE, everything, by)

    views: list[tuple[str, Callable[[], Any]]] = [
        ("how many", lambda: demands.count_demands(store, GUIDE, everything)),
        ("list, newest 500", lambda: listed(0)),
        ("list, lines 50,001 to 50,500", lambda: listed(50_000)),
        ("figures, whole city", lambda: demands.figures(store, GUIDE, everything)),
        ("figures, one street", lambda: demands.figures(store, GUIDE, street)),
        ("figures, one channel", lambda: demands.figures(store, GUIDE, channel)),
        ("search for a word", lambda: demands.count_demands(store, GUIDE, replace(everything, query="电梯"))),
        ("points of the map", lambda: demands.demand_points(store, GUIDE, everything)),
        ("first page's counts", lambda: overview.read_overview(store, GUIDE)),
        *((f"counts and trend by {by.value}", partial(trends, by)) for by in Grouping),
        ("grids with hot spots", lambda: demand_hotspots.grid_spots(store, GUIDE, everything)),
    ]
    for name, act in views:
        timed(f"100,000 demands: {name}", act, goal="<= 300 ms", repeats=3)


def intake(store: Store, chance: np.random.Generator) -> None:
    """Measure what happens while a demand is taken in."""
    texts = [wish[:14] for wish in WISHES]

    def similar() -> Any:
        return demands.similar_demands(store, WORKER, int(chance.integers(1, 2000)), None, texts[chance.integers(10)])

    timed("similar open demands among 100,000", similar, goal="<= 50 ms", repeats=60)
    outlines = estates.estate_columns_of(store, GUIDE, only=("name",)).geometry.representative_point()
    ids = outlines.index.to_numpy()

    def pin() -> Any:
        at = int(chance.integers(0, len(ids)))
        place = outlines.iloc[at]
        found = demands.place_at(store, WORKER, place.x, place.y)
        return demands.take_demand(
            store,
            WORKER,
            DemandDraft(
                estate_id=found.estate_id or int(ids[at]),
                category=DemandCategory.LIGHTING,
                text=texts[0],
                channel=DemandChannel.PHONE,
                lon=place.x,
                lat=place.y,
                notice_given=True,
            ),
        )

    timed("pin a demand: place, counters, log, durable commit", pin, goal="<= 10 ms", repeats=100)


@contextmanager
def places_to_measure(postgres: str | None) -> Iterator[list[tuple[str, Store, Path]]]:
    """Open an empty store per engine, and take all of them away afterwards."""
    with tempfile.TemporaryDirectory(prefix="renovation-bench-") as folder:
        sqlite = Path(folder, "sqlite")
        found = [("SQLite", open_store(f"sqlite:///{sqlite / 'store.sqlite'}", sqlite / "keys"), sqlite)]
        name = f"renovation_bench_{uuid.uuid4().hex[:8]}"
        admin = sa.create_engine(postgres, isolation_level="AUTOCOMMIT") if postgres else None
        if admin and postgres:
            with admin.connect() as connection:
                connection.execute(sa.text(f"CREATE DATABASE {name}"))
            url = sa.make_url(postgres).set(database=name).render_as_string(hide_password=False)
            found.append(("PostgreSQL", open_store(url, Path(folder, "postgres", "keys")), Path(folder, "postgres")))
        try:
            yield found
        finally:
            for _, store, _ in found:
                store.close()
            if admin:
                with admin.connect() as connection:
                    connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
                admin.dispose()


def main() -> None:
    """Measure everything on each engine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgres", default=os.environ.get("RENOVATION_TEST_POSTGRES"))
    parser.add_argument("--estates", type=int, default=20_000)
    parser.add_argument("--demands", type=int, default=100_000)
    given, _ = parser.parse_known_args()
    with places_to_measure(given.postgres) as found:
        for engine, store, folder in found:
            migrate(store)
            started = time.perf_counter()
            fill(store, given.estates, given.demands)
            print(f"{engine}: city written in {time.perf_counter() - started:.0f} s")
            print(f"{'work':<70} {'wall ms':>9} {'cpu ms':>9}  ratio and goal")
            register(store, folder)
            screens(store)
            intake(store, np.random.default_rng(5))


if __name__ == "__main__":
    main()
