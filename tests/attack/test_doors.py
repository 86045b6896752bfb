"""A real server in a network that answers nobody: whatever strangers send, nothing outside is called.

Every way out is a tarpit that writes down who tried and then keeps them waiting.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
from slow_lines import dripping_lines, is_closed, wait_until
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from renovation.config import CHECKOUT
from renovation.model.accounts import Role
from renovation.services.staff import accounts
from renovation.store import open_store

TARPIT = """
import os, socket, time
_here = ("127.", "::1", "localhost", "0.0.0.0")
def _noted(where):
    with open(os.environ["TARPIT_LOG"], "a") as file:
        file.write(repr(where) + "\\n")
    time.sleep(8)
    raise OSError("tarpit")
def _kept(real, place):
    def asked(*given, **named):
        where = given[place]
        host = where[0] if isinstance(where, tuple) else where
        if isinstance(host, str) and host and not host.startswith(_here) and host != socket.gethostname():
            _noted(where)
        return real(*given, **named)
    return asked
socket.getaddrinfo = _kept(socket.getaddrinfo, 0)
class _Socket(socket.socket):
    connect = _kept(socket.socket.connect, 1)
    connect_ex = _kept(socket.socket.connect_ex, 1)
socket.socket = _Socket
"""


class Server:
    """A server, and what it tried to reach."""

    def __init__(self, port: int, tried: Path, log: Path) -> None:
        self.port, self.tried, self.log = port, tried, log

    def ask(self, path: str, method: str = "GET", body: bytes = b"", **headers: str) -> int:
        """Return the status of an answer."""
        with contextlib.closing(HTTPConnection("127.0.0.1", self.port, timeout=600)) as link:
            link.request(method, path, body or None, {name.replace("_", "-"): value for name, value in headers.items()})
            with link.getresponse() as answer:
                answer.read()
                return answer.status

    def socket(self, **options: object) -> ClientConnection:
        """Open a tab's web socket."""
        where = f"ws://127.0.0.1:{self.port}/_stcore/stream"
        return connect(where, subprotocols=["streamlit"], max_size=None, **options)  # type: ignore[list-item,arg-type]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, demonstration_template: Path) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    shutil.copytree(demonstration_template, folder / "home")
    (folder / "sitecustomize.py").write_text(TARPIT, encoding="utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    made = Server(port, folder / "tried.log", folder / "server.log")
    variables = {
        **{name: value for name, value in os.environ.items() if not name.startswith("RENOVATION_")},
        "PYTHONPATH": os.pathsep.join((str(folder), str(CHECKOUT))),
        "TARPIT_LOG": str(made.tried),
        "RENOVATION_HOME": str(folder / "home"),
        "RENOVATION_PORT": str(port),
    }
    with made.log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "renovation.cli", "serve"],
            cwd=CHECKOUT,
            env=variables,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            for _ in range(600):
                with contextlib.suppress(OSError):
                    if made.ask("/_stcore/health") == 200:
                        break
                assert process.poll() is None, made.log.read_text()
                time.sleep(0.2)
            yield made
        finally:
            process.terminate()
            process.wait(600)


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://203.0.113.7", "null", "http://localhost.evil.example"]
)
def test_a_foreign_origin_makes_the_server_call_nobody(server: Server, origin: str) -> None:
    for path in ("/", "/_stcore/health", "/_stcore/host-config", "/media/x.png", "/component/x/y", "/renovation/keep"):
        assert server.ask(path, Origin=origin) == 403
    with pytest.raises(InvalidStatus) as refused, server.socket(origin=origin):
        pass
    assert refused.value.response.status_code == 403
    assert not server.tried.exists(), server.tried.read_text()


@pytest.mark.parametrize(
    "path",
    [
        "/_stcore/metrics",
        "/_stcore/metrics/",
        "/_stcore/agent/openapi.json",
        "/_stcore/%61gent/openapi.json",
        "/auth/logout",
    ],
)
def test_the_frameworks_other_doors_are_closed(server: Server, path: str) -> None:
    assert server.ask(path) == 404


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "169.254.169.254.evil.example"])
def test_foreign_names_are_refused(server: Server, host: str) -> None:
    assert server.ask("/", Host=host) == 403
    with pytest.raises(InvalidStatus), server.socket(additional_headers={"Host": host}):
        pass


@pytest.fixture(scope="module")
def dripping(server: Server) -> Iterator[list[socket.socket]]:
    """Lines that never bring a request, while the other tests go on."""
    with dripping_lines(server.port) as lines:
        yield lines


def show(tab: ClientConnection, page: str) -> str:
    """Have a tab draw a page, and return the tab's number."""
    said = BackMsg()
    said.rerun_script.page_name = page
    tab.send(said.SerializeToString())
    number = ""
    while True:
        told = ForwardMsg.FromString(tab.recv(timeout=600))  # type: ignore[arg-type]
        if told.WhichOneof("type") == "new_session":
            number = told.new_session.initialize.session_id
        if told.WhichOneof("type") == "script_finished":
            return number


def test_files_are_taken_from_the_page_that_asks_for_them(server: Server, dripping: list[socket.socket]) -> None:
    assert dripping
    body = b'--b\r\nContent-Disposition: form-data; name="f"; filename="a.jpg"\r\n\r\n' + b"x" * 1000 + b"\r\n--b--\r\n"
    kind = "multipart/form-data; boundary=b"
    own = f"http://127.0.0.1:{server.port}"
    home = server.log.parent / "home"
    store = open_store(f"sqlite:///{home / 'store.sqlite'}", home / "keys")
    session = accounts.enter_demonstration(store, Role.SOCIAL_WORKER).token
    store.close()
    with server.socket(origin=own, additional_headers={"Cookie": f"renovation_session={session}"}) as tab:
        number = show(tab, "public_results")
        assert number
        for turn in range(20):
            assert server.ask(f"/_stcore/upload_file/{number}/f{turn}", "PUT", body, Content_Type=kind) == 403
        show(tab, "new_demand")
        with contextlib.closing(HTTPConnection("127.0.0.1", server.port, timeout=600)) as link:
            link.request("GET", "/_stcore/health")
            with link.getresponse() as answer:
                answer.read()
                token = str(answer.headers["set-cookie"]).split("=", 1)[1].split(";", 1)[0]
        own_page = {"Cookie": f"_streamlit_xsrf={token}", "X_Xsrftoken": token, "Content_Type": kind}
        assert server.ask(f"/_stcore/upload_file/{number}/f", "PUT", body, **own_page) == 204
        show(tab, "public_results")
        time.sleep(16)
        assert server.ask(f"/_stcore/upload_file/{number}/g", "PUT", body, **own_page) == 403
    assert not re.search(re.escape(number), server.log.read_text())
    assert not server.tried.exists(), server.tried.read_text()


def test_lines_that_never_bring_a_request_are_cut_off(server: Server, dripping: list[socket.socket]) -> None:
    wait_until(lambda: all(map(is_closed, dripping)))
    assert server.ask("/health") == 200


def test_one_address_holds_no_more_than_its_share_of_lines(server: Server) -> None:
    with contextlib.ExitStack() as held:
        where, own = ("127.0.0.1", server.port), ("127.0.0.2", 0)
        lines = [held.enter_context(socket.create_connection(where, source_address=own)) for _ in range(1100)]
        wait_until(lambda: sum(map(is_closed, lines)) >= 100)
        assert server.ask("/health") == 200
