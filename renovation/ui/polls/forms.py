"""Forms of a poll: its settings, and what stands on its ballot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from renovation.model.accounts import Action, Actor, may
from renovation.model.elections import BallotKind
from renovation.model.items import ItemClass
from renovation.model.lives import PROJECT_LIFE, ProjectAct
from renovation.model.money import FEN_PER_WAN
from renovation.model.polls import CodePer, Poll, PollProject, PollSettings, PollStage, ProjectTerms
from renovation.model.projects import Project, ProjectFilter
from renovation.model.scope import Scope
from renovation.rules.polls.instances import instance_of
from renovation.services.polls import ballot, polls
from renovation.services.polls.polls import check_rule
from renovation.services.projects import items, projects
from renovation.services.register import estates
from renovation.text import Language
from renovation.text.formats import format_wan
from renovation.text.hours import open_words
from renovation.text.rules import rule_label, setting_sentences, tie_label
from renovation.ui.frame.answers import refusals
from renovation.ui.frame.drafts import Draft, draft
from renovation.ui.frame.grid import SUM, TEXT, TICK, WHOLE, editor, grid
from renovation.ui.frame.offer import issuer_at
from renovation.ui.frame.shell import page_link
from renovation.ui.frame.state import store
from renovation.ui.polls.hours import hours_field
from renovation.ui.polls.rule_forms import rule_fields
from renovation.ui.words import label, language, listed, pair, plain, say, shown_sum, sum_key, told, typed_sum

#: The draft of a poll that does not exist yet.
NEW_POLL = "poll.new"
_MOST_LOOKED_AT = 2000
_FREE = tuple(PROJECT_LIFE.before(ProjectAct.OPEN_POLL))


def _settings_fields(
    form: Draft,
    held: PollSettings | None,
    estate_id: int | None,
    *,
    projects_count: int,
    on_ballot: Sequence[PollProject] = (),
) -> dict[str, Any]:
    """Show the fields of a poll's settings and return what they say."""
    values: dict[str, Any] = {}
    values["title"] = st.text_input(
        say("poll.field.title"),
        max_chars=120,
        help=say("poll.field.title_help"),
        **form.field("title", held.title if held else ""),
    )
    one, two, three = st.columns(3)
    kinds = list(BallotKind)
    kind = one.selectbox(
        say("poll.field.kind"),
        kinds,
        format_func=lambda member: label("enum.BallotKind", member),
        **form.field("kind", held.ballot_kind if held else kinds[0]),
    )
    values["ballot_kind"] = kind
    budget = two.number_input(
        say("poll.field.budget"),
        min_value=0.0,
        step=shown_sum(FEN_PER_WAN),
        format="%.2f",
        **form.field(sum_key("budget"), shown_sum(held.budget if held else 100 * FEN_PER_WAN)),
    )
    values["budget"] = typed_sum(budget)
    if kind in (BallotKind.APPROVAL, BallotKind.RANKING):
        usual = (held.max_choices if held else None) or min(3, max(projects_count, 1))
        values["max_choices"] = int(
            three.number_input(
                say("poll.field.max_choices"),
                1,
                200,
                # Proposed anew while projects are being chosen.
                **form.field("max_choices" if held else f"max_choices.{usual}", usual),
            )
        )
    if kind is BallotKind.POINTS:
        usual = (held.max_points if held else None) or 10
        values["max_points"] = int(
            three.number_input(say("poll.field.max_points"), 1, 1000, **form.field("max_points", usual))
        )
    values |= rule_fields(form, held, on_ballot, budget=values["budget"], kind=kind)
    st.markdown(f"**{say('rule_form.others')}**")
    one, two, three = st.columns(3)
    per = list(CodePer)
    values["code_per"] = one.selectbox(
        say("poll.field.code_per"),
        per,
        format_func=lambda member: label("enum.CodePer", member),
        **form.field("per", held.code_per if held else per[0]),
    )
    entitled = two.number_input(
        say("poll.field.denominator"),
        0,
        1_000_000,
        help=say("poll.field.denominator_help"),
        **form.field("entitled", (held.denominator if held else None) or 0),
    )
    values["denominator"] = int(entitled) or None
    with three:
        values["venue_hours"] = hours_field(form, held.venue_hours if held else "")
    one, two, three = st.columns(3)
    issued = issuer_at(estate_id)
    languages = [member.value for member in Language]
    values["language"] = one.selectbox(
        say("poll.field.language"),
        languages,
        format_func=lambda code: say(f"poll.language.{code}"),
        **form.field("language", held.language if held else languages[0]),
    )
    values["notice_office"] = two.text_input(
        say("poll.field.office"),
        max_chars=80,
        **form.field(f"office.{estate_id}", held.notice_office if held else issued.name),
    )
    values["notice_phone"] = three.text_input(
        say("poll.field.phone"),
        max_chars=40,
        **form.field(f"phone.{estate_id}", held.notice_phone if held else issued.phone),
    )
    return values


def _free_projects(actor: Actor, estate_id: int) -> dict[int, Project]:
    wanted = ProjectFilter(scope=Scope(estate_id=estate_id), statuses=_FREE)
    return {row.project.id: row.project for row in projects.list_projects(store(), actor, wanted, limit=500)}


def _basic_items(actor: Actor) -> set[str]:
    return {item.code for item in items.catalogue(store(), actor) if item.item_class is ItemClass.BASIC}


def _estates_with_free_projects(actor: Actor, *, votes_basic: bool) -> set[int] | None:
    """Return the estates with a project that may be voted on; nothing where there are too many to look through."""
    found = projects.list_projects(store(), actor, ProjectFilter(statuses=_FREE), limit=_MOST_LOOKED_AT)
    if len(found) == _MOST_LOOKED_AT:
        return None
    kept_off = set() if votes_basic else _basic_items(actor)
    return {row.project.estate_id for row in found if row.project.item_code not in kept_off}


def _pick_projects(actor: Actor, estate_id: int, form: Draft, chosen: list[int], *, votes_basic: bool) -> list[int]:
    free = _free_projects(actor, estate_id)
    basic = _basic_items(actor)
    kept_off = [one for one, held in free.items() if held.item_code in basic and not votes_basic and one not in chosen]
    offered = {one: held for one, held in free.items() if one not in kept_off}
    if not offered:
        st.info(say("poll.no_projects"), icon=":material/construction:")
        page_link("projects")
    else:
        chosen = st.multiselect(
            say("poll.field.projects"),
            list(offered),
            format_func=lambda one: f"{offered[one].name}　{format_wan(offered[one].cost, language())}",
            help=say("poll.field.projects_help"),
            placeholder=say("poll.field.projects"),
            select_all=False,
            **form.field(f"projects.{estate_id}", [one for one in chosen if one in offered], among=offered),
        )
    if kept_off:
        names = tuple(free[one].name for one in kept_off[:5])
        st.caption(told("poll.basic_kept_off", count=len(kept_off), projects=names))
    return chosen if offered else []


def _votes_basic(form: Draft, held: bool) -> bool:
    return st.checkbox(
        say("poll.field.votes_basic"), help=say("poll.field.votes_basic_help"), **form.field("votes_basic", held)
    )


def create_form(actor: Actor) -> Poll | None:
    """Ask for an estate, its projects and the settings; return the draft once it is saved."""
    names = estates.names_in_sight(store(), actor)
    if not names:
        st.info(say("poll.estate_first"), icon=":material/location_city:")
        page_link("imports", icon="upload_file")
        return None
    with draft(actor, NEW_POLL) as form:
        votes_basic = _votes_basic(form, held=False)
        free = _estates_with_free_projects(actor, votes_basic=votes_basic)
        options = sorted(names if free is None else names.keys() & free, key=lambda one: names[one])
        if not options:
            st.info(say("poll.no_estate_free"), icon=":material/construction:")
            page_link("projects")
            return None
        estate_id = st.selectbox(
            say("poll.field.estate"),
            options,
            format_func=lambda one: names[one],
            **form.field("estate", options[0], among=options),
        )
        if left := len(names) - len(options):
            st.caption(told("poll.estates_left", count=left))
        chosen = _pick_projects(actor, estate_id, form, [], votes_basic=votes_basic)
        values = _settings_fields(form, None, estate_id, projects_count=len(chosen)) | {"votes_basic": votes_basic}
        save = st.button(say("poll.create_button"), type="primary", icon=":material/save:", key=form.key("save"))
    if not save:
        return None
    with form.saving():
        made = polls.create_poll(store(), actor, PollSettings(**values), estate_id, chosen)
        form.forget()
        return made
    return None


def settings_section(actor: Actor, poll: Poll) -> None:
    """Show a poll's settings; a draft's can be changed."""
    if poll.stage is not PollStage.DRAFT or not may(actor, Action.EDIT_POLL):
        _settings_table(poll)
        return
    with refusals():
        check_rule(poll)
    with draft(actor, f"poll.settings.{poll.id}", base=poll) as form:
        seen: Poll = form.base
        values = _settings_fields(
            form, seen.settings, poll.estate_id, projects_count=len(poll.projects), on_ballot=poll.projects
        )
        values["votes_basic"] = _votes_basic(form, seen.settings.votes_basic)
        if st.button(say("poll.save"), type="primary", icon=":material/save:", key=form.key("save")):
            with form.saving():
                polls.edit_poll(store(), actor, poll.id, PollSettings(**values), version=seen.version)
                form.forget()
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
        "hours": open_words(poll, None, language()),
        "office": settings.notice_office,
        "phone": settings.notice_phone,
    }
    for name, value in lines.items():
        if value:
            st.markdown(pair(say(f"poll.field.{name}"), f"**{plain(str(value))}**"))
    if poll.digest:
        st.caption(told("poll.digest", digest=poll.digest))


def ballot_section(actor: Actor, poll: Poll) -> None:
    """Show what stands on the ballot; a draft's can be changed and put in another order."""
    frame = pd.DataFrame(
        {
            "number": [entry.number for entry in poll.projects],
            "name": [entry.name for entry in poll.projects],
            "cost_wan": [shown_sum(entry.full_cost) for entry in poll.projects],
            "share_wan": [shown_sum(entry.cost) for entry in poll.projects],
            "area": [entry.area or "" for entry in poll.projects],
            "mandatory": [entry.mandatory for entry in poll.projects],
            "why": [entry.why for entry in poll.projects],
        },
        index=[entry.key for entry in poll.projects],
    )
    kinds = {
        "number": partial(WHOLE, width="small", min_value=1, step=1),
        "name": partial(TEXT, width="medium"),
        "cost_wan": partial(SUM, width=110),
        "share_wan": partial(SUM, width=130, min_value=0.0, help=say("poll.share_help")),
        "area": partial(TEXT, width="small", max_chars=40, help=say("rule_form.areas_help")),
        "mandatory": partial(TICK, width="small", help=say("poll.field.mandatory")),
        "why": partial(TEXT, width="medium"),
    }
    headings = {name: say(f"poll.{name}") for name in ("cost_wan", "share_wan")}
    if poll.stage is not PollStage.DRAFT or not may(actor, Action.EDIT_POLL):
        grid(frame, words="poll.column", headings=headings, kinds=kinds, tall=None, key="polls.ballot")
        return
    with draft(actor, f"poll.ballot.{poll.id}", base=poll) as form:
        if poll.estate_id is not None:
            held = [entry.project_id for entry in poll.projects if entry.project_id is not None]
            chosen = _pick_projects(actor, poll.estate_id, form, held, votes_basic=poll.settings.votes_basic)
            take = set(chosen) != set(held) and st.button(say("poll.take_projects"), type="primary")
            if take:
                _save(form, lambda: ballot.set_projects(store(), actor, poll.id, chosen))
        if not poll.projects:
            return
        edited = editor(
            frame,
            words="poll.column",
            headings=headings,
            kinds=kinds,
            fixed=["name", "cost_wan", "why"],
            key=sum_key("table"),
            draft=form,
        )
        if not edited.equals(frame) and st.button(say("poll.save_order"), type="primary", icon=":material/save:"):
            order = list(edited.sort_values("number", kind="stable").index)
            terms = {
                entry.key: _terms(entry, *(edited.loc[entry.key, name] for name in ("share_wan", "area", "mandatory")))
                for entry in poll.projects
            }
            _save(form, lambda: ballot.set_terms(store(), actor, poll.id, terms, order=order))


def _terms(entry: PollProject, share: Any, area: Any, mandatory: Any) -> ProjectTerms:
    """Read a line of the table; a share left empty or as high as the cost is no share."""
    cost = None if pd.isna(share) else typed_sum(share)
    # The table shows hundredths; what was not touched keeps its fen.
    if cost == typed_sum(shown_sum(entry.cost)):
        cost = entry.cost
    shared = None if cost == entry.full_cost else cost
    return ProjectTerms(mandatory=bool(mandatory), area="" if pd.isna(area) else str(area), cost=shared)


def _save(form: Draft, act: Callable[[], object]) -> None:
    with form.saving():
        act()
        form.forget()
        st.rerun()
