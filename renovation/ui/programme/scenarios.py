"""Scenarios on screen: side by side, on one map, street by street; one of them is adopted."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import altair as alt
import pandas as pd
import streamlit as st

from renovation.model.accounts import Actor
from renovation.model.money import yuan
from renovation.model.ranking import MAX_NAME
from renovation.model.scenarios import MAX_NOTE, HeldScenario, Scenario, ScenarioState
from renovation.rules.programme.basis import input_changes
from renovation.rules.programme.equity import Equity
from renovation.rules.programme.scenarios import ScenarioColumn, best_columns, changes_between
from renovation.services.programme import programme as service
from renovation.services.programme.input import programme_input
from renovation.text.formats import format_count, format_moment, format_percent, format_wan
from renovation.ui.charts import colour_of, names_axis, show_chart
from renovation.ui.frame.answers import done, refusals
from renovation.ui.frame.drafts import draft
from renovation.ui.frame.grid import SHARE, SUM, WHOLE, Best, grid, table
from renovation.ui.frame.shell import go, page_link
from renovation.ui.frame.state import person, store
from renovation.ui.frame.ways import go_to_year, open_project
from renovation.ui.map import Mark, PointLayer, Style, draw_map
from renovation.ui.map.base import base_layers
from renovation.ui.programme.form import begin_with
from renovation.ui.words import aside, language, listed, plain, say, shown_sum, told

_MOST_COMPARED = 4
_MOST_STREETS = 14
_NAMED = 8


def of_year(actor: Actor, year: int) -> tuple[Scenario, ...]:
    """Return the scenarios that begin in a year; where there are none, say so and lead to where there are."""
    heads = service.list_scenarios(store(), actor)
    found = tuple(one for one in heads if one.first_year == year)
    if not found:
        st.info(say("page_scenarios.none_in_year", year=year), icon=":material/event_note:")
        for other in sorted({one.first_year for one in heads}):
            st.button(
                say("page_scenarios.in_year", year=other, count=sum(one.first_year == other for one in heads)),
                icon=":material/event:",
                on_click=go_to_year,
                args=(other,),
                key=f"scenarios.year.{other}",
            )
        page_link("programme")
    return found


def label(one: Scenario) -> str:
    """Return a scenario's name, and that it is adopted."""
    is_adopted = one.state is ScenarioState.ADOPTED
    return say("page_scenarios.adopted_name", name=one.name) if is_adopted else one.name


def choose(heads: Sequence[Scenario]) -> list[str]:
    """Let the person choose which scenarios to compare; adopted ones and the newest stand first."""
    by_id = {one.id: one for one in heads}
    return st.multiselect(
        say("page_scenarios.compare"),
        list(by_id),
        default=list(by_id)[:3],
        max_selections=_MOST_COMPARED,
        format_func=lambda name: label(by_id[name]),
        key="scenarios.compared",
    )


def side_by_side(actor: Actor, heads: Sequence[Scenario]) -> None:
    """Compare: figures and what differs, beside what may be done with one of them; or streets, or a map."""
    # A map in a tab that is not open has no size to draw in.
    shown = st.segmented_control(
        say("page_scenarios.view"),
        ["figures", "streets", "map"],
        default="figures",
        format_func=lambda one: say(f"page_scenarios.{one}"),
        key="scenarios.view",
        label_visibility="collapsed",
        required=True,
    )
    compared, right = st.columns([8, 5], gap="medium") if shown == "figures" else (st.container(), None)
    with compared:
        held = [service.scenario(store(), actor, one) for one in choose(heads)]
        if held:
            _compare(shown, held)
    if right is not None:
        with right, st.container(border=True):
            manage(actor, heads)


def _compare(shown: str | None, held: Sequence[HeldScenario]) -> None:
    compared = service.compare_scenarios(held)
    if shown == "map":
        _map(held)
    elif shown == "streets":
        _streets(held, [equity for _, equity in compared])
    else:
        _figures([column for column, _ in compared])
        if len(held) > 1:
            _differences(held)


def _figures(columns: Sequence[ScenarioColumn]) -> None:
    tongue = language()
    best = best_columns(columns)
    shown = {
        "projects": [format_count(one.projects, tongue) for one in columns],
        "money": [format_wan(one.money, tongue) for one in columns],
        "money_left": [format_wan(one.money_left, tongue) for one in columns],
        "votes": [format_count(one.votes, tongue) for one in columns],
        "households": [format_count(one.households, tongue) for one in columns],
        "elderly_share": [
            "—" if one.elderly_share is None else format_percent(one.elderly_share, tongue) for one in columns
        ],
        "streets_without": [format_count(one.streets_without, tongue) for one in columns],
        "gini": ["—" if one.gini is None else f"{float(one.gini):.3f}" for one in columns],
    }
    rows = [
        [
            say(f"page_scenarios.figure.{figure}"),
            *(
                Best(f"{cell} {say('page_scenarios.best')}") if column.name in best.get(figure, ()) else cell
                for cell, column in zip(cells, columns, strict=True)
            ),
        ]
        for figure, cells in shown.items()
    ]
    table([say("page_scenarios.figure.name"), *(one.name for one in columns)], rows)
    st.caption(say("page_scenarios.figures_note"))


def _names(held: HeldScenario, codes: Sequence[str]) -> str:
    found = [f"{held.places[code].estate} {held.places[code].name}" for code in codes[:_NAMED] if code in held.places]
    said = listed(found) or "—"
    return said if len(codes) <= _NAMED else say("page_ranking.and_more", names=said, count=len(codes) - _NAMED)


def _differences(held: Sequence[HeldScenario]) -> None:
    first = held[0]
    for other in held[1:]:
        changed = changes_between(first.programme, other.programme)
        said = say(
            "page_scenarios.difference",
            one=other.name,
            other=first.name,
            enters=_names(other, changed.enters),
            leaves=_names(first, changed.leaves),
            moves=len(changed.moves),
        )
        st.markdown(f"- {plain(said)}")


def _map(held: Sequence[HeldScenario]) -> None:
    """Show every project that any of the scenarios chooses, told apart by how many choose it."""
    chosen_by: dict[str, list[str]] = {}
    place = {}
    for one in held:
        for line in one.programme.chosen:
            known = one.places[line.project]
            if known.lon is not None and known.lat is not None:
                chosen_by.setdefault(line.project, []).append(one.name)
                place[line.project] = known
    everywhere = Style(words=say("page_scenarios.in_all"), fill="#0072B2", line="#FFFFFF", size=7, opacity=0.95)
    somewhere = Style(
        words=say("page_scenarios.in_some"), fill="#E69F00", line="#1C2529", mark=Mark.TRIANGLE, size=8, opacity=0.95
    )
    codes = list(chosen_by)
    layer = PointLayer(
        name="chosen",
        ids=codes,
        lons=[place[code].lon or 0.0 for code in codes],
        lats=[place[code].lat or 0.0 for code in codes],
        styles={"all": everywhere, "some": somewhere} if len(held) > 1 else {"all": everywhere},
        classes=["all" if len(chosen_by[code]) == len(held) else "some" for code in codes],
        tooltips=[f"{place[code].estate} {place[code].name}\n{listed(chosen_by[code])}" for code in codes],
    )
    draw_map([*base_layers(), layer], key="scenarios.map", fit=["chosen"], height=460)


def _share(value: Fraction | None) -> float | None:
    return None if value is None else float(value)


def _streets(held: Sequence[HeldScenario], equities: Sequence[Equity]) -> None:
    rows = [
        {
            "street": line.street,
            "scenario": one.name,
            "yuan": float(yuan(round(line.money_per_household or 0))),
            "reached": _share(line.share_reached),
            "elderly": _share(line.elderly_share_reached),
        }
        for one, equity in zip(held, equities, strict=True)
        for line in equity.streets
        if line.street
    ]
    frame = pd.DataFrame(rows)
    if frame.empty:
        st.info(say("page_scenarios.no_streets"), icon=":material/info:")
        return
    order = frame.groupby("street")["yuan"].max().sort_values(ascending=False).index.tolist()
    names = [one.name for one in held]
    shown = frame[frame["street"].isin(order[:_MOST_STREETS])]
    chart = (
        alt.Chart(shown)
        .mark_bar()
        .encode(
            y=names_axis("street", order),
            yOffset=alt.YOffset("scenario:N", sort=names),
            x=alt.X("yuan:Q", title=say("page_scenarios.per_household")),
            color=colour_of("scenario", names),
            tooltip=["street:N", "scenario:N", alt.Tooltip("yuan:Q", format=",.0f")],
        )
    )
    count = min(len(order), _MOST_STREETS)
    # Legend and axis take the first ninety pixels.
    show_chart(chart, height=90 + count * (18 + 12 * len(names)))
    with st.expander(say("page_scenarios.street_table"), icon=":material/table:"):
        grid(
            frame,
            words="page_scenarios.street",
            kinds={"yuan": WHOLE, "reached": SHARE, "elderly": SHARE},
            tall=None,
            key="scenarios.street_table",
        )


def manage(actor: Actor, heads: Sequence[Scenario]) -> None:
    """Open, rename, copy, delete, adopt or take back one scenario."""
    st.subheader(say("page_scenarios.one"), anchor=False)
    by_id = {one.id: one for one in heads}
    if (then := st.session_state.pop("scenarios.then", None)) is not None:
        # Set, not dropped: the browser would go on showing the name it had, above another scenario's buttons.
        st.session_state["scenarios.picked"] = then if then in by_id else heads[0].id
    picked = st.selectbox(
        say("page_scenarios.which"), list(by_id), format_func=lambda name: label(by_id[name]), key="scenarios.picked"
    )
    if picked is None:
        return
    held = service.scenario(store(), actor, picked)
    tongue = language()
    years = listed(str(year) for year in held.settings.years)
    st.caption(
        told(
            "page_scenarios.about",
            years=years,
            objective=say(f"objective.{held.settings.objective.value}"),
            who=person(held.created_by),
            at=format_moment(held.created_at, tongue),
            digest=held.scenario.inputs_digest[:12],
        )
    )
    _changes(actor, held)
    is_adopted = held.scenario.state is ScenarioState.ADOPTED
    with refusals():
        (_adopted if is_adopted else _not_adopted)(actor, held)
        if st.button(say("page_scenarios.open"), icon=":material/edit_calendar:", width="stretch"):
            begin_with(actor, held.settings)
            go("programme")
        with st.container(horizontal=True):
            with st.popover(say("page_scenarios.copy"), icon=":material/content_copy:"):
                _copy(actor, held)
            if not is_adopted:
                with st.popover(say("page_scenarios.annotate"), icon=":material/edit:"):
                    _annotate(actor, held)
                with st.popover(say("page_scenarios.remove"), icon=":material/delete:"):
                    _remove(actor, held)


def _changes(actor: Actor, held: HeldScenario) -> None:
    """Say whether the figures a scenario rests on are still those of today."""
    is_adopted = held.scenario.state is ScenarioState.ADOPTED
    own = held.settings.years[0] if is_adopted else None
    found = input_changes(held.basis, programme_input(store(), actor, held.settings, besides=own))
    if found.is_same:
        st.success(say("page_scenarios.same"), icon=":material/verified:")
        return
    parts = [
        told(f"page_scenarios.changed.{name}", count=len(codes), names=listed(codes[:_NAMED]))
        for name, codes in (
            ("added", found.added),
            ("gone", found.gone),
            ("changed", found.changed),
            ("sources", found.sources),
            ("pots", found.pots),
            ("estates", found.estates),
            ("drawn", found.drawn),
        )
        if codes
    ]
    if found.settings_or_people:
        parts.append(say("page_scenarios.changed.others"))
    key = "differs_adopted" if is_adopted else "differs"
    st.warning(say(f"page_scenarios.{key}") + listed(parts, clauses=True), icon=":material/difference:")


def _adopted(actor: Actor, held: HeldScenario) -> None:
    at = held.scenario.adopted_at
    assert at is not None
    st.info(
        told("page_scenarios.frozen", who=person(held.adopted_by), at=format_moment(at, language())),
        icon=":material/lock:",
    )
    apart = [one for one in service.costs_apart(store(), actor) if one.scenario_id == held.id]
    if apart:
        st.markdown(f"**{told('page_scenarios.apart', count=len(apart), above=service.sum_above(apart))}**")
        grid(
            {
                "code": [one.code for one in apart],
                "name": [one.name for one in apart],
                **{key: [shown_sum(getattr(one, key)) for one in apart] for key in ("adopted", "now", "above")},
            },
            words="page_scenarios.apart_column",
            kinds=dict.fromkeys(("adopted", "now", "above"), SUM),
            ids=[one.project_id for one in apart],
            opens={"name": ([one.project_id for one in apart], open_project)},
            key="scenarios.apart",
        )
    if stay := service.stay_when_taken_back(store(), actor, held.id):
        names = listed(aside(one.name, say(f"enum.ProjectStatus.{one.status.value}")) for one in stay[:_NAMED])
        st.warning(told("page_scenarios.stay", count=len(stay), names=names), icon=":material/lock_clock:")
    with draft(actor, f"scenarios.back.{held.id}") as form:
        reason = st.text_input(say("page_scenarios.back_reason"), max_chars=200, **form.field("reason", ""))
        if st.button(say("page_scenarios.take_back"), icon=":material/undo:", key=form.key("save")):
            taken = service.take_back_scenario(store(), actor, held.id, reason=reason)
            form.forget()
            _said("page_scenarios.taken_back", held.name, held.id, freed=taken.freed, stay=len(taken.stay))


def _not_adopted(actor: Actor, held: HeldScenario) -> None:
    sure = st.checkbox(say("page_scenarios.sure_adopt"), key=f"scenarios.sure.{held.id}")
    if st.button(
        say("page_scenarios.adopt"), type="primary", icon=":material/gavel:", disabled=not sure, width="stretch"
    ):
        service.adopt_scenario(store(), actor, held.id)
        _said("page_scenarios.adopted", held.name, held.id)


def _annotate(actor: Actor, held: HeldScenario) -> None:
    with draft(actor, f"scenarios.note.{held.id}", base=(held.name, held.scenario.note)) as form:
        name = st.text_input(say("page_scenarios.name"), max_chars=MAX_NAME, **form.field("name", held.name))
        note = st.text_input(say("page_scenarios.note"), max_chars=MAX_NOTE, **form.field("note", held.scenario.note))
        if st.button(say("page_scenarios.keep"), icon=":material/save:", key=form.key("save")):
            service.annotate_scenario(store(), actor, held.id, name=name, note=note)
            form.forget()
            _said("page_scenarios.kept", name, held.id)


def _remove(actor: Actor, held: HeldScenario) -> None:
    sure = st.checkbox(say("page_scenarios.sure_remove"), key=f"scenarios.gone.{held.id}")
    if st.button(say("page_scenarios.remove"), icon=":material/delete:", disabled=not sure):
        service.remove_scenario(store(), actor, held.id)
        _said("page_scenarios.removed", held.name, held.id)


def _copy(actor: Actor, held: HeldScenario) -> None:
    usual = say("page_scenarios.copy_of", name=held.name)[:MAX_NAME]
    with draft(actor, f"scenarios.copy.{held.id}", base=usual) as form:
        name = st.text_input(say("page_scenarios.copy_name"), max_chars=MAX_NAME, **form.field("name", usual))
        if st.button(say("page_scenarios.copy"), icon=":material/content_copy:", key=form.key("save")):
            made = service.copy_scenario(store(), actor, held.id, name=name)
            form.forget()
            _said("page_scenarios.copied", name, made.id)


def _said(key: str, name: str, then: str, **counted: int) -> None:
    """Say what was done above the next drawing, with the scenario ``then`` chosen in it."""
    st.session_state["scenarios.then"] = then
    done(told(key, name=name.strip(), **counted))
