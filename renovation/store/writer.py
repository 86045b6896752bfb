"""Whoever writes to a SQLite file or empties its log: one at a time, among threads and among processes.

The server, a command and a backup may be at work on one home at once; a lock file beside the store tells them apart.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path
from types import TracebackType

from renovation.errors import UnavailableError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

#: Seconds to wait for another process's write before saying so.
BUSY_TIMEOUT_S = 10.0
_PAUSE_S = 0.005


class WriterLock:
    """The one lock of a SQLite file; the system lets it go when a process dies."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._threads = threading.Lock()
        self._handle: int | None = None

    def __enter__(self) -> None:
        """Wait for the threads of this process, then for other processes.

        Raises
        ------
        UnavailableError
            ``store.busy``: another process writes for longer than anybody waits; ``store.read_only``.
        """
        self._threads.acquire()
        try:
            if self._file is not None:
                self._claim(self._file)
        except BaseException:
            self._threads.release()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        """Let the next one go on."""
        try:
            if self._handle is not None:
                _let_go(self._handle)
        finally:
            self._threads.release()

    def locked(self) -> bool:
        """Tell whether a thread of this process writes."""
        return self._threads.locked()

    def _claim(self, file: Path) -> None:
        if self._handle is None:
            try:
                self._handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
            except OSError as error:
                raise UnavailableError("store.read_only") from error
        given_up = time.monotonic() + BUSY_TIMEOUT_S
        while not _take(self._handle):
            if time.monotonic() > given_up:
                raise UnavailableError("store.busy")
            time.sleep(_PAUSE_S)


def _take(handle: int) -> bool:
    try:
        if sys.platform == "win32":
            os.lseek(handle, 0, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _let_go(handle: int) -> None:
    if sys.platform == "win32":
        os.lseek(handle, 0, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)
    else:
        fcntl.flock(handle, fcntl.LOCK_UN)


_locks: dict[str, WriterLock] = {}
_guard = threading.Lock()


def lock_of(url: str, database: str | None) -> WriterLock:
    """Return this process's lock of a SQLite store."""
    with _guard:
        in_file = database and database != ":memory:"
        return _locks.setdefault(url, WriterLock(Path(f"{database}-writer") if in_file else None))
