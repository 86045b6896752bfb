"""Demands on screen: one filter for map, list and figures, and the card of the chosen one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from renovation.config import settings
from renovation.model.accounts import Action, Actor, may
from renovation.model.clock import day_of, today
from renovation.model.demands import (
    Demand,
    DemandCategory,
    DemandChannel,
    DemandFilter,
    DemandKind,
    DemandStatus,
)
from renovation.model.intake import DemandFigures, DemandFile, DemandPoint, DemandRow
from renovation.model.lives import DEMAND_LIFE, DemandAct
from renovation.model.scope import Scope
from renovation.rules.demands.standing import DemandProgress, days_late, progress_of
from renovation.services.demands import demands
from renovation.services.demands import work as demand_work
from renovation.services.projects.projects import may_join_project
from renovation.ui.frame.answers import refusals
from renovation.ui.frame.filters import FilterBar
from renovation.ui.frame.grid import COUNT, DAY, LONG, grid
from renovation.ui.frame.state import store
from renovation.ui.frame.ways import open_demand, open_estate
from renovation.ui.map import MapEvent, Mark, PointLayer, PolygonLayer, Style, draw_map
from renovation.ui.map.base import base_layers
from renovation.ui.projects import projects as project_widgets
from renovation.ui.words import label, plain, say, told

_SELECTED = "demands.selected"
_FIELDS = ("statuses", "overdue", "part_refused", "categories", "channels", "departments", "kind")
_FILTER = FilterBar("demands", ("received_from", "received_to", *_FIELDS))
#: Points above which crowded ones are drawn as one circle with their count.
_CLUSTER_ABOVE = 400
#: Class of a point → colour, mark and size; overdue ones are drawn last, above the others.
_CLASSES = {
    DemandProgress.DONE: ("#7C8A90", Mark.CIRCLE, 5),
    DemandProgress.UNDER_WAY: ("#1F6FB2", Mark.SQUARE, 6),
    DemandProgress.WAITING: ("#C77700", Mark.CIRCLE, 7),
    DemandProgress.OVERDUE: ("#B3261E", Mark.TRIANGLE, 8),
}
_OUTLINE = Style(fill="#FFFFFF", line="#8FA0A7", line_width=1.2, opacity=0.25)


def status_words(one: Demand) -> str:
    """Return a demand's status, with the days it is late."""
    words = label("enum.DemandStatus", one.status)
    late = days_late(one.status, one.due_on, today())
    return f"{words} · {say('demand.late', days=late)}" if late else words


def filter_bar(actor: Actor, scope: Scope) -> DemandFilter:
    """Draw the search field and the filter, and return what they narrow to."""
    with _FILTER.draw(search=say("demand.list.search"), hint=say("demand.list.search_hint")) as query:
        first, last = st.columns(2)
        received_from = _day(first, "received_from")
        received_to = _day(last, "received_to")
        if received_from and received_to and received_from > received_to:
            st.warning(say("demand.list.days_crossed"), icon=":material/event_busy:")
        statuses = _several("statuses", DemandStatus)
        late = st.checkbox(say("demand.list.overdue_only"), **_FILTER.field("overdue", bool))
        refused = st.checkbox(say("demand.list.part_refused"), **_FILTER.field("part_refused", bool))
        categories = _several("categories", DemandCategory)
        channels = _several("channels", DemandChannel)
        known = demand_work.department_names(store(), actor)
        departments = _FILTER.several("departments", say("demand.column.department"), known)
        kind = st.selectbox(
            say("demand.field.kind"),
            list(DemandKind),
            index=None,
            format_func=lambda one: label("enum.DemandKind", one),
            placeholder=say("filter.all"),
            **_FILTER.field("kind"),
        )
    return DemandFilter(
        scope=scope,
        query=query,
        statuses=tuple(statuses),
        categories=tuple(categories),
        channels=tuple(channels),
        kind=kind,
        received_from=received_from,
        received_to=received_to,
        departments=tuple(departments),
        overdue_on=today() if late else None,
        part_refused=refused,
    )


def _day(place: DeltaGenerator, name: str) -> date | None:
    chosen: date | None = place.date_input(
        say(f"demand.list.{name}"), value=None, max_value=today(), format="YYYY-MM-DD", **_FILTER.field(name)
    )
    return chosen


def _several(name: str, enum: type[StrEnum]) -> list[Any]:
    return _FILTER.several(
        name, say(f"demand.field.{name}"), enum, lambda member: label(f"enum.{enum.__name__}", member)
    )


@st.cache_resource(max_entries=24, show_spinner=False)
def _kept_figures(url: str, stamp: str, day: date, wanted: DemandFilter, actor: Actor) -> DemandFigures:
    del url, stamp, day  # they only tell one state of the store, and one day of deadlines, from another
    return demands.figures(store(), actor, wanted)


def read_figures(actor: Actor, wanted: DemandFilter) -> DemandFigures:
    """Return the filter's figures, counted again only when a demand has changed or the day has."""
    stamp = demands.demands_stamp(store(), actor)
    return _kept_figures(settings().database_url, stamp, today(), wanted, actor)


@st.cache_resource(max_entries=8, show_spinner=False)
def _kept_points(url: str, stamp: str, wanted: DemandFilter, actor: Actor) -> Sequence[DemandPoint]:
    del url, stamp
    return demands.demand_points(store(), actor, wanted)


def clear_filter() -> None:
    """Empty every field of the filter."""
    _FILTER.clear()


def view_choice() -> str:
    """Let the person choose between list, figures and hot spots; only the chosen one is worked out."""
    chosen = st.segmented_control(
        say("demand.tab.show"),
        ["list", "figures", "hotspots"],
        default="list",
        required=True,
        format_func=lambda one: say(f"demand.tab.{one}"),
        key="demands.view",
        label_visibility="collapsed",
    )
    return str(chosen or "list")


def choose(demand_id: int | None) -> None:
    """Choose a demand on the list's page."""
    st.session_state[_SELECTED] = demand_id


def _on_click(event: MapEvent) -> None:
    if event.layer == "demands" and event.id is not None:
        choose(int(event.id))


def demand_map(actor: Actor, wanted: DemandFilter, *, selected: int | None) -> None:
    """Draw the filter's demands; a click chooses one."""
    stamp = demands.demands_stamp(store(), actor)
    points = _kept_points(settings().database_url, stamp, wanted, actor)
    classes = [progress_of(DemandStatus(status), due_on, today()) for _, _, _, _, status, due_on in points]
    styles = {
        name.value: Style(
            words=say(f"demand.map.{name.value}"),
            fill=colour,
            line="#FFFFFF",
            line_width=1.2,
            mark=mark,
            size=size,
            opacity=0.95,
        )
        for name, (colour, mark, size) in _CLASSES.items()
    }
    outlines = demands.estate_outlines(store(), actor, wanted.scope) if may(actor, Action.TAKE_DEMAND) else ()
    draw_map(
        [
            *base_layers(wanted.scope),
            PolygonLayer(
                name="estates",
                ids=[f"estate-{identity}" for identity, _, _ in outlines],
                geometries=[outline for _, _, outline in outlines],
                labels=[name for _, name, _ in outlines],
                styles={"": _OUTLINE},
                selectable=False,
            ),
            PointLayer(
                name="demands",
                ids=[str(point[0]) for point in points],
                lons=[point[1] for point in points],
                lats=[point[2] for point in points],
                classes=classes,
                styles=styles,
                tooltips=[
                    f"{label('enum.DemandCategory', category)}\n{label('enum.DemandStatus', status)}"
                    for _, _, _, category, status, _ in points
                ],
                cluster=len(points) > _CLUSTER_ABOVE,
            ),
        ],
        key="demands.map",
        selected=None if selected is None else str(selected),
        on_click=_on_click,
        view=repr(wanted.scope),
        fit=("demands",),
        height=420,
    )


def selected_id() -> int | None:
    """Return the demand chosen on the map or in the list."""
    chosen: int | None = st.session_state.get(_SELECTED)
    return chosen


def demand_card(actor: Actor, demand_id: int | None) -> None:
    """Show the chosen demand beside the map, with the next step in one click."""
    if demand_id is None:
        st.info(say("demand.list.choose"), icon=":material/ads_click:")
        return
    with refusals():
        _card(actor, demands.demand_file(store(), actor, demand_id))


def _card(actor: Actor, whole: DemandFile) -> None:
    one = whole.demand
    with st.container(border=True):
        st.caption(f"{one.receipt} · {label('enum.DemandChannel', one.channel)}")
        st.markdown(f"**{label('enum.DemandCategory', one.category)}**　{status_words(one)}")
        # Residents' own words, shown as text: never as Markdown or HTML.
        st.text(one.text)
        st.caption(" · ".join(plain(part) for part in (whole.estate_name, whole.building_name) if part))
        if one.supporters > 1:
            st.caption(told("demand.supporters", count=one.supporters))
        if may(actor, Action.HANDLE_DEMAND) and one.status in DEMAND_LIFE.before(DemandAct.DISPATCH):
            rule = demand_work.suggest_department(store(), actor, one.id)
            if rule is not None and st.button(
                told("demand.act.dispatch_to", department=rule.department),
                type="primary",
                icon=":material/send:",
                key="demands.dispatch",
                width="stretch",
            ):
                with refusals():
                    demand_work.dispatch_demand(store(), actor, one.id, rule.department, version=one.version)
                    st.rerun()
        if (
            may(actor, Action.EDIT_PROJECTS)
            and may_join_project(one.status)
            and st.button(
                say("demand.act.make_project"), icon=":material/construction:", key="demands.project", width="stretch"
            )
        ):
            project_widgets.begin_from([one.id])
        if st.button(say("demand.act.open"), icon=":material/open_in_new:", key="demands.open", width="stretch"):
            open_demand(one.id)


def demand_list(actor: Actor, rows: Sequence[DemandRow]) -> None:
    """Show the filter's demands as a table; chosen lines can be sent out or made into a project together."""
    # Above the table: below it, what can be done would lie off a laptop's screen.
    actions = st.container()
    picked = grid(
        {
            "received": pd.to_datetime([day_of(row.demand.received_at) for row in rows]),
            "status": [status_words(row.demand) for row in rows],
            "category": [label("enum.DemandCategory", row.demand.category) for row in rows],
            "text": [row.demand.text for row in rows],
            "estate": [row.estate_name for row in rows],
            "building": [row.building_name for row in rows],
            "supporters": [row.demand.supporters for row in rows],
            "department": [row.demand.department for row in rows],
            "due": pd.to_datetime(pd.Series([row.demand.due_on for row in rows], dtype="str")),
            "receipt": [row.demand.receipt for row in rows],
            "source_number": [row.demand.source_number for row in rows],
        },
        words="demand.column",
        opens={
            "text": ([row.demand.id for row in rows], open_demand),
            "estate": ([row.demand.estate_id for row in rows], open_estate),
        },
        kinds={"received": DAY, "due": DAY, "supporters": partial(COUNT, width="small"), "text": LONG},
        ids=[row.demand.id for row in rows],
        pick="many",
        keep=_SELECTED,
        key="demands",
    )
    if picked:
        with actions:
            _together(actor, [rows[at] for at in picked])


def _together(actor: Actor, chosen: Sequence[DemandRow]) -> None:
    """Offer what can be done with several demands at once."""
    joinable = [row.demand.id for row in chosen if may_join_project(row.demand.status)]
    waiting = [row.demand for row in chosen if row.demand.status in DEMAND_LIFE.before(DemandAct.DISPATCH)]
    one, two, _ = st.columns([1, 1, 1])
    if joinable and may(actor, Action.EDIT_PROJECTS):
        words = say("demand.act.make_project_of", count=len(joinable))
        if one.button(words, icon=":material/construction:", key="demands.project_of", width="stretch"):
            project_widgets.begin_from(joinable)
    if waiting and may(actor, Action.HANDLE_DEMAND):
        words = say("demand.act.dispatch_all", count=len(waiting))
        if two.button(words, icon=":material/send:", key="demands.dispatch_all", width="stretch"):
            with refusals():
                demand_work.dispatch_by_rules(store(), actor, {demand.id: demand.version for demand in waiting})
                st.rerun()
