"""First steps in an empty store, and the pages of an administrator."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from renovation.imports.files.lists import shipped
from renovation.model.accounts import Actor, Role
from renovation.model.jobs import JobState
from renovation.model.lists import ListKind
from renovation.services import lists
from renovation.services.house.work import runners
from renovation.services.staff import accounts
from renovation.services.staff.accounts import AccountDraft
from renovation.services.staff.installation import mark_demonstration
from renovation.store import Store
from renovation.store.house import queue

OpenPage = Callable[..., AppTest]
PASSWORD = "老街的梧桐树 1987"


def press(page: AppTest, words: str) -> None:
    next(button for button in page.button if button.label == words).click().run()
    assert not page.exception


def test_empty_store_offers_both_beginnings_and_makes_the_first_account(
    installation: Store, open_page: OpenPage
) -> None:
    page = open_page("home")
    assert {"进入演示城市", "建账号，开始使用"} <= {button.label for button in page.button}
    for field, value in zip(page.text_input, ("陈主任", "chen", PASSWORD, PASSWORD), strict=True):
        field.set_value(value)
    press(page, "建账号，开始使用")
    assert page.title[0].value == "陈主任，您好"
    assert accounts.has_accounts(installation)
    assert "从空白开始" not in [heading.value for heading in open_page("home").subheader]


def test_two_different_passwords_make_no_account(installation: Store, open_page: OpenPage) -> None:
    page = open_page("home")
    for field, value in zip(page.text_input, ("陈主任", "chen", PASSWORD, "another one 88"), strict=True):
        field.set_value(value)
    press(page, "建账号，开始使用")
    assert "不一样" in page.error[0].value
    assert not accounts.has_accounts(installation)


def test_demonstration_offers_every_role_and_can_be_ended(installation: Store, open_page: OpenPage) -> None:
    with installation.write() as unit:
        mark_demonstration(unit.connection)
        unit.commit()
    page = open_page("home")
    assert [button.label for button in page.button].count("进去看看") == 6
    next(button for button in page.button if button.key == "enter_planner").click().run()
    assert not page.exception
    token = page.session_state["renovation.token"]
    actor = accounts.session_account(installation, token)
    assert actor is not None
    assert actor.role is Role.PLANNER

    page = open_page("settings", Role.ADMIN)
    page.checkbox[0].check().run()
    press(page, "结束演示，从空白开始")
    assert not accounts.has_accounts(installation)


def test_admin_adds_a_colleague_whose_first_password_is_shown_once(installation: Store, open_page: OpenPage) -> None:
    page = open_page("accounts", Role.ADMIN)
    page.text_input[0].set_value("李敏")
    page.text_input[1].set_value("li.min")
    press(page, "建账号")
    password = page.code[0].value
    assert accounts.sign_in(installation, "li.min", password).account.must_change_password
    press(page, "已记下")
    assert not page.code
    page.run()
    assert not page.code


def test_first_password_is_changed_before_anything_else(
    installation: Store, open_page: OpenPage, sign_in: Callable[[Role], tuple[str, Actor]]
) -> None:
    _, admin = sign_in(Role.ADMIN)
    draft = AccountDraft(login="li.min", name="李敏", role=Role.PLANNER)
    _, password = accounts.create_account(installation, admin, draft)
    token = accounts.sign_in(installation, "li.min", password).token
    page = open_page("projects", **{"renovation.token": token})
    assert "初始密码" in page.info[0].value
    assert not page.title
    for field, value in zip(page.text_input, (password, PASSWORD, PASSWORD), strict=True):
        field.set_value(value)
    press(page, "保存新密码")
    assert page.title


def test_log_is_shown_checked_and_filtered(installation: Store, open_page: OpenPage) -> None:
    page = open_page("log", Role.OBSERVER)
    assert len(page.dataframe[0].value) >= 1
    press(page, "检查日志是否完整")
    assert "完整" in page.success[0].value


def test_backup_is_made_and_listed(installation: Store, open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page("backup", Role.ADMIN)
    assert page.info
    press(page, "现在备份")
    assert "已备份" in page.success[0].value
    assert len(page.dataframe[0].value) == 1
    assert list((tmp_path / "backups").glob("renovation-*.sqlite"))


def test_a_town_watches_a_backup_and_calls_it_off(
    installation: Store, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr("renovation.ui.jobs._AT_ONCE_S", 0)
    monkeypatch.setattr(queue, "is_there", lambda _store: True)
    monkeypatch.setattr(queue, "put", lambda _store, number: asked.append(number))
    monkeypatch.setattr(queue, "holding", lambda _store, _number: nullcontext())
    page = open_page("backup", Role.ADMIN)
    press(page, "现在备份")
    assert any("正在排队" in str(one.proto) for one in page.get("progress"))
    press(page, "取消")
    assert any("已取消" in one.value for one in page.info)
    press(page, "现在备份")
    assert runners.do_job(installation, asked[-1]) is JobState.DONE
    page.run()
    assert any("已备份并检查通过" in one.value for one in page.success)
    assert len(page.dataframe[0].value) == 1
    assert not page.exception


def test_deadlines_are_edited_line_by_line_and_go_back(
    installation: Store, open_page: OpenPage, sign_in: Callable[[Role], tuple[str, Actor]]
) -> None:
    page = open_page("lists", Role.PLANNER)
    assert not page.exception
    assert page.button(key="lists.save").disabled
    planner = sign_in(Role.PLANNER)[1]
    lines = [{**line, "days": "9"} for line in shipped(ListKind.DEADLINES)]
    lists.save_list(installation, planner, ListKind.DEADLINES, lines, version=0)
    page.segmented_control(key="lists.section").set_value("versions").run()
    assert not page.exception
    page.segmented_control(key="lists.section").set_value("lines").run()
    for kind in ListKind:
        page.selectbox(key="lists.kind").set_value(kind).run()
        assert not page.exception, kind


def test_the_office_is_a_form_and_stands_in_the_store(installation: Store, open_page: OpenPage) -> None:
    page = open_page("lists", Role.ADMIN)
    page.selectbox(key="lists.kind").set_value(ListKind.OFFICE).run()
    fields = {field.label: field for field in page.text_input}
    fields["单位名称"].input("惠城区住房和城乡建设局").run()
    next(field for field in page.text_input if field.label == "电话").input("0752-1234567").run()
    page.button(key="lists.save").click().run()
    assert not page.exception
    assert lists.office(installation).name == "惠城区住房和城乡建设局"
