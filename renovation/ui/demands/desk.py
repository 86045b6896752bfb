"""A department's desk on screen: what waits, how late it is, and what the department does about it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from renovation.model.accounts import Actor
from renovation.model.clock import today
from renovation.model.demands import MAX_TEXT, DemandCategory, DemandStatus
from renovation.model.desk import DeskFile, DeskLine, DeskOrder, DeskState
from renovation.model.intake import MAX_NOTE
from renovation.model.lives import DEMAND_LIFE
from renovation.model.photos import PhotoOwner, PhotoOwnerKind
from renovation.services.demands import desk
from renovation.services.demands import work as demand_work
from renovation.services.demands.desk import DeskFilter, DeskView
from renovation.services.demands.work import TASK_STEPS
from renovation.ui.demands.file import PIN
from renovation.ui.demands.reply import reply_field
from renovation.ui.frame.answers import attempt, flash, refusals
from renovation.ui.frame.drafts import Draft, begun, draft
from renovation.ui.frame.filters import FilterBar
from renovation.ui.frame.grid import DAY, LONG, WHOLE, grid
from renovation.ui.frame.offer import offer
from renovation.ui.frame.state import store
from renovation.ui.map import PointLayer, draw_map
from renovation.ui.map.base import base_layers
from renovation.ui.projects import photos as photo_widgets
from renovation.ui.words import label, language, plain, say, told

_FILTER = FilterBar("desk", ("categories", "late"))
_CHOSEN = "desk.chosen"
#: Red where something is late, on paper too.
_LATE = "color: #B3261E; font-weight: 600"


def head(actor: Actor) -> None:
    """Name the department."""
    st.title(say("page.desk"))
    st.caption(told("desk.of", department=actor.department))


def filter_bar(actor: Actor) -> DeskFilter:
    """Draw what narrows the desk, and return it."""
    counts = desk.read_desk(store(), actor).counts
    states = st.segmented_control(
        say("desk.states"),
        list(DeskState),
        selection_mode="multi",
        default=[DeskState.NEW, DeskState.AT_WORK],
        format_func=lambda one: say("desk.state_count", state=label("enum.DeskState", one), count=counts[one]),
        key="desk.states",
        label_visibility="collapsed",
    )
    with _FILTER.draw(search=say("desk.search"), hint=say("desk.search_hint")) as query:
        late = st.checkbox(say("demand.list.overdue_only"), **_FILTER.field("late"))
        categories = _FILTER.several(
            "categories",
            say("demand.column.category"),
            DemandCategory,
            lambda one: label("enum.DemandCategory", one),
        )
        order = st.selectbox(
            say("desk.order"),
            list(DeskOrder),
            format_func=lambda one: label("enum.DeskOrder", one),
            **_FILTER.field("order"),
        )
    return DeskFilter(
        states=tuple(states), categories=tuple(categories), late_only=late, query=query, order=order or DeskOrder.LATE
    )


def line_list(actor: Actor, found: DeskView, wanted: DeskFilter) -> DeskLine | None:
    """Show the desk's lines and return the chosen one; late ones stand out."""
    late, out = st.columns([4, 1], vertical_alignment="center")
    if found.late:
        late.markdown(f":red[:material/timer_off: {say('desk.late', count=found.late)}]")
    elif sum(found.counts.values()):
        late.caption(say("desk.none_late"))
    here, spoken = store(), language()
    with out:
        offer(
            say("desk.export"),
            lambda: desk.export_desk(here, actor, wanted, language=spoken),
            name=f"{say('desk.file', department=actor.department, day=today())}.xlsx",
            key="desk.export",
            width="stretch",
        )
    if not found.lines:
        nothing = "desk.nothing_found" if sum(found.counts.values()) else "desk.nothing"
        st.info(say(nothing), icon=":material/inbox:")
        return None
    keys = [line.key for line in found.lines]
    kept = st.session_state.get(_CHOSEN)
    at = keys.index(kept) if kept in keys else 0
    grid(
        {
            "late": [say("demand.late", days=line.late) if line.late else "" for line in found.lines],
            "due": [line.due_on for line in found.lines],
            "status": [label("enum.DemandStatus", line.status) for line in found.lines],
            "number": [line.demand_id for line in found.lines],
            "estate": [" ".join(filter(None, (line.estate_name, line.building_name))) for line in found.lines],
            "category": [label("enum.DemandCategory", line.category) for line in found.lines],
            "text": [line.task or line.text for line in found.lines],
            "received": [line.received_on for line in found.lines],
        },
        words="desk.column",
        kinds={"due": DAY, "received": DAY, "number": WHOLE, "text": LONG},
        pinned=("late",),
        ids=keys,
        pick="one",
        keep=_CHOSEN,
        picked=(at,),
        colours=(["late"], lambda words: _LATE if words else ""),
        key="desk.lines",
    )
    return found.lines[at]


def card(actor: Actor, line: DeskLine) -> None:
    """Show one line with everything its department needs, and what it may do next."""
    with refusals():
        whole = desk.read_desk_file(store(), actor, line.demand_id)
        with st.container(border=True):
            _what(line, whole)
            _acts(actor, line)
        _map(line, whole)
        photo_widgets.gallery(actor, PhotoOwner(kind=PhotoOwnerKind.DEMAND, id=line.demand_id))
        _history(whole)


def _what(line: DeskLine, whole: DeskFile) -> None:
    kind = [label("enum.DemandCategory", line.category)]
    if whole.subtype is not None:
        kind.append(plain(whole.subtype.name(language())))
    st.subheader(say("desk.number", number=line.demand_id) + " · " + " · ".join(kind), anchor=False)
    if line.task:
        st.markdown(told("desk.part", task=line.task))
    st.text(line.text)
    facts = [
        ("place", " › ".join(whole.places)),
        ("status", label("enum.DemandStatus", line.status)),
        ("received", say("demand.day", day=line.received_on)),
        ("due", _due(line)),
        ("supporters", str(line.supporters) if line.supporters > 1 else ""),
        ("reply", whole.reply),
        ("rating", say("demand.stars", stars=whole.rating) if whole.rating else ""),
    ]
    st.markdown("  \n".join(f"**{say(f'desk.column.{name}')}**　{plain(value)}" for name, value in facts if value))
    if whole.step_free:
        st.caption(say("demand.field.step_free"))


def _due(line: DeskLine) -> str:
    if line.due_on is None:
        return ""
    day = say("demand.day", day=line.due_on)
    return say("desk.due_late", day=day, late=say("demand.late", days=line.late)) if line.late else day


def _acts(actor: Actor, line: DeskLine) -> None:
    """Offer what may follow; of a part through its own steps, of a whole demand through its life."""
    follow = DEMAND_LIFE.follows(line.status) if line.task_id is None else TASK_STEPS.get(line.status, frozenset())
    if line.state not in (DeskState.NEW, DeskState.AT_WORK):
        st.caption(say("desk.nothing_to_do"))
        return
    with st.container(horizontal=True):
        for to, icon in ((DemandStatus.ACCEPTED, "check"), (DemandStatus.IN_PROGRESS, "construction")):
            if to in follow and st.button(
                say(f"desk.act.{to.value}"),
                type="primary" if to is DemandStatus.ACCEPTED else "secondary",
                icon=f":material/{icon}:",
                key=f"desk.{to.value}",
            ):
                attempt(lambda to=to: _move(actor, line, to))  # type: ignore[misc]
    if DemandStatus.ANSWERED in follow:
        _answer(actor, line)
    if DemandStatus.REFUSED in follow:
        _refuse(actor, line)


def _move(actor: Actor, line: DeskLine, to: DemandStatus, words: str = "", version: int | None = None) -> None:
    """Take a step with a part, or with a demand as it was seen, and say so: the line may leave the list with it."""
    _step(actor, line, to, words, version)
    flash(told("desk.done", number=line.demand_id, status=label("enum.DemandStatus", to)))


def _step(actor: Actor, line: DeskLine, to: DemandStatus, words: str, version: int | None) -> None:
    if line.task_id is not None:
        demand_work.move_task(store(), actor, line.task_id, to, note=words)
        return
    seen = line.version if version is None else version
    match to:
        case DemandStatus.ACCEPTED:
            demand_work.accept_demand(store(), actor, line.demand_id, version=seen)
        case DemandStatus.IN_PROGRESS:
            demand_work.begin_demand(store(), actor, line.demand_id, version=seen)
        case DemandStatus.REFUSED:
            demand_work.refuse_demand(store(), actor, line.demand_id, words, version=seen)
        case _:
            demand_work.answer_demand(store(), actor, line.demand_id, words, version=seen)


def _save(form: Draft, act: Callable[[], None]) -> None:
    with form.saving():
        act()
        form.forget()
        st.rerun()


def _refuse(actor: Actor, line: DeskLine) -> None:
    name = f"desk.refuse.{line.demand_id}.{line.task_id}"
    with (
        st.expander(say("desk.act.refused"), icon=":material/undo:", expanded=begun(actor, name)),
        draft(actor, name, base=line) as form,
    ):
        st.caption(say("desk.refuse_what"))
        reason = st.text_input(say("demand.field.reason"), max_chars=MAX_NOTE, **form.field("reason", ""))
        if st.button(say("desk.act.refused"), key=form.key("save")):
            _save(form, lambda: _move(actor, line, DemandStatus.REFUSED, reason, form.base.version))


def _answer(actor: Actor, line: DeskLine) -> None:
    name = f"desk.answer.{line.demand_id}.{line.task_id}"
    is_part = line.task_id is not None
    words = say("desk.answer_part" if is_part else "demand.act.answer")
    with (
        st.expander(words, icon=":material/reply:", expanded=line.state is DeskState.AT_WORK or begun(actor, name)),
        draft(actor, name, base=line) as form,
    ):
        reply = reply_field(
            actor,
            form,
            line.demand_id,
            most=MAX_NOTE if is_part else MAX_TEXT,
            about=say("desk.answer_part_what") if is_part else None,
        )
        if st.button(words, type="primary", key=form.key("save")):
            _save(form, lambda: _move(actor, line, DemandStatus.ANSWERED, reply, form.base.version))


def _map(line: DeskLine, whole: DeskFile) -> None:
    pin = PointLayer(name="pin", ids=["pin"], lons=[whole.lon], lats=[whole.lat], styles={"": PIN}, selectable=False)
    draw_map(
        [*base_layers(), pin],
        key="desk.map",
        center=(whole.lon, whole.lat),
        zoom=17,
        view=str(line.demand_id),
        height=280,
        legend=False,
        remember=False,
    )


def _history(whole: DeskFile) -> None:
    with st.expander(say("demand.history"), icon=":material/history:"):
        for step in whole.steps:
            line = say("desk.history_line", at=step.at, step=say(f"demand.step.{step.step}"))
            st.markdown(f"{line}  \n{plain(step.note)}" if step.note else line)
