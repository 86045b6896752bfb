"""Put estates or projects in order, and see how firm the order is."""

import streamlit as st

from renovation.model.accounts import Action, may
from renovation.model.ranking import Subject
from renovation.services.programme.ranking_figures import ranking_basis
from renovation.ui.frame.answers import refusals
from renovation.ui.frame.guard import guard
from renovation.ui.frame.scope import scope_bar
from renovation.ui.frame.state import store
from renovation.ui.frame.ways import year_steps
from renovation.ui.programme.own_list import ranked_list
from renovation.ui.programme.ranking import LIST, OWN, WEIGHTS, board, own_columns
from renovation.ui.words import say

actor = guard(Action.RANK)
title, switch, views = st.columns([1, 1, 2], vertical_alignment="bottom")
title.title(say("page.ranking"), anchor=False)
subject = switch.segmented_control(
    say("page_ranking.subject"),
    list(Subject),
    default=Subject.ESTATES,
    format_func=lambda one: say(f"enum.Subject.{one.value}"),
    key="rank.subject",
    label_visibility="collapsed",
    required=True,
)
view = views.segmented_control(
    say("page_ranking.views"),
    [LIST, WEIGHTS, OWN],
    default=LIST,
    format_func=lambda one: say(f"page_ranking.view.{one}"),
    key="rank.view",
    label_visibility="collapsed",
    required=True,
)
year_steps(actor)
scope = scope_bar(actor, with_estate=False)
with refusals(stop=True):
    basis = ranking_basis(store(), actor, subject or Subject.ESTATES, scope)
if len(basis.alternatives) < 2:
    st.info(say("page_ranking.too_few"), icon=":material/info:")
    ranked_list(actor)
elif view == OWN:
    if may(actor, Action.SET_CRITERIA):
        own_columns(actor, basis)
    ranked_list(actor)
else:
    board(actor, basis, view)
