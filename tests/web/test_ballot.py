"""The ballot without scripts: every kind, forgetting, second presses, lost answers, and the lock of a station."""

from __future__ import annotations

import html
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from renovation.config import settings as configuration
from renovation.errors import UnavailableError
from renovation.model import addresses
from renovation.model.accounts import Actor, Role
from renovation.model.clock import now, today
from renovation.model.elections import BallotKind
from renovation.model.polls import PollProject, PollSettings, PollStage
from renovation.rules.polls.filling import LONG
from renovation.services.polls import codes, polls, stations, voting, ways_out
from renovation.store import Store
from renovation.store.polls import polls as stored
from renovation.store.schema.polls import ballot_draft

LIMITS = {
    BallotKind.APPROVAL: {"max_choices": 2},
    BallotKind.POINTS: {"max_points": 3},
    BallotKind.RANKING: {"max_choices": 2},
}
#: What a voter writes on each kind of ballot, and what stands in the ledger then.
FILLED: dict[BallotKind, tuple[dict[str, Any], tuple[tuple[str, ...], tuple[int, ...]]]] = {
    BallotKind.APPROVAL: ({"pick": ["2", "1"]}, (("p1", "p2"), ())),
    BallotKind.CHOOSE_ONE: ({"pick": "3"}, (("p3",), ())),
    BallotKind.KNAPSACK: ({"pick": ["2", "1"]}, (("p1", "p2"), ())),
    BallotKind.POINTS: ({"n1": "1", "n3": "２"}, (("p1", "p3"), (1, 2))),
    BallotKind.RANKING: ({"n3": "1", "n1": "2"}, (("p3", "p1"), ())),
    BallotKind.YES_NO: ({"n4": "-1", "n1": "1", "n2": ""}, (("p1", "p4"), (1, -1))),
}
PIN = "730518"
TITLE = "糖厂三号居民投票"


@dataclass
class Opened:
    """An open poll with its venue and codes."""

    id: str
    venue: int
    batch: int
    codes: list[str]


def open_poll(
    store: Store, admin: Actor, kind: BallotKind, *, count: int = 3, projects: int = 4, test: bool = False
) -> Opened:
    kinds = ("basic", "raise")
    settings = PollSettings(title=TITLE, ballot_kind=kind, budget=30_000_00, **LIMITS.get(kind, {}))
    entries = [
        PollProject(
            number=n,
            key=f"p{n}",
            name=f"路灯{n}",
            cost=n * 10_000_00,
            why="居民反映",
            category=kinds[n % 2],
        )
        for n in range(1, projects + 1)
    ]
    with store.write() as unit:
        poll_id = stored.add(unit.connection, settings, at=now())
        stored.set_projects(unit.connection, poll_id, entries)
        unit.commit()
    venue = polls.add_venue(store, admin, poll_id, "活动室", f"{today()} 0:00-24:00")
    with store.write() as unit:
        stored.move_on(unit.connection, poll_id, PollStage.DRAFT, PollStage.OPEN)
        unit.commit()
    made = codes.make_batch(store, admin, poll_id, venue.id, count, "批次", test=test)
    return Opened(poll_id, venue.id, made.batch.id, [slip.code for slip in made.slips])


def cast(store: Store, poll_id: str) -> list[tuple[tuple[str, ...], tuple[object, ...]]]:
    with store.read() as connection:
        return [(ballot.choices, ballot.points) for ballot in stored.ballots(connection, poll_id)]


@dataclass
class Browser:
    """A browser without scripts: it shows a page, and sends its form as the page says."""

    resident: Any
    seen: list[str] = field(default_factory=list)
    page: Any = None

    def open(self, path: str = addresses.VOTE) -> Browser:
        self.page = self.resident.get(path)
        return self._look()

    def _look(self) -> Browser:
        self.seen.append(self.page.text)
        return self

    @property
    def step(self) -> str:
        return re.search(r'data-step="(\w+)"', self.page.text)[1]  # type: ignore[index]

    @property
    def text(self) -> str:
        return html.unescape(re.sub(r"<[^>]+>", " ", self.page.text))

    def form(self, act: str, **fields: Any) -> tuple[str, dict[str, Any]]:
        """Return where the page's form goes and what a press on a button sends."""
        body = self.page.text.split("</form>")[0]
        said: dict[str, Any] = {}
        for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', body):
            said.setdefault(name, []).append(value)
        action = re.search(r'<form method="post" action="([^"]+)" id="ballot"', self.page.text)
        assert action
        assert not act or f'value="{act}"' in body, (act, self.step)
        return action[1], said | ({"act": act} if act else {}) | fields

    def press(self, act: str, **fields: Any) -> Browser:
        path, said = self.form(act, **fields)
        self.page = self.resident.post_form(path, said)
        return self._look()

    def enter(self, code: str) -> Browser:
        return self.open().press("code", code=code)

    def receipt(self) -> str:
        found = re.search(r'class="receipt said">([^<]+)<', self.page.text)
        assert found, self.step
        return found[1]


@pytest.fixture
def phone(resident: Any) -> Browser:
    """A resident's own phone."""
    return Browser(resident)


@pytest.mark.parametrize("kind", BallotKind)
def test_every_kind_of_ballot_is_cast_and_forgotten(
    phone: Browser, store: Store, admin: Actor, kind: BallotKind, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    poll = open_poll(store, admin, kind)
    fields, expected = FILLED[kind]
    code = poll.codes[0]
    assert phone.enter(code.lower()).step == "how"
    assert phone.press("choose").step == "choose"
    assert phone.press("check", **fields).step == "check"
    assert phone.press("cast").step == "cast"
    assert phone.press("cast").step == "receipt"
    assert cast(store, poll.id) == [expected]
    receipt = phone.receipt()
    assert "路灯" not in phone.page.text
    # Whatever the voter went through, the code stands in no page, no address, and no log.
    plain = code.replace("-", "")
    assert not [page for page in phone.seen if code in page or plain in page]
    assert plain not in caplog.text.replace("-", "").upper()
    phone.press("leave")
    assert phone.step == "welcome"
    assert not set(phone.resident.cookies) & {"renovation_ballot", "renovation_comfort"}
    for path in ("how", "choose", "check", "cast", "receipt", "blank"):
        phone.open(f"{addresses.VOTE}/{path}")
        assert phone.step == "welcome"
        assert receipt not in phone.page.text
    # The code tells its receipt again, and is never counted twice.
    assert receipt in phone.enter(code).text
    assert len(cast(store, poll.id)) == 1


def test_back_reload_and_a_second_press_do_no_harm(phone: Browser, store: Store, admin: Actor) -> None:
    poll = open_poll(store, admin, BallotKind.APPROVAL)
    phone.enter(poll.codes[0]).press("choose").press("check", pick=["1", "3"])
    assert phone.open(f"{addresses.VOTE}/choose").text.count("✓") == 4
    assert re.findall(r'value="(\d)" checked', phone.page.text) != []
    phone.open(f"{addresses.VOTE}/check").press("cast")
    path, said = phone.form("cast")
    first = phone.resident.post_form(path, said)
    held = phone.resident.cookies.get("renovation_ballot")
    # Back, and pressed again; and the answer that never came, asked for with what the browser had before.
    phone.page = phone.resident.post_form(path, said)
    assert phone.step == "receipt"
    assert phone.resident.cookies.get("renovation_ballot") == held
    assert first.text == phone.page.text
    assert len(cast(store, poll.id)) == 1


def test_a_lost_answer_is_asked_for_again_and_gets_the_same_receipt(
    phone: Browser, store: Store, admin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    poll = open_poll(store, admin, BallotKind.RANKING)
    phone.enter(poll.codes[0]).press("choose").press("check", n2="1").press("cast")
    path, said = phone.form("cast")
    before = dict(phone.resident.cookies)
    phone.resident.post_form(path, said)
    told = Browser(phone.resident).open(f"{addresses.VOTE}/receipt").receipt()
    # The browser never heard of it: it still has what it had, and no draft is left.
    phone.resident.cookies.clear()
    phone.resident.cookies.update(before)
    assert drafts_kept(store) == []
    phone.page = phone.resident.post_form(path, said)
    assert phone.receipt() == told
    assert cast(store, poll.id) == [(("p2",), ())]

    def down(*_: object, **__: object) -> None:
        raise UnavailableError("store.busy")

    phone.press("leave").enter(poll.codes[1]).press("choose").press("check", n2="1").press("cast")
    with monkeypatch.context() as broken:
        broken.setattr(voting, "cast_ballot", down)
        phone.press("cast")
        assert phone.page.status_code == 503
        assert "没看到投票回执，就是还没投" in phone.text
        # And what the code will answer afterwards.
        assert "已经投成的，会显示投票回执；没投成的，接着投" in phone.text
    phone.press("cast").receipt()
    # On one's own phone it stays until somebody goes on, and is kept otherwise than at a station.
    assert 'data-idle="0"' in phone.page.text
    assert "秒后回到第一页" not in phone.text
    assert "请截图或抄下来" in phone.text
    assert "抄下来或打印" not in phone.text
    assert f"从现在起，在“查投票回执”页（{phone.page.url.netloc.decode()}{addresses.RECEIPT}）" in phone.text
    # Where phones have an address of their own, that one is said, whatever this browser came by.
    monkeypatch.setenv("RENOVATION_RESIDENTS_URL", "https://vote.example/")
    configuration.cache_clear()
    assert (
        f"从现在起，在“查投票回执”页（https://vote.example{addresses.RECEIPT}）"
        in phone.open(f"{addresses.VOTE}/receipt").text
    )
    # What it says of the code is so.
    assert "再输一次纸条上的投票码" in phone.text
    receipt = phone.receipt()
    assert receipt in phone.press("leave").enter(poll.codes[1]).text
    assert len(cast(store, poll.id)) == 2


#: What somebody presses while the store takes nothing → what fails then.
OUTAGES: dict[str, tuple[str, Callable[[Browser, str], object]]] = {
    "the code": ("start_ballot", lambda phone, code: phone.enter(code)),
    "a choice": ("keep_draft", lambda phone, code: phone.enter(code).press("choose").press("check", pick="1")),
    "another look": (
        "find_draft",
        lambda phone, code: phone.enter(code).press("choose"),
    ),
    "a blank ballot": (
        "cast_ballot",
        lambda phone, code: phone.enter(code).press("choose").press("blank").press("cast", sure="blank"),
    ),
}


@pytest.mark.parametrize("at_station", [False, True], ids=["phone", "station"])
@pytest.mark.parametrize("what", OUTAGES)
def test_an_outage_says_what_it_means_wherever_it_comes(
    phone: Browser, store: Store, admin: Actor, monkeypatch: pytest.MonkeyPatch, what: str, at_station: bool
) -> None:
    poll = open_poll(store, admin, BallotKind.APPROVAL)
    if at_station:
        token = stations.start_station(store, admin, poll.id, poll.venue, PIN)
        phone.resident.cookies.set("renovation_station", token)

    def down(*_: object, **__: object) -> None:
        raise UnavailableError("store.busy")

    name, act = OUTAGES[what]
    with monkeypatch.context() as broken:
        broken.setattr(voting, name, down)
        act(phone, poll.codes[0])
    assert phone.page.status_code == 503
    assert "没看到投票回执，就是还没投" in phone.text
    assert "已经投成的，会显示投票回执；没投成的，接着投" in phone.text
    # The same is sent again by a button, and nobody at home is sent to staff.
    assert "<button" in phone.page.text or 'http-equiv="refresh"' in phone.page.text
    assert at_station or "叫工作人员" not in phone.text
    assert cast(store, poll.id) == []
    assert phone.enter(poll.codes[0]).step == "how"


@pytest.mark.parametrize("code", ["ballot.clock", "ballot.day_unconfirmed"])
def test_a_dead_clock_is_no_outage(phone: Browser, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    def dead(*_: object, **__: object) -> None:
        raise UnavailableError(code, day=today(), opened=today(), shown=today())

    monkeypatch.setattr(voting, "start_ballot", dead)
    page = phone.enter("AAAA-AAA-AAA").page.text.split('id="lost"')[0]
    assert "这台电脑的" in page
    assert "暂时连不上" not in page


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        (PollStage.CLOSED, "正在核对票数"),
        (PollStage.RECONCILED, "正在核对票数"),
        (PollStage.PUBLISHED, "的结果已经公布"),
    ],
)
def test_without_an_open_poll_the_page_says_so_and_a_code_still_explains_itself(
    phone: Browser, store: Store, admin: Actor, stage: PollStage, said: str
) -> None:
    poll = open_poll(store, admin, BallotKind.APPROVAL)
    with store.write() as unit:
        stored.move_on(unit.connection, poll.id, PollStage.OPEN, stage, closed_at=now())
        unit.commit()
    phone.open()
    assert "现在没有正在进行的投票" in phone.text
    assert "请输入纸条上的投票码" not in phone.text
    assert f"“{TITLE}”" in phone.text
    assert said in phone.text
    assert (f"{addresses.RESULTS}?poll={poll.id}" in phone.page.text) == (stage is PollStage.PUBLISHED)
    assert f'class="button quiet" href="{addresses.RECEIPT}"' in phone.page.text
    phone.press("code", code=poll.codes[0])
    assert "没有计入" in phone.text


def drafts_kept(store: Store) -> list[Any]:
    with store.read() as connection:
        return list(connection.execute(sa.select(ballot_draft)).all())


def test_what_is_chosen_so_far_lies_sealed_in_the_store_and_goes_with_the_ballot_or_with_the_poll(
    phone: Browser, store: Store, admin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    poll = open_poll(store, admin, BallotKind.APPROVAL)
    phone.enter(poll.codes[0]).press("choose")
    sizes = []
    for chosen in (["1"], ["1", "2"]):
        phone.press("check", pick=chosen)
        (kept,) = drafts_kept(store)
        sizes.append(len(kept.sealed))
        assert b"p1" not in kept.sealed
        assert poll.codes[0].encode() not in bytes(str(tuple(kept)), "utf-8")
        phone.press("choose")
    assert sizes[0] == sizes[1]
    # Another half hour, and whoever left without a word is forgotten with the next voter's choice.
    later = now() + timedelta(hours=1)
    monkeypatch.setattr(voting, "now", lambda: later)
    other = Browser(phone.resident)
    other.resident.cookies.clear()
    other.enter(poll.codes[1]).press("choose").press("check", pick="3")
    assert [row.name for row in drafts_kept(store)] != [kept.name]
    assert len(drafts_kept(store)) == 1
    other.press("cast").press("cast")
    assert drafts_kept(store) == []


def test_no_default_leads_to_a_blank_ballot(phone: Browser, store: Store, admin: Actor) -> None:
    poll = open_poll(store, admin, BallotKind.APPROVAL)
    phone.enter(poll.codes[0])
    for _ in range(8):
        # The first button of each form is what Enter presses.
        default = re.search(r'<button name="act" value="(\w+)" hidden', phone.page.text)
        assert default
        assert phone.press(default[1]).step == "choose"
    assert "您还没有选" in phone.text
    assert phone.press("blank").step == "blank"
    assert phone.press("cast").step == "blank"
    assert "还没有投出" in phone.text
    assert phone.press("choose").step == "choose"
    phone.press("blank").press("cast", sure="blank").receipt()
    assert cast(store, poll.id) == [((), ())]


def test_a_blank_ballot_is_not_offered_for_one_that_is_filled_in(phone: Browser, store: Store, admin: Actor) -> None:
    poll = open_poll(store, admin, BallotKind.APPROVAL)
    phone.enter(poll.codes[0]).press("choose")
    assert phone.press("blank", pick="1").step == "choose"
    assert phone.open(f"{addresses.VOTE}/blank").step == "choose"
    assert cast(store, poll.id) == []


def test_what_is_wrong_is_said_and_nothing_is_lost(phone: Browser, store: Store, admin: Actor) -> None:
    approval, knapsack, ranking = (
        open_poll(store, admin, kind) for kind in (BallotKind.APPROVAL, BallotKind.KNAPSACK, BallotKind.RANKING)
    )
    assert phone.enter(approval.codes[0]).press("choose").press("check", pick=["1", "2", "4"]).step == "choose"
    assert "最多选 2 项" in phone.text
    assert sorted(re.findall(r'value="(\d)" checked', phone.page.text)) == ["1", "2", "4"]
    assert phone.open(f"{addresses.VOTE}/cast").step == "choose"
    phone.enter(knapsack.codes[0]).press("choose")
    assert "钱不够，还差 1.0 万元" in phone.text
    assert phone.press("check", pick=["3", "1"]).step == "choose"
    assert phone.enter(ranking.codes[0]).press("choose").press("check", n1="1", n2="1").step == "choose"
    assert "第 1 位写了两次（1 号和 2 号）" in phone.text
    # A forged form is no way round it.
    _, said = phone.form("check")
    phone.page = phone.resident.post_form(f"{addresses.VOTE}/cast", said | {"act": "cast", "n1": "1", "n2": "1"})
    assert phone.step == "choose"
    assert cast(store, ranking.id) == []


def test_wrong_and_spent_codes_and_closed_polls_are_told_politely(phone: Browser, store: Store, admin: Actor) -> None:
    poll = open_poll(store, admin, BallotKind.CHOOSE_ONE)
    assert phone.enter("AAAA-AAA-AAA").page.status_code == 422
    assert 'role="alert"' in phone.page.text
    phone.enter(poll.codes[0]).press("choose").press("check", pick="1").press("cast")
    with store.write() as unit:
        stored.move_on(unit.connection, poll.id, PollStage.OPEN, PollStage.CLOSED)
        unit.commit()
    phone.press("cast")
    assert phone.page.status_code == 409 or "结束" in phone.text
    assert phone.press("leave").step == "welcome"
    assert "结束" in phone.enter(poll.codes[1]).text
    assert cast(store, poll.id) == []


SECOND = Actor(role=Role.OBSERVER, login="zweite")
#: What staff do while somebody stands before the last button → what the voter reads.
AT_ONCE: dict[str, tuple[Callable[[Store, Actor, Opened], object], str]] = {
    "closed": (
        lambda store, admin, poll: polls.close_poll(store, admin, poll.id, second=SECOND, reason="到点"),
        "结束",
    ),
    "cancelled": (
        lambda store, admin, poll: ways_out.cancel_poll(store, admin, poll.id, reason="没钱", second=SECOND),
        "作废",
    ),
    "the code": (lambda store, admin, poll: codes.void_code(store, admin, poll.batch, 1, "丢了"), "作废"),
}


@pytest.mark.parametrize("what", AT_ONCE)
def test_what_staff_do_takes_effect_at_once(phone: Browser, store: Store, admin: Actor, what: str) -> None:
    """On PostgreSQL the phone's process is another one than the staff's: what it has told lately does not help."""
    poll = open_poll(store, admin, BallotKind.APPROVAL)
    phone.enter(poll.codes[0]).press("choose").press("check", pick="1").press("cast")
    act, said = AT_ONCE[what]
    act(store, admin, poll)
    phone.press("cast")
    assert phone.step != "receipt"
    assert said in phone.text
    assert cast(store, poll.id) == []


def test_a_project_found_impossible_says_so_where_it_would_be_chosen(
    phone: Browser, store: Store, admin: Actor
) -> None:
    """Before the first step with its reason, and on its card alone."""
    poll = open_poll(store, admin, BallotKind.APPROVAL)
    second = Actor(role=Role.OBSERVER, login="zweite")
    ways_out.mark_impossible(store, admin, poll.id, "p2", reason="下有高压电缆", second=second)
    assert "下有高压电缆" in phone.enter(poll.codes[0]).text
    cards = phone.press("choose").text.split("<article")[1:]
    assert ["选了也不会入选" in one for one in cards] == ['id="p2"' in one for one in cards]


def test_practice_codes_say_so_and_do_not_count(phone: Browser, store: Store, admin: Actor) -> None:
    poll = open_poll(store, admin, BallotKind.CHOOSE_ONE, test=True)
    assert "试用的投票码" in phone.enter(poll.codes[0]).text
    assert "试投" in phone.press("choose").press("check", pick="1").press("cast").press("cast").text


def test_size_contrast_and_language_go_with_the_voter(phone: Browser, store: Store, admin: Actor) -> None:
    poll = open_poll(store, admin, BallotKind.APPROVAL)
    phone.open().press("", size="1").press("", contrast="1").press("", language="en")
    assert 'lang="en" class="size1 contrast"' in phone.page.text
    phone.press("code", code=poll.codes[0]).press("choose")
    # What was chosen before the letters grew is still chosen.
    assert 'class="size2 contrast"' in phone.press("", size="2", pick="3").page.text
    assert 'value="3" checked' in phone.page.text
    assert phone.press("how").press("leave").step == "welcome"
    assert 'lang="zh-CN" class="size0"' in phone.page.text


@pytest.mark.parametrize("count", [LONG, LONG + 2])
def test_long_lists_are_grouped_and_turned_and_keep_their_numbers(
    phone: Browser, store: Store, admin: Actor, count: int
) -> None:
    poll = open_poll(store, admin, BallotKind.APPROVAL, projects=count, count=4)
    orders = []
    for code in poll.codes:
        phone.enter(code).press("choose")
        orders.append([int(number) for number in re.findall(r'id="p(\d+)"', phone.page.text)])
        assert sorted(orders[-1]) == list(range(1, count + 1))
        assert len(re.findall('class="group"', phone.page.text)) == (2 if count > LONG else 0)
    assert len({tuple(order) for order in orders}) > 1


def test_a_form_of_somebody_before_casts_nothing(phone: Browser, store: Store, admin: Actor) -> None:
    poll = open_poll(store, admin, BallotKind.APPROVAL)
    phone.enter(poll.codes[0]).press("choose").press("check", pick="1").press("cast")
    path, said = phone.form("cast")
    phone.enter(poll.codes[1])
    phone.page = phone.resident.post_form(path, said)
    assert phone.step == "welcome"
    assert cast(store, poll.id) == []


def test_nothing_is_taken_from_other_sites_and_nothing_is_kept_of_the_pages(
    phone: Browser, store: Store, admin: Actor
) -> None:
    poll = open_poll(store, admin, BallotKind.APPROVAL)
    answer = phone.resident.post_form(addresses.VOTE, {"act": "code", "code": poll.codes[0]}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{addresses.VOTE}/how")
    kept = answer.headers["set-cookie"]
    assert "HttpOnly" in kept
    assert "SameSite=strict" in kept
    assert phone.open(f"{addresses.VOTE}/choose").page.headers["cache-control"] == "no-store"
    _, said = phone.form("check")
    for headers in ({}, {"origin": "http://evil.example"}, {"origin": "null"}):
        told = phone.resident.post(f"{addresses.VOTE}/choose", data=said | {"pick": "1"}, headers=headers)
        assert told.status_code == 403
    # The ticket says nothing of the choice.
    before = phone.resident.cookies.get("renovation_ballot")
    phone.press("check", pick="1")
    assert phone.resident.cookies.get("renovation_ballot") == before


def test_a_station_takes_its_poll_alone_and_is_given_back_by_the_pin(
    phone: Browser, store: Store, admin: Actor
) -> None:
    poll, other = (open_poll(store, admin, BallotKind.APPROVAL) for _ in range(2))
    far = polls.add_venue(store, admin, other.id, "另一处")
    abroad = codes.make_batch(store, admin, other.id, far.id, 1, "批次").slips[0].code
    token = stations.start_station(store, admin, poll.id, poll.venue, PIN)
    phone.resident.cookies.set("renovation_station", token)
    assert TITLE in phone.open().text
    assert re.search(r"活动室 \d+年\d+月\d+日 00:00–24:00", phone.text)
    assert not re.findall(r'<a [^>]*href="(?!#)', phone.page.text)
    # That it is another poll's is said before that it is another place's.
    assert f"这是“{TITLE}”的投票码" in phone.enter(abroad).text
    assert "属于投票点" not in phone.text
    yard = polls.add_venue(store, admin, poll.id, "院子")
    elsewhere = codes.make_batch(store, admin, poll.id, yard.id, 1, "批次").slips[0].code
    assert "属于投票点“院子”，请到那里投" in phone.enter(elsewhere).text
    phone.enter(poll.codes[0]).press("choose").press("check", pick="1").press("cast").press("cast")
    where = f"在“查投票回执”页（{phone.page.url.netloc.decode()}{addresses.RECEIPT}）"
    for words in ("抄下来或打印", f"从现在起，{where}", "结果公布以后", "90 秒后回到第一页"):
        assert words in phone.text
    assert 'data-idle="90"' in phone.page.text
    assert "这里已收 1 票" in phone.press("leave").text
    wrong = phone.resident.post_form(addresses.VOTE, {"pin": "000000"})
    assert "密码不对" in wrong.text
    assert '<details class="staff" open>' in wrong.text
    assert stations.active_station(store, token)
    with store.write() as unit:
        stored.move_on(unit.connection, poll.id, PollStage.OPEN, PollStage.CLOSED)
        unit.commit()
    assert "结束" in phone.open().text
    assert 'name="code"' not in phone.page.text
    answer = phone.resident.post_form(addresses.VOTE, {"pin": PIN}, follow_redirects=False)
    assert answer.headers["location"] == "/sign_in"
    assert stations.active_station(store, token) is None


def test_voters_at_one_station_leave_nothing_to_the_next(phone: Browser, store: Store, admin: Actor) -> None:
    """H082: whether the voter before pressed Back, reloaded, walked away or opened another tab."""
    voters = 60
    poll = open_poll(store, admin, BallotKind.APPROVAL, count=voters)
    token = stations.start_station(store, admin, poll.id, poll.venue, PIN)
    phone.resident.cookies.set("renovation_station", token)
    for turn, code in enumerate(poll.codes):
        phone.enter(code).press("", size="2").press("choose").press("check", pick=str(turn % 3 + 1))
        if turn % 4 == 0:
            # Walked away in the middle; the next one finds the first page.
            phone.open()
        else:
            receipt = phone.press("cast").press("cast").receipt()
            phone.press("leave") if turn % 4 == 1 else phone.open()
            assert receipt not in phone.page.text
        assert phone.step == "welcome"
        assert 'class="size0"' in phone.page.text
        assert "路灯" not in phone.page.text
        assert set(phone.resident.cookies) <= {"renovation_station", "renovation_visitor"}
        for path in ("choose", "check", "cast", "receipt"):
            assert Browser(phone.resident).open(f"{addresses.VOTE}/{path}").step == "welcome"
    assert len(cast(store, poll.id)) == voters - voters // 4
