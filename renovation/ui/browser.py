"""Let a reload or a second tab find its session again, through cookies that scripts cannot read.

Streamlit reads cookies but sets none. So a page hands the browser a one-time ticket; a few lines of JavaScript post it
back to a plain route, which answers with an ``HttpOnly``, ``SameSite=Strict`` cookie that lasts until the browser is
closed. The token itself never stands in a URL or in the page. Without the route (``app.py`` run by hand) nothing
breaks: the session then lives in its tab alone.
"""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass
from enum import StrEnum

import streamlit as st
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_PATH = "/renovation/keep"
_HEADER = "x-renovation-ticket"
_TICKET_SECONDS = 60
_MOST_TICKETS = 10_000


class Kept(StrEnum):
    """What a browser keeps, by the name of its cookie."""

    SESSION = "renovation_session"
    STATION = "renovation_station"
    LANGUAGE = "renovation_language"


@dataclass(frozen=True, slots=True)
class _Ticket:
    kept: Kept
    token: str
    until: float


_tickets: dict[str, _Ticket] = {}
_guard = threading.Lock()

_POST = """
const sent = new Set()
export default function ({ data }) {
  if (!data || !data.ticket || sent.has(data.ticket)) return
  sent.add(data.ticket)
  fetch(new URL(data.path, document.baseURI), {
    method: "POST",
    headers: { [data.header]: data.ticket },
    credentials: "same-origin",
  }).catch(() => undefined)
}
"""


def _issue(kept: Kept, token: str) -> str:
    ticket = secrets.token_urlsafe(24)
    with _guard:
        moment = time.monotonic()
        for old in [name for name, value in _tickets.items() if value.until < moment]:
            del _tickets[old]
        while len(_tickets) >= _MOST_TICKETS:
            del _tickets[next(iter(_tickets))]
        _tickets[ticket] = _Ticket(kept, token, moment + _TICKET_SECONDS)
    return ticket


async def _keep(request: Request) -> Response:
    """Swap a ticket for its cookie. A foreign page can neither guess the ticket nor send the header."""
    with _guard:
        ticket = _tickets.pop(request.headers.get(_HEADER, ""), None)
    if ticket is None or ticket.until < time.monotonic():
        return Response(status_code=404)
    answer = Response(status_code=204, headers={"Cache-Control": "no-store"})
    answer.set_cookie(
        ticket.kept.value,
        ticket.token,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
        path="/",
    )
    return answer


#: What ``ui/server.py`` adds beside Streamlit.
ROUTES = (Route(_PATH, _keep, methods=["POST"]),)


def cookie(kept: Kept) -> str | None:
    """Return what this browser kept, as sent when the tab connected."""
    value = st.context.cookies.get(kept.value)
    # Streamlit's AppTest stands a mock in for the request.
    return value if isinstance(value, str) else None


def remember(kept: Kept, token: str) -> None:
    """Have the browser keep a token; call it on every run while the token is in use."""
    key = f"renovation.ticket.{kept.value}"
    known = st.session_state.get(key)
    if known is None and cookie(kept) == token:
        return
    if known is None or known[0] != token:
        known = (token, _issue(kept, token))
        st.session_state[key] = known
    post = st.components.v2.component("renovation_keep", js=_POST)
    post(key=f"{key}.post", data={"ticket": known[1], "path": _PATH.lstrip("/"), "header": _HEADER}, height=1)
