"""What a paper ballot is, where two people read it differently, and when a poll may open."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from renovation.errors import InvalidError
from renovation.model.ballots import Reading, Verdict
from renovation.model.elections import BallotKind
from renovation.model.polls import Poll, PollProject, PollSettings, PollStage, ProjectTerms
from renovation.rules.polls.paper import compared, in_order, judge
from renovation.rules.polls.ready import check_ready
from renovation.rules.polls.terms import check_share, terms_of, under


def poll(kind: BallotKind = BallotKind.APPROVAL, costs: tuple[int, ...] = (60, 50, 40), **more: Any) -> Poll:
    projects = tuple(
        PollProject(number=number, key=f"P{number}", name=f"项目{number}", cost=cost)
        for number, cost in enumerate(costs, 1)
    )
    settings: dict[str, Any] = {"title": "投票", "ballot_kind": kind, "budget": 100, "max_choices": 2} | more
    return Poll(id="a", stage=PollStage.DRAFT, settings=PollSettings(**settings), projects=projects)


@pytest.mark.parametrize(
    ("kind", "choices", "points", "verdict"),
    [
        (BallotKind.KNAPSACK, ("P1", "P2"), (), Verdict.OVER),
        (BallotKind.KNAPSACK, ("P1", "P3"), (), Verdict.VALID),
        (BallotKind.POINTS, ("P1", "P2"), (6, 5), Verdict.OVER),
        (BallotKind.POINTS, ("P1", "P2"), (5, 5), Verdict.VALID),
        (BallotKind.RANKING, ("P3", "P1"), (), Verdict.VALID),
        (BallotKind.CHOOSE_ONE, ("P3", "P1"), (), Verdict.OVER),
        (BallotKind.APPROVAL, (), (), Verdict.BLANK),
    ],
)
def test_paper_is_judged_by_the_screens_rules(
    kind: BallotKind, choices: tuple[str, ...], points: tuple[int, ...], verdict: Verdict
) -> None:
    held = poll(kind, max_points=10)
    assert judge(held, choices, points) is verdict
    assert judge(held, choices, points, spoiled=True) is Verdict.SPOILED
    with pytest.raises(InvalidError, match=r"ballot\.unknown_project"):
        judge(held, ("P99",), (1,) if points else ())


def test_two_readings_of_one_ballot_compare_whatever_was_keyed_first() -> None:
    assert in_order(poll(), ("P3", "P1"), ()) == (("P1", "P3"), ())
    assert in_order(poll(BallotKind.POINTS, max_points=10), ("P3", "P1"), (2, 7)) == (("P1", "P3"), (7, 2))
    assert in_order(poll(BallotKind.RANKING), ("P3", "P1"), ()) == (("P3", "P1"), ())
    one, other = (Reading(position=1, verdict=Verdict.VALID, choices=(key,)) for key in ("P1", "P2"))
    found = compared({1: one, 2: one, 3: one}, {1: one, 2: other}, {2: one})
    assert [(each.position, each.first, each.second, each.decision) for each in found] == [(2, one, other, one)]


def named_alike(held: Poll) -> Poll:
    return replace(held, projects=tuple(replace(entry, name="路灯") for entry in held.projects))


def all_mandatory(held: Poll) -> Poll:
    return replace(held, projects=tuple(replace(entry, mandatory=True) for entry in held.projects))


@pytest.mark.parametrize(
    ("held", "code"),
    [
        (poll(costs=()), "poll.empty"),
        (named_alike(poll()), "poll.same_name"),
        (all_mandatory(poll(costs=(60, 50))), "poll.mandatory_over_budget"),
        (all_mandatory(poll(costs=(60, 40))), "poll.empty"),
        (poll(costs=(101, 102)), "poll.nothing_affordable"),
        (poll(max_choices=4), "poll.more_choices_than_projects"),
    ],
)
def test_a_poll_that_contradicts_itself_is_not_opened(held: Poll, code: str) -> None:
    with pytest.raises(InvalidError) as refused:
        check_ready(held)
    assert refused.value.code == code


def test_a_poll_within_its_limits_may_open() -> None:
    check_ready(poll(costs=(100, 200)))
    check_ready(poll(max_choices=3))
    check_ready(poll(BallotKind.CHOOSE_ONE, max_choices=4))


def test_a_public_share_is_above_nothing_and_not_above_the_whole() -> None:
    entry = poll().projects[0]
    for share in (0, -1, 61):
        with pytest.raises(InvalidError):
            check_share(entry, share)
    for share in (None, 1, 60):
        check_share(entry, share)
    shared = under(entry, ProjectTerms(mandatory=True, area=" 东区 ", cost=20))
    assert (shared.cost, shared.full_cost, shared.area, shared.mandatory) == (20, 60, "东区", True)
    assert terms_of(shared) == ProjectTerms(mandatory=True, area="东区", cost=20)
    assert under(shared, ProjectTerms(cost=60)) == entry
