"""The server process: Streamlit runs ``app.py``; beside it stand the residents' plain pages, and the few
routes that a page of the app cannot offer.
"""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from streamlit.runtime.pages_manager import PagesManager

from renovation.config import CHECKOUT, read_settings
from renovation.services.house.process import keep_messages
from renovation.ui import lines
from renovation.ui.border import Border, prove
from renovation.ui.browser import ROUTES
from renovation.ui.station_door import StationDoor
from renovation.web import residents, upkeep
from renovation.web.staff import identity
from renovation.web.stations import StationLock


@asynccontextmanager
async def _proved(_app: Any) -> AsyncIterator[None]:
    """Serve nobody unless the border stands."""
    here = read_settings()
    keep_messages(here.logs, here.logs_days, f"server-{here.port}")
    try:
        lines.stand()
        await prove(app)
    except RuntimeError:
        logging.getLogger("renovation").critical("Not served: the border does not stand.", exc_info=True)
        # The framework would log an exception and go on.
        os._exit(1)
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
