"""Pages of polls: closed to strangers, and the way from a draft to a sealed poll."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from renovation.config import settings as configuration
from renovation.model.accounts import Actor, Role
from renovation.model.clock import now, today
from renovation.model.elections import BallotKind
from renovation.model.polls import Channel, CodeState, PollProject, PollSettings, PollStage, StoredBallot
from renovation.services.polls import codes, polls
from renovation.services.staff import accounts, guesses
from renovation.services.staff.accounts import AccountDraft
from renovation.store import Store
from renovation.store.polls import polls as poll_store
from renovation.store.schema.polls import poll as poll_table
from renovation.text import Language, text

PAGES = ("polls", "codes", "paper", "reconcile", "kits")
ADMIN = Actor(role=Role.ADMIN, login="admin")
OpenPage = Callable[..., AppTest]


@pytest.fixture
def draft(installation: Store) -> str:
    """A draft of three projects with one venue."""
    settings = PollSettings(
        title="糖厂三号改什么", ballot_kind=BallotKind.APPROVAL, budget=40_000_000, max_choices=2, denominator=100
    )
    entries = [PollProject(number=n, key=f"P{n}", name=f"项目{n}", cost=n * 10_000_000) for n in (1, 2, 3)]
    with installation.write() as unit:
        poll_id = poll_store.add(unit.connection, settings, at=now())
        poll_store.set_projects(unit.connection, poll_id, entries)
        unit.commit()
    polls.add_venue(installation, ADMIN, poll_id, "居民活动室")
    return poll_id


def everything(page: AppTest) -> str:
    return " ".join(
        str(element.value)
        for kind in (page.markdown, page.info, page.title, page.header, page.subheader, page.caption, page.success)
        for element in kind
    )


def press(page: AppTest, words: str) -> AppTest:
    (button,) = [one for one in page.button if words in one.label]
    pressed = button.click().run()
    assert not pressed.exception
    return pressed


@pytest.mark.parametrize("name", PAGES)
def test_strangers_see_nothing(draft: str, open_page: OpenPage, name: str) -> None:
    page = open_page(name)
    assert "糖厂三号" not in everything(page)
    assert not page.selectbox


@pytest.mark.parametrize("name", PAGES)
def test_pages_open_without_any_poll(open_page: OpenPage, name: str) -> None:
    assert open_page(name, Role.ADMIN).title


@pytest.mark.parametrize(
    ("address", "households", "said", "not_said"),
    [
        ("", 240, ("phones.none",), ("phones.http", "phones.large")),
        ("http://192.168.1.10:8501", 240, ("phones.address", "phones.http", "phones.large"), ("phones.none",)),
        ("http://192.168.1.10:8501", 100, ("phones.address", "phones.http"), ("phones.large",)),
        ("https://vote.example", 240, ("phones.address", "phones.large"), ("phones.http",)),
    ],
)
def test_the_page_with_squares_says_where_phones_go_and_what_that_asks(
    installation: Store,
    draft: str,
    open_page: OpenPage,
    monkeypatch: pytest.MonkeyPatch,
    address: str,
    households: int,
    said: tuple[str, ...],
    not_said: tuple[str, ...],
) -> None:
    monkeypatch.setenv("RENOVATION_RESIDENTS_URL", address)
    configuration.cache_clear()
    with installation.write() as unit:
        unit.connection.execute(poll_table.update().values(denominator=households))
        unit.commit()
    page = press(open_page("codes", Role.SOCIAL_WORKER), "制作并准备打印")
    # Without the marks by which a typed text stands as it is.
    shown = re.sub(r"\W", "", " ".join(element.value for element in (*page.caption, *page.warning, *page.info)))
    told = {name: re.sub(r"\W", "", text(name, Language.ZH, address=address, most=100)) for name in (*said, *not_said)}
    assert [name for name in said if told[name] not in shown] == []
    assert [name for name in not_said if told[name] in shown] == []


@pytest.fixture
def second(installation: Store) -> None:
    """Somebody who can confirm as the second person."""
    accounts.create_first_account(
        installation, AccountDraft(login="zhao", name="赵", role=Role.ADMIN), "老街的梧桐树 1987"
    )


def confirm_as_second(page: AppTest, password: str = "老街的梧桐树 1987") -> AppTest:
    for label, value in (("第二人的登录名", "zhao"), ("第二人的密码", password)):
        next(field for field in page.text_input if field.label == label).set_value(value)
    return page


@pytest.mark.usefixtures("second")
def test_draft_is_opened_and_closed(installation: Store, draft: str, open_page: OpenPage) -> None:
    page = open_page("polls", Role.ADMIN)
    page = press(page, "糖厂三号")
    assert "糖厂三号改什么" in everything(page)
    page = press(confirm_as_second(press(page, "开始投票"), "wrong"), "我已核对")
    assert polls.get_poll(installation, ADMIN, draft).stage is PollStage.DRAFT
    page = press(confirm_as_second(page), "我已核对")
    assert polls.get_poll(installation, ADMIN, draft).stage is PollStage.OPEN
    # Nobody has voted, so the reason is asked before anything is.
    assert not [one for one in page.button if "结束投票" in one.label]
    (why,) = [one for one in page.text_input if one.label == "为什么还是要这样做"]
    page = why.set_value("试一试").run()
    page = press(confirm_as_second(press(page, "结束投票")), "我已核对")
    assert polls.get_poll(installation, ADMIN, draft).stage is PollStage.CLOSED
    page = open_page("reconcile", Role.ADMIN)
    assert "一张选票也没有" in page.error[0].value
    assert not [one for one in page.button if "封存" in one.label]
    with installation.write() as unit:
        vote = StoredBallot(id="b1", poll_id=draft, channel=Channel.IMPORTED, day=today(), choices=("P1",))
        poll_store.add_ballots(unit.connection, [vote])
        unit.commit()
    press(confirm_as_second(press(open_page("reconcile", Role.ADMIN), "封存")), "我已核对")
    assert polls.get_poll(installation, ADMIN, draft).stage is PollStage.RECONCILED
    page = open_page("exports", Role.PLANNER)
    press(press(page, "公布"), "我已核对")
    held = polls.get_poll(installation, ADMIN, draft)
    assert held.stage is PollStage.PUBLISHED
    assert held.meta["ledger_root"]


def test_planner_cannot_open(draft: str, open_page: OpenPage) -> None:
    page = press(open_page("polls", Role.PLANNER), "糖厂三号")
    assert not [one for one in page.button if "开始投票" in one.label]


def test_codes_are_shown_until_they_are_on_paper(installation: Store, draft: str, open_page: OpenPage) -> None:
    page = press(open_page("codes", Role.SOCIAL_WORKER), "制作并准备打印")
    (counted,) = codes.batches(installation, ADMIN, draft)
    assert counted.batch.size == 40
    press(page, "制作并准备打印")
    page = open_page("codes", Role.SOCIAL_WORKER)
    assert len([warning for warning in page.warning if "40" in warning.value]) == 2
    first, _second = (one for one in page.button if "已打印" in one.label)
    assert first.disabled
    next(one for one in page.checkbox if "第 5 张" in one.label).check().run()
    page = next(one for one in page.button if "已打印" in one.label).click().run()
    assert len(page.warning) == 1


def test_codes_just_made_stay_with_their_poll(installation: Store, draft: str, open_page: OpenPage) -> None:
    settings = replace(polls.get_poll(installation, ADMIN, draft).settings, title="别处的投票")
    other = polls.create_poll(installation, ADMIN, settings).id

    def chosen(page: AppTest, poll_id: str) -> AppTest:
        (chooser,) = [one for one in page.selectbox if one.label == "选一场投票"]
        return chooser.set_value(poll_id).run()

    page = press(chosen(open_page("codes", Role.SOCIAL_WORKER), draft), "制作并准备打印")
    assert page.warning
    page = chosen(page, other)
    assert not page.warning
    assert chosen(page, draft).warning


def test_paper_is_handed_out_for_a_code(installation: Store, draft: str, open_page: OpenPage) -> None:
    made = codes.make_batch(installation, ADMIN, draft, None, 1, "一批")
    polls.open_poll(installation, ADMIN, draft, second=Actor(role=Role.OBSERVER, login="zweite"))
    page = open_page("codes", Role.SOCIAL_WORKER)
    (field,) = [one for one in page.text_input if "纸条" in one.label]
    field.input(made.slips[0].code.lower())
    page = press(page, "发一张纸票")
    assert any("第 1 号" in one.value for one in page.success)


def test_batch_can_still_be_voided_after_a_slip_was_refused(
    installation: Store, draft: str, open_page: OpenPage
) -> None:
    made = codes.make_batch(installation, ADMIN, draft, None, 2, "一批")
    codes.void_code(installation, ADMIN, made.batch.id, 1, "纸条湿了")
    page = open_page("codes", Role.SOCIAL_WORKER)
    for field in page.text_input:
        if "原因" in field.label or "为什么" in field.label:
            field.input("整批寄丢了")
    (again,) = [one for one in page.button if one.label == "作废"]
    page = again.click().run()
    assert any("第 1 号" in one.value for one in page.error)
    press(press(page, "没用过的全部作废"), "我已核对")
    (counted,) = codes.batches(installation, ADMIN, draft)
    assert counted.states[CodeState.VOID] == 2


def test_staff_release_a_door_between_two_waits(
    installation: Store, open_page: OpenPage, draft: str, clock: Any
) -> None:
    clock.at = now()
    for _ in range(guesses.FREE):
        with guesses.guessing(installation, guesses.GuessDoor(name="public")) as guess:
            guess.wrong()
    clock.pass_time(minutes=1)
    press(open_page("codes", Role.SOCIAL_WORKER), "马上放行")
    assert guesses.doors(installation, ADMIN) == ()


def test_settings_of_a_draft_can_be_changed(installation: Store, draft: str, open_page: OpenPage) -> None:
    page = press(open_page("polls", Role.PLANNER), "糖厂三号")
    (title,) = [one for one in page.text_input if one.label == "投票名称"]
    title.input("糖厂三号改什么，大家来选")
    press(page, "保存")
    held = polls.get_poll(installation, ADMIN, draft)
    assert held.settings == replace(held.settings, title="糖厂三号改什么，大家来选", budget=40_000_000, max_choices=2)


@pytest.mark.usefixtures("second")
def test_two_people_leave_out_a_project_and_cancel_a_poll(installation: Store, draft: str, open_page: OpenPage) -> None:
    polls.open_poll(installation, ADMIN, draft, second=Actor(role=Role.OBSERVER, login="zweite"))
    assert not [one for one in press(open_page("polls", Role.PLANNER), "糖厂三号").button if "作废" in one.label]
    page = press(open_page("polls", Role.ADMIN), "糖厂三号")

    def reasons(page: AppTest) -> list[Any]:
        return [field for field in page.text_input if "way_out" in str(field.key)]

    page = press(reasons(page)[0].set_value("下有高压电缆").run(), "标为无法实施")
    page = press(confirm_as_second(page), "我已核对")
    assert polls.get_poll(installation, ADMIN, draft).impossible["P1"].reason == "下有高压电缆"
    assert any("下有高压电缆" in one.value for one in page.warning)
    page = press(reasons(page)[-1].set_value("预算没有落实").run(), "作废")
    page = press(confirm_as_second(page), "我已核对")
    assert polls.get_poll(installation, ADMIN, draft).stage is PollStage.CANCELLED
    # The reason for what was left out before stays.
    assert any("下有高压电缆" in one.value for one in page.warning)


def test_every_sheet_is_printed(installation: Store, draft: str, open_page: OpenPage) -> None:
    codes.make_batch(installation, ADMIN, draft, None, 1, "一批")
    polls.open_poll(installation, ADMIN, draft, second=Actor(role=Role.OBSERVER, login="zweite"))
    with installation.write() as unit:
        vote = StoredBallot(id="b1", poll_id=draft, channel=Channel.IMPORTED, day=today(), choices=("P1",))
        poll_store.add_ballots(unit.connection, [vote])
        unit.commit()
    polls.close_poll(installation, ADMIN, draft, second=Actor(role=Role.OBSERVER, login="zweite"))
    page = press(open_page("polls", Role.ADMIN), "糖厂三号")
    sheets = ("announcement", "poster", "ballot", "attendance", "cover", "reconciliation", "result")
    for sheet in sheets:
        page.session_state["renovation.polls.sheet"] = sheet
        page.run()
        assert not page.exception, sheet
        assert not page.error, sheet
        assert page.get("iframe"), sheet
