"""Lay out a small town with one of everything: two estates in two streets, through the services where they can."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import shapely

from renovation.imports.register.facilities import parse_facilities
from renovation.model.accounts import PUBLIC, STAFF_ROLES, Actor, Role
from renovation.model.clock import now
from renovation.model.funding import MatchingRule, Pot, SourceKind
from renovation.model.imports import ImportSource
from renovation.model.intake import Part
from renovation.model.panels import Conflict
from renovation.model.photos import PhotoKind, PhotoOwner, PhotoOwnerKind
from renovation.model.places import (
    AreaDraft,
    AreaLevel,
    BuildingDraft,
    EstateDraft,
    EstateFacts,
    EstateWorkDraft,
    RenovationStatus,
    Road,
)
from renovation.model.polls import PollStage
from renovation.model.programme import BatchSettings, BatchStanding, Objective
from renovation.model.projects import ProjectStatus
from renovation.model.ranking import SavedWeighting, Subject
from renovation.model.scenarios import ProgrammeSettings, WorkPlan
from renovation.model.scope import EVERYWHERE
from renovation.model.surveys import Worker
from renovation.rules.programme.programme import plan_programme
from renovation.services.demands import demands, work
from renovation.services.money import funding, gates, payments, pledges, pots
from renovation.services.outcome import publishing
from renovation.services.polls import polls
from renovation.services.programme import annual_batch, panels, programme, ranking, ranking_figures, work_plans
from renovation.services.programme.input import programme_input
from renovation.services.projects import prices, projects
from renovation.services.projects.items import SHIPPED_BOOK, keep_catalogue
from renovation.services.register import estate_works, estates, facilities, photos
from renovation.services.staff import accounts
from renovation.services.surveys import campaigns, visits
from renovation.store import Store
from renovation.store.keys import signs_key, staff_key
from renovation.store.money import gates as gate_store
from renovation.store.projects import projects as project_store
from renovation.store.register import areas, buildings
from renovation.store.register import estates as estate_store
from renovation.store.staff import accounts as account_store
from verbs import polling
from verbs.laid import (
    DEPARTMENTS,
    MARKS,
    PASSWORD,
    SECOND,
    STREETS,
    YEAR,
    Place,
    World,
    account_draft,
    add_project,
    consent_draft,
    contribution,
    demand_draft,
    gate_fact,
    panel_setup,
    payment,
    picture,
    poll_settings,
    upkeep,
)
from verbs.surveys import survey_draft, visit_draft


def lay_out(store: Store, laptop: Store, office: Store, folder: Path) -> World:
    """Lay the town out in an empty store.

    Its kit is voted with on an empty laptop, another empty store is an office that sends its kits here, and backups lie
    in the folder.
    """
    world = World(store, Place(MARKS[0], 114.40), Place(MARKS[1], 114.45), staff={})
    world.town.folder, world.town.backup = folder, folder / "renovation-20260101T000000000000Z.sqlite"
    _staff(world)
    _ground(world)
    _last_year(world)
    for place in (world.one, world.two):
        _demands(world, place)
        _projects(world, place)
        _money(world, place)
        _gates(world, place)
        for stage in PollStage:
            place.polls[stage] = polling.poll_of_stage(world, place, stage)
        place.tied = polling.tied_poll(world, place)
        place.travelling = polling.travelling_poll(world, place, laptop)
        _rest(world, place)
        _survey(world, place)
    _planning(world)
    polling.bring_kits(world, office)
    for place in (world.one, world.two):
        _read_again(world, place)
    # A key stays when a call is taken back: drawn by whichever verb came first, it would take from that one's chance.
    with store.write() as unit:
        staff_key(unit.connection, make=True)
        unit.commit()
    signs_key(store.keys)
    return world


def _staff(world: World) -> None:
    people = {role: (role.value.replace("_", "-"), role) for role in STAFF_ROLES}
    with world.store.write() as unit:
        for login, role in [*people.values(), (SECOND.login, SECOND.role)]:
            made = account_store.add(
                unit.connection,
                login=login,
                name=login,
                role=role,
                password_hash=accounts.hash_secret(PASSWORD),
                created_at=now(),
                scope=EVERYWHERE,
                department=DEPARTMENTS[0] if role is Role.DEPARTMENT else "",
                must_change_password=False,
            )
            world.staff.setdefault(role, accounts.as_actor(made))
        unit.commit()
    world.staff[Role.RESIDENT] = PUBLIC
    world.staff[Role.STATION] = Actor(role=Role.STATION)


def _box(lon: float, lat: float, size: float) -> bytes:
    found: bytes = shapely.to_wkb(shapely.box(lon, lat, lon + size, lat + size))
    return found


def _ground(world: World) -> None:
    with world.store.write() as unit:
        connection = unit.connection
        keep_catalogue(connection)
        (county,) = areas.add_areas(connection, [AreaDraft(level=AreaLevel.COUNTY, code="C1", name="惠城区")])
        streets = areas.add_areas(
            connection,
            [
                AreaDraft(
                    level=AreaLevel.STREET,
                    code=f"S{place.mark}",
                    name=name,
                    parent_id=county,
                    geometry=_box(place.lon - 0.005, place.lat - 0.005, 0.02),
                )
                for place, name in zip((world.one, world.two), STREETS, strict=True)
            ],
        )
        road = shapely.to_wkb(shapely.LineString([(114.39, 23.1005), (114.46, 23.1005)]))
        areas.add_roads(connection, [Road(name="大路", rank=2, geometry=road)])
        for place, street in zip((world.one, world.two), streets, strict=True):
            status = RenovationStatus.LISTED if place is world.one else RenovationStatus.SURVEYED
            facts = EstateFacts(households=300, built_year=1990, status=status, willingness=Fraction(1))
            (estate_id,) = estate_store.add_estates(
                connection,
                [
                    EstateDraft(
                        code=f"{place.mark}-01",
                        name=f"{place.mark}小区",
                        facts=facts,
                        county_id=county,
                        street_id=street,
                        geometry=_box(place.lon, place.lat, 0.002),
                    )
                ],
                collected_on=date(2026, 3, 1),
                collector=f"{place.mark}社工",
            )
            buildings.add_buildings(
                connection,
                [
                    BuildingDraft(
                        estate_id=estate_id,
                        name=f"{place.mark}1栋",
                        geometry=_box(place.lon + 0.0004, place.lat + 0.0004, 0.0004),
                        doors={"1单元": ("101", "102", "201", "202")},
                    )
                ],
            )
            place.estate = estate_store.get(connection, estate_id)
            unit_areas = [
                AreaDraft(
                    level=AreaLevel.GRID,
                    code=f"G{place.mark}",
                    name=f"{place.mark}网格",
                    parent_id=street,
                    geometry=_box(place.lon, place.lat, 0.002),
                )
            ]
            areas.add_areas(connection, unit_areas)
            (place.building,) = buildings.buildings_of(connection, [estate_id])
            place.doors = buildings.households_in(connection, place.building.id)
        unit.commit()
    for place in (world.one, world.two):
        place.account = accounts.create_account(world.store, world.admin, account_draft(world, place, "newcomer"))[0]
    rows = ["编号,名称,类别,经度,纬度", "F1,一站,养老服务站,114.4,23.1", "F2,二站,养老服务站,114.45,23.1"]
    listed = "\n".join(rows).encode()
    world.town.facilities = facilities.import_facilities(
        world.store,
        world.admin,
        parse_facilities(listed, datum="cgcs2000"),
        source=ImportSource.of("设施.csv", listed),
    )


def _demands(world: World, place: Place) -> None:
    store, actor, held = world.store, world.admin, place.demands

    def take(name: str) -> Any:
        one = demands.take_demand(store, actor, demand_draft(place, f"楼下路灯坏了，{name}"))
        setattr(held, name, one)
        return one

    take("received")
    take("twin")
    for name in ("dispatched", "accepted", "in_progress", "answered", "no_owner", "refused_twice", "shared"):
        one = take(name)
        if name == "shared":
            parts = [Part(department=office, task=f"{place.mark}修灯") for office in DEPARTMENTS]
            work.split_demand(store, actor, one.id, parts)
            place.tasks = SimpleNamespace()
            place.tasks.first, place.tasks.second = demands.demand_file(store, actor, one.id).tasks
            continue
        if name == "answered":
            work.answer_demand(store, actor, one.id, f"{place.mark}已经修好")
            continue
        for refusals in range({"no_owner": 3, "refused_twice": 2}.get(name, 0)):
            work.dispatch_demand(store, actor, one.id, DEPARTMENTS[refusals % 2])
            work.refuse_demand(store, actor, one.id, "不归我们")
        if name != "no_owner":
            work.dispatch_demand(store, actor, one.id, DEPARTMENTS[0])
        if name in ("accepted", "in_progress"):
            work.accept_demand(store, actor, one.id)
        if name == "in_progress":
            work.begin_demand(store, actor, one.id)
    for one in (held.received, held.dispatched):
        owner = PhotoOwner(kind=PhotoOwnerKind.DEMAND, id=one.id)
        (held.photo,) = photos.add_photos(store, actor, owner, [("", picture(1))], PhotoKind.BEFORE, caption=place.mark)


def _last_year(world: World) -> None:
    """Adopt a programme of one project in each estate."""
    store, actor, town = world.store, world.admin, world.town
    pots.keep_pot(store, actor, Pot(id="", name="去年的", year=YEAR - 1, amount=500_000_000))
    for place in (world.one, world.two):
        place.projects.in_programme = add_project(world, place, "in_programme")
    basis = programme_input(
        store, actor, ProgrammeSettings(years=(YEAR - 1,), objective=Objective.HOUSEHOLDS, only_passing=False)
    )
    made = programme.save_scenario(store, actor, name="去年", basis=basis, programme=plan_programme(basis.problem))
    town.adopted = programme.adopt_scenario(store, actor, made.id)


#: Where a project of each status comes from; what a poll or a programme decides is laid straight into the store.
_LAID = (
    ProjectStatus.CHOSEN,
    ProjectStatus.NOT_CHOSEN,
    ProjectStatus.IN_WORKS,
)


def _projects(world: World, place: Place) -> None:
    store, actor = world.store, world.admin
    names = ["priced", "small", "second", "adopted", *(status.value for status in _LAID)]
    for name in names:
        place.projects.__dict__[name] = add_project(world, place, name)
    with store.write() as unit:
        for status in _LAID:
            held = place.projects.__dict__[status.value]
            place.projects.__dict__[status.value] = project_store.change(unit.connection, held, status=status.value)
        unit.commit()
    linked = demands.take_demand(store, actor, demand_draft(place, "要一个坡道"))
    place.projects.priced = projects.join_project(store, actor, place.projects.priced.id, [linked.id])
    place.demands.in_project = demands.demand_file(store, actor, linked.id).demand
    owner = PhotoOwner(kind=PhotoOwnerKind.PROJECT, id=place.projects.priced.id)
    (place.photo,) = photos.add_photos(
        store, actor, owner, [("", picture(2))], PhotoKind.BEFORE, caption=f"{place.mark}坡道"
    )
    funding.set_upkeep(store, actor, upkeep(place.projects.in_works))


def _money(world: World, place: Place) -> None:
    store, actor, town = world.store, world.admin, world.town
    if not hasattr(town, "pot"):
        town.pot = pots.keep_pot(store, actor, Pot(id="", name="中央补助", year=YEAR, amount=5_000_000))
        spare = Pot(id="", name="备用", year=YEAR, amount=100_000_000)
        town.spare_pot = pots.keep_pot(store, actor, spare)
        rule = MatchingRule(id="", name="一配一", ratio=Fraction(1), cap=1_000_000, pot=town.pot.id)
        town.rule = pots.add_matching_rule(store, actor, rule)
    held = place.projects
    place.contribution = funding.record_contribution(store, actor, contribution(world, held.second, place))
    place.payment = payments.record_payment(store, actor, payment(held.small, place))
    pledges.open_for_adoption(store, actor, held.adopted.id, wanted=f"{place.mark}找人出钱")
    place.pledges = SimpleNamespace(
        open=pledges.record_pledge(
            store,
            actor,
            held.adopted.id,
            supporter=f"{place.mark}热心人",
            kind=SourceKind.RESIDENTS,
            amount=100_000,
        )
    )
    pledges.offer_pledge(store, PUBLIC, held.adopted.id, supporter=f"{place.mark}好邻居", amount=50_000)
    rows = [row.pledge for row in pledges.list_pledges(store, actor) if row.place.id == held.adopted.id]
    place.pledges.offered = next(one for one in rows if one.offered)


def _gates(world: World, place: Place) -> None:
    gates.record_fact(world.store, world.admin, gate_fact(place))
    place.consent, _decided = gates.record_consent(world.store, world.admin, consent_draft(place))


def grow(world: World, place: Place) -> None:
    """Let more happen in an estate, so that figures which tell of it become others."""
    store, actor = world.store, world.admin
    demands.take_demand(store, PUBLIC, demand_draft(place, "又多了一件"), who="a browser")
    made = add_project(world, place, "又一条", item="W13")
    add_project(world, place, "先粉刷", item="J04")
    for held in (made, place.projects.small):
        # From no pot: what a pot has left is the whole town's to know.
        funding.record_contribution(store, actor, replace(contribution(world, held, place), pot=None))
    polls.create_poll(store, actor, poll_settings(place, "再来一场"), place.estate.id, [place.projects.second.id])
    held = estates.get_estate(store, actor, place.estate.id)
    estates.edit_estate(store, actor, replace(held, facts=replace(held.facts, households=400, buildings=9)))
    with store.write() as unit:
        doubtful = replace(gate_fact(place), holds=False)
        gate_store.add_fact(unit.connection, doubtful, at=now())
        unit.commit()


def _rest(world: World, place: Place) -> None:
    draft = EstateWorkDraft(estate_id=place.estate.id, year=2015, what=f"{place.mark}换过水管", source=place.mark)
    place.work = estate_works.add_estate_work(world.store, world.admin, draft)
    owner = PhotoOwner(kind=PhotoOwnerKind.ESTATE, id=place.estate.id)
    photos.add_photos(
        world.store, world.admin, owner, [("", picture(3))], PhotoKind.BEFORE, caption=f"{place.mark}东门"
    )
    plan = WorkPlan(project_id=place.projects.chosen.id, starts=f"{YEAR}-03", builder=f"{place.mark}建筑公司")
    work_plans.keep_work_plans(world.store, world.admin, [plan])


def _survey(world: World, place: Place) -> None:
    """Begin a campaign that everybody who may leads, with a door that gave two answers."""
    store, actor = world.store, world.admin
    place.survey = campaigns.create_survey(store, actor, survey_draft(place))
    leading = (Role.ADMIN, Role.PLANNER, Role.SOCIAL_WORKER)
    workers = tuple(Worker(login=world.staff[role].login, leads=True) for role in leading)
    campaigns.set_workers(store, actor, place.survey, workers)
    for visit_id, renew in (("visit-0001", "yes"), ("visit-0002", "no")):
        visits.record_visit(store, actor, place.survey, visit_draft(place, visit_id, place.doors[0].id, renew))


def _planning(world: World) -> None:
    store, actor, town = world.store, world.admin, world.town
    town.panel = panels.create_panel(store, actor, panel_setup())
    town.conflicted = panels.create_panel(store, actor, panel_setup("有人回避"))
    conflict = Conflict(assessor="老张", entry="P0", reason=f"住在{MARKS[0]}")
    town.conflicted = panels.step_out(store, actor, town.conflicted.id, conflict)
    full = panels.create_panel(store, actor, panel_setup("评完了"))
    for assessor in full.setup.assessors:
        points = {entry.code: {"need": Fraction(5)} for entry in full.setup.entries}
        full = panels.give_points(store, actor, full.id, assessor, points)
    town.full_panel = full
    done = panels.create_panel(store, actor, panel_setup("关了"))
    for assessor in done.setup.assessors:
        done = panels.give_points(store, actor, done.id, assessor, points)
    town.closed_panel = panels.close_panel(store, actor, done.id, version=done.version)
    town.weighting = SavedWeighting(
        name="街道权重",
        subject=Subject.ESTATES,
        criteria=(),
        weighting=ranking.example_weightings(Subject.ESTATES)[0],
    )
    basis = ranking_figures.ranking_basis(store, actor, Subject.ESTATES)
    town.weighting = replace(town.weighting, criteria=ranking.criteria_for(basis))
    ranking.save_weighting(store, actor, town.weighting)
    town.columns = f"编号,走访\n{MARKS[0]}-01,3\n{MARKS[1]}-01,5\n".encode()
    ranking.import_columns(store, actor, Subject.ESTATES, town.columns, filename="走访.csv")
    town.batch = annual_batch.work_out_batch(
        annual_batch.batch_basis(store, actor), BatchSettings(year=YEAR, budget=10**10)
    )
    # As if every gate were passed: the programme builds in all of its estates.
    taken = tuple(replace(line, standing=BatchStanding.IN_BATCH, reasons=()) for line in town.batch.lines)
    town.batch = replace(town.batch, lines=taken)
    annual_batch.keep_batch(store, actor, town.batch)
    town.settings = ProgrammeSettings(years=(YEAR,), objective=Objective.HOUSEHOLDS, only_passing=False)
    town.basis = programme_input(store, actor, town.settings)
    town.programme = plan_programme(town.basis.problem)
    kept = {
        name: programme.save_scenario(store, actor, name=name, basis=town.basis, programme=town.programme)
        for name in ("方案一", "方案二")
    }
    town.scenario = kept["方案一"]
    town.book = prices.book(store, actor, *SHIPPED_BOOK)
    town.locality, town.year = town.book.locality, town.book.year
    held = prices.export_book(store, actor, town.locality, town.year)[2]
    town.prices_import = prices.import_prices(
        store,
        actor,
        prices.read_workbook(store, actor, held, locality="龙门县", year=YEAR),
        source=ImportSource.of("价.xlsx", held),
    ).record
    town.bundle = publishing.bundle_file(store, actor, world.one.polls[PollStage.PUBLISHED].id)[2]


def _read_again(world: World, place: Place) -> None:
    """Read what later acts have changed, so that versions are those of now."""
    store, actor = world.store, world.admin
    place.estate = estates.get_estate(store, actor, place.estate.id)
    for name, one in list(vars(place.projects).items()):
        setattr(place.projects, name, projects.get_project(store, actor, one.id))
    for name, one in list(vars(place.demands).items()):
        setattr(place.demands, name, demands.demand_file(store, actor, one.id).demand)
