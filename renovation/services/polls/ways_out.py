"""Ways out once voting has begun: cancel a poll, leave out a project that cannot be built; two people, one reason."""

from __future__ import annotations

from renovation.errors import ConflictError, InvalidError, NotFoundError
from renovation.model.accounts import Action, Actor
from renovation.model.clock import day_of
from renovation.model.lives import ProjectAct
from renovation.model.polls import Poll, PollAct, PollStage, WayOut
from renovation.model.projects import Occasion
from renovation.services.acts import acting
from renovation.services.polls.polls import forget_order, get_poll
from renovation.services.polls.seals import seal_anew
from renovation.services.projects.lives import move_all
from renovation.services.staff.second_person import require_second, second_login
from renovation.store import Store
from renovation.store.polls import codes, polls

_LONGEST_REASON = 400


def _reason(typed: str) -> str:
    reason = " ".join(typed.split())[:_LONGEST_REASON]
    if not reason:
        raise InvalidError("poll.way_out_reason")
    return reason


def cancel_poll(store: Store, actor: Actor, poll_id: str, *, reason: str, second: Actor | None) -> Poll:
    """Cancel a poll: unused codes are void, its projects free again, and the demands that they answer told.

    Ballots stay in the store and are never counted. A sealed poll keeps what was sealed; none of its codes can vote.

    Parameters
    ----------
    reason
        Why; everybody reads it.
    second
        The second person, whatever the settings say.

    Raises
    ------
    InvalidError
        ``poll.way_out_reason``: none given.
    StageError
        Voting has not begun, or the results are published.
    DeniedError
        ``poll.second_person``.
    """
    reason = _reason(reason)
    with acting(store, actor, Action.OPEN_CLOSE_POLL) as unit:
        held = unit.poll(poll_id, PollAct.CANCEL)
        require_second(unit, second, poll=held, needed=True)
        voided = 0
        if held.stage is not PollStage.RECONCILED:
            # Codes first: a vote under way holds its code and waits for the poll's row.
            for counted in codes.batches(unit.connection, poll_id):
                voided += codes.void_unused(unit.connection, counted.batch.id, reason)
        polls.move_on(unit.connection, poll_id, held.stage, PollStage.CANCELLED)
        polls.put_meta(unit.connection, poll_id, **held.when_cancelled(WayOut(reason=reason, day=day_of(unit.at))))
        freed = move_all(
            unit,
            [entry.project_id for entry in held.projects],
            ProjectAct.CANCEL_POLL,
            occasion=Occasion(where=held.title, ref=f"poll:{poll_id}", why=reason),
        )
        unit.log(
            "poll.cancel",
            "poll",
            poll_id,
            title=held.title,
            reason=reason,
            codes=voided,
            projects=len(freed),
            second=second_login(second),
        )
        unit.commit()
    if held.stage is not PollStage.RECONCILED:
        forget_order(store, get_poll(store, actor, poll_id))
    return get_poll(store, actor, poll_id)


def mark_impossible(store: Store, actor: Actor, poll_id: str, key: str, *, reason: str, second: Actor | None) -> Poll:
    """Leave a project out of the allocation because it cannot be built; its votes are kept and published.

    Parameters
    ----------
    key
        The project on the ballot.
    reason
        Why; everybody reads it.

    Raises
    ------
    InvalidError
        ``poll.way_out_reason``: none given.
    NotFoundError
        ``poll.project_unknown``.
    ConflictError
        ``poll.impossible_already``.
    StageError
        Voting has not begun, or the results are published.
    DeniedError
        ``poll.second_person``.
    """
    return _judge(store, actor, poll_id, key, _reason(reason), second, possible=False)


def mark_possible(store: Store, actor: Actor, poll_id: str, key: str, *, reason: str, second: Actor | None) -> Poll:
    """Let a project take part again that was left out by mistake.

    Raises
    ------
    InvalidError, StageError, DeniedError
        As for :func:`mark_impossible`.
    ConflictError
        ``poll.not_impossible``: it is not left out.
    """
    return _judge(store, actor, poll_id, key, _reason(reason), second, possible=True)


def _judge(
    store: Store, actor: Actor, poll_id: str, key: str, reason: str, second: Actor | None, *, possible: bool
) -> Poll:
    with acting(store, actor, Action.OPEN_CLOSE_POLL) as unit:
        held = unit.poll(poll_id, PollAct.JUDGE_PROJECT)
        require_second(unit, second, poll=held, needed=True)
        entry = next((one for one in held.projects if one.key == key), None)
        if entry is None:
            raise NotFoundError("poll.project_unknown", project=key[:40])
        found = dict(held.impossible)
        if (key in found) is not possible:
            code = "poll.not_impossible" if possible else "poll.impossible_already"
            raise ConflictError(code, project=entry.name)
        if possible:
            del found[key]
        else:
            found[key] = WayOut(reason=reason, day=day_of(unit.at))
        polls.replace_meta(unit.connection, poll_id, held.version, held.when_impossible(found))
        act = "poll.mark_possible" if possible else "poll.mark_impossible"
        judged = unit.poll(poll_id)
        unit.log(act, "poll", poll_id, projects=[key], name=entry.name, reason=reason, second=second_login(second))
        seal_anew(unit, judged)
        unit.commit()
    return judged
