"""What is known of the store outside the database: where its log ends, and how far each poll has come.

A database cannot tell by itself that it was put back to an earlier state, or that its log lost its last entries: what
is left is sound. So beside the keys lie the log's head (count and digest), written and made durable around every commit
that adds to the log, and for each poll the number of its turns, which never falls. Only a restore moves them back.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from renovation.errors import UnavailableError
from renovation.store.files import flush_folder

_LOG = "log.head"
_LOCK = "heads.lock"
_DIGITS = 20

#: How many entries the log has, and the digest of the last one.
End = tuple[int, str]


@dataclass(frozen=True, slots=True)
class LogHead:
    """The end of the log as it was last confirmed, and the end that a commit under way would give it."""

    held: End
    next: End | None = None

    def fits(self, end: End) -> bool:
        """Tell whether the log may end here: as confirmed, or as a commit left it that was killed before it said so."""
        return end in (self.held, self.next)


def log_head(folder: Path) -> LogHead | None:
    """Return the log's head; ``None`` when there is none or it cannot be read."""
    try:
        found = json.loads((folder / _LOG).read_text(encoding="ascii"))
        held, following = found["held"], found["next"]
        return LogHead((int(held[0]), str(held[1])), None if following is None else (int(following[0]), following[1]))
    except (OSError, ValueError, TypeError, LookupError):
        return None


def prepare(folder: Path, before: End, after: End, *, moved: bool = False) -> None:
    """Note that a commit is about to take the log from one end to another; does nothing where the log is not ours.

    Parameters
    ----------
    moved
        Whatever was held, this log is the right one from now on.

    Raises
    ------
    UnavailableError
        ``store.head_not_written``; the commit must not go on.
    """
    with _locked(folder):
        known = log_head(folder)
        if moved or (before[0] == 0 if known is None else known.fits(before)):
            _write(folder, LogHead(before, after))


def confirm(folder: Path, after: End) -> None:
    """Note that the log ends here for good; if this fails, the next entry does it."""
    with suppress(UnavailableError), _locked(folder):
        known = log_head(folder)
        if known is not None and known.next == after:
            _write(folder, LogHead(after))


def note_turns(folder: Path, turns: Mapping[str, int]) -> None:
    """Note how often polls have been written to; never fewer times than before."""
    for poll_id, count in turns.items():
        if not poll_id.isalnum():
            continue  # an id that a kit brought, and no name of a file
        # Without a flush: a power cut may lose the newest turns here, never in the database, and fewer are no fault.
        with suppress(OSError, UnavailableError), _locked(folder):
            if count > _turns(path := _poll_file(folder, poll_id)):
                handle = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
                try:
                    os.write(handle, b"%0*d" % (_DIGITS, count))
                finally:
                    os.close(handle)
                # When somebody last voted is nobody's business.
                os.utime(path, (0, 0))


def all_turns(folder: Path) -> dict[str, int]:
    """Return the turns of every poll that is known here."""
    return {path.name[len("poll-") : -len(".head")]: _turns(path) for path in sorted(folder.glob("poll-*.head"))}


def forget_turns(folder: Path) -> None:
    """Forget how far polls have come: the store was moved on purpose."""
    for path in folder.glob("poll-*.head"):
        path.unlink(missing_ok=True)


def _poll_file(folder: Path, poll_id: str) -> Path:
    return folder / f"poll-{poll_id}.head"


def _turns(path: Path) -> int:
    try:
        return int(path.read_bytes())
    except (OSError, ValueError):
        return 0


def _write(folder: Path, head: LogHead) -> None:
    """Put the new head in the place of the old one, whole or not at all, and durably."""
    content: dict[str, Any] = {"held": head.held, "next": head.next}
    unfinished = folder / f"{_LOG}.new"
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        json.dump(content, file)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(folder / _LOG)
    flush_folder(folder)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep other processes and threads out while a head is read and written.

    Raises
    ------
    UnavailableError
        ``store.head_not_written``.
    """
    try:
        handle = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if sys.platform == "win32":
                import msvcrt

                msvcrt.locking(handle, msvcrt.LK_LOCK, 1)
            else:
                import fcntl

                fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)
    except OSError as error:
        raise UnavailableError("store.head_not_written", folder=str(folder)) from error
