"""The demonstration city, for the files that look at what it holds."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from renovation.store import Store, open_store


@pytest.fixture(scope="module")
def city(demonstration_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store with the demonstration, a file's own."""
    folder = shutil.copytree(demonstration_template, tmp_path_factory.mktemp("city") / "home")
    store = open_store(f"sqlite:///{folder / 'store.sqlite'}", folder / "keys")
    yield store
    store.close()
