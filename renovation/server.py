"""The server process: Streamlit runs ``app.py``; beside it stand the residents' plain pages, and the few
routes that a page of the app cannot offer.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from streamlit.runtime.pages_manager import PagesManager

from renovation.config import CHECKOUT
from renovation.ui.border import Border
from renovation.ui.browser import ROUTES
from renovation.ui.opening import stand
from renovation.ui.station_door import StationDoor
from renovation.web import residents, upkeep
from renovation.web.staff import identity
from renovation.web.stations import StationLock


@asynccontextmanager
async def _proved(_app: Any) -> AsyncIterator[None]:
    """Serve nobody unless the border stands."""
    await stand(app, "server")
    yield


app = st.App(
    CHECKOUT / "app.py",
    lifespan=_proved,
    routes=(*ROUTES, *residents.ROUTES, *identity.ROUTES, *upkeep.ROUTES),
    middleware=[Middleware(Border), Middleware(StationLock), Middleware(StationDoor)],
)

# The folder is called pages/, which Streamlit takes for its older kind of app until app.py has run once: the first
# visitor's deep link would open a page without the navigation around it.
PagesManager.uses_pages_directory = False
