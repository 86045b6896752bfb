"""What a request must pass before the framework sees it, and what every answer forbids the browser.

Streamlit compares a foreign ``Origin`` with the machine's outer address, which it asks the internet for, and stands
still meanwhile. So requests, web sockets included, that come from another site's page or ask for this server under a
name that is not its own (DNS rebinding) are turned away here.
"""

from __future__ import annotations

import ipaddress
import socket
from functools import cache
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from renovation.config import settings

#: Figures about the process are nobody's business who comes through the front door.
_CLOSED = ("/_stcore/metrics", "/_stcore/script-health-check")


class Border:
    """Turn strangers' requests away, and send the headers that keep a page's contents on this machine."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or hand it on."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        host, origin = headers.get("host", ""), headers.get("origin")
        if not _is_ours(host) or (origin is not None and not _is_own_page(origin, host)):
            await _refuse(scope, receive, send, 403)
        elif scope["path"].rstrip("/") in _CLOSED:
            await _refuse(scope, receive, send, 404)
        elif scope["type"] == "http":
            await self.app(scope, receive, _guarded(host, send))
        else:
            await self.app(scope, receive, send)


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int) -> None:
    if scope["type"] == "websocket":
        # A close before the handshake is answered with 403.
        await send({"type": "websocket.close", "code": 1008})
        return
    await PlainTextResponse("", status_code=status)(scope, receive, send)


def _is_ours(host: str) -> bool:
    """Tell whether a ``Host`` is an address or one of this server's names; another site's name is neither."""
    name = _hostname(f"//{host}")
    if name is None:
        return False
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return name in own_names()
    return True


def _is_own_page(origin: str, host: str) -> bool:
    try:
        parts = urlsplit(origin)
        return parts.scheme in ("http", "https") and (parts.netloc == host or parts.hostname in settings().host_names)
    except ValueError:
        return False


def _hostname(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None


@cache
def own_names() -> frozenset[str]:
    """Return the names under which this server may be asked for."""
    own = socket.gethostname().lower()
    return frozenset({"localhost", own, f"{own.split('.')[0]}.local", *settings().host_names})


def _guarded(host: str, send: Send) -> Send:
    """Return ``send`` that adds the security headers to an answer."""

    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["Content-Security-Policy"] = _policy(host)
            headers["X-Content-Type-Options"] = "nosniff"
            headers["Referrer-Policy"] = "no-referrer"
            headers["Cross-Origin-Opener-Policy"] = "same-origin"
            headers["Permissions-Policy"] = "camera=(self), microphone=(), geolocation=(self)"
            if headers.get("content-type", "").startswith("text/html"):
                headers["Cache-Control"] = "no-store"
        await send(message)

    return with_headers


def _policy(host: str) -> str:
    """Return the content-security policy: whatever a page holds, the browser asks nobody but this server.

    Streamlit's own scripts need inline code; the sources stay closed all the same.
    """
    tiles = urlsplit(settings().tile_url)
    outside = f" {tiles.scheme}://{tiles.netloc}".replace("{s}", "*") if tiles.netloc else ""
    return "; ".join(
        (
            "default-src 'self' data: blob:",
            "script-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:",
            "style-src 'self' 'unsafe-inline'",
            f"img-src 'self' data: blob:{outside}",
            # Older browsers do not count web sockets as the same origin.
            f"connect-src 'self' data: blob: ws://{host} wss://{host}",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'self'",
        )
    )
