"""The server process: Streamlit runs ``app.py``; beside it stand the few plain routes a page cannot offer."""

import streamlit as st
from starlette.middleware import Middleware
from streamlit.runtime.pages_manager import PagesManager

from renovation.config import CHECKOUT
from renovation.ui.border import Border
from renovation.ui.browser import ROUTES
from renovation.ui.polls.kiosk.camera import CAMERA_ROUTES
from renovation.ui.station_door import StationDoor

app = st.App(
    CHECKOUT / "app.py", routes=(*ROUTES, *CAMERA_ROUTES), middleware=[Middleware(Border), Middleware(StationDoor)]
)

# The folder is called pages/, which Streamlit takes for its older kind of app until app.py has run once: the first
# visitor's deep link would open a page without the navigation around it.
PagesManager.uses_pages_directory = False
