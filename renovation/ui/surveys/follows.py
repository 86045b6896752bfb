"""What follows from a survey: files, demands, projects, a menu to vote on, and what changed since the one before."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import streamlit as st

from renovation.model.accounts import Action, Actor, may
from renovation.model.demands import MAX_TEXT
from renovation.model.elections import BallotKind
from renovation.model.money import FEN_PER_WAN
from renovation.model.polls import PollSettings
from renovation.model.surveys import FormKind, SurveyQuestion
from renovation.services.demands import wishes
from renovation.services.demands.wishes import Wish
from renovation.services.polls import polls
from renovation.services.polls import wishes as wished
from renovation.services.projects import menus, projects
from renovation.services.projects.menus import MenuLine
from renovation.services.surveys import facts, figures
from renovation.services.surveys.campaigns import SurveyFile
from renovation.text.units import unit_label
from renovation.ui.frame.answers import done, refusals, warn_of_contacts
from renovation.ui.frame.confirm import confirmed
from renovation.ui.frame.drafts import draft
from renovation.ui.frame.grid import COUNT, SHARE, TEXT, grid
from renovation.ui.frame.shell import page_link
from renovation.ui.frame.state import store
from renovation.ui.frame.ways import open_demand, open_poll, open_project
from renovation.ui.surveys.words import option_words, question_words
from renovation.ui.words import aside, label, language, listed, plain, say, shown_sum, sum_key, told, typed_sum

#: How many projects a household may choose on a menu, unless the draft is changed.
_MAY_CHOOSE = 3


def follows_tab(actor: Actor, file: SurveyFile, units: Mapping[int, str]) -> None:
    """Show what follows from a campaign, with one act each.

    Parameters
    ----------
    units
        Staircase → its name with its building's.
    """
    if file.survey.draft.kind is FormKind.OPINION:
        _into_files(actor, file)
        _wishes(actor, file, units)
        _menu(actor, file)
    _changes(actor, file)


def _into_files(actor: Actor, file: SurveyFile) -> None:
    """Lead to the estates' files, and let a lead write willingness and coverage into them."""
    st.markdown(f"**{say('survey.follow.files')}**")
    if file.leads and file.survey.gone_on is None:
        key = f"survey.take.{file.survey.id}"
        if confirmed(key, say("survey.taken.take"), say("survey.taken.sure"), icon="drive_file_move"):
            with refusals():
                done(say("survey.taken.done", count=facts.take_into_files(store(), actor, file.survey.id)))
    with st.container(horizontal=True):
        for number, name in file.estates.items():
            query = {"estate": str(number)}
            page_link("estate", label=told("survey.taken.file", name=name), icon="apartment", query=query)
            page_link("gates", label=told("survey.follow.gates", name=name), icon="rule", query=query)
        page_link("money", label=say("survey.follow.money"), icon="payments", query={"section": "forecast"})


def _wishes(actor: Actor, file: SurveyFile, units: Mapping[int, str]) -> None:
    st.markdown(f"**{say('survey.follow.wishes')}**")
    found = wishes.wishes(store(), actor, file.survey.id)
    if not found:
        st.caption(say("survey.follow.no_wishes"))
        return
    made = say("survey.follow.made")
    picked = grid(
        {
            "place": [units.get(one.unit_id, "") for one in found],
            "wish": [label("enum.Deficit", one.wish) for one in found],
            "found": [one.found for one in found],
            "asked": [one.asked for one in found],
            "demand": ["" if one.demand_id is None else made for one in found],
        },
        words="survey.column",
        kinds={"found": COUNT, "asked": COUNT},
        pick="one",
        key=f"surveys.wishes.{file.survey.id}",
    )
    if not picked:
        st.caption(say("survey.follow.pick_wish"))
        return
    one = found[picked[0]]
    st.markdown(told("survey.follow.wish", place=units.get(one.unit_id, ""), wish=label("enum.Deficit", one.wish)))
    if one.demand_id is not None and st.button(
        say("survey.follow.open_demand"), icon=":material/campaign:", key="survey.wish.open"
    ):
        open_demand(one.demand_id)
    if may(actor, Action.RUN_SURVEY):
        place = units.get(one.unit_id, "")
        wish = label("enum.Deficit", one.wish)
        words = say(
            "survey.wish.text", survey=file.survey.draft.name, place=place, asked=one.asked, found=one.found, wish=wish
        )
        if one.demand_id is None:
            words = _demand(actor, file, one, words)
        if may(actor, Action.EDIT_PROJECTS):
            _project(actor, file, one, words)


def _demand(actor: Actor, file: SurveyFile, one: Wish, words: str) -> str:
    """Let somebody word a demand of the wish and make it; return how it is worded."""
    name = f"survey.wish.{file.survey.id}.{one.unit_id}.{one.wish.value}"
    with draft(actor, name, border=True) as form:
        said = st.text_area(say("demand.field.text"), max_chars=MAX_TEXT, height=80, **form.field("words", words))
        warn_of_contacts(said)
        if st.button(told("survey.follow.demand", count=one.found), icon=":material/campaign:", key=form.key("save")):
            with form.saving():
                made = wishes.demand_from_wish(store(), actor, file.survey.id, one.unit_id, one.wish, said)
                form.done(told("survey.follow.demand_made", receipt=made.receipt, count=made.supporters))
    return said


def _project(actor: Actor, file: SurveyFile, one: Wish, words: str) -> None:
    """Let a planner make a project of the wish: what mends it, and how much of it."""
    known = menus.mending(store(), actor, one.wish)
    if not known:
        return
    with draft(actor, f"survey.project.{file.survey.id}.{one.unit_id}.{one.wish.value}", border=True) as form:
        st.caption(say("survey.follow.project_hint"))
        left, right = st.columns([3, 2])
        names = {item.code: aside(item.name(language()), unit_label(item.unit, language())) for item in known}
        code = left.selectbox(
            say("survey.follow.item"),
            list(names),
            format_func=lambda chosen: names[chosen],
            **form.field("item", next(iter(names)), among=names),
        )
        amount = right.number_input(
            say("survey.follow.quantity"), 0.0, None, step=1.0, **form.field("amount", float(one.found))
        )
        if st.button(say("survey.follow.project"), icon=":material/construction:", key=form.key("save")):
            with form.saving():
                home = next(held.estate_id for held in file.buildings if held.id == one.building_id)
                made = projects.draft_from_item(
                    store(), actor, estate_id=home, item_code=code, quantity=Decimal(str(amount))
                )
                answered = wishes.demand_from_wish(store(), actor, file.survey.id, one.unit_id, one.wish, words)
                kept = projects.create_project(store(), actor, made, [answered.id])
                form.forget()
                open_project(kept.id)


def _menu(actor: Actor, file: SurveyFile) -> None:
    st.markdown(f"**{say('survey.follow.menu')}**")
    left, right = st.columns([3, 2])
    home = left.selectbox(
        say("survey.follow.estate"),
        list(file.estates),
        format_func=lambda one: plain(file.estates[one]),
        key=f"survey.menu.estate.{file.survey.id}",
    )
    budget = typed_sum(
        right.number_input(
            say("survey.follow.budget"),
            shown_sum(FEN_PER_WAN),
            shown_sum(100_000 * FEN_PER_WAN),
            shown_sum(100 * FEN_PER_WAN),
            step=shown_sum(FEN_PER_WAN),
            key=sum_key(f"survey.menu.budget.{file.survey.id}"),
        )
    )
    for drafted in wished.polls_from(store(), actor, file.survey.id):
        words = told("survey.follow.open_poll", name=drafted.title)
        page_link("polls", label=words, icon="ballot", query={"poll": drafted.id})
    lines = menus.menu_of(store(), actor, file.survey.id, home, budget)
    if not lines:
        st.caption(say("survey.follow.no_wishes"))
        return
    grid(
        {
            "wish": [label("enum.Deficit", one.wish) for one in lines],
            "found": [one.found for one in lines],
            "share": [float(one.share) for one in lines],
            "project": ["" if one.project is None else one.project.name for one in lines],
            "menu": [_placed(one) for one in lines],
        },
        words="survey.column",
        kinds={"found": COUNT, "share": SHARE, "menu": TEXT},
        key=f"surveys.menu.{file.survey.id}",
    )
    chosen = [one.project for one in lines if one.project is not None and one.kept_off is None]
    if not chosen:
        st.caption(say("survey.follow.menu_empty"))
        page_link("projects", query={"estate": str(home)})
        return
    name = told("survey.follow.draft", count=len(chosen))
    if may(actor, Action.EDIT_POLL) and st.button(name, icon=":material/ballot:", key="survey.menu.draft"):
        with refusals():
            settings = PollSettings(
                title=say("survey.follow.poll", name=file.estates[home]),
                ballot_kind=BallotKind.APPROVAL,
                budget=budget,
                max_choices=min(_MAY_CHOOSE, len(chosen)),
            )
            made = polls.create_poll(
                store(), actor, settings, home, [one.id for one in chosen], survey_id=file.survey.id
            )
            open_poll(made.id)


def _placed(one: MenuLine) -> str:
    return say("survey.follow.on_menu" if one.kept_off is None else f"enum.KeptOff.{one.kept_off.value}")


def _changes(actor: Actor, file: SurveyFile) -> None:
    found = figures.changes(store(), actor, file.survey.id)
    st.markdown(f"**{say('survey.follow.changes')}**")
    if found is None:
        st.caption(say("survey.follow.first"))
        return
    st.caption(told("survey.follow.since", name=found.earlier.draft.name, day=found.earlier.draft.begins_on))
    asked = {one.code: one for form in file.forms for one in form.questions}
    kind = file.survey.draft.kind

    def named(question: str, option: str) -> str:
        if not question:
            return say("survey.column.coverage")
        held: SurveyQuestion = asked[question]
        return listed([question_words(kind, held), option_words(held, option)])

    lines = [one for one in found.lines if not one.question or one.question in asked]
    grid(
        {
            "answer": [named(one.question, one.option) for one in lines],
            "before": [float(one.before) for one in lines],
            "after": [float(one.after) for one in lines],
            "clear": [_clear(one.is_clear) for one in lines],
        },
        words="survey.column",
        kinds={"before": SHARE, "after": SHARE, "clear": TEXT},
        key=f"surveys.changes.{file.survey.id}",
    )


def _clear(is_clear: bool) -> str:
    return say("survey.follow.clear" if is_clear else "survey.follow.unclear")
