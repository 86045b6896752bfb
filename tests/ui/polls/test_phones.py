"""Whoever prints squares for phones reads which address they open and what http means."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from renovation.config import settings


@pytest.fixture(autouse=True)
def read_anew() -> Iterator[None]:
    yield
    settings.cache_clear()


def note(households: int) -> None:
    from types import SimpleNamespace

    from renovation.ui.polls.phones import phones_note

    phones_note(SimpleNamespace(settings=SimpleNamespace(denominator=households)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("address", "households", "warned", "told"),
    [
        ("", 500, False, False),
        ("https://vote.example", 80, False, False),
        ("http://192.168.8.1:8501", 80, True, False),
        ("http://192.168.8.1:8501", 500, True, True),
    ],
)
def test_the_address_and_what_it_means_stand_beside_the_squares(
    monkeypatch: pytest.MonkeyPatch, address: str, households: int, warned: bool, told: bool
) -> None:
    monkeypatch.setenv("RENOVATION_RESIDENTS_URL", address)
    settings.cache_clear()
    page = AppTest.from_function(note, kwargs={"households": households}, default_timeout=600).run()
    assert not page.exception
    shown = page.caption[0].value.replace("\\", "").replace("\u2060", "")
    assert (address or "只供投票站") in shown
    assert bool(page.warning) is warned
    assert bool(page.info) is told
