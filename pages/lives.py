"""How projects, demands and estates go from step to step."""

import streamlit as st

from renovation.model.accounts import Action
from renovation.text.lives import COLUMNS, LIVES, life_lines
from renovation.ui.frame.grid import table
from renovation.ui.frame.guard import guard
from renovation.ui.words import language, say

guard(Action.SEE_REGISTER)
st.title(say("lives.title"), anchor=False)
st.caption(say("lives.lead"))
headings = [say(f"lives.column.{name}") for name in COLUMNS]
for noun, life in LIVES.items():
    st.subheader(say(f"life_noun.{noun}"), anchor=False)
    table(headings, [[getattr(line, name) for name in COLUMNS] for line in life_lines(life, language())])
