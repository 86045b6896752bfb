"""At a voting station every address leads to the voting page.

Streamlit answers an unknown address with a dialog of its own ("page not found"), before any page can say otherwise. So
the server sends the browser of a locked station to the first address, whatever was asked for, and drops the query.

Here each browser also gets a random name until it is closed, so that the tabs it had open before it became a station
are locked with it.
"""

from __future__ import annotations

import secrets

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from renovation.config import DoorKind, settings
from renovation.errors import RenovationError
from renovation.model.kept import Kept, cookie_name
from renovation.services.polls.stations import active_station
from renovation.ui.browser import set_cookie
from renovation.ui.frame.state import store

_FIRST = "/"


class StationDoor:
    """Lead every page that a locked station's browser asks for to the first address."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or hand it on."""
        if scope["type"] == "http":
            request = Request(scope)
            token = request.cookies.get(cookie_name(Kept.STATION))
            if _wants_page(request):
                elsewhere = request.url.path != _FIRST or bool(request.url.query)
                if token and elsewhere and await run_in_threadpool(_is_station, token):
                    answer = RedirectResponse(_FIRST, status_code=303, headers={"Cache-Control": "no-store"})
                    await answer(scope, receive, send)
                    return
                # Residents' own phones never become stations.
                if cookie_name(Kept.BROWSER) not in request.cookies and settings().door is not DoorKind.RESIDENT:
                    send = _naming(request, send)
        await self.app(scope, receive, send)


def _wants_page(request: Request) -> bool:
    # Scripts, styles and data are asked for without text/html; whatever stands in the address bar is asked for with it.
    return request.method in ("GET", "HEAD") and "text/html" in request.headers.get("accept", "")


def _naming(request: Request, send: Send) -> Send:
    """Return ``send`` that gives the browser its name along with the page."""
    named = Response()
    set_cookie(request, named, Kept.BROWSER, secrets.token_urlsafe(24))
    header = next(pair for pair in named.raw_headers if pair[0] == b"set-cookie")

    async def with_name(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), header]}
        await send(message)

    return with_name


def _is_station(token: str) -> bool:
    try:
        return active_station(store(), token) is not None
    except RenovationError:
        # The store does not answer: the first address says so, and nothing else is opened meanwhile.
        return True
