"""The money of projects on screen: who gives what, what has arrived, the gap, what would close it, and the upkeep."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from renovation.model.accounts import Action, Actor, may
from renovation.model.clock import today
from renovation.model.funding import Contribution, SourceKind, Upkeep
from renovation.model.lives import ProjectAct
from renovation.model.money import fen_in, yuan
from renovation.model.names import finds
from renovation.model.scope import EVERYWHERE, Scope
from renovation.rules.money.books import leverage_of, sum_of_fundings
from renovation.services.money import funding, pledges
from renovation.services.money.funding import MoneyRow, ProjectMoney
from renovation.services.projects import projects
from renovation.text.planning import planning_reason_text
from renovation.ui.charts import colour_of, show_chart
from renovation.ui.frame.answers import done, refusals
from renovation.ui.frame.drafts import begun, draft
from renovation.ui.frame.filters import search_field
from renovation.ui.frame.grid import COUNT, grid
from renovation.ui.frame.scope import set_scope
from renovation.ui.frame.state import store
from renovation.ui.frame.ways import arrives, named_number, open_estate, open_project
from renovation.ui.money.money_table import money_table
from renovation.ui.money.payments import payments_list, payments_section
from renovation.ui.money.pots import kind_name
from renovation.ui.words import aside, label, language, plain, say, told

_SELECTED = "money.project"
_MONEY = ("cost", "received", "promised", "matched", "planned", "gap")
_COLOURS = {
    "received": "#0072B2",
    "promised": "#56B4E9",
    "matched": "#009E73",
    "planned": "#CC79A7",
    "gap": "#D9D9D9",
}
_PAYERS = (
    SourceKind.COMMON_INCOME,
    SourceKind.RESIDENTS,
    SourceKind.DISTRICT,
    SourceKind.MAINTENANCE_FUND,
    SourceKind.PRIVATE,
    SourceKind.UTILITY,
)


def begin() -> None:
    """Show the project that the address names, wherever it lies, or the forecast that it asks for."""
    if not arrives("money"):
        return
    if st.query_params.get("section") == "forecast":
        st.session_state["money.section"] = "forecast"
    if (wanted := named_number("project")) is not None:
        st.session_state[_SELECTED] = wanted
        st.session_state["money.section"] = "projects"
        set_scope(EVERYWHERE)


def projects_section(actor: Actor, scope: Scope) -> None:
    """Show the projects of a scope with their money; the one chosen below with every line behind it."""
    if may(actor, Action.EDIT_MONEY) and st.toggle(
        say("money.as_table"), begun(actor, "money_table.sources"), key="money.as_table.sources"
    ):
        money_table(actor, "sources")
        return
    rows = funding.money_rows(store(), actor, scope)
    if not rows:
        st.info(say("project.list.nothing_yet"), icon=":material/construction:")
        return
    search, which = st.columns([3, 2], vertical_alignment="center")
    query = search_field(say("project.list.search"), search, key="money.query")
    only = which.segmented_control(
        say("money.show"),
        ["all", "gap", "upkeep"],
        default="all",
        required=True,
        format_func=lambda name: say(f"money.show_{name}"),
        key="money.only",
        label_visibility="collapsed",
    )
    kept = [row for row in rows if _matches(row, query) and _wanted(row, str(only))]
    _sums(kept)
    chosen = _table(kept)
    payments_list(actor)
    if chosen is None:
        st.caption(say("money.choose_project"))
        return
    with refusals():
        seen = funding.project_money(store(), actor, chosen)
        _detail(actor, seen)


def _matches(row: MoneyRow, query: str) -> bool:
    return finds(query, row.place.code, row.place.name, row.place.estate.name)


def _wanted(row: MoneyRow, only: str) -> bool:
    if only == "gap":
        return row.funding.gap > 0
    return only != "upkeep" or not row.upkeep.is_settled


def _sums(rows: Sequence[MoneyRow]) -> None:
    ratio = leverage_of(row.funding for row in rows)
    sums = sum_of_fundings(row.funding for row in rows)
    parts = [
        say("money.sum_count", count=len(rows)),
        *(say(f"money.sum_{name}", sum=amount) for name, amount in sums.items()),
    ]
    st.markdown("　".join(parts))
    if ratio is not None:
        st.caption(told("funding.leverage", ratio=ratio))


def _table(rows: Sequence[MoneyRow]) -> int | None:
    if not rows:
        st.info(say("project.list.nothing_found"), icon=":material/search_off:")
        return None
    grid(
        {
            "code": [row.place.code for row in rows],
            "name": [row.place.name for row in rows],
            "estate": [row.place.estate.name for row in rows],
            **{name: [float(yuan(getattr(row.funding, name))) for row in rows] for name in _MONEY},
            "unlocked": [float(yuan(row.unlocked)) if row.unlocked else None for row in rows],
            "hours": [float(row.funding.hours) or None for row in rows],
            "upkeep": [say("money.upkeep_yes" if row.upkeep.is_settled else "money.upkeep_no") for row in rows],
            "status": [label("enum.ProjectStatus", row.place.status) for row in rows],
        },
        words="money.project",
        kinds=dict.fromkeys((*_MONEY, "unlocked", "hours"), COUNT),
        pinned=["code", "name"],
        ids=[row.place.id for row in rows],
        pick="one",
        keep=_SELECTED,
        opens={
            "name": ([row.place.id for row in rows], open_project),
            "estate": ([row.place.estate.id for row in rows], open_estate),
        },
        tall=300,
        key="money.projects",
    )
    chosen: int | None = st.session_state.get(_SELECTED)
    return chosen if chosen in {row.place.id for row in rows} else None


def _detail(actor: Actor, seen: ProjectMoney) -> None:
    place, funding = seen.place, seen.funding
    st.subheader(f"{place.code} {plain(place.name)} · {plain(place.estate.name)}", anchor=False)
    _bar(seen)
    if funding.gap:
        words = say("funding.gap", gap=funding.gap)
        # A rule whose pot is used up, or whose cap is reached, adds nothing any more.
        key = "funding.unlocked" if funding.is_matched_by(seen.unlocked) else "money.unlocked_plain"
        st.markdown(f"**{words}**　{say(key, **{'raise': seen.unlocked})}")
    else:
        st.markdown(f":green[:material/check_circle:] **{say('funding.no_gap')}**")
    if funding.beyond:
        st.warning(told("funding.beyond", sum=funding.beyond), icon=":material/balance:")
    if funding.lapsed:
        st.caption(told("money.lapsed", sum=funding.lapsed))
    left, right = st.columns([3, 2], gap="large")
    with left:
        _sources(actor, seen)
        payments_section(actor, seen)
    with right:
        _upkeep(actor, seen)
        _adoption(actor, seen)
        _next(actor, seen)


def _bar(seen: ProjectMoney) -> None:
    """Draw what has arrived, what is promised, what is matched and what is missing on one line."""
    funding = seen.funding
    parts = [(name, getattr(funding, name)) for name in _COLOURS]
    data = pd.DataFrame(
        {
            "part": [say(f"money.project.{name}") for name, _ in parts],
            "sum": [float(yuan(amount)) for _, amount in parts],
            "order": range(len(parts)),
        }
    )
    chart = (
        alt.Chart(data)
        .mark_bar(height=26)
        .encode(
            x=alt.X("sum:Q", stack=True, title=say("money.in_yuan")),
            color=colour_of("part", dict(zip(data["part"], _COLOURS.values(), strict=True))),
            order="order:Q",
            tooltip=["part:N", alt.Tooltip("sum:Q", format=",.2f")],
        )
    )
    show_chart(chart, height=125)


def _sources(actor: Actor, seen: ProjectMoney) -> None:
    pots = {pot.id: pot for pot in seen.open_pots}
    lines = [_line(one, pots) for one in seen.contributions]
    lines += [
        [say("money.pledge_of", name=one.supporter), float(yuan(one.amount)), float(yuan(one.received)),
         float(one.hours) or None, say(f"pledge_state.{one.state(today()).value}")]
        for one in seen.pledges
    ]  # fmt: skip
    lines += [
        [rule.name, float(yuan(added)), None, None, say("money.by_rule")] for rule, added in seen.matches if added
    ]
    lines += [[pot.name, float(yuan(amount)), None, None, say("money.by_programme")] for pot, amount in seen.planned]
    st.markdown(f"**{say('money.sources')}**")
    picked = []
    if lines:
        picked = grid(
            pd.DataFrame(lines, columns=["from", "pledged", "received", "hours", "note"]),
            words="money.source",
            kinds=dict.fromkeys(("pledged", "received", "hours"), COUNT),
            ids=[one.id for one in seen.contributions],
            pick="one",
            key=f"money.sources.{seen.place.id}",
        )
    else:
        st.caption(say("money.no_sources"))
    if not may(actor, Action.EDIT_MONEY):
        return
    old = seen.contributions[picked[0]] if picked and picked[0] < len(seen.contributions) else None
    _source_form(actor, seen, old)
    if seen.refusals:
        with st.expander(say("money.refusals", count=len(seen.refusals))):
            for reason in seen.refusals:
                st.caption(plain(planning_reason_text(reason, language())))


def _line(one: Contribution, pots: dict[str, Any]) -> list[Any]:
    name = pots[one.pot].name if one.pot in pots else kind_name(one.kind)
    return [name, float(yuan(one.pledged)), float(yuan(one.received)), float(one.hours) or None, one.note]


def _source_form(actor: Actor, seen: ProjectMoney, old: Contribution | None) -> None:
    options: list[str] = [f"pot:{pot.id}" for pot in seen.open_pots]
    options += [f"kind:{kind.value}" for kind in SourceKind]
    names = {f"pot:{pot.id}": aside(pot.name, pot.year) for pot in seen.open_pots}
    names |= {f"kind:{kind.value}": kind_name(kind) for kind in SourceKind}
    current = None if old is None else f"pot:{old.pot}" if old.pot else f"kind:{old.kind.value}"
    form_name = f"money.source.{seen.place.id}.{old.id if old else 'new'}"
    with (
        st.expander(
            say("money.change_source" if old else "money.new_source"),
            expanded=old is not None or begun(actor, form_name),
        ),
        draft(actor, form_name, base=old) as form,
    ):
        source = st.selectbox(
            say("money.source.from"),
            options,
            index=None,
            format_func=names.__getitem__,
            placeholder=say("money.source_hint"),
            **form.field("source", current if current in options else None, among=[None, *options]),
        )
        one, two = st.columns(2)
        pledged = one.number_input(
            say("money.source.pledged"),
            0.0,
            1e10,
            step=1000.0,
            **form.field("pledged", float(yuan(old.pledged)) if old else 0.0),
        )
        hours = two.number_input(
            say("money.source.hours"), 0.0, 1e5, step=1.0, **form.field("hours", float(old.hours) if old else 0.0)
        )
        note = st.text_input(say("money.source.note"), max_chars=200, **form.field("note", old.note if old else ""))
        over = st.checkbox(say("money.over_pot"), **form.field("over", False))
        go, away = st.columns(2)
        save = go.button(say("money.save_source"), icon=":material/save:", width="stretch", key=form.key("save"))
        remove = old is not None and away.button(
            say("money.remove_source"), icon=":material/delete:", width="stretch", key=form.key("remove")
        )
    with form.saving():
        if save and source is None:
            st.warning(say("money.source_hint"), icon=":material/info:")
        elif save and source is not None:
            what, _, value = source.partition(":")
            line = Contribution(
                project=str(seen.place.id),
                kind=SourceKind(value) if what == "kind" else SourceKind.DISTRICT,
                pledged=fen_in(pledged),
                received=old.received if old else 0,
                hours=Fraction(Decimal(str(hours))),
                pot=value if what == "pot" else None,
                note=note,
                id=old.id if old else None,
                version=form.base.version if old else 1,
            )
            funding.record_contribution(store(), actor, line, over_pot=over)
            form.done(told("money.source_saved", code=seen.place.code))
        if remove and old is not None and old.id is not None:
            funding.remove_contribution(store(), actor, old.id)
            form.done(told("money.source_removed", code=seen.place.code))


def _upkeep(actor: Actor, seen: ProjectMoney) -> None:
    upkeep = seen.upkeep
    st.markdown(f"**{say('money.upkeep')}**")
    if upkeep.is_settled and upkeep.agreed_on:
        words = told("money.upkeep_is", cost=upkeep.yearly_cost, payer=upkeep.payer, day=upkeep.agreed_on)
        st.markdown(f":green[:material/check_circle:] {words}")
    else:
        st.markdown(f":orange[:material/warning:] {say('money.upkeep_missing')}")
    if not may(actor, Action.EDIT_PROJECTS):
        return
    name = f"money.upkeep.{seen.place.id}"
    with (
        st.expander(say("money.change_upkeep"), expanded=begun(actor, name)),
        draft(actor, name, base=upkeep) as form,
    ):
        one, two = st.columns(2)
        cost = one.number_input(
            say("money.upkeep_cost"), 0.0, 1e9, step=100.0, **form.field("cost", float(yuan(upkeep.yearly_cost)))
        )
        income = two.number_input(
            say("money.upkeep_income"), 0.0, 1e9, step=100.0, **form.field("income", float(yuan(upkeep.yearly_income)))
        )
        payer = st.text_input(say("money.upkeep_payer"), max_chars=80, **form.field("payer", upkeep.payer))
        kind = st.selectbox(
            say("money.upkeep_kind"),
            _PAYERS,
            index=None,
            format_func=kind_name,
            placeholder=say("money.source_hint"),
            **form.field("kind", upkeep.payer_kind if upkeep.payer_kind in _PAYERS else None),
        )
        agreed: date | None = st.date_input(
            say("money.upkeep_agreed"),
            value=None,
            max_value=today(),
            format="YYYY-MM-DD",
            **form.field("agreed", upkeep.agreed_on),
        )
        if st.button(say("money.save_upkeep"), icon=":material/save:", width="stretch", key=form.key("save")):
            with form.saving():
                funding.set_upkeep(
                    store(),
                    actor,
                    Upkeep(
                        project=str(seen.place.id),
                        yearly_cost=fen_in(cost),
                        payer=payer,
                        payer_kind=kind,
                        yearly_income=fen_in(income),
                        agreed_on=agreed,
                    ),
                )
                form.done(told("money.upkeep_saved", code=seen.place.code))


def _adoption(actor: Actor, seen: ProjectMoney) -> None:
    """Put the project into the public store, or take it out."""
    if not may(actor, Action.RECORD_PLEDGE):
        return
    wanted = pledges.adopted_projects(store(), actor).get(seen.place.id)
    name = f"money.adopt.{seen.place.id}"
    words = say("money.adoption_on" if wanted is not None else "money.adoption_off")
    with st.expander(words, expanded=begun(actor, name)), draft(actor, name, base=wanted) as form:
        st.caption(say("money.adoption_how"))
        text = st.text_input(say("money.adoption_wanted"), max_chars=200, **form.field("wanted", wanted or ""))
        go, away = st.columns(2)
        with form.saving():
            if go.button(say("money.adoption_open"), key="money.adopt.open", width="stretch"):
                pledges.open_for_adoption(store(), actor, seen.place.id, wanted=text)
                form.done(told("money.adoption_opened", code=seen.place.code))
            if wanted is not None and away.button(
                say("money.adoption_close"), key="money.adopt.close", width="stretch"
            ):
                pledges.close_adoption(store(), actor, seen.place.id)
                form.done(told("money.adoption_closed", code=seen.place.code))


def _next(actor: Actor, seen: ProjectMoney) -> None:
    """Offer to begin the works of a decided project, or to close one in works."""
    act = projects.works_act(seen.place.status)
    if act is None or not may(actor, Action.EDIT_PROJECTS):
        return
    words = say("money.close_project" if act is ProjectAct.FINISH_WORKS else "money.start_project")
    if st.button(words, icon=":material/flag:", key="money.advance", width="stretch"):
        with refusals():
            one = projects.get_project(store(), actor, seen.place.id)
            moved = projects.advance_project(store(), actor, one.id, one.version)
            done(told("money.advanced", code=moved.code, status=label("enum.ProjectStatus", moved.status)))
