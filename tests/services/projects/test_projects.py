"""Projects from catalogue items and demands, on both engines."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
import shapely

from renovation.errors import ConflictError, DeniedError, InvalidError, NotFoundError, StageError
from renovation.imports.projects.catalogue import read_catalogue
from renovation.model.accounts import Actor, Role
from renovation.model.demands import Demand, DemandCategory, DemandChannel, DemandDraft, DemandStatus
from renovation.model.items import PriceEntry
from renovation.model.projects import Project, ProjectDraft, ProjectFilter, ProjectStatus
from renovation.model.scope import Scope
from renovation.services.demands import demands
from renovation.services.projects import items, prices, projects
from renovation.store import Store
from renovation.store.demands import figures as demand_figures
from renovation.store.projects import projects as projects_store
from renovation.store.schema.places import building, estate

LAMP = "W02"


@pytest.fixture
def estates(store: Store) -> Store:
    """Two estates; the first has a building."""
    with store.write() as unit:
        for number, lon in ((1, 114.40), (2, 114.45)):
            unit.connection.execute(
                estate.insert().values(
                    id=number,
                    code=f"E{number}",
                    name=f"糖厂{number}号",
                    status="surveyed",
                    geometry=shapely.to_wkb(shapely.box(lon, 23.1, lon + 0.002, 23.102)),
                    min_lon=lon,
                    min_lat=23.1,
                    max_lon=lon + 0.002,
                    max_lat=23.102,
                )
            )
        unit.connection.execute(building.insert().values(id=1, estate_id=1, name="3栋"))
        unit.commit()
    return store


def pin(store: Store, actor: Actor, text: str = "路灯不亮", estate_id: int = 1) -> Demand:
    return demands.take_demand(
        store,
        actor,
        DemandDraft(
            estate_id=estate_id,
            building_id=1 if estate_id == 1 else None,
            category=DemandCategory.LIGHTING,
            text=text,
            channel=DemandChannel.WALK_IN,
            lon=114.401 if estate_id == 1 else 114.451,
            lat=23.101,
        ),
    )


def status_of(store: Store, actor: Actor, one: Demand) -> DemandStatus:
    return demands.demand_file(store, actor, one.id).demand.status


def test_shipped_catalogue_comes_back_as_it_went_in(estates: Store, planner: Actor, admin: Actor) -> None:
    shipped = read_catalogue()
    assert items.catalogue(estates, planner) == shipped
    book = items.price_book(estates, planner)
    assert len(book.entries) == len(shipped) == 65
    entry = PriceEntry(
        code=LAMP, low=250_000, likely=300_000, high=350_000, source="2026 年询价", day=date(2026, 3, 1), confirmed=True
    )
    prices.change_prices(estates, admin, book, [entry])
    assert items.catalogue(estates, planner) == shipped
    assert items.price_book(estates, planner).by_code[LAMP] == entry
    cost = items.price_project(estates, planner, LAMP, "7")
    assert (cost.low, cost.likely, cost.high, cost.assumed) == (1_750_000, 2_100_000, 2_450_000, False)
    with pytest.raises(DeniedError):
        prices.change_prices(estates, replace(planner, role=Role.SOCIAL_WORKER), book, [entry])


def made_for(estates: Store, planner: Actor, demand_ids: list[int], *, item_code: str, quantity: int) -> Project:
    drawn = projects.draft_from_item(estates, planner, estate_id=1, item_code=item_code, quantity=quantity)
    return projects.create_project(estates, planner, drawn, demand_ids)


def test_project_answers_demands_and_they_learn_of_it(estates: Store, planner: Actor) -> None:
    one, two = pin(estates, planner), pin(estates, planner, "楼下黑")
    demands.join_demand(estates, planner, one.id)
    made = made_for(estates, planner, [one.id, two.id], item_code=LAMP, quantity=6)
    assert (made.code, made.unit, made.status) == (f"P{made.id:04d}", "盏", ProjectStatus.PRICED)
    assert made.cost_low <= made.cost <= made.cost_high
    assert made.cost == items.price_project(estates, planner, LAMP, 6).likely
    assert made.demand_ids == (one.id, two.id)
    assert (made.lon, made.lat) == (one.lon, one.lat)
    answered = projects.demands_answered_by(estates, planner, made.id)
    assert [(row.receipt, row.building_name) for row in answered] == [(one.receipt, "3栋"), (two.receipt, "3栋")]
    became = demands.demand_file(estates, planner, two.id)
    assert became.demand.status is DemandStatus.IN_PROJECT
    assert [project.code for project in became.projects] == [made.code]
    row = projects.list_projects(estates, planner, ProjectFilter(query="糖厂1"))[0]
    assert (row.demands, row.supporters, row.estate_name) == (2, 3, "糖厂1号")
    with estates.write() as unit:
        assert demand_figures.recount(unit.connection) == 0


def test_editing_relinks_and_withdrawing_frees_the_demands(estates: Store, planner: Actor) -> None:
    one, two = pin(estates, planner), pin(estates, planner, "楼下黑")
    made = made_for(estates, planner, [one.id], item_code=LAMP, quantity=6)
    draft = projects.draft_from_item(
        estates, planner, estate_id=1, item_code=LAMP, quantity="8.5", name="东门路灯", upkeep_per_year=50_000
    )
    edited = projects.edit_project(estates, planner, made.id, made.version, draft, [two.id])
    assert (edited.name, edited.quantity, edited.demand_ids) == ("东门路灯", Decimal("8.50"), (two.id,))
    assert status_of(estates, planner, one) is DemandStatus.RECEIVED
    with pytest.raises(ConflictError):
        projects.edit_project(estates, planner, made.id, made.version, draft)
    other = made_for(estates, planner, [two.id], item_code="W03", quantity=2)
    gone = projects.withdraw_project(estates, planner, edited.id, edited.version, reason="与另一项目重复")
    assert gone.status is ProjectStatus.WITHDRAWN
    assert status_of(estates, planner, two) is DemandStatus.IN_PROJECT
    projects.withdraw_project(estates, planner, other.id, other.version, reason="不做了")
    assert status_of(estates, planner, two) is DemandStatus.RECEIVED
    with pytest.raises(StageError):
        projects.edit_project(estates, planner, gone.id, gone.version, draft)


def test_demand_joins_a_project_that_is_still_being_prepared(estates: Store, planner: Actor) -> None:
    first, late = pin(estates, planner), pin(estates, planner, "东门也黑")
    made = made_for(estates, planner, [first.id], item_code=LAMP, quantity=6)
    assert [project.id for project in projects.joinable_projects(estates, planner, late.id)] == [made.id]
    joined = projects.join_project(estates, planner, made.id, [first.id, late.id])
    assert set(joined.demand_ids) == {first.id, late.id}
    assert (joined.cost, status_of(estates, planner, late)) == (made.cost, DemandStatus.IN_PROJECT)
    assert projects.joinable_projects(estates, planner, late.id) == ()
    elsewhere = replace(planner, scope=Scope(estate_id=2))
    with pytest.raises(NotFoundError):
        projects.join_project(estates, elsewhere, made.id, [late.id])
    with estates.write() as unit:
        projects_store.change(unit.connection, joined, status=ProjectStatus.IN_POLL.value)
        unit.commit()
    with pytest.raises(StageError):
        projects.join_project(estates, planner, made.id, [pin(estates, planner, "又一件").id])


def test_what_a_poll_holds_stays_as_it_is(estates: Store, planner: Actor) -> None:
    made = made_for(estates, planner, [pin(estates, planner).id], item_code=LAMP, quantity=6)
    with estates.write() as unit:
        held = projects_store.change(unit.connection, made, status=ProjectStatus.IN_POLL.value)
        unit.commit()
    draft = projects.draft_from_item(estates, planner, estate_id=1, item_code=LAMP, quantity=1)
    with pytest.raises(StageError):
        projects.edit_project(estates, planner, held.id, held.version, draft)
    with pytest.raises(StageError):
        projects.withdraw_project(estates, planner, held.id, held.version, reason="x")


def test_refusals_leave_nothing_behind(estates: Store, planner: Actor, observer: Actor) -> None:
    one = pin(estates, planner)
    draft = projects.draft_from_item(estates, planner, estate_id=1, item_code=LAMP, quantity=1)
    with pytest.raises(NotFoundError):
        projects.create_project(estates, planner, draft, [one.id, 999])
    with pytest.raises(NotFoundError):
        projects.create_project(estates, planner, replace(draft, item_code="Z9"), [one.id])
    with pytest.raises(NotFoundError):
        projects.create_project(estates, planner, replace(draft, estate_id=99))
    with pytest.raises(InvalidError):
        projects.create_project(estates, planner, replace(draft, name="长" * 81))
    with pytest.raises(DeniedError):
        projects.create_project(estates, observer, draft)
    assert projects.count_projects(estates, planner, ProjectFilter()) == 0
    assert status_of(estates, planner, one) is DemandStatus.RECEIVED


def test_order_and_conflicts_among_an_estates_projects(estates: Store, planner: Actor) -> None:
    for code, quantity in (("J15", 100), ("W04", 50)):
        projects.create_project(
            estates, planner, projects.draft_from_item(estates, planner, estate_id=1, item_code=code, quantity=quantity)
        )
    orders, pairs = projects.choices_in_estate(estates, planner, 1, with_item="W16")
    assert [(rule.first, rule.then) for rule in orders] == [("J15", "W16")]
    assert [(pair.one, pair.other) for pair in pairs] == [("W04", "W16")]
    assert projects.choices_in_estate(estates, planner, 2) == ((), ())


def test_drawn_shape_gives_the_point_and_scope_hides(estates: Store, planner: Actor) -> None:
    shape = shapely.to_wkb(shapely.box(114.4005, 23.1005, 114.4007, 23.1007))
    draft = projects.draft_from_item(estates, planner, estate_id=1, item_code="W04", quantity=40, geometry=shape)
    made = projects.create_project(estates, planner, draft)
    assert made.geometry == shape
    assert made.lon == pytest.approx(114.4006)
    elsewhere = replace(planner, scope=Scope(estate_id=2))
    assert projects.list_projects(estates, elsewhere, ProjectFilter()) == ()
    with pytest.raises(NotFoundError):
        projects.get_project(estates, elsewhere, made.id)
    assert projects.get_project(estates, planner, made.id) == made


def test_no_quantity_no_project() -> None:
    with pytest.raises(InvalidError):
        ProjectDraft(estate_id=1, item_code=LAMP, name="x", quantity=Decimal(0), cost=1, cost_low=1, cost_high=1)
