"""At a voting station every address leads to the voting page.

The server sends the browser of a locked station to the ballot, whatever was asked for, and drops the query.

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
from renovation.model.addresses import VOTE, is_plain
from renovation.model.addresses import is_ballot as is_ballot_path
from renovation.model.kept import Kept, cookie_name
from renovation.services.polls.stations import active_station
from renovation.ui.browser import set_cookie
from renovation.ui.frame.state import store


class StationDoor:
    """Lead every page that a locked station's browser asks for to the ballot."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or hand it on."""
        if scope["type"] == "http":
            request = Request(scope)
            token = request.cookies.get(cookie_name(Kept.STATION))
            wants_page, is_ballot = _wants_page(request), is_ballot_path(request.url.path)
            # The other plain pages are closed whatever they are asked for; of the app nothing is shown, and a tab that
            # was open before needs its scripts to learn that it is locked.
            is_closed = not is_ballot and (wants_page or is_plain(request.url.path))
            if token and is_closed and await run_in_threadpool(_is_station, token):
                answer = RedirectResponse(VOTE, status_code=303, headers={"Cache-Control": "no-store"})
                await answer(scope, receive, send)
                return
            is_named = cookie_name(Kept.BROWSER) in request.cookies
            # Residents' own phones never become stations.
            if wants_page and not is_ballot and not is_named and settings().door is not DoorKind.RESIDENT:
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
        # The store does not answer: the ballot says so, and nothing else is opened meanwhile.
        return True
