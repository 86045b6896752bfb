"""Each browser gets a random name until it is closed, so that the tabs it had open before it became a voting station
are locked with it.
"""

from __future__ import annotations

import secrets

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from renovation.config import DoorKind, settings
from renovation.model.addresses import is_ballot
from renovation.model.kept import Kept, cookie_name
from renovation.ui.browser import set_cookie


class StationDoor:
    """Name the browsers that could become stations."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand one request on, and give its browser a name along with the page."""
        if scope["type"] == "http":
            request = Request(scope)
            wants_page = request.method in ("GET", "HEAD") and "text/html" in request.headers.get("accept", "")
            is_named = cookie_name(Kept.BROWSER) in request.cookies
            # Residents' own phones never become stations.
            may_be_one = not is_ballot(request.url.path) and settings().door is not DoorKind.RESIDENT
            if wants_page and may_be_one and not is_named:
                send = _naming(request, send)
        await self.app(scope, receive, send)


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
