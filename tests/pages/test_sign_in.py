"""Signing in and out, and the guard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyotp
from streamlit.testing.v1 import AppTest

from renovation.config import CHECKOUT
from renovation.model.accounts import Actor, Role
from renovation.model.clock import now
from renovation.model.scope import EVERYWHERE
from renovation.services.staff import accounts, second_factor, second_person
from renovation.services.staff.accounts import AccountDraft
from renovation.services.staff.second_factor import FactorFor
from renovation.store import Store

OpenPage = Callable[..., AppTest]
PASSWORD = "老街的梧桐树 1987"


def press(page: AppTest, words: str) -> None:
    [button] = [one for one in page.button if one.label == words]
    button.click().run()
    assert not page.exception


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


def code_of(secret: str) -> str:
    totp = pyotp.TOTP(secret)
    return totp.generate_otp(totp.timecode(now()))


def test_a_second_factor_is_switched_on_asked_for_and_required(
    installation: Store, open_page: OpenPage, clock: Any
) -> None:
    founder(installation)
    signed_in = accounts.sign_in(installation, "chen", PASSWORD)
    page = open_page("sign_in", **{"renovation.token": signed_in.token})
    page.button(key="renovation.factor.begin").click().run()
    secret = page.session_state["renovation.enrolment"].secret
    [field] = [one for one in page.text_input if one.label.startswith("动态码")]
    field.set_value(code_of(secret))
    press(page, "核对并开启")
    codes = page.session_state["renovation.recovery_codes"]
    assert any(codes[0] in one.value for one in page.code)
    page.button(key="renovation.recovery.noted").click().run()
    assert "renovation.recovery_codes" not in page.session_state

    clock.pass_time(minutes=1)
    door = open_page("sign_in")
    door.text_input[0].set_value("chen")
    door.text_input[1].set_value(PASSWORD)
    door.button[0].click().run()
    assert "renovation.token" not in door.session_state
    door.text_input[2].set_value(code_of(secret))
    door.button[0].click().run()
    assert accounts.session_account(installation, door.session_state["renovation.token"])

    # Whoever has none cannot go on once it is required.
    me = accounts.as_actor(signed_in.account)
    second_factor.require_of(installation, me, FactorFor.ADMINISTRATORS)
    late = open_page("log", Role.ADMIN)
    assert _is_asked(late)
    assert not late.dataframe
    assert not _is_asked(open_page("polls", Role.PLANNER))
    second_factor.require_of(installation, me, FactorFor.EVERYBODY)
    assert _is_asked(open_page("polls", Role.PLANNER))


def _is_asked(page: AppTest) -> bool:
    return any("必须开启第二重验证" in one.value for one in page.info)


def test_an_old_session_is_asked_again_before_settings_change(
    installation: Store, open_page: OpenPage, clock: Any
) -> None:
    founder(installation)
    token = accounts.sign_in(installation, "chen", PASSWORD).token
    clock.pass_time(minutes=6)
    page = open_page("settings", **{"renovation.token": token})
    page.toggle(key="renovation.two_persons.True").set_value(False).run()
    assert any("要再确认一次是您本人" in one.value for one in page.error)
    assert second_person.two_persons(installation)
    [field] = [one for one in page.text_input if one.label.startswith("密码，或")]
    field.set_value(PASSWORD)
    press(page, "确认是我")
    assert not second_person.two_persons(installation)


def test_a_window_left_open_takes_nothing_back_that_a_colleague_set(installation: Store, open_page: OpenPage) -> None:
    founder(installation)
    signed_in = accounts.sign_in(installation, "chen", PASSWORD)
    page = open_page("settings", **{"renovation.token": signed_in.token})
    me = accounts.as_actor(signed_in.account)
    second_person.set_two_persons(installation, me, False)
    page.run()
    assert not second_person.two_persons(installation)
