"""What a voter at the kiosk can choose: whatever is pressed, the ballot stays one that counts."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from renovation.model.ballots import check_choices
from renovation.model.elections import NO, YES, BallotKind
from renovation.model.polls import Poll, PollProject, PollSettings, PollStage
from renovation.rules.polls.choosing import (
    Barrier,
    Choice,
    answer,
    answered,
    as_ballot,
    barrier,
    give,
    on_ballot,
    rotated,
    toggle,
)


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
@given(
    kind=st.sampled_from(BallotKind),
    costs=st.lists(st.integers(1, 100), min_size=1, max_size=12),
    budget=st.integers(1, 300),
    limit=st.integers(1, 6),
    presses=st.lists(st.tuples(st.integers(0, 11), st.sampled_from([1, -1])), max_size=40),
)
def test_any_presses_leave_a_ballot_that_counts(
    kind: BallotKind, costs: list[int], budget: int, limit: int, presses: list[tuple[int, int]]
) -> None:
    held = poll(kind, costs, budget, limit)
    choice = Choice()
    for place, change in presses:
        project = held.projects[place % len(held.projects)]
        if kind is BallotKind.POINTS:
            give(held, choice, project, change)
        elif kind is BallotKind.YES_NO and change == NO:
            answer(choice, project, NO)
        else:
            toggle(held, choice, project)
        check_choices(held.settings, held.projects, *as_ballot(held, choice))


@settings(deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 12))
def test_turned_order_holds_every_project_once(turn: int, count: int) -> None:
    projects = on_ballot(poll(BallotKind.CHOOSE_ONE, [1] * count, 1, 1))
    assert sorted(project.number for project in rotated(projects, turn)) == list(range(1, count + 1))


def test_order_of_pressing_is_kept_in_rankings_only() -> None:
    for kind, expected in ((BallotKind.RANKING, ("p3", "p1")), (BallotKind.APPROVAL, ("p1", "p3"))):
        held = poll(kind, [1, 1, 1], 10, 3)
        choice = Choice()
        toggle(held, choice, held.projects[2])
        toggle(held, choice, held.projects[0])
        assert as_ballot(held, choice)[0] == expected


def test_an_answer_is_changed_and_taken_back() -> None:
    held = poll(BallotKind.YES_NO, [1, 1], 10, 1)
    choice = Choice()
    for said in (YES, NO):
        answer(choice, held.projects[1], said)
        assert as_ballot(held, choice) == (("p2",), (said,))
    answer(choice, held.projects[0], YES)
    answer(choice, held.projects[1], NO)
    assert as_ballot(held, choice) == (("p1",), (YES,))
    assert (answered(choice, YES), answered(choice, NO)) == (1, 0)


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
