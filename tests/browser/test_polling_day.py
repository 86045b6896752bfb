"""A polling day in a browser: sixty voters on five polls, and every paper says what a hand has counted."""

from __future__ import annotations

import contextlib
import html
import os
import re
import tomllib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.cookiejar import Cookie, CookieJar
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

import docx
import openpyxl
import pytest
from browser_harness import PATIENCE, PHONE, Visit, opened, serve_app, vote_key
from kiosk_run import BOX, PIN, RECEIPT
from playwright.sync_api import Locator, Page, expect
from test_first_year import PASSWORD, fill, second_person
from test_journey import CODE, choose, press

from renovation.exports.outcome import verify_bundle
from renovation.exports.print import reconciliation_sheet
from renovation.model import addresses
from renovation.model.accounts import Actor, Role
from renovation.model.clock import now, today
from renovation.model.elections import BallotKind
from renovation.model.polls import PollProject, PollSettings, PollStage
from renovation.services.outcome import publishing, results
from renovation.services.outcome.exports import ExportFormat, export_outcome
from renovation.services.polls import codes, kits, polls, stations
from renovation.services.polls.reconciliation import reconcile
from renovation.services.staff import accounts
from renovation.services.staff.accounts import AccountDraft
from renovation.store import Store
from renovation.store.polls import polls as stored
from renovation.ui.polls import polls as poll_pages

DAY: dict[str, Any] = tomllib.loads(
    (Path(__file__).parents[1] / "services" / "polls" / "polling_day.toml").read_text(encoding="utf-8")
)
TITLES = {
    "approval": "先改哪三样",
    "choose-1": "最想改哪一样",
    "cumulative": "十分怎么分",
    "yes-no": "每一样同意不同意",
    "ordinal": "排个先后",
}
LIMITS = {"approval": {"max_choices": 3}, "cumulative": {"max_points": 10}, "ordinal": {"max_choices": 3}}
CHANNELS = {"station": "投票站电脑", "phone": "手机", "paper": "纸票"}
NAMES = ("路灯", "车棚", "坡道", "长椅", "屋面", "绿化")
VENUE = "居民活动室"
OFFICE, LI = Actor(role=Role.ADMIN, login="office"), Actor(role=Role.OBSERVER, login="li")
_TABLES = """body => [...body.querySelectorAll("table")].map(
  table => [...table.rows].map(row => [...row.cells].map(cell => cell.innerText)))"""
TWELVE = 12
#: A server that believes it is 2020 while a file lies in its home, as a laptop with a dead battery does.
DEAD = """
import os, pathlib
from datetime import UTC, datetime
from renovation.model import clock
real, mark = clock.tick, pathlib.Path(os.environ["RENOVATION_HOME"], "dead")
clock.tick = lambda: datetime(2020, 1, 1, 4, tzinfo=UTC) if mark.exists() else real()
"""


@dataclass
class PollAtHand:
    """A poll of the day: what a hand counted of it, and the codes on its slips."""

    id: str
    venue: int
    kind: str
    title: str
    codes: list[str] = field(default_factory=list)

    @property
    def told(self) -> dict[str, Any]:
        """What a hand counted."""
        return dict(DAY[self.kind])

    @property
    def said(self) -> list[dict[str, int]]:
        """What each voter on a screen says."""
        return [said for count, said in self.told["cast"] for _ in range(count)]


def staff(store: Store) -> dict[str, str]:
    """Make an administrator, a social worker and a second clerk; return their sessions."""
    first = AccountDraft(login="office", name="区住建局", role=Role.ADMIN)
    office = accounts.as_actor(accounts.create_first_account(store, first, PASSWORD))
    for login, name, role in (("li", "李社工", Role.SOCIAL_WORKER), ("wang", "王录入", Role.SECOND_CLERK)):
        made, given = accounts.create_account(store, office, AccountDraft(login=login, name=name, role=role))
        token = accounts.sign_in(store, login, given).token
        accounts.change_own_password(store, accounts.as_actor(made, token=token), token, given, PASSWORD)
    return {login: accounts.sign_in(store, login, PASSWORD).token for login in ("office", "li", "wang")}


def draft(store: Store, kind: str) -> PollAtHand:
    """Lay a draft of six projects at one venue."""
    settings = PollSettings(
        title=TITLES[kind], ballot_kind=BallotKind(kind), budget=60_000_000, denominator=100, **LIMITS.get(kind, {})
    )
    projects = [
        PollProject(number=n, key=f"P{n}", name=f"{name}改造", cost=n * 10_000_000, why="23 户反映")
        for n, name in enumerate(NAMES, 1)
    ]
    with store.write() as unit:
        poll_id = stored.add(unit.connection, settings, at=now())
        stored.set_projects(unit.connection, poll_id, projects)
        unit.commit()
    return PollAtHand(poll_id, polls.add_venue(store, OFFICE, poll_id, VENUE).id, kind, TITLES[kind])


def open_at_once(store: Store, poll: PollAtHand) -> None:
    """Make codes and open a poll, whose buttons are pressed on another one's pages."""
    made = codes.make_batch(store, OFFICE, poll.id, poll.venue, TWELVE, "第一批")
    poll.codes = [slip.code for slip in made.slips]
    polls.open_poll(store, OFFICE, poll.id, second=LI)


def to_poll(window: Visit, page: str, poll: PollAtHand) -> None:
    """Turn to a page of polls, and to a poll on it."""
    window.go(page)
    if page == "polls":
        press(window, poll.title)
    else:
        choose(window, "选一场投票", poll.title)


def serve_all(stack: contextlib.ExitStack, homes: dict[str, Path]) -> list[str]:
    """Start the office's server and the laptops' at the same time; return their addresses."""
    path = os.pathsep.join(filter(None, (str(homes["yes-no"]), os.environ.get("PYTHONPATH"))))
    servers = [
        serve_app(home, home / "server.log", **({"PYTHONPATH": path} if name == "yes-no" else {}))
        for name, home in homes.items()
    ]
    with ThreadPoolExecutor() as pool:
        return list(pool.map(stack.enter_context, servers))


class Voter:
    """A browser without pictures and scripts: it sends each page's form as that page says."""

    def __init__(self, address: str, station: str = "") -> None:
        self.address = address
        jar = CookieJar()
        if station:
            jar.set_cookie(carried(station))
        self._opener = build_opener(HTTPCookieProcessor(jar))
        self._opener.addheaders = [("Origin", address)]
        self.seen = self._ask(addresses.VOTE)

    def _ask(self, path: str, form: dict[str, Any] | None = None) -> str:
        data = None if form is None else urlencode(form, doseq=True).encode()
        asked = Request(self.address + path, data)
        try:
            answer = self._opener.open(asked, timeout=PATIENCE)
        except HTTPError as refused:
            # A refusal is a page too.
            answer = refused
        with answer:
            return html.unescape(answer.read().decode())

    def send(self, act: str, **fields: Any) -> str:
        """Press a button of the page."""
        body = self.seen.split("</form>")[0]
        hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', body))
        action = re.findall(r'<form method="post" action="([^"]+)" id="ballot"', body)[0]
        self.seen = self._ask(action, hidden | fields | {"act": act})
        return self.seen

    def vote(self, kind: str, code: str, said: dict[str, int]) -> None:
        """Cast a ballot and look for its receipt."""
        self.send("code", code=code)
        self.send("choose")
        if said:
            self.send("check", **as_written(kind, said))
            self.send("cast")
            self.send("cast", **as_written(kind, said))
        else:
            self.send("blank")
            self.send("cast", sure="blank")
        assert 'class="receipt said"' in self.seen, self.seen


def carried(station: str) -> Cookie:
    """Return what a browser carries that is a station."""
    rest: dict[str, Any] = dict.fromkeys(("port", "expires", "comment", "comment_url"))
    flags: dict[str, Any] = {"domain_specified": False, "domain_initial_dot": False, "port_specified": False}
    return Cookie(
        version=0, name="renovation_station", value=station, domain="localhost.local", path="/", path_specified=True,
        secure=False, discard=True, rest={}, **rest, **flags,
    )  # fmt: skip


def as_written(kind: str, said: dict[str, int]) -> dict[str, Any]:
    """Return the fields of the form that say so: points and answers by number, ranks in order, or what is picked."""
    numbers = [key.removeprefix("P") for key in said]
    if kind in ("approval", "choose-1"):
        return {"pick": numbers}
    values = range(1, len(said) + 1) if kind == "ordinal" else said.values()
    return {f"n{number}": str(value) for number, value in zip(numbers, values, strict=True)}


def on_screen(page: Page, code: str, keys: str, *, stay: bool = False) -> None:
    """Vote by keys at a station's screen; who stays is in the middle of a ballot."""
    page.locator(BOX).fill(code)
    page.keyboard.press("Enter")
    vote_key(page, "Enter", "how")
    for key in keys:
        vote_key(page, key, "choose")
    if not stay:
        finish(page)
        page.locator(".next").click()
        page.locator("body.welcome").wait_for()


def finish(page: Page) -> None:
    for step in ("choose", "check", "cast"):
        vote_key(page, "Enter", step)
    page.locator(RECEIPT).wait_for()


def station(window: Visit, store: Store, poll: PollAtHand) -> Page:
    token = stations.start_station(store, OFFICE, poll.id, poll.venue, PIN)
    window.context.add_cookies([{"name": "renovation_station", "value": token, "url": window.address}])
    window.page.goto(f"{window.address}{addresses.VOTE}")
    return window.page


def token_of(window: Visit) -> str:
    """Return what makes a window a station."""
    return next(one["value"] for one in window.context.cookies() if one["name"] == "renovation_station")


def slips_and_opening(office: Visit, poll: PollAtHand) -> None:
    """Make codes, print them, and open the poll: two people, and the terms once more before the last click."""
    to_poll(office, "codes", poll)
    fill(office, "个数", str(TWELVE))
    press(office, "制作并准备打印")
    poll.codes = CODE.findall(office.page.frame_locator("iframe").first.locator("body").inner_text())
    office.page.get_by_text("已经拿在手里").click()
    office.idle()
    press(office, "确认已打印")
    to_poll(office, "polls", poll)
    press(office, "开始投票")
    asked = office.page.locator('[data-testid="stMain"]')
    expect(asked).to_contain_text("从 6 个项目里选最多 3 个")
    second_person(office)


def zero_report(office: Visit, poll: PollAtHand) -> None:
    """Print the report that is signed at opening: an empty box, and no ballot yet."""
    to_poll(office, "polls", poll)
    office.page.get_by_role("tab", name="打印").click()
    office.page.get_by_role("radio", name="零票报告").click()
    office.idle()
    press(office, "现在做一张")
    (sheet,) = tables(office.page.frame_locator("iframe").last.locator("body"), "零票报告")
    said = {row[0]: row[1] for row in sheet}
    assert said["投票点"] == VENUE
    assert said["本点在电脑和手机上收到的票"] == said["全场已收到的票"] == "0"
    assert "票箱当众打开，里面是空的，已加封" in said


def hand_out(office: Visit, store: Store, poll: PollAtHand, foreign: PollAtHand) -> None:
    """Hand a sheet out for each code of those who want paper; a code of another poll is named and not spent."""
    to_poll(office, "codes", poll)
    box, main = office.page.get_by_label("纸条上的投票码"), office.page.locator('[data-testid="stMain"]')
    wanted = poll.codes[3:]
    for code, said in (
        (foreign.codes[0], f"这是“{foreign.title}”的投票码"),
        (wanted[0], f"可以发“{poll.title}”的纸票（{VENUE}"),
    ):
        box.fill(code)
        box.press("Enter")
        office.idle()
        expect(main).to_contain_text(said)
    for code in wanted[1:]:
        codes.hand_out_paper(store, OFFICE, poll.id, code)


def keyed(sheet: Any) -> str:
    """Return the keys of a sheet."""
    return "-" if sheet == "spoiled" else "".join(key.removeprefix("P") for key in sheet) or "b"


def key_paper(windows: dict[str, Visit], poll: PollAtHand) -> None:
    """Count, key twice, and have a third person look at what two clerks saw alike and cannot be."""
    first, second, third = windows["li"], windows["wang"], windows["office"]
    first.open()
    to_poll(first, "paper", poll)
    fill(first, "批次名称", "一箱")
    fill(first, "票箱里的张数（录入前手工清点）", str(len(poll.told["sheets"])))
    fill(first, "领走后没有投入票箱的张数", str(poll.told["not_returned"]))
    press(first, "按封面单建这一批")
    for window, done in ((first, "第一遍录完"), (second, "第二遍录完")):
        if window is second:
            window.open()
            to_poll(window, "paper", poll)
        expect(window.page.get_by_text("1 / 7", exact=True)).to_be_visible()
        for sheet in poll.told["sheets"]:
            for key in (*keyed(sheet), "Enter"):
                window.page.keyboard.press(key)
        expect(window.page.get_by_text("已录 7 / 7 张")).to_be_visible()
        window.idle()
        press(window, done)
    to_poll(third, "paper", poll)
    third.page.get_by_text("第一遍对").click()
    third.idle()
    third.page.get_by_label("原因").first.fill("票上勾了四项")
    third.page.keyboard.press("Tab")
    press(third, "按这个算")
    press(third, "这批入账")


def kit(office: Visit, poll: PollAtHand, folder: Path) -> tuple[Path, str]:
    """Send a venue's kit out: the file, and the passphrase on a paper of its own."""
    to_poll(office, "kits", poll)
    press(office, "发出投票包")
    press(office, "我已核对，确定")
    words = office.page.get_by_text("投票包的口令").inner_text()
    found = CODE.search(words)
    assert found, words
    with office.page.expect_download() as waiting:
        office.page.get_by_role("button", name="下载投票包").click()
    file = folder / f"{poll.kind}.kit"
    waiting.value.save_as(file)
    press(office, "口令已抄下")
    return file, found[0]


def install(laptop: Visit, file: Path, passphrase: str, poll: PollAtHand) -> None:
    laptop.page.locator('input[type="file"]').first.set_input_files(file)
    laptop.idle()
    laptop.page.get_by_label("口令").fill(passphrase)
    press(laptop, "安装")
    expect(laptop.page.locator('[data-testid="stMain"]')).to_contain_text(f"已装好“{poll.title}”")


def box_of(laptop: Visit, folder: Path, poll: PollAtHand) -> Path:
    if not laptop.page.url.endswith("/kits"):
        laptop.open("kits")
    press(laptop, "结束这里的投票，封箱")
    press(laptop, "我已核对，确定")
    with laptop.page.expect_download() as waiting:
        laptop.page.get_by_role("button", name="下载票箱文件").click()
    file = folder / f"{poll.kind}.box"
    waiting.value.save_as(file)
    laptop.assert_clean()
    return file


def vote_all(address: str, poll: PollAtHand, *, start: int = 0, most: int = TWELVE, station_token: str = "") -> None:
    """Let a poll's voters on screens vote, each in a browser of their own."""
    for code, said in list(zip(poll.codes, poll.said, strict=False))[start:most]:
        Voter(address, station_token).vote(poll.kind, code, said)


def bare_laptop(
    visit: Callable[..., Visit], address: str, home: Path, made: tuple[Path, str], poll: PollAtHand
) -> Path:
    """Begin on a bare laptop at its first step, make it a station, vote there, and seal the box."""
    laptop = visit(address)
    laptop.open()
    for label, words in (("姓名", "投票点"), ("登录名", "dian"), ("密码", PASSWORD), ("再输一次密码", PASSWORD)):
        fill(laptop, label, words)
    press(laptop, "建账号，开始使用")
    laptop.page.get_by_role("link", name="这台电脑只做离线投票点").click()
    laptop.page.locator('input[type="file"]').first.wait_for(state="attached")
    laptop.idle()
    install(laptop, *made, poll)
    # Nobody votes there as if it were a phone of their own.
    assert "还没有成为投票站" in Voter(address).send("code", code=poll.codes[0])
    laptop.go("station")
    for label in ("工作人员密码（6 位数字）", "再输一次"):
        laptop.page.get_by_role("textbox", name=label).fill(PIN)
    laptop.page.keyboard.press("Enter")
    laptop.page.locator(BOX).wait_for()
    vote_all(address, poll, station_token=token_of(laptop))
    laptop.page.get_by_text("工作人员", exact=True).click()
    laptop.page.get_by_label("工作人员密码").fill(PIN)
    laptop.page.get_by_role("button", name="结束投票，改回普通电脑").click()
    laptop.page.get_by_role("heading", name="登录").wait_for()
    with opened(home) as store:
        laptop.sign_in(accounts.sign_in(store, "dian", PASSWORD).token)
    return box_of(laptop, home, poll)


def with_dead_clock(home: Path, made: tuple[Path, str]) -> str:
    """Lay a laptop whose clock will die, with its kit; return the session of its administrator."""
    (home / "sitecustomize.py").write_text(DEAD, encoding="utf-8")
    with opened(home) as store:
        token = staff(store)["office"]
        kits.install_kit(store, OFFICE, made[0].read_bytes(), made[1])
    return token


def dead_laptop(visit: Callable[..., Visit], address: str, home: Path, token: str, poll: PollAtHand) -> Path:
    """Vote on a laptop whose clock died: nobody votes before two people have said which day it is."""
    (home / "dead").touch()
    assert "请两位工作人员确认今天是几号" in Voter(address).send("code", code=poll.codes[0])
    laptop = visit(address)
    laptop.sign_in(token)
    laptop.open("kits")
    press(laptop, "确认今天是")
    second_person(laptop)
    with opened(home) as store:
        place = polls.venues(store, OFFICE, poll.id)[0].id
        station_token = stations.start_station(store, OFFICE, poll.id, place, PIN)
    vote_all(address, poll, station_token=station_token)
    return box_of(laptop, home, poll)


def merge(office: Visit, box: Path, poll: PollAtHand, *, other: PollAtHand | None = None, dead: bool = False) -> None:
    """Take a box in; with another poll chosen it is refused by name, and one of a dead clock asks two people why."""
    main = office.page.locator('[data-testid="stMain"]')
    for chosen in filter(None, (other, poll)):
        to_poll(office, "kits", chosen)
        office.page.locator('input[type="file"]').first.set_input_files(box)
        office.idle()
        press(office, "收回票箱文件")
        if chosen is other:
            expect(main).to_contain_text(f"这是“{poll.title}”的票箱")
        else:
            if dead:
                fill(office, "原因", "电池没电")
                press(office, "收回票箱文件")
                second_person(office)
            expect(main).to_contain_text(f"已收下“{poll.title}”投票点“{VENUE}”的 12 张票")
        office.go("codes")


def close(office: Visit, poll: PollAtHand, voter: Page | None = None) -> None:
    """Close a poll; with somebody in the middle of a ballot it asks, and what they cast in the grace counts."""
    if voter:
        on_screen(voter, poll.codes[-1], keyed(poll.said[-1]), stay=True)
    to_poll(office, "polls", poll)
    main = office.page.locator('[data-testid="stMain"]')
    if voter:
        expect(main).to_contain_text("还有 1 人正在")
        press(office, "停止发放新选票")
        # Whoever touches nothing for a minute is asked whether they are still there.
        voter.mouse.move(40, 40, steps=3)
        press(office, "我已核对，确定")
        finish(voter)
        office.go("codes")
        to_poll(office, "polls", poll)
    press(office, "结束投票")
    second_person(office)
    expect(main).to_contain_text("已结束")


def close_and_publish_at_once(store: Store, poll: PollAtHand) -> None:
    """Close, seal and publish a poll, whose buttons are pressed on another one's pages."""
    if polls.get_poll(store, OFFICE, poll.id).stage is PollStage.OPEN:
        polls.close_poll(store, OFFICE, poll.id, second=LI)
    publishing.reconcile_poll(store, OFFICE, poll.id, second=LI)
    publishing.publish_poll(store, OFFICE, poll.id)


def seal_and_publish(office: Visit, poll: PollAtHand) -> None:
    """Seal a poll all of whose lines agree, and publish it."""
    to_poll(office, "reconcile", poll)
    expect(office.page.locator('[data-testid="stMain"]')).to_contain_text("项全部对上")
    press(office, "封存本场投票")
    second_person(office)
    to_poll(office, "polls", poll)
    # What the page says of an act leads nobody out of the tab they stand in.
    office.page.get_by_role("tab", name="打印").click()
    press(office, "公布结果")
    press(office, "我已核对，确定")
    expect(office.page.get_by_role("tab", name="打印")).to_have_attribute("aria-selected", "true")


def tables(body: Locator, words: str) -> list[list[list[str]]]:
    """Return the tables of a page that is to be printed, once it says these words."""
    expect(body).to_contain_text(words)
    return list(body.evaluate(_TABLES))


def hold_counts(found: list[list[list[str]]], poll: PollAtHand) -> None:
    """Hold the table of what came in, by channel and in sum, against the count by hand; few ballots are not told."""
    (counts,) = [table for table in found if table[0][-1] == "计入"]
    columns = ("given", "replaced", "not_returned", "came", "valid", "blank", "spoiled", "over", "counted")
    told = poll.told["sums"]
    by_channel = {CHANNELS[name]: told[name] for name in told if name != "all"}
    assert {row[1] for row in counts[1:-1]} == set(by_channel)
    for row in counts[1:]:
        said = dict(zip(columns, row[2:], strict=True))
        right = by_channel.get(row[1], told["all"])
        assert {name: value for name, value in said.items() if value not in ("", "—")}.items() <= {
            name: str(value) for name, value in right.items()
        }.items(), (poll.kind, row)
        assert {"given", "came", "counted"} <= {name for name, value in said.items() if value not in ("", "—")}
    assert counts[-1][6:8] == [str(told["all"]["valid"]), str(told["all"]["blank"])]


def votes_in_words(poll: PollAtHand, key: str) -> str:
    """Return what a paper says of a project's votes."""
    told = poll.told
    votes = told["votes"].get(key, 0)
    if poll.kind == "yes-no":
        return f"同意 {votes}，不同意 {told['against'].get(key, 0)}"
    return f"{told['score'].get(key, 0)} 分" if "score" in told else f"{votes}"


@dataclass
class Papers:
    """What is signed and posted of a poll: the tables of its sheets, its workbook, its bundle and the Word file."""

    reconciliation: list[list[list[str]]]
    result: list[list[list[str]]]
    notice: list[list[list[str]]]
    workbook: Path
    bundle: Path
    word: Path


def on_pages(office: Visit, poll: PollAtHand, folder: Path) -> Papers:
    """Take a published poll's papers from the pages that offer them."""
    sheets = []
    shown = office.page.frame_locator("iframe").last.locator("body")
    for button, words in (("核对单", "票数核对单"), ("结果单", "投票结果单")):
        office.page.get_by_role("radio", name=button).click()
        office.idle()
        sheets.append(tables(shown, words))
    office.go("exports")
    choose(office, "投票场次", poll.title)
    notice = tables(shown, poll.title)
    files = (folder / "page.xlsx", folder / "page.zip", folder / "page.docx")
    for button, file in zip(("Excel 表格", "下载公开包", "公示（Word）"), files, strict=True):
        with office.page.expect_download() as waiting:
            office.page.get_by_role("button", name=button).first.click()
        waiting.value.save_as(file)
    return Papers(sheets[0], sheets[1], notice, *files)


def at_once(store: Store, poll: PollAtHand, window: Visit, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Papers:
    """Write a published poll's papers as the pages do, without turning to each of them."""
    held = results.election(store, OFFICE, poll.id)
    found = results.allocate(held)
    monkeypatch.setattr(poll_pages, "store", lambda: store)
    monkeypatch.setattr(poll_pages, "language", lambda: "zh-CN")
    monkeypatch.setattr(poll_pages, "decided", lambda _: found)
    counted = reconcile(store, OFFICE, poll.id)
    pages = (
        reconciliation_sheet(held.poll, counted, turnout=held.turnout, day=today()),
        poll_pages._result_page(OFFICE, held.poll),
        export_outcome(held, found, ExportFormat.NOTICE),
    )
    sheets = []
    for page in pages:
        window.page.set_content(page[2].decode())
        sheets.append(tables(window.page.locator("body"), poll.title))
    files = tuple(folder / f"{poll.kind}.{end}" for end in ("xlsx", "zip", "docx"))
    files[0].write_bytes(export_outcome(held, found, ExportFormat.XLSX)[2])
    files[1].write_bytes(publishing.bundle_file(store, OFFICE, poll.id)[2])
    files[2].write_bytes(export_outcome(held, found, ExportFormat.NOTICE_DOCX)[2])
    return Papers(*sheets, *files)


def add_up(papers: Papers, poll: PollAtHand) -> None:
    """Hold every paper of a published poll against the count by hand."""
    winners = {f"{NAMES[int(key[1:]) - 1]}改造" for key in poll.told["winners"]}
    votes = {f"{name}改造": votes_in_words(poll, f"P{n}") for n, name in enumerate(NAMES, 1)}
    for sheet in (papers.reconciliation, papers.result, papers.notice):
        hold_counts(sheet, poll)
    lines = [row for table in papers.reconciliation if table[0][-1] == "是否对上" for row in table[1:]]
    assert {row[-1] for row in lines} == {"对上"}
    projects = {row[1]: row for row in papers.result[-1][1:]}
    assert {name: row[2] for name, row in projects.items()} == votes
    assert {name for name, row in projects.items() if row[4] == "入选"} == winners
    lists = [table for table in papers.notice if table[0][-1] == "原因"]
    assert {row[2]: row[3] for table in lists for row in table[1:]} == votes
    assert {row[2] for row in lists[0][1:]} == winners
    sheets = openpyxl.load_workbook(papers.workbook)
    book = [[cell.value for cell in row] for sheet in sheets for row in sheet]
    assert {row[2] for row in book if len(row) > 4 and "入选" in row and row[2] in votes} == winners
    assert verify_bundle.verify(papers.bundle)[0] == []
    # What the office may still edit in Word says the same as what it prints.
    word = [
        [[cell.text for cell in row.cells] for row in table.rows][1:]
        for table in docx.Document(str(papers.word)).tables
    ]
    assert word == [table[1:] for table in papers.notice]


@pytest.mark.browser
@pytest.mark.slow
def test_a_polling_day_is_added_up(
    visit: Callable[..., Visit],
    lay_store: Callable[[Path], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    homes = {name: lay_store(tmp_path / name) for name in ("office", "cumulative", "yes-no")}
    with contextlib.ExitStack() as stack:
        store = stack.enter_context(opened(homes["office"]))
        sessions = staff(store)
        held = {kind: draft(store, kind) for kind in DAY}
        for kind in list(held)[1:]:
            open_at_once(store, held[kind])
        assert sum(len(poll.said) for poll in held.values()) + len(DAY["approval"]["sheets"]) + 2 == 60
        approval, phones, ranked, dead = (held[kind] for kind in ("approval", "choose-1", "ordinal", "yes-no"))
        sent = kits.make_kit(store, OFFICE, dead.id, dead.venue)
        (tmp_path / sent.file[0]).write_bytes(sent.file[2])
        keeper = with_dead_clock(homes["yes-no"], (tmp_path / sent.file[0], sent.passphrase))
        address, bare, died = serve_all(stack, homes)
        windows = {login: visit(address) for login in sessions}
        for login, token in sessions.items():
            windows[login].sign_in(token)
        office = windows["office"]
        office.open()
        slips_and_opening(office, approval)
        zero_report(office, approval)
        made = kit(office, held["cumulative"], tmp_path)
        hall = station(visit(address), store, approval)
        for code, said in zip(approval.codes, approval.said, strict=False):
            on_screen(hall, code, keyed(said))
        hand_out(office, store, approval, phones)
        phone = visit(address, viewport=PHONE).page
        phone.goto(f"{address}{addresses.VOTE}#{phones.codes[0]}")
        phone.wait_for_function("() => !location.hash")
        phone.get_by_role("button", name="下一步").click()
        phone.get_by_role("button", name="开始选").click()
        phone.locator("#p1 .take").click()
        for words in ("选好了，检查一下", "没错，下一步", "投出这一票"):
            phone.get_by_role("button", name=words).click()
        phone.locator(RECEIPT).wait_for()
        vote_all(address, phones, start=1)
        boxes = {
            "cumulative": bare_laptop(visit, bare, homes["cumulative"], made, held["cumulative"]),
            "yes-no": dead_laptop(visit, died, homes["yes-no"], keeper, dead),
        }
        merge(office, boxes["cumulative"], held["cumulative"], other=dead)
        merge(office, boxes["yes-no"], dead, dead=True)
        last_window = visit(address)
        last = station(last_window, store, ranked)
        vote_all(address, ranked, most=TWELVE - 1, station_token=token_of(last_window))
        key_paper(windows, approval)
        for poll in (approval, ranked):
            close(office, poll, last if poll is ranked else None)
        seal_and_publish(office, approval)
        add_up(on_pages(office, approval, tmp_path), approval)
        sheet = visit(address)
        for poll in held.values():
            if poll is not approval:
                close_and_publish_at_once(store, poll)
            add_up(at_once(store, poll, sheet, tmp_path, monkeypatch), poll)
        for window in windows.values():
            window.assert_clean()
