"""The file of one estate on screen: facts, buildings, what hangs on it, and its history."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import streamlit as st

from renovation.exports.files.tables import file_stem
from renovation.model.accounts import Action, Actor, may
from renovation.model.clock import day_of
from renovation.model.demands import DemandFilter
from renovation.model.money import yuan
from renovation.model.photos import PhotoOwner, PhotoOwnerKind
from renovation.model.places import Change, Deficit, EstateFilter
from renovation.model.projects import ProjectFilter
from renovation.model.scope import Scope
from renovation.services.demands import demands
from renovation.services.house.estate_sheets import change_lines, export_estate_sheet, fact_lines
from renovation.services.money.gates import estate_gates
from renovation.services.polls import polls
from renovation.services.projects import projects
from renovation.services.register import estates, photos, places
from renovation.services.register.estate_works import estate_works_of
from renovation.services.register.estates import EstateFile
from renovation.services.surveys.facts import where_from
from renovation.text.formats import format_moment
from renovation.ui.frame.grid import COUNT, DAY, LONG, TEXT, Kind, grid, table, wide_enough
from renovation.ui.frame.offer import issuer_at, offer
from renovation.ui.frame.scope import current_scope
from renovation.ui.frame.shell import page_link
from renovation.ui.frame.state import person, store
from renovation.ui.frame.ways import arrives, named_number, open_demand, open_poll, open_project, what_next
from renovation.ui.map import MapLayer, PointLayer, PolygonLayer, Style, draw_map
from renovation.ui.map.base import base_layers, middle_of, outline_of
from renovation.ui.money.consents import consents_part
from renovation.ui.projects import photos as photo_widgets
from renovation.ui.register.by_hand import delete_form, move_form
from renovation.ui.register.estate_form import edit_form, outline_form
from renovation.ui.register.estate_survey import buildings, survey_form
from renovation.ui.register.estate_works import works_section
from renovation.ui.register.estates import enum_label
from renovation.ui.words import language, plain, say, told

_OUTLINE = Style(fill="#14606E", line="#14606E", line_width=2.5, opacity=0.12)
_MARK = Style(fill="#14606E", line="#FFFFFF", opacity=1, size=8)
_BUILDING = Style(fill="#6B767C", line="#3E484D", line_width=1, opacity=0.8)
#: A file shows this many of what hangs on it; the pages of demands and projects show all.
_SHOWN = 200
_SECTION = "estate.section"
#: Pixels of a list of the chain: each link keeps to some lines, so that the next is in sight.
_CHAIN_TALL = 220


def chosen_id(actor: Actor) -> int | None:
    """Return the estate that the address names by its number, its code or a project of it, else the scope's."""
    if project := st.query_params.get("of"):
        known = projects.list_projects(store(), actor, ProjectFilter(query=project))
        return next((row.project.estate_id for row in known if row.project.code == project), None)
    if code := st.query_params.get("code"):
        found = estates.find_estates(store(), actor, EstateFilter(query=code))
        return next((one.id for one in found if one.code == code), None)
    return named_number("estate") or current_scope().estate_id


def heading(file: EstateFile, actor: Actor) -> None:
    """Show name, place and status, and offer the sheet to print."""
    estate = file.estate
    title, sheet = st.columns([4, 1.4], vertical_alignment="bottom")
    with title:
        st.title(plain(estate.name))
        st.caption(" › ".join(plain(area.name) for area in file.trail) + f"　{enum_label(estate.facts.status)}")
    here, tongue = store(), language()
    with sheet:
        offer(
            say("estate.file.print"),
            # With its photos the sheet is large, so it is written only when somebody asks for it.
            lambda: export_estate_sheet(here, actor, estate.id, language=tongue),
            name=f"{file_stem(estate.name + say('estate.sheet.title'))}.html",
            icon="print",
            width="stretch",
            key="estate.sheet",
            issued=issuer_at(estate.id),
        )


def sections(file: EstateFile, actor: Actor) -> None:
    """Offer the file's sections and show the chosen one; only that one is read and drawn."""
    owner = PhotoOwner(kind=PhotoOwnerKind.ESTATE, id=file.estate.id)
    shown: dict[str, tuple[str, Callable[[], None]]] = {
        "facts": (say("estate.file.tab_facts"), lambda: facts(file, actor)),
        "buildings": (
            say("estate.file.tab_buildings", count=len(file.buildings)),
            lambda: _buildings_and_photos(file, actor, owner),
        ),
        "chain": (say("estate.file.tab_chain"), lambda: chain(file, actor)),
        "consents": (say("estate.file.tab_consents"), lambda: _consents(file, actor)),
        "history": (say("estate.file.tab_history", count=len(file.history)), lambda: history(file, actor)),
    }
    if may(actor, Action.EDIT_ESTATES):
        shown["edit"] = (say("estate.file.tab_edit"), lambda: _edit(file, actor))
        shown["outline"] = (say("estate.file.tab_outline"), lambda: _outline(file, actor))
    if arrives("estate") and (asked := st.query_params.get("section")) in shown:
        st.session_state[_SECTION] = asked
    chosen = st.segmented_control(
        say("page.estate"),
        list(shown),
        default="facts",
        required=True,
        format_func=lambda name: shown[name][0],
        key=_SECTION,
        label_visibility="collapsed",
    )
    shown[chosen or "facts"][1]()


def _edit(file: EstateFile, actor: Actor) -> None:
    edit_form(file, actor)
    delete_form(file.estate, actor)


def _outline(file: EstateFile, actor: Actor) -> None:
    outline_form(file, actor)
    if outline_of(file.estate.geometry) is None:
        move_form(file.estate, actor)


def _buildings_and_photos(file: EstateFile, actor: Actor, owner: PhotoOwner) -> None:
    buildings(file, actor)
    st.subheader(say("estate.file.tab_photos", count=len(photos.photos_of(store(), actor, owner))))
    photo_widgets.gallery(actor, owner)


def _consents(file: EstateFile, actor: Actor) -> None:
    page_link("gates", icon="rule", query={"estate": str(file.estate.id)})
    consents_part(actor, estate_gates(store(), actor, file.estate.id))


def chain(file: EstateFile, actor: Actor) -> None:
    """Show what hangs on the estate link by link: what was asked, planned, voted on and done."""
    scope = Scope(estate_id=file.estate.id)
    found_demands = demands.count_demands(store(), actor, DemandFilter(scope=scope))
    found_projects = projects.count_projects(store(), actor, ProjectFilter(scope=scope))
    st.subheader(say("estate.file.tab_demands", count=found_demands))
    linked_demands(actor, scope)
    st.subheader(say("estate.file.tab_projects", count=found_projects))
    linked_projects(actor, scope)
    st.subheader(say("page.polls"))
    linked_polls(actor, scope)
    st.subheader(say("estate.file.tab_works", count=len(estate_works_of(store(), actor, file.estate.id))))
    works_section(actor, file.estate.id)


def facts(file: EstateFile, actor: Actor) -> None:
    """Show the facts beside the estate's map, the deficits below."""
    left, right = st.columns([1, 1], gap="medium")
    with left:
        _life(file, actor)
        table(["", ""], fact_lines(file, language()))
        _where_from(file, actor)
    with right:
        is_outlined = outline_of(file.estate.geometry) is not None
        if not is_outlined:
            st.info(say("estate.file.no_outline"), icon=":material/draw:")
        if not is_outlined and may(actor, Action.EDIT_ESTATES):
            outline_form(file, actor)
        elif file.estate.geometry is not None:
            estate_map(file)
        st.markdown(f"#### {say('estate.file.deficits_heading')}")
        _deficits(file)
        if may(actor, Action.EDIT_ESTATES):
            survey_form(file, actor)


def _life(file: EstateFile, actor: Actor) -> None:
    """Tell how the estate came to be where it is, and what comes next."""
    moved = [change for change in file.history if "status" in change.fields]
    with st.expander(say("lives.how_here"), icon=":material/history:"):
        _changes(moved, actor)
        if not moved:
            st.caption(say("lives.never_moved", status=enum_label(file.estate.facts.status)))
    what_next(file.estate.facts.status, estate=str(file.estate.id))


def _changes(changes: Sequence[Change], actor: Actor) -> None:
    names = {area.id: area.name for area in places.list_areas(store(), actor)}
    for change in changes:
        when = format_moment(datetime.fromisoformat(change.at), language())
        with st.container(border=True):
            st.caption(told("estate.file.changed_by", when=when, by=person(change.by)))
            for line in change_lines(change, names, language()):
                st.text(line)


def _where_from(file: EstateFile, actor: Actor) -> None:
    """Say whether willingness and coverage were counted from doors or typed, and lead to the survey."""
    found = where_from(store(), actor, file.estate.id)
    taken = found.taken
    if taken is None:
        if found.willingness is not None or found.coverage is not None:
            st.caption(say("survey.taken.typed"))
        return
    said: dict[str, Any] = {"name": taken.name, "day": taken.taken_on}
    if found.is_counted:
        st.caption(told("survey.taken.counted", **said))
    else:
        said |= {"willingness": taken.willingness, "coverage": taken.coverage}
        st.caption(told("survey.taken.typed_since", **said))
    page_link("surveys", label=say("survey.taken.open"), icon="door_front", query={"survey": str(taken.survey_id)})


def estate_map(file: EstateFile) -> None:
    """Draw the outline and the buildings."""
    standing = [b for b in file.buildings if b.geometry is not None]
    assert file.estate.geometry is not None
    draw_map(
        [
            *base_layers(),
            _place(file.estate.id, file.estate.geometry),
            PolygonLayer(
                name="buildings",
                ids=[str(b.id) for b in standing],
                geometries=[b.geometry for b in standing if b.geometry is not None],
                labels=[b.name for b in standing],
                tooltips=[f"{b.name}\n{say('estate.file.floors')} {b.floors or ''}" for b in standing],
                styles={"": _BUILDING},
            ),
        ],
        key="estate.map",
        view=str(file.estate.id),
        fit=("estate",),
        height=340,
        legend=False,
    )


def _place(estate_id: int, geometry: bytes) -> MapLayer:
    """Return the estate's outline, or its mark where only a point is known."""
    middle = middle_of(geometry)
    if outline_of(geometry) is None and middle is not None:
        return PointLayer(
            name="estate",
            ids=[str(estate_id)],
            lons=[middle[0]],
            lats=[middle[1]],
            styles={"": _MARK},
            selectable=False,
        )
    return PolygonLayer(
        name="estate", ids=[str(estate_id)], geometries=[geometry], styles={"": _OUTLINE}, selectable=False
    )


def _deficits(file: EstateFile) -> None:
    if not file.deficits:
        st.caption(say("estate.file.deficits_none"))
        return
    known = {record.deficit: record for record in file.deficits}

    def state(deficit: Deficit) -> str:
        record = known.get(deficit)
        return "not_seen" if record is None else "yes" if record.present else "no"

    shown = sorted(Deficit, key=lambda one: state(one) != "yes")
    grid(
        {
            "deficit": [enum_label(one) for one in shown],
            "present": [say(f"estate.file.{state(one)}") for one in shown],
            "collected_on": [known[one].collected_on if one in known else None for one in shown],
            "collector": [known[one].collector if one in known else "" for one in shown],
        },
        words="estate.file",
        kinds={"collected_on": DAY, "present": partial(TEXT, width=wide_enough([say("estate.file.not_seen")]))},
        tall=None,
        key="estate.deficits",
    )


def linked_demands(actor: Actor, scope: Scope) -> None:
    """List the estate's demands, newest first."""
    found = demands.list_demands(store(), actor, DemandFilter(scope=scope), limit=_SHOWN)
    if not found:
        st.info(say("estate.file.no_demands"))
        return
    columns = {
        "demand_day": [day_of(row.demand.received_at) for row in found],
        "demand_category": [enum_label(row.demand.category) for row in found],
        "demand_text": [row.demand.text for row in found],
        "building": [row.building_name for row in found],
        "demand_supporters": [row.demand.supporters for row in found],
        "demand_status": [enum_label(row.demand.status) for row in found],
    }
    kinds = {"demand_day": DAY, "demand_text": LONG, "demand_supporters": COUNT}
    _openable(columns, kinds, "demand_text", [row.demand.id for row in found], open_demand)


def _openable(
    columns: Mapping[str, Any], kinds: Mapping[str, Kind], name: str, ids: Sequence[Any], go: Callable[[Any], None]
) -> None:
    """Show lines that open at a click on one of their columns."""
    grid(
        columns,
        words="estate.file",
        kinds=kinds,
        ids=ids,
        opens={name: (ids, go)},
        tall=_CHAIN_TALL,
        key=f"estate.{name}",
    )


def linked_projects(actor: Actor, scope: Scope) -> None:
    """List the estate's projects with the demands each answers."""
    found = projects.list_projects(store(), actor, ProjectFilter(scope=scope), limit=_SHOWN)
    if not found:
        st.info(say("estate.file.no_projects"))
        return
    columns = {
        "project_name": [row.project.name for row in found],
        "project_cost": [float(yuan(row.project.cost)) for row in found],
        "project_demands": [row.demands for row in found],
        "demand_supporters": [row.supporters for row in found],
        "project_status": [enum_label(row.project.status) for row in found],
    }
    kinds = {"project_cost": COUNT, "project_demands": COUNT, "demand_supporters": COUNT}
    _openable(columns, kinds, "project_name", [row.project.id for row in found], open_project)


def linked_polls(actor: Actor, scope: Scope) -> None:
    """List the polls of the estate, and those with one of its projects on the ballot."""
    own = {row.project.id for row in projects.list_projects(store(), actor, ProjectFilter(scope=scope))}
    found = []
    for poll in polls.list_polls(store(), actor):
        standing = poll.holding(own)
        if poll.estate_id == scope.estate_id or standing:
            found.append((poll, standing))
    if not found:
        st.info(say("estate.file.no_polls"))
        return
    columns = {
        "poll_title": [poll.title for poll, _ in found],
        "poll_stage": [enum_label(poll.stage) for poll, _ in found],
        "poll_projects": [standing for _, standing in found],
    }
    ids = [poll.id for poll, _ in found]
    _openable(columns, {"poll_projects": COUNT}, "poll_title", ids, open_poll)


def history(file: EstateFile, actor: Actor) -> None:
    """Tell every change so far: when, by whom, from what to what."""
    if not file.history:
        st.info(say("estate.file.no_history"))
        return
    _changes(file.history, actor)
