"""What a request must pass before the framework sees it, and what every answer forbids the browser.

Streamlit compares a foreign ``Origin`` with the machine's outer address, which it asks the internet for, and stands
still meanwhile. So requests, web sockets included, that come from another site's page or ask for this server under a
name that is not its own (DNS rebinding) are turned away here.
"""

from __future__ import annotations

import ipaddress
import socket
import time
from functools import cache
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from renovation.config import settings
from renovation.model.addresses import is_plain
from renovation.services.house import process
from renovation.services.staff import uploads

#: Residents' pages: nothing inline runs or styles, and nobody else's pages hold them.
_PLAIN_POLICY = "; ".join(
    (
        "default-src 'none'",
        *(f"{kind}-src 'self'" for kind in ("script", "style", "img", "connect")),
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'self'",
    )
)
#: How a cookie's name begins that no other host can plant, and how those of this program begin.
_HOST, _OWN = b"__Host-", b"renovation_"
#: The framework's own doors: what its pages ask for. Its others (figures about the process, the agent API, a second
#: way to sign in, and whatever a new version brings) are nobody's business who comes through the front door.
_FRAMEWORK = "/_stcore/"
_OPEN = frozenset({"health", "host-config", "stream", "upload_file", "bidi-components"})
_CLOSED = frozenset({"/auth/login", "/auth/logout", "/oauth2callback"})


class Border:
    """Turn strangers' requests away, and send the headers that keep a page's contents on this machine."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or hand it on, and count the answer."""
        if scope["type"] != "http":
            await self._answer(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._answer(scope, receive, noted)
        finally:
            process.note_answer(status, time.perf_counter() - began)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        if _is_bound(scope):
            scope = _unbound(scope)
        headers = Headers(scope=scope)
        host, origin = headers.get("host", ""), headers.get("origin")
        if not _is_ours(host) or (origin is not None and not _is_own_page(origin, host)):
            await _refuse(scope, receive, send, 403)
        elif is_closed(scope["path"]):
            await _refuse(scope, receive, send, 404)
        elif scope["type"] == "http" and scope["path"].startswith(uploads.PATH) and scope["method"] in ("PUT", "POST"):
            await self._take_file(scope, headers, receive, _guarded(scope, host, send))
        elif scope["type"] == "http":
            await self.app(scope, receive, _guarded(scope, host, send))
        else:
            await self.app(scope, receive, send)

    async def _take_file(self, scope: Scope, headers: Headers, receive: Receive, send: Send) -> None:
        """Hand a file on from where a page asks for one; what comes beyond what was said is cut off."""
        session = scope["path"].removeprefix(uploads.PATH).split("/", 1)[0]
        said = headers.get("content-length", "")
        # Without a length nothing can be counted beforehand; browsers always say one.
        if not (said.isascii() and said.isdigit()):
            await _refuse(scope, receive, send, HTTPStatus.LENGTH_REQUIRED)
            return
        verdict = uploads.verdict(session, int(said))
        if verdict is not HTTPStatus.OK:
            await _refuse(scope, receive, send, verdict)
            return
        left = int(said)

        async def counted() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            return message if left >= 0 else {"type": "http.disconnect"}

        await self.app(scope, counted, send)


def is_closed(path: str) -> bool:
    """Tell whether a path is a door of the framework's that no page of this program asks for."""
    if path.startswith(_FRAMEWORK):
        return path.removeprefix(_FRAMEWORK).split("/", 1)[0] not in _OPEN
    return path.rstrip("/") in _CLOSED


def _is_bound(scope: Scope) -> bool:
    """Tell whether a proxy has taken TLS off: cookies are bound to the host there, as they are by certificates here."""
    return scope.get("scheme") in ("https", "wss") and not settings().has_tls


def _unbound(scope: Scope) -> Scope:
    """Return a request whose cookies have the names that the program knows; one that is not bound is none of ours."""
    headers = []
    for name, value in scope["headers"]:
        if name == b"cookie":
            parts = [part.strip() for part in value.split(b";")]
            value = b"; ".join(part.removeprefix(_HOST) for part in parts if not part.startswith(_OWN))
        headers.append((name, value))
    return {**scope, "headers": headers}


def _bound(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    return name, _HOST + value if name == b"set-cookie" and value.startswith(_OWN) else value


async def prove(app: ASGIApp) -> None:
    """Ask a server from outside, before it serves anybody, whether its border stands.

    Raises
    ------
    RuntimeError
        A request came through that the border turns away: another version of the framework mounts it no longer.
    """
    for kind, path, host in (
        *(("http", path, "localhost") for path in (f"{_FRAMEWORK}metrics", f"{_FRAMEWORK}agent/interact", *_CLOSED)),
        ("http", "/", "elsewhere.invalid"),
        ("http", f"{uploads.PATH}nobody/1", "localhost"),
        ("websocket", "/_stcore/stream", "elsewhere.invalid"),
    ):
        answers: list[Message] = []

        async def receive(kind: str = kind) -> Message:
            return {"type": "http.request"} if kind == "http" else {"type": "websocket.connect"}

        async def send(message: Message, answers: list[Message] = answers) -> None:
            answers.append(message)

        scope = {
            "type": kind,
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "scheme": "http",
            "method": "PUT" if path.startswith(uploads.PATH) else "GET",
            "headers": [(b"host", host.encode()), (b"content-length", b"1")],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 1),
            "subprotocols": [],
            "http_version": "1.1",
        }
        await app(scope, receive, send)
        first = answers[0] if answers else {}
        if first.get("type") != "websocket.close" and first.get("status") not in (403, 404):
            raise RuntimeError(f"The border does not stand: {kind} {path} of {host} came through.")


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
        # With certificates of its own this server speaks https alone; behind a proxy it cannot know.
        schemes = ("https",) if settings().has_tls else ("http", "https")
        return parts.scheme in schemes and (parts.netloc == host or parts.hostname in settings().host_names)
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


def _guarded(scope: Scope, host: str, send: Send) -> Send:
    """Return ``send`` that adds the security headers to an answer."""
    plain, is_bound = is_plain(scope["path"]), _is_bound(scope)

    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            if is_bound:
                message = {**message, "headers": [_bound(*header) for header in message.get("headers", ())]}
            headers = MutableHeaders(scope=message)
            headers["Content-Security-Policy"] = _PLAIN_POLICY if plain else _policy(host)
            headers["X-Content-Type-Options"] = "nosniff"
            # With none at all, a form without scripts would be sent as if from nowhere.
            headers["Referrer-Policy"] = "same-origin" if plain else "no-referrer"
            headers["Cross-Origin-Opener-Policy"] = "same-origin"
            if settings().has_tls:
                headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
            headers["Permissions-Policy"] = "camera=(self), microphone=(), geolocation=(self)"
            # A plain page that is the same for everybody says itself how it may be kept.
            is_known = plain and "etag" in headers
            if headers.get("content-type", "").startswith("text/html") and not is_known:
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
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'self'",
        )
    )
