"""The town that benchmarks measure: a database of its own, web processes over it, and members of staff at work.

Not a measurement itself. Where there are two processors, the town has one of them and whoever measures the other.
"""

from __future__ import annotations

import itertools
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets import Subprotocol
from websockets.sync.client import connect

from renovation.config import CHECKOUT
from renovation.model.accounts import Role
from renovation.services.staff import accounts
from renovation.services.staff.accounts import AccountDraft
from renovation.store import Store, start_store

sys.path.insert(0, str(CHECKOUT / "tests" / "town"))

from town_harness import OpenedPoll, free_ports, open_poll, until_it_answers

#: A guard against what hangs, not a measure.
PATIENCE_S = 300.0
_STAFF_PAGES = ("codes", "polls", "demands", "projects")
_OFFICE = AccountDraft(login="office", name="办公室", role=Role.ADMIN)
_PASSWORD = "wangjiang-17-louti"


def server() -> sa.URL:
    """Return the server on which databases may be made, or end with a word that none is named."""
    if "RENOVATION_TEST_POSTGRES" not in os.environ:
        sys.exit("RENOVATION_TEST_POSTGRES names no server.")
    return sa.make_url(os.environ["RENOVATION_TEST_POSTGRES"])


@contextmanager
def database() -> Iterator[str]:
    """Make a database of our own, and drop it."""
    name = f"renovation_bench_{uuid.uuid4().hex[:8]}"
    # No line is kept: the server may be restarted meanwhile.
    admin = sa.create_engine(server(), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with admin.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    try:
        yield server().set(database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))


class Town:
    """An open poll in a store on PostgreSQL, the web processes that serve it, and what else was begun beside them."""

    def __init__(self, url: str, home: Path, store: Store, poll: OpenedPoll) -> None:
        self.store = store
        self.poll = poll
        *self.ports, self.staff_port, self.spare_port = free_ports(4)
        self._variables = {"RENOVATION_DATABASE_URL": url, "RENOVATION_HOME": str(home), "RENOVATION_ROLE": "web"}
        self._web: dict[int, subprocess.Popen[bytes]] = {}
        self._beside: dict[str, subprocess.Popen[bytes]] = {}

    def begin(self, port: int) -> None:
        """Begin a web process."""
        self._web[port] = self._run(port, "-m", "renovation.town.web")

    def begin_beside(self, name: str, *arguments: str) -> None:
        """Begin what is none of the web processes: what follows is for Python's command line."""
        self._beside[name] = self._run(self.staff_port, *arguments)

    def end_beside(self, name: str) -> None:
        """End one of those."""
        process = self._beside.pop(name)
        process.terminate()
        process.wait()

    def _run(self, port: int, *arguments: str) -> subprocess.Popen[bytes]:
        variables = {**os.environ, **self._variables, "RENOVATION_PORT": str(port)}
        pinned = ["taskset", "-c", "1"] if (os.cpu_count() or 1) > 1 else []
        command = [*pinned, sys.executable, *arguments]
        return subprocess.Popen(command, cwd=CHECKOUT, env=variables, stdout=subprocess.DEVNULL)

    def kill(self, port: int) -> None:
        """Kill one as a crash does, begin it anew, and wait until it serves: on a busy machine that takes its time."""
        self._web[port].send_signal(signal.SIGKILL)
        self._web[port].wait()
        self.begin(port)
        until_it_answers(port)

    def seconds(self) -> float:
        """Return the processor time that the web processes took so far (Linux)."""
        ticks = 0
        for process in self._web.values():
            ticks += sum(map(int, Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def folders(self) -> dict[str, Path]:
        """Return the folder below ``/proc`` of every process."""
        named = {f"web {at}": process for at, process in enumerate(self._web.values(), 1)} | self._beside
        return {name: Path(f"/proc/{process.pid}") for name, process in named.items()}

    def end(self) -> None:
        """End all of them."""
        running = [*self._web.values(), *self._beside.values()]
        for process in running:
            process.terminate()
        for process in running:
            process.wait()


@contextmanager
def served_town(codes: int) -> Iterator[Town]:
    """Serve a poll with so many codes by two web processes."""
    with ExitStack() as held:
        url = held.enter_context(database())
        home = Path(held.enter_context(tempfile.TemporaryDirectory()))
        store, _upgraded = start_store(url, home / "keys")
        held.callback(store.close)
        town = Town(url, home, store, open_poll(store, codes))
        held.callback(town.end)
        for port in town.ports:
            town.begin(port)
        for port in town.ports:
            until_it_answers(port)
        yield town


@dataclass
class Turned:
    """How long pages of the app took, and what those said that went wrong."""

    took: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def _staff_at_work(port: int, session: str, over: threading.Event, turned: Turned) -> None:
    """Turn pages of the app as a browser does, one every few seconds, and note how each went."""
    link = connect(
        f"ws://127.0.0.1:{port}/_stcore/stream",
        subprotocols=[Subprotocol("streamlit")],
        max_size=None,
        ping_interval=None,
        additional_headers={"Cookie": f"renovation_session={session}"},
    )
    with link:
        for page in itertools.cycle(_STAFF_PAGES):
            if over.wait(random.uniform(2, 6)):
                return
            began, said = time.perf_counter(), BackMsg()
            said.rerun_script.page_name = page
            link.send(said.SerializeToString())
            told = ForwardMsg()
            while told.WhichOneof("type") != "script_finished":
                told = ForwardMsg.FromString(bytes(link.recv(timeout=PATIENCE_S)))
                element = told.delta.new_element
                if element.WhichOneof("type") == "exception" or element.alert.format == element.alert.ERROR:
                    turned.faults.append(f"{page}: {element.alert.body or element.exception.message}")
            turned.took.append(time.perf_counter() - began)


@contextmanager
def staff_working(town: Town, count: int) -> Iterator[Turned]:
    """Have so many members of staff at work; yield how their pages went."""
    turned = Turned()
    if not count:
        yield turned
        return
    town.begin_beside("staff", "-m", "renovation.cli", "serve", "--role", "staff")
    accounts.create_first_account(town.store, _OFFICE, _PASSWORD)
    sessions = [accounts.sign_in(town.store, _OFFICE.login, _PASSWORD).token for _ in range(count)]
    until_it_answers(town.staff_port)
    over = threading.Event()

    def work(session: str) -> None:
        try:
            _staff_at_work(town.staff_port, session, over, turned)
        except Exception as error:
            turned.faults.append(f"{type(error).__name__}: {error}")

    hands = [threading.Thread(target=work, args=(session,)) for session in sessions]
    for hand in hands:
        hand.start()
    try:
        yield turned
    finally:
        over.set()
        for hand in hands:
            hand.join()
        town.end_beside("staff")
