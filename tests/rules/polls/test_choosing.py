"""What a voter can choose, in which order it is shown, and what of it is kept."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from renovation.model.elections import NO, YES, BallotKind
from renovation.model.polls import Poll, PollProject, PollSettings, PollStage
from renovation.rules.polls.choosing import Barrier, Choice, answered, as_ballot, barrier, on_ballot, rotated


def poll(kind: BallotKind, costs: list[int], budget: int, limit: int) -> Poll:
    settings = PollSettings(
        title="投票",
        ballot_kind=kind,
        budget=budget,
        max_choices=limit if kind in (BallotKind.APPROVAL, BallotKind.RANKING) else None,
        max_points=limit if kind is BallotKind.POINTS else None,
    )
    projects = tuple(
        PollProject(number=number, key=f"p{number}", name="项目", cost=cost) for number, cost in enumerate(costs, 1)
    )
    return Poll(id="x", settings=settings, stage=PollStage.OPEN, projects=projects)


@settings(deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 12))
def test_turned_order_holds_every_project_once(turn: int, count: int) -> None:
    projects = on_ballot(poll(BallotKind.CHOOSE_ONE, [1] * count, 1, 1))
    assert sorted(project.number for project in rotated(projects, turn)) == list(range(1, count + 1))


def test_order_of_pressing_is_kept_in_rankings_only() -> None:
    for kind, expected in ((BallotKind.RANKING, ("p3", "p1")), (BallotKind.APPROVAL, ("p1", "p3"))):
        held = poll(kind, [1, 1, 1], 10, 3)
        choice = Choice(keys=["p3", "p1"])
        assert as_ballot(held, choice)[0] == expected


def test_answers_are_counted() -> None:
    choice = Choice(keys=["p1", "p2"], points={"p1": YES, "p2": NO})
    assert as_ballot(poll(BallotKind.YES_NO, [1, 1], 10, 1), choice) == (("p1", "p2"), (YES, NO))
    assert (answered(choice, YES), answered(choice, NO)) == (1, 1)


def test_barriers_are_named() -> None:
    full = poll(BallotKind.APPROVAL, [1, 1], 10, 1)
    choice = Choice(keys=["p1"])
    assert barrier(full, choice, full.projects[1]) is Barrier.FULL
    assert barrier(full, choice, full.projects[0]) is None
    dear = poll(BallotKind.KNAPSACK, [6, 5], 10, 1)
    assert barrier(dear, choice, dear.projects[1]) is Barrier.OVER_BUDGET
    spent = poll(BallotKind.POINTS, [1, 1], 10, 1)
    assert barrier(spent, Choice(keys=["p1"], points={"p1": 1}), spent.projects[1]) is Barrier.NO_POINTS
    one = poll(BallotKind.CHOOSE_ONE, [1, 1], 10, 1)
    assert barrier(one, choice, one.projects[1]) is None
