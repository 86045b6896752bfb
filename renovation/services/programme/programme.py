"""Scenarios of the year's programme: keep, copy, annotate, compare with today's figures, adopt one, take it back."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from renovation.errors import ConflictError, InvalidError
from renovation.model.accounts import Action, Actor
from renovation.model.clock import day_of
from renovation.model.funding import Contribution
from renovation.model.lives import PROJECT_LIFE, ProjectAct
from renovation.model.names import name_key
from renovation.model.programme import Programme
from renovation.model.projects import Occasion, Project, ProjectStatus
from renovation.model.ranking import MAX_NAME
from renovation.model.scenarios import MAX_NOTE, HeldScenario, ProgrammeInput, Scenario, ScenarioState
from renovation.rules.money.books import Books
from renovation.rules.programme.annual_batch import outside_batches
from renovation.rules.programme.basis import basis_digest, holds_of
from renovation.rules.programme.equity import Equity
from renovation.rules.programme.scenarios import (
    Reach,
    Residents,
    ScenarioColumn,
    column_of,
    equity_of_programme,
)
from renovation.services.acts import ActingUnit, acting
from renovation.services.doors import reading
from renovation.services.money.books import hold_books, read_books
from renovation.services.projects.lives import move, move_all
from renovation.services.typed import reason_of
from renovation.store import Connection, Store
from renovation.store.money import planning_places
from renovation.store.money import pots as pots_store
from renovation.store.programme import annual_batch, scenarios

#: So many estates are named in a refusal.
_NAMED = 8


def _named(name: str, note: str) -> tuple[str, str]:
    name, note = name.strip(), note.strip()
    if not 0 < len(name) <= MAX_NAME or "\x00" in name:
        raise InvalidError("scenario.name", limit=MAX_NAME)
    if len(note) > MAX_NOTE or "\x00" in note:
        raise InvalidError("scenario.note", limit=MAX_NOTE)
    return name, note


def list_scenarios(store: Store, actor: Actor) -> tuple[Scenario, ...]:
    """Return the heads of all scenarios, adopted ones first, then the newest."""
    with reading(store, actor, Action.SEE_RESULTS) as door:
        return scenarios.listed(door.connection)


def scenario(store: Store, actor: Actor, scenario_id: str) -> HeldScenario:
    """Return a scenario with its problem, programme and places, as far as the actor's part of town goes.

    Raises
    ------
    NotFoundError
        ``scenario.unknown``.
    """
    with reading(store, actor, Action.SEE_RESULTS) as door:
        return door.scenario(scenario_id)


def adopted(store: Store, actor: Actor, year: int | None = None) -> HeldScenario | None:
    """Return the adopted scenario that begins in a year, or the latest one; ``None`` when none is adopted."""
    with reading(store, actor, Action.SEE_RESULTS) as door:
        found = scenarios.adopted(door.connection, year=year)
        return door.scenario(found[0].id) if found else None


def save_scenario(
    store: Store,
    actor: Actor | None,
    *,
    name: str,
    basis: ProgrammeInput,
    programme: Programme,
    note: str = "",
    copied_from: str | None = None,
) -> Scenario:
    """Keep a programme as a draft under a name of its own.

    Raises
    ------
    ConflictError
        ``scenario.name_taken``.
    InvalidError
        ``scenario.name``, ``scenario.note``, or ``scenario.nothing_chosen`` for an infeasible problem's empty answer.
    DeniedError
        ``scenario.beyond_scope``: it holds projects outside what the actor sees.
    """
    name, note = _named(name, note)
    if not programme.chosen:
        raise InvalidError("scenario.nothing_chosen")
    with acting(store, actor, Action.RANK) as unit:
        unit.require_in_sight(basis, name)
        made = _add(unit, name=name, note=note, basis=basis, programme=programme, copied_from=copied_from)
        unit.log("scenario.save", "scenario", made.id, name=name, digest=made.inputs_digest)
        unit.commit()
    return made


def _add(
    unit: ActingUnit,
    *,
    name: str,
    note: str,
    basis: ProgrammeInput,
    programme: Programme,
    copied_from: str | None,
) -> Scenario:
    made = scenarios.add(
        unit.connection,
        name=name,
        note=note,
        basis=basis,
        programme=programme,
        digest=basis_digest(basis),
        at=unit.at,
        login=unit.actor.login,
        copied_from=copied_from,
    )
    return unit.scenario(made).scenario


def copy_scenario(store: Store, actor: Actor | None, scenario_id: str, *, name: str) -> Scenario:
    """Make a draft that begins as another scenario, adopted or not."""
    name, _ = _named(name, "")
    with acting(store, actor, Action.RANK) as unit:
        held = unit.scenario(scenario_id)
        made = _add(
            unit,
            name=name,
            note=held.scenario.note,
            basis=held.basis,
            programme=held.programme,
            copied_from=held.id,
        )
        unit.log("scenario.copy", "scenario", made.id, name=name, origin=held.id)
        unit.commit()
    return made


def annotate_scenario(store: Store, actor: Actor | None, scenario_id: str, *, name: str, note: str) -> Scenario:
    """Rename a draft and write a note on it.

    Raises
    ------
    ConflictError
        ``scenario.frozen`` for an adopted one, ``scenario.name_taken``.
    """
    name, note = _named(name, note)
    with acting(store, actor, Action.RANK) as unit:
        unit.scenario(scenario_id)
        scenarios.rewrite(unit.connection, scenario_id, name=name, note=note)
        unit.log("scenario.annotate", "scenario", scenario_id, name=name)
        unit.commit()
        return unit.scenario(scenario_id).scenario


def remove_scenario(store: Store, actor: Actor | None, scenario_id: str) -> None:
    """Delete a draft.

    Raises
    ------
    ConflictError
        ``scenario.frozen`` for an adopted one.
    """
    with acting(store, actor, Action.RANK) as unit:
        unit.scenario(scenario_id)
        scenarios.remove(unit.connection, scenario_id)
        unit.log("scenario.remove", "scenario", scenario_id)
        unit.commit()


def adopt_scenario(store: Store, actor: Actor | None, scenario_id: str) -> Scenario:
    """Make a draft the programme of its years and freeze it; its projects and their estates move with it.

    What an earlier programme promised for these years comes along as it stands: bought once, with its own money.

    Raises
    ------
    ConflictError
        ``scenario.frozen`` when it is no draft, ``scenario.adopted_already`` or ``scenario.adopted_meanwhile`` when
        another one of that year is adopted, ``scenario.damaged`` when what is kept is not what was saved,
        ``scenario.estate_waits`` when the batch of its years does not hold an estate it builds in,
        ``scenario.project_held`` when another adopted programme of any year holds one of its projects,
        ``scenario.promise_gone`` when the programme whose promise it carries on has been taken back,
        ``scenario.project_taken`` when one is in a poll, in works, done or withdrawn by now,
        ``scenario.project_covered`` when others have promised money for one since, ``scenario.pot_gone`` when a pot
        that is to pay has been removed or is another year's, ``scenario.pot_short`` when one no longer has what it is
        to pay.
    """
    with acting(store, actor, Action.RANK) as unit:
        held = unit.scenario(scenario_id)
        if basis_digest(held.basis) != held.scenario.inputs_digest:
            raise ConflictError("scenario.damaged", name=held.name)
        if held.scenario.state is not ScenarioState.DRAFT:
            raise ConflictError("scenario.frozen")
        others = scenarios.adopted(unit.connection)
        if same := next((one for one in others if one.settings.years[0] == held.settings.years[0]), None):
            raise ConflictError("scenario.adopted_already", name=same.name, year=held.settings.years[0])
        refuse_waiting(unit.connection, held)
        statuses = _adoptable(unit, held, others)
        before = hold_books(unit.connection, day_of(unit.at))
        pots = sorted({pot for line in held.programme.chosen for pot, _ in line.payments})
        # The number of a pot that was removed may be another's by now.
        there = {(one.id, one.year, name_key(one.name)) for one in before.pots.values()}
        meant = [one for one in held.basis.problem.pots if one.id in pots]
        if gone := [one.name for one in meant if (one.id, one.year, name_key(one.name)) not in there]:
            raise ConflictError("scenario.pot_gone", name=held.name, pots=tuple(gone))
        for line in held.programme.chosen:
            one = before.projects[held.places[line.project].project_id]
            if (gap := before.funding(one).gap) < line.cost:
                raise ConflictError(
                    "scenario.project_covered", name=held.name, code=one.code, project=one.name, gap=gap, cost=line.cost
                )
        scenarios.adopt(unit.connection, scenario_id, at=unit.at, login=unit.actor.login, statuses=statuses)
        after = read_books(unit.connection, day_of(unit.at))
        for number in pots:
            pot = after.pots[number]
            if (free := after.account(pot).free) < min(0, before.account(pot).free):
                raise ConflictError("scenario.pot_short", name=held.name, pot=pot.name, short=-free)
        move_all(unit, map(int, statuses), ProjectAct.ADOPT, occasion=_occasion(held))
        unit.log("scenario.adopt", "scenario", scenario_id, name=held.name, digest=held.scenario.inputs_digest)
        unit.commit()
        return unit.scenario(scenario_id).scenario


def refuse_waiting(connection: Connection, held: HeldScenario) -> None:
    """Refuse to decide or announce works in an estate that the batches of the years do not hold.

    Raises
    ------
    ConflictError
        ``scenario.estate_waits``.
    """
    if outside := outside_batches(annual_batch.listed(connection), held):
        raise ConflictError("scenario.estate_waits", name=held.name, estates=tuple(outside.values())[:_NAMED])


def _occasion(held: HeldScenario, why: str = "") -> Occasion:
    return Occasion(where=held.name, ref=f"scenario:{held.id}", why=why)


def _adoptable(unit: ActingUnit, held: HeldScenario, others: Iterable[HeldScenario]) -> dict[str, str]:
    """Return the status of each project that adoption moves; refuse by name those that are taken."""
    holds = holds_of(others)
    statuses = {}
    for line in held.programme.chosen:
        place = held.places[line.project]
        one = unit.project(place.project_id)
        hold = holds.get(line.project)
        if place.promised_by and (hold is None or hold.programme != place.promised_by):
            # Its money was that of a programme which has been taken back since.
            raise ConflictError("scenario.promise_gone", name=held.name, project=one.name, programme=place.promised_by)
        if one.status in PROJECT_LIFE.before(ProjectAct.ADOPT):
            statuses[str(one.id)] = one.status.value
        elif one.status is not ProjectStatus.IN_PROGRAMME or hold is None:
            raise ConflictError("scenario.project_taken", name=held.name, code=one.code, project=one.name)
        elif hold.programme != place.promised_by:
            raise ConflictError(
                "scenario.project_held",
                name=held.name,
                code=one.code,
                project=one.name,
                programme=hold.programme,
                year=hold.year,
            )
    return statuses


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """What taking an adoption back did, and what it could not undo.

    Attributes
    ----------
    freed
        How many projects are what they were before.
    stay
        Projects in works, done or withdrawn since: they stay so, and works keep the money the programme gave them.
    """

    scenario: Scenario
    freed: int
    stay: tuple[Project, ...]


def take_back_scenario(store: Store, actor: Actor | None, scenario_id: str, *, reason: str) -> TakenBack:
    """Make an adopted scenario a draft again, with a reason, and undo exactly what adopting it did.

    Projects get their status back, their estates what they were, and the pots their money. What has moved on since
    stays: its money is then kept as sources of the project, since no programme promises it any more.

    Raises
    ------
    InvalidError
        ``scenario.reason_missing``.
    ConflictError
        ``scenario.not_adopted``; ``scenario.carried_on``: the programme of a later year rests on its promises.
    """
    reason = reason_of(reason, "scenario.reason_missing")
    with acting(store, actor, Action.RANK) as unit:
        held = unit.scenario(scenario_id)
        for later in scenarios.adopted(unit.connection):
            if any(later.places[line.project].promised_by == held.name for line in later.programme.chosen):
                raise ConflictError("scenario.carried_on", name=held.name, later=later.name)
        money = hold_books(unit.connection, day_of(unit.at))
        before = scenarios.take_back(unit.connection, scenario_id)
        stay = []
        for number, kept in before.items():
            one = unit.project(int(number))
            if one.status in PROJECT_LIFE.before(ProjectAct.TAKE_BACK):
                move(unit, one, ProjectAct.TAKE_BACK, to=ProjectStatus(kept), occasion=_occasion(held, reason))
            else:
                stay.append(one)
        _keep_money(unit, held, money, stay)
        unit.log("scenario.take_back", "scenario", scenario_id, reason=reason, stay=[one.code for one in stay])
        unit.commit()
        scenario = unit.scenario(scenario_id).scenario
    return TakenBack(scenario=scenario, freed=len(before) - len(stay), stay=tuple(stay))


def _keep_money(unit: ActingUnit, held: HeldScenario, money: Books, stay: Iterable[Project]) -> None:
    """Write what a programme still had to pay for works that go on as promises of its pots."""
    rest = read_books(unit.connection, day_of(unit.at))
    for one in stay:
        for pot, planned in money.planned(one.id).items():
            if (paid := planned - rest.planned(one.id).get(pot, 0)) <= 0:
                continue
            line = Contribution(project=str(one.id), kind=money.pots[pot].level, pledged=paid, pot=pot, note=held.name)
            pots_store.add_contribution(unit.connection, line)


def stay_when_taken_back(store: Store, actor: Actor, scenario_id: str) -> tuple[Project, ...]:
    """Return the projects of an adopted scenario that taking it back would leave where they are.

    Raises
    ------
    NotFoundError
        ``scenario.unknown``.
    """
    with reading(store, actor, Action.SEE_RESULTS) as door:
        held = door.scenario(scenario_id)
        chosen = [door.project(held.places[line.project].project_id) for line in held.programme.chosen]
    return tuple(one for one in chosen if one.status not in PROJECT_LIFE.before(ProjectAct.TAKE_BACK))


@dataclass(frozen=True, slots=True, kw_only=True)
class CostApart:
    """A project that costs otherwise now than an adopted programme decided on, as a rule by a review; in fen.

    The programme keeps what it adopted: ``above`` is what nobody pays yet, or below zero what is not needed.
    """

    scenario_id: str
    programme: str
    project_id: int
    code: str
    name: str
    adopted: int
    now: int

    @property
    def above(self) -> int:
        """Return by how much it costs more now than was decided on; less is negative."""
        return self.now - self.adopted


def costs_apart(store: Store, actor: Actor, *, project_id: int | None = None) -> tuple[CostApart, ...]:
    """Return the projects, or the one named, whose cost is not the one an adopted programme decided on any more."""
    with reading(store, actor, Action.SEE_RESULTS) as door:
        adopted = scenarios.adopted_costs(door.connection, project_id)
        projects = planning_places.projects(door.connection, (one.project for one in adopted), scopes=[door.scope])
    return tuple(
        CostApart(
            scenario_id=held.scenario_id,
            programme=held.programme,
            project_id=one.id,
            code=one.code,
            name=one.name,
            adopted=held.cost,
            now=one.cost,
        )
        for held in adopted
        if (one := projects.get(held.project)) is not None
        and one.cost != held.cost
        and one.status is not ProjectStatus.WITHDRAWN
    )


def sum_above(apart: Iterable[CostApart]) -> int:
    """Add up by how much projects cost more now than was decided on, in fen."""
    return sum(one.above for one in apart)


def equity_of_scenario(basis: ProgrammeInput, programme: Programme) -> Equity:
    """Work out how evenly a programme reaches the streets."""
    reach = {
        code: [
            Reach(
                street=place.street_key,
                households=place.households or 0,
                elderly=place.elderly,
                estate=place.estate_code,
            )
        ]
        for code, place in basis.places.items()
    }
    people = [Residents(street=one.street, households=one.households, elderly=one.elderly) for one in basis.streets]
    return equity_of_programme(programme, people, reach)


def compare_scenarios(held: Collection[HeldScenario]) -> tuple[tuple[ScenarioColumn, Equity], ...]:
    """Sum scenarios up side by side, each with how evenly it reaches the streets."""
    found = []
    for one in held:
        equity = equity_of_scenario(one.basis, one.programme)
        found.append((column_of(one.name, one.problem, one.programme, equity), equity))
    return tuple(found)
