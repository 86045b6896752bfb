"""Two years in a row on the demonstration city: nothing is bought or promised twice, and all is explained."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from one_book import faults

from renovation.errors import ConflictError, StageError
from renovation.model.accounts import Actor
from renovation.model.funding import Pot, Upkeep
from renovation.model.places import RenovationStatus
from renovation.model.programme import Objective, SolveState
from renovation.model.projects import ProjectFilter, ProjectStatus
from renovation.model.scenarios import HeldScenario, ProgrammeSettings
from renovation.rules.programme.programme import plan_programme
from renovation.services.money import funding, pots
from renovation.services.programme import programme
from renovation.services.programme.input import programme_input
from renovation.services.projects import projects
from renovation.services.register import estates
from renovation.store import Store, open_store

WAN = 1_000_000


@pytest.fixture
def city(demonstration_template: Path, tmp_path: Path) -> Iterator[Store]:
    """A demonstration city of one's own."""
    shutil.copytree(demonstration_template, tmp_path / "city")
    store = open_store(f"sqlite:///{tmp_path / 'city' / 'store.sqlite'}", tmp_path / "city" / "keys")
    yield store
    store.close()


def _plan(store: Store, actor: Actor, name: str, *years: int, besides: int | None = None) -> HeldScenario:
    wanted = ProgrammeSettings(years=years, objective=Objective.HOUSEHOLDS)
    basis = programme_input(store, actor, wanted, besides=besides)
    found = plan_programme(basis.problem)
    assert found.state is not SolveState.INFEASIBLE
    made = programme.save_scenario(store, actor, name=name, basis=basis, programme=found)
    return programme.scenario(store, actor, made.id)


def _state(store: Store) -> dict[str, list[tuple[object, ...]]]:
    """Return where everything stands that an adoption moves."""
    queries = {
        "projects": "SELECT code, status FROM project ORDER BY code",
        "estates": "SELECT code, status, own_status FROM estate ORDER BY code",
        "demands": "SELECT receipt, status FROM demand ORDER BY receipt",
        "money": "SELECT project_id, pot_id, pledged FROM project_funding ORDER BY id",
    }
    with store.read() as connection:
        return {name: [tuple(row) for row in connection.execute(sa.text(query))] for name, query in queries.items()}


def _codes(held: HeldScenario) -> set[str]:
    return {line.project for line in held.programme.chosen}


def _step(store: Store, actor: Actor, code: str) -> ProjectStatus:
    (row,) = [
        one for one in projects.list_projects(store, actor, ProjectFilter(query=code)) if one.project.code == code
    ]
    return projects.advance_project(store, actor, row.project.id, row.project.version).status


def test_two_years_in_a_row(city: Store, admin: Actor) -> None:
    assert faults(city) == []
    # The demonstration's scenarios are a choice: they hold other projects for other money.
    shown = [programme.scenario(city, admin, one.id).programme for one in programme.list_scenarios(city, admin)]
    assert len({one.total_cost for one in shown}) == len({len(one.chosen) for one in shown}) == len(shown) == 2
    first = programme.adopted(city, admin)
    assert first is not None
    year = first.settings.years[0]
    with pytest.raises(ConflictError, match=r"scenario\.adopted_already"):
        programme.adopt_scenario(city, admin, _plan(city, admin, "同一年的另一个", year, besides=year).id)

    # The next two years are planned at once: what the first year holds is not on offer.
    for later in (year + 1, year + 2):
        pots.keep_pot(city, admin, Pot(id="", name="市级惠民空间资金", year=later, amount=200 * WAN))
    beside = _plan(city, admin, "只看明年", year + 1)
    untouched = _state(city)
    second = _plan(city, admin, "后两年", year + 1, year + 2)
    assert not _codes(second) & {code for code, place in second.places.items() if place.promised_by} - _codes(first)
    programme.adopt_scenario(city, admin, second.id)
    assert faults(city) == []
    new = _codes(second) - _codes(first)
    assert new
    paid = sorted(line.project for line in second.programme.chosen if line.project in new and line.cost)
    assert all(line.payments for line in second.programme.chosen if line.project in paid)
    # A scenario worked out before is refused by the name of what is taken now.
    if _codes(beside) & new:
        with pytest.raises(ConflictError, match=r"scenario\.adopted_already|scenario\.project_held"):
            programme.adopt_scenario(city, admin, beside.id)

    # Taking it back undoes exactly that, and adopting it again does it again.
    taken = programme.take_back_scenario(city, admin, second.id, reason="再议")
    assert (taken.stay, taken.freed) == ((), len(new))
    assert _state(city) == untouched
    programme.adopt_scenario(city, admin, second.id)
    adopted = _state(city)

    # The last year begins with what was promised for it, with its money; nobody else may plan it.
    third = _plan(city, admin, "第三年", year + 2)
    promised = {line.project for line in second.programme.chosen if line.project in new}
    kept = {code for code, place in third.places.items() if place.promised_by == second.name}
    assert promised <= kept <= _codes(third)
    for line in third.programme.chosen:
        if line.project in promised:
            assert (line.cost, line.payments) == (0, ())
            assert (
                sum(one.amount for one in third.places[line.project].other_money)
                == third.places[line.project].whole_cost
            )
    programme.adopt_scenario(city, admin, third.id)
    assert faults(city) == []
    with pytest.raises(ConflictError, match=r"scenario\.carried_on"):
        programme.take_back_scenario(city, admin, second.id, reason="再议")

    # Works begin and end; a line is withdrawn; the estates and demands go along.
    begun, ended, gone = paid[:3]
    for code in (begun, ended):
        assert _step(city, admin, code) is ProjectStatus.IN_WORKS
    estate = estates.get_estate(city, admin, third.places[begun].estate_id)
    by_hand = replace(estate, facts=replace(estate.facts, status=RenovationStatus.SURVEYED))
    with pytest.raises(StageError, match=r"estate\.status_held"):
        estates.edit_estate(city, admin, by_hand)
    number = third.places[ended].project_id
    funding.set_upkeep(
        city, admin, Upkeep(project=str(number), yearly_cost=0, payer="社区", agreed_on=first.basis.facts_day)
    )
    assert _step(city, admin, ended) is ProjectStatus.DONE
    one = projects.get_project(city, admin, third.places[gone].project_id)
    projects.withdraw_project(city, admin, one.id, one.version, reason="地下有管线")
    assert faults(city) == []

    # Taken back with works under way: what moved on stays, with its money, and is named.
    taken = programme.take_back_scenario(city, admin, third.id, reason="重排")
    assert faults(city) == []
    taken = programme.take_back_scenario(city, admin, second.id, reason="重排")
    assert {one.code for one in taken.stay} == {begun, ended, gone}
    assert faults(city) == []
    with city.read() as connection:
        sources = "SELECT SUM(pledged) FROM project_funding WHERE note = :name AND project_id = :number"
        kept_money = connection.execute(sa.text(sources), {"name": second.name, "number": number}).scalar()
    assert kept_money == sum(line.cost for line in second.programme.chosen if line.project == ended)
    assert adopted["projects"] != _state(city)["projects"]
