"""A file in the place of another is the old one or the new one, whoever reads and however many write."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from renovation.store import files


def test_read_while_many_write_it_is_whole(tmp_path: Path) -> None:
    path, over = tmp_path / "layer.bin", threading.Event()
    path.write_bytes(b"0" * 200_000)

    def write(sign: int) -> None:
        for _ in range(30):
            files.write_whole(path, b"%d" % sign * 200_000)

    def read() -> set[tuple[int, int]]:
        seen = set()
        while not over.is_set():
            content = path.read_bytes()
            seen.add((len(content), len(set(content))))
        return seen

    with ThreadPoolExecutor(5) as pool:
        reader = pool.submit(read)
        for writer in [pool.submit(write, sign) for sign in range(1, 5)]:
            writer.result()
        over.set()
    assert reader.result() == {(200_000, 1)}
    assert list(tmp_path.iterdir()) == [path]


def test_what_the_disk_does_not_take_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "layer.bin"
    path.write_bytes(b"old")

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        files.write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
