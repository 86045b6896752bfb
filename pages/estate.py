"""The file of one estate 小区档案."""

import streamlit as st

from renovation.model.accounts import Action
from renovation.services.register.estates import get_estate_file
from renovation.ui.frame.answers import refusals
from renovation.ui.frame.guard import guard
from renovation.ui.frame.shell import page_link
from renovation.ui.frame.state import store
from renovation.ui.register import estate_file
from renovation.ui.words import say

actor = guard(Action.SEE_REGISTER)
page_link("estates", label=say("estate.file.to_list"), icon="arrow_back")
estate_id = estate_file.chosen_id(actor)
if estate_id is None:
    st.info(say("estate.file.choose"), icon=":material/apartment:")
    st.stop()
with refusals(stop=True):
    file = get_estate_file(store(), actor, estate_id)
estate_file.heading(file, actor)
estate_file.sections(file, actor)
