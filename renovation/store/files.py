"""Files that appear whole: nobody reads one half written, and one that stands there outlasts a power cut."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


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
