"""Let anybody see whether a receipt is on a list: the published one once there is one, the store's until then."""

from __future__ import annotations

from dataclasses import dataclass

from renovation.model.accounts import PUBLIC, Action, Actor, require
from renovation.model.codes import commitment_of, read_receipt
from renovation.services.doors import reading
from renovation.services.outcome.publishing import published_receipts
from renovation.services.staff import guesses
from renovation.store import Store
from renovation.store.polls import codes


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptCheck:
    """What anybody may know about a receipt: which poll lists it, and what became of the poll."""

    poll_id: str
    title: str
    test: bool = False
    published: bool = False
    cancelled: bool = False


def check_receipt(store: Store, typed: str, *, actor: Actor = PUBLIC) -> ReceiptCheck | None:
    """Tell which poll lists a receipt; ``None`` when none does.

    Raises
    ------
    InvalidError
        ``receipt.shape``; nothing was looked up.
    UnavailableError
        ``code.wait``: too many receipts that nobody has were looked up lately.
    """
    number = read_receipt(typed)
    door = guesses.door_of(store, require(actor, Action.SEE_PUBLIC), what=guesses.RECEIPTS)
    with reading(store, PUBLIC, Action.SEE_PUBLIC) as seen:
        held = seen.polls()
    # Whole bundles may have to be read for them, which nobody's vote is to wait for.
    lists = {poll.id: published_receipts(store, poll.id) for poll in held}
    with guesses.guessing(store, door) as guess:
        for poll in held:
            commitment = commitment_of(poll.id, number)
            published = lists[poll.id]
            if published is not None and commitment in published:
                return ReceiptCheck(poll_id=poll.id, title=poll.title, published=True)
            entry = codes.receipt_entry(guess.connection, commitment)
            # Once a list is published, only what stands on it is on it; test ballots never are.
            if entry is not None and (published is None or entry[1]):
                return ReceiptCheck(poll_id=poll.id, title=poll.title, test=entry[1], cancelled=bool(poll.cancelled))
        guess.wrong()
    return None
