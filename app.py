"""Router: the pages this person may open through this door, and nothing else."""

import logging
import secrets

import streamlit as st

from renovation.config import settings
from renovation.errors import RenovationError
from renovation.ui.frame.answers import show_error
from renovation.ui.frame.navigation import by_group
from renovation.ui.frame.shell import follow, style
from renovation.ui.frame.state import current_actor
from renovation.ui.words import say

st.set_page_config(page_title=say("shell.title"), page_icon=str(settings().static_dir / "icon.png"), layout="wide")
style()
try:
    actor = current_actor()
except RenovationError as error:
    show_error(error)
    st.stop()
page = st.navigation(by_group(actor), position="sidebar", expanded=True)
st.set_page_config(page_title=f"{page.title} · {say('shell.title')}")
follow()
try:
    page.run()
except Exception:
    # What went wrong stands in the server's log under the number; a person gets a sentence instead of a redacted trace.
    number = secrets.token_hex(3)
    logging.getLogger("renovation").exception("Unexpected error %s", number)
    st.error(say("shell.unexpected", number=number), icon=":material/error:")
    st.button(say("shell.try_again"), icon=":material/refresh:")
