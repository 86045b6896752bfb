"""Panels: exact means, dropped extremes, conflicts of interest, public votes in stated shares."""

from fractions import Fraction

import pytest

from renovation.errors import InvalidError
from renovation.model.panels import PanelChannel, PanelCriterion, ScoreSheet, VoteChannel
from renovation.rules.programme.panel import PanelLine, combine_scores, score_panel

CRITERIA = (
    PanelCriterion(code="need", name="需求", max_points=Fraction(60)),
    PanelCriterion(code="budget", name="预算", max_points=Fraction(40)),
)


def sheet(assessor, entry, need, budget):
    return ScoreSheet(assessor=assessor, entry=entry, points={"need": Fraction(need), "budget": Fraction(budget)})


def test_the_mean_is_exact():
    (line,) = score_panel(
        ["A"], CRITERIA, [sheet("甲", "A", 50, 30), sheet("乙", "A", 40, 30), sheet("丙", "A", 45, 36)]
    )
    assert line.points == Fraction(231, 3)
    assert line.share == Fraction(77, 100)
    assert set(line.counted) == {"甲", "乙", "丙"}


def test_highest_and_lowest_go_only_when_something_stays():
    sheets = [sheet("a", "A", 60, 40), sheet("b", "A", 30, 20), sheet("c", "A", 0, 0)]
    (line,) = score_panel(["A"], CRITERIA, sheets, drop_highest_and_lowest=True)
    assert (line.points, line.counted, line.dropped) == (50, ("b",), ("c", "a"))
    (line,) = score_panel(["A"], CRITERIA, sheets[:2], drop_highest_and_lowest=True)
    assert (line.points, line.dropped) == (75, ())


def test_who_has_an_interest_or_an_unfinished_sheet_does_not_count():
    sheets = [
        sheet("a", "A", 60, 40),
        sheet("b", "A", 10, 10),
        ScoreSheet(assessor="c", entry="A", points={"need": Fraction(1)}),
    ]
    (line,) = score_panel(["A"], CRITERIA, sheets, conflicts_of_interest={("a", "A")})
    assert (line.points, line.excluded, line.incomplete) == (20, ("a",), ("c",))
    (line,) = score_panel(["A"], CRITERIA, [])
    assert line.points is None
    assert line.share is None


@pytest.mark.parametrize(
    "sheets",
    [
        [sheet("a", "X", 1, 1)],
        [sheet("a", "A", 61, 1)],
        [sheet("a", "A", -1, 1)],
        [sheet("a", "A", 1, 1), sheet("a", "A", 1, 1)],
        [ScoreSheet(assessor="a", entry="A", points={"other": Fraction(1)})],
    ],
)
def test_sheets_that_cannot_be_are_refused(sheets):
    with pytest.raises(InvalidError):
        score_panel(["A"], CRITERIA, sheets)


def line(entry, points):
    return PanelLine(entry=entry, points=points, maximum=Fraction(100), counted=())


def test_forty_online_sixty_on_site_half_panel():
    channels = (
        VoteChannel(kind=PanelChannel.ONLINE, share=Fraction(40, 100), votes={"A": 1000, "B": 500}),
        VoteChannel(kind=PanelChannel.ONSITE, share=Fraction(60, 100), votes={"A": 100, "B": 200}),
    )
    combined = combine_scores(
        [line("A", Fraction(80)), line("B", Fraction(80)), line("C", None)], channels, public_share=Fraction(1, 2)
    )
    assert [one.entry for one in combined] == ["B", "A", "C"]
    assert combined[0].public == Fraction(2, 5) / 2 + Fraction(3, 5)
    assert combined[0].score == Fraction(1, 2) * Fraction(8, 10) + Fraction(1, 2) * Fraction(8, 10)
    assert (combined[2].score, combined[2].rank) == (None, None)


def test_votes_alone_and_equal_scores_share_a_rank():
    channels = (VoteChannel(kind=PanelChannel.ONLINE, share=Fraction(1), votes={"A": 3, "B": 3}),)
    combined = combine_scores([line("A", None), line("B", None)], channels, public_share=Fraction(1))
    assert [one.rank for one in combined] == [1, 1]
    nobody = combine_scores(
        [line("A", None)],
        (VoteChannel(kind=PanelChannel.ONLINE, share=Fraction(1), votes={}),),
        public_share=Fraction(1),
    )
    assert nobody[0].score == 0


def test_shares_have_to_add_up():
    with pytest.raises(InvalidError):
        combine_scores(
            [], (VoteChannel(kind=PanelChannel.ONLINE, share=Fraction(9, 10), votes={}),), public_share=Fraction(1, 2)
        )
    with pytest.raises(InvalidError):
        score_panel(["A"], [], [])
    with pytest.raises(InvalidError):
        PanelCriterion(code="x", name="x", max_points=Fraction(0))
