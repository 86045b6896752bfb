"""What an account that sees a part of town sees of a scenario: the projects there, and what the pots pay for them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields, replace

from renovation.errors import DeniedError
from renovation.model.places import EstateFilter
from renovation.model.programme import Programme
from renovation.model.scenarios import HeldScenario, ProgrammeInput
from renovation.model.scope import EVERYWHERE, Scope
from renovation.store import Connection
from renovation.store.register import areas, estates


def seen_of(connection: Connection, held: HeldScenario, scope: Scope) -> HeldScenario:
    """Return a scenario as an account of that scope sees it.

    A pot's amount is then what it pays here and has left: what it pays elsewhere is nobody's business here.
    """
    if scope == EVERYWHERE:
        return held
    homes = estates.find(connection, EstateFilter(), allowed=scope)
    ids = {one.id for one in homes}
    codes = {code for code, place in held.places.items() if place.estate_id in ids}
    names = {one.id: one.name for one in areas.list_areas(connection)}
    streets = {
        " ".join(names[number] for number in (home.county_id, home.street_id) if number in names) for home in homes
    }
    estate_names = {one.name for one in homes}
    estate_codes = {one.code for one in homes}
    basis = held.basis
    seen = ProgrammeInput(
        settings=basis.settings,
        problem=replace(
            basis.problem,
            projects=tuple(one for one in basis.problem.projects if one.id in codes),
            orders=tuple(one for one in basis.problem.orders if {one.first, one.then} <= codes),
            exclusions=tuple(one for one in basis.problem.exclusions if set(one.projects) <= codes),
            locks=tuple(one for one in basis.problem.locks if one.project in codes),
        ),
        places={code: place for code, place in basis.places.items() if code in codes},
        streets=tuple(one for one in basis.streets if one.street in streets),
        aside=tuple(one for one in basis.aside if one.estate in estate_names),
        estates=tuple(one for one in basis.estates if one.code in estate_codes),
        drawn={code: drawn for code, drawn in basis.drawn.items() if code in codes},
        facts_day=basis.facts_day,
    )
    return replace(held, basis=seen, programme=_part(held.programme, codes))


def _part(programme: Programme, codes: Collection[str]) -> Programme:
    chosen = tuple(line for line in programme.chosen if line.project in codes)
    spent: dict[str, int] = {}
    for line in chosen:
        for pot, paid in line.payments:
            spent[pot] = spent.get(pot, 0) + paid
    return replace(
        programme,
        chosen=chosen,
        left_out=tuple(one for one in programme.left_out if one.project in codes),
        total_cost=sum(line.cost for line in chosen),
        pots=tuple(
            replace(use, spent=spent.get(use.pot, 0), amount=spent.get(use.pot, 0) + use.left) for use in programme.pots
        ),
        groups=(),
    )


def require_whole(connection: Connection, held: HeldScenario, scope: Scope) -> None:
    """Refuse a decision on a scenario that reaches beyond what the account sees.

    Raises
    ------
    DeniedError
        ``scenario.beyond_scope``.
    """
    if scope == EVERYWHERE:
        return
    ids = {one.id for one in estates.find(connection, EstateFilter(), allowed=scope)}
    if any(place.estate_id not in ids for place in held.places.values()):
        raise DeniedError("scenario.beyond_scope", name=held.name)


def part_name(connection: Connection, scope: Scope) -> str:
    """Return the name of the part of town a scope speaks of, for titles; ``""`` for all of it."""
    if scope.estate_id is not None:
        return estates.get(connection, scope.estate_id).name
    numbers = [getattr(scope, item.name) for item in fields(scope) if item.name != "estate_id"]
    narrowest = next((number for number in reversed(numbers) if number is not None), None)
    area = None if narrowest is None else areas.get_area(connection, narrowest)
    return area.name if area else ""
