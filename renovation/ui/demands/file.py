"""One demand on screen: what was said, what happened, and the steps that may follow."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import streamlit as st

from renovation.model.accounts import Action, Actor, Role, may
from renovation.model.clock import today
from renovation.model.demands import DemandKind, DemandStatus
from renovation.model.intake import MAX_NOTE, DemandFile, MeetingDraft, Part, SubTask
from renovation.model.lives import DEMAND_LIFE
from renovation.model.photos import PhotoOwner, PhotoOwnerKind
from renovation.model.scope import Scope
from renovation.services.demands import demands
from renovation.services.demands import work as demand_work
from renovation.services.demands.wishes import survey_of
from renovation.services.demands.work import TASK_STEPS
from renovation.services.projects import projects
from renovation.services.projects.projects import may_join_project
from renovation.ui.demands.demands import status_words
from renovation.ui.demands.reply import reply_field
from renovation.ui.demands.verdict import verdict, what_was_said
from renovation.ui.frame.answers import attempt
from renovation.ui.frame.drafts import Draft, begun, draft
from renovation.ui.frame.shell import page_link
from renovation.ui.frame.state import person, store
from renovation.ui.frame.ways import open_project, what_next
from renovation.ui.map import Mark, PointLayer, PolygonLayer, Style, draw_map
from renovation.ui.map.base import base_layers
from renovation.ui.projects import photos as photo_widgets
from renovation.ui.projects import projects as project_widgets
from renovation.ui.words import aside, label, language, listed, plain, say, told

PIN = Style(fill="#B3261E", line="#FFFFFF", mark=Mark.PIN, size=9, opacity=1)
_OUTLINE = Style(fill="#14606E", line="#14606E", line_width=1.4, opacity=0.10)
_PARTS = 4


def chosen_id() -> int | None:
    """Return the demand the address names."""
    given = str(st.query_params.get("demand", ""))
    return int(given) if given.isascii() and given.isdigit() and len(given) < 12 else None


def head(whole: DemandFile) -> None:
    """Show what was said, where, and how it stands."""
    one = whole.demand
    parts = [label("enum.DemandCategory", one.category)]
    if whole.subtype:
        parts.append(plain(whole.subtype.name(language())))
    st.subheader(" · ".join([*parts, status_words(one)]))
    with st.container(border=True):
        st.text(one.text)
    facts = (
        ("receipt", one.receipt),
        ("source_number", one.source_number),
        (
            "place",
            " › ".join((*whole.places, whole.estate_name, *([whole.building_name] if whole.building_name else []))),
        ),
        ("received", say("demand.moment", at=one.received_at)),
        ("channel", label("enum.DemandChannel", one.channel)),
        ("kind", label("enum.DemandKind", one.kind)),
        ("supporters", str(one.supporters)),
        ("due", say("demand.day", day=date.fromisoformat(one.due_on)) if one.due_on else ""),
        ("department", one.department),
        ("rating", say("demand.stars", stars=one.rating) if one.rating else ""),
    )
    lines = [f"**{say(f'demand.column.{name}')}**　{plain(value)}" for name, value in facts if value]
    st.markdown("  \n".join(lines))
    marks = [say(f"demand.field.{name}") for name in ("on_behalf", "step_free") if getattr(one, name)]
    if marks:
        st.caption(" · ".join(marks))
    if one.reply:
        st.markdown(f"**{say('demand.column.reply')}**")
        st.text(one.reply)
    if (survey := survey_of(one.source_number)) is not None:
        page_link("surveys", label=say("survey.taken.open"), icon="door_front", query={"survey": str(survey)})
    for project in whole.projects:
        words = aside(f"{project.code} {plain(project.name)}", label("enum.ProjectStatus", project.status))
        if st.button(words, icon=":material/construction:", key=f"demand.project.{project.id}"):
            open_project(project.id)


def pictures(actor: Actor, whole: DemandFile) -> None:
    """Show the demand's photos."""
    st.subheader(say("demand.photos"))
    photo_widgets.gallery(actor, PhotoOwner(kind=PhotoOwnerKind.DEMAND, id=whole.demand.id))


def place_map(actor: Actor, whole: DemandFile) -> None:
    """Draw where the demand lies."""
    one = whole.demand
    layers: list[Any] = base_layers(built=[one.estate_id])
    if may(actor, Action.TAKE_DEMAND):
        outlines = demands.estate_outlines(store(), actor, Scope(estate_id=one.estate_id))
        layers.append(
            PolygonLayer(
                name="estates",
                ids=[str(identity) for identity, _, _ in outlines],
                geometries=[outline for _, _, outline in outlines],
                styles={"": _OUTLINE},
                selectable=False,
            )
        )
    layers.append(
        PointLayer(name="pin", ids=["pin"], lons=[one.lon], lats=[one.lat], styles={"": PIN}, selectable=False)
    )
    draw_map(
        layers,
        key="demand.map",
        center=(one.lon, one.lat),
        zoom=17,
        view=str(one.id),
        height=300,
        legend=False,
        remember=False,
    )


def _who(by: str) -> str:
    return say("demand.by_resident") if by == Role.RESIDENT else plain(person(by))


def history(whole: DemandFile) -> None:
    """Show every step, oldest first, and the joint meetings."""
    st.subheader(say("demand.history"))
    for event in whole.events:
        line = say("demand.history_line", at=event.at, step=say(f"demand.step.{event.step}"), by=_who(event.by))
        st.markdown(f"{line}  \n{said}" if (said := what_was_said(event)) else line)
    for meeting in whole.meetings:
        with st.container(border=True):
            st.markdown(f"**{say('demand.meeting.title')}** {say('demand.day', day=meeting.held_on)}")
            st.caption(plain(listed(meeting.present)))
            st.text(meeting.decision)


def _save(form: Draft, act: Callable[[int], object]) -> None:
    """Do what a form is for, on the demand as its writer saw it."""
    with form.saving():
        act(form.base.version)
        form.forget()
        st.rerun()


def work(actor: Actor, whole: DemandFile) -> None:
    """Offer the steps that may follow, and nothing else."""
    one = whole.demand
    if not may(actor, Action.HANDLE_DEMAND):
        what_next(one.status, demand=str(one.id))
        return
    st.subheader(say("demand.next_steps"))
    follow = DEMAND_LIFE.follows(one.status)
    if (
        may(actor, Action.EDIT_PROJECTS)
        and may_join_project(one.status)
        and st.button(
            say("demand.act.make_project"),
            icon=":material/construction:",
            type="primary" if not follow - {DemandStatus.IN_PROJECT} else "secondary",
            key="demand.make_project",
        )
    ):
        project_widgets.begin_from([one.id])
    if may(actor, Action.EDIT_PROJECTS) and may_join_project(one.status):
        _join_form(actor, whole)
    simple = ((DemandStatus.ACCEPTED, demand_work.accept_demand), (DemandStatus.IN_PROGRESS, demand_work.begin_demand))
    for to, act in simple:
        if to in follow and st.button(say(f"demand.act.{to.value}"), key=f"demand.{to.value}", icon=":material/check:"):
            attempt(lambda act=act: act(store(), actor, one.id, version=one.version))  # type: ignore[misc]
    if one.status is DemandStatus.ANSWERED:
        verdict(actor, one.receipt, say("demand.call_back"))
    elif not follow:
        st.caption(say(f"demand.nothing_more.{one.status.value}"))
    if one.status is DemandStatus.NO_OWNER:
        _meeting_form(actor, whole)
    if DemandStatus.DISPATCHED in follow:
        _dispatch_form(actor, whole)
    if DemandStatus.REFUSED in follow:
        _refuse_form(actor, whole)
    if DemandStatus.ANSWERED in follow:
        _answer_form(actor, whole)
    if DemandStatus.DISPATCHED in follow or one.status in (DemandStatus.ACCEPTED, DemandStatus.IN_PROGRESS):
        _split_form(actor, whole)
    if DemandStatus.MERGED in follow:
        _merge_form(actor, whole)
        other = DemandKind.RECORD_ONLY if one.kind is DemandKind.DEMAND else DemandKind.DEMAND
        if st.button(say(f"demand.act.kind_{other.value}"), key="demand.kind", icon=":material/swap_horiz:"):
            attempt(lambda: demand_work.change_kind(store(), actor, one.id, other, version=one.version))


def _join_form(actor: Actor, whole: DemandFile) -> None:
    there = {project.id: project for project in projects.joinable_projects(store(), actor, whole.demand.id)}
    if not there:
        return
    with st.expander(say("demand.act.join_project"), icon=":material/add_link:"), st.form("demand.join", border=False):
        chosen = st.selectbox(
            say("demand.act.which_project"),
            list(there),
            format_func=lambda key: f"{there[key].code} {there[key].name}",
            key="demand.join.project",
        )
        if st.form_submit_button(say("demand.act.join_project"), type="primary") and chosen is not None:
            attempt(lambda: projects.join_project(store(), actor, chosen, [whole.demand.id]))


def _department(actor: Actor, whole: DemandFile, form: Draft) -> str:
    names = list(demand_work.department_names(store(), actor, whole.demand.id))
    rule = demand_work.suggest_department(store(), actor, whole.demand.id)
    likely: str | None = rule.department if rule and rule.department in names else names[0]
    if whole.demand.status is DemandStatus.REFUSED and rule and rule.department == whole.demand.department:
        # Whoever has just refused is not asked again by a slip of the hand.
        likely = None
    return str(
        st.selectbox(
            say("demand.column.department"),
            names,
            index=None,
            accept_new_options=True,
            placeholder=say("demand.form.department_hint"),
            **form.field("department", likely),
        )
        or ""
    )


def _dispatch_form(actor: Actor, whole: DemandFile) -> None:
    one = whole.demand
    name = f"demand.dispatch.{one.id}"
    waits = one.status in (DemandStatus.RECEIVED, DemandStatus.REFUSED) or begun(actor, name)
    with (
        st.expander(say("demand.act.dispatch"), expanded=waits, icon=":material/send:"),
        draft(actor, name, base=one) as form,
    ):
        department = _department(actor, whole, form)
        note = st.text_input(say("demand.field.note"), max_chars=MAX_NOTE, **form.field("note", ""))
        if st.button(say("demand.act.dispatch"), type="primary", key=form.key("save")):
            _save(
                form,
                lambda version: demand_work.dispatch_demand(
                    store(), actor, one.id, department, note=note, version=version
                ),
            )


def _refuse_form(actor: Actor, whole: DemandFile) -> None:
    one = whole.demand
    name = f"demand.refuse.{one.id}"
    with (
        st.expander(say("demand.act.refuse"), icon=":material/undo:", expanded=begun(actor, name)),
        draft(actor, name, base=one) as form,
    ):
        reason = st.text_input(say("demand.field.reason"), max_chars=MAX_NOTE, **form.field("reason", ""))
        if st.button(say("demand.act.refuse"), key=form.key("save")):
            _save(form, lambda version: demand_work.refuse_demand(store(), actor, one.id, reason, version=version))


def _answer_form(actor: Actor, whole: DemandFile) -> None:
    one = whole.demand
    name = f"demand.reply.{one.id}"
    ready = one.status in (DemandStatus.ACCEPTED, DemandStatus.IN_PROGRESS, DemandStatus.NOT_SOLVED)
    with (
        st.expander(say("demand.act.answer"), expanded=ready or begun(actor, name), icon=":material/reply:"),
        draft(actor, name, base=one) as form,
    ):
        reply = reply_field(actor, form, one.id)
        if st.button(say("demand.act.answer"), type="primary", key=form.key("save")):
            _save(form, lambda version: demand_work.answer_demand(store(), actor, one.id, reply, version=version))


def _parts(actor: Actor, whole: DemandFile, form: Draft) -> tuple[tuple[str, str], ...]:
    names = list(demand_work.department_names(store(), actor, whole.demand.id))
    found = []
    for number in range(_PARTS):
        who, what = st.columns(2)
        department = who.selectbox(
            say("demand.column.department"),
            names,
            index=None,
            accept_new_options=True,
            label_visibility="visible" if number == 0 else "collapsed",
            placeholder=say("demand.form.department_hint"),
            **form.field(f"who.{number}"),
        )
        task = what.text_input(
            say("demand.field.task"),
            max_chars=200,
            label_visibility="visible" if number == 0 else "collapsed",
            **form.field(f"what.{number}", ""),
        )
        if department or task:
            found.append((department or "", task))
    return tuple(found)


def _split_form(actor: Actor, whole: DemandFile) -> None:
    one = whole.demand
    name = f"demand.split.{one.id}"
    with (
        st.expander(say("demand.act.split"), icon=":material/call_split:", expanded=begun(actor, name)),
        draft(actor, name, base=one) as form,
    ):
        given = _parts(actor, whole, form)
        if st.button(say("demand.act.split"), key=form.key("save")):
            _save(
                form,
                lambda version: demand_work.split_demand(
                    store(),
                    actor,
                    one.id,
                    [Part(department=who, task=what) for who, what in given],
                    version=version,
                ),
            )


def _meeting_form(actor: Actor, whole: DemandFile) -> None:
    one = whole.demand
    st.warning(told("demand.meeting.due", count=one.refusals), icon=":material/groups:")
    with (
        st.expander(say("demand.meeting.title"), expanded=True, icon=":material/groups:"),
        draft(actor, f"demand.meeting.{one.id}", base=one) as form,
    ):
        held_on = st.date_input(
            say("demand.meeting.held_on"),
            max_value=today(),
            format="YYYY-MM-DD",
            **form.field("day", today()),
        )
        present = st.multiselect(
            say("demand.meeting.present"),
            list(demand_work.department_names(store(), actor, whole.demand.id)),
            accept_new_options=True,
            placeholder=say("demand.form.present_hint"),
            select_all=False,
            **form.field("present", []),
        )
        decision = st.text_area(say("demand.meeting.decision"), max_chars=MAX_NOTE, **form.field("decision", ""))
        given = _parts(actor, whole, form)
        if st.button(say("demand.meeting.save"), type="primary", key=form.key("save")):
            _save(
                form,
                lambda version: demand_work.hold_meeting(
                    store(),
                    actor,
                    one.id,
                    MeetingDraft(
                        held_on=held_on,
                        present=tuple(present),
                        decision=decision,
                        parts=tuple(Part(department=who, task=what) for who, what in given),
                    ),
                    version=version,
                ),
            )


def _merge_form(actor: Actor, whole: DemandFile) -> None:
    one = whole.demand
    near = [
        found
        for found in demands.similar_demands(store(), actor, one.estate_id, one.category, one.text, 6)
        if found.number != one.id and found.demand is not None
    ]
    if not near:
        return
    with st.expander(say("demand.act.merge"), icon=":material/merge:"):
        options = {found.number: found.demand for found in near if found.demand is not None}
        into = st.radio(
            say("demand.act.merge_into"),
            list(options),
            format_func=lambda key: plain(f"{options[key].receipt} · {options[key].text}"),
            key="demand.merge_into",
        )
        if into is not None and st.button(say("demand.act.merge"), key="demand.merge"):
            attempt(lambda: demand_work.merge_demand(store(), actor, one.id, into, version=one.version))


def tasks(actor: Actor, whole: DemandFile) -> None:
    """Show each department's part and what it may do next."""
    if not whole.tasks:
        return
    st.subheader(say("demand.parts"))
    for task in whole.tasks:
        words, act = st.columns([2, 1], vertical_alignment="center")
        words.markdown(f"**{plain(task.department)}**　{plain(task.task)}　{label('enum.DemandStatus', task.status)}")
        if task.note:
            words.caption(plain(task.note))
        if not may(actor, Action.HANDLE_DEMAND):
            continue
        with act.container(horizontal=True):
            if task.status is DemandStatus.REFUSED:
                _reassign_part(actor, whole, task)
            for to in sorted(TASK_STEPS.get(task.status, frozenset())):
                key = f"demand.task.{task.id}.{to.value}"
                if to in (DemandStatus.REFUSED, DemandStatus.ANSWERED):
                    _end_part(actor, task.id, to, key)
                elif st.button(say(f"demand.task.{to.value}"), key=key):
                    attempt(lambda task=task, to=to: demand_work.move_task(store(), actor, task.id, to))  # type: ignore[misc]


def _end_part(actor: Actor, task_id: int, to: DemandStatus, key: str) -> None:
    """Ask what was done, or why a department refuses."""
    words = say(f"demand.task.{to.value}")
    asked = "reason" if to is DemandStatus.REFUSED else "reply"
    with st.popover(words), draft(actor, key) as form:
        said = st.text_input(say(f"demand.field.{asked}"), max_chars=MAX_NOTE, **form.field("reason", ""))
        if st.button(words, key=form.key("save")):
            with form.saving():
                demand_work.move_task(store(), actor, task_id, to, note=said)
                form.forget()
                st.rerun()


def _reassign_part(actor: Actor, whole: DemandFile, task: SubTask) -> None:
    """Ask which department takes a part that was refused."""
    words = say("demand.task.dispatched")
    with st.popover(words), draft(actor, f"demand.task.{task.id}.dispatched") as form:
        names = [one for one in demand_work.department_names(store(), actor, whole.demand.id) if one != task.department]
        department = st.selectbox(
            say("demand.column.department"),
            names,
            index=None,
            accept_new_options=True,
            placeholder=say("demand.form.department_hint"),
            **form.field("department"),
        )
        if st.button(words, key=form.key("save")):
            with form.saving():
                demand_work.reassign_task(store(), actor, task.id, str(department or ""))
                form.forget()
                st.rerun()
