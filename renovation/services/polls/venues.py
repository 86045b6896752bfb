"""Where people vote: other names, other hours, and venues that are not needed after all.

Before voting begins one person may do it; afterwards two, with a reason that the log keeps.
"""

from __future__ import annotations

from renovation.errors import ConflictError, InvalidError
from renovation.model.accounts import Action, Actor
from renovation.model.polls import Poll, PollAct, PollStage, Venue
from renovation.services.acts import ActingUnit, acting
from renovation.services.staff.second_person import require_second, second_login
from renovation.services.typed import reason_of
from renovation.store import Store
from renovation.store.polls import polls


def venue_name_of(typed: str) -> str:
    """Return a venue's name as it was typed, without what stands around it.

    Raises
    ------
    InvalidError
        ``poll.venue_name``.
    """
    name = typed.strip()
    if not name or len(name) > 80:
        raise InvalidError("poll.venue_name")
    return name


def change_venue(
    store: Store,
    actor: Actor,
    poll_id: str,
    venue_id: int,
    name: str,
    hours: str,
    *,
    reason: str = "",
    second: Actor | None = None,
) -> Venue:
    """Give a venue another name or other hours; the codes made for it stay good.

    Parameters
    ----------
    reason, second
        Why, and the second person who stands for it; both once voting has begun, whatever the settings say.

    Raises
    ------
    InvalidError
        ``poll.venue_name`` or ``code.reason_missing``.
    ConflictError
        ``poll.venue_twice``; ``code.kit_out``: the venue's computer knows it by its name.
    StageError
        Voting is over.
    DeniedError
        ``poll.second_person``.
    """
    name = venue_name_of(name)
    with acting(store, actor, Action.EDIT_POLL) as unit:
        poll = unit.poll(poll_id, PollAct.ADD_VENUE)
        why = _reason(unit, poll, reason, second)
        held = unit.venue(poll, venue_id)
        if held.kit:
            raise ConflictError("code.kit_out", venue=held.name)
        changed = polls.change_venue(unit.connection, held, name, hours.strip()[:120])
        before, after = [held.name, held.hours], [changed.name, changed.hours]
        unit.log(
            "poll.change_venue",
            "poll",
            poll_id,
            before=before,
            after=after,
            reason=why,
            second=second_login(second),
        )
        unit.commit()
    return changed


def remove_venue(
    store: Store, actor: Actor, poll_id: str, venue_id: int, *, reason: str = "", second: Actor | None = None
) -> None:
    """Take away a venue that nothing hangs on: no codes, paper, ballots or stations.

    Parameters
    ----------
    reason, second
        As for :func:`change_venue`.

    Raises
    ------
    ConflictError
        ``poll.venue_used``.
    InvalidError, StageError, DeniedError
        As for :func:`change_venue`.
    """
    with acting(store, actor, Action.EDIT_POLL) as unit:
        poll = unit.poll(poll_id, PollAct.ADD_VENUE)
        why = _reason(unit, poll, reason, second)
        held = unit.venue(poll, venue_id)
        if not polls.remove_venue(unit.connection, held.id):
            raise ConflictError("poll.venue_used", venue=held.name)
        unit.log("poll.remove_venue", "poll", poll_id, venue=held.name, reason=why, second=second_login(second))
        unit.commit()


def _reason(unit: ActingUnit, poll: Poll, typed: str, second: Actor | None) -> str:
    begun = poll.stage is not PollStage.DRAFT
    require_second(unit, second, poll=poll, needed=begun)
    return reason_of(typed, "code.reason_missing") if begun else typed.strip()[:200]
