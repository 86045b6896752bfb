"""The server process: Streamlit runs ``app.py``; beside it stand the few plain routes a page cannot offer."""

import streamlit as st

from renovation.ui.browser import ROUTES

app = st.App("app.py", routes=ROUTES)
