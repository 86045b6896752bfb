"""Scenarios of the programme in the store. An adopted one is never written to again until it is taken back."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from renovation.errors import ConflictError
from renovation.model.canonical import from_plain, plain
from renovation.model.funding import PlannedPayment
from renovation.model.names import name_key
from renovation.model.programme import Programme
from renovation.model.scenarios import HeldScenario, ProgrammeInput, Scenario, ScenarioState
from renovation.store.rows import keys_of, read_row, the_row
from renovation.store.schema.scenarios import scenario

#: No programme looks further ahead: years need not follow each other.
_YEARS_AHEAD = 10
_HEAD = [
    scenario.c[name]
    for name in ("id", "name", "state", "note", "inputs_digest", "copied_from", "adopted_at", "first_year")
]


def _head(row: Any) -> Scenario:
    return read_row(Scenario, row)


def _held(row: Any) -> HeldScenario:
    return HeldScenario(
        scenario=_head(row),
        basis=from_plain(ProgrammeInput, row.basis),
        programme=from_plain(Programme, row.programme),
        created_at=row.created_at,
        created_by=row.login,
        adopted_by=row.adopted_by,
    )


def _require_name(connection: sa.Connection, name: str, besides: str = "") -> None:
    query = sa.select(scenario.c.name).where(scenario.c.name_key == name_key(name), scenario.c.id != besides)
    if same := connection.execute(query).scalar():
        raise ConflictError("scenario.name_taken", name=same)


def add(
    connection: sa.Connection,
    *,
    name: str,
    note: str,
    basis: ProgrammeInput,
    programme: Programme,
    digest: str,
    at: datetime,
    login: str,
    copied_from: str | None = None,
) -> str:
    """Keep a new draft and return its id.

    Raises
    ------
    ConflictError
        ``scenario.name_taken``.
    """
    _require_name(connection, name)
    identity = secrets.token_hex(8)
    connection.execute(
        scenario.insert().values(
            id=identity,
            name=name,
            note=note,
            state=ScenarioState.DRAFT.value,
            first_year=basis.settings.years[0],
            basis=plain(basis),
            programme=plain(programme),
            inputs_digest=digest,
            copied_from=copied_from,
            created_at=at,
            login=login,
            statuses={},
        )
    )
    return identity


def get(connection: sa.Connection, scenario_id: str) -> HeldScenario:
    """Return a scenario with everything in it.

    Raises
    ------
    NotFoundError
        ``scenario.unknown``.
    """
    row = the_row(connection, sa.select(scenario).where(scenario.c.id == scenario_id), "scenario.unknown")
    return _held(row)


def listed(connection: sa.Connection) -> tuple[Scenario, ...]:
    """Return every scenario's head, adopted ones first, then the newest."""
    query = sa.select(*_HEAD).order_by(scenario.c.state, scenario.c.created_at.desc(), scenario.c.id)
    return tuple(_head(row) for row in connection.execute(query))


def adopted(connection: sa.Connection, *, year: int | None = None) -> tuple[HeldScenario, ...]:
    """Return adopted scenarios (beginning in a year), the latest beginning first."""
    query = sa.select(scenario).where(scenario.c.state == ScenarioState.ADOPTED.value)
    if year is not None:
        query = query.where(scenario.c.first_year == year)
    return tuple(_held(row) for row in connection.execute(query.order_by(scenario.c.first_year.desc())))


def planning(connection: sa.Connection, year: int) -> tuple[HeldScenario, ...]:
    """Return the scenarios, adopted or not, that plan a year, by name."""
    # Which years come after the first stands in the kept settings alone.
    first = scenario.c.first_year.between(year - _YEARS_AHEAD, year)
    found = (_held(row) for row in connection.execute(sa.select(scenario).where(first).order_by(scenario.c.name)))
    return tuple(one for one in found if year in one.settings.years)


def adopted_years(connection: sa.Connection) -> frozenset[int]:
    """Return the first years of the adopted scenarios."""
    query = sa.select(scenario.c.first_year).where(scenario.c.state == ScenarioState.ADOPTED.value)
    return frozenset(connection.execute(query).scalars())


def planned_payments(connection: sa.Connection, *, besides: int | None = None) -> list[PlannedPayment]:
    """Return what adopted programmes pay; ``besides`` leaves out the one that begins in that year.

    Read from the kept JSON as it is: everybody who opens the public store of projects asks for it.
    """
    query = sa.select(scenario.c.basis, scenario.c.programme).where(scenario.c.state == ScenarioState.ADOPTED.value)
    if besides is not None:
        query = query.where(scenario.c.first_year != besides)
    found = []
    for basis, programme in connection.execute(query):
        for line in programme["chosen"]:
            place = basis["places"][line["project"]]
            for pot, paid in line["payments"]:
                then = sum(
                    one["amount"] for one in place.get("other_money", ()) if one["pot"] == pot and one["is_recorded"]
                )
                found.append(
                    PlannedPayment(project=place["project_id"], pot=pot, amount=paid, year=line["year"], before=then)
                )
    return found


@dataclass(frozen=True, slots=True)
class AdoptedCost:
    """At what cost an adopted programme decided on a project, in fen."""

    scenario_id: str
    programme: str
    project: int
    cost: int


def adopted_costs(connection: sa.Connection, project_id: int | None = None) -> list[AdoptedCost]:
    """Return what adopted programmes decided on, the latest beginning first; of one project where it is named.

    Read from the kept JSON as it is, like :func:`planned_payments`: every card of a project asks for it.
    """
    query = sa.select(scenario.c.id, scenario.c.name, scenario.c.basis, scenario.c.programme)
    query = query.where(scenario.c.state == ScenarioState.ADOPTED.value).order_by(scenario.c.first_year.desc())
    return [
        AdoptedCost(row.id, row.name, place["project_id"], place["whole_cost"])
        for row in connection.execute(query)
        for place in (row.basis["places"][line["project"]] for line in row.programme["chosen"])
        if project_id in (None, place["project_id"])
    ]


def rewrite(connection: sa.Connection, scenario_id: str, **values: Any) -> None:
    """Change a draft's name or note.

    Raises
    ------
    ConflictError
        ``scenario.frozen`` when it has been adopted or removed meanwhile; ``scenario.name_taken``.
    """
    if "name" in values:
        _require_name(connection, values["name"], besides=scenario_id)
    _draft(connection, scenario.update().values(**values, **keys_of(scenario, values)), scenario_id)


def remove(connection: sa.Connection, scenario_id: str) -> None:
    """Delete a draft.

    Raises
    ------
    ConflictError
        ``scenario.frozen``.
    """
    _draft(connection, scenario.delete(), scenario_id)


def _draft(connection: sa.Connection, statement: Any, scenario_id: str) -> None:
    done = connection.execute(
        statement.where(scenario.c.id == scenario_id, scenario.c.state == ScenarioState.DRAFT.value)
    )
    if done.rowcount != 1:
        raise ConflictError("scenario.frozen")


def adopt(
    connection: sa.Connection, scenario_id: str, *, at: datetime, login: str, statuses: Mapping[str, str]
) -> None:
    """Freeze a draft as the programme of its years.

    Raises
    ------
    ConflictError
        ``scenario.frozen`` when it is no draft, ``scenario.adopted_meanwhile`` when somebody else has
        just adopted one of that year.
    """
    values = {
        "state": ScenarioState.ADOPTED.value,
        "adopted_at": at,
        "adopted_by": login,
        "statuses": dict(statuses),
    }
    try:
        _draft(connection, scenario.update().values(**values), scenario_id)
    except IntegrityError:
        raise ConflictError("scenario.adopted_meanwhile") from None


def take_back(connection: sa.Connection, scenario_id: str) -> dict[str, str]:
    """Make an adopted scenario a draft again; return its projects' statuses before it was adopted.

    Raises
    ------
    ConflictError
        ``scenario.not_adopted``.
    """
    row = connection.execute(
        sa.select(scenario.c.statuses).where(
            scenario.c.id == scenario_id, scenario.c.state == ScenarioState.ADOPTED.value
        )
    ).first()
    if row is None:
        raise ConflictError("scenario.not_adopted")
    connection.execute(
        scenario.update()
        .where(scenario.c.id == scenario_id)
        .values(state=ScenarioState.DRAFT.value, adopted_at=None, adopted_by="", statuses={})
    )
    return dict(row.statuses)
