"""Papers as a browser prints them: their pages, the size of their type, and that nothing is cut."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from datetime import date

import pytest
from playwright.sync_api import Browser, Page

from renovation.exports.outcome.notice import Notice, NoticeLine, notice_html
from renovation.exports.print import SheetLine, code_slips, paper_ballots, result_sheet
from renovation.exports.print.counts import count_table
from renovation.model.clock import now
from renovation.model.elections import BallotKind
from renovation.model.polls import Channel, Poll, PollProject, PollSettings, PollStage, Turnout
from renovation.rules.polls.reconciliation import Count

pytestmark = pytest.mark.browser

_OFFICE = "惠州市惠城区住房和城乡建设局"
_WHAT = "更换全部楼道灯具，加装声控开关，改造老化线路，并在入口处补装照明"
_WHY = "得票第 18（7 票）。轮到时只剩 15.45 万元，还差 56.6 万元，未入选；费用降到 15.45 万元，或再多 5 票，就能入选。"
#: A colour of its own, which a printed page's stream names.
_MARK = "1 0 0 rg"
#: The smallest type among what is printed, in points.
_SMALLEST = """() => Math.round(10 * Math.min(...[...document.querySelectorAll(".sheet *")].filter(at =>
  !at.closest("svg") && at.checkVisibility() &&
  [...at.childNodes].some(node => node.nodeType === 3 && node.data.trim())
).map(at => parseFloat(getComputedStyle(at).fontSize) * 72 / 96))) / 10"""
_CUT = """() => [...document.querySelectorAll(".slip, .slip *")].filter(at => !at.closest("svg") &&
  (at.scrollHeight > at.clientHeight + 2 || at.scrollWidth > at.clientWidth + 2) &&
  getComputedStyle(at).overflow === "hidden").map(at => at.className + ": " + at.textContent.trim().slice(0, 40))"""


def poll_of(count: int, **more: object) -> Poll:
    projects = tuple(
        PollProject(
            number=n, key=f"p{n}", name=f"楼道照明更换 {n}", cost=n * 4_050_000, description=_WHAT, why="夜里暗"
        )
        for n in range(1, count + 1)
    )
    settings = PollSettings(
        title="糖厂三号小区：改什么，大家来选", ballot_kind=BallotKind.APPROVAL, max_choices=3, budget=300_000_000,
        notice_office=_OFFICE, notice_phone="0752-2345678", venue_hours="2026-11-29/2026-12-01 8:30-12:00 14:00-18:00",
        **more,
    )  # fmt: skip
    return Poll(id="poll", settings=settings, stage=PollStage.OPEN, created_at=now(), projects=projects)


@pytest.fixture
def sheet(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    yield page
    page.close()


def pages(printed: bytes) -> list[bytes]:
    """Return what is drawn on each page of a printed file, as its streams say."""
    found = []
    for contents in re.findall(rb"/Type /Page\b.*?/Contents (\d+) 0 R", printed, re.DOTALL):
        (stream,) = re.findall(rb"\n" + contents + rb" 0 obj\n.*?stream\n(.*?)\nendstream", printed, re.DOTALL)
        found.append(zlib.decompress(stream))
    return found


def printed(sheet: Page, content: bytes) -> list[bytes]:
    sheet.set_content(content.decode())
    return pages(sheet.pdf(prefer_css_page_size=True))


@pytest.mark.parametrize("large", [False, True], ids=["usual", "large"])
@pytest.mark.parametrize("count", [4, 8, 12, 20])
def test_a_ballot_says_please_turn_over_where_there_is_a_next_page(sheet: Page, count: int, large: bool) -> None:
    content = paper_ballots(poll_of(count), serials=["0001-37", "0002-37"], large=large)[2]
    content = content.replace(b"</style>", b"tr.turn td { color: rgb(255 0 0) !important }</style>", 1)
    found = [_MARK.encode() in one for one in printed(sheet, content)]
    # Two ballots, and each says so on every page but its last.
    each = len(found) // 2
    assert found == [at < each - 1 for _ in range(2) for at in range(each)]
    assert each > 1 or count < 20


@pytest.mark.parametrize(("large", "points"), [(False, 12), (True, 16)], ids=["usual", "large"])
def test_nothing_on_a_ballot_is_small(sheet: Page, large: bool, points: int) -> None:
    sheet.set_content(paper_ballots(poll_of(20), serials=["0001-37"], large=large)[2].decode())
    assert sheet.evaluate(_SMALLEST) >= points


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("large", [False, True], ids=["usual", "large"])
def test_nothing_on_a_slip_is_cut(sheet: Page, large: bool, language: str) -> None:
    slips = [(serial, "ABCD-EFG-HJK", "23456789ABCDE") for serial in range(1, 9)]
    for address in ("", "https://vote.huicheng.example/r/vote"):
        content = code_slips(
            poll_of(20), slips, venue="居民活动室（二楼，东侧楼梯上）", address=address, label="第一批", test=True,
            large=large, language=language,
        )[2]  # fmt: skip
        assert len(printed(sheet, content)) == (4 if large else 1)
        assert sheet.evaluate(_CUT) == []
        if large:
            assert sheet.evaluate(_SMALLEST) >= 16


def test_what_is_signed_and_posted_of_twenty_projects_takes_two_pages(sheet: Page) -> None:
    counts = [
        Count(venue=venue, channel=channel, given=30, came=30, counted=30, blank=2, spoiled=0, over=0)
        for venue in ("居民活动室", "东门岗亭", "老年活动中心")
        for channel in (Channel.STATION, Channel.PHONE, Channel.PAPER)
    ]
    turnout = Turnout(ballots=270, blank=18, denominator=420, by_channel={Channel.STATION: 270})
    lines = [
        SheetLine(number=f"{n}", name=f"楼道照明更换 {n}", cost=4_050_000, votes="18", selected=n < 8, reason=_WHY)
        for n in range(1, 21)
    ]
    result = result_sheet(
        poll_of(20), lines, turnout=turnout, counts=counts, places=[(one.venue, "") for one in counts[::3]],
        rule="按票数从高到低，放得下就选", tie_break="费用低者优先", spent=284_550_000,
    )  # fmt: skip
    assert len(printed(sheet, result[2])) == 2
    told = [
        NoticeLine(rank=f"{n}", number=f"{n}", name=f"楼道照明更换 {n}", votes="18", cost="40.50", reason=_WHY)
        for n in range(1, 21)
    ]
    notice = Notice(
        title="关于“糖厂三号小区：改什么，大家来选”投票结果的公示",
        opening="“糖厂三号小区：改什么，大家来选”投票已经结束，现将结果公示如下。" * 2,
        counts=count_table(counts, turnout, "zh-CN"),
        before=[("投票的时间和地点", ["投票开始：2026年11月29日；投票结束：2026年12月1日。", "投票点：居民活动室。"])],
        chosen=told[:7],
        others=told[7:],
        after=[("怎样选出", ["按投票前公布的规则计算。"] * 4), ("公示期和意见反映", ["公示期 7 个工作日。"] * 2)],
        office=_OFFICE,
        day=date(2026, 11, 29),
        cost_heading="费用（万元）",
    )
    assert len(printed(sheet, notice_html(notice)[2])) == 2
