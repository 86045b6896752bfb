"""Demands in columns: they answer every filter as the tables do, and see each change at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
import sqlalchemy as sa

from renovation.model.demands import (
    DemandCategory,
    DemandChannel,
    DemandDraft,
    DemandFilter,
    DemandKind,
    DemandStatus,
    Grouping,
)
from renovation.model.intake import GroupFigures
from renovation.model.places import AreaDraft, AreaLevel, EstateDraft, EstateFacts
from renovation.model.scope import EVERYWHERE, Scope
from renovation.store import Store
from renovation.store.demands import columns as demand_columns
from renovation.store.demands import demands
from renovation.store.demands import figures as demand_figures
from renovation.store.demands import trends as demand_trends
from renovation.store.register import areas, estates
from renovation.store.schema.demands import demand

TODAY = date(2026, 3, 20)
ALL = DemandFilter(scope=EVERYWHERE)
#: Three months, the last of them March, and two periods of thirty days.
PERIOD = {"months": 3, "today": TODAY, "days": 30}


@pytest.fixture
def town(store: Store) -> tuple[Store, list[int]]:
    """Two streets, three estates (one outside every street), two grids and eighty demands in every state."""
    chance = np.random.default_rng(5)
    with store.write() as unit:
        streets = areas.add_areas(
            unit.connection, [AreaDraft(level=AreaLevel.STREET, code=code, name=f"街道{code}") for code in "ab"]
        )
        grids = areas.add_areas(
            unit.connection, [AreaDraft(level=AreaLevel.GRID, code=code, name=f"网格{code}") for code in "ab"]
        )
        ids = estates.add_estates(
            unit.connection,
            [
                EstateDraft(code=f"E{n}", name=f"小区{n}", street_id=street, facts=EstateFacts())
                for n, street in enumerate([*streets, None])
            ],
            collected_on=TODAY,
            collector="社工",
        )
        for number in range(80):
            day = TODAY - timedelta(days=int(chance.integers(0, 200)))
            one = demands.add(
                unit.connection,
                DemandDraft(
                    estate_id=ids[int(chance.integers(0, 3))],
                    category=list(DemandCategory)[int(chance.integers(0, 4))],
                    kind=DemandKind.RECORD_ONLY if number % 9 == 0 else DemandKind.DEMAND,
                    text="加装电梯" if number % 4 else "路灯 100%",
                    channel=list(DemandChannel)[int(chance.integers(0, 3))],
                    lon=114 + number / 1000,
                    lat=23.0,
                ),
                receipt=f"R{number}",
                login="worker",
                at=datetime(day.year, day.month, day.day, 4, tzinfo=UTC),
                day=day,
                building_id=None,
                grid_id=[grids[0], grids[1], None][int(chance.integers(0, 3))],
                due_on=day + timedelta(days=30) if number % 3 else None,
            )
            status = list(DemandStatus)[int(chance.integers(0, len(DemandStatus)))]
            answered = status in (DemandStatus.ANSWERED, DemandStatus.CLOSED)
            demands.change(
                unit.connection,
                one,
                status=status,
                department=f"部门{number % 3}" if number % 5 else "",
                supporters=1 + number % 4,
                in_time=bool(number % 2) if answered and number % 3 else None,
                rating=1 + number % 5 if status is DemandStatus.CLOSED else None,
            )
        unit.commit()
    return store, [*streets, *grids]


def test_columns_answer_every_filter_as_the_tables_do(town: tuple[Store, list[int]]) -> None:
    store, (street, _, grid, _) = town
    filters = [
        ALL,
        replace(ALL, categories=(DemandCategory.ROAD, DemandCategory.PIPES)),
        replace(ALL, statuses=(DemandStatus.MERGED, DemandStatus.CLOSED), kind=DemandKind.DEMAND),
        replace(ALL, channels=tuple(DemandChannel)[:1], departments=("部门1", "")),
        replace(ALL, departments=("没有这个部门",)),
        replace(ALL, received_from=date(2026, 1, 1), received_to=date(2026, 2, 1)),
        replace(ALL, overdue_on=TODAY),
        replace(ALL, query="100%"),
        replace(ALL, query="小区1", kind=DemandKind.DEMAND, scope=Scope(grid_id=grid)),
        replace(ALL, scope=Scope(street_id=street)),
        replace(ALL, scope=Scope(street_id=street, grid_id=grid), overdue_on=TODAY),
    ]
    for wanted in filters:
        for scopes in ([], [Scope(street_id=street)]):
            with store.read() as connection:
                rows = [row.demand for row in demands.listed(connection, wanted, scopes=scopes)]
                points = demand_columns.points(connection, wanted, scopes=scopes)
            assert points == [
                (one.id, one.lon, one.lat, one.category.value, one.status.value, one.due_on)
                for one in sorted(rows, key=lambda one: one.id)
            ]


def test_figures_are_what_counting_one_by_one_gives(town: tuple[Store, list[int]]) -> None:
    store, _ = town
    with store.read() as connection:
        rows = demands.listed(connection, ALL)
        figures = demand_figures.figures(connection, ALL, today=TODAY)
        assert demand_figures.overdue(connection, today=TODAY) == figures.total.overdue > 0
        by_category = demand_trends.counts(connection, ALL, Grouping.CATEGORY, **PERIOD)
        by_street = demand_trends.counts(connection, ALL, Grouping.STREET, **PERIOD)
        by_grid = demand_trends.counts(connection, ALL, Grouping.GRID, **PERIOD)
        late = {row.demand.id for row in demands.listed(connection, replace(ALL, overdue_on=TODAY))}
        in_time = {row.id: row.in_time for row in connection.execute(sa.select(demand.c.id, demand.c.in_time))}
    kept = [row for row in rows if row.demand.status is not DemandStatus.MERGED]
    assert figures.record_only == sum(row.demand.kind is DemandKind.RECORD_ONLY for row in kept)
    judged = [row for row in kept if row.demand.kind is DemandKind.DEMAND]

    def groups(name_of: object) -> tuple[GroupFigures, ...]:
        found: dict[str, GroupFigures] = {}
        for row in judged:
            one, name = row.demand, name_of(row)  # type: ignore[operator]
            answered = one.status in (DemandStatus.ANSWERED, DemandStatus.CLOSED)
            found[name] = found.get(name, GroupFigures(name=name)) + GroupFigures(
                name=name,
                received=1,
                answered=int(answered),
                closed=int(one.status is DemandStatus.CLOSED),
                not_solved=int(one.status is DemandStatus.NOT_SOLVED),
                on_time=int(answered and in_time[one.id] is True),
                with_deadline=int(answered and in_time[one.id] is not None),
                overdue=int(one.id in late),
                rating_sum=one.rating or 0,
                rated=int(one.rating is not None),
                supporters=one.supporters,
            )
        return tuple(found[name] for name in sorted(found))

    assert figures.by_department == groups(lambda row: row.demand.department)
    assert figures.by_street == groups(lambda row: row.street_name)
    assert figures.by_channel == groups(lambda row: row.demand.channel.value)
    assert figures.by_category == groups(lambda row: row.demand.category.value)
    assert figures.by_month == groups(lambda row: f"{row.demand.received_at:%Y-%m}")
    assert figures.total.received == len(judged)
    assert by_category.demands.sum() == len(kept)
    assert by_category.supporters.sum() == sum(row.demand.supporters for row in kept)
    assert by_street.demands.sum() == sum(bool(row.street_name) for row in kept)
    gridded = [row.demand.received_at.date() for row in kept if row.demand.grid_id]
    assert by_grid.months.sum(axis=0).tolist() == [
        sum(day.timetuple()[:2] == month for day in gridded) for month in ((2026, 1), (2026, 2), (2026, 3))
    ]
    ago = [(TODAY - day).days for day in gridded]
    assert by_grid.recent.sum() == sum(days < PERIOD["days"] for days in ago) > 0
    assert by_grid.before.sum() == sum(PERIOD["days"] <= days < 2 * PERIOD["days"] for days in ago)


def test_change_shows_at_once_and_a_dropped_one_never(town: tuple[Store, list[int]]) -> None:
    store, _ = town

    def by_status() -> dict[int, str]:
        with store.read() as connection:
            return {point[0]: point[4] for point in demand_columns.points(connection, ALL)}

    before = by_status()
    first = min(before)
    with store.write() as unit:
        one = demands.get(unit.connection, first)
        demands.change(unit.connection, one, status=DemandStatus.IN_PROGRESS, department="新部门")
        inside = {point[0]: point[4] for point in demand_columns.points(unit.connection, ALL)}
        assert inside[first] == "in_progress"
    assert by_status() == before
    with store.write() as unit:
        demands.change(unit.connection, one, status=DemandStatus.IN_PROGRESS, department="新部门")
        unit.commit()
    assert by_status() == before | {first: "in_progress"}
    with store.read() as connection:
        assert len(demand_columns.read_columns(connection, replace(ALL, departments=("新部门",)))) == 1


def test_empty_store_has_empty_figures(sqlite_store: Store) -> None:
    with sqlite_store.read() as connection:
        figures = demand_figures.figures(connection, ALL, today=TODAY)
        assert figures.total.received == 0
        assert figures.by_month == ()
        for by in Grouping:
            assert demand_trends.counts(connection, ALL, by, **PERIOD).keys == []
        assert demand_trends.positions(connection, ALL) == ([], [])
