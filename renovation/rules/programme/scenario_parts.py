"""What an account that sees a part of town sees of a scenario: the projects there, and what the pots pay for them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from renovation.model.places import Estate
from renovation.model.programme import Programme
from renovation.model.scenarios import HeldScenario, ProgrammeInput


def part_of(held: HeldScenario, homes: Collection[Estate], areas: Mapping[int, str]) -> HeldScenario:
    """Return what of a scenario lies in some estates.

    A pot's amount is then what it pays here and has left: what it pays elsewhere is nobody's business here.

    Parameters
    ----------
    areas
        Names of areas by id.
    """
    ids = {one.id for one in homes}
    codes = {code for code, place in held.places.items() if place.estate_id in ids}
    named = [[areas.get(number or 0, "") for number in (home.county_id, home.street_id)] for home in homes]
    streets = {" ".join(filter(None, names)) for names in named}
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
        whole_pots=basis.whole_pots,
        batches=basis.batches,
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
        baseline=replace(
            programme.baseline,
            chosen={code: year for code, year in programme.baseline.chosen.items() if code in codes},
        ),
    )
