"""The printed pack: the screen's numbers, nothing that can run, and pages that cannot be mixed up."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
import shapely

from renovation.exports.polls.announcement import announcement, announcement_docx, announcement_page
from renovation.exports.print import (
    SheetLine,
    batch_cover,
    code_slips,
    paper_ballots,
    poster,
    reconciliation_sheet,
    result_sheet,
)
from renovation.exports.print.pages import how_to_vote, slips_per_page
from renovation.model.clock import now
from renovation.model.elections import Ballot, BallotKind, Candidate, Instance
from renovation.model.polls import Channel, Poll, PollProject, PollSettings, PollStage, Turnout
from renovation.rules.allocation.registry import allocate
from renovation.rules.election.profile import profile_from_ballots
from renovation.rules.election.settings import settings_from
from renovation.rules.polls.reconciliation import Reconciliation
from renovation.store.polls import running
from renovation.text import has_text, text


def poll_of(count: int) -> Poll:
    projects = tuple(
        PollProject(number=number, key=f"p{number}", name=f"<b>项目</b>{number}", cost=number * 100_00, why="夜里太暗")
        for number in range(1, count + 1)
    )
    settings = PollSettings(title="糖厂三号投票", ballot_kind=BallotKind.APPROVAL, max_choices=3, budget=10_000_000)
    return Poll(id="poll", settings=settings, stage=PollStage.OPEN, created_at=now(), projects=projects)


@pytest.mark.parametrize(("count", "repeats"), [(5, 0), (12, 2), (60, 2)])
def test_every_page_of_a_long_ballot_says_whose_it_is(count: int, repeats: int) -> None:
    page = paper_ballots(poll_of(count), serials=["A-1", "A-2"])[2].decode()
    # What stands in the table's head is printed again on each page.
    assert page.count('class="again"') == repeats
    assert page.count('class="no"') == 2 * count
    assert "<b>项目" not in page
    assert page.count("&lt;b&gt;项目") == 2 * count


def test_a_poster_shows_all_and_slips_go_eight_to_a_page() -> None:
    poll = poll_of(14)
    assert poster(poll)[2].decode().count('class="no"') == 14
    slips = code_slips(poll, [(serial, "ABCD-EFG-HJK", "23456789ABCDE") for serial in range(1, 18)], venue="活动室")[
        2
    ].decode()
    assert slips.count('class="sheet grid"') == 3
    assert slips.count('class="slip"') == 17


def test_large_slips_go_two_to_a_page_and_nothing_on_them_is_small() -> None:
    slips = [(serial, "ABCD-EFG-HJK", "23456789ABCDE") for serial in range(1, 6)]
    page = code_slips(poll_of(14), slips, venue="活动室", large=True)[2].decode()
    assert page.count('class="sheet grid large"') == -(-5 // slips_per_page(large=True)) == 3
    assert page.count('class="slip"') == 5


def test_a_reconciliation_says_that_data_were_changed_even_where_all_lines_agree() -> None:
    """And a reason stands for whatever it was given, not for open lines alone."""
    found = Reconciliation(lines=(), counts=(), by_channel=(), by_day=(), changed=("paper_reading", "ballot"))
    poll = replace(poll_of(1), meta={"reconciled_with": "已查明"})
    turnout = Turnout(ballots=3, blank=0, denominator=None, by_channel={Channel.PAPER: 3})
    page = reconciliation_sheet(poll, found, turnout=turnout, day=date(2026, 11, 18))[2].decode()
    assert "程序之外被改动过：纸票录入、选票。" in page
    assert "封存时写明的原因：已查明" in page
    page = reconciliation_sheet(poll, replace(found, changed=()), turnout=turnout, day=date(2026, 11, 18))[2].decode()
    assert "改动" not in page


def test_every_table_that_can_be_changed_has_a_name_in_words() -> None:
    assert all(has_text(f"reconcile.table.{table.name}") for table in running.TABLES)


def test_basic_projects_are_named_and_not_on_the_ballot() -> None:
    poll = poll_of(3)
    basic = replace(poll.projects[2], mandatory=True)
    page = paper_ballots(replace(poll, projects=(*poll.projects[:2], basic)))[2].decode()
    assert page.count('class="no"') == 2
    assert "项目&lt;/b&gt;3" in page or "项目&lt;/b&gt;3" in page.replace("<", "&lt;")


def test_the_result_sheet_has_places_to_sign_and_no_code() -> None:
    line = SheetLine(number="1", name="项目", cost=100, votes="3 票", selected=True)
    page = result_sheet(
        poll_of(1),
        [line],
        turnout=Turnout(ballots=3, blank=0, denominator=None, by_channel={Channel.PAPER: 3}),
        spent=100,
    )[2].decode()
    assert "校验码" not in page
    assert page.split('class="sign"')[1].count("<div>") == 4


def test_a_cover_names_everybody_who_touched_the_paper_and_leaves_room_to_sign() -> None:
    page = batch_cover(poll_of(3), venue="活动室")[2].decode()
    signed = page.split('class="sign"')[1]
    assert signed.count("<div>") == 4
    assert all(words in signed for words in ("清点人", "第一录入人", "第二录入人", "第三人"))
    assert all(words in page for words in ("已换发的张数", "没有投入票箱的张数", "票箱里的张数"))


def test_a_slip_says_when_and_where_and_that_phones_do_not_vote() -> None:
    poll = poll_of(3)
    poll = replace(poll, settings=replace(poll.settings, venue_hours="2026-11-21 8:30-12:00"))
    slips = [(1, "ABCD-EFG-HJK", "23456789ABCDE")]
    without = code_slips(poll, slips, venue="活动室")[2].decode()
    assert "投票点：活动室" in without
    assert "11月21日" in without
    assert "不能用手机投" in without
    assert "ABCD-EFG-HJK" in without
    with_phone = code_slips(poll, slips, venue="活动室", address="https://vote.example/r/vote")[2].decode()
    assert "用手机扫方块码就能投" in with_phone
    assert "不能用手机投" not in with_phone


@pytest.mark.parametrize(
    ("kind", "limit", "sentence"),
    [
        (BallotKind.APPROVAL, 2, "从 3 个项目里选最多 2 个"),
        (BallotKind.APPROVAL, None, "从 3 个项目里选，选几个都行"),
        (BallotKind.RANKING, 2, "按喜欢的先后排序，最多排 2 个"),
        (BallotKind.RANKING, None, "按喜欢的先后排序"),
    ],
)
def test_paper_names_the_limit_that_the_screen_keeps(kind: BallotKind, limit: int | None, sentence: str) -> None:
    settings = replace(poll_of(3).settings, ballot_kind=kind, max_choices=limit)
    assert how_to_vote(replace(poll_of(3), settings=settings), "zh-CN") == sentence


_BALLOTS = {"甲": 57, "乙": 50, "丙": 44}


@pytest.mark.parametrize(
    ("rule", "chosen"),
    [("greedy", "甲丙"), ("greedy-stop", "甲"), ("greedy-per-cost", "丙乙"), ("max-welfare", "甲丙")],
)
def test_worked_examples_are_what_the_rules_give(rule: str, chosen: str) -> None:
    told = text(f"rule_example.{rule}", "zh-CN")
    assert all(f"{votes} 票" in told for votes in _BALLOTS.values())
    costs = {"甲": 60_000, "乙": 50_000, "丙": 40_000}
    instance = Instance(
        projects=tuple(Candidate(id=name, name=name, cost=cost) for name, cost in costs.items()),
        budget=100_000,
    )
    ballots = [Ballot(choices=(name,), weight=Fraction(1)) for name, votes in _BALLOTS.items() for _ in range(votes)]
    allocation = allocate(rule, instance, profile_from_ballots(instance, ballots), settings_from({}))
    assert set(allocation.winners) == set(chosen)


@pytest.mark.parametrize("rule", ["mes", "phragmen"])
def test_every_rule_has_an_example(rule: str) -> None:
    poll = poll_of(3)
    said = announcement(replace(poll, settings=replace(poll.settings, rule=rule)))
    assert any("例：" in sentence for _, sentences in said.sections for sentence in sentences)


def test_the_announcement_says_where_phones_vote_and_that_there_is_none() -> None:
    poll = poll_of(4)
    with_phone = announcement(poll, places=[("活动室", "8:00–18:00")], address="https://vote.example/r/vote")
    page = announcement_page(with_phone, date(2026, 11, 18))[2].decode()
    assert "https://vote.example/r/vote" in page
    assert "活动室（8:00–18:00）" in page
    without = announcement_page(announcement(poll), date(2026, 11, 18))[2].decode()
    assert "不能用手机投" in without
    assert not re.search(r">[^<]*(None|Budget|Rule)[^<]*<", without)
    assert announcement_docx(with_phone, date(2026, 11, 18)) == announcement_docx(with_phone, date(2026, 11, 18))


def test_a_poster_shows_where_on_the_estate_each_project_is() -> None:
    poll = poll_of(3)
    placed = tuple(replace(entry, lon=114.4005 + entry.number / 5000, lat=23.1005) for entry in poll.projects)
    estate = shapely.box(114.4, 23.1, 114.402, 23.102)
    houses = [shapely.box(114.4002 + n / 2500, 23.1002, 114.4004 + n / 2500, 23.1004) for n in range(3)]
    drawn = poster(
        replace(poll, projects=placed),
        outline=shapely.to_wkb(estate),
        buildings=[shapely.to_wkb(one) for one in houses],
    )[2].decode()
    picture = drawn.split('class="map"')[1].split("</svg>")[0]
    assert all(f">{n}</text>" in picture for n in (1, 2, 3))
    assert 'class="map"' not in poster(poll)[2].decode()
