"""Every page opens alone, with and without a right to it, and shows nothing to a stranger."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from renovation.config import CHECKOUT, settings
from renovation.model.accounts import STAFF_ROLES, Role, may
from renovation.model.accounts import Actor as StaffActor
from renovation.model.clock import now
from renovation.model.scope import EVERYWHERE
from renovation.services.staff import accounts
from renovation.store import Store
from renovation.store.staff import accounts as stored
from renovation.ui.frame.navigation import PAGES, Entry
from renovation.ui.frame.state import store

FILES = sorted(file.stem for file in (CHECKOUT / "pages").glob("*.py") if file.stem != "__init__")
SIGN_IN_FIRST = "这一页供工作人员使用，请先登录。"
STAFF = [entry for entry in PAGES if not entry.public]
AtHome = Callable[[Path], AbstractContextManager[Store]]


@pytest.fixture(scope="module")
def empty(at_home: AtHome, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """An empty store that these tests only look at, so one does for all."""
    with at_home(tmp_path_factory.mktemp("empty")) as opened:
        with opened.write() as unit:
            for role in STAFF_ROLES:
                stored.add(
                    unit.connection,
                    login=role.value.replace("_", "-"),
                    name=role.value,
                    role=role,
                    password_hash="none",
                    created_at=now(),
                    scope=EVERYWHERE,
                )
            unit.commit()
        yield


def open_page(name: str, role: Role | None = None) -> AppTest:
    """Run a page alone, as a stranger or signed in with a role."""
    page = AppTest.from_file(str(CHECKOUT / "pages" / f"{name}.py"), default_timeout=600)
    if role is not None:
        with store().read() as connection:
            account = stored.by_login(connection, role.value.replace("_", "-"))
        assert account is not None
        page.session_state["renovation.token"] = accounts.begin_session(store(), account).token
    page.run()
    assert not page.exception
    assert role is None or SIGN_IN_FIRST not in [info.value for info in page.info]
    return page


def shown(page: AppTest) -> list[str]:
    """Return what stands on the page besides the frame: headings, tables, inputs, buttons outside the sidebar."""
    main = page.main
    return [
        *(element.value for element in main.title),
        *(element.value for element in main.subheader),
        *(str(element.label) for element in main.button),
        *(str(element.label) for element in main.text_input),
        *(str(len(element.value)) for element in main.dataframe),
    ]


def test_router_and_folder_name_the_same_pages() -> None:
    assert sorted(entry.file for entry in PAGES) == FILES


@pytest.mark.parametrize("name", FILES)
def test_guard_is_the_first_statement(name: str) -> None:
    """Streamlit can run a page without the router, so nothing may come before the guard."""
    tree = ast.parse((CHECKOUT / "pages" / f"{name}.py").read_text(encoding="utf-8"))
    body = [node for node in tree.body if not isinstance(node, (ast.Import, ast.ImportFrom, ast.FunctionDef))]
    first = next(node for node in body if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)))
    called = {
        node.func.id for node in ast.walk(first) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert called & {"guard", "public_guard"}, ast.unparse(first)


@pytest.mark.parametrize("entry", STAFF, ids=lambda entry: entry.file)
def test_staff_page_shows_nothing_to_a_stranger(empty: None, entry: Entry) -> None:
    page = open_page(entry.file)
    assert [info.value for info in page.info] == [SIGN_IN_FIRST]
    assert shown(page) == []


@pytest.mark.parametrize("entry", STAFF, ids=lambda entry: entry.file)
def test_staff_page_shows_nothing_to_a_role_without_the_right(empty: None, entry: Entry) -> None:
    for role in STAFF_ROLES:
        if entry.action is not None and not may(StaffActor(role=role), entry.action):
            page = open_page(entry.file, role)
            assert [info.value for info in page.info] == ["您的岗位不使用这一页。需要时请联系管理员。"], role
            assert shown(page) == []


@pytest.mark.parametrize("entry", PAGES, ids=lambda entry: entry.file)
def test_page_opens_in_an_empty_store(empty: None, entry: Entry) -> None:
    roles = [role for role in STAFF_ROLES if entry.action is None or may(StaffActor(role=role), entry.action)]
    page = open_page(entry.file, Role.ADMIN if Role.ADMIN in roles else roles[0])
    assert not page.error


@pytest.mark.parametrize("door", ["resident", "staff"])
def test_residents_door_has_no_staff_pages(empty: None, monkeypatch: pytest.MonkeyPatch, door: str) -> None:
    monkeypatch.setenv("RENOVATION_DOOR", door)
    settings.cache_clear()
    page = open_page("accounts", Role.ADMIN)
    assert bool(shown(page)) is (door == "staff")
