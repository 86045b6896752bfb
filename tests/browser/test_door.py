"""What strangers send past the pages: uploads without a session, broken frames, and sockets that say nothing."""

from __future__ import annotations

import base64
import contextlib
import os
import socket
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from browser_harness import PATIENCE

pytestmark = pytest.mark.browser

#: Sockets held open at once; the point is that they cost the others nothing.
IDLE = 300


def _healthy(address: str) -> bool:
    where = urlsplit(address)
    with contextlib.closing(HTTPConnection(where.hostname or "", where.port, timeout=PATIENCE)) as link:
        link.request("GET", "/_stcore/health")
        with link.getresponse() as answer:
            return answer.status == 200 and answer.read() == b"ok"


def _reveals(content: bytes) -> bool:
    return any(word in content for word in (b"Traceback", b".py", b"site-packages", b"/home/", os.getcwd().encode()))


def test_a_stranger_uploads_nothing(app: str) -> None:
    """H083: files without a session are refused before they are kept."""
    where = urlsplit(app)
    body = b"x" * 25_000_000
    for number in range(4):
        with (
            contextlib.closing(HTTPConnection(where.hostname or "", where.port, timeout=PATIENCE)) as link,
            contextlib.suppress(BrokenPipeError, ConnectionResetError),
        ):
            link.request("PUT", f"/_stcore/upload_file/stranger-{number}/file-{number}", body)
            with link.getresponse() as answer:
                assert answer.status >= 400
                assert not _reveals(answer.read())
    assert _healthy(app)


def test_broken_frames_and_idle_sockets_trouble_nobody(app: str) -> None:
    """H085: a malformed frame, one of 200 MB, and hundreds of silent sockets leave the server answering."""
    where = urlsplit(app)
    place = (where.hostname or "", where.port or 80)
    key = base64.b64encode(os.urandom(16)).decode()
    greeting = (
        f"GET /_stcore/stream HTTP/1.1\r\nHost: {where.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nOrigin: {app}\r\n\r\n"
    ).encode()
    # Reserved bits and an unknown kind of frame; then a frame that says it is 200 MB long.
    for frame in (
        b"\xff\x80\x00\x00\x00\x00",
        b"\x82\xff" + (200_000_000).to_bytes(8, "big") + b"mask" + b"x" * 100_000,
    ):
        with socket.create_connection(place, timeout=PATIENCE) as link:
            link.sendall(greeting)
            answer = link.recv(4096)
            with contextlib.suppress(OSError):
                link.sendall(frame)
                link.settimeout(3)
                answer += link.recv(65_536)
            assert not _reveals(answer)
        assert _healthy(app)
    with contextlib.ExitStack() as held:
        for _ in range(IDLE):
            held.enter_context(socket.create_connection(place, timeout=PATIENCE))
        assert _healthy(app)


def test_foreign_pages_are_turned_away_at_once(app: str) -> None:
    """Neither a page nor a web socket is opened for another site's page or under another site's name."""
    where = urlsplit(app)
    for path in ("/", "/_stcore/stream", "/_stcore/upload_file/a/b"):
        for headers in ({"Origin": "http://evil.example"}, {"Host": "evil.example"}):
            with contextlib.closing(HTTPConnection(where.hostname or "", where.port, timeout=PATIENCE)) as link:
                key = base64.b64encode(os.urandom(16)).decode()
                upgrade = {
                    "Connection": "Upgrade",
                    "Upgrade": "websocket",
                    "Sec-WebSocket-Key": key,
                    "Sec-WebSocket-Version": "13",
                }
                link.request("GET", path, headers=headers | (upgrade if path.endswith("stream") else {}))
                with link.getresponse() as answer:
                    assert answer.status == 403
    assert _healthy(app)
