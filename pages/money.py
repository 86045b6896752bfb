"""Money: pots and what is left of them, who pays for each project and its upkeep, and supporters' pledges."""

import streamlit as st

from renovation.model.accounts import Action
from renovation.ui.frame.guard import guard
from renovation.ui.frame.scope import scope_bar
from renovation.ui.money import forecasts, pledges, pots, project_money
from renovation.ui.words import say

actor = guard(Action.SEE_REGISTER)
heading, switch = st.columns([2, 3], vertical_alignment="bottom")
heading.title(say("page.money"), anchor=False)
project_money.begin()
with switch:
    section = st.segmented_control(
        say("page.money"),
        ["pots", "projects", "pledges", "forecast"],
        default="pots",
        required=True,
        format_func=lambda name: say(f"money.section.{name}"),
        key="money.section",
        label_visibility="collapsed",
    )
if section == "projects":
    project_money.projects_section(actor, scope_bar(actor))
elif section == "pledges":
    pledges.pledges_section(actor)
elif section == "forecast":
    forecasts.forecast_section(actor)
else:
    pots.pots_section(actor)
