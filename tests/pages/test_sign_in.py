"""Signing in and out, and the guard."""

from __future__ import annotations

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from renovation.config import CHECKOUT
from renovation.model.accounts import Actor, Role
from renovation.model.scope import EVERYWHERE
from renovation.services.staff import accounts
from renovation.services.staff.accounts import AccountDraft
from renovation.store import Store

OpenPage = Callable[..., AppTest]
PASSWORD = "老街的梧桐树 1987"


def founder(store: Store) -> None:
    draft = AccountDraft(login="chen", name="陈主任", role=Role.ADMIN, scope=EVERYWHERE)
    accounts.create_first_account(store, draft, PASSWORD)


def test_right_password_signs_in_and_out(installation: Store, open_page: OpenPage) -> None:
    founder(installation)
    page = open_page("sign_in")
    page.text_input[0].set_value("chen")
    page.text_input[1].set_value(PASSWORD)
    page.button[0].click().run()
    assert not page.exception
    assert page.session_state["renovation.token"]
    assert accounts.session_account(installation, page.session_state["renovation.token"])


def test_wrong_password_says_so_and_signs_nobody_in(installation: Store, open_page: OpenPage) -> None:
    founder(installation)
    page = open_page("sign_in")
    page.text_input[0].set_value("chen")
    page.text_input[1].set_value("guess guess guess")
    page.button[0].click().run()
    assert "没有登录" in page.error[0].value
    assert "renovation.token" not in page.session_state


def test_router_offers_staff_pages_only_to_their_roles(
    installation: Store, sign_in: Callable[[Role], tuple[str, Actor]]
) -> None:
    page = AppTest.from_file(str(CHECKOUT / "app.py"), default_timeout=600).run()
    assert not page.exception
    page.session_state["renovation.token"] = sign_in(Role.OBSERVER)[0]
    page.run()
    assert not page.exception
