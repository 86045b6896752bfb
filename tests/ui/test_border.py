"""What is turned away before the framework sees it, and what every answer forbids."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest.mock import MagicMock

import pytest
from starlette.requests import Request
from starlette.responses import Response

from renovation.config import CHECKOUT, settings
from renovation.services.staff import uploads
from renovation.ui import browser
from renovation.ui.border import Border, is_closed, own_names, prove


def finished(work: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine to its end, in a thread of its own: where a browser was driven, this one has a loop already."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, work).result()


async def _inner(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
    await send({"type": "http.response.body", "body": b"page"})


def ask(path: str = "/", kind: str = "http", **headers: str) -> list[dict[str, Any]]:
    """Return what the border sends to a request."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": f"{kind}.connect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": kind,
        "path": path,
        "method": "GET",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    finished(Border(_inner)(scope, receive, send))  # type: ignore[arg-type]
    return sent


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("RENOVATION_HOSTS", "vote.example, Town.Example")
    monkeypatch.setenv("RENOVATION_TILE_URL", "https://tiles.example/{z}/{x}/{y}")
    settings.cache_clear()
    own_names.cache_clear()
    yield
    settings.cache_clear()
    own_names.cache_clear()


@pytest.mark.parametrize(
    ("host", "origin", "comes_in"),
    [
        ("localhost:8501", None, True),
        ("localhost:8501", "http://localhost:8501", True),
        ("192.168.1.7:8501", "http://192.168.1.7:8501", True),
        ("[::1]:8501", "http://[::1]:8501", True),
        ("vote.example", "https://vote.example", True),
        ("127.0.0.1:8501", "https://town.example", True),
        (f"{socket.gethostname().lower()}:8501", None, True),
        ("localhost:8501", "http://localhost:9999", False),
        ("localhost:8501", "https://evil.example", False),
        ("localhost:8501", "null", False),
        ("localhost:8501", "", False),
        ("localhost:8501", "http://[", False),
        ("localhost:8501", "ftp://localhost:8501", False),
        ("evil.example:8501", None, False),
        ("evil.example:8501", "http://evil.example:8501", False),
        ("", None, False),
        ("[", None, False),
    ],
)
def test_only_own_pages_under_own_names_get_in(host: str, origin: str | None, comes_in: bool) -> None:
    headers = {"host": host} | ({} if origin is None else {"origin": origin})
    assert ask(**headers)[0]["status"] == (200 if comes_in else 403)
    [answer] = ask("/_stcore/stream", "websocket", **headers)
    assert answer["type"] == ("websocket.accept" if comes_in else "websocket.close")


def test_answers_keep_the_browser_on_this_machine() -> None:
    headers = {name.decode(): value.decode() for name, value in ask(host="localhost:8501")[0]["headers"]}
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["frame-ancestors"] == "'self'"
    assert "ws://localhost:8501" in policy["connect-src"]
    assert "https://tiles.example" in policy["img-src"]
    assert not [name for name, sources in policy.items() if "https:" in sources and name != "img-src"]
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_plain_pages_run_and_style_nothing_inline() -> None:
    headers = {name.decode(): value.decode() for name, value in ask("/r/receipt", host="localhost:8501")[0]["headers"]}
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'self'"
    assert "unsafe" not in headers["content-security-policy"]
    # Without any referrer a browser sends forms as if from nowhere, and they would be turned away.
    assert headers["referrer-policy"] == "same-origin"


def test_over_tls_browsers_are_told_to_stay_there(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "strict-transport-security" not in {name.decode() for name, _ in ask(host="localhost:8501")[0]["headers"]}
    monkeypatch.setenv("RENOVATION_TLS_CERT", "cert.pem")
    monkeypatch.setenv("RENOVATION_TLS_KEY", "key.pem")
    settings.cache_clear()
    headers = {name.decode(): value.decode() for name, value in ask(host="localhost:8501")[0]["headers"]}
    assert headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
    # Who sits in the wire writes plain pages of this very address.
    came_in = [ask(host="vote.example", origin=f"{scheme}://vote.example")[0]["status"] for scheme in ("https", "http")]
    assert came_in == [200, 403]


#: What the framework brings, and whether it comes through. Look at what is new before it is written down here.
DOORS = {
    "/_stcore/health": True,
    "/_stcore/host-config": True,
    "/_stcore/stream": True,
    "/_stcore/upload_file/{session_id}/{file_id}": True,
    "/_stcore/bidi-components/{path:path}": True,
    "/component/{path:path}": True,
    "/media/{file_id:path}": True,
    "/app/static/{path:path}": True,
    # The page that draws all others, and its scripts.
    "": True,
    "/_stcore/metrics": False,
    "/_stcore/script-health-check": False,
    "/_stcore/agent/interact": False,
    "/_stcore/agent/openapi.json": False,
    "/_stcore/agent/mcp": False,
    "/auth/login": False,
    "/auth/logout": False,
    "/oauth2callback": False,
}


def test_every_door_of_the_framework_is_known_and_open_only_where_pages_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    import streamlit.config
    from streamlit.web.server.starlette import starlette_app

    options = {"server.scriptHealthCheckEnabled": True, "server.enableStaticServing": True}
    real = streamlit.config.get_option
    monkeypatch.setattr(streamlit.config, "get_option", lambda name: options.get(name, real(name)))
    runtime = MagicMock(_main_script_path=str(CHECKOUT / "app.py"))
    assert {getattr(route, "path", "") for route in starlette_app.create_streamlit_routes(runtime)} == set(DOORS)
    assert {path: not is_closed(path.replace("{path:path}", "a/b")) for path in DOORS} == DOORS


@pytest.mark.parametrize(
    "path", ["/_stcore/metrics", "/_stcore/agent/mcp/", "/_stcore/", "/_stcore/new", "/auth/login/"]
)
def test_the_frameworks_other_doors_are_closed_whatever_a_new_version_brings(path: str) -> None:
    assert ask(path, host="localhost")[0]["status"] == 404
    assert ask(path, "websocket", host="localhost")[0]["type"] == "websocket.close"


def test_a_server_without_its_border_serves_nobody() -> None:
    finished(prove(Border(_inner)))
    with pytest.raises(RuntimeError, match="border"):
        finished(prove(_inner))


def upload(session: str, body: bytes, said: int | None = None) -> tuple[int, bytes]:
    """Return the status that an upload gets, and what of it reached the framework."""
    taken = bytearray()

    async def framework(_scope: Any, receive: Any, send: Any) -> None:
        while (message := await receive())["type"] == "http.request":
            taken.extend(message["body"])
            if not message["more_body"]:
                break
        await send({"type": "http.response.start", "status": 204, "headers": []})

    parts = [body[:10], body[10:]]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    length = len(body) if said is None else said
    scope = {
        "type": "http",
        "path": f"{uploads.PATH}{session}/1",
        "method": "PUT",
        "client": ("10.0.0.9", 5),
        "headers": [(b"host", b"localhost:8501"), *([(b"content-length", str(length).encode())] if length else [])],
    }
    finished(Border(framework)(scope, receive, send))  # type: ignore[arg-type]
    return sent[0]["status"], bytes(taken)


def test_files_come_in_only_where_a_page_asks_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "_tabs", {"form": None, "left": 0.0})
    monkeypatch.setattr(uploads, "_meters", {})
    assert upload("form", b"x" * 20) == (204, b"x" * 20)
    assert upload("stranger", b"x" * 20) == (403, b"")
    assert upload("left", b"x" * 20) == (403, b"")
    assert upload("form", b"x" * 20, 0) == (411, b"")
    # What comes beyond what was said never reaches the framework.
    assert upload("form", b"x" * 20, 15)[1] == b"x" * 10


def test_a_tab_sends_so_much_in_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "_tabs", dict.fromkeys("ab"))
    monkeypatch.setattr(uploads, "_meters", {})
    monkeypatch.setattr(uploads, "FROM_TAB", 50)
    assert [upload("a", b"x" * 25)[0] for _ in range(3)] == [204, 204, 429]
    assert upload("b", b"x" * 25)[0] == 204


def test_over_tls_cookies_are_bound_to_this_host(monkeypatch: pytest.MonkeyPatch) -> None:
    request = Request({"type": "http", "scheme": "http", "headers": [], "path": "/", "server": ("localhost", 80)})
    for closed in (False, True):
        if closed:
            monkeypatch.setenv("RENOVATION_TLS_CERT", "tls/server.crt")
            monkeypatch.setenv("RENOVATION_TLS_KEY", "tls/server.key")
            settings.cache_clear()
        answer = Response()
        browser.set_cookie(request, answer, browser.Kept.DEVICE, "token")
        said = answer.headers["set-cookie"]
        assert said.startswith("__Host-renovation_device=token" if closed else "renovation_device=token")
        assert ("Secure" in said) is closed
        assert "HttpOnly" in said
        assert "SameSite=strict" in said
        assert "Max-Age=" in said


def test_behind_a_proxy_cookies_are_bound_to_the_host_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(dict(scope["headers"])[b"cookie"].decode())
        own, other = (b"set-cookie", b"renovation_session=x; Secure; Path=/"), (b"set-cookie", b"_streamlit_xsrf=y")
        await send({"type": "http.response.start", "status": 200, "headers": [own, other]})
        await send({"type": "http.response.body", "body": b""})

    def made(scheme: str) -> list[str]:
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request"}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        cookie = (
            b"__Host-renovation_session=own; renovation_session=planted;renovation_ballot=planted; _streamlit_xsrf=z"
        )
        headers = [(b"host", b"vote.example"), (b"cookie", cookie)]
        scope = {"type": "http", "scheme": scheme, "path": "/", "method": "GET", "headers": headers}
        finished(Border(app)(scope, receive, send))  # type: ignore[arg-type]
        return [value.decode() for name, value in sent[0]["headers"] if name == b"set-cookie"]

    assert made("https") == ["__Host-renovation_session=x; Secure; Path=/", "_streamlit_xsrf=y"]
    assert seen == ["renovation_session=own; _streamlit_xsrf=z"]
    assert made("http")[0].startswith("renovation_session=")
