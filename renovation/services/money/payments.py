"""What has arrived for projects: each payment with its day and document, taken back with a reason, all in the log."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from renovation.errors import ConflictError, InvalidError
from renovation.model.accounts import Action, Actor
from renovation.model.clock import refuse_ahead, today
from renovation.model.funding import Contribution, Payment, PaymentDraft, SourceKind
from renovation.services.acts import ActingUnit, acting
from renovation.services.doors import reading
from renovation.services.money.books import read_books
from renovation.services.typed import one_line, reason_of
from renovation.store import Store
from renovation.store.money import payments as payments_store
from renovation.store.money import pots as pots_store

_DOCUMENT_LIMIT = 120


def payments(store: Store, actor: Actor | None, project_id: int | None = None) -> tuple[Payment, ...]:
    """Return the payments of a project, or of every project in sight, the newest first; those taken back too."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        if project_id is not None:
            door.project(project_id)
        return payments_store.payments(door.connection, project_id, scopes=[door.scope])


def proof_of(amount: int, paid_on: date, document: str) -> str:
    """Return the document of a payment as it is kept.

    Raises
    ------
    InvalidError
        ``payment.nothing``, ``payment.document_missing``, or ``day.ahead``.
    """
    refuse_ahead(paid_on)
    if amount <= 0:
        raise InvalidError("payment.nothing")
    kept = one_line(document, _DOCUMENT_LIMIT)
    if not kept:
        raise InvalidError("payment.document_missing")
    return kept


def record_payment(store: Store, actor: Actor | None, draft: PaymentDraft) -> Payment:
    """Record money that has arrived for a project out of a pot or from a kind of source.

    It counts for the source on file; where nobody has recorded one (an adopted programme alone says so), the payment
    makes it.

    Raises
    ------
    InvalidError
        ``payment.nothing``, ``payment.document_missing``, ``payment.in_kind``, ``day.ahead``, or
        ``funding.pot_refuses``: the pot may not pay for the project.
    ConflictError
        ``payment.pot_short``: the pot has less left for the project than that.
    NotFoundError
        ``pot.not_found``.
    """
    with acting(store, actor, Action.EDIT_MONEY) as unit:
        made = _record(unit, draft)
        unit.commit()
    return made


def _record(unit: ActingUnit, draft: PaymentDraft) -> Payment:
    document = proof_of(draft.amount, draft.paid_on, draft.document)
    if draft.pot is None and draft.kind is SourceKind.IN_KIND:
        raise InvalidError("payment.in_kind")
    if draft.pot is not None:
        # Two people who pay the same money out at once take turns.
        pots_store.hold_pot(unit.connection, int(draft.pot))
    project = unit.project(draft.project)
    line, before = _line_for(unit, draft)
    if draft.pot is not None:
        books = read_books(unit.connection, today())
        pot = books.pots[draft.pot]
        if books.refusal(books.projects[project.id], pot) is not None:
            raise InvalidError("funding.pot_refuses", pot=pot.name, code=project.code)
        line = replace(line, kind=pot.level)
        if over := books.overdraft(replace(line, received=line.received + draft.amount), before):
            left = books.free_for(pot.id, project.id)
            raise ConflictError("payment.pot_short", pot=pot.name, left=left, over=over)
    funding_id = line.id or pots_store.add_contribution(unit.connection, line)
    made = payments_store.add(
        unit.connection, project.id, amount=draft.amount, paid_on=draft.paid_on, document=document,
        login=unit.actor.login, at=unit.at, funding_id=funding_id,
    )  # fmt: skip
    unit.log(
        "money.pay", "project", project.id, code=project.code, source=line.kind.value, amount=draft.amount,
        day=draft.paid_on.isoformat(), document=document,
    )  # fmt: skip
    return unit.payment(made)


def _line_for(unit: ActingUnit, draft: PaymentDraft) -> tuple[Contribution, Contribution | None]:
    """Return the source a payment counts for, and the same as it stands; of several the first that still owes."""
    lines = pots_store.contributions(unit.connection).get(draft.project, [])
    same = [one for one in lines if one.pot == draft.pot and (draft.pot is not None or one.kind is draft.kind)]
    owing = [one for one in same if one.pledged > one.received]
    if found := (owing or same):
        return found[0], found[0]
    return Contribution(project=str(draft.project), kind=draft.kind, pot=draft.pot), None


def undo_payment(store: Store, actor: Actor | None, payment_id: int, *, reason: str) -> Payment:
    """Take a payment back, of a source or of a pledge; it stays on file with the reason.

    Raises
    ------
    InvalidError
        ``payment.reason_missing``.
    ConflictError
        ``payment.undone`` already.
    """
    why = reason_of(reason, "payment.reason_missing")
    with acting(store, actor, Action.EDIT_MONEY) as unit:
        one = unit.payment(payment_id)
        payments_store.undo(unit.connection, payment_id, day=today(), login=unit.actor.login, why=why)
        unit.log("money.pay_undo", "project", one.project, amount=one.amount, document=one.document, reason=why)
        unit.commit()
        return unit.payment(payment_id)
