"""Ties that the announced rule leaves to the committee: what is open, and what it decides."""

from __future__ import annotations

from collections.abc import Sequence

from renovation.errors import ConflictError, InvalidError
from renovation.model.accounts import Action, Actor
from renovation.model.clock import day_of
from renovation.model.polls import Poll, PollAct, TieDecision
from renovation.rules.polls.instances import decide
from renovation.services.acts import acting
from renovation.services.polls.seals import seal_anew
from renovation.store import Store
from renovation.store.polls import polls

_LONGEST_REASON = 400


def decide_tie(store: Store, actor: Actor, poll_id: str, order: Sequence[str], reason: str) -> Poll:
    """Note in which order the committee wants projects served that the rule left to it.

    Parameters
    ----------
    order
        Keys of exactly the projects that stand equal now, first served first.
    reason
        What the committee gave as its reason; it is published.

    Raises
    ------
    StageError, DeniedError
        Voting goes on or the results are published; or the role may not.
    InvalidError
        ``poll.tie_reason`` (none given) or ``poll.tie_order`` (not the projects that stand equal).
    ConflictError
        ``poll.no_tie`` (nothing is left to decide) or ``poll.changed_meanwhile``.
    """
    reason = " ".join(reason.split())[:_LONGEST_REASON]
    if not reason:
        raise InvalidError("poll.tie_reason")
    with acting(store, actor, Action.OPEN_CLOSE_POLL) as unit:
        held = unit.poll(poll_id, PollAct.DECIDE_TIE)
        try:
            decide(held, polls.ballots(unit.connection, poll_id))
        except ConflictError as tie:
            if len(order) != len(set(order)) or set(order) != set(tie.fields["ids"]):
                raise InvalidError("poll.tie_order", projects=tie.fields["projects"]) from None
        else:
            raise ConflictError("poll.no_tie")
        day = day_of(unit.at)
        made = TieDecision(order=tuple(order), reason=reason, day=day)
        polls.replace_meta(unit.connection, poll_id, held.version, held.with_decision(made))
        decided = unit.poll(poll_id)
        unit.log("poll.decide_tie", "poll", poll_id, order=list(order), reason=reason)
        seal_anew(unit, decided)
        unit.commit()
    return decided
