"""The voting page: every kind of ballot, forgetting, and the lock of a station."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from renovation.config import CHECKOUT
from renovation.model.accounts import Actor, Role
from renovation.model.clock import now
from renovation.model.elections import BallotKind
from renovation.model.polls import PollProject, PollSettings, PollStage
from renovation.services.polls import codes, polls, stations
from renovation.store import Store
from renovation.store.polls import polls as stored

ADMIN = Actor(role=Role.ADMIN, login="admin")
OpenPage = Callable[..., AppTest]
LIMITS = {
    BallotKind.APPROVAL: {"max_choices": 2},
    BallotKind.POINTS: {"max_points": 3},
    BallotKind.RANKING: {"max_choices": 2},
}


def open_poll(store: Store, kind: BallotKind, count: int = 3) -> tuple[str, int, list[str]]:
    """Open a poll of four projects with codes; return its id, its venue and the codes."""
    settings = PollSettings(title="糖厂三号居民投票", ballot_kind=kind, budget=30_000_00, **LIMITS.get(kind, {}))
    projects = [
        PollProject(number=n, key=f"p{n}", name=f"项目{n}", cost=n * 10_000_00, why="居民反映", description="说明")
        for n in range(1, 5)
    ]
    with store.write() as unit:
        poll_id = stored.add(unit.connection, settings, at=now())
        stored.set_projects(unit.connection, poll_id, projects)
        unit.commit()
    venue = polls.add_venue(store, ADMIN, poll_id, "活动室")
    with store.write() as unit:
        stored.move_on(unit.connection, poll_id, PollStage.DRAFT, PollStage.OPEN)
        unit.commit()
    made = codes.make_batch(store, ADMIN, poll_id, venue.id, count, "批次")
    return poll_id, venue.id, [slip.code for slip in made.slips]


def press(page: AppTest, words: str) -> None:
    """Press the first enabled button that says ``words``."""
    found = [button for button in page.button if button.label == words and not button.disabled]
    assert found, (words, [button.label for button in page.button])
    found[0].click().run()
    assert not page.exception


def enter(page: AppTest, code: str) -> None:
    page.text_input[0].set_value(code)
    press(page, "下一步")


def cast(store: Store, poll_id: str) -> list[tuple[tuple[str, ...], tuple[object, ...]]]:
    with store.read() as connection:
        return [(ballot.choices, ballot.points) for ballot in stored.ballots(connection, poll_id)]


TAKE = {BallotKind.POINTS: "加一分", BallotKind.RANKING: "排在下一位", BallotKind.YES_NO: "同意"}


@pytest.mark.parametrize("kind", BallotKind)
def test_every_kind_of_ballot_is_cast_and_forgotten(installation: Store, open_page: OpenPage, kind: BallotKind) -> None:
    poll_id, _, slips = open_poll(installation, kind)
    page = open_page("kiosk")
    enter(page, slips[0].lower())
    press(page, "开始选")
    press(page, TAKE.get(kind, "选这一项"))
    press(page, "选好了，检查一下")
    press(page, "没错，下一步")
    press(page, "投出这一票")
    voter = page.session_state["renovation.kiosk"]
    assert voter.receipt is not None
    assert voter.choice.is_blank
    assert voter.code == ""
    assert voter.ticket is None
    [(choices, points)] = cast(installation, poll_id)
    assert len(choices) == 1
    assert len(points) == (1 if kind in (BallotKind.POINTS, BallotKind.YES_NO) else 0)
    press(page, "好了，下一位")
    assert page.text_input[0].value == ""
    assert voter.epoch < page.session_state["renovation.kiosk"].epoch
    assert page.query_params == {}


def test_blank_ballot_is_possible_on_purpose(installation: Store, open_page: OpenPage) -> None:
    poll_id, _, slips = open_poll(installation, BallotKind.APPROVAL)
    page = open_page("kiosk")
    enter(page, slips[0])
    press(page, "开始选")
    press(page, "一项也不选")
    press(page, "没错，下一步")
    press(page, "投出空白票")
    assert cast(installation, poll_id) == [((), ())]


def test_what_is_not_possible_is_said_before(installation: Store, open_page: OpenPage) -> None:
    open_poll(installation, BallotKind.APPROVAL)
    _, _, slips = open_poll(installation, BallotKind.KNAPSACK)
    page = open_page("kiosk")
    enter(page, slips[0])
    press(page, "开始选")
    off = [button for button in page.button if button.label == "选这一项" and button.disabled]
    assert len(off) == 1  # 4 万 of a budget of 3 万
    assert any("钱不够，还差 1.0 万元" in html.proto.body for html in page.get("html"))


def test_wrong_and_spent_codes_are_told_politely(installation: Store, open_page: OpenPage) -> None:
    _, _, slips = open_poll(installation, BallotKind.CHOOSE_ONE)
    page = open_page("kiosk")
    enter(page, "AAAA-AAA-AAA")
    assert page.error
    enter(page, slips[0])
    for words in ("开始选", "选这一项", "选好了，检查一下", "没错，下一步", "投出这一票", "好了，下一位"):
        press(page, words)
    enter(page, slips[0])
    assert "已经投过票" in page.error[0].value


def test_size_contrast_and_language_go_with_the_voter(installation: Store, open_page: OpenPage) -> None:
    _, _, slips = open_poll(installation, BallotKind.CHOOSE_ONE)
    page = open_page("kiosk")
    press(page, "字大一些")
    press(page, "黑底黄字")
    press(page, "English")
    page.text_input[0].set_value(slips[0])
    press(page, "Next")
    press(page, "Leave without voting")
    voter = page.session_state["renovation.kiosk"]
    assert (voter.size, voter.high_contrast, voter.language) == (0, False, None)


def test_station_shows_nothing_but_voting_until_the_pin(installation: Store, open_page: OpenPage) -> None:
    poll_id, venue_id, _ = open_poll(installation, BallotKind.APPROVAL)
    token = stations.start_station(installation, Actor(role=Role.ADMIN, login="admin"), poll_id, venue_id, "730518")
    locked = {"renovation.station": token}
    for name in ("home", "sign_in", "estates", "accounts", "log"):
        page = open_page(name, Role.ADMIN, **locked)
        assert [info.value for info in page.info] == ["这台电脑正在用于投票。"], name
        assert not page.title
    router = AppTest.from_file(str(CHECKOUT / "app.py"), default_timeout=600)
    router.session_state["renovation.station"] = token
    router.run()
    assert not router.exception
    assert any("糖厂三号居民投票" in html.proto.body for html in router.get("html"))

    page = open_page("kiosk", **locked)
    pin = page.text_input[-1]
    pin.set_value("000000")
    press(page, "结束投票，改回普通电脑")
    assert "密码不对" in page.error[0].value
    assert "renovation.station" in page.session_state
    page.text_input[-1].set_value("730518")
    next(button for button in page.button if button.label == "结束投票，改回普通电脑").click().run()
    assert "renovation.station" not in page.session_state
    assert stations.active_station(installation, token) is None
