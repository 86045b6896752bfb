"""Supporters adopt a project 认领: the public store of projects, offers, pledges and what arrives of them.

Of a supporter only the name to be shown is kept, and no way to reach anybody: whoever makes an offer gets a reference
number and brings it to the community office, where staff confirm it.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction

from renovation.errors import ConflictError, InvalidError, NotFoundError, StageError, UnavailableError
from renovation.model.accounts import Action, Actor
from renovation.model.clock import refuse_ahead, today
from renovation.model.funding import FundedProject, Pledge, PledgeState, SourceKind
from renovation.model.lives import PROJECT_LIFE
from renovation.model.projects import Project
from renovation.rules.money.funding import Funding
from renovation.rules.money.pledges import OFFER_DAYS, PLEDGE_DAYS, check_promise
from renovation.services.acts import ActingUnit, acting
from renovation.services.doors import reading
from renovation.services.money.books import hold_books, read_books
from renovation.services.money.payments import proof_of
from renovation.services.staff import visitors
from renovation.services.staff.visitors import Sent
from renovation.services.typed import one_line
from renovation.store import Store
from renovation.store.money import payments as payments_store
from renovation.store.money import planning_places
from renovation.store.money import pledges as pledges_store

#: Offers that may wait on one project.
WAITING_LIMIT = 50
_NAME_LIMIT = 40
_WANTED_LIMIT = 200
#: Without these no name, which stands in public, can become a link or a picture.
_MARKUP = str.maketrans("", "", "[]<>`")
#: Easily read aloud: without 0, O, 1, I, L.
_SIGNS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoptable:
    """A project in the public store: what it is, what it costs, what is there, what is looked for."""

    place: FundedProject
    funding: Funding
    unlocked: int
    opened_on: date
    wanted: str
    supporters: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PledgeRow:
    """A pledge with the project it is for and what it is worth today."""

    pledge: Pledge
    state: PledgeState
    place: FundedProject


def adoptable_projects(store: Store, actor: Actor | None) -> tuple[Adoptable, ...]:
    """Return the projects that supporters can adopt, for everybody to see; the widest gap first."""
    found = _adoptable(store, actor, None)
    return tuple(sorted(found, key=lambda one: (-one.funding.gap, one.place.id)))


def adoptable_project(store: Store, actor: Actor | None, project_id: int) -> Adoptable:
    """Return one project that supporters can adopt.

    Raises
    ------
    NotFoundError
        ``pledge.not_adoptable``: the project is not in the public store.
    """
    found = _adoptable(store, actor, project_id)
    if not found:
        raise NotFoundError("pledge.not_adoptable")
    return found[0]


def _adoptable(store: Store, actor: Actor | None, only: int | None) -> list[Adoptable]:
    on = today()
    with reading(store, actor, Action.SEE_PUBLIC) as door:
        opened = pledges_store.adoptions(door.connection)
        if only is not None:
            opened = {key: said for key, said in opened.items() if key == only}
        if not opened:
            return []
        places = planning_places.projects(door.connection, opened, scopes=(door.scope,))
        books = read_books(door.connection, on)
    found = []
    for project_id, (opened_on, wanted) in opened.items():
        place = places.get(project_id)
        if place is None or PROJECT_LIFE.is_over(place.status):
            continue
        funding = books.funding(place)
        live = [one for one in books.pledges.get(project_id, ()) if one.state(on) in _SHOWN]
        found.append(
            Adoptable(
                place=place,
                funding=funding,
                unlocked=books.unlocked(place, funding),
                opened_on=opened_on,
                wanted=wanted,
                supporters=tuple(dict.fromkeys(one.supporter for one in live)),
            )
        )
    return found


_SHOWN = (PledgeState.OPEN, PledgeState.FULFILLED)


def open_for_adoption(store: Store, actor: Actor | None, project_id: int, *, wanted: str = "") -> None:
    """Put a project into the public store, saying what is looked for.

    Raises
    ------
    StageError
        ``pledge.project_over``: the project is done or withdrawn.
    """
    sought = one_line(wanted, _WANTED_LIMIT)
    with acting(store, actor, Action.RECORD_PLEDGE) as unit:
        project = _standing(unit, project_id)
        pledges_store.open_adoption(unit.connection, project_id, day=today(), wanted=sought)
        unit.log("pledge.open", "project", project_id, code=project.code)
        unit.commit()


def close_adoption(store: Store, actor: Actor | None, project_id: int) -> None:
    """Take a project out of the public store; its pledges stay."""
    with acting(store, actor, Action.RECORD_PLEDGE) as unit:
        project = unit.project(project_id)
        pledges_store.close_adoption(unit.connection, project_id)
        unit.log("pledge.close", "project", project_id, code=project.code)
        unit.commit()


def _standing(unit: ActingUnit, project_id: int) -> Project:
    project = unit.project(project_id)
    if PROJECT_LIFE.is_over(project.status):
        raise StageError("pledge.project_over", code=project.code)
    return project


def _refuse_beyond(unit: ActingUnit, project_id: int, promise: Pledge) -> None:
    """Refuse a supporter's promise of more than nobody covers yet.

    Raises
    ------
    InvalidError
        ``pledge.more_than_lacks``.
    """
    books = hold_books(unit.connection, today())
    place = books.projects[project_id]
    if promise.amount > (gap := books.funding(place).gap):
        raise InvalidError("pledge.more_than_lacks", code=place.code, lacks=gap, asked=promise.amount)


def _reference(once: str, project_id: int) -> str:
    """Draw a reference, or find the one that a form's number always leads to."""
    drawn = (
        hashlib.sha256(f"{once}|{project_id}".encode("utf-8", "surrogatepass")).digest()
        if once
        else secrets.token_bytes(32)
    )
    signs = "".join(_SIGNS[int.from_bytes(drawn[2 * place : 2 * place + 2]) % len(_SIGNS)] for place in range(8))
    return f"RL-{signs[:4]}-{signs[4:]}"


def _promise(
    project_id: int,
    supporter: str,
    kind: SourceKind,
    amount: int,
    hours: Fraction,
    day: date,
    last: date,
    *,
    once: str = "",
) -> Pledge:
    name = one_line(supporter.translate(_MARKUP), _NAME_LIMIT)
    check_promise(name, kind, amount, hours)
    return Pledge(
        id="",
        project=str(project_id),
        supporter=name,
        kind=kind,
        pledged_on=day,
        expires_on=last,
        amount=amount,
        hours=hours,
        reference=_reference(once, project_id),
    )


def offer_pledge(
    store: Store,
    actor: Actor | None,
    project_id: int,
    *,
    supporter: str,
    kind: SourceKind = SourceKind.RESIDENTS,
    amount: int = 0,
    hours: Fraction = Fraction(0),
    who: str = "",
    once: str = "",
) -> str:
    """Take an offer at the residents' door and return its reference number; it counts once staff confirm it.

    Parameters
    ----------
    who
        The token of a resident's browser, by which offers are counted.
    once
        The number of the form: sent again, it is the same offer with the same reference.

    Raises
    ------
    NotFoundError
        ``pledge.not_adoptable``: the project is not in the public store.
    UnavailableError
        ``visitor.wait``: many offers came in just now; ``pledge.enough``: many wait on this project.
    InvalidError
        ``pledge.more_than_lacks``.
    """
    day = today()
    last = day + timedelta(days=OFFER_DAYS)
    promise = _promise(project_id, supporter, kind, amount, hours, day, last, once=once)
    try:
        return _offer(store, actor, promise, who)
    except ConflictError:
        # Two presses at once: the other was first.
        if not once:
            raise
        return promise.reference


def _offer(store: Store, actor: Actor | None, promise: Pledge, who: str) -> str:
    project_id = int(promise.project)
    with acting(store, actor, Action.OFFER_PLEDGE) as unit:
        if pledges_store.is_kept(unit.connection, promise.reference):
            return promise.reference
        visitors.admit(unit, Sent.PLEDGE, project_id, who)
        if project_id not in pledges_store.adoptions(unit.connection):
            raise NotFoundError("pledge.not_adoptable")
        project = _standing(unit, project_id)
        if pledges_store.offers_waiting(unit.connection, project_id) >= WAITING_LIMIT:
            raise UnavailableError("pledge.enough")
        _refuse_beyond(unit, project_id, promise)
        made = pledges_store.add(unit.connection, replace(promise, offered=True), at=unit.at)
        visitors.keep_arrival(unit, Sent.PLEDGE, made.id, project.estate_id, who)
        # The supporter's name stays out of the log.
        unit.log("pledge.offer", "pledge", made.id, code=project.code, amount=promise.amount)
        unit.commit()
    return made.reference


def record_pledge(
    store: Store,
    actor: Actor | None,
    project_id: int,
    *,
    supporter: str,
    kind: SourceKind,
    amount: int = 0,
    hours: Fraction = Fraction(0),
    pledged_on: date | None = None,
    expires_on: date | None = None,
) -> Pledge:
    """Keep a promise made to staff; it counts at once, until its last day.

    Raises
    ------
    InvalidError
        ``day.ahead``: promised in the future; ``pledge.more_than_lacks``.
    """
    day = pledged_on or today()
    refuse_ahead(day)
    last = expires_on or day + timedelta(days=PLEDGE_DAYS)
    promise = _promise(project_id, supporter, kind, amount, hours, day, last)
    with acting(store, actor, Action.RECORD_PLEDGE) as unit:
        project = _standing(unit, project_id)
        _refuse_beyond(unit, project_id, promise)
        made = pledges_store.add(unit.connection, promise, at=unit.at)
        unit.log("pledge.record", "pledge", made.id, code=project.code, amount=amount)
        unit.commit()
    return made


def confirm_offer(store: Store, actor: Actor | None, pledge_id: int, *, expires_on: date | None = None) -> Pledge:
    """Turn an offer into a promise that counts from today.

    Raises
    ------
    StageError
        ``pledge.not_offered``: confirmed, declined or expired already.
    InvalidError
        ``pledge.expires_past``, or ``pledge.more_than_lacks``: somebody else was first.
    """
    day = today()
    last = expires_on or day + timedelta(days=PLEDGE_DAYS)
    if last < day:
        raise InvalidError("pledge.expires_past")
    with acting(store, actor, Action.RECORD_PLEDGE) as unit:
        one = unit.pledge(pledge_id)
        if not one.offered or one.withdrawn_on is not None:
            raise StageError("pledge.not_offered", reference=one.reference)
        _refuse_beyond(unit, int(one.project), one)
        kept = pledges_store.change(unit.connection, one, offered=False, pledged_on=day, expires_on=last)
        unit.log("pledge.confirm", "pledge", pledge_id, amount=one.amount)
        unit.commit()
    return kept


def withdraw_pledge(store: Store, actor: Actor | None, pledge_id: int) -> Pledge:
    """Take back what has not arrived of a pledge, or decline an offer.

    Raises
    ------
    ConflictError
        ``pledge.withdrawn`` already.
    """
    with acting(store, actor, Action.RECORD_PLEDGE) as unit:
        one = unit.pledge(pledge_id)
        if one.withdrawn_on is not None:
            raise ConflictError("pledge.withdrawn", supporter=one.supporter)
        kept = pledges_store.change(unit.connection, one, withdrawn_on=today())
        unit.log("pledge.withdraw", "pledge", pledge_id, amount=one.amount, received=one.received)
        unit.commit()
    return kept


def receive(
    store: Store,
    actor: Actor | None,
    pledge_id: int,
    version: int,
    *,
    amount: int,
    document: str,
    paid_on: date | None = None,
) -> Pledge:
    """Record a payment of a pledge, in fen; it came today unless said otherwise.

    Raises
    ------
    InvalidError
        ``pledge.hours_only``, ``pledge.more_than_promised`` (record another pledge for the rest), ``payment.nothing``,
        ``payment.document_missing``, or ``day.ahead``.
    StageError
        ``pledge.offered``: confirm it first.
    ConflictError
        ``pledge.changed``: somebody else was first.
    """
    day = paid_on or today()
    proof = proof_of(amount, day, document)
    with acting(store, actor, Action.RECORD_PLEDGE) as unit:
        one = unit.pledge(pledge_id)
        if one.offered:
            raise StageError("pledge.offered", reference=one.reference)
        if not one.amount:
            raise InvalidError("pledge.hours_only")
        if one.received + amount > one.amount:
            raise InvalidError("pledge.more_than_promised", amount=one.amount)
        payments_store.add(
            unit.connection, int(one.project), amount=amount, paid_on=day, document=proof, login=unit.actor.login,
            at=unit.at, pledge_id=pledge_id,
        )  # fmt: skip
        # Two who record the same money at once: the second looks again.
        kept = pledges_store.change(unit.connection, replace(one, version=version))
        unit.log("pledge.receive", "pledge", pledge_id, amount=amount, day=day.isoformat(), document=proof)
        unit.commit()
    return kept


def list_pledges(
    store: Store, actor: Actor | None, states: Iterable[PledgeState] = (), day: date | None = None
) -> tuple[PledgeRow, ...]:
    """Return pledges with their projects, the newest first; all states when none is named."""
    on, wanted = day or today(), set(states)
    with reading(store, actor, Action.SEE_REGISTER) as door:
        found = pledges_store.pledges(door.connection, scopes=[door.scope])
        places = planning_places.projects(door.connection, found.keys(), scopes=[door.scope])
    rows = [
        PledgeRow(pledge=one, state=one.state(on), place=places[project_id])
        for project_id, lines in found.items()
        for one in lines
        if not wanted or one.state(on) in wanted
    ]
    return tuple(sorted(rows, key=lambda row: (row.pledge.pledged_on, int(row.pledge.id)), reverse=True))


def adopted_projects(store: Store, actor: Actor | None) -> dict[int, str]:
    """Return which projects stand in the public store, and what is looked for."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        opened = pledges_store.adoptions(door.connection)
        seen = door.projects_in_sight(opened)
        return {project_id: wanted for project_id, (_, wanted) in opened.items() if project_id in seen}
