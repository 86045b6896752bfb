"""What each project has, from whom, what is missing, and who keeps it up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from renovation.errors import ConflictError, InvalidError, NotFoundError
from renovation.model.accounts import Action, Actor
from renovation.model.clock import refuse_ahead, today
from renovation.model.elections import Reason
from renovation.model.funding import Contribution, FundedProject, MatchingRule, Pledge, Pot, Upkeep
from renovation.model.projects import ProjectStatus
from renovation.model.scope import EVERYWHERE, Scope
from renovation.rules.money.books import Books, DoubleFunding, paid_twice
from renovation.rules.money.funding import Funding
from renovation.services.acts import ActingUnit, acting
from renovation.services.doors import reading, row_id
from renovation.services.money.books import hold_books, read_books
from renovation.services.typed import one_line
from renovation.store import Store
from renovation.store.money import planning_places
from renovation.store.money import pots as pots_store

_NAME_LIMIT = 80
_TEXT_LIMIT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectMoney:
    """A project's money with every line behind it.

    Attributes
    ----------
    matches
        What each matching rule that applies adds, in fen.
    planned
        What adopted programmes pay from each pot and nobody has recorded yet, in fen.
    unlocked
        The least that residents would have to raise to close the gap, in fen; 0 without a gap.
    refusals
        Pots that may not pay for it, and why.
    """

    place: FundedProject
    funding: Funding
    contributions: tuple[Contribution, ...]
    pledges: tuple[Pledge, ...]
    matches: tuple[tuple[MatchingRule, int], ...]
    planned: tuple[tuple[Pot, int], ...]
    unlocked: int
    upkeep: Upkeep
    open_pots: tuple[Pot, ...]
    refusals: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyRow:
    """One line of the list: a project and its money on a day."""

    place: FundedProject
    funding: Funding
    unlocked: int
    upkeep: Upkeep


def money_rows(store: Store, actor: Actor | None, scope: Scope | None = None) -> tuple[MoneyRow, ...]:
    """Return every live project of a scope with its money, the widest gap first."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        books = read_books(door.connection, today())
        kept_up = pots_store.upkeeps(door.connection)
        rows = []
        for place in planning_places.projects(door.connection, scopes=(door.scope, scope or EVERYWHERE)).values():
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
        books = read_books(door.connection, day or today())
        place = books.projects[door.project(project_id).id]
        funding = books.funding(place)
        answers = [(pot, books.refusal(place, pot)) for pot in books.pots.values()]
        return ProjectMoney(
            place=place,
            funding=funding,
            contributions=tuple(books.contributions.get(project_id, ())),
            pledges=tuple(books.pledges.get(project_id, ())),
            matches=tuple(books.matches(place)),
            planned=tuple((books.pots[pot], amount) for pot, amount in books.planned(project_id).items()),
            unlocked=books.unlocked(place, funding),
            upkeep=pots_store.upkeeps(door.connection, [project_id])[project_id],
            open_pots=tuple(pot for pot, reason in answers if reason is None or books.may_still_pay(place, pot)),
            refusals=tuple(reason for _, reason in answers if reason is not None),
        )


def record_contribution(
    store: Store, actor: Actor | None, line: Contribution, *, over_pot: bool = False
) -> Contribution:
    """Keep a source of a project (``line.id`` left out) or a change of one (``id`` and ``version`` as read).

    What has arrived of it is recorded payment by payment, see :mod:`renovation.services.money.payments`.

    Parameters
    ----------
    over_pot
        Somebody has decided that the pot promises more than it has; ``line.note`` says why.

    Raises
    ------
    InvalidError
        ``funding.nothing``: no money and no hours; ``funding.pot_refuses``: the pot may not pay for the project;
        ``funding.received_by_payment``: what has arrived is not written here; ``funding.more_than_lacks``: the project
        lacks less than that.
    ConflictError
        ``funding.changed``: somebody else was first; ``funding.pot_short``: the pot has less left than that, and nobody
        has decided otherwise with a reason.
    NotFoundError
        ``funding.not_found``.
    """
    with acting(store, actor, Action.EDIT_MONEY) as unit:
        line = keep_source(unit, hold_books(unit.connection, today()), line, over_pot=over_pot)
        unit.commit()
    return line


def keep_source(unit: ActingUnit, books: Books, line: Contribution, *, over_pot: bool = False) -> Contribution:
    """Keep a source as :func:`record_contribution` does, in a held book too. For services inside a transaction.

    Raises
    ------
    InvalidError, ConflictError, NotFoundError
        As there: ``funding.nothing``, ``funding.pot_refuses``, ``funding.received_by_payment``,
        ``funding.more_than_lacks``, ``funding.pot_short``, ``funding.not_found``, ``pot.not_found``.
    """
    if not (line.pledged or line.received or line.hours):
        raise InvalidError("funding.nothing")
    line = replace(line, note=one_line(line.note, _TEXT_LIMIT))
    if line.pot is not None and line.pot not in books.pots:
        raise NotFoundError("pot.not_found", id=line.pot[:40])
    project = unit.project(row_id(line.project, "project.not_found"))
    before = None if line.id is None else unit.contribution(line.id)
    if before is not None and before.project != line.project:
        raise NotFoundError("funding.not_found", id=line.id)
    if line.received != (before.received if before else 0):
        raise InvalidError("funding.received_by_payment")
    place = books.projects[project.id]
    over = 0
    if line.pot is not None:
        pot = books.pots[line.pot]
        if books.refusal(place, pot) is not None and not _gives_less(line, before):
            raise InvalidError("funding.pot_refuses", pot=pot.name, code=project.code)
        line = replace(line, kind=pot.level)
    if books.beyond_need(place, line, before):
        raise InvalidError(
            "funding.more_than_lacks", code=project.code, lacks=books.lacks(place, line, before), asked=line.pledged
        )
    if line.pot is not None:
        over = books.overdraft(line, before)
        if over and not (over_pot and line.note):
            left = books.free_for(line.pot, project.id)
            raise ConflictError("funding.pot_short", pot=books.pots[line.pot].name, left=left, over=over)
    if before is None:
        line = replace(line, id=pots_store.add_contribution(unit.connection, line))
    else:
        pots_store.change_contribution(unit.connection, line)
        line = replace(line, version=line.version + 1)
    books.keep(line, before)
    unit.log(
        "money.record", "project", project.id, code=project.code, source=line.kind.value, pledged=line.pledged
    )  # fmt: skip
    if over:
        unit.log("money.over_pot", "pot", line.pot or "", code=project.code, beyond=over, why=line.note)
    return line


def _gives_less(line: Contribution, before: Contribution | None) -> bool:
    """Tell whether a source only takes back some of what its pot has promised, which every pot may."""
    return before is not None and before.pot == line.pot and line.pledged <= before.pledged


def remove_contribution(store: Store, actor: Actor | None, contribution_id: int) -> None:
    """Delete a source of a project.

    Raises
    ------
    NotFoundError
        ``funding.not_found``, also when its project lies outside the actor's scope.
    ConflictError
        ``funding.paid``: money of it has arrived; take the payments back first.
    """
    with acting(store, actor, Action.EDIT_MONEY) as unit:
        line = unit.contribution(contribution_id)
        if line.received:
            raise ConflictError("funding.paid", received=line.received)
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
        project = unit.project(row_id(upkeep.project, "project.not_found"))
        pots_store.put_upkeep(unit.connection, kept)
        unit.log("money.upkeep", "project", project.id, code=project.code, yearly=kept.yearly_cost, payer=kept.payer)
        unit.commit()
    return kept


def double_funding(store: Store, actor: Actor | None) -> tuple[DoubleFunding, ...]:
    """Return works that seem to be paid for twice out of public money, by estate."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        lines, pots = pots_store.contributions(door.connection), pots_store.pots(door.connection)
        places = planning_places.projects(door.connection, lines.keys(), scopes=(door.scope,))
        return tuple(paid_twice(places.values(), lines, {pot.id: pot for pot in pots}))
