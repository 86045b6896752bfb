"""The printed pack: the screen's numbers, nothing that can run, and pages that cannot be mixed up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from renovation.exports.print import SheetLine, code_slips, paper_ballots, poster, result_sheet
from renovation.exports.print.pages import how_to_vote
from renovation.model.clock import now
from renovation.model.elections import BallotKind
from renovation.model.polls import Channel, Poll, PollProject, PollSettings, PollStage, Turnout


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


def test_basic_projects_are_named_and_not_on_the_ballot() -> None:
    poll = poll_of(3)
    basic = replace(poll.projects[2], mandatory=True)
    page = paper_ballots(replace(poll, projects=(*poll.projects[:2], basic)))[2].decode()
    assert page.count('class="no"') == 2
    assert "项目&lt;/b&gt;3" in page or "项目&lt;/b&gt;3" in page.replace("<", "&lt;")


def test_the_result_sheet_has_the_root_in_groups_and_places_to_sign() -> None:
    line = SheetLine(number="1", name="项目", cost=100, votes="3 票", selected=True)
    page = result_sheet(
        poll_of(1),
        [line],
        turnout=Turnout(ballots=3, blank=0, denominator=None, by_channel={Channel.PAPER: 3}),
        spent=100,
        root="ab" * 32,
        verifier="cd" * 32,
    )[2].decode()
    assert "abababab abababab" in page
    assert "cdcdcdcd cdcdcdcd" in page
    assert page.split('class="sign"')[1].count("<div>") == 4


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
