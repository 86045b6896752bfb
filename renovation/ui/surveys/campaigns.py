"""Campaigns on screen: the list, a new one, who collects where, and the form."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from functools import partial

import streamlit as st

from renovation.model.accounts import Action, Actor, may
from renovation.model.clock import today
from renovation.model.places import EstateFilter
from renovation.model.surveys import (
    DEFAULT_TARGET,
    MAX_NAME,
    FormKind,
    KnownGroup,
    Survey,
    SurveyDraft,
    Worker,
)
from renovation.services.register import estates
from renovation.services.staff import people
from renovation.services.surveys import campaigns, phones
from renovation.services.surveys.campaigns import SurveyFile
from renovation.text.surveys import questions_text, read_questions
from renovation.ui.frame.answers import done, refusals
from renovation.ui.frame.confirm import confirmed
from renovation.ui.frame.drafts import begun, draft
from renovation.ui.frame.grid import DAY, TEXT, grid
from renovation.ui.frame.state import store
from renovation.ui.frame.ways import arrives, named_number
from renovation.ui.surveys.wordings import wording_form
from renovation.ui.words import label, language, listed, plain, say, told

_CHOSEN = "surveys.chosen"
#: A survey takes a month and its answers are kept for half a year, unless somebody says otherwise.
_LASTS, _KEPT = timedelta(days=30), timedelta(days=210)


def state_of(held: Survey) -> str:
    """Return the state of a campaign, as the catalogue names it."""
    return "cleared" if held.gone_on else "closed" if held.closed_on else "open"


def choose(actor: Actor) -> SurveyFile | None:
    """List the campaigns and return the chosen one, or the one that the address asks for."""
    found = campaigns.surveys(store(), actor)
    if not found:
        st.info(say("survey.none"), icon=":material/door_front:")
        return None
    names = {one.id: one.name for one in estates.find_estates(store(), actor, EstateFilter())}
    wanted = named_number("survey")
    if arrives("surveys") and wanted in {one.id for one in found}:
        st.session_state[_CHOSEN] = wanted
    ids = [one.id for one in found]
    chosen = st.session_state.get(_CHOSEN)
    grid(
        {
            "name": [one.draft.name for one in found],
            "estates": [listed(names.get(home, "") for home in one.draft.estate_ids) for one in found],
            "kind": [label("enum.FormKind", one.draft.kind) for one in found],
            "begins": [one.draft.begins_on for one in found],
            "ends": [one.draft.ends_on for one in found],
            "state": [say(f"survey.state.{state_of(one)}") for one in found],
        },
        words="survey.column",
        kinds={"begins": DAY, "ends": DAY, "estates": partial(TEXT, width=200)},
        ids=ids,
        pick="one",
        keep=_CHOSEN,
        picked=[ids.index(chosen)] if chosen in ids else [],
        key="surveys",
    )
    if chosen not in ids:
        st.caption(say("survey.pick"))
        return None
    return campaigns.survey_file(store(), actor, chosen)


def heading(file: SurveyFile) -> None:
    """Say which campaign is shown and, where no visits are taken, why."""
    held = file.survey
    st.subheader(plain(held.draft.name), anchor=False)
    if held.gone_on is not None:
        st.info(told("survey.gone", day=held.gone_on), icon=":material/lock:")
    elif held.closed_on is not None:
        st.info(told("survey.closed_on", day=held.closed_on), icon=":material/lock:")


def new_survey(actor: Actor) -> None:
    """Let somebody begin a campaign."""
    if not may(actor, Action.RUN_SURVEY):
        return
    with (
        st.expander(say("survey.new"), icon=":material/add:", expanded=begun(actor, "survey.new")),
        draft(actor, "survey.new") as form,
    ):
        left, right = st.columns(2, gap="medium")
        names = {one.id: one.name for one in estates.find_estates(store(), actor, EstateFilter())}
        with left:
            name = st.text_input(
                say("survey.field.name"),
                max_chars=MAX_NAME,
                placeholder=say("survey.field.name_hint"),
                **form.field("name", ""),
            )
            kind = st.radio(
                say("survey.field.kind"),
                list(FormKind),
                format_func=lambda one: label("enum.FormKind", one),
                **form.field("kind", FormKind.OPINION),
            )
            homes = st.multiselect(
                say("survey.field.estates"),
                list(names),
                format_func=lambda one: names[one],
                **form.field("estates", [], among=names),
            )
            tenants, elders = (
                st.number_input(
                    say(f"survey.field.{known}"),
                    0,
                    None,
                    None,
                    step=1,
                    help=say("survey.field.known_hint"),
                    **form.field(known.value),
                )
                for known in KnownGroup
            )
        with right:
            first, last = st.columns(2)
            begins = first.date_input(say("survey.field.begins"), format="YYYY-MM-DD", **form.field("begins", today()))
            ends = last.date_input(
                say("survey.field.ends"), format="YYYY-MM-DD", **form.field("ends", today() + _LASTS)
            )
            keep = st.date_input(
                say("survey.field.keep"),
                format="YYYY-MM-DD",
                help=say("survey.field.keep_hint"),
                **form.field("keep", today() + _KEPT),
            )
            target = st.number_input(
                say("survey.field.target"), 1, 100, step=5, **form.field("target", int(DEFAULT_TARGET * 100))
            )
        own = st.text_area(say("survey.field.own"), help=say("survey.field.own_hint"), **form.field("own", ""))
        if st.button(say("survey.create"), type="primary", icon=":material/add:", key=form.key("save")):
            with form.saving():
                assert isinstance(begins, date)
                assert isinstance(ends, date)
                assert isinstance(keep, date)
                made = SurveyDraft(
                    name=name,
                    kind=kind,
                    estate_ids=tuple(homes),
                    begins_on=begins,
                    ends_on=ends,
                    keep_until=keep,
                    target=Fraction(target, 100),
                    tenants=tenants,
                    elders=elders,
                )
                st.session_state[_CHOSEN] = campaigns.create_survey(store(), actor, made, read_questions(own))
                form.done(told("survey.made", name=name))


def setup(actor: Actor, file: SurveyFile) -> None:
    """Show who collects where and the form; a lead changes both, and closes the campaign or opens it again."""
    names = people.names(store(), actor)
    if not file.leads or file.survey.gone_on is not None:
        leading = listed(names.get(one.login, one.login) for one in file.workers if one.leads)
        st.markdown(told("survey.setup.only_lead", names=leading))
        st.markdown(f"**{told('survey.setup.form', version=file.form.version)}**")
        return
    _workers(actor, file)
    _form(actor, file)
    wording_form(actor, file)
    held = file.survey
    _late(actor, file)
    if held.closed_on is None:
        if confirmed("survey.close", say("survey.setup.close"), say("survey.setup.close_sure"), icon="lock"):
            with refusals():
                campaigns.close_survey(store(), actor, held.id)
                st.rerun()
    elif st.button(say("survey.setup.reopen"), icon=":material/lock_open:", key="survey.reopen"):
        with refusals():
            campaigns.reopen_survey(store(), actor, held.id)
            st.rerun()


def _late(actor: Actor, file: SurveyFile) -> None:
    """Ask what becomes of visits that phones brought after the survey was closed."""
    number = file.survey.id
    if not (count := phones.late_visits(store(), actor, number)):
        return
    st.warning(told("survey.phone.waiting", count=count), icon=":material/schedule_send:")
    takes = st.button(say("survey.phone.take_late"), icon=":material/check:", key="survey.late.take")
    drops = confirmed("survey.late", say("survey.phone.drop_late"), say("survey.phone.drop_sure"), icon="delete")
    if takes or drops:
        with refusals():
            done(told("survey.phone.decided", count=phones.decide_late(store(), actor, number, take=takes)))


def _workers(actor: Actor, file: SurveyFile) -> None:
    candidates = file.candidates
    known = {one.id: f"{file.estates[one.estate_id]} {one.name}" for one in file.buildings}
    with draft(actor, f"survey.workers.{file.survey.id}", base=file.workers, border=True) as form:
        st.markdown(f"**{say('survey.setup.workers')}**")
        leading = [one.login for one in file.workers if one.leads]
        leads = st.multiselect(
            say("survey.setup.leads"),
            list(candidates),
            format_func=lambda one: candidates[one],
            **form.field("leads", leading, among=candidates),
        )
        collecting = list(dict.fromkeys(one.login for one in file.workers if not one.leads))
        collectors = st.multiselect(
            say("survey.setup.collectors"),
            list(candidates),
            format_func=lambda one: candidates[one],
            **form.field("collectors", collecting, among=candidates),
        )
        given = [Worker(login=one, leads=True) for one in leads]
        for login in collectors:
            own = [one.building_id for one in file.workers if one.login == login and one.building_id is not None]
            chosen = st.multiselect(
                told("survey.setup.buildings", name=candidates[login]),
                list(known),
                format_func=lambda one: known[one],
                placeholder=say("survey.setup.everywhere"),
                **form.field(f"buildings.{login}", own, among=known),
            )
            given += [Worker(login=login, building_id=one) for one in chosen or [None]]
        if st.button(say("survey.setup.save_workers"), icon=":material/save:", key=form.key("save")):
            with form.saving():
                campaigns.set_workers(store(), actor, file.survey.id, tuple(given))
                form.done(say("survey.setup.workers_saved"))


def _form(actor: Actor, file: SurveyFile) -> None:
    held = questions_text(file.form.questions, language())
    with draft(actor, f"survey.form.{file.survey.id}", base=held, border=True) as form:
        st.markdown(f"**{told('survey.setup.form', version=file.form.version)}**")
        own = st.text_area(say("survey.field.own"), help=say("survey.field.own_hint"), **form.field("own", held))
        if st.button(say("survey.setup.save_form"), icon=":material/save:", key=form.key("save")):
            with form.saving():
                version = campaigns.change_form(store(), actor, file.survey.id, read_questions(own))
                form.done(told("survey.setup.form_saved", version=version))
