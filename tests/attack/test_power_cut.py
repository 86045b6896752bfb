"""Power cuts while people vote: nothing confirmed is lost, and a build that does not flush is found out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.mark.slow
def test_a_power_cut_loses_nothing_that_was_confirmed(tmp_path: Path, absent: Callable[[str], None]) -> None:
    import power_cut

    outcome = power_cut.cut_power(tmp_path, cuts=8, ballots=60, seed=3)
    if outcome is None:
        absent("a C compiler on Linux, which records writes")
    assert outcome.is_clean, outcome
    assert outcome.cuts == 8
    assert outcome.confirmed


@pytest.mark.slow
def test_cuts_find_out_a_build_that_does_not_flush(tmp_path: Path, absent: Callable[[str], None]) -> None:
    import power_cut

    outcome = power_cut.cut_power(tmp_path, cuts=8, ballots=60, seed=3, careless=True)
    if outcome is None:
        absent("a C compiler on Linux, which records writes")
    assert outcome.lost or outcome.damaged, outcome
