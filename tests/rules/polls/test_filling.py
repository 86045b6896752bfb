"""A ballot's form: what it says is read once, written back the same, and nothing unfit is ever reviewed or cast."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from renovation.errors import InvalidError
from renovation.model.ballots import check_choices
from renovation.model.elections import BallotKind
from renovation.model.polls import Poll
from renovation.rules.polls.choosing import Choice, as_ballot, on_ballot
from renovation.rules.polls.filling import LONG, PICK, BallotStep, as_fields, fault, grouped, read_choice, standing

from .test_choosing import poll


def _polls() -> st.SearchStrategy[Poll]:
    costs = st.lists(st.integers(1, 100), min_size=1, max_size=LONG + 4)
    return st.builds(poll, st.sampled_from(BallotKind), costs, st.integers(1, 300), st.integers(1, 6))


FORMS = st.lists(
    st.tuples(
        st.one_of(st.just(PICK), st.integers(0, 20).map("n{}".format), st.text(max_size=4)),
        st.one_of(st.integers(-2, 20).map(str), st.text(max_size=4)),
    ),
    max_size=30,
)


@settings(deadline=None)
@given(held=_polls(), form=FORMS)
def test_whatever_is_sent_only_what_counts_is_reviewed_or_cast(held: Poll, form: list[tuple[str, str]]) -> None:
    choice = read_choice(held, form)
    assert read_choice(held, as_fields(held, choice)) == choice
    for step in (BallotStep.CHECK, BallotStep.CAST):
        if standing(held, choice, step) is step:
            keys, points = as_ballot(held, choice)
            assert keys
            check_choices(held.settings, held.projects, keys, points)
    blank = standing(held, choice, BallotStep.BLANK) is BallotStep.BLANK
    assert blank == choice.is_blank


@settings(deadline=None)
@given(held=_polls(), turn=st.integers(0, 30))
def test_groups_hold_every_project_once(held: Poll, turn: int) -> None:
    found = [project for group in grouped(held, turn) for project in group.projects]
    assert sorted(project.number for project in found) == [project.number for project in on_ballot(held)]


def test_a_place_given_twice_is_named() -> None:
    held = poll(BallotKind.RANKING, [1, 1, 1], 10, 3)
    wrong = fault(held, read_choice(held, [("n1", "2"), ("n3", "2")]))
    assert wrong is not None
    assert wrong.code == "ballot.same_place"
    assert wrong.fields == {"place": 2, "first": 1, "second": 3}


def test_places_may_leave_gaps_and_have_an_order() -> None:
    held = poll(BallotKind.RANKING, [1, 1, 1], 10, 3)
    assert as_ballot(held, read_choice(held, [("n1", "5"), ("n3", "２")]))[0] == ("p3", "p1")


@pytest.mark.parametrize("typed", ["", "-1", "0", "1.5", "x", "9999999"])
def test_what_is_no_number_gives_no_points(typed: str) -> None:
    held = poll(BallotKind.POINTS, [1], 10, 3)
    assert read_choice(held, [("n1", typed)]) == Choice()


def test_no_opinion_is_a_project_that_the_ballot_does_not_name() -> None:
    held = poll(BallotKind.YES_NO, [1, 1, 1, 1], 10, 1)
    choice = read_choice(held, [("n4", "-1"), ("n1", "1"), ("n2", ""), ("n3", "2")])
    assert as_ballot(held, choice) == (("p1", "p4"), (1, -1))


def test_too_much_is_refused_with_the_figure() -> None:
    held = poll(BallotKind.KNAPSACK, [6, 5], 10, 1)
    wrong = fault(held, read_choice(held, [(PICK, "1"), (PICK, "2")]))
    assert isinstance(wrong, InvalidError)
    assert wrong.fields["over"] == 1
