"""Surveys from door to door: the campaigns, and of the chosen one the doors, the keying of sheets, figures, set-up."""

import streamlit as st

from renovation.model.accounts import Action, may
from renovation.model.surveys import FormKind
from renovation.ui.frame.guard import guard
from renovation.ui.surveys import campaigns, doors, figures, follows, keying, papers, sheets
from renovation.ui.words import say

actor = guard(Action.SEE_REGISTER)
st.title(say("page.surveys"), anchor=False)
st.caption(say("survey.lead"))
file = campaigns.choose(actor)
if file is not None:
    campaigns.heading(file)
    # Where somebody collects, the doors come first; for everybody else the figures are what there is.
    shown = ["doors", "keying", "figures", "follows", "papers", "setup"]
    if file.survey.draft.kind is FormKind.BUILDING:
        shown = ["sheets", "keying", "papers", "setup"]
    if not file.mine:
        shown = [one for one in shown if one not in ("doors", "keying")]
    if not may(actor, Action.RUN_SURVEY):
        shown.remove("setup")
    if "keying" in shown and not file.survey.is_open:
        shown.remove("keying")
    part = st.segmented_control(
        say("survey.part"),
        shown,
        default=shown[0],
        required=True,
        format_func=lambda one: say(f"survey.tab.{one}"),
        key=f"surveys.part.{'.'.join(shown)}",
        label_visibility="collapsed",
    )
    if part == "doors":
        doors.doors_tab(actor, file)
    elif part == "sheets":
        sheets.sheets_tab(actor, file)
    elif part == "keying":
        keying.keying_tab(actor, file)
    elif part == "follows":
        follows.follows_tab(actor, file, figures.place_names(file)["unit"])
    elif part == "papers":
        papers.papers_tab(actor, file)
    elif part == "setup":
        campaigns.setup(actor, file)
    else:
        figures.figures_tab(actor, file)
campaigns.new_survey(actor)
