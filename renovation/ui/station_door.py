"""At a voting station every address leads to the voting page.

Streamlit answers an unknown address with a dialog of its own ("page not found"), before any page can say otherwise. So
the server sends the browser of a locked station to the first address, whatever was asked for, and drops the query.
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from renovation.errors import RenovationError
from renovation.services.stations import active_station
from renovation.ui.browser import Kept
from renovation.ui.state import store

_FIRST = "/"


class StationDoor:
    """Lead every page that a locked station's browser asks for to the first address."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or hand it on."""
        if scope["type"] == "http":
            request = Request(scope)
            token = request.cookies.get(Kept.STATION)
            if token and _wants_another_page(request) and await run_in_threadpool(_is_station, token):
                answer = RedirectResponse(_FIRST, status_code=303, headers={"Cache-Control": "no-store"})
                await answer(scope, receive, send)
                return
        await self.app(scope, receive, send)


def _wants_another_page(request: Request) -> bool:
    # Scripts, styles and data are asked for without text/html; whatever stands in the address bar is asked for with it.
    is_page = request.method in ("GET", "HEAD") and "text/html" in request.headers.get("accept", "")
    return is_page and (request.url.path != _FIRST or bool(request.url.query))


def _is_station(token: str) -> bool:
    try:
        return active_station(store(), token) is not None
    except RenovationError:
        # Without its store the app says so on every page; nobody is let in anywhere.
        return False
