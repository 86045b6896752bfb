"""Settings of this installation, and the end of the demonstration."""

import streamlit as st

from renovation.model.accounts import Action
from renovation.ui.frame.accounts import factor_setting, proof_form
from renovation.ui.frame.confirm import two_persons_setting
from renovation.ui.frame.guard import guard
from renovation.ui.house.installation import about, end_demonstration, visitor_setting
from renovation.ui.house.retention import retention_setting
from renovation.ui.words import say

actor = guard(Action.CHANGE_SETTINGS)
st.title(say("page.settings"))
proof_form(actor)
about()
two_persons_setting(actor)
factor_setting(actor)
retention_setting(actor)
visitor_setting(actor)
end_demonstration(actor)
