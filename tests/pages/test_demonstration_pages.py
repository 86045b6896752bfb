"""Every page opens on the demonstration city, where every list has something in it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from renovation.config import CHECKOUT, settings
from renovation.model.accounts import STAFF_ROLES, Actor, Role, may
from renovation.services import accounts
from renovation.ui.navigation import PAGES, Entry
from renovation.ui.state import store


@pytest.fixture(scope="module")
def city(demonstration_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The demonstration city, only looked at."""
    home = shutil.copytree(demonstration_template, tmp_path_factory.mktemp("city") / "home")
    patch = pytest.MonkeyPatch()
    patch.setenv("RENOVATION_HOME", str(home))
    patch.delenv("RENOVATION_DATABASE_URL", raising=False)
    settings.cache_clear()
    st.cache_resource.clear()
    yield
    store().close()
    patch.undo()
    settings.cache_clear()
    st.cache_resource.clear()


@pytest.mark.slow
@pytest.mark.parametrize("entry", PAGES, ids=lambda entry: entry.file)
def test_page_opens_in_the_demonstration_city(city: None, entry: Entry) -> None:
    roles = [role for role in STAFF_ROLES if entry.action is None or may(Actor(role=role), entry.action)]
    page = AppTest.from_file(str(CHECKOUT / "pages" / f"{entry.file}.py"), default_timeout=60)
    role = Role.ADMIN if Role.ADMIN in roles else roles[0]
    page.session_state["renovation.token"] = accounts.enter_demonstration(store(), role).token
    page.run()
    assert not page.exception
    assert not page.error
