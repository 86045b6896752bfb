"""Scenarios of the year's programme: keep, copy, annotate, compare with today's figures, adopt one, take it back."""

from __future__ import annotations

from collections.abc import Collection

from renovation.errors import ConflictError, InvalidError
from renovation.model.accounts import Action, Actor
from renovation.model.lives import PROJECT_LIFE, ProjectAct
from renovation.model.programme import Programme
from renovation.model.projects import ProjectFilter, ProjectStatus
from renovation.model.ranking import MAX_NAME
from renovation.model.scenarios import MAX_NOTE, HeldScenario, ProgrammeInput, Scenario
from renovation.rules.programme.annual_batch import outside_batches
from renovation.rules.programme.basis import basis_digest
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
from renovation.services.projects.lives import move, move_all
from renovation.services.typed import reason_of
from renovation.store import Connection, Store
from renovation.store.programme import annual_batch, scenarios
from renovation.store.projects import projects as projects_store

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
    """Make a draft the programme of its years and freeze it; its projects move to "in the programme".

    Raises
    ------
    ConflictError
        ``scenario.frozen`` when it is no draft, ``scenario.adopted_already`` when another one of that year is adopted,
        ``scenario.damaged`` when what is kept is not what was saved, ``scenario.estate_waits`` when the batch of its
        years does not hold an estate it builds in.
    """
    with acting(store, actor, Action.RANK) as unit:
        held = unit.scenario(scenario_id)
        if basis_digest(held.basis) != held.scenario.inputs_digest:
            raise ConflictError("scenario.damaged", name=held.name)
        refuse_waiting(unit.connection, held)
        chosen = {held.places[line.project].project_id for line in held.programme.chosen if line.project in held.places}
        statuses = {
            str(row.project.id): row.project.status.value
            for row in projects_store.listed(unit.connection, ProjectFilter())
            # A project on an open ballot stays with its poll.
            if row.project.id in chosen and row.project.status in PROJECT_LIFE.before(ProjectAct.ADOPT)
        }
        scenarios.adopt(unit.connection, scenario_id, at=unit.at, login=unit.actor.login, statuses=statuses)
        move_all(unit, map(int, statuses), ProjectAct.ADOPT, where=held.name)
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


def take_back_scenario(store: Store, actor: Actor | None, scenario_id: str, *, reason: str) -> Scenario:
    """Make an adopted scenario a draft again, with a reason; projects not yet in works get their status back.

    Raises
    ------
    InvalidError
        ``scenario.reason_missing``.
    ConflictError
        ``scenario.not_adopted``.
    """
    reason = reason_of(reason, "scenario.reason_missing")
    with acting(store, actor, Action.RANK) as unit:
        unit.scenario(scenario_id)
        before = scenarios.take_back(unit.connection, scenario_id)
        for number, kept in before.items():
            one = unit.project(int(number))
            if one.status in PROJECT_LIFE.before(ProjectAct.TAKE_BACK):
                move(unit, one, ProjectAct.TAKE_BACK, to=ProjectStatus(kept))
        unit.log("scenario.take_back", "scenario", scenario_id, reason=reason)
        unit.commit()
        return unit.scenario(scenario_id).scenario


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
