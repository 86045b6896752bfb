"""Money for projects: pots, matching rules, sources, upkeep; what is there, what is missing, what would unlock it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from functools import cached_property

from renovation.errors import ConflictError, InvalidError, NotFoundError
from renovation.model.accounts import Action, Actor
from renovation.model.clock import refuse_ahead, today
from renovation.model.elections import Reason
from renovation.model.funding import Contribution, MatchingRule, Pledge, Pot, Upkeep
from renovation.model.items import Item, ItemClass
from renovation.model.projects import ProjectStatus
from renovation.model.scope import EVERYWHERE, Scope
from renovation.rules.money.funding import Funding, funding_of, pot_refusal, unlocked_if_raised
from renovation.services.acts import acting
from renovation.services.doors import reading
from renovation.services.projects.items import kept_catalogue
from renovation.services.typed import one_line
from renovation.store import Connection, Store
from renovation.store.money import planning_places, pledges
from renovation.store.money import pots as pots_store
from renovation.store.money.planning_places import ProjectPlace
from renovation.store.programme import scenarios

_NAME_LIMIT = 80
_TEXT_LIMIT = 200
_FIRST_YEAR, _LAST_YEAR = 2000, 2100


@dataclass(frozen=True, slots=True, kw_only=True)
class PotAccount:
    """A pot and what has become of it, in fen.

    Attributes
    ----------
    committed
        Promised to projects or paid out to them, whichever is more for each.
    received
        Of it, what has arrived.
    matched
        What it adds by its matching rules.
    planned
        What adopted programmes pay from it and nobody has recorded yet.
    projects
        How many projects it takes part in.
    """

    pot: Pot
    version: int
    synthetic: bool
    committed: int
    received: int
    matched: int
    planned: int
    projects: int

    @property
    def left(self) -> int:
        """Return what no project has been promised; negative when more was promised than there is."""
        return self.pot.amount - self.committed - self.matched

    @property
    def free(self) -> int:
        """Return what is not spoken for at all, adopted programmes included."""
        return self.left - self.planned


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectMoney:
    """A project's money with every line behind it.

    Attributes
    ----------
    matches
        What each matching rule that applies adds, in fen.
    unlocked
        The least that residents would have to raise to close the gap, in fen; 0 without a gap.
    refusals
        Pots that may not pay for it, and why.
    """

    place: ProjectPlace
    funding: Funding
    contributions: tuple[Contribution, ...]
    pledges: tuple[Pledge, ...]
    matches: tuple[tuple[MatchingRule, int], ...]
    unlocked: int
    upkeep: Upkeep
    open_pots: tuple[Pot, ...]
    refusals: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyRow:
    """One line of the list: a project and its money on a day."""

    place: ProjectPlace
    funding: Funding
    unlocked: int
    upkeep: Upkeep


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubleFunding:
    """Works that seem to be paid for twice: projects of one item in one estate, or one project from equal pots."""

    estate_id: int
    codes: tuple[str, ...]
    item_code: str


class Books:
    """Everything about money that one answer needs, read once."""

    def __init__(self, connection: Connection, ids: Iterable[int] | None, scopes: Sequence[Scope], day: date) -> None:
        wanted = None if ids is None else list(ids)
        self._connection = connection
        self.day = day
        self.places = planning_places.projects(connection, wanted, scopes=scopes)
        self.contributions = pots_store.contributions(connection, wanted)
        self.pledges = pledges.pledges(connection, wanted)
        self.pots = {one.pot.id: one for one in pots_store.pots(connection)}
        self.rules = pots_store.rules(connection)
        self.items: dict[str, Item] = {item.code: item for item in kept_catalogue(connection)}
        self._is_whole = wanted is None and not any(scope != EVERYWHERE for scope in scopes)
        self._whole: Books | None = None
        # Read now: the books are asked for sums after their connection is closed, too.
        self._granted = self._grants() if any(rule.pot is not None for rule in self.rules) else ({}, {})

    @property
    def whole(self) -> Books:
        """The books of every project: what a pot has left for one depends on all the others."""
        if self._is_whole:
            return self
        if self._whole is None:
            self._whole = Books(self._connection, None, (), self.day)
        return self._whole

    @cached_property
    def committed(self) -> dict[str, int]:
        """What each pot has promised or paid out by its sources, in fen."""
        found = dict.fromkeys(self.pots, 0)
        for lines in self.whole.contributions.values():
            for line in lines:
                if line.pot is not None:
                    found[line.pot] += max(line.pledged, line.received)
        return found

    def _grants(self) -> tuple[dict[tuple[str, int], int], dict[str, int]]:
        """What each pot's rules add to each project, and what the pot has left after that, in fen.

        A pot never matches with money it does not have, or that an adopted programme spends: projects are served in
        the order of their numbers.
        """
        whole = self.whole
        planned = {pot: sum(projects.values()) for pot, projects in self.planned.items()}
        left = {
            pot: max(0, one.pot.amount - self.committed[pot] - planned.get(pot, 0)) for pot, one in self.pots.items()
        }
        granted: dict[tuple[str, int], int] = {}
        for rule in self.rules:
            if rule.pot is None:
                continue
            kept = self.pots[rule.pot].pot
            for project_id in sorted(whole.contributions.keys() | whole.pledges.keys()):
                place = whole.places.get(project_id)
                if place is not None and self.refusal(place, kept) is None:
                    asked = whole.asked(place, rule)
                    granted[rule.id, project_id] = min(asked, left[rule.pot])
                    left[rule.pot] -= granted[rule.id, project_id]
        return granted, left

    def asked(self, place: ProjectPlace, rule: MatchingRule) -> int:
        """Return what a rule would add if its pot never ran dry: the funding with the rule alone."""
        lines, promised = self.contributions.get(place.id, ()), self.pledges.get(place.id, ())
        return funding_of(place.cost, lines, promised, [rule], today=self.day).matched

    def left(self, pot: str) -> int:
        """Return what a pot has neither promised, paid out nor matched; negative when it promised too much."""
        matched = sum(sum_ for (rule, _), sum_ in self._granted[0].items() if self._pot_of[rule] == pot)
        return self.pots[pot].pot.amount - self.committed[pot] - matched

    @cached_property
    def planned(self) -> dict[str, dict[int, int]]:
        """What adopted programmes pay from each pot to each project and nobody has recorded yet, in fen."""
        found: dict[str, dict[int, int]] = {}
        for number, pot, paid, then in scenarios.planned_payments(self._connection):
            lines = self.whole.contributions.get(number, ())
            now = sum(max(one.pledged, one.received) for one in lines if one.pot == pot)
            if (still := paid - max(0, now - then)) > 0:
                found.setdefault(pot, {})[number] = still
        return found

    @cached_property
    def _pot_of(self) -> dict[str, str | None]:
        return {rule.id: rule.pot for rule in self.rules}

    def refusal(self, place: ProjectPlace, pot: Pot) -> Reason | None:
        """Say why a pot may not pay for a project, or ``None``."""
        return pot_refusal(
            pot,
            cost=place.cost,
            item_classes=self._classes(place),
            items=(place.item_code,),
            areas=place.estate.names,
        )

    def _classes(self, place: ProjectPlace) -> tuple[ItemClass, ...]:
        item = self.items.get(place.item_code)
        return (item.item_class,) if item else ()

    def rules_for(self, place: ProjectPlace) -> list[MatchingRule]:
        """Return the matching rules of pots that may pay for a project, and those outside the pots.

        A rule's cap is no more than what its pot gives this project and has left besides.
        """
        found = []
        for rule in self.rules:
            if rule.pot is None:
                found.append(rule)
            elif self.refusal(place, self.pots[rule.pot].pot) is None:
                granted, left = self._granted
                room = granted.get((rule.id, place.id), 0) + left[rule.pot]
                found.append(replace(rule, cap=min(rule.cap, room)))
        return found

    def funding(self, place: ProjectPlace) -> Funding:
        """Add up a project's money."""
        return funding_of(
            place.cost,
            self.contributions.get(place.id, ()),
            self.pledges.get(place.id, ()),
            self.rules_for(place),
            today=self.day,
        )

    def matches(self, place: ProjectPlace) -> list[tuple[MatchingRule, int]]:
        """Return what each rule adds."""
        return [(rule, self.asked(place, rule)) for rule in self.rules_for(place)]

    def unlocked(self, place: ProjectPlace, funding: Funding) -> int:
        """Return the least that residents would have to raise to close the gap, in fen."""
        rules = [rule for rule in self.rules_for(place) if rule.cap]
        if not rules:
            return funding.gap
        lines, promised = self.contributions.get(place.id, ()), self.pledges.get(place.id, ())
        return unlocked_if_raised(place.cost, lines, promised, rules, today=self.day)


def pots(store: Store, actor: Actor | None, year: int | None = None) -> tuple[Pot, ...]:
    """Return the pots of a year, or of every year, the newest first."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        return tuple(one.pot for one in pots_store.pots(door.connection, year))


def pot_accounts(
    store: Store, actor: Actor | None, year: int | None = None, day: date | None = None
) -> tuple[PotAccount, ...]:
    """Return the pots with what is used and left, over all projects wherever they lie."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        books = Books(door.connection, None, (), day or today())
        return tuple(_account(one, books) for one in books.pots.values() if year in (None, one.pot.year))


def _account(one: pots_store.KeptPot, books: Books) -> PotAccount:
    lines = [
        (project_id, line)
        for project_id, found in books.contributions.items()
        for line in found
        if line.pot == one.pot.id
    ]
    matched, helped = 0, {project_id for project_id, _ in lines}
    if any(rule.pot == one.pot.id for rule in books.rules):
        for project_id in books.contributions.keys() | books.pledges.keys():
            added = sum(sum_ for rule, sum_ in books.matches(books.places[project_id]) if rule.pot == one.pot.id)
            matched += added
            helped |= {project_id} if added else set()
    return PotAccount(
        pot=one.pot,
        version=one.version,
        synthetic=one.synthetic,
        committed=sum(max(line.pledged, line.received) for _, line in lines),
        received=sum(line.received for _, line in lines),
        matched=matched,
        planned=sum(books.planned.get(one.pot.id, {}).values()),
        projects=len(helped),
    )


def _free_for(books: Books, pot: str, project_id: int) -> int:
    """Return what a pot can still promise a project: not what it has promised others, or adopted programmes plan."""
    others = sum(sum_ for number, sum_ in books.planned.get(pot, {}).items() if number != project_id)
    return max(0, books.left(pot) - others)


def _overdraft(books: Books, pot: str, line: Contribution, before: Contribution | None) -> int:
    """Return by how much a source takes more out of its pot than is free for it, in fen; 0 when it does not."""
    had = max(before.pledged, before.received) if before is not None and before.pot == pot else 0
    more = max(line.pledged, line.received) - had
    return max(0, more - _free_for(books, pot, int(line.project))) if more > 0 else 0


def _checked(pot: Pot) -> Pot:
    name = one_line(pot.name, _NAME_LIMIT)
    if not name:
        raise InvalidError("pot.name_missing")
    if not _FIRST_YEAR <= pot.year <= _LAST_YEAR:
        raise InvalidError("pot.year_out", year=pot.year)
    return replace(
        pot,
        name=name,
        owner=one_line(pot.owner, _NAME_LIMIT),
        purpose=one_line(pot.purpose, _TEXT_LIMIT),
        areas=frozenset(one_line(area, _NAME_LIMIT) for area in pot.areas),
    )


def keep_pot(store: Store, actor: Actor | None, pot: Pot, version: int | None = None) -> Pot:
    """Keep a new pot (``version`` left out; its ``id`` is given here) or a change of one.

    Raises
    ------
    ConflictError
        ``pot.twice``: the year has a pot of that name; ``pot.changed``: somebody else was first.
    """
    checked = _checked(pot)
    with acting(store, actor, Action.EDIT_POTS) as unit:
        same = pots_store.same_pot(unit.connection, checked.year, checked.name)
        if same is not None and (version is None or same != int(checked.id)):
            raise ConflictError("pot.twice", pot=checked.name, year=checked.year)
        if version is None:
            pot_id = pots_store.add_pot(unit.connection, checked)
        else:
            pot_id = int(checked.id)
            pots_store.get_pot(unit.connection, pot_id)
            pots_store.change_pot(unit.connection, checked, version)
        kept = pots_store.get_pot(unit.connection, pot_id).pot
        unit.log("pot.keep", "pot", pot_id, name=kept.name, year=kept.year, amount=kept.amount)
        unit.commit()
    return kept


def remove_pot(store: Store, actor: Actor | None, pot_id: int) -> None:
    """Delete a pot that no project and no matching rule names.

    Raises
    ------
    ConflictError
        ``pot.in_use``.
    """
    with acting(store, actor, Action.EDIT_POTS) as unit:
        one = pots_store.get_pot(unit.connection, pot_id).pot
        if count := pots_store.pot_in_use(unit.connection, pot_id):
            raise ConflictError("pot.in_use", pot=one.name, count=count)
        pots_store.remove_pot(unit.connection, pot_id)
        unit.log("pot.remove", "pot", pot_id, name=one.name, year=one.year)
        unit.commit()


def matching_rules(store: Store, actor: Actor | None) -> tuple[MatchingRule, ...]:
    """Return every matching rule."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        return pots_store.rules(door.connection)


def add_matching_rule(store: Store, actor: Actor | None, rule: MatchingRule) -> MatchingRule:
    """Keep a matching rule; its ``id`` is given here.

    Raises
    ------
    InvalidError
        ``matching.name_missing`` or ``matching.nobody``.
    """
    rule = replace(rule, name=one_line(rule.name, _NAME_LIMIT), source=one_line(rule.source, _TEXT_LIMIT))
    if not rule.name:
        raise InvalidError("matching.name_missing")
    if not rule.kinds:
        raise InvalidError("matching.nobody", rule=rule.name)
    with acting(store, actor, Action.EDIT_POTS) as unit:
        if rule.pot is not None:
            pots_store.get_pot(unit.connection, int(rule.pot))
        rule_id = pots_store.add_rule(unit.connection, rule)
        unit.log("pot.match", "pot", rule.pot or "", name=rule.name, ratio=str(rule.ratio), cap=rule.cap)
        unit.commit()
    return replace(rule, id=str(rule_id))


def remove_matching_rule(store: Store, actor: Actor | None, rule_id: int) -> None:
    """Delete a matching rule; what it had added is gone from every project.

    Raises
    ------
    NotFoundError
        ``matching.not_found``.
    """
    with acting(store, actor, Action.EDIT_POTS) as unit:
        if not pots_store.remove_rule(unit.connection, rule_id):
            raise NotFoundError("matching.not_found", id=rule_id)
        unit.log("pot.unmatch", "pot", rule_id)
        unit.commit()


def money_rows(
    store: Store, actor: Actor | None, scope: Scope | None = None, day: date | None = None
) -> tuple[MoneyRow, ...]:
    """Return every live project of a scope with its money, the widest gap first."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        books = Books(door.connection, None, (door.scope, scope) if scope else (door.scope,), day or today())
        kept_up = pots_store.upkeeps(door.connection)
        rows = []
        for place in books.places.values():
            if place.status is not ProjectStatus.WITHDRAWN:
                funding = books.funding(place)
                unlocked = books.unlocked(place, funding)
                rows.append(MoneyRow(place=place, funding=funding, unlocked=unlocked, upkeep=kept_up[place.id]))
    return tuple(sorted(rows, key=lambda row: (-row.funding.gap, row.place.id)))


def project_money(store: Store, actor: Actor | None, project_id: int, day: date | None = None) -> ProjectMoney:
    """Return a project's money with every line behind it.

    Raises
    ------
    NotFoundError
        ``project.not_found``.
    """
    with reading(store, actor, Action.SEE_REGISTER) as door:
        books = Books(door.connection, [door.project(project_id).id], (), day or today())
        place = books.places[project_id]
        funding = books.funding(place)
        answers = [(one.pot, books.refusal(place, one.pot)) for one in books.pots.values()]
        return ProjectMoney(
            place=place,
            funding=funding,
            contributions=tuple(books.contributions.get(project_id, ())),
            pledges=tuple(books.pledges.get(project_id, ())),
            matches=tuple(books.matches(place)),
            unlocked=books.unlocked(place, funding),
            upkeep=pots_store.upkeeps(door.connection, [project_id])[project_id],
            open_pots=tuple(pot for pot, reason in answers if reason is None),
            refusals=tuple(reason for _, reason in answers if reason is not None),
        )


def record_contribution(
    store: Store, actor: Actor | None, line: Contribution, *, over_pot: bool = False
) -> Contribution:
    """Keep a source of a project (``line.id`` left out) or a change of one (``id`` and ``version`` as read).

    Parameters
    ----------
    over_pot
        Somebody has decided that the pot promises more than it has; ``line.note`` says why.

    Raises
    ------
    InvalidError
        ``funding.nothing``: no money and no hours; ``funding.pot_refuses``: the pot may not pay for the project.
    ConflictError
        ``funding.changed``: somebody else was first; ``funding.pot_short``: the pot has less left than that, and nobody
        has decided otherwise with a reason.
    """
    if not (line.pledged or line.received or line.hours):
        raise InvalidError("funding.nothing")
    line = replace(line, note=one_line(line.note, _TEXT_LIMIT))
    with acting(store, actor, Action.EDIT_MONEY) as unit:
        if line.pot is not None:
            # Two people who promise the same money at once take turns.
            pots_store.hold_pot(unit.connection, int(line.pot))
        project = unit.project(int(line.project))
        books = Books(unit.connection, [project.id], (), today())
        place = books.places[project.id]
        before = None if line.id is None else unit.contribution(line.id)
        if before is not None and before.project != line.project:
            raise NotFoundError("funding.not_found", id=line.id)
        over = 0
        if line.pot is not None:
            pot = books.pots[line.pot].pot
            if books.refusal(place, pot) is not None:
                raise InvalidError("funding.pot_refuses", pot=pot.name, code=place.code)
            line = replace(line, kind=pot.level)
            over = _overdraft(books, pot.id, line, before)
            if over and not (over_pot and line.note):
                left = _free_for(books, pot.id, place.id)
                raise ConflictError("funding.pot_short", pot=pot.name, left=left, over=over)
        if before is None:
            line = replace(line, id=pots_store.add_contribution(unit.connection, line))
        else:
            pots_store.change_contribution(unit.connection, line)
            line = replace(line, version=line.version + 1)
        unit.log(
            "money.record", "project", place.id, code=place.code, source=line.kind.value, pledged=line.pledged,
            received=line.received,
        )  # fmt: skip
        if over:
            unit.log("money.over_pot", "pot", line.pot or "", code=place.code, beyond=over, why=line.note)
        unit.commit()
    return line


def remove_contribution(store: Store, actor: Actor | None, contribution_id: int) -> None:
    """Delete a source of a project.

    Raises
    ------
    NotFoundError
        ``funding.not_found``, also when its project lies outside the actor's scope.
    """
    with acting(store, actor, Action.EDIT_MONEY) as unit:
        line = unit.contribution(contribution_id)
        pots_store.remove_contribution(unit.connection, contribution_id)
        unit.log("money.remove", "project", line.project, source=line.kind.value, pledged=line.pledged)
        unit.commit()


def set_upkeep(store: Store, actor: Actor | None, upkeep: Upkeep) -> Upkeep:
    """Keep who pays a project's upkeep, at what yearly cost, and since when it is agreed.

    Raises
    ------
    InvalidError
        ``upkeep.payer_missing``: agreed, but nobody is named; ``day.ahead``: agreed in the future.
    """
    refuse_ahead(upkeep.agreed_on)
    kept = replace(upkeep, payer=one_line(upkeep.payer, _NAME_LIMIT))
    if kept.agreed_on is not None and not kept.payer:
        raise InvalidError("upkeep.payer_missing")
    with acting(store, actor, Action.EDIT_PROJECTS) as unit:
        project = unit.project(int(upkeep.project))
        pots_store.put_upkeep(unit.connection, kept)
        unit.log("money.upkeep", "project", project.id, code=project.code, yearly=kept.yearly_cost, payer=kept.payer)
        unit.commit()
    return kept


def double_funding(store: Store, actor: Actor | None) -> tuple[DoubleFunding, ...]:
    """Return works that seem to be paid for twice out of public money, by estate."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        return tuple(one for found in paid_twice(door.connection, (door.scope,)).values() for one in found)


def paid_twice(connection: Connection, scopes: Sequence[Scope] = ()) -> Mapping[int, list[DoubleFunding]]:
    """Return works that seem to be paid for twice, by estate. For services inside a transaction.

    Two live projects of one item in one estate with public money each; or one project with two pots of one year and
    level. People decide whether it is one work or two.
    """
    lines = pots_store.contributions(connection)
    kept = {one.pot.id: one.pot for one in pots_store.pots(connection)}
    found: dict[int, list[DoubleFunding]] = {}
    by_work: dict[tuple[int, str], list[ProjectPlace]] = {}
    for place in planning_places.projects(connection, lines.keys(), scopes=scopes).values():
        public = [line for line in lines[place.id] if line.kind.is_public]
        if place.status is ProjectStatus.WITHDRAWN or not public:
            continue
        by_work.setdefault((place.estate.id, place.item_code), []).append(place)
        equal = [(kept[line.pot].year, kept[line.pot].level) for line in public if line.pot in kept]
        if len(set(equal)) < len({line.pot for line in public if line.pot in kept}):
            found.setdefault(place.estate.id, []).append(
                DoubleFunding(estate_id=place.estate.id, codes=(place.code,), item_code=place.item_code)
            )
    for (estate_id, item_code), places in by_work.items():
        if len(places) > 1:
            codes = tuple(place.code for place in places)
            found.setdefault(estate_id, []).append(DoubleFunding(estate_id=estate_id, codes=codes, item_code=item_code))
    return found


def leverage_of(rows: Iterable[MoneyRow]) -> Fraction | None:
    """Return the social money per yuan of public money over several projects; ``None`` without public money."""
    social = public = 0
    for row in rows:
        for kind, amount in row.funding.by_kind.items():
            if kind.is_public:
                public += amount
            else:
                social += amount
        public += row.funding.matched
    return Fraction(social, public) if public else None
