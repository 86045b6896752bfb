"""What is turned away before the framework sees it, and what every answer forbids."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from renovation.config import settings
from renovation.ui.border import Border, own_names


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
    asyncio.run(Border(_inner)(scope, receive, send))  # type: ignore[arg-type]
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


def test_figures_about_the_process_are_not_public() -> None:
    assert ask("/_stcore/metrics", host="localhost")[0]["status"] == 404
