"""Files that appear whole: nobody reads one half written, and one that stands there outlasts a power cut.

And the lock file of a store: server, commands and backup may be at work on one home at once, and write one at a time.
"""

from __future__ import annotations

import os
import secrets
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


def write_new(path: Path, content: bytes) -> None:
    """Write a file that must not exist yet, readable by its owner alone.

    Raises
    ------
    FileExistsError
        Another process was first.
    """
    whole = _beside(path)
    _write(whole, content)
    try:
        if os.name == "nt":
            whole.rename(path)  # refuses there what exists
        else:
            path.hardlink_to(whole)
    except PermissionError:  # file systems of memory sticks know no links
        _write(path, content)
    finally:
        whole.unlink(missing_ok=True)
    flush_folder(path.parent)


def write_whole(path: Path, content: bytes, *, lasting: bool = True) -> None:
    """Write a file in the place of the one before, readable by its owner alone.

    Parameters
    ----------
    lasting
        Whether it has to outlast a power cut; what can be made again need not wait for the disk.

    Raises
    ------
    OSError
        The disk does not take it, and what stood there stands there still.
    """
    whole = _beside(path)
    try:
        _write(whole, content, lasting=lasting)
        whole.replace(path)
    except OSError:
        whole.unlink(missing_ok=True)
        raise
    if lasting:
        flush_folder(path.parent)


def flush_folder(folder: Path) -> None:
    """Make durable what files are called in a folder: flushing a file does not do it for its name."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _beside(path: Path) -> Path:
    """Return a name that no other process or thread writes to."""
    return path.with_name(f"{path.name}.{secrets.token_hex(8)}.new")


def _write(path: Path, content: bytes, *, lasting: bool = True) -> None:
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        file.write(content)
        if lasting:
            file.flush()
            os.fsync(file.fileno())


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
_locks_guard = threading.Lock()


def lock_of(url: str, database: str | None) -> WriterLock:
    """Return this process's lock of a SQLite store."""
    with _locks_guard:
        in_file = database and database != ":memory:"
        return _locks.setdefault(url, WriterLock(Path(f"{database}-writer") if in_file else None))
