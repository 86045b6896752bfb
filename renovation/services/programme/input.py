"""What a year's programme is chosen from: projects, pots and rules, read from the store as a planner asks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from renovation.model.accounts import Action, Actor
from renovation.model.clock import today
from renovation.model.funding import PledgeState, Pot, SourceKind
from renovation.model.gates import GateState
from renovation.model.items import Beneficiary, Item, ItemClass
from renovation.model.places import Area, Estate, EstateFilter
from renovation.model.programme import Exclusion, Lock, Objective, Order, PlannedProject, Problem
from renovation.model.projects import ProjectFilter, ProjectRow, ProjectStatus
from renovation.model.ranking import Subject
from renovation.model.scenarios import (
    EstateOnFile,
    HeldScenario,
    OtherMoney,
    ProgrammeInput,
    ProgrammeSettings,
    ProjectPlace,
    StandingAside,
    StreetPeople,
)
from renovation.rules.money.funding import Funding
from renovation.rules.money.pricing import conflicts, order_rules
from renovation.rules.programme.ledger import SCORE_POINTS
from renovation.services.doors import Door, reading
from renovation.services.money.gates import gates_of
from renovation.services.money.money import Books, pot_accounts
from renovation.services.outcome.votes import votes_of_projects
from renovation.services.programme.ranking import scores
from renovation.services.programme.ranking_figures import OPEN_PROJECTS
from renovation.services.projects.items import kept_catalogue
from renovation.store import Store
from renovation.store.programme import rankings, scenarios
from renovation.store.projects import projects
from renovation.store.register import areas, estates
from renovation.text import Language, text

#: Only these residents gain from an item for them alone; for everybody else's items the whole estate counts.
_OF_THE_OLD = frozenset({Beneficiary.ELDERLY, Beneficiary.DISABLED})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    """What the store says, gathered once."""

    rows: tuple[ProjectRow, ...]
    estates: Mapping[int, Estate]
    names: Mapping[int, Area]
    items: Mapping[str, Item]
    earlier: tuple[HeldScenario, ...]


def _read(door: Door, settings: ProgrammeSettings) -> _Facts:
    wanted = ProjectFilter(scope=settings.scope, statuses=OPEN_PROJECTS)
    rows = projects.listed(door.connection, wanted, scopes=[door.scope])
    found = estates.find(door.connection, EstateFilter(scope=settings.scope), allowed=door.scope)
    return _Facts(
        rows=tuple(sorted(rows, key=lambda row: row.project.id)),
        estates={one.id: one for one in found},
        names={one.id: one for one in areas.list_areas(door.connection)},
        items={item.code: item for item in kept_catalogue(door.connection)},
        earlier=scenarios.adopted(door.connection) if settings.with_promises else (),
    )


def class_name(kind: ItemClass) -> str:
    """Return the official term of a class, which floors and caps go by in every language."""
    return text(f"item_class.{kind.value}", Language.ZH)


def programme_input(store: Store, actor: Actor, settings: ProgrammeSettings) -> ProgrammeInput:
    """Read what a programme is chosen from.

    Locks and promises on projects that are no candidates any more are left out; such projects stand in ``aside``.

    Raises
    ------
    InvalidError
        ``programme.…`` for settings that contradict each other.
    """
    with reading(store, actor, Action.SEE_RESULTS) as door:
        facts = _read(door, settings)
        books = Books(door.connection, None, (door.scope,), today())
        funding = {number: books.funding(place) for number, place in books.places.items()}
        given = {number: _given(books, number, settings) for number in books.places}
    votes = votes_of_projects(store, actor)
    failing = _failing(store, actor, facts.estates) if settings.only_passing else set()
    points = _scores(store, actor, settings)
    promised = _promised(facts, settings)
    kept: list[PlannedProject] = []
    places: dict[str, ProjectPlace] = {}
    aside: list[StandingAside] = []
    for row in facts.rows:
        project = row.project
        why = _why_not(row, failing)
        if why:
            aside.append(StandingAside(code=project.code, name=project.name, estate=row.estate_name, why=why))
            continue
        cost = _cost(project.cost, funding.get(project.id), settings)
        other = _within(given.get(project.id, ()), project.cost - cost)
        place = replace(_place(row, facts), other_money=other)
        counted = votes.get(project.id)
        item = facts.items.get(project.item_code)
        kind = item.item_class if item else ItemClass.IMPROVEMENT
        places[project.code] = place
        kept.append(
            PlannedProject(
                id=project.code,
                cost=cost,
                name=f"{row.estate_name} {project.name}",
                votes=counted.votes if counted else 0,
                score=points.get(project.code, Fraction(0)),
                households=place.households or 0,
                item_classes=frozenset({kind}),
                items=frozenset({project.item_code}),
                areas=frozenset(name for name in (place.county, place.street, place.community, place.estate) if name),
                groups=frozenset({class_name(kind)}),
                mandatory=settings.basic_first and kind is ItemClass.BASIC,
                promised_year=promised.get(project.code),
            )
        )
    orders, exclusions = _rules(facts, places, settings)
    problem = Problem(
        years=settings.years,
        projects=tuple(kept),
        pots=_pots(store, actor, settings),
        group_rules=settings.group_rules,
        orders=orders,
        exclusions=exclusions,
        capacities=tuple(one for one in settings.capacities if one.year in settings.years),
        locks=tuple(_lock_within(lock, settings) for lock in settings.locks if lock.project in places),
        objective=settings.objective,
        blend=settings.blend,
    )
    return ProgrammeInput(
        settings=settings,
        problem=problem,
        places=places,
        streets=_streets(facts),
        aside=tuple(aside),
        estates=_on_file(facts, {place.estate_id for place in places.values()}),
        drawn={
            row.project.code: row.project.geometry.hex()
            for row in facts.rows
            if row.project.code in places and row.project.geometry
        },
        facts_day=today(),
    )


def _on_file(facts: _Facts, wanted: Collection[int]) -> tuple[EstateOnFile, ...]:
    """Return what documents say of the estates, so that they say the same as long as the programme stands."""
    found = [on_file(home) for home in facts.estates.values() if home.id in wanted]
    return tuple(sorted(found, key=lambda one: one.code))


def on_file(home: Estate) -> EstateOnFile:
    """Return what documents say of an estate."""
    return EstateOnFile(
        code=home.code,
        built_year=home.facts.built_year,
        buildings=home.facts.buildings,
        households=home.facts.households,
        floor_area_m2=home.facts.floor_area_m2,
        outline=home.geometry.hex() if home.geometry else "",
    )


def _pots(store: Store, actor: Actor, settings: ProgrammeSettings) -> tuple[Pot, ...]:
    """Return the years' pots with what is not spoken for: promised money is off the projects' cost already."""
    found = [
        replace(account.pot, amount=max(0, account.left))
        for account in pot_accounts(store, actor)
        if account.pot.year in settings.years
    ]
    return tuple(sorted(found, key=lambda pot: (pot.year, pot.id)))


def _lock_within(lock: Lock, settings: ProgrammeSettings) -> Lock:
    """Return the lock; a year that is not planned is dropped."""
    return lock if lock.year in settings.years else replace(lock, year=None)


def _failing(store: Store, actor: Actor, known: Mapping[int, Estate]) -> set[int]:
    found = gates_of(store, actor, list(known))
    return {estate_id for estate_id, gates in found.items() if any(gate.state is GateState.FAIL for gate in gates)}


def _why_not(row: ProjectRow, failing: set[int]) -> str:
    if row.project.status is ProjectStatus.IN_POLL:
        return "in_poll"
    return "gate" if row.project.estate_id in failing else ""


def _cost(whole: int, funding: Funding | None, settings: ProgrammeSettings) -> int:
    """Return what the pots have to bear."""
    if funding is None:
        return whole
    return funding.gap if settings.counts_pledges else funding.gap_received


def _given(books: Books, number: int, settings: ProgrammeSettings) -> tuple[OtherMoney, ...]:
    """Return what others give a project, as the settings count it: promises too, or only what has arrived."""
    lines, pledges = books.contributions.get(number, ()), books.pledges.get(number, ())
    if not settings.counts_pledges:
        found = [OtherMoney(kind=one.kind, amount=one.received, pot=one.pot) for one in lines]
        found += [OtherMoney(kind=one.kind, amount=one.received) for one in pledges]
        return tuple(one for one in found if one.amount)
    found = [OtherMoney(kind=one.kind, amount=max(one.pledged, one.received), pot=one.pot) for one in lines]
    for one in pledges:
        is_open = one.state(books.day) is PledgeState.OPEN
        found.append(OtherMoney(kind=one.kind, amount=max(one.received, one.amount if is_open else 0)))
    for rule, added in books.matches(books.places[number]):
        pot = books.pots[rule.pot].pot if rule.pot is not None else None
        found.append(OtherMoney(kind=pot.level if pot else SourceKind.PRIVATE, amount=added, pot=rule.pot))
    return tuple(one for one in found if one.amount)


def _within(given: Iterable[OtherMoney], room: int) -> tuple[OtherMoney, ...]:
    """Return what is given up to a sum: nobody pays more than the project costs."""
    found = []
    for one in given:
        part = min(one.amount, room)
        if part > 0:
            found.append(replace(one, amount=part))
            room -= part
    return tuple(found)


def _scores(store: Store, actor: Actor, settings: ProgrammeSettings) -> dict[str, Fraction]:
    if settings.objective not in (Objective.SCORE, Objective.BLEND) or not settings.weighting:
        return {}
    with store.read() as connection:
        saved = [one for one in rankings.listed(connection, Subject.PROJECTS) if one.name == settings.weighting]
    if not saved:
        return {}
    # Millionths are what a programme counts scores in; finer digits would only make the digest fragile.
    found = scores(store, actor, saved[0])
    return {code: Fraction(round(score * SCORE_POINTS), SCORE_POINTS) for code, score in found.items()}


def _promised(facts: _Facts, settings: ProgrammeSettings) -> dict[str, int]:
    """Return the year by which each project was promised, by the programmes adopted for earlier years."""
    found: dict[str, int] = {}
    for held in facts.earlier:
        if held.settings.years[0] >= settings.years[0]:
            continue
        for line in held.programme.chosen:
            # Late already: then it comes first of all.
            found.setdefault(line.project, max(line.year, settings.years[0]))
    return {code: year for code, year in found.items() if year <= settings.years[-1]}


def _place(row: ProjectRow, facts: _Facts) -> ProjectPlace:
    project, home = row.project, facts.estates[row.project.estate_id]
    item = facts.items.get(project.item_code)
    households, share = home.facts.households, home.facts.elderly_share
    elderly = None if households is None or share is None else round(households * share)
    if item is not None and set(item.beneficiaries) <= _OF_THE_OLD and elderly is not None:
        households = elderly
    community = facts.names.get(home.community_id or 0)
    return ProjectPlace(
        project_id=project.id,
        code=project.code,
        name=project.name,
        estate_id=home.id,
        estate_code=home.code,
        estate=home.name,
        county=row.county_name,
        street=row.street_name,
        community=community.name if community else "",
        item_code=project.item_code,
        quantity=format(project.quantity.normalize(), "f"),
        unit=project.unit,
        whole_cost=project.cost,
        households=households,
        elderly=elderly,
        lon=project.lon,
        lat=project.lat,
        upkeep_per_year=project.upkeep_per_year,
        upkeep_by=project.upkeep_by,
    )


def _rules(
    facts: _Facts, places: Mapping[str, ProjectPlace], settings: ProgrammeSettings
) -> tuple[tuple[Order, ...], tuple[Exclusion, ...]]:
    """Return what the catalogue asks of the projects of one estate: what goes first, what wants the same ground."""
    by_estate: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for code, place in places.items():
        by_estate[place.estate_id][place.item_code].append(code)
    orders: list[Order] = []
    exclusions: list[Exclusion] = []
    items = list(facts.items.values())
    for codes in by_estate.values():
        if settings.with_order:
            orders += [
                Order(first=first, then=then)
                for rule in order_rules(codes.keys(), items)
                for first in codes[rule.first]
                for then in codes[rule.then]
            ]
        if settings.with_conflicts:
            exclusions += [
                Exclusion(projects=(one, other))
                for pair in conflicts(codes.keys(), items)
                for one in codes[pair.one]
                for other in codes[pair.other]
            ]
    return tuple(orders), tuple(exclusions)


def _streets(facts: _Facts) -> tuple[StreetPeople, ...]:
    """Add up who lives where; a street with one estate whose elderly are not known has no such figure."""
    totals: dict[str, StreetPeople] = {}
    for home in facts.estates.values():
        names = [facts.names.get(number or 0) for number in (home.county_id, home.street_id)]
        key = " ".join(area.name for area in names if area)
        households, share = home.facts.households or 0, home.facts.elderly_share
        elderly = None if share is None else round(households * share)
        before = totals.get(key, StreetPeople(street=key, households=0, elderly=0))
        both = None if before.elderly is None or elderly is None else before.elderly + elderly
        totals[key] = StreetPeople(street=key, households=before.households + households, elderly=both)
    return tuple(totals[key] for key in sorted(totals))


def group_names(basis: ProgrammeInput) -> tuple[str, ...]:
    """Return the names a floor or cap can speak of: classes, then counties and streets."""
    counties = sorted({place.county for place in basis.places.values()} - {""})
    streets = sorted({place.street for place in basis.places.values()} - {""})
    return (*(class_name(kind) for kind in ItemClass), *counties, *streets)


def unknown_households(places: Iterable[ProjectPlace]) -> int:
    """Return of how many projects nobody knows whom they reach; they count as nobody."""
    return sum(place.households is None for place in places)
