"""Short storms: the full ones are the scripts beside this file."""

from __future__ import annotations

import pytest

from renovation.store import Store


@pytest.mark.slow
def test_kills_lose_double_and_halve_nothing(store: Store) -> None:
    import storm

    outcome = storm.storm(store, kills=4, confirmed=240)
    assert outcome.is_clean, outcome
    assert outcome.confirmed >= 240


@pytest.mark.slow
def test_storm_notices_a_build_that_commits_every_statement(sqlite_store: Store) -> None:
    import storm

    outcome = storm.storm(sqlite_store, kills=12, confirmed=120, planted=True, stop_when_dirty=True)
    assert not outcome.is_clean, outcome
