"""The demonstration city's demands and projects keep what is promised of them, and come out equal from one seed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import shapely
import sqlalchemy as sa

from renovation.imports.files.lists import shipped
from renovation.model.lists import ListKind
from renovation.model.localities import synonyms_of
from renovation.model.places import EstateFilter
from renovation.model.projects import ProjectFilter
from renovation.rules.demands.similarity import TextIndex, normaliser
from renovation.services import demo
from renovation.store import Store
from renovation.store.demands import demands as demands_store
from renovation.store.demands import figures as demand_figures
from renovation.store.polls import polls as polls_store
from renovation.store.projects import projects as projects_store
from renovation.store.register import estates
from renovation.store.schema.demands import demand
from renovation.store.schema.surveys import survey_visit


def test_demands_lie_in_their_estates_and_are_marked(city: Store) -> None:
    with city.write() as unit:
        assert demand_figures.recount(unit.connection) == 0
        outlines = {
            one.id: shapely.from_wkb(one.geometry)
            for one in estates.find(unit.connection, EstateFilter())
            if one.geometry
        }
        rows = unit.connection.execute(sa.select(demand)).all()
    assert len(rows) >= 400
    assert {row.estate_id for row in rows} == set(outlines)
    for row in rows:
        assert row.synthetic
        assert shapely.intersects_xy(outlines[row.estate_id], row.lon, row.lat)
        assert "{" not in row.text
    assert len({row.status for row in rows}) >= 10
    assert len({row.category for row in rows}) >= 16
    assert len({row.channel for row in rows}) == 7


def test_neighbours_have_asked_for_the_same(city: Store) -> None:
    normalise = normaliser(synonyms_of(shipped(ListKind.SYNONYMS)))
    with city.read() as connection:
        groups = 0
        for estate_id in range(1, 30):
            texts = [normalise(one.text) for one in demands_store.in_estate(connection, estate_id)]
            index = TextIndex(texts)
            groups += sum(np.sum(index.similarities(one) >= 0.3) > 1 for one in texts)
    assert groups >= 20


def test_projects_cost_what_small_pots_and_packages_pay(city: Store) -> None:
    with city.read() as connection:
        rows = projects_store.listed(connection, ProjectFilter())
    assert len(rows) >= 120
    assert all(
        row.project.synthetic and row.project.cost_low <= row.project.cost <= row.project.cost_high for row in rows
    )
    small = [row for row in rows if 5_000_000 <= row.project.cost <= 35_000_000]
    assert len(small) >= 0.8 * len(rows)
    by_estate: dict[int, int] = {}
    for row in rows:
        by_estate[row.project.estate_id] = by_estate.get(row.project.estate_id, 0) + row.project.cost
    assert sum(80_000_000 <= total <= 125_000_000 for total in by_estate.values()) >= 8
    assert sum(bool(row.project.demand_ids) for row in rows) >= 80


def test_same_seed_same_city_at_every_hour_of_a_day(
    tmp_path: Path, make_store: Callable[[Path], Store], clock: Any
) -> None:
    first, second = (make_store(tmp_path / name) for name in ("first", "second"))
    demo.load_demo(first)
    clock.pass_time(hours=-15)
    demo.load_demo(second)

    def digest(store: Store) -> str:
        told = hashlib.sha256()
        with store.read() as connection:
            for row in connection.execute(sa.select(demand.c.receipt, demand.c.text, demand.c.status, demand.c.lon)):
                told.update(repr(tuple(row)).encode())
            for line in projects_store.listed(connection, ProjectFilter()):
                told.update(repr((line.project.name, line.project.cost, line.project.demand_ids)).encode())
            for poll in sorted(polls_store.listed(connection), key=lambda one: one.title):
                told.update(repr((poll.title, poll.stage, poll.settings.budget, poll.projects)).encode())
            for row in connection.execute(sa.select(survey_visit.c.household_id, survey_visit.c.visited_at)):
                told.update(repr(tuple(row)).encode())
        return told.hexdigest()

    assert digest(first) == digest(second)
