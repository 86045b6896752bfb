"""Chromium, a server with the demonstration city, and a window that cannot reach any other machine."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1] / "chain"))
sys.path.insert(0, str(Path(__file__).parent))

from browser_harness import Staff, Visit, chromium_path, free_port, launch, opened, serve, serve_app

from renovation.bootstrap.assets import prepare_assets
from renovation.config import CHECKOUT


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of this process."""
    if chromium_path() is None:
        if os.environ.get("CI") == "true":
            pytest.fail("Chromium is absent, and CI must have it")
        pytest.skip("Chromium is absent (Debian: sudo apt install chromium)")
    with sync_playwright() as playwright:
        running = launch(playwright)
        yield running
        running.close()


@pytest.fixture(scope="session")
def demonstration(demonstration_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the demonstration city's store, this test process's own."""
    return shutil.copytree(demonstration_template, tmp_path_factory.mktemp("home") / "home")


@pytest.fixture(scope="session")
def staff(demonstration: Path) -> Iterator[Staff]:
    """Sessions of the demonstration city's staff: ``staff.token(role)``, asked anew for every page."""
    with opened(demonstration) as store:
        yield Staff(store)


@pytest.fixture(scope="session")
def app(demonstration: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the real app with the demonstration city."""
    with serve_app(demonstration, tmp_path_factory.mktemp("log") / "server.log") as address:
        yield address


@pytest.fixture(scope="session")
def serve_script(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """Serve a small script as an app of its own, with the real map files: ``serve_script(source)`` → address."""
    prepare_assets()
    with contextlib.ExitStack() as stack:

        def run(source: str) -> str:
            folder = tmp_path_factory.mktemp("script")
            (folder / "static").symlink_to(CHECKOUT / "static")
            shutil.copytree(CHECKOUT / ".streamlit", folder / ".streamlit")
            (folder / "script.py").write_text(source, encoding="utf-8")
            port = free_port()
            command = [sys.executable, "-m", "streamlit", "run", "script.py", "--server.port", str(port)]
            return stack.enter_context(
                serve(command, folder, port, folder / "log.txt", RENOVATION_HOME=str(folder / "home"))
            )

        yield run


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visit]]:
    """Open a window: ``visit(address)``; it closes after the test."""
    opened: list[Visit] = []

    def begin(address: str, **options: object) -> Visit:
        opened.append(Visit.begin(browser, address, **options))  # type: ignore[arg-type]
        return opened[-1]

    yield begin
    for window in opened:
        window.close()
