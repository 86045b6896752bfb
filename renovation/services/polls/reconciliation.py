"""The reconciliation of a poll as its counts stand."""

from __future__ import annotations

from dataclasses import replace

from renovation.model.accounts import Action, Actor
from renovation.model.ballots import PaperState
from renovation.model.polls import TIMETABLE, Poll, PollAct
from renovation.rules.polls.reconciliation import Line, Reconciliation, reconciliation
from renovation.services.doors import reading
from renovation.store import Connection, Store
from renovation.store.polls import codes, forgetting, paper, polls, running


def reconcile(store: Store, actor: Actor, poll_id: str) -> Reconciliation:
    """Return the reconciliation of a poll as it stands, with what does not fit its running digest."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        poll = door.poll(poll_id)
        changed = running.differing(door.connection, poll.id)
        return replace(reconciliation_of(door.connection, poll), changed=changed)


def open_lines(connection: Connection, poll: Poll) -> tuple[Line, ...]:
    """Return the lines of a poll that do not agree, as seen in this transaction."""
    return reconciliation_of(connection, poll).open_lines


def reconciliation_of(connection: Connection, poll: Poll) -> Reconciliation:
    """Return the reconciliation of a poll as seen in this transaction."""
    return reconciliation(
        venues={place.id: place.name for place in polls.venues(connection, poll.id)},
        codes=codes.batches(connection, poll.id),
        spent=codes.spent_by_place(connection, poll.id),
        cast=polls.ballots_by_place(connection, poll.id),
        boxes=[
            (batch, paper.final_verdicts(connection, batch) if batch.state is PaperState.CLOSED else {})
            for batch in paper.batches(connection, poll.id)
            if batch.state is not PaperState.CANCELLED
        ],
        blanks=forgetting.blanks(connection, poll.id) if poll.stage in TIMETABLE[PollAct.SEE_TALLY][0] else None,
    )
