"""Scenarios: kept exactly, frozen by adoption, one a year, taken back with a reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from renovation.errors import ConflictError, DeniedError, InvalidError
from renovation.model.accounts import Actor
from renovation.model.clock import now
from renovation.model.funding import Pot
from renovation.model.items import ItemClass
from renovation.model.places import EstateDraft, EstateFacts
from renovation.model.programme import Capacity, GroupRule, Lock, Objective, Order, PlannedProject, Problem
from renovation.model.projects import ProjectDraft, ProjectStatus
from renovation.model.scenarios import ProgrammeInput, ProgrammeSettings, ProjectPlace, ScenarioState, StreetPeople
from renovation.rules.programme.basis import basis_digest, input_changes
from renovation.rules.programme.programme import plan_programme
from renovation.services.programme import programme as service
from renovation.services.projects.items import keep_catalogue
from renovation.store import Store
from renovation.store.money import pots
from renovation.store.projects import projects
from renovation.store.register import estates


@pytest.fixture
def two_projects(store: Store) -> tuple[int, int]:
    """Two priced projects of one estate, straight in the store."""
    with store.write() as unit:
        keep_catalogue(unit.connection)
        draft = EstateDraft(code="E1", name="糖厂三号小区", facts=EstateFacts(households=300))
        estates.add_estates(unit.connection, [draft], collected_on=date(2026, 3, 1), collector="测试")
        made = [
            projects.add(
                unit.connection,
                ProjectDraft(
                    estate_id=1,
                    item_code=code,
                    name=name,
                    quantity=Decimal(1),
                    cost=10_000_000,
                    cost_low=9_000_000,
                    cost_high=12_000_000,
                ),
                unit="处",
                at=now(),
            )
            for code, name in (("J05", "楼道照明"), ("W12", "坡道"))
        ]
        pots.add_pot(unit.connection, Pot(id="", name="中央补助", year=2027, amount=30_000_000))
        unit.commit()
    return made[0].id, made[1].id


def basis(*ids: int) -> ProgrammeInput:
    """A small question with one of every rule."""
    codes = [f"P{number:04d}" for number in ids]
    settings = ProgrammeSettings(
        years=(2027, 2028),
        objective=Objective.BLEND,
        blend={Objective.VOTES: Fraction(2, 3), Objective.HOUSEHOLDS: Fraction(1, 3)},
        group_rules=(GroupRule(group="惠城区", max_count=5, source="年度安排"),),
        capacities=(Capacity(year=2027, sites=3),),
        locks=(Lock(project=codes[0], is_chosen=True, reason="已答复居民"),),
    )
    problem = Problem(
        years=settings.years,
        projects=tuple(
            PlannedProject(
                id=code,
                cost=10_000_000,
                name=f"项目{code}",
                votes=10,
                score=Fraction(1, 3),
                households=300,
                item_classes=frozenset({ItemClass.BASIC}),
                areas=frozenset({"惠城区", "桥西街道"}),
            )
            for code in codes
        ),
        pots=(Pot(id="1", name="中央补助", year=2027, amount=30_000_000, classes=frozenset({ItemClass.BASIC})),),
        group_rules=settings.group_rules,
        orders=(Order(first=codes[0], then=codes[1]),),
        capacities=settings.capacities,
        locks=settings.locks,
        objective=settings.objective,
        blend=settings.blend,
    )
    places = {
        code: ProjectPlace(
            project_id=number,
            code=code,
            name=f"项目{code}",
            estate_id=1,
            estate_code="E1",
            estate="糖厂三号小区",
            county="惠城区",
            street="桥西街道",
            community="",
            item_code="J05",
            quantity="1",
            unit="处",
            whole_cost=10_000_000,
            households=300,
            elderly=60,
        )
        for code, number in zip(codes, ids, strict=True)
    }
    streets = (StreetPeople(street="惠城区 桥西街道", households=600, elderly=100),)
    return ProgrammeInput(settings=settings, problem=problem, places=places, streets=streets)


def test_a_scenario_comes_back_as_it_was(store: Store, planner: Actor, two_projects: tuple[int, int]) -> None:
    asked = basis(*two_projects)
    found = plan_programme(asked.problem)
    made = service.save_scenario(store, planner, name=" 方案一 ", basis=asked, programme=found, note="会上讨论")
    held = service.scenario(store, planner, made.id)
    assert (held.name, held.scenario.note, held.created_by) == ("方案一", "会上讨论", planner.login)
    assert held.basis == asked
    assert held.programme == found
    assert held.scenario.inputs_digest == basis_digest(asked)
    assert input_changes(held.basis, asked).is_same
    column, equity = service.compare_scenarios([held])[0]
    # Two projects of one estate reach its 300 of the street's 600 households.
    assert (column.projects, column.money, equity.share_reached) == (2, 20_000_000, Fraction(1, 2))


def test_adopting_freezes_and_moves_projects(
    store: Store, planner: Actor, observer: Actor, two_projects: tuple[int, int]
) -> None:
    asked = basis(*two_projects)
    found = plan_programme(asked.problem)
    first = service.save_scenario(store, planner, name="甲", basis=asked, programme=found)
    second = service.copy_scenario(store, planner, first.id, name="乙")
    assert second.copied_from == first.id
    assert service.adopted(store, planner) is None
    with pytest.raises(DeniedError):
        service.adopt_scenario(store, observer, first.id)

    adopted = service.adopt_scenario(store, planner, first.id)
    assert adopted.state is ScenarioState.ADOPTED
    held = service.adopted(store, observer, 2027)
    assert held is not None
    assert held.id == first.id
    with store.read() as connection:
        assert projects.get(connection, two_projects[0]).status is ProjectStatus.IN_PROGRAMME
    for refused in (
        lambda: service.annotate_scenario(store, planner, first.id, name="改名", note=""),
        lambda: service.remove_scenario(store, planner, first.id),
        lambda: service.adopt_scenario(store, planner, first.id),
    ):
        with pytest.raises(ConflictError) as error:
            refused()
        assert error.value.code == "scenario.frozen"
    with pytest.raises(ConflictError) as error:
        service.adopt_scenario(store, planner, second.id)
    assert error.value.code == "scenario.adopted_already"

    with pytest.raises(InvalidError):
        service.take_back_scenario(store, planner, first.id, reason=" ")
    service.take_back_scenario(store, planner, first.id, reason="资金有变")
    with store.read() as connection:
        assert projects.get(connection, two_projects[0]).status is ProjectStatus.PRICED
    assert service.adopt_scenario(store, planner, second.id).state is ScenarioState.ADOPTED
    service.remove_scenario(store, planner, first.id)
    assert [one.name for one in service.list_scenarios(store, planner)] == ["乙"]


def test_names_are_kept_apart_and_an_empty_programme_is_refused(sqlite_store: Store, planner: Actor) -> None:
    asked = basis(1, 2)
    found = plan_programme(asked.problem)
    service.save_scenario(sqlite_store, planner, name="甲", basis=asked, programme=found)
    with pytest.raises(ConflictError) as error:
        service.save_scenario(sqlite_store, planner, name="甲", basis=asked, programme=found)
    assert error.value.code == "scenario.name_taken"
    for name in ("", "长" * 61):
        with pytest.raises(InvalidError):
            service.save_scenario(sqlite_store, planner, name=name, basis=asked, programme=found)
    with pytest.raises(InvalidError) as refused:
        service.save_scenario(sqlite_store, planner, name="空", basis=asked, programme=replace(found, chosen=()))
    assert refused.value.code == "scenario.nothing_chosen"


def test_what_changed_since_is_told_apart() -> None:
    asked = basis(1, 2)
    dearer = replace(asked.problem.projects[0], cost=11_000_000)
    pot = replace(asked.problem.pots[0], amount=40_000_000)
    today = replace(asked, problem=replace(asked.problem, projects=(dearer, *asked.problem.projects[1:]), pots=(pot,)))
    found = input_changes(asked, today)
    assert not found.is_same
    assert (found.added, found.gone, found.changed, found.pots) == ((), (), ("P0001",), ("中央补助",))
    moved = replace(asked, streets=(StreetPeople(street="惠城区 桥西街道", households=601),))
    assert input_changes(asked, moved).settings_or_people
