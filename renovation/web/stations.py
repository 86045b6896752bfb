"""At a voting station every address leads to the voting page.

The server sends the browser of a locked station to the ballot, whatever was asked for, and drops the query.
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from renovation.errors import RenovationError
from renovation.model.addresses import VOTE, is_ballot, is_plain
from renovation.model.kept import Kept, cookie_name
from renovation.services.polls.stations import active_station
from renovation.web.frame import own_store


class StationLock:
    """Lead every page that a locked station's browser asks for to the ballot."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or hand it on."""
        if scope["type"] == "http":
            request = Request(scope)
            token, path = request.cookies.get(cookie_name(Kept.STATION)), request.url.path
            # The other plain pages are closed whatever they are asked for; of the app nothing is shown, and a tab that
            # was open before needs its scripts to learn that it is locked.
            is_closed = not is_ballot(path) and (wants_page(request) or is_plain(path))
            if token and is_closed and await run_in_threadpool(_is_station, token):
                answer = RedirectResponse(VOTE, status_code=303, headers={"Cache-Control": "no-store"})
                await answer(scope, receive, send)
                return
        await self.app(scope, receive, send)


def wants_page(request: Request) -> bool:
    """Tell whether a page is asked for: whatever stands in the address bar is asked for with ``text/html``."""
    return request.method in ("GET", "HEAD") and "text/html" in request.headers.get("accept", "")


def _is_station(token: str) -> bool:
    try:
        return active_station(own_store(), token) is not None
    except RenovationError:
        # The store does not answer: the ballot says so, and nothing else is opened meanwhile.
        return True
