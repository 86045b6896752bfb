"""What has arrived for projects: each payment with its day and document, taken back with a reason, all in the log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from renovation.errors import ConflictError, Fault, ImportRefusedError, InvalidError, NotFoundError, RenovationError
from renovation.imports.files.results import Parsed
from renovation.imports.money.payments import PaymentRow
from renovation.model.accounts import Action, Actor
from renovation.model.clock import refuse_ahead, today
from renovation.model.funding import Contribution, Payment, PaymentDraft, Pot, SourceKind
from renovation.model.names import name_key
from renovation.rules.money.books import Books
from renovation.services.acts import ActingUnit, acting
from renovation.services.doors import reading
from renovation.services.money.books import hold_books
from renovation.services.typed import one_line, reason_of
from renovation.store import Store
from renovation.store.money import payments as payments_store
from renovation.store.money import planning_places
from renovation.store.money import pots as pots_store
from renovation.text import Language, text

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
        ``payment.nothing``, ``payment.document_missing``, ``payment.in_kind``, ``day.ahead``,
        ``funding.pot_refuses``: the pot may not pay for the project, or ``payment.more_than_lacks``: it lacks less.
    ConflictError
        ``payment.pot_short``: the pot has less left for the project than that.
    NotFoundError
        ``pot.not_found``.
    """
    with acting(store, actor, Action.EDIT_MONEY) as unit:
        made = _record(unit, hold_books(unit.connection, today()), draft)
        unit.commit()
    return made


def _record(unit: ActingUnit, books: Books, draft: PaymentDraft) -> Payment:
    document = proof_of(draft.amount, draft.paid_on, draft.document)
    if draft.pot is None and draft.kind is SourceKind.IN_KIND:
        raise InvalidError("payment.in_kind")
    if draft.pot is not None and draft.pot not in books.pots:
        raise NotFoundError("pot.not_found", id=draft.pot[:40])
    project = unit.project(draft.project)
    line, before = _line_for(books, draft)
    place = books.projects[project.id]
    paid = replace(line, received=line.received + draft.amount)
    if draft.pot is not None and not books.may_still_pay(place, books.pots[draft.pot]):
        raise InvalidError("funding.pot_refuses", pot=books.pots[draft.pot].name, code=project.code)
    if books.beyond_need(place, paid, before):
        lacks = books.lacks(place, paid, before) - line.received
        raise InvalidError("payment.more_than_lacks", code=project.code, lacks=lacks, asked=draft.amount)
    if draft.pot is not None:
        pot = books.pots[draft.pot]
        line, paid = replace(line, kind=pot.level), replace(paid, kind=pot.level)
        if over := books.overdraft(paid, before):
            left = books.free_for(pot.id, project.id)
            raise ConflictError("payment.pot_short", pot=pot.name, left=left, over=over)
    funding_id = line.id or pots_store.add_contribution(unit.connection, line)
    books.keep(replace(paid, id=funding_id), before)
    made = payments_store.add(
        unit.connection, project.id, amount=draft.amount, paid_on=draft.paid_on, document=document,
        login=unit.actor.login, at=unit.at, funding_id=funding_id,
    )  # fmt: skip
    unit.log(
        "money.pay", "project", project.id, code=project.code, source=line.kind.value, amount=draft.amount,
        day=draft.paid_on.isoformat(), document=document,
    )  # fmt: skip
    return unit.payment(made)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentsTaken:
    """What a list of payments brought: how many are new, what they come to in fen, and how many were on file."""

    recorded: int
    amount: int
    recognised: int


def import_payments(
    store: Store, actor: Actor | None, parsed: Parsed[PaymentRow], *, dry_run: bool = False
) -> PaymentsTaken:
    """Record a list of payments, all or none; those on file already are recognised and not recorded again.

    Parameters
    ----------
    dry_run
        Say what would be recorded and keep nothing.

    Raises
    ------
    ImportRefusedError
        With every line whose project or source is not known, or that a pot refuses or cannot pay.
    """
    if parsed.faults:
        raise ImportRefusedError(parsed.faults)
    with acting(store, actor, Action.EDIT_MONEY) as unit:
        held = Counter(map(_alike, payments_store.payments(unit.connection)))
        places = planning_places.projects(unit.connection, scopes=[unit.scope])
        numbers = {name_key(place.code): number for number, place in places.items()}
        books = hold_books(unit.connection, today())
        sources = Sources(books.pots.values())
        faults: list[Fault] = []
        recorded = amount = recognised = 0
        for row in parsed.records:
            draft, why = _drafted(row, numbers, sources)
            if draft is None:
                faults.append(parsed.fault(why[0], row.row, why[1], value=row.project))
            elif held[_alike(draft)] > 0:
                held[_alike(draft)] -= 1
                recognised += 1
            else:
                try:
                    _record(unit, books, draft)
                except RenovationError as error:
                    if (found := _LINE_FAULTS.get(error.code)) is None:
                        raise
                    faults.append(parsed.fault(found[0], row.row, found[1], value=row.project, **error.fields))
                recorded, amount = recorded + 1, amount + row.amount
        if faults:
            raise ImportRefusedError(faults)
        if recorded and not dry_run:
            unit.commit()
    return PaymentsTaken(recorded=recorded, amount=amount, recognised=recognised)


_UNKNOWN_PROJECT = "payment.unknown_project", "project"
#: What refuses a payment, how a line of a list says it, and the column it stands in.
_LINE_FAULTS = {
    "project.not_found": _UNKNOWN_PROJECT,
    "payment.pot_short": ("payment.pot_short", "amount"),
    "payment.more_than_lacks": ("payment.more_than_lacks", "amount"),
    "funding.pot_refuses": ("payment.pot_refuses", "from"),
    "payment.nothing": ("payment.nothing", "amount"),
    "payment.in_kind": ("payment.in_kind", "from"),
    "day.ahead": ("payment.day_ahead", "paid_on"),
}


class Sources:
    """Pots and kinds of sources by the names that lists call them."""

    def __init__(self, pots: Iterable[Pot]) -> None:
        self._pots: dict[str, list[Pot]] = {}
        for pot in pots:
            self._pots.setdefault(name_key(pot.name), []).append(pot)
        self._kinds = {
            name_key(text(f"source_kind.{kind.value}", language)): kind for kind in SourceKind for language in Language
        }

    def find(self, name: str, year: int | None) -> tuple[SourceKind, str | None] | None:
        """Return the kind and pot of a name, or ``None`` where nothing, or more than one pot, is called so."""
        pots = [pot for pot in self._pots.get(name_key(name), ()) if year in (None, pot.year)]
        if len(pots) == 1:
            return pots[0].level, pots[0].id
        kind = self._kinds.get(name_key(name))
        return None if pots or kind is None else (kind, None)


def _drafted(
    row: PaymentRow, numbers: Mapping[str, int], sources: Sources
) -> tuple[PaymentDraft | None, tuple[str, str]]:
    """Return what a line asks to record, or what keeps it from being understood, and in which column."""
    source = sources.find(row.source, row.year)
    project = numbers.get(name_key(row.project))
    if project is None:
        return None, _UNKNOWN_PROJECT
    if source is None:
        return None, ("payment.unknown_source", "from")
    draft = PaymentDraft(
        project=project, amount=row.amount, paid_on=row.paid_on, document=row.document, kind=source[0],
        pot=source[1],
    )  # fmt: skip
    return draft, ("", "")


def _alike(one: PaymentDraft) -> tuple[object, ...]:
    """Return what two records of one payment have in common; of one taken back nothing."""
    if isinstance(one, Payment) and (one.undone_on is not None or one.supporter):
        return ()
    # One voucher in another case, width or spacing is no second one.
    return one.project, one.amount, one.paid_on, name_key(one.document), one.kind, one.pot


def _line_for(books: Books, draft: PaymentDraft) -> tuple[Contribution, Contribution | None]:
    """Return the source a payment counts for, and the same as it stands; of several the first that still owes."""
    lines = books.contributions.get(draft.project, [])
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
