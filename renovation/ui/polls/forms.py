"""Forms of a poll: its settings, and what stands on its ballot."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from renovation.model.accounts import Action, Actor, may
from renovation.model.elections import BallotKind
from renovation.model.items import ItemClass
from renovation.model.lives import PROJECT_LIFE, ProjectAct
from renovation.model.money import FEN_PER_WAN, fen_in, wan
from renovation.model.polls import CodePer, Poll, PollProject, PollSettings, PollStage, ProjectTerms
from renovation.model.projects import Project, ProjectFilter
from renovation.model.scope import Scope
from renovation.rules.polls.instances import instance_of
from renovation.services.polls import polls
from renovation.services.polls.ballot_terms import set_terms
from renovation.services.polls.polls import check_rule
from renovation.services.projects import projects
from renovation.services.register import estates
from renovation.text import Language
from renovation.text.formats import format_wan
from renovation.text.rules import rule_label, setting_sentences, tie_label
from renovation.ui.frame.answers import refusals
from renovation.ui.frame.grid import HUNDREDTHS, TEXT, TICK, WHOLE, editor, grid
from renovation.ui.frame.state import store
from renovation.ui.polls.rule_forms import rule_fields
from renovation.ui.words import label, language, listed, say, told

_FREE = tuple(PROJECT_LIFE.before(ProjectAct.OPEN_POLL))


def _settings_fields(
    key: str, held: PollSettings | None, *, projects_count: int, on_ballot: Sequence[PollProject] = ()
) -> dict[str, Any]:
    """Show the fields of a poll's settings and return what they say."""
    values: dict[str, Any] = {}
    values["title"] = st.text_input(
        say("poll.field.title"),
        held.title if held else "",
        max_chars=120,
        help=say("poll.field.title_help"),
        key=f"{key}.title",
    )
    one, two, three = st.columns(3)
    kinds = list(BallotKind)
    kind = one.selectbox(
        say("poll.field.kind"),
        kinds,
        index=kinds.index(held.ballot_kind) if held else 0,
        format_func=lambda member: label("enum.BallotKind", member),
        key=f"{key}.kind",
    )
    values["ballot_kind"] = kind
    budget = two.number_input(
        say("poll.field.budget"),
        min_value=0.0,
        value=float(wan(held.budget)) if held else 100.0,
        step=1.0,
        format="%.2f",
        key=f"{key}.budget",
    )
    values["budget"] = fen_in(budget, FEN_PER_WAN)
    if kind in (BallotKind.APPROVAL, BallotKind.RANKING):
        usual = (held.max_choices if held else None) or min(3, max(projects_count, 1))
        values["max_choices"] = int(
            three.number_input(say("poll.field.max_choices"), 1, 200, usual, key=f"{key}.max_choices")
        )
    if kind is BallotKind.POINTS:
        usual = (held.max_points if held else None) or 10
        values["max_points"] = int(
            three.number_input(say("poll.field.max_points"), 1, 1000, usual, key=f"{key}.max_points")
        )
    values |= rule_fields(key, held, on_ballot, budget=values["budget"])
    st.markdown(f"**{say('rule_form.others')}**")
    one, two, three = st.columns(3)
    per = list(CodePer)
    values["code_per"] = one.selectbox(
        say("poll.field.code_per"),
        per,
        index=per.index(held.code_per) if held else 0,
        format_func=lambda member: label("enum.CodePer", member),
        key=f"{key}.per",
    )
    entitled = two.number_input(
        say("poll.field.denominator"),
        0,
        1_000_000,
        (held.denominator if held else None) or 0,
        help=say("poll.field.denominator_help"),
        key=f"{key}.entitled",
    )
    values["denominator"] = int(entitled) or None
    values["venue_hours"] = three.text_input(
        say("poll.field.hours"),
        held.venue_hours if held else "",
        max_chars=120,
        help=say("poll.field.hours_help"),
        key=f"{key}.hours",
    )
    one, two, three = st.columns(3)
    languages = [member.value for member in Language]
    values["language"] = one.selectbox(
        say("poll.field.language"),
        languages,
        index=languages.index(held.language) if held else 0,
        format_func=lambda code: say(f"poll.language.{code}"),
        key=f"{key}.language",
    )
    values["notice_office"] = two.text_input(
        say("poll.field.office"), held.notice_office if held else "", max_chars=80, key=f"{key}.office"
    )
    values["notice_phone"] = three.text_input(
        say("poll.field.phone"), held.notice_phone if held else "", max_chars=40, key=f"{key}.phone"
    )
    return values


def _free_projects(actor: Actor, estate_id: int) -> dict[int, Project]:
    wanted = ProjectFilter(scope=Scope(estate_id=estate_id), statuses=_FREE)
    return {row.project.id: row.project for row in projects.list_projects(store(), actor, wanted, limit=500)}


def _pick_projects(actor: Actor, estate_id: int, key: str, chosen: list[int]) -> list[int]:
    free = _free_projects(actor, estate_id)
    if not free:
        st.info(say("poll.no_projects"), icon=":material/construction:")
        return []
    return st.multiselect(
        say("poll.field.projects"),
        list(free),
        default=[one for one in chosen if one in free],
        format_func=lambda one: f"{free[one].name}　{format_wan(free[one].cost, language())}",
        help=say("poll.field.projects_help"),
        placeholder=say("poll.field.projects"),
        key=key,
        select_all=False,
    )


def create_form(actor: Actor) -> Poll | None:
    """Ask for an estate, its projects and the settings; return the draft once it is saved."""
    names = estates.names_in_sight(store(), actor)
    if not names:
        st.info(say("poll.estate_first"), icon=":material/location_city:")
        return None
    key = "renovation.poll_new"
    estate_id = st.selectbox(
        say("poll.field.estate"),
        sorted(names, key=lambda one: names[one]),
        format_func=lambda one: names[one],
        key=f"{key}.estate",
    )
    chosen = _pick_projects(actor, estate_id, f"{key}.projects.{estate_id}", [])
    values = _settings_fields(key, None, projects_count=len(chosen))
    if not st.button(say("poll.create_button"), type="primary", icon=":material/save:", key=f"{key}.save"):
        return None
    with refusals():
        return polls.create_poll(store(), actor, PollSettings(**values), estate_id, chosen)
    return None


def settings_section(actor: Actor, poll: Poll) -> None:
    """Show a poll's settings; a draft's can be changed."""
    if poll.stage is not PollStage.DRAFT or not may(actor, Action.EDIT_POLL):
        _settings_table(poll)
        return
    with refusals():
        check_rule(poll)
    key = f"renovation.poll_edit.{poll.id}.{poll.version}"
    values = _settings_fields(key, poll.settings, projects_count=len(poll.projects), on_ballot=poll.projects)
    if st.button(say("poll.save"), type="primary", icon=":material/save:", key=f"{key}.save"):
        with refusals():
            polls.edit_poll(store(), actor, poll.id, PollSettings(**values), version=poll.version)
            st.rerun()


def _settings_table(poll: Poll) -> None:
    settings = poll.settings
    lines = {
        "kind": label("enum.BallotKind", settings.ballot_kind),
        "max_choices": settings.max_choices,
        "max_points": settings.max_points,
        "rule": rule_label(settings.rule, settings.rule_settings, language()),
        "rule_settings": listed(
            setting_sentences(settings.rule, settings.rule_settings, instance_of(poll), language()), clauses=True
        ),
        "tie_break": tie_label({**settings.rule_settings, "tie_break": settings.tie_break}, language()),
        "code_per": label("enum.CodePer", settings.code_per),
        "hours": settings.venue_hours,
        "office": settings.notice_office,
        "phone": settings.notice_phone,
    }
    for name, value in lines.items():
        if value:
            st.markdown(f"{say(f'poll.field.{name}')}：**{value}**")
    if poll.digest:
        st.caption(told("poll.digest", digest=poll.digest))


def ballot_section(actor: Actor, poll: Poll) -> None:
    """Show what stands on the ballot; a draft's can be changed and put in another order."""
    frame = pd.DataFrame(
        {
            "number": [entry.number for entry in poll.projects],
            "name": [entry.name for entry in poll.projects],
            "cost_wan": [float(wan(entry.full_cost)) for entry in poll.projects],
            "share_wan": [float(wan(entry.cost)) for entry in poll.projects],
            "area": [entry.area or "" for entry in poll.projects],
            "mandatory": [entry.mandatory for entry in poll.projects],
            "why": [entry.why for entry in poll.projects],
        }
    )
    kinds = {
        "number": partial(WHOLE, width="small", min_value=1, step=1),
        "name": partial(TEXT, width="medium"),
        "cost_wan": partial(HUNDREDTHS, width="small"),
        "share_wan": partial(HUNDREDTHS, width="small", min_value=0.0, help=say("poll.share_help")),
        "area": partial(TEXT, width="small", max_chars=40, help=say("rule_form.areas_help")),
        "mandatory": partial(TICK, width="small", help=say("poll.field.mandatory")),
        "why": partial(TEXT, width="medium"),
    }
    headings = {name: say(f"poll.{name}") for name in ("cost_wan", "share_wan")}
    if poll.stage is not PollStage.DRAFT or not may(actor, Action.EDIT_POLL):
        grid(frame, words="poll.column", headings=headings, kinds=kinds, tall=None, key="polls.ballot")
        return
    if poll.estate_id is not None:
        held = [entry.project_id for entry in poll.projects if entry.project_id is not None]
        chosen = _pick_projects(actor, poll.estate_id, f"renovation.ballot.{poll.id}.{len(held)}", held)
        if set(chosen) != set(held) and st.button(say("poll.take_projects"), type="primary"):
            _change(lambda: polls.set_projects(store(), actor, poll.id, chosen))
    if not poll.projects:
        return
    edited = editor(
        frame,
        words="poll.column",
        headings=headings,
        kinds=kinds,
        fixed=["name", "cost_wan", "why"],
        key=f"renovation.ballot_table.{poll.id}.{poll.version}.{len(poll.projects)}",
    )
    basic = [entry.name for entry in poll.projects if entry.category == ItemClass.BASIC and not entry.mandatory]
    if basic:
        st.caption(told("poll.basic_voted", count=len(basic), projects=tuple(basic[:5])))
    if not edited.equals(frame) and st.button(say("poll.save_order"), type="primary", icon=":material/save:"):
        order = edited.sort_values("number", kind="stable").index
        ids = [poll.projects[place].project_id for place in order]
        terms = {
            entry.key: _terms(entry, *(edited.loc[place, name] for name in ("share_wan", "area", "mandatory")))
            for place, entry in enumerate(poll.projects)
        }

        def save() -> None:
            if all(one is not None for one in ids):
                polls.set_projects(store(), actor, poll.id, [one for one in ids if one is not None])
            set_terms(store(), actor, poll.id, terms)

        _change(save)


def _terms(entry: PollProject, share: Any, area: Any, mandatory: Any) -> ProjectTerms:
    """Read a line of the table; a share left empty or as high as the cost is no share."""
    cost = None if pd.isna(share) else fen_in(share, FEN_PER_WAN)
    # The table shows hundredths of a 万元; what was not touched keeps its fen.
    if cost == fen_in(float(wan(entry.cost)), FEN_PER_WAN):
        cost = entry.cost
    shared = None if cost == entry.full_cost else cost
    return ProjectTerms(mandatory=bool(mandatory), area="" if pd.isna(area) else str(area), cost=shared)


def _change(act: Any) -> None:
    with refusals():
        act()
        st.rerun()
