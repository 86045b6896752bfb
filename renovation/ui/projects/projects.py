"""Projects on screen: one filter for list and map, and the card of the chosen one with the demands it answers."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from renovation.model.accounts import Action, Actor, may
from renovation.model.clock import today
from renovation.model.items import Item
from renovation.model.lives import PROJECT_LIFE, ProjectAct
from renovation.model.photos import PhotoOwner, PhotoOwnerKind
from renovation.model.projects import DECIDED, Project, ProjectFilter, ProjectRow, ProjectStatus, ProjectStep
from renovation.model.scope import EVERYWHERE, Scope
from renovation.rules.money.pricing import sum_of_projects
from renovation.services.outcome import standing
from renovation.services.programme import programme
from renovation.services.projects import items, projects
from renovation.text.units import quantity_text, unit_label
from renovation.ui.frame.answers import refusals
from renovation.ui.frame.drafts import draft
from renovation.ui.frame.filters import FilterBar
from renovation.ui.frame.grid import COUNT, SUM, grid
from renovation.ui.frame.scope import set_scope
from renovation.ui.frame.shell import page_link
from renovation.ui.frame.state import store
from renovation.ui.frame.ways import arrives, named_number, open_demand, open_estate, open_poll, turn, what_next
from renovation.ui.map import MapEvent, Mark, PointLayer, Style, draw_map
from renovation.ui.map.base import base_layers
from renovation.ui.projects import photos as photo_widgets
from renovation.ui.projects.budget import budget_part
from renovation.ui.projects.drawing import shape_layers
from renovation.ui.words import aside, label, language, listed, plain, say, shown_sum, told

#: What the page shows: the list, or the form for a new or changed project.
MODE = "projects.mode"
LIST, FORM = "list", "form"
_BEGIN = "projects.begin_demands"
_EDITING = "projects.editing"
_SELECTED = "projects.selected"
_FILTER = FilterBar("projects", ("statuses", "late", "items"))
#: Marks above which crowded ones are drawn as one circle with their count.
_CLUSTER_ABOVE = 120
_CLASSES = {
    "open": ("#C77700", Mark.CIRCLE),
    "in_poll": ("#1F6FB2", Mark.SQUARE),
    "chosen": ("#2E7D4F", Mark.DIAMOND),
    "not_chosen": ("#7C8A90", Mark.TRIANGLE),
}
_CLASS_OF = {
    ProjectStatus.PRICED: "open",
    ProjectStatus.IN_POLL: "in_poll",
    ProjectStatus.NOT_CHOSEN: "not_chosen",
    ProjectStatus.WITHDRAWN: "not_chosen",
}


def begin_from(demand_ids: Sequence[int]) -> None:
    """Go to the form of a new project that answers these demands."""
    st.session_state[_BEGIN] = list(demand_ids)
    st.session_state.pop(_EDITING, None)
    st.session_state[MODE] = FORM
    turn("projects")


def beginning_demands() -> list[int]:
    """Return the demands a new project was begun from."""
    return list(st.session_state.get(_BEGIN, []))


def editing_id() -> int | None:
    """Return the project that is being changed; ``None`` for a new one."""
    chosen: int | None = st.session_state.get(_EDITING)
    return chosen


def leave_form(project_id: int | None = None) -> None:
    """Return to the list, with a project chosen."""
    st.session_state.pop(_BEGIN, None)
    st.session_state.pop(_EDITING, None)
    st.session_state["projects.leave"] = True
    if project_id is not None:
        st.session_state[_SELECTED] = project_id


def _named(actor: Actor) -> int | None:
    """Return the project that the address names by its number or its code."""
    if code := st.query_params.get("code"):
        found = projects.list_projects(store(), actor, ProjectFilter(query=code))
        return next((row.project.id for row in found if row.project.code == code), None)
    return named_number("project")


def mode(actor: Actor) -> str:
    """Draw the switch between list and form, and return what is chosen; a link to a project shows it in the list."""
    if arrives("projects") and (wanted := _named(actor)) is not None:
        st.session_state[_SELECTED] = wanted
        st.session_state[MODE] = LIST
        _FILTER.clear()
        set_scope(EVERYWHERE)
    if st.session_state.pop("projects.leave", False):
        st.session_state[MODE] = LIST
    if not may(actor, Action.EDIT_PROJECTS):
        return LIST
    st.session_state.setdefault(MODE, LIST)
    chosen = st.segmented_control(
        say("project.mode"),
        [LIST, FORM],
        required=True,
        format_func=lambda one: say(
            "project.mode_edit" if one == FORM and editing_id() is not None else f"project.mode_{one}"
        ),
        key=MODE,
        label_visibility="collapsed",
    )
    return str(chosen or LIST)


def item_names(actor: Actor) -> dict[str, str]:
    """Return code → name of every catalogue item."""
    return {item.code: item.name(language()) for item in items.catalogue(store(), actor)}


def filter_bar(scope: Scope, names: dict[str, str]) -> ProjectFilter:
    """Draw the search field and the filter, and return what they narrow to."""
    words = say("project.list.search")
    with _FILTER.draw(search=words, hint=words) as query:
        statuses = _FILTER.several(
            "statuses",
            say("project.column.status"),
            ProjectStatus,
            lambda one: label("enum.ProjectStatus", one),
        )
        late = st.checkbox(say("project.list.late_only"), **_FILTER.field("late", bool))
        codes = _FILTER.several("items", say("project.column.item"), names, lambda code: f"{code} {names[code]}")
    return ProjectFilter(
        scope=scope,
        query=query,
        statuses=tuple(statuses),
        item_codes=tuple(codes),
        late_on=today() if late else None,
    )


def figures_line(rows: Sequence[ProjectRow]) -> None:
    """Say in one line what the listed projects add up to; withdrawn ones do not count."""
    figures = sum_of_projects(rows)
    parts = (
        (say("project.figure.count"), f"{figures['count']:,}"),
        (say("project.figure.cost"), say("project.wan", cost=figures["cost"])),
        (say("project.figure.estates"), f"{figures['estates']:,}"),
        (say("project.figure.supporters"), f"{figures['supporters']:,}"),
    )
    st.markdown("　".join(f"{name} **{value}**" for name, value in parts))


def selected_id(rows: Sequence[ProjectRow]) -> int | None:
    """Return the project chosen on the map, in the list or by the address, if the filter still holds it."""
    chosen: int | None = st.session_state.get(_SELECTED)
    return chosen if chosen in {row.project.id for row in rows} else None


def _on_click(event: MapEvent) -> None:
    if event.layer == "projects" and event.id is not None:
        st.session_state[_SELECTED] = int(event.id)


def project_map(rows: Sequence[ProjectRow], scope: Scope, *, selected: int | None) -> None:
    """Draw the listed projects; a click chooses one."""
    placed = [row for row in rows if row.project.lon is not None and row.project.lat is not None]
    styles = {
        name: Style(words=say(f"project.map.{name}"), fill=colour, line="#FFFFFF", mark=mark, size=7, opacity=0.95)
        for name, (colour, mark) in _CLASSES.items()
    }
    draw_map(
        [
            *base_layers(scope),
            *shape_layers(placed),
            PointLayer(
                name="projects",
                ids=[str(row.project.id) for row in placed],
                lons=[row.project.lon or 0.0 for row in placed],
                lats=[row.project.lat or 0.0 for row in placed],
                classes=[_CLASS_OF.get(row.project.status, "chosen") for row in placed],
                styles=styles,
                tooltips=[f"{row.project.name}\n{say('project.wan', cost=row.project.cost)}" for row in placed],
                cluster=len(placed) > _CLUSTER_ABOVE,
            ),
        ],
        key="projects.map",
        selected=None if selected is None else str(selected),
        on_click=_on_click,
        view=repr(scope),
        fit=("projects",),
        height=400,
    )


def project_list(rows: Sequence[ProjectRow], names: dict[str, str]) -> None:
    """Show the filter's projects as a table; choosing a line chooses the project."""
    grid(
        {
            "code": [row.project.code for row in rows],
            "name": [row.project.name for row in rows],
            "status": [label("enum.ProjectStatus", row.project.status) for row in rows],
            "item": [names.get(row.project.item_code, row.project.item_code) for row in rows],
            "estate": [row.estate_name for row in rows],
            "street": [row.street_name for row in rows],
            "quantity": [float(row.project.quantity) for row in rows],
            "unit": [unit_label(row.project.unit, language()) for row in rows],
            "cost": [shown_sum(row.project.cost) for row in rows],
            "demands": [row.demands for row in rows],
            "supporters": [row.supporters for row in rows],
        },
        words="project.column",
        kinds={"cost": SUM, **dict.fromkeys(("quantity", "demands", "supporters"), COUNT)},
        ids=[row.project.id for row in rows],
        pick="one",
        keep=_SELECTED,
        opens={"estate": ([row.project.estate_id for row in rows], open_estate)},
        key="projects",
    )


def project_card(actor: Actor, project_id: int | None, names: dict[str, str]) -> None:
    """Show the chosen project and the demands, in which buildings, it answers."""
    if project_id is None:
        st.info(say("project.list.choose"), icon=":material/ads_click:")
        return
    with refusals():
        _card(actor, projects.get_project(store(), actor, project_id), names)


def _card(actor: Actor, one: Project, names: dict[str, str]) -> None:
    with st.container(border=True):
        with st.container(horizontal=True, gap="small"):
            page_link("estate", label=say("project.to_estate"), icon="apartment", query={"estate": str(one.estate_id)})
            page_link("money", label=say("project.to_money"), icon="payments", query={"project": str(one.id)})
        st.caption(f"{one.code} · {label('enum.ProjectStatus', one.status)}")
        st.markdown("**" + plain(one.name) + "**")
        st.caption(
            plain(
                f"{one.item_code} {names.get(one.item_code, '')} · {quantity_text(one.quantity, one.unit, language())}"
            )
        )
        budget_part(actor, one)
        entry = items.price_book(store(), actor).by_code.get(one.item_code)
        if entry is not None and not entry.confirmed:
            st.caption(f":material/help: {say('price.assumed')}")
        _choices(actor, one, names)
        if one.why:
            st.text(one.why)
        if one.upkeep_per_year:
            st.caption(told("project.upkeep", cost=one.upkeep_per_year, by=one.upkeep_by or "—"))
        steps = projects.project_history(store(), actor, one.id)
        _history(steps)
        what_next(one.status, project=str(one.id))
        _polls(actor, one)
        _programme(actor, steps)
        answered = projects.demands_answered_by(store(), actor, one.id)
        st.markdown(f"**{say('project.answers', count=len(answered))}**")
        for row in answered[:8]:
            where = row.building_name or say("project.whole_estate")
            words = f"{where} · {label('enum.DemandStatus', row.status)} · {row.text}"
            if st.button(plain(words), key=f"projects.demand.{row.id}", type="tertiary", icon=":material/pin_drop:"):
                open_demand(row.id)
        if len(answered) > 8:
            st.caption(told("project.more_demands", count=len(answered) - 8))
        st.markdown(f"**{say('project.photos')}**")
        photo_widgets.gallery(actor, PhotoOwner(kind=PhotoOwnerKind.PROJECT, id=one.id))
        _change(actor, one)


def _polls(actor: Actor, one: Project) -> None:
    """Say in which polls a project stands or stood, and what came of it; each opens its poll."""
    for stood in standing.standings(store(), actor, one.id):
        words = told(
            f"project.poll.{'chosen' if stood.selected else 'not_chosen'}"
            if stood.rank
            else f"project.poll.{stood.stage.value}",
            title=stood.title,
            votes=stood.votes,
            rank=stood.rank,
            projects=stood.projects,
        )
        if st.button(words, key=f"projects.poll.{stood.poll_id}", type="tertiary", icon=":material/how_to_vote:"):
            open_poll(stood.poll_id)
        if stood.rank:
            page_link("results", label=say("project.to_result"), icon="bar_chart", query={"poll": stood.poll_id})
        if said := (stood.why.reason if stood.why else stood.reason.get(language())):
            st.caption(plain(said))


def _programme(actor: Actor, steps: Sequence[ProjectStep]) -> None:
    """Lead to the adopted scenario that holds a project, and to the papers of its programme."""
    decided = [step for step in steps if step.act in (ProjectAct.ADOPT, ProjectAct.TAKE_BACK)]
    if not decided or decided[-1].act != ProjectAct.ADOPT or not may(actor, Action.SEE_RESULTS):
        return
    for head in programme.list_scenarios(store(), actor):
        if decided[-1].occasion.ref == f"scenario:{head.id}":
            year = {"year": str(head.first_year)}
            page_link("scenarios", label=told("project.to_scenario", name=head.name), icon="stacks", query=year)
            page_link("programme_documents", label=say("project.to_programme", **year), icon="event_note", query=year)


def _history(steps: Sequence[ProjectStep]) -> None:
    """Tell how a project came to be where it is: day, act, what it changed, by whom, where and why."""
    with st.expander(say("lives.how_here"), icon=":material/history:"):
        for step in steps:
            said = told(
                "lives.line" if step.before is not step.after else "lives.line_still",
                at=step.at,
                act=say(f"enum.ProjectAct.{step.act}"),
                before=label("enum.ProjectStatus", step.before),
                after=label("enum.ProjectStatus", step.after),
                by=step.by or say("lives.not_recorded"),
            )
            named = step.occasion
            votes = say("lives.votes", votes=named.votes, rank=named.rank, rivals=named.rivals) if named.rank else ""
            st.markdown(said)
            if parts := [part for part in (named.where, votes, named.why) if part]:
                st.caption(plain(listed(parts, clauses=True)))


def _choices(actor: Actor, one: Project, names: dict[str, str]) -> None:
    """Say what has to come before or after a project on its estate, and what asks for a choice."""
    if one.status is ProjectStatus.WITHDRAWN:
        return
    orders, pairs = projects.choices_in_estate(store(), actor, one.estate_id, with_item=one.item_code)
    for rule in orders:
        said = told("choice.order", first=names[rule.first], then=names[rule.then])
        st.caption(f":material/format_list_numbered: {said}")
    for pair in pairs:
        said = told("choice.conflict", one=names[pair.one], other=names[pair.other])
        st.markdown(f":orange[:material/compare_arrows:] {said}")


def _change(actor: Actor, one: Project) -> None:
    needed = Action.PUBLISH if one.status in DECIDED else Action.EDIT_PROJECTS
    if not may(actor, needed) or one.status not in PROJECT_LIFE.before(ProjectAct.WITHDRAW):
        return
    edit, gone = st.columns(2)
    if one.status in PROJECT_LIFE.before(ProjectAct.EDIT):
        edit.button(
            say("project.edit"),
            icon=":material/edit:",
            key="projects.edit",
            on_click=_edit,
            args=(one.id,),
            width="stretch",
        )
    with (
        gone.popover(say("project.withdraw"), icon=":material/undo:", width="stretch"),
        draft(actor, f"project.withdraw.{one.id}", base=one) as form,
    ):
        st.caption(say("project.withdraw_hint"))
        reason = st.text_input(say("project.withdraw_reason"), max_chars=200, **form.field("reason", ""))
        if st.button(say("project.withdraw_now"), key=form.key("save")):
            with form.saving():
                projects.withdraw_project(store(), actor, one.id, form.base.version, reason=reason)
                form.forget()
                st.rerun()


def _edit(project_id: int) -> None:
    st.session_state[_EDITING] = project_id
    st.session_state.pop(_BEGIN, None)
    st.session_state[MODE] = FORM


def item_class_words(item: Item) -> str:
    """Return the class of an item and whether residents vote on it."""
    return aside(say(f"item_class.{item.item_class.value}"), say(f"item_class_hint.{item.item_class.value}"))
