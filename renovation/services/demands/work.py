"""From pin to reply: dispatch, refuse, meet, split, answer, and the resident's verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from renovation.errors import InvalidError, RenovationError, StageError
from renovation.model.accounts import PUBLIC, Action, Actor, Role, require
from renovation.model.clock import day_of, refuse_ahead
from renovation.model.demands import AT_WORK_STATUSES, MAX_TEXT, Demand, DemandKind, DemandStatus
from renovation.model.intake import (
    MAX_NOTE,
    DispatchRule,
    MeetingDraft,
    Part,
    PublicDemand,
    ReplyTemplate,
    SubTask,
)
from renovation.model.names import is_blank
from renovation.model.scope import EVERYWHERE, Scope
from renovation.rules.demands.dispatch import department_named, departments, due_day, rule_for
from renovation.rules.demands.standing import is_in_time
from renovation.services import lists
from renovation.services.acts import ActingUnit, acting
from renovation.services.demands.demands import by_receipt, told_to
from renovation.services.doors import reading
from renovation.store import Connection, Store
from renovation.store.demands import demands as demands_store
from renovation.store.demands import places as demand_places
from renovation.store.demands import work as demand_work

#: The threshold of refusals after which nobody owns a demand and a joint meeting is due.
MEETING_AFTER = "demand.refusals"
#: What may follow what in one department's part.
TASK_STEPS: dict[DemandStatus, frozenset[DemandStatus]] = {
    DemandStatus.DISPATCHED: frozenset({DemandStatus.ACCEPTED, DemandStatus.REFUSED}),
    DemandStatus.ACCEPTED: frozenset({DemandStatus.IN_PROGRESS, DemandStatus.ANSWERED}),
    DemandStatus.IN_PROGRESS: frozenset({DemandStatus.ANSWERED}),
}


def _text_of(value: str, code: str, limit: int = MAX_NOTE) -> str:
    if is_blank(value):
        raise InvalidError(code)
    if len(value) > limit:
        raise InvalidError("demand.note_long", limit=limit)
    if "\x00" in value:
        raise InvalidError("demand.text_nul")
    return value.strip()


def _act(
    store: Store,
    actor: Actor | None,
    demand_id: int,
    version: int | None,
    name: str,
    work: Callable[[ActingUnit, Demand], Demand],
    *,
    action: Action = Action.HANDLE_DEMAND,
    logged: Callable[[Demand], Mapping[str, Any]] = lambda done: {},
    **detail: Any,
) -> Demand:
    """Run one act on a demand: permission, the version the person saw, the work, the log, the commit."""
    with acting(store, actor, action) as unit, _discreet(unit, demand_id):
        one = unit.demand(demand_id)
        demands_store.require_version(one, version)
        if unit.actor.role is Role.DEPARTMENT and demand_work.tasks(unit.connection, one.id):
            raise StageError("demand.act_on_part")
        done = work(unit, one)
        unit.log(f"demand.{name}", "demand", one.id, status=done.status, **detail, **logged(done))
        unit.commit()
    return done


@contextmanager
def _discreet(unit: ActingUnit, demand_id: int) -> Iterator[None]:
    """Keep the receipt out of what a department is told: whoever has it may judge the answer."""
    try:
        yield
    except RenovationError as error:
        if unit.actor.role is not Role.DEPARTMENT or "receipt" not in error.fields:
            raise
        raise type(error)(error.code, **{**error.fields, "receipt": str(demand_id)}) from None


def _step(unit: ActingUnit, one: Demand, to: DemandStatus, **values: Any) -> Demand:
    return demands_store.step(unit.connection, one, to, login=unit.actor.login, at=unit.at, **values)


def suggest_department(store: Store, actor: Actor, demand_id: int) -> DispatchRule | None:
    """Return the rule that says which department a demand goes to: place before sub-type before category."""
    with reading(store, actor, Action.HANDLE_DEMAND) as door:
        return _rule_for(door.connection, door.demand(demand_id))


def _rule_for(connection: Connection, one: Demand) -> DispatchRule | None:
    around = demand_places.names_around(connection, one.estate_id, None)
    rules = lists.intake_rules(connection, _place_of(connection, one))
    return rule_for(rules.dispatch, one.category, subtype=one.subtype, places={around.estate, *around.areas})


def _place_of(connection: Connection, one: Demand) -> Scope:
    return demand_places.scope_of(connection, one.estate_id)


def department_names(store: Store, actor: Actor | None, demand_id: int | None = None) -> tuple[str, ...]:
    """List the departments that the rules name where a demand lies; without one all that rules name or have sent to."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        if demand_id is None:
            return tuple(dict.fromkeys(_known_departments(door.connection, EVERYWHERE)))
        place = _place_of(door.connection, door.demand(demand_id))
        return departments(lists.intake_rules(door.connection, place).dispatch)


def _known_departments(connection: Connection, place: Scope) -> tuple[str, ...]:
    """Return the departments that rules name, and those that demands have gone to."""
    named = departments(lists.intake_rules(connection, place).dispatch)
    return (*named, *demand_work.departments(connection))


def reply_templates(store: Store, actor: Actor | None, demand_id: int) -> tuple[ReplyTemplate, ...]:
    """Return the replies to begin from, those of the demand's category first."""
    with reading(store, actor, Action.DO_WORK) as door:
        one = door.demand(demand_id)
        found = lists.intake_rules(door.connection, _place_of(door.connection, one)).replies
    fitting = [reply for reply in found if reply.category in (None, one.category)]
    return tuple(sorted(fitting, key=lambda reply: reply.category is None))


def dispatch_demand(
    store: Store, actor: Actor | None, demand_id: int, department: str, *, note: str = "", version: int | None = None
) -> Demand:
    """Send a demand to a department."""
    typed = _text_of(department, "demand.department_missing", 60)

    def work(unit: ActingUnit, one: Demand) -> Demand:
        name = department_named(typed, _known_departments(unit.connection, _place_of(unit.connection, one)))
        return _send(unit, one, name, note=note or name)

    return _act(store, actor, demand_id, version, "dispatch", work, logged=lambda done: {"department": done.department})


def _send(unit: ActingUnit, one: Demand, department: str, **said: Any) -> Demand:
    """Dispatch a demand anew; parts that were given out before are over."""
    demand_work.put_aside(unit.connection, one.id)
    return _step(unit, one, DemandStatus.DISPATCHED, department=department, **said)


def dispatch_by_rules(store: Store, actor: Actor | None, seen: Mapping[int, int]) -> tuple[Demand, ...]:
    """Send demands where the rules say, all of them or none; one that no rule speaks of stays.

    Parameters
    ----------
    seen
        Demand → its version as the person saw it.
    """
    sent = []
    with acting(store, actor, Action.HANDLE_DEMAND) as unit:
        for demand_id, version in seen.items():
            one = unit.demand(demand_id)
            demands_store.require_version(one, version)
            if (rule := _rule_for(unit.connection, one)) is not None:
                name = rule.department
                done = _send(unit, one, name, note=name)
                unit.log("demand.dispatch", "demand", one.id, status=done.status, department=name)
                sent.append(done)
        unit.commit()
    return tuple(sent)


def accept_demand(store: Store, actor: Actor | None, demand_id: int, *, version: int | None = None) -> Demand:
    """Record that the department takes the demand on."""
    return _act(
        store,
        actor,
        demand_id,
        version,
        "accept",
        lambda unit, one: _step(unit, one, DemandStatus.ACCEPTED),
        action=Action.DO_WORK,
    )


def begin_demand(store: Store, actor: Actor | None, demand_id: int, *, version: int | None = None) -> Demand:
    """Record that work on the demand has begun."""
    return _act(
        store,
        actor,
        demand_id,
        version,
        "begin",
        lambda unit, one: _step(unit, one, DemandStatus.IN_PROGRESS),
        action=Action.DO_WORK,
    )


def refuse_demand(
    store: Store, actor: Actor | None, demand_id: int, reason: str, *, version: int | None = None
) -> Demand:
    """Record a department's refusal with its reason; after several, nobody owns the demand and a meeting is due."""
    said = _text_of(reason, "demand.reason_missing")

    return _act(
        store,
        actor,
        demand_id,
        version,
        "refuse",
        lambda unit, one: _refused(unit, one, [(one.department, said)]),
        action=Action.DO_WORK,
    )


def _refused(unit: ActingUnit, one: Demand, reasons: Sequence[tuple[str, str]]) -> Demand:
    """Put a demand back into the queue of dispatch; after several times nobody owns it."""
    refused = _step(unit, one, DemandStatus.REFUSED, parts=reasons, refusals=one.refusals + 1)
    most = lists.thresholds_in_force(unit.connection)[MEETING_AFTER].value
    return _step(unit, refused, DemandStatus.NO_OWNER) if refused.refusals >= most else refused


def _hand_out(unit: ActingUnit, one: Demand, parts: Sequence[Part]) -> Demand:
    """Send a demand to one department, or give each of several its part."""
    known = _known_departments(unit.connection, _place_of(unit.connection, one))
    parts = [replace(part, department=department_named(part.department, known)) for part in parts]
    lead = parts[0].department
    if one.status not in AT_WORK_STATUSES:
        demand_work.put_aside(unit.connection, one.id)
    if len(parts) > 1:
        demand_work.add_tasks(unit.connection, one.id, parts)
    named = [(part.department, part.task) for part in parts]
    if one.status in AT_WORK_STATUSES:
        demands_store.note_event(unit.connection, one.id, step="split", login=unit.actor.login, at=unit.at, parts=named)
        return demands_store.change(unit.connection, one, department=lead)
    return _step(unit, one, DemandStatus.DISPATCHED, parts=named, department=lead)


def split_demand(
    store: Store, actor: Actor | None, demand_id: int, parts: Sequence[Part], *, version: int | None = None
) -> Demand:
    """Give several departments their part of a demand; the first one leads.

    Raises
    ------
    InvalidError
        ``demand.split_needs_two``.
    """
    if len(parts) < 2:
        raise InvalidError("demand.split_needs_two")
    return _act(
        store, actor, demand_id, version, "split", lambda unit, one: _hand_out(unit, one, parts), parts=len(parts)
    )


def hold_meeting(
    store: Store, actor: Actor | None, demand_id: int, draft: MeetingDraft, *, version: int | None = None
) -> Demand:
    """Keep the record of a joint meeting and send the demand where it decided.

    Raises
    ------
    StageError
        ``demand.meeting_not_due``: the demand has an owner.
    InvalidError
        ``day.ahead``: the meeting is still to come.
    """
    refuse_ahead(draft.held_on)

    def work(unit: ActingUnit, one: Demand) -> Demand:
        if one.status is not DemandStatus.NO_OWNER:
            raise StageError("demand.meeting_not_due", receipt=one.receipt)
        demand_work.add_meeting(unit.connection, one.id, draft, login=unit.actor.login)
        return _hand_out(unit, one, draft.parts)

    return _act(store, actor, demand_id, version, "meet", work, held_on=draft.held_on)


def move_task(
    store: Store, actor: Actor | None, task_id: int, status: DemandStatus, *, note: str = ""
) -> tuple[SubTask, ...]:
    """Move one department's part on and return all parts; the demand follows.

    The first part taken on accepts it, the first begun begins it, the last answered answers it in the words of all;
    where every department refuses its part, it goes back to be dispatched.

    Raises
    ------
    StageError
        ``demand.task_step``: not from here, or nobody works on the demand now.
    InvalidError
        ``demand.reason_missing``: a department that refuses its part says why; ``demand.reply_missing``: what was done.
    """
    if status in (DemandStatus.REFUSED, DemandStatus.ANSWERED):
        missing = "demand.reason_missing" if status is DemandStatus.REFUSED else "demand.reply_missing"
        note = _text_of(note, missing)
    with acting(store, actor, Action.DO_WORK) as unit:
        task = unit.task(task_id)
        one = unit.demand(task.demand_id)
        with _discreet(unit, one.id):
            if one.status not in AT_WORK_STATUSES or status not in TASK_STEPS.get(task.status, frozenset()):
                raise StageError("demand.task_step", department=task.department)
            demand_work.move_task(unit.connection, task, status, note=note[:MAX_NOTE])
            _tell(unit, task, status.value, note[:MAX_NOTE])
            parts = demand_work.tasks(unit.connection, one.id)
            _follow(unit, one, task, parts)
        unit.log("demand.task", "demand", one.id, task=task.id, status=status)
        unit.commit()
    return parts


def _tell(unit: ActingUnit, task: SubTask, step: str, note: str = "") -> None:
    demands_store.note_event(
        unit.connection,
        task.demand_id,
        step=f"task_{step}",
        login=unit.actor.login,
        at=unit.at,
        note=note,
        parts=[(task.department, task.task)],
    )


def _follow(unit: ActingUnit, one: Demand, moved: SubTask, parts: Sequence[SubTask]) -> None:
    """Let a demand go where its parts have gone."""
    stand = {part.status for part in parts}
    if stand == {DemandStatus.REFUSED}:
        if one.status is DemandStatus.DISPATCHED:
            _refused(unit, one, [(part.department, part.note) for part in parts])
        return
    taken_on = stand & {DemandStatus.ACCEPTED, DemandStatus.IN_PROGRESS, DemandStatus.ANSWERED}
    if taken_on and one.status is DemandStatus.DISPATCHED:
        one = _step(unit, one, DemandStatus.ACCEPTED, note=moved.department)
    if DemandStatus.IN_PROGRESS in stand and one.status is DemandStatus.ACCEPTED:
        one = _step(unit, one, DemandStatus.IN_PROGRESS, note=moved.department)
    if stand == {DemandStatus.ANSWERED}:
        _answered(unit, one, "\n".join(f"{part.department}: {part.note}" for part in parts))


def reassign_task(store: Store, actor: Actor | None, task_id: int, department: str) -> tuple[SubTask, ...]:
    """Give a part that its department refused to another one, or to the same again, and return all parts.

    Raises
    ------
    StageError
        ``demand.task_step``: it was not refused, or nobody works on the demand now.
    InvalidError
        ``demand.department_missing``.
    """
    typed = _text_of(department, "demand.department_missing", 60)
    with acting(store, actor, Action.HANDLE_DEMAND) as unit:
        task = unit.task(task_id)
        one = unit.demand(task.demand_id)
        if one.status not in AT_WORK_STATUSES or task.status is not DemandStatus.REFUSED:
            raise StageError("demand.task_step", department=task.department)
        name = department_named(typed, _known_departments(unit.connection, _place_of(unit.connection, one)))
        demand_work.reassign(unit.connection, task, name)
        _tell(unit, replace(task, department=name), DemandStatus.DISPATCHED.value)
        unit.log("demand.task", "demand", one.id, task=task.id, status=DemandStatus.DISPATCHED)
        parts = demand_work.tasks(unit.connection, one.id)
        unit.commit()
    return parts


def answer_demand(
    store: Store, actor: Actor | None, demand_id: int, reply: str, *, version: int | None = None
) -> Demand:
    """Answer a demand; the resident reads it by the receipt number.

    Raises
    ------
    StageError
        ``demand.parts_open``: a department has not finished its part.
    """
    said = _text_of(reply, "demand.reply_missing", MAX_TEXT)

    def work(unit: ActingUnit, one: Demand) -> Demand:
        parts = demand_work.tasks(unit.connection, one.id) if one.status in AT_WORK_STATUSES else ()
        unfinished = [part for part in parts if part.status in AT_WORK_STATUSES]
        if unfinished:
            raise StageError("demand.parts_open", count=len(unfinished), department=unfinished[0].department)
        return _answered(unit, one, said)

    return _act(store, actor, demand_id, version, "answer", work, action=Action.DO_WORK)


def _answered(unit: ActingUnit, one: Demand, said: str) -> Demand:
    in_time = is_in_time(day_of(unit.at), one.due_on)
    return _step(unit, one, DemandStatus.ANSWERED, note=said, reply=said, answered_at=unit.at, in_time=in_time)


def merge_demand(
    store: Store, actor: Actor | None, demand_id: int, into_id: int, *, version: int | None = None
) -> Demand:
    """Fold a duplicate into another demand of the same estate, with its supporters; return the one that stays.

    Raises
    ------
    InvalidError
        ``demand.merge_itself`` or ``demand.merge_elsewhere``.
    StageError
        ``demand.not_open``: the other has itself been merged or closed.
    """
    if demand_id == into_id:
        raise InvalidError("demand.merge_itself")
    with acting(store, actor, Action.HANDLE_DEMAND) as unit:
        one = unit.demand(demand_id)
        demands_store.require_version(one, version)
        stays = unit.demand(into_id)
        if one.estate_id != stays.estate_id:
            raise InvalidError("demand.merge_elsewhere")
        if stays.status in (DemandStatus.MERGED, DemandStatus.CLOSED):
            raise StageError("demand.not_open", receipt=stays.receipt)
        _step(unit, one, DemandStatus.MERGED, note=stays.receipt, merged_into=stays.id)
        stays = demands_store.change(unit.connection, stays, supporters=stays.supporters + one.supporters)
        demands_store.note_event(
            unit.connection, stays.id, step="merged_in", login=unit.actor.login, at=unit.at, note=one.receipt
        )
        unit.log("demand.merge", "demand", one.id, into=stays.id)
        unit.commit()
    return stays


def change_kind(
    store: Store, actor: Actor | None, demand_id: int, kind: DemandKind, *, version: int | None = None
) -> Demand:
    """Turn a record-only entry 事件报备 into a demand with a deadline, or back, while nothing has been done about it.

    Raises
    ------
    StageError
        ``demand.kind_fixed``.
    """

    def work(unit: ActingUnit, one: Demand) -> Demand:
        if one.status is not DemandStatus.RECEIVED:
            raise StageError("demand.kind_fixed", receipt=one.receipt)
        rules = lists.intake_rules(unit.connection, _place_of(unit.connection, one))
        due = due_day(rules, one.category, one.subtype, day_of(one.received_at))
        due_on = due.isoformat() if due and kind is DemandKind.DEMAND else None
        demands_store.note_event(unit.connection, one.id, step=f"kind_{kind.value}", login=unit.actor.login, at=unit.at)
        return demands_store.change(unit.connection, one, kind=kind, due_on=due_on)

    return _act(store, actor, demand_id, version, "kind", work, kind=kind)


def judge_answer(
    store: Store, typed: str, *, solved: bool, rating: int | None = None, actor: Actor = PUBLIC
) -> PublicDemand:
    """Take the verdict of the resident who holds the receipt: solved and rated 1..5, or not solved.

    Raises
    ------
    StageError
        ``demand.not_answered``: there is no answer to judge, or it has been judged already.
    InvalidError
        ``demand.rating`` or ``demand.receipt_wrong``.
    UnavailableError
        ``code.wait``: too many unknown numbers were tried.
    """
    if rating is not None and not 1 <= rating <= 5:
        raise InvalidError("demand.rating", value=rating)
    require(actor, Action.TAKE_DEMAND)
    receipt = by_receipt(store, typed, actor)
    with acting(store, actor, Action.TAKE_DEMAND) as unit:
        one = demands_store.by_receipt(unit.connection, receipt)
        if one.status is not DemandStatus.ANSWERED:
            raise StageError("demand.not_answered", receipt=one.receipt)
        to = DemandStatus.CLOSED if solved else DemandStatus.NOT_SOLVED
        closed_at = unit.at if solved else None
        judged = demands_store.step(
            unit.connection,
            one,
            to,
            login=actor.login or actor.role.value,
            at=unit.at,
            rating=rating,
            closed_at=closed_at,
        )
        unit.log("demand.judge", "demand", one.id, status=to, rating=rating)
        seen = told_to(unit.connection, judged, receipt)
        unit.commit()
    return seen
