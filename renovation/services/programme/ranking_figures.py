"""The figures a ranking rests on, read from the chain itself; what is not known stays unknown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from renovation.geo.service_area import service_area
from renovation.model.accounts import Action, Actor
from renovation.model.clock import today
from renovation.model.funding import SourceKind
from renovation.model.localities import FacilityKind
from renovation.model.places import Area, Estate, EstateFilter
from renovation.model.projects import ProjectFilter, ProjectRow
from renovation.model.ranking import Alternative, OwnColumn, Subject
from renovation.model.scope import EVERYWHERE, Scope
from renovation.rules.programme.criteria import (
    OPEN_PROJECTS,
    RANKED_ESTATES,
    URGENT_ITEMS,
    Figures,
    Paid,
    figures_of_estate,
    figures_of_project,
    value_columns,
    with_projects,
)
from renovation.services import lists
from renovation.services.doors import reading
from renovation.services.money.funding import MoneyRow, money_rows
from renovation.services.money.gates import gates_of
from renovation.services.outcome.votes import votes_of_projects
from renovation.services.projects.items import kept_catalogue
from renovation.services.register.coverage import homes
from renovation.store import Store
from renovation.store.demands import figures as demand_figures
from renovation.store.programme import rankings
from renovation.store.projects import projects
from renovation.store.register import areas, estates, facilities


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingBasis:
    """What can be ranked and what is known of it, line by line in the same order.

    ``urgent`` are matters of safety by the catalogue, suggested to go first.
    """

    subject: Subject
    year: int
    alternatives: tuple[Alternative, ...]
    figures: tuple[Figures, ...]
    own: tuple[OwnColumn, ...]
    urgent: frozenset[str]

    def values(self, codes: Sequence[str]) -> dict[str, list[float | None]]:
        """Return the columns of these criteria, own ones included."""
        ids = [one.id for one in self.alternatives]
        own = {column.criterion.code: [column.values.get(name) for name in ids] for column in self.own}
        return value_columns(self.figures, codes, year=self.year, own=own)


def ranking_basis(
    store: Store, actor: Actor, subject: Subject, scope: Scope = EVERYWHERE, *, year: int | None = None
) -> RankingBasis:
    """Read what is known of the estates or projects that can be ranked.

    Parameters
    ----------
    year
        The year ages are counted to; this year unless given.
    """
    with reading(store, actor, Action.SEE_REGISTER) as door:
        wanted = EstateFilter(scope=scope)
        known = {one.id: one for one in estates.find(door.connection, wanted, allowed=door.scope)}
        demands = demand_figures.counts_by_estate(door.connection, scopes=[scope, door.scope])
        names = {one.id: one for one in areas.list_areas(door.connection)}
        open_here = ProjectFilter(scope=scope, statuses=OPEN_PROJECTS)
        rows = projects.listed(door.connection, open_here, scopes=[door.scope])
        codes = {row.project.code for row in rows} | {one.code for one in known.values()}
        own = tuple(
            replace(column, values={code: value for code, value in column.values.items() if code in codes})
            for column in rankings.columns(door.connection, subject)
        )
        items = {item.code: item for item in kept_catalogue(door.connection)}
        rules, kinds = lists.deficit_rules(door.connection), lists.facility_list(door.connection)
    money = {row.place.id: row for row in money_rows(store, actor, scope)}
    gates = gates_of(store, actor, list(known))
    base = {
        one.id: figures_of_estate(one, demands.get(one.id, 0), gates.get(one.id, ()), rules) for one in known.values()
    }
    found: list[tuple[Estate | ProjectRow, Figures]]
    if subject is Subject.ESTATES:
        planned: dict[int, list[tuple[int, Paid | None]]] = defaultdict(list)
        for row in rows:
            planned[row.project.estate_id].append((row.project.cost, _paid(money.get(row.project.id))))
        found = [
            (one, with_projects(base[one.id], planned[one.id]))
            for one in known.values()
            if one.facts.status in RANKED_ESTATES
        ]
    else:
        votes, gains = votes_of_projects(store, actor), _coverage_gains(store, actor, rows, kinds)
        found = []
        for row in sorted(rows, key=lambda row: row.project.id):
            home, counted = known[row.project.estate_id], votes.get(row.project.id)
            figures = figures_of_project(
                row.project,
                base[home.id],
                home.facts.deficits,
                items.get(row.project.item_code),
                rules,
                demands=row.demands,
                votes=(counted.votes, counted.voters) if counted else None,
                paid=_paid(money.get(row.project.id)),
                coverage_gain=gains.get(row.project.code),
            )
            found.append((row, figures))
    return RankingBasis(
        subject=subject,
        year=year or today().year,
        alternatives=tuple(_alternative(one, known, names) for one, _ in found),
        figures=tuple(figures for _, figures in found),
        own=own,
        urgent=frozenset(
            one.project.code
            for one, _ in found
            if isinstance(one, ProjectRow) and one.project.item_code in URGENT_ITEMS
        ),
    )


def _alternative(one: Estate | ProjectRow, known: Mapping[int, Estate], names: Mapping[int, Area]) -> Alternative:
    home = one if isinstance(one, Estate) else known[one.project.estate_id]
    county, street = (names.get(number or 0) for number in (home.county_id, home.street_id))
    return Alternative(
        id=one.code if isinstance(one, Estate) else one.project.code,
        name=one.name if isinstance(one, Estate) else one.project.name,
        estate=home.name,
        county=county.name if county else "",
        street=street.name if street else "",
    )


def _paid(row: MoneyRow | None) -> Paid | None:
    if row is None:
        return None
    residents = row.funding.by_kind.get(SourceKind.RESIDENTS, 0)
    return Paid(residents_money=residents, upkeep_agreed=row.upkeep.is_settled)


def _coverage_gains(
    store: Store, actor: Actor, rows: Iterable[ProjectRow], known: Mapping[str, FacilityKind]
) -> dict[str, int]:
    """Return, for projects that build a facility, how many households come within its reach."""
    by_kind: dict[str, list[ProjectRow]] = defaultdict(list)
    kinds = {code: kind.kind for kind in known.values() for code in kind.items}
    for row in rows:
        kind = kinds.get(row.project.item_code)
        if kind is not None and row.project.lon is not None and row.project.lat is not None:
            by_kind[kind].append(row)
    if not by_kind:
        return {}
    lived = homes(store, actor)
    gains: dict[str, int] = {}
    with store.read() as connection:
        standing = {kind: facilities.list_facilities(connection, kind=kind) for kind in by_kind}
    for kind, built in by_kind.items():
        area = service_area(
            lived.places,
            lived.households,
            np.array([(one.lon, one.lat) for one in standing[kind]], dtype=float),
            np.array([(row.project.lon, row.project.lat) for row in built], dtype=float),
            metres=known[kind].metres,
        )
        gains |= {row.project.code: int(gain) for row, gain in zip(built, area.gains, strict=True)}
    return gains
