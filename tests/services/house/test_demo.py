"""The demonstration city: whole, believable, the same from the same seed, and never over real data."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import shapely

from renovation.errors import ConflictError
from renovation.geo.checks import overlaps
from renovation.model.accounts import Actor, Role
from renovation.model.demands import DemandFilter
from renovation.model.funding import PledgeState
from renovation.model.gates import GateState
from renovation.model.places import AreaLevel, Deficit, EstateFilter, EstateType, ManagementForm
from renovation.model.polls import PollStage
from renovation.model.projects import ProjectFilter
from renovation.model.scope import EVERYWHERE
from renovation.services import demo
from renovation.services.demands import demands
from renovation.services.demo import DEMO_ACCOUNTS, DEMO_PASSWORD, load_demo, places
from renovation.services.demo.polls import PRACTICE_VENUES, practice_poll
from renovation.services.money import gates, pledges, pots
from renovation.services.polls import ballot, polls
from renovation.services.projects import projects
from renovation.services.register import estates as estate_services
from renovation.services.register import places as register_places
from renovation.services.staff import accounts
from renovation.services.staff.installation import is_demonstration
from renovation.store import Store


def with_places(store: Store, seed: int = 2020) -> Store:
    actor = Actor(role=Role.ADMIN, login="demo")
    places.build(store, actor, random.Random(f"{seed}:places"), lambda *_: None)
    return store


GUIDE = Actor(role=Role.PLANNER, login="guihua")


def test_estates_are_complete_and_marked_as_synthetic(city: Store) -> None:
    found = estate_services.find_estates(city, GUIDE)
    assert len(found) >= 60
    assert all(estate.synthetic and estate.geometry for estate in found)
    assert len({estate.name for estate in found}) == len(found)
    assert all(90 <= (estate.facts.households or 0) <= 900 for estate in found)
    for every, name in ((EstateType, "estate_type"), (ManagementForm, "management_form")):
        assert {getattr(estate.facts, name) for estate in found} == set(every)
    assert {deficit for estate in found for deficit in estate.facts.deficits} == set(Deficit)
    for estate in found[:5]:
        file = estate_services.get_estate_file(city, GUIDE, estate.id)
        assert len(file.trail) == 4
        assert len(file.buildings) == estate.facts.buildings
        assert sum(doors for _, doors in file.doors.values()) == estate.facts.households
        assert sum(units for units, _ in file.doors.values()) == estate.facts.units


def test_outlines_are_valid_apart_and_inside_their_grid(city: Store) -> None:
    found = estate_services.find_estates(city, GUIDE)
    outlines = np.array([shapely.from_wkb(estate.geometry) for estate in found])
    assert shapely.is_valid(outlines).all()
    assert overlaps(outlines, share=1e-6) == []
    grids = {
        area.id: shapely.from_wkb(area.geometry)
        for area in register_places.list_areas(city, GUIDE, level=AreaLevel.GRID, outlines=True)
    }
    assert all(shapely.contains(grids[e.grid_id], o) for e, o in zip(found, outlines, strict=True) if e.grid_id)
    for estate, outline in zip(found, outlines, strict=True):
        standing = estate_services.list_buildings(city, GUIDE, [estate.id])
        assert shapely.contains(outline, shapely.from_wkb([b.geometry for b in standing])).all()


def test_levels_nest(city: Store) -> None:
    areas = {area.id: area for area in register_places.list_areas(city, GUIDE, outlines=True)}
    shapes = {area_id: shapely.from_wkb(area.geometry) for area_id, area in areas.items()}
    for area in areas.values():
        assert shapely.is_valid(shapes[area.id])
        if area.parent_id is not None:
            outside = shapely.area(shapely.difference(shapes[area.id], shapes[area.parent_id]))
            assert outside <= 0.001 * shapely.area(shapes[area.id]), area.name
    counties = [area.name for area in areas.values() if area.level is AreaLevel.COUNTY]
    assert sorted(counties) == sorted(["惠城区", "惠阳区", "博罗县", "惠东县", "龙门县"])
    assert len(register_places.list_roads(city, GUIDE, rank_to=1)) > 10


def fingerprint(store: Store) -> str:
    digest = hashlib.sha256()
    for estate in estate_services.find_estates(store, GUIDE, EstateFilter()):
        digest.update(repr((estate.code, estate.name, estate.geometry, sorted(estate.facts.deficits))).encode())
    return digest.hexdigest()


def test_same_seed_gives_the_same_city(city: Store, make_store: Callable[[Path], Store], tmp_path: Path) -> None:
    assert fingerprint(with_places(make_store(tmp_path / "again"))) == fingerprint(city)
    assert fingerprint(with_places(make_store(tmp_path / "other"), seed=7)) != fingerprint(city)


def test_load_marks_the_store_and_lets_its_staff_in(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "PARTS", {"places": places.build})
    load_demo(store)
    assert is_demonstration(store)
    for login, (_, role) in DEMO_ACCOUNTS.items():
        assert accounts.sign_in(store, login, DEMO_PASSWORD).account.role is role
    before = len(estate_services.find_estates(store, GUIDE))
    load_demo(store)
    assert len(estate_services.find_estates(store, GUIDE)) == before


def test_whole_city_has_demands_projects_and_polls_in_every_stage(city: Store, demonstration_template: Path) -> None:
    told = json.loads((demonstration_template / "told.json").read_text(encoding="utf-8"))
    assert list(dict.fromkeys(part for part, _, _ in told)) == list(demo.PARTS)
    assert told[-1][1] == told[-1][2]
    assert demands.count_demands(city, GUIDE, DemandFilter(scope=EVERYWHERE)) >= 400
    assert projects.count_projects(city, GUIDE, ProjectFilter()) >= 120
    stages = {poll.stage for poll in polls.list_polls(city, GUIDE)}
    assert {PollStage.DRAFT, PollStage.OPEN} <= stages
    assert len(stages) >= 3
    practice = practice_poll(city, GUIDE)
    assert practice is not None
    assert (practice.stage, practice.synthetic) == (PollStage.DRAFT, True)
    for poll in polls.list_polls(city, GUIDE, stages={PollStage.DRAFT}):
        costs = [entry.cost for entry in poll.on_ballot]
        assert len(costs) >= 3
        assert max(costs) <= poll.settings.budget < sum(costs)
    assert tuple(place.name for place in polls.venues(city, GUIDE, practice.id)) == PRACTICE_VENUES
    office = Actor(role=Role.ADMIN, login="guanli")
    assert polls.opening_doubts(city, office, practice.id) == ballot.ballot_changes(city, GUIDE, practice.id) == ()
    assert len(pots.pots(city, GUIDE)) >= 10
    assert all(account.free >= 0 for account in pots.pot_accounts(city, GUIDE))
    assert {row.standing for row in gates.gate_rows(city, GUIDE)} == set(GateState)
    assert {row.state for row in pledges.list_pledges(city, GUIDE)} == set(PledgeState)


def test_real_data_is_never_overwritten(sqlite_store: Store) -> None:
    draft = accounts.AccountDraft(login="wang", name="王", role=Role.ADMIN)
    accounts.create_first_account(sqlite_store, draft, "a-long-password")
    with pytest.raises(ConflictError, match=r"demo\.not_empty"):
        load_demo(sqlite_store)
    assert accounts.sign_in(sqlite_store, "wang", "a-long-password").account.login == "wang"
    assert not is_demonstration(sqlite_store)
