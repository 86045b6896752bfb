"""No file from a stranger takes much more memory than a file from a friend."""

from __future__ import annotations

import sys

import memory
import pytest


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a process's peak is told by Linux alone")
@pytest.mark.parametrize("name", [name for name in memory.FILES if name not in memory.HEAVY])
# Pillow speaks of bombs before we refuse them.
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning", "ignore::DeprecationWarning")
def test_a_hostile_file_stays_below_300_megabytes(name: str) -> None:
    taken = memory.measured(name)
    assert not taken.verdict.startswith("!"), taken
    assert taken.peak <= memory.LIMIT, taken
