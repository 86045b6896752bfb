"""The server killed while people vote and staff work in browsers: a few times here, 200 times by ``make attack``."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest


@pytest.mark.browser
@pytest.mark.slow
def test_a_killed_server_loses_and_doubles_no_ballot_and_no_paper(tmp_path: Path) -> None:
    import web_kills
    from browser_harness import chromium_path

    if chromium_path() is None:
        pytest.skip("Chromium is absent")
    # A thread of its own: the driver of the session's browser, if one is open, holds the main one.
    with ThreadPoolExecutor(1) as aside:
        outcome = aside.submit(web_kills.kill_again, tmp_path / "home", tmp_path / "server.log", 3).result()
    assert outcome.is_clean, outcome
    assert outcome.kills == 3
