"""An installation of its own for each page test, and people to sign in."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from renovation.config import CHECKOUT, settings
from renovation.model.accounts import Actor, Role
from renovation.model.clock import now
from renovation.model.scope import EVERYWHERE
from renovation.services.staff import accounts
from renovation.store import Store
from renovation.store.staff import accounts as stored
from renovation.store.starting import forget_stores
from renovation.text import Language, text
from renovation.ui.frame.state import store

OpenPage = Callable[..., AppTest]


@pytest.fixture(scope="session", autouse=True)
def work_that_is_waited_for() -> Iterator[None]:
    """Wait until work that a page begins is done, however busy the machine: a test's page looks but once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("renovation.ui.jobs._AT_ONCE_S", 120)
        yield


@pytest.fixture(scope="session", autouse=True)
def one_look_for_components() -> Iterator[None]:
    """Read what every installed package is once: a page under test asks anew, and that takes longer than the page."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            manifest_scanner, "scan_component_manifests", functools.cache(manifest_scanner.scan_component_manifests)
        )
        yield


@contextmanager
def _at_home(home: Path) -> Iterator[Store]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RENOVATION_HOME", str(home))
        patch.delenv("RENOVATION_DATABASE_URL", raising=False)
        patch.delenv("RENOVATION_DOOR", raising=False)
        _forget()
        opened = store()
        yield opened
        opened.close()
    _forget()


def _forget() -> None:
    settings.cache_clear()
    forget_stores()
    st.cache_resource.clear()
    st.cache_data.clear()


@pytest.fixture(scope="session")
def at_home() -> Callable[[Path], AbstractContextManager[Store]]:
    """Have pages see the store of a home folder for a while, for modules whose tests only look at one."""
    return _at_home


@pytest.fixture
def installation(tmp_path: Path, lay_store: Callable[[Path], Path]) -> Iterator[Store]:
    """The migrated, empty store that pages of this test see."""
    lay_store(tmp_path)
    with _at_home(tmp_path) as opened:
        yield opened


@pytest.fixture
def sign_in(installation: Store) -> Callable[[Role], tuple[str, Actor]]:
    """Make an account of a role and return a session's token and the actor."""

    def begin(role: Role) -> tuple[str, Actor]:
        with installation.write() as unit:
            made = stored.by_login(unit.connection, f"test-{role.value}") or stored.add(
                unit.connection,
                login=f"test-{role.value}",
                name=f"测试{role.value}",
                role=role,
                password_hash="none",
                created_at=now(),
                scope=EVERYWHERE,
            )
            unit.commit()
        return accounts.begin_session(installation, made).token, accounts.as_actor(made)

    return begin


@pytest.fixture
def open_page(sign_in: Callable[[Role], tuple[str, Actor]]) -> OpenPage:
    """Run ``pages/<name>.py`` alone, as a stranger or signed in with a role: ``open_page("estates", Role.PLANNER)``."""

    def run(name: str, role: Role | None = None, **state: object) -> AppTest:
        page = AppTest.from_file(str(CHECKOUT / "pages" / f"{name}.py"), default_timeout=600)
        if role is not None:
            page.session_state["renovation.token"] = sign_in(role)[0]
        for key, value in state.items():
            page.session_state[key] = value
        page.run()
        assert not page.exception, page.exception
        assert role is None or text("shell.sign_in_first", Language.ZH) not in [info.value for info in page.info]
        return page

    return run
