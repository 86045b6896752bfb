"""Run a town's processes on one machine, begin those anew that die or answer no more, and end all of them together."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType

from renovation.config import CHECKOUT

_LOOKS_S = 0.2
#: A process that dies soon after its start is begun anew after a wait that doubles.
_FIRST_WAIT_S, _LONGEST_WAIT_S, _LIVED_S = 0.5, 30.0, 60.0
#: How often a process is asked, how long it may take to answer, and how often in a row it may fail to: once it has
#: answered, and before.
_ASKED_EVERY_S, _PATIENCE_S, _MOST_SILENCES = 10.0, 10.0, (6, 60)
#: What is under way at the end gets so long.
_LAST_ACTS_S = 30.0


@dataclass(slots=True, kw_only=True)
class WatchedProcess:
    """One process to keep running. ``port`` is where it answers ``/health``; 0 where nobody can ask it."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    port: int = 0
    _process: subprocess.Popen[bytes] | None = None
    _began: float = 0.0
    _not_before: float = 0.0
    _deaths: int = 0
    _silences: int = 0
    _has_answered: bool = False

    @property
    def number(self) -> int:
        """The process's number; 0 while there is none."""
        return 0 if self._process is None else self._process.pid

    def begin(self) -> None:
        """Begin, in a session of its own: what ends the watcher's terminal is for the watcher to hand on."""
        self._began, self._silences, self._has_answered = time.monotonic(), 0, False
        self._process = subprocess.Popen(  # noqa: S603 (our own command line)
            list(self.command), cwd=CHECKOUT, env={**os.environ, **self.environment}, start_new_session=True
        )

    def look(self) -> int | None:
        """Begin anew what has died once its wait is over; return the code it died with, the moment it is seen."""
        moment = time.monotonic()
        if self._process is None:
            if moment >= self._not_before:
                self.begin()
            return None
        code = self._process.poll()
        if code is None:
            return None
        self._deaths = 1 if moment - self._began > _LIVED_S else self._deaths + 1
        self._not_before = moment + min(_FIRST_WAIT_S * 2 ** (self._deaths - 1), _LONGEST_WAIT_S)
        self._process = None
        return code

    def ask(self) -> None:
        """Kill it where it has not answered for a minute, or ten after its start: it hangs."""
        process = self._process
        if not self.port or process is None:
            return
        answers = _answers(self.port)
        self._has_answered = self._has_answered or answers
        self._silences = 0 if answers else self._silences + 1
        if self._silences >= _MOST_SILENCES[0 if self._has_answered else 1]:
            process.kill()

    def end(self, by: signal.Signals) -> None:
        """Ask it to end, or make it."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(by)

    def wait(self, until: float) -> bool:
        """Wait for its end; tell whether it came in time."""
        try:
            if self._process is not None:
                self._process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            return False
        return True


def _answers(port: int) -> bool:
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_S)
        try:
            connection.request("GET", "/health", headers={"Host": "localhost"})
            return connection.getresponse().status == http.client.OK
        finally:
            connection.close()
    except (OSError, http.client.HTTPException):
        return False


def watch(tasks: Sequence[WatchedProcess], died: Callable[[str, int], None]) -> None:
    """Keep every task running until this process is asked to end, then end them in turn.

    Parameters
    ----------
    died
        Told the name of a task that died, and its code.
    """
    over = threading.Event()

    def asked(_number: int, _frame: FrameType | None) -> None:
        over.set()

    before = {one: signal.signal(one, asked) for one in (signal.SIGTERM, signal.SIGINT)}
    asking = threading.Thread(target=_ask_all, args=(tasks, over), daemon=True)
    try:
        for task in tasks:
            task.begin()
        asking.start()
        while not over.wait(_LOOKS_S):
            for task in tasks:
                if (code := task.look()) is not None:
                    died(task.name, code)
    finally:
        over.set()
        for task in tasks:
            task.end(signal.SIGTERM)
        until = time.monotonic() + _LAST_ACTS_S
        for task in tasks:
            if not task.wait(until):
                task.end(signal.SIGKILL)
                task.wait(time.monotonic() + _LAST_ACTS_S)
        for number, handler in before.items():
            signal.signal(number, handler)


def _ask_all(tasks: Sequence[WatchedProcess], over: threading.Event) -> None:
    while not over.wait(_ASKED_EVERY_S):
        for task in tasks:
            task.ask()
