"""The list of hostile inputs stays true: every row names a test file, and that file names the row."""

from __future__ import annotations

import re

from renovation.config import CHECKOUT

#: The numbers of the collection this list follows; those it leaves out were never given.
LAST, LEAST = 89, 60


def test_every_row_of_the_list_has_its_test() -> None:
    listed = (CHECKOUT / "docs" / "hostile-inputs.md").read_text(encoding="utf-8")
    rows = [line for line in listed.splitlines() if line.startswith("| H")]
    numbers = [line[2:6] for line in rows]
    assert len(set(numbers)) == len(numbers) >= LEAST
    assert (numbers[0], numbers[-1]) == ("H001", f"H{LAST:03}")
    for number, line in zip(numbers, rows, strict=True):
        files = re.findall(r"`(tests/[\w/]+\.py)`", line)
        assert files, number
        for file in files:
            assert number in (CHECKOUT / file).read_text(encoding="utf-8"), (number, file)
