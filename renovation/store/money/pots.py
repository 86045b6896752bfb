"""Pots of money, the rules by which they match what others raise, what each project gets, and who keeps it up."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import sqlalchemy as sa

from renovation.model.funding import Contribution, MatchingRule, Pot, Upkeep
from renovation.model.names import name_key
from renovation.store.money.payments import received_of
from renovation.store.rows import change_row, in_parts, new_id, put_row, read_row, the_row, values_of
from renovation.store.schema.planning import matching_rule, payment, pot, project_funding, project_upkeep
from renovation.store.schema.projects import project

#: Any number that no other lock of the store has.
_PG_LOCK = 7_216_003


def _pot(row: Any) -> Pot:
    return read_row(Pot, row, id=str(row.id))


def pots(connection: sa.Connection, year: int | None = None) -> tuple[Pot, ...]:
    """Return the pots of a year, or of every year, the newest year first."""
    query = sa.select(pot).order_by(pot.c.year.desc(), pot.c.id)
    if year is not None:
        query = query.where(pot.c.year == year)
    return tuple(_pot(row) for row in connection.execute(query))


def get_pot(connection: sa.Connection, pot_id: int) -> Pot:
    """Return a pot.

    Raises
    ------
    NotFoundError
        ``pot.not_found``.
    """
    row = the_row(connection, sa.select(pot).where(pot.c.id == pot_id), "pot.not_found", id=pot_id)
    return _pot(row)


def hold_money(connection: sa.Connection) -> None:
    """Let nobody else promise or pay money before this transaction ends; SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_PG_LOCK)))


def same_pot(connection: sa.Connection, year: int, name: str) -> Pot | None:
    """Return the pot of that year and name, however the name is written."""
    row = connection.execute(sa.select(pot).where(pot.c.year == year, pot.c.name_key == name_key(name))).first()
    return None if row is None else _pot(row)


def add_pot(connection: sa.Connection, one: Pot, *, synthetic: bool = False) -> int:
    """Keep a new pot and return its id."""
    return new_id(connection, pot.insert().values(values_of(pot, one) | {"synthetic": synthetic}))


def change_pot(connection: sa.Connection, one: Pot, version: int) -> None:
    """Write a pot if nobody else has changed it meanwhile.

    Raises
    ------
    ConflictError
        ``pot.changed``.
    """
    change_row(connection, pot, int(one.id), version, "pot.changed", values=values_of(pot, one), pot=one.name)


def columns_of(connection: sa.Connection, pot_id: int, names: Iterable[str]) -> dict[str, Any]:
    """Return columns of a pot as they are kept."""
    row = the_row(connection, sa.select(pot).where(pot.c.id == pot_id), "pot.not_found", id=pot_id)
    return {name: getattr(row, name) for name in names}


def remove_pot(connection: sa.Connection, pot_id: int) -> None:
    """Delete a pot that nothing hangs on."""
    connection.execute(pot.delete().where(pot.c.id == pot_id))


def pot_in_use(connection: sa.Connection, pot_id: int) -> int:
    """Count the sources and matching rules that name a pot."""
    return sum(
        connection.execute(sa.select(sa.func.count()).where(column == pot_id)).scalar_one()
        for column in (project_funding.c.pot_id, matching_rule.c.pot_id)
    )


def _rule(row: Any) -> MatchingRule:
    return read_row(MatchingRule, row, id=str(row.id), pot=None if row.pot_id is None else str(row.pot_id))


def rules(connection: sa.Connection) -> tuple[MatchingRule, ...]:
    """Return every matching rule."""
    return tuple(_rule(row) for row in connection.execute(sa.select(matching_rule).order_by(matching_rule.c.id)))


def add_rule(connection: sa.Connection, one: MatchingRule, *, synthetic: bool = False) -> int:
    """Keep a new matching rule and return its id."""
    return new_id(
        connection,
        matching_rule.insert().values(
            values_of(matching_rule, one)
            | {"pot_id": None if one.pot is None else int(one.pot), "synthetic": synthetic}
        ),
    )


def remove_rule(connection: sa.Connection, rule_id: int) -> bool:
    """Delete a matching rule; tell whether there was one."""
    return connection.execute(matching_rule.delete().where(matching_rule.c.id == rule_id)).rowcount == 1


def _contribution(row: Any) -> Contribution:
    pot_id = None if row.pot_id is None else str(row.pot_id)
    return read_row(Contribution, row, project=str(row.project_id), kind=row.source, pot=pot_id)


_SOURCES = sa.select(project_funding, received_of(payment.c.funding_id, project_funding.c.id))


def contributions(connection: sa.Connection) -> dict[int, list[Contribution]]:
    """Return the sources of projects by project id."""
    found: dict[int, list[Contribution]] = {}
    for row in connection.execute(_SOURCES.order_by(project_funding.c.id)):
        found.setdefault(row.project_id, []).append(_contribution(row))
    return found


def get_contribution(connection: sa.Connection, contribution_id: int) -> Contribution:
    """Return one source of a project.

    Raises
    ------
    NotFoundError
        ``funding.not_found``.
    """
    row = the_row(
        connection,
        _SOURCES.where(project_funding.c.id == contribution_id),
        "funding.not_found",
        id=contribution_id,
    )
    return _contribution(row)


def _contribution_values(one: Contribution) -> dict[str, Any]:
    return values_of(project_funding, one) | {
        "project_id": int(one.project),
        "source": one.kind.value,
        "pot_id": None if one.pot is None else int(one.pot),
        "hours": Fraction(one.hours),
    }


def add_contribution(connection: sa.Connection, one: Contribution) -> int:
    """Keep a source of a project and return its id."""
    return new_id(connection, project_funding.insert().values(_contribution_values(one)))


def change_contribution(connection: sa.Connection, one: Contribution) -> None:
    """Write a source of a project if nobody else has changed it meanwhile.

    Raises
    ------
    ConflictError
        ``funding.changed``.
    """
    values = _contribution_values(one)
    change_row(connection, project_funding, one.id, one.version, "funding.changed", values=values)


def remove_contribution(connection: sa.Connection, contribution_id: int) -> None:
    """Delete a source of a project."""
    connection.execute(project_funding.delete().where(project_funding.c.id == contribution_id))


def upkeeps(connection: sa.Connection, ids: Iterable[int] | None = None) -> dict[int, Upkeep]:
    """Return who keeps up what, by project id."""
    found: dict[int, Upkeep] = {}
    for part in in_parts(ids):
        query = sa.select(
            project.c.id,
            project.c.upkeep_per_year,
            project.c.upkeep_by,
            project_upkeep.c.payer_kind,
            sa.func.coalesce(project_upkeep.c.yearly_income, 0).label("yearly_income"),
            project_upkeep.c.agreed_on,
        ).outerjoin(project_upkeep, project_upkeep.c.project_id == project.c.id)
        if part is not None:
            query = query.where(project.c.id.in_(part))
        for row in connection.execute(query):
            found[row.id] = read_row(
                Upkeep, row, project=str(row.id), yearly_cost=row.upkeep_per_year, payer=row.upkeep_by
            )
    return found


def put_upkeep(connection: sa.Connection, one: Upkeep) -> None:
    """Keep who pays the upkeep of a project; its cost and payer are the project's own columns."""
    project_id = int(one.project)
    connection.execute(
        project.update()
        .where(project.c.id == project_id)
        .values(upkeep_per_year=one.yearly_cost, upkeep_by=one.payer, version=project.c.version + 1)
    )
    put_row(connection, project_upkeep, {"project_id": project_id}, values_of(project_upkeep, one))
