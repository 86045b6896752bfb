"""What a year's programme is chosen from: which projects are candidates, at what cost, under which pots and rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from renovation.model.canonical import digest_of
from renovation.model.funding import Pot
from renovation.model.items import Beneficiary, Item, ItemClass
from renovation.model.places import Area, Estate
from renovation.model.programme import AnnualBatch, Exclusion, Lock, Order, PlannedProject, Problem
from renovation.model.projects import Project, ProjectRow, ProjectStatus
from renovation.model.scenarios import (
    DecidedBatch,
    EstateOnFile,
    HeldScenario,
    OtherMoney,
    ProgrammeInput,
    ProgrammeSettings,
    ProjectPlace,
    StandingAside,
    StreetPeople,
)
from renovation.rules.money.books import Books
from renovation.rules.money.pricing import conflicts, order_rules
from renovation.rules.programme.annual_batch import in_batch_since

#: Only these residents gain from an item for them alone; for everybody else's items the whole estate counts.
_OF_THE_OLD = frozenset({Beneficiary.ELDERLY, Beneficiary.DISABLED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """The adopted programme that holds a project: its name, the first of its years, and the year of the project."""

    programme: str
    begins: int
    year: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the store says, gathered once.

    Attributes
    ----------
    names
        The areas above the estates, by id.
    adopted
        Adopted programmes, whatever their years.
    votes, points
        Votes by project id; scores by project code, 0 … 1.
    failing
        Estates that fail a gate and are left out for it.
    batches
        Kept batches, the newest first.
    """

    rows: tuple[ProjectRow, ...]
    estates: Mapping[int, Estate]
    names: Mapping[int, Area]
    items: Mapping[str, Item]
    books: Books
    adopted: tuple[HeldScenario, ...] = ()
    votes: Mapping[int, int]
    points: Mapping[str, Fraction]
    failing: Collection[int] = ()
    batches: Sequence[AnnualBatch] = ()


def candidates(facts: Facts, settings: ProgrammeSettings) -> ProgrammeInput:
    """Return what a programme is chosen from.

    Locks and promises on projects that are no candidates any more are left out; such projects stand in ``aside``.

    Raises
    ------
    InvalidError
        ``programme.…`` for settings that contradict each other.
    """
    holds = holds_of(facts.adopted)
    taken = in_batch_since(facts.batches, settings.years)
    kept: list[PlannedProject] = []
    places: dict[str, ProjectPlace] = {}
    aside: list[StandingAside] = []
    for row in facts.rows:
        project = row.project
        hold = holds.get(project.code) if project.status is ProjectStatus.IN_PROGRAMME else None
        waits = taken is not None and project.estate_id not in taken and hold is None
        if why := _aside(row, hold, facts, settings, waits=waits):
            aside.append(why)
            continue
        cost, given = _money(project, hold, facts.books, settings)
        other = _within(given, project.cost - cost)
        place = replace(_place(row, facts), other_money=other, promised_by=hold.programme if hold else "")
        votes = facts.votes.get(project.id, 0)
        item = facts.items.get(project.item_code)
        kind = item.item_class if item else ItemClass.IMPROVEMENT
        places[project.code] = place
        kept.append(
            PlannedProject(
                id=project.code,
                cost=cost,
                whole=project.cost,
                name=f"{row.estate_name} {project.name}",
                votes=votes,
                score=facts.points.get(project.code, Fraction(0)),
                households=place.households or 0,
                item_classes=frozenset({kind}),
                items=frozenset({project.item_code}),
                areas=frozenset(name for name in (place.county, place.street, place.community, place.estate) if name),
                groups=frozenset({kind.value}),
                mandatory=settings.basic_first and kind is ItemClass.BASIC,
                # Whose money has gone since is chosen anew, if a pot has it: a promise alone never asks too much.
                promised_year=max(hold.year, settings.years[0]) if hold and not cost else None,
                years=frozenset() if hold else _from(settings, (taken or {}).get(project.estate_id, 0)),
            )
        )
    promised = {one.id for one in kept if one.promised_year is not None}
    orders, exclusions = _rules(facts, places, settings)
    problem = Problem(
        years=settings.years,
        projects=tuple(kept),
        pots=_pots(facts.books, settings),
        group_rules=settings.group_rules,
        # What earlier programmes have decided together is not asked again.
        orders=tuple(one for one in orders if not {one.first, one.then} <= promised),
        exclusions=tuple(one for one in exclusions if not promised.issuperset(one.projects)),
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
        batches=tuple(
            DecidedBatch(year=one.settings.year, budget=one.settings.budget, estates=len(one.chosen))
            for one in reversed(facts.batches)
            if one.settings.year in settings.years
        ),
        whole_pots={pot.id: facts.books.pots[pot.id].amount for pot in problem.pots},
        facts_day=facts.books.day,
    )


def _from(settings: ProgrammeSettings, since: int) -> frozenset[int]:
    """Return the years in which projects of an estate can be done: from its batch on; empty means any of them."""
    return frozenset(year for year in settings.years if year >= since) if since > settings.years[0] else frozenset()


def _on_file(facts: Facts, wanted: Collection[int]) -> tuple[EstateOnFile, ...]:
    """Return what documents say of the estates, so that they say the same as long as the programme stands."""
    found = [on_file(home) for home in facts.estates.values() if home.id in wanted]
    return tuple(sorted(found, key=lambda one: one.code))


def _pots(books: Books, settings: ProgrammeSettings) -> tuple[Pot, ...]:
    """Return the years' pots with what is not spoken for: promised money is off the projects' cost already."""
    found = [
        replace(books.pots[pot], amount=amount, version=1)
        for year in settings.years
        for pot, amount in books.spendable(year).items()
    ]
    return tuple(sorted(found, key=lambda pot: (pot.year, pot.id)))


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


def _lock_within(lock: Lock, settings: ProgrammeSettings) -> Lock:
    """Return the lock; a year that is not planned is dropped."""
    return lock if lock.year in settings.years else replace(lock, year=None)


def _within(given: Iterable[OtherMoney], room: int) -> tuple[OtherMoney, ...]:
    """Return what is given up to a sum: nobody pays more than the project costs."""
    found = []
    for one in given:
        part = min(one.amount, room)
        if part > 0:
            found.append(replace(one, amount=part))
            room -= part
    return tuple(found)


def holds_of(adopted: Iterable[HeldScenario]) -> dict[str, Hold]:
    """Return which adopted programme holds each project; of two, the one that began first promised it."""
    found: dict[str, Hold] = {}
    for held in sorted(adopted, key=lambda one: one.settings.years[0]):
        for line in held.programme.chosen:
            hold = Hold(programme=held.name, begins=held.settings.years[0], year=line.year)
            found.setdefault(line.project, hold)
    return found


def _aside(
    row: ProjectRow, hold: Hold | None, facts: Facts, settings: ProgrammeSettings, *, waits: bool
) -> StandingAside | None:
    """Say why a project is no candidate, or ``None``; ``waits`` when the year's batch leaves its estate out."""
    project, years = row.project, settings.years
    why = ""
    if project.status is ProjectStatus.IN_POLL:
        why = "in_poll"
    elif hold and not (settings.with_promises and hold.begins < years[0] and hold.year <= years[-1]):
        why = "held"
    elif project.estate_id in facts.failing:
        why = "gate"
    elif waits:
        why = "batch"
    if not why:
        return None
    return StandingAside(
        code=project.code,
        name=project.name,
        estate=row.estate_name,
        why=why,
        programme=hold.programme if hold else "",
        year=hold.year if hold else None,
    )


def _money(
    project: Project, hold: Hold | None, books: Books, settings: ProgrammeSettings
) -> tuple[int, tuple[OtherMoney, ...]]:
    """Return what the pots have to bear of a project, and what others give; a promise brings its money along."""
    one = books.projects.get(project.id)
    if one is None:
        return project.cost, ()
    counts_pledges = settings.counts_pledges or hold is not None
    funding = books.funding(one)
    cost = funding.gap if counts_pledges else funding.gap_received
    return cost, books.given(one, counts_pledges=counts_pledges)


def _place(row: ProjectRow, facts: Facts) -> ProjectPlace:
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
    facts: Facts, places: Mapping[str, ProjectPlace], settings: ProgrammeSettings
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


def _streets(facts: Facts) -> tuple[StreetPeople, ...]:
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


def first_year(funded: Iterable[int], now: int) -> int:
    """Return the year a programme is first thought of for: the next with money, else any with money, else the next."""
    years = sorted(set(funded))
    return next((year for year in years if year > now), years[0] if years else now + 1)


def households_reached(places: Iterable[ProjectPlace]) -> int:
    """Add up the households that projects reach; unknown ones count as none."""
    return sum(place.households or 0 for place in places)


def unknown_households(places: Iterable[ProjectPlace]) -> int:
    """Return of how many projects nobody knows whom they reach; they count as nobody."""
    return sum(place.households is None for place in places)


def basis_digest(basis: ProgrammeInput) -> str:
    """Return the SHA-256 of everything a programme was chosen from and its documents say of it."""
    return digest_of(
        basis.settings, basis.problem, basis.places, basis.streets, basis.estates, basis.drawn, basis.whole_pots
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class InputChanges:
    """What is different now from what a scenario was chosen from; codes of projects, names of pots.

    ``sources`` are projects of equal cost to the pots whose other money comes from somebody else now; ``drawn`` those
    drawn otherwise, ``estates`` the codes of estates with other facts or another outline.

    ``settings_or_people`` says that it is none of these: rules, capacity or who lives on the streets.
    """

    is_same: bool
    added: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    pots: tuple[str, ...] = ()
    estates: tuple[str, ...] = ()
    drawn: tuple[str, ...] = ()
    settings_or_people: bool = False


def input_changes(before: ProgrammeInput, today: ProgrammeInput) -> InputChanges:
    """Compare what a scenario was chosen from with the same question asked of today's figures."""
    if basis_digest(before) == basis_digest(today):
        return InputChanges(is_same=True)
    old = {project.id: project for project in before.problem.projects}
    new = {project.id: project for project in today.problem.projects}
    old_pots = {pot.id: (pot, before.whole_pots.get(pot.id)) for pot in before.problem.pots}
    new_pots = {pot.id: (pot, today.whole_pots.get(pot.id)) for pot in today.problem.pots}
    names = {pot.id: pot.name for pot in (*before.problem.pots, *today.problem.pots)}
    both = old.keys() & new.keys()
    on_file = [{one.code: one for one in basis.estates} for basis in (before, today)]
    found = InputChanges(
        is_same=False,
        added=tuple(sorted(new.keys() - old.keys())),
        gone=tuple(sorted(old.keys() - new.keys())),
        changed=tuple(sorted(code for code in both if old[code] != new[code])),
        sources=tuple(sorted(code for code in both if old[code] == new[code] and _money_moved(code, before, today))),
        pots=tuple(
            sorted(names[pot] for pot in old_pots.keys() | new_pots.keys() if old_pots.get(pot) != new_pots.get(pot))
        ),
        estates=tuple(
            sorted(code for code in on_file[0].keys() & on_file[1].keys() if on_file[0][code] != on_file[1][code])
        ),
        drawn=tuple(sorted(code for code in both if before.drawn.get(code) != today.drawn.get(code))),
    )
    return (
        found
        if replace(found, is_same=True) != InputChanges(is_same=True)
        else InputChanges(is_same=False, settings_or_people=True)
    )


def _money_moved(code: str, before: ProgrammeInput, today: ProgrammeInput) -> bool:
    places = (before.places.get(code), today.places.get(code))
    was, now = (sorted(one.other_money, key=repr) if one else [] for one in places)
    return was != now
